#include "registry/helper.h"

#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/error.h"
#include "core/io.h"
#include "core/json.h"
#include "core/signals.h"
#include "registry/credentials.h"
#include "registry/secret.h"

/* Ours: a secret is at most a token of a few KiB. */
#define MAX_HELPER_OUTPUT ((size_t)64 * 1024)
/* Ours: room for a user to unlock a key ring. */
#define HELPER_TIMEOUT_MS 30000
/* How often somebody looks whether a signal waits. */
#define LOOK_MS 100
/* A name that becomes part of a file name. */
#define MAX_HELPER_NAME 128
#define NOT_FOUND "credentials not found in native keychain"

extern char **environ;

static bool
is_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= MAX_HELPER_NAME &&
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
	    len;
}

/* Milliseconds on a clock that nobody sets. */
static long long
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The other end of fd 0 holds the server's name already: it fits a pipe's least capacity, so
 * nobody waits here, and nobody gets SIGPIPE from a helper that does not read it. */
static int
open_input(const char *server, int *in)
{
	size_t len = strlen(server);
	int fds[2];

	if (len > _POSIX_PIPE_BUF || pipe(fds) == -1)
		return -1;
	if (io_write(fds[1], server, len) == -1) {
		(void)close(fds[0]);
		(void)close(fds[1]);
		return -1;
	}
	(void)close(fds[1]);
	*in = fds[0];
	return 0;
}

/*
 * In a process group of its own, so that what it started can be ended with it. mask is what it
 * is to have of signals held back.
 */
static int
spawn(const char *program, int in, int out, const sigset_t *mask, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t defaults;
	char name[MAX_HELPER_NAME + 32], get[] = "get";
	char *const argv[] = { name, get, NULL };
	int code;

	(void)snprintf(name, sizeof(name), "%s", program);
	if (posix_spawn_file_actions_init(&actions) != 0)
		return -1;
	if (posix_spawnattr_init(&attr) != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return -1;
	}
	/* What io_start ignores is not the helper's wish. */
	(void)sigemptyset(&defaults);
	(void)sigaddset(&defaults, SIGXFSZ);
	code = posix_spawnattr_setsigdefault(&attr, &defaults);
	if (code == 0)
		code = posix_spawnattr_setsigmask(&attr, mask);
	if (code == 0)
		code = posix_spawnattr_setpgroup(&attr, 0);
	if (code == 0)
		code = posix_spawnattr_setflags(&attr,
		    POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	if (code == 0)
		code = posix_spawn_file_actions_adddup2(&actions, in, 0);
	if (code == 0)
		code = posix_spawn_file_actions_adddup2(&actions, out, 1);
	/* It may say there what nobody should read. */
	if (code == 0)
		code = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (code == 0)
		code = posix_spawnp(pid, name, &actions, &attr, argv, environ);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	errno = code;
	return code == 0 ? 0 : -1;
}

/* All that comes from fd, within the time; the reason why not, or NULL. */
static const char *
gather(int fd, char *text, size_t *len)
{
	long long end = now_ms() + HELPER_TIMEOUT_MS, left;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	*len = 0;
	for (;;) {
		left = end - now_ms();
		if (left <= 0)
			return "no answer in 30 seconds";
		/* A terminal's ^C does not reach its group. */
		if (signals_wait())
			return "interrupted";
		n = poll(&p, 1, left < LOOK_MS ? (int)left : LOOK_MS);
		if (n == 0 || (n == -1 && errno == EINTR))
			continue;
		n = io_read(fd, text + *len, MAX_HELPER_OUTPUT - *len);
		if (n == -1)
			return "cannot be read";
		if (n == 0)
			break;
		*len += (size_t)n;
		if (*len == MAX_HELPER_OUTPUT)
			return "writes more than 64 KiB";
	}
	text[*len] = '\0';
	return NULL;
}

/* Runs program with server on its input; text has MAX_HELPER_OUTPUT + 1 bytes. */
static int
run(const char *program, const char *server, char *text, size_t *len, int *status,
    struct error *err)
{
	int in = -1, out[2] = { -1, -1 };
	const char *why;
	sigset_t mask;
	pid_t pid;
	int rc = -1;

	signals_hold(&mask);
	if (open_input(server, &in) == -1 || pipe(out) == -1) {
		(void)error_system(err, errno, "%s: no pipe", program);
		goto done;
	}
	if (fcntl(in, F_SETFD, FD_CLOEXEC) == -1 || fcntl(out[0], F_SETFD, FD_CLOEXEC) == -1 ||
	    fcntl(out[1], F_SETFD, FD_CLOEXEC) == -1) {
		(void)error_system(err, errno, "%s: no pipe", program);
		goto done;
	}
	if (spawn(program, in, out[1], &mask, &pid) == -1) {
		(void)error_set(err, ERROR_DENIED, "credential helper %s: %s", program,
		    strerror(errno));
		goto done;
	}
	(void)close(out[1]);
	out[1] = -1;
	why = gather(out[0], text, len);
	if (why != NULL)
		(void)kill(-pid, SIGKILL);
	while (waitpid(pid, status, 0) == -1 && errno == EINTR)
		;
	if (why != NULL) {
		(void)error_set(err, ERROR_DENIED, "credential helper %s: %s", program, why);
		goto done;
	}
	rc = 0;
done:
	if (in != -1)
		(void)close(in);
	if (out[0] != -1)
		(void)close(out[0]);
	if (out[1] != -1)
		(void)close(out[1]);
	signals_release(&mask);
	return rc;
}

/* Nothing of the answer goes to a message: it may be a secret with a comma too many. */
static int
read_answer(struct credentials *c, const char *program, const char *text, size_t len,
    struct error *err)
{
	char *username = NULL, *secret = NULL;
	struct error hidden;
	struct json *doc;
	int rc = -1;

	doc = json_parse(text, len, program, &hidden);
	if (doc != NULL) {
		username = json_string(json_member(json_root(doc), "Username"), "", &hidden);
		secret = json_string(json_member(json_root(doc), "Secret"), "", &hidden);
	}
	if (username == NULL || secret == NULL || username[0] == '\0' || secret[0] == '\0') {
		(void)error_set(err, ERROR_DENIED,
		    "credential helper %s: its answer has no Username "
		    "and Secret",
		    program);
		goto done;
	}
	if (strcmp(username, "<token>") == 0) {
		c->identity_token = secret;
	} else {
		c->username = username;
		c->password = secret;
		username = NULL;
	}
	secret = NULL;
	rc = 0;
done:
	secret_free(username);
	secret_free(secret);
	json_free(doc);
	return rc;
}

int
helper_get(struct credentials *c, const char *name, const char *server, bool *found,
    struct error *err)
{
	char program[MAX_HELPER_NAME + 32];
	char *text = NULL;
	size_t len;
	int status, rc = -1;

	*found = false;
	if (!is_name(name))
		return error_set(err, ERROR_DENIED, "credential helper %s: not a name", name);
	(void)snprintf(program, sizeof(program), "docker-credential-%s", name);
	text = calloc(1, MAX_HELPER_OUTPUT + 1);
	if (text == NULL)
		return error_memory(err);
	if (run(program, server, text, &len, &status, err) == -1)
		goto done;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
			text[--len] = '\0';
		if (strcmp(text, NOT_FOUND) == 0)
			rc = 0;
		else
			(void)error_set(err, ERROR_DENIED, "credential helper %s: failed for %s",
			    program, server);
		goto done;
	}
	if (read_answer(c, program, text, len, err) == -1)
		goto done;
	*found = true;
	rc = 0;
done:
	secret_free(text);
	return rc;
}
