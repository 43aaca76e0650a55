/*
 * One descriptor to wait on for everything a session waits for: sockets, a
 * time, and work that is left over. Readable, level-triggered, while there is
 * something to do.
 *
 *	epoll --+-- what wake_watch named (level-triggered)
 *	        +-- timerfd: wake_set with a time ahead
 *	        +-- eventfd: wake_set(0): there is work now
 *
 * What is watched must become unreadable by being served. Linux only.
 */
#ifndef SESSION_WAKE_H
#define SESSION_WAKE_H

#include "base/bytes.h"

struct wake;

/**
 * wake_new(ret), wake_free(w):
 * ROWAN_E_IO when no descriptors can be had, ROWAN_E_NOMEM. NULL is harmless.
 */
ROWAN_MUST int wake_new(struct wake **ret);
void wake_free(struct wake *w);

/**
 * wake_fd(w):
 * The descriptor, the same until wake_free; to be polled only.
 */
int wake_fd(const struct wake *w);

/**
 * wake_watch(w, fd), wake_unwatch(w, fd):
 * Be readable while ${fd} is; no more. wake_unwatch before ${fd} is closed.
 * ROWAN_E_IO.
 */
ROWAN_MUST int wake_watch(struct wake *w, int fd);
void wake_unwatch(struct wake *w, int fd);

/**
 * wake_want(w, fd, in, out):
 * From now on be readable while what is watched can be read, if ${in}, and
 * written, if ${out}; always when it has failed. ROWAN_E_IO.
 */
ROWAN_MUST int wake_want(struct wake *w, int fd, bool in, bool out);

/**
 * wake_set(w, ms):
 * Be readable from ${ms} milliseconds from now on, whatever else happens: 0
 * is now, UINT64_MAX never. Takes the place of what was set before.
 */
void wake_set(struct wake *w, uint64_t ms);

#endif
