/*
 * Running operations: see ops.h.
 */
#include <stdlib.h>

#include "ops/ops.h"
#include "ops/record.h"
#include "ops/restored.h"

/* When nothing better is known about when to try again. */
#define RETRY_MS      1000
#define RETRY_FULL_MS 60000
#define RETRY_BACK_MS 5000 /* until it is back, or somebody says so */

void ops_refuse(struct request *r, uint16_t code, uint32_t retry_ms)
{
	r->error.code = code;
	r->error.retry_ms = wire_code_retryable(code) ? retry_ms : 0;
	r->out.len = 0;
	r->out.error = 0;
	for (size_t i = 0; i < r->answer_count; i++)
		buf_wipe(&r->answer[i]);
	r->answer_count = 0;
}

void ops_code(int error, struct wire_error *ret)
{
	ret->code = wire_code_of(error);
	ret->retry_ms = 0;
	if (wire_code_retryable(ret->code))
		ret->retry_ms = ret->code == WIRE_FULL	      ? RETRY_FULL_MS
				: ret->code == WIRE_RESTORING ? RETRY_BACK_MS
							      : RETRY_MS;
}

int ops_settle(struct ops *o, int rc)
{
	int rc2 = rc == 0 ? store_keep(o->store) : store_undo(o->store);

	if (rc2 != 0)
		o->lost = true;
	if (rc == ROWAN_E_CORRUPT || rc2 == ROWAN_E_CORRUPT)
		o->damaged = true;
	return rc != 0 ? rc : rc2;
}

/* Also while the clock is in doubt: what ends, ends. */
static bool ended(const struct ops *o, const struct store_device *d)
{
	return d->until != 0 && o->now >= d->until;
}

int ops_ended(void *ctx, const struct id16 *device, bool *ret)
{
	const struct ops *o = ctx;
	struct store_device d;
	int rc = store_device_by_id(o->view, device, &d);

	*ret = rc != 0 || ended(o, &d);
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

/* A known device, its card in force. Read again for every message. */
static int authorise(struct ops *o, const struct request *r)
{
	struct store_device *d = &o->sender;
	int rc = store_device_by_id(o->view, &r->device, d);

	if (rc == ROWAN_E_NOT_FOUND)
		return ROWAN_E_REFUSED;
	if (rc != 0)
		return rc;
	/* It may ask why, and nothing else; it alone is told so. */
	if (d->revoked)
		return r->entry->right == TABLE_REVOKED ? 0 : ROWAN_E_REVOKED;
	if (r->entry->right == TABLE_REVOKED || o->sure < d->from ||
		ended(o, d))
		return ROWAN_E_REFUSED;
	return 0;
}

static int apply(struct ops *o, struct request *r)
{
	const struct table_entry *e = r->entry;
	int rc = 0;

	o->allowed = false;
	memset(&o->record, 0, sizeof o->record);
	memset(&o->sender, 0, sizeof o->sender);
	/* The port decides who is a stranger; the table, what one may do. */
	if (r->stranger != (e->right == TABLE_STRANGER))
		rc = ROWAN_E_REFUSED;
	else if (!r->stranger)
		rc = authorise(o, r);
	if (rc == 0 && !record_may(o, r))
		return 0;
	if (rc == 0)
		rc = e->handle(o, r);
	/* A handler that forgot to ask has answered nothing. */
	if (rc == 0 && e->right > TABLE_DEVICE && !o->allowed)
		rc = ROWAN_E_REFUSED;
	if (rc == 0)
		rc = writer_status(&r->out);
	/* A refusal that the handler has worded is none the less one. */
	if (rc == 0 && r->error.code == WIRE_OK)
		rc = record_done(o, r);
	return rc;
}

/*
 * Whoever asks for anything of their own is here: all clients do so now and
 * then, and the costly operations need not look.
 */
static void note_presence(struct ops *o, const struct request *r)
{
	const struct table_entry *e = r->entry;

	if (e->right != TABLE_DEVICE || e->effect != TABLE_READS)
		return;
	if (store_device_seen(o->store, &r->device) != 0)
		o->lost = true;
}

void ops_run(struct ops *o, struct request *r)
{
	bool one = r->entry->effect == TABLE_ONE;
	bool marked = r->entry->effect == TABLE_WRITES || one;
	size_t revoked = o->revoked_count, erased = o->erased_count;
	uint64_t next = store_log_next(o->store);
	struct wire_error e;
	int rc = 0;

	r->error = (struct wire_error){WIRE_OK, 0};
	if (marked)
		rc = one ? store_mark_one(o->store) : store_mark(o->store);
	if (rc != 0) {
		o->lost = true;
	} else {
		rc = apply(o, r);
		if (rc != 0 && r->entry->effect == TABLE_READS)
			store_log_back(o->store, next);
		if (marked)
			rc = ops_settle(o, rc);
		else if (rc == ROWAN_E_CORRUPT)
			o->damaged = true;
	}
	if (rc != 0) {
		o->revoked_count = revoked;
		o->erased_count = erased;
		ops_code(rc, &e);
		/* Of anybody else it is only a refusal. */
		if (rc == ROWAN_E_REVOKED && o->sender.revoked)
			e.code = WIRE_REVOKED;
		ops_refuse(r, e.code, e.retry_ms);
	} else {
		note_presence(o, r);
	}
	if (!o->lost && record_refused(o, r, r->error.code) != 0)
		o->lost = true;
}

void ops_job(struct ops *o, struct request *r)
{
	size_t revoked = o->revoked_count, erased = o->erased_count;

	r->result = store_mark(o->store);
	if (r->result != 0) {
		o->lost = true;
		return;
	}
	r->result = ops_settle(o, r->job(r->cookie, o));
	if (r->result != 0) {
		o->revoked_count = revoked;
		o->erased_count = erased;
	}
}

int ops_allow_channel(
	struct ops *o, const struct request *r, const struct id16 *channel)
{
	int rc = store_channel_access(o->store, channel, &r->device);

	if (rc == 0)
		rc = restored_channel(o, channel);
	if (rc == 0)
		o->allowed = true;
	return rc;
}

int ops_allow_case(struct ops *o, const struct request *r,
	const struct id16 *case_id, struct store_channel *ret, size_t max,
	size_t *ret_len)
{
	size_t n = 0, mine = 0;
	int rc = store_case_channels(o->view, case_id, ret, max, &n);

	*ret_len = 0;
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_REFUSED : rc;
	for (size_t i = 0; i < n; i++) {
		rc = ops_allow_channel(o, r, &ret[i].id);
		if (rc == 0)
			ret[mine++] = ret[i];
		else if (rc != ROWAN_E_REFUSED)
			return rc;
	}
	*ret_len = mine;
	return mine > 0 ? 0 : ROWAN_E_REFUSED;
}

int ops_erased(struct ops *o, const struct id16 *case_id)
{
	if (o->erased_count == OPS_ERASED_MAX)
		return ROWAN_E_AGAIN;
	o->erased[o->erased_count++] = *case_id;
	return 0;
}

int ops_revoked(struct ops *o, const struct id16 *device)
{
	if (o->revoked_count == o->revoked_cap) {
		size_t cap = o->revoked_cap == 0 ? 16 : 2 * o->revoked_cap;
		struct id16 *p = realloc(o->revoked, cap * sizeof *p);

		if (p == NULL)
			return ROWAN_E_NOMEM;
		o->revoked = p;
		o->revoked_cap = cap;
	}
	o->revoked[o->revoked_count++] = *device;
	return 0;
}
