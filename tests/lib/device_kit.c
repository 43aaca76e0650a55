/*
 * A device at the double: see device_kit.h.
 */
#include <stdlib.h>

#include "lib/device_kit.h"
#include "lib/double_line.h"
#include "wire/hello.h"
#include "wire/op.h"

#define STEPS 3000

static void pushed(void *ctx, const struct wire_message *m)
{
	struct device_kit *d = ctx;

	if (m->header.op == WIRE_OP_NOTICE)
		follow_notice(d->follow, m);
}

static void changed(void *ctx, const struct id16 *case_id)
{
	struct device_kit *d = ctx;

	d->changes++;
}

static void greeted(void *ctx, const struct requests_outcome *o)
{
	struct device_kit *d = ctx;

	if (o->rc != 0)
		return;
	requests_version(d->q, 1);
	d->up = true;
	follow_time(d->follow, relay_double_now(d->clinic->d), false);
	follow_catch_up(d->follow, NULL);
}

static void start(struct device_kit *d)
{
	struct follow_options f = {
		.vault = d->kit.vault, .changed = changed, .ctx = d};
	struct acts_options a = {
		.vault = d->kit.vault, .me = &d->me, .barred = d->barred};

	double_must(identity_get(d->kit.vault, &d->me));
	double_must(events_new(&d->events, d->kit.vault));
	double_must(requests_new(&d->q,
		relay_double_transport(d->clinic->d, &d->me.device), pushed,
		d));
	f.events = a.events = d->events;
	f.requests = a.requests = d->q;
	double_must(follow_new(&d->follow, &f));
	a.follow = d->follow;
	if (d->with_acts)
		double_must(acts_new(&d->acts, &a));
	d->greeted = 0;
	d->up = false;
	relay_double_cut(d->clinic->d, &d->me.device);
}

static void stop(struct device_kit *d)
{
	acts_free(d->acts);
	follow_free(d->follow);
	requests_free(d->q);
	events_free(d->events);
	identity_wipe(&d->me);
	d->acts = NULL;
}

/* As enrolment leaves it. */
static void enrol(struct device_kit *d, const struct world_person *p)
{
	struct identity me = {
		.member = p->member, .device = p->device, .server_count = 0};
	struct store *st = relay_double_begin(d->clinic->d);

	double_must(store_device_card(store_view(st), &p->device, &me.chain));
	relay_double_commit(d->clinic->d);
	memcpy(me.signature_seed.b, p->seed, KEY32_LEN);
	memcpy(me.transport_secret.b, p->transport_secret, KEY32_LEN);
	double_must(buf_copy(&me.record, buf_view(&d->clinic->cast.w.record)));
	double_must(vault_begin(d->kit.vault));
	double_must(identity_put(d->kit.vault, &me));
	double_must(follow_begin(d->kit.vault, buf_view(&me.record)));
	double_must(vault_commit(d->kit.vault));
	identity_wipe(&me);
}

void device_kit_begin(struct device_kit *d, struct double_clinic *clinic,
	const struct world_person *person, bool with_acts)
{
	memset(d, 0, sizeof *d);
	d->clinic = clinic;
	d->with_acts = with_acts;
	vault_kit_begin(&d->kit);
	enrol(d, person);
	start(d);
}

void device_kit_end(struct device_kit *d)
{
	stop(d);
	vault_kit_end(&d->kit);
}

void device_kit_again(struct device_kit *d)
{
	stop(d);
	vault_kit_again(&d->kit);
	start(d);
}

static void greet(struct device_kit *d)
{
	static const struct wire_hello hello = {{1, 1}};
	struct requests_new n = {
		.op = WIRE_OP_HELLO, .done = greeted, .ctx = d};
	struct writer w;

	writer_init(&w, 64);
	double_must(wire_hello_encode(&hello, &w));
	n.body = writer_view(&w);
	double_must(requests_start(d->q, &n));
	writer_wipe(&w);
}

static void note(struct device_kit *d, int rc)
{
	if (rc != 0)
		d->fault = rc;
}

bool device_kit_step(struct device_kit *d)
{
	const struct transport *t =
		relay_double_transport(d->clinic->d, &d->me.device);
	uint64_t ms = relay_double_ms(d->clinic->d);

	if (requests_step(d->q, ms) != TRANSPORT_UP)
		return false;
	if (t->connection(t->ctx) != d->greeted) {
		d->greeted = t->connection(t->ctx);
		d->up = false;
		greet(d);
		return true;
	}
	note(d, follow_step(d->follow, ms));
	if (d->acts != NULL) {
		acts_online(d->acts, d->up && !follow_busy(d->follow));
		note(d, acts_step(d->acts, ms));
	}
	return requests_wait(d->q, ms) == 0 ||
	       follow_wait(d->follow, ms) == 0 ||
	       (d->acts != NULL && acts_wait(d->acts, ms) == 0);
}

void device_kit_settle(struct device_kit *d)
{
	int steps = 0;

	while (device_kit_step(d))
		if (++steps == STEPS)
			abort();
}

void device_kit_catch_up(struct device_kit *d)
{
	follow_time(d->follow, relay_double_now(d->clinic->d), false);
	follow_catch_up(d->follow, NULL);
	device_kit_settle(d);
}

bool device_kit_event(struct device_kit *d, uint16_t type, struct event *ret)
{
	struct buf text;
	int rc;

	while ((rc = events_next(d->events, ret, &text)) == 0) {
		buf_wipe(&text);
		ret->text = (struct bytes){0};
		double_must(events_done(d->events, ret->number));
		if (type == 0 || ret->type == type)
			return true;
	}
	double_must(rc == ROWAN_E_NOT_FOUND ? 0 : rc);
	return false;
}

unsigned device_kit_alarms(struct device_kit *d, int alarm)
{
	unsigned n = 0;
	struct event e;

	while (device_kit_event(d, ROWAN_EVENT_ALARM, &e))
		n += alarm == 0 || e.code == alarm;
	return n;
}
