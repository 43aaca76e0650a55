/*
 * The log's rows: leaves with the hashes they complete, and sealed details.
 *
 * One row holds up to LOG_ROW_MAX consecutive leaves of one transaction:
 *
 *	tree	the leaves, then the hash of every subtree of KEPT leaves or
 *		more that one of them completes, in the order of completion
 *	detail	sealed: for each leaf its detail, packed (log_pack.c)
 *
 * How many subtrees the first n leaves complete is n minus the bits set in n,
 * so a hash is found without an index: its row by its last leaf, its place by
 * counting. Hashes of smaller subtrees are those of a few leaves, made again
 * when somebody asks. The tree's state at start is at most 64 hashes.
 */
#include "store/internal.h"

#include <stdlib.h>

#include <sodium.h>

#include "base/reader.h"
#include "base/writer.h"
#include "store/log.h"
#include "tlog/leaf.h"

#define TIMES_BACK  256 /* leaves at the end that say how late it is */
#define KEPT_LEVEL  3
#define KEPT	    (1 << KEPT_LEVEL)
#define ROW_NODES   (LOG_ROW_MAX / KEPT * 2 + MERKLE_LEVELS)
#define TREE_MAX    (LOG_ROW_MAX * WIRE_LEAF_LEN + ROW_NODES * MERKLE_HASH_LEN)
#define DETAIL_ROOM (LOG_ROW_MAX * LOG_PACKED_MAX)

static struct seal_place detail_at(int64_t row)
{
	return (struct seal_place){TABLE_LOG, COLUMN_DETAIL, (uint64_t)row};
}

/* ---- what the transaction has gathered ---- */

struct pending {
	uint8_t leaf[WIRE_LEAF_LEN];
	uint32_t at, len; /* of the detail */
};

struct ledger {
	struct merkle tree; /* committed */
	struct merkle next; /* the same after the open transaction */
	struct pending *pending;
	size_t count, cap, marked;
	struct leaf_times times; /* undone leaves count, too: no harm */
	uint8_t *details;
	size_t used, size;
	uint8_t *tree_row, *detail_row, *sealed_row;
};

int log_new(struct ledger **ret)
{
	struct ledger *l = calloc(1, sizeof(*l));

	*ret = l;
	if (l == NULL)
		return ROWAN_E_NOMEM;
	merkle_init(&l->tree);
	l->tree_row = malloc(TREE_MAX);
	l->detail_row = malloc(DETAIL_ROOM);
	l->sealed_row = malloc(DETAIL_ROOM + SEAL_OVERHEAD);
	return l->tree_row != NULL && l->detail_row != NULL &&
			       l->sealed_row != NULL
		       ? 0
		       : ROWAN_E_NOMEM;
}

void log_free(struct ledger *l)
{
	if (l == NULL)
		return;
	mem_free(l->details, l->size);
	mem_free(l->detail_row, DETAIL_ROOM);
	free(l->tree_row);
	free(l->sealed_row);
	free(l->pending);
	free(l);
}

void log_mark(struct store *st)
{
	st->ledger->marked = st->ledger->count;
}

static void truncate(struct ledger *l, size_t count)
{
	if (count >= l->count)
		return;
	l->used = l->pending[count].at;
	l->count = count;
}

void log_undo(struct store *st)
{
	truncate(st->ledger, st->ledger->marked);
	log_secrets_forget(st);
}

void log_abort(struct store *st)
{
	st->ledger->marked = 0;
	log_undo(st);
	log_secrets_settle(st);
}

void log_settle(struct store *st)
{
	if (st->ledger->count > 0)
		st->ledger->tree = st->ledger->next;
	truncate(st->ledger, 0);
	st->ledger->marked = 0;
	log_secrets_settle(st);
}

uint64_t store_log_next(const struct store *st)
{
	return st->ledger->tree.size + st->ledger->count;
}

void store_log_back(struct store *st, uint64_t next)
{
	if (next >= st->ledger->tree.size)
		truncate(st->ledger, next - st->ledger->tree.size);
}

void store_log_tree(const struct store *st, struct merkle *ret)
{
	*ret = st->ledger->tree;
}

static int reserve(struct ledger *l, size_t more)
{
	size_t cap = l->cap ? 2 * l->cap : 256;
	size_t size = l->size ? l->size : 65536;
	uint8_t *bytes;
	void *p;

	if (l->count == l->cap) {
		p = realloc(l->pending, cap * sizeof(*l->pending));
		if (p == NULL)
			return ROWAN_E_NOMEM;
		l->pending = p;
		l->cap = cap;
	}
	while (size < l->used + more)
		size *= 2;
	if (size > UINT32_MAX)
		return ROWAN_E_NOMEM;
	if (size == l->size)
		return 0;
	if ((bytes = malloc(size)) == NULL)
		return ROWAN_E_NOMEM;
	if (l->used > 0)
		memcpy(bytes, l->details, l->used);
	mem_free(l->details, l->size);
	l->details = bytes;
	l->size = size;
	return 0;
}

int store_log_append(struct store *st, const uint8_t leaf[WIRE_LEAF_LEN],
	struct bytes detail)
{
	struct ledger *l = st->ledger;
	struct pending *p;
	int r = tx_ready(st);

	if (r != 0)
		return r;
	if (detail.len < WIRE_DETAIL_LEN || detail.len > WIRE_DETAIL_MAX ||
		leaf_times_add(&l->times, store_log_next(st),
			bytes_of(leaf, WIRE_LEAF_LEN)) != 0)
		return ROWAN_E_INVAL;
	if ((r = reserve(l, detail.len)) != 0)
		return tx_done(st, r);
	p = &l->pending[l->count++];
	memcpy(p->leaf, leaf, WIRE_LEAF_LEN);
	p->at = (uint32_t)l->used;
	p->len = (uint32_t)detail.len;
	memcpy(l->details + l->used, detail.data, detail.len);
	l->used += detail.len;
	return 0;
}

uint64_t store_log_latest(const struct store *st)
{
	return st->ledger->times.latest;
}

/* ---- writing ---- */

/* Leaves ${from} up to ${from + n} of the transaction, as a row. */
static int add_row(struct store *st, size_t from, size_t n)
{
	struct merkle_node nodes[MERKLE_LEVELS];
	struct ledger *l = st->ledger;
	struct db *db = &st->view.db;
	int64_t row = (int64_t)l->next.size;
	struct writer tree, detail;
	struct log_packer pack;
	struct merkle_hash hash;
	sqlite3_stmt *q;
	size_t count;
	int r;

	writer_init_fixed(&tree, l->tree_row, TREE_MAX);
	writer_init_fixed(&detail, l->detail_row, DETAIL_ROOM);
	log_packer_init(&pack, &detail);
	for (size_t i = from; i < from + n; i++) {
		const struct pending *p = &l->pending[i];

		writer_raw(&tree, p->leaf, WIRE_LEAF_LEN);
		log_pack(&pack, bytes_of(l->details + p->at, p->len));
	}
	for (size_t i = from; i < from + n; i++) {
		merkle_leaf(bytes_of(l->pending[i].leaf, WIRE_LEAF_LEN), &hash);
		r = merkle_append(&l->next, &hash, nodes, &count);
		if (r != 0)
			return r;
		for (size_t k = KEPT_LEVEL; k < count; k++)
			writer_raw(&tree, nodes[k].hash.b, MERKLE_HASH_LEN);
	}
	if ((r = writer_status(&tree)) != 0 ||
		(r = writer_status(&detail)) != 0)
		return r;
	seal_put(st->seal, detail_at(row), writer_view(&detail), l->sealed_row);
	q = db_use(db, SQL_LOG_ADD);
	db_int(q, 1, row);
	db_int(q, 2, (int64_t)n);
	db_bytes(q, 3, tree.data, tree.len);
	db_bytes(q, 4, l->sealed_row, detail.len + SEAL_OVERHEAD);
	return db_run(db, q);
}

int log_write(struct store *st)
{
	struct ledger *l = st->ledger;
	size_t n;
	int r = 0;

	if (l->count == 0)
		return 0;
	l->next = l->tree;
	for (size_t i = 0; i < l->count && r == 0; i += n) {
		n = l->count - i < LOG_ROW_MAX ? l->count - i : LOG_ROW_MAX;
		r = add_row(st, i, n);
	}
	return r;
}

/* ---- reading ---- */

/* One row while it is looked at; ${q} is to be ended. */
struct log_row {
	sqlite3_stmt *q;
	uint64_t first, count;
	struct bytes tree;
};

/* How many subtrees that are kept the first ${n} leaves complete. */
static uint64_t completed(uint64_t n)
{
	n >>= KEPT_LEVEL - 1;
	return n - (uint64_t)__builtin_popcountll(n);
}

/* The row at which ${q} stands. */
static int row_at(sqlite3_stmt *q, struct log_row *ret)
{
	uint64_t nodes;

	ret->q = q;
	ret->first = (uint64_t)db_get_int(q, 0);
	ret->count = (uint64_t)db_get_int(q, 1);
	ret->tree = db_get_bytes(q, 2);
	if (db_get_int(q, 0) < 0 || ret->count == 0 || ret->count > LOG_ROW_MAX)
		return ROWAN_E_CORRUPT;
	nodes = completed(ret->first + ret->count) - completed(ret->first);
	return ret->tree.len == ret->count * WIRE_LEAF_LEN +
					nodes * MERKLE_HASH_LEN
		       ? 0
		       : ROWAN_E_CORRUPT;
}

/* The row that has leaf ${leaf}; ROWAN_E_NOT_FOUND. End ${ret}->q always. */
static int row_of(struct store_reader *rd, uint64_t leaf, struct log_row *ret)
{
	sqlite3_stmt *q = db_use(&rd->db, SQL_LOG_AT);
	int r;

	*ret = (struct log_row){.q = q};
	if (leaf > INT64_MAX)
		return ROWAN_E_NOT_FOUND;
	db_int(q, 1, (int64_t)leaf);
	if ((r = db_row(&rd->db, q)) <= 0)
		return r == 0 ? ROWAN_E_NOT_FOUND : r;
	if ((r = row_at(q, ret)) != 0)
		return r;
	return leaf - ret->first < ret->count ? 0 : ROWAN_E_NOT_FOUND;
}

static struct bytes leaf_in(const struct log_row *row, uint64_t leaf)
{
	return bytes_of(row->tree.data + (leaf - row->first) * WIRE_LEAF_LEN,
		WIRE_LEAF_LEN);
}

/* A subtree too small to be kept, from its leaves. */
static int fetch_small(struct store_reader *rd, uint8_t level, uint64_t index,
	struct merkle_hash *ret)
{
	struct merkle_node nodes[MERKLE_LEVELS];
	uint64_t first = index << level, n = UINT64_C(1) << level;
	struct log_row row = {0};
	struct merkle m;
	size_t count;
	int r = 0;

	merkle_init(&m);
	while (r == 0 && m.size < n) {
		uint64_t leaf = first + m.size;

		r = row_of(rd, leaf, &row);
		for (; r == 0 && m.size < n && leaf - row.first < row.count;
			leaf++) {
			merkle_leaf(leaf_in(&row, leaf), ret);
			r = merkle_append(&m, ret, nodes, &count);
		}
		db_end(row.q);
	}
	if (r == 0)
		*ret = m.roots[level];
	return r;
}

static int fetch(
	void *ctx, uint8_t level, uint64_t index, struct merkle_hash *ret)
{
	struct store_reader *rd = ctx;
	struct log_row row;
	uint64_t last, at;
	int r;

	if (level >= 63 || index >= UINT64_C(1) << (63 - level))
		return ROWAN_E_NOT_FOUND;
	if (level < KEPT_LEVEL)
		return fetch_small(rd, level, index, ret);
	last = ((index + 1) << level) - 1;
	if ((r = row_of(rd, last, &row)) == 0) {
		at = completed(last) + level - KEPT_LEVEL -
		     completed(row.first);
		memcpy(ret->b,
			row.tree.data + row.count * WIRE_LEAF_LEN +
				at * MERKLE_HASH_LEN,
			MERKLE_HASH_LEN);
	}
	db_end(row.q);
	return r;
}

struct merkle_source store_log_source(struct store_reader *rd)
{
	return (struct merkle_source){fetch, rd};
}

int store_log_size(struct store_reader *rd, uint64_t *ret)
{
	struct log_row row;
	int r = row_of(rd, INT64_MAX, &row);

	/* The last row, whatever it ends with. */
	*ret = row.first + row.count;
	db_end(row.q);
	return r == ROWAN_E_NOT_FOUND ? 0 : r;
}

/* Of the last leaves: those by the hour are among others. */
static int load_times(struct store *st, uint64_t size)
{
	uint64_t from = size > TIMES_BACK ? size - TIMES_BACK : 0;
	struct writer w;
	size_t count;
	int r;

	writer_init(&w, TIMES_BACK * WIRE_LEAF_LEN);
	r = store_log_leaves(&st->view, from, TIMES_BACK, &w, &count);
	for (size_t i = 0; r == 0 && i < count; i++)
		if (leaf_times_add(&st->ledger->times, from + i,
			    bytes_of(w.data + i * WIRE_LEAF_LEN,
				    WIRE_LEAF_LEN)) != 0)
			r = ROWAN_E_CORRUPT;
	writer_wipe(&w);
	return r;
}

int log_load(struct store *st)
{
	struct merkle *m = &st->ledger->tree;
	uint64_t size;
	int r = store_log_size(&st->view, &size);

	merkle_init(m);
	for (uint8_t level = 0; r == 0 && level < 63; level++)
		if (size >> level & 1)
			r = fetch(&st->view, level, (size >> level) - 1,
				&m->roots[level]);
	m->size = size;
	if (r == 0)
		r = load_times(st, size);
	return r == ROWAN_E_NOT_FOUND ? ROWAN_E_CORRUPT : r;
}

int store_log_leaves(struct store_reader *rd, uint64_t from, size_t max,
	struct writer *w, size_t *ret_count)
{
	struct log_row row;
	int r = 0;

	*ret_count = 0;
	while (r == 0 && *ret_count < max) {
		uint64_t at = from + *ret_count, n;

		r = row_of(rd, at, &row);
		n = row.first + row.count - at;
		if (r == 0 && n > max - *ret_count)
			n = max - *ret_count;
		if (r == 0) {
			writer_raw(
				w, leaf_in(&row, at).data, n * WIRE_LEAF_LEN);
			*ret_count += n;
			r = writer_status(w);
		}
		db_end(row.q);
	}
	return r == ROWAN_E_NOT_FOUND ? 0 : r;
}

/* ---- details ---- */

static int open_details(
	struct store_reader *rd, sqlite3_stmt *q, struct buf *ret)
{
	return row_open_buf(
		rd->seal, detail_at(db_get_int(q, 0)), db_get_bytes(q, 3), ret);
}

int store_log_open(struct store_reader *rd, uint64_t leaf, struct bytes detail,
	struct wire_opening *ret)
{
	struct wire_detail d;
	int r;

	memset(ret, 0, sizeof(*ret));
	if (detail.len == 0)
		return ROWAN_E_NOT_FOUND;
	if (wire_detail_read(detail, &d) != 0)
		return ROWAN_E_CORRUPT;
	r = log_secret_salt(rd, &d.case_id, leaf, &ret->salt);
	if (r == 0)
		ret->detail = detail;
	return r;
}

int store_log_detail(struct store_reader *rd, uint64_t leaf, struct buf *ret)
{
	struct buf details = {NULL, 0};
	struct bytes detail = {NULL, 0};
	uint8_t mem[WIRE_DETAIL_MAX];
	struct log_parts parts;
	struct log_cursor at;
	struct log_row row;
	int r = row_of(rd, leaf, &row);

	*ret = (struct buf){NULL, 0};
	if (r == 0)
		r = open_details(rd, row.q, &details);
	log_cursor_init(&at, buf_view(&details));
	for (uint64_t i = row.first; r == 0 && i <= leaf; i++)
		r = log_unpack(&at, &parts, mem, &detail);
	db_end(row.q);
	if (r == 0)
		r = detail.len == 0 ? ROWAN_E_NOT_FOUND : buf_copy(ret, detail);
	buf_wipe(&details);
	return r;
}

/* ---- walking ---- */

/* A walk over the details of one row; ${max} leaves of it. */
struct walk {
	store_log_visit *visit;
	void *ctx;
	bool stop;
};

static int walk_row(struct store_reader *rd, const struct log_row *row,
	uint64_t from, struct walk *w, uint64_t *ret_next)
{
	uint8_t mem[WIRE_DETAIL_MAX];
	struct log_parts parts;
	struct log_cursor at;
	struct buf details;
	struct bytes detail;
	int r = open_details(rd, row->q, &details);

	if (r != 0)
		return r;
	log_cursor_init(&at, buf_view(&details));
	for (uint64_t i = row->first; i < row->first + row->count; i++) {
		if ((r = log_unpack(&at, &parts, mem, &detail)) != 0)
			break;
		if (i < from)
			continue;
		*ret_next = i + 1;
		if (!w->visit(w->ctx, i, detail)) {
			w->stop = true;
			break;
		}
	}
	buf_wipe(&details);
	return r;
}

int store_log_walk(struct store_reader *rd, const struct store_log_range *range,
	store_log_visit *visit, void *ctx, uint64_t *ret_next)
{
	struct walk w = {visit, ctx, false};
	struct log_row row;
	int r = 0;

	*ret_next = range->from;
	for (size_t i = 0; r == 0 && i < range->rows && !w.stop; i++) {
		r = row_of(rd, *ret_next, &row);
		if (r == 0)
			r = walk_row(rd, &row, *ret_next, &w, ret_next);
		db_end(row.q);
	}
	return r == ROWAN_E_NOT_FOUND ? 0 : r;
}

/* The same row, its last leaf first. */
static int walk_row_back(struct store_reader *rd, const struct log_row *row,
	uint64_t below, struct walk *w, uint64_t *ret_next)
{
	struct log_cursor at[LOG_ROW_MAX], next;
	uint8_t mem[WIRE_DETAIL_MAX];
	struct log_parts parts;
	struct buf details;
	struct bytes detail;
	int r = open_details(rd, row->q, &details);

	if (r != 0)
		return r;
	log_cursor_init(&next, buf_view(&details));
	for (uint64_t i = 0; r == 0 && i < row->count; i++) {
		at[i] = next;
		r = log_unpack(&next, &parts, mem, &detail);
	}
	for (uint64_t i = row->count; r == 0 && !w->stop && i-- > 0;) {
		if (row->first + i >= below)
			continue;
		r = log_unpack(&at[i], &parts, mem, &detail);
		*ret_next = row->first + i;
		if (r == 0)
			w->stop = !w->visit(w->ctx, *ret_next, detail);
	}
	buf_wipe(&details);
	return r;
}

int store_log_walk_back(struct store_reader *rd,
	const struct store_log_range *range, store_log_visit *visit, void *ctx,
	uint64_t *ret_next)
{
	struct walk w = {visit, ctx, false};
	struct log_row row;
	uint64_t size;
	int r = store_log_size(rd, &size);

	*ret_next = range->from < size ? range->from : size;
	for (size_t i = 0;
		r == 0 && *ret_next > 0 && i < range->rows && !w.stop; i++) {
		r = row_of(rd, *ret_next - 1, &row);
		if (r == 0)
			r = walk_row_back(rd, &row, *ret_next, &w, ret_next);
		db_end(row.q);
	}
	return r == ROWAN_E_NOT_FOUND ? ROWAN_E_CORRUPT : r;
}

/* ---- the whole tree anew ---- */

static int verify_row(
	const struct log_row *row, struct merkle *m, struct leaf_times *t)
{
	const uint8_t *stored = row->tree.data + row->count * WIRE_LEAF_LEN;
	struct merkle_node nodes[MERKLE_LEVELS];
	struct merkle_hash hash;
	size_t count;
	int r = row->first == m->size ? 0 : ROWAN_E_CORRUPT;

	for (uint64_t i = 0; r == 0 && i < row->count; i++) {
		merkle_leaf(leaf_in(row, row->first + i), &hash);
		r = merkle_append(m, &hash, nodes, &count);
		if (r == 0 && leaf_times_add(t, row->first + i,
				      leaf_in(row, row->first + i)) != 0)
			r = ROWAN_E_CORRUPT;
		for (size_t k = KEPT_LEVEL; r == 0 && k < count; k++) {
			if (memcmp(stored, nodes[k].hash.b, MERKLE_HASH_LEN))
				r = ROWAN_E_CORRUPT;
			stored += MERKLE_HASH_LEN;
		}
	}
	return r;
}

int store_log_verify(struct store_reader *rd, struct store_log_whole *ret)
{
	sqlite3_stmt *q = db_use(&rd->db, SQL_LOG_ALL);
	struct log_row row;
	struct merkle m;
	int r;

	memset(ret, 0, sizeof(*ret));
	merkle_init(&m);
	while ((r = db_row(&rd->db, q)) == 1) {
		r = row_at(q, &row);
		if (r == 0)
			r = verify_row(&row, &m, &ret->times);
		if (r != 0)
			break;
	}
	db_end(q);
	merkle_root(&m, &ret->root);
	ret->size = m.size;
	return r;
}

/* ---- erasing ---- */

/* Which details go, and the row without them. */
static int blank(const struct buf *details, struct store *st,
	const uint8_t name[SEAL_HASH_LEN], struct writer *w, bool *ret_any)
{
	uint64_t *gone = &st->sweeps.now[SWEEP_LOG].gone;
	uint8_t other[SEAL_HASH_LEN], mem[WIRE_DETAIL_MAX];
	struct log_packer pack;
	struct log_parts parts;
	struct log_cursor at;
	struct bytes detail;
	struct wire_detail d;

	*ret_any = false;
	log_packer_init(&pack, w);
	log_cursor_init(&at, buf_view(details));
	while (reader_left(&at.in) > 0) {
		if (log_unpack(&at, &parts, mem, &detail) != 0)
			return ROWAN_E_CORRUPT;
		if (detail.len > 0) {
			if (wire_detail_read(detail, &d) != 0)
				return ROWAN_E_CORRUPT;
			row_name(st->seal, TABLE_LOG_SECRET, &d.case_id, other);
			if (memcmp(other, name, sizeof(other)) == 0) {
				detail.len = 0;
				*ret_any = true;
			}
		}
		*gone += detail.len == 0 ? 1 : 0;
		log_pack(&pack, detail);
	}
	return writer_status(w);
}

static int erase_in(
	struct store *st, sqlite3_stmt *q, const uint8_t name[SEAL_HASH_LEN])
{
	struct ledger *l = st->ledger;
	int64_t row = db_get_int(q, 0);
	struct buf details;
	struct writer w;
	bool any = false;
	int r = open_details(&st->view, q, &details);

	if (r != 0)
		return r;
	writer_init_fixed(&w, l->detail_row, DETAIL_ROOM);
	r = blank(&details, st, name, &w, &any);
	buf_wipe(&details);
	if (r != 0 || !any)
		return r;
	seal_put(st->seal, detail_at(row), writer_view(&w), l->sealed_row);
	st->deleted = true;
	q = db_use(&st->view.db, SQL_LOG_BLANK);
	db_int(q, 1, row);
	db_bytes(q, 2, l->sealed_row, w.len + SEAL_OVERHEAD);
	return db_run(&st->view.db, q);
}

int log_sweep(struct store *st, int64_t secret, size_t max,
	struct store_slice *slice, size_t *ret_done)
{
	uint8_t name[SEAL_HASH_LEN];
	struct swept *p = &st->sweeps.now[SWEEP_LOG];
	struct log_row row;
	int r = log_secret_name(st, secret, name);

	if (p->of != secret)
		*p = (struct swept){secret, 0, 0};
	for (*ret_done = 0; r == 0 && *ret_done < max; (*ret_done)++) {
		r = row_of(&st->view, (uint64_t)p->at, &row);
		if (r == 0)
			r = erase_in(st, row.q, name);
		if (r == 0)
			p->at = (int64_t)(row.first + row.count);
		db_end(row.q);
	}
	if (r != ROWAN_E_NOT_FOUND)
		return r;
	/* The end, unless this transaction has some more. */
	if (st->ledger->count > 0) {
		*ret_done = max;
		return 0;
	}
	slice->blanked = true;
	slice->gone = p->gone;
	*p = (struct swept){0, 0, 0};
	*ret_done = 0;
	return 0;
}
