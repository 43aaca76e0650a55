/*
 * Signed notes of C2SP signed-note: text, an empty line, signature lines.
 *
 * A note is read before it is believed: nothing in its text counts until
 * note_verify named a key the caller trusts. Parsing copies nothing.
 */
#ifndef TLOG_NOTE_H
#define TLOG_NOTE_H

#include <sodium.h>

#include "base/bytes.h"
#include "base/writer.h"

#define NOTE_MAX	    65536 /* bytes in a whole note */
#define NOTE_SIGNATURES_MAX 64	  /* lines; the format asks for at least 16 */
#define NOTE_SIGNATURE_MAX  512 /* raw bytes in one; longer ones are carried */
#define NOTE_NAME_MAX	    255 /* bytes in a key name */
#define NOTE_KEY_ID_LEN	    4
#define NOTE_VKEY_MAX	    (NOTE_NAME_MAX + 2 + 8 + 48)

/* Signature types this project verifies. */
enum note_type {
	NOTE_ED25519 = 0x01,
	NOTE_COSIGNATURE = 0x04, /* see cosignature.h */
};

/* A verifier key: who may have signed, and how. */
struct note_key {
	char name[NOTE_NAME_MAX + 1];
	uint8_t id[NOTE_KEY_ID_LEN];
	enum note_type type;
	uint8_t pk[crypto_sign_PUBLICKEYBYTES];
};

struct note_signature {
	struct bytes name;
	struct bytes base64;
};

struct note {
	struct bytes text; /* with its last newline, without the empty line */
	size_t count;
	struct note_signature signature[NOTE_SIGNATURES_MAX];
};

/**
 * note_key_init(k, name, type, pk):
 * Make the verifier key of ${name}. The key id is the one signed-note
 * recommends. ROWAN_E_INVAL when the name is empty, too long, or has a space,
 * a control character or a plus.
 */
ROWAN_MUST int note_key_init(struct note_key *k, const char *name,
	enum note_type type, const uint8_t pk[crypto_sign_PUBLICKEYBYTES]);

/**
 * note_key_parse(k, vkey):
 * Read a verifier key, name+id+key. ROWAN_E_MALFORMED for anything but the
 * exact form, a type we do not know, or an id that does not belong to it.
 */
ROWAN_MUST int note_key_parse(struct note_key *k, struct bytes vkey);

/**
 * note_key_format(k, w):
 * Append the verifier key's text form to ${w}.
 */
void note_key_format(const struct note_key *k, struct writer *w);

/**
 * note_parse(n, input):
 * Split a note; views borrow from ${input}. ROWAN_E_MALFORMED when it is not
 * UTF-8, has control characters, no empty line or no signature line, or a
 * signature line of another form; ROWAN_E_LIMIT when it is larger than the
 * limits above.
 */
ROWAN_MUST int note_parse(struct note *n, struct bytes input);

/**
 * note_signature_find(n, k, ret, size, ret_len):
 * Decode the first signature that claims to be by ${k} to ${ret}, without the
 * key id. ROWAN_E_NOT_FOUND when there is none; ROWAN_E_CRYPTO when it is
 * longer than ${size} bytes.
 */
ROWAN_MUST int note_signature_find(const struct note *n,
	const struct note_key *k, uint8_t *ret, size_t size, size_t *ret_len);

/**
 * note_verify(n, k):
 * Return 0 iff ${n} carries a valid NOTE_ED25519 signature by ${k};
 * ROWAN_E_NOT_FOUND when it carries none by that key; ROWAN_E_CRYPTO when
 * the one it carries is wrong: then the whole note is to be refused.
 */
ROWAN_MUST int note_verify(const struct note *n, const struct note_key *k);

/**
 * note_sign(w, text, k, sk):
 * Write ${text}, which must end in a newline, the empty line, and the
 * signature line of ${k}, whose secret key ${sk} is.
 */
ROWAN_MUST int note_sign(struct writer *w, struct bytes text,
	const struct note_key *k, const uint8_t sk[crypto_sign_SECRETKEYBYTES]);

/**
 * note_signature_line(w, k, signature):
 * Append the signature line of ${k} for raw ${signature} bytes.
 */
void note_signature_line(
	struct writer *w, const struct note_key *k, struct bytes signature);

#endif
