/*
 * History out of a vault into a file, and back: messages with who wrote them
 * and when, never a key of a channel.
 *
 * The device that exports signs what it exports, with its chain of cards
 * inside. What the same member's device exported comes back as it was; what
 * another's did is that member's word, like a message that was handed over.
 *
 * Items of the file (history_file.h), each a kind (uint8) and:
 *
 *	0	uint16 version = 1; opaque chain<V>	first
 *	1	opaque channel[16]; uint64 place; opaque message<V>
 *	2	uint64 count; opaque signature[64]	last
 *
 * message is the Message of messages_row.h. The signature is Ed25519 over
 * "rowan history 1" and BLAKE2b-256 over all items before, each after its
 * length as uint32.
 */
#ifndef SESSION_HISTORY_H
#define SESSION_HISTORY_H

#include "session/message/history_file.h"
#include "session/vault/identity.h"
#include "session/message/messages.h"

/*
 * Whether an encoded chain of cards whose first binds ${key} is one of the
 * clinic's: as follow_identity.
 */
typedef int history_judge(void *ctx, struct bytes chain,
	const struct wire_key *key, struct id16 *ret_device);

struct history_options {
	struct messages *messages;
	const struct identity *me;
	history_judge *judge;
	void *ctx;
};

/**
 * history_export(o, path, lock, channel):
 * Write the messages of ${channel}, or with NULL of all, to a new file.
 */
ROWAN_MUST int history_export(const struct history_options *o, const char *path,
	const struct history_lock *lock, const struct id16 *channel);

/**
 * history_import(o, path, lock, ret):
 * Take in, in one transaction, what is not here and was not forgotten;
 * ${ret}: how many. ROWAN_E_CRYPTO for the wrong passphrase or key, an
 * altered file, or one that no device of the clinic signed; ROWAN_E_AGAIN
 * while the device's card is not known yet; ROWAN_E_MALFORMED, ROWAN_E_LIMIT.
 * Then nothing was taken.
 */
ROWAN_MUST int history_import(const struct history_options *o, const char *path,
	const struct history_lock *lock, uint64_t *ret);

#endif
