/*
 * Acts: see rowan/case.h. Every decision is lib/session's.
 */
#include <string.h>

#include "sdk/handle.h"
#include "wire/armour.h"

#define TEXT_MAX (256 * 1024) /* bytes of a file */

int rowan_open_case(struct rowan *r, const char *agency, uint32_t day,
	uint8_t ret_case[ROWAN_ID_LEN], uint64_t *ret_act)
{
	const struct session_parts *p;
	struct id16 id;
	int rc;

	if (r == NULL || agency == NULL || ret_case == NULL)
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	if (rc == 0)
		rc = acts_open(p->acts, bytes_of(agency, strlen(agency)), day,
			&id, ret_act);
	if (rc == 0)
		memcpy(ret_case, id.b, ID16_LEN);
	return sdk_done(r, rc);
}

/* What is done to a case or a channel, with a number beside it. */
typedef int act_on(
	struct acts *a, const struct id16 *what, int how, uint64_t *ret_act);

static int act_on_id(struct rowan *r, const uint8_t *what, int how, act_on *act,
	uint64_t *ret_act)
{
	const struct session_parts *p;
	struct id16 id;
	int rc;

	if (r == NULL || what == NULL)
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	id = sdk_id(what);
	if (rc == 0)
		rc = act(p->acts, &id, how, ret_act);
	return sdk_done(r, rc);
}

static int closing(
	struct acts *a, const struct id16 *what, int how, uint64_t *ret_act)
{
	return acts_close(a, what, (uint8_t)how, ret_act);
}

static int reopening(
	struct acts *a, const struct id16 *what, int how, uint64_t *ret_act)
{
	return acts_reopen(a, what, ret_act);
}

static int recusing(
	struct acts *a, const struct id16 *what, int how, uint64_t *ret_act)
{
	return acts_recuse(a, what, ret_act);
}

static int resetting(
	struct acts *a, const struct id16 *what, int how, uint64_t *ret_act)
{
	return acts_reset(a, what, ret_act);
}

int rowan_close_case(struct rowan *r, const uint8_t case_id[ROWAN_ID_LEN],
	enum rowan_close_reason reason, uint64_t *ret_act)
{
	if ((int)reason < 1 || reason > 255)
		return ROWAN_E_INVAL;
	return act_on_id(r, case_id, (int)reason, closing, ret_act);
}

int rowan_reopen_case(
	struct rowan *r, const uint8_t case_id[ROWAN_ID_LEN], uint64_t *ret_act)
{
	return act_on_id(r, case_id, 0, reopening, ret_act);
}

int rowan_assign(struct rowan *r, const uint8_t channel[ROWAN_ID_LEN],
	const uint8_t member[ROWAN_ID_LEN], uint64_t from, uint64_t until,
	uint64_t *ret_act)
{
	struct acts_assignment what = {.from = from, .until = until};
	const struct session_parts *p;
	int rc;

	if (r == NULL || channel == NULL || member == NULL)
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	what.channel = sdk_id(channel);
	what.member = sdk_id(member);
	if (rc == 0)
		rc = acts_assign(p->acts, &what, ret_act);
	return sdk_done(r, rc);
}

int rowan_unassign(struct rowan *r, const uint8_t channel[ROWAN_ID_LEN],
	const uint8_t member[ROWAN_ID_LEN], uint64_t *ret_act)
{
	const struct session_parts *p;
	struct id16 c, m;
	int rc;

	if (r == NULL || channel == NULL || member == NULL)
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	c = sdk_id(channel);
	m = sdk_id(member);
	if (rc == 0)
		rc = acts_unassign(p->acts, &c, &m, ret_act);
	return sdk_done(r, rc);
}

int rowan_recuse(
	struct rowan *r, const uint8_t case_id[ROWAN_ID_LEN], uint64_t *ret_act)
{
	return act_on_id(r, case_id, 0, recusing, ret_act);
}

int rowan_reset(
	struct rowan *r, const uint8_t channel[ROWAN_ID_LEN], uint64_t *ret_act)
{
	return act_on_id(r, channel, 0, resetting, ret_act);
}

int rowan_revoke(struct rowan *r, const uint8_t device[ROWAN_ID_LEN],
	enum rowan_revoke_reason reason, const uint8_t *case_id,
	uint64_t *ret_act)
{
	struct acts_revocation what = {.reason = (uint8_t)reason};
	const struct session_parts *p;
	int rc;

	if (r == NULL || device == NULL || (int)reason < 1 || reason > 255)
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	what.device = sdk_id(device);
	if (case_id != NULL)
		what.case_id = sdk_id(case_id);
	if (rc == 0)
		rc = acts_revoke(p->acts, &what, ret_act);
	return sdk_done(r, rc);
}

int rowan_readmit(struct rowan *r)
{
	const struct session_parts *p;
	int rc;

	if (r == NULL)
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	return sdk_done(r, rc == 0 ? readmit_ask(p->readmit) : rc);
}

/* ---- by file ---- */

/* The first block of ${kind} whose object ${wanted} takes. */
static int find_block(struct bytes text, uint8_t kind,
	int (*wanted)(const struct session_parts *p, struct bytes object),
	const struct session_parts *p, struct buf *ret)
{
	uint8_t found = 0;
	int rc;

	while ((rc = armour_next(&text, &found, ret)) == 0) {
		if (found == kind)
			rc = wanted(p, buf_view(ret));
		if (found == kind && rc != ROWAN_E_EXISTS)
			break;
		buf_wipe(ret);
	}
	if (rc != 0)
		buf_wipe(ret);
	return rc;
}

static int not_logged(const struct session_parts *p, struct bytes object)
{
	struct trust_card known;
	struct wire_card card;
	struct buf raw = {0};
	int rc = wire_card_decode(object, &card);

	if (rc != 0)
		return rc;
	rc = follow_card(p->follow, &card.device, &known, &raw);
	/* One that renews the card the device has is another. */
	if (rc == 0 && card.not_after <= known.card.not_after)
		rc = ROWAN_E_EXISTS;
	buf_wipe(&raw);
	return rc == ROWAN_E_NOT_FOUND || rc == ROWAN_E_UNKNOWN ? 0 : rc;
}

static int any(const struct session_parts *p, struct bytes object)
{
	return 0;
}

/* One block of a file, said to the clinic. */
static int bring_block(
	struct rowan *r, struct bytes text, uint8_t kind, uint64_t *ret_act)
{
	bool card = kind == ARMOUR_CARD;
	const struct session_parts *p;
	struct buf block = {0};
	int rc;

	if (r == NULL || text.data == NULL)
		return ROWAN_E_INVAL;
	if (text.len > TEXT_MAX)
		return ROWAN_E_LIMIT;
	rc = sdk_carded(r, &p);
	if (rc == 0)
		rc = find_block(text, kind, card ? not_logged : any, p, &block);
	if (rc == 0)
		rc = card ? acts_log_card(p->acts, buf_view(&block), ret_act)
			  : acts_submit(p->acts, buf_view(&block), ret_act);
	buf_wipe(&block);
	return sdk_done(r, rc);
}

int rowan_log_card(
	struct rowan *r, const void *text, size_t len, uint64_t *ret_act)
{
	return bring_block(r, bytes_of(text, len), ARMOUR_CARD, ret_act);
}

int rowan_put_statement(
	struct rowan *r, const void *text, size_t len, uint64_t *ret_act)
{
	return bring_block(r, bytes_of(text, len), ARMOUR_STATEMENT, ret_act);
}

/* ---- what the authority signs, too ---- */

static int request_both(struct rowan *r, const uint8_t *case_id,
	struct wire_statement *s, struct rowan_bytes **ret)
{
	const struct session_parts *p;
	struct buf raw = {0}, text = {0};
	struct writer w;
	int rc;

	if (r == NULL || case_id == NULL || ret == NULL)
		return ROWAN_E_INVAL;
	*ret = NULL;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	s->case_id = sdk_id(case_id);
	writer_init(&w, TEXT_MAX);
	rc = acts_request(p->acts, s, &raw);
	if (rc == 0)
		rc = armour_write(ARMOUR_STATEMENT, buf_view(&raw), &w);
	if (rc == 0)
		rc = writer_finish(&w, &text);
	writer_wipe(&w);
	buf_wipe(&raw);
	return rc == 0 ? sdk_bytes(ret, &text) : rc;
}

int rowan_request_hold(struct rowan *r, const uint8_t case_id[ROWAN_ID_LEN],
	bool on, struct rowan_bytes **ret)
{
	struct wire_statement s = {.kind = WIRE_ST_HOLD};

	s.u.hold.on = on ? 1 : 0;
	return request_both(r, case_id, &s, ret);
}

int rowan_request_erase(struct rowan *r, const uint8_t case_id[ROWAN_ID_LEN],
	struct rowan_bytes **ret)
{
	struct wire_statement s = {.kind = WIRE_ST_ERASE};

	return request_both(r, case_id, &s, ret);
}
