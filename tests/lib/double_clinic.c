/*
 * A clinic at the double: see double_clinic.h.
 */
#include <stdlib.h>

#include "clinic/acts.h"
#include "lib/double_clinic.h"
#include "lib/double_line.h"
#include "wire/envelope.h"
#include "wire/key.h"
#include "wire/op.h"

#define BUCKET 1024

static void sink(void *ctx, struct bytes statement)
{
	struct double_clinic *c = ctx;
	struct acts_result result;

	double_must(acts_put(relay_double_begin(c->d), statement,
		relay_double_now(c->d), &result));
	relay_double_commit(c->d);
}

void double_clinic_begin(struct double_clinic *c)
{
	memset(c, 0, sizeof *c);
	c->d = relay_double_new(NULL);
	world_init_at(&c->cast.w, relay_double_now(c->d));
	double_must(acts_begin(
		relay_double_begin(c->d), buf_view(&c->cast.w.record)));
	relay_double_commit(c->d);
	c->cast.w.sink = sink;
	c->cast.w.sink_ctx = c;
	cast_enter(&c->cast);
}

void double_clinic_end(struct double_clinic *c)
{
	relay_double_free(c->d);
	world_wipe(&c->cast.w);
}

/* ---- members ---------------------------------------------------------------
 */

static struct rowan_mls_bytes mls(struct bytes b)
{
	return (struct rowan_mls_bytes){b.data, b.len};
}

static struct bytes held(const struct rowan_mls_buf *b)
{
	return bytes_of(b->data, b->len);
}

static uint64_t clock_of(void *ctx)
{
	return relay_double_now(((struct member *)ctx)->clinic->d);
}

static void hello(struct member *m)
{
	struct wire_hello body = {{1, 1}};
	struct wire_message answer;
	struct writer w;

	writer_init(&w, 64);
	double_must(wire_hello_encode(&body, &w));
	if (member_call(m,
		    &(struct member_request){.op = WIRE_OP_HELLO, .body = &w},
		    &answer) != WIRE_OK)
		abort();
	writer_wipe(&w);
}

static void enter(struct member *m)
{
	struct rowan_mls_options o = {.pad_until = BUCKET};

	rowan_mls_host_init(&o.host);
	o.host.ctx = m;
	o.host.clock = m->clock = clock_of;
	o.credential = (struct rowan_mls_credential){
		ROWAN_MLS_BASIC, mls(buf_view(&m->chain))};
	o.signature_seed = (struct rowan_mls_bytes){
		m->person->seed, sizeof m->person->seed};
	double_must(rowan_mls_new(&o, &m->mls));
	m->t = relay_double_transport(m->clinic->d, &m->person->device);
	if (m->t->step(m->t->ctx, relay_double_ms(m->clinic->d)) !=
		TRANSPORT_UP)
		abort();
	hello(m);
}

void member_begin(struct member *m, struct double_clinic *c,
	const struct world_person *person, const struct id16 *channel)
{
	memset(m, 0, sizeof *m);
	m->clinic = c;
	m->person = person;
	m->channel = *channel;
	double_must(store_device_card(store_view(relay_double_begin(c->d)),
		&person->device, &m->chain));
	relay_double_commit(c->d);
	enter(m);
}

void member_begin_as(
	struct member *m, const struct member *of, struct bytes credential)
{
	memset(m, 0, sizeof *m);
	m->clinic = of->clinic;
	m->person = of->person;
	m->channel = of->channel;
	double_must(buf_copy(&m->chain, credential));
	enter(m);
}

void member_end(struct member *m)
{
	rowan_mls_group_free(m->group);
	rowan_mls_free(m->mls);
	buf_wipe(&m->chain);
}

/* ---- requests --------------------------------------------------------------
 */

uint16_t member_call(struct member *m, const struct member_request *r,
	struct wire_message *ret)
{
	static struct transport_frames f;
	const struct wire_header h = {
		r->op == WIRE_OP_HELLO ? 0 : 1, r->op, ++m->request};
	uint8_t head[WIRE_HEADER_LEN];
	struct bytes frames[WIRE_FRAMES_MAX];
	struct wire_error e;

	wire_header_encode(&h, head);
	frames[0] = bytes_of(head, sizeof head);
	frames[1] = writer_view(r->body);
	for (size_t i = 0; i < r->count; i++)
		frames[2 + i] = r->frames[i];
	(void)m->t->step(m->t->ctx, relay_double_ms(m->clinic->d));
	double_must(m->t->send(m->t->ctx, frames, 2 + r->count));
	do {
		double_must(m->t->recv(m->t->ctx, &f));
		double_must(wire_message_assemble(f.frame, f.count, ret));
	} while (ret->header.id != h.id);
	if (ret->header.op != WIRE_OP_ERROR)
		return WIRE_OK;
	double_must(wire_error_decode(ret, &e));
	return e.code;
}

void member_publish(struct member *m, size_t n)
{
	for (size_t i = 0; i <= n; i++) {
		const struct rowan_mls_key_package_options last = {
			.last_resort = i == n};
		struct wire_key_publish p = {.count = 1};
		struct wire_message answer;
		struct rowan_mls_buf kp;
		struct writer w;

		double_must(rowan_mls_key_package(m->mls, &last, &kp, NULL));
		p.packages[0].data = held(&kp);
		p.packages[0].flags = i == n ? WIRE_KEY_LAST_RESORT : 0;
		writer_init(&w, WIRE_FRAME_MAX);
		double_must(wire_key_publish_encode(&p, &w));
		if (member_call(m,
			    &(struct member_request){
				    .op = WIRE_OP_KEY_PUBLISH, .body = &w},
			    &answer) != WIRE_OK)
			abort();
		writer_wipe(&w);
		rowan_mls_buf_free(&kp);
	}
}

uint16_t member_claim(
	struct member *m, const struct id16 *device, struct buf *ret)
{
	struct wire_key_claim c = {
		.channel = m->channel, .devices = {*device}, .count = 1};
	struct wire_key_claim_answer a;
	struct wire_message answer;
	struct writer w;
	uint16_t code;

	*ret = (struct buf){NULL, 0};
	writer_init(&w, 256);
	double_must(wire_key_claim_encode(&c, &w));
	code = member_call(m,
		&(struct member_request){.op = WIRE_OP_KEY_CLAIM, .body = &w},
		&answer);
	writer_wipe(&w);
	if (code != WIRE_OK)
		return code;
	double_must(wire_key_claim_answer_decode(&answer, &a));
	if (a.results[0].error.code == WIRE_OK)
		double_must(buf_copy(ret, a.results[0].data));
	return a.results[0].error.code;
}

static uint16_t state_answer(struct member *m, uint16_t op,
	const struct writer *body, const struct bytes *frames, size_t count,
	struct wire_group_state *ret)
{
	struct wire_message answer;
	uint16_t code = member_call(
		m, &(struct member_request){op, body, frames, count}, &answer);

	memset(ret, 0, sizeof *ret);
	if (code == WIRE_OK)
		double_must(wire_group_state_decode(&answer, ret));
	return code;
}

uint16_t member_offer(struct member *m, uint32_t generation)
{
	const struct wire_group_create c = {
		m->channel, generation, {NULL, 0}, {NULL, 0}};
	const struct rowan_mls_group_info_options plain = {false, false};
	struct rowan_mls_buf info, tree;
	struct wire_group_state state;
	struct bytes frames[2];
	struct writer w;
	uint16_t code;

	double_must(rowan_mls_group_info(m->group, &plain, &info));
	double_must(rowan_mls_group_tree(m->group, &tree));
	frames[0] = held(&info);
	frames[1] = held(&tree);
	writer_init(&w, 64);
	double_must(wire_group_create_encode(&c, &w));
	code = state_answer(m, WIRE_OP_GROUP_CREATE, &w, frames, 2, &state);
	writer_wipe(&w);
	rowan_mls_buf_free(&info);
	rowan_mls_buf_free(&tree);
	return code;
}

uint16_t member_create(
	struct member *m, uint32_t generation, const struct id16 *id)
{
	rowan_mls_group_free(m->group);
	double_must(rowan_mls_group_create(m->mls, mls(id16_view(id)),
		(struct rowan_mls_extensions){NULL, 0}, &m->group));
	return member_offer(m, generation);
}

void member_heads(const struct member *m, struct wire_heads *ret)
{
	const struct cast *cast = &m->clinic->cast;

	*ret = (struct wire_heads){cast->w.clinic.number, cast->w.clinic.head,
		cast->c->number, cast->c->head};
}

void member_commit(struct member *m, const struct rowan_mls_proposal *p,
	size_t n, struct rowan_mls_committed *ret)
{
	struct rowan_mls_commit_options o = {.proposals = p,
		.n = n,
		.tree = true,
		.wire = {.is_public = true, .aad = mls(buf_view(&m->aad))}};
	struct wire_heads heads;
	uint8_t mem[128];
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	member_heads(m, &heads);
	double_must(wire_heads_put(&w, &heads));
	if (m->aad.len == 0 && !m->no_aad)
		o.wire.aad = mls(writer_view(&w));
	rowan_mls_discard_commit(m->group);
	double_must(rowan_mls_commit(m->group, &o, ret));
}

uint16_t member_send(struct member *m, const struct rowan_mls_committed *made,
	struct wire_group_state *ret)
{
	const struct wire_commit c = {
		m->channel, held(&made->commit), held(&made->welcome)};
	const struct bytes frames[2] = {c.commit, c.welcome};
	struct writer w;
	uint16_t code;

	writer_init(&w, 64);
	double_must(wire_commit_encode(&c, &w));
	code = state_answer(
		m, WIRE_OP_COMMIT, &w, frames, c.welcome.len > 0 ? 2 : 1, ret);
	writer_wipe(&w);
	return code;
}

static uint16_t commit_one(struct member *m, const struct rowan_mls_proposal *p)
{
	struct rowan_mls_committed made;
	struct wire_group_state state;
	uint16_t code;

	member_commit(m, p, 1, &made);
	code = member_send(m, &made, &state);
	rowan_mls_committed_free(&made);
	return code;
}

uint16_t member_add(struct member *m, const struct member *other)
{
	struct rowan_mls_proposal p = {.type = ROWAN_MLS_ADD};
	struct buf package;
	uint16_t code = member_claim(m, &other->person->device, &package);

	if (code == WIRE_OK) {
		p.key_package = mls(buf_view(&package));
		code = commit_one(m, &p);
	}
	buf_wipe(&package);
	return code;
}

uint16_t member_remove(struct member *m, uint32_t leaf)
{
	const struct rowan_mls_proposal p = {
		.type = ROWAN_MLS_REMOVE, .leaf = leaf};

	return commit_one(m, &p);
}

uint16_t member_state(struct member *m, struct wire_group_state *ret)
{
	const struct wire_group_id id = {m->channel};
	struct writer w;
	uint16_t code;

	writer_init(&w, 64);
	double_must(wire_group_id_encode(&id, &w));
	code = state_answer(m, WIRE_OP_GROUP_STATE, &w, NULL, 0, ret);
	writer_wipe(&w);
	return code;
}

uint16_t member_submit(struct member *m, struct bytes frame)
{
	struct wire_submit s = {.count = 1};
	struct wire_submit_answer a;
	struct wire_message answer;
	struct writer w;

	s.items[0] = (struct wire_submit_item){.channel = m->channel,
		.counter = ++m->counter,
		.envelope = frame};
	writer_init(&w, 256);
	double_must(wire_submit_encode(&s, &w));
	if (member_call(m,
		    &(struct member_request){WIRE_OP_SUBMIT, &w, &frame, 1},
		    &answer) != WIRE_OK)
		abort();
	double_must(wire_submit_answer_decode(&answer, &a));
	writer_wipe(&w);
	return a.results[0].code;
}

uint16_t member_say(struct member *m, const char *text)
{
	struct rowan_mls_buf sealed;
	uint16_t code;

	double_must(rowan_mls_send(
		m->group, mls(bytes_of(text, strlen(text))), NULL, &sealed));
	code = member_submit(m, held(&sealed));
	rowan_mls_buf_free(&sealed);
	return code;
}

/* ---- the mailbox -----------------------------------------------------------
 */

static void hear(struct member *m, const struct wire_delivery *d)
{
	struct rowan_mls_received *r;
	struct rowan_mls_bytes data;

	if (d->kind == WIRE_KIND_NACK) {
		double_must(wire_nacked_decode(d->envelope, &m->nacked));
		m->nacks++;
		return;
	}
	if (d->kind == WIRE_KIND_WELCOME) {
		rowan_mls_group_free(m->group);
		m->removed = false;
		double_must(rowan_mls_join(
			m->mls, mls(d->envelope), NULL, &m->group));
		m->welcomes++;
		return;
	}
	double_must(rowan_mls_process(m->group, mls(d->envelope), &r));
	data = rowan_mls_received_data(r);
	if (d->kind == WIRE_KIND_HANDSHAKE) {
		m->handshakes++;
		m->removed = m->removed || rowan_mls_received_removed(r);
	} else if (m->heard_count < MEMBER_HEARD_MAX && data.len < 32) {
		memcpy(m->heard[m->heard_count], data.data, data.len);
		m->heard[m->heard_count++][data.len] = '\0';
	}
	double_must(rowan_mls_accept(m->group, r));
	rowan_mls_received_free(r);
}

static void acknowledge(struct member *m)
{
	struct wire_ack a = {.ranges = {{1, m->sequence}}, .count = 1};
	struct wire_message answer;
	struct writer w;

	writer_init(&w, 64);
	double_must(wire_ack_encode(&a, &w));
	if (member_call(m,
		    &(struct member_request){.op = WIRE_OP_ACK, .body = &w},
		    &answer) != WIRE_OK)
		abort();
	writer_wipe(&w);
}

void member_read(struct member *m)
{
	static struct wire_fetch_answer a;
	struct wire_message answer;
	struct writer w;

	do {
		const struct wire_fetch f = {m->sequence, 16};

		writer_init(&w, 64);
		double_must(wire_fetch_encode(&f, &w));
		if (member_call(m,
			    &(struct member_request){
				    .op = WIRE_OP_FETCH, .body = &w},
			    &answer) != WIRE_OK)
			abort();
		writer_wipe(&w);
		double_must(wire_fetch_answer_decode(&answer, &a));
		for (size_t i = 0; i < a.count; i++) {
			hear(m, &a.items[i]);
			m->sequence = a.items[i].sequence;
		}
		if (a.count > 0)
			acknowledge(m);
	} while (a.more);
}

uint32_t member_leaf(const struct member *m, const struct world_person *p)
{
	struct rowan_mls_member seen;

	for (uint32_t leaf = 0;
		rowan_mls_group_next_member(m->group, &leaf, &seen); leaf++)
		if (seen.signature_key.len == WIRE_KEY_LEN &&
			memcmp(seen.signature_key.data, p->signature_key.b,
				WIRE_KEY_LEN) == 0)
			return seen.leaf;
	return UINT32_MAX;
}
