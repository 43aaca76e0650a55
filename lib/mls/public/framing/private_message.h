/*
 * PrivateMessage (RFC 9420 section 6.3) as an object. Protecting and opening
 * it is the member's work; here are only the bytes around it.
 */
#ifndef MLS_PRIVATE_MESSAGE_H
#define MLS_PRIVATE_MESSAGE_H

#include "mls/public/framing/framing.h"

/* All views borrow from the decoded input. */
struct private_message {
	struct bytes group_id;
	uint64_t epoch;
	uint8_t content_type; /* enum content_type */
	struct bytes authenticated_data;
	struct bytes encrypted_sender_data;
	struct bytes ciphertext;
	struct bytes raw;
};

/**
 * private_message_decode(raw, ret):
 * Read one from bytes that hold nothing else.
 */
ROWAN_MUST int private_message_decode(
	struct bytes raw, struct private_message *ret);

/**
 * private_message_write(w, m):
 * Append ${m} from its fields.
 */
void private_message_write(struct writer *w, const struct private_message *m);

/**
 * private_content_aad_write(w, m), sender_data_aad_write(w, m):
 * Append PrivateContentAAD and SenderDataAAD of ${m}.
 */
void private_content_aad_write(
	struct writer *w, const struct private_message *m);
void sender_data_aad_write(struct writer *w, const struct private_message *m);

/**
 * private_content_write(w, ac, padding):
 * Append PrivateMessageContent: content and authentication of ${ac} and
 * ${padding} zero bytes.
 */
void private_content_write(struct writer *w,
	const struct authenticated_content *ac, size_t padding);

/**
 * private_content_decode(m, leaf, plain, ret):
 * Make the authenticated content from ${m}, the sender's leaf and the
 * decrypted PrivateMessageContent. ROWAN_E_MALFORMED when the padding is not
 * zero.
 */
ROWAN_MUST int private_content_decode(const struct private_message *m,
	uint32_t leaf, struct bytes plain, struct authenticated_content **ret);

#endif
