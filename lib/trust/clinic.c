/*
 * The clinic's state: see clinic.h.
 */
#include <string.h>

#include "trust/attest.h"
#include "trust/chain.h"
#include "trust/clinic.h"

#define SAVED_VERSION 1

int clinic_init(struct clinic *c, struct bytes record)
{
	struct wire_record r;
	int rc;

	memset(c, 0, sizeof *c);
	rc = wire_record_decode(record, &r);
	if (rc == 0)
		rc = attest_verify(ATTEST_RECORD, r.tbs, &r.key, &r.signature);
	if (rc != 0)
		return rc;
	c->id = r.clinic;
	c->authority = r.key;
	c->successor = r.successor_hash;
	attest_hash(record, &c->record);
	c->head = c->record;
	c->time = r.created_at;
	return 0;
}

void clinic_save(const struct clinic *c, struct writer *w)
{
	writer_u16(w, SAVED_VERSION);
	writer_raw(w, c->id.b, sizeof c->id.b);
	writer_raw(w, c->authority.b, sizeof c->authority.b);
	writer_raw(w, c->record.b, sizeof c->record.b);
	writer_raw(w, c->successor.b, sizeof c->successor.b);
	writer_u64(w, c->number);
	writer_raw(w, c->head.b, sizeof c->head.b);
	writer_u64(w, c->time);
}

int clinic_load(struct clinic *c, struct bytes input)
{
	uint16_t version = 0;
	struct reader r;

	memset(c, 0, sizeof *c);
	reader_init(&r, input);
	if (reader_u16(&r, &version) != 0)
		return ROWAN_E_CORRUPT;
	if (version > SAVED_VERSION)
		return ROWAN_E_TOO_NEW;
	if (version != SAVED_VERSION ||
		reader_array(&r, c->id.b, sizeof c->id.b) != 0 ||
		reader_array(&r, c->authority.b, sizeof c->authority.b) != 0 ||
		reader_array(&r, c->record.b, sizeof c->record.b) != 0 ||
		reader_array(&r, c->successor.b, sizeof c->successor.b) != 0 ||
		reader_u64(&r, &c->number) != 0 ||
		reader_array(&r, c->head.b, sizeof c->head.b) != 0 ||
		reader_u64(&r, &c->time) != 0 || reader_end(&r) != 0) {
		memset(c, 0, sizeof *c);
		return ROWAN_E_CORRUPT;
	}
	return 0;
}

void clinic_follow(
	struct clinic *c, const struct chain_link *link, uint64_t time)
{
	chain_next(&c->head, link, &c->head);
	c->number++;
	c->time = time;
}
