/*
 * The service manager's side: readiness and watchdog datagrams, and the
 * listening sockets it hands over.
 *
 * Trusts the environment it was started with, checks every descriptor it is
 * given. Does nothing, successfully, where there is no service manager.
 */
#ifndef NET_NOTIFY_H
#define NET_NOTIFY_H

#include "base/bytes.h"

/* Descriptors handed over, at most. */
#define NOTIFY_FDS_MAX	 8
#define NOTIFY_NAME_MAX	 31
#define NOTIFY_FDS_START 3 /* SD_LISTEN_FDS_START */

/* What they are called. */
#define NOTIFY_MAIN  "tcp"
#define NOTIFY_NEXT  "next"
#define NOTIFY_ENROL "enrol"

struct notify_fds {
	size_t n;
	struct {
		int fd;
		char name[NOTIFY_NAME_MAX + 1];
		bool taken;
	} at[NOTIFY_FDS_MAX];
};

/**
 * notify_send(state):
 * Send ${state}, lines of KEY=VALUE, to $NOTIFY_SOCKET. Return 0 when sent or
 * when nobody asked, ROWAN_E_IO when it could not be sent.
 */
int notify_send(const char *state);

/**
 * notify_reloading():
 * Say that the configuration is being read again; READY=1 follows.
 */
int notify_reloading(void);

/**
 * notify_watchdog_ms():
 * Return how often, in milliseconds, the service manager wants to hear
 * WATCHDOG=1 (half of its limit), 0 for never.
 */
unsigned notify_watchdog_ms(void);

/**
 * notify_listen_fds(ret):
 * Read $LISTEN_PID, $LISTEN_FDS and $LISTEN_FDNAMES and set close-on-exec.
 * No variables, or another process's, give none. ROWAN_E_INVAL when there are
 * more than NOTIFY_FDS_MAX, one is not a listening TCP socket, or one has
 * another name than those above: nobody would ever accept from it.
 */
ROWAN_MUST int notify_listen_fds(struct notify_fds *ret);

/**
 * notify_take(fds, name):
 * Return the next descriptor under ${name} that was not taken, or -1. The
 * caller owns it.
 */
int notify_take(struct notify_fds *fds, const char *name);

#endif
