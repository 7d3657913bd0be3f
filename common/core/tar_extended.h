/*
 * tar_extended.h - headers before an entry's own: pax x and g, GNU L and K
 *
 * Private to tar.c and tar_extended.c, which decode together; see tar.h for everything else.
 */
#ifndef CORE_TAR_EXTENDED_H
#define CORE_TAR_EXTENDED_H

#include "core/tar.h"

/* What the headers before an entry said about it. */
struct tar_extended {
	bool pax;      /* x or X seen */
	bool gnu_name; /* L seen */
	bool gnu_link; /* K seen */
	bool has_name; /* by one of them; the name is in the reader */
	bool has_link;
	bool has_size;
	bool sparse;
	bool sparse_name; /* the name is GNU.sparse.name, which wins over path */
	size_t name_len;
	size_t link_len;
	uint64_t size;
};

/* size bytes of a pax header; a global one (g) may say nothing that we would have to obey. */
int tar_take_pax(struct tar_reader *t, struct tar_extended *x, bool global, uint64_t size,
    struct error *err);
/* size bytes of GNU's L, or K if is_link: the name and one NUL. */
int tar_take_long_name(struct tar_reader *t, struct tar_extended *x, bool is_link, uint64_t size,
    struct error *err);

/* ERROR_INPUT "NAME: offset N: what", N being where the header in hand began. */
int tar_fail(const struct tar_reader *t, const char *what, struct error *err);
/* len bytes that must be there, of a header that is longer than its first block. */
int tar_read_all(struct tar_reader *t, void *buf, size_t len, struct error *err);
/* Copies a name of 1 to MAX_TAR_NAME bytes without NUL to the reader's name or link. */
int tar_set_name(const struct tar_reader *t, char *to, size_t *to_len, const char *from, size_t len,
    struct error *err);

#endif
