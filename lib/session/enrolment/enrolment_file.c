/*
 * Enrolment by files: see enrolment.h and docs/enrolment.md section 6.
 *
 * Trusts the record that is installed first, as whoever installs it does;
 * every card in a file is checked under it.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "session/enrolment/enrolment_inner.h"
#include "wire/armour.h"

#define CARDS_MAX 4

/* What a file holds; views borrow from the blocks. */
struct file {
	struct buf block[BUNDLE_RECORDS_MAX + CARDS_MAX + 1];
	size_t blocks;
	struct wire_record record[BUNDLE_RECORDS_MAX];
	size_t records;
	struct wire_card card[CARDS_MAX];
	size_t cards;
	bool has_servers;
	struct wire_servers servers;
	struct bytes servers_raw;
	/* Among the cards. */
	const struct wire_card *own, *registrar, *daemon;
};

static void file_wipe(struct file *f)
{
	for (size_t i = 0; i < f->blocks; i++)
		buf_wipe(&f->block[i]);
}

/* ---- reading ------------------------------------------------------------- */

static int take_block(struct file *f, uint8_t kind, struct bytes object)
{
	switch (kind) {
	case ARMOUR_AUTHORITY_RECORD:
		if (f->records == BUNDLE_RECORDS_MAX)
			return ROWAN_E_LIMIT;
		return wire_record_decode(object, &f->record[f->records++]);
	case ARMOUR_CARD:
		if (f->cards == CARDS_MAX)
			return ROWAN_E_LIMIT;
		return wire_card_decode(object, &f->card[f->cards++]);
	case ARMOUR_SERVERS:
		if (f->has_servers)
			return ROWAN_E_MALFORMED;
		f->has_servers = true;
		f->servers_raw = object;
		return wire_servers_decode(object, &f->servers);
	default: return ROWAN_E_MALFORMED;
	}
}

static int read_file(struct bytes text, struct file *f)
{
	size_t room = sizeof f->block / sizeof *f->block;
	uint8_t kind;
	int rc = 0;

	while (rc == 0) {
		if (f->blocks == room)
			return ROWAN_E_LIMIT;
		rc = armour_next(&text, &kind, &f->block[f->blocks]);
		if (rc == ROWAN_E_NOT_FOUND)
			return f->blocks > 0 ? 0 : rc;
		if (rc == 0)
			rc = take_block(
				f, kind, buf_view(&f->block[f->blocks++]));
	}
	return rc;
}

/* Which card is whose. */
static int sort_cards(const struct identity *me, struct file *f)
{
	for (size_t i = 0; i < f->cards; i++) {
		const struct wire_card *c = &f->card[i];
		const struct wire_card **at =
			id16_eq(&c->device, &me->device) ? &f->own
			: c->role == WIRE_ROLE_DAEMON	 ? &f->daemon
							 : &f->registrar;

		if (*at != NULL)
			return ROWAN_E_MALFORMED;
		*at = c;
	}
	return 0;
}

/* ---- checking ------------------------------------------------------------ */

/* The records follow from the one that is pinned; without any it stands. */
static int check_records(const struct identity *me, struct file *f)
{
	struct bytes pinned = buf_view(&me->record);

	if (pinned.len > 0 && f->records > 0 &&
		!bytes_eq(f->record[0].raw, pinned))
		return ROWAN_E_EXISTS;
	if (f->records == 0 && pinned.len > 0) {
		if (wire_record_decode(pinned, &f->record[0]) != 0)
			return ROWAN_E_CORRUPT;
		f->records = 1;
	}
	return f->records == 0 ? ROWAN_E_STATE
			       : bundle_records(f->record, f->records);
}

/* It binds our keys: nobody can have swapped it. */
static int check_own(const struct identity *me, const struct wire_card *c)
{
	struct wire_key sign, transport;

	attest_key(me->signature_seed.b, &sign);
	if (crypto_scalarmult_base(transport.b, me->transport_secret.b) != 0)
		return ROWAN_E_INTERNAL;
	if (!id16_eq(&c->member, &me->member) ||
		memcmp(&c->signature_key, &sign, sizeof sign) != 0 ||
		memcmp(&c->transport_key, &transport, sizeof transport) != 0)
		return ROWAN_E_CRYPTO;
	return 0;
}

/* A device keeps its card, or the one that renews it. */
static int check_renewal(const struct identity *me, const struct wire_card *c)
{
	struct wire_card has;
	int rc = identity_card(me, &has);

	if (rc != 0 || bytes_eq(has.raw, c->raw))
		return rc;
	return c->role == has.role && bytes_eq(c->agency, has.agency) &&
			       id16_eq(&c->case_id, &has.case_id) &&
			       (has.rights & ~c->rights) == 0 &&
			       c->not_after > has.not_after &&
			       c->issued_at >= has.issued_at
		       ? 0
		       : ROWAN_E_EXISTS;
}

static int check_issuer(const struct file *f)
{
	const struct wire_card *c = f->own, *r = f->registrar;
	struct wire_hash hash;
	int rc;

	if (c->issuer_kind == WIRE_SIGNER_AUTHORITY)
		return r != NULL ? ROWAN_E_MALFORMED
				 : bundle_issued(f->record, f->records, c);
	if (r == NULL)
		return ROWAN_E_NOT_FOUND;
	rc = bundle_issued(f->record, f->records, r);
	if (rc != 0)
		return rc;
	attest_hash(r->raw, &hash);
	if (!id16_eq(&c->issuer, &r->device) ||
		memcmp(&c->issuer_hash, &hash, sizeof hash) != 0 ||
		(r->rights & WIRE_RIGHT_ENROL) == 0)
		return ROWAN_E_SIGNER;
	return attest_verify(
		ATTEST_CARD, c->tbs, &r->signature_key, &c->signature);
}

static int check_daemon(const struct file *f)
{
	if (f->daemon == NULL || !f->has_servers)
		return ROWAN_E_NOT_FOUND;
	if (memcmp(&f->daemon->transport_key, &f->servers.main[0].key,
		    sizeof f->daemon->transport_key) != 0)
		return ROWAN_E_CRYPTO;
	return bundle_issued(f->record, f->records, f->daemon);
}

static int check(const struct identity *me, struct file *f)
{
	int rc = sort_cards(me, f);

	if (rc == 0)
		rc = check_records(me, f);
	if (rc != 0 || (f->cards == 0 && !f->has_servers))
		return rc;
	rc = check_daemon(f);
	if (rc == 0 && f->own == NULL && me->chain.len == 0)
		rc = ROWAN_E_NOT_FOUND;
	if (rc == 0 && f->own != NULL)
		rc = check_own(me, f->own);
	if (rc == 0 && f->own != NULL)
		rc = check_issuer(f);
	if (rc == 0 && f->own != NULL && me->chain.len > 0)
		rc = check_renewal(me, f->own);
	return rc;
}

/* ---- taking in ----------------------------------------------------------- */

static int take_servers(const struct file *f, struct identity *ret)
{
	memset(ret->servers, 0, sizeof ret->servers);
	ret->server_count = 0;
	for (size_t i = 0; i < f->servers.main_count; i++) {
		const struct wire_server *from = &f->servers.main[i];
		struct identity_server *to = &ret->servers[i];

		memcpy(to->endpoint, from->endpoint.data, from->endpoint.len);
		to->key = from->key;
		ret->server_count++;
	}
	return 0;
}

static int take_chain(const struct file *f, struct identity *ret)
{
	struct bytes raw[WIRE_CHAIN_MAX] = {f->own->raw};
	struct writer w;
	int rc;

	if (f->registrar != NULL)
		raw[1] = f->registrar->raw;
	writer_init(&w, IDENTITY_CHAIN_MAX);
	rc = wire_chain_encode(raw, f->registrar != NULL ? 2 : 1, &w);
	if (rc == 0)
		rc = buf_set(&ret->chain, writer_view(&w));
	writer_wipe(&w);
	return rc;
}

/* The identity as it will be. */
static int changed_identity(
	const struct identity *me, const struct file *f, struct identity *ret)
{
	int rc;

	*ret = *me;
	ret->record = ret->chain = (struct buf){0};
	rc = buf_copy(&ret->record, f->record[0].raw);
	if (rc == 0)
		rc = buf_copy(&ret->chain, buf_view(&me->chain));
	if (rc == 0 && f->own != NULL)
		rc = take_chain(f, ret);
	if (rc == 0 && f->has_servers)
		rc = take_servers(f, ret);
	return rc;
}

static int enrolled_event(struct enrolment *e, const struct identity *me)
{
	const struct event v = {.type = ROWAN_EVENT_ENROLLED,
		.member = me->member,
		.device = me->device};

	return events_add(e->o.events, &v);
}

static int keep(
	struct enrolment *e, const struct file *f, const struct identity *me)
{
	bool fresh = e->o.me->chain.len == 0 && me->chain.len > 0;
	int rc = identity_put(e->o.vault, me);

	if (rc == 0)
		rc = follow_begin(e->o.vault, f->record[0].raw);
	if (rc == 0 && f->has_servers)
		rc = enrolment_keep_file(e, f->servers_raw, f->daemon->raw);
	return rc == 0 && fresh ? enrolled_event(e, me) : rc;
}

static int install(struct enrolment *e, const struct file *f)
{
	struct identity fresh;
	bool own;
	int rc = changed_identity(e->o.me, f, &fresh);

	if (rc == 0)
		rc = enrolment_open(e, &own);
	if (rc == 0)
		rc = enrolment_close(e, own, keep(e, f, &fresh));
	if (rc != 0) {
		identity_wipe(&fresh);
		return rc;
	}
	identity_wipe(e->o.me);
	*e->o.me = fresh;
	sodium_memzero(&fresh, sizeof fresh);
	if (f->has_servers)
		e->o.enrolled(e->o.ctx);
	return 0;
}

int enrolment_install(struct enrolment *e, struct bytes text)
{
	struct file *f = calloc(1, sizeof *f);
	int rc;

	if (f == NULL)
		return ROWAN_E_NOMEM;
	rc = read_file(text, f);
	if (rc == 0)
		rc = check(e->o.me, f);
	if (rc == 0)
		rc = install(e, f);
	file_wipe(f);
	free(f);
	return rc;
}

/* From now on this is a device of that member. */
static int join_member(struct enrolment *e, const struct id16 *member)
{
	static const struct id16 none;
	struct identity *me = e->o.me;
	struct id16 was = me->member;
	bool own;
	int rc;

	if (id16_eq(member, &none) || id16_eq(member, &was))
		return 0;
	rc = enrolment_open(e, &own);
	if (rc != 0)
		return rc;
	me->member = *member;
	rc = enrolment_close(e, own, identity_put(e->o.vault, me));
	if (rc != 0)
		me->member = was;
	return rc;
}

int enrolment_request(struct enrolment *e, const struct enrolment_wish *wish,
	struct writer *w)
{
	const struct identity *me = e->o.me;
	struct wire_request q = {.device = me->device,
		.role = wish->role,
		.agency = wish->agency,
		.rights = wish->rights};
	struct wire_record record;
	struct writer raw;
	int rc;

	if (me->chain.len > 0)
		return ROWAN_E_EXISTS;
	if (me->record.len == 0)
		return ROWAN_E_STATE;
	rc = wire_record_decode(buf_view(&me->record), &record);
	if (rc != 0)
		return ROWAN_E_CORRUPT;
	rc = join_member(e, &wish->member);
	if (rc != 0)
		return rc;
	q.member = me->member;
	q.clinic = record.clinic;
	if (crypto_scalarmult_base(q.transport_key.b, me->transport_secret.b) !=
		0)
		return ROWAN_E_INTERNAL;
	writer_init(&raw, WIRE_REQUEST_MAX);
	rc = issue_request(&q, me->signature_seed.b, &raw);
	if (rc == 0)
		rc = armour_write(ARMOUR_CARD_REQUEST, writer_view(&raw), w);
	writer_wipe(&raw);
	return rc;
}
