/*
 * The clinic's authority: see authority.h.
 */
#include <string.h>

#include <sodium.h>

#include "base/secret.h"
#include "trust/authority.h"
#include "wire/armour.h"

#define FILE_LABEL   "Rowan authority key"
#define FILE_VERSION 1
#define FILE_LEN     (2 + ID16_LEN + ATTEST_SEED_LEN)
#define RECORD_MAX   256

struct authority_key {
	struct id16 clinic;
	uint8_t seed[ATTEST_SEED_LEN];
};

int authority_new(const struct id16 *clinic, struct authority_key **ret)
{
	*ret = secret_new(sizeof **ret);
	if (*ret == NULL)
		return ROWAN_E_NOMEM;
	(*ret)->clinic = *clinic;
	randombytes_buf((*ret)->seed, sizeof(*ret)->seed);
	return 0;
}

void authority_free(struct authority_key *k)
{
	secret_free(k);
}

void authority_public(const struct authority_key *k, struct wire_key *ret)
{
	attest_key(k->seed, ret);
}

void authority_clinic(const struct authority_key *k, struct id16 *ret)
{
	*ret = k->clinic;
}

int authority_seal(const struct authority_key *k, struct bytes pass,
	const struct passphrase_cost *cost, struct writer *w)
{
	uint8_t plain[FILE_LEN];
	struct writer p, sealed;
	int rc;

	writer_init_fixed(&p, plain, sizeof plain);
	writer_u16(&p, FILE_VERSION);
	writer_raw(&p, k->clinic.b, sizeof k->clinic.b);
	writer_raw(&p, k->seed, sizeof k->seed);
	writer_init(&sealed, ARMOUR_OBJECT_MAX);
	rc = passphrase_seal(&sealed, FILE_LABEL, pass, cost, writer_view(&p));
	if (rc == 0)
		rc = armour_write(
			ARMOUR_AUTHORITY_KEY, writer_view(&sealed), w);
	writer_wipe(&sealed);
	sodium_memzero(plain, sizeof plain);
	return rc;
}

static int read_key(struct bytes plain, struct authority_key *ret)
{
	uint16_t version = 0;
	struct reader r;
	int rc;

	reader_init(&r, plain);
	rc = reader_u16(&r, &version);
	if (rc == 0 && version != FILE_VERSION)
		return ROWAN_E_VERSION;
	if (rc == 0)
		rc = reader_array(&r, ret->clinic.b, sizeof ret->clinic.b);
	if (rc == 0)
		rc = reader_array(&r, ret->seed, sizeof ret->seed);
	return rc == 0 ? reader_end(&r) : rc;
}

int authority_open(
	struct bytes text, struct bytes pass, struct authority_key **ret)
{
	struct buf file, plain = {NULL, 0};
	struct authority_key *k = NULL;
	int rc = armour_read(text, ARMOUR_AUTHORITY_KEY, &file);

	*ret = NULL;
	if (rc == 0)
		rc = passphrase_open(buf_view(&file), FILE_LABEL, pass, &plain);
	if (rc == 0 && (k = secret_new(sizeof *k)) == NULL)
		rc = ROWAN_E_NOMEM;
	if (rc == 0)
		rc = read_key(buf_view(&plain), k);
	buf_wipe(&file);
	buf_wipe(&plain);
	if (rc != 0)
		secret_free(k);
	else
		*ret = k;
	return rc;
}

int authority_record(const struct authority_key *k, const struct wire_key *next,
	uint64_t time, struct writer *w)
{
	struct wire_record r = {.clinic = k->clinic, .created_at = time};
	uint8_t mem[RECORD_MAX];
	struct writer tbs;
	int rc;

	authority_public(k, &r.key);
	attest_hash(bytes_of(next->b, sizeof next->b), &r.successor_hash);
	writer_init_fixed(&tbs, mem, sizeof mem);
	rc = wire_record_encode_tbs(&r, &tbs);
	if (rc == 0)
		rc = attest_sign(ATTEST_RECORD, writer_view(&tbs), k->seed,
			&r.signature);
	return rc == 0 ? wire_record_encode(&r, w) : rc;
}

int authority_card(const struct authority_key *k, struct bytes record,
	struct wire_card *card, struct writer *w)
{
	struct issuer by = {.kind = WIRE_SIGNER_AUTHORITY, .seed = k->seed};
	struct wire_record r;
	struct wire_key key;
	int rc = wire_record_decode(record, &r);

	authority_public(k, &key);
	if (rc != 0 || memcmp(&key, &r.key, sizeof key) != 0 ||
		!id16_eq(&r.clinic, &card->clinic))
		return ROWAN_E_INVAL;
	attest_hash(record, &by.hash);
	return issue_sign(&by, card, w);
}

void authority_begin(const struct clinic *c, uint8_t kind, uint64_t time,
	struct wire_statement *ret)
{
	*ret = (struct wire_statement){.clinic = c->id,
		.number = c->number + 1,
		.previous = c->head,
		.time = time > c->time ? time : c->time,
		.kind = kind};
}

int authority_sign(const struct authority_key *k,
	const struct authority_key *successor, struct wire_statement *s,
	struct writer *w)
{
	const struct authority_key *by[WIRE_SIGNERS_MAX] = {k, successor};
	const uint8_t kinds[WIRE_SIGNERS_MAX] = {
		WIRE_SIGNER_AUTHORITY, WIRE_SIGNER_SUCCESSOR};
	const uint8_t *seeds[WIRE_SIGNERS_MAX];
	struct writer tbs;
	int rc;

	s->signer_count = 0;
	for (size_t i = 0; i < WIRE_SIGNERS_MAX; i++) {
		if (by[i] == NULL)
			continue;
		seeds[s->signer_count] = by[i]->seed;
		s->signers[s->signer_count++] =
			(struct wire_signer){.kind = kinds[i]};
	}
	writer_init(&tbs, WIRE_STATEMENT_MAX);
	rc = wire_statement_encode_tbs(s, &tbs);
	for (size_t i = 0; rc == 0 && i < s->signer_count; i++)
		rc = attest_sign(ATTEST_STATEMENT, writer_view(&tbs), seeds[i],
			&s->signatures[i]);
	writer_wipe(&tbs);
	return rc == 0 ? wire_statement_encode(s, w) : rc;
}

int authority_countersign(const struct authority_key *k,
	struct wire_statement *s, struct writer *w)
{
	int rc;

	if (s->signer_count == 0 || s->signers[0].kind != WIRE_SIGNER_AUTHORITY)
		return ROWAN_E_INVAL;
	rc = attest_sign(ATTEST_STATEMENT, s->tbs, k->seed, &s->signatures[0]);
	return rc == 0 ? wire_statement_encode(s, w) : rc;
}

int authority_succeed(const struct authority_succession *s,
	struct writer *w_record, struct writer *w)
{
	struct wire_statement st;
	struct wire_key key;
	struct wire_hash hash;
	size_t begin = w_record->len;
	int rc;

	authority_public(s->fresh, &key);
	attest_hash(bytes_of(key.b, sizeof key.b), &hash);
	if (memcmp(&hash, &s->clinic->successor, sizeof hash) != 0 ||
		!id16_eq(&s->fresh->clinic, &s->clinic->id))
		return ROWAN_E_INVAL;
	if (s->old != NULL) {
		authority_public(s->old, &key);
		if (memcmp(&key, &s->clinic->authority, sizeof key) != 0)
			return ROWAN_E_INVAL;
	}
	rc = authority_record(s->fresh, s->next, s->time, w_record);
	if (rc != 0)
		return rc;
	authority_begin(s->clinic, WIRE_ST_SUCCEED, s->time, &st);
	st.u.succeed = bytes_of(w_record->data + begin, w_record->len - begin);
	return authority_sign(s->old, s->fresh, &st, w);
}
