/*
 * Cosigned checkpoints: see witnessed.h.
 *
 * In the store as one small value, the newest first:
 *
 *	struct {
 *		uint64 size;
 *		opaque note<V>;
 *	} Cosigned;
 */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "log/head.h"
#include "log/witnessed.h"
#include "tlog/watch.h"
#include "wire/log.h"

#define NOTE_ROOM  (GUARD_NOTE_MAX + HEAD_WITNESS_MAX * WIRE_COSIGN_MAX)
#define STORED_MAX STORE_META_MAX

struct entry {
	uint64_t size;
	size_t cosigned; /* signature lines behind the log's own */
	struct buf note;
};

struct witnessed {
	struct store *store;
	struct entry offered[HEAD_OFFERED]; /* the newest first */
	size_t offered_count;
	struct entry kept[HEAD_COSIGNED];
	size_t kept_count;
};

/* Room for one more at the front; the last one may fall off. */
static void push(struct entry *list, size_t *count, size_t max)
{
	if (*count == max)
		buf_wipe(&list[--*count].note);
	memmove(&list[1], &list[0], *count * sizeof *list);
	memset(&list[0], 0, sizeof *list);
	(*count)++;
}

static int read_one(struct reader *r, struct entry *ret)
{
	struct bytes note;
	struct note n;
	int rc = reader_u64(r, &ret->size);

	if (rc == 0)
		rc = reader_vec(r, NOTE_ROOM, &note);
	if (rc == 0)
		rc = note_parse(&n, note);
	if (rc != 0)
		return ROWAN_E_CORRUPT;
	ret->cosigned = n.count - 1;
	return buf_copy(&ret->note, note);
}

int witnessed_load(struct witnessed **ret, struct store *st)
{
	struct witnessed *w = calloc(1, sizeof *w);
	struct buf stored = {NULL, 0};
	struct reader r;
	int rc;

	*ret = w;
	if (w == NULL)
		return ROWAN_E_NOMEM;
	w->store = st;
	rc = store_meta_get(store_view(st), STORE_META_COSIGNED, &stored);
	if (rc == ROWAN_E_NOT_FOUND)
		return 0;
	reader_init(&r, buf_view(&stored));
	while (rc == 0 && reader_left(&r) > 0) {
		if (w->kept_count == HEAD_COSIGNED)
			rc = ROWAN_E_CORRUPT;
		else
			rc = read_one(&r, &w->kept[w->kept_count++]);
	}
	buf_wipe(&stored);
	return rc;
}

void witnessed_free(struct witnessed *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; i < w->offered_count; i++)
		buf_wipe(&w->offered[i].note);
	for (size_t i = 0; i < w->kept_count; i++)
		buf_wipe(&w->kept[i].note);
	free(w);
}

int witnessed_offer(struct witnessed *w, uint64_t size, struct bytes note)
{
	struct buf copy;
	int rc;

	if (w->offered_count > 0 &&
		bytes_eq(buf_view(&w->offered[0].note), note))
		return 0;
	rc = buf_copy(&copy, note);
	if (rc != 0)
		return rc;
	push(w->offered, &w->offered_count, HEAD_OFFERED);
	w->offered[0].size = size;
	w->offered[0].note = copy;
	return 0;
}

/* The note with one more line, if that is the witness's word for it. */
static int extend(const struct entry *e, struct bytes line,
	const struct note_key *witness, struct buf *ret)
{
	struct writer w;
	uint64_t time;
	struct note n;
	int rc;

	writer_init(&w, NOTE_ROOM);
	writer_raw(&w, e->note.data, e->note.len);
	writer_raw(&w, line.data, line.len);
	rc = writer_finish(&w, ret);
	if (rc != 0)
		return rc;
	rc = note_parse(&n, buf_view(ret));
	/* One line, no more. */
	if (rc == 0 && n.count != e->cosigned + 2)
		rc = ROWAN_E_MALFORMED;
	if (rc == 0)
		rc = cosignature_verify(&n, witness, &time);
	if (rc != 0)
		buf_wipe(ret);
	return rc;
}

static bool has_cosigned(const struct entry *e, const struct note_key *witness)
{
	uint64_t time;
	struct note n;

	return note_parse(&n, buf_view(&e->note)) == 0 &&
	       cosignature_verify(&n, witness, &time) == 0;
}

static int save(struct witnessed *w)
{
	struct buf stored;
	struct writer out;
	int rc;

	writer_init(&out, STORED_MAX);
	for (size_t i = 0; i < w->kept_count; i++) {
		size_t before = out.len;

		writer_u64(&out, w->kept[i].size);
		writer_vec(&out, buf_view(&w->kept[i].note));
		if (writer_status(&out) == ROWAN_E_LIMIT) {
			/* The oldest are in memory only. */
			out.error = 0;
			out.len = before;
			break;
		}
	}
	rc = writer_finish(&out, &stored);
	if (rc == 0)
		rc = store_meta_put(
			w->store, STORE_META_COSIGNED, buf_view(&stored));
	buf_wipe(&stored);
	return rc;
}

/* The one of ${list} of that size for which the line is valid. */
static int match(const struct entry *list, size_t count, uint64_t size,
	struct bytes line, const struct note_key *witness, size_t *ret_at,
	struct buf *ret)
{
	int rc = ROWAN_E_STALE;

	for (size_t i = 0; i < count; i++) {
		if (list[i].size != size)
			continue;
		rc = extend(&list[i], line, witness, ret);
		*ret_at = i;
		if (rc == 0 || rc == ROWAN_E_NOMEM)
			return rc;
		rc = rc == ROWAN_E_CRYPTO ? ROWAN_E_STALE : rc;
	}
	return rc;
}

int witnessed_add(struct witnessed *w, uint64_t size, struct bytes line,
	const struct note_key *witness)
{
	struct entry *e;
	struct buf note;
	size_t at = 0;
	int rc;

	for (size_t i = 0; i < w->kept_count; i++)
		if (w->kept[i].size == size &&
			has_cosigned(&w->kept[i], witness))
			return 0;
	rc = match(w->kept, w->kept_count, size, line, witness, &at, &note);
	if (rc == 0) {
		e = &w->kept[at];
		if (e->cosigned == HEAD_WITNESS_MAX) {
			buf_wipe(&note);
			return ROWAN_E_LIMIT;
		}
	} else {
		if (rc == ROWAN_E_STALE)
			rc = match(w->offered, w->offered_count, size, line,
				witness, &at, &note);
		if (rc != 0)
			return rc;
		push(w->kept, &w->kept_count, HEAD_COSIGNED);
		e = &w->kept[0];
		e->size = size;
	}
	buf_wipe(&e->note);
	e->note = note;
	e->cosigned++;
	return save(w);
}

static uint64_t signed_at(const struct entry *e)
{
	struct checkpoint c;
	uint64_t time = 0;
	struct note n;

	return note_parse(&n, buf_view(&e->note)) == 0 &&
			       checkpoint_parse(&c, n.text) == 0 &&
			       watch_time(&c, &time) == 0
		       ? time
		       : 0;
}

bool witnessed_join(const struct witnessed *w, const struct note_key *witness,
	uint64_t since, struct bytes *ret)
{
	const struct entry *best = NULL;
	uint64_t own = 0;

	for (size_t i = 0; i < w->kept_count; i++) {
		const struct entry *e = &w->kept[i];

		if (has_cosigned(e, witness))
			own = e->size > own ? e->size : own;
		else if (e->cosigned < HEAD_WITNESS_MAX &&
			 signed_at(e) >= since &&
			 (best == NULL || e->size > best->size))
			best = e;
	}
	if (best == NULL || best->size <= own)
		return false;
	*ret = buf_view(&best->note);
	return true;
}

int witnessed_find(const struct witnessed *w, size_t need, struct buf *ret)
{
	const struct entry *best = NULL;

	for (size_t i = 0; i < w->kept_count; i++) {
		const struct entry *e = &w->kept[i];

		if (e->cosigned >= need &&
			(best == NULL || e->size > best->size))
			best = e;
	}
	*ret = (struct buf){NULL, 0};
	return best == NULL ? ROWAN_E_NOT_FOUND
			    : buf_copy(ret, buf_view(&best->note));
}
