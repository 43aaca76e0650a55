/*
 * Subscriptions: see subs.h.
 */
#include <stdlib.h>

#include "ops/batch.h"
#include "ops/subs_inner.h"
#include "store/store.h"

/* Beyond this many deliveries in a batch the rest is read back. */
#define PLANNED_MAX 32768

void subs_init(struct subs *s, uint32_t message_bytes, uint32_t credit_max)
{
	memset(s, 0, sizeof *s);
	idmap_init(&s->map);
	s->message_bytes = message_bytes;
	s->credit_max = credit_max;
}

void subs_wipe(struct subs *s)
{
	struct sub *sub;
	size_t pos = 0;

	while ((sub = idmap_next(&s->map, &pos)) != NULL) {
		notices_drop(sub);
		free(sub);
	}
	idmap_wipe(&s->map);
	notices_forget(s);
	free(s->notices);
	free(s->planned);
	memset(s, 0, sizeof *s);
}

static void unqueue(struct subs *s, struct sub *sub)
{
	if (!sub->queued)
		return;
	if (sub->prev != NULL)
		sub->prev->next = sub->next;
	else
		s->behind_head = sub->next;
	if (sub->next != NULL)
		sub->next->prev = sub->prev;
	else
		s->behind_tail = sub->prev;
	sub->next = sub->prev = NULL;
	sub->queued = false;
}

/*
 * Those who are behind and have credit stand in line; nobody else does, nor
 * whoever's card has ended.
 */
static void queue(struct subs *s, struct sub *sub)
{
	if (sub->queued || sub->ended || sub->o.credit == 0 ||
		((sub->level || sub->stands) && sub->due == 0))
		return;
	sub->prev = s->behind_tail;
	sub->next = NULL;
	if (s->behind_tail != NULL)
		s->behind_tail->next = sub;
	else
		s->behind_head = sub;
	s->behind_tail = sub;
	sub->queued = true;
}

static uint32_t capped(const struct subs *s, uint32_t have, uint32_t more)
{
	uint32_t room = s->credit_max - have;

	return have + (more < room ? more : room);
}

int subs_put(struct subs *s, const struct sub_options *options)
{
	struct sub *sub = idmap_get(&s->map, &options->device);

	if (sub == NULL) {
		sub = calloc(1, sizeof *sub);
		if (sub == NULL)
			return ROWAN_E_NOMEM;
		if (idmap_put(&s->map, &options->device, sub) != 0) {
			free(sub);
			return ROWAN_E_NOMEM;
		}
		s->count++;
	}
	notices_drop(sub);
	sub->o = *options;
	sub->o.credit = capped(s, 0, options->credit);
	sub->level = sub->stands = sub->ended = false;
	unqueue(s, sub);
	queue(s, sub);
	return 0;
}

static struct sub *held_by(
	struct subs *s, const struct id16 *device, struct peer_ref peer)
{
	struct sub *sub = idmap_get(&s->map, device);

	return sub != NULL && peer_ref_eq(sub->o.peer, peer) ? sub : NULL;
}

void subs_credit(struct subs *s, const struct id16 *device,
	struct peer_ref peer, uint32_t credit)
{
	struct sub *sub = held_by(s, device, peer);

	if (sub == NULL)
		return;
	sub->o.credit = capped(s, sub->o.credit, credit);
	queue(s, sub);
}

void subs_back(struct subs *s, const struct request *r)
{
	struct sub *sub = held_by(s, &r->device, r->from);

	if (sub == NULL || sub->o.id != r->header.id)
		return;
	sub->level = false;
	notices_again(sub);
	if (r->unsent_after < sub->o.after)
		sub->o.after = r->unsent_after;
	sub->o.credit = capped(s, sub->o.credit, r->credit);
	queue(s, sub);
}

/* What was planned for ${sub} is not pushed. */
static void unplan(struct subs *s, const struct sub *sub)
{
	for (uint32_t at = sub->head; at != 0; at = s->planned[at - 1].next)
		s->planned[at - 1].sub = NULL;
}

void subs_drop(
	struct subs *s, const struct id16 *device, const struct peer_ref *peer)
{
	struct sub *sub = idmap_get(&s->map, device);

	if (sub == NULL || (peer != NULL && !peer_ref_eq(sub->o.peer, *peer)))
		return;
	unplan(s, sub);
	unqueue(s, sub);
	idmap_del(&s->map, device);
	notices_drop(sub);
	free(sub);
	s->count--;
}

void subs_behind(struct subs *s, const struct id16 *device)
{
	struct sub *sub = idmap_get(&s->map, device);

	if (sub == NULL)
		return;
	sub->level = false;
	queue(s, sub);
}

static bool room_for(struct subs *s, size_t more)
{
	size_t cap = s->planned_cap == 0 ? 1024 : s->planned_cap;
	struct planned *p;

	if (s->planned_count + more > PLANNED_MAX)
		return false;
	while (cap < s->planned_count + more)
		cap *= 2;
	if (cap == s->planned_cap)
		return true;
	p = realloc(s->planned, cap * sizeof *p);
	if (p == NULL)
		return false;
	s->planned = p;
	s->planned_cap = cap;
	return true;
}

void subs_plan(struct subs *s, const struct planned *of,
	const struct store_delivery *d, size_t len)
{
	bool room = room_for(s, len);

	for (size_t i = 0; i < len; i++) {
		/*
		 * Behind before the commit is safe: it only means that the
		 * mailbox will be looked at.
		 */
		if (!room)
			subs_behind(s, &d[i].device);
		else if (idmap_get(&s->map, &d[i].device) != NULL) {
			struct planned *p = &s->planned[s->planned_count++];

			*p = *of;
			p->device = d[i].device;
			p->seq = d[i].seq;
			p->sub = NULL;
		}
	}
}

/* A push that does not leave: its subscriber is where it was before. */
static void unserve(struct subs *s, const struct push *p)
{
	struct sub *sub = held_by(s, &p->device, p->to);

	if (sub == NULL || sub->o.id != p->id)
		return;
	sub->level = false;
	if (p->op == WIRE_OP_NOTICE)
		notices_again(sub);
	else if (p->after < sub->o.after)
		sub->o.after = p->after;
	sub->o.credit = capped(s, sub->o.credit,
		p->op == WIRE_OP_NOTICE ? 1 : (uint32_t)p->frame_count);
	queue(s, sub);
}

void subs_forget(struct subs *s, struct batch *b)
{
	for (size_t i = 0; i < s->planned_count; i++) {
		struct sub *sub = s->planned[i].sub;

		if (sub == NULL)
			continue;
		sub->head = sub->tail = 0;
		sub->o.credit = capped(s, sub->o.credit, 1);
	}
	s->planned_count = 0;
	s->ready = false;
	s->looked = 0;
	notices_forget(s);
	for (size_t i = b->push_count; i-- > 0;)
		unserve(s, &b->pushes[i]);
	b->push_count = b->frame_count = 0;
}

/*
 * A card that was renewed ends later than when it subscribed; that is asked
 * again each second, for what is noted here could outlive a commit that fails.
 */
int subs_cards(struct subs *s, uint64_t now, subs_ended *ended, void *ctx)
{
	struct sub *sub;
	size_t pos = 0;
	int rc = 0;

	if (now == s->looked)
		return 0;
	while (rc == 0 && (sub = idmap_next(&s->map, &pos)) != NULL) {
		if (sub->o.until == 0 || now < sub->o.until)
			continue;
		rc = ended(ctx, &sub->o.device, &sub->ended);
		if (sub->ended) {
			sub->level = false;
			unqueue(s, sub);
		} else {
			queue(s, sub);
		}
	}
	if (rc == 0)
		s->looked = now;
	return rc;
}

/* Hang each planned delivery on its subscriber, if that one may have it. */
static void sort_out(struct subs *s)
{
	for (size_t i = 0; i < s->planned_count; i++) {
		struct planned *p = &s->planned[i];
		struct sub *sub = idmap_get(&s->map, &p->device);

		p->sub = NULL;
		p->next = 0;
		/* What was served just now has it already. */
		if (sub == NULL || !sub->level || p->seq <= sub->o.after)
			continue;
		if (sub->o.credit == 0) {
			sub->level = false;
			continue;
		}
		sub->o.credit--;
		p->sub = sub;
		if (sub->tail != 0)
			s->planned[sub->tail - 1].next = (uint32_t)i + 1;
		else
			sub->head = (uint32_t)i + 1;
		sub->tail = (uint32_t)i + 1;
	}
}

/* Tell ${reading}, and begin another. */
static int tell(struct sub_reading *reading, subs_read *read, void *ctx)
{
	int rc = reading->count > 0 ? read(ctx, reading) : 0;

	reading->leaf_count = reading->count = 0;
	return rc;
}

/* One more envelope of ${channel}; ${leaves} has room for a message's. */
static int add_reading(struct sub_reading *reading, uint64_t *leaves,
	const struct id16 *channel, uint64_t leaf, subs_read *read, void *ctx)
{
	int rc = 0;

	if (reading->count == WIRE_ENVELOPES_MAX ||
		!id16_eq(&reading->channel, channel))
		rc = tell(reading, read, ctx);
	reading->channel = *channel;
	reading->leaves = leaves;
	reading->count++;
	/* A mailbox is in the order of the log. */
	if (leaf != UINT64_MAX &&
		(reading->leaf_count == 0 ||
			leaf > leaves[reading->leaf_count - 1]))
		leaves[reading->leaf_count++] = leaf;
	return rc;
}

static int read_planned(
	struct subs *s, struct sub *sub, subs_read *read, void *ctx)
{
	struct sub_reading reading = {.device = sub->o.device};
	uint64_t leaves[WIRE_ENVELOPES_MAX];
	int rc = 0;

	for (uint32_t at = sub->head; rc == 0 && at != 0;
		at = s->planned[at - 1].next) {
		const struct planned *p = &s->planned[at - 1];

		rc = add_reading(&reading, leaves,
			&p->request->body.submit.items[p->item].channel,
			p->leaf, read, ctx);
	}
	return rc == 0 ? tell(&reading, read, ctx) : rc;
}

int subs_ready(struct subs *s, subs_read *read, void *ctx)
{
	int rc = 0;

	if (s->ready)
		return 0;
	sort_out(s);
	s->ready = true;
	for (size_t i = 0; rc == 0 && i < s->planned_count; i++) {
		struct sub *sub = s->planned[i].sub;

		/* Once for each subscriber: at its first. */
		if (sub != NULL && sub->o.staff && sub->head == i + 1)
			rc = read_planned(s, sub, read, ctx);
	}
	return rc;
}

int subs_reading(const struct id16 *device, const struct store_item *items,
	size_t len, subs_read *read, void *ctx)
{
	struct sub_reading reading = {.device = *device};
	uint64_t leaves[WIRE_ENVELOPES_MAX];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < len; i++)
		rc = add_reading(&reading, leaves, &items[i].channel,
			items[i].leaf, read, ctx);
	return rc == 0 ? tell(&reading, read, ctx) : rc;
}

static void fill(struct wire_delivery *d, const struct planned *p)
{
	const struct wire_submit_item *it =
		&p->request->body.submit.items[p->item];

	*d = (struct wire_delivery){.sequence = p->seq,
		.channel = it->channel,
		.kind = WIRE_KIND_APPLICATION,
		.flags = it->flags,
		.received = p->received,
		.envelope = it->envelope};
}

/*
 * One message out of the chain that begins at ${*pos}, as many envelopes as
 * fit; moves ${*pos} on. False when memory is short.
 */
static bool push_some(
	struct subs *s, struct batch *b, struct sub *sub, uint32_t *pos)
{
	struct push_frame frames[WIRE_ENVELOPES_MAX];
	struct wire_push msg;
	size_t bytes = 0;
	uint32_t at = *pos;

	msg.count = 0;
	while (at != 0 && msg.count < WIRE_ENVELOPES_MAX) {
		const struct planned *p = &s->planned[at - 1];
		struct wire_delivery *d = &msg.items[msg.count];

		fill(d, p);
		if (msg.count > 0 && bytes + d->envelope.len > s->message_bytes)
			break;
		bytes += d->envelope.len;
		frames[msg.count++] = (struct push_frame){
			.owner = p->request, .index = p->item};
		at = p->next;
	}
	if (batch_push(b,
		    &(struct push){.to = sub->o.peer,
			    .device = sub->o.device,
			    .id = sub->o.id,
			    .version = sub->o.version,
			    .after = sub->o.after},
		    &msg, frames) != 0)
		return false;
	sub->o.after = msg.items[msg.count - 1].sequence;
	*pos = at;
	return true;
}

/* At once to those with credit; the others are told when they have some. */
static void push_notices(struct subs *s, struct batch *b)
{
	struct sub *sub;
	size_t pos = 0;

	if (s->notice_count == 0)
		return;
	notices_settle(s);
	while ((sub = idmap_next(&s->map, &pos)) != NULL) {
		if (sub->due == 0 || sub->ended)
			continue;
		notices_push(b, sub);
		queue(s, sub);
	}
}

void subs_push(struct subs *s, struct batch *b)
{
	push_notices(s, b);
	if (!s->ready)
		sort_out(s);
	s->ready = false;
	for (size_t i = 0; i < s->planned_count; i++) {
		struct sub *sub = s->planned[i].sub;
		uint32_t pos;

		if (sub == NULL || sub->head == 0)
			continue;
		pos = sub->head;
		sub->head = sub->tail = 0;
		while (pos != 0 && push_some(s, b, sub, &pos))
			;
		if (pos != 0) {
			/* The credit of what was not pushed is not lost. */
			for (; pos != 0; pos = s->planned[pos - 1].next)
				sub->o.credit++;
			sub->level = false;
			queue(s, sub);
		}
	}
	s->planned_count = 0;
}

static int serve_one(struct subs *s, struct batch *b, struct sub *sub,
	const struct subs_slice *slice, uint32_t *budget)
{
	const struct store_item *items;
	struct wire_push msg;
	size_t n = 0, bytes = 0;
	bool more = false;
	struct store_fetch f = {.device = sub->o.device,
		/* Nothing comes after the last number there is. */
		.from = sub->o.after == UINT64_MAX ? UINT64_MAX
						   : sub->o.after + 1,
		.now = slice->doubtful ? 0 : slice->now,
		.max_items = sub->o.credit < WIRE_ENVELOPES_MAX
				     ? sub->o.credit
				     : WIRE_ENVELOPES_MAX,
		.max_bytes = s->message_bytes};
	int rc = store_fetch(slice->rd, &f, slice->fetched, &more);

	if (rc != 0)
		return rc;
	items = store_batch_items(slice->fetched, &n);
	if (slice->first != NULL) {
		size_t may = slice->first(slice->ctx, items, n);

		sub->stands = may < n;
		n = may;
	}
	if (sub->o.staff && slice->may != NULL) {
		size_t may = slice->may(slice->ctx, &sub->o.device, n);

		s->short_of = s->short_of || may < n;
		sub->stands = sub->stands || may < n;
		n = may;
	}
	if (sub->o.staff && slice->read != NULL)
		rc = subs_reading(
			&sub->o.device, items, n, slice->read, slice->ctx);
	if (rc != 0)
		return rc;
	for (msg.count = 0; msg.count < n; msg.count++) {
		const struct store_item *it = &items[msg.count];

		msg.items[msg.count] =
			(struct wire_delivery){.sequence = it->seq,
				.channel = it->channel,
				.kind = it->kind,
				.flags = it->urgent ? WIRE_URGENT : 0,
				.received = it->received,
				.envelope = it->body};
		bytes += it->body.len;
	}
	if (n > 0) {
		rc = batch_push_copy(b,
			&(struct push){.to = sub->o.peer,
				.device = sub->o.device,
				.id = sub->o.id,
				.version = sub->o.version,
				.after = sub->o.after},
			&msg);
		if (rc == 0) {
			sub->o.after = items[n - 1].seq;
			sub->o.credit -= (uint32_t)n;
		}
	}
	store_batch_clear(slice->fetched);
	if (rc != 0)
		return rc;
	sub->level = !more && !sub->stands;
	*budget -= *budget < bytes ? *budget : (uint32_t)bytes;
	return 0;
}

int subs_serve(struct subs *s, struct batch *b, const struct subs_slice *slice)
{
	uint32_t budget = slice->budget;

	while (s->behind_head != NULL && budget > 0) {
		struct sub *sub = s->behind_head;
		int rc;

		unqueue(s, sub);
		notices_push(b, sub);
		rc = sub->level || sub->stands || sub->o.credit == 0
			     ? 0
			     : serve_one(s, b, sub, slice, &budget);
		/* Behind still: to the end of the line. */
		queue(s, sub);
		if (rc != 0)
			return rc;
		/* A look at an empty mailbox costs something too. */
		budget -= budget < 256 ? budget : 256;
	}
	return 0;
}

void subs_awake(struct subs *s)
{
	struct sub *sub;
	size_t pos = 0;

	s->short_of = false;
	while ((sub = idmap_next(&s->map, &pos)) != NULL) {
		if (!sub->stands)
			continue;
		sub->stands = false;
		queue(s, sub);
	}
}

bool subs_hungry(const struct subs *s)
{
	return s->behind_head != NULL;
}
