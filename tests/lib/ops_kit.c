/*
 * The daemon's operations without a network: see ops_kit.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/leaf_kit.h"
#include "lib/ops_kit.h"
#include "clinic/logged.h"
#include "ops/record.h"

static struct bytes frames[WIRE_ENVELOPES_MAX];

void ops_kit_start(struct ops_kit *k, uint32_t mailbox)
{
	const uint32_t both[] = {1, 2}, three[] = {1, 2, 3};
	struct config config = k->config;

	memset(k, 0, sizeof *k);
	k->config = config;
	k->peer = 1;
	kit_start(&k->kit, NULL);
	k->kit.options.mailbox_max = mailbox;
	k->kit.options.mailbox_reserve = 0;
	kit_reopen(&k->kit);
	kit_begin(&k->kit);
	for (uint32_t i = 1; i <= 3; i++)
		kit_device(&k->kit, i, i);
	kit_channel(&k->kit, 1, both, 2);
	kit_channel(&k->kit, 2, three, 3);
	kit_commit(&k->kit);
	k->ops.store = k->kit.st;
	k->ops.view = store_view(k->kit.st);
	k->ops.config = &k->config;
	k->ops.counters = &k->counters;
	gates_init(&k->ops.gates);
	subs_init(&k->ops.subs, 65536, 64);
	assert_int_equal(store_batch_new(&k->ops.fetched), 0);
	assert_int_equal(claims_new(k->config.claims_by, k->config.claims_of,
				 &k->ops.claims),
		0);
	assert_int_equal(batch_new(&k->batch, 16), 0);
	writer_init(&k->request.out, WIRE_MESSAGE_MAX);
	refusals_init(&k->ops.refusals);
	memset(k->log_key.b, 0x10, sizeof k->log_key.b);
	snprintf(k->guard, sizeof k->guard, "%s/log-guard", k->kit.dir);
	ops_kit_head(k);
}

void ops_kit_head(struct ops_kit *k)
{
	struct head_options o = {.store = k->ops.store,
		.seed = &k->log_key,
		.guard = k->guard,
		.accept = true,
		.now = k->kit.now};
	struct head_found found;

	head_close(k->ops.head);
	k->ops.head = NULL;
	assert_int_equal(logged_open(&k->ops.head, &o, &found), 0);
}

static void drop_frames(struct request *r)
{
	for (size_t i = 0; i < r->answer_count; i++)
		buf_wipe(&r->answer[i]);
	r->answer_count = 0;
}

void ops_kit_stop(struct ops_kit *k)
{
	drop_frames(&k->request);
	writer_wipe(&k->request.out);
	batch_free(k->batch);
	free(k->ops.revoked);
	subs_wipe(&k->ops.subs);
	gates_wipe(&k->ops.gates);
	store_batch_free(k->ops.fetched);
	claims_free(k->ops.claims);
	refusals_wipe(&k->ops.refusals);
	head_close(k->ops.head);
	kit_stop(&k->kit);
}

static uint16_t run(struct ops_kit *k, uint16_t op)
{
	struct request *r = &k->request;
	uint64_t before;

	drop_frames(r);
	r->kind = REQUEST_MESSAGE;
	r->from = (struct peer_ref){k->peer, 1};
	r->header = (struct wire_header){1, op, 7};
	r->entry = k->entry != NULL ? k->entry : table_find(op);
	assert_non_null(r->entry);
	r->out.len = 0;
	k->ops.now = k->kit.now;
	if (!k->ops.doubtful)
		k->ops.sure = k->ops.now;
	k->ops.lost = false;
	kit_begin(&k->kit);
	before = store_log_next(k->kit.st);
	if (k->ops.doubtful)
		store_doubt(k->kit.st, k->ops.sure);
	ops_run(&k->ops, r);
	assert_false(k->ops.lost);
	assert_false(k->ops.damaged);
	assert_int_equal(
		subs_cards(&k->ops.subs, k->ops.now, ops_ended, &k->ops), 0);
	assert_int_equal(subs_ready(&k->ops.subs, record_read, &k->ops), 0);
	kit_commit(&k->kit);
	leaf_kit_check(&k->ops, r, before);
	batch_clear(k->batch);
	subs_push(&k->ops.subs, k->batch);
	if (k->ops.head != NULL)
		assert_int_equal(head_settle(k->ops.head, k->ops.now), 0);
	return r->error.code;
}

uint16_t ops_kit_run_as(
	struct ops_kit *k, uint16_t op, const struct id16 *device)
{
	k->request.stranger = false;
	k->request.device = *device;
	return run(k, op);
}

uint16_t ops_kit_run_stranger(
	struct ops_kit *k, uint16_t op, const struct wire_key *key)
{
	k->request.stranger = true;
	memset(&k->request.device, 0, sizeof k->request.device);
	memcpy(k->request.key.b, key->b, sizeof k->request.key.b);
	return run(k, op);
}

uint16_t ops_kit_run(struct ops_kit *k, uint16_t op, uint32_t device)
{
	struct id16 id = kit_id('d', device);

	return ops_kit_run_as(k, op, &id);
}

struct wire_message ops_kit_answer(struct ops_kit *k)
{
	struct request *r = &k->request;

	assert_int_equal(r->error.code, WIRE_OK);
	for (size_t i = 0; i < r->answer_count; i++)
		frames[i] = buf_view(&r->answer[i]);
	return (struct wire_message){.body = writer_view(&r->out),
		.frames = frames,
		.frame_count = r->answer_count};
}

void ops_kit_serve(struct ops_kit *k)
{
	struct subs_slice slice = {.rd = k->ops.view,
		.fetched = k->ops.fetched,
		.now = k->ops.now,
		.doubtful = k->ops.doubtful,
		.budget = 1 << 20,
		.read = record_read,
		.may = record_may_push,
		.ctx = &k->ops};

	batch_clear(k->batch);
	kit_begin(&k->kit);
	assert_int_equal(
		subs_cards(&k->ops.subs, k->ops.now, ops_ended, &k->ops), 0);
	assert_int_equal(subs_serve(&k->ops.subs, k->batch, &slice), 0);
	kit_commit(&k->kit);
}

void ops_kit_item(struct ops_kit *k, size_t i, uint32_t channel,
	uint64_t counter, const char *text)
{
	struct wire_submit *s = &k->request.body.submit;

	s->items[i] = (struct wire_submit_item){.channel = kit_id('c', channel),
		.counter = counter,
		.envelope = bytes_of(text, strlen(text))};
	s->count = i + 1;
	k->request.frames[2 + i] = s->items[i].envelope;
	k->request.frame_count = 3 + i;
}

uint16_t ops_kit_submit(struct ops_kit *k, uint32_t device, uint32_t channel,
	uint64_t counter, const char *text)
{
	struct wire_submit_answer a;
	struct wire_message m;
	uint16_t code;

	ops_kit_item(k, 0, channel, counter, text);
	code = ops_kit_run(k, WIRE_OP_SUBMIT, device);
	if (code != WIRE_OK)
		return code;
	m = ops_kit_answer(k);
	assert_int_equal(wire_submit_answer_decode(&m, &a), 0);
	assert_int_equal(a.count, 1);
	return a.results[0].code;
}
