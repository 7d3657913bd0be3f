#include "core/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "core/io.h"

#ifdef __linux__

void
pipe_enlarge(int fd)
{
	int size = fcntl(fd, F_GETPIPE_SZ);

	/* Fails for what is no pipe, and past the limit for one user's pipes: then it is small. */
	if (size != -1 && size < PIPE_SIZE)
		(void)fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
}

ssize_t
pipe_splice(int file, off_t offset, int fd, size_t len)
{
	ssize_t n;

	do {
		n = splice(file, &offset, fd, NULL, len, 0);
	} while (n == -1 && io_again(fd, POLLOUT));
	/* Not every file system can, nor every kind of output. */
	return n == -1 && (errno == EINVAL || errno == ENOSYS) ? 0 : n;
}

#else

void
pipe_enlarge(int fd)
{
	(void)fd;
}

ssize_t
pipe_splice(int file, off_t offset, int fd, size_t len)
{
	(void)file;
	(void)offset;
	(void)fd;
	(void)len;
	return 0;
}

#endif
