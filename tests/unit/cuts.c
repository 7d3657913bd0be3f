/*
 * Gives a program every beginning of a file, and says how it ended.
 *
 *	cuts pipe|file FILE FROM TO STEP COMMAND [ARG ...]
 *
 * The command gets the first n bytes of FILE as its standard input, for each n from FROM up to
 * and without TO, by STEP; through a pipe, or as a file of that length. Its standard output is
 * thrown away. Right is status 3 or 5 and one line on standard error; anything else is a line here.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a pipe takes without a reader, on Linux. */
#define PIPE_ROOM ((size_t)64 * 1024)

extern char **environ;

static _Noreturn void
die(const char *what)
{
	perror(what);
	exit(2);
}

static void *
read_file(const char *path, size_t *len)
{
	struct stat st;
	void *data;
	int fd = open(path, O_RDONLY);

	if (fd == -1 || fstat(fd, &st) == -1)
		die(path);
	*len = (size_t)st.st_size;
	data = malloc(*len + 1);
	if (data == NULL || read(fd, data, *len) != (ssize_t)*len)
		die(path);
	close(fd);
	return data;
}

/* A descriptor to read the first n bytes from. */
static int
beginning(bool as_pipe, const void *data, size_t n, int file)
{
	int ends[2];

	if (!as_pipe) {
		/* Beginnings come in descending order, so that cutting is enough. */
		if (ftruncate(file, (off_t)n) == -1 || lseek(file, 0, SEEK_SET) == -1)
			die("ftruncate");
		return dup(file);
	}
	if (pipe(ends) == -1 || write(ends[1], data, n) != (ssize_t)n)
		die("pipe");
	close(ends[1]);
	return ends[0];
}

static int
run(char *const command[], int in, int null, int log)
{
	posix_spawn_file_actions_t actions;
	int status;
	pid_t pid;

	if (posix_spawn_file_actions_init(&actions) != 0 ||
	    posix_spawn_file_actions_adddup2(&actions, in, 0) != 0 ||
	    posix_spawn_file_actions_adddup2(&actions, null, 1) != 0 ||
	    posix_spawn_file_actions_adddup2(&actions, log, 2) != 0 ||
	    posix_spawnp(&pid, command[0], &actions, NULL, command, environ) != 0)
		die(command[0]);
	posix_spawn_file_actions_destroy(&actions);
	if (waitpid(pid, &status, 0) == -1)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static bool
is_one_line(int log, char *text, size_t cap)
{
	ssize_t n = pread(log, text, cap - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return n > 0 && strchr(text, '\n') == text + n - 1;
}

int
main(int argc, char *argv[])
{
	char name[] = "cuts-XXXXXX", message[4096];
	size_t len, from, to, step, n;
	int null, log, file, in, status;
	bool as_pipe;
	void *data;

	if (argc < 7) {
		fprintf(stderr, "usage: cuts pipe|file FILE FROM TO STEP COMMAND [ARG ...]\n");
		return 2;
	}
	as_pipe = strcmp(argv[1], "pipe") == 0;
	data = read_file(argv[2], &len);
	from = strtoul(argv[3], NULL, 10);
	to = strtoul(argv[4], NULL, 10);
	step = strtoul(argv[5], NULL, 10);
	if (to > len || step == 0 || (as_pipe && to > PIPE_ROOM))
		return 2;
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	file = mkstemp(name);
	if (null == -1 || file == -1 || write(file, data, len) != (ssize_t)len)
		die(name);
	unlink(name);
	memcpy(name, "cuts-XXXXXX", sizeof(name));
	log = mkstemp(name);
	if (log == -1 || fcntl(log, F_SETFD, FD_CLOEXEC) == -1 ||
	    fcntl(log, F_SETFL, O_APPEND) == -1 || fcntl(file, F_SETFD, FD_CLOEXEC) == -1)
		die(name);
	unlink(name);
	for (n = to; n > from; n -= n - from < step ? n - from : step) {
		in = beginning(as_pipe, data, n - 1, file);
		if (in == -1 || ftruncate(log, 0) == -1)
			die("cuts");
		status = run(argv + 6, in, null, log);
		close(in);
		if ((status != 3 && status != 5) || !is_one_line(log, message, sizeof(message)))
			printf("%zu bytes: status %d, %s\n", n - 1, status, message);
	}
	free(data);
	return 0;
}
