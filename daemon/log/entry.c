/*
 * Acts into leaves: see entry.h.
 */
#include <string.h>

#include <sodium.h>

#include "log/entry.h"

#define HOUR 3600

/*
 * The exact time is committed to under a salt that is handed out once and kept
 * nowhere: later not even we can open it.
 */
static void fill(const struct log_entry *e, struct entry_made *made,
	struct wire_detail *ret)
{
	ret->act = e->act;
	ret->grain = e->hour ? WIRE_GRAIN_HOUR : WIRE_GRAIN_SECOND;
	ret->time = e->hour ? e->time / HOUR * HOUR : e->time;
	memset(&ret->exact, 0, sizeof ret->exact);
	ret->op = e->op;
	ret->code = e->code;
	ret->device = e->device;
	ret->case_id = e->case_id;
	ret->channel = e->channel;
	ret->number = e->number;
	ret->content = e->content;
	/* Of the leaves only those there are: most details have none. */
	ret->leaf_count = e->leaf_count;
	if (e->hour) {
		randombytes_buf(made->time_salt.b, sizeof made->time_salt.b);
		leaf_exact(&made->time_salt, e->time, &ret->exact);
	}
	if (e->leaf_count > 0)
		memcpy(ret->leaves, e->leaves,
			e->leaf_count * sizeof ret->leaves[0]);
}

/* What an act is without the case it was in. */
static void strip(struct log_entry *e)
{
	memset(&e->case_id, 0, sizeof e->case_id);
	memset(&e->channel, 0, sizeof e->channel);
	memset(&e->content, 0, sizeof e->content);
	if (e->hour)
		memset(&e->device, 0, sizeof e->device);
	e->number = 0;
	e->leaf_count = 0;
}

static int add(struct store *st, const struct log_entry *e,
	const struct wire_salt *salt, struct entry_made *made)
{
	uint8_t mem[WIRE_DETAIL_MAX], raw[WIRE_LEAF_LEN];
	struct wire_detail d;
	struct wire_leaf leaf;
	struct writer w;
	int rc;

	if (e->leaf_count > WIRE_READS_MAX)
		return ROWAN_E_INVAL;
	fill(e, made, &d);
	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_detail_write(&d, &w);
	if (rc != 0)
		return rc;
	leaf = (struct wire_leaf){d.act, d.grain, d.time, {{0}}};
	leaf_commit(salt, writer_view(&w), &leaf.commitment);
	rc = wire_leaf_write(&leaf, raw);
	if (rc == 0)
		rc = store_log_append(st, raw, writer_view(&w));
	sodium_memzero(mem, w.len);
	return rc;
}

/* Built without a log: to measure what it costs, never to be run. */
#ifdef ROWAN_NO_LOG
#define WITHOUT_LOG true
#else
#define WITHOUT_LOG false
#endif

uint64_t entry_next(const struct store *st)
{
	return WITHOUT_LOG ? UINT64_MAX : store_log_next(st);
}

void entry_content(struct bytes data, struct wire_hash *ret)
{
	if (!WITHOUT_LOG)
		leaf_content(data, ret);
}

int entry_add(
	struct store *st, const struct log_entry *e, struct entry_made *ret)
{
	struct entry_made made = {.leaf = entry_next(st)};
	struct wire_salt salt;
	struct log_entry bare;
	int rc;

	if (ret != NULL)
		*ret = made;
	if (WITHOUT_LOG)
		return 0;
	rc = store_log_salt(st, &e->case_id, &salt);
	if (rc == ROWAN_E_NOT_FOUND) {
		bare = *e;
		strip(&bare);
		e = &bare;
		rc = store_log_salt(st, &e->case_id, &salt);
	}
	if (rc == 0)
		rc = add(st, e, &salt, &made);
	if (rc == 0 && ret != NULL)
		*ret = made;
	return rc;
}

/* Some are made by a tool, with the machine's clock. */
static uint64_t not_before(const struct store *st, uint64_t now)
{
	return now > store_log_latest(st) ? now : store_log_latest(st);
}

int entry_erased(
	struct store *st, uint64_t now, const struct store_slice *slice)
{
	const struct log_entry e = {.act = WIRE_ACT_ERASE,
		.time = not_before(st, now),
		.number = slice->gone};

	return slice->blanked ? entry_add(st, &e, NULL) : 0;
}

int entry_admin(
	struct store *st, uint64_t now, uint16_t number, struct bytes text)
{
	struct log_entry e = {.act = WIRE_ACT_ADMIN,
		.time = not_before(st, now),
		.number = number};

	entry_content(text, &e.content);
	return entry_add(st, &e, NULL);
}
