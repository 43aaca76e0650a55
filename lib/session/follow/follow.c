/*
 * What is asked of the daemon, one question at a time: see follow.h.
 *
 *	a restore -> the clinic's chain -> what was withheld -> the list of
 *cases -> all cases there are, for coordinators who asked once -> each case
 *that is wanted
 *
 * The clinic first: a case's statements name cards and heads of it. A case
 * that needs more of it waits and is asked for again, once.
 */
#include <stdlib.h>

#include "session/follow/follow_inner.h"
#include "session/vault/identity.h"
#include "wire/op.h"

#define PAUSE_MS 5000

/* ---- cases in memory ----------------------------------------------------- */

struct known_case *follow_find(struct follow *f, const struct id16 *case_id)
{
	return idmap_get(&f->by_id, case_id);
}

struct known_case *follow_known(struct follow *f, const struct id16 *case_id)
{
	struct known_case *k = follow_find(f, case_id), **list;

	if (k != NULL || f->case_count == FOLLOW_CASES_MAX)
		return k;
	if (f->case_count == f->case_room) {
		size_t room = f->case_room == 0 ? 16 : 2 * f->case_room;

		list = realloc(f->cases, room * sizeof(struct known_case *));
		if (list == NULL)
			return NULL;
		f->cases = list;
		f->case_room = room;
	}
	k = calloc(1, sizeof *k);
	if (k == NULL)
		return NULL;
	case_init(&k->c, &f->clinic.id, case_id);
	k->next_change = UINT64_MAX;
	if (idmap_put(&f->by_id, case_id, k) != 0) {
		free(k);
		return NULL;
	}
	f->cases[f->case_count++] = k;
	return k;
}

void follow_drop(struct follow *f, struct known_case *k)
{
	size_t i = 0;

	while (i < f->case_count && f->cases[i] != k)
		i++;
	if (i == f->case_count)
		return;
	memmove(f->cases + i, f->cases + i + 1,
		(f->case_count - i - 1) * sizeof(struct known_case *));
	f->case_count--;
	idmap_del(&f->by_id, &k->c.id);
	for (i = 0; i < k->c.channel_count; i++)
		idmap_del(&f->by_channel, &k->c.channels[i].channel);
	follow_entitled_wipe(k);
	case_wipe(&k->c);
	free(k);
}

bool follow_sees_all(const struct follow *f, const struct known_case *k)
{
	if (f->coordinates)
		return true;
	/* Near its end a clock may be a little ahead of another. */
	for (size_t i = 0; i < k->c.assignment_count; i++) {
		const struct case_assignment *a = &k->c.assignments[i];

		if (id16_eq(&a->member, &f->member) &&
			(a->until == 0 || a->until > f->now + RULES_CLOCK_SKEW))
			return true;
	}
	return false;
}

/* ---- the vault ----------------------------------------------------------- */

int follow_open(struct follow *f)
{
	return vault_begin(f->o.vault);
}

int follow_close(struct follow *f, int rc)
{
	if (rc == 0)
		rc = vault_commit(f->o.vault);
	if (rc == 0)
		return 0;
	vault_abort(f->o.vault);
	events_aborted(f->o.events);
	follow_forget_cards(f);
	/* What was found may not have been said. */
	f->chain.alarmed = 0;
	for (size_t i = 0; i < f->case_count; i++)
		f->cases[i]->chain.alarmed = 0;
	return rc;
}

bool follow_verdict(int rc)
{
	return rc == ROWAN_E_STALE || rc <= -300;
}

/* ---- asking -------------------------------------------------------------- */

/* The answer decoded, where it is allowed to be large. */
static int decode_chain(
	const struct wire_message *m, struct wire_chain_answer **ret)
{
	int rc;

	*ret = malloc(sizeof **ret);
	if (*ret == NULL)
		return ROWAN_E_NOMEM;
	rc = wire_chain_answer_decode(m, *ret);
	if (rc != 0) {
		free(*ret);
		*ret = NULL;
	}
	return rc;
}

static void clinic_refused(struct follow *f)
{
	/* Everybody may read it: the daemon does not know us any more. */
	f->chain.refused = true;
	f->chain.wanted = false;
	f->want_list = f->want_holes = f->want_all = false;
	for (size_t i = 0; i < f->case_count; i++)
		f->cases[i]->chain.wanted = false;
}

static void chain_answered(struct follow *f, enum follow_ask asked,
	const struct requests_outcome *o)
{
	struct known_case *k = follow_find(f, &f->asked_chain);
	struct wire_chain_answer *a = NULL;
	int rc = o->rc;

	if (rc == 0)
		rc = decode_chain(o->answer, &a);
	if (rc == 0 && asked == ASK_CLINIC)
		follow_clinic_answer(f, a);
	else if (rc == 0 && asked == ASK_HOLES)
		follow_holes_answer(f, a);
	else if (asked == ASK_ANEW && rc != ROWAN_E_NOMEM)
		follow_anew_answer(f, o, a);
	else if (rc == 0 && k != NULL)
		follow_case_answer(f, k, a);
	else if (rc == ROWAN_E_AGAIN || rc == ROWAN_E_STATE ||
		 rc == ROWAN_E_NOMEM)
		f->pause = true;
	else if (rc != 0 && asked != ASK_CASE)
		clinic_refused(f);
	else if (rc != 0 && k != NULL)
		follow_case_refused(f, k);
	free(a);
}

static void list_answered(struct follow *f, const struct requests_outcome *o)
{
	struct wire_cases_answer a;
	int rc = o->rc;

	if (rc == 0)
		rc = wire_cases_answer_decode(o->answer, &a);
	if (rc == 0)
		follow_list_answer(f, &a);
	else if (rc == ROWAN_E_AGAIN || rc == ROWAN_E_STATE)
		f->pause = true;
	else
		f->want_list = false;
}

/* What was not in it is asked for by name. */
static void all_end(struct follow *f);

static void all_answered(struct follow *f, const struct requests_outcome *o)
{
	struct wire_cases_all_answer *a = NULL;
	int rc = o->rc;

	if (rc == 0)
		a = malloc(sizeof *a);
	if (rc == 0)
		rc = a == NULL ? ROWAN_E_NOMEM
			       : wire_cases_all_answer_decode(o->answer, a);
	if (rc == 0)
		follow_all_answer(f, a);
	else if (rc == ROWAN_E_AGAIN || rc == ROWAN_E_STATE ||
		 rc == ROWAN_E_NOMEM)
		f->pause = true;
	else
		all_end(f);
	free(a);
}

static void answered(void *ctx, const struct requests_outcome *o)
{
	struct follow *f = ctx;
	enum follow_ask asked = f->asked;

	f->asked = ASK_NOTHING;
	if (asked == ASK_LIST)
		list_answered(f, o);
	else if (asked == ASK_ALL)
		all_answered(f, o);
	else if (asked == ASK_RESTORED || asked == ASK_GIVE)
		follow_back_answer(f, asked, o);
	else
		chain_answered(f, asked, o);
}

int follow_start(struct follow *f, uint16_t op, const struct writer *body)
{
	const struct requests_new n = {.op = op,
		.body = writer_view(body),
		/* "Not yet" is an answer: others are waited for. */
		.once = op == WIRE_OP_STATEMENT_PUT,
		.done = answered,
		.ctx = f};

	return requests_start(f->o.requests, &n);
}

static int ask_chain(struct follow *f, const struct id16 *chain, uint64_t after)
{
	const struct wire_chain_fetch q = {
		.chain = *chain, .after = after, .max = WIRE_CHAIN_ITEMS_MAX};
	uint8_t mem[64];
	struct writer w;
	int rc;

	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_chain_fetch_encode(&q, &w);
	if (rc == 0)
		rc = follow_start(f, WIRE_OP_CHAIN_FETCH, &w);
	f->asked_chain = *chain;
	f->asked_after = after;
	return rc;
}

static int ask_list(struct follow *f)
{
	const struct wire_cases_fetch q = {.after = f->list_after};
	uint8_t mem[32];
	struct writer w;
	int rc;

	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_cases_fetch_encode(&q, &w);
	return rc == 0 ? follow_start(f, WIRE_OP_CASES_FETCH, &w) : rc;
}

static int ask_all(struct follow *f)
{
	const struct wire_cases_all q = {.from = f->all_from};
	uint8_t mem[16];
	struct writer w;
	int rc;

	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_cases_all_encode(&q, &w);
	return rc == 0 ? follow_start(f, WIRE_OP_CASES_ALL, &w) : rc;
}

/* Every hole has been looked at: what is still withheld must not be ours. */
static int holes_end(struct follow *f)
{
	struct follow_finding what = {.alarm = ROWAN_ALARM_HIDDEN};
	struct follow_link link;
	struct id16 device;
	struct buf raw;
	uint64_t n = 0;
	int rc = 0;

	f->want_holes = false;
	f->looked++;
	while (rc == 0 && (rc = follow_next_hole(f, n, &n)) == 0) {
		rc = follow_get_link(f, &follow_clinic_chain, n, &link, &raw);
		buf_wipe(&raw);
		if (rc == 0)
			rc = follow_subject(f, &link.link.subject, &device);
		what.number = n++;
		what.device = device;
		if (rc == 0)
			rc = follow_alarm(f, &f->chain, &what);
		else if (rc == ROWAN_E_NOT_FOUND)
			rc = 0;
	}
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int ask_holes(struct follow *f, bool *ret_asked)
{
	uint64_t n;
	int rc = follow_next_hole(f, f->holes_from, &n);

	*ret_asked = rc == 0;
	if (rc == 0)
		return ask_chain(f, &follow_clinic_chain, n - 1);
	return rc == ROWAN_E_NOT_FOUND ? holes_end(f) : rc;
}

static struct known_case *wanted_case(struct follow *f)
{
	for (size_t i = 0; i < f->case_count; i++)
		if (f->cases[i]->chain.wanted)
			return f->cases[i];
	return NULL;
}

static int ask(struct follow *f, uint64_t now_ms)
{
	struct known_case *k;
	struct id16 id;
	uint64_t after;
	bool asked = true, anew;
	int rc;

	if (f->back.wanted || !follow_busy(f))
		return follow_back_ask(f, now_ms);
	/* What was found to be missing comes first. */
	if (f->chain.wanted && !(f->want_holes && f->chain.tried_holes)) {
		f->chain.begun++;
		rc = ask_chain(f, &follow_clinic_chain, f->clinic.number);
		f->asked = ASK_CLINIC;
	} else if (f->want_holes) {
		rc = ask_holes(f, &asked);
		f->asked = ASK_HOLES;
	} else if ((rc = follow_anew_next(f, &id, &after, &anew)) != 0 ||
		   anew) {
		if (rc == 0)
			rc = ask_chain(f, &id, after);
		f->asked = ASK_ANEW;
	} else if (f->want_list) {
		rc = ask_list(f);
		f->asked = ASK_LIST;
	} else if (f->want_all) {
		rc = ask_all(f);
		f->asked = ASK_ALL;
	} else if ((k = wanted_case(f)) != NULL) {
		k->chain.begun++;
		rc = ask_chain(f, &k->c.id, k->c.number);
		f->asked = ASK_CASE;
	} else {
		return 0;
	}
	if (rc != 0 || !asked)
		f->asked = ASK_NOTHING;
	/* Too many questions are open: a little later. */
	if (rc == ROWAN_E_AGAIN) {
		f->pause = true;
		rc = 0;
	}
	return rc;
}

int follow_step(struct follow *f, uint64_t now_ms)
{
	int rc = f->fault;

	f->fault = 0;
	if (rc != 0) {
		f->pause_until = now_ms + PAUSE_MS;
		return rc;
	}
	if (f->pause) {
		f->pause = false;
		f->pause_until = now_ms + PAUSE_MS;
	}
	while (rc == 0 && f->asked == ASK_NOTHING &&
		(follow_busy(f) || follow_back_due(f, now_ms)) &&
		now_ms >= f->pause_until && !f->pause)
		rc = ask(f, now_ms);
	if (rc != 0)
		f->pause_until = now_ms + PAUSE_MS;
	return rc;
}

uint64_t follow_wait(const struct follow *f, uint64_t now_ms)
{
	if (f->fault != 0 || f->pause)
		return 0;
	if (f->asked != ASK_NOTHING)
		return UINT64_MAX;
	if (!follow_busy(f))
		return follow_back_wait(f, now_ms);
	return f->pause_until > now_ms ? f->pause_until - now_ms : 0;
}

/* ---- what is wanted ------------------------------------------------------ */

static void want(struct follow_chain *c)
{
	c->wanted = true;
	c->refused = c->tried_clinic = c->tried_holes = c->tried_anew = false;
}

void follow_catch_up(struct follow *f, const struct id16 *case_id)
{
	struct known_case *k;

	f->pause_until = 0;
	if (case_id == NULL || follow_is_clinic(case_id))
		want(&f->chain);
	if (case_id == NULL) {
		f->back.wanted = true;
		f->back.told = WIRE_GIVEN_NOTHING;
		f->want_list = true;
		f->list_after = follow_clinic_chain;
		for (size_t i = 0; i < f->case_count; i++)
			f->cases[i]->listed = false;
	} else if (!follow_is_clinic(case_id)) {
		k = follow_known(f, case_id);
		if (k != NULL)
			want(&k->chain);
	}
}

bool follow_busy(const struct follow *f)
{
	/* Giving back may take long; nobody else waits for it. */
	if ((f->asked != ASK_NOTHING && f->asked != ASK_GIVE &&
		    f->asked != ASK_RESTORED) ||
		f->back.wanted || f->chain.wanted || f->chain.anew ||
		f->want_holes || f->want_list || f->want_all)
		return true;
	for (size_t i = 0; i < f->case_count; i++)
		if (f->cases[i]->chain.wanted || f->cases[i]->chain.anew)
			return true;
	return false;
}

uint64_t follow_looked(const struct follow *f)
{
	return f->looked;
}

bool follow_refused(const struct follow *f)
{
	return f->chain.refused;
}

void follow_notice(struct follow *f, const struct wire_message *m)
{
	struct wire_notice n;
	struct known_case *k;
	struct wire_hash head;
	uint64_t ours;
	int rc;

	if (wire_notice_decode(m, &n) != 0)
		return;
	k = follow_find(f, &n.chain);
	ours = follow_is_clinic(&n.chain) ? f->clinic.number
	       : k != NULL		  ? k->c.number
					  : 0;
	/* What we have is only looked at again when it is another. */
	if (n.newest.number <= ours && !(k != NULL && k->chain.behind) &&
		!f->chain.behind &&
		(rc = follow_head(f, &n.chain, n.newest.number, &head)) == 0 &&
		memcmp(&head, &n.newest.head, sizeof head) == 0)
		return;
	follow_catch_up(f, &n.chain);
}

/* Cases that the daemon has, those we know and others. */
static void take_page(struct follow *f, const struct wire_cases_answer *a)
{
	for (size_t i = 0; i < a->count; i++) {
		struct known_case *k = follow_known(f, &a->cases[i].case_id);

		/* Without memory for it: at the next connection. */
		if (k == NULL)
			continue;
		k->listed = true;
		if (a->cases[i].number != k->c.number &&
			k->c.status != CASE_ERASED)
			want(&k->chain);
	}
}

/* Those left out are asked for by name. */
static void all_end(struct follow *f)
{
	f->want_all = false;
	for (size_t i = 0; i < f->case_count; i++)
		if (!f->cases[i]->listed &&
			f->cases[i]->c.status != CASE_ERASED)
			want(&f->cases[i]->chain);
}

/* A coordinator who knows others' cases asks for all of them at once. */
static void list_end(struct follow *f)
{
	f->want_list = false;
	for (size_t i = 0; f->coordinates && i < f->case_count; i++)
		if (!f->cases[i]->listed)
			f->want_all = true;
	f->all_from = 0;
	if (!f->want_all)
		all_end(f);
}

void follow_all_answer(struct follow *f, const struct wire_cases_all_answer *a)
{
	uint64_t from = f->all_from;

	take_page(f, &a->page);
	f->all_from = a->next;
	/* A list without an end is none. */
	if (!a->page.more || a->next <= from ||
		f->case_count == FOLLOW_CASES_MAX)
		all_end(f);
}

int follow_everything(struct follow *f)
{
	if (!f->coordinates)
		return ROWAN_E_SIGNER;
	follow_catch_up(f, NULL);
	f->want_all = true;
	f->all_from = 0;
	return 0;
}

void follow_list_answer(struct follow *f, const struct wire_cases_answer *a)
{
	take_page(f, a);
	if (a->count > 0)
		f->list_after = a->cases[a->count - 1].case_id;
	/* A list without an end is none. */
	if (!a->more || a->count == 0 || f->case_count == FOLLOW_CASES_MAX)
		list_end(f);
}

/* ---- beginning and end --------------------------------------------------- */

int follow_self(struct follow *f)
{
	struct trust_card card;
	int rc =
		f->source.card(f->source.ctx, &f->device, CLINIC_NEWEST, &card);

	if (rc == 0)
		f->coordinates =
			(card.card.rights & WIRE_RIGHT_COORDINATE) != 0;
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int self(struct follow *f)
{
	struct identity me;
	struct wire_card card;
	int rc = identity_get(f->o.vault, &me);

	if (rc != 0)
		return rc;
	f->device = me.device;
	f->member = me.member;
	rc = identity_card(&me, &card);
	if (rc == 0)
		f->coordinates = (card.rights & WIRE_RIGHT_COORDINATE) != 0;
	identity_wipe(&me);
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

int follow_new(struct follow **ret, const struct follow_options *options)
{
	struct follow *f = calloc(1, sizeof *f);
	int rc;

	*ret = NULL;
	if (f == NULL)
		return ROWAN_E_NOMEM;
	f->o = *options;
	idmap_init(&f->by_id);
	idmap_init(&f->by_channel);
	follow_source_init(f);
	rc = self(f);
	if (rc == 0)
		rc = follow_load(f);
	if (rc == 0)
		rc = follow_self(f);
	if (rc == 0)
		*ret = f;
	else
		follow_free(f);
	return rc;
}

void follow_free(struct follow *f)
{
	if (f == NULL)
		return;
	if (f->asked != ASK_NOTHING)
		requests_cancel(f->o.requests, f);
	while (f->case_count > 0)
		follow_drop(f, f->cases[f->case_count - 1]);
	free(f->cases);
	idmap_wipe(&f->by_id);
	idmap_wipe(&f->by_channel);
	follow_forget_cards(f);
	buf_wipe(&f->back.raw);
	follow_anew_end(f);
	free(f);
}
