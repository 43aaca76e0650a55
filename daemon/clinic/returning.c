/*
 * What a restore waits for: see returning.h.
 */
#include <stdlib.h>

#include "clinic/returning.h"
#include "clinic/source.h"
#include "log/entry.h"

#define VERSION	     1
#define TOLD_MAX     65536 /* devices, in memory */
#define TOLD_STEP    256
#define CHANNELS_MAX 256
#define MEMBERS_MAX  256 /* assigned to a channel */
#define DEVICES_MAX  64	 /* of a member */

/* ---- as it is stored ---------------------------------------------------- */

void returning_wipe(struct returning *r)
{
	buf_wipe(&r->restore);
	free(r->told);
	memset(r, 0, sizeof *r);
}

static int save(const struct returning *r, struct store *st)
{
	size_t n = r->told_count < RETURNING_TOLD_MAX ? r->told_count
						      : RETURNING_TOLD_MAX;
	struct writer w;
	int rc;

	writer_init(&w, STORE_META_MAX);
	writer_u16(&w, VERSION);
	writer_u8(&w, r->phase);
	writer_u64(&w, r->before);
	writer_u64(&w, r->since);
	writer_vec(&w, buf_view(&r->restore));
	writer_u16(&w, (uint16_t)n);
	for (size_t i = 0; i < n; i++) {
		writer_raw(&w, r->told[i].device.b, ID16_LEN);
		writer_u8(&w, r->told[i].given);
	}
	rc = writer_status(&w);
	if (rc == 0)
		rc = store_meta_put(st, STORE_META_RETURNING, writer_view(&w));
	writer_wipe(&w);
	return rc;
}

/* For so many, and one more. */
static size_t room(size_t count)
{
	return (count / TOLD_STEP + 1) * TOLD_STEP;
}

static int read_told(struct reader *in, struct returning *r)
{
	uint16_t n = 0;

	if (reader_u16(in, &n) != 0 || n > RETURNING_TOLD_MAX)
		return ROWAN_E_CORRUPT;
	r->told = calloc(room(n), sizeof *r->told);
	if (r->told == NULL)
		return ROWAN_E_NOMEM;
	for (; r->told_count < n; r->told_count++) {
		struct returning_told *t = &r->told[r->told_count];

		if (reader_array(in, t->device.b, ID16_LEN) != 0 ||
			reader_u8(in, &t->given) != 0 ||
			t->given > WIRE_GIVEN_ALL ||
			(r->told_count > 0 &&
				id16_cmp(&t[-1].device, &t->device) >= 0))
			return ROWAN_E_CORRUPT;
	}
	return reader_end(in) == 0 ? 0 : ROWAN_E_CORRUPT;
}

static int read_all(struct bytes input, struct returning *r)
{
	uint16_t version = 0;
	struct bytes restore;
	struct reader in;
	int rc;

	reader_init(&in, input);
	if (reader_u16(&in, &version) != 0)
		return ROWAN_E_CORRUPT;
	if (version > VERSION)
		return ROWAN_E_TOO_NEW;
	if (reader_u8(&in, &r->phase) != 0 || r->phase > RETURNING_OVER ||
		reader_u64(&in, &r->before) != 0 ||
		reader_u64(&in, &r->since) != 0 ||
		reader_vec(&in, WIRE_STATEMENT_MAX, &restore) != 0)
		return ROWAN_E_CORRUPT;
	rc = buf_copy(&r->restore, restore);
	return rc == 0 ? read_told(&in, r) : rc;
}

int returning_load(struct returning *r, struct store_reader *rd)
{
	struct buf raw;
	int rc = store_meta_get(rd, STORE_META_RETURNING, &raw);

	memset(r, 0, sizeof *r);
	if (rc == ROWAN_E_NOT_FOUND)
		return 0;
	if (rc == 0)
		rc = read_all(buf_view(&raw), r);
	buf_wipe(&raw);
	if (rc != 0)
		returning_wipe(r);
	return rc;
}

int returning_begin(struct store *st, struct bytes restore, uint64_t now)
{
	struct returning r = {.phase = RETURNING_CLINIC, .before = now};
	int rc = buf_copy(&r.restore, restore);

	if (rc == 0)
		rc = save(&r, st);
	returning_wipe(&r);
	return rc;
}

/* ---- who has said what -------------------------------------------------- */

/* Where it is, or would be. */
static size_t place_of(const struct returning *r, const struct id16 *device)
{
	size_t low = 0, high = r->told_count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (id16_cmp(&r->told[mid].device, device) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static uint8_t given_by(const struct returning *r, const struct id16 *device)
{
	size_t at = place_of(r, device);

	return at < r->told_count && id16_eq(&r->told[at].device, device)
		       ? r->told[at].given
		       : WIRE_GIVEN_NOTHING;
}

int returning_tell(
	struct returning *r, const struct id16 *device, uint8_t given)
{
	size_t at = place_of(r, device);
	struct returning_told *more;

	if (!returning_on(r) || given_by(r, device) >= given)
		return 0;
	if (at < r->told_count && id16_eq(&r->told[at].device, device)) {
		r->told[at].given = given;
		r->news = true;
		return 0;
	}
	if (r->told_count == TOLD_MAX)
		return ROWAN_E_AGAIN;
	more = r->told;
	if (r->told_count % TOLD_STEP == 0)
		more = realloc(more, room(r->told_count) * sizeof *more);
	if (more == NULL)
		return ROWAN_E_NOMEM;
	r->told = more;
	memmove(more + at + 1, more + at, (r->told_count - at) * sizeof *more);
	more[at] = (struct returning_told){*device, given};
	r->told_count++;
	r->news = true;
	return 0;
}

/* Alive, and not away for so long that nobody expects it. */
static int awaited(
	struct store *st, const struct store_device *d, uint64_t now, bool *ret)
{
	bool away = false;
	int rc = 0;

	*ret = !d->revoked && (d->until == 0 || now < d->until);
	if (*ret)
		rc = store_device_away(st, &d->id, &away);
	*ret = *ret && !away;
	return rc;
}

static bool of_people(const struct store_device *d)
{
	return d->role == WIRE_ROLE_CASEWORKER || d->role == WIRE_ROLE_VICTIM;
}

/*
 * The least that any coordinator's device has given; and how many are waited
 * for: for the clinic's chain coordinators' alone, then whoever gave not all.
 */
static int desk(struct returning *r, struct store *st, uint64_t now)
{
	const bool clinic = r->phase == RETURNING_CLINIC;
	struct store_reader *rd = store_view(st);
	struct store_device d;
	int64_t row = 0;
	bool waits;
	int rc;

	r->desk = WIRE_GIVEN_ALL;
	r->missing = 0;
	while ((rc = store_device_next(rd, &row, &d)) == 0) {
		bool coordinates = (d.rights & WIRE_RIGHT_COORDINATE) != 0;
		uint8_t given = given_by(r, &d.id);

		if (given == WIRE_GIVEN_ALL || !of_people(&d))
			continue;
		rc = awaited(st, &d, now, &waits);
		if (rc != 0)
			return rc;
		r->missing +=
			waits &&
			(!clinic || (coordinates && given < WIRE_GIVEN_CLINIC));
		if (waits && given < r->desk && coordinates)
			r->desk = given;
	}
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

/* ---- cases -------------------------------------------------------------- */

static int member_gave(const struct returning *r, struct store *st,
	const struct id16 *member, uint64_t now)
{
	struct store_reader *rd = store_view(st);
	struct id16 ids[DEVICES_MAX];
	struct store_device d;
	size_t n = 0;
	bool waits = false;
	int rc = store_member_devices(rd, member, ids, DEVICES_MAX, &n);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = store_device_by_id(rd, &ids[i], &d);
		if (rc == 0)
			rc = awaited(st, &d, now, &waits);
		if (rc == 0 && waits && given_by(r, &d.id) < WIRE_GIVEN_ALL)
			rc = ROWAN_E_RESTORING;
	}
	return rc;
}

static int channel_gave(const struct returning *r, struct store *st,
	const struct id16 *channel, uint64_t now)
{
	struct store_assignment at[MEMBERS_MAX];
	size_t n = 0;
	int rc = store_channel_assignments(
		store_view(st), channel, at, MEMBERS_MAX, &n);

	for (size_t i = 0; rc == 0 && i < n; i++)
		if (at[i].until == 0 || now < at[i].until)
			rc = member_gave(r, st, &at[i].member, now);
	return rc;
}

int returning_case(const struct returning *r, struct store *st,
	const struct id16 *case_id, uint64_t now)
{
	struct store_channel ch[CHANNELS_MAX];
	size_t n = 0;
	int rc;

	if (!returning_on(r))
		return 0;
	if (r->phase == RETURNING_CLINIC || r->desk < WIRE_GIVEN_ALL)
		return ROWAN_E_RESTORING;
	rc = store_case_channels(store_view(st), case_id, ch, CHANNELS_MAX, &n);
	if (rc == ROWAN_E_NOT_FOUND)
		return 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = channel_gave(r, st, &ch[i].id, now);
	return rc;
}

/* ---- time --------------------------------------------------------------- */

static bool same_heads(
	const struct wire_st_restore *a, const struct wire_st_restore *b)
{
	return a->size == b->size && a->lost_size == b->lost_size &&
	       memcmp(&a->root, &b->root, sizeof a->root) == 0 &&
	       memcmp(&a->lost_root, &b->lost_root, sizeof a->lost_root) == 0;
}

/* Whoever is the authority now has signed the same: that one counts. */
static int another_stands(
	struct returning *r, struct store *st, const struct wire_statement *s)
{
	struct wire_statement at;
	struct store_act act;
	bool same = false;
	int rc = 0;

	for (uint64_t n = s->number; rc == 0 && !same; n++) {
		struct buf raw;

		rc = store_act_get(
			store_view(st), &source_clinic_chain, n, &act, &raw);
		if (rc == 0 && act.raw.len > 0)
			rc = wire_statement_decode(act.raw, &at);
		same = rc == 0 && act.raw.len > 0 &&
		       at.kind == WIRE_ST_RESTORE &&
		       same_heads(&at.u.restore, &s->u.restore);
		if (same) {
			buf_wipe(&r->restore);
			rc = buf_copy(&r->restore, act.raw);
		}
		buf_wipe(&raw);
	}
	return rc;
}

/* The restore gets its place, and its leaf. */
static int settle(struct returning *r, struct store *st, uint64_t now,
	struct acts_result *ret)
{
	struct log_entry e = {.act = WIRE_ACT_STATEMENT, .time = now};
	struct bytes raw = buf_view(&r->restore);
	struct wire_statement s;
	int rc = wire_statement_decode(raw, &s);

	if (rc == 0)
		rc = another_stands(r, st, &s);
	if (rc == 0) {
		r->refused = false;
		r->phase = RETURNING_CASES;
		return save(r, st);
	}
	if (rc == ROWAN_E_NOT_FOUND)
		rc = acts_put(st, raw, s.time, ret);
	r->refused = rc != 0 && !store_failed(rc);
	if (rc != 0)
		return r->refused ? 0 : rc;
	e.number = ret->head.number;
	entry_content(raw, &e.content);
	rc = entry_add(st, &e, NULL);
	r->phase = RETURNING_CASES;
	return rc == 0 ? save(r, st) : rc;
}

int returning_step(struct returning *r, struct store *st, uint64_t now,
	uint64_t wait, struct acts_result *ret)
{
	bool over;
	int rc = 0;

	memset(ret, 0, sizeof *ret);
	if (!returning_on(r))
		return 0;
	if (r->since == 0) {
		r->since = now;
		r->news = true;
	}
	if (r->news)
		rc = save(r, st);
	/* Taken back with the transaction: loaded again, and told again. */
	r->news = false;
	over = now >= r->since && now - r->since >= wait;
	if (rc == 0)
		rc = desk(r, st, now);
	if (rc == 0 && r->phase == RETURNING_CLINIC &&
		(over || r->desk >= WIRE_GIVEN_CLINIC))
		rc = settle(r, st, now, ret);
	if (rc != 0 || !over || r->phase == RETURNING_CLINIC)
		return rc;
	r->phase = RETURNING_OVER;
	return save(r, st);
}
