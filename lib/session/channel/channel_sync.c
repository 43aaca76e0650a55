/*
 * The tree is made equal to the assignments: see channel_inner.h.
 *
 * Compared are the leaves with whom follow.h calls entitled; the daemon is
 * asked only for what statements do not say: whose state is lost, who was
 * away for long. Who must go goes before anything is said; the rest waits a
 * random moment, so that not all members commit at once.
 */
#include <stdlib.h>

#include "session/channel/channel_inner.h"

#define AHEAD_MS    2000
#define AHEAD_MAX   30 /* times in a row, then commits are missing */
#define GONE_MAX    5
#define SETTLED_MS  (60 * 60 * 1000)
#define ANSWER_MS   30000
#define KNOWN_S	    (24 * 60 * 60) /* then the daemon is asked again */
#define REFUSED(rc) ((rc) <= -300)

void channel_changed(struct channel *c)
{
	c->settled = false;
	if (!c->asked)
		c->known = false;
	c->due_ms = c->x->now_ms;
}

/* Is somebody in it who may no longer take part? */
bool channel_must_go(struct channel *c)
{
	if (c->settled)
		return false;
	for (size_t i = 0; i < c->row.seen_count; i++)
		if (REFUSED(follow_may(
			    c->x->o.follow, &c->id, &c->row.seen[i].device)))
			return true;
	return false;
}

/* ---- what is needed ---- */

static void add(
	struct channel *c, struct channel_need *need, const struct id16 *device)
{
	if (need->add_count < WIRE_CLAIMS_MAX && !channel_held(c, device))
		need->add[need->add_count++] = *device;
}

/* Without one, a device waits until another goes. */
static bool has_place(const struct channel *c, const struct channel_need *need)
{
	return c->row.seen_count - need->remove_count + need->add_count <
	       CHANNEL_DEVICES_MAX;
}

/* Has a package in our hands, so that out and in can be one commit. */
static bool claimed(const struct channel *c, const struct id16 *device)
{
	for (size_t i = 0; i < c->claimed_count; i++)
		if (id16_eq(&c->claimed[i].device, device))
			return true;
	return false;
}

int channel_entitled(struct channel *c, struct channel_entitled *e)
{
	int rc = ROWAN_E_LIMIT;

	*e = (struct channel_entitled){0, NULL};
	for (size_t max = CHANNEL_DEVICES_MAX; rc == ROWAN_E_LIMIT; max *= 2) {
		free(e->device);
		e->device = calloc(max, sizeof *e->device);
		rc = e->device == NULL ? ROWAN_E_NOMEM
				       : follow_entitled(c->x->o.follow, &c->id,
						 e->device, max, &e->count);
	}
	return rc;
}

static bool may(const struct channel_entitled *e, const struct id16 *device)
{
	return bsearch(device, e->device, e->count, sizeof *e->device,
		       id16_sort) != NULL;
}

static int look_at_leaf(struct channel *c, const struct channel_seen *s,
	const struct channel_entitled *e, struct channel_need *need)
{
	const struct wire_group_state *st = &c->state;
	int rc;

	if (!may(e, &s->device)) {
		need->remove[need->remove_count++] = s->leaf;
		need->must = true;
		return 0;
	}
	if (id16_eq(&s->device, &c->x->o.me->device))
		return 0;
	if (id16_among(&s->device, st->replace, st->replace_count)) {
		/* Only what a statement of its own bears out. */
		rc = channel_readmitted(c, &s->device, 0);
		if (rc != 0)
			return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
		add(c, need, &s->device);
		if (claimed(c, &s->device))
			need->remove[need->remove_count++] = s->leaf;
	} else if (id16_among(&s->device, st->away, st->away_count) &&
		   s->heard + CHANNEL_AWAY_S <= c->x->now) {
		need->remove[need->remove_count++] = s->leaf;
	}
	return 0;
}

static int look(struct channel *c, const struct channel_entitled *e,
	struct channel_need *need)
{
	const struct wire_group_state *st = &c->state;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < c->row.seen_count; i++)
		rc = look_at_leaf(c, &c->row.seen[i], e, need);
	for (size_t i = 0; rc == 0 && i < e->count; i++)
		if (channel_seen(c, &e->device[i]) == NULL &&
			has_place(c, need) &&
			!id16_among(&e->device[i], st->away, st->away_count))
			add(c, need, &e->device[i]);
	return rc;
}

static int compare(struct channel *c, struct channel_need *need)
{
	struct channel_entitled e;
	int rc = channel_entitled(c, &e);

	memset(need, 0, sizeof *need);
	if (rc == 0)
		rc = look(c, &e, need);
	free(e.device);
	qsort(need->add, need->add_count, sizeof *need->add, id16_sort);
	need->update = c->x->now >= c->row.updated + CHANNEL_UPDATE_S ||
		       c->row.sent >= CHANNEL_UPDATE_SENT;
	return rc;
}

/* ---- what is done about it ---- */

static int settled(struct channel *c)
{
	uint64_t hold = CHANNEL_NEVER;

	c->settled = true;
	c->looked_s = c->x->now;
	c->ready_ms = 0;
	c->failures = c->doubts = 0;
	c->must_go = false;
	channel_later(c, SETTLED_MS);
	for (size_t i = 0; i < c->hold_count; i++)
		if (c->hold[i].until_ms > c->x->now_ms &&
			c->hold[i].until_ms < hold)
			hold = c->hold[i].until_ms;
	if (hold < c->due_ms)
		c->due_ms = hold;
	if (c->wanted)
		c->moved = true;
	c->wanted = false;
	return 0;
}

static bool all_claimed(
	const struct channel *c, const struct channel_need *need)
{
	for (size_t i = 0; i < need->add_count; i++)
		if (!claimed(c, &need->add[i]))
			return false;
	return true;
}

/* The more there are, the longer: few have nobody to give way to. */
static uint32_t jitter(const struct channel *c)
{
	size_t ms = c->row.seen_count * CHANNEL_SHARE_MS + 1;

	return ms < CHANNEL_JITTER_MS ? (uint32_t)ms : CHANNEL_JITTER_MS;
}

static int act(struct channel *c, struct channel_need *need)
{
	if (need->remove_count == 0 && need->add_count == 0 && !need->update)
		return settled(c);
	if (c->ready_ms == 0)
		c->ready_ms = c->x->now_ms + 1 + channel_below(c->x, jitter(c));
	if (c->x->now_ms < c->ready_ms && !c->wanted) {
		c->due_ms = c->ready_ms;
		return 0;
	}
	/* Whoever must go does not wait for whoever comes. */
	if (need->must && c->wanted)
		need->add_count = 0;
	if (!all_claimed(c, need))
		return channel_claim(c, need);
	c->ready_ms = 0;
	return channel_stage(c, need);
}

/* The daemon is further on: commits are on their way, or are not. */
static int behind(struct channel *c)
{
	int rc;

	c->known = false;
	channel_later(c, AHEAD_MS);
	if (++c->doubts < AHEAD_MAX)
		return 0;
	rc = vault_begin(c->x->o.vault);
	return rc != 0 ? rc : channel_commit(c->x, channel_lost(c, true));
}

/* We are: an answer was overtaken; or the daemon went back, and stays there. */
static int ahead(struct channel *c)
{
	c->known = false;
	channel_later(c, AHEAD_MS / 2);
	return 0;
}

static int freeze(struct channel *c)
{
	int rc = vault_begin(c->x->o.vault);

	if (rc != 0)
		return rc;
	rc = channel_event(c, ROWAN_EVENT_FROZEN, NULL, 0, 0);
	if (rc == 0 && c->staged) {
		rc = channel_load(c);
		if (rc == 0)
			rc = channel_staged_drop(c);
	}
	channel_stand(c, CHANNEL_FROZEN);
	channel_later(c, 0);
	return channel_commit(c->x, rc);
}

/*
 * We are in a group that the daemon does not have: it began after the backup
 * that the daemon came back from. Unless the answer is from before we joined.
 */
static int gone(struct channel *c)
{
	c->known = false;
	channel_later(c, AHEAD_MS / 2);
	return ++c->doubts < GONE_MAX ? 0 : freeze(c);
}

static int equalise(struct channel *c)
{
	struct channel_need *need;
	int rc;

	/* Also where it is behind us: it came back from a backup. */
	if (c->known && c->state.exists &&
		c->state.generation == c->row.generation &&
		(c->state.flags & WIRE_GROUP_FROZEN) != 0)
		return freeze(c);
	/* Who is away is told by nobody. */
	if (!c->known || c->x->now >= c->known_s + KNOWN_S)
		return channel_ask_state(c);
	if (c->state.generation == c->row.generation && !c->state.exists)
		return gone(c);
	if (c->state.epoch < c->row.epoch &&
		c->state.generation == c->row.generation)
		return ahead(c);
	if (c->state.generation != c->row.generation) {
		c->known = false;
		channel_later(c, CHANNEL_PAUSE_MS);
		follow_catch_up(c->x->o.follow, &c->row.case_id);
		return 0;
	}
	if (c->staged && !c->sent_staged)
		return channel_send_staged(c);
	if (c->state.epoch > c->row.epoch)
		return behind(c);
	if (c->staged) {
		/* It comes back, or another did. */
		c->sent_staged = c->known = false;
		channel_later(c, ANSWER_MS);
		return 0;
	}
	/* The daemon says that somebody must go: the chains say who. */
	if (c->must_go && follow_busy(c->x->o.follow)) {
		channel_later(c, 50);
		return 0;
	}
	need = malloc(sizeof *need);
	if (need == NULL)
		return ROWAN_E_NOMEM;
	rc = compare(c, need);
	if (rc == 0)
		rc = act(c, need);
	free(need);
	return rc;
}

static int leave(struct channel *c)
{
	int rc = vault_begin(c->x->o.vault);

	return rc != 0 ? rc : channel_commit(c->x, channel_unmake(c));
}

int channel_sync(struct channel *c)
{
	const struct case_channel *stated = channel_stated(c);
	uint32_t generation = stated == NULL ? 0 : stated->generation;

	if (stated == NULL || !channel_mine(c)) {
		c->settled = true;
		c->looked_s = c->x->now;
		channel_later(c, CHANNEL_NEVER);
		return 0;
	}
	if (channel_unmade(c, stated))
		return leave(c);
	switch (c->row.stand) {
	case CHANNEL_LOST: return channel_is_lost(c);
	case CHANNEL_FROZEN:
		if (c->row.generation == 0 || c->row.generation == generation)
			return channel_frozen(c);
		break;
	case CHANNEL_CREATING:
		if (c->row.generation == generation)
			return channel_offer(c);
		break;
	case CHANNEL_IN:
		if (c->row.generation == generation)
			return equalise(c);
		break;
	default: break;
	}
	return channel_without(c);
}
