/*
 * The operations: one table of number, name, direction and form, for the
 * daemon, the client, the fuzzers and the protocol document alike.
 *
 * Knows the form of messages only. Who may call an operation and what it
 * costs stands in the daemon's own table.
 */
#ifndef WIRE_OP_H
#define WIRE_OP_H

#include "wire/message.h"

/* Numbers come in ranges of one family. */
enum wire_op {
	WIRE_OP_HELLO = 0x0001,
	WIRE_OP_PING = 0x0002,
	WIRE_OP_NEXT_KEY = 0x0003,

	WIRE_OP_KEY_PUBLISH = 0x0010,
	WIRE_OP_KEY_CLAIM = 0x0011,
	WIRE_OP_KEY_COUNT = 0x0012,

	WIRE_OP_SUBMIT = 0x0020,
	WIRE_OP_SUBSCRIBE = 0x0021,
	WIRE_OP_CREDIT = 0x0022,
	WIRE_OP_PUSH = 0x0023,
	WIRE_OP_FETCH = 0x0024,
	WIRE_OP_ACK = 0x0025,

	WIRE_OP_BLOB_BEGIN = 0x0030,
	WIRE_OP_BLOB_PUT = 0x0031,
	WIRE_OP_BLOB_STATUS = 0x0032,
	WIRE_OP_BLOB_GET = 0x0033,
	WIRE_OP_BLOB_DELETE = 0x0034,

	WIRE_OP_DEVICES = 0x0040,
	WIRE_OP_CASE = 0x0041,

	WIRE_OP_STATEMENT_PUT = 0x0100,
	WIRE_OP_CHAIN_FETCH = 0x0101,
	WIRE_OP_CASES_FETCH = 0x0102,
	WIRE_OP_NOTICE = 0x0103,
	WIRE_OP_CASES_ALL = 0x0104,
	WIRE_OP_REVOCATION = 0x0105,
	WIRE_OP_RESTORED = 0x0106,

	WIRE_OP_GROUP_CREATE = 0x0200,
	WIRE_OP_COMMIT = 0x0201,
	WIRE_OP_GROUP_STATE = 0x0202,
	WIRE_OP_NACK = 0x0203,

	WIRE_OP_INVITE_PUT = 0x0300,
	WIRE_OP_INVITE_WATCH = 0x0301,
	WIRE_OP_INVITE_ANSWER = 0x0302,
	WIRE_OP_INVITE_CONFIRM = 0x0303,

	WIRE_OP_REDEEM_GET = 0x0310,
	WIRE_OP_REDEEM_COMMIT = 0x0311,
	WIRE_OP_REDEEM_REVEAL = 0x0312,
	WIRE_OP_REDEEM_RESULT = 0x0313,

	WIRE_OP_CHECKPOINT = 0x0400,
	WIRE_OP_LOG_PROOF = 0x0401,
	WIRE_OP_LOG_CONSISTENCY = 0x0402,
	WIRE_OP_RECEIPT = 0x0403,
	WIRE_OP_LOG_FIND = 0x0404,
	WIRE_OP_LOG_ENTRIES = 0x0405,
	WIRE_OP_LOG_DETAILS = 0x0406,
	WIRE_OP_COSIGN = 0x0407,
	WIRE_OP_ERASED = 0x0408
};

/* Added to an operation's number in its answer; alone it is an error. */
#define WIRE_ANSWER   0x8000
#define WIRE_OP_ERROR 0x8000

enum wire_op_flags {
	WIRE_OP_PUSHED = 0x01,	/* daemon to client, without an answer */
	WIRE_OP_QUIET = 0x02,	/* request id 0: no answer unless refused */
	WIRE_OP_ENROL = 0x04,	/* served on the enrolment port too */
	WIRE_OP_STRANGER = 0x08 /* served on the enrolment port only */
};

/* Decode, then encode again: equal bytes for every accepted message. */
typedef int wire_recode(const struct wire_message *m, struct writer *w);

struct wire_op_info {
	uint16_t op;
	const char *name;
	uint8_t flags;
	uint8_t request_frames; /* most opaque frames; of the push for a push */
	uint8_t answer_frames;
	wire_recode *request; /* or the push */
	wire_recode *answer;  /* NULL for a push */
};

/**
 * wire_op_find(op):
 * Return the entry of ${op}, with or without WIRE_ANSWER, or NULL.
 * WIRE_OP_ERROR has none.
 */
const struct wire_op_info *wire_op_find(uint16_t op);

/**
 * wire_op_at(i):
 * Return the ${i}th entry in ascending order of numbers, NULL past the end.
 */
const struct wire_op_info *wire_op_at(size_t i);

/**
 * wire_op_recode(m, w):
 * Run the recoder for ${m}, whatever it is: request, push, answer or error.
 * ROWAN_E_NOT_FOUND for no operation.
 */
ROWAN_MUST int wire_op_recode(const struct wire_message *m, struct writer *w);

#endif
