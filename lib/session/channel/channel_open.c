/*
 * Envelopes of a channel come in: messages, commits, NACKs. See
 * channel_inner.h; Welcomes are in channel_join.c.
 *
 * Everything here runs inside the mailbox's transaction. What a peer or the
 * daemon did wrong becomes an event, and the envelope is done with.
 */
#include <sodium.h>

#include "session/channel/channel_inner.h"
#include "trust/attest.h"

#define WAIT_MS	  120000     /* machines may be slow; what comes is lost then */
#define DROPPED_S (6 * 3600) /* nothing expires so soon after it came */

/*
 * Something cannot be judged before the chains are caught up. True: that has
 * begun, the envelope waits. False: it was tried for this envelope.
 */
bool channel_wait_for(struct channels *x, const struct wire_delivery *d,
	const struct id16 *of)
{
	if (x->asked_sequence != d->sequence) {
		x->asked_sequence = d->sequence;
		x->asked_ms = x->now_ms;
		x->asked_looked = follow_looked(x->o.follow);
		follow_catch_up(x->o.follow, of);
		return true;
	}
	/* A daemon that shows nothing does not stop the mailbox for ever. */
	return follow_busy(x->o.follow) && x->now_ms < x->asked_ms + WAIT_MS;
}

/*
 * The same for a card that is withheld: once all of those have been looked at
 * since, it is not shown to us.
 */
bool channel_wait_for_card(struct channels *x, const struct wire_delivery *d,
	const struct id16 *of)
{
	return channel_wait_for(x, d, of) &&
	       follow_looked(x->o.follow) <= x->asked_looked + 1;
}

/* An envelope did not come: nothing after it can be opened. */
int channel_lost(struct channel *c, bool dropped)
{
	int rc = 0;

	if (c->row.stand == CHANNEL_LOST)
		return 0;
	if (dropped)
		rc = channel_alarm(c, ROWAN_ALARM_DROPPED, NULL);
	if (rc == 0)
		rc = channel_drop_group(c);
	channel_stand(c, CHANNEL_LOST);
	channel_later(c, 0);
	return rc;
}

/* ---- which group ---- */

enum whose { NOBODYS, CURRENT, OLDER, COMING };

static enum whose whose(struct channel *c, struct rowan_mls_bytes group_id)
{
	const struct bytes id = channel_bytes(group_id);
	const struct case_channel *stated = channel_stated(c);

	if (c->row.generation != 0 && bytes_eq(id, id16_view(&c->row.group_id)))
		return CURRENT;
	if (c->row.older != 0 && bytes_eq(id, id16_view(&c->row.older_id)))
		return OLDER;
	if (stated != NULL && bytes_eq(id, id16_view(&stated->group_id)))
		return COMING;
	return NOBODYS;
}

/* Are we in the daemon's tree? It is asked. */
static void look_again(struct channel *c)
{
	c->known = false;
	channel_later(c, 0);
}

/* ---- messages ---- */

static int unreadable(struct channel_opened *ret, int code)
{
	ret->said = true;
	ret->code = code;
	return 0;
}

/* What the sender believes, beside what we do. */
static int compare(struct channel *c, struct rowan_mls_group *g,
	const struct content *content, const struct id16 *device)
{
	const struct content_heads *h = &content->heads;
	struct follow_heads clinic = {h->clinic_number, h->clinic};
	struct follow_heads of_case = {h->case_number, h->of_case};
	struct rowan_mls_bytes a = rowan_mls_group_epoch_authenticator(g);
	struct wire_hash own;
	int rc = 0;

	attest_hash(channel_bytes(a), &own);
	if (h->epoch != rowan_mls_group_epoch(g) ||
		memcmp(&own, &h->authenticator, sizeof own) != 0)
		rc = channel_alarm(c, ROWAN_ALARM_FORK, device);
	if (rc != 0)
		return rc;
	rc = follow_heard(c->x->o.follow, &c->row.case_id, &clinic, &of_case);
	if (rc == ROWAN_E_AGAIN) {
		/* Asked again once the chains are caught up. */
		c->heard = true;
		if (clinic.number >= c->heard_clinic.number)
			c->heard_clinic = clinic;
		if (of_case.number >= c->heard_case.number)
			c->heard_case = of_case;
		return 0;
	}
	return rc == ROWAN_E_CHAIN ? 0 : rc;
}

/* Generations of a sender count from 0 in each epoch, without a gap. */
static int count(struct channel *c, const struct rowan_mls_received *r,
	const struct wire_delivery *d, struct channel_opened *ret)
{
	struct channel_seen *s = channel_seen(c, &ret->device);
	uint32_t generation = rowan_mls_received_generation(r);
	int rc = 0;

	if (s == NULL)
		return 0;
	if (generation > s->next) {
		ret->lost = generation - s->next;
		if (d->received < s->heard + DROPPED_S)
			rc = channel_alarm(
				c, ROWAN_ALARM_DROPPED, &ret->device);
	}
	if (generation >= s->next)
		s->next = generation + 1;
	if (d->received > s->heard)
		s->heard = d->received;
	return rc;
}

/* In a diary the commitment beside the ciphertext is to what is in it. */
static bool is_marked(const struct channel *c,
	const struct rowan_mls_received *r, const struct content *content)
{
	struct said said;

	if (c->row.kind != WIRE_CHANNEL_DIARY)
		return true;
	channel_said(content, &said);
	return said_marked(&said, channel_bytes(rowan_mls_received_aad(r)));
}

static int take_said(struct channel *c, struct rowan_mls_group *g,
	struct rowan_mls_received *r, const struct wire_delivery *d,
	struct channel_opened *ret)
{
	const struct bytes data = channel_bytes(rowan_mls_received_data(r));
	struct channel_place at = {0, 0, d->received};
	struct content content;
	int rc;

	if (rowan_mls_received_kind(r) != ROWAN_MLS_KIND_APPLICATION ||
		!channel_device_at(g, rowan_mls_received_sender(r),
			&ret->device, &ret->member))
		return unreadable(ret, ROWAN_E_MALFORMED);
	rc = content_decode(data, &content);
	if (rc == ROWAN_E_NOMEM)
		return rc;
	/* What is read must be what can be proved. */
	if (rc == 0 && !is_marked(c, r, &content))
		return unreadable(ret, ROWAN_E_CRYPTO);
	if (rc == 0) {
		at.clinic_number = content.heads.clinic_number;
		at.case_number = content.heads.case_number;
	}
	if (g == c->group)
		rc = count(c, r, d, ret);
	else
		rc = 0;
	if (rc == 0)
		rc = channel_might(c, &ret->device, &at);
	/* The word of somebody without a right is not shown. */
	if (rc <= -300)
		return channel_alarm(c, ROWAN_ALARM_INTRUDER, &ret->device);
	if (rc != 0)
		return rc;
	if (at.case_number != 0)
		rc = compare(c, g, &content, &ret->device);
	if (rc == 0)
		rc = buf_copy(&ret->content, data);
	ret->said = rc == 0;
	return rc;
}

/* MLS could not open it. */
static int not_opened(struct channel *c, const struct wire_delivery *d, int rc,
	struct channel_opened *ret)
{
	int rc2 = 0;

	switch (rc) {
	case ROWAN_E_NOMEM:
	case ROWAN_E_INTERNAL: return rc;
	case ROWAN_E_MLS_REPLAY:
		return channel_alarm(c, ROWAN_ALARM_REPLAYED, NULL);
	case ROWAN_E_MLS_DECRYPT:
		/* The same epoch and other keys: another group than ours. */
		if (!c->fork_told)
			rc2 = channel_alarm(c, ROWAN_ALARM_FORK, NULL);
		c->fork_told = true;
		break;
	default: break;
	}
	return rc2 != 0 ? rc2 : unreadable(ret, rc);
}

static int open_in(struct channel *c, struct rowan_mls_group *g,
	const struct wire_delivery *d, struct channel_opened *ret)
{
	struct rowan_mls_received *r = NULL;
	int rc = rowan_mls_process(g, channel_mls(d->envelope), &r);

	if (rc != 0)
		return not_opened(c, d, rc, ret);
	if (g == c->group)
		c->dirty = true;
	else
		c->older_dirty = true;
	rc = take_said(c, g, r, d, ret);
	if (rc == 0)
		rc = rowan_mls_accept(g, r);
	rowan_mls_received_free(r);
	return rc;
}

int channel_open_said(struct channel *c, const struct wire_delivery *d,
	struct channel_opened *ret)
{
	struct rowan_mls_peeked peek;
	enum whose w;
	uint64_t epoch;
	int rc = rowan_mls_peek(channel_mls(d->envelope), &peek);

	if (rc != 0 || peek.wire_format != ROWAN_MLS_PRIVATE_MESSAGE ||
		peek.content_type != ROWAN_MLS_KIND_APPLICATION)
		return rc == ROWAN_E_NOMEM ? rc
					   : unreadable(ret, ROWAN_E_MALFORMED);
	w = whose(c, peek.group_id);
	if (w == NOBODYS || c->row.stand == CHANNEL_OUT)
		return unreadable(ret, ROWAN_E_MLS_WRONG_GROUP);
	/* For members only: the Welcome, or our state, is lost. */
	if (w == COMING) {
		look_again(c);
		return unreadable(ret, ROWAN_E_STATE);
	}
	if (w == OLDER)
		rc = channel_load_older(c);
	else
		rc = channel_load(c);
	if (rc != 0)
		return rc;
	if (w == OLDER)
		return open_in(c, c->older, d, ret);
	epoch = rowan_mls_group_epoch(c->group);
	if (peek.epoch < epoch)
		return channel_alarm(c, ROWAN_ALARM_REPLAYED, NULL);
	if (peek.epoch > epoch) {
		/* Frozen: the commit before it could not be applied. */
		if (c->row.stand != CHANNEL_FROZEN)
			rc = channel_lost(c, true);
		return rc != 0 ? rc : unreadable(ret, ROWAN_E_MLS_WRONG_EPOCH);
	}
	return open_in(c, c->group, d, ret);
}

/* ---- commits ---- */

/* Is the member of one state at that leaf of the other, and the same? */
static bool stays(const struct rowan_mls_group *g,
	const struct rowan_mls_member *m, uint32_t committer)
{
	struct rowan_mls_member other;
	uint32_t leaf = m->leaf;

	return rowan_mls_group_next_member(g, &leaf, &other) &&
	       other.leaf == m->leaf &&
	       bytes_eq(channel_bytes(m->credential.content),
		       channel_bytes(other.credential.content)) &&
	       /* only the committer's own leaf gets another key */
	       (m->leaf == committer ||
		       bytes_eq(channel_bytes(m->encryption_key),
			       channel_bytes(other.encryption_key)));
}

static void unsee(struct channel *c, uint32_t leaf)
{
	struct channel_row *row = &c->row;

	for (size_t i = 0; i < row->seen_count; i++)
		if (row->seen[i].leaf == leaf) {
			memmove(&row->seen[i], &row->seen[i + 1],
				(row->seen_count - i - 1) * sizeof *row->seen);
			row->seen_count--;
			return;
		}
}

static int came(struct channel *c, const struct rowan_mls_member *m)
{
	struct id16 device, member;
	int rc;

	if (channel_leaf_device(m->credential.content, &device, &member) != 0)
		return 0;
	rc = channel_event(c, ROWAN_EVENT_JOINED, &device, 0, 0);
	if (rc == 0 && c->x->o.replaced != NULL)
		rc = c->x->o.replaced(c->x->o.ctx, &c->id, &device);
	return rc;
}

/* Who goes and who comes; whoever comes again does both. */
static int joins_and_leaves(struct channel *c,
	const struct rowan_mls_received *r, struct channel_opened *ret)
{
	const struct rowan_mls_group *next = rowan_mls_received_next(r);
	uint32_t committer = rowan_mls_received_sender(r);
	bool own = rowan_mls_received_own(r);
	struct id16 device, member;
	struct rowan_mls_member m;
	int rc = 0;

	for (uint32_t leaf = 0;
		rc == 0 && rowan_mls_group_next_member(c->group, &leaf, &m);
		leaf++) {
		if (stays(next, &m, committer))
			continue;
		unsee(c, m.leaf);
		if (channel_leaf_device(
			    m.credential.content, &device, &member) == 0)
			rc = channel_event(c, ROWAN_EVENT_LEFT, &device, 0, 0);
	}
	for (uint32_t leaf = 0;
		rc == 0 && rowan_mls_group_next_member(next, &leaf, &m);
		leaf++) {
		if (stays(c->group, &m, committer))
			continue;
		ret->joined = true;
		ret->ours = own;
		rc = came(c, &m);
	}
	return rc;
}

static int out(struct channel *c)
{
	int rc = channel_event(
		c, ROWAN_EVENT_SHUT_OUT, &c->x->o.me->device, 0, 0);

	if (rc == 0)
		rc = channel_drop_group(c);
	channel_stand(c, CHANNEL_OUT);
	channel_later(c, 0);
	return rc;
}

/* The group moves. */
static int accept(struct channel *c, struct rowan_mls_received *r,
	const struct wire_heads *marks, const struct wire_delivery *d,
	struct channel_opened *ret)
{
	bool own = rowan_mls_received_own(r);
	struct channel_seen *s;
	struct id16 device, member;
	int rc;

	if (rowan_mls_received_removed(r))
		return out(c);
	rc = joins_and_leaves(c, r, ret);
	if (rc != 0)
		return rc;
	if (channel_device_at(
		    c->group, rowan_mls_received_sender(r), &device, &member) &&
		(s = channel_seen(c, &device)) != NULL &&
		d->received > s->heard)
		s->heard = d->received;
	rc = rowan_mls_accept(c->group, r);
	if (rc == 0 && c->staged)
		rc = channel_staged_drop(c);
	if (rc != 0)
		return rc;
	if (marks->clinic_number > c->row.clinic_number)
		c->row.clinic_number = marks->clinic_number;
	if (marks->case_number > c->row.case_number)
		c->row.case_number = marks->case_number;
	rc = channel_see(c, d->received);
	/* What is read now was sent after all of the generation before. */
	if (rc == 0 && c->row.older != 0)
		rc = channel_drop_older(c);
	channel_claims_done(c);
	if (own) {
		c->row.updated = c->x->now;
		c->row.sent = 0;
	}
	c->moved = true;
	c->stale_ms = 0;
	c->settled = c->must_go = c->fork_told = false;
	c->failures = 0;
	/* What was found to be missing may be there now. */
	c->known = false;
	channel_changed(c);
	return rc;
}

/* It cannot be applied; a NACK follows (channel_fate.c). */
static int refuse(struct channel *c, int alarm, const struct id16 *device)
{
	int rc = 0;

	if (alarm != 0)
		rc = channel_alarm(c, (enum rowan_alarm)alarm, device);
	if (rc == 0)
		rc = channel_staged_drop(c);
	if (rc == 0 && c->row.stand != CHANNEL_FROZEN)
		rc = channel_event(
			c, ROWAN_EVENT_FROZEN, &c->x->o.me->device, 0, 0);
	if (rc != 0)
		return rc;
	channel_stand(c, CHANNEL_FROZEN);
	c->known = false;
	channel_later(c, 0);
	return 0;
}

/* The committer's chains beside ours: 0, AGAIN, or what is wrong. */
static int judge(struct channel *c, const struct wire_delivery *d,
	const struct rowan_mls_received *r, struct wire_heads *marks,
	struct channel_verdict *ret)
{
	struct follow_heads clinic, of_case;
	int rc =
		wire_heads_get(channel_bytes(rowan_mls_received_aad(r)), marks);

	memset(ret, 0, sizeof *ret);
	if (rc != 0) {
		ret->alarm = ROWAN_ALARM_COMMIT;
		return 0;
	}
	clinic = (struct follow_heads){marks->clinic_number, marks->clinic};
	of_case = (struct follow_heads){marks->case_number, marks->of_case};
	rc = follow_heard(c->x->o.follow, &c->row.case_id, &clinic, &of_case);
	if (rc == ROWAN_E_AGAIN)
		return rc;
	/* Another history: follow.h has raised the alarm. */
	if (rc == ROWAN_E_CHAIN) {
		ret->alarm = ROWAN_ALARM_FORK;
		return 0;
	}
	return rc != 0 ? rc : channel_judge(c, r, marks, d->received, ret);
}

/* Forged by the daemon, or by a member so that only some can apply it. */
static int cannot_apply(
	struct channel *c, const struct wire_delivery *d, int rc)
{
	switch (rc) {
	case ROWAN_E_NOMEM:
	case ROWAN_E_INTERNAL: return rc;
	case ROWAN_E_MLS_CREDENTIAL:
		if (c->x->unsure &&
			channel_wait_for_card(c->x, d, &(struct id16){{0}}))
			return ROWAN_E_AGAIN;
		return refuse(c, ROWAN_ALARM_INTRUDER, NULL);
	case ROWAN_E_MALFORMED:
	case ROWAN_E_LIMIT:
	case ROWAN_E_VERSION:
	case ROWAN_E_MLS_SIGNATURE:
		/* The daemon sees these: no member's doing. */
		return channel_alarm(c, ROWAN_ALARM_COMMIT, NULL);
	/* Our own, of a state that we no longer have. */
	case ROWAN_E_MLS_SENDER: return channel_lost(c, false);
	default: return refuse(c, 0, NULL);
	}
}

static int own_marks(struct channel *c, struct wire_heads *ret)
{
	struct channel_staged s;
	struct buf mem = {0};
	int rc = channel_staged_read(c, &mem, &s);

	*ret = s.marks;
	buf_wipe(&mem);
	return rc;
}

/* Out we go, and rightly: who else comes or goes is shown to us no more. */
static bool is_farewell(struct channel *c, const struct rowan_mls_received *r)
{
	return rowan_mls_received_removed(r) &&
	       follow_may(c->x->o.follow, &c->id, &c->x->o.me->device) <= -300;
}

static int apply(struct channel *c, const struct wire_delivery *d,
	struct channel_opened *ret)
{
	struct rowan_mls_received *r = NULL;
	struct channel_verdict verdict;
	struct wire_heads marks;
	int rc;

	c->x->unsure = false;
	rc = rowan_mls_process(c->group, channel_mls(d->envelope), &r);
	if (rc != 0)
		return cannot_apply(c, d, rc);
	memset(&verdict, 0, sizeof verdict);
	if (rowan_mls_received_own(r))
		rc = own_marks(c, &marks);
	else if (!is_farewell(c, r))
		rc = judge(c, d, r, &marks, &verdict);
	else
		memset(&marks, 0, sizeof marks);
	if (rc == 0 && verdict.alarm == 0)
		rc = accept(c, r, &marks, d, ret);
	else if (rc == 0)
		rc = refuse(c, verdict.alarm, &verdict.device);
	rowan_mls_received_free(r);
	return rc;
}

int channel_open_commit(struct channel *c, const struct wire_delivery *d,
	struct channel_opened *ret)
{
	struct rowan_mls_peeked peek;
	uint64_t epoch;
	int rc = rowan_mls_peek(channel_mls(d->envelope), &peek);

	if (rc != 0 || peek.wire_format != ROWAN_MLS_PUBLIC_MESSAGE ||
		peek.content_type != ROWAN_MLS_KIND_COMMIT)
		return rc == ROWAN_E_NOMEM
			       ? rc
			       : channel_alarm(c, ROWAN_ALARM_COMMIT, NULL);
	switch (whose(c, peek.group_id)) {
	case CURRENT: break;
	/* Commits of a generation that is over change nothing any more. */
	case OLDER:
	case NOBODYS: return 0;
	case COMING: look_again(c); return 0;
	}
	rc = channel_load(c);
	if (rc != 0)
		return rc;
	if (c->row.stand == CHANNEL_CREATING)
		channel_stand(c, CHANNEL_IN);
	epoch = rowan_mls_group_epoch(c->group);
	if (c->row.stand == CHANNEL_FROZEN)
		return 0;
	if (peek.epoch < epoch)
		return channel_alarm(c, ROWAN_ALARM_REPLAYED, NULL);
	return peek.epoch > epoch ? channel_lost(c, true) : apply(c, d, ret);
}

/* ---- NACKs ---- */

/* Signed by a device that was in the group. */
static int nack_verify(struct channel *c, const struct wire_nacked *n)
{
	struct trust_card card;
	struct buf raw = {0};
	uint8_t mem[WIRE_NACKED_LEN];
	struct writer w;
	int rc = follow_card(c->x->o.follow, &n->device, &card, &raw);

	writer_init_fixed(&w, mem, sizeof mem);
	if (rc == 0)
		rc = wire_nack_signed(&n->nack, &w);
	if (rc == 0)
		rc = attest_verify(ATTEST_NACK, writer_view(&w),
			&card.card.signature_key, &n->nack.signature);
	buf_wipe(&raw);
	return rc;
}

int channel_open_nack(struct channel *c, const struct wire_delivery *d)
{
	struct wire_nacked n;
	int rc = wire_nacked_decode(d->envelope, &n);

	if (rc != 0 || !id16_eq(&n.nack.channel, &c->id))
		return channel_alarm(c, ROWAN_ALARM_COMMIT, NULL);
	if (c->row.stand != CHANNEL_IN ||
		n.nack.generation != c->row.generation ||
		channel_seen(c, &n.device) == NULL)
		return 0;
	rc = nack_verify(c, &n);
	if (rc == ROWAN_E_NOMEM || rc == ROWAN_E_IO)
		return rc;
	if (rc != 0)
		return channel_alarm(c, ROWAN_ALARM_COMMIT, &n.device);
	rc = channel_load(c);
	if (rc == 0)
		rc = channel_staged_drop(c);
	if (rc == 0)
		rc = channel_event(c, ROWAN_EVENT_FROZEN, &n.device, 0, 0);
	channel_stand(c, CHANNEL_FROZEN);
	c->known = false;
	channel_later(c, 0);
	return rc;
}
