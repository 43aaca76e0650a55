/*
 * Message framing (RFC 9420 section 6): the content all messages share and
 * its authentication.
 *
 * An authenticated content is immutable, counted, and owns its bytes: what is
 * signed, what the transcript hashes and what a proposal reference is made of
 * are views into what was received. Decoding checks the form only; here the
 * signature is checked too, tags are the member's work.
 */
#ifndef MLS_FRAMING_H
#define MLS_FRAMING_H

#include "mls/public/object/commit.h"
#include "mls/public/object/group_context.h"

enum wire_format {
	WIRE_FORMAT_PUBLIC_MESSAGE = 1,
	WIRE_FORMAT_PRIVATE_MESSAGE = 2,
	WIRE_FORMAT_WELCOME = 3,
	WIRE_FORMAT_GROUP_INFO = 4,
	WIRE_FORMAT_KEY_PACKAGE = 5
};

enum content_type {
	CONTENT_APPLICATION = 1,
	CONTENT_PROPOSAL = 2,
	CONTENT_COMMIT = 3
};

enum sender_type {
	SENDER_MEMBER = 1,
	SENDER_EXTERNAL = 2,
	SENDER_NEW_MEMBER_PROPOSAL = 3,
	SENDER_NEW_MEMBER_COMMIT = 4
};

struct sender {
	uint8_t type;	/* enum sender_type */
	uint32_t index; /* member: leaf; external: place in the extension */
};

struct framed_content {
	struct bytes group_id;
	uint64_t epoch;
	struct sender sender;
	struct bytes authenticated_data;
	uint8_t content_type; /* enum content_type */
	union {
		struct bytes application_data;
		struct proposal proposal;
		struct commit *commit;
	};
};

/* Fields are read-only views into the object's own bytes. */
struct authenticated_content {
	size_t refs;
	uint16_t wire_format;
	struct framed_content content;
	struct bytes signature;
	struct bytes confirmation_tag; /* commit only */
	bool has_membership_tag;
	struct bytes membership_tag; /* PublicMessage of a member only */
	struct bytes content_raw;    /* wire format and FramedContent */
	struct bytes body_raw;	     /* the content proper, as encoded */
	struct bytes signed_raw;     /* content_raw and the signature: for a
				      * Commit ConfirmedTranscriptHashInput */
	struct bytes auth_raw;	     /* FramedContentAuthData */
	struct bytes raw;	     /* AuthenticatedContent */
};

/* What a new content is made from. */
struct framing_params {
	uint16_t wire_format;
	struct sender sender;
	struct bytes authenticated_data;
	uint8_t content_type;
	struct bytes body; /* Proposal, Commit, or the application's data */
	struct bytes group_id;
	uint64_t epoch;
	const struct group_context *context; /* signed by members and new
					      * members that commit */
};

/**
 * authenticated_content_decode(raw, ret):
 * Decode an AuthenticatedContent; the caller holds one reference.
 */
ROWAN_MUST int authenticated_content_decode(
	struct bytes raw, struct authenticated_content **ret);

/**
 * authenticated_content_ref(ac), authenticated_content_unref(ac):
 * Take and drop a reference. NULL is harmless. Not atomic. The last one
 * wipes the bytes.
 */
struct authenticated_content *authenticated_content_ref(
	struct authenticated_content *ac);
void authenticated_content_unref(struct authenticated_content *ac);

/**
 * framing_sign(suite, params, signature_priv, ret):
 * Write and sign a content; ${ret}, owned by the caller, is the wire format,
 * the content and its signature, which is what the confirmed transcript hash
 * of a Commit takes.
 */
ROWAN_MUST int framing_sign(const struct suite *suite,
	const struct framing_params *params, struct bytes signature_priv,
	struct buf *ret);

/**
 * framing_finish(signed_raw, confirmation_tag, ret):
 * Make an authenticated content from the result of framing_sign and, for a
 * Commit only, the confirmation tag (else NULL).
 */
ROWAN_MUST int framing_finish(struct bytes signed_raw,
	const struct bytes *confirmation_tag,
	struct authenticated_content **ret);

/**
 * framing_verify(suite, ac, signature_key, context):
 * Check the signature; ${context} is the group's for the epoch of the message.
 * 0 or ROWAN_E_MLS_SIGNATURE. Whose key it has to be is the caller's to know.
 */
ROWAN_MUST int framing_verify(const struct suite *suite,
	const struct authenticated_content *ac, struct bytes signature_key,
	const struct group_context *context);

/**
 * framing_tbm(ac, context, ret):
 * Set ${ret} to AuthenticatedContentTBM, which the membership tag covers; the
 * caller owns it.
 */
ROWAN_MUST int framing_tbm(const struct authenticated_content *ac,
	const struct group_context *context, struct buf *ret);

/**
 * sender_read(r, ret), sender_write(w, sender):
 * One Sender.
 */
ROWAN_MUST int sender_read(struct reader *r, struct sender *ret);
void sender_write(struct writer *w, struct sender sender);

#endif
