/*
 * Signed notes: see note.h.
 *
 * Trusts no byte of a note; never verifies under a key the caller did not
 * hand in.
 */
#include <string.h>

#include "base/utf8.h"
#include "tlog/note.h"
#include "tlog/text.h"

#define EM_DASH "\xe2\x80\x94"

/* A key name has no control characters, no Unicode space and no plus. */
static bool name_ok(struct bytes name)
{
	/* The spaces of Unicode beyond ASCII, in UTF-8. */
	static const char *const spaces[] = {"\xc2\x85", "\xc2\xa0",
		"\xe1\x9a\x80", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf",
		"\xe2\x81\x9f", "\xe3\x80\x80"};

	if (name.len == 0 || name.len > NOTE_NAME_MAX || !utf8_valid(name))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		const uint8_t *p = name.data + i;

		if (*p <= ' ' || *p == 0x7f || *p == '+')
			return false;
		/* U+2000 to U+200A, then the single ones. */
		if (name.len - i >= 3 && p[0] == 0xe2 && p[1] == 0x80 &&
			p[2] >= 0x80 && p[2] <= 0x8a)
			return false;
		for (size_t k = 0; k < sizeof spaces / sizeof *spaces; k++) {
			size_t len = strlen(spaces[k]);

			if (name.len - i >= len && !memcmp(p, spaces[k], len))
				return false;
		}
	}
	return true;
}

int note_key_init(struct note_key *k, const char *name, enum note_type type,
	const uint8_t pk[crypto_sign_PUBLICKEYBYTES])
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;
	uint8_t type_byte = (uint8_t)type;

	memset(k, 0, sizeof *k);
	if (!name_ok(bytes_of(name, strlen(name))))
		return ROWAN_E_INVAL;
	strcpy(k->name, name);
	k->type = type;
	memcpy(k->pk, pk, sizeof k->pk);
	(void)crypto_hash_sha256_init(&state);
	(void)crypto_hash_sha256_update(
		&state, (const uint8_t *)name, strlen(name));
	(void)crypto_hash_sha256_update(&state, (const uint8_t *)"\n", 1);
	(void)crypto_hash_sha256_update(&state, &type_byte, 1);
	(void)crypto_hash_sha256_update(&state, pk, sizeof k->pk);
	(void)crypto_hash_sha256_final(&state, hash);
	memcpy(k->id, hash, sizeof k->id);
	return 0;
}

int note_key_parse(struct note_key *k, struct bytes vkey)
{
	uint8_t key[1 + crypto_sign_PUBLICKEYBYTES];
	char name[NOTE_NAME_MAX + 1];
	char id[2 * NOTE_KEY_ID_LEN + 1];
	const uint8_t *plus;
	size_t len, key_len;

	memset(k, 0, sizeof *k);
	plus = vkey.len > 0 ? memchr(vkey.data, '+', vkey.len) : NULL;
	if (plus == NULL)
		return ROWAN_E_MALFORMED;
	len = (size_t)(plus - vkey.data);
	if (len > NOTE_NAME_MAX || vkey.len - len < 10 || plus[9] != '+' ||
		memchr(vkey.data, 0, len) != NULL)
		return ROWAN_E_MALFORMED;
	memcpy(name, vkey.data, len);
	name[len] = 0;
	if (text_base64(bytes_of(plus + 10, vkey.len - len - 10), key,
		    sizeof key, &key_len) != 0 ||
		key_len != sizeof key ||
		(key[0] != NOTE_ED25519 && key[0] != NOTE_COSIGNATURE) ||
		note_key_init(k, name, (enum note_type)key[0], key + 1) != 0)
		return ROWAN_E_MALFORMED;
	sodium_bin2hex(id, sizeof id, k->id, sizeof k->id);
	if (memcmp(id, plus + 1, 8) != 0) {
		memset(k, 0, sizeof *k);
		return ROWAN_E_MALFORMED;
	}
	return 0;
}

void note_key_format(const struct note_key *k, struct writer *w)
{
	char id[2 * NOTE_KEY_ID_LEN + 1];
	uint8_t key[1 + crypto_sign_PUBLICKEYBYTES];

	sodium_bin2hex(id, sizeof id, k->id, sizeof k->id);
	key[0] = (uint8_t)k->type;
	memcpy(key + 1, k->pk, sizeof k->pk);
	text_write(w, k->name);
	text_write(w, "+");
	text_write(w, id);
	text_write(w, "+");
	text_write_base64(w, bytes_of(key, sizeof key));
}

/* Read "- NAME BASE64" (the dash is U+2014). */
static int parse_signature(struct bytes line, struct note_signature *ret)
{
	const uint8_t *space;
	int rc;

	*ret = (struct note_signature){0};
	rc = text_skip(&line, EM_DASH " ");
	if (rc != 0)
		return rc;
	space = line.len > 0 ? memchr(line.data, ' ', line.len) : NULL;
	if (space == NULL)
		return ROWAN_E_MALFORMED;
	ret->name = bytes_of(line.data, (size_t)(space - line.data));
	ret->base64 = bytes_of(space + 1, line.len - ret->name.len - 1);
	if (!name_ok(ret->name) || ret->base64.len == 0 ||
		memchr(ret->base64.data, ' ', ret->base64.len) != NULL)
		return ROWAN_E_MALFORMED;
	return 0;
}

static bool has_control(struct bytes view)
{
	for (size_t i = 0; i < view.len; i++)
		if (view.data[i] < ' ' && view.data[i] != '\n')
			return true;
	return false;
}

/* Split at the last empty line. */
static int split(struct bytes input, struct bytes *text, struct bytes *rest)
{
	for (size_t i = input.len; i >= 2; i--) {
		if (input.data[i - 1] != '\n' || input.data[i - 2] != '\n')
			continue;
		*text = bytes_of(input.data, i - 1);
		*rest = bytes_of(input.data + i, input.len - i);
		return 0;
	}
	return ROWAN_E_MALFORMED;
}

int note_parse(struct note *n, struct bytes input)
{
	struct bytes rest, line;
	int rc;

	memset(n, 0, sizeof *n);
	if (input.len > NOTE_MAX)
		return ROWAN_E_LIMIT;
	if (!utf8_valid(input) || has_control(input))
		return ROWAN_E_MALFORMED;
	rc = split(input, &n->text, &rest);
	if (rc == 0 && rest.len == 0)
		rc = ROWAN_E_MALFORMED;
	while (rc == 0 && rest.len > 0) {
		rc = text_line(&rest, &line);
		if (rc == 0 && n->count == NOTE_SIGNATURES_MAX)
			rc = ROWAN_E_LIMIT;
		if (rc == 0)
			rc = parse_signature(line, &n->signature[n->count++]);
	}
	if (rc != 0)
		memset(n, 0, sizeof *n);
	return rc;
}

int note_signature_find(const struct note *n, const struct note_key *k,
	uint8_t *ret, size_t size, size_t *ret_len)
{
	uint8_t raw[NOTE_KEY_ID_LEN + NOTE_SIGNATURE_MAX];
	struct bytes name = bytes_of(k->name, strlen(k->name));
	size_t len;

	*ret_len = 0;
	for (size_t i = 0; i < n->count; i++) {
		if (!bytes_eq(n->signature[i].name, name) ||
			text_base64(n->signature[i].base64, raw, sizeof raw,
				&len) != 0 ||
			len < NOTE_KEY_ID_LEN ||
			memcmp(raw, k->id, NOTE_KEY_ID_LEN) != 0)
			continue;
		len -= NOTE_KEY_ID_LEN;
		if (len > size)
			return ROWAN_E_CRYPTO;
		memcpy(ret, raw + NOTE_KEY_ID_LEN, len);
		*ret_len = len;
		return 0;
	}
	return ROWAN_E_NOT_FOUND;
}

int note_verify(const struct note *n, const struct note_key *k)
{
	uint8_t signature[crypto_sign_BYTES];
	size_t len;
	int rc;

	if (k->type != NOTE_ED25519)
		return ROWAN_E_INVAL;
	rc = note_signature_find(n, k, signature, sizeof signature, &len);
	if (rc != 0)
		return rc;
	if (len != sizeof signature ||
		crypto_sign_verify_detached(
			signature, n->text.data, n->text.len, k->pk) != 0)
		return ROWAN_E_CRYPTO;
	return 0;
}

void note_signature_line(
	struct writer *w, const struct note_key *k, struct bytes signature)
{
	uint8_t raw[NOTE_KEY_ID_LEN + NOTE_SIGNATURE_MAX];

	if (signature.len > NOTE_SIGNATURE_MAX) {
		w->error = w->error != 0 ? w->error : ROWAN_E_LIMIT;
		return;
	}
	memcpy(raw, k->id, NOTE_KEY_ID_LEN);
	memcpy(raw + NOTE_KEY_ID_LEN, signature.data, signature.len);
	text_write(w, EM_DASH " ");
	text_write(w, k->name);
	text_write(w, " ");
	text_write_base64(w, bytes_of(raw, NOTE_KEY_ID_LEN + signature.len));
	text_write(w, "\n");
}

int note_sign(struct writer *w, struct bytes text, const struct note_key *k,
	const uint8_t sk[crypto_sign_SECRETKEYBYTES])
{
	uint8_t signature[crypto_sign_BYTES];

	if (k->type != NOTE_ED25519 || text.len == 0 ||
		text.data[text.len - 1] != '\n' || has_control(text) ||
		!utf8_valid(text))
		return ROWAN_E_INVAL;
	(void)crypto_sign_detached(signature, NULL, text.data, text.len, sk);
	writer_raw(w, text.data, text.len);
	text_write(w, "\n");
	note_signature_line(w, k, bytes_of(signature, sizeof signature));
	return writer_status(w);
}
