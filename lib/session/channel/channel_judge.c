/*
 * Is a commit within the channel's rules? The daemon has judged it before;
 * that counts for nothing here. See channel_inner.h.
 */
#include "session/channel/channel_inner.h"

struct judging {
	struct channel *c;
	const struct rowan_mls_received *r;
	struct channel_place at;
	bool behind; /* the committer knew less than we do */
	struct channel_verdict *ret;
};

static int blame(struct judging *j, int alarm, const struct id16 *device)
{
	j->ret->alarm = alarm;
	if (device != NULL)
		j->ret->device = *device;
	return 0;
}

/* Whether the member is removed by the same commit. */
static bool removed(const struct judging *j, uint32_t leaf)
{
	struct rowan_mls_proposal_view p;

	for (size_t i = 0; rowan_mls_received_proposal(j->r, i, &p) == 0; i++)
		if (p.type == ROWAN_MLS_REMOVE && p.leaf == leaf)
			return true;
	return false;
}

static int judge_add(struct judging *j, const struct rowan_mls_proposal_view *p)
{
	struct channel *c = j->c;
	struct id16 device, member;
	int rc;

	if (channel_leaf_device(
		    p->member.credential.content, &device, &member) != 0)
		return blame(j, ROWAN_ALARM_COMMIT, NULL);
	rc = channel_might(c, &device, &j->at);
	if (rc <= -300)
		return blame(j, ROWAN_ALARM_INTRUDER, &device);
	/* No device twice. */
	for (size_t i = 0; i < c->row.seen_count; i++)
		if (id16_eq(&c->row.seen[i].device, &device) &&
			!removed(j, c->row.seen[i].leaf))
			return blame(j, ROWAN_ALARM_COMMIT, &device);
	return rc;
}

/*
 * Out goes who may not be in, who asked to be replaced, and who was not heard
 * for long. A committer who did not know yet what we know is not blamed.
 */
static int judge_remove(
	struct judging *j, const struct rowan_mls_proposal_view *p)
{
	struct channel *c = j->c;
	const struct channel_seen *s = NULL;
	int rc;

	for (size_t i = 0; i < c->row.seen_count; i++)
		if (c->row.seen[i].leaf == p->leaf)
			s = &c->row.seen[i];
	if (s == NULL)
		return blame(j, ROWAN_ALARM_COMMIT, NULL);
	rc = follow_may(c->x->o.follow, &c->id, &s->device);
	if (rc != 0)
		return rc > -300 ? rc : 0;
	if (j->behind || channel_ends(c, &s->device))
		return 0;
	rc = channel_readmitted(c, &s->device, s->added);
	if (rc != ROWAN_E_NOT_FOUND)
		return rc;
	/* A day for hours that are rounded. */
	if (s->heard + CHANNEL_AWAY_S < c->x->now + 24 * 3600)
		return 0;
	return blame(j, ROWAN_ALARM_COMMIT, &s->device);
}

static int judge_each(struct judging *j)
{
	struct rowan_mls_proposal_view p;
	int rc = 0;

	for (size_t i = 0; rc == 0 && j->ret->alarm == 0 &&
			   rowan_mls_received_proposal(j->r, i, &p) == 0;
		i++) {
		if (!p.by_reference && p.type == ROWAN_MLS_ADD)
			rc = judge_add(j, &p);
		else if (!p.by_reference && p.type == ROWAN_MLS_REMOVE)
			rc = judge_remove(j, &p);
		else
			rc = blame(j, ROWAN_ALARM_COMMIT, NULL);
	}
	return rc;
}

int channel_judge(struct channel *c, const struct rowan_mls_received *r,
	const struct wire_heads *marks, uint64_t received,
	struct channel_verdict *ret)
{
	const struct case_state *of =
		follow_case(c->x->o.follow, &c->row.case_id);
	const struct clinic *clinic = follow_clinic(c->x->o.follow);
	struct judging j = {.c = c,
		.r = r,
		.at = {marks->clinic_number, marks->case_number, received},
		.ret = ret};
	struct id16 device, member;
	int rc;

	memset(ret, 0, sizeof *ret);
	if (of == NULL || clinic == NULL)
		return ROWAN_E_STATE;
	j.behind = marks->clinic_number < clinic->number ||
		   marks->case_number < of->number;
	if (rowan_mls_received_sender_type(r) != ROWAN_MLS_SENDER_MEMBER ||
		!channel_device_at(c->group, rowan_mls_received_sender(r),
			&device, &member))
		return blame(&j, ROWAN_ALARM_COMMIT, NULL);
	ret->device = device;
	/* What an earlier commit knew the daemon knew at this one, too. */
	if (j.at.clinic_number < c->row.clinic_number)
		j.at.clinic_number = c->row.clinic_number;
	if (j.at.case_number < c->row.case_number)
		j.at.case_number = c->row.case_number;
	rc = channel_might(c, &device, &j.at);
	if (rc <= -300)
		return blame(&j, ROWAN_ALARM_INTRUDER, &device);
	return rc != 0 ? rc : judge_each(&j);
}
