/*
 * Who may connect: the ZAP handler (ZeroMQ RFC 27), asked once a connection.
 *
 * Trusts libzmq for the handshake itself: the key it shows has been proven.
 * Only CURVE passes; NULL and PLAIN never do, whatever the socket offered.
 * Never logs or keeps the address it is shown.
 */
#ifndef NET_ZAP_H
#define NET_ZAP_H

#include "base/id.h"
#include "base/secret.h"

/* Ports, as ZAP domains. */
enum zap_port {
	ZAP_MAIN,  /* devices of the clinic, current transport key */
	ZAP_NEXT,  /* the same under the next transport key */
	ZAP_ENROL, /* keys the clinic does not know yet */
	ZAP_PORTS
};

/* User-Id: a device id in hex; on the enrolment port the key itself. */
#define ZAP_USER_DEVICE_LEN (2 * ID16_LEN)
#define ZAP_USER_KEY_LEN    (2 * KEY32_LEN)
#define ZAP_USER_MAX	    (ZAP_USER_KEY_LEN + 1)

/* What is known of a transport key. */
enum zap_known { ZAP_UNKNOWN, ZAP_KNOWN, ZAP_REVOKED, ZAP_NO_ANSWER };

enum zap_verdict {
	ZAP_ACCEPT,
	ZAP_BAD_REQUEST,   /* not what libzmq sends */
	ZAP_BAD_MECHANISM, /* not CURVE */
	ZAP_BAD_KEY,	   /* unknown to this port */
	ZAP_BAD_REVOKED,   /* let in to be told so, but not to enrol */
	ZAP_LATER,	   /* cannot be told now */
	ZAP_VERDICTS
};

/**
 * zap_lookup:
 * Tell what is known of ${key}; for ZAP_KNOWN and ZAP_REVOKED set ${ret} to
 * its device.
 */
typedef enum zap_known zap_lookup(
	void *cookie, const struct key32 *key, struct id16 *ret);

struct zap_directory {
	zap_lookup *lookup;
	void *cookie;
};

/* The frames of one request after the envelope delimiter. */
#define ZAP_FRAMES 7
enum {
	ZAP_F_VERSION,
	ZAP_F_ID,
	ZAP_F_DOMAIN,
	ZAP_F_ADDRESS,
	ZAP_F_ROUTING,
	ZAP_F_MECHANISM,
	ZAP_F_CREDENTIAL
};

/**
 * zap_decide(dir, frame, n, ret_user):
 * Judge a request of ${n} frames. Sets ${ret_user} to the user id of one that
 * is let in, else to the empty string.
 */
enum zap_verdict zap_decide(const struct zap_directory *dir,
	const struct bytes *frame, size_t n, char ret_user[ZAP_USER_MAX]);

/**
 * zap_domain(port):
 * The domain name under which the socket of ${port} asks.
 */
const char *zap_domain(enum zap_port port);

/**
 * zap_open(ctx, ret):
 * Bind the handler's socket in the ZeroMQ context ${ctx}, before any other
 * socket of it binds. ROWAN_E_INTERNAL. The caller closes it with zap_close,
 * after all others.
 */
ROWAN_MUST int zap_open(void *ctx, void **ret);
void zap_close(void *sock);

/**
 * zap_serve(sock, dir, count):
 * Answer every request that waits, and count the verdicts.
 */
void zap_serve(void *sock, const struct zap_directory *dir,
	uint64_t count[ZAP_VERDICTS]);

#endif
