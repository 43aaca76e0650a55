/*
 * Transfers: see transfer.h. What is kept, what is under way, and when.
 *
 * A lane is one way. Its rows are worked on one at a time, the lowest number
 * first; one that must wait (held, the daemon busy) is put aside so that those
 * behind it go on. What the vault says is the truth: after any failure a lane
 * stops and begins again from its row.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "session/transfer/transfer_inner.h"

struct bytes transfer_name(const struct transfer_lane *l)
{
	return bytes_of(l->name, 1);
}

int transfer_new(struct transfer **ret, const struct transfer_options *options)
{
	struct transfer *x = secret_new(sizeof *x);

	*ret = NULL;
	if (x == NULL)
		return ROWAN_E_NOMEM;
	x->o = *options;
	x->up.x = x->down.x = x;
	x->up.name = "u";
	x->down.name = "d";
	x->per_put = WIRE_CHUNKS_MAX;
	x->fd = -1;
	*ret = x;
	return 0;
}

void transfer_free(struct transfer *x)
{
	if (x == NULL)
		return;
	transfer_stop(&x->up);
	transfer_stop(&x->down);
	secret_free(x);
}

/* ---- lanes ---- */

/* Stop what is under way; the row stays. */
void transfer_stop(struct transfer_lane *l)
{
	struct transfer *x = l->x;

	x->ending = true;
	if (l->asked)
		requests_cancel(x->o.requests, l);
	x->ending = false;
	l->active = l->asked = l->begun = l->looked = false;
	l->stalls = 0;
	l->progress = 0;
	if (l == &x->down)
		transfer_down_close(x);
}

void transfer_aside(struct transfer_lane *l, uint64_t ms)
{
	uint64_t n = l->n;
	uint64_t until = ms == TRANSFER_FOREVER ? ms : l->x->now_ms + ms;

	transfer_stop(l);
	if (l->aside_count < TRANSFER_MAX)
		l->aside[l->aside_count++] = (struct transfer_aside){n, until};
}

/* Those whose time has come stand in line again. */
static void look_aside(struct transfer_lane *l, uint64_t now_ms)
{
	for (size_t i = 0; i < l->aside_count;) {
		if (l->aside[i].until > now_ms) {
			i++;
			continue;
		}
		l->aside[i] = l->aside[--l->aside_count];
		l->looked = false;
	}
}

static bool is_aside(const struct transfer_lane *l, uint64_t n)
{
	for (size_t i = 0; i < l->aside_count; i++)
		if (l->aside[i].n == n)
			return true;
	return false;
}

void transfer_not_aside(struct transfer_lane *l, uint64_t n)
{
	for (size_t i = 0; i < l->aside_count; i++)
		if (l->aside[i].n == n)
			l->aside[i--] = l->aside[--l->aside_count];
}

/* Row ${n} or the next above it. ROWAN_E_NOT_FOUND at the end. */
int transfer_read(struct transfer_lane *l, uint64_t *n, void *ret)
{
	struct transfer *x = l->x;
	struct buf mem = {0};
	int rc = vault_next(
		x->o.vault, VAULT_BLOB, transfer_name(l), *n, n, &mem);

	if (rc != 0)
		return rc;
	rc = l == &x->up ? transfer_row_get_upload(buf_view(&mem), ret)
			 : transfer_row_get_download(buf_view(&mem), ret);
	buf_wipe(&mem);
	return rc == ROWAN_E_MALFORMED || rc == ROWAN_E_LIMIT ? ROWAN_E_CORRUPT
							      : rc;
}

int transfer_count(struct transfer_lane *l, size_t *ret)
{
	uint64_t n = 0;
	int rc;

	*ret = 0;
	while ((rc = vault_next(l->x->o.vault, VAULT_BLOB, transfer_name(l), n,
			&n, NULL)) == 0) {
		n++;
		(*ret)++;
	}
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

/* Take up the first row that has something to do. */
static int take_up(struct transfer_lane *l)
{
	struct transfer *x = l->x;
	void *row = l == &x->up ? (void *)&x->upload : (void *)&x->download;
	uint64_t n = 0;
	int rc;

	for (; (rc = transfer_read(l, &n, row)) == 0; n++) {
		if (is_aside(l, n) ||
			(l == &x->up && x->upload.state != TRANSFER_WAITING))
			continue;
		l->active = true;
		l->n = n;
		l->next = 0;
		return chunk_plan(
			l == &x->up ? x->upload.size : x->download.blob.size,
			&l->plan);
	}
	l->looked = true;
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int lane_step(struct transfer_lane *l, int (*work)(struct transfer *x),
	uint64_t now_ms)
{
	int rc = 0;

	look_aside(l, now_ms);
	if (!l->active && !l->looked)
		rc = take_up(l);
	if (rc == 0 && l->active && !l->asked)
		rc = work(l->x);
	if (rc != 0)
		transfer_aside(l, TRANSFER_PAUSE_MS);
	return rc;
}

int transfer_step(struct transfer *x, uint64_t now_ms)
{
	int rc = x->error, rc2;

	x->now_ms = now_ms;
	x->error = 0;
	rc2 = lane_step(&x->up, transfer_up_step, now_ms);
	rc = rc != 0 ? rc : rc2;
	rc2 = lane_step(&x->down, transfer_down_step, now_ms);
	return rc != 0 ? rc : rc2;
}

static uint64_t lane_wait(const struct transfer_lane *l, uint64_t now_ms)
{
	uint64_t least = UINT64_MAX;

	if (l->asked)
		return least;
	if (l->active || !l->looked)
		return 0;
	for (size_t i = 0; i < l->aside_count; i++) {
		uint64_t until = l->aside[i].until;
		uint64_t left = until > now_ms ? until - now_ms : 0;

		if (left < least)
			least = left;
	}
	return least;
}

uint64_t transfer_wait(const struct transfer *x, uint64_t now_ms)
{
	uint64_t up = lane_wait(&x->up, now_ms);
	uint64_t down = lane_wait(&x->down, now_ms);

	if (x->error != 0)
		return 0;
	return up < down ? up : down;
}

/* ---- for both ways ---- */

/* End a transaction that is open: ${rc} is what happened in it. */
int transfer_commit(struct transfer *x, int rc)
{
	if (rc == 0)
		rc = vault_commit(x->o.vault);
	else
		vault_abort(x->o.vault);
	if (rc != 0)
		events_aborted(x->o.events);
	return rc;
}

int transfer_ask(struct transfer_lane *l, const struct requests_new *n)
{
	int rc = requests_start(l->x->o.requests, n);

	if (rc == 0)
		l->asked = true;
	/* Others fill the line now. */
	if (rc == ROWAN_E_AGAIN) {
		transfer_aside(l, TRANSFER_PAUSE_MS);
		rc = 0;
	}
	return rc;
}

/* An event for every so many chunks, inside an open transaction. */
int transfer_tell(struct transfer_lane *l, const struct transfer_what *what)
{
	unsigned step = (unsigned)((uint64_t)l->next * TRANSFER_PROGRESSES /
				   l->plan.count);
	uint64_t done = (uint64_t)l->next * CHUNK_PLAIN_LEN;
	struct event e = {.type = ROWAN_EVENT_PROGRESS,
		.case_id = what->case_id,
		.channel = what->channel,
		.message = what->message,
		.count = done < l->plan.size ? done : l->plan.size,
		.total = l->plan.size};

	if (step == l->progress)
		return 0;
	l->progress = step;
	return events_add(l->x->o.events, &e);
}

void transfer_aborted(struct transfer *x)
{
	transfer_stop(&x->up);
	transfer_stop(&x->down);
}
