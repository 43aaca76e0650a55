/*
 * The part that keeps proofs: see proofs.h.
 */
#include <stdlib.h>
#include <string.h>

#include "session/proof/audit.h"
#include "session/proof/proofs_inner.h"
#include "wire/log.h"
#include "wire/op.h"

#define LATER_MS  1000
#define LATE_MS	  (60 * 60 * 1000)     /* a look that takes so long is late */
#define ASLEEP_MS (3 * PROOFS_LOOK_MS) /* no step for so long: it slept */

int proofs_finish(struct proofs *x, int rc)
{
	if (rc == 0)
		rc = vault_commit(x->o.vault);
	if (rc == 0)
		return 0;
	vault_abort(x->o.vault);
	x->o.aborted(x->o.ctx);
	return rc;
}

/* ---- the authority --------------------------------------------------------
 */

int proofs_records(struct proofs *x, struct proofs_records *ret)
{
	int rc = 0;

	memset(ret, 0, sizeof *ret);
	anchor_init(&ret->anchor);
	while (rc == 0 && ret->count < EVIDENCE_RECORDS_MAX) {
		struct buf *raw = &ret->raw[ret->count];
		struct wire_record record;

		rc = follow_record(x->o.follow, ret->count, raw);
		if (rc == 0)
			rc = wire_record_decode(buf_view(raw), &record);
		if (rc != 0)
			break;
		anchor_pin(&ret->anchor, &record.key);
		ret->view[ret->count++] = buf_view(raw);
	}
	if (rc == ROWAN_E_NOT_FOUND && ret->count > 0)
		rc = 0;
	if (rc != 0)
		proofs_records_wipe(ret);
	return rc;
}

void proofs_records_wipe(struct proofs_records *r)
{
	for (size_t i = 0; i < EVIDENCE_RECORDS_MAX; i++)
		buf_wipe(&r->raw[i]);
	memset(r, 0, sizeof *r);
}

void proofs_records_put(
	const struct proofs_records *r, struct evidence_parts *p)
{
	/* One that nobody followed is in the reader's hand. */
	p->records = r->view;
	p->record_count = r->count > 1 ? r->count : 0;
}

/* ---- the part -------------------------------------------------------------
 */

int proofs_new(struct proofs **ret, const struct proofs_options *options)
{
	struct proofs *x = calloc(1, sizeof *x);
	int rc;

	*ret = NULL;
	if (x == NULL)
		return ROWAN_E_NOMEM;
	x->o = *options;
	receipts_turn(x);
	rc = proofs_log_load(x);
	if (rc == 0)
		*ret = x;
	else
		proofs_free(x);
	return rc;
}

void proofs_free(struct proofs *x)
{
	if (x == NULL)
		return;
	audit_gone(x);
	buf_wipe(&x->cosign);
	buf_wipe(&x->extension);
	buf_wipe(&x->given);
	buf_wipe(&x->given_card);
	buf_wipe(&x->note);
	free(x);
}

static bool is_busy(const struct proofs *x)
{
	return x->busy || x->fetch.open;
}

void proofs_online(struct proofs *x, bool online)
{
	if (online && !x->online) {
		x->looking = x->erasing = true;
		x->asked_ms = 0;
		receipts_turn(x);
	}
	/* Asked anew: two looks at once would contradict each other. */
	if (!online && x->online) {
		receipts_offline(x);
		requests_cancel(x->o.requests, x);
	}
	if (!online)
		x->busy = false;
	x->online = online;
}

void proofs_look(struct proofs *x)
{
	x->looking = x->erasing = true;
}

void proofs_watch(const struct proofs *x, struct watch *ret)
{
	*ret = x->watch;
}

/* A look that is put off and put off while the log gets old; or a witness that
 * is told of erased cases, one page after the other, and never gets to it. */
static int look_late(struct proofs *x)
{
	uint64_t now = follow_now(x->o.follow);

	/* Asked over an earlier connection: from now on. */
	if (x->asked_ms == 0)
		x->asked_ms = x->now_ms;
	if ((!x->in_look && !x->erasing) || x->now_ms < x->asked_ms + LATE_MS ||
		x->watch.size == 0 || now <= x->watch.time + PROOFS_STALE_S)
		return 0;
	return proofs_alarm(x, WATCH_STALE);
}

static int step(struct proofs *x, uint64_t now_ms)
{
	int rc = 0;

	if (now_ms >= x->look_ms) {
		x->looking = x->erasing = true;
		receipts_turn(x);
		x->look_ms = now_ms + PROOFS_LOOK_MS;
	}
	if (x->waiting || x->looking)
		rc = proofs_restored(x);
	/* What was promised first; then the log it is in. */
	if (rc == 0 && x->waiting)
		rc = receipts_step(x);
	if (rc == 0 && !is_busy(x) && x->erasing)
		rc = proofs_erased_step(x);
	if (rc == 0 && !is_busy(x) && !x->erasing)
		rc = proofs_log_step(x);
	/* Too much is open just now. */
	if (!is_busy(x) && (x->waiting || x->looking || x->erasing))
		x->later_ms = now_ms + LATER_MS;
	return rc;
}

int proofs_step(struct proofs *x, uint64_t now_ms)
{
	int rc = x->fault;

	x->fault = 0;
	/* It slept, and was not there to be answered: from now on. */
	if (now_ms > x->now_ms + ASLEEP_MS)
		x->asked_ms = 0;
	x->now_ms = now_ms;
	if (rc != 0 || !x->online)
		return rc;
	if (is_busy(x) || x->erasing)
		rc = look_late(x);
	if (rc != 0 || is_busy(x))
		return rc;
	return now_ms < x->later_ms ? 0 : step(x, now_ms);
}

uint64_t proofs_wait(const struct proofs *x, uint64_t now_ms)
{
	if (!x->online || is_busy(x))
		return UINT64_MAX;
	if (x->waiting || x->looking || x->erasing)
		return x->later_ms > now_ms ? x->later_ms - now_ms : 0;
	return x->look_ms > now_ms ? x->look_ms - now_ms : 0;
}
