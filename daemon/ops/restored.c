/*
 * After a restore: see restored.h.
 */
#include "clinic/source.h"
#include "ops/restored.h"
#include "trust/rules.h"

int restored_tell(struct ops *o, struct request *r)
{
	struct returning *b = &o->returning;
	struct wire_restored_answer a = {
		.on = returning_on(b), .statement = buf_view(&b->restore)};
	int rc = returning_tell(b, &r->device, r->body.restored.given);

	return rc == 0 ? wire_restored_answer_encode(&a, &r->out) : rc;
}

int restored_channel(struct ops *o, const struct id16 *channel)
{
	struct id16 of;
	int rc;

	if (!returning_on(&o->returning))
		return 0;
	rc = store_channel_case(o->store, channel, &of);
	return rc == 0 ? returning_case(&o->returning, o->store, &of, o->now)
		       : rc;
}

size_t restored_first(void *ctx, const struct store_item *items, size_t len)
{
	struct ops *o = ctx;
	size_t n = 0;

	while (n < len && restored_channel(o, &items[n].channel) == 0)
		n++;
	return n;
}

/* ---- statements --------------------------------------------------------- */

/* It waits itself: not before what was lost. */
static bool is_the_restore(const struct ops *o, const struct wire_statement *s)
{
	return bytes_eq(s->raw, buf_view(&o->returning.restore));
}

int restored_put(struct ops *o, const struct request *r,
	const struct wire_statement *s, struct acts_result *done)
{
	const struct returning *b = &o->returning;
	struct acts_given given = {
		.device = r->device, .before = b->before, .now = o->now};
	bool of_case = wire_statement_of_case(s->kind);
	bool clinic = b->phase == RETURNING_CLINIC;
	int rc = 0;

	/* Nobody waits for it any more; but where nothing came since, it fits.
	 */
	if (b->phase == RETURNING_OVER && of_case && s->time <= b->before &&
		s->time + RULES_CLOCK_SKEW < o->now)
		return acts_give(o->store, s->raw, &given, done);
	if (!returning_on(b) || (!clinic && !of_case))
		return acts_put(o->store, s->raw, o->now, done);
	/* The clinic's first: cases stand on it. */
	if (clinic && (of_case || is_the_restore(o, s)))
		return ROWAN_E_RESTORING;
	if (of_case)
		rc = returning_case(b, o->store, &s->case_id, o->now);
	if (rc != 0 && rc != ROWAN_E_RESTORING)
		return rc;
	given.waits = rc != 0;
	if (s->time <= b->before)
		return acts_give(o->store, s->raw, &given, done);
	return clinic || given.waits ? ROWAN_E_RESTORING
				     : acts_put(o->store, s->raw, o->now, done);
}

/* ---- time --------------------------------------------------------------- */

static int apply(struct ops *o)
{
	struct acts_result done;
	struct notice n = {.all = true};
	int rc = returning_step(&o->returning, o->store, o->now,
		o->config->restore_wait / 1000, &done);

	if (rc != 0 || done.head.number == 0)
		return rc;
	n.chain = done.chain;
	n.newest = done.head;
	return subs_notice(&o->subs, &n);
}

int restored_again(struct ops *o)
{
	struct returning *b = &o->returning, stored;
	int rc = returning_load(&stored, o->view);

	if (rc != 0)
		return rc == ROWAN_E_CORRUPT ? rc : 0;
	b->phase = stored.phase;
	b->since = stored.since;
	b->news = true;
	returning_wipe(&stored);
	return 0;
}

/* For whoever asks how the relay stands. */
static void publish(struct ops *o)
{
	const struct returning *b = &o->returning;
	bool on = returning_waits(b);

	atomic_store(&o->counters->restoring, on ? b->phase : 0);
	atomic_store(&o->counters->restoring_missing, on ? b->missing : 0);
	atomic_store(&o->counters->restoring_since, on ? b->since : 0);
	atomic_store(&o->counters->restore_refused, on && b->refused);
}

void restored_step(struct ops *o)
{
	int rc;

	/* Nothing is over while nobody knows the time. */
	if (!returning_on(&o->returning) || o->doubtful) {
		publish(o);
		return;
	}
	rc = store_mark(o->store);
	if (rc != 0) {
		o->lost = true;
		return;
	}
	rc = ops_settle(o, apply(o));
	if (rc != 0 && !o->lost && restored_again(o) != 0)
		o->damaged = true;
	subs_awake(&o->subs);
	publish(o);
}
