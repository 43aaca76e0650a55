/*
 * What the vault keeps of acts: see acts_inner.h.
 *
 *	ACT "act"/number	one that waits, or is remembered
 *	ACT "next"/0		the next number
 *
 *	struct {
 *		uint16 version = 1;
 *		uint8 state;
 *		uint8 flags;
 *		uint32 code;		two's complement
 *		opaque chain[16];
 *		uint64 base;
 *		opaque want<V>;
 *		opaque raw<V>;
 *	} Act;
 */
#include <stdlib.h>
#include <string.h>

#include "session/acts/acts_inner.h"

#define VERSION 1
#define ROW_MAX (64 + 2 * (WIRE_STATEMENT_MAX + 8))

static struct bytes name_act(void)
{
	return bytes_of("act", 3);
}

static struct bytes name_next(void)
{
	return bytes_of("next", 4);
}

/* ---- one row ------------------------------------------------------------- */

int act_put(const struct act *t)
{
	struct writer w;
	int rc;

	writer_init(&w, ROW_MAX);
	writer_u16(&w, VERSION);
	writer_u8(&w, t->state);
	writer_u8(&w, t->flags);
	writer_u32(&w, (uint32_t)t->code);
	writer_raw(&w, t->chain.b, ID16_LEN);
	writer_u64(&w, t->base);
	writer_vec(&w, buf_view(&t->want));
	writer_vec(&w, buf_view(&t->raw));
	rc = writer_status(&w);
	if (rc == 0)
		rc = vault_put(t->acts->o.vault, VAULT_ACT, name_act(),
			t->number, writer_view(&w));
	writer_wipe(&w);
	return rc;
}

static int read_act(struct bytes input, struct act *ret)
{
	struct bytes want, raw;
	uint16_t version = 0;
	uint32_t code;
	struct reader r;
	int rc;

	reader_init(&r, input);
	if (reader_u16(&r, &version) != 0)
		return ROWAN_E_CORRUPT;
	if (version > VERSION)
		return ROWAN_E_TOO_NEW;
	if (reader_u8(&r, &ret->state) != 0 || ret->state < ACT_WANTED ||
		ret->state > ACT_ENDED || reader_u8(&r, &ret->flags) != 0 ||
		reader_u32(&r, &code) != 0 ||
		reader_array(&r, ret->chain.b, ID16_LEN) != 0 ||
		reader_u64(&r, &ret->base) != 0 ||
		reader_vec(&r, WIRE_STATEMENT_MAX, &want) != 0 ||
		reader_vec(&r, WIRE_STATEMENT_MAX, &raw) != 0 ||
		reader_end(&r) != 0)
		return ROWAN_E_CORRUPT;
	memcpy(&ret->code, &code, sizeof code);
	rc = buf_copy(&ret->want, want);
	return rc == 0 ? buf_copy(&ret->raw, raw) : rc;
}

/* ---- all of them --------------------------------------------------------- */

static void act_free(struct act *t)
{
	if (t == NULL)
		return;
	if (t->asking)
		requests_cancel(t->acts->o.requests, t);
	buf_wipe(&t->want);
	buf_wipe(&t->raw);
	free(t);
}

static int append(struct acts *a, struct act *t)
{
	struct act **list;

	if (a->count == a->room) {
		size_t room = a->room == 0 ? 8 : 2 * a->room;

		list = realloc(a->act, room * sizeof(struct act *));
		if (list == NULL)
			return ROWAN_E_NOMEM;
		a->act = list;
		a->room = room;
	}
	a->act[a->count++] = t;
	return 0;
}

static int load_one(struct acts *a, uint64_t number, struct bytes row)
{
	struct act *t = calloc(1, sizeof *t);
	int rc;

	if (t == NULL)
		return ROWAN_E_NOMEM;
	t->acts = a;
	t->number = number;
	rc = read_act(row, t);
	if (rc == 0)
		rc = append(a, t);
	if (rc != 0)
		act_free(t);
	return rc;
}

static int load_next(struct acts *a)
{
	struct buf mem;
	struct reader r;
	int rc = vault_get(a->o.vault, VAULT_ACT, name_next(), 0, &mem);

	a->next = 1;
	if (rc == ROWAN_E_NOT_FOUND)
		return 0;
	if (rc != 0)
		return rc;
	reader_init(&r, buf_view(&mem));
	if (reader_u64(&r, &a->next) != 0 || reader_end(&r) != 0)
		rc = ROWAN_E_CORRUPT;
	buf_wipe(&mem);
	return rc;
}

int act_load(struct acts *a)
{
	struct buf mem;
	uint64_t n = 0;
	int rc = load_next(a);

	for (uint64_t from = 0; rc == 0; from = n + 1) {
		rc = vault_next(
			a->o.vault, VAULT_ACT, name_act(), from, &n, &mem);
		if (rc == ROWAN_E_NOT_FOUND)
			return 0;
		if (rc == 0)
			rc = load_one(a, n, buf_view(&mem));
		buf_wipe(&mem);
	}
	return rc;
}

void act_unload(struct acts *a)
{
	for (size_t i = 0; i < a->count; i++)
		act_free(a->act[i]);
	free(a->act);
	a->act = NULL;
	a->count = a->room = 0;
}

struct act *act_find(const struct acts *a, uint64_t number)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->act[i]->number == number)
			return a->act[i];
	return NULL;
}

static int put_next(struct acts *a, uint64_t next)
{
	uint8_t mem[8];
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	writer_u64(&w, next);
	return vault_put(
		a->o.vault, VAULT_ACT, name_next(), 0, writer_view(&w));
}

int act_add(struct acts *a, const struct act *like, uint64_t *ret)
{
	struct act *t = calloc(1, sizeof *t);
	int rc;

	if (t == NULL)
		return ROWAN_E_NOMEM;
	*t = *like;
	t->acts = a;
	t->number = a->next;
	t->want = t->raw = (struct buf){0};
	rc = buf_copy(&t->want, buf_view(&like->want));
	if (rc == 0)
		rc = buf_copy(&t->raw, buf_view(&like->raw));
	if (rc == 0)
		rc = act_put(t);
	if (rc == 0)
		rc = put_next(a, t->number + 1);
	if (rc == 0)
		rc = append(a, t);
	if (rc != 0) {
		act_free(t);
		return rc;
	}
	a->next++;
	if (ret != NULL)
		*ret = t->number;
	return 0;
}

int act_delete(struct act *t)
{
	struct acts *a = t->acts;
	size_t i = 0;
	int rc = vault_delete(a->o.vault, VAULT_ACT, name_act(), t->number);

	if (rc != 0)
		return rc;
	while (a->act[i] != t)
		i++;
	memmove(a->act + i, a->act + i + 1,
		(a->count - i - 1) * sizeof(struct act *));
	a->count--;
	act_free(t);
	return 0;
}

/* ---- transactions -------------------------------------------------------- */

int act_open(struct acts *a, bool *ret_own)
{
	*ret_own = !vault_busy(a->o.vault);
	return *ret_own ? vault_begin(a->o.vault) : 0;
}

int act_close(struct acts *a, bool own, int rc)
{
	/* Who opened it ends it, and calls acts_aborted. */
	if (!own)
		return rc;
	if (rc == 0)
		rc = vault_commit(a->o.vault);
	if (rc == 0)
		return 0;
	vault_abort(a->o.vault);
	events_aborted(a->o.events);
	acts_aborted(a);
	return rc;
}
