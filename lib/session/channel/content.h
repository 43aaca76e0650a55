/*
 * Typed content: what an application message of a channel says once it is
 * opened. The daemon never sees it.
 *
 *	struct {
 *		uint16 version = 1;
 *		opaque id[16];		random, names the message
 *		uint64 sent;		the sender's clock, seconds since 1970
 *		Heads heads;
 *		uint16 type;
 *		opaque body<V>;		by type
 *	} Content;
 *
 * Trusts no byte it reads. An unknown type is kept and shown as such, never
 * dropped: its body comes back as it was.
 */
#ifndef SESSION_CONTENT_H
#define SESSION_CONTENT_H

#include "base/id.h"
#include "wire/card.h"

#define CONTENT_VERSION	     1
#define CONTENT_TEXT_MAX     (60 * 1024) /* bytes of UTF-8 */
#define CONTENT_NAME_MAX     128	 /* bytes of a person's name */
#define CONTENT_FILE_MAX     255	 /* bytes of a file name */
#define CONTENT_MEDIA_MAX    127	 /* bytes of a media type */
#define CONTENT_RECEIPTS_MAX 256	 /* messages in one receipt */
#define CONTENT_MAX	     (64 * 1024 - 64)

/* Numbers are stored and sent: never reused. */
enum content_type {
	CONTENT_TEXT = 1,
	CONTENT_ATTACHMENT = 2,
	CONTENT_NAME = 3,    /* what the sender is called */
	CONTENT_RECEIPT = 4, /* delivered or read */
	CONTENT_HEADS = 5,   /* nothing but the heads */
	CONTENT_HELD = 6,    /* key of a message that waits at the daemon */
	CONTENT_DIARY = 7,   /* an entry of the incident record */
	CONTENT_HISTORY = 8, /* an earlier message, handed to a successor */
	CONTENT_BAR = 9,     /* team: a member who must not be assigned */
	CONTENT_CONSENT = 10 /* diary: an entry let out (trust/disclosure.h) */
};

/*
 * What the sender believes: compared by every member, so that a daemon that
 * shows people different histories is found out within a round trip.
 */
struct content_heads {
	uint64_t clinic_number;
	struct wire_hash clinic;
	uint64_t case_number;
	struct wire_hash of_case;
	uint64_t epoch;
	struct wire_hash authenticator; /* hash of the epoch authenticator */
};

/* A blob at the daemon and what opens it. */
struct content_blob {
	struct id16 blob;
	struct wire_key key;
	uint64_t size;		 /* bytes of the plaintext, before padding */
	struct wire_hash digest; /* BLAKE2b of the plaintext */
};

struct content_attachment {
	struct content_blob blob;
	struct bytes name;  /* file name: no path, no control characters */
	struct bytes media; /* media type, may be empty */
	struct bytes text;  /* what was said with it, may be empty */
};

enum content_receipt_kind { CONTENT_DELIVERED = 1, CONTENT_READ = 2 };

struct content_receipt {
	uint8_t kind;
	const uint8_t *ids; /* of messages, 16 bytes each */
	size_t count;	    /* above 0 */
};

struct content_held {
	struct content_blob blob;
	uint64_t release; /* seconds since 1970 */
};

struct content_diary {
	uint64_t from, until; /* of the incident, as she says; seconds */
	struct bytes kind;    /* "call", "following": her word, may be empty */
	struct bytes text;
};

struct content_history {
	struct id16 member; /* who wrote it */
	struct id16 device;
	uint64_t received;    /* when the handing device got it */
	struct bytes message; /* a whole Content */
};

struct content_bar {
	struct id16 member;
	uint8_t barred; /* 1: must not be assigned; 0: may again */
	struct bytes reason;
};

struct content {
	struct id16 id;
	uint64_t sent;
	struct content_heads heads;
	uint16_t type; /* enum content_type, or one we do not know */
	union {
		struct bytes text;
		struct content_attachment attachment;
		struct bytes name;
		struct content_receipt receipt;
		struct content_held held;
		struct content_diary diary;
		struct content_history history;
		struct content_bar bar;
	} u;
	struct bytes body; /* as it stands; the only way to an unknown type */
};

/**
 * content_decode(input, ret):
 * Read one message's content; views borrow from ${input}. ROWAN_E_VERSION for
 * another version; ROWAN_E_MALFORMED or ROWAN_E_LIMIT for a known type whose
 * body is not right.
 */
ROWAN_MUST int content_decode(struct bytes input, struct content *ret);

/**
 * content_encode(c, w):
 * Write it; of an unknown type ${c}->body. ROWAN_E_INVAL for content that
 * would not decode.
 */
ROWAN_MUST int content_encode(const struct content *c, struct writer *w);

/**
 * content_text_ok(text):
 * Return true iff ${text} is UTF-8 without U+0000.
 */
bool content_text_ok(struct bytes text);

/**
 * content_file_ok(name):
 * Return true iff ${name} may be an attachment's file name: it is text, and
 * neither a path nor a way out of a folder.
 */
bool content_file_ok(struct bytes name);

#endif
