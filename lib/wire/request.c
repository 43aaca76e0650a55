/*
 * Card requests: see request.h.
 */
#include <string.h>

#include "wire/request.h"

#define READ_ARRAY(r, field)  reader_array((r), (field).b, sizeof(field).b)
#define WRITE_ARRAY(w, field) writer_raw((w), (field).b, sizeof(field).b)

/* As cards have it: rights of caseworkers, a case of victims. */
static bool shape_ok(const struct wire_request *r)
{
	static const struct id16 zero;
	bool victim = r->role == WIRE_ROLE_VICTIM;

	if (r->role < WIRE_ROLE_CASEWORKER || r->role > WIRE_ROLE_WITNESS ||
		!wire_agency_ok(r->agency) || r->rights & ~WIRE_RIGHTS_ALL)
		return false;
	if (r->rights != 0 && r->role != WIRE_ROLE_CASEWORKER)
		return false;
	return victim != id16_eq(&r->case_id, &zero);
}

static int read_fields(struct reader *r, struct wire_request *q)
{
	uint16_t version;
	int rc = reader_u16(r, &version);

	if (rc == 0 && version != WIRE_REQUEST_VERSION)
		return ROWAN_E_VERSION;
	if (rc != 0 || (rc = READ_ARRAY(r, q->clinic)) ||
		(rc = READ_ARRAY(r, q->member)) ||
		(rc = READ_ARRAY(r, q->device)) ||
		(rc = reader_u8(r, &q->role)) ||
		(rc = reader_vec(r, WIRE_AGENCY_MAX, &q->agency)) ||
		(rc = reader_u16(r, &q->rights)) ||
		(rc = READ_ARRAY(r, q->case_id)) ||
		(rc = READ_ARRAY(r, q->signature_key)) ||
		(rc = READ_ARRAY(r, q->transport_key)) ||
		(rc = READ_ARRAY(r, q->possession)) || (rc = reader_end(r)))
		return rc;
	return shape_ok(q) ? 0 : ROWAN_E_MALFORMED;
}

int wire_request_decode(struct bytes input, struct wire_request *ret)
{
	struct reader r;
	int rc;

	memset(ret, 0, sizeof *ret);
	if (input.len > WIRE_REQUEST_MAX)
		return ROWAN_E_LIMIT;
	reader_init(&r, input);
	rc = read_fields(&r, ret);
	ret->raw = input;
	if (rc != 0)
		memset(ret, 0, sizeof *ret);
	return rc;
}

int wire_request_encode(const struct wire_request *r, struct writer *w)
{
	if (!shape_ok(r))
		return ROWAN_E_INVAL;
	writer_u16(w, WIRE_REQUEST_VERSION);
	WRITE_ARRAY(w, r->clinic);
	WRITE_ARRAY(w, r->member);
	WRITE_ARRAY(w, r->device);
	writer_u8(w, r->role);
	writer_vec(w, r->agency);
	writer_u16(w, r->rights);
	WRITE_ARRAY(w, r->case_id);
	WRITE_ARRAY(w, r->signature_key);
	WRITE_ARRAY(w, r->transport_key);
	WRITE_ARRAY(w, r->possession);
	return writer_status(w);
}

int wire_consent_decode(struct bytes input, struct wire_consent_file *ret)
{
	struct bytes request;
	uint16_t version;
	struct reader r;
	int rc;

	memset(ret, 0, sizeof *ret);
	if (input.len > WIRE_CONSENT_MAX)
		return ROWAN_E_LIMIT;
	reader_init(&r, input);
	rc = reader_u16(&r, &version);
	if (rc == 0 && version != WIRE_CONSENT_VERSION)
		return ROWAN_E_VERSION;
	if (rc == 0)
		rc = reader_vec(&r, WIRE_REQUEST_MAX, &request);
	if (rc == 0)
		rc = READ_ARRAY(&r, ret->consent.device);
	if (rc == 0)
		rc = READ_ARRAY(&r, ret->consent.signature);
	if (rc == 0)
		rc = reader_end(&r);
	if (rc == 0)
		rc = wire_request_decode(request, &ret->request);
	if (rc != 0)
		memset(ret, 0, sizeof *ret);
	return rc;
}

int wire_consent_encode(const struct wire_consent_file *c, struct writer *w)
{
	struct wire_request q;

	if (wire_request_decode(c->request.raw, &q) != 0)
		return ROWAN_E_INVAL;
	writer_u16(w, WIRE_CONSENT_VERSION);
	writer_vec(w, c->request.raw);
	WRITE_ARRAY(w, c->consent.device);
	WRITE_ARRAY(w, c->consent.signature);
	return writer_status(w);
}
