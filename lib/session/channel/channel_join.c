/*
 * Welcomes come in: see channel_inner.h.
 *
 * Whoever adds us shows us a group: it must be the one the case's statements
 * name, with nobody in it who was never entitled, and where the daemon says
 * it is (channel_fate.c compares that).
 */
#include "session/channel/channel_inner.h"

/* 0 iff everybody in it may be, or was once, entitled to be. */
static int judge_members(
	struct channel *c, struct rowan_mls_group *g, struct id16 *ret_intruder)
{
	static const struct channel_place ever;
	struct rowan_mls_member m;
	struct id16 member;
	int rc = 0;

	for (uint32_t leaf = 0;
		rc == 0 && rowan_mls_group_next_member(g, &leaf, &m); leaf++) {
		rc = channel_leaf_device(
			m.credential.content, ret_intruder, &member);
		if (rc == 0)
			rc = channel_might(c, ret_intruder, &ever);
	}
	return rc;
}

static int wrong(struct channel *c)
{
	c->known = false;
	channel_later(c, 0);
	return channel_alarm(c, ROWAN_ALARM_WELCOME, NULL);
}

static int intruder(struct channel *c, const struct id16 *device)
{
	int rc = channel_alarm(c, ROWAN_ALARM_INTRUDER, device);

	if (rc == 0)
		rc = channel_event(
			c, ROWAN_EVENT_FROZEN, &c->x->o.me->device, 0, 0);
	if (rc == 0)
		rc = channel_drop_group(c);
	channel_stand(c, CHANNEL_FROZEN);
	c->known = false;
	channel_later(c, 0);
	return rc;
}

/* Takes ${g} over on success. */
static int enter(struct channel *c, struct rowan_mls_group *g,
	const struct wire_delivery *d, struct channel_opened *ret)
{
	const struct case_channel *stated = channel_stated(c);
	struct id16 device;
	int rc;

	if (stated == NULL || !bytes_eq(channel_bytes(rowan_mls_group_id(g)),
				      id16_view(&stated->group_id))) {
		rc = channel_began(c, channel_bytes(rowan_mls_group_id(g)));
		/* It was reset while this was on its way. */
		return rc == ROWAN_E_NOT_FOUND ? wrong(c) : rc;
	}
	rc = judge_members(c, g, &device);
	if (rc <= -300)
		return intruder(c, &device);
	if (rc == 0)
		rc = channel_take_group(
			c, g, stated->generation, &stated->group_id);
	if (rc != 0)
		return rc;
	if (c->row.older != 0)
		rc = channel_drop_older(c);
	/* What was before our time was dealt with before our time. */
	c->row.case_number =
		follow_case(c->x->o.follow, &c->row.case_id)->number;
	c->row.clinic_number = follow_clinic(c->x->o.follow)->number;
	channel_stand(c, CHANNEL_IN);
	if (rc == 0)
		rc = channel_see(c, d->received);
	if (rc == 0)
		rc = channel_event(c, ROWAN_EVENT_CHANNEL, NULL, 0, 0);
	ret->joined = true;
	channel_changed(c);
	return rc;
}

static int join(struct channel *c, const struct wire_delivery *d,
	struct channel_opened *ret)
{
	struct channels *x = c->x;
	struct rowan_mls_group *g = NULL;
	int rc;

	x->unsure = false;
	rc = rowan_mls_join(x->client, channel_mls(d->envelope), NULL, &g);
	if (rc == ROWAN_E_NOMEM || rc == ROWAN_E_INTERNAL)
		return rc;
	if (rc == ROWAN_E_MLS_CREDENTIAL && x->unsure &&
		channel_wait_for_card(c->x, d, &c->row.case_id))
		return ROWAN_E_AGAIN;
	/* Somebody in it whom the clinic does not know. */
	if (rc == ROWAN_E_MLS_CREDENTIAL)
		return intruder(c, &x->judged);
	if (rc != 0)
		return wrong(c);
	x->client_dirty = true;
	rc = channel_packages_used(x);
	if (rc == 0)
		rc = enter(c, g, d, ret);
	if (c->group != g)
		rowan_mls_group_free(g);
	return rc;
}

int channel_open_welcome(struct channel *c, const struct wire_delivery *d,
	struct channel_opened *ret)
{
	static const struct id16 clinic;
	const struct case_channel *stated;
	int rc = channel_client(c->x);

	if (rc != 0)
		return rc;
	/* A package is used once: the chains first. */
	if (c->x->asked_sequence != d->sequence)
		follow_catch_up(c->x->o.follow, &clinic);
	if (channel_wait_for(c->x, d, &c->row.case_id))
		return ROWAN_E_AGAIN;
	stated = channel_stated(c);
	if (channel_unmade(c, stated))
		rc = channel_unmake(c);
	if (rc != 0)
		return rc;
	/* In it already: nobody adds us twice. */
	if (stated != NULL && c->row.generation == stated->generation &&
		(c->row.stand == CHANNEL_IN || c->row.stand == CHANNEL_FROZEN))
		return wrong(c);
	return join(c, d, ret);
}
