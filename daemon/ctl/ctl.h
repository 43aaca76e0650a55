/*
 * The daemon's side of the control socket: who may come in, and what each
 * command does.
 *
 * A thread of its own accepts, and each connection has one while it lasts, so
 * neither the network thread nor the writer ever waits for an administrator:
 * what they must do for a command they do between two turns. Trusts the
 * kernel for who is at the other end; of root, the daemon's own user and the
 * members of its group each may do everything.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "ctl/form.h"
#include "base/secret.h"
#include "net/server.h"

#define CTL_CONNECTIONS 8 /* at a time */

struct ctl;
struct clock;
struct store;

struct ctl_options {
	const char *path; /* of the socket; "": only watch and say what is */
	struct server *relay;
	struct store *store;
	struct clock *clock;
	const char *config_path;
	uint64_t started;		 /* second of the monotonic clock */
	struct key32 publics[ZAP_PORTS]; /* transport keys; zero: not served */
	/* In the network thread: read the configuration again. */
	void (*reload)(void *cookie, struct ctl_answer *answer);
	void *cookie;
};

/**
 * ctl_open(ret, options):
 * Bind the socket, which only owner and group may use, and serve it; without a
 * path only watch, say what is, and hear ctl_hangup. A socket
 * file that nobody serves is replaced. ROWAN_E_EXISTS when another process
 * serves it, ROWAN_E_IO, ROWAN_E_LIMIT for a path that is too long,
 * ROWAN_E_NOMEM. ${options} is copied, what it points to borrowed.
 */
ROWAN_MUST int ctl_open(struct ctl **ret, const struct ctl_options *options);

/**
 * ctl_hangup(c):
 * Do what rowanctl reload does, soon, for SIGHUP: from a signal handler.
 */
void ctl_hangup(struct ctl *c);

/**
 * ctl_close(c):
 * Turn everybody away, wait for what is being done, remove the socket. After
 * server_run, before server_free. NULL is harmless.
 */
void ctl_close(struct ctl *c);

#endif
