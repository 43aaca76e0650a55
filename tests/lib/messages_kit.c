/*
 * Messages without a daemon: see messages_kit.h.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/messages_kit.h"

const struct id16 messages_kit_case = {{0xca, 0x5e}};
const struct id16 messages_kit_support = {{0xc1}};
const struct id16 messages_kit_team = {{0xc2}};
const struct id16 messages_kit_diary = {{0xc3}};

static void must(int rc)
{
	if (rc != 0)
		abort();
}

/* ---- a connection that never comes up ---- */

static int no_send(void *ctx, const struct bytes *frames, size_t count)
{
	return ROWAN_E_AGAIN;
}

static int no_recv(void *ctx, struct transport_frames *ret)
{
	return ROWAN_E_AGAIN;
}

static enum transport_state no_step(void *ctx, uint64_t now_ms)
{
	return TRANSPORT_TRYING;
}

static uint64_t no_wait(void *ctx, uint64_t now_ms)
{
	return UINT64_MAX;
}

static uint64_t no_connection(void *ctx)
{
	return 0;
}

static const struct transport nowhere = {
	no_send, no_recv, no_step, no_wait, no_connection, NULL};

static void no_push(void *ctx, const struct wire_message *m)
{
}

/* ---- the rest of a session ---- */

static int post(void *ctx, const struct messages_post *p)
{
	struct messages_kit *k = ctx;
	struct messages_kit_post *kept = &k->posts[k->post_count];
	struct writer w;
	int rc;

	if (k->post_rc != 0)
		return k->post_rc;
	if (k->post_count == MESSAGES_KIT_POSTS)
		abort();
	writer_init(&w, CONTENT_MAX);
	rc = content_encode(p->content, &w);
	if (rc == 0)
		rc = writer_finish(&w, &kept->raw);
	writer_wipe(&w);
	if (rc != 0)
		return rc;
	kept->post = *p;
	kept->post.content = NULL;
	kept->id = p->content->id;
	kept->type = p->content->type;
	k->post_count++;
	return 0;
}

static int unpost(void *ctx, const struct id16 *message)
{
	struct messages_kit *k = ctx;

	if (k->unpost_rc != 0)
		return k->unpost_rc;
	for (size_t i = 0; i < k->post_count; i++)
		if (id16_eq(&k->posts[i].id, message)) {
			buf_wipe(&k->posts[i].raw);
			k->posts[i] = k->posts[--k->post_count];
			return 0;
		}
	return ROWAN_E_NOT_FOUND;
}

static int channel(void *ctx, const struct id16 *id, struct id16 *ret_case,
	uint8_t *ret_kind)
{
	*ret_case = messages_kit_case;
	*ret_kind = (uint8_t)(id->b[0] - 0xc0);
	return id->b[0] > 0xc0 && id->b[0] <= 0xc3 ? 0 : ROWAN_E_REFUSED;
}

static int delivered(
	void *ctx, const struct id16 *message, const struct id16 *device)
{
	((struct messages_kit *)ctx)->delivered++;
	return 0;
}

static void aborted(void *ctx)
{
	struct messages_kit *k = ctx;

	k->aborted++;
	while (k->post_count > k->mark)
		buf_wipe(&k->posts[--k->post_count].raw);
	events_aborted(k->events);
	transfer_aborted(k->transfer);
}

static void got(
	void *ctx, const struct transfer_what *what, int rc, struct bytes data)
{
	messages_got(((struct messages_kit *)ctx)->x, what, rc, data);
}

static void start(struct messages_kit *k)
{
	struct transfer_options t = {
		.vault = k->kit.vault, .got = got, .ctx = k};
	struct messages_options o = {.vault = k->kit.vault,
		.post = post,
		.unpost = unpost,
		.channel = channel,
		.delivered = delivered,
		.aborted = aborted,
		.ctx = k};

	must(events_new(&k->events, k->kit.vault));
	must(requests_new(&k->requests, &nowhere, no_push, NULL));
	t.events = o.events = k->events;
	t.requests = k->requests;
	must(transfer_new(&k->transfer, &t));
	o.transfer = k->transfer;
	must(messages_new(&k->x, &o));
	messages_self(k->x, &k->member, &k->device, k->role);
	messages_time(k->x, k->now);
}

static void stop(struct messages_kit *k)
{
	messages_free(k->x);
	transfer_free(k->transfer);
	requests_free(k->requests);
	events_free(k->events);
}

void messages_kit_begin(
	struct messages_kit *k, uint8_t who, enum rowan_role role)
{
	memset(k, 0, sizeof *k);
	memset(k->member.b, who, ID16_LEN);
	memset(k->device.b, who + 0x80, ID16_LEN);
	k->role = role;
	k->mark = MESSAGES_KIT_POSTS;
	k->now = 1800000000;
	vault_kit_begin(&k->kit);
	start(k);
}

void messages_kit_again(struct messages_kit *k)
{
	stop(k);
	vault_kit_again(&k->kit);
	start(k);
}

void messages_kit_end(struct messages_kit *k)
{
	stop(k);
	for (size_t i = 0; i < k->post_count; i++)
		buf_wipe(&k->posts[i].raw);
	vault_kit_end(&k->kit);
}

/* ---- what tests do ---- */

int messages_kit_take(struct messages_kit *to, const struct messages_kit *from,
	const struct id16 *channel_id, struct bytes raw)
{
	const struct messages_from f = {.case_id = messages_kit_case,
		.channel = *channel_id,
		.member = from->member,
		.device = from->device,
		.received = to->now};
	int rc = vault_begin(to->kit.vault);

	if (rc != 0)
		return rc;
	rc = messages_take(to->x, &f, raw);
	if (rc == 0)
		rc = vault_commit(to->kit.vault);
	else
		vault_abort(to->kit.vault);
	if (rc != 0) {
		messages_aborted(to->x);
		events_aborted(to->events);
		transfer_aborted(to->transfer);
	}
	return rc;
}

void messages_kit_bring(struct messages_kit *to, struct messages_kit *from)
{
	for (size_t i = 0; i < from->post_count; i++) {
		struct messages_kit_post *p = &from->posts[i];

		must(messages_kit_take(
			to, from, &p->post.channel, buf_view(&p->raw)));
		if (p->post.kept) {
			must(vault_begin(from->kit.vault));
			must(messages_sent(from->x, &p->id, from->now));
			must(vault_commit(from->kit.vault));
		}
		buf_wipe(&p->raw);
	}
	from->post_count = 0;
}

struct id16 messages_kit_text(
	struct messages_kit *k, const struct id16 *channel_id, const char *text)
{
	const struct messages_draft d = {.text = bytes_of(text, strlen(text))};
	struct id16 id;

	must(messages_write(k->x, channel_id, &d, &id));
	return id;
}

size_t messages_kit_events(
	struct messages_kit *k, enum rowan_event_type type, struct event *ret)
{
	struct event e;
	struct buf text;
	size_t n = 0;

	if (ret != NULL)
		memset(ret, 0, sizeof *ret);
	while (events_next(k->events, &e, &text) == 0) {
		e.text = bytes_of(NULL, text.len);
		if (e.type == type) {
			n++;
			if (ret != NULL)
				*ret = e;
		}
		buf_wipe(&text);
		must(events_done(k->events, e.number));
	}
	return n;
}

int messages_kit_state(struct messages_kit *k, const struct id16 *id)
{
	struct messages_row m;
	int state;

	must(messages_get(k->x, id, &m));
	state = m.state;
	messages_row_wipe(&m);
	return state;
}
