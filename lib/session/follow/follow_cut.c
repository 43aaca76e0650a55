/*
 * What the vault forgets of the clinic's chains when a restore has lost it for
 * good, and what it does not forget: who was shut out by it. See
 * follow_inner.h; follow_rows.c has the list of rows.
 *
 * Trusts its callers (follow_clinic.c, follow_case.c) to have the restore
 * checked. In their open transaction.
 */
#include "session/follow/follow_rows.h"
#include "trust/chain.h"

/* Out of a list of devices, which has no gaps. */
static int unlist(
	struct follow *f, struct bytes name, const struct id16 *device)
{
	struct vault *v = f->o.vault;
	uint64_t last = 0;
	bool found = false;
	int rc = vault_last(v, VAULT_CARD, name, UINT64_MAX, &last, NULL);

	for (uint64_t i = 0; rc == 0 && i <= last; i++) {
		struct buf mem;

		rc = vault_get(v, VAULT_CARD, name, i, &mem);
		if (rc == 0 && found)
			rc = vault_put(
				v, VAULT_CARD, name, i - 1, buf_view(&mem));
		found = found || (rc == 0 && bytes_eq(buf_view(&mem),
						     id16_view(device)));
		buf_wipe(&mem);
	}
	if (rc == 0 && found)
		rc = vault_delete(v, VAULT_CARD, name, last);
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

/* The device with its card, or a card that renewed it. */
static int drop_card(struct follow *f, const struct follow_old *old)
{
	struct vault *v = f->o.vault;
	struct trust_card t;
	struct wire_hash subject;
	struct name n;
	struct buf mem;
	struct card_row row;
	int rc = f->source.card(f->source.ctx, &old->device, old->number, &t);

	if (rc == 0)
		rc = vault_get(v, VAULT_CARD,
			named(&n, 'd', old->device.b, ID16_LEN), 0, &mem);
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_CORRUPT : rc;
	rc = follow_read_card(buf_view(&mem), &row);
	buf_wipe(&mem);
	if (rc != 0)
		return rc;
	if (row.logged != old->number)
		return vault_delete(v, VAULT_CARD,
			named(&n, 'd', old->device.b, ID16_LEN), old->number);
	chain_subject(&old->device, &subject);
	if ((rc = vault_delete(v, VAULT_CARD,
		     named(&n, 'k', t.card.signature_key.b, WIRE_KEY_LEN),
		     0)) ||
		(rc = vault_delete(v, VAULT_CARD,
			 named(&n, 'k', t.card.transport_key.b, WIRE_KEY_LEN),
			 0)) ||
		(rc = vault_delete(v, VAULT_CARD,
			 named(&n, 's', subject.b, WIRE_HASH_LEN), 0)) ||
		(rc = unlist(f, named(&n, 'm', old->member.b, ID16_LEN),
			 &old->device)) ||
		(rc = unlist(f, text("all"), &old->device)))
		return rc;
	return vault_delete_all(
		v, VAULT_CARD, named(&n, 'd', old->device.b, ID16_LEN));
}

int follow_drop_links(struct follow *f, const struct id16 *chain, uint64_t from,
	uint64_t last)
{
	struct name n;
	uint64_t at;
	int rc = 0;

	for (uint64_t i = from + 1; rc == 0 && i <= last; i++)
		rc = vault_delete(
			f->o.vault, link_kind(chain), link_name(&n, chain), i);
	/* Nor is anything of it to be found any more. */
	while (rc == 0 && (rc = follow_told_more(f, chain, from, &at)) == 0)
		rc = vault_delete(f->o.vault, VAULT_CLINIC,
			named(&n, 'x', chain->b, ID16_LEN), at);
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int cut_one(struct follow *f, const struct follow_old *old)
{
	struct follow_link link;
	struct buf raw;
	int rc;

	if (!old->withheld && old->kind == WIRE_ST_CARD)
		return drop_card(f, old);
	if (!old->withheld && old->kind == WIRE_ST_REVOKE)
		return follow_put_revoked(f, &old->device, 0, 0);
	if (!old->withheld && old->kind == WIRE_ST_SUCCEED)
		return vault_delete(
			f->o.vault, VAULT_CLINIC, text("record"), old->number);
	if (!old->withheld)
		return 0;
	rc = follow_get_link(f, &follow_clinic_chain, old->number, &link, &raw);
	if (rc == 0)
		rc = follow_fill_hole(f, old->number, &link.link.subject);
	buf_wipe(&raw);
	return rc;
}

int follow_cut(struct follow *f, uint64_t from, const struct follow_old *old,
	size_t count)
{
	int rc = 0;

	/* The newest first: a device's end before its beginning. */
	for (size_t i = count; rc == 0 && i > 0; i--) {
		rc = cut_one(f, &old[i - 1]);
		follow_forget_cards(f);
	}
	return rc == 0 ? follow_drop_links(
				 f, &follow_clinic_chain, from, from + count)
		       : rc;
}

int follow_put_under(struct follow *f, const struct id16 *case_id,
	const struct wire_hash *restore)
{
	struct name n;

	return vault_put(f->o.vault, VAULT_CASE,
		named(&n, 'w', case_id->b, ID16_LEN), 0,
		bytes_of(restore->b, WIRE_HASH_LEN));
}

int follow_get_under(
	struct follow *f, const struct id16 *case_id, struct wire_hash *ret)
{
	struct name n;
	struct buf mem;
	int rc = vault_get(f->o.vault, VAULT_CASE,
		named(&n, 'w', case_id->b, ID16_LEN), 0, &mem);

	if (rc != 0)
		return rc;
	if (mem.len == WIRE_HASH_LEN)
		memcpy(ret->b, mem.data, WIRE_HASH_LEN);
	else
		rc = ROWAN_E_CORRUPT;
	buf_wipe(&mem);
	return rc;
}

/* ---- who stays out ------------------------------------------------------- */

static int hold(struct follow *f, enum vault_kind kind, struct bytes name,
	uint64_t number, struct bytes since)
{
	int rc = vault_put(f->o.vault, kind, name, number, since);

	if (rc == 0)
		rc = vault_put(f->o.vault, VAULT_CLINIC, text("holds"), 0,
			bytes_of(NULL, 0));
	f->holds = f->holds || rc == 0;
	return rc;
}

static int held(struct follow *f, enum vault_kind kind, struct bytes name,
	uint64_t number, int as)
{
	struct buf mem;
	int rc = f->holds ? vault_get(f->o.vault, kind, name, number, &mem)
			  : ROWAN_E_NOT_FOUND;

	if (rc == ROWAN_E_NOT_FOUND)
		return 0;
	if (rc == 0)
		buf_wipe(&mem);
	return rc == 0 ? as : rc;
}

static struct bytes pair(
	struct name *n, const struct id16 *case_id, const struct id16 *member)
{
	uint8_t both[2 * ID16_LEN];

	memcpy(both, case_id->b, ID16_LEN);
	memcpy(both + ID16_LEN, member->b, ID16_LEN);
	return named(n, 'g', both, sizeof both);
}

int follow_hold_device(struct follow *f, const struct id16 *device)
{
	struct name n;

	follow_forget_cards(f);
	return hold(f, VAULT_CARD, named(&n, 'g', device->b, ID16_LEN), 0,
		bytes_of(NULL, 0));
}

int follow_held_device(struct follow *f, const struct id16 *device)
{
	struct name n;

	return held(f, VAULT_CARD, named(&n, 'g', device->b, ID16_LEN), 0,
		ROWAN_E_REVOKED);
}

/* When what shut them out was signed; 0: they are not held. */
static int held_since(struct follow *f, const struct id16 *case_id,
	const struct id16 *member, uint8_t channel, uint64_t *ret)
{
	struct reader r;
	struct name n;
	struct buf mem;
	int rc = f->holds ? vault_get(f->o.vault, VAULT_CASE,
				    pair(&n, case_id, member), channel, &mem)
			  : ROWAN_E_NOT_FOUND;

	*ret = 0;
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	reader_init(&r, buf_view(&mem));
	/* Of rows without a time whatever is signed now counts. */
	if (mem.len > 0 && (reader_u64(&r, ret) != 0 || reader_end(&r) != 0))
		rc = ROWAN_E_CORRUPT;
	buf_wipe(&mem);
	return rc;
}

static int hold_since(struct follow *f, const struct id16 *case_id,
	const struct id16 *member, uint8_t channel, uint64_t since)
{
	uint8_t mem[8];
	struct writer w;
	struct name n;
	uint64_t before;
	int rc = held_since(f, case_id, member, channel, &before);

	writer_init_fixed(&w, mem, sizeof mem);
	writer_u64(&w, since > before ? since : before);
	return rc == 0 ? hold(f, VAULT_CASE, pair(&n, case_id, member), channel,
				 writer_view(&w))
		       : rc;
}

int follow_hold(struct follow *f, const struct case_state *lost,
	const struct id16 *member, uint8_t channel)
{
	return hold_since(f, &lost->id, member, channel, lost->time);
}

int follow_held(struct follow *f, const struct id16 *case_id,
	const struct id16 *member, uint8_t channel)
{
	struct name n;

	return held(f, VAULT_CASE, pair(&n, case_id, member), channel,
		ROWAN_E_RULE);
}

int follow_unhold(struct follow *f, const struct id16 *case_id,
	const struct id16 *member, uint8_t channel)
{
	struct name n;

	return f->holds ? vault_delete(f->o.vault, VAULT_CASE,
				  pair(&n, case_id, member), channel)
			: 0;
}

static int held_signer(struct follow *f, const struct wire_statement *s)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < s->signer_count; i++)
		rc = follow_held_device(f, &s->signers[i].device);
	return rc;
}

int follow_decided(struct follow *f, const struct wire_statement *s,
	const struct id16 *member, uint8_t channel)
{
	bool opens = s->kind == WIRE_ST_ASSIGN || s->kind == WIRE_ST_REOPEN;
	uint64_t since;
	int rc = held_signer(f, s);

	if (rc == ROWAN_E_REVOKED)
		return opens ? hold_since(
				       f, &s->case_id, member, channel, s->time)
			     : 0;
	if (rc == 0)
		rc = held_since(f, &s->case_id, member, channel, &since);
	if (rc != 0 || s->time < since)
		return rc;
	return follow_unhold(f, &s->case_id, member, channel);
}
