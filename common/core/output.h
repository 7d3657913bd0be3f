/*
 * output.h - where a program's data goes: standard output, or a file that appears whole
 *
 * A named output gets its name at commit (nameless.h): on any failure or signal the old file stays
 * and nothing is left over. /dev/null, a fifo or a device is written directly.
 *
 * Memory:  a struct output is in its owner's storage; output_discard releases what it holds.
 * Errors:  ERROR_IO naming the file or "standard output". A write error sticks.
 */
#ifndef CORE_OUTPUT_H
#define CORE_OUTPUT_H

#include <sys/stat.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/io.h"
#include "core/nameless.h"

struct error;

/* Gathers headers and small documents; larger writes go straight through. */
#define OUTPUT_BUFFER ((size_t)64 * 1024)

struct output {
	struct writer writer; /* offset 0 is where the output stood at the start */
	int fd;
	bool temporary; /* fd is file's, and has no name yet: commit gives it one */
	struct nameless file;
	bool seekable; /* see output_can_patch */
	bool pipe;     /* one that is not enlarged yet */
	bool known;    /* dev and ino are those of the regular file that path names or stdout is */
	dev_t dev;
	ino_t ino;
	uint64_t start; /* file position of offset 0 */
	uint64_t noted; /* bytes written, since the disk was last set to work if it was */
	size_t held;	/* bytes in buf */
	unsigned char *buf;
};

/*
 * path NULL or "-" is standard output; unless text (records, words), ERROR_USAGE if that is a
 * terminal. announced bytes that somebody wrote there before (options.h) count as written:
 * offset starts after them. For a named output announced is 0.
 */
int
output_open(struct output *o, const char *path, bool text, uint64_t announced, struct error *err);

/* Is st of the regular file that is written, or that the output will replace? Who reads a folder
 * would else read what he writes. A pipe does not tell where it ends. */
bool output_is(const struct output *o, const struct stat *st);

/* True where what was written may be changed: a regular file not open for append. */
bool output_can_patch(const struct output *o);
/* Writes len bytes again at offset, which with len lies inside what was written. */
int output_patch(struct output *o, uint64_t offset, const void *buf, size_t len, struct error *err);

/* Forgets everything from offset on: only where output_can_patch. */
int output_truncate(struct output *o, uint64_t offset, struct error *err);
/* Moves everything from offset on by that many bytes further, which are then anything, to be
 * patched: only where output_can_patch. ERROR_IO also where the file cannot be read back. */
int output_shift(struct output *o, uint64_t offset, size_t by, struct error *err);

/* The file itself after a flush, for reading back; -1 if it cannot be read. */
int output_fd(struct output *o, struct error *err);

/* All is written: flush, sync, give it its name, close; standard output too is closed. */
int output_commit(struct output *o, struct error *err);
/* Leaves a named output as it was; harmless after commit and after a failed open. */
void output_discard(struct output *o);

#endif
