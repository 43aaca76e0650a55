/*
 * PrivateMessage (RFC 9420 section 6.3): sealing and opening with keys of the
 * secret tree.
 *
 * Opening goes in two steps, so that the caller can look at the sender before
 * it looks for a key. Neither changes any state; nothing is authenticated
 * beyond the AEAD: the signature is message_check's.
 */
#ifndef MLS_MESSAGE_PROTECT_H
#define MLS_MESSAGE_PROTECT_H

#include "crypto/suite.h"
#include "mls/member/keys/secret_tree.h"
#include "mls/public/framing/private_message.h"

#define REUSE_GUARD_LEN 4

/* SenderData, section 6.3.2. */
struct message_sender {
	uint32_t leaf;
	uint32_t generation;
	uint8_t reuse_guard[REUSE_GUARD_LEN];
};

/* With what to seal. */
struct message_sealing {
	const struct suite *suite;
	const struct secret *sender_data; /* the epoch's */
	const struct message_key *key;
	struct message_sender sender;
	size_t pad_until; /* least length of the PrivateMessageContent */
};

/**
 * message_protect(sealing, ac, ret):
 * Seal ${ac}, whose wire format is PrivateMessage, into a whole MLSMessage.
 * The key must be used for nothing else.
 */
ROWAN_MUST int message_protect(const struct message_sealing *sealing,
	const struct authenticated_content *ac, struct buf *ret);

/**
 * message_open_sender(s, sender_data, m, ret):
 * Open the SenderData of ${m}: ROWAN_E_MLS_DECRYPT.
 */
ROWAN_MUST int message_open_sender(const struct suite *s,
	const struct secret *sender_data, const struct private_message *m,
	struct message_sender *ret);

/**
 * message_open(s, key, sender, m, ret):
 * Open the content of ${m}: ROWAN_E_MLS_DECRYPT, or ROWAN_E_MALFORMED for a
 * content or padding that is not what it must be. The caller holds one
 * reference.
 */
ROWAN_MUST int message_open(const struct suite *s,
	const struct message_key *key, const struct message_sender *sender,
	const struct private_message *m, struct authenticated_content **ret);

/**
 * message_sender_key(s, sender_data, ciphertext, ret):
 * Key and nonce of the SenderData, from a sample of the ciphertext.
 */
ROWAN_MUST int message_sender_key(const struct suite *s,
	const struct secret *sender_data, struct bytes ciphertext,
	struct message_key *ret);

#endif
