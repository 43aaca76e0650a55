/*
 * What of the chains a device may read: see visible.h.
 */
#include <stdlib.h>

#include "clinic/source.h"
#include "ops/visible.h"

/* Who sees every card and revocation. */
#define ALL (WIRE_RIGHT_COORDINATE | WIRE_RIGHT_ENROL | WIRE_RIGHT_AUDIT)
/* Whose cards everybody needs, to check what they have signed. */
#define SIGNS (WIRE_RIGHT_COORDINATE | WIRE_RIGHT_ENROL)

/* The newest statement of a case that is not later than ${time}. */
static int last_before(
	struct ops *o, const struct case_state *c, uint64_t time, uint64_t *ret)
{
	struct store_act act = {.time = c->time};
	struct buf raw;
	int rc = 0;

	for (*ret = c->number; rc == 0 && act.time > time && *ret > 0;) {
		rc = store_act_get(o->view, &c->id, --*ret, &act, &raw);
		buf_wipe(&raw);
	}
	return rc;
}

/* No statement took the member off the case; time may have. */
static int by_time(struct ops *o, const struct id16 *case_id, uint64_t *ret)
{
	const struct id16 *member = &o->sender.member;
	struct source source;
	struct case_state c;
	uint64_t end = 0;
	int rc;

	source_init(&source, o->view);
	rc = source_case(&source, case_id, &c);
	for (size_t i = 0; rc == 0 && i < c.assignment_count; i++) {
		const struct case_assignment *a = &c.assignments[i];
		uint64_t until = a->until != 0 ? a->until : UINT64_MAX;

		if (id16_eq(&a->member, member) && until > end)
			end = until;
	}
	*ret = UINT64_MAX;
	if (rc == 0 && end <= o->now)
		rc = last_before(o, &c, end, ret);
	case_wipe(&c);
	source_wipe(&source);
	return rc;
}

static int by_part(struct ops *o, const struct id16 *case_id, uint64_t *ret)
{
	struct store_part part;
	int rc = store_part_get(o->view, &o->sender.member, case_id, &part);

	*ret = part.last;
	return rc == 0 && part.last == 0 ? by_time(o, case_id, ret) : rc;
}

static int is_erased(struct ops *o, const struct id16 *case_id, bool *ret)
{
	struct source source;
	struct case_state c = {0};
	int rc;

	source_init(&source, o->view);
	rc = source_case(&source, case_id, &c);
	*ret = rc == 0 && c.status == CASE_ERASED;
	case_wipe(&c);
	source_wipe(&source);
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

int visible_case(struct ops *o, const struct id16 *case_id, uint64_t *ret_last)
{
	struct buf state;
	bool erased;
	int rc = ROWAN_E_NOT_FOUND;

	*ret_last = UINT64_MAX;
	if ((o->sender.rights & WIRE_RIGHT_COORDINATE) != 0) {
		rc = store_chain_state(o->view, case_id, &state);
		buf_wipe(&state);
	}
	if (rc == ROWAN_E_NOT_FOUND) {
		rc = by_part(o, case_id, ret_last);
		/* Whoever once had a part is told what became of it. */
		if (rc == 0 && *ret_last != UINT64_MAX) {
			rc = is_erased(o, case_id, &erased);
			*ret_last = erased ? UINT64_MAX : *ret_last;
		}
	}
	return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_REFUSED : rc;
}

int visible_init(struct visible *v, struct ops *o)
{
	*v = (struct visible){.o = o, .all = (o->sender.rights & ALL) != 0};
	if (v->all)
		return 0;
	v->mine = calloc(STORE_CASES_MAX, sizeof *v->mine);
	v->theirs = calloc(STORE_CASES_MAX, sizeof *v->theirs);
	if (v->mine == NULL || v->theirs == NULL)
		return ROWAN_E_NOMEM;
	return store_part_list(o->view, &o->sender.member, v->mine,
		STORE_CASES_MAX, &v->mine_len);
}

void visible_wipe(struct visible *v)
{
	free(v->mine);
	free(v->theirs);
	*v = (struct visible){.mine_len = 0};
}

/* Both lists ascend. */
static bool meet(const struct visible *v, size_t theirs_len)
{
	size_t i = 0, k = 0;

	while (i < v->mine_len && k < theirs_len) {
		int c = id16_cmp(&v->mine[i].case_id, &v->theirs[k].case_id);

		if (c == 0)
			return true;
		if (c < 0)
			i++;
		else
			k++;
	}
	return false;
}

static int concerns(struct visible *v, const struct id16 *device, bool *ret)
{
	struct ops *o = v->o;
	struct store_device d;
	size_t len;
	int rc = store_device_by_id(o->view, device, &d);

	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_CORRUPT : rc;
	if (id16_eq(&d.member, &o->sender.member) || (d.rights & SIGNS) != 0 ||
		d.role == WIRE_ROLE_DAEMON || d.role == WIRE_ROLE_WITNESS) {
		*ret = true;
		return 0;
	}
	rc = store_part_list(
		o->view, &d.member, v->theirs, STORE_CASES_MAX, &len);
	*ret = rc == 0 && meet(v, len);
	return rc;
}

int visible_act(struct visible *v, const struct store_act *act, bool *ret)
{
	struct wire_statement s;
	struct wire_card card;

	*ret = true;
	if (v->all)
		return 0;
	if (wire_statement_decode(act->raw, &s) != 0)
		return ROWAN_E_CORRUPT;
	switch (s.kind) {
	case WIRE_ST_CARD:
		if (wire_card_decode(s.u.card, &card) != 0)
			return ROWAN_E_CORRUPT;
		return concerns(v, &card.device, ret);
	case WIRE_ST_REVOKE: return concerns(v, &s.u.revoke.device, ret);
	default: return 0;
	}
}
