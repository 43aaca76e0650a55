/*
 * Where a clinic's daemon listens, as a file tells a device that enrols by
 * files. Not signed: the first server's key is what the daemon's card binds,
 * and whoever listens elsewhere can only refuse to serve.
 *
 *	struct {
 *		uint16 version = 1;
 *		Server servers<V>;	main ports, 1 to 4
 *		Server enrolment<V>;	enrolment ports, 0 to 2
 *	} Servers;
 *
 *	struct { opaque endpoint<1..255>; opaque key[32]; } Server;
 */
#ifndef WIRE_SERVERS_H
#define WIRE_SERVERS_H

#include "wire/card.h"

#define WIRE_SERVERS_VERSION	 1
#define WIRE_SERVERS_MAIN_MAX	 4
#define WIRE_SERVERS_ENROL_MAX	 2
#define WIRE_SERVER_ENDPOINT_MAX 255  /* "tcp://HOST:PORT" */
#define WIRE_SERVERS_MAX	 2048 /* bytes */

struct wire_server {
	struct bytes endpoint; /* "tcp://", then printable without blanks */
	struct wire_key key;   /* X25519, of its CURVE */
};

struct wire_servers {
	size_t main_count;
	struct wire_server main[WIRE_SERVERS_MAIN_MAX];
	size_t enrol_count;
	struct wire_server enrol[WIRE_SERVERS_ENROL_MAX];
};

/**
 * wire_servers_decode(input, ret), wire_servers_encode(s, w):
 * Exactly one; views borrow from ${input}. ROWAN_E_VERSION, ROWAN_E_MALFORMED,
 * ROWAN_E_LIMIT; ROWAN_E_INVAL for what would not decode.
 */
ROWAN_MUST int wire_servers_decode(
	struct bytes input, struct wire_servers *ret);
ROWAN_MUST int wire_servers_encode(
	const struct wire_servers *s, struct writer *w);

#endif
