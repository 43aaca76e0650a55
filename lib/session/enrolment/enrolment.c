/*
 * Enrolments, both sides: see enrolment.h. What is common to all of them.
 */
#include <stdlib.h>

#include "session/enrolment/enrolment_inner.h"

int enrolment_new(
	struct enrolment **ret, const struct enrolment_options *options)
{
	struct enrolment *e = calloc(1, sizeof *e);
	int rc;

	*ret = NULL;
	if (e == NULL)
		return ROWAN_E_NOMEM;
	e->o = *options;
	rc = enrolment_load(e);
	if (rc == 0)
		*ret = e;
	else
		enrolment_free(e);
	return rc;
}

void enrolment_free(struct enrolment *e)
{
	if (e == NULL)
		return;
	enrolment_attach(e, NULL);
	redeem_drop(&e->redeem);
	enrolment_unload(e);
	free(e);
}

void enrolment_attach(struct enrolment *e, const struct enrolment_parts *parts)
{
	if (e->parts.requests != NULL && e->asking)
		requests_cancel(e->parts.requests, e);
	e->asking = false;
	e->online = false;
	e->parts = parts != NULL ? *parts : (struct enrolment_parts){0};
}

void enrolment_served(struct enrolment *e, const struct wire_key *key,
	enum enrolment_key which)
{
	e->served = *key;
	e->which = which;
}

void enrolment_online(struct enrolment *e, bool online)
{
	if (online && !e->online)
		for (size_t i = 0; i < e->count; i++)
			e->offer[i]->looked = false;
	e->online = online;
}

uint64_t enrolment_now(const struct enrolment *e)
{
	return e->parts.follow != NULL ? follow_now(e->parts.follow) : 0;
}

/* ---- transactions -------------------------------------------------------- */

int enrolment_open(struct enrolment *e, bool *ret_own)
{
	*ret_own = !vault_busy(e->o.vault);
	return *ret_own ? vault_begin(e->o.vault) : 0;
}

/* What was changed in memory for a transaction that did not happen. */
static void aborted(struct enrolment *e)
{
	enrolment_unload(e);
	e->unread = enrolment_load(e) != 0;
}

int enrolment_close(struct enrolment *e, bool own, int rc)
{
	if (!own)
		return rc;
	if (rc == 0)
		rc = vault_commit(e->o.vault);
	if (rc == 0)
		return 0;
	vault_abort(e->o.vault);
	events_aborted(e->o.events);
	if (e->parts.acts != NULL)
		acts_aborted(e->parts.acts);
	aborted(e);
	return rc;
}

/* The other side is as quick as we are, or a person who takes their time. */
uint64_t enrolment_pause(unsigned n)
{
	uint64_t ms = ENROLMENT_SOON_MS;

	while (n-- > 0 && ms < ENROLMENT_POLL_MS)
		ms *= 2;
	return ms < ENROLMENT_POLL_MS ? ms : ENROLMENT_POLL_MS;
}

/* ---- a step -------------------------------------------------------------- */

static int step(struct enrolment *e, uint64_t now_ms)
{
	int rc = e->fault;

	e->fault = 0;
	if (rc != 0)
		return rc;
	if (e->unread) {
		enrolment_unload(e);
		rc = enrolment_load(e);
		e->unread = rc != 0;
	}
	if (rc == 0)
		rc = redeem_step(e, now_ms);
	return rc == 0 ? offers_step(e, now_ms) : rc;
}

int enrolment_step(struct enrolment *e, uint64_t now_ms)
{
	int rc;

	/* A vault that failed is not asked again at once. */
	if (now_ms < e->retry_at)
		return 0;
	rc = step(e, now_ms);
	if (rc != 0)
		e->retry_at = now_ms + ENROLMENT_RETRY_MS;
	return rc;
}

uint64_t enrolment_wait(const struct enrolment *e, uint64_t now_ms)
{
	uint64_t a = redeem_wait(e, now_ms), b = offers_wait(e, now_ms);

	if (now_ms < e->retry_at)
		return e->retry_at - now_ms;
	if (e->unread || e->fault != 0)
		return 0;
	return a < b ? a : b;
}
