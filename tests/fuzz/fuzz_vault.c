/*
 * Fuzz target: everything a vault keeps, row by row, as the session reads it:
 * the identity, chains and cards, acts, invites, channels, messages, what
 * waits to be sent, attachments, receipts, events. The form of the input is
 * memory_vault.h's.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "fuzz/memory_vault.h"
#include "session/message/messages_row.h"
#include "session/session_parts.h"

#define CASES	 8
#define DEVICES	 32
#define MESSAGES 64
#define STEPS	 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint64_t now_ms;

/* ---- a daemon that never answers ---- */

static int take(void *ctx, const struct bytes *frames, size_t count)
{
	return 0;
}

static int nothing(void *ctx, struct transport_frames *ret)
{
	return ROWAN_E_AGAIN;
}

static enum transport_state up(void *ctx, uint64_t ms)
{
	return TRANSPORT_UP;
}

static uint64_t never(void *ctx, uint64_t ms)
{
	return UINT64_MAX;
}

static uint64_t first(void *ctx)
{
	return 1;
}

static uint64_t clock_ms(void *ctx)
{
	return now_ms;
}

static const struct transport silent = {take, nothing, up, never, first, NULL};

/* ---- looking at everything ---- */

static void look_at_events(const struct session_parts *p)
{
	struct event e;
	struct buf text;

	for (int i = 0; i < MESSAGES; i++) {
		int rc = events_next(p->events, &e, &text);

		buf_wipe(&text);
		if (rc != 0 || events_done(p->events, e.number) != 0)
			break;
	}
}

static void look_at_messages(
	const struct session_parts *p, const struct id16 *channel)
{
	struct messages_row m;
	uint64_t at = 0;

	for (int i = 0; i < MESSAGES; i++) {
		struct buf file;

		if (messages_next(p->messages, channel, at, &m) != 0)
			break;
		at = m.place;
		if (proofs_get(p->proofs, &m.content.id, &file) == 0)
			buf_wipe(&file);
		messages_row_wipe(&m);
	}
	(void)messages_unread(p->messages, channel);
}

static void look_at_channel(
	const struct session_parts *p, const struct id16 *channel)
{
	struct id16 in[DEVICES];
	struct channel_info info;
	char code[128];
	size_t n;

	if (follow_entitled(p->follow, channel, in, DEVICES, &n) == 0 && n > 0)
		(void)!follow_may(p->follow, channel, &in[0]);
	(void)!channels_info(p->channels, channel, &info);
	(void)!channels_devices(p->channels, channel, in, DEVICES, &n);
	(void)!channels_code(p->channels, channel, code);
	(void)!channels_ready(p->channels, channel);
	look_at_messages(p, channel);
}

static void look_at_people(
	const struct session_parts *p, const struct id16 *channel)
{
	struct id16 all[DEVICES];
	size_t n = 0;
	int rc = follow_devices(p->follow, NULL, all, DEVICES, &n);

	for (size_t i = 0; (rc == 0 || rc == ROWAN_E_LIMIT) && i < n; i++) {
		struct trust_card card;
		struct buf raw;
		struct buf name;

		if (follow_card(p->follow, &all[i], &card, &raw) == 0 &&
			messages_name(p->messages, channel, &card.card.member,
				&name) == 0)
			buf_wipe(&name);
		buf_wipe(&raw);
	}
}

static void look(const struct session_parts *p)
{
	struct id16 cases[CASES];
	size_t n;

	look_at_events(p);
	if (p->follow == NULL)
		return;
	(void)acts_pending(p->acts, 0, NULL);
	if (follow_cases(p->follow, cases, CASES, &n) != 0)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct case_state *c = follow_case(p->follow, &cases[i]);
		struct id16 channel[8];
		size_t k = 0;

		for (; c != NULL && k < c->channel_count && k < 8; k++)
			channel[k] = c->channels[k].channel;
		while (k-- > 0) {
			look_at_channel(p, &channel[k]);
			look_at_people(p, &channel[k]);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct key32 key = {{1}};
	const struct session_options o = {.path = "none",
		.unlock = {.key = &key},
		.transport = &silent,
		.monotonic_ms = clock_ms};
	struct session *s;

	if (sodium_init() < 0)
		abort();
	now_ms = 1000;
	memory_vault_fill(bytes_of(data, len));
	if (session_open(&s, &o) != 0)
		return 0;
	(void)!session_connect(s);
	for (int i = 0; i < STEPS; i++) {
		(void)!session_step(s);
		look(session_parts(s));
		now_ms += 5 * 60 * 1000;
	}
	session_close(s);
	return 0;
}
