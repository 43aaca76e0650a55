/*
 * Writing: what this device says, kept as it will be shown and handed to the
 * outbox in one transaction; what became of it. See messages.h.
 */
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "session/message/messages_inner.h"
#include "session/message/outbox.h"

#define HAND_OVER_MAX 1024 /* messages at once */

/* The sender's clock: the clinic's time, and this machine's before it. */
static uint64_t clock_now(const struct messages *x)
{
	time_t now;

	if (x->now != 0)
		return x->now;
	now = time(NULL);
	return now < 0 ? 0 : (uint64_t)now;
}

struct content messages_content(const struct messages *x, uint16_t type)
{
	struct content c = {.sent = clock_now(x), .type = type};

	randombytes_buf(c.id.b, ID16_LEN);
	return c;
}

/* One message on its way out. */
struct writing {
	uint8_t kind; /* of the channel */
	struct messages_row m;
	struct messages_post post;
	struct content content; /* what travels, if not the row's */
	struct writer raw, held;
};

static int writing_begin(
	struct messages *x, const struct id16 *channel, struct writing *w)
{
	memset(w, 0, sizeof *w);
	writer_init(&w->raw, CONTENT_MAX);
	writer_init(&w->held, CONTENT_MAX);
	w->m.channel = *channel;
	w->m.member = w->m.author = x->member;
	w->m.device = w->m.author_device = x->device;
	w->m.state = ROWAN_STATE_WAITING;
	w->m.flags = MESSAGES_OWN;
	return x->o.channel(x->o.ctx, channel, &w->m.case_id, &w->kind);
}

static void writing_end(struct writing *w)
{
	writer_wipe(&w->raw);
	writer_wipe(&w->held);
	sodium_memzero(w, sizeof *w);
}

/* Keep the row and hand ${w}->content, or the row's, to the outbox. */
static int put(struct messages *x, struct writing *w)
{
	const struct content *travels =
		w->content.type != 0 ? &w->content : &w->m.content;
	struct messages_post *p = &w->post;
	int rc;

	w->m.raw = writer_view(&w->raw);
	rc = messages_add(x, &w->m, x->now);
	p->case_id = w->m.case_id;
	p->channel = w->m.channel;
	p->content = travels;
	p->kept = true;
	p->blob_count = w->m.blob_count;
	memcpy(p->blobs, w->m.blobs, sizeof p->blobs);
	return rc == 0 ? x->o.post(x->o.ctx, p) : rc;
}

/* ---- drafts ---- */

static struct transfer_what what_of(const struct messages *x,
	const struct writing *w, const struct messages_draft *d)
{
	return (struct transfer_what){.case_id = w->m.case_id,
		.channel = w->m.channel,
		.message = w->m.content.id,
		.hold_until = d->hold > x->now ? d->hold : 0,
		.lifetime = d->lifetime};
}

static struct bytes text_of(const char *s)
{
	return s == NULL ? bytes_of(NULL, 0) : bytes_of(s, strlen(s));
}

static int fill_attachment(
	struct messages *x, struct writing *w, const struct messages_draft *d)
{
	struct content_attachment *a = &w->m.content.u.attachment;
	const struct transfer_what what = what_of(x, w, d);
	int rc = transfer_keep_file(x->o.transfer, &what, d->path, &a->blob);

	if (rc != 0)
		return rc;
	a->name = text_of(d->name);
	a->media = text_of(d->media);
	a->text = d->text;
	w->m.blobs[w->m.blob_count++] = a->blob.blob;
	return 0;
}

static int fill(
	struct messages *x, struct writing *w, const struct messages_draft *d)
{
	struct content *c = &w->m.content;

	if (d->incident) {
		if (w->kind != ROWAN_CHANNEL_DIARY || d->path != NULL)
			return ROWAN_E_INVAL;
		*c = messages_content(x, CONTENT_DIARY);
		c->u.diary.from = d->from;
		c->u.diary.until = d->until;
		c->u.diary.kind = text_of(d->kind);
		c->u.diary.text = d->text;
		return 0;
	}
	if (d->path != NULL) {
		*c = messages_content(x, CONTENT_ATTACHMENT);
		return fill_attachment(x, w, d);
	}
	*c = messages_content(x, CONTENT_TEXT);
	c->u.text = d->text;
	return 0;
}

/* What travels is only the key; the daemon has the rest until its time. */
static int hold(
	struct messages *x, struct writing *w, const struct messages_draft *d)
{
	const struct transfer_what what = what_of(x, w, d);
	struct content_held *h = &w->content.u.held;
	int rc = transfer_keep_bytes(
		x->o.transfer, &what, writer_view(&w->raw), &h->blob);

	if (rc != 0)
		return rc;
	w->content.id = w->m.content.id;
	w->content.sent = w->m.content.sent;
	w->content.type = CONTENT_HELD;
	h->release = d->hold;
	w->m.held = d->hold;
	w->m.blobs[w->m.blob_count++] = h->blob.blob;
	return 0;
}

/* One that would be gone before it left is given up in time. */
static int limit(
	struct messages *x, struct writing *w, const struct messages_draft *d)
{
	uint64_t n;
	int rc;

	if (d->lifetime == 0 || x->now == 0)
		return 0;
	w->m.expires = x->now + d->lifetime;
	n = w->m.expires << MESSAGES_TIME_BITS;
	rc = messages_queue(x, 'x', &n, id16_view(&w->m.content.id));
	messages_due(x, w->m.expires);
	return rc;
}

static int write_draft(
	struct messages *x, struct writing *w, const struct messages_draft *d)
{
	int rc = fill(x, w, d);

	w->m.flags |= d->urgent ? MESSAGES_URGENT : 0;
	w->post.urgent = d->urgent;
	w->post.lifetime = d->lifetime;
	if (rc == 0)
		rc = content_encode(&w->m.content, &w->raw);
	if (rc == 0 && d->hold > x->now)
		rc = hold(x, w, d);
	if (rc == 0)
		rc = limit(x, w, d);
	return rc == 0 ? put(x, w) : rc;
}

int messages_write(struct messages *x, const struct id16 *channel,
	const struct messages_draft *draft, struct id16 *ret)
{
	struct writing w;
	struct id16 id;
	int rc = messages_begin(x);

	if (rc != 0)
		return rc;
	rc = writing_begin(x, channel, &w);
	if (rc == 0)
		rc = write_draft(x, &w, draft);
	id = w.m.content.id;
	rc = messages_finish(x, rc);
	if (rc == 0)
		*ret = id;
	writing_end(&w);
	return rc;
}

/* ---- names and bars ---- */

int messages_set_name(
	struct messages *x, const struct id16 *channel, struct bytes name)
{
	struct writing w;
	bool changed;
	int rc = messages_begin(x);

	if (rc != 0)
		return rc;
	rc = writing_begin(x, channel, &w);
	w.m.content = messages_content(x, CONTENT_NAME);
	w.m.content.u.name = name;
	if (rc == 0)
		rc = content_encode(&w.m.content, &w.raw);
	if (rc == 0)
		rc = messages_name_put(x, channel, &x->member, name,
			(struct messages_said){x->now, true}, &changed);
	if (rc == 0)
		rc = put(x, &w);
	writing_end(&w);
	return messages_finish(x, rc);
}

int messages_bar(struct messages *x, const struct id16 *channel,
	const struct content_bar *bar)
{
	struct writing w;
	bool changed;
	int rc = messages_begin(x);

	if (rc != 0)
		return rc;
	rc = writing_begin(x, channel, &w);
	if (rc == 0 && w.kind != ROWAN_CHANNEL_TEAM)
		rc = ROWAN_E_RULE;
	w.m.content = messages_content(x, CONTENT_BAR);
	w.m.content.u.bar = *bar;
	if (rc == 0)
		rc = content_encode(&w.m.content, &w.raw);
	if (rc == 0)
		rc = messages_bar_put(x, &w.m.case_id, bar,
			(struct messages_said){x->now, true}, &changed);
	if (rc == 0)
		rc = put(x, &w);
	writing_end(&w);
	return messages_finish(x, rc);
}

/* ---- for somebody who came later ---- */

/* Without a row: nobody waits for it. */
static int repeat(struct messages *x, const struct messages_channel *c,
	const struct content *content)
{
	const struct messages_post p = {
		.case_id = c->case_id, .channel = c->id, .content = content};
	int rc = x->o.post(x->o.ctx, &p);

	return rc == ROWAN_E_REFUSED ? 0 : rc;
}

static int repeat_name(struct messages *x, const struct messages_channel *c)
{
	struct content content = messages_content(x, CONTENT_NAME);
	struct buf name = {0};
	int rc = messages_name(x, &c->id, &x->member, &name);

	content.u.name = buf_view(&name);
	if (rc == 0)
		rc = repeat(x, c, &content);
	buf_wipe(&name);
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int repeat_bars(struct messages *x, const struct messages_channel *c)
{
	struct messages_name list = messages_key('b', &c->case_id, NULL);
	struct buf mem = {0};
	uint64_t n = 0;
	int rc;

	while ((rc = vault_next(x->o.vault, VAULT_MESSAGE,
			messages_key_view(&list), n + 1, &n, &mem)) == 0) {
		struct content content = messages_content(x, CONTENT_BAR);
		bool barred = false;

		content.u.bar.barred = 1;
		if (mem.len == ID16_LEN)
			memcpy(content.u.bar.member.b, mem.data, ID16_LEN);
		else
			rc = ROWAN_E_CORRUPT;
		buf_wipe(&mem);
		if (rc == 0)
			rc = messages_barred(
				x, &c->case_id, &content.u.bar.member, &barred);
		if (rc == 0 && barred)
			rc = repeat(x, c, &content);
		if (rc != 0)
			return rc;
	}
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

int messages_joined(struct messages *x, const struct id16 *channel, bool ours)
{
	struct messages_channel *c;
	struct id16 case_id;
	uint8_t kind;
	int rc = messages_fresh(x);

	if (rc == 0)
		rc = x->o.channel(x->o.ctx, channel, &case_id, &kind);
	if (rc != 0)
		return rc == ROWAN_E_REFUSED ? 0 : rc;
	rc = messages_channel_make(x, channel, &case_id, &c);
	if (rc == 0)
		rc = repeat_name(x, c);
	if (rc == 0 && ours && kind == ROWAN_CHANNEL_TEAM)
		rc = repeat_bars(x, c);
	/* A courtesy that does not fit now must not hold up what came. */
	return rc == ROWAN_E_QUOTA ? 0 : rc;
}

/* ---- handing over ---- */

static int hand_over_one(
	struct messages *x, const struct id16 *id, struct id16 *channel)
{
	struct content content = messages_content(x, CONTENT_HISTORY);
	struct messages_index at;
	struct messages_post p = {.content = &content, .kept = true};
	struct messages_row m;
	int rc = messages_get(x, id, &m);

	if (rc == 0 && id16_eq(channel, &(struct id16){{0}}))
		*channel = m.channel;
	/* What is held or has not left is not history yet. */
	if (rc == 0 && (!id16_eq(channel, &m.channel) ||
			       m.state == ROWAN_STATE_WAITING ||
			       m.state == ROWAN_STATE_FAILED ||
			       (m.held != 0 && m.held > x->now)))
		rc = ROWAN_E_INVAL;
	if (rc == 0) {
		p.case_id = m.case_id;
		p.channel = m.channel;
		/* The order it has here, not the hour the daemon gave. */
		content.u.history = (struct content_history){.member = m.author,
			.device = m.author_device,
			.received = m.place >> MESSAGES_TIME_BITS,
			.message = m.raw};
		at = (struct messages_index){
			MESSAGES_HANDING, m.channel, x->device, m.place};
		rc = messages_index_put(x, &content.id, &at);
	}
	if (rc == 0)
		rc = x->o.post(x->o.ctx, &p);
	messages_row_wipe(&m);
	return rc;
}

int messages_hand_over(struct messages *x, const struct id16 *ids, size_t count)
{
	struct id16 channel = {{0}};
	int rc;

	if (count == 0)
		return ROWAN_E_INVAL;
	if (count > HAND_OVER_MAX)
		return ROWAN_E_LIMIT;
	rc = messages_begin(x);
	if (rc != 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = hand_over_one(x, &ids[i], &channel);
	return messages_finish(x, rc);
}

/* ---- what became of it ---- */

/* What others have said of it already: a receipt may be quicker. */
static int state_said(struct messages *x, const struct id16 *id, uint8_t *ret)
{
	struct messages_name name = messages_key('r', id, NULL);
	struct buf mem = {0};
	uint64_t n = 0;
	int rc;

	*ret = ROWAN_STATE_SENT;
	while ((rc = vault_next(x->o.vault, VAULT_MESSAGE,
			messages_key_view(&name), n, &n, &mem)) == 0) {
		uint8_t kind = mem.len == ID16_LEN + 1 ? mem.data[ID16_LEN] : 0;
		uint8_t state = kind == CONTENT_READ ? ROWAN_STATE_READ
						     : ROWAN_STATE_DELIVERED;

		buf_wipe(&mem);
		if (kind == 0)
			return ROWAN_E_CORRUPT;
		*ret = state > *ret ? state : *ret;
		n++;
	}
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int conclude(struct messages *x, struct messages_row *m, int code)
{
	struct event e = {
		.type = code == 0 ? ROWAN_EVENT_SENT : ROWAN_EVENT_UNSENT,
		.code = code,
		.time = m->received,
		.case_id = m->case_id,
		.channel = m->channel,
		.message = m->content.id};
	int rc = 0;

	m->state = ROWAN_STATE_FAILED;
	if (code == 0)
		rc = state_said(x, &m->content.id, &m->state);
	if (rc == 0)
		rc = messages_drop_blobs(x, m);
	m->blob_count = 0;
	if (rc == 0)
		rc = messages_row_put(x, m);
	return rc == 0 ? events_add(x->o.events, &e) : rc;
}

/* Undelivered when the channel began anew with others in it. */
static int undone(struct messages *x, struct messages_row *m, int code)
{
	const struct event e = {.type = ROWAN_EVENT_UNSENT,
		.code = code,
		.case_id = m->case_id,
		.channel = m->channel,
		.message = m->content.id};
	int rc = 0;

	/* Whoever has it has it. */
	if (m->state == ROWAN_STATE_SENT) {
		m->state = ROWAN_STATE_FAILED;
		rc = messages_row_put(x, m);
	}
	return rc == 0 ? events_add(x->o.events, &e) : rc;
}

static bool is_handing(const struct messages_index *at)
{
	return at->at == MESSAGES_HANDING || at->at == MESSAGES_HANDED_ON;
}

/* A hand-over has no row: its events name the message that was handed. */
static int tell_handing(
	struct messages *x, const struct messages_index *at, struct event *e)
{
	struct messages_row m = {0};
	int rc = messages_row_get(x, &at->channel, at->place, &m);

	e->case_id = m.case_id;
	e->channel = m.channel;
	e->message = m.content.id;
	if (rc == 0)
		rc = events_add(x->o.events, e);
	messages_row_wipe(&m);
	/* Forgotten meanwhile. */
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

/* Sent, it may still have to be told whom it does not reach. */
static int conclude_handing(struct messages *x, const struct id16 *id,
	struct messages_index *at, int code)
{
	struct messages_name name = messages_key('i', id, NULL);
	struct event e = {
		.type = code == 0 ? ROWAN_EVENT_SENT : ROWAN_EVENT_UNSENT,
		.code = code};
	int rc;

	/* Once more: that was told. */
	if (code == 0 && at->at == MESSAGES_HANDED_ON)
		return 0;
	rc = tell_handing(x, at, &e);
	if (rc != 0)
		return rc;
	at->at = MESSAGES_HANDED_ON;
	return code == 0 ? messages_index_put(x, id, at)
			 : vault_delete(x->o.vault, VAULT_MESSAGE,
				   messages_key_view(&name), 0);
}

static int outcome(struct messages *x, const struct id16 *message,
	uint64_t received, int code)
{
	struct messages_index at;
	struct messages_row m = {0};
	int rc = messages_index_get(x, message, &at);

	if (rc == 0 && is_handing(&at))
		return conclude_handing(x, message, &at, code);
	if (rc == 0)
		rc = messages_own(x, message, &m, &at);
	/* It was at the daemon, and will not reach all of them any more. */
	if (rc == 0 && code == ROWAN_E_STALE &&
		m.state != ROWAN_STATE_WAITING) {
		rc = undone(x, &m, code);
	} else if (rc == 0 && m.state == ROWAN_STATE_WAITING) {
		m.received = received;
		rc = conclude(x, &m, code);
	}
	messages_row_wipe(&m);
	return rc == ROWAN_E_NOT_FOUND || rc == ROWAN_E_STATE ? 0 : rc;
}

int messages_sent(
	struct messages *x, const struct id16 *message, uint64_t received)
{
	return outcome(x, message, received, 0);
}

int messages_unsent(struct messages *x, const struct id16 *message, int code)
{
	return outcome(x, message, 0, code == 0 ? ROWAN_E_STATE : code);
}

int messages_unreached(struct messages *x, const struct outbox_unreached *u)
{
	struct messages_index at;
	struct messages_row m = {0};
	struct event e = {.type = ROWAN_EVENT_UNREACHED,
		.code = u->code,
		.member = u->member,
		.device = u->device,
		.message = u->message};
	int rc = messages_index_get(x, &u->message, &at);

	if (rc == 0 && is_handing(&at)) {
		rc = tell_handing(x, &at, &e);
		return rc == 0 && u->nobody
			       ? conclude_handing(x, &u->message, &at, u->code)
			       : rc;
	}
	if (rc == 0)
		rc = messages_own(x, &u->message, &m, &at);
	e.case_id = m.case_id;
	e.channel = m.channel;
	if (rc == 0)
		rc = events_add(x->o.events, &e);
	if (rc == 0 && u->nobody && m.state == ROWAN_STATE_SENT)
		rc = undone(x, &m, u->code);
	messages_row_wipe(&m);
	return rc == ROWAN_E_NOT_FOUND || rc == ROWAN_E_STATE ? 0 : rc;
}
