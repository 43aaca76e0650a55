/*
 * Statements and cards that a client would not sign: see forge.h.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sodium.h>

#include "session/forge.h"
#include "wire/armour.h"
#include "wire/chain.h"

#define KEPT  64
#define ASKED 256

struct forge_liar liar;

static const struct id16 of_clinic = {{0}};

static const struct clinic *clinic_now(void)
{
	return follow_clinic(parts_of(&scene.coordinator)->follow);
}

void forge_device(struct forged *ret)
{
	randombytes_buf(ret, sizeof *ret);
	attest_key(ret->seed, &ret->signature_key);
	KIT_CHECK(crypto_scalarmult_base(
			  ret->transport_key.b, ret->transport_secret) == 0);
}

void forge_statement(
	const struct id16 *case_id, uint8_t kind, struct wire_statement *ret)
{
	const struct clinic *k = clinic_now();
	const struct case_state *c;

	memset(ret, 0, sizeof *ret);
	ret->clinic = k->id;
	ret->kind = kind;
	ret->time = pace_now();
	if (case_id == NULL) {
		ret->number = k->number + 1;
		ret->previous = k->head;
		return;
	}
	c = follow_case(parts_of(&scene.coordinator)->follow, case_id);
	KIT_CHECK(c != NULL);
	ret->case_id = *case_id;
	ret->number = c->number + 1;
	ret->previous = c->head;
	ret->clinic_number = k->number;
	ret->clinic_head = k->head;
}

void forge_sign(struct person *by, const uint8_t *seed,
	struct wire_statement *s, struct buf *ret)
{
	struct writer w;

	s->signer_count = 1;
	s->signers[0].kind = WIRE_SIGNER_DEVICE;
	s->signers[0].device = parts_of(by)->me->device;
	if (seed == NULL)
		seed = parts_of(by)->me->signature_seed.b;
	writer_init(&w, WIRE_STATEMENT_MAX);
	KIT_CHECK(wire_statement_encode_tbs(s, &w) == 0);
	KIT_CHECK(attest_sign(ATTEST_STATEMENT, writer_view(&w), seed,
			  &s->signatures[0]) == 0);
	writer_wipe(&w);
	writer_init(&w, WIRE_STATEMENT_MAX);
	KIT_CHECK(wire_statement_encode(s, &w) == 0);
	KIT_CHECK(writer_finish(&w, ret) == 0);
}

void forge_card(const struct forged *d, uint8_t role, const char *agency,
	struct wire_card *ret)
{
	/* A little ago: the daemon looks at its clock now and then. */
	uint64_t now = pace_now() - 5;

	memset(ret, 0, sizeof *ret);
	ret->clinic = clinic_now()->id;
	ret->member = d->member;
	ret->device = d->device;
	ret->role = role;
	ret->agency = bytes_of(agency, strlen(agency));
	ret->not_before = ret->issued_at = now;
	ret->not_after = role == WIRE_ROLE_VICTIM ? 0 : now + 86400 * 30;
	ret->signature_key = d->signature_key;
	ret->transport_key = d->transport_key;
}

static void possess(const struct forged *d, struct wire_card *card)
{
	struct writer w;

	writer_init(&w, WIRE_CARD_MAX);
	KIT_CHECK(wire_card_request(card, &w) == 0);
	KIT_CHECK(attest_sign(ATTEST_POSSESSION, writer_view(&w), d->seed,
			  &card->possession) == 0);
	writer_wipe(&w);
}

void forge_issue(struct person *by, const struct forged *d,
	struct wire_card *card, struct buf *ret)
{
	struct trust_card own;
	struct issuer issuer = {.kind = WIRE_SIGNER_DEVICE,
		.device = parts_of(by)->me->device,
		.seed = parts_of(by)->me->signature_seed.b};
	struct buf raw;
	struct writer w;

	KIT_CHECK(follow_card(parts_of(by)->follow, &issuer.device, &own,
			  &raw) == 0);
	issuer.hash = own.hash;
	buf_wipe(&raw);
	possess(d, card);
	writer_init(&w, WIRE_CARD_MAX);
	KIT_CHECK(issue_sign(&issuer, card, &w) == 0);
	KIT_CHECK(writer_finish(&w, ret) == 0);
}

uint16_t forge_put(struct person *by, struct bytes raw)
{
	const struct wire_statement_put p = {raw};
	struct writer w;

	writer_init(&w, WIRE_FRAME_MAX);
	KIT_CHECK(wire_statement_put_encode(&p, &w) == 0);
	return middle_ask(by, WIRE_OP_STATEMENT_PUT, &w, NULL, 0).code;
}

/* ---- the authority --------------------------------------------------------
 */

void forge_fresh_import(const char *name)
{
	KIT_CHECK(snprintf(kit_clinic.import, sizeof kit_clinic.import,
			  "%s/%s.txt", kit_daemon.dir, name) > 0);
}

void forge_import(void)
{
	KIT_CHECK(rowand_kill(&kit_daemon, SIGTERM) == 0);
	KIT_CHECK(rowand_import(&kit_daemon, kit_clinic.import) == 0);
	kit_run();
}

static void to_import(struct bytes statement)
{
	FILE *f = fopen(kit_clinic.import, "ae");
	struct writer w;

	writer_init(&w, 1 << 14);
	KIT_CHECK(f != NULL);
	KIT_CHECK(armour_write(ARMOUR_STATEMENT, statement, &w) == 0);
	KIT_CHECK(fwrite(w.data, 1, w.len, f) == w.len && fclose(f) == 0);
	writer_wipe(&w);
}

void forge_succeed(bool lost, struct buf *ret)
{
	struct clinic_of_sessions *k = &kit_clinic;
	struct authority_succession s = {.clinic = &k->clinic,
		.old = lost ? NULL : k->key,
		.fresh = k->next,
		/* As the kit signs: a little ago, by the true clock. */
		.time = (uint64_t)time(NULL) - 5};
	struct authority_key *third;
	struct wire_statement said;
	struct writer record, raw;
	struct wire_key next;

	/* What came over the wire is by the test's clock. */
	if (s.time < k->clinic.time)
		s.time = k->clinic.time;
	KIT_CHECK(authority_new(&k->clinic.id, &third) == 0);
	authority_public(third, &next);
	s.next = &next;
	writer_init(&record, 1024);
	writer_init(&raw, WIRE_STATEMENT_MAX);
	KIT_CHECK(authority_succeed(&s, &record, &raw) == 0);
	KIT_CHECK(wire_statement_decode(writer_view(&raw), &said) == 0);
	KIT_CHECK(rules_apply_clinic(&k->clinic, &said) == 0);
	to_import(writer_view(&raw));
	KIT_CHECK(buf_set(&k->record, writer_view(&record)) == 0);
	if (ret != NULL)
		KIT_CHECK(buf_copy(ret, writer_view(&raw)) == 0);
	authority_free(k->key);
	k->key = k->next;
	k->next = third;
	writer_wipe(&record);
	writer_wipe(&raw);
}

/* ---- the liar ------------------------------------------------------------ */

static struct {
	uint64_t id;
	struct id16 chain;
} asked[ASKED];

static void remember(struct middle_message *m)
{
	struct wire_chain_fetch q;
	struct wire_message w;

	if (!middle_view(m, &w) || wire_chain_fetch_decode(&w, &q) != 0)
		return;
	asked[m->header.id % ASKED].id = m->header.id;
	asked[m->header.id % ASKED].chain = q.chain;
}

static void lie_in(struct middle_message *m)
{
	static struct wire_chain_answer a;
	struct wire_message msg;
	struct writer w;

	KIT_CHECK(middle_view(m, &msg));
	KIT_CHECK(wire_chain_answer_decode(&msg, &a) == 0);
	liar.lie(&a);
	liar.told++;
	writer_init(&w, WIRE_FRAME_MAX);
	KIT_CHECK(wire_chain_answer_encode(&a, &w) == 0);
	middle_body(m, &w);
}

enum middle_fate forge_hook(void *ctx, struct middle_message *m)
{
	if (m->person == NULL || m->person != liar.whom)
		return MIDDLE_PASS;
	if (m->way == MIDDLE_PUSH && m->op == WIRE_OP_NOTICE && liar.deaf)
		return MIDDLE_DROP;
	if (m->op != WIRE_OP_CHAIN_FETCH)
		return MIDDLE_PASS;
	if (m->way == MIDDLE_REQUEST)
		remember(m);
	else if (liar.lie != NULL && m->header.op != WIRE_OP_ERROR &&
		 asked[m->header.id % ASKED].id == m->header.id &&
		 id16_eq(&asked[m->header.id % ASKED].chain, &liar.chain))
		lie_in(m);
	return MIDDLE_PASS;
}

static bool is_done(void *ctx)
{
	return !follow_busy(parts_of(ctx)->follow);
}

void forge_ask(struct person *p)
{
	follow_catch_up(parts_of(p)->follow, NULL);
	KIT_CHECK(session_step(p->s) == 0);
	KIT_CHECK(sessions_until(is_done, p));
	follow_catch_up(parts_of(p)->follow, &of_clinic);
	follow_catch_up(parts_of(p)->follow, &scene.case_id);
	KIT_CHECK(session_step(p->s) == 0);
	KIT_CHECK(sessions_until(is_done, p));
	person_drain(p);
}

static struct buf kept[KEPT];
static size_t kept_len;

static void drop_kept(void)
{
	while (kept_len > 0)
		buf_wipe(&kept[--kept_len]);
}

struct bytes forge_keep(struct bytes b)
{
	if (kept_len == 0)
		KIT_CHECK(atexit(drop_kept) == 0);
	KIT_CHECK(kept_len < KEPT);
	KIT_CHECK(buf_copy(&kept[kept_len], b) == 0);
	return buf_view(&kept[kept_len++]);
}
