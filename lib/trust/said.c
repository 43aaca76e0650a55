/*
 * What a message says and the mark it carries: see disclosure.h.
 */
#include <string.h>

#include <sodium.h>

#include "base/reader.h"
#include "trust/disclosure.h"

#define MARK_VERSION 1
#define TEXT_MAX     (60 * 1024)
#define SHORT_MAX    255

/* RFC 9420 section 6: MLSMessage { mls10, mls_private_message, ... }. */
#define MLS_VERSION	1
#define MLS_PRIVATE	2
#define MLS_APPLICATION 1
#define GROUP_ID_MAX	255

int said_write(const struct said *s, struct writer *w)
{
	writer_raw(w, s->id.b, ID16_LEN);
	writer_u64(w, s->sent);
	writer_u16(w, s->type);
	writer_vec(w, s->body);
	return writer_status(w);
}

int said_read(struct bytes input, struct said *ret)
{
	struct reader r;
	int rc;

	memset(ret, 0, sizeof *ret);
	reader_init(&r, input);
	rc = reader_array(&r, ret->id.b, ID16_LEN);
	if (rc == 0)
		rc = reader_u64(&r, &ret->sent);
	if (rc == 0)
		rc = reader_u16(&r, &ret->type);
	if (rc == 0)
		rc = reader_vec(&r, SAID_MAX, &ret->body);
	if (rc == 0)
		rc = reader_end(&r);
	if (rc != 0)
		memset(ret, 0, sizeof *ret);
	return rc;
}

static int read_diary(struct reader *r, struct said_entry *ret)
{
	int rc = reader_u64(r, &ret->from);

	if (rc == 0)
		rc = reader_u64(r, &ret->until);
	if (rc == 0)
		rc = reader_vec(r, SHORT_MAX, &ret->kind);
	return rc == 0 ? reader_vec(r, TEXT_MAX, &ret->text) : rc;
}

/* The key of the blob, too, stands here: of no use once the file is shown. */
static int read_attachment(struct reader *r, struct said_entry *ret)
{
	uint8_t blob[ID16_LEN], key[32];
	int rc = reader_array(r, blob, sizeof blob);

	if (rc == 0)
		rc = reader_array(r, key, sizeof key);
	if (rc == 0)
		rc = reader_u64(r, &ret->size);
	if (rc == 0)
		rc = reader_array(r, ret->digest.b, sizeof ret->digest.b);
	if (rc == 0)
		rc = reader_vec(r, SHORT_MAX, &ret->name);
	if (rc == 0)
		rc = reader_vec(r, SHORT_MAX, &ret->media);
	return rc == 0 ? reader_vec(r, TEXT_MAX, &ret->text) : rc;
}

int said_entry_read(const struct said *s, struct said_entry *ret)
{
	struct reader r;
	int rc = ROWAN_E_MALFORMED;

	memset(ret, 0, sizeof *ret);
	reader_init(&r, s->body);
	if (s->type == SAID_DIARY)
		rc = read_diary(&r, ret);
	else if (s->type == SAID_ATTACHMENT)
		rc = read_attachment(&r, ret);
	if (rc == 0)
		rc = reader_end(&r);
	if (rc != 0)
		memset(ret, 0, sizeof *ret);
	return rc;
}

int said_mark(const struct said *s, uint8_t ret[SAID_MARKED_LEN])
{
	static const uint8_t label[16] = "rowan said";
	crypto_generichash_state h;
	struct writer w;
	int rc;

	writer_init(&w, SAID_MAX + 64);
	rc = said_write(s, &w);
	ret[0] = MARK_VERSION;
	(void)crypto_generichash_init(&h, s->id.b, ID16_LEN, SAID_COMMITMENT);
	(void)crypto_generichash_update(&h, label, sizeof label);
	(void)crypto_generichash_update(&h, w.data, w.len);
	(void)crypto_generichash_final(&h, ret + 1, SAID_COMMITMENT);
	sodium_memzero(&h, sizeof h);
	writer_wipe(&w);
	return rc;
}

bool said_marked(const struct said *s, struct bytes marked)
{
	uint8_t own[SAID_MARKED_LEN];

	return said_mark(s, own) == 0 &&
	       bytes_eq(marked, bytes_of(own, sizeof own));
}

int said_of_envelope(struct bytes envelope, struct bytes *ret)
{
	uint16_t version = 0, format = 0;
	uint64_t epoch = 0;
	uint8_t type = 0;
	struct bytes group;
	struct reader r;

	*ret = bytes_of(NULL, 0);
	reader_init(&r, envelope);
	if (reader_u16(&r, &version) != 0 || version != MLS_VERSION ||
		reader_u16(&r, &format) != 0 || format != MLS_PRIVATE ||
		reader_vec(&r, GROUP_ID_MAX, &group) != 0 ||
		reader_u64(&r, &epoch) != 0 || reader_u8(&r, &type) != 0 ||
		type != MLS_APPLICATION ||
		reader_vec(&r, SAID_MARKED_LEN, ret) != 0) {
		*ret = bytes_of(NULL, 0);
		return ROWAN_E_MALFORMED;
	}
	return 0;
}
