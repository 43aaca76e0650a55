/*
 * Group operations: see groups.h.
 */
#include <stdlib.h>

#include "clinic/groups.h"
#include "ops/groups.h"
#include "ops/record.h"

static struct groups_at at_of(const struct ops *o, const struct request *r)
{
	return (struct groups_at){o->store, o->now, r->device};
}

/* What a client did wrong is one refusal; what it can mend is told. */
static int told(int rc)
{
	switch (rc) {
	case ROWAN_E_MALFORMED:
	case ROWAN_E_LIMIT: return rc;
	}
	return rc <= -300 ? ROWAN_E_REFUSED : rc;
}

static int answer(struct ops *o, struct request *r, int rc,
	const struct id16 *channel, const struct wire_group_state *state)
{
	if (rc == 0)
		rc = record_channel(o, channel);
	if (rc != 0)
		return told(rc);
	o->record.number = state->epoch;
	gates_moved(&o->gates, o->store, channel);
	return wire_group_state_encode(state, &r->out);
}

/* Behind before the commit is safe: their mailboxes are looked at. */
static void behind(struct ops *o, const struct groups_told *mail)
{
	for (size_t i = 0; i < mail->count; i++)
		subs_behind(&o->subs, &mail->device[i]);
}

int groups_op_create(struct ops *o, struct request *r)
{
	const struct wire_group_create *c = &r->body.group_create;
	const struct groups_at at = at_of(o, r);
	struct wire_group_state state;
	int rc = ops_allow_channel(o, r, &c->channel);

	if (rc == 0)
		rc = groups_create(&at, c, &state);
	return answer(o, r, rc, &c->channel, &state);
}

int groups_op_commit(struct ops *o, struct request *r)
{
	const struct wire_commit *c = &r->body.commit;
	const struct groups_at at = at_of(o, r);
	struct groups_told *mail = malloc(sizeof *mail);
	struct wire_group_state state;
	int rc = mail == NULL ? ROWAN_E_NOMEM
			      : ops_allow_channel(o, r, &c->channel);

	if (rc == 0)
		rc = groups_commit(&at, c, &state, mail);
	if (rc == 0)
		behind(o, mail);
	free(mail);
	entry_content(c->commit, &o->record.content);
	return answer(o, r, rc, &c->channel, &state);
}

int groups_op_state(struct ops *o, struct request *r)
{
	const struct id16 *channel = &r->body.group_id.channel;
	const struct groups_at at = at_of(o, r);
	struct wire_group_state state;
	int rc = ops_allow_channel(o, r, channel);

	if (rc == 0)
		rc = groups_state(&at, channel, &state);
	return rc != 0 ? told(rc) : wire_group_state_encode(&state, &r->out);
}

int groups_op_nack(struct ops *o, struct request *r)
{
	const struct wire_nack *n = &r->body.nack;
	const struct groups_at at = at_of(o, r);
	struct groups_told *mail = malloc(sizeof *mail);
	struct wire_group_state state;
	int rc = mail == NULL ? ROWAN_E_NOMEM
			      : ops_allow_channel(o, r, &n->channel);

	if (rc == 0)
		rc = groups_nack(&at, n, &state, mail);
	if (rc == 0)
		behind(o, mail);
	free(mail);
	memcpy(&o->record.content, &n->commit, sizeof n->commit);
	return answer(o, r, rc, &n->channel, &state);
}
