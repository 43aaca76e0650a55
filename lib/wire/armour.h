/*
 * Text armour: objects as files that survive mail, a printer's copy and a
 * stick that changes line ends.
 *
 *	-----BEGIN ROWAN CARD REQUEST-----
 *	base64 (RFC 4648), padded, in lines
 *	-----END ROWAN CARD REQUEST-----
 *
 * Trusts no byte. What stands outside of blocks is ignored, so a mail may say
 * something around them; inside nothing but base64 is accepted. No checksum:
 * every object brings a signature or a tag of its own.
 */
#ifndef WIRE_ARMOUR_H
#define WIRE_ARMOUR_H

#include "base/bytes.h"
#include "base/writer.h"

#define ARMOUR_OBJECT_MAX (16 * 1024) /* bytes inside one block */
#define ARMOUR_LINE	  64	      /* characters, as written */
#define ARMOUR_LINE_MAX	  76	      /* characters, as read */

/* What a block holds. */
enum armour_kind {
	ARMOUR_AUTHORITY_KEY = 1, /* a passphrase file (trust/authority.h) */
	ARMOUR_AUTHORITY_RECORD,  /* wire/card.h */
	ARMOUR_CARD_REQUEST,	  /* wire/request.h */
	ARMOUR_CARD,		  /* wire/card.h */
	ARMOUR_STATEMENT,	  /* wire/statement.h */
	ARMOUR_SERVERS,		  /* wire/servers.h */
	ARMOUR_CARD_CONSENT,	  /* wire/request.h */
	ARMOUR_KINDS
};

/**
 * armour_write(kind, object, w):
 * Write one block. ROWAN_E_INVAL for an unknown kind, ROWAN_E_LIMIT for an
 * object that is empty or too large, else the writer's status.
 */
ROWAN_MUST int armour_write(
	uint8_t kind, struct bytes object, struct writer *w);

/**
 * armour_next(text, ret_kind, ret):
 * Take the next block of ${text}, which then begins after it. The caller owns
 * ${ret}. ROWAN_E_NOT_FOUND when there is no further block, ROWAN_E_MALFORMED
 * for one of unknown kind, without its end, or with anything else than base64
 * in it, ROWAN_E_LIMIT for one too large; then ${text} stays.
 */
ROWAN_MUST int armour_next(
	struct bytes *text, uint8_t *ret_kind, struct buf *ret);

/**
 * armour_read(text, kind, ret):
 * The one block of ${text}, which must be of ${kind}: ROWAN_E_MALFORMED for
 * another or more than one, else as armour_next.
 */
ROWAN_MUST int armour_read(struct bytes text, uint8_t kind, struct buf *ret);

#endif
