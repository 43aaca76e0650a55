/*
 * Operations into the log: see record.h.
 */
#include <stdio.h>
#include <string.h>

#include "journal/journal.h"
#include "ops/record.h"

static const struct id16 none;

bool record_is_staff(const struct ops *o)
{
	return o->sender.role == WIRE_ROLE_CASEWORKER;
}

int record_channel(struct ops *o, const struct id16 *channel)
{
	o->record.channel = *channel;
	return store_channel_case(o->store, channel, &o->record.case_id);
}

/* A victim's card names the case. */
int record_home(struct ops *o, const struct id16 *device, struct id16 *ret)
{
	struct wire_chain chain;
	struct store_device d;
	struct buf card;
	int rc = store_device_by_id(o->view, device, &d);

	*ret = none;
	if (rc == ROWAN_E_NOT_FOUND || (rc == 0 && d.role != WIRE_ROLE_VICTIM))
		return 0;
	if (rc == 0)
		rc = store_device_card(o->view, device, &card);
	if (rc != 0)
		return rc;
	/* In tests a card may be anything. */
	if (wire_chain_decode(buf_view(&card), &chain) == 0)
		*ret = chain.card[0].case_id;
	buf_wipe(&card);
	return 0;
}

int record_entry(struct ops *o, const struct request *r, struct log_entry *ret)
{
	*ret = (struct log_entry){.act = r->entry->act,
		.op = r->entry->op,
		.hour = r->stranger || o->sender.role == WIRE_ROLE_VICTIM,
		.time = o->now,
		.case_id = o->record.case_id,
		.channel = o->record.channel,
		.number = o->record.number,
		.content = o->record.content};
	if (r->stranger) {
		leaf_content(id16_view(&r->body.redeem.invite), &ret->content);
		return 0;
	}
	ret->device = r->device;
	if (ret->hour && id16_eq(&ret->case_id, &none))
		return record_home(o, &r->device, &ret->case_id);
	return 0;
}

/* What others than members of staff read is not told. */
static bool is_told(const struct ops *o, const struct table_entry *e)
{
	return e->act != TABLE_NONE &&
	       (e->effect != TABLE_READS || record_is_staff(o));
}

static bool pays(struct ops *o, struct request *r, uint64_t leaves)
{
	uint64_t wait = claims_leaves(o->claims, &r->device, leaves, o->now);

	if (wait == 0)
		return true;
	ops_refuse(
		r, WIRE_QUOTA, wait < UINT32_MAX ? (uint32_t)wait : UINT32_MAX);
	return false;
}

bool record_may(struct ops *o, struct request *r)
{
	const struct table_entry *e = r->entry;

	if (r->stranger || !is_told(o, e) || e->op == WIRE_OP_SUBMIT ||
		e->op == WIRE_OP_ACK)
		return true;
	return pays(o, r, 1);
}

bool record_may_read(struct ops *o, struct request *r, uint64_t n)
{
	return !record_is_staff(o) || pays(o, r, n);
}

size_t record_may_push(void *ctx, const struct id16 *device, size_t n)
{
	struct ops *o = ctx;

	return (size_t)claims_some_leaves(o->claims, device, n, o->now);
}

int record_done(struct ops *o, const struct request *r)
{
	struct log_entry e;
	int rc;

	if (!is_told(o, r->entry) || o->record.done)
		return 0;
	rc = record_entry(o, r, &e);
	return rc == 0 ? entry_add(o->store, &e, NULL) : rc;
}

/* Of a victim's device, whose acts are known to the hour, nothing is said. */
static void tell(const struct ops *o, const struct request *r, uint16_t code)
{
	char device[JOURNAL_PSEUDONYM_LEN], op[8], why[8];

	if (journal_level() < 7 || code == WIRE_OK || r->stranger ||
		!id16_eq(&o->sender.id, &r->device) || !record_is_staff(o))
		return;
	journal_pseudonym(&r->device, device);
	snprintf(op, sizeof op, "0x%04x", r->entry->op);
	snprintf(why, sizeof why, "0x%04x", code);
	SAY(MSG_DEVICE_REFUSED, JOURNAL_TEXT("device", device),
		JOURNAL_TEXT("operation", op), JOURNAL_TEXT("code", why));
}

int record_refused(struct ops *o, const struct request *r, uint16_t code)
{
	struct log_entry e;
	uint64_t more;
	int rc;

	tell(o, r, code);
	/* A stranger is no device of ours, nor is what we do not know. */
	if ((code != WIRE_REFUSED && code != WIRE_REVOKED &&
		    code != WIRE_HELD) ||
		r->stranger || !id16_eq(&o->sender.id, &r->device) ||
		!refusals_take(&o->refusals, &r->device, o->now, &more))
		return 0;
	/* Of what waits for its time it may be told what it was. */
	if (code != WIRE_HELD)
		memset(&o->record, 0, sizeof o->record);
	rc = record_entry(o, r, &e);
	/* Of an erased case nobody is named any more. */
	if (code == WIRE_REVOKED && e.hour && id16_eq(&e.case_id, &none))
		e.device = none;
	e.act = WIRE_ACT_REFUSED;
	e.code = code;
	e.number = more;
	return rc == 0 ? entry_add(o->store, &e, NULL) : rc;
}

static int read_by(
	struct ops *o, const struct sub_reading *reading, uint16_t op)
{
	struct log_entry e = {.act = WIRE_ACT_READ,
		.op = op,
		.time = o->now,
		.device = reading->device,
		.channel = reading->channel,
		.number = reading->count,
		.leaves = reading->leaves,
		.leaf_count = reading->leaf_count};
	int rc = store_channel_case(o->store, &reading->channel, &e.case_id);

	return rc == 0 ? entry_add(o->store, &e, NULL) : rc;
}

int record_read(void *ctx, const struct sub_reading *reading)
{
	return read_by(ctx, reading, WIRE_OP_PUSH);
}

int record_fetched(void *ctx, const struct sub_reading *reading)
{
	return read_by(ctx, reading, WIRE_OP_FETCH);
}

int record_expired(struct ops *o, size_t count)
{
	struct log_entry e = {
		.act = WIRE_ACT_EXPIRE, .time = o->now, .number = count};

	return count > 0 ? entry_add(o->store, &e, NULL) : 0;
}

int record_admin(struct ops *o, uint16_t number, struct bytes text)
{
	return entry_admin(o->store, o->now, number, text);
}
