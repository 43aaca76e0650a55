/*
 * Looking at cases, channels, members and devices: see rowan/case.h. Lists
 * are put together from what lib/session knows.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "sdk/list.h"
#include "wire/chain.h"

#define CASES_MAX   16384
#define DEVICES_MAX 4096

/* Ids on the heap. */
struct ids {
	struct id16 *id;
	size_t count;
};

static int ids_new(struct ids *ret, size_t max)
{
	ret->count = 0;
	ret->id = calloc(max, sizeof *ret->id);
	return ret->id == NULL ? ROWAN_E_NOMEM : 0;
}

static int begin(struct rowan *r, enum list_kind kind, struct rowan_list **ret,
	const struct session_parts **ret_parts)
{
	int rc;

	if (r == NULL || ret == NULL)
		return ROWAN_E_INVAL;
	*ret = NULL;
	rc = sdk_carded(r, ret_parts);
	if (rc != 0)
		return rc;
	*ret = list_new(kind);
	return *ret == NULL ? ROWAN_E_NOMEM : 0;
}

static int end(struct rowan_list **ret, int rc)
{
	if (rc != 0) {
		rowan_list_free(*ret);
		*ret = NULL;
	}
	return rc;
}

/* ---- cases ---- */

static int newest_first(const void *a, const void *b)
{
	const struct list_case *x = a, *y = b;

	if (x->day != y->day)
		return x->day < y->day ? 1 : -1;
	return id16_cmp(&x->id, &y->id);
}

static int add_case(struct rowan_list *l, const struct case_state *c)
{
	struct list_case row = {.id = c->id,
		.status = c->status,
		.day = c->day,
		.hold = c->hold};

	memcpy(row.agency, c->agency, sizeof row.agency);
	return list_add(l, &row);
}

int rowan_follow_all(struct rowan *r)
{
	const struct session_parts *p;
	int rc;

	if (r == NULL)
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	if (rc == 0)
		rc = follow_everything(p->follow);
	return sdk_done(r, rc);
}

int rowan_cases(struct rowan *r, struct rowan_list **ret)
{
	const struct session_parts *p;
	struct ids ids = {0};
	int rc = begin(r, LIST_CASES, ret, &p);

	if (rc != 0)
		return rc;
	rc = ids_new(&ids, CASES_MAX);
	if (rc == 0)
		rc = follow_cases(p->follow, ids.id, CASES_MAX, &ids.count);
	for (size_t i = 0; rc == 0 && i < ids.count; i++) {
		const struct case_state *c = follow_case(p->follow, &ids.id[i]);

		if (c != NULL && c->status != CASE_NONE)
			rc = add_case(*ret, c);
	}
	free(ids.id);
	if (rc == 0)
		list_sort(*ret, newest_first);
	return end(ret, rc);
}

/* ---- channels ---- */

static int add_channel(const struct session_parts *p, struct rowan_list *l,
	const struct case_channel *c)
{
	struct list_channel row = {
		.id = c->channel, .kind = c->kind, .generation = c->generation};
	struct channel_info info;
	int rc = channels_info(p->channels, &c->channel, &info);
	bool was = rc == 0;

	if (rc != 0 && rc != ROWAN_E_NOT_FOUND)
		return rc;
	rc = follow_may(p->follow, &c->channel, &p->me->device);
	/* Neither in it nor to be added. */
	if (rc != 0 && !(was && info.joined))
		return 0;
	if (was) {
		row.joined = info.joined;
		row.frozen = info.frozen;
		row.epoch = info.epoch;
	}
	return list_add(l, &row);
}

int rowan_channels(struct rowan *r, const uint8_t case_id[ROWAN_ID_LEN],
	struct rowan_list **ret)
{
	const struct session_parts *p;
	const struct case_state *c;
	struct id16 id;
	int rc = begin(r, LIST_CHANNELS, ret, &p);

	if (rc != 0)
		return rc;
	if (case_id == NULL)
		return end(ret, ROWAN_E_INVAL);
	id = sdk_id(case_id);
	c = follow_case(p->follow, &id);
	if (c == NULL)
		rc = ROWAN_E_NOT_FOUND;
	for (size_t i = 0; rc == 0 && i < c->channel_count; i++)
		rc = add_channel(p, *ret, &c->channels[i]);
	return end(ret, rc);
}

int rowan_channel_of(struct rowan *r, const uint8_t case_id[ROWAN_ID_LEN],
	enum rowan_channel_kind kind, uint8_t ret[ROWAN_ID_LEN])
{
	const struct session_parts *p;
	const struct case_channel *channel;
	const struct case_state *c;
	struct id16 id;
	int rc;

	/* What does not fit would be cut down to one that there is. */
	if (r == NULL || case_id == NULL || ret == NULL || (int)kind < 1 ||
		kind > 255)
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	id = sdk_id(case_id);
	c = follow_case(p->follow, &id);
	channel = c == NULL ? NULL : case_channel(c, (uint8_t)kind);
	if (channel == NULL)
		return ROWAN_E_NOT_FOUND;
	memcpy(ret, channel->channel.b, ID16_LEN);
	return 0;
}

/* ---- members ---- */

static struct bytes verified_name(const struct id16 *channel,
	const struct id16 *device, uint8_t mem[1 + 2 * ID16_LEN])
{
	mem[0] = 'v';
	memcpy(mem + 1, channel->b, ID16_LEN);
	memcpy(mem + 1 + ID16_LEN, device->b, ID16_LEN);
	return bytes_of(mem, 1 + 2 * ID16_LEN);
}

static int fill_name(const struct session_parts *p, const struct id16 *channel,
	struct list_member *row)
{
	struct buf name = {0};
	int rc = messages_name(p->messages, channel, &row->member, &name);

	if (rc == 0 && name.len < sizeof row->name)
		memcpy(row->name, name.data, name.len);
	buf_wipe(&name);
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

/* Who the device is, by its card; false in ${ret} when it is not known. */
static int fill_card(const struct session_parts *p, struct list_member *row,
	bool *ret, bool *ret_revoked)
{
	struct trust_card card;
	struct buf raw = {0};
	int rc = follow_card(p->follow, &row->device, &card, &raw);

	*ret = rc == 0;
	*ret_revoked = rc == 0 && card.revoked != 0;
	if (rc == 0) {
		row->member = card.card.member;
		row->role = card.card.role;
		memcpy(row->agency, card.card.agency.data,
			card.card.agency.len);
	}
	buf_wipe(&raw);
	return rc == ROWAN_E_NOT_FOUND || rc == ROWAN_E_UNKNOWN ? 0 : rc;
}

static uint64_t until_of(const struct session_parts *p,
	const struct id16 *channel, const struct id16 *member)
{
	uint8_t kind = 0;
	const struct case_state *c = follow_case_of(p->follow, channel, &kind);

	for (size_t i = 0; c != NULL && i < c->assignment_count; i++)
		if (c->assignments[i].channel == kind &&
			id16_eq(&c->assignments[i].member, member))
			return c->assignments[i].until;
	return 0;
}

static int add_member(const struct session_parts *p, struct rowan_list *l,
	const struct id16 *channel, const struct id16 *device, bool present)
{
	struct list_member row = {.device = *device, .present = present};
	uint8_t mem[1 + 2 * ID16_LEN];
	bool known, revoked;
	int rc = fill_card(p, &row, &known, &revoked);

	if (rc == 0 && known)
		rc = fill_name(p, channel, &row);
	if (rc == 0) {
		row.until = until_of(p, channel, &row.member);
		rc = vault_next(p->vault, VAULT_SETTINGS,
			verified_name(channel, device, mem), 0, NULL, NULL);
		row.verified = rc == 0;
		rc = rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	}
	if (rc == 0)
		rc = list_add(l, &row);
	sodium_memzero(&row, sizeof row);
	return rc;
}

static bool among(const struct ids *ids, const struct id16 *id)
{
	for (size_t i = 0; i < ids->count; i++)
		if (id16_eq(&ids->id[i], id))
			return true;
	return false;
}

/* Those in the group, then those who are to be added. */
static int add_members(const struct session_parts *p, struct rowan_list *l,
	const struct id16 *channel)
{
	struct ids in = {0}, may = {0};
	int rc = ids_new(&in, CHANNEL_DEVICES_MAX);

	if (rc == 0)
		rc = ids_new(&may, CHANNEL_DEVICES_MAX);
	if (rc == 0)
		rc = channels_devices(p->channels, channel, in.id,
			CHANNEL_DEVICES_MAX, &in.count);
	if (rc == ROWAN_E_NOT_FOUND || rc == ROWAN_E_STATE)
		rc = 0;
	if (rc == 0)
		rc = follow_entitled(p->follow, channel, may.id,
			CHANNEL_DEVICES_MAX, &may.count);
	/* More than there are places. */
	if (rc == ROWAN_E_LIMIT)
		rc = 0;
	for (size_t i = 0; rc == 0 && i < in.count; i++)
		rc = add_member(p, l, channel, &in.id[i], true);
	for (size_t i = 0; rc == 0 && i < may.count; i++)
		if (!among(&in, &may.id[i]))
			rc = add_member(p, l, channel, &may.id[i], false);
	free(in.id);
	free(may.id);
	return rc;
}

int rowan_members(struct rowan *r, const uint8_t channel[ROWAN_ID_LEN],
	struct rowan_list **ret)
{
	const struct session_parts *p;
	struct id16 id;
	int rc = begin(r, LIST_MEMBERS, ret, &p);

	if (rc != 0)
		return rc;
	if (channel == NULL)
		return end(ret, ROWAN_E_INVAL);
	id = sdk_id(channel);
	if (follow_case_of(p->follow, &id, NULL) == NULL)
		return end(ret, ROWAN_E_NOT_FOUND);
	return end(ret, add_members(p, *ret, &id));
}

/* As the first of their cards says. */
static int add_person(const struct session_parts *p, struct rowan_list *l,
	const struct id16 *channel, const struct id16 *device)
{
	struct list_member row = {.device = *device};
	bool known, revoked;
	int rc = fill_card(p, &row, &known, &revoked);

	if (rc == 0 && known) {
		rc = fill_name(p, channel, &row);
		if (rc == 0)
			rc = list_add(l, &row);
	}
	sodium_memzero(&row, sizeof row);
	return rc;
}

int rowan_person(struct rowan *r, const uint8_t channel[ROWAN_ID_LEN],
	const uint8_t member[ROWAN_ID_LEN], struct rowan_list **ret)
{
	const struct session_parts *p;
	struct id16 device, in, id;
	size_t count = 0;
	int rc = begin(r, LIST_MEMBERS, ret, &p);

	if (rc != 0)
		return rc;
	if (channel == NULL || member == NULL)
		return end(ret, ROWAN_E_INVAL);
	in = sdk_id(channel);
	id = sdk_id(member);
	rc = follow_devices(p->follow, &id, &device, 1, &count);
	if (rc == ROWAN_E_LIMIT)
		rc = 0;
	if (rc == 0 && count > 0)
		rc = add_person(p, *ret, &in, &device);
	return end(ret, rc);
}

static int add_staff(const struct session_parts *p, struct rowan_list *l,
	const struct id16 *device)
{
	static const struct id16 anywhere;
	struct list_member row = {.device = *device};
	bool known, revoked;
	int rc = fill_card(p, &row, &known, &revoked);

	if (rc == 0 && known && !revoked && row.role == WIRE_ROLE_CASEWORKER) {
		rc = fill_name(p, &anywhere, &row);
		if (rc == 0)
			rc = list_add(l, &row);
	}
	sodium_memzero(&row, sizeof row);
	return rc;
}

/* ${wanted}: the victim's devices of that case. */
static int add_victim(const struct session_parts *p, struct rowan_list *l,
	const struct id16 *device, const struct id16 *wanted)
{
	struct list_member row = {.device = *device};
	struct trust_card card;
	struct buf raw = {0};
	bool known, revoked;
	int rc = follow_card(p->follow, device, &card, &raw);
	bool theirs = rc == 0 && card.card.role == WIRE_ROLE_VICTIM &&
		      id16_eq(&card.card.case_id, wanted);

	buf_wipe(&raw);
	if (!theirs)
		return rc == ROWAN_E_NOT_FOUND || rc == ROWAN_E_UNKNOWN ? 0
									: rc;
	rc = fill_card(p, &row, &known, &revoked);
	return rc == 0 && known && !revoked ? list_add(l, &row) : rc;
}

int rowan_victims(struct rowan *r, const uint8_t case_id[ROWAN_ID_LEN],
	struct rowan_list **ret)
{
	const struct session_parts *p;
	struct ids ids = {0};
	struct id16 id;
	int rc = begin(r, LIST_MEMBERS, ret, &p);

	if (rc != 0)
		return rc;
	if (case_id == NULL)
		return end(ret, ROWAN_E_INVAL);
	id = sdk_id(case_id);
	rc = ids_new(&ids, DEVICES_MAX);
	if (rc == 0)
		rc = follow_devices(
			p->follow, NULL, ids.id, DEVICES_MAX, &ids.count);
	for (size_t i = 0; rc == 0 && i < ids.count; i++)
		rc = add_victim(p, *ret, &ids.id[i], &id);
	free(ids.id);
	return end(ret, rc);
}

int rowan_staff(struct rowan *r, struct rowan_list **ret)
{
	const struct session_parts *p;
	struct ids ids = {0};
	int rc = begin(r, LIST_MEMBERS, ret, &p);

	if (rc != 0)
		return rc;
	rc = ids_new(&ids, DEVICES_MAX);
	if (rc == 0)
		rc = follow_devices(
			p->follow, NULL, ids.id, DEVICES_MAX, &ids.count);
	for (size_t i = 0; rc == 0 && i < ids.count; i++)
		rc = add_staff(p, *ret, &ids.id[i]);
	free(ids.id);
	return end(ret, rc);
}

/* ---- devices ---- */

static int add_device(const struct session_parts *p, struct rowan_list *l,
	const struct id16 *device)
{
	struct list_device row = {.device = *device};
	struct trust_card card;
	struct buf raw = {0};
	int rc = follow_card(p->follow, device, &card, &raw);

	if (rc == 0) {
		row.revoked = card.revoked != 0;
		row.logged = card.logged_at;
		row.expires = card.card.role == WIRE_ROLE_VICTIM
				      ? 0
				      : card.card.not_after;
		rc = list_add(l, &row);
	}
	buf_wipe(&raw);
	return rc;
}

int rowan_devices(struct rowan *r, const uint8_t member[ROWAN_ID_LEN],
	struct rowan_list **ret)
{
	const struct session_parts *p;
	struct ids ids = {0};
	struct id16 id;
	int rc = begin(r, LIST_DEVICES, ret, &p);

	if (rc != 0)
		return rc;
	if (member == NULL)
		return end(ret, ROWAN_E_INVAL);
	id = sdk_id(member);
	rc = ids_new(&ids, DEVICES_MAX);
	if (rc == 0)
		rc = follow_devices(
			p->follow, &id, ids.id, DEVICES_MAX, &ids.count);
	for (size_t i = 0; rc == 0 && i < ids.count; i++)
		rc = add_device(p, *ret, &ids.id[i]);
	free(ids.id);
	return end(ret, rc);
}

/* ---- the code ---- */

int rowan_code(struct rowan *r, const uint8_t channel[ROWAN_ID_LEN],
	char ret[ROWAN_CODE_LEN])
{
	const struct session_parts *p;
	struct id16 id;
	int rc;

	_Static_assert(ROWAN_CODE_LEN == CHANNEL_CODE_LEN, "one length");
	if (r == NULL || channel == NULL || ret == NULL)
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	id = sdk_id(channel);
	rc = channels_code(p->channels, &id, ret);
	return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_STATE : rc;
}

int rowan_verified(struct rowan *r, const uint8_t channel[ROWAN_ID_LEN])
{
	static const uint8_t yes = 1;
	const struct session_parts *p;
	uint8_t mem[1 + 2 * ID16_LEN];
	struct ids in = {0};
	struct id16 id;
	int rc;

	if (r == NULL || channel == NULL)
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	id = sdk_id(channel);
	rc = ids_new(&in, CHANNEL_DEVICES_MAX);
	if (rc == 0)
		rc = channels_devices(p->channels, &id, in.id,
			CHANNEL_DEVICES_MAX, &in.count);
	if (rc == 0 && in.count == 0)
		rc = ROWAN_E_STATE;
	if (rc == 0)
		rc = vault_begin(p->vault);
	for (size_t i = 0; rc == 0 && i < in.count; i++)
		rc = vault_put(p->vault, VAULT_SETTINGS,
			verified_name(&id, &in.id[i], mem), 0,
			bytes_of(&yes, 1));
	if (rc == 0)
		rc = vault_commit(p->vault);
	vault_abort(p->vault);
	free(in.id);
	return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_STATE : rc;
}
