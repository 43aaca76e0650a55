/*
 * The store as a struct trust_source: see source.h.
 */
#include "clinic/source.h"
#include "trust/attest.h"

const struct id16 source_clinic_chain;

/* The card that counts now. */
static int newest_card(struct source *s, const struct id16 *device,
	struct buf *raw, struct wire_card *ret)
{
	struct wire_chain chain;
	int rc = store_device_card(s->view, device, raw);

	if (rc != 0)
		return rc;
	if (wire_chain_decode(buf_view(raw), &chain) != 0)
		return ROWAN_E_CORRUPT;
	*ret = chain.card[0];
	return 0;
}

/* A card that was renewed since lies in the chain only. */
static int earlier_card(struct source *s, uint64_t number, struct buf *raw,
	struct wire_card *ret, uint64_t *ret_time)
{
	struct wire_statement st;
	struct store_act act;
	int rc =
		store_act_get(s->view, &source_clinic_chain, number, &act, raw);

	/* Erased with its case. */
	if (rc == 0 && act.raw.len == 0)
		rc = ROWAN_E_NOT_FOUND;
	if (rc != 0)
		return rc;
	if (wire_statement_decode(act.raw, &st) != 0 ||
		st.kind != WIRE_ST_CARD ||
		wire_card_decode(st.u.card, ret) != 0)
		return ROWAN_E_CORRUPT;
	*ret_time = act.time;
	return 0;
}

static int get_card(void *ctx, const struct id16 *device, uint64_t number,
	struct trust_card *ret)
{
	struct source *s = ctx;
	struct buf *raw = &s->cards[s->next];
	struct store_standing at;
	int rc;

	memset(ret, 0, sizeof *ret);
	rc = store_standing_get(s->view, device, &at);
	if (rc != 0)
		return rc;
	ret->logged = at.logged;
	ret->logged_at = at.logged_at;
	while (ret->logged > number && at.earlier_count > 0)
		ret->logged = at.earlier[--at.earlier_count];
	if (ret->logged > number)
		return ROWAN_E_NOT_FOUND;
	buf_wipe(raw);
	rc = ret->logged == at.logged ? newest_card(s, device, raw, &ret->card)
				      : earlier_card(s, ret->logged, raw,
						&ret->card, &ret->logged_at);
	if (rc != 0)
		return rc;
	if (!id16_eq(&ret->card.device, device))
		return ROWAN_E_CORRUPT;
	s->next = (s->next + 1) % 2;
	attest_hash(ret->card.raw, &ret->hash);
	ret->revoked = at.revoked;
	ret->revoked_at = at.revoked_at;
	return 0;
}

static int get_device(
	void *ctx, const struct id16 *member, size_t i, struct id16 *ret)
{
	struct source *s = ctx;

	return store_member_device(s->view, member, i, ret);
}

static int get_key(void *ctx, const struct wire_key *key)
{
	struct source *s = ctx;
	struct key32 k;

	memcpy(k.b, key->b, sizeof k.b);
	return store_key_known(s->view, &k);
}

static int get_head(void *ctx, uint64_t number, struct wire_hash *ret)
{
	struct source *s = ctx;
	struct store_act act;
	struct buf raw;
	int rc = store_act_get(
		s->view, &source_clinic_chain, number, &act, &raw);

	memcpy(ret->b, act.head, sizeof ret->b);
	buf_wipe(&raw);
	return rc;
}

static int get_case(
	void *ctx, const struct id16 *case_id, const struct case_state **ret)
{
	struct source *s = ctx;
	int rc;

	*ret = NULL;
	/* The clinic's chain is no case. */
	if (id16_eq(case_id, &source_clinic_chain))
		return ROWAN_E_NOT_FOUND;
	case_wipe(&s->of_case);
	rc = source_case(s, case_id, &s->of_case);
	if (rc == 0)
		*ret = &s->of_case;
	return rc;
}

void source_init(struct source *s, struct store_reader *view)
{
	memset(s, 0, sizeof *s);
	s->view = view;
	s->source = (struct trust_source){
		get_card, get_device, get_key, get_head, get_case, s};
}

void source_wipe(struct source *s)
{
	buf_wipe(&s->cards[0]);
	buf_wipe(&s->cards[1]);
	case_wipe(&s->of_case);
	memset(s, 0, sizeof *s);
}

int source_clinic(struct source *s, struct clinic *ret)
{
	struct buf saved;
	int rc = store_chain_state(s->view, &source_clinic_chain, &saved);

	memset(ret, 0, sizeof *ret);
	if (rc == 0)
		rc = clinic_load(ret, buf_view(&saved));
	buf_wipe(&saved);
	return rc;
}

int source_case(
	struct source *s, const struct id16 *case_id, struct case_state *ret)
{
	struct buf saved;
	int rc = store_chain_state(s->view, case_id, &saved);

	memset(ret, 0, sizeof *ret);
	if (rc == 0)
		rc = case_load(ret, buf_view(&saved));
	buf_wipe(&saved);
	return rc;
}
