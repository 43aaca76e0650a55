/*
 * Cards and the authority's record: see card.h.
 *
 * Trusts no byte it reads; says nothing about signatures.
 */
#include <string.h>

#include "wire/card.h"

/* Readers and writers of the fixed arrays above. */
#define READ_ARRAY(r, field)  reader_array((r), (field).b, sizeof(field).b)
#define WRITE_ARRAY(w, field) writer_raw((w), (field).b, sizeof(field).b)

bool wire_agency_ok(struct bytes agency)
{
	if (agency.len == 0 || agency.len > WIRE_AGENCY_MAX)
		return false;
	for (size_t i = 0; i < agency.len; i++) {
		uint8_t c = agency.data[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
			c != '-')
			return false;
	}
	return true;
}

static bool is_zero(const struct id16 *id)
{
	static const struct id16 zero;

	return id16_eq(id, &zero);
}

/* The shape of the role and of the issuer. */
static bool shape_ok(const struct wire_card *c)
{
	const uint8_t given = 1 << WIRE_ROLE_CASEWORKER | 1 << WIRE_ROLE_VICTIM;
	bool enrol = c->rights & WIRE_RIGHT_ENROL;
	bool victim = c->role == WIRE_ROLE_VICTIM;

	if (c->role < WIRE_ROLE_CASEWORKER || c->role > WIRE_ROLE_WITNESS ||
		!wire_agency_ok(c->agency))
		return false;
	if (c->rights & ~WIRE_RIGHTS_ALL ||
		(c->rights != 0 && c->role != WIRE_ROLE_CASEWORKER))
		return false;
	if (victim != (c->not_after == 0) || victim == is_zero(&c->case_id))
		return false;
	if (!victim && c->not_after <= c->not_before)
		return false;
	if (enrol ? c->scope.roles == 0 || c->scope.roles & ~given ||
				c->scope.validity_max == 0
		  : c->scope.roles != 0 || c->scope.validity_max != 0)
		return false;
	if (c->issuer_kind == WIRE_SIGNER_AUTHORITY)
		return is_zero(&c->issuer);
	return c->issuer_kind == WIRE_SIGNER_DEVICE && !is_zero(&c->issuer);
}

/* optional<T>: a byte that is 0 or 1. */
static int read_present(struct reader *r, bool *ret)
{
	uint8_t present = 0;
	int rc = reader_u8(r, &present);

	*ret = present == 1;
	return rc == 0 && present > 1 ? ROWAN_E_MALFORMED : rc;
}

static int read_version(struct reader *r)
{
	uint16_t version;
	int rc = reader_u16(r, &version);

	if (rc == 0 && version != WIRE_CARD_VERSION)
		rc = ROWAN_E_VERSION;
	return rc;
}

/* Who the card is about. */
static int read_subject(struct reader *r, struct wire_card *c)
{
	bool scoped;
	int rc = 0;

	if ((rc = READ_ARRAY(r, c->clinic)) ||
		(rc = READ_ARRAY(r, c->member)) ||
		(rc = READ_ARRAY(r, c->device)) ||
		(rc = reader_u8(r, &c->role)) ||
		(rc = reader_vec(r, WIRE_AGENCY_MAX, &c->agency)) ||
		(rc = reader_u16(r, &c->rights)) ||
		(rc = reader_u64(r, &c->not_before)) ||
		(rc = reader_u64(r, &c->not_after)) ||
		(rc = READ_ARRAY(r, c->case_id)) ||
		(rc = read_present(r, &scoped)))
		return rc;
	if (scoped && ((rc = reader_u8(r, &c->scope.roles)) ||
			      (rc = reader_u64(r, &c->scope.validity_max))))
		return rc;
	/* An empty scope has the other spelling: absent. */
	return scoped && c->scope.roles == 0 ? ROWAN_E_MALFORMED : 0;
}

/* Its keys, and who says so. */
static int read_keys(struct reader *r, struct wire_card *c)
{
	int rc;

	if ((rc = READ_ARRAY(r, c->signature_key)) ||
		(rc = READ_ARRAY(r, c->transport_key)) ||
		(rc = READ_ARRAY(r, c->possession)) ||
		(rc = read_present(r, &c->has_consent)))
		return rc;
	if (c->has_consent &&
		((rc = READ_ARRAY(r, c->consent.device)) ||
			(rc = READ_ARRAY(r, c->consent.signature))))
		return rc;
	if ((rc = reader_u8(r, &c->issuer_kind)) ||
		(rc = READ_ARRAY(r, c->issuer)) ||
		(rc = READ_ARRAY(r, c->issuer_hash)))
		return rc;
	return reader_u64(r, &c->issued_at);
}

int wire_card_decode(struct bytes input, struct wire_card *ret)
{
	struct reader r;
	int rc;

	memset(ret, 0, sizeof *ret);
	if (input.len > WIRE_CARD_MAX)
		return ROWAN_E_LIMIT;
	reader_init(&r, input);
	rc = read_version(&r);
	if (rc == 0)
		rc = read_subject(&r, ret);
	if (rc == 0)
		rc = read_keys(&r, ret);
	ret->tbs = bytes_of(input.data, input.len - reader_left(&r));
	if (rc == 0)
		rc = READ_ARRAY(&r, ret->signature);
	if (rc == 0)
		rc = reader_end(&r);
	if (rc == 0 && !shape_ok(ret))
		rc = ROWAN_E_MALFORMED;
	ret->raw = input;
	if (rc != 0)
		memset(ret, 0, sizeof *ret);
	return rc;
}

int wire_card_encode_tbs(const struct wire_card *c, struct writer *w)
{
	bool scoped = c->rights & WIRE_RIGHT_ENROL;

	if (!shape_ok(c))
		return ROWAN_E_INVAL;
	writer_u16(w, WIRE_CARD_VERSION);
	WRITE_ARRAY(w, c->clinic);
	WRITE_ARRAY(w, c->member);
	WRITE_ARRAY(w, c->device);
	writer_u8(w, c->role);
	writer_vec(w, c->agency);
	writer_u16(w, c->rights);
	writer_u64(w, c->not_before);
	writer_u64(w, c->not_after);
	WRITE_ARRAY(w, c->case_id);
	writer_u8(w, scoped);
	if (scoped) {
		writer_u8(w, c->scope.roles);
		writer_u64(w, c->scope.validity_max);
	}
	WRITE_ARRAY(w, c->signature_key);
	WRITE_ARRAY(w, c->transport_key);
	WRITE_ARRAY(w, c->possession);
	writer_u8(w, c->has_consent);
	if (c->has_consent) {
		WRITE_ARRAY(w, c->consent.device);
		WRITE_ARRAY(w, c->consent.signature);
	}
	writer_u8(w, c->issuer_kind);
	WRITE_ARRAY(w, c->issuer);
	WRITE_ARRAY(w, c->issuer_hash);
	writer_u64(w, c->issued_at);
	return writer_status(w);
}

int wire_card_encode(const struct wire_card *c, struct writer *w)
{
	int rc = wire_card_encode_tbs(c, w);

	WRITE_ARRAY(w, c->signature);
	return rc != 0 ? rc : writer_status(w);
}

int wire_card_request(const struct wire_card *c, struct writer *w)
{
	WRITE_ARRAY(w, c->clinic);
	WRITE_ARRAY(w, c->member);
	WRITE_ARRAY(w, c->device);
	WRITE_ARRAY(w, c->signature_key);
	WRITE_ARRAY(w, c->transport_key);
	return writer_status(w);
}

int wire_chain_decode(struct bytes input, struct wire_chain *ret)
{
	struct reader all, list;
	struct bytes card;
	int rc;

	memset(ret, 0, sizeof *ret);
	reader_init(&all, input);
	rc = reader_sub(&all, WIRE_CHAIN_MAX * (WIRE_CARD_MAX + 4), &list);
	if (rc == 0)
		rc = reader_end(&all);
	if (rc == 0 && reader_left(&list) == 0)
		rc = ROWAN_E_MALFORMED;
	while (rc == 0 && reader_left(&list) > 0) {
		if (ret->count == WIRE_CHAIN_MAX) {
			rc = ROWAN_E_LIMIT;
			break;
		}
		rc = reader_vec(&list, WIRE_CARD_MAX, &card);
		if (rc == 0)
			rc = wire_card_decode(card, &ret->card[ret->count++]);
	}
	/* As long as the issuer needs: to the authority, and no further. */
	if (rc == 0 && (ret->card[ret->count - 1].issuer_kind !=
				       WIRE_SIGNER_AUTHORITY ||
			       (ret->count == 2 && ret->card[0].issuer_kind !=
							   WIRE_SIGNER_DEVICE)))
		rc = ROWAN_E_MALFORMED;
	if (rc != 0)
		memset(ret, 0, sizeof *ret);
	return rc;
}

int wire_chain_encode(const struct bytes *raw, size_t count, struct writer *w)
{
	size_t mark;

	if (count == 0 || count > WIRE_CHAIN_MAX)
		return ROWAN_E_INVAL;
	mark = writer_open(w);
	for (size_t i = 0; i < count; i++)
		writer_vec(w, raw[i]);
	writer_close(w, mark);
	return writer_status(w);
}

int wire_record_decode(struct bytes input, struct wire_record *ret)
{
	struct reader r;
	int rc;

	memset(ret, 0, sizeof *ret);
	reader_init(&r, input);
	rc = read_version(&r);
	if (rc == 0)
		rc = READ_ARRAY(&r, ret->clinic);
	if (rc == 0)
		rc = reader_u64(&r, &ret->created_at);
	if (rc == 0)
		rc = READ_ARRAY(&r, ret->key);
	if (rc == 0)
		rc = READ_ARRAY(&r, ret->successor_hash);
	ret->tbs = bytes_of(input.data, input.len - reader_left(&r));
	if (rc == 0)
		rc = READ_ARRAY(&r, ret->signature);
	if (rc == 0)
		rc = reader_end(&r);
	ret->raw = input;
	if (rc != 0)
		memset(ret, 0, sizeof *ret);
	return rc;
}

int wire_record_encode_tbs(const struct wire_record *rec, struct writer *w)
{
	writer_u16(w, WIRE_CARD_VERSION);
	WRITE_ARRAY(w, rec->clinic);
	writer_u64(w, rec->created_at);
	WRITE_ARRAY(w, rec->key);
	WRITE_ARRAY(w, rec->successor_hash);
	return writer_status(w);
}

int wire_record_encode(const struct wire_record *rec, struct writer *w)
{
	int rc = wire_record_encode_tbs(rec, w);

	WRITE_ARRAY(w, rec->signature);
	return rc != 0 ? rc : writer_status(w);
}
