/*
 * The connections that have sent something, and the devices behind them.
 *
 * A connection is known by the routing id libzmq gave it; whose it is says
 * the User-Id that ZAP set, which is compared for every message. What one
 * device may do in a time is counted for the device, not for the connection,
 * so that connecting again gains nothing.
 */
#ifndef NET_PEERS_H
#define NET_PEERS_H

#include "config/config.h"
#include "ops/bucket.h"
#include "net/zap.h"
#include "base/idmap.h"
#include "ops/request.h"

/* The form of every generated routing id: a zero and four bytes. */
#define PEER_ROUTING_LEN 5

/* What one sender has left. */
struct allowance {
	struct bucket requests, messages, bytes;
};

struct device {
	struct id16 id;
	struct allowance allowance;
	struct bucket connect; /* handshakes */
	uint32_t connections;  /* that have said something */
	uint32_t large;	       /* answers of TABLE_LARGE it waits for */
};

/* Pushes that the connection had no room for. */
struct unsent {
	uint64_t id;	 /* of the subscription */
	uint64_t after;	 /* before the first of them */
	uint32_t credit; /* envelopes in them; 0: there are none */
	bool told;	 /* the writer is about to begin again */
};

struct peer {
	struct peer_ref ref; /* generation 0: a free place */
	enum zap_port port;
	uint8_t routing[PEER_ROUTING_LEN];
	int fd;		       /* -1: unknown */
	struct device *device; /* NULL on the enrolment port */
	struct allowance own;  /* there instead of a device's */
	struct bucket first;   /* there, before an invite was named */
	char user[ZAP_USER_MAX];
	struct unsent unsent;
	uint64_t handed;    /* bytes for it, as they are on the wire... */
	uint64_t acked;	    /* ...and had arrived at the last look */
	bool subscribed;    /* has asked for pushes at some time */
	struct bucket vain; /* what it may say without any use */
	bool proven;	    /* a stranger who has named an invite */
	bool closing;	    /* was shut down by us */
	uint32_t next;	    /* in the chain of its hash, or of free ones, + 1 */
};

struct rates {
	struct bucket_rate requests, messages, bytes;
};

struct peers {
	struct peer **at; /* by slot */
	uint32_t cap, count;
	uint32_t free_head; /* slot + 1 */
	uint32_t *hash;	    /* slot + 1 */
	uint32_t hash_mask;
	uint32_t *by_fd; /* slot + 1 */
	uint8_t *stale;	 /* disconnects to come for earlier owners of an fd */
	size_t fd_cap;
	uint32_t generation;
	struct idmap devices;
	struct rates rates;
};

/* What a stranger may ask before it has named an invite. */
extern const struct bucket_rate peers_first_rate;
/* What a connection may say without any use: above what it may ask. */
extern const struct bucket_rate peers_vain_rate;
/* How often one device may connect. */
extern const struct bucket_rate peers_connect_rate;

/**
 * peers_init(p, config, fds), peers_wipe(p):
 * Empty tables for descriptors below ${fds}. ROWAN_E_NOMEM.
 */
ROWAN_MUST int peers_init(
	struct peers *p, const struct config *config, size_t fds);
void peers_wipe(struct peers *p);

/**
 * peers_rates(p, config):
 * What one sender may do in a minute, from now on.
 */
void peers_rates(struct peers *p, const struct config *config);

/**
 * peers_find(p, port, routing):
 * The connection under that routing id, or NULL.
 */
struct peer *peers_find(
	struct peers *p, enum zap_port port, const uint8_t *routing);

/**
 * peers_at(p, ref):
 * The connection ${ref} names, or NULL when it is no more.
 */
struct peer *peers_at(struct peers *p, struct peer_ref ref);

struct peer_options {
	enum zap_port port;
	const uint8_t *routing;
	const char *user; /* as ZAP set it */
	int fd;
	uint64_t now; /* milliseconds */
};

/**
 * peers_add(p, options, ret):
 * Add a connection. ROWAN_E_MALFORMED when ${user} is nothing that ZAP sets
 * for the port, ROWAN_E_NOMEM.
 */
ROWAN_MUST int peers_add(
	struct peers *p, const struct peer_options *options, struct peer **ret);

/**
 * peers_key(peer, ret):
 * The transport key of a connection on the enrolment port.
 */
void peers_key(const struct peer *peer, struct key32 *ret);

/**
 * peers_remove(p, peer):
 * Forget a connection; the device stays.
 */
void peers_remove(struct peers *p, struct peer *peer);

/**
 * peers_surplus(p, device, max):
 * The oldest connection of ${device} that is not being closed, when more than
 * ${max} of them are not; else NULL.
 */
struct peer *peers_surplus(
	struct peers *p, const struct device *device, uint64_t max);

/**
 * peers_displace(p, fd):
 * To be called before peers_add: the connection that had descriptor ${fd}
 * before and whose DISCONNECTED event is still on its way, or NULL. The caller
 * removes it.
 */
struct peer *peers_displace(struct peers *p, int fd);

/**
 * peers_disconnected(p, fd):
 * The connection that a DISCONNECTED event for ${fd} is about, or NULL when
 * it never said anything.
 */
struct peer *peers_disconnected(struct peers *p, int fd);

/**
 * peers_wait(p, peer, messages, bytes, now):
 * Charge one request with so many messages and bytes to the sender. Returns 0
 * iff all of it was there, else after how many milliseconds it will be, and
 * charges nothing.
 */
uint64_t peers_wait(struct peers *p, struct peer *peer, uint64_t messages,
	uint64_t bytes, uint64_t now);

/**
 * peers_know(p, id, now, ret):
 * What is known of a device, from now on. ROWAN_E_NOMEM.
 */
ROWAN_MUST int peers_know(struct peers *p, const struct id16 *id, uint64_t now,
	struct device **ret);

/**
 * peers_device(p, id):
 * What is known of a device that was ever connected, or NULL.
 */
struct device *peers_device(struct peers *p, const struct id16 *id);

#endif
