/*
 * intake.h - an archive that becomes a layer: a tar as it is, another kind turned into one
 *
 * Format:  plain, or in gzip or zstd. A tar is strictly checked (core/tar, TAR_LAYER), its bytes
 *          are unchanged. zip, 7z, cpio, rpm and ISO 9660 are read by libarchive: entries in the
 *          archive's own order, encoded as folder.h does, names anchored below the root. A
 *          directory that the archive does not name is not made up: it would change that of the
 *          layers below. Files of cpio and rpm that are hard links of each other come where the
 *          content does, the other names after it. Nothing of libarchive's other formats is ever
 *          read: its mtree opens host files.
 * Memory:  12 to 32 bytes an entry, and what libarchive takes: a zip's or 7z's whole directory, and
 *          the dictionary of its compression.
 * Errors:  ERROR_INPUT: damaged or encrypted, a name with "..", one path twice or below a file, a
 *          device, fifo or socket; whatever libarchive only warns of too. ERROR_IO.
 */
#ifndef LAYER_INTAKE_H
#define LAYER_INTAKE_H

#include <stddef.h>

#include "core/io.h"
#include "layer/stamp.h"

struct error;

enum intake_kind {
	INTAKE_OTHER,
	INTAKE_TAR,
	INTAKE_ZIP,
	INTAKE_7Z,
	INTAKE_CPIO,
	INTAKE_RPM,
	INTAKE_ISO
};

/* Bytes that intake_detect wants to see: an ISO image says what it is in its 17th sector. */
#define INTAKE_HEAD ((size_t)17 * 2048)

/* By the first len bytes, INTAKE_HEAD of them unless there are fewer. */
enum intake_kind intake_detect(const void *buf, size_t len);

struct intake;

/*
 * Looks at the first bytes of below, and behind a compression with gzip or zstd. file, if not NULL,
 * is where below's bytes come from: zip and 7z in a regular file need not be spooled. Both are
 * borrowed. NULL on error.
 */
struct intake *intake_new(struct reader *below, const struct reader_fd *file, struct error *err);
void intake_free(struct intake *in); /* may be NULL */
enum intake_kind intake_kind(const struct intake *in);
/* Those first bytes, decompressed, *len of them; fewer than INTAKE_HEAD are all. */
const void *intake_head(const struct intake *in, size_t *len);

/* What else wants to know of a tar's entries. */
struct intake_watch {
	void (*entry)(struct intake_watch *w, const char *name);
};

/* Writes a whole tar, end blocks too; reads all of the input. Once, and not of INTAKE_OTHER. stamp
 * is not for INTAKE_TAR, watch (may be NULL) for it alone. */
int intake_write(struct intake *in, const struct stamp *stamp, struct intake_watch *watch,
    struct writer *to, struct error *err);

#endif
