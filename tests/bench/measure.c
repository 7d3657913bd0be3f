/*
 * measure - what one command costs: appends a line to a file
 *
 *     measure FILE command [argument ...]
 *
 * The line: wall nanoseconds, user and system microseconds, peak memory in KiB, exit status. A
 * program of its own because a child's peak memory begins with that of the process it was forked
 * from: an interpreter would show its own. Standard streams are the command's.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static long long
microseconds(struct timeval t)
{
	return (long long)t.tv_sec * 1000000 + t.tv_usec;
}

int
main(int argc, char *argv[])
{
	struct timespec start, end;
	struct rusage use;
	FILE *out;
	pid_t pid;
	int status;

	if (argc < 3) {
		(void)fprintf(stderr, "usage: measure file command [argument ...]\n");
		return 2;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	pid = fork();
	if (pid == 0) {
		(void)execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (pid == -1 || waitpid(pid, &status, 0) == -1) {
		perror("measure");
		return 1;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	(void)getrusage(RUSAGE_CHILDREN, &use);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	out = fopen(argv[1], "a");
	if (out == NULL) {
		perror(argv[1]);
		return 1;
	}
	(void)fprintf(out, "%lld %lld %lld %ld %d\n",
	    (long long)(end.tv_sec - start.tv_sec) * 1000000000 + (end.tv_nsec - start.tv_nsec),
	    microseconds(use.ru_utime), microseconds(use.ru_stime), use.ru_maxrss, status);
	if (fclose(out) != 0) {
		perror(argv[1]);
		return 1;
	}
	return status;
}
