/*
 * Who this device is: its keys, its card and where its daemon listens. Kept
 * in the vault under one name, written when the device is made and when its
 * card comes.
 *
 *	struct {
 *		uint16 version = 1;
 *		opaque signature_seed[32];
 *		opaque transport_secret[32];
 *		opaque member[16];
 *		opaque device[16];
 *		opaque record<V>;	of the authority; empty before enrolment
 *		opaque chain<V>;	cards, from the device up; empty before
 *		Server servers<V>;
 *	} Identity;
 *
 *	struct { opaque endpoint<1..255>; opaque key[32]; } Server;
 */
#ifndef SESSION_IDENTITY_H
#define SESSION_IDENTITY_H

#include "base/secret.h"
#include "session/vault/vault.h"
#include "wire/card.h"

#define IDENTITY_SERVERS_MAX  4
#define IDENTITY_ENDPOINT_MAX 255 /* "tcp://host:port" */
#define IDENTITY_RECORD_MAX   1024
#define IDENTITY_CHAIN_MAX    (WIRE_CHAIN_MAX * (WIRE_CARD_MAX + 8) + 8)

struct identity_server {
	char endpoint[IDENTITY_ENDPOINT_MAX + 1];
	struct wire_key key; /* X25519, of its CURVE */
};

struct identity {
	struct key32 signature_seed;
	struct key32 transport_secret;
	struct id16 member;
	struct id16 device;
	struct buf record;
	struct buf chain;
	struct identity_server servers[IDENTITY_SERVERS_MAX];
	size_t server_count;
};

/**
 * identity_make(ret, member):
 * Fresh keys and a device id; ${member} NULL: a fresh one too. identity_wipe
 * ends it.
 */
ROWAN_MUST int identity_make(struct identity *ret, const struct id16 *member);
void identity_wipe(struct identity *me);

/**
 * identity_put(vault, me), identity_get(vault, ret):
 * Keep in the caller's transaction; read. ROWAN_E_NOT_FOUND, ROWAN_E_TOO_NEW,
 * ROWAN_E_CORRUPT.
 */
ROWAN_MUST int identity_put(struct vault *vault, const struct identity *me);
ROWAN_MUST int identity_get(struct vault *vault, struct identity *ret);

/**
 * identity_card(me, ret):
 * The device's own card; views borrow from ${me}. ROWAN_E_NOT_FOUND before
 * enrolment.
 */
ROWAN_MUST int identity_card(const struct identity *me, struct wire_card *ret);

/**
 * identity_encode(me, w), identity_decode(input, ret):
 * The kept form. ROWAN_E_INVAL for an identity that would not decode;
 * ROWAN_E_TOO_NEW, ROWAN_E_MALFORMED, ROWAN_E_LIMIT, ROWAN_E_NOMEM.
 */
ROWAN_MUST int identity_encode(const struct identity *me, struct writer *w);
ROWAN_MUST int identity_decode(struct bytes input, struct identity *ret);

#endif
