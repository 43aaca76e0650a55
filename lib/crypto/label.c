/*
 * Labelled functions: see label.h.
 */
#include <string.h>

#include <sodium.h>

#include "base/writer.h"
#include "crypto/hkdf.h"
#include "crypto/label.h"

#define PREFIX	   "MLS 1.0 "
#define PREFIX_LEN (sizeof PREFIX - 1)

/* Headers and labels of one labelled structure, besides its content. */
#define EXTRA 512

/* Where a result goes. */
struct bytes_out {
	uint8_t *data;
	size_t len;
};

/* No signed content is larger than any message. */
#define CONTENT_MAX ((size_t)1 << 28)

static void write_label(struct writer *w, struct bytes label)
{
	size_t mark = writer_open(w);

	writer_raw(w, PREFIX, PREFIX_LEN);
	writer_raw(w, label.data, label.len);
	writer_close(w, mark);
}

/* SignContent, section 5.1.2. */
static int sign_content(
	const char *label, struct bytes content, struct buf *ret)
{
	struct writer w;

	*ret = (struct buf){NULL, 0};
	if (content.len > CONTENT_MAX)
		return ROWAN_E_LIMIT;
	writer_init(&w, content.len + EXTRA);
	write_label(&w, bytes_of(label, strlen(label)));
	writer_vec(&w, content);
	return writer_finish(&w, ret);
}

int label_sign(const struct suite *s, struct bytes sk, const char *label,
	struct bytes content, uint8_t *ret)
{
	struct buf tbs;
	int rc;

	rc = sign_content(label, content, &tbs);
	if (rc == 0)
		rc = suite_sign(s, sk, buf_view(&tbs), ret);
	buf_wipe(&tbs);
	return rc;
}

int label_verify(const struct suite *s, struct bytes pk, const char *label,
	struct bytes content, struct bytes sig)
{
	struct buf tbs;
	int rc;

	rc = sign_content(label, content, &tbs);
	if (rc == 0)
		rc = suite_verify(s, pk, buf_view(&tbs), sig);
	buf_wipe(&tbs);
	return rc == ROWAN_E_CRYPTO ? ROWAN_E_MLS_SIGNATURE : rc;
}

/* The variable-length header of ${len} bytes, into ${mem}. */
static struct bytes header(uint8_t mem[4], size_t len)
{
	size_t n = len < 1u << 6 ? 1 : len < 1u << 14 ? 2 : 4;
	size_t i;

	for (i = 0; i < n; i++)
		mem[i] = (uint8_t)(len >> 8 * (n - 1 - i));
	mem[0] |= (uint8_t)(n == 4 ? 0x80 : n == 2 ? 0x40 : 0);
	return bytes_of(mem, n);
}

void label_ref_hash(const struct suite *s, const char *label,
	struct bytes value, struct hash_value *ret)
{
	uint8_t mem[2][4];
	size_t len = strlen(label);
	struct bytes parts[4] = {
		header(mem[0], len),
		bytes_of(label, len),
		header(mem[1], value.len),
		value,
	};

	suite_hash(s, parts, 4, ret);
}

/* KDFLabel, section 8, and what it makes of a secret. */
static int expand(const struct label_source *src, struct bytes label,
	struct bytes context, struct bytes_out ret)
{
	const struct suite *s = src->suite;
	uint8_t mem[EXTRA];
	struct writer w;
	int rc;

	if (ret.len > 255 * s->hash->len || context.len > CONTENT_MAX ||
		label.len > CONTENT_MAX)
		return ROWAN_E_INVAL;
	/* All are short but the GroupContext and what an application says. */
	if (context.len + label.len < EXTRA / 2)
		writer_init_fixed(&w, mem, sizeof mem);
	else
		writer_init(&w, context.len + label.len + EXTRA);
	writer_u16(&w, (uint16_t)ret.len);
	write_label(&w, label);
	writer_vec(&w, context);
	rc = writer_status(&w);
	if (rc == 0)
		rc = hkdf_expand_keyed(
			s, &src->keyed, writer_view(&w), ret.data, ret.len);
	if (!w.fixed)
		writer_wipe(&w);
	return rc;
}

void label_source_init(
	struct label_source *src, const struct suite *s, struct bytes secret)
{
	src->suite = s;
	hkdf_key(s, secret, &src->keyed);
}

void label_source_wipe(struct label_source *src)
{
	sodium_memzero(src, sizeof *src);
}

int label_source_expand(const struct label_source *src, const char *label,
	struct bytes context, uint8_t *ret, size_t len)
{
	return expand(src, bytes_of(label, strlen(label)), context,
		(struct bytes_out){ret, len});
}

int label_source_derive(
	const struct label_source *src, const char *label, struct secret *ret)
{
	size_t len = src->suite->hash->len;
	int rc;

	secret_wipe(ret);
	rc = label_source_expand(src, label, bytes_of(NULL, 0), ret->b, len);
	if (rc == 0)
		ret->len = len;
	return rc;
}

/* The same where one thing is derived. */
static int expand_once(const struct suite *s, struct bytes secret,
	const struct bytes *label, struct bytes context, struct bytes_out ret)
{
	struct label_source src;
	int rc;

	label_source_init(&src, s, secret);
	rc = expand(&src, *label, context, ret);
	label_source_wipe(&src);
	return rc;
}

int label_expand(const struct suite *s, struct bytes secret, const char *label,
	struct bytes context, uint8_t *ret, size_t len)
{
	struct bytes l = bytes_of(label, strlen(label));

	return expand_once(
		s, secret, &l, context, (struct bytes_out){ret, len});
}

int label_expand_secret(const struct suite *s, struct bytes secret,
	const char *label, struct bytes context, struct secret *ret)
{
	int rc;

	secret_wipe(ret);
	rc = label_expand(s, secret, label, context, ret->b, s->hash->len);
	if (rc == 0)
		ret->len = s->hash->len;
	return rc;
}

int label_derive_secret(const struct suite *s, struct bytes secret,
	const char *label, struct secret *ret)
{
	return label_expand_secret(s, secret, label, bytes_of(NULL, 0), ret);
}

int label_derive_secret_of(const struct suite *s, struct bytes secret,
	struct bytes label, struct secret *ret)
{
	int rc;

	secret_wipe(ret);
	rc = expand_once(s, secret, &label, bytes_of(NULL, 0),
		(struct bytes_out){ret->b, s->hash->len});
	if (rc == 0)
		ret->len = s->hash->len;
	return rc;
}
