/*
 * The log over the wire: checkpoints, proofs, receipts, cosignatures, and what
 * an auditor reads.
 *
 * Checkpoints are notes of C2SP, opaque here (tlog/checkpoint.h); leaves and
 * openings are leaf.h. Leaves are numbered from 0, as RFC 6962 does.
 */
#ifndef WIRE_LOG_H
#define WIRE_LOG_H

#include "wire/leaf.h"
#include "wire/message.h"
#include "wire/statement.h"

#define WIRE_NOTE_MAX	  (8 * 1024) /* bytes of a checkpoint, cosigned */
#define WIRE_COSIGN_MAX	  512	     /* bytes of a signature line */
#define WIRE_PATH_MAX	  64	     /* hashes of a proof */
#define WIRE_ENTRIES_MAX  4096	     /* leaves in one answer */
#define WIRE_OPENINGS_MAX 256	     /* openings in one answer */
#define WIRE_ERASED_MAX	  16	     /* statements in one answer */

/* No leaf: of an answer that does not name one. */
#define WIRE_LEAF_NONE UINT64_MAX

/*
 * The newest checkpoint with so many cosignatures; 0: the newest. From
 * WIRE_CHECKPOINT_KEPT on one of those that are kept, the largest first.
 */
#define WIRE_CHECKPOINT_KEPT 128

struct wire_checkpoint {
	uint8_t cosignatures;
};

struct wire_checkpoint_answer {
	struct bytes note;
};

/* Inclusion of leaf ${leaf} in the tree of ${size}. */
struct wire_log_proof {
	uint64_t leaf;
	uint64_t size;
};

/* That the tree of ${size} begins with that of ${old}. */
struct wire_log_consistency {
	uint64_t old;
	uint64_t size;
};

struct wire_log_path {
	struct wire_hash hash[WIRE_PATH_MAX];
	size_t count;
};

struct wire_receipt {
	uint64_t leaf; /* of an act of this device */
};

struct wire_receipt_answer {
	struct bytes opening; /* without the exact time */
	struct wire_log_path path;
	struct bytes note; /* the checkpoint the path leads to */
};

/* Which leaf has the submission with this counter? */
struct wire_log_find {
	uint64_t counter;
	uint64_t below; /* leaves before this one; WIRE_LEAF_NONE: all */
};

/* ${leaf} is WIRE_LEAF_NONE: not found yet; go on below, 0: not there. */
struct wire_log_find_answer {
	uint64_t leaf;
	uint64_t below;
};

struct wire_log_entries {
	uint64_t from;
	uint16_t max; /* above 0 */
};

struct wire_log_entries_answer {
	struct bytes leaves; /* WIRE_LEAF_LEN bytes each */
	size_t count;
	uint64_t size; /* of the tree now */
};

/* Details of acts; the zero id means any. */
struct wire_log_details {
	uint64_t from;
	uint16_t max; /* above 0 */
	struct id16 case_id;
	struct id16 device;
};

struct wire_log_opened {
	uint64_t leaf;
	struct bytes opening; /* without the exact time */
};

struct wire_log_details_answer {
	struct wire_log_opened items[WIRE_OPENINGS_MAX]; /* leaves ascend */
	size_t count;
	uint64_t next; /* ask from here; ${size}: that was all */
	uint64_t size;
};

/*
 * A witness's signature line for the checkpoint of ${size} leaves; or, from
 * whoever may audit, that whole checkpoint with the lines of witnesses.
 */
struct wire_cosign {
	uint64_t size;
	struct bytes line;
};

/* The statements that erased cases, from a place of the daemon's on; 0: all. */
struct wire_erased {
	uint64_t from;
};

struct wire_erased_answer {
	struct bytes statements[WIRE_ERASED_MAX];
	size_t count;
	uint64_t next; /* ask from here; 0: that was all */
};

#define WIRE_LOG_CODEC(name)                                                   \
	ROWAN_MUST int wire_##name##_decode(                                   \
		const struct wire_message *m, struct wire_##name *ret);        \
	ROWAN_MUST int wire_##name##_encode(                                   \
		const struct wire_##name *v, struct writer *w)

WIRE_LOG_CODEC(checkpoint);
WIRE_LOG_CODEC(checkpoint_answer);
WIRE_LOG_CODEC(log_proof);
WIRE_LOG_CODEC(log_consistency);
WIRE_LOG_CODEC(log_path);
WIRE_LOG_CODEC(receipt);
WIRE_LOG_CODEC(receipt_answer);
WIRE_LOG_CODEC(log_find);
WIRE_LOG_CODEC(log_find_answer);
WIRE_LOG_CODEC(log_entries);
WIRE_LOG_CODEC(log_entries_answer);
WIRE_LOG_CODEC(log_details);
WIRE_LOG_CODEC(log_details_answer);
WIRE_LOG_CODEC(cosign);
WIRE_LOG_CODEC(erased);
WIRE_LOG_CODEC(erased_answer);

#undef WIRE_LOG_CODEC

#endif
