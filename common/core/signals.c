#include "core/signals.h"

#include <stddef.h>

void
signals_hold(sigset_t *old)
{
	sigset_t ends;

	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGINT);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &ends, old);
}

bool
signals_wait(void)
{
	sigset_t pending;

	if (sigpending(&pending) == -1)
		return false;
	return sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1 ||
	    sigismember(&pending, SIGHUP) == 1;
}

void
signals_release(const sigset_t *old)
{
	(void)sigprocmask(SIG_SETMASK, old, NULL);
}
