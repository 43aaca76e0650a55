/*
 * Channels' groups: see groups.h.
 */
#include <stdlib.h>

#include "clinic/group_policy.h"
#include "clinic/groups.h"
#include "log/entry.h"
#include "clinic/source.h"
#include "mls/public/object/group_context.h"
#include "trust/attest.h"
#include "wire/envelope.h"

#define ROW_MAX (STORE_GROUP_MAX)

static struct rowan_mls_bytes mls(struct bytes b)
{
	return (struct rowan_mls_bytes){b.data, b.len};
}

static struct bytes held(struct rowan_mls_bytes b)
{
	return bytes_of(b.data, b.len);
}

int groups_load(struct store_reader *view, const struct id16 *channel,
	struct group_row *ret, struct buf *ret_raw)
{
	int rc = store_group_get(view, channel, ret_raw);

	if (rc == 0)
		rc = group_row_read(buf_view(ret_raw), ret);
	if (rc != 0)
		buf_wipe(ret_raw);
	return rc;
}

static int save(struct store *st, const struct id16 *channel,
	const struct group_row *row)
{
	struct writer w;
	int rc;

	writer_init(&w, ROW_MAX);
	rc = group_row_write(row, &w);
	if (rc == 0)
		rc = store_group_put(st, channel, writer_view(&w));
	writer_wipe(&w);
	return rc;
}

/* ---- how it stands ---------------------------------------------------------
 */

int groups_awaited(struct store *st, const struct group_row *row,
	const struct id16 *device)
{
	bool away = true;
	int rc = 0;

	if (!group_row_parked(row, device))
		rc = store_device_away(st, device, &away);
	return rc == 0 && away ? ROWAN_E_REFUSED : rc;
}

/*
 * Who may take part, ascending, and whether a leaf of theirs is good. More,
 * perhaps, than have a place, for each member may get further devices: those
 * wait, and the group goes on.
 */
struct seats {
	size_t count;
	struct id16 *may;
	bool *in;
};

static int seats_fill(
	struct store *st, const struct id16 *channel, struct seats *s)
{
	size_t n;
	int rc = store_channel_entitled(st, channel, NULL, 0, &n);

	*s = (struct seats){0, NULL, NULL};
	if (rc != ROWAN_E_LIMIT)
		return rc;
	s->may = calloc(n, sizeof *s->may + sizeof *s->in);
	if (s->may == NULL)
		return ROWAN_E_NOMEM;
	s->in = (bool *)(s->may + n);
	rc = store_channel_entitled(st, channel, s->may, n, &s->count);
	if (rc != 0)
		s->count = 0;
	qsort(s->may, s->count, sizeof *s->may, id16_sort);
	return rc;
}

static struct id16 *seat_of(const struct seats *s, const struct id16 *device)
{
	return s->count == 0 ? NULL
			     : bsearch(device, s->may, s->count, sizeof *s->may,
				       id16_sort);
}

int groups_flags(struct store *st, const struct id16 *channel,
	const struct group_row *row, uint8_t *ret)
{
	struct seats s;
	size_t in = 0;
	int rc = seats_fill(st, channel, &s);

	*ret = row->frozen ? WIRE_GROUP_FROZEN : 0;
	for (size_t i = 0; rc == 0 && i < row->leaf_count; i++) {
		const struct group_leaf *l = &row->leaves[i];
		const struct id16 *at = seat_of(&s, &l->device);

		if (at == NULL)
			*ret |= WIRE_GROUP_MUST_GO;
		else if (l->replace)
			*ret |= WIRE_GROUP_MISSING;
		if (at == NULL)
			continue;
		s.in[at - s.may] = true;
		in += !l->replace;
	}
	/* Nobody misses those who are away. */
	for (size_t i = 0; rc == 0 && i < s.count; i++) {
		if (s.in[i])
			continue;
		rc = groups_awaited(st, row, &s.may[i]);
		if (rc == 0)
			*ret |= WIRE_GROUP_MISSING;
		else if (rc == ROWAN_E_REFUSED)
			rc = 0;
	}
	if (rc == 0 && in == 0)
		*ret |= WIRE_GROUP_DESERTED;
	free(s.may);
	return rc;
}

/* The lowest ids, ascending. */
static void mark(const struct id16 *device, struct id16 *list, size_t *count)
{
	size_t i = *count;

	if (i == WIRE_GROUP_MARKS_MAX) {
		if (id16_cmp(device, &list[i - 1]) > 0)
			return;
		i--;
	} else {
		++*count;
	}
	for (; i > 0 && id16_cmp(device, &list[i - 1]) < 0; i--)
		list[i] = list[i - 1];
	list[i] = *device;
}

/* Who is away for long: with a leaf, or without. */
static int mark_away(const struct groups_at *at, const struct id16 *channel,
	const struct group_row *row, struct wire_group_state *ret)
{
	struct seats s;
	int rc = seats_fill(at->st, channel, &s);

	for (size_t i = 0; rc == 0 && i < s.count; i++) {
		rc = groups_awaited(at->st, row, &s.may[i]);
		if (rc != ROWAN_E_REFUSED)
			continue;
		mark(&s.may[i], ret->away, &ret->away_count);
		rc = 0;
	}
	free(s.may);
	return rc;
}

/* As ${at}->device sees it. */
static int state_of(const struct groups_at *at, const struct id16 *channel,
	const struct group_row *row, struct wire_group_state *ret)
{
	int rc;

	*ret = (struct wire_group_state){.generation = row->generation,
		.exists = true,
		.epoch = row->epoch,
		.confirmed = row->confirmed,
		.commit = row->commit};
	rc = groups_flags(at->st, channel, row, &ret->flags);
	for (size_t i = 0; i < row->leaf_count; i++) {
		const struct group_leaf *l = &row->leaves[i];

		if (id16_eq(&l->device, &at->device))
			ret->flags |= WIRE_GROUP_MEMBER;
		if (l->replace)
			mark(&l->device, ret->replace, &ret->replace_count);
	}
	return rc == 0 ? mark_away(at, channel, row, ret) : rc;
}

int groups_state(const struct groups_at *at, const struct id16 *channel,
	struct wire_group_state *ret)
{
	struct store_channel c;
	struct group_row row;
	struct buf raw;
	int rc = groups_load(store_view(at->st), channel, &row, &raw);

	*ret = (struct wire_group_state){.exists = false};
	if (rc == ROWAN_E_NOT_FOUND) {
		rc = store_channel_get(store_view(at->st), channel, &c);
		ret->generation = c.generation;
		return rc;
	}
	if (rc == 0)
		rc = state_of(at, channel, &row, ret);
	buf_wipe(&raw);
	return rc;
}

/* ---- rows out of groups ----------------------------------------------------
 */

/* Leaves as the public group has them; what was to be replaced still is. */
static int fill_leaves(const struct rowan_mls_public *g, struct group_row *row)
{
	struct group_leaf before[GROUP_ROW_LEAVES_MAX];
	size_t was = row->leaf_count;
	struct rowan_mls_member m;

	memcpy(before, row->leaves, was * sizeof *before);
	row->leaf_count = 0;
	for (uint32_t leaf = 0; rowan_mls_public_next_member(g, &leaf, &m);
		leaf++) {
		struct group_leaf *l = &row->leaves[row->leaf_count];

		/* Or no Welcome would fit a frame, and nobody could come. */
		if (row->leaf_count == GROUP_ROW_LEAVES_MAX ||
			m.leaf_node.len > WIRE_LEAF_MAX)
			return ROWAN_E_LIMIT;
		l->leaf = m.leaf;
		l->replace = false;
		if (group_identity(&m.credential, &l->device) != 0)
			return ROWAN_E_REFUSED;
		for (size_t i = 0; i < was; i++)
			if (before[i].leaf == l->leaf &&
				id16_eq(&before[i].device, &l->device))
				l->replace = before[i].replace;
		row->leaf_count++;
	}
	return 0;
}

/* What the row says of the group itself; ${ret_saved} holds row->mls. */
static int fill_row(const struct rowan_mls_public *g, struct group_row *row,
	struct rowan_mls_buf *ret_saved)
{
	const struct bytes confirmed =
		held(rowan_mls_public_confirmed_transcript_hash(g));
	int rc = rowan_mls_public_save(g, ret_saved);

	if (rc != 0)
		return rc;
	row->mls = bytes_of(ret_saved->data, ret_saved->len);
	row->epoch = rowan_mls_public_epoch(g);
	row->group_id = held(rowan_mls_public_id(g));
	/* Of epoch 0 it is empty (RFC 9420 section 8.2). */
	memset(&row->confirmed, 0, sizeof row->confirmed);
	if (confirmed.len == WIRE_HASH_LEN)
		memcpy(row->confirmed.b, confirmed.data, WIRE_HASH_LEN);
	return fill_leaves(g, row);
}

/* ---- create ----------------------------------------------------------------
 */

/* A group that nothing has happened in, with nothing special about it. */
static int is_fresh(const struct rowan_mls_public *g, const struct id16 *device)
{
	struct group_context *context;
	struct rowan_mls_member m;
	struct id16 only;
	uint32_t leaf = 0;
	int rc;

	/* 11: the confirmed transcript hash of epoch 0 is of length zero. */
	if (rowan_mls_public_epoch(g) != 0 ||
		rowan_mls_public_confirmed_transcript_hash(g).len != 0 ||
		rowan_mls_public_member_count(g) != 1 ||
		!rowan_mls_public_next_member(g, &leaf, &m) ||
		group_identity(&m.credential, &only) != 0 ||
		!id16_eq(&only, device))
		return ROWAN_E_REFUSED;
	rc = group_context_decode(held(rowan_mls_public_context(g)), &context);
	if (rc != 0)
		return rc;
	if (context->extensions.len != 0)
		rc = ROWAN_E_REFUSED;
	group_context_unref(context);
	return rc;
}

/* The generation's group id, as the case's statements give it. */
static int expected_id(struct store_reader *view, const struct id16 *channel,
	uint32_t generation, struct id16 *ret)
{
	struct store_channel ch;
	struct case_state c;
	struct source s;
	int rc = store_channel_get(view, channel, &ch);

	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_REFUSED : rc;
	source_init(&s, view);
	rc = source_case(&s, &ch.case_id, &c);
	if (rc == ROWAN_E_NOT_FOUND)
		rc = ROWAN_E_REFUSED;
	if (rc == 0) {
		const struct case_channel *cc = case_channel(&c, ch.kind);

		if (cc == NULL || !id16_eq(&cc->channel, channel))
			rc = ROWAN_E_REFUSED;
		else if (cc->generation != generation)
			rc = ROWAN_E_STALE;
		else
			*ret = cc->group_id;
		case_wipe(&c);
	}
	source_wipe(&s);
	return rc;
}

/* Whoever is away when a generation begins comes back as from any other. */
static int park_all(const struct groups_at *at, const struct id16 *channel,
	struct group_row *row)
{
	struct seats s;
	int rc = seats_fill(at->st, channel, &s);

	for (size_t i = 0; rc == 0 && i < s.count; i++) {
		rc = groups_awaited(at->st, row, &s.may[i]);
		if (rc != ROWAN_E_REFUSED)
			continue;
		group_row_park(row, &s.may[i]);
		rc = 0;
	}
	free(s.may);
	return rc;
}

static int create(const struct groups_at *at, const struct wire_group_create *c,
	struct group_row *row, struct rowan_mls_public **ret,
	struct rowan_mls_buf *ret_saved)
{
	struct group_judge judge = {at->st, at->now, &c->channel};
	struct rowan_mls_public_options options;
	struct id16 id;
	int rc = expected_id(
		store_view(at->st), &c->channel, c->generation, &id);

	if (rc != 0)
		return rc;
	group_judge_options(&judge, &options);
	rc = rowan_mls_public_new(
		&options, mls(c->group_info), mls(c->tree), ret);
	if (rc == 0)
		rc = is_fresh(*ret, &at->device);
	if (rc == 0 &&
		!bytes_eq(held(rowan_mls_public_id(*ret)), id16_view(&id)))
		rc = ROWAN_E_REFUSED;
	if (rc == 0)
		rc = fill_row(*ret, row, ret_saved);
	if (rc == 0)
		rc = park_all(at, &c->channel, row);
	return rc == 0 ? save(at->st, &c->channel, row) : rc;
}

int groups_create(const struct groups_at *at, const struct wire_group_create *c,
	struct wire_group_state *ret)
{
	struct rowan_mls_public *g = NULL;
	struct rowan_mls_buf saved = {NULL, 0};
	struct wire_hash created;
	struct group_row row = {.generation = c->generation};
	struct buf raw;
	int rc = groups_load(store_view(at->st), &c->channel, &row, &raw);

	*ret = (struct wire_group_state){.exists = false};
	attest_hash(c->group_info, &created);
	if (rc == 0) {
		/* The same again, or too late. */
		rc = memcmp(&row.created, &created, sizeof created) == 0
			     ? state_of(at, &c->channel, &row, ret)
			     : ROWAN_E_STALE;
		buf_wipe(&raw);
		return rc;
	}
	if (rc != ROWAN_E_NOT_FOUND)
		return rc;
	row = (struct group_row){
		.generation = c->generation, .created = created};
	rc = create(at, c, &row, &g, &saved);
	if (rc == 0)
		rc = state_of(at, &c->channel, &row, ret);
	rowan_mls_public_free(g);
	rowan_mls_buf_free(&saved);
	return rc;
}

/* ---- commit ----------------------------------------------------------------
 */

static int post(const struct groups_at *at, const struct store_envelope *e,
	struct groups_told *told)
{
	struct store_submitted done;
	int rc = store_post(at->st, e, &done);

	for (size_t i = 0; rc == 0 && i < done.deliveries_len; i++)
		told->device[told->count++] = done.deliveries[i].device;
	return rc;
}

/* To all who were in it; to all who come. */
static int tell(const struct groups_at *at, const struct wire_commit *c,
	const struct group_row *before, const struct group_added *added,
	struct groups_told *told)
{
	struct id16 in[GROUP_ROW_LEAVES_MAX];
	struct store_envelope e = {.channel = c->channel,
		.kind = WIRE_KIND_HANDSHAKE,
		.leaf = entry_next(at->st), /* of the commit */
		.body = c->commit,
		.to = in,
		.to_len = before->leaf_count};
	int rc;

	for (size_t i = 0; i < before->leaf_count; i++)
		in[i] = before->leaves[i].device;
	rc = post(at, &e, told);
	if (rc != 0 || added->count == 0)
		return rc;
	e.kind = WIRE_KIND_WELCOME;
	e.body = c->welcome;
	e.to = added->device;
	e.to_len = added->count;
	return post(at, &e, told);
}

/* ${row} becomes the group after the commit. */
static int move(const struct groups_at *at, const struct wire_commit *c,
	struct group_row *row, struct groups_told *told)
{
	struct group_judge judge = {at->st, at->now, &c->channel};
	struct rowan_mls_public_received *r = NULL;
	struct rowan_mls_buf saved = {NULL, 0};
	struct rowan_mls_public_options options;
	struct rowan_mls_public *g = NULL;
	struct group_row *before = malloc(sizeof *before);
	struct group_added added;
	int rc = before == NULL ? ROWAN_E_NOMEM : 0;

	group_judge_options(&judge, &options);
	if (rc == 0) {
		*before = *row;
		rc = rowan_mls_public_load(&options, mls(row->mls), &g);
	}
	if (rc == 0)
		rc = rowan_mls_public_process(g, mls(c->commit), &r);
	if (rc == 0)
		rc = group_heads(store_view(at->st), &c->channel,
			held(rowan_mls_public_received_aad(r)));
	if (rc == 0)
		rc = group_policy(&judge, row, &at->device, r, &added);
	if (rc == 0)
		rc = group_welcome_fits(c->welcome, &added);
	if (rc == 0)
		rc = rowan_mls_public_accept(g, r);
	if (rc == 0)
		rc = fill_row(g, row, &saved);
	if (rc == 0) {
		attest_hash(c->commit, &row->commit);
		rc = save(at->st, &c->channel, row);
	}
	/* What these borrow from goes. */
	row->group_id = row->mls = bytes_of(NULL, 0);
	if (rc == 0)
		rc = tell(at, c, before, &added, told);
	rowan_mls_public_received_free(r);
	rowan_mls_public_free(g);
	rowan_mls_buf_free(&saved);
	free(before);
	return rc;
}

/* Is it for the group as it stands? */
static int in_time(const struct wire_commit *c, const struct group_row *row,
	bool *ret_repeat)
{
	struct rowan_mls_peeked peek;
	struct wire_hash hash;
	int rc = rowan_mls_peek(mls(c->commit), &peek);

	*ret_repeat = false;
	if (rc != 0)
		return rc;
	if (peek.wire_format != ROWAN_MLS_PUBLIC_MESSAGE ||
		peek.content_type != ROWAN_MLS_KIND_COMMIT)
		return ROWAN_E_REFUSED;
	attest_hash(c->commit, &hash);
	if (memcmp(&hash, &row->commit, sizeof hash) == 0) {
		*ret_repeat = true;
		return 0;
	}
	if (!bytes_eq(held(peek.group_id), row->group_id) ||
		peek.epoch != row->epoch)
		return ROWAN_E_STALE;
	return row->frozen ? ROWAN_E_MEMBERSHIP : 0;
}

int groups_commit(const struct groups_at *at, const struct wire_commit *c,
	struct wire_group_state *ret, struct groups_told *ret_told)
{
	bool repeat = false;
	struct group_row row;
	struct buf raw;
	int rc = groups_load(store_view(at->st), &c->channel, &row, &raw);

	*ret = (struct wire_group_state){.exists = false};
	ret_told->count = 0;
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_STALE : rc;
	rc = in_time(c, &row, &repeat);
	if (rc == 0 && !repeat)
		rc = move(at, c, &row, ret_told);
	if (rc == 0)
		rc = state_of(at, &c->channel, &row, ret);
	buf_wipe(&raw);
	return rc;
}

/* ---- when it goes wrong ----------------------------------------------------
 */

static int check_nack(const struct groups_at *at, const struct wire_nack *n,
	struct group_row *row)
{
	struct wire_chain chain;
	struct writer w;
	struct buf raw;
	int rc;

	if (n->generation != row->generation || row->epoch == 0 ||
		n->epoch != row->epoch - 1 ||
		memcmp(&n->commit, &row->commit, sizeof n->commit) != 0)
		return ROWAN_E_STALE;
	if (group_row_leaf(row, &at->device) == NULL)
		return ROWAN_E_REFUSED;
	rc = store_device_card(store_view(at->st), &at->device, &raw);
	if (rc == 0)
		rc = wire_chain_decode(buf_view(&raw), &chain);
	writer_init(&w, 256);
	if (rc == 0)
		rc = wire_nack_signed(n, &w);
	if (rc == 0)
		rc = attest_verify(ATTEST_NACK, writer_view(&w),
			&chain.card[0].signature_key, &n->signature);
	writer_wipe(&w);
	buf_wipe(&raw);
	return rc;
}

/* Who is in it hears of it, and from whom. */
static int tell_nack(const struct groups_at *at, const struct wire_nack *n,
	const struct group_row *row, struct groups_told *told)
{
	const struct wire_nacked nacked = {at->device, *n};
	struct id16 in[GROUP_ROW_LEAVES_MAX];
	struct store_envelope e = {
		.channel = n->channel, .kind = WIRE_KIND_NACK, .to = in};
	uint8_t mem[WIRE_NACKED_LEN];
	struct writer w;
	int rc;

	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_nacked_encode(&nacked, &w);
	e.body = writer_view(&w);
	for (size_t i = 0; i < row->leaf_count; i++)
		if (!id16_eq(&row->leaves[i].device, &at->device))
			in[e.to_len++] = row->leaves[i].device;
	return rc == 0 && e.to_len > 0 ? post(at, &e, told) : rc;
}

int groups_nack(const struct groups_at *at, const struct wire_nack *n,
	struct wire_group_state *ret, struct groups_told *ret_told)
{
	struct group_row row;
	struct buf raw;
	int rc = groups_load(store_view(at->st), &n->channel, &row, &raw);

	*ret = (struct wire_group_state){.exists = false};
	ret_told->count = 0;
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_STALE : rc;
	rc = check_nack(at, n, &row);
	if (rc == 0 && !row.frozen) {
		row.frozen = true;
		rc = save(at->st, &n->channel, &row);
		if (rc == 0)
			rc = tell_nack(at, n, &row, ret_told);
	}
	if (rc == 0)
		rc = state_of(at, &n->channel, &row, ret);
	buf_wipe(&raw);
	return rc;
}

int groups_replace(
	struct store *st, const struct id16 *channel, const struct id16 *device)
{
	struct group_leaf *leaf;
	struct group_row row;
	struct buf raw;
	bool changed;
	int rc = groups_load(store_view(st), channel, &row, &raw);

	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	changed = group_row_unpark(&row, device);
	leaf = group_row_leaf(&row, device);
	if (leaf != NULL && !leaf->replace) {
		leaf->replace = true;
		changed = true;
	}
	if (changed)
		rc = save(st, channel, &row);
	buf_wipe(&raw);
	return rc;
}
