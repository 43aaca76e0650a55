/*
 * Look-ups: see lookups.h.
 */
#include <stdlib.h>

#include "ops/lookups.h"
#include "ops/record.h"

/* Channels of a case, closed generations included. */
#define CHANNELS_MAX 256
/* Devices of one member. */
#define MEMBER_DEVICES_MAX 32

static int one_device(struct ops *o, const struct request *r,
	const struct id16 *id, struct wire_device *ret, struct buf *card,
	char agency[STORE_AGENCY_MAX + 1])
{
	struct store_device d;
	int rc = 0;

	/* One's own card may always be looked at. */
	if (!id16_eq(id, &r->device))
		rc = store_device_shares(o->view, &r->device, id, o->now);
	if (rc == 0)
		rc = store_device_by_id(o->view, id, &d);
	if (rc == 0)
		rc = store_device_card(o->view, id, card);
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_REFUSED : rc;
	memcpy(agency, d.agency, sizeof d.agency);
	*ret = (struct wire_device){.error = {WIRE_OK, 0},
		.member = d.member,
		.role = d.role,
		.flags = d.revoked ? WIRE_DEVICE_REVOKED : 0,
		.agency = bytes_of(agency, strlen(agency)),
		.card = buf_view(card)};
	return 0;
}

/* Who looked whom up: a leaf for each card, in the case of a victim's. */
static int log_lookup(
	struct ops *o, const struct request *r, const struct id16 *device)
{
	struct log_entry e;
	int rc = record_entry(o, r, &e);

	if (rc == 0)
		rc = record_home(o, device, &e.case_id);
	if (rc != 0)
		return rc;
	entry_content(id16_view(device), &e.content);
	return entry_add(o->store, &e, NULL);
}

int lookups_devices(struct ops *o, struct request *r)
{
	const struct wire_devices *q = &r->body.devices;
	struct wire_devices_answer a = {.count = q->count};
	struct buf card[WIRE_LOOKUP_MAX] = {{NULL, 0}};
	char agency[WIRE_LOOKUP_MAX][STORE_AGENCY_MAX + 1];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < q->count; i++) {
		int one = one_device(o, r, &q->devices[i], &a.devices[i],
			&card[i], agency[i]);

		/* One's own card is nobody's secret. */
		if (one == 0 && record_is_staff(o) &&
			!id16_eq(&q->devices[i], &r->device))
			one = log_lookup(o, r, &q->devices[i]);
		if (one == ROWAN_E_CORRUPT || one == ROWAN_E_AGAIN)
			rc = one;
		else if (one != 0)
			ops_code(one, &a.devices[i].error);
	}
	/* Each device was judged and logged; the answer tells them apart. */
	o->allowed = o->record.done = true;
	if (rc == 0)
		rc = wire_devices_answer_encode(&a, &r->out);
	for (size_t i = 0; i < q->count; i++)
		buf_wipe(&card[i]);
	return rc;
}

static int by_kind(const void *a, const void *b)
{
	const struct store_channel *x = a, *y = b;

	return (x->kind > y->kind) - (x->kind < y->kind);
}

/* The devices assigned to ${channel} now, ascending, at most ${max}. */
static int channel_devices(struct ops *o, const struct id16 *channel,
	struct id16 *ret, size_t max, size_t *ret_len)
{
	struct store_assignment at[WIRE_CHANNEL_DEVICES_MAX];
	size_t members = 0, n = 0;
	int rc = store_channel_assignments(
		o->view, channel, at, WIRE_CHANNEL_DEVICES_MAX, &members);

	for (size_t i = 0; rc == 0 && i < members; i++) {
		struct id16 ids[MEMBER_DEVICES_MAX];
		size_t have = 0;

		if (o->sure < at[i].from ||
			(at[i].until != 0 && o->now >= at[i].until))
			continue;
		rc = store_member_devices(
			o->view, &at[i].member, ids, MEMBER_DEVICES_MAX, &have);
		if (rc == 0 && have > max - n)
			rc = ROWAN_E_LIMIT;
		if (rc == 0) {
			memcpy(&ret[n], ids, have * sizeof *ids);
			n += have;
		}
	}
	if (rc == 0)
		qsort(ret, n, sizeof *ret, id16_sort);
	*ret_len = rc == 0 ? n : 0;
	return rc;
}

int lookups_case(struct ops *o, struct request *r)
{
	struct store_channel ch[CHANNELS_MAX];
	struct id16 ids[WIRE_CASE_CHANNELS_MAX][WIRE_CHANNEL_DEVICES_MAX];
	struct store_case c;
	struct wire_case_answer a = {.count = 0};
	size_t n = 0;
	int rc = ops_allow_case(
		o, r, &r->body.case_id.case_id, ch, CHANNELS_MAX, &n);

	o->record.case_id = r->body.case_id.case_id;
	if (rc == 0)
		rc = store_case_get(o->view, &r->body.case_id.case_id, &c);
	if (rc != 0)
		return rc;
	/* Open channels only: one generation of each kind. */
	qsort(ch, n, sizeof *ch, by_kind);
	for (size_t i = 0; i < n; i++) {
		struct wire_channel *w = &a.channels[a.count];

		if (a.count == WIRE_CASE_CHANNELS_MAX)
			return ROWAN_E_LIMIT;
		rc = channel_devices(o, &ch[i].id, ids[a.count],
			WIRE_CHANNEL_DEVICES_MAX, &w->device_count);
		if (rc != 0)
			return rc;
		w->channel = ch[i].id;
		w->kind = ch[i].kind;
		w->generation = ch[i].generation;
		w->devices = ids[a.count][0].b;
		a.count++;
	}
	a.state = c.closed ? WIRE_CASE_CLOSED : WIRE_CASE_OPEN;
	return wire_case_answer_encode(&a, &r->out);
}
