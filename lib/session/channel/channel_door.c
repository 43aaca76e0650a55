/*
 * What mailbox and outbox ask of channels: see channel.h.
 */
#include <stdlib.h>

#include "session/channel/channel_inner.h"
#include "trust/attest.h"

#define STALE_MS   15000 /* until the winner must have come */
#define MUST_GO_MS 2000

/* ---- for the mailbox ---- */

static int unknown(struct channels *x, const struct wire_delivery *d)
{
	/* Assigned a moment ago, perhaps. */
	return channel_wait_for(x, d, NULL) ? ROWAN_E_AGAIN : 0;
}

int channels_open(struct channels *x, const struct wire_delivery *d,
	struct channel_opened *ret)
{
	struct channel *c;
	int rc;

	memset(ret, 0, sizeof *ret);
	rc = channel_find(x, &d->channel, &c);
	if (rc == ROWAN_E_NOT_FOUND)
		return unknown(x, d);
	if (rc == 0)
		rc = channel_client(x);
	if (rc != 0)
		return rc;
	ret->case_id = c->row.case_id;
	ret->kind = c->row.kind;
	switch (d->kind) {
	case WIRE_KIND_APPLICATION: rc = channel_open_said(c, d, ret); break;
	case WIRE_KIND_HANDSHAKE: rc = channel_open_commit(c, d, ret); break;
	case WIRE_KIND_WELCOME: rc = channel_open_welcome(c, d, ret); break;
	case WIRE_KIND_NACK: rc = channel_open_nack(c, d); break;
	default: break;
	}
	if (rc != 0) {
		buf_wipe(&ret->content);
		memset(ret, 0, sizeof *ret);
	}
	return rc;
}

/* ---- for the outbox ---- */

/*
 * With nobody to hear it although somebody should: it waits. A diary is one's
 * own.
 */
static bool alone(struct channel *c)
{
	struct id16 *may;
	size_t n = 0;
	bool others;
	int rc;

	if (c->row.seen_count > 1 || c->row.kind == WIRE_CHANNEL_DIARY)
		return false;
	may = calloc(CHANNEL_DEVICES_MAX, sizeof *may);
	if (may == NULL)
		return true;
	rc = follow_entitled(
		c->x->o.follow, &c->id, may, CHANNEL_DEVICES_MAX, &n);
	others = (rc == 0 || rc == ROWAN_E_LIMIT) && n > 1;
	free(may);
	return others;
}

int channels_ready(struct channels *x, const struct id16 *channel)
{
	const struct case_channel *stated;
	struct channel *c;
	int rc = channel_find(x, channel, &c);

	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_REFUSED : rc;
	stated = channel_stated(c);
	if (stated == NULL || !channel_mine(c))
		return ROWAN_E_REFUSED;
	if (c->row.stand != CHANNEL_IN ||
		c->row.generation != stated->generation || c->staged)
		return ROWAN_E_AGAIN;
	if (c->stale_ms > x->now_ms && c->stale.epoch == c->row.epoch &&
		c->stale.generation == c->row.generation)
		return ROWAN_E_AGAIN;
	/*
	 * First who must go, always. Who is missing, too, unless it does not
	 * work: that silences nobody.
	 */
	if (!c->must_go && !channel_must_go(c) && !alone(c) &&
		(c->settled || c->failures > 0))
		return 0;
	if (c->settled && !c->must_go)
		return ROWAN_E_AGAIN;
	c->wanted = true;
	if (!c->asked && c->due_ms > x->now_ms && c->failures == 0)
		c->due_ms = x->now_ms;
	return ROWAN_E_AGAIN;
}

struct channel_at channels_at(struct channels *x, const struct id16 *channel)
{
	struct channel_at at = {0};
	struct channel *c;

	if (channel_find(x, channel, &c) == 0) {
		at.generation = c->row.generation;
		at.epoch = c->row.epoch;
		at.group_id = c->row.group_id;
	}
	return at;
}

int channels_heads(struct channels *x, const struct id16 *channel,
	struct content_heads *ret)
{
	struct wire_heads marks;
	struct channel *c;
	int rc = channel_find(x, channel, &c);

	memset(ret, 0, sizeof *ret);
	if (rc == 0)
		rc = channel_load(c);
	if (rc == 0)
		rc = channel_marks_now(c, &marks);
	if (rc != 0)
		return rc;
	*ret = (struct content_heads){.clinic_number = marks.clinic_number,
		.clinic = marks.clinic,
		.case_number = marks.case_number,
		.of_case = marks.of_case,
		.epoch = rowan_mls_group_epoch(c->group)};
	attest_hash(
		channel_bytes(rowan_mls_group_epoch_authenticator(c->group)),
		&ret->authenticator);
	return 0;
}

/*
 * In a diary the envelope carries a commitment to what it says, so that she
 * can let it out one day and prove it (trust/disclosure.h).
 */
static int mark(const struct channel *c, struct bytes plain,
	uint8_t mem[SAID_MARKED_LEN], struct rowan_mls_bytes *ret)
{
	struct content content;
	struct said said;
	int rc;

	if (c->row.kind != WIRE_CHANNEL_DIARY)
		return 0;
	rc = content_decode(plain, &content);
	if (rc != 0)
		return rc;
	channel_said(&content, &said);
	rc = said_mark(&said, mem);
	*ret = channel_mls(bytes_of(mem, SAID_MARKED_LEN));
	return rc;
}

int channels_seal(struct channels *x, const struct id16 *channel,
	struct bytes plain, uint32_t pad, struct buf *ret)
{
	struct rowan_mls_wire wire = {.pad_until = pad};
	struct rowan_mls_buf sealed = {NULL, 0};
	uint8_t mem[SAID_MARKED_LEN];
	struct channel *c;
	int rc = channel_find(x, channel, &c);

	*ret = (struct buf){0};
	if (rc == 0)
		rc = channel_load(c);
	if (rc == 0)
		rc = mark(c, plain, mem, &wire.aad);
	if (rc == 0)
		rc = rowan_mls_send(
			c->group, channel_mls(plain), &wire, &sealed);
	if (rc != 0)
		return rc;
	c->dirty = true;
	c->row.sent++;
	if (c->row.sent == CHANNEL_UPDATE_SENT) {
		c->settled = false;
		channel_later(c, 0);
	}
	rc = buf_copy(ret, bytes_of(sealed.data, sealed.len));
	rowan_mls_buf_free(&sealed);
	return rc;
}

void channels_refused(struct channels *x, const struct id16 *channel,
	const struct channel_at *at, uint16_t code)
{
	struct channel *c;

	if (channel_find(x, channel, &c) != 0)
		return;
	if (c->row.generation != at->generation || c->row.epoch != at->epoch)
		return;
	c->stale = *at;
	c->stale_ms = x->now_ms + STALE_MS;
	c->settled = c->known = false;
	if (code == WIRE_MEMBERSHIP) {
		c->must_go = c->wanted = true;
		c->stale_ms = x->now_ms + MUST_GO_MS;
	}
	if (!c->asked)
		c->due_ms = x->now_ms;
	if (code != WIRE_STALE)
		follow_catch_up(x->o.follow, &c->row.case_id);
}
