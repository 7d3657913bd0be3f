/*
 * meddle.so - somebody changes a tree at a known moment while a program reads it
 *
 * Preloaded. Before the program's first openat() of a file called MEDDLE_NAME, or its first read()
 * of one (MEDDLE_AT=read), the shell runs MEDDLE_DO, once. With MEDDLE_UNTYPED directories do not
 * tell what their names are, as on some file systems.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int done;
static int watched = -1;

static void
meddle(void)
{
	const char *command = getenv("MEDDLE_DO");

	if (done || command == NULL)
		return;
	done = 1;
	unsetenv("LD_PRELOAD");
	if (system(command) != 0)
		_exit(99);
}

static int
is_it(const char *name)
{
	const char *wanted = getenv("MEDDLE_NAME");

	return wanted != NULL && strcmp(name, wanted) == 0;
}

static int
at_read(void)
{
	const char *at = getenv("MEDDLE_AT");

	return at != NULL && strcmp(at, "read") == 0;
}

static int
open_it(int dir, const char *name, int flags)
{
	int (*real)(int, const char *, int, ...);
	int fd;

	*(void **)&real = dlsym(RTLD_NEXT, "openat");
	if (is_it(name) && !at_read())
		meddle();
	fd = real(dir, name, flags, 0600);
	if (is_it(name))
		watched = fd;
	return fd;
}

int
openat(int dir, const char *name, int flags, ...)
{
	return open_it(dir, name, flags);
}

int
openat64(int dir, const char *name, int flags, ...)
{
	return open_it(dir, name, flags);
}

int
__openat_2(int dir, const char *name, int flags)
{
	return open_it(dir, name, flags);
}

int
__openat64_2(int dir, const char *name, int flags)
{
	return open_it(dir, name, flags);
}

ssize_t
read(int fd, void *buf, size_t len)
{
	ssize_t (*real)(int, void *, size_t);

	*(void **)&real = dlsym(RTLD_NEXT, "read");
	if (fd == watched && at_read())
		meddle();
	return real(fd, buf, len);
}

struct dirent *
readdir(DIR *dir)
{
	struct dirent *(*real)(DIR *);
	struct dirent *e;

	*(void **)&real = dlsym(RTLD_NEXT, "readdir");
	e = real(dir);
	if (e != NULL && getenv("MEDDLE_UNTYPED") != NULL)
		e->d_type = DT_UNKNOWN;
	return e;
}

struct dirent64 *
readdir64(DIR *dir)
{
	struct dirent64 *(*real)(DIR *);
	struct dirent64 *e;

	*(void **)&real = dlsym(RTLD_NEXT, "readdir64");
	e = real(dir);
	if (e != NULL && getenv("MEDDLE_UNTYPED") != NULL)
		e->d_type = DT_UNKNOWN;
	return e;
}
