/*
 * PublicMessage (RFC 9420 section 6.2): signed, not encrypted.
 *
 * Nobody but a member can check the membership tag; the signature anybody can.
 */
#ifndef MLS_PUBLIC_MESSAGE_H
#define MLS_PUBLIC_MESSAGE_H

#include "mls/public/framing/framing.h"

/**
 * public_message_decode(raw, ret):
 * Decode a PublicMessage (without version and wire format); the caller holds
 * one reference.
 */
ROWAN_MUST int public_message_decode(
	struct bytes raw, struct authenticated_content **ret);

/**
 * public_message_write(w, ac, membership_tag):
 * Append ${ac} as PublicMessage; ${membership_tag} is written for members
 * only.
 */
void public_message_write(struct writer *w,
	const struct authenticated_content *ac, struct bytes membership_tag);

#endif
