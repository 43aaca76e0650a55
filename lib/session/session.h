/*
 * One device at work: vault, connection, and everything between them. Says
 * what happens after what; each part knows only itself.
 *
 *	connect -> hello -> marks compared (readmit.h) -> clinic and cases
 *	caught up (follow.h) -> mailbox (mailbox.h) -> acts, members, outbox
 *
 * Belongs to one thread; calls nothing back. lib/sdk gives it its C ABI.
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "session/vault/identity.h"
#include "session/link/transport.h"
#include "session/vault/vault.h"

struct session;

struct session_options {
	const char *path; /* of the vault */
	struct vault_unlock unlock;
	const char *proxy;    /* "socks5://host:port", or NULL */
	const char *endpoint; /* instead of the identity's, or NULL */
	/* Tests: another transport than a socket, and its time. */
	const struct transport *transport;
	uint64_t (*monotonic_ms)(void *ctx);
	void *ctx;
};

enum session_link {
	SESSION_DOWN = 0,
	SESSION_TRYING = 1,
	SESSION_UP = 2,
	SESSION_CURRENT = 3,
	SESSION_REFUSED = 4
};

/**
 * session_create(ret, options), session_open(ret, options):
 * Make a vault with fresh keys; open one. Codes of vault_create and
 * vault_open. session_close wipes; NULL is harmless.
 */
ROWAN_MUST int session_create(
	struct session **ret, const struct session_options *options);
ROWAN_MUST int session_open(
	struct session **ret, const struct session_options *options);
void session_close(struct session *s);

/**
 * session_connect(s), session_disconnect(s):
 * Keep a connection up from now on; end it. ROWAN_E_STATE without a card.
 */
ROWAN_MUST int session_connect(struct session *s);
void session_disconnect(struct session *s);

/**
 * session_step(s), session_wait(s):
 * Do what is due; milliseconds until it must be called without being woken.
 */
ROWAN_MUST int session_step(struct session *s);
uint64_t session_wait(struct session *s);
enum session_link session_link(const struct session *s);

/**
 * session_refuses(s):
 * 0, or why this device speaks with the daemon no more, and tries the next
 * server: its card was revoked (ROWAN_E_REVOKED) or has ended
 * (ROWAN_E_EXPIRED).
 */
int session_refuses(const struct session *s);

#endif
