/*
 * PrivateMessage protection: see message_protect.h.
 */
#include <string.h>

#include <sodium.h>

#include "crypto/label.h"
#include "mls/member/keys/message_protect.h"
#include "mls/public/object/limits.h"
#include "mls/public/framing/mls_message.h"

#define SENDER_DATA_LEN (4 + 4 + REUSE_GUARD_LEN)

int message_sender_key(const struct suite *s, const struct secret *sender_data,
	struct bytes ciphertext, struct message_key *ret)
{
	struct bytes sample = ciphertext;
	struct label_source src;
	int rc;

	/* Section 6.3.2: the first KDF.Nh bytes, or all there are. */
	if (sample.len > s->hash->len)
		sample.len = s->hash->len;
	label_source_init(&src, s, secret_view(sender_data));
	rc = label_source_expand(
		&src, "key", sample, ret->key, s->aead->key_len);
	if (rc == 0)
		rc = label_source_expand(
			&src, "nonce", sample, ret->nonce, s->aead->nonce_len);
	label_source_wipe(&src);
	return rc;
}

/* Section 6.3.1: the guard goes over the first bytes of the nonce. */
static struct message_key guarded(
	const struct message_key *key, const struct message_sender *sender)
{
	struct message_key k = *key;
	size_t i;

	for (i = 0; i < REUSE_GUARD_LEN; i++)
		k.nonce[i] ^= sender->reuse_guard[i];
	return k;
}

/* PrivateMessageContent, padded. */
static int write_content(const struct message_sealing *in,
	const struct authenticated_content *ac, struct buf *ret)
{
	static const uint8_t zero[256];
	struct writer w;
	size_t n;

	writer_init(&w, MLS_MESSAGE_MAX);
	private_content_write(&w, ac, 0);
	while (writer_status(&w) == 0 && w.len < in->pad_until) {
		n = in->pad_until - w.len;
		writer_raw(&w, zero, n < sizeof zero ? n : sizeof zero);
	}
	return writer_finish(&w, ret);
}

static int seal_content(const struct message_sealing *in,
	const struct authenticated_content *ac, struct private_message *m,
	struct buf *ret)
{
	const struct aead *aead = in->suite->aead;
	struct message_key k = guarded(in->key, &in->sender);
	struct buf plain = {NULL, 0};
	struct writer aad;
	int rc;

	writer_init(&aad, MLS_MESSAGE_MAX);
	private_content_aad_write(&aad, m);
	rc = writer_status(&aad);
	if (rc == 0)
		rc = write_content(in, ac, &plain);
	if (rc == 0)
		rc = buf_alloc(ret, plain.len + aead->tag_len);
	if (rc == 0)
		rc = aead->seal(k.key, k.nonce, writer_view(&aad),
			buf_view(&plain), ret->data);
	m->ciphertext = buf_view(ret);
	writer_wipe(&aad);
	buf_wipe(&plain);
	sodium_memzero(&k, sizeof k);
	return rc;
}

static int seal_sender(const struct message_sealing *in,
	struct private_message *m, struct buf *ret)
{
	const struct aead *aead = in->suite->aead;
	uint8_t plain[SENDER_DATA_LEN];
	struct message_key k;
	struct writer w, aad;
	int rc;

	writer_init_fixed(&w, plain, sizeof plain);
	writer_u32(&w, in->sender.leaf);
	writer_u32(&w, in->sender.generation);
	writer_raw(&w, in->sender.reuse_guard, REUSE_GUARD_LEN);
	writer_init(&aad, MLS_MESSAGE_MAX);
	sender_data_aad_write(&aad, m);
	rc = writer_status(&aad);
	if (rc == 0)
		rc = message_sender_key(
			in->suite, in->sender_data, m->ciphertext, &k);
	if (rc == 0)
		rc = buf_alloc(ret, sizeof plain + aead->tag_len);
	if (rc == 0)
		rc = aead->seal(k.key, k.nonce, writer_view(&aad),
			bytes_of(plain, sizeof plain), ret->data);
	m->encrypted_sender_data = buf_view(ret);
	writer_wipe(&aad);
	sodium_memzero(&k, sizeof k);
	sodium_memzero(plain, sizeof plain);
	return rc;
}

int message_protect(const struct message_sealing *sealing,
	const struct authenticated_content *ac, struct buf *ret)
{
	struct private_message m = {
		.group_id = ac->content.group_id,
		.epoch = ac->content.epoch,
		.content_type = ac->content.content_type,
		.authenticated_data = ac->content.authenticated_data,
	};
	struct buf content = {NULL, 0}, sender = {NULL, 0};
	struct writer w;
	int rc;

	*ret = (struct buf){NULL, 0};
	rc = seal_content(sealing, ac, &m, &content);
	if (rc == 0)
		rc = seal_sender(sealing, &m, &sender);
	if (rc == 0) {
		writer_init(&w, MLS_MESSAGE_MAX);
		mls_message_open(&w, WIRE_FORMAT_PRIVATE_MESSAGE);
		private_message_write(&w, &m);
		rc = writer_finish(&w, ret);
	}
	buf_wipe(&content);
	buf_wipe(&sender);
	return rc;
}

static int parse_sender(struct bytes plain, struct message_sender *ret)
{
	struct reader r;
	int rc;

	reader_init(&r, plain);
	rc = reader_u32(&r, &ret->leaf);
	if (rc == 0)
		rc = reader_u32(&r, &ret->generation);
	if (rc == 0)
		rc = reader_array(&r, ret->reuse_guard, REUSE_GUARD_LEN);
	return rc == 0 ? reader_end(&r) : rc;
}

int message_open_sender(const struct suite *s, const struct secret *sender_data,
	const struct private_message *m, struct message_sender *ret)
{
	const struct aead *aead = s->aead;
	uint8_t plain[SENDER_DATA_LEN];
	struct message_sender sender;
	struct message_key k;
	struct writer aad;
	int rc;

	*ret = (struct message_sender){.leaf = 0};
	/* The tag is never shorter than the suite's. */
	if (m->encrypted_sender_data.len != sizeof plain + aead->tag_len)
		return ROWAN_E_MLS_DECRYPT;
	writer_init(&aad, MLS_MESSAGE_MAX);
	sender_data_aad_write(&aad, m);
	rc = writer_status(&aad);
	if (rc == 0)
		rc = message_sender_key(s, sender_data, m->ciphertext, &k);
	if (rc == 0)
		rc = aead->open(k.key, k.nonce, writer_view(&aad),
			m->encrypted_sender_data, plain);
	if (rc == ROWAN_E_CRYPTO)
		rc = ROWAN_E_MLS_DECRYPT;
	if (rc == 0)
		rc = parse_sender(bytes_of(plain, sizeof plain), &sender);
	if (rc == 0)
		*ret = sender;
	writer_wipe(&aad);
	sodium_memzero(&k, sizeof k);
	sodium_memzero(plain, sizeof plain);
	return rc;
}

int message_open(const struct suite *s, const struct message_key *key,
	const struct message_sender *sender, const struct private_message *m,
	struct authenticated_content **ret)
{
	const struct aead *aead = s->aead;
	struct message_key k = guarded(key, sender);
	struct buf plain = {NULL, 0};
	struct writer aad;
	int rc;

	*ret = NULL;
	if (m->ciphertext.len < aead->tag_len)
		return ROWAN_E_MLS_DECRYPT;
	writer_init(&aad, MLS_MESSAGE_MAX);
	private_content_aad_write(&aad, m);
	rc = writer_status(&aad);
	if (rc == 0)
		rc = buf_alloc(&plain, m->ciphertext.len - aead->tag_len);
	if (rc == 0)
		rc = aead->open(k.key, k.nonce, writer_view(&aad),
			m->ciphertext, plain.data);
	if (rc == ROWAN_E_CRYPTO)
		rc = ROWAN_E_MLS_DECRYPT;
	if (rc == 0)
		rc = private_content_decode(
			m, sender->leaf, buf_view(&plain), ret);
	writer_wipe(&aad);
	buf_wipe(&plain);
	sodium_memzero(&k, sizeof k);
	return rc;
}
