/*
 * The text of an invite: see invite.h.
 */
#include <string.h>

#include <sodium.h>

#include "trust/attest.h"
#include "trust/invite.h"

#define SCHEME	   "ROWAN:"
#define SCHEME_LEN 6
#define HASH_LABEL "Rowan 1.0 invite text"
#define CHECK_LEN  3
#define CODE_BYTES (1 + BUNDLE_SECRET_LEN + WIRE_KEY_LEN + CHECK_LEN)
#define BODY_MAX   (INVITE_TEXT_MAX - SCHEME_LEN)

/* Of a group and of its check, which looks like nothing else; 41 is prime. */
#define SYMBOLS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ.:-/+"
#define CHECKS	"0123456789ABCDEFGHJKMNPQRSTUVWXYZ.:-/+*$%"
#define MODULUS 41

static const char base32[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void invite_wipe(struct invite *i)
{
	sodium_memzero(i, sizeof *i);
}

/* ---- characters --------------------------------------------------------- */

static char upper(uint8_t c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

/* What people take for each other. */
static char plain(char c)
{
	return c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
}

static int value_of(const char *alphabet, char c)
{
	const char *p = c != '\0' ? strchr(alphabet, c) : NULL;

	return p == NULL ? -1 : (int)(p - alphabet);
}

static void encode(const uint8_t raw[CODE_BYTES], char ret[INVITE_CODE_LEN])
{
	uint32_t bits = 0, have = 0;
	size_t n = 0;

	for (size_t i = 0; i < CODE_BYTES; i++) {
		bits = bits << 8 | raw[i];
		for (have += 8; have >= 5; have -= 5)
			ret[n++] = base32[bits >> (have - 5) & 31];
		bits &= 31;
	}
	ret[n] = base32[bits << (5 - have) & 31];
}

/* One spelling: the bits left over are 0. */
static int decode(const char text[INVITE_CODE_LEN], uint8_t ret[CODE_BYTES])
{
	uint32_t bits = 0, have = 0;
	size_t n = 0;

	for (size_t i = 0; i < INVITE_CODE_LEN; i++) {
		int v = value_of(base32, plain(text[i]));

		if (v < 0)
			return ROWAN_E_MALFORMED;
		bits = (bits << 5 | (uint32_t)v) & 0xfff;
		have += 5;
		if (have >= 8 && n < CODE_BYTES) {
			have -= 8;
			ret[n++] = (uint8_t)(bits >> have);
			bits &= (1u << have) - 1;
		}
	}
	return bits == 0 ? 0 : ROWAN_E_MALFORMED;
}

/* ---- the whole ---------------------------------------------------------- */

/* HOST:PORT in capitals, without what the form uses itself. */
static bool endpoint_ok(struct bytes e)
{
	size_t colon = 0, digits;
	uint32_t port = 0;

	for (size_t i = 0; i < e.len; i++) {
		char c = (char)e.data[i];

		if (c == ':')
			colon = i;
		else if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
			 c != '.' && c != '-')
			return false;
	}
	digits = e.len - colon - 1;
	if (colon == 0 || digits == 0 || digits > 5 || e.data[colon + 1] == '0')
		return false;
	for (size_t i = colon + 1; i < e.len; i++) {
		if (e.data[i] < '0' || e.data[i] > '9')
			return false;
		port = port * 10 + (uint32_t)(e.data[i] - '0');
	}
	return port <= 65535 && e.len <= INVITE_ENDPOINT_MAX;
}

static void check_of(
	const uint8_t *code, struct bytes endpoints, uint8_t ret[CHECK_LEN])
{
	uint8_t mem[64 + CODE_BYTES + BODY_MAX];
	struct wire_hash hash;
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	writer_vec(&w, bytes_of(HASH_LABEL, strlen(HASH_LABEL)));
	writer_raw(&w, code, CODE_BYTES - CHECK_LEN);
	writer_raw(&w, endpoints.data, endpoints.len);
	attest_hash(writer_view(&w), &hash);
	memcpy(ret, hash.b, CHECK_LEN);
	sodium_memzero(mem, sizeof mem);
}

/* Everything behind the scheme, in capitals. */
static int write_body(const struct invite *i, struct writer *w)
{
	uint8_t code[CODE_BYTES] = {INVITE_VERSION};
	size_t begin = w->len;

	if (i->endpoint_count == 0 || i->endpoint_count > INVITE_ENDPOINTS_MAX)
		return ROWAN_E_INVAL;
	/* Its place; filled in when the rest is known. */
	for (size_t k = 0; k < INVITE_CODE_LEN; k++)
		writer_u8(w, '0');
	for (size_t k = 0; k < i->endpoint_count; k++) {
		const char *p = i->endpoint[k];
		size_t at = w->len + 1;

		writer_u8(w, '/');
		for (; *p != '\0'; p++)
			writer_u8(w, (uint8_t)upper((uint8_t)*p));
		if (writer_status(w) != 0)
			return writer_status(w);
		if (!endpoint_ok(bytes_of(w->data + at, w->len - at)))
			return ROWAN_E_INVAL;
	}
	memcpy(code + 1, i->secret.b, BUNDLE_SECRET_LEN);
	memcpy(code + 1 + BUNDLE_SECRET_LEN, i->server.b, WIRE_KEY_LEN);
	check_of(code,
		bytes_of(w->data + begin + INVITE_CODE_LEN,
			w->len - begin - INVITE_CODE_LEN),
		code + CODE_BYTES - CHECK_LEN);
	encode(code, (char *)w->data + begin);
	sodium_memzero(code, sizeof code);
	return 0;
}

static int read_endpoints(struct bytes in, struct invite *i)
{
	while (in.len > 0) {
		const uint8_t *end;
		struct bytes e;
		char *to;

		if (i->endpoint_count == INVITE_ENDPOINTS_MAX ||
			in.data[0] != '/')
			return ROWAN_E_MALFORMED;
		end = memchr(in.data + 1, '/', in.len - 1);
		e = bytes_of(in.data + 1,
			end != NULL ? (size_t)(end - in.data) - 1 : in.len - 1);
		if (!endpoint_ok(e))
			return ROWAN_E_MALFORMED;
		to = i->endpoint[i->endpoint_count++];
		for (size_t k = 0; k < e.len; k++) {
			char c = (char)e.data[k];

			to[k] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a'
							    : c);
		}
		to[e.len] = '\0';
		in = bytes_of(e.data + e.len, in.len - 1 - e.len);
	}
	return i->endpoint_count > 0 ? 0 : ROWAN_E_MALFORMED;
}

static int read_body(struct bytes body, struct invite *i)
{
	uint8_t code[CODE_BYTES], check[CHECK_LEN];
	struct bytes endpoints;
	int rc = ROWAN_E_MALFORMED;

	if (body.len > INVITE_CODE_LEN)
		rc = decode((const char *)body.data, code);
	if (rc != 0)
		goto out;
	endpoints = bytes_of(
		body.data + INVITE_CODE_LEN, body.len - INVITE_CODE_LEN);
	check_of(code, endpoints, check);
	if (memcmp(check, code + CODE_BYTES - CHECK_LEN, CHECK_LEN) != 0)
		rc = ROWAN_E_MALFORMED;
	else if (code[0] != INVITE_VERSION)
		rc = ROWAN_E_VERSION;
	else
		rc = read_endpoints(endpoints, i);
	if (rc == 0) {
		memcpy(i->secret.b, code + 1, BUNDLE_SECRET_LEN);
		memcpy(i->server.b, code + 1 + BUNDLE_SECRET_LEN, WIRE_KEY_LEN);
	}
out:
	sodium_memzero(code, sizeof code);
	return rc;
}

int invite_write(const struct invite *i, char ret[INVITE_TEXT_MAX + 1])
{
	struct writer w;
	int rc;

	memset(ret, 0, INVITE_TEXT_MAX + 1);
	writer_init_fixed(&w, ret, INVITE_TEXT_MAX);
	writer_raw(&w, SCHEME, SCHEME_LEN);
	rc = write_body(i, &w);
	if (rc != 0)
		memset(ret, 0, INVITE_TEXT_MAX + 1);
	return rc;
}

/* ---- groups ------------------------------------------------------------- */

/* Every single slip and every swap of neighbours changes it. */
static char group_check(const char *group, size_t len, size_t number)
{
	size_t sum = number;

	for (size_t i = 0; i < len; i++)
		sum += (i + 1) * (size_t)value_of(SYMBOLS, group[i]);
	return CHECKS[sum % MODULUS];
}

int invite_write_typed(const struct invite *i, char ret[INVITE_TYPED_MAX + 1])
{
	char body[BODY_MAX];
	struct writer w;
	size_t n = 0;
	int rc;

	memset(ret, 0, INVITE_TYPED_MAX + 1);
	writer_init_fixed(&w, body, sizeof body);
	rc = write_body(i, &w);
	for (size_t at = 0; rc == 0 && at < w.len; at += INVITE_GROUP) {
		size_t len = w.len - at;

		if (len > INVITE_GROUP)
			len = INVITE_GROUP;
		if (at > 0)
			ret[n++] = ' ';
		memcpy(ret + n, body + at, len);
		n += len;
		ret[n++] = group_check(body + at, len, at / INVITE_GROUP);
	}
	sodium_memzero(body, sizeof body);
	return rc;
}

/* Take the checks out of ${text}; 0, or the number of the first bad group. */
static size_t ungroup(struct bytes text, char body[BODY_MAX], size_t *ret_len)
{
	size_t number = 0, len = 0;

	while (text.len > 0) {
		size_t take =
			text.len > INVITE_GROUP ? INVITE_GROUP : text.len - 1;
		char *group = body + len;

		number++;
		if (take == 0 || len + take > BODY_MAX)
			return number;
		for (size_t i = 0; i < take; i++) {
			group[i] = (char)text.data[i];
			if (len + i < INVITE_CODE_LEN)
				group[i] = plain(group[i]);
			if (value_of(SYMBOLS, group[i]) < 0)
				return number;
		}
		if (plain((char)text.data[take]) !=
			group_check(group, take, number - 1))
			return number;
		len += take;
		text = bytes_of(text.data + take + 1, text.len - take - 1);
	}
	*ret_len = len;
	return 0;
}

/* Capitals without blanks; ROWAN_E_MALFORMED when it is far too long. */
static int squeeze(
	struct bytes text, char ret[INVITE_TYPED_MAX], size_t *ret_len)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			continue;
		if (n == INVITE_TYPED_MAX)
			return ROWAN_E_MALFORMED;
		ret[n++] = upper(c);
	}
	*ret_len = n;
	return 0;
}

int invite_read(struct bytes text, struct invite *ret, size_t *ret_group)
{
	char squeezed[INVITE_TYPED_MAX], body[BODY_MAX];
	size_t len = 0, group = 0, body_len = 0;
	int rc = squeeze(text, squeezed, &len);

	memset(ret, 0, sizeof *ret);
	if (rc != 0) {
		;
	} else if (len > SCHEME_LEN &&
		   memcmp(squeezed, SCHEME, SCHEME_LEN) == 0) {
		rc = len > INVITE_TEXT_MAX
			     ? ROWAN_E_MALFORMED
			     : read_body(bytes_of(squeezed + SCHEME_LEN,
						 len - SCHEME_LEN),
				       ret);
	} else {
		group = ungroup(bytes_of(squeezed, len), body, &body_len);
		rc = group != 0 ? ROWAN_E_MALFORMED
				: read_body(bytes_of(body, body_len), ret);
	}
	if (ret_group != NULL)
		*ret_group = group;
	if (rc != 0)
		invite_wipe(ret);
	sodium_memzero(squeezed, sizeof squeezed);
	sodium_memzero(body, sizeof body);
	return rc;
}
