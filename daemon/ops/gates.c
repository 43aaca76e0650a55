/*
 * Gates of channels: see gates.h.
 */
#include <stdlib.h>

#include <rowan/mls.h>

#include "clinic/groups.h"
#include "ops/gates.h"

struct gate {
	bool open; /* no statement made this channel */
	bool exists;
	uint64_t epoch;
	size_t id_len;
	uint8_t group_id[255];
	bool must_go;
	uint64_t looked;       /* at who must go: when... */
	uint64_t seats;	       /* ...and after how many changes of seats */
	bool seen;	       /* at all */
	struct group_row *row; /* leaves only */
};

void gates_init(struct gates *g)
{
	memset(g, 0, sizeof *g);
	idmap_init(&g->map);
}

static void gate_free(struct gate *gate)
{
	free(gate->row);
	free(gate);
}

void gates_forget(struct gates *g)
{
	struct gate *gate;
	size_t pos = 0;

	while ((gate = idmap_next(&g->map, &pos)) != NULL)
		gate_free(gate);
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
	gate_free(gate);
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

static int load(struct store *st, const struct id16 *channel, struct gate *gate)
{
	struct buf raw;
	bool stated;
	int rc = groups_load(store_view(st), channel, gate->row, &raw);

	if (rc == ROWAN_E_NOT_FOUND) {
		rc = of_statements(st, channel, &stated);
		gate->open = !stated;
		return rc;
	}
	if (rc != 0)
		return rc;
	gate->exists = true;
	gate->epoch = gate->row->epoch;
	gate->id_len = gate->row->group_id.len;
	memcpy(gate->group_id, gate->row->group_id.data, gate->id_len);
	/* What they borrow from goes. */
	gate->row->group_id = gate->row->mls = bytes_of(NULL, 0);
	buf_wipe(&raw);
	return 0;
}

static int find(struct gates *g, struct store *st, const struct id16 *channel,
	struct gate **ret)
{
	struct gate *gate;
	int rc;

	if (g->changes != store_group_changes(st) || g->count >= GATES_MAX)
		gates_forget(g);
	g->changes = store_group_changes(st);
	*ret = gate = idmap_get(&g->map, channel);
	if (gate != NULL)
		return 0;
	gate = calloc(1, sizeof *gate);
	if (gate == NULL)
		return ROWAN_E_NOMEM;
	gate->row = calloc(1, sizeof *gate->row);
	rc = gate->row == NULL ? ROWAN_E_NOMEM : load(st, channel, gate);
	if (rc == 0)
		rc = idmap_put(&g->map, channel, gate);
	if (rc != 0) {
		gate_free(gate);
		return rc;
	}
	g->count++;
	*ret = gate;
	return 0;
}

/* Time alone ends assignments: look once a second, and after each change. */
static int look(struct gates *g, struct store *st, uint64_t now,
	const struct id16 *channel, struct gate *gate)
{
	uint8_t flags;
	int rc;

	if (gate->seen && gate->looked == now &&
		gate->seats == store_seat_changes(st))
		return 0;
	rc = groups_flags(st, channel, gate->row, &flags);
	if (rc != 0)
		return rc;
	gate->must_go = (flags & WIRE_GROUP_MUST_GO) != 0;
	gate->seen = true;
	gate->looked = now;
	gate->seats = store_seat_changes(st);
	return 0;
}

static int check_message(const struct gate *gate, struct bytes envelope)
{
	struct rowan_mls_peeked peek;
	int rc = rowan_mls_peek(
		(struct rowan_mls_bytes){envelope.data, envelope.len}, &peek);

	if (rc != 0)
		return rc;
	if (peek.wire_format != ROWAN_MLS_PRIVATE_MESSAGE ||
		peek.content_type != ROWAN_MLS_KIND_APPLICATION)
		return ROWAN_E_REFUSED;
	return gate->exists && peek.epoch == gate->epoch &&
			       bytes_eq(bytes_of(peek.group_id.data,
						peek.group_id.len),
				       bytes_of(gate->group_id, gate->id_len))
		       ? 0
		       : ROWAN_E_STALE;
}

/* Everybody in the group who can read it, but the sender. */
static void address(
	struct gates *g, const struct gate *gate, struct gates_message *m)
{
	m->to = g->to;
	m->to_len = 0;
	for (size_t i = 0; i < gate->row->leaf_count; i++) {
		const struct group_leaf *l = &gate->row->leaves[i];

		if (!l->replace && !id16_eq(&l->device, m->sender))
			g->to[m->to_len++] = l->device;
	}
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
	if (group_row_leaf(gate->row, m->sender) == NULL)
		return ROWAN_E_REFUSED;
	address(g, gate, m);
	return 0;
}

int gates_claim(struct gates *g, struct store *st, const struct id16 *channel,
	const struct id16 *claimer, const struct id16 *target)
{
	const struct group_leaf *leaf;
	struct gate *gate;
	int rc = find(g, st, channel, &gate);

	if (rc != 0 || gate->open)
		return rc;
	if (!gate->exists || group_row_leaf(gate->row, claimer) == NULL)
		return ROWAN_E_REFUSED;
	leaf = group_row_leaf(gate->row, target);
	if (leaf != NULL)
		return leaf->replace ? 0 : ROWAN_E_REFUSED;
	return groups_awaited(st, gate->row, target);
}
