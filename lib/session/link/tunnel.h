/*
 * A way to the daemon through a SOCKS5 proxy (RFC 1928), for libzmq, whose own
 * proxy code ends the process when the proxy does not do its part:
 *
 *	libzmq == local socket == tunnel == proxy == daemon
 *
 *	CONNECTING -> GREETED -> ASKED -> OPEN
 *	     +-----------+---------+-------+--> LOST, for good
 *
 * What it carries is CURVE from end to end: it trusts neither side, reads
 * nothing of it, holds a bounded part, and never blocks. A name is the proxy's
 * to find.
 *
 * Belongs to the session's thread; tunnel_step moves the bytes.
 */
#ifndef SESSION_TUNNEL_H
#define SESSION_TUNNEL_H

#include "session/link/wake.h"

#define TUNNEL_LOCAL_MAX 64 /* bytes of a local endpoint, with its zero */

struct tunnel;

/**
 * tunnel_is_proxy(place):
 * Whether ${place} is "host:port" of a proxy that can be used: an address, an
 * IPv6 one in brackets, or localhost. Finding another name would block, and
 * tell somebody.
 */
bool tunnel_is_proxy(const char *place);

/**
 * tunnel_new(ret, proxy, endpoint, wake):
 * Begin to connect to the proxy, for ${endpoint}, "tcp://host:port"; ${wake}
 * may be NULL. ROWAN_E_INVAL for either, ROWAN_E_IO, ROWAN_E_NOMEM.
 */
ROWAN_MUST int tunnel_new(struct tunnel **ret, const char *proxy,
	const char *endpoint, struct wake *wake);
void tunnel_free(struct tunnel *t);

/**
 * tunnel_local(t):
 * What libzmq connects to instead; only this process can.
 */
const char *tunnel_local(const struct tunnel *t);

/**
 * tunnel_step(t):
 * Do what can be done now. False: there is no way through any more.
 */
bool tunnel_step(struct tunnel *t);

#endif
