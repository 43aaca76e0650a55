/*
 * How public and private messages become authenticated contents. For
 * public_message.c, private_message.c and framing.c only.
 */
#ifndef MLS_FRAMING_OPEN_H
#define MLS_FRAMING_OPEN_H

#include "mls/public/framing/framing.h"

/* What may stand behind an AuthenticatedContent. */
enum framing_tail {
	FRAMING_TAIL_NONE,
	FRAMING_TAIL_MEMBERSHIP_TAG, /* PublicMessage, from members */
	FRAMING_TAIL_PADDING	     /* PrivateMessageContent: zeros */
};

/**
 * framing_open(parts, n, tail, ret):
 * Join the ${n} parts to one block and decode it.
 */
ROWAN_MUST int framing_open(const struct bytes *parts, size_t n,
	enum framing_tail tail, struct authenticated_content **ret);

#endif
