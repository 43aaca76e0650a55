/*
 * Devices at work at the double: see channel_kit.h.
 */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "lib/channel_kit.h"
#include "lib/double_line.h"
#include "session/channel/channel_inner.h"
#include "session/transfer/transfer.h"
#include "wire/hello.h"
#include "wire/op.h"

#define TEXTS bytes_of("t", 1)

/* ---- messages, in little ---- */

static int shown(void *ctx, const struct mailbox_from *from, struct bytes raw)
{
	struct channel_kit *k = ctx;
	struct vault *v = k->vault.vault;
	struct content c;
	uint8_t name[1 + ID16_LEN] = {'i'};
	uint64_t n = 0;
	int rc = content_decode(raw, &c);

	if (rc != 0 || c.type != CONTENT_TEXT)
		return 0;
	memcpy(name + 1, c.id.b, ID16_LEN);
	if (vault_next(v, VAULT_MESSAGE, bytes_of(name, sizeof name), 0, &n,
		    NULL) == 0)
		return 0;
	rc = vault_last(v, VAULT_MESSAGE, TEXTS, UINT64_MAX, &n, NULL);
	if (rc == 0)
		n++;
	rc = vault_put(v, VAULT_MESSAGE, TEXTS, n, c.u.text);
	if (rc == 0)
		rc = vault_put(v, VAULT_MESSAGE, bytes_of(name, sizeof name), 0,
			bytes_of("", 1));
	/* That it is here is said, as messages do. */
	if (rc == 0) {
		struct content receipt = {.type = CONTENT_RECEIPT};
		struct outbox_post post = {.channel = from->channel};
		struct writer w;

		randombytes_buf(receipt.id.b, ID16_LEN);
		receipt.u.receipt =
			(struct content_receipt){CONTENT_DELIVERED, c.id.b, 1};
		writer_init(&w, 4096);
		double_must(content_encode(&receipt, &w));
		post.content = writer_view(&w);
		rc = outbox_put(k->outbox, &post);
		writer_wipe(&w);
	}
	return rc;
}

static int opened(void *ctx, const struct mailbox_from *from, struct bytes raw)
{
	struct channel_kit *k = ctx;
	struct content c;
	int rc = content_decode(raw, &c);

	if (rc == 0 && c.type == CONTENT_RECEIPT) {
		for (size_t i = 0; rc == 0 && i < c.u.receipt.count; i++) {
			struct id16 id;

			memcpy(id.b, c.u.receipt.ids + i * ID16_LEN, ID16_LEN);
			rc = outbox_delivered(k->outbox, &id, &from->device);
		}
		return rc;
	}
	return shown(ctx, from, raw);
}

static int unreadable(void *ctx, const struct mailbox_from *from, int code)
{
	struct channel_kit *k = ctx;

	return events_add(
		k->events, &(struct event){.type = ROWAN_EVENT_UNREADABLE,
				   .code = code,
				   .channel = from->channel});
}

static int joined(void *ctx, const struct id16 *channel, bool ours)
{
	return 0;
}

static int sent(void *ctx, const struct id16 *message, uint64_t time)
{
	((struct channel_kit *)ctx)->sent++;
	return 0;
}

static int unsent(void *ctx, const struct id16 *message, int code)
{
	((struct channel_kit *)ctx)->unsent++;
	return 0;
}

static void aborted(void *ctx)
{
	struct channel_kit *k = ctx;

	events_aborted(k->events);
	if (k->outbox != NULL)
		outbox_aborted(k->outbox);
}

/* ---- statements ---- */

int channel_kit_act(struct double_clinic *c, struct case_state *of_case,
	struct wire_statement *s, const struct world_person *signer)
{
	const struct wire_header h = {1, WIRE_OP_STATEMENT_PUT, 1};
	world_sink *sink = c->cast.w.sink;
	uint8_t head[WIRE_HEADER_LEN];
	struct wire_statement_put put;
	struct bytes frames[2];
	struct writer w;
	struct buf raw;
	int rc;

	c->cast.w.sink = NULL;
	world_sign(&c->cast.w, signer, s, &raw);
	rc = world_submit(&c->cast.w, of_case, buf_view(&raw));
	c->cast.w.sink = sink;
	if (rc == 0) {
		put.statement = buf_view(&raw);
		writer_init(&w, WIRE_FRAME_MAX);
		double_must(wire_statement_put_encode(&put, &w));
		wire_header_encode(&h, head);
		frames[0] = bytes_of(head, sizeof head);
		frames[1] = writer_view(&w);
		relay_double_request(c->d,
			&(signer != NULL ? signer : &c->cast.coordinator)
				 ->device,
			frames, 2);
		writer_wipe(&w);
	}
	buf_wipe(&raw);
	return rc;
}

static void now_of(struct double_clinic *c)
{
	c->cast.w.now = relay_double_now(c->d);
}

void channel_kit_assign(struct double_clinic *c, uint8_t channel,
	const struct world_person *who, const struct world_person *signer)
{
	struct wire_statement s;

	now_of(c);
	world_statement(&c->cast.w, c->cast.c, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = who->member;
	s.u.assign.channel = channel;
	s.u.assign.from = c->cast.w.now;
	double_must(channel_kit_act(c, c->cast.c, &s, signer));
}

void channel_kit_unassign(struct double_clinic *c, uint8_t channel,
	const struct world_person *who, const struct world_person *signer)
{
	struct wire_statement s;

	now_of(c);
	world_statement(&c->cast.w, c->cast.c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = who->member;
	s.u.unassign.channel = channel;
	double_must(channel_kit_act(c, c->cast.c, &s, signer));
}

void channel_kit_revoke(struct double_clinic *c, const struct world_person *who,
	const struct world_person *signer)
{
	struct wire_statement s;

	now_of(c);
	world_statement(&c->cast.w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = who->device;
	s.u.revoke.reason = WIRE_REVOKE_LOST;
	double_must(channel_kit_act(c, NULL, &s, signer));
}

static void wants_reset(
	void *ctx, const struct id16 *channel, uint32_t generation)
{
	struct channel_kit *k = ctx;
	struct case_state *c = k->clinic->cast.c;
	struct wire_statement s;

	if (k->no_resets)
		return;
	for (size_t i = 0; i < c->channel_count; i++) {
		if (!id16_eq(&c->channels[i].channel, channel) ||
			c->channels[i].generation != generation)
			continue;
		now_of(k->clinic);
		world_statement(&k->clinic->cast.w, c, WIRE_ST_RESET, &s);
		s.u.reset.channel = c->channels[i].kind;
		s.u.reset.generation = generation + 1;
		randombytes_buf(s.u.reset.group_id.b, ID16_LEN);
		k->resets += channel_kit_act(k->clinic, c, &s, k->person) == 0;
		/* Whoever brings a statement is sent no notice of it. */
		follow_catch_up(k->follow, &c->id);
		return;
	}
}

static void wants_readmit(void *ctx, const struct id16 *case_id)
{
	struct channel_kit *k = ctx;
	struct wire_statement s;

	now_of(k->clinic);
	world_statement(
		&k->clinic->cast.w, k->clinic->cast.c, WIRE_ST_READMIT, &s);
	k->readmits += channel_kit_act(k->clinic, k->clinic->cast.c, &s,
			       k->person) == 0;
	follow_catch_up(k->follow, case_id);
}

static void moved(void *ctx, const struct id16 *channel)
{
	struct channel_kit *k = ctx;

	if (k->outbox != NULL)
		outbox_moved(k->outbox, channel);
}

static void blob_sent(void *ctx, const struct id16 *blob, int rc)
{
	moved(ctx, NULL);
}

static void changed(void *ctx, const struct id16 *case_id)
{
	struct channel_kit *k = ctx;

	if (k->channels != NULL)
		channels_changed(k->channels, case_id);
}

/* ---- put together ---- */

static void push(void *ctx, const struct wire_message *m)
{
	struct channel_kit *k = ctx;

	if (m->header.op == WIRE_OP_PUSH && k->mailbox != NULL)
		mailbox_push(k->mailbox, m);
	else if (m->header.op == WIRE_OP_NOTICE && k->follow != NULL) {
		follow_notice(k->follow, m);
		mailbox_noticed(k->mailbox);
	}
}

static void open_parts(struct channel_kit *k)
{
	struct vault *v = k->vault.vault;
	const struct follow_options f = {.vault = v,
		.events = k->events,
		.requests = k->requests,
		.changed = changed,
		.ctx = k};
	const struct transfer_options t = {.vault = v,
		.events = k->events,
		.requests = k->requests,
		.sent = blob_sent,
		.ctx = k};
	struct channels_options c = {.vault = v,
		.events = k->events,
		.requests = k->requests,
		.me = &k->me,
		.reset = wants_reset,
		.readmit = wants_readmit,
		.moved = moved,
		.below = k->below,
		.ctx = k};
	struct mailbox_options m = {.vault = v,
		.events = k->events,
		.requests = k->requests,
		.opened = opened,
		.unreadable = unreadable,
		.joined = joined,
		.aborted = aborted,
		.ctx = k};
	struct outbox_options o = {.vault = v,
		.requests = k->requests,
		.sent = sent,
		.unsent = unsent,
		.aborted = aborted,
		.ctx = k};

	double_must(follow_new(&k->follow, &f));
	follow_time(k->follow, relay_double_now(k->clinic->d), false);
	double_must(transfer_new(&k->transfer, &t));
	c.follow = k->follow;
	double_must(channels_new(&k->channels, &c));
	channels_time(k->channels, relay_double_now(k->clinic->d));
	m.channels = o.channels = k->channels;
	o.transfer = k->transfer;
	double_must(mailbox_new(&k->mailbox, &m));
	double_must(outbox_new(&k->outbox, &o));
}

static void open_all(struct channel_kit *k)
{
	double_must(events_new(&k->events, k->vault.vault));
	double_must(requests_new(&k->requests,
		relay_double_transport(k->clinic->d, &k->person->device), push,
		k));
	open_parts(k);
	k->begun = true;
}

static void make_identity(struct channel_kit *k)
{
	const struct world_person *p = k->person;
	struct double_clinic *c = k->clinic;

	memcpy(k->me.signature_seed.b, p->seed, KEY32_LEN);
	memcpy(k->me.transport_secret.b, p->transport_secret, KEY32_LEN);
	k->me.member = p->member;
	k->me.device = p->device;
	double_must(buf_copy(&k->me.record, buf_view(&c->cast.w.record)));
	double_must(store_device_card(store_view(relay_double_begin(c->d)),
		&p->device, &k->me.chain));
	relay_double_commit(c->d);
}

void channel_kit_begin(struct channel_kit *k, struct double_clinic *c,
	const struct world_person *person)
{
	uint32_t (*below)(void *ctx, uint32_t n) = k->below;

	memset(k, 0, sizeof *k);
	k->below = below;
	k->clinic = c;
	k->person = person;
	vault_kit_begin(&k->vault);
	make_identity(k);
	double_must(vault_begin(k->vault.vault));
	double_must(follow_begin(k->vault.vault, buf_view(&k->me.record)));
	double_must(identity_put(k->vault.vault, &k->me));
	double_must(vault_commit(k->vault.vault));
	open_all(k);
}

void channel_kit_kill(struct channel_kit *k)
{
	if (!k->begun)
		return;
	outbox_free(k->outbox);
	mailbox_free(k->mailbox);
	channels_free(k->channels);
	transfer_free(k->transfer);
	follow_free(k->follow);
	requests_free(k->requests);
	events_free(k->events);
	k->outbox = NULL;
	k->mailbox = NULL;
	k->channels = NULL;
	k->follow = NULL;
	k->begun = k->greeting = k->greeted = k->subscribed = false;
	relay_double_cut(k->clinic->d, &k->person->device);
}

void channel_kit_again(struct channel_kit *k)
{
	vault_kit_again(&k->vault);
	open_all(k);
}

void channel_kit_end(struct channel_kit *k)
{
	channel_kit_kill(k);
	identity_wipe(&k->me);
	vault_kit_end(&k->vault);
}

/* ---- a session's step ---- */

static void greeted(void *ctx, const struct requests_outcome *o)
{
	struct channel_kit *k = ctx;
	struct wire_hello_answer a;

	k->greeting = false;
	k->again_ms = relay_double_ms(k->clinic->d) + 1000;
	if (o->rc != 0)
		return;
	double_must(wire_hello_answer_decode(o->answer, &a));
	requests_version(k->requests, a.version);
	follow_time(k->follow, a.time.now, a.time.doubtful);
	channels_time(k->channels, a.time.now);
	outbox_greeted(k->outbox, &a);
	k->greeted = true;
	follow_catch_up(k->follow, NULL);
}

static void greet(struct channel_kit *k)
{
	const struct wire_hello hello = {{1, 1}};
	uint8_t mem[16];
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	double_must(wire_hello_encode(&hello, &w));
	double_must(requests_start(
		k->requests, &(struct requests_new){.op = WIRE_OP_HELLO,
				     .body = writer_view(&w),
				     .done = greeted,
				     .ctx = k}));
	k->greeting = true;
}

static void note(struct channel_kit *k, int rc)
{
	if (rc == 0)
		return;
	k->error = rc;
	k->errors++;
}

void channel_kit_step(struct channel_kit *k)
{
	const struct transport *t =
		relay_double_transport(k->clinic->d, &k->person->device);
	uint64_t now = relay_double_ms(k->clinic->d);
	enum transport_state state;
	bool current;

	if (!k->begun)
		return;
	state = requests_step(k->requests, now);
	k->up = state == TRANSPORT_UP;
	if (!k->no_time) {
		follow_time(k->follow, relay_double_now(k->clinic->d), false);
		channels_time(k->channels, relay_double_now(k->clinic->d));
	}
	if (t->connection(t->ctx) != k->connection || state != TRANSPORT_UP) {
		k->connection = t->connection(t->ctx);
		k->greeted = k->subscribed = false;
		mailbox_lost(k->mailbox);
	}
	if (state == TRANSPORT_UP && !k->greeted && !k->greeting &&
		k->again_ms <= now)
		greet(k);
	note(k, follow_step(k->follow, now));
	if (k->greeted && !k->subscribed && !follow_busy(k->follow)) {
		mailbox_greeted(k->mailbox);
		follow_catch_up(k->follow, NULL);
		k->subscribed = true;
	}
	current = k->greeted && k->subscribed && !follow_busy(k->follow) &&
		  mailbox_current(k->mailbox);
	channels_online(k->channels, current);
	outbox_online(k->outbox, current);
	note(k, mailbox_step(k->mailbox, now));
	note(k, channels_step(k->channels, now));
	note(k, outbox_step(k->outbox, now));
	note(k, transfer_step(k->transfer, now));
	(void)requests_step(k->requests, now);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t wait_of(struct channel_kit *k)
{
	uint64_t now = relay_double_ms(k->clinic->d), w;

	if (!k->begun)
		return UINT64_MAX;
	w = follow_wait(k->follow, now);
	/* The double lets nobody wait for a connection. */
	if (k->up)
		w = least(w, requests_wait(k->requests, now));
	w = least(w, mailbox_wait(k->mailbox, now));
	w = least(w, channels_wait(k->channels, now));
	w = least(w, outbox_wait(k->outbox, now));
	return least(w, transfer_wait(k->transfer, now));
}

static void spinning(struct channel_kit *const *k, size_t n)
{
	uint64_t now = relay_double_ms(k[0]->clinic->d);

	for (size_t i = 0; i < n; i++)
		if (k[i]->begun)
			fprintf(stderr,
				"%zu: requests %d, due in %lld %lld %lld %lld "
				"%lld %lld, error %d\n",
				i, k[i]->up,
				(long long)requests_wait(k[i]->requests, now),
				(long long)follow_wait(k[i]->follow, now),
				(long long)mailbox_wait(k[i]->mailbox, now),
				(long long)channels_wait(k[i]->channels, now),
				(long long)outbox_wait(k[i]->outbox, now),
				(long long)transfer_wait(k[i]->transfer, now),
				k[i]->error);
	abort();
}

/* A hundred steps at one moment are many: time goes on all the same. */
void channel_kit_run(struct channel_kit *const *k, size_t n, uint64_t ms)
{
	struct relay_double *d = k[0]->clinic->d;
	uint64_t end = relay_double_ms(d) + ms;
	unsigned idle = 0, busy = 0, spins = 0;

	while (relay_double_ms(d) < end) {
		uint64_t w = end - relay_double_ms(d);

		for (size_t i = 0; i < n; i++)
			channel_kit_step(k[i]);
		for (size_t i = 0; i < n; i++)
			w = least(w, wait_of(k[i]));
		idle = w > 0 ? idle + 1 : 0;
		busy = w > 0 ? 0 : busy + 1;
		/* Once more: what one did may be for another. */
		if (idle < 3 && busy < 100)
			continue;
		/* Something is always due and never done. */
		spins = w == 0 ? spins + 1 : 0;
		if (spins > 100)
			spinning(k, n);
		relay_double_pass(d, w == 0 ? 1 : w);
		idle = busy = 0;
	}
}

/* ---- said and heard ---- */

static int keep_blob(struct channel_kit *k, struct outbox_post *post,
	struct bytes data, const struct id16 *message)
{
	const struct transfer_what what = {
		.channel = post->channel, .message = *message};
	struct content_blob blob;
	int rc = transfer_keep_bytes(k->transfer, &what, data, &blob);

	post->blobs[0] = blob.blob;
	post->blob_count = 1;
	return rc;
}

static int try_say(struct channel_kit *k, const struct id16 *channel,
	const char *text, struct bytes data)
{
	struct content c = {.type = CONTENT_TEXT,
		.sent = relay_double_now(k->clinic->d),
		.u.text = bytes_of(text, strlen(text))};
	struct outbox_post post = {.channel = *channel, .kept = true};
	struct writer w;
	int rc = vault_begin(k->vault.vault);

	if (rc != 0)
		return rc;
	randombytes_buf(c.id.b, ID16_LEN);
	if (data.len > 0)
		rc = keep_blob(k, &post, data, &c.id);
	writer_init(&w, CONTENT_MAX);
	double_must(content_encode(&c, &w));
	post.content = writer_view(&w);
	if (rc == 0)
		rc = outbox_put(k->outbox, &post);
	writer_wipe(&w);
	if (rc == 0)
		rc = vault_commit(k->vault.vault);
	else
		vault_abort(k->vault.vault);
	if (rc != 0)
		outbox_aborted(k->outbox);
	return rc;
}

int channel_kit_try_say(
	struct channel_kit *k, const struct id16 *channel, const char *text)
{
	return try_say(k, channel, text, (struct bytes){0});
}

void channel_kit_attach(struct channel_kit *k, const struct id16 *channel,
	const char *text, struct bytes data)
{
	double_must(try_say(k, channel, text, data));
}

void channel_kit_say(
	struct channel_kit *k, const struct id16 *channel, const char *text)
{
	double_must(channel_kit_try_say(k, channel, text));
}

static size_t count(struct channel_kit *k, const char *text)
{
	size_t found = 0;
	uint64_t n = 0;

	for (;; n++) {
		struct buf raw = {0};

		if (vault_next(k->vault.vault, VAULT_MESSAGE, TEXTS, n, &n,
			    &raw) != 0)
			return found;
		found += text == NULL ||
			 bytes_eq(buf_view(&raw), bytes_of(text, strlen(text)));
		buf_wipe(&raw);
	}
}

size_t channel_kit_heard(struct channel_kit *k, const char *text)
{
	return count(k, text);
}

size_t channel_kit_count(struct channel_kit *k)
{
	return count(k, NULL);
}

size_t channel_kit_events(struct channel_kit *k, uint16_t type, int code)
{
	size_t found = 0;
	uint64_t n = 0;

	for (;; n++) {
		struct buf raw = {0};
		struct event e;

		if (vault_next(k->vault.vault, VAULT_EVENT, bytes_of("e", 1), n,
			    &n, &raw) != 0)
			return found;
		double_must(events_decode(buf_view(&raw), &e));
		found += e.type == type && (code == 0 || e.code == code);
		buf_wipe(&raw);
	}
}

struct channel_info channel_kit_info(
	struct channel_kit *k, const struct id16 *channel)
{
	struct channel_info info;

	(void)!channels_info(k->channels, channel, &info);
	return info;
}

bool channel_kit_in(struct channel_kit *k, const struct id16 *channel,
	const struct world_person *who)
{
	struct id16 in[CHANNEL_DEVICES_MAX];
	size_t n = 0;

	double_must(channels_devices(
		k->channels, channel, in, CHANNEL_DEVICES_MAX, &n));
	for (size_t i = 0; i < n; i++)
		if (id16_eq(&in[i], &who->device))
			return true;
	return false;
}
