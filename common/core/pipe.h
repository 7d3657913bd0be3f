/*
 * pipe.h - pipes between filters: larger, and filled without a copy, where the kernel can
 *
 * Elsewhere than on Linux these do nothing, and the bytes go the ordinary way.
 *
 * Memory:  none of ours; a pipe's is the kernel's.
 * Errors:  what cannot be had is not missed, but for a write that fails.
 */
#ifndef CORE_PIPE_H
#define CORE_PIPE_H

#include <sys/types.h>

#include <stddef.h>

/* Ours, and Linux's default limit for who is not root (proc(5), pipe-max-size): a block of a
 * layer. With the usual 64 KiB both sides sleep sixteen times as often. */
#define PIPE_SIZE 1048576

/* Makes the pipe that fd may be hold PIPE_SIZE bytes. For much that is to come: a writer of little
 * should meet a reader that has left while it still writes. */
void pipe_enlarge(int fd);

/*
 * Moves at most len bytes (len > 0) of a regular file from offset on into the pipe fd, as pages
 * and not by copying. Those bytes must not be changed afterwards: the pipe shows the file. Gives
 * how many went, 0 where the file has no more or the kernel cannot do it, -1 with errno.
 */
ssize_t pipe_splice(int file, off_t offset, int fd, size_t len);

#endif
