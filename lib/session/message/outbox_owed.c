/*
 * What was sent and has to go again: see outbox.h.
 *
 * A generation that is no more took with it what nobody is known to have got.
 * And a device that was meant, but not in the group, gets what was sealed
 * without it once it is in.
 */
#include <stdlib.h>

#include "session/message/outbox_inner.h"

#define PATIENCE_S  86400 /* for what others must not see */
#define PATIENCE_MS 3600000
#define AGAIN_MS    60000 /* doubled each time, up to PATIENCE_MS */

/* ---- for whom ---- */

int outbox_others(struct outbox *x, const struct outbox_row *row, bool *ret)
{
	*ret = false;
	return (row->flags & OUTBOX_CLOSED) == 0
		       ? 0
		       : channels_others(x->o.channels, &row->channel,
				 row->members, row->member_count, ret);
}

static int find_missed(struct outbox *x, struct outbox_row *row)
{
	int rc;

	row->missed_count = 0;
	if ((row->flags & OUTBOX_CLOSED) == 0)
		return 0;
	rc = channels_missing(x->o.channels, &row->channel, row->members,
		row->member_count, row->missed, &row->missed_count);
	/* Once owed, always owed. */
	for (size_t i = 0; rc == 0 && i < row->missed_count; i++)
		if (id16_among(
			    &row->missed[i], row->awaited, row->awaited_count))
			row->flags |= OUTBOX_OWED;
	return rc;
}

int outbox_await(struct outbox *x, struct outbox_row *row)
{
	int rc = find_missed(x, row);

	if (rc == 0)
		rc = channels_devices(x->o.channels, &row->channel,
			row->awaited, CHANNEL_DEVICES_MAX, &row->awaited_count);
	/* But not ourselves. */
	for (size_t i = 0; i < row->awaited_count; i++)
		if (id16_eq(&row->awaited[i], channels_self(x->o.channels)))
			row->awaited[i--] = row->awaited[--row->awaited_count];
	return rc;
}

int outbox_replaced(
	struct outbox *x, const struct id16 *channel, const struct id16 *device)
{
	struct outbox_row *row = malloc(sizeof *row);
	int rc = row == NULL ? ROWAN_E_NOMEM : outbox_fresh(x);

	for (size_t i = 0; rc == 0 && i < x->count; i++) {
		const struct outbox_item *it = &x->items[i];

		if (it->state == OUTBOX_WAITING ||
			(it->awaited & outbox_bit(device)) == 0 ||
			!id16_eq(&it->channel, channel))
			continue;
		rc = outbox_read(x, it->n, row);
		if (rc != 0 ||
			!outbox_take_out(
				row->awaited, &row->awaited_count, device) ||
			row->missed_count == CHANNEL_DEVICES_MAX)
			continue;
		row->missed[row->missed_count++] = *device;
		row->flags |= OUTBOX_OWED;
		rc = outbox_write(x, it->n, row);
	}
	free(row);
	return rc;
}

uint64_t outbox_bit(const struct id16 *device)
{
	return UINT64_C(1) << (device->b[0] & 63);
}

/* ---- for whom not ---- */

static int tell(struct outbox *x, const struct outbox_unreached *u)
{
	return x->o.unreached != NULL ? x->o.unreached(x->o.ctx, u) : 0;
}

int outbox_without(
	struct outbox *x, const struct outbox_row *row, bool *ret_nobody)
{
	struct outbox_unreached u = {
		.message = row->message, .code = ROWAN_E_UNKNOWN};
	const struct id16 self =
		channels_member(x->o.channels, channels_self(x->o.channels));
	struct id16 of[2 * CHANNEL_DEVICES_MAX];
	size_t count = 0, reached = 0, missed = 0;
	int rc = 0;

	*ret_nobody = false;
	if ((row->flags & OUTBOX_CLOSED) == 0)
		return 0;
	for (size_t i = 0; i < row->awaited_count; i++)
		of[count++] = channels_member(x->o.channels, &row->awaited[i]);
	for (size_t i = 0; i < row->missed_count; i++)
		of[count++] = channels_member(x->o.channels, &row->missed[i]);
	for (size_t i = 0; rc == 0 && i < row->member_count; i++) {
		u.member = row->members[i];
		if (id16_eq(&u.member, &self))
			continue;
		if (id16_among(&u.member, of, count)) {
			reached++;
			continue;
		}
		missed++;
		rc = tell(x, &u);
	}
	*ret_nobody = missed > 0 && reached == 0;
	return rc;
}

/* Those who may take part in it, in the group or not. */
static int meant_now(struct outbox *x, const struct outbox_row *row,
	struct id16 ret[2 * CHANNEL_DEVICES_MAX], size_t *ret_len)
{
	size_t missing = 0;
	int rc = channels_devices(x->o.channels, &row->channel, ret,
		CHANNEL_DEVICES_MAX, ret_len);

	if (rc == 0)
		rc = channels_missing(x->o.channels, &row->channel,
			row->members, row->member_count, ret + *ret_len,
			&missing);
	*ret_len += missing;
	return rc <= -300 ? 0 : rc;
}

int outbox_missed(struct outbox *x, const struct outbox_row *row, int code)
{
	struct outbox_unreached u = {.message = row->message, .code = code};
	struct id16 *now = malloc(2 * CHANNEL_DEVICES_MAX * sizeof *now);
	size_t count = 0, last = row->missed_count;
	int rc = now == NULL ? ROWAN_E_NOMEM : 0;

	if (rc == 0 && row->missed_count > 0)
		rc = meant_now(x, row, now, &count);
	for (size_t i = 0; rc == 0 && i < row->missed_count; i++)
		if (id16_among(&row->missed[i], now, count))
			last = i;
	for (size_t i = 0; rc == 0 && i < row->missed_count; i++) {
		u.device = row->missed[i];
		u.nobody = i == last && row->awaited_count == 0;
		if (id16_among(&u.device, now, count))
			rc = tell(x, &u);
	}
	free(now);
	return rc;
}

/* ---- again ---- */

/* Of another group; also one that a restore has lost, its number with it. */
static bool is_before(const struct outbox_item *it, struct channel_at at)
{
	static const struct id16 unknown;

	if (at.generation == 0)
		return false;
	return id16_eq(&it->group_id, &unknown)
		       ? it->generation < at.generation
		       : !id16_eq(&it->group_id, &at.group_id);
}

bool outbox_owes(struct outbox *x, const struct outbox_item *it)
{
	const struct channel_at at = channels_at(x->o.channels, &it->channel);

	return it->state == OUTBOX_SENT &&
	       (is_before(it, at) ||
		       (it->missed && it->generation == at.generation &&
			       it->epoch < at.epoch));
}

/* Is one of those who were missed in it now? */
static int has_come(struct outbox *x, const struct outbox_row *row, bool *ret)
{
	struct id16 *in = malloc(CHANNEL_DEVICES_MAX * sizeof *in);
	size_t count = 0;
	int rc = in == NULL ? ROWAN_E_NOMEM
			    : channels_devices(x->o.channels, &row->channel, in,
				      CHANNEL_DEVICES_MAX, &count);

	*ret = false;
	for (size_t i = 0; rc == 0 && i < row->missed_count; i++)
		*ret = *ret || id16_among(&row->missed[i], in, count);
	free(in);
	return rc;
}

/* Others are in it: whoever missed it does not get it, and that is told. */
static int let_go(struct outbox *x, uint64_t n, struct outbox_row *row)
{
	int rc = outbox_missed(x, row, ROWAN_E_STALE);

	row->missed_count = 0;
	if (rc != 0)
		return rc;
	return row->awaited_count == 0 ? outbox_drop(x, n, row)
				       : outbox_write(x, n, row);
}

/*
 * Sealed again for everybody whenever one of those who missed it is there: the
 * next of them waits for others who may come.
 */
static bool is_early(struct outbox *x, struct outbox_item *it)
{
	if (it->again_ms > x->now_ms) {
		it->due_ms = it->again_ms;
		return true;
	}
	it->again_ms = AGAIN_MS << (it->again < 6 ? it->again : 6);
	if (it->again_ms > PATIENCE_MS)
		it->again_ms = PATIENCE_MS;
	it->again_ms += x->now_ms;
	it->again++;
	return false;
}

/*
 * What is not for all who are in it now may still be opened where it was
 * delivered to; its writer hears when it was not.
 */
static int not_for_all(struct outbox *x, size_t i, struct outbox_row *row,
	const struct channel_at *at)
{
	uint64_t n = x->items[i].n;

	if (!is_before(&x->items[i], *at) && (row->flags & OUTBOX_OWED) == 0)
		return let_go(x, n, row);
	if (row->sent + PATIENCE_S <= channels_now(x->o.channels))
		return outbox_unsent(x, n, row, ROWAN_E_STALE);
	x->items[i].due_ms = x->now_ms + PATIENCE_MS;
	return 0;
}

static int look_at(struct outbox *x, size_t i, struct outbox_row *row)
{
	const uint64_t now = channels_now(x->o.channels);
	const uint64_t n = x->items[i].n;
	struct channel_at at;
	bool go = true, others;
	int rc = outbox_read(x, n, row);

	if (rc != 0)
		return rc;
	at = channels_at(x->o.channels, &row->channel);
	if (!is_before(&x->items[i], at))
		rc = has_come(x, row, &go);
	if (rc == 0 && !go) {
		x->items[i].epoch = at.epoch;
		return 0;
	}
	/* The daemon would not have it any more either. */
	if (rc == 0 && row->lifetime != 0 && row->sent + row->lifetime <= now) {
		rc = outbox_missed(x, row, ROWAN_E_EXPIRED);
		return rc == 0 ? outbox_drop(x, n, row) : rc;
	}
	if (rc == 0)
		rc = outbox_others(x, row, &others);
	if (rc != 0)
		return rc;
	if (others)
		return not_for_all(x, i, row, &at);
	if (!is_before(&x->items[i], at) && is_early(x, &x->items[i]))
		return 0;
	/* What is left of it. */
	if (row->lifetime != 0 && now > row->sent)
		row->lifetime -= (uint32_t)(now - row->sent);
	return outbox_anew(x, n, row);
}

int outbox_owed(struct outbox *x, const struct id16 *channel)
{
	struct outbox_row *row = malloc(sizeof *row);
	int rc = row == NULL ? ROWAN_E_NOMEM : vault_begin(x->o.vault);

	if (rc != 0) {
		free(row);
		return rc;
	}
	/* From the end: some go. */
	for (size_t i = x->count; rc == 0 && i-- > 0;)
		if (id16_eq(&x->items[i].channel, channel) &&
			x->items[i].due_ms <= x->now_ms &&
			outbox_owes(x, &x->items[i]))
			rc = look_at(x, i, row);
	free(row);
	return outbox_commit(x, rc);
}
