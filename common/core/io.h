/*
 * io.h - bytes in and out: readers, writers, and the system calls below them
 *
 * Readers stack: each borrows the one below and is a value in its owner's storage, so one
 * pass does decompress, limit, hash and parse. read() gives *len > 0, or 0 at the end only;
 * short is normal; after -1 a reader is not called again. A writer's first failure sticks.
 *
 * Memory:  constructors fill the caller's struct; only reader_fd owns something (its fd).
 * Errors:  ERROR_IO from the system, ERROR_INPUT where the input ends too early.
 * Threads: one reader or writer serves one thread at a time.
 */
#ifndef CORE_IO_H
#define CORE_IO_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

/* Bytes that one read or write moves; larger brings nothing, measured on pipes and files. */
#define IO_CHUNK ((size_t)128 * 1024)

struct reader {
	/* Owes: at most cap bytes (cap > 0) to buf, *len set; never called after -1 or the end. */
	int (*read)(struct reader *r, void *buf, size_t cap, size_t *len, struct error *err);
	/* May be NULL. Owes: passes over n bytes, which may lie beyond the end of a file. */
	int (*skip)(struct reader *r, uint64_t n, struct error *err);
	const char *name; /* for messages; borrowed */
	uint64_t offset;  /* bytes given or skipped so far */
};

struct writer {
	/* Owes: all len bytes (len > 0) taken, or -1. */
	int (*write)(struct writer *w, const void *buf, size_t len, struct error *err);
	const char *name;
	uint64_t offset; /* bytes taken so far */
	bool failed;	 /* set by the first failure; every later call fails too */
};

/* The one way to call a reader or writer: keeps offset, and the sticky failure. */
int reader_read(struct reader *r, void *buf, size_t cap, size_t *len, struct error *err);
int writer_write(struct writer *w, const void *buf, size_t len, struct error *err);

/* Reads until buf has cap bytes or the end is met; *len < cap tells the end. */
int reader_fill(struct reader *r, void *buf, size_t cap, size_t *len, struct error *err);

/* Passes over n bytes, by seeking where the reader can, else by reading.
 * ERROR_INPUT: the end came first (a seekable file's size is asked for). */
int reader_skip(struct reader *r, uint64_t n, struct error *err);

/* Moves everything up to the end; *n, if not NULL, is how much. */
int reader_copy(struct reader *r, struct writer *w, uint64_t *n, struct error *err);
/* Reads everything up to the end, and forgets it: for what checks as it is read. */
int reader_drain(struct reader *r, struct error *err);

/* A file descriptor. Regular files seek in skip; where the file ends is known then. */
struct reader_fd {
	struct reader reader;
	int fd;
	bool owned;	/* close it: not so for standard input */
	bool regular;	/* may be sought and read at any offset */
	uint64_t start; /* file offset of the reader's offset 0 (regular) */
	uint64_t size;	/* regular: bytes from start to the end at open */
};

/* path "-" is standard input; path is borrowed as the name. ERROR_IO, also for a directory or
 * what is open for writing alone; ERROR_USAGE for a terminal. */
int reader_fd_open(struct reader_fd *r, const char *path, struct error *err);
/* Borrows fd, which stays open; name is borrowed. */
int reader_fd_init(struct reader_fd *r, int fd, const char *name, struct error *err);
void reader_fd_close(struct reader_fd *r);

/* len bytes of a regular file from offset on, by pread: the file's own position stays. */
struct reader_region {
	struct reader reader;
	int fd;
	uint64_t at;
	uint64_t left;
};
void reader_region_init(struct reader_region *r, int fd, uint64_t offset, uint64_t len,
    const char *name);

/* The bytes of buf, then those of below (NULL: then the end). Both are borrowed. */
struct reader_prefix {
	struct reader reader;
	const unsigned char *buf;
	size_t left;
	struct reader *below;
};
void reader_prefix_init(struct reader_prefix *r, const void *buf, size_t len, struct reader *below,
    const char *name);

/* Whatever is read through it is also written to to. */
struct reader_tee {
	struct reader reader;
	struct reader *below;
	struct writer *to;
};
void reader_tee_init(struct reader_tee *r, struct reader *below, struct writer *to);

/*
 * System calls that loop over EINTR, short counts, and EAGAIN of an inherited O_NONBLOCK.
 * io_read gives 0 at the end; the others do all len bytes or fail. errno is set, no text.
 */
ssize_t io_read(int fd, void *buf, size_t len);
ssize_t io_pread(int fd, void *buf, size_t len, off_t offset);
int io_write(int fd, const void *buf, size_t len);
int io_pwrite(int fd, const void *buf, size_t len, off_t offset);

/*
 * main's first call: closed descriptors 0, 1, 2 are plugged so that no later open lands on
 * them (1 read-only, so that lost output is an error), SIGPIPE gets its default action,
 * SIGXFSZ is ignored so that a file size limit is an EFBIG and not a death.
 */
void io_start(void);

#endif
