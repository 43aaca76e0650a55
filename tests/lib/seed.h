/*
 * Provisioning a store offline: devices, cases, channels and assignments as
 * enrolment would have made them.
 *
 * Everything is derived from a name and numbers, so that a client in another
 * process knows the same keys and ids without a file. For tests only: these
 * keys are no secrets.
 */
#ifndef TESTS_LIB_SEED_H
#define TESTS_LIB_SEED_H

#include "base/id.h"
#include "base/secret.h"

/* Who a device is in a seeded clinic. */
enum seed_role {
	SEED_SENDER = 1,  /* a caseworker who writes */
	SEED_MAILBOX = 2, /* a member who reads */
	SEED_IDLE = 3,	  /* a device without any channel */
	SEED_STRANGER = 4 /* never put into a store */
};

struct seed_device {
	struct id16 id;
	struct id16 member; /* one device a member */
	uint8_t public[32]; /* X25519 transport key */
	uint8_t secret[32];
};

/* Keys of the daemon's sockets; the same in every seeded clinic. */
struct seed_server {
	uint8_t public[32];
	uint8_t secret[32];
};

/* How many there are of each. */
struct seed_clinic {
	uint32_t senders;
	uint32_t mailboxes;
	uint32_t idle;
};

struct store;

/**
 * seed_device(role, index, ret):
 * Derive one device.
 */
void seed_device(enum seed_role role, uint32_t index, struct seed_device *ret);

/**
 * seed_member(role, index):
 * Return the member the device belongs to.
 */
struct id16 seed_member(enum seed_role role, uint32_t index);

/**
 * seed_channel(sender, mailbox):
 * Return the id of the channel with these two members and nobody else.
 */
struct id16 seed_channel(uint32_t sender, uint32_t mailbox);

/**
 * seed_case(sender):
 * Return the id of the case that holds the channels of ${sender}.
 */
struct id16 seed_case(uint32_t sender);

/**
 * seed_server(port, ret):
 * Derive the transport key of a port: 0 main, 1 enrolment, 2 main, next.
 */
void seed_server(int port, struct seed_server *ret);

/**
 * seed_store_key(ret):
 * Derive the store key.
 */
void seed_store_key(struct key32 *ret);

/**
 * seed_log_key(ret):
 * Derive the seed of the log's key.
 */
void seed_log_key(struct key32 *ret);

/**
 * seed_put(st, clinic):
 * Put a whole clinic into ${st}: one case for each sender, one channel for
 * each pair of sender and mailbox, the two assigned to it without end.
 */
ROWAN_MUST int seed_put(struct store *st, const struct seed_clinic *clinic);

/**
 * seed_file(path, clinic):
 * The same for the store at ${path}, made when it does not exist.
 */
ROWAN_MUST int seed_file(const char *path, const struct seed_clinic *clinic);

#endif
