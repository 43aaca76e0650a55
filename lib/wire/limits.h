/*
 * Every limit of the wire, in one place. Beyond one of these a message is
 * refused by its decoder, whatever the configuration says; the configuration
 * may only ask for less. docs/protocol.md repeats the numbers and a test
 * compares.
 */
#ifndef WIRE_LIMITS_H
#define WIRE_LIMITS_H

/* Versions served: N and N-1. Version 0 is the frozen form of hello. */
#define WIRE_VERSION_HELLO 0
#define WIRE_VERSION_LOW   1
#define WIRE_VERSION_HIGH  1

/* Frames. */
#define WIRE_HEADER_LEN	 12	       /* exactly */
#define WIRE_FRAME_MAX	 (256 * 1024)  /* one frame */
#define WIRE_FRAME_SEAL	 33	       /* what CURVE puts around each */
#define WIRE_MESSAGE_MAX (1024 * 1024) /* all frames together */
#define WIRE_FRAMES_MAX	 (2 + 64)      /* header, body, opaque frames */

/* Envelopes. */
#define WIRE_ENVELOPES_MAX     64   /* in one message */
#define WIRE_ENVELOPE_OVERHEAD 1024 /* MLS framing around the padding */
#define WIRE_BUCKETS_MAX       8    /* padding sizes announced */
#define WIRE_ENVELOPE_MAX      (64 * 1024 + WIRE_ENVELOPE_OVERHEAD)
#define WIRE_ACK_RANGES_MAX    64
#define WIRE_CREDIT_MAX	       1024 /* envelopes */
#define WIRE_FETCH_MAX	       WIRE_ENVELOPES_MAX

/* Key packages. */
#define WIRE_KEY_PACKAGE_MAX  1280
#define WIRE_KEY_PACKAGES_MAX 16 /* in one message */
#define WIRE_CLAIMS_MAX	      16 /* devices in one message */

/* Blobs. */
#define WIRE_CHUNK_LEN	(64 * 1024) /* every chunk but the last */
#define WIRE_CHUNKS_MAX 8	    /* in one message */
#define WIRE_BLOB_MAX	(4ULL * 1024 * 1024 * 1024)

/* Look-ups. */
#define WIRE_LOOKUP_MAX		 16 /* devices in one message */
#define WIRE_CARD_MAX		 (4 * 1024)
#define WIRE_AGENCY_MAX		 16 /* bytes of an agency code */
#define WIRE_CASE_CHANNELS_MAX	 3  /* support, team, diary */
#define WIRE_CHANNEL_DEVICES_MAX 192

/*
 * A leaf of a channel's group. That of a key package is smaller than the
 * package by 104 bytes at least; once its device commits, a parent hash stands
 * in place of a lifetime.
 */
#define WIRE_LEAF_MAX 1200

/*
 * A Welcome brings the whole tree, and is one frame: leaves, parents and where
 * those are named as unmerged, secrets for who comes, and the rest.
 */
#define WIRE_WELCOME_MAX                                                       \
	(WIRE_CHANNEL_DEVICES_MAX * (WIRE_LEAF_MAX + 2 + 8 * 4) +              \
		255 * (2 + 33 + 33 + 2) + WIRE_CLAIMS_MAX * 192 + 1024)
_Static_assert(WIRE_WELCOME_MAX <= WIRE_FRAME_MAX, "nobody could be added");

/* Chains of statements. */
#define WIRE_CHAIN_ITEMS_MAX 256 /* statements or links in one answer */
#define WIRE_CASES_MAX	     256 /* case heads in one answer */

/* Invites. */
#define WIRE_INVITES_MAX     16 /* in one watch */
#define WIRE_BUNDLE_MAX	     (8 * 1024)
#define WIRE_INVITE_LIFE_MAX (7 * 24 * 3600) /* seconds */

#endif
