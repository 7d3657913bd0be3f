/*
 * tar.h - tar headers: strict decoding of what comes in, exact encoding of what goes out
 *
 * Format:  POSIX.1-2001 ustar and pax; GNU long names and base-256; v7. On anything on which
 *          tar readers disagree we refuse (the cases are listed in tests/unit/tar.c).
 * Memory:  struct tar_reader holds one entry's names and one pax body, at most 1 MiB, freed
 *          by tar_reader_release. Entries' names are the reader's until the next call.
 * Errors:  ERROR_INPUT with the input's name and the byte offset of the header; errors of the
 *          reader below.
 */
#ifndef CORE_TAR_H
#define CORE_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/io.h"

struct error;

#define TAR_BLOCK ((size_t)512)
/* Ours: a folder is walked by descriptors and may be deeper than PATH_MAX: 3,000 levels. */
#define MAX_TAR_NAME 16384
/* Linux's PATH_MAX; names of our streams are of 80 bytes. */
#define MAX_STREAM_NAME 4096
/* Go's cap after CVE-2022-2879. */
#define MAX_PAX_BODY ((size_t)1024 * 1024)
/* Ours: a record per attribute; real headers have below 20. */
#define MAX_PAX_RECORDS 1000
/* Ours: tapes are padded to 1 MiB at most; without a bound /dev/zero would be read for ever. */
#define MAX_TAR_ZEROS ((uint64_t)64 * 1024 * 1024)

enum tar_type {
	TAR_FILE,
	TAR_HARDLINK,
	TAR_SYMLINK,
	TAR_CHARACTER,
	TAR_BLOCKDEVICE,
	TAR_DIRECTORY,
	TAR_FIFO,
	TAR_SPARSE, /* GNU S, or pax sparse records */
	TAR_UNKNOWN /* any other flag; its data is passed over */
};

/* What a reader accepts. */
enum tar_profile {
	/* Our streams: names cleaned and of at most MAX_STREAM_NAME bytes, an absolute one or ".."
	 * refused; archives may follow. */
	TAR_STREAM,
	/* A layer: names as they are but ".." refused; ends with two zero blocks, then zeros. */
	TAR_LAYER
};

struct tar_entry {
	/* No NUL inside. TAR_STREAM: no "./", "//" or trailing "/"; the root is ".". */
	const char *name;
	size_t name_len;
	const char *link; /* target of a link, "" for others */
	size_t link_len;
	enum tar_type type;
	uint64_t size;	   /* bytes of content that follow; 0 for what has none */
	uint64_t offset;   /* reader offset of the content */
	unsigned int mode; /* low 12 bits */
};

enum tar_event {
	TAR_ENTRY,
	TAR_ARCHIVE_END, /* two zero blocks passed; another archive may follow (TAR_STREAM) */
	TAR_END		 /* the input is at its end */
};

struct tar_reader {
	struct reader content; /* the current entry's bytes: reads 0 at their end */
	struct reader *below;  /* borrowed */
	enum tar_profile profile;
	/* private from here */
	uint64_t header; /* offset of the header in hand, for messages */
	uint64_t left;	 /* content not yet read */
	uint64_t padding;
	uint64_t zeros; /* bytes of padding behind the end so far */
	bool ended;	/* two zero blocks seen: more zeros are padding */
	bool done;	/* TAR_END was given */
	char name[MAX_TAR_NAME + 1];
	char link[MAX_TAR_NAME + 1];
	unsigned char *pax; /* room for the body of a pax header, kept for the next */
	size_t pax_cap;
};

void tar_reader_init(struct tar_reader *t, struct reader *below, enum tar_profile profile);
/*
 * Goes to the next header, past what of the current content was not read (by reader_skip,
 * so a file is sought). ERROR_INPUT: anything malformed, and content that ends early.
 * In TAR_STREAM an input that ends at a header's place without end blocks gives TAR_END:
 * the commit mark is index.json, not the end blocks.
 */
int tar_reader_next(struct tar_reader *t, enum tar_event *event, struct tar_entry *entry,
    struct error *err);
void tar_reader_release(struct tar_reader *t);

/* True if block has a header's checksum: for sniffing. */
bool tar_looks_like(const unsigned char block[TAR_BLOCK]);

/* --- encoding --- */

enum tar_dialect {
	TAR_PLAIN, /* ours: ustar, pax for what it cannot say; directories end in "/" */
	TAR_IMGPKG /* Go's archive/tar as imgpkg uses it */
};

struct tar_xattr {
	const char *name; /* "user.x", NUL-terminated */
	const void *value;
	size_t len;
};

struct tar_header {
	const char *name; /* relative; no trailing "/" also for directories: encoding adds it */
	const char *link; /* target, or NULL */
	enum tar_type type;
	unsigned int mode; /* 07777 at most */
	uint64_t uid, gid;
	uint64_t size;			/* of the content that follows; 0 unless TAR_FILE */
	int64_t mtime;			/* seconds */
	const struct tar_xattr *xattrs; /* sorted by name; SCHILY.xattr. records */
	size_t n_xattrs;
	const char *shown; /* its name in errors about xattrs; NULL: name */
};

/*
 * Writes all header blocks of one entry: pax if needed, then ustar. Bytes depend on
 * nothing but the arguments. pax is used for: a name or link that fits no ustar field, a size
 * of 8 GiB or more, ids above 07777777, an mtime below 0 or above 8^11-1, xattrs.
 * TAR_IMGPKG also for a name with a byte above 0x7f. ERROR_INPUT: a name or link longer than
 * MAX_TAR_NAME, records past MAX_PAX_BODY or MAX_PAX_RECORDS, an xattr's name with "=" in it.
 */
int tar_write_header(struct writer *w, const struct tar_header *h, enum tar_dialect dialect,
    struct error *err);
/* Zeros up to the next block, after size bytes of content. */
int tar_write_padding(struct writer *w, uint64_t size, struct error *err);
/* Two zero blocks. */
int tar_write_end(struct writer *w, struct error *err);

#endif
