/*
 * Heads and what follows when they differ: alarms. See follow.h.
 */
#include "session/follow/follow_inner.h"

int follow_alarm(struct follow *f, struct follow_chain *chain,
	const struct follow_finding *what)
{
	const struct event e = {.type = ROWAN_EVENT_ALARM,
		.code = what->alarm,
		.time = f->now,
		.case_id = what->case_id,
		.device = what->device,
		.count = what->number};
	unsigned bit = 1u << what->alarm;
	bool own = !vault_busy(f->o.vault);
	int rc;

	if (chain != NULL && (chain->alarmed & bit) != 0)
		return 0;
	rc = own ? follow_open(f) : 0;
	if (rc == 0) {
		rc = events_add(f->o.events, &e);
		if (own)
			rc = follow_close(f, rc);
	}
	if (rc == 0 && chain != NULL)
		chain->alarmed |= bit;
	return rc;
}

enum rowan_alarm follow_meaning(int rc)
{
	switch (rc) {
	/* Out of its place: another history than the one we follow. */
	case ROWAN_E_STALE:
	case ROWAN_E_CHAIN: return ROWAN_ALARM_FORK;
	default: return ROWAN_ALARM_UNSIGNED;
	}
}

static struct follow_chain *chain_of(
	struct follow *f, const struct id16 *chain, const struct known_case **k)
{
	struct known_case *found = follow_find(f, chain);

	*k = found;
	if (follow_is_clinic(chain))
		return &f->chain;
	return found == NULL ? NULL : &found->chain;
}

int follow_newest(struct follow *f, const struct id16 *chain,
	const struct wire_chain_head *ours,
	const struct wire_chain_head *newest)
{
	const struct known_case *k;
	struct follow_chain *c = chain_of(f, chain, &k);
	struct follow_finding what = {.alarm = ROWAN_ALARM_FORK,
		.case_id = *chain,
		.number = newest->number};
	struct wire_hash head = ours->head;
	int rc = 0;

	if (c != NULL)
		c->behind = false;
	if (newest->number > ours->number)
		return ROWAN_E_AGAIN;
	if (newest->number < ours->number)
		rc = follow_head(f, chain, newest->number, &head);
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_CORRUPT : rc;
	if (memcmp(&head, &newest->head, sizeof head) == 0) {
		if (newest->number == ours->number)
			return 0;
		/* Whose part in a case is over sees less of it. */
		if (k != NULL && !follow_sees_all(f, k))
			return 0;
		/* It has lost it, and says so under the authority's name. */
		if (c != NULL && follow_back_covers(f, chain)) {
			follow_back_behind(f, c, newest->number);
			return 0;
		}
		/* Nobody waits for it any more, but it may still be taken. */
		if (k != NULL && !c->tried_anew && follow_back_late(f, chain)) {
			follow_back_behind(f, c, newest->number);
			return 0;
		}
		what.alarm = ROWAN_ALARM_ROLLBACK;
	}
	if (c != NULL &&
		(what.alarm == ROWAN_ALARM_FORK ? follow_anew_other(f, chain, c)
						: follow_anew(f, chain, c)))
		return 0;
	rc = follow_alarm(f, c, &what);
	return rc == 0 ? ROWAN_E_CHAIN : rc;
}

int follow_owed(struct follow *f, const struct id16 *chain, uint64_t number)
{
	const struct known_case *k;
	struct follow_chain *c = chain_of(f, chain, &k);
	struct follow_finding what = {
		.alarm = ROWAN_ALARM_HIDDEN, .case_id = *chain};
	int rc = follow_told_more(f, chain, number, &what.number);

	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	return follow_alarm(f, c, &what);
}

/* ---- a member's word ----------------------------------------------------- */

static int accuse(struct follow *f, enum rowan_alarm alarm,
	const struct id16 *chain, uint64_t number)
{
	const struct follow_finding what = {
		.alarm = alarm, .case_id = *chain, .number = number};
	int rc = follow_alarm(f, NULL, &what);

	return rc == 0 ? ROWAN_E_CHAIN : rc;
}

/* Ahead of us: the daemon shows it to us too, or it hides it. */
static int ahead(struct follow *f, struct follow_chain *c,
	const struct id16 *chain, uint64_t number)
{
	if (c->heard >= number && c->begun > c->heard_since && !c->wanted)
		return accuse(f, ROWAN_ALARM_HIDDEN, chain, number);
	if (c->heard < number) {
		c->heard = number;
		c->heard_since = c->begun;
	}
	if (!c->wanted)
		follow_catch_up(f, chain);
	return ROWAN_E_AGAIN;
}

static int heard(struct follow *f, const struct id16 *chain,
	const struct follow_heads *at)
{
	const struct known_case *k;
	struct follow_chain *c = chain_of(f, chain, &k);
	uint64_t ours = k != NULL ? k->c.number : 0;
	struct wire_hash head;
	int rc;

	if (c == NULL)
		return ROWAN_E_UNKNOWN;
	if (k == NULL)
		ours = f->clinic.number;
	if (at->number > ours) {
		/* Whose part is over is not shown what came later. */
		if (k != NULL && !follow_sees_all(f, k))
			return 0;
		return ahead(f, c, chain, at->number);
	}
	rc = follow_head(f, chain, at->number, &head);
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_CORRUPT : rc;
	if (memcmp(&head, &at->head, sizeof head) == 0)
		return 0;
	return accuse(f, ROWAN_ALARM_FORK, chain, at->number);
}

int follow_heard(struct follow *f, const struct id16 *case_id,
	const struct follow_heads *clinic, const struct follow_heads *of_case)
{
	int rc = heard(f, &follow_clinic_chain, clinic);
	int of = rc == ROWAN_E_AGAIN || rc == 0 ? heard(f, case_id, of_case)
						: rc;

	return of == 0 ? rc : of;
}
