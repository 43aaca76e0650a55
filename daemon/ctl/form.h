/*
 * What rowanctl and rowand say to each other over the control socket: one
 * request, one answer, each behind its length. Encoder beside decoder, in the
 * presentation language of lib/base.
 *
 *	uint32 length			of what follows
 *	struct {
 *		uint16 version = 1;
 *		uint16 op;		enum ctl_op
 *		uint32 uid;		who runs rowanctl, as it says itself
 *		uint8 flags;
 *		uint64 number;
 *		opaque name<V>;		printable
 *		opaque content<V>;	a file's
 *	} Request;
 *
 *	struct {
 *		uint16 version = 1;
 *		uint8 code;		rowanctl's exit code
 *		opaque words<V>;	a sentence, or none
 *		Row rows<V>;
 *	} Answer;
 *
 *	struct { Field fields<V>; } Row;
 *	struct {
 *		opaque name<V>;		a-z, 0-9 and _
 *		uint8 type;
 *		opaque value<V>;
 *	} Field;
 *
 * An answer says its fields' names, so one printer serves every command.
 * Trusts neither side: both decode the whole before they look at any of it.
 */
#ifndef CTL_FORM_H
#define CTL_FORM_H

#include "base/reader.h"
#include "base/writer.h"

#define CTL_VERSION	1
#define CTL_NAME_MAX	255
#define CTL_CONTENT_MAX (32 * 1024 * 1024) /* 40,000 cards, about */
#define CTL_REQUEST_MAX (CTL_CONTENT_MAX + 1024)
#define CTL_WORDS_MAX	1024
#define CTL_FIELD_MAX	32 /* characters of a field's name */
#define CTL_VALUE_MAX	(1024 * 1024)
#define CTL_ANSWER_MAX	(16 * 1024 * 1024)

/* Numbers stand in the audit log: never reused. */
enum ctl_op {
	CTL_STATUS = 1,
	CTL_HEALTH = 2,
	CTL_METRICS = 3,
	CTL_SESSIONS = 4,
	CTL_RELOAD = 5,
	CTL_DRAIN = 6,
	CTL_LOGLEVEL = 7,
	CTL_CLOCK = 8,
	CTL_CLOCK_ACCEPT = 9,
	CTL_IMPORT = 10,
	CTL_CARDS = 11,
	CTL_DEVICES = 12,
	CTL_REVOKE = 13,
	CTL_INVITES = 14,
	CTL_INVITE_END = 15,
	CTL_QUOTAS = 16,
	CTL_KEYS = 17,
	CTL_RETENTION = 18,
	CTL_RETENTION_RUN = 19,
	CTL_BACKUP_NOW = 20,
	CTL_BACKUP_LIST = 21,
	CTL_STORE_CHECK = 22,
	CTL_STORE_VACUUM = 23,
	CTL_AUDIT_VERIFY = 24,
	CTL_EXPORT = 25,
	/* Done on the files, never asked of the daemon. */
	CTL_STORE_MIGRATE = 26,
	CTL_ACCEPT_LOG = 27,
	/* Done beside the daemon, which is asked for the leaf alone. */
	CTL_BACKUP_KEYGEN = 28,
	CTL_BACKUP_VERIFY = 29,
	CTL_BACKUP_RESTORE = 30,
	CTL_KEY_ROTATE = 31,
	CTL_KEY_RETIRE = 32,
	/* Made on the files, with the leaf. */
	CTL_BACKUP_FINISH = 33,
	/* Brought into force by a start. */
	CTL_SETTINGS = 34
};

enum ctl_flag { CTL_DRY_RUN = 0x01, CTL_ALL = 0x02 };

struct ctl_request {
	uint16_t op;
	uint32_t uid;
	uint8_t flags;
	uint64_t number;
	struct bytes name, content; /* decoded: borrow from the input */
};

/**
 * ctl_request_encode(q, w), ctl_request_decode(input, ret):
 * Without the length before it. ROWAN_E_INVAL for what would not decode;
 * ROWAN_E_VERSION, ROWAN_E_MALFORMED, ROWAN_E_LIMIT. An unknown operation
 * decodes.
 */
ROWAN_MUST int ctl_request_encode(
	const struct ctl_request *q, struct writer *w);
ROWAN_MUST int ctl_request_decode(struct bytes input, struct ctl_request *ret);

/* ---- answers ---- */

enum ctl_type {
	CTL_TEXT = 1,
	CTL_NUMBER = 2,
	CTL_FLAG = 3,
	CTL_TIME = 4 /* seconds since 1970; 0: never */
};

/* An answer being written. */
struct ctl_answer {
	uint8_t code;
	char words[CTL_WORDS_MAX];
	struct writer rows;
	bool in_row;
	size_t row; /* where the open one began */
	size_t count;
};

/**
 * ctl_answer_init(a), ctl_answer_wipe(a):
 * Begin with code 0, no words, no rows.
 */
void ctl_answer_init(struct ctl_answer *a);
void ctl_answer_wipe(struct ctl_answer *a);

/**
 * ctl_say(a, code, fmt, ...):
 * Set code and words.
 */
__attribute__((format(printf, 3, 4))) void ctl_say(
	struct ctl_answer *a, uint8_t code, const char *fmt, ...);

/**
 * ctl_row(a), then ctl_text, ctl_number, ctl_flag, ctl_time(a, name, value):
 * Begin a row; add a field to it.
 */
void ctl_row(struct ctl_answer *a);
void ctl_text(struct ctl_answer *a, const char *name, const char *value);
void ctl_number(struct ctl_answer *a, const char *name, uint64_t value);
void ctl_flag(struct ctl_answer *a, const char *name, bool value);
void ctl_time(struct ctl_answer *a, const char *name, uint64_t value);

/**
 * ctl_answer_encode(a, w):
 * The whole, without the length before it. Ends the open row.
 */
ROWAN_MUST int ctl_answer_encode(struct ctl_answer *a, struct writer *w);

/* A received answer: views into its bytes. */
struct ctl_view {
	uint8_t code;
	struct bytes words;
	struct reader rows;
};

struct ctl_field {
	struct bytes name;
	uint8_t type; /* enum ctl_type */
	struct bytes text;
	uint64_t number; /* of a flag: 0 or 1 */
};

/**
 * ctl_answer_decode(input, ret):
 * Check the whole answer, rows and fields included. ROWAN_E_VERSION,
 * ROWAN_E_MALFORMED, ROWAN_E_LIMIT.
 */
ROWAN_MUST int ctl_answer_decode(struct bytes input, struct ctl_view *ret);

/**
 * ctl_next_row(v, ret), ctl_next_field(row, ret):
 * The next one: false at the end. Of an answer that was decoded.
 */
bool ctl_next_row(struct ctl_view *v, struct reader *ret);
bool ctl_next_field(struct reader *row, struct ctl_field *ret);

#endif
