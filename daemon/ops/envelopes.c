/*
 * Envelope operations: see envelopes.h.
 */
#include "ops/envelopes.h"
#include "ops/record.h"
#include "ops/restored.h"

/* A full mailbox empties when its owner comes online. */
#define RETRY_MAILBOX_MS 60000

/* What the sender is told of the store's answer to one item. */
static void item_result(int rc, struct wire_error *ret)
{
	*ret = (struct wire_error){WIRE_OK, 0};
	if (rc == ROWAN_E_QUOTA)
		*ret = (struct wire_error){WIRE_FULL, RETRY_MAILBOX_MS};
	else if (rc == ROWAN_E_EXISTS)
		*ret = (struct wire_error){WIRE_COUNTER, 0};
	else if (rc != 0)
		ops_code(rc, ret);
}

void envelopes_hash(struct request *r)
{
	const struct wire_submit *s = &r->body.submit;

	r->hashed = r->header.op == WIRE_OP_SUBMIT;
	for (size_t i = 0; r->hashed && i < s->count; i++)
		entry_content(s->items[i].envelope, &r->content[i]);
}

/* Its leaf, which is the next: what is stored names it already. */
static int log_one(struct ops *o, const struct request *r, size_t i,
	struct wire_logged *ret)
{
	const struct wire_submit_item *it = &r->body.submit.items[i];
	struct entry_made made;
	struct log_entry e;
	int rc;

	o->record = (struct record){.number = it->counter};
	rc = record_channel(o, &it->channel);
	if (rc == 0)
		rc = record_entry(o, r, &e);
	if (rc != 0)
		return rc;
	if (r->hashed)
		e.content = r->content[i];
	else
		entry_content(it->envelope, &e.content);
	rc = entry_add(o->store, &e, &made);
	ret->leaf = made.leaf;
	ret->time = o->now;
	memcpy(ret->time_salt, made.time_salt.b, sizeof ret->time_salt);
	return rc;
}

static int store_one(struct ops *o, struct request *r,
	const struct wire_submit_item *it, struct store_submitted *done)
{
	uint64_t life = it->lifetime;
	struct store_envelope e = {.channel = it->channel,
		.counter = it->counter,
		.kind = WIRE_KIND_APPLICATION,
		.urgent = (it->flags & WIRE_URGENT) != 0,
		.leaf = entry_next(o->store),
		.body = it->envelope};
	struct gates_message m = {.now = o->now, .sender = &r->device};
	int rc;

	if (life > o->config->lifetime_max / 1000 || e.counter > INT64_MAX)
		return ROWAN_E_LIMIT;
	if (life == 0)
		life = o->config->lifetime / 1000;
	e.expires = o->now + life;
	/*
	 * A repeat gets its first answer, whatever has happened since: a
	 * device that was refused would use its counter for something else.
	 */
	if (store_is_repeat(o->store, &r->device, e.counter))
		return store_submit(o->store, &r->device, &e, done);
	rc = ops_allow_channel(o, r, &it->channel);
	if (rc == 0)
		rc = gates_pass(
			&o->gates, o->store, &it->channel, it->envelope, &m);
	e.to = m.to;
	e.to_len = m.to_len;
	return rc != 0 ? rc : store_submit(o->store, &r->device, &e, done);
}

static void submit_item(struct ops *o, struct request *r, size_t i,
	struct wire_error *ret, struct wire_logged *logged)
{
	const struct wire_submit_item *it = &r->body.submit.items[i];
	struct planned of = {
		.request = r, .item = i, .leaf = entry_next(o->store)};
	struct store_submitted done = {0};
	int rc = store_mark_one(o->store);

	*logged = (struct wire_logged){.leaf = WIRE_LEAF_NONE};

	if (rc != 0) {
		o->lost = true;
	} else {
		rc = store_one(o, r, it, &done);
		of.received = done.received;
		/* Before anything changes what ${done} borrows. */
		if (rc == 0)
			subs_plan(&o->subs, &of, done.deliveries,
				done.deliveries_len);
		if (rc == 0 && !done.repeat)
			rc = log_one(o, r, i, logged);
		rc = ops_settle(o, rc);
	}
	item_result(rc, ret);
	if (!o->lost && record_refused(o, r, ret->code) != 0)
		o->lost = true;
}

/*
 * After an item that may be tried again, later ones of its channel wait too:
 * they must not overtake it.
 */
static bool must_wait(const struct wire_submit *s,
	const struct wire_submit_answer *a, struct wire_error *ret)
{
	const struct id16 *channel = &s->items[a->count].channel;

	for (size_t i = 0; i < a->count; i++) {
		if (!wire_code_retryable(a->results[i].code) ||
			!id16_eq(&s->items[i].channel, channel))
			continue;
		*ret = (struct wire_error){WIRE_AGAIN, a->results[i].retry_ms};
		return true;
	}
	return false;
}

int envelopes_submit(struct ops *o, struct request *r)
{
	const struct wire_submit *s = &r->body.submit;
	struct wire_submit_answer a;

	for (a.count = 0; a.count < s->count; a.count++) {
		struct wire_error *e = &a.results[a.count];

		if (!must_wait(s, &a, e))
			submit_item(o, r, a.count, e, &a.logged[a.count]);
		if (e->code != WIRE_OK)
			atomic_fetch_add(&o->counters->items_refused, 1);
	}
	/* Each item was judged and logged; the answer tells them apart. */
	o->allowed = o->record.done = true;
	return wire_submit_answer_encode(&a, &r->out);
}

/* The answer to subscribe and acknowledge. */
static int tell_waiting(struct request *r, uint64_t waiting)
{
	const struct wire_waiting a = {
		waiting < UINT32_MAX ? (uint32_t)waiting : UINT32_MAX};

	return wire_waiting_encode(&a, &r->out);
}

int envelopes_subscribe(struct ops *o, struct request *r)
{
	const struct wire_subscribe *s = &r->body.subscribe;
	const struct sub_options sub = {.device = r->device,
		.member = o->sender.member,
		.peer = r->from,
		.id = r->header.id,
		.version = r->header.version,
		.after = s->after,
		.until = o->sender.until,
		.credit = s->credit,
		.staff = record_is_staff(o)};
	uint64_t waiting = 0;
	int rc = store_waiting(o->view, &r->device, &waiting);

	if (rc == 0)
		rc = subs_put(&o->subs, &sub);
	return rc != 0 ? rc : tell_waiting(r, waiting);
}

int envelopes_credit(struct ops *o, struct request *r)
{
	subs_credit(&o->subs, &r->device, r->from, r->body.credit.credit);
	return wire_empty_encode(&(struct wire_empty){0}, &r->out);
}

int envelopes_ack(struct ops *o, struct request *r)
{
	const struct wire_ack *a = &r->body.ack;
	struct store_range ranges[WIRE_ACK_RANGES_MAX];
	uint64_t waiting = 0;
	size_t removed;
	int rc;

	for (size_t i = 0; i < a->count; i++)
		ranges[i] = (struct store_range){
			a->ranges[i].first, a->ranges[i].last};
	rc = store_acknowledge(
		o->store, &r->device, ranges, a->count, &removed);
	if (rc != 0)
		return rc;
	/* A repeat has changed nothing. */
	o->record.done = removed == 0;
	o->record.number = a->ranges[a->count - 1].last;
	if (a->credit > 0)
		subs_credit(&o->subs, &r->device, r->from, a->credit);
	/* Nobody reads the answer to a quiet one. */
	if (r->header.id == 0)
		return 0;
	rc = store_waiting(o->view, &r->device, &waiting);
	return rc != 0 ? rc : tell_waiting(r, waiting);
}

/* What was fetched becomes the answer's, copied. */
static int answer_items(
	struct ops *o, struct request *r, struct wire_fetch_answer *a)
{
	size_t n = 0;
	const struct store_item *items = store_batch_items(o->fetched, &n);

	for (a->count = 0; a->count < n; a->count++) {
		const struct store_item *it = &items[a->count];
		int rc = buf_copy(&r->answer[a->count], it->body);

		if (rc != 0)
			return rc;
		r->answer_count = a->count + 1;
		a->items[a->count] = (struct wire_delivery){.sequence = it->seq,
			.channel = it->channel,
			.kind = it->kind,
			.flags = it->urgent ? WIRE_URGENT : 0,
			.received = it->received,
			.envelope = it->body};
	}
	return wire_fetch_answer_encode(a, &r->out);
}

/* What a member of staff is given is written down first. */
static int read_items(struct ops *o, const struct request *r)
{
	const struct store_item *items;
	size_t n = 0;

	items = store_batch_items(o->fetched, &n);
	return subs_reading(&r->device, items, n, record_fetched, o);
}

/* Nothing of a case that waits, nor what comes behind it. */
static int keep_back(struct ops *o, struct store_fetch *want, bool *more)
{
	const struct store_item *items;
	size_t n = 0, may;

	items = store_batch_items(o->fetched, &n);
	may = returning_on(&o->returning) ? restored_first(o, items, n) : n;
	if (may == n)
		return 0;
	store_batch_clear(o->fetched);
	if (may == 0)
		return ROWAN_E_RESTORING;
	want->max_items = (uint32_t)may;
	return store_fetch(o->view, want, o->fetched, more);
}

int envelopes_fetch(struct ops *o, struct request *r)
{
	const struct wire_fetch *f = &r->body.fetch;
	struct wire_fetch_answer a;
	size_t n = 0;
	struct store_fetch want = {.device = r->device,
		.from = f->after + 1,
		.now = o->doubtful ? 0 : o->now,
		.max_items = f->max < WIRE_FETCH_MAX ? f->max : WIRE_FETCH_MAX,
		.max_bytes = (uint32_t)o->config->message_bytes / 2};
	int rc;

	/* Nothing comes after the last number there is. */
	if (f->after == UINT64_MAX)
		want.from = f->after;
	rc = store_fetch(o->view, &want, o->fetched, &a.more);
	if (rc == 0)
		rc = keep_back(o, &want, &a.more);
	if (rc == 0)
		(void)store_batch_items(o->fetched, &n);
	if (rc == 0 && !record_may_read(o, r, n)) {
		store_batch_clear(o->fetched);
		return 0;
	}
	if (rc == 0 && record_is_staff(o))
		rc = read_items(o, r);
	o->record.done = true;
	if (rc == 0)
		rc = answer_items(o, r, &a);
	store_batch_clear(o->fetched);
	return rc;
}
