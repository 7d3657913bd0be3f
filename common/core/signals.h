/*
 * signals.h - signals that ask to end, held back while something has a name that must go first
 *
 * Who holds them asks now and then whether one waits, and then fails; it is delivered, with its
 * default action, when they are released. What has no name (O_TMPFILE, unlinked) needs none of
 * this.
 *
 * Threads: the mask is the calling thread's.
 */
#ifndef CORE_SIGNALS_H
#define CORE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* SIGINT, SIGTERM and SIGHUP. old is for signals_release. */
void signals_hold(sigset_t *old);
bool signals_wait(void);
void signals_release(const sigset_t *old);

#endif
