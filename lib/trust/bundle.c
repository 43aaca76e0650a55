/*
 * The bundle of an invite: see bundle.h.
 *
 * Trusts nothing that was not sealed under the secret, and of what was only
 * what the clinic's keys have signed.
 */
#include <string.h>

#include <sodium.h>

#include "crypto/hkdf.h"
#include "trust/attest.h"
#include "trust/bundle.h"

#define READ_ARRAY(r, field)  reader_array((r), (field).b, sizeof(field).b)
#define WRITE_ARRAY(w, field) writer_raw((w), (field).b, sizeof(field).b)

#define SALT	   "Rowan 1.0 invite"
#define RECORD_MAX 256
#define SERVER_MAX (2 + BUNDLE_ENDPOINT_MAX + WIRE_KEY_LEN)
#define NONCE_LEN  crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN	   crypto_aead_xchacha20poly1305_ietf_ABYTES

static const struct id16 zero;

/* ---- form --------------------------------------------------------------- */

static bool endpoint_ok(struct bytes endpoint)
{
	if (endpoint.len == 0 || endpoint.len > BUNDLE_ENDPOINT_MAX)
		return false;
	for (size_t i = 0; i < endpoint.len; i++)
		if (endpoint.data[i] <= ' ' || endpoint.data[i] > '~')
			return false;
	return true;
}

static bool shape_ok(const struct bundle *b)
{
	bool victim = b->role == WIRE_ROLE_VICTIM;

	if (b->role != WIRE_ROLE_CASEWORKER && !victim)
		return false;
	if (victim == id16_eq(&b->case_id, &zero) || !wire_agency_ok(b->agency))
		return false;
	if (b->record_count == 0 || b->record_count > BUNDLE_RECORDS_MAX ||
		b->server_count == 0 || b->server_count > BUNDLE_SERVERS_MAX)
		return false;
	for (size_t i = 0; i < b->server_count; i++)
		if (!endpoint_ok(b->server[i].endpoint))
			return false;
	return victim || b->case_number == 0;
}

static int read_records(struct reader *r, struct bundle *b)
{
	struct reader list;
	struct bytes raw;
	int rc = reader_sub(r, BUNDLE_RECORDS_MAX * (RECORD_MAX + 2), &list);

	while (rc == 0 && reader_left(&list) > 0) {
		if (b->record_count == BUNDLE_RECORDS_MAX)
			return ROWAN_E_LIMIT;
		rc = reader_vec(&list, RECORD_MAX, &raw);
		if (rc == 0)
			rc = wire_record_decode(
				raw, &b->record[b->record_count++]);
	}
	return rc;
}

static int read_card(struct reader *r, struct wire_card *ret)
{
	struct bytes raw;
	int rc = reader_vec(r, WIRE_CARD_MAX, &raw);

	return rc == 0 ? wire_card_decode(raw, ret) : rc;
}

static int read_servers(struct reader *r, struct bundle *b)
{
	struct reader list;
	int rc = reader_sub(r, BUNDLE_SERVERS_MAX * SERVER_MAX, &list);

	while (rc == 0 && reader_left(&list) > 0) {
		struct bundle_server *s;

		if (b->server_count == BUNDLE_SERVERS_MAX)
			return ROWAN_E_LIMIT;
		s = &b->server[b->server_count++];
		rc = reader_vec(&list, BUNDLE_ENDPOINT_MAX, &s->endpoint);
		if (rc == 0)
			rc = READ_ARRAY(&list, s->key);
	}
	return rc;
}

static int read_bundle(struct reader *r, struct bundle *b)
{
	uint16_t version;
	int rc = reader_u16(r, &version);

	if (rc == 0 && version != BUNDLE_VERSION)
		return ROWAN_E_VERSION;
	if (rc != 0 || (rc = read_records(r, b)) ||
		(rc = read_card(r, &b->registrar)) ||
		(rc = read_card(r, &b->daemon)) ||
		(rc = READ_ARRAY(r, b->member)) ||
		(rc = reader_u8(r, &b->role)) ||
		(rc = reader_vec(r, WIRE_AGENCY_MAX, &b->agency)) ||
		(rc = READ_ARRAY(r, b->case_id)) ||
		(rc = reader_u64(r, &b->clinic_number)) ||
		(rc = READ_ARRAY(r, b->clinic_head)) ||
		(rc = reader_u64(r, &b->case_number)) ||
		(rc = READ_ARRAY(r, b->case_head)) || (rc = read_servers(r, b)))
		return rc;
	rc = reader_end(r);
	return rc == 0 && !shape_ok(b) ? ROWAN_E_MALFORMED : rc;
}

int bundle_decode(struct bytes input, struct bundle *ret)
{
	struct reader r;
	int rc;

	memset(ret, 0, sizeof *ret);
	if (input.len > BUNDLE_PLAIN_MAX)
		return ROWAN_E_LIMIT;
	reader_init(&r, input);
	rc = read_bundle(&r, ret);
	if (rc != 0)
		memset(ret, 0, sizeof *ret);
	return rc;
}

int bundle_encode(const struct bundle *b, struct writer *w)
{
	size_t mark;

	if (!shape_ok(b))
		return ROWAN_E_INVAL;
	writer_u16(w, BUNDLE_VERSION);
	mark = writer_open(w);
	for (size_t i = 0; i < b->record_count; i++)
		writer_vec(w, b->record[i].raw);
	writer_close(w, mark);
	writer_vec(w, b->registrar.raw);
	writer_vec(w, b->daemon.raw);
	WRITE_ARRAY(w, b->member);
	writer_u8(w, b->role);
	writer_vec(w, b->agency);
	WRITE_ARRAY(w, b->case_id);
	writer_u64(w, b->clinic_number);
	WRITE_ARRAY(w, b->clinic_head);
	writer_u64(w, b->case_number);
	WRITE_ARRAY(w, b->case_head);
	mark = writer_open(w);
	for (size_t i = 0; i < b->server_count; i++) {
		writer_vec(w, b->server[i].endpoint);
		WRITE_ARRAY(w, b->server[i].key);
	}
	writer_close(w, mark);
	return writer_status(w);
}

/* ---- whether it holds together ------------------------------------------ */

int bundle_records(const struct wire_record *records, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct wire_record *r = &records[i];
		struct wire_hash hash;
		int rc = attest_verify(
			ATTEST_RECORD, r->tbs, &r->key, &r->signature);

		if (rc != 0)
			return rc;
		if (i == 0)
			continue;
		attest_hash(bytes_of(r->key.b, sizeof r->key.b), &hash);
		if (!id16_eq(&r->clinic, &records[0].clinic) ||
			memcmp(&hash, &records[i - 1].successor_hash,
				sizeof hash) != 0)
			return ROWAN_E_CHAIN;
	}
	return 0;
}

/* Signed by the authority, now or before it was succeeded. */
int bundle_issued(const struct wire_record *records, size_t count,
	const struct wire_card *card)
{
	if (card->issuer_kind != WIRE_SIGNER_AUTHORITY)
		return ROWAN_E_SIGNER;
	for (size_t i = 0; i < count; i++) {
		struct wire_hash hash;

		if (!id16_eq(&card->clinic, &records[i].clinic))
			return ROWAN_E_CHAIN;
		attest_hash(records[i].raw, &hash);
		if (memcmp(&hash, &card->issuer_hash, sizeof hash) == 0)
			return attest_verify(ATTEST_CARD, card->tbs,
				&records[i].key, &card->signature);
	}
	return ROWAN_E_CHAIN;
}

int bundle_check(const struct bundle *b)
{
	const struct wire_card *reg = &b->registrar, *daemon = &b->daemon;
	int rc = bundle_records(b->record, b->record_count);

	if (rc == 0)
		rc = bundle_issued(b->record, b->record_count, reg);
	if (rc == 0)
		rc = bundle_issued(b->record, b->record_count, daemon);
	if (rc != 0)
		return rc;
	if (!(reg->rights & WIRE_RIGHT_ENROL) ||
		!(reg->scope.roles >> b->role & 1) ||
		!bytes_eq(reg->agency, b->agency))
		return ROWAN_E_SIGNER;
	if (daemon->role != WIRE_ROLE_DAEMON ||
		memcmp(&daemon->transport_key, &b->server[0].key,
			sizeof daemon->transport_key) != 0)
		return ROWAN_E_RULE;
	return 0;
}

/* ---- sealing ------------------------------------------------------------ */

static int derive(const struct bundle_secret *secret, const char *info,
	uint8_t *ret, size_t len)
{
	const struct suite *s = &suite_0003;
	struct secret prk;
	int rc;

	hkdf_extract(s, bytes_of(SALT, strlen(SALT)),
		bytes_of(secret->b, sizeof secret->b), &prk);
	rc = hkdf_expand(
		s, secret_view(&prk), bytes_of(info, strlen(info)), ret, len);
	secret_wipe(&prk);
	return rc;
}

int bundle_invite(const struct bundle_secret *secret, struct id16 *ret)
{
	return derive(secret, "id", ret->b, sizeof ret->b);
}

static int keys(const struct bundle_secret *secret, struct id16 *ret_invite,
	struct key32 *ret)
{
	int rc = bundle_invite(secret, ret_invite);

	return rc == 0 ? derive(secret, "bundle", ret->b, sizeof ret->b) : rc;
}

int bundle_seal(const struct bundle_secret *secret, struct bytes plain,
	struct writer *w)
{
	uint8_t mem[WIRE_BUNDLE_MAX];
	struct key32 key;
	struct id16 invite;
	int rc;

	if (plain.len > BUNDLE_PLAIN_MAX)
		return ROWAN_E_LIMIT;
	rc = keys(secret, &invite, &key);
	if (rc == 0) {
		randombytes_buf(mem, NONCE_LEN);
		(void)crypto_aead_xchacha20poly1305_ietf_encrypt(
			mem + NONCE_LEN, NULL, plain.data, plain.len, invite.b,
			sizeof invite.b, NULL, mem, key.b);
		writer_raw(w, mem, plain.len + BUNDLE_OVERHEAD);
		rc = writer_status(w);
	}
	key32_wipe(&key);
	return rc;
}

int bundle_open(const struct bundle_secret *secret, struct bytes sealed,
	struct buf *ret)
{
	struct key32 key;
	struct id16 invite;
	int rc;

	*ret = (struct buf){NULL, 0};
	if (sealed.len > WIRE_BUNDLE_MAX)
		return ROWAN_E_LIMIT;
	if (sealed.len <= BUNDLE_OVERHEAD)
		return ROWAN_E_CRYPTO;
	rc = keys(secret, &invite, &key);
	if (rc == 0)
		rc = buf_alloc(ret, sealed.len - BUNDLE_OVERHEAD);
	if (rc == 0 &&
		crypto_aead_xchacha20poly1305_ietf_decrypt(ret->data, NULL,
			NULL, sealed.data + NONCE_LEN, sealed.len - NONCE_LEN,
			invite.b, sizeof invite.b, sealed.data, key.b) != 0)
		rc = ROWAN_E_CRYPTO;
	key32_wipe(&key);
	if (rc != 0)
		buf_wipe(ret);
	return rc;
}
