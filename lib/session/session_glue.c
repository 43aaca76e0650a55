/*
 * What the parts of a session ask of each other: see session_inner.h. Decides
 * nothing; each part knows only itself.
 */
#include <string.h>

#include "session/session_inner.h"

/* ---- transactions that did not happen ------------------------------------ */

/* Those that keep something in memory of what the vault has. */
void glue_mail_aborted(void *ctx)
{
	struct session *s = ctx;

	events_aborted(s->parts.events);
	outbox_aborted(s->parts.outbox);
	messages_aborted(s->parts.messages);
	transfer_aborted(s->parts.transfer);
}

void glue_messages_aborted(void *ctx)
{
	struct session *s = ctx;

	events_aborted(s->parts.events);
	outbox_aborted(s->parts.outbox);
	transfer_aborted(s->parts.transfer);
}

void glue_aborted(void *ctx)
{
	struct session *s = ctx;

	events_aborted(s->parts.events);
	if (s->parts.follow == NULL)
		return;
	acts_aborted(s->parts.acts);
	channels_aborted(s->parts.channels);
	outbox_aborted(s->parts.outbox);
	messages_aborted(s->parts.messages);
	transfer_aborted(s->parts.transfer);
}

void session_aborted(struct session *s)
{
	glue_aborted(s);
}

/* A fault of the vault's comes out of the next step; a verdict is none. */
static void fault(struct session *s, int rc)
{
	if (rc != 0 && rc > -100 && s->fault == 0)
		s->fault = rc;
}

/* ---- chains and acts ----------------------------------------------------- */

void glue_changed(void *ctx, const struct id16 *case_id)
{
	static const struct id16 clinic;
	struct session *s = ctx;

	/* Cases are told of while they are loaded, too. */
	if (s->parts.channels != NULL)
		channels_changed(s->parts.channels, case_id);
	self_changed(s->self);
	if (id16_eq(case_id, &clinic))
		s->judge = true;
	/* A card for the daemon's next key may be among what is new. */
	if (s->phase == PHASE_GOING && id16_eq(case_id, &clinic))
		session_ask_next(s);
}

bool glue_barred(
	void *ctx, const struct id16 *case_id, const struct id16 *member)
{
	struct session *s = ctx;
	bool barred = false;
	int rc = messages_barred(s->parts.messages, case_id, member, &barred);

	/* A list that cannot be read may name them. */
	fault(s, rc);
	return barred || rc != 0;
}

int glue_forget(void *ctx, uint64_t counter)
{
	struct session *s = ctx;
	int rc = channels_forget(s->parts.channels);

	return rc == 0 ? outbox_skip(s->parts.outbox, counter) : rc;
}

/* An act nobody asked for: nobody hears of it. */
static void end_silent(struct session *s, int rc, uint64_t act)
{
	if (rc == 0)
		rc = acts_quiet(s->parts.acts, act, false);
	if (rc == 0)
		rc = vault_commit(s->parts.vault);
	if (rc == 0)
		return;
	vault_abort(s->parts.vault);
	acts_aborted(s->parts.acts);
	fault(s, rc);
}

void glue_reset(void *ctx, const struct id16 *channel, uint32_t generation)
{
	struct session *s = ctx;
	uint8_t kind;
	const struct case_state *c =
		follow_case_of(s->parts.follow, channel, &kind);
	uint64_t act = 0;
	int rc;

	/* Somebody else's came first, or ours is on its way. */
	if (c == NULL || case_channel(c, kind)->generation != generation ||
		acts_pending(s->parts.acts, WIRE_ST_RESET, &c->id) > 0)
		return;
	rc = vault_begin(s->parts.vault);
	if (rc != 0) {
		fault(s, rc);
		return;
	}
	rc = acts_reset(s->parts.acts, channel, &act);
	end_silent(s, rc, act);
}

void glue_readmit(void *ctx, const struct id16 *case_id)
{
	struct session *s = ctx;
	uint64_t act = 0;
	int rc;

	if (acts_pending(s->parts.acts, WIRE_ST_READMIT, case_id) > 0)
		return;
	rc = vault_begin(s->parts.vault);
	if (rc != 0) {
		fault(s, rc);
		return;
	}
	rc = acts_readmit(s->parts.acts, case_id, &act);
	end_silent(s, rc, act);
}

/* ---- what waits to be sent ----------------------------------------------- */

void glue_moved(void *ctx, const struct id16 *channel)
{
	struct session *s = ctx;

	if (s->parts.outbox != NULL)
		outbox_moved(s->parts.outbox, channel);
}

int glue_replaced(
	void *ctx, const struct id16 *channel, const struct id16 *device)
{
	struct session *s = ctx;

	return s->parts.outbox == NULL
		       ? 0
		       : outbox_replaced(s->parts.outbox, channel, device);
}

void glue_blob_sent(void *ctx, const struct id16 *blob, int rc)
{
	glue_moved(ctx, NULL);
}

void glue_blob_got(
	void *ctx, const struct transfer_what *what, int rc, struct bytes data)
{
	struct session *s = ctx;

	messages_got(s->parts.messages, what, rc, data);
}

/* Who has a part in the channel now, as far as we know. */
static size_t members_now(struct follow *f, const struct id16 *channel,
	struct id16 ret[CASE_ASSIGNMENTS_MAX])
{
	const struct case_state *c;
	size_t count = 0;
	uint8_t kind;

	c = follow_case_of(f, channel, &kind);
	for (size_t i = 0; c != NULL && i < c->assignment_count; i++) {
		const struct id16 *m = &c->assignments[i].member;

		if (c->assignments[i].channel == kind &&
			case_assigned(c, m, kind, follow_our_now(f, c)))
			ret[count++] = *m;
	}
	return count;
}

/* Names and bars are for whoever is there; what people say is not. */
static bool is_closed(const struct messages_post *post)
{
	return post->kept && post->content->type != CONTENT_NAME &&
	       post->content->type != CONTENT_BAR;
}

int glue_post(void *ctx, const struct messages_post *post)
{
	struct session *s = ctx;
	struct outbox_post p = {.channel = post->channel,
		.urgent = post->urgent,
		.kept = post->kept,
		.lifetime = post->lifetime,
		.blob_count = post->blob_count};
	struct id16 members[CASE_ASSIGNMENTS_MAX];
	struct writer w;
	int rc = follow_may(s->parts.follow, &post->channel, &s->me.device);

	if (rc != 0)
		return rc <= -300 ? ROWAN_E_REFUSED : rc;
	for (size_t i = 0; i < p.blob_count; i++)
		p.blobs[i] = post->blobs[i];
	if (is_closed(post)) {
		p.members = members;
		p.member_count =
			members_now(s->parts.follow, &post->channel, members);
	}
	writer_init(&w, CONTENT_MAX);
	rc = content_encode(post->content, &w);
	p.content = writer_view(&w);
	if (rc == 0)
		rc = outbox_put(s->parts.outbox, &p);
	writer_wipe(&w);
	return rc;
}

int glue_unpost(void *ctx, const struct id16 *message)
{
	struct session *s = ctx;

	return outbox_cancel(s->parts.outbox, message);
}

int glue_channel(void *ctx, const struct id16 *channel, struct id16 *ret_case,
	uint8_t *ret_kind)
{
	struct session *s = ctx;
	const struct case_state *c =
		follow_case_of(s->parts.follow, channel, ret_kind);

	if (c == NULL)
		return ROWAN_E_REFUSED;
	*ret_case = c->id;
	return 0;
}

int glue_delivered(
	void *ctx, const struct id16 *message, const struct id16 *device)
{
	struct session *s = ctx;

	return outbox_delivered(s->parts.outbox, message, device);
}

int glue_sent(void *ctx, const struct id16 *message, uint64_t time)
{
	struct session *s = ctx;

	return messages_sent(s->parts.messages, message, time);
}

int glue_logged(void *ctx, const struct proofs_submitted *submitted)
{
	struct session *s = ctx;

	return proofs_keep(s->parts.proofs, submitted);
}

int glue_unsent(void *ctx, const struct id16 *message, int code)
{
	struct session *s = ctx;

	return messages_unsent(s->parts.messages, message, code);
}

int glue_unreached(void *ctx, const struct outbox_unreached *u)
{
	static const struct id16 none;
	struct outbox_unreached of = *u;
	struct session *s = ctx;

	if (id16_eq(&of.member, &none))
		of.member = channels_member(s->parts.channels, &of.device);
	return messages_unreached(s->parts.messages, &of);
}

/* ---- what has come ------------------------------------------------------- */

static struct messages_from from_of(const struct mailbox_from *f)
{
	return (struct messages_from){.case_id = f->case_id,
		.channel = f->channel,
		.member = f->member,
		.device = f->device,
		.received = f->received,
		.urgent = f->urgent};
}

int glue_opened(
	void *ctx, const struct mailbox_from *from, struct bytes content)
{
	const struct messages_from f = from_of(from);
	struct session *s = ctx;

	return messages_take(s->parts.messages, &f, content);
}

int glue_unreadable(void *ctx, const struct mailbox_from *from, int code)
{
	const struct messages_from f = from_of(from);
	struct session *s = ctx;

	return messages_unreadable(s->parts.messages, &f, code);
}

int glue_joined(void *ctx, const struct id16 *channel, bool ours)
{
	struct session *s = ctx;

	return messages_joined(s->parts.messages, channel, ours);
}
