/*
 * A ZMTP 3.1 client with CURVE that does no input and no output: bytes in,
 * bytes out. For tests that must say on the wire what libzmq would never say,
 * and for load that must not cost more than the server it measures.
 *
 * Trusts nothing it is fed; a server that breaks the protocol is an error, not
 * a crash. Never blocks, never touches a socket. One handle, one thread.
 */
#ifndef TESTS_LIB_ZMTP_H
#define TESTS_LIB_ZMTP_H

#include "base/bytes.h"

#define ZMTP_GREETING_LEN 64
#define ZMTP_HELLO_LEN	  200
#define ZMTP_WELCOME_LEN  168

/* Curve25519 keys: ours, and the one the server is known by. */
struct zmtp_keys {
	uint8_t public[32];
	uint8_t secret[32];
	uint8_t server[32];
};

struct zmtp;

/**
 * zmtp_new(keys):
 * Return a connection at its first byte, the greeting already waiting in
 * zmtp_out; NULL without memory. The caller frees it with zmtp_free.
 */
struct zmtp *zmtp_new(const struct zmtp_keys *keys);
void zmtp_free(struct zmtp *z);

/**
 * zmtp_name(z, name):
 * Ask for this routing id, at most ZMTP_NAME_MAX bytes, in the handshake that
 * is still to come.
 */
#define ZMTP_NAME_MAX 16
void zmtp_name(struct zmtp *z, struct bytes name);

/**
 * zmtp_feed(z, in):
 * Take everything in ${in}, which came from the server. ROWAN_E_MALFORMED
 * when it broke the protocol, ROWAN_E_REFUSED when it sent ERROR,
 * ROWAN_E_CRYPTO when a box did not open. After an error only zmtp_free.
 */
ROWAN_MUST int zmtp_feed(struct zmtp *z, struct bytes in);

/**
 * zmtp_out(z), zmtp_sent(z, n):
 * What waits to be written to the socket, and that ${n} bytes of it were.
 */
struct bytes zmtp_out(const struct zmtp *z);
void zmtp_sent(struct zmtp *z, size_t n);

/**
 * zmtp_ready(z):
 * Return true once the server's READY has been verified.
 */
bool zmtp_ready(const struct zmtp *z);

/**
 * zmtp_send(z, data, more):
 * Append one sealed frame of a message; ${more} says another one follows.
 * ROWAN_E_STATE before zmtp_ready.
 */
ROWAN_MUST int zmtp_send(struct zmtp *z, struct bytes data, bool more);

/**
 * zmtp_flags(z, flags, data), zmtp_plain(z, flags, data):
 * Append a frame as no client sends it: sealed, with these flags beside the
 * data (1: another follows, 2: it is a command); or not sealed at all, with
 * these flags of ZMTP (1: more, 4: command).
 */
ROWAN_MUST int zmtp_flags(struct zmtp *z, uint8_t flags, struct bytes data);
ROWAN_MUST int zmtp_plain(struct zmtp *z, uint8_t flags, struct bytes data);

/**
 * zmtp_recv(z, ret, ret_more):
 * Take the next frame of a message; ${ret} is valid until the next zmtp_feed.
 * ROWAN_E_AGAIN when no whole frame is here.
 */
ROWAN_MUST int zmtp_recv(struct zmtp *z, struct bytes *ret, bool *ret_more);

/**
 * zmtp_greeting(ret, mechanism):
 * Write the 64 bytes of a client's greeting that asks for ${mechanism}.
 */
void zmtp_greeting(uint8_t ret[ZMTP_GREETING_LEN], const char *mechanism);

#endif
