/*
 * Taking in what was opened: see messages.h. What stands in a message is its
 * sender's word; a fault of the sender's is an event, never an error.
 */
#include <string.h>

#include "session/message/messages_inner.h"

#define HOUR 3600 /* seconds */

/* One message on its way in. */
struct taking {
	const struct messages_from *from;
	struct bytes raw;
	struct content c;
	int refused; /* the sender's fault, or 0 */
};

static bool from_us(const struct messages *x, const struct messages_from *from)
{
	return id16_eq(&from->member, &x->member);
}

static int tell(
	struct messages *x, const struct taking *t, enum rowan_event_type type)
{
	struct event e = messages_event(t->from, type);

	e.message = t->c.id;
	return events_add(x->o.events, &e);
}

/*
 * When it came, for the order. Where the daemon keeps the hour only, the
 * sender's clock tells where in that hour, and no further.
 */
static uint64_t time_of(const struct taking *t)
{
	uint64_t received = t->from->received;

	return received % HOUR == 0 && t->c.sent > received &&
			       t->c.sent - received < HOUR
		       ? t->c.sent
		       : received;
}

/* A row of what ${t} says, as it came. */
static struct messages_row row_of(
	const struct messages *x, const struct taking *t)
{
	bool own = from_us(x, t->from);

	return (struct messages_row){.case_id = t->from->case_id,
		.channel = t->from->channel,
		.member = t->from->member,
		.device = t->from->device,
		.author = t->from->member,
		.author_device = t->from->device,
		.state = own ? ROWAN_STATE_SENT : ROWAN_STATE_SEEN,
		.flags = (uint8_t)((own ? MESSAGES_OWN : 0) |
				   (t->from->urgent ? MESSAGES_URGENT : 0)),
		.received = t->from->received,
		.content = t->c,
		.raw = t->raw};
}

/* That it came, to the channel: so that it is not sent again. */
static int confirm(struct messages *x, const struct taking *t)
{
	struct messages_channel *c;
	int rc = messages_channel_make(
		x, &t->from->channel, &t->from->case_id, &c);

	return rc == 0 ? messages_receipt_add(x, c, CONTENT_DELIVERED, &t->c.id)
		       : rc;
}

/* What another only said to be the author's makes way for the author's. */
static int replace_claim(
	struct messages *x, const struct messages_index *at, bool *ret)
{
	struct messages_row m = {0};
	int rc = 0;

	if (at->at == MESSAGES_AT)
		rc = messages_row_get(x, &at->channel, at->place, &m);
	*ret = rc == 0 && (m.flags & MESSAGES_HANDED) != 0;
	if (*ret)
		rc = messages_row_delete(x, &m);
	messages_row_wipe(&m);
	return rc;
}

/*
 * Whether the id is new. One that its author has used is what came before;
 * one that is another's is refused.
 */
static int is_new(struct messages *x, struct taking *t, bool *ret)
{
	struct messages_index at;
	int rc = messages_index_get(x, &t->c.id, &at);

	*ret = rc == ROWAN_E_NOT_FOUND;
	if (rc != 0)
		return *ret ? 0 : rc;
	if (!id16_eq(&at.channel, &t->from->channel) ||
		!id16_eq(&at.device, &t->from->device)) {
		t->refused = ROWAN_E_EXISTS;
		return 0;
	}
	rc = replace_claim(x, &at, ret);
	return rc == 0 && !*ret ? confirm(x, t) : rc;
}

/* ---- what people write ---- */

static int take_message(struct messages *x, struct taking *t)
{
	struct messages_row m = row_of(x, t);
	bool fresh;
	int rc = is_new(x, t, &fresh);

	if (rc != 0 || !fresh)
		return rc;
	if ((m.flags & MESSAGES_OWN) == 0)
		m.state = ROWAN_STATE_NEW;
	rc = messages_add(x, &m, time_of(t));
	if (rc == 0)
		rc = tell(x, t, ROWAN_EVENT_MESSAGE);
	return rc == 0 ? confirm(x, t) : rc;
}

static int take_held(struct messages *x, struct taking *t)
{
	bool fresh;
	int rc;

	if (t->c.u.held.blob.size > CONTENT_MAX) {
		t->refused = ROWAN_E_LIMIT;
		return 0;
	}
	rc = is_new(x, t, &fresh);
	if (rc != 0 || !fresh)
		return rc;
	rc = messages_held_add(x, t->from, &t->c, t->raw);
	return rc == 0 ? confirm(x, t) : rc;
}

/* ---- names and bars ---- */

static struct messages_said now_said(const struct taking *t)
{
	return (struct messages_said){t->from->received, true};
}

static int take_name(struct messages *x, struct taking *t)
{
	struct messages_row m = row_of(x, t);
	struct event e = messages_event(t->from, ROWAN_EVENT_NAME);
	bool fresh, changed;
	int rc = is_new(x, t, &fresh);

	if (rc == 0 && fresh)
		rc = messages_name_put(x, &t->from->channel, &t->from->member,
			t->c.u.name, now_said(t), &changed);
	if (rc != 0 || !fresh)
		return rc;
	/* Else it is said again for somebody who came later. */
	if (changed) {
		rc = messages_add(x, &m, time_of(t));
		e.message = t->c.id;
		e.text = t->c.u.name;
		if (rc == 0)
			rc = events_add(x->o.events, &e);
	}
	return rc == 0 ? confirm(x, t) : rc;
}

static int in_team(struct messages *x, struct taking *t)
{
	struct id16 case_id;
	uint8_t kind = 0;
	int rc = x->o.channel(x->o.ctx, &t->from->channel, &case_id, &kind);

	if (rc == ROWAN_E_REFUSED)
		rc = 0;
	if (rc == 0 && kind != ROWAN_CHANNEL_TEAM)
		t->refused = ROWAN_E_RULE;
	return rc;
}

static int take_bar(struct messages *x, struct taking *t)
{
	struct messages_row m = row_of(x, t);
	struct event e = messages_event(t->from, ROWAN_EVENT_BAR);
	bool fresh, changed = false;
	int rc = in_team(x, t);

	if (rc != 0 || t->refused != 0)
		return rc;
	rc = is_new(x, t, &fresh);
	if (rc == 0 && fresh)
		rc = messages_bar_put(x, &t->from->case_id, &t->c.u.bar,
			now_said(t), &changed);
	if (rc != 0 || !fresh)
		return rc;
	if (changed) {
		rc = messages_add(x, &m, time_of(t));
		e.member = t->c.u.bar.member;
		e.device = (struct id16){{0}};
		e.message = t->c.id;
		e.count = t->c.u.bar.barred;
		if (rc == 0)
			rc = events_add(x->o.events, &e);
	}
	return rc == 0 ? confirm(x, t) : rc;
}

/* ---- history ---- */

/*
 *	struct { opaque member[16], device[16]; uint64 received, count; }
 *Handed;
 */
#define HANDED_LEN (2 * ID16_LEN + 16)

struct handed {
	struct id16 member, device;
	uint64_t received, count;
};

static int handed_get(struct messages *x, const struct messages_channel *c,
	struct handed *ret)
{
	struct messages_name name = messages_key('g', &c->id, NULL);
	struct buf mem = {0};
	struct reader r;
	int rc = vault_get(
		x->o.vault, VAULT_MESSAGE, messages_key_view(&name), 0, &mem);

	memset(ret, 0, sizeof *ret);
	if (rc == ROWAN_E_NOT_FOUND)
		return 0;
	reader_init(&r, buf_view(&mem));
	(void)(rc || (rc = reader_array(&r, ret->member.b, ID16_LEN)) ||
		(rc = reader_array(&r, ret->device.b, ID16_LEN)) ||
		(rc = reader_u64(&r, &ret->received)) ||
		(rc = reader_u64(&r, &ret->count)) || (rc = reader_end(&r)));
	buf_wipe(&mem);
	return messages_damaged(rc);
}

int messages_tell_handed(struct messages *x, struct messages_channel *c)
{
	struct messages_name name = messages_key('g', &c->id, NULL);
	struct event e = {.type = ROWAN_EVENT_HISTORY,
		.case_id = c->case_id,
		.channel = c->id};
	struct handed h;
	int rc = handed_get(x, c, &h);

	if (rc != 0 || h.count == 0)
		return rc;
	e.member = h.member;
	e.device = h.device;
	e.time = h.received;
	e.count = h.count;
	rc = events_add(x->o.events, &e);
	if (rc == 0)
		rc = vault_delete(
			x->o.vault, VAULT_MESSAGE, messages_key_view(&name), 0);
	if (rc == 0)
		c->handed = false;
	return rc;
}

/* One event for many that come in a row. */
static int count_handed(struct messages *x, const struct taking *t)
{
	struct messages_name name = messages_key('g', &t->from->channel, NULL);
	struct messages_channel *c;
	uint8_t mem[HANDED_LEN];
	struct writer w;
	struct handed h;
	int rc = messages_channel_make(
		x, &t->from->channel, &t->from->case_id, &c);

	if (rc == 0)
		rc = handed_get(x, c, &h);
	if (rc == 0 && h.count > 0 && !id16_eq(&h.device, &t->from->device)) {
		rc = messages_tell_handed(x, c);
		h.count = 0;
	}
	if (rc != 0)
		return rc;
	writer_init_fixed(&w, mem, sizeof mem);
	writer_raw(&w, t->from->member.b, ID16_LEN);
	writer_raw(&w, t->from->device.b, ID16_LEN);
	writer_u64(&w, t->from->received);
	writer_u64(&w, h.count + 1);
	c->handed = true;
	messages_told(x);
	return vault_put(x->o.vault, VAULT_MESSAGE, messages_key_view(&name), 0,
		writer_view(&w));
}

/* The same message but for the heads, which each side has its own of. */
static bool same_content(const struct content *a, const struct content *b)
{
	return a->type == b->type && a->sent == b->sent &&
	       bytes_eq(a->body, b->body);
}

static bool may_be_handed(uint16_t type)
{
	return type != CONTENT_RECEIPT && type != CONTENT_HEADS &&
	       type != CONTENT_HELD && type != CONTENT_HISTORY;
}

/* Another's claim to an id that is here: the same is fine, else refused. */
static int compare_handed(struct messages *x, struct taking *t,
	const struct content *inner, const struct messages_index *at)
{
	struct messages_row m = {0};
	int rc = 0;

	if (at->at == MESSAGES_AT)
		rc = messages_row_get(x, &at->channel, at->place, &m);
	if (rc == 0 && (!id16_eq(&at->channel, &t->from->channel) ||
			       !id16_eq(&at->device, &t->c.u.history.device) ||
			       (at->at == MESSAGES_AT &&
				       !same_content(inner, &m.content))))
		t->refused = ROWAN_E_EXISTS;
	messages_row_wipe(&m);
	return rc;
}

static int take_history(struct messages *x, struct taking *t)
{
	const struct content_history *h = &t->c.u.history;
	struct messages_row m = row_of(x, t);
	uint64_t time = time_of(t);
	struct messages_index at;
	int rc;

	if (h->received < time)
		time = h->received;
	m.raw = h->message;
	if (content_decode(h->message, &m.content) != 0 ||
		!may_be_handed(m.content.type)) {
		t->refused = ROWAN_E_MALFORMED;
		return 0;
	}
	rc = messages_index_get(x, &m.content.id, &at);
	if (rc == ROWAN_E_NOT_FOUND) {
		m.author = h->member;
		m.author_device = h->device;
		m.received = h->received;
		m.state = ROWAN_STATE_SEEN;
		m.flags = MESSAGES_HANDED;
		rc = messages_insert(x, &m, time);
	} else if (rc == 0) {
		rc = compare_handed(x, t, &m.content, &at);
	}
	if (rc == 0 && t->refused == 0)
		rc = count_handed(x, t);
	return rc == 0 && t->refused == 0 ? confirm(x, t) : rc;
}

/* ---- all ---- */

int messages_unreadable(
	struct messages *x, const struct messages_from *from, int code)
{
	struct event e = messages_event(from, ROWAN_EVENT_UNREADABLE);

	e.code = code;
	return events_add(x->o.events, &e);
}

static int take(struct messages *x, struct taking *t)
{
	switch (t->c.type) {
	case CONTENT_HEADS: return 0;
	case CONTENT_RECEIPT:
		return messages_receipt_take(x, t->from, &t->c.u.receipt);
	case CONTENT_NAME: return take_name(x, t);
	case CONTENT_BAR: return take_bar(x, t);
	case CONTENT_HISTORY: return take_history(x, t);
	case CONTENT_HELD: return take_held(x, t);
	default: return take_message(x, t);
	}
}

int messages_take(struct messages *x, const struct messages_from *from,
	struct bytes content)
{
	struct taking t = {.from = from, .raw = content};
	int rc = messages_fresh(x);

	if (rc != 0)
		return rc;
	t.refused = content_decode(content, &t.c);
	if (t.refused == 0)
		rc = take(x, &t);
	if (rc == 0 && t.refused != 0)
		rc = messages_unreadable(x, from, t.refused);
	return rc;
}

int messages_take_opened(struct messages *x, const struct messages_from *from,
	const struct id16 *id, struct bytes inner)
{
	struct taking t = {.from = from, .raw = inner};
	struct messages_row m;
	int rc;

	t.refused = content_decode(inner, &t.c);
	if (t.refused == 0 && (!id16_eq(&t.c.id, id) ||
				      (t.c.type != CONTENT_TEXT &&
					      t.c.type != CONTENT_ATTACHMENT &&
					      t.c.type != CONTENT_DIARY)))
		t.refused = ROWAN_E_MALFORMED;
	if (t.refused != 0)
		return messages_unreadable(x, from, t.refused);
	m = row_of(x, &t);
	if ((m.flags & MESSAGES_OWN) == 0)
		m.state = ROWAN_STATE_NEW;
	/* It is shown now, and stands where it is shown. */
	rc = messages_add(x, &m, x->now);
	return rc == 0 ? tell(x, &t, ROWAN_EVENT_MESSAGE) : rc;
}
