/*
 * Events in the vault: see events.h.
 *
 *	EVENT "e"/number	one event
 *	EVENT "d"/0		the number up to which they are acknowledged
 *
 * Trusts the vault to open only what was put there; an event that does not
 * decode all the same is damage, never skipped.
 */
#include <stdlib.h>
#include <string.h>

#include "session/vault/events.h"

#define VERSION	  1
#define EVENT_MAX 2048 /* bytes of one, encoded */

struct events {
	struct vault *vault;
	uint64_t first; /* none below it is there */
	uint64_t next;	/* number of the next */
};

static struct bytes name_event(void)
{
	return bytes_of("e", 1);
}

static struct bytes name_done(void)
{
	return bytes_of("d", 1);
}

/* ---- form ---- */

int events_encode(const struct event *e, struct writer *w)
{
	if (e->text.len > EVENT_TEXT_MAX || e->type == 0)
		return ROWAN_E_INVAL;
	writer_u16(w, VERSION);
	writer_u16(w, e->type);
	writer_u32(w, (uint32_t)e->code);
	writer_u64(w, e->time);
	writer_raw(w, e->case_id.b, ID16_LEN);
	writer_raw(w, e->channel.b, ID16_LEN);
	writer_raw(w, e->member.b, ID16_LEN);
	writer_raw(w, e->device.b, ID16_LEN);
	writer_raw(w, e->message.b, ID16_LEN);
	writer_u64(w, e->count);
	writer_u64(w, e->total);
	writer_vec(w, e->text);
	return writer_status(w);
}

static int read_event(struct reader *r, struct event *ret)
{
	uint32_t code = 0;
	int rc;

	(void)((rc = reader_u16(r, &ret->type)) ||
		(rc = reader_u32(r, &code)) ||
		(rc = reader_u64(r, &ret->time)) ||
		(rc = reader_array(r, ret->case_id.b, ID16_LEN)) ||
		(rc = reader_array(r, ret->channel.b, ID16_LEN)) ||
		(rc = reader_array(r, ret->member.b, ID16_LEN)) ||
		(rc = reader_array(r, ret->device.b, ID16_LEN)) ||
		(rc = reader_array(r, ret->message.b, ID16_LEN)) ||
		(rc = reader_u64(r, &ret->count)) ||
		(rc = reader_u64(r, &ret->total)) ||
		(rc = reader_vec(r, EVENT_TEXT_MAX, &ret->text)) ||
		(rc = reader_end(r)));
	memcpy(&ret->code, &code, sizeof code);
	if (rc == 0 && ret->type == 0)
		rc = ROWAN_E_MALFORMED;
	return rc;
}

int events_decode(struct bytes input, struct event *ret)
{
	struct reader r;
	uint16_t version;
	int rc;

	memset(ret, 0, sizeof *ret);
	reader_init(&r, input);
	rc = reader_u16(&r, &version);
	if (rc == 0 && version != VERSION)
		rc = version > VERSION ? ROWAN_E_TOO_NEW : ROWAN_E_MALFORMED;
	if (rc == 0)
		rc = read_event(&r, ret);
	if (rc != 0)
		memset(ret, 0, sizeof *ret);
	return rc;
}

/* What lies in the vault was written by us. */
static int damaged(int rc)
{
	return rc == ROWAN_E_MALFORMED || rc == ROWAN_E_LIMIT ? ROWAN_E_CORRUPT
							      : rc;
}

/* ---- where they stand ---- */

static int read_done(struct vault *vault, uint64_t *ret)
{
	struct buf mem = {0};
	struct reader r;
	int rc = vault_get(vault, VAULT_EVENT, name_done(), 0, &mem);

	*ret = 0;
	if (rc == ROWAN_E_NOT_FOUND)
		return 0;
	if (rc != 0)
		return rc;
	reader_init(&r, buf_view(&mem));
	rc = reader_u64(&r, ret);
	if (rc == 0)
		rc = reader_end(&r);
	buf_wipe(&mem);
	return damaged(rc);
}

/* Numbers go on after a restart, even when every event is gone. */
static int load(struct events *x)
{
	uint64_t done, last = 0;
	int rc = read_done(x->vault, &done);

	if (rc == 0)
		rc = vault_last(x->vault, VAULT_EVENT, name_event(), UINT64_MAX,
			&last, NULL);
	if (rc == ROWAN_E_NOT_FOUND)
		rc = 0;
	if (rc != 0)
		return rc;
	x->first = done + 1;
	x->next = (last > done ? last : done) + 1;
	return 0;
}

int events_new(struct events **ret, struct vault *vault)
{
	struct events *x = calloc(1, sizeof *x);
	int rc;

	*ret = NULL;
	if (x == NULL)
		return ROWAN_E_NOMEM;
	x->vault = vault;
	rc = load(x);
	if (rc == 0)
		*ret = x;
	else
		free(x);
	return rc;
}

void events_free(struct events *x)
{
	free(x);
}

int events_add(struct events *x, const struct event *e)
{
	struct writer w;
	int rc;

	writer_init(&w, EVENT_MAX);
	rc = events_encode(e, &w);
	if (rc == 0)
		rc = vault_put(x->vault, VAULT_EVENT, name_event(), x->next,
			writer_view(&w));
	if (rc == 0)
		x->next++;
	writer_wipe(&w);
	return rc;
}

int events_next(struct events *x, struct event *ret, struct buf *ret_text)
{
	struct buf mem = {0};
	struct event e;
	uint64_t n = 0;
	int rc = vault_next(
		x->vault, VAULT_EVENT, name_event(), x->first, &n, &mem);

	memset(ret, 0, sizeof *ret);
	*ret_text = (struct buf){0};
	if (rc != 0)
		return rc;
	rc = damaged(events_decode(buf_view(&mem), &e));
	if (rc == 0)
		rc = buf_copy(ret_text, e.text);
	if (rc == 0) {
		*ret = e;
		ret->number = n;
		ret->text = buf_view(ret_text);
	}
	buf_wipe(&mem);
	return rc;
}

bool events_any(const struct events *x)
{
	return x->first < x->next;
}

static int forget(struct events *x, uint64_t number)
{
	uint8_t mem[8];
	struct writer w;
	uint64_t n = 0;
	int rc;

	while ((rc = vault_next(x->vault, VAULT_EVENT, name_event(), 0, &n,
			NULL)) == 0 &&
		n <= number) {
		rc = vault_delete(x->vault, VAULT_EVENT, name_event(), n);
		if (rc != 0)
			return rc;
	}
	if (rc != 0 && rc != ROWAN_E_NOT_FOUND)
		return rc;
	writer_init_fixed(&w, mem, sizeof mem);
	writer_u64(&w, number);
	return vault_put(
		x->vault, VAULT_EVENT, name_done(), 0, writer_view(&w));
}

int events_done(struct events *x, uint64_t number)
{
	int rc;

	if (number < x->first)
		return 0;
	/* What was never given cannot have been taken. */
	if (number >= x->next)
		return ROWAN_E_INVAL;
	rc = vault_begin(x->vault);
	if (rc != 0)
		return rc;
	rc = forget(x, number);
	if (rc == 0)
		rc = vault_commit(x->vault);
	else
		vault_abort(x->vault);
	if (rc == 0)
		x->first = number + 1;
	return rc;
}

void events_aborted(struct events *x)
{
	/* A vault that cannot be read now only leaves a gap in the numbers. */
	(void)load(x);
}
