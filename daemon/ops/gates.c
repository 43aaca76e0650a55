/*
 * Gates of channels: see gates.h.
 */
#include <stdlib.h>

#include "clinic/groups.h"
#include "mls/public/framing/mls_message.h"
#include "ops/gates.h"

/* As large as its group: there may be many. */
struct gate {
	bool open; /* no statement made this channel */
	bool exists;
	bool frozen;
	bool must_go;
	bool seen;	 /* who must go was looked at... */
	uint64_t looked; /* ...when... */
	uint64_t seats;	 /* ...and after how many changes of seats */
	uint64_t epoch;
	struct bytes group_id; /* behind the leaves */
	size_t leaf_count;
	struct group_leaf leaves[];
};

void gates_init(struct gates *g)
{
	memset(g, 0, sizeof *g);
	idmap_init(&g->map);
}

void gates_forget(struct gates *g)
{
	struct gate *gate;
	size_t pos = 0;

	while ((gate = idmap_next(&g->map, &pos)) != NULL)
		free(gate);
	idmap_wipe(&g->map);
	idmap_init(&g->map);
	g->count = 0;
}

void gates_wipe(struct gates *g)
{
	gates_forget(g);
	idmap_wipe(&g->map);
}

void gates_moved(
	struct gates *g, const struct store *st, const struct id16 *channel)
{
	struct gate *gate = idmap_get(&g->map, channel);

	if (store_group_changes(st) - g->changes != 1)
		return;
	g->changes++;
	if (gate == NULL)
		return;
	idmap_del(&g->map, channel);
	free(gate);
	g->count--;
}

/* Has the case a chain of statements? */
static int of_statements(
	struct store *st, const struct id16 *channel, bool *ret)
{
	struct store_channel c;
	struct buf state;
	int rc = store_channel_get(store_view(st), channel, &c);

	*ret = true;
	if (rc == 0)
		rc = store_chain_state(store_view(st), &c.case_id, &state);
	if (rc == ROWAN_E_NOT_FOUND) {
		*ret = false;
		return 0;
	}
	if (rc == 0)
		buf_wipe(&state);
	return rc;
}

static struct gate *gate_new(const struct group_row *row)
{
	size_t leaves = row->leaf_count * sizeof row->leaves[0];
	struct gate *gate =
		calloc(1, sizeof *gate + leaves + row->group_id.len);

	if (gate == NULL)
		return NULL;
	gate->frozen = row->frozen;
	gate->epoch = row->epoch;
	gate->leaf_count = row->leaf_count;
	if (leaves > 0)
		memcpy(gate->leaves, row->leaves, leaves);
	if (row->group_id.len > 0) {
		uint8_t *id = (uint8_t *)gate->leaves + leaves;

		memcpy(id, row->group_id.data, row->group_id.len);
		gate->group_id = bytes_of(id, row->group_id.len);
	}
	return gate;
}

static int load(struct store *st, const struct id16 *channel, struct gate **ret)
{
	struct group_row row;
	struct buf raw;
	bool stated = true;
	int rc = groups_load(store_view(st), channel, &row, &raw);
	bool exists = rc == 0;

	if (rc == ROWAN_E_NOT_FOUND) {
		row.frozen = false;
		row.epoch = 0;
		row.leaf_count = 0;
		row.group_id = bytes_of(NULL, 0);
		rc = of_statements(st, channel, &stated);
	}
	if (rc != 0)
		return rc;
	*ret = gate_new(&row);
	if (exists)
		buf_wipe(&raw);
	if (*ret == NULL)
		return ROWAN_E_NOMEM;
	(*ret)->exists = exists;
	(*ret)->open = !stated;
	return 0;
}

static int find(struct gates *g, struct store *st, const struct id16 *channel,
	struct gate **ret)
{
	int rc;

	if (g->changes != store_group_changes(st) || g->count >= GATES_MAX)
		gates_forget(g);
	g->changes = store_group_changes(st);
	*ret = idmap_get(&g->map, channel);
	if (*ret != NULL)
		return 0;
	rc = load(st, channel, ret);
	if (rc != 0)
		return rc;
	rc = idmap_put(&g->map, channel, *ret);
	if (rc != 0) {
		free(*ret);
		return rc;
	}
	g->count++;
	return 0;
}

/* Time alone ends assignments: look once a second, and after each change. */
static int look(struct gates *g, struct store *st, uint64_t now,
	const struct id16 *channel, struct gate *gate)
{
	struct group_row row;
	uint8_t flags;
	int rc;

	if (gate->seen && gate->looked == now &&
		gate->seats == store_seat_changes(st))
		return 0;
	row.frozen = gate->frozen;
	row.leaf_count = gate->leaf_count;
	row.parked_count = 0; /* who may be added is not asked here */
	memcpy(row.leaves, gate->leaves,
		gate->leaf_count * sizeof row.leaves[0]);
	rc = groups_flags(st, channel, &row, &flags);
	if (rc != 0)
		return rc;
	gate->must_go = (flags & WIRE_GROUP_MUST_GO) != 0;
	gate->seen = true;
	gate->looked = now;
	gate->seats = store_seat_changes(st);
	return 0;
}

/*
 * Whole, though nothing of it can be opened here: what no member could even
 * read is nobody's to keep.
 */
static int check_message(const struct gate *gate, struct bytes envelope)
{
	struct mls_message_peek peek;
	struct mls_message m;
	int rc = mls_message_peek(envelope, &peek);

	if (rc != 0)
		return rc;
	if (peek.wire_format != WIRE_FORMAT_PRIVATE_MESSAGE ||
		peek.content_type != CONTENT_APPLICATION)
		return ROWAN_E_REFUSED;
	rc = mls_message_decode(envelope, &m);
	mls_message_wipe(&m);
	if (rc != 0)
		return rc;
	return gate->exists && peek.epoch == gate->epoch &&
			       bytes_eq(peek.group_id, gate->group_id)
		       ? 0
		       : ROWAN_E_STALE;
}

/* Everybody in the group who can read it, but the sender. */
static void address(
	struct gates *g, const struct gate *gate, struct gates_message *m)
{
	m->to = g->to;
	m->to_len = 0;
	for (size_t i = 0; i < gate->leaf_count; i++) {
		const struct group_leaf *l = &gate->leaves[i];

		if (!l->replace && !id16_eq(&l->device, m->sender))
			g->to[m->to_len++] = l->device;
	}
}

static const struct group_leaf *leaf_of(
	const struct gate *gate, const struct id16 *device)
{
	for (size_t i = 0; i < gate->leaf_count; i++)
		if (id16_eq(&gate->leaves[i].device, device))
			return &gate->leaves[i];
	return NULL;
}

int gates_pass(struct gates *g, struct store *st, const struct id16 *channel,
	struct bytes envelope, struct gates_message *m)
{
	struct gate *gate;
	int rc = find(g, st, channel, &gate);

	m->to = NULL;
	m->to_len = 0;
	if (rc != 0 || gate->open)
		return rc;
	rc = check_message(gate, envelope);
	if (rc == 0)
		rc = look(g, st, m->now, channel, gate);
	if (rc != 0)
		return rc;
	if (gate->must_go)
		return ROWAN_E_MEMBERSHIP;
	if (leaf_of(gate, m->sender) == NULL)
		return ROWAN_E_REFUSED;
	address(g, gate, m);
	return 0;
}

/* Claims are rare: the stored row says it. */
static int awaited(
	struct store *st, const struct id16 *channel, const struct id16 *target)
{
	struct group_row row;
	struct buf raw;
	int rc = groups_load(store_view(st), channel, &row, &raw);

	if (rc != 0)
		return rc;
	rc = groups_awaited(st, &row, target);
	buf_wipe(&raw);
	return rc;
}

int gates_claim(struct gates *g, struct store *st, const struct id16 *channel,
	const struct id16 *claimer, const struct id16 *target)
{
	const struct group_leaf *leaf;
	struct gate *gate;
	int rc = find(g, st, channel, &gate);

	if (rc != 0 || gate->open)
		return rc;
	if (!gate->exists || leaf_of(gate, claimer) == NULL)
		return ROWAN_E_REFUSED;
	leaf = leaf_of(gate, target);
	if (leaf != NULL)
		return leaf->replace ? 0 : ROWAN_E_REFUSED;
	return awaited(st, channel, target);
}
