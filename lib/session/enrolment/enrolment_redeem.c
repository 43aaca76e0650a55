/*
 * This device redeems an invite: see enrolment.h.
 *
 *	get -> (bundle, request: kept) -> commit -> result: a nonce (kept,
 *	COMPARE) -> reveal -> result: the card (kept, ENROLLED)
 *
 * Each operation may be repeated; which is next follows from what is kept.
 */
#include <string.h>

#include <sodium.h>

#include "session/enrolment/enrolment_inner.h"
#include "wire/hello.h"
#include "wire/op.h"

/* An invite that was shown may be on its way to the daemon. */
#define GET_TRIES 5
#define GET_MS	  3000

/* ---- the connection ------------------------------------------------------ */

void redeem_drop(struct redeem *r)
{
	requests_free(r->requests);
	link_free(r->link);
	r->requests = NULL;
	r->link = NULL;
	r->up = r->asking = r->committed = r->revealed = r->pause = false;
	r->greeted = 0;
	r->not_before = 0;
	r->tries = r->looks = 0;
}

static void pushed(void *ctx, const struct wire_message *m)
{
	/* Nobody was asked to. */
}

/* "host:port" as a link takes it: an IPv6 address in brackets. */
static int endpoint_of(const char *at, char *ret, size_t size)
{
	const char *port = strrchr(at, ':');
	size_t host = (size_t)(port - at);
	bool six = memchr(at, ':', host) != NULL;
	struct writer w;

	writer_init_fixed(&w, ret, size - 1);
	writer_raw(&w, "tcp://", 6);
	writer_raw(&w, "[", six);
	writer_raw(&w, at, host);
	writer_raw(&w, "]", six);
	writer_raw(&w, port, strlen(port));
	ret[w.len] = '\0';
	return writer_status(&w);
}

static int make_link(struct enrolment *e)
{
	struct redeem *r = &e->redeem;
	struct identity_server s[INVITE_ENDPOINTS_MAX];
	const struct link_options o = {.secret = &e->o.me->transport_secret,
		.servers = s,
		.server_count = r->invite.endpoint_count,
		.wake = e->o.wake,
		.proxy = e->o.proxy};
	int rc = 0;

	memset(s, 0, sizeof s);
	for (size_t i = 0; rc == 0 && i < r->invite.endpoint_count; i++) {
		s[i].key = r->invite.server;
		rc = endpoint_of(r->invite.endpoint[i], s[i].endpoint,
			sizeof s[i].endpoint);
	}
	if (rc == 0)
		rc = link_new(&r->link, &o);
	if (rc == 0)
		link_open(r->link);
	return rc;
}

static int connect(struct enrolment *e)
{
	struct redeem *r = &e->redeem;
	int rc = 0;

	if (r->requests != NULL)
		return 0;
	if (e->o.transport == NULL)
		rc = make_link(e);
	if (rc == 0)
		rc = requests_new(&r->requests,
			e->o.transport != NULL ? e->o.transport
					       : link_transport(r->link),
			pushed, e);
	if (rc != 0)
		redeem_drop(r);
	return rc;
}

/* ---- the end ------------------------------------------------------------- */

static int fail_row(struct enrolment *e, int code)
{
	const struct event v = {.type = ROWAN_EVENT_ENROL_FAILED,
		.code = code,
		.message = e->redeem.enrol.invite};
	int rc = redeem_delete(e);

	return rc == 0 ? events_add(e->o.events, &v) : rc;
}

static void forget(struct redeem *r)
{
	r->active = false;
	invite_wipe(&r->invite);
	enrol_wipe(&r->enrol);
	sodium_memzero(&r->nonce, sizeof r->nonce);
}

static int fail(struct enrolment *e, int code)
{
	bool own;
	int rc = enrolment_open(e, &own);

	if (rc == 0)
		rc = enrolment_close(e, own, fail_row(e, code));
	if (rc == 0)
		forget(&e->redeem);
	return rc;
}

static int take_servers(const struct bundle *b, struct identity *me)
{
	memset(me->servers, 0, sizeof me->servers);
	me->server_count = 0;
	for (size_t i = 0; i < b->server_count; i++) {
		struct identity_server *s = &me->servers[i];

		memcpy(s->endpoint, b->server[i].endpoint.data,
			b->server[i].endpoint.len);
		s->key = b->server[i].key;
		me->server_count++;
	}
	return 0;
}

static int finish_rows(
	struct enrolment *e, const struct identity *me, const struct bundle *b)
{
	const struct event v = {.type = ROWAN_EVENT_ENROLLED,
		.case_id = b->case_id,
		.member = me->member,
		.device = me->device,
		.message = e->redeem.enrol.invite};
	const struct follow_heads clinic = {b->clinic_number, b->clinic_head},
				  of_case = {b->case_number, b->case_head};
	struct vault *vault = e->o.vault;
	int rc;

	if ((rc = identity_put(vault, me)) ||
		(rc = follow_begin(vault, buf_view(&me->record))) ||
		(rc = follow_expect(vault, &(struct id16){{0}}, &clinic)) ||
		(rc = follow_expect(vault, &b->case_id, &of_case)) ||
		(rc = redeem_delete(e)))
		return rc;
	return events_add(e->o.events, &v);
}

/* The card is here and is ours. */
static int finish(struct enrolment *e, struct bytes chain)
{
	const struct bundle *b = &e->redeem.enrol.bundle;
	struct identity me = *e->o.me;
	bool own;
	int rc;

	me.record = me.chain = (struct buf){0};
	me.member = b->member;
	rc = take_servers(b, &me);
	if (rc == 0)
		rc = buf_copy(&me.record, b->record[0].raw);
	if (rc == 0)
		rc = buf_copy(&me.chain, chain);
	if (rc == 0)
		rc = enrolment_open(e, &own);
	if (rc == 0)
		rc = enrolment_close(e, own, finish_rows(e, &me, b));
	if (rc != 0) {
		identity_wipe(&me);
		return rc;
	}
	identity_wipe(e->o.me);
	*e->o.me = me;
	sodium_memzero(&me, sizeof me);
	forget(&e->redeem);
	e->o.enrolled(e->o.ctx);
	return 0;
}

/* ---- answers ------------------------------------------------------------- */

static int keep(struct enrolment *e, const struct event *v)
{
	bool own;
	int rc = enrolment_open(e, &own);

	if (rc != 0)
		return rc;
	rc = redeem_put(e);
	if (rc == 0 && v != NULL)
		rc = events_add(e->o.events, v);
	return enrolment_close(e, own, rc);
}

static int got_bundle(struct enrolment *e, const struct wire_message *m)
{
	struct redeem *r = &e->redeem;
	struct enrol_self self = {.seed = e->o.me->signature_seed.b,
		.device = e->o.me->device,
		.nonce = r->nonce};
	struct wire_redeem_get_answer a;
	int rc = wire_redeem_get_answer_decode(m, &a);

	if (rc == 0 && crypto_scalarmult_base(self.transport_key.b,
			       e->o.me->transport_secret.b) != 0)
		rc = ROWAN_E_INTERNAL;
	if (rc == 0)
		rc = enrol_device_begin(
			&r->enrol, &r->invite.secret, a.bundle, &self);
	/* One clinic a device: what a file has pinned stays. */
	if (rc == 0 && e->o.me->record.len > 0 &&
		!bytes_eq(buf_view(&e->o.me->record),
			r->enrol.bundle.record[0].raw))
		rc = ROWAN_E_EXISTS;
	if (rc == ROWAN_E_NOMEM || rc == ROWAN_E_INTERNAL)
		return rc;
	return rc == 0 ? keep(e, NULL) : fail(e, rc);
}

/* Kept with it: what the two people compare. */
static int tell_code(struct enrolment *e)
{
	struct redeem *r = &e->redeem;
	struct event v = {.type = ROWAN_EVENT_COMPARE,
		.case_id = r->enrol.bundle.case_id,
		.message = r->enrol.invite};
	char code[COMPARE_CODE_LEN];
	int rc = enrol_code(&r->enrol, code);

	if (rc != 0)
		return rc;
	v.text = bytes_of(code, strlen(code));
	return keep(e, &v);
}

static int got_nonce(struct enrolment *e, const struct wire_nonce *nonce)
{
	bool known = e->redeem.enrol.step != ENROL_COMMITTED;
	int rc = enrol_device_answer(&e->redeem.enrol, nonce);

	if (rc != 0)
		return fail(e, rc);
	return known ? 0 : tell_code(e);
}

static int got_chain(struct enrolment *e, struct bytes chain)
{
	struct wire_card card;
	int rc = enrol_device_finish(&e->redeem.enrol, chain, &card);

	/* A wrong one may be followed by the right one. */
	if (rc != 0) {
		e->redeem.pause = true;
		return 0;
	}
	return finish(e, chain);
}

static int got_result(struct enrolment *e, const struct wire_message *m)
{
	struct wire_redeem_result a;
	int rc = wire_redeem_result_decode(m, &a);

	if (rc != 0)
		return fail(e, rc);
	e->redeem.pause = true;
	switch (a.state) {
	case WIRE_INVITE_ANSWERED:
	case WIRE_INVITE_REVEALED:
		/* What is next is said at once. */
		e->redeem.pause = e->redeem.revealed;
		return got_nonce(e, &a.nonce);
	case WIRE_INVITE_DONE: return got_chain(e, a.chain);
	case WIRE_INVITE_EXPIRED: return fail(e, ROWAN_E_EXPIRED);
	case WIRE_INVITE_WITHDRAWN:
	case WIRE_INVITE_BURNT: return fail(e, ROWAN_E_REFUSED);
	default: return 0;
	}
}

/* Who was asked. */
static void answered(
	struct enrolment *e, uint16_t op, const struct requests_outcome *o)
{
	struct redeem *r = &e->redeem;
	int rc = o->rc;

	r->asking = false;
	if (rc == ROWAN_E_AGAIN || rc == ROWAN_E_STATE) {
		r->pause = true;
		return;
	}
	if (op == WIRE_OP_REDEEM_GET && rc == ROWAN_E_REFUSED &&
		++r->tries < GET_TRIES) {
		r->patient = r->pause = true;
		return;
	}
	if (rc != 0) {
		rc = fail(e, rc);
	} else if (op == WIRE_OP_REDEEM_GET) {
		rc = got_bundle(e, o->answer);
	} else if (op == WIRE_OP_REDEEM_RESULT) {
		rc = got_result(e, o->answer);
	} else {
		r->committed = true;
		r->revealed = op == WIRE_OP_REDEEM_REVEAL;
		r->looks = 0;
	}
	if (rc != 0) {
		e->fault = rc;
		r->pause = true;
	}
}

static void got(void *ctx, const struct requests_outcome *o)
{
	answered(ctx, WIRE_OP_REDEEM_GET, o);
}

static void committed(void *ctx, const struct requests_outcome *o)
{
	answered(ctx, WIRE_OP_REDEEM_COMMIT, o);
}

static void revealed(void *ctx, const struct requests_outcome *o)
{
	answered(ctx, WIRE_OP_REDEEM_REVEAL, o);
}

static void resulted(void *ctx, const struct requests_outcome *o)
{
	answered(ctx, WIRE_OP_REDEEM_RESULT, o);
}

/* ---- questions ----------------------------------------------------------- */

static int start(struct enrolment *e, uint16_t op, requests_done *done,
	struct writer *body)
{
	const struct requests_new n = {
		.op = op, .body = writer_view(body), .done = done, .ctx = e};
	int rc = requests_start(e->redeem.requests, &n);

	e->redeem.asking = rc == 0;
	return rc;
}

static int ask_by_id(struct enrolment *e, uint16_t op, requests_done *done)
{
	struct wire_redeem q;
	uint8_t mem[32];
	struct writer w;
	int rc = bundle_invite(&e->redeem.invite.secret, &q.invite);

	writer_init_fixed(&w, mem, sizeof mem);
	if (rc == 0)
		rc = wire_redeem_encode(&q, &w);
	return rc == 0 ? start(e, op, done, &w) : rc;
}

static int commit(struct enrolment *e)
{
	const struct wire_redeem_commit q = {
		e->redeem.enrol.invite, e->redeem.enrol.commitment};
	uint8_t mem[64];
	struct writer w;
	int rc;

	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_redeem_commit_encode(&q, &w);
	return rc == 0 ? start(e, WIRE_OP_REDEEM_COMMIT, committed, &w) : rc;
}

static int reveal(struct enrolment *e)
{
	struct wire_redeem_reveal q;
	uint8_t mem[WIRE_REQUEST_MAX + 64];
	struct writer w;
	int rc = enrol_device_reveal(&e->redeem.enrol, &q);

	writer_init_fixed(&w, mem, sizeof mem);
	if (rc == 0)
		rc = wire_redeem_reveal_encode(&q, &w);
	return rc == 0 ? start(e, WIRE_OP_REDEEM_REVEAL, revealed, &w) : rc;
}

static int ask(struct enrolment *e)
{
	struct redeem *r = &e->redeem;

	switch (r->enrol.step) {
	case ENROL_NONE: return ask_by_id(e, WIRE_OP_REDEEM_GET, got);
	case ENROL_COMMITTED:
		if (!r->committed)
			return commit(e);
		break;
	case ENROL_ANSWERED:
		if (!r->revealed)
			return reveal(e);
		break;
	case ENROL_SPOILED: return fail(e, ROWAN_E_REFUSED);
	default: break;
	}
	return ask_by_id(e, WIRE_OP_REDEEM_RESULT, resulted);
}

static void greeted(void *ctx, const struct requests_outcome *o)
{
	struct enrolment *e = ctx;
	struct wire_hello_answer a;

	if (o->rc != 0 || wire_hello_answer_decode(o->answer, &a) != 0) {
		e->redeem.greeted = 0;
		e->redeem.pause = true;
		return;
	}
	requests_version(e->redeem.requests, a.version);
	e->redeem.up = true;
}

static int greet(struct enrolment *e, uint64_t connection)
{
	static const struct wire_hello hello = {
		{WIRE_VERSION_LOW, WIRE_VERSION_HIGH}};
	struct redeem *r = &e->redeem;
	struct requests_new n = {
		.op = WIRE_OP_HELLO, .done = greeted, .ctx = e};
	uint8_t mem[16];
	struct writer w;
	int rc;

	r->greeted = connection;
	r->up = false;
	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_hello_encode(&hello, &w);
	n.body = writer_view(&w);
	return rc == 0 ? requests_start(r->requests, &n) : rc;
}

/* ---- a step -------------------------------------------------------------- */

static uint64_t connection_of(const struct enrolment *e)
{
	const struct transport *t = e->o.transport != NULL
					    ? e->o.transport
					    : link_transport(e->redeem.link);

	return t->connection(t->ctx);
}

int redeem_step(struct enrolment *e, uint64_t now_ms)
{
	struct redeem *r = &e->redeem;
	uint64_t connection;
	int rc;

	if (!r->active) {
		redeem_drop(r);
		return 0;
	}
	rc = connect(e);
	if (rc != 0)
		return rc;
	if (requests_step(r->requests, now_ms) != TRANSPORT_UP || !r->active)
		return 0;
	if (r->pause) {
		r->not_before =
			now_ms +
			(r->patient ? GET_MS : enrolment_pause(r->looks++));
		r->pause = r->patient = false;
	}
	connection = connection_of(e);
	if (connection != r->greeted && now_ms >= r->not_before)
		return greet(e, connection);
	if (!r->up || r->asking || now_ms < r->not_before)
		return 0;
	rc = ask(e);
	if (rc == ROWAN_E_AGAIN)
		rc = 0;
	return rc;
}

uint64_t redeem_wait(const struct enrolment *e, uint64_t now_ms)
{
	const struct redeem *r = &e->redeem;
	uint64_t ms;

	if (!r->active)
		return r->requests != NULL ? 0 : UINT64_MAX;
	if (r->requests == NULL || r->pause)
		return 0;
	ms = requests_wait(r->requests, now_ms);
	if (r->up && !r->asking) {
		uint64_t left =
			r->not_before > now_ms ? r->not_before - now_ms : 0;

		ms = left < ms ? left : ms;
	}
	return ms;
}

/* ---- called for the application ------------------------------------------ */

static bool same_invite(const struct invite *a, const struct invite *b)
{
	return sodium_memcmp(&a->secret, &b->secret, sizeof a->secret) == 0 &&
	       memcmp(&a->server, &b->server, sizeof a->server) == 0;
}

int enrolment_redeem(struct enrolment *e, struct bytes text)
{
	struct redeem *r = &e->redeem;
	struct invite invite;
	bool own;
	int rc;

	if (e->o.me->chain.len > 0)
		return ROWAN_E_EXISTS;
	rc = invite_read(text, &invite, NULL);
	if (rc != 0)
		return rc;
	if (r->active) {
		rc = same_invite(&r->invite, &invite) ? 0 : ROWAN_E_STATE;
		invite_wipe(&invite);
		/* Whoever asks again has perhaps lost the code. */
		return rc == 0 && r->enrol.step == ENROL_ANSWERED ? tell_code(e)
								  : rc;
	}
	/* Nothing of an invite that failed a moment ago. */
	redeem_drop(r);
	r->invite = invite;
	invite_wipe(&invite);
	randombytes_buf(r->nonce.b, sizeof r->nonce.b);
	rc = enrolment_open(e, &own);
	if (rc == 0)
		rc = enrolment_close(e, own, redeem_put(e));
	r->active = rc == 0;
	if (rc != 0)
		forget(r);
	return rc;
}

int enrolment_cancel(struct enrolment *e)
{
	bool own;
	int rc;

	if (!e->redeem.active)
		return 0;
	rc = enrolment_open(e, &own);
	if (rc == 0)
		rc = enrolment_close(e, own, redeem_delete(e));
	if (rc == 0)
		forget(&e->redeem);
	return rc;
}
