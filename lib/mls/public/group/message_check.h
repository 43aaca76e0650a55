/*
 * Who sent a message, and may they (RFC 9420 section 6.1)?
 *
 * The signature check of every handshake message, public or private, and of
 * application messages. Tags are the member's work.
 */
#ifndef MLS_MESSAGE_CHECK_H
#define MLS_MESSAGE_CHECK_H

#include "mls/public/group/epoch_view.h"
#include "mls/public/framing/framing.h"

/**
 * message_check_epoch(view, group_id, epoch):
 * ROWAN_E_MLS_WRONG_GROUP or ROWAN_E_MLS_WRONG_EPOCH unless both are the
 * view's.
 */
ROWAN_MUST int message_check_epoch(
	const struct epoch_view *view, struct bytes group_id, uint64_t epoch);

/**
 * message_check(view, ac):
 * Check that ${ac} is of this group and epoch, that its sender may send such
 * content in this wire format, and its signature:
 *
 *   ROWAN_E_MLS_WRONG_GROUP, ROWAN_E_MLS_WRONG_EPOCH
 *   ROWAN_E_MLS_SENDER      blank leaf, unknown external sender, content not
 *                           allowed for this type of sender
 *   ROWAN_E_MLS_SIGNATURE
 */
ROWAN_MUST int message_check(
	const struct epoch_view *view, const struct authenticated_content *ac);

#endif
