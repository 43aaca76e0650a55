/*
 * Cosigned checkpoints: see witnessed.h.
 *
 * Each cosignature is a leaf, so witnesses that are given the newest never
 * stand on the same. So they are given a meeting: a checkpoint that stays until
 * everybody who looked of late has cosigned it, and only then the newest.
 * There are two at a time. The long one waits for those who look seldom; the
 * short one, as large or larger, for those who look often, and not for them.
 *
 *	a witness looks:  long one ---> short one ---> the newest
 *			 (not cosigned  (the same)     (in the place of what
 *			  yet: that)			is over)
 *
 * Whoever was given the newest has cosigned both, so that nobody is ever asked
 * for less than their last word. One that is given the same again and again and
 * does not cosign it (it may have signed more by file) is not waited for.
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

#define MEETINGS 2

/* For how long one waits, and how seldom whom it waits for may look: seconds.
 */
static const uint64_t meeting_s[MEETINGS] = {HEAD_SELDOM, HEAD_OFTEN};

struct entry {
	uint64_t size;
	size_t cosigned;  /* signature lines behind the log's own */
	unsigned meeting; /* bit per meeting that it is */
	struct buf note;
};

#define TRIES 3

/* A witness that looked, and how often it was given which meeting. */
struct seen {
	struct note_key key;
	uint64_t at, every; /* seconds between two looks, about; 0: unknown */
	uint64_t given[MEETINGS];
	unsigned times[MEETINGS];
};

struct witnessed {
	struct store *store;
	struct seen seen[HEAD_WITNESS_MAX];
	size_t seen_count;
	struct entry offered[HEAD_OFFERED]; /* the newest first */
	size_t offered_count;
	struct entry kept[HEAD_COSIGNED];
	size_t kept_count;
};

/* ---- the lists ------------------------------------------------------------
 */

/* Its word stands there: it was judged when it came. */
static bool has_cosigned(const struct entry *e, const struct note_key *witness)
{
	uint8_t raw[COSIGNATURE_LEN];
	struct note n;
	size_t len;

	return note_parse(&n, buf_view(&e->note)) == 0 &&
	       note_signature_find(&n, witness, raw, sizeof raw, &len) == 0;
}

/* Does ${more} have everybody's word that ${e} has, for a larger tree? */
static bool outdone(const struct entry *e, const struct entry *more)
{
	struct note n, other;

	if (more->size <= e->size || more->cosigned < e->cosigned ||
		note_parse(&n, buf_view(&e->note)) != 0 ||
		note_parse(&other, buf_view(&more->note)) != 0)
		return false;
	for (size_t i = 1; i < n.count; i++) {
		size_t k = 1;

		while (k < other.count &&
			!bytes_eq(n.signature[i].name, other.signature[k].name))
			k++;
		if (k == other.count)
			return false;
	}
	return true;
}

/* Which of them may go: one that is outdone, else the oldest; no meeting. */
static size_t spare(const struct entry *list, size_t count)
{
	size_t last = count;

	for (size_t i = count; i-- > 0;) {
		if (list[i].meeting != 0)
			continue;
		last = last == count ? i : last;
		for (size_t k = 0; k < count; k++)
			if (outdone(&list[i], &list[k]))
				return i;
	}
	return last;
}

/* Room for one more at the front. */
static void push(struct entry *list, size_t *count, size_t max)
{
	size_t at = *count;

	if (*count == max) {
		at = spare(list, *count);
		buf_wipe(&list[at].note);
		(*count)--;
	}
	memmove(&list[1], &list[0], at * sizeof *list);
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

/* Who looked, and what they were given, is not kept: they meet at the last. */
static void meet_again(struct witnessed *w)
{
	struct entry *last = &w->kept[0];

	for (size_t i = 1; i < w->kept_count; i++)
		if (w->kept[i].size > last->size)
			last = &w->kept[i];
	last->meeting = w->kept_count > 0 ? (1u << MEETINGS) - 1 : 0;
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
	meet_again(w);
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

/* ---- words ----------------------------------------------------------------
 */

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

	/* It may have come in a transaction that was lost. */
	for (size_t i = 0; i < w->kept_count; i++)
		if (w->kept[i].size == size &&
			has_cosigned(&w->kept[i], witness))
			return save(w);
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
		e->meeting = w->offered[at].meeting;
		w->offered[at].meeting = 0;
	}
	buf_wipe(&e->note);
	e->note = note;
	e->cosigned++;
	return save(w);
}

/* ---- meetings -------------------------------------------------------------
 */

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

static struct seen *see(
	struct witnessed *w, const struct note_key *witness, uint64_t now)
{
	struct seen *s = &w->seen[0];

	for (size_t i = 0; i < w->seen_count; i++) {
		struct seen *by = &w->seen[i];
		uint64_t gap = now > by->at ? now - by->at : 1;

		if (strcmp(by->key.name, witness->name) == 0) {
			by->every = gap > by->every / 2 ? gap : by->every / 2;
			by->at = now;
			return by;
		}
		if (by->at < s->at)
			s = by;
	}
	/* Of too many, those who looked longest ago are not waited for. */
	if (w->seen_count < HEAD_WITNESS_MAX)
		s = &w->seen[w->seen_count++];
	*s = (struct seen){.key = *witness, .at = now};
	return s;
}

static struct entry *meeting(struct witnessed *w, unsigned bit)
{
	for (size_t i = 0; i < w->kept_count; i++)
		if ((w->kept[i].meeting & bit) != 0)
			return &w->kept[i];
	for (size_t i = 0; i < w->offered_count; i++)
		if ((w->offered[i].meeting & bit) != 0)
			return &w->offered[i];
	return NULL;
}

/* It has its word, or the word for a larger one; or there will be none. */
static bool is_done(const struct witnessed *w, const struct entry *e,
	unsigned m, const struct seen *s)
{
	bool done = has_cosigned(e, &s->key) ||
		    (s->given[m] == e->size && s->times[m] >= TRIES);

	for (size_t i = 0; !done && i < w->kept_count; i++)
		done = w->kept[i].size >= e->size &&
		       has_cosigned(&w->kept[i], &s->key);
	return done;
}

/* Whoever has missed two looks of theirs is not waited for any more; a machine
 * that was busy for some seconds is. */
static bool is_awaited(const struct seen *s, unsigned m, uint64_t now)
{
	uint64_t wait = meeting_s[m];

	if (s->every > wait)
		return false;
	if (s->every > 0 && 3 * s->every < wait)
		wait = 3 * s->every;
	if (wait < HEAD_PATIENCE)
		wait = HEAD_PATIENCE;
	return now <= s->at + wait;
}

static bool is_over(const struct witnessed *w, const struct entry *e,
	unsigned m, uint64_t now)
{
	bool over = true;

	if (e->cosigned == HEAD_WITNESS_MAX ||
		now > signed_at(e) + meeting_s[m])
		return true;
	for (size_t i = 0; over && i < w->seen_count; i++)
		over = !is_awaited(&w->seen[i], m, now) ||
		       is_done(w, e, m, &w->seen[i]);
	return over;
}

static void give(struct seen *s, unsigned m, const struct entry *e)
{
	s->times[m] = s->given[m] == e->size ? s->times[m] + 1 : 1;
	s->given[m] = e->size;
}

/* The newest becomes the meetings of ${bits}. */
static void move(struct witnessed *w, unsigned bits)
{
	for (size_t i = 0; i < w->kept_count; i++)
		w->kept[i].meeting &= ~bits;
	for (size_t i = 0; i < w->offered_count; i++)
		w->offered[i].meeting &= ~bits;
	w->offered[0].meeting |= bits;
}

int witnessed_meet(struct witnessed *w, const struct note_key *witness,
	uint64_t now, uint64_t size, struct bytes *note)
{
	struct seen *s = see(w, witness, now);
	unsigned moved = 0;
	int rc;

	for (unsigned m = 0; moved == 0 && m < MEETINGS; m++) {
		const struct entry *e = meeting(w, 1u << m);

		if (e == NULL || is_over(w, e, m, now)) {
			/* The short one is never the smaller one. */
			moved = (1u << MEETINGS) - (1u << m);
		} else if (!is_done(w, e, m, s)) {
			give(s, m, e);
			*note = buf_view(&e->note);
			return 0;
		}
	}
	rc = witnessed_offer(w, size, *note);
	/* Of nothing there is nothing to say. */
	if (rc == 0 && moved != 0 && size > 0)
		move(w, moved);
	return rc;
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

int witnessed_kept(const struct witnessed *w, size_t at, struct buf *ret)
{
	*ret = (struct buf){NULL, 0};
	for (size_t i = 0; i < w->kept_count; i++) {
		size_t before = 0;

		for (size_t k = 0; k < w->kept_count; k++)
			before += w->kept[k].size > w->kept[i].size ||
				  (k < i && w->kept[k].size == w->kept[i].size);
		if (before == at)
			return buf_copy(ret, buf_view(&w->kept[i].note));
	}
	return ROWAN_E_NOT_FOUND;
}
