/*
 * Transfers to the daemon: begin, then put what is missing, until nothing is.
 * See transfer.h.
 *
 * Trusts the daemon's word on what it has only so far: one that never gets
 * further is given up.
 */
#include <string.h>

#include "session/transfer/transfer_inner.h"
#include "wire/blob.h"
#include "wire/op.h"

#define STALLS_MAX 8 /* answers without progress */

/* The row as it ends: chunks are no use any more. */
static void conclude(struct transfer *x, int code)
{
	uint8_t mem[TRANSFER_CHUNK_NAME];
	struct transfer_upload row = x->upload;
	uint64_t n = x->up.n;
	int rc = vault_begin(x->o.vault);

	row.state = code == 0 ? TRANSFER_DONE : TRANSFER_FAILED;
	row.code = code;
	if (rc == 0) {
		rc = transfer_put_upload(x, &row, n);
		if (rc == 0)
			rc = vault_delete_all(x->o.vault, VAULT_BLOB,
				transfer_chunks(&row.blob, mem));
		if (rc == 0 && code == 0)
			rc = transfer_tell(&x->up, &row.what);
		rc = transfer_commit(x, rc);
	}
	if (rc != 0) {
		x->error = rc;
		transfer_aside(&x->up, TRANSFER_PAUSE_MS);
		return;
	}
	transfer_stop(&x->up);
	if (x->o.sent != NULL)
		x->o.sent(x->o.ctx, &row.blob, code);
}

/* The daemon said where it stands; false when it has said so too often. */
static bool advance(struct transfer_lane *l, uint32_t next)
{
	if (next > l->plan.count)
		return false;
	l->stalls = next > l->next ? 0 : l->stalls + 1;
	l->next = next;
	return l->stalls < STALLS_MAX;
}

static void progress(struct transfer *x)
{
	int rc = vault_begin(x->o.vault);

	if (rc == 0)
		rc = transfer_commit(x, transfer_tell(&x->up, &x->upload.what));
	if (rc != 0)
		x->error = rc;
}

static void moved(struct transfer *x, const struct wire_message *m)
{
	struct transfer_lane *l = &x->up;
	struct wire_blob_next a;

	if (wire_blob_next_decode(m, &a) != 0 || !advance(l, a.next)) {
		conclude(x, ROWAN_E_MALFORMED);
		return;
	}
	if (a.next == l->plan.count)
		conclude(x, 0);
	else
		progress(x);
}

static void begun(void *ctx, const struct requests_outcome *o)
{
	struct transfer_lane *l = ctx;
	struct transfer *x = l->x;

	l->asked = false;
	if (x->ending)
		return;
	if (o->rc == 0) {
		l->next = 0;
		l->begun = true;
		moved(x, o->answer);
	} else if (o->rc == ROWAN_E_AGAIN) {
		transfer_aside(l, TRANSFER_PAUSE_MS);
	} else {
		conclude(x, o->rc);
	}
}

static void put(void *ctx, const struct requests_outcome *o)
{
	struct transfer_lane *l = ctx;
	struct transfer *x = l->x;

	l->asked = false;
	if (x->ending)
		return;
	if (o->rc == 0) {
		moved(x, o->answer);
	} else if (o->rc == ROWAN_E_LIMIT && x->per_put > 1) {
		/* A daemon that takes smaller messages than most. */
		x->per_put /= 2;
	} else if (o->rc == ROWAN_E_AGAIN) {
		transfer_aside(l, TRANSFER_PAUSE_MS);
	} else if (o->rc == ROWAN_E_REFUSED && ++l->stalls < STALLS_MAX) {
		/* It was not finished in time, and is gone: begin anew. */
		l->begun = false;
	} else {
		conclude(x, o->rc);
	}
}

static int ask_begin(struct transfer *x)
{
	const struct transfer_upload *row = &x->upload;
	const struct wire_blob_begin b = {.channel = row->what.channel,
		.blob = row->blob,
		.size = x->up.plan.sealed,
		.lifetime = row->what.lifetime,
		.hold_until = row->what.hold_until};
	struct requests_new n = {
		.op = WIRE_OP_BLOB_BEGIN, .done = begun, .ctx = &x->up};
	struct writer w;
	int rc;

	writer_init(&w, 256);
	rc = wire_blob_begin_encode(&b, &w);
	n.body = writer_view(&w);
	if (rc == 0)
		rc = transfer_ask(&x->up, &n);
	writer_wipe(&w);
	return rc;
}

static int ask_put(struct transfer *x)
{
	struct transfer_lane *l = &x->up;
	struct wire_blob_put p = {.blob = x->upload.blob, .first = l->next};
	struct requests_new n = {.op = WIRE_OP_BLOB_PUT, .done = put, .ctx = l};
	struct buf chunk[WIRE_CHUNKS_MAX] = {{0}};
	uint8_t mem[TRANSFER_CHUNK_NAME];
	struct writer w;
	int rc = 0;

	while (rc == 0 && p.count < x->per_put &&
		l->next + p.count < l->plan.count) {
		rc = vault_get(x->o.vault, VAULT_BLOB,
			transfer_chunks(&p.blob, mem), l->next + p.count,
			&chunk[p.count]);
		if (rc == 0) {
			p.chunks[p.count] = buf_view(&chunk[p.count]);
			p.count++;
		}
	}
	writer_init(&w, 256);
	if (rc == 0)
		rc = wire_blob_put_encode(&p, &w);
	n.body = writer_view(&w);
	n.frames = p.chunks;
	n.frame_count = p.count;
	if (rc == 0)
		rc = transfer_ask(l, &n);
	writer_wipe(&w);
	for (size_t i = 0; i < WIRE_CHUNKS_MAX; i++)
		buf_wipe(&chunk[i]);
	return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_CORRUPT : rc;
}

int transfer_up_step(struct transfer *x)
{
	return x->up.begun ? ask_put(x) : ask_begin(x);
}
