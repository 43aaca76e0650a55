/*
 * The messages of one device without a daemon: what it posts is kept here,
 * and a test brings it to another.
 *
 * For tests only: a failure of the kit itself aborts.
 */
#ifndef TESTS_LIB_MESSAGES_KIT_H
#define TESTS_LIB_MESSAGES_KIT_H

#include "lib/vault_kit.h"
#include "session/message/messages.h"
#include "session/message/messages_row.h"

#define MESSAGES_KIT_POSTS 2048

struct messages_kit_post {
	struct messages_post post; /* its content has no views */
	struct id16 id;
	uint16_t type;
	struct buf raw;
};

struct messages_kit {
	struct vault_kit kit;
	struct id16 member, device;
	enum rowan_role role;
	struct events *events;
	struct requests *requests;
	struct transfer *transfer;
	struct messages *x;
	struct messages_kit_post posts[MESSAGES_KIT_POSTS];
	size_t post_count;
	size_t mark; /* posts above it are taken back when one is aborted */
	int post_rc, unpost_rc; /* what the outbox answers */
	uint64_t now, now_ms;
	size_t aborted, delivered;
};

/* Ids of the one case that tests speak of. */
extern const struct id16 messages_kit_case;
extern const struct id16 messages_kit_support;
extern const struct id16 messages_kit_team;
extern const struct id16 messages_kit_diary;

/**
 * messages_kit_begin(k, who, role), messages_kit_again(k),
 * messages_kit_end(k):
 * The device of member ${who}; after a restart; its end.
 */
void messages_kit_begin(
	struct messages_kit *k, uint8_t who, enum rowan_role role);
void messages_kit_again(struct messages_kit *k);
void messages_kit_end(struct messages_kit *k);

/**
 * messages_kit_state(k, id):
 * The state of a message.
 */
int messages_kit_state(struct messages_kit *k, const struct id16 *id);

/**
 * messages_kit_take(to, from, channel, raw):
 * What messages_take says of ${raw}, opened from ${from}, in a transaction.
 */
int messages_kit_take(struct messages_kit *to, const struct messages_kit *from,
	const struct id16 *channel, struct bytes raw);

/**
 * messages_kit_bring(to, from):
 * Bring everything posted since the last time; the sender hears that it was
 * sent.
 */
void messages_kit_bring(struct messages_kit *to, struct messages_kit *from);

/**
 * messages_kit_text(k, channel, text):
 * Write; give its id.
 */
struct id16 messages_kit_text(
	struct messages_kit *k, const struct id16 *channel, const char *text);

/**
 * messages_kit_events(k, type, ret):
 * Take all events; how many were of ${type}; the last of them.
 */
size_t messages_kit_events(
	struct messages_kit *k, enum rowan_event_type type, struct event *ret);

#endif
