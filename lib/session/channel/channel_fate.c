/*
 * How a channel stands at the daemon, and what to do when it does not stand
 * well: see channel_inner.h.
 *
 *	no group yet ............ create one
 *	a group without us ...... wait; nobody is left in it, or nobody has
 *				  added us for long: a reset
 *	it has us, we have not .. our state is lost: readmit
 *	frozen .................. a reset, by whoever may
 *	ahead of a frozen us .... NACK what we could not apply
 */
#include "session/channel/channel_inner.h"
#include "trust/attest.h"
#include "wire/op.h"

#define DOUBTS_MAX 3 /* times in a row, then it is so */
#define DOUBT_MS   2000
#define RESET_MS   60000 /* asked again after */
#define READMIT_MS 60000
#define BODY_MAX   512

/* ---- the daemon's word ---- */

/* The same epoch, and another history: the daemon shows us two groups. */
static int compare(struct channel *c, const struct wire_group_state *s)
{
	struct rowan_mls_bytes own;
	int rc;

	if (!s->exists || s->epoch == 0 || c->row.stand != CHANNEL_IN ||
		c->row.generation != s->generation || c->row.epoch != s->epoch)
		return 0;
	rc = channel_load(c);
	if (rc != 0)
		return rc;
	own = rowan_mls_group_confirmed_transcript_hash(c->group);
	if (bytes_eq(channel_bytes(own),
		    bytes_of(s->confirmed.b, sizeof s->confirmed.b)) ||
		c->fork_told)
		return 0;
	c->fork_told = true;
	rc = vault_begin(c->x->o.vault);
	if (rc == 0)
		rc = channel_commit(
			c->x, channel_alarm(c, ROWAN_ALARM_FORK, NULL));
	return rc;
}

static int took_state(struct channel *c, const struct wire_group_state *s)
{
	c->state = *s;
	c->known = true;
	c->known_s = c->x->now;
	channel_later(c, 0);
	return compare(c, s);
}

static void got_state(void *ctx, const struct requests_outcome *o)
{
	struct channel *c = ctx;
	struct wire_group_state s;
	int rc = o->rc;

	c->asked = false;
	if (c->x->ending)
		return;
	if (rc == 0)
		rc = wire_group_state_decode(o->answer, &s);
	if (rc == 0)
		rc = took_state(c, &s);
	else
		channel_later(c, CHANNEL_PAUSE_MS);
	if (rc == ROWAN_E_REFUSED)
		follow_catch_up(c->x->o.follow, &c->row.case_id);
	else if (rc != 0 && rc > ROWAN_E_AGAIN)
		c->x->error = rc;
}

int channel_ask_state(struct channel *c)
{
	const struct wire_group_id id = {c->id};
	uint8_t mem[BODY_MAX];
	struct writer w;
	int rc;

	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_group_id_encode(&id, &w);
	return rc != 0 ? rc
		       : channel_ask(c, &(struct requests_new){
						.op = WIRE_OP_GROUP_STATE,
						.body = writer_view(&w),
						.done = got_state});
}

/* ---- resets ---- */

/* Staff; in the diary whoever it belongs to. */
static bool may_reset(struct channel *c)
{
	struct wire_card card;

	if (!channel_mine(c) || identity_card(c->x->o.me, &card) != 0)
		return false;
	return card.role == (c->row.kind == WIRE_CHANNEL_DIARY
					    ? WIRE_ROLE_VICTIM
					    : WIRE_ROLE_CASEWORKER);
}

static void reset(struct channel *c)
{
	const struct case_channel *stated = channel_stated(c);

	/* Others may: one after the other, the first is enough. */
	if (c->ready_ms == 0)
		c->ready_ms = c->x->now_ms + 1 +
			      channel_below(c->x, CHANNEL_JITTER_MS);
	if (c->x->now_ms < c->ready_ms) {
		c->due_ms = c->ready_ms;
		return;
	}
	c->ready_ms = 0;
	channel_later(c, RESET_MS);
	c->known = false;
	if (stated != NULL && may_reset(c))
		c->x->o.reset(c->x->o.ctx, &c->id, stated->generation);
}

/* ---- a group of our own making ---- */

static int make(struct channel *c, const struct case_channel *stated)
{
	const struct rowan_mls_extensions none = {NULL, 0};
	struct rowan_mls_group *g = NULL;
	uint32_t generation = stated->generation;
	struct id16 id = stated->group_id;
	int rc = channel_client(c->x);

	if (rc == 0)
		rc = rowan_mls_group_create(
			c->x->client, channel_mls(id16_view(&id)), none, &g);
	if (rc == 0)
		rc = vault_begin(c->x->o.vault);
	if (rc != 0) {
		rowan_mls_group_free(g);
		return rc;
	}
	rc = channel_take_group(c, g, generation, &id);
	if (rc != 0)
		rowan_mls_group_free(g);
	if (rc == 0)
		rc = channel_see(c, c->x->now);
	channel_stand(c, CHANNEL_CREATING);
	rc = channel_commit(c->x, rc);
	return rc == 0 ? channel_offer(c) : rc;
}

/* It is the channel's: or another one came first. */
static int settle(struct channel *c, int rc, const struct wire_group_state *s)
{
	bool ours = rc == 0;
	int rc2;

	if (c->row.stand != CHANNEL_CREATING)
		return 0;
	if (!ours && rc != ROWAN_E_STALE && rc != ROWAN_E_REFUSED)
		return rc > ROWAN_E_AGAIN ? rc : 0;
	rc2 = vault_begin(c->x->o.vault);
	if (rc2 != 0)
		return rc2;
	if (ours) {
		channel_stand(c, CHANNEL_IN);
		rc2 = channel_event(c, ROWAN_EVENT_CHANNEL, NULL, 0, 0);
	} else {
		rc2 = channel_drop_group(c);
		channel_stand(c, CHANNEL_WAITING);
	}
	rc2 = channel_commit(c->x, rc2);
	if (rc2 == 0 && ours)
		rc2 = took_state(c, s);
	if (rc == ROWAN_E_STALE || rc == ROWAN_E_REFUSED)
		follow_catch_up(c->x->o.follow, &c->row.case_id);
	return rc2;
}

static void created(void *ctx, const struct requests_outcome *o)
{
	struct channel *c = ctx;
	struct wire_group_state s;
	int rc = o->rc;

	c->asked = false;
	if (c->x->ending)
		return;
	channel_later(c, rc == 0 ? 0 : CHANNEL_PAUSE_MS / 10);
	if (rc == 0)
		rc = wire_group_state_decode(o->answer, &s);
	rc = settle(c, rc, &s);
	if (rc != 0)
		c->x->error = rc;
}

int channel_offer(struct channel *c)
{
	struct wire_group_create create = {.channel = c->id};
	const struct rowan_mls_group_info_options plain = {false, false};
	struct rowan_mls_buf info = {NULL, 0}, tree = {NULL, 0};
	struct bytes frames[2];
	uint8_t mem[BODY_MAX];
	struct writer w;
	int rc = channel_load(c);

	writer_init_fixed(&w, mem, sizeof mem);
	create.generation = c->row.generation;
	if (rc == 0)
		rc = rowan_mls_group_info(c->group, &plain, &info);
	if (rc == 0)
		rc = rowan_mls_group_tree(c->group, &tree);
	if (rc == 0)
		rc = wire_group_create_encode(&create, &w);
	if (rc == 0) {
		frames[0] = bytes_of(info.data, info.len);
		frames[1] = bytes_of(tree.data, tree.len);
		rc = channel_ask(
			c, &(struct requests_new){.op = WIRE_OP_GROUP_CREATE,
				   .body = writer_view(&w),
				   .frames = frames,
				   .frame_count = 2,
				   .done = created});
	}
	rowan_mls_buf_free(&info);
	rowan_mls_buf_free(&tree);
	return rc;
}

/* ---- waiting, lost ---- */

static int waiting_since(struct channel *c)
{
	int rc;

	if (c->row.stand == CHANNEL_WAITING && c->row.since != 0)
		return 0;
	rc = vault_begin(c->x->o.vault);
	if (rc != 0)
		return rc;
	if (c->row.stand == CHANNEL_WAITING)
		c->row.since = channel_now(c);
	channel_stand(c, CHANNEL_WAITING);
	return channel_commit(c->x, 0);
}

/* In the daemon's tree, and no state: unless a Welcome is on its way. */
static int doubt(struct channel *c)
{
	int rc;

	c->known = false;
	channel_later(c, DOUBT_MS);
	if (++c->doubts < DOUBTS_MAX)
		return 0;
	rc = vault_begin(c->x->o.vault);
	if (rc == 0)
		rc = channel_commit(c->x, channel_lost(c, false));
	return rc;
}

static int waits_again(struct channel *c)
{
	int rc = vault_begin(c->x->o.vault);

	if (rc != 0)
		return rc;
	channel_stand(c, CHANNEL_WAITING);
	channel_later(c, 0);
	return channel_commit(c->x, 0);
}

int channel_without(struct channel *c)
{
	const struct case_channel *stated = channel_stated(c);
	int rc;

	if (stated == NULL)
		return 0;
	rc = waiting_since(c);
	if (rc != 0)
		return rc;
	if (!c->known)
		return channel_ask_state(c);
	/* The statements say another generation: either may be behind. */
	if (c->state.generation != stated->generation) {
		c->known = false;
		channel_later(c, CHANNEL_PAUSE_MS);
		follow_catch_up(c->x->o.follow, &c->row.case_id);
		return 0;
	}
	if (!c->state.exists) {
		bool unsure;

		rc = channel_unsure(c, stated, &unsure);
		if (rc != 0 || !unsure)
			return rc != 0 ? rc : make(c, stated);
		/* Others may be in one of that name. */
		reset(c);
		return 0;
	}
	if ((c->state.flags & WIRE_GROUP_MEMBER) != 0)
		return doubt(c);
	c->doubts = 0;
	if ((c->state.flags & (WIRE_GROUP_FROZEN | WIRE_GROUP_DESERTED)) != 0 ||
		c->x->now >= c->row.since + c->x->o.patience) {
		reset(c);
		return 0;
	}
	/* A parked device comes back by asking for it. */
	if (id16_among(&c->x->o.me->device, c->state.away, c->state.away_count))
		return channel_is_lost(c);
	c->known = false;
	channel_later(c, CHANNEL_LOOK_MS);
	return 0;
}

int channel_is_lost(struct channel *c)
{
	const struct wire_group_state *s = &c->state;
	bool member;

	if (!c->known)
		return channel_ask_state(c);
	member = (s->flags & WIRE_GROUP_MEMBER) != 0;
	if (!member &&
		!id16_among(&c->x->o.me->device, s->away, s->away_count) &&
		c->row.stand == CHANNEL_LOST)
		return waits_again(c);
	c->known = false;
	channel_later(c, READMIT_MS);
	if (!id16_among(&c->x->o.me->device, s->replace, s->replace_count))
		c->x->o.readmit(c->x->o.ctx, &c->row.case_id);
	else if ((s->flags & (WIRE_GROUP_FROZEN | WIRE_GROUP_DESERTED)) != 0 ||
		 c->x->now >= c->row.since + c->x->o.patience)
		reset(c);
	return 0;
}

/* ---- frozen ---- */

static void nacked(void *ctx, const struct requests_outcome *o)
{
	struct channel *c = ctx;

	c->asked = false;
	if (c->x->ending)
		return;
	c->known = false;
	channel_later(c, o->rc == 0 ? 0 : CHANNEL_PAUSE_MS);
}

/* The newest commit is the one that we could not apply. */
static int nack(struct channel *c)
{
	struct wire_nack n = {.channel = c->id,
		.generation = c->state.generation,
		.epoch = c->state.epoch - 1,
		.commit = c->state.commit};
	uint8_t mem[BODY_MAX];
	struct writer w;
	int rc;

	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_nack_signed(&n, &w);
	if (rc == 0)
		rc = attest_sign(ATTEST_NACK, writer_view(&w),
			c->x->o.me->signature_seed.b, &n.signature);
	writer_init_fixed(&w, mem, sizeof mem);
	if (rc == 0)
		rc = wire_nack_encode(&n, &w);
	return rc != 0 ? rc
		       : channel_ask(
				 c, &(struct requests_new){.op = WIRE_OP_NACK,
					    .body = writer_view(&w),
					    .done = nacked});
}

/* The daemon has not the group that we are in: a backup did not have it. */
static bool is_lost_there(const struct channel *c)
{
	return !c->state.exists && c->row.generation != 0 &&
	       c->state.generation == c->row.generation;
}

int channel_frozen(struct channel *c)
{
	int rc;

	if (!c->known)
		return channel_ask_state(c);
	if ((c->state.flags & WIRE_GROUP_FROZEN) != 0 || is_lost_there(c)) {
		reset(c);
		return 0;
	}
	if (!c->state.exists || c->state.generation != c->row.generation) {
		bool member = (c->state.flags & WIRE_GROUP_MEMBER) != 0;

		/* With nothing of our own: added to what we do not accept. */
		if (c->row.generation == 0 && member && c->state.epoch > 0)
			return nack(c);
		if (c->row.generation == 0 && !member)
			return waits_again(c);
		channel_later(c, CHANNEL_PAUSE_MS);
		c->known = false;
		return 0;
	}
	if (c->state.epoch == c->row.epoch + 1)
		return nack(c);
	rc = vault_begin(c->x->o.vault);
	if (rc != 0)
		return rc;
	/* The daemon has not what we refused; or others went on from it. */
	if (c->state.epoch <= c->row.epoch)
		channel_stand(c, CHANNEL_IN);
	else
		rc = channel_lost(c, false);
	return channel_commit(c->x, rc);
}
