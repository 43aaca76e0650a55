/*
 * Groups out of the vault and into it: see channel_inner.h.
 *
 * What is changed in memory is written before its transaction commits; when
 * that does not happen everything is read again. So memory and vault never
 * differ for longer than a transaction.
 */
#include <stdlib.h>

#include "session/channel/channel_inner.h"

struct bytes channel_name(
	char what, const struct id16 *id, uint8_t mem[CHANNEL_NAME])
{
	mem[0] = (uint8_t)what;
	memcpy(mem + 1, id->b, ID16_LEN);
	return bytes_of(mem, CHANNEL_NAME);
}

/* ---- rows ---- */

int channel_read_row(struct channel *c)
{
	uint8_t mem[CHANNEL_NAME];
	struct vault *vault = c->x->o.vault;
	struct buf raw = {0};
	int rc = vault_get(
		vault, VAULT_MLS, channel_name('c', &c->id, mem), 0, &raw);

	c->kept = rc == 0;
	c->dirty = c->older_dirty = false;
	if (rc == ROWAN_E_NOT_FOUND) {
		struct id16 case_id = c->row.case_id;
		uint8_t kind = c->row.kind;

		memset(&c->row, 0, sizeof c->row);
		c->row.case_id = case_id;
		c->row.kind = kind;
		c->row.stand = CHANNEL_WAITING;
		c->staged = false;
		return 0;
	}
	if (rc == 0)
		rc = channel_row_get(buf_view(&raw), &c->row);
	buf_wipe(&raw);
	if (rc != 0)
		return rc;
	rc = vault_next(vault, VAULT_MLS, channel_name('s', &c->id, mem), 0,
		&(uint64_t){0}, NULL);
	c->staged = rc == 0;
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int put_row(struct channel *c)
{
	uint8_t mem[CHANNEL_NAME];
	struct writer w;
	int rc;

	writer_init(&w, CHANNEL_ROW_MAX);
	rc = channel_row_put(&w, &c->row);
	if (rc == 0)
		rc = vault_put(c->x->o.vault, VAULT_MLS,
			channel_name('c', &c->id, mem), 0, writer_view(&w));
	writer_wipe(&w);
	if (rc == 0)
		c->kept = true;
	return rc;
}

/* ---- groups ---- */

static int load(
	struct channel *c, uint32_t generation, struct rowan_mls_group **ret)
{
	uint8_t mem[CHANNEL_NAME];
	struct buf raw = {0};
	int rc = channel_client(c->x);

	if (rc == 0)
		rc = vault_get(c->x->o.vault, VAULT_MLS,
			channel_name('g', &c->id, mem), generation, &raw);
	if (rc == 0)
		rc = rowan_mls_group_load(
			c->x->client, channel_mls(buf_view(&raw)), ret);
	buf_wipe(&raw);
	return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_CORRUPT : rc;
}

int channel_load(struct channel *c)
{
	c->used = ++c->x->clock;
	if (c->group != NULL)
		return 0;
	if (c->row.generation == 0)
		return ROWAN_E_STATE;
	channel_trim(c->x, c);
	return load(c, c->row.generation, &c->group);
}

int channel_load_older(struct channel *c)
{
	c->used = ++c->x->clock;
	if (c->older != NULL)
		return 0;
	return c->row.older == 0 ? ROWAN_E_STATE
				 : load(c, c->row.older, &c->older);
}

static int save(
	struct channel *c, uint32_t generation, const struct rowan_mls_group *g)
{
	uint8_t mem[CHANNEL_NAME];
	struct rowan_mls_buf raw = {NULL, 0};
	int rc = rowan_mls_group_save(g, &raw);

	if (rc == 0)
		rc = vault_put(c->x->o.vault, VAULT_MLS,
			channel_name('g', &c->id, mem), generation,
			bytes_of(raw.data, raw.len));
	rowan_mls_buf_free(&raw);
	return rc;
}

int channel_keep(struct channel *c)
{
	int rc = 0;

	if (c->older_dirty && c->older != NULL)
		rc = save(c, c->row.older, c->older);
	if (rc == 0 && c->dirty && c->group != NULL)
		rc = save(c, c->row.generation, c->group);
	if (rc == 0 && (c->dirty || c->older_dirty))
		rc = put_row(c);
	if (rc == 0)
		c->dirty = c->older_dirty = false;
	return rc;
}

void channel_unload(struct channel *c)
{
	rowan_mls_group_free(c->group);
	rowan_mls_group_free(c->older);
	c->group = c->older = NULL;
}

/* Not all groups of a busy caseworker are in memory. */
void channel_trim(struct channels *x, const struct channel *but)
{
	for (;;) {
		struct channel *least = NULL;
		size_t loaded = 0;

		for (size_t i = 0; i < x->count; i++) {
			struct channel *c = x->list[i];

			if (c->group == NULL && c->older == NULL)
				continue;
			loaded++;
			if (c != but && !c->dirty && !c->older_dirty &&
				(least == NULL || c->used < least->used))
				least = c;
		}
		if (loaded < CHANNEL_LOADED || least == NULL)
			return;
		channel_unload(least);
	}
}

static int forget(struct channel *c, uint32_t generation)
{
	uint8_t mem[CHANNEL_NAME];

	return generation == 0
		       ? 0
		       : vault_delete(c->x->o.vault, VAULT_MLS,
				 channel_name('g', &c->id, mem), generation);
}

static int forget_staged(struct channel *c)
{
	uint8_t mem[CHANNEL_NAME];

	c->staged = c->sent_staged = false;
	return vault_delete(
		c->x->o.vault, VAULT_MLS, channel_name('s', &c->id, mem), 0);
}

int channel_take_group(struct channel *c, struct rowan_mls_group *g,
	uint32_t generation, const struct id16 *id)
{
	bool beside = c->row.generation != 0 &&
		      c->row.generation != generation &&
		      c->row.stand != CHANNEL_CREATING;
	int rc = forget_staged(c);

	if (rc == 0 && beside)
		rc = forget(c, c->row.older);
	else if (rc == 0 && c->row.generation != generation)
		rc = forget(c, c->row.generation);
	if (rc != 0)
		return rc;
	if (beside) {
		rowan_mls_group_free(c->older);
		c->older = c->group;
		c->older_dirty = c->older != NULL;
		c->row.older = c->row.generation;
		c->row.older_id = c->row.group_id;
	} else {
		rowan_mls_group_free(c->group);
	}
	channel_claims_drop(c);
	c->group = g;
	c->used = ++c->x->clock;
	c->row.generation = generation;
	c->row.group_id = *id;
	c->row.epoch = rowan_mls_group_epoch(g);
	c->row.seen_count = 0;
	c->row.sent = 0;
	c->row.updated = c->x->now;
	c->row.clinic_number = c->row.case_number = 0;
	c->dirty = true;
	c->known = c->settled = c->fork_told = false;
	return 0;
}

int channel_drop_older(struct channel *c)
{
	int rc = forget(c, c->row.older);

	if (rc != 0)
		return rc;
	rowan_mls_group_free(c->older);
	c->older = NULL;
	c->row.older = 0;
	c->older_dirty = false;
	c->dirty = true;
	return 0;
}

int channel_drop_group(struct channel *c)
{
	int rc = forget_staged(c);

	if (rc == 0)
		rc = forget(c, c->row.generation);
	if (rc != 0)
		return rc;
	rowan_mls_group_free(c->group);
	c->group = NULL;
	channel_claims_drop(c);
	c->row.generation = 0;
	c->row.epoch = 0;
	c->row.seen_count = 0;
	c->dirty = true;
	c->known = c->settled = false;
	return 0;
}

bool channel_unmade(const struct channel *c, const struct case_channel *stated)
{
	return stated != NULL && c->row.generation == stated->generation &&
	       !id16_eq(&c->row.group_id, &stated->group_id);
}

int channel_unmake(struct channel *c)
{
	int rc = channel_drop_group(c);

	channel_stand(c, CHANNEL_WAITING);
	channel_later(c, 0);
	return rc;
}

uint64_t channel_now(const struct channel *c)
{
	uint8_t kind;
	const struct case_state *of =
		follow_case_of(c->x->o.follow, &c->id, &kind);

	return of != NULL && of->time > c->x->now ? of->time : c->x->now;
}

void channel_stand(struct channel *c, enum channel_stand stand)
{
	if (c->row.stand != stand)
		c->row.since = channel_now(c);
	c->row.stand = (uint8_t)stand;
	c->dirty = true;
	c->moved = true;
	c->doubts = 0;
}

/* ---- who is in it ---- */

struct channel_seen *channel_seen(struct channel *c, const struct id16 *device)
{
	for (size_t i = 0; i < c->row.seen_count; i++)
		if (id16_eq(&c->row.seen[i].device, device))
			return &c->row.seen[i];
	return NULL;
}

/* The group is in another epoch: generations begin anew. */
int channel_see(struct channel *c, uint64_t heard)
{
	struct channel_row *row = &c->row;
	struct channel_seen *before;
	size_t was = row->seen_count;
	struct rowan_mls_member m;

	before = malloc((was + 1) * sizeof *before);
	if (before == NULL)
		return ROWAN_E_NOMEM;
	memcpy(before, row->seen, was * sizeof *before);
	row->seen_count = 0;
	row->epoch = rowan_mls_group_epoch(c->group);
	for (uint32_t leaf = 0;
		rowan_mls_group_next_member(c->group, &leaf, &m) &&
		row->seen_count < CHANNEL_DEVICES_MAX;
		leaf++) {
		struct channel_seen *s = &row->seen[row->seen_count++];

		*s = (struct channel_seen){.leaf = m.leaf,
			.heard = heard,
			.added = row->case_number};
		/* The credential was judged when it came. */
		if (channel_leaf_device(m.credential.content, &s->device,
			    &(struct id16){{0}}) != 0)
			memset(&s->device, 0, sizeof s->device);
		for (size_t i = 0; i < was; i++)
			if (before[i].leaf == s->leaf &&
				id16_eq(&before[i].device, &s->device)) {
				s->heard = before[i].heard;
				s->added = before[i].added;
			}
	}
	free(before);
	c->dirty = true;
	return 0;
}

/* ---- our own commit ---- */

int channel_staged_keep(struct channel *c,
	const struct rowan_mls_committed *made, const struct wire_heads *marks)
{
	const struct channel_staged s = {rowan_mls_group_epoch(c->group),
		*marks, bytes_of(made->commit.data, made->commit.len),
		bytes_of(made->welcome.data, made->welcome.len)};
	uint8_t mem[CHANNEL_NAME];
	struct writer w;
	int rc;

	writer_init(&w, CHANNEL_STAGED_MAX);
	rc = channel_staged_put(&w, &s);
	if (rc == 0)
		rc = vault_put(c->x->o.vault, VAULT_MLS,
			channel_name('s', &c->id, mem), 0, writer_view(&w));
	writer_wipe(&w);
	if (rc == 0) {
		c->staged = c->dirty = true;
		c->sent_staged = false;
	}
	return rc;
}

int channel_staged_read(
	struct channel *c, struct buf *ret_mem, struct channel_staged *ret)
{
	uint8_t mem[CHANNEL_NAME];
	int rc = vault_get(c->x->o.vault, VAULT_MLS,
		channel_name('s', &c->id, mem), 0, ret_mem);

	if (rc == 0)
		rc = channel_staged_get(buf_view(ret_mem), ret);
	if (rc != 0)
		buf_wipe(ret_mem);
	return rc;
}

int channel_staged_drop(struct channel *c)
{
	if (c->group != NULL)
		rowan_mls_discard_commit(c->group);
	c->dirty = true;
	return forget_staged(c);
}
