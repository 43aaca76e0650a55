/*
 * A clinic in memory: see trust_world.h.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lib/trust_world.h"
#include "trust/attest.h"

static void derive(const char *name, const char *what, void *ret, size_t len)
{
	uint8_t hash[64];
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, sizeof hash);
	crypto_generichash_update(
		&state, (const uint8_t *)name, strlen(name) + 1);
	crypto_generichash_update(&state, (const uint8_t *)what, strlen(what));
	crypto_generichash_final(&state, hash, sizeof hash);
	memcpy(ret, hash, len);
}

void world_person(struct world_person *p, const char *name)
{
	derive(name, "seed", p->seed, sizeof p->seed);
	derive(name, "member", &p->member, sizeof p->member);
	derive(name, "device", &p->device, sizeof p->device);
	derive(name, "transport", p->transport_secret,
		sizeof p->transport_secret);
	(void)crypto_scalarmult_base(p->transport_key.b, p->transport_secret);
	attest_key(p->seed, &p->signature_key);
}

/* The newest up to a number. */
static int find(
	const struct world *w, const struct id16 *device, uint64_t number)
{
	for (size_t i = w->card_count; i-- > 0;)
		if (id16_eq(&w->card[i].card.device, device) &&
			w->card[i].logged <= number)
			return (int)i;
	return -1;
}

static int get_card(void *ctx, const struct id16 *device, uint64_t number,
	struct trust_card *ret)
{
	const struct world *w = ctx;
	int i = find(w, device, number);

	if (i < 0)
		return ROWAN_E_NOT_FOUND;
	*ret = w->card[i];
	return 0;
}

static int get_device(
	void *ctx, const struct id16 *member, size_t i, struct id16 *ret)
{
	const struct world *w = ctx;

	for (size_t k = 0; k < w->card_count; k++) {
		const struct trust_card *t = &w->card[k];

		/* Renewals are no further devices. */
		if (!id16_eq(&t->card.member, member) ||
			find(w, &t->card.device, t->logged - 1) >= 0 || i-- > 0)
			continue;
		*ret = w->card[k].card.device;
		return 0;
	}
	return ROWAN_E_NOT_FOUND;
}

static int get_key(void *ctx, const struct wire_key *key)
{
	const struct world *w = ctx;

	for (size_t i = 0; i < w->card_count; i++) {
		const struct wire_card *c = &w->card[i].card;

		if (!memcmp(&c->signature_key, key, sizeof *key) ||
			!memcmp(&c->transport_key, key, sizeof *key))
			return 0;
	}
	return ROWAN_E_NOT_FOUND;
}

static int get_head(void *ctx, uint64_t number, struct wire_hash *ret)
{
	const struct world *w = ctx;

	if (number > w->clinic.number)
		return ROWAN_E_NOT_FOUND;
	*ret = w->head[number];
	return 0;
}

static int get_case(
	void *ctx, const struct id16 *case_id, const struct case_state **ret)
{
	const struct world *w = ctx;

	*ret = NULL;
	for (size_t i = 0; i < w->case_count; i++)
		if (id16_eq(&w->cases[i].id, case_id))
			*ret = &w->cases[i];
	return *ret == NULL ? ROWAN_E_NOT_FOUND : 0;
}

static void must(int rc)
{
	if (rc != 0)
		abort();
}

void world_init(struct world *w)
{
	world_init_at(w, 1800000000);
}

void world_init_at(struct world *w, uint64_t now)
{
	struct wire_record r = {0};
	struct wire_key next;
	struct writer out;

	memset(w, 0, sizeof *w);
	w->now = now;
	derive("authority", "seed", w->authority, 32);
	derive("successor", "seed", w->successor, 32);
	derive("clinic", "id", &r.clinic, sizeof r.clinic);
	r.created_at = w->now - 1000;
	attest_key(w->authority, &r.key);
	attest_key(w->successor, &next);
	attest_hash(bytes_of(next.b, sizeof next.b), &r.successor_hash);
	writer_init(&out, 4096);
	must(wire_record_encode_tbs(&r, &out));
	must(attest_sign(
		ATTEST_RECORD, writer_view(&out), w->authority, &r.signature));
	writer_wipe(&out);
	writer_init(&out, 4096);
	must(wire_record_encode(&r, &out));
	must(writer_finish(&out, &w->record));
	must(clinic_init(&w->clinic, buf_view(&w->record)));
	w->head[0] = w->clinic.head;
	w->source = (struct trust_source){
		get_card, get_device, get_key, get_head, get_case, w};
}

void world_wipe(struct world *w)
{
	buf_wipe(&w->record);
	for (size_t i = 0; i < w->card_count; i++)
		buf_wipe(&w->raw[i]);
	for (size_t i = 0; i < w->case_count; i++)
		case_wipe(&w->cases[i]);
}

void world_card(const struct world *w, const struct world_person *p,
	uint8_t role, const char *agency, struct wire_card *ret)
{
	memset(ret, 0, sizeof *ret);
	ret->clinic = w->clinic.id;
	ret->member = p->member;
	ret->device = p->device;
	ret->role = role;
	ret->agency = bytes_of(agency, strlen(agency));
	ret->not_before = w->now;
	ret->not_after = role == WIRE_ROLE_VICTIM ? 0 : w->now + 86400 * 300;
	ret->signature_key = p->signature_key;
	ret->transport_key = p->transport_key;
	ret->issued_at = w->now;
}

void world_issue(const struct world *w, const struct world_person *p,
	const struct world_person *issuer, struct wire_card *card,
	struct buf *ret)
{
	struct writer out;
	int i;

	writer_init(&out, 4096);
	must(wire_card_request(card, &out));
	must(attest_sign(ATTEST_POSSESSION, writer_view(&out), p->seed,
		&card->possession));
	writer_wipe(&out);

	card->issuer_kind = WIRE_SIGNER_AUTHORITY;
	memset(&card->issuer, 0, sizeof card->issuer);
	card->issuer_hash = w->clinic.record;
	if (issuer != NULL) {
		card->issuer_kind = WIRE_SIGNER_DEVICE;
		card->issuer = issuer->device;
		i = find(w, &issuer->device, CLINIC_NEWEST);
		if (i >= 0)
			card->issuer_hash = w->card[i].hash;
	}
	writer_init(&out, 4096);
	must(wire_card_encode_tbs(card, &out));
	must(attest_sign(ATTEST_CARD, writer_view(&out),
		issuer != NULL ? issuer->seed : w->authority,
		&card->signature));
	writer_wipe(&out);
	writer_init(&out, 4096);
	must(wire_card_encode(card, &out));
	must(writer_finish(&out, ret));
}

void world_statement(const struct world *w, const struct case_state *c,
	uint8_t kind, struct wire_statement *ret)
{
	memset(ret, 0, sizeof *ret);
	ret->clinic = w->clinic.id;
	ret->kind = kind;
	ret->time = w->now;
	if (c == NULL) {
		ret->number = w->clinic.number + 1;
		ret->previous = w->clinic.head;
		return;
	}
	ret->case_id = c->id;
	ret->number = c->number + 1;
	ret->previous = c->head;
	ret->clinic_number = w->clinic.number;
	ret->clinic_head = w->clinic.head;
}

void world_sign(const struct world *w, const struct world_person *signer,
	struct wire_statement *s, struct buf *ret)
{
	struct writer out;
	struct wire_sig sig;

	if (s->signer_count == 0) {
		s->signer_count = 1;
		s->signers[0].kind = WIRE_SIGNER_AUTHORITY;
		if (signer != NULL) {
			s->signers[0].kind = WIRE_SIGNER_DEVICE;
			s->signers[0].device = signer->device;
		}
	}
	writer_init(&out, WIRE_STATEMENT_MAX);
	must(wire_statement_encode_tbs(s, &out));
	for (size_t i = 0; i < s->signer_count; i++) {
		const uint8_t *seed = w->authority;

		if (s->signers[i].kind == WIRE_SIGNER_DEVICE)
			seed = signer->seed;
		if (s->signers[i].kind == WIRE_SIGNER_SUCCESSOR)
			seed = w->successor;
		must(attest_sign(
			ATTEST_STATEMENT, writer_view(&out), seed, &sig));
		s->signatures[i] = sig;
	}
	writer_wipe(&out);
	writer_init(&out, WIRE_STATEMENT_MAX);
	must(wire_statement_encode(s, &out));
	must(writer_finish(&out, ret));
}

/* What the keeper of cards does with a statement of the clinic. */
static void keep(struct world *w, const struct wire_statement *s)
{
	struct trust_card *t;

	if (s->kind == WIRE_ST_CARD) {
		t = &w->card[w->card_count];
		must(buf_copy(&w->raw[w->card_count], s->u.card));
		must(wire_card_decode(
			buf_view(&w->raw[w->card_count]), &t->card));
		attest_hash(s->u.card, &t->hash);
		t->logged = s->number;
		t->logged_at = s->time;
		w->card_count++;
	} else if (s->kind == WIRE_ST_REVOKE) {
		for (size_t i = 0; i < w->card_count; i++) {
			t = &w->card[i];
			if (!id16_eq(&t->card.device, &s->u.revoke.device))
				continue;
			t->revoked = s->number;
			t->revoked_at = s->time;
		}
	}
	w->head[w->clinic.number] = w->clinic.head;
}

int world_submit(struct world *w, struct case_state *c, struct bytes raw)
{
	struct rules_context ctx = {&w->clinic, &w->source, c, true, w->now};
	struct wire_statement s;
	int rc = wire_statement_decode(raw, &s);

	if (rc == 0)
		rc = rules_check(&ctx, &s);
	if (rc == 0 && c != NULL)
		rc = rules_apply_case(c, &w->source, &s);
	else if (rc == 0)
		rc = rules_apply_clinic(&w->clinic, &s);
	if (rc == 0 && c == NULL)
		keep(w, &s);
	if (rc == 0 && w->sink != NULL)
		w->sink(w->sink_ctx, raw);
	return rc;
}

int world_act(struct world *w, struct case_state *c, struct wire_statement *s,
	const struct world_person *signer)
{
	struct buf raw = {0};
	int rc;

	world_sign(w, signer, s, &raw);
	rc = world_submit(w, c, buf_view(&raw));
	buf_wipe(&raw);
	return rc;
}

int world_enrol(struct world *w, const struct world_person *p,
	const struct world_person *issuer, struct wire_card *card)
{
	struct wire_statement s;
	struct buf raw = {0};
	int rc;

	world_issue(w, p, issuer, card, &raw);
	world_statement(w, NULL, WIRE_ST_CARD, &s);
	s.u.card = buf_view(&raw);
	rc = world_act(w, NULL, &s, issuer);
	buf_wipe(&raw);
	return rc;
}

struct case_state *world_open(struct world *w, const char *name,
	const struct world_person *coordinator, int *ret_rc)
{
	struct case_state *c = &w->cases[w->case_count++];
	struct wire_statement s;
	struct id16 id;

	derive(name, "case", &id, sizeof id);
	case_init(c, &w->clinic.id, &id);
	world_statement(w, c, WIRE_ST_OPEN, &s);
	s.u.open.agency = bytes_of("police", 6);
	s.u.open.day = 20000;
	s.u.open.count = 3;
	for (uint8_t i = 0; i < 3; i++) {
		s.u.open.channels[i].kind = i + 1;
		derive(name, "channel", &s.u.open.channels[i].channel, 16);
		derive(name, "group", &s.u.open.channels[i].group_id, 16);
		s.u.open.channels[i].channel.b[0] ^= i;
		s.u.open.channels[i].group_id.b[0] ^= i;
	}
	*ret_rc = world_act(w, c, &s, coordinator);
	return c;
}

int world_assign(struct world *w, struct case_state *c, uint8_t channel,
	const struct world_person *member, const struct world_person *signer)
{
	struct wire_statement s;

	world_statement(w, c, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = member->member;
	s.u.assign.channel = channel;
	s.u.assign.from = w->now;
	return world_act(w, c, &s, signer);
}
