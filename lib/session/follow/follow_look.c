/*
 * Looking at what is known of the clinic: see follow.h.
 */
#include <stdlib.h>

#include "session/follow/follow_inner.h"
#include "trust/attest.h"

const struct clinic *follow_clinic(const struct follow *f)
{
	return &f->clinic;
}

uint64_t follow_now(const struct follow *f)
{
	return f->now;
}

uint64_t follow_our_now(const struct follow *f, const struct case_state *c)
{
	return c->time > f->now + 1 ? c->time : f->now + 1;
}

uint64_t follow_next(const struct follow *f)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < f->case_count; i++)
		if (f->cases[i]->next_change < next)
			next = f->cases[i]->next_change;
	return next;
}

const struct trust_source *follow_source(struct follow *f)
{
	return &f->source;
}

const struct case_state *follow_case(
	struct follow *f, const struct id16 *case_id)
{
	const struct known_case *k = follow_find(f, case_id);

	return k == NULL || k->c.status == CASE_NONE ? NULL : &k->c;
}

const struct case_state *follow_case_of(
	struct follow *f, const struct id16 *channel, uint8_t *ret_kind)
{
	const struct known_case *k = idmap_get(&f->by_channel, channel);

	for (size_t i = 0; k != NULL && i < k->c.channel_count; i++) {
		if (!id16_eq(&k->c.channels[i].channel, channel))
			continue;
		if (ret_kind != NULL)
			*ret_kind = k->c.channels[i].kind;
		return &k->c;
	}
	return NULL;
}

int follow_cases(
	struct follow *f, struct id16 *ret, size_t max, size_t *ret_len)
{
	*ret_len = 0;
	for (size_t i = 0; i < f->case_count; i++) {
		if (f->cases[i]->c.status == CASE_NONE)
			continue;
		if (*ret_len == max)
			return ROWAN_E_LIMIT;
		ret[(*ret_len)++] = f->cases[i]->c.id;
	}
	return 0;
}

/* ---- who may ------------------------------------------------------------- */

/* Shut out by what a restore has lost, and not let in anew. */
static int out(struct follow *f, const struct case_state *c, uint8_t kind,
	const struct wire_card *card)
{
	int rc = f->holds ? follow_held_device(f, &card->device) : 0;

	if (rc == 0 && f->holds)
		rc = follow_held(
			f, &c->id, &follow_clinic_chain, FOLLOW_CLOSED);
	return rc == 0 && f->holds ? follow_held(f, &c->id, &card->member, kind)
				   : rc;
}

/* What has begun by the case's own time has begun, whatever the clock. */
static int may(struct follow *f, const struct case_state *c, uint8_t kind,
	const struct id16 *device)
{
	uint64_t later =
		id16_eq(device, &f->device) ? follow_our_now(f, c) : c->time;
	const struct rules_context ctx = {.clinic = &f->clinic,
		.source = &f->source,
		.of_case = c,
		.accept = true,
		.now = f->now};
	struct trust_card card;
	int rc = rules_entitled(&ctx, device, kind, f->now, &card);

	if (follow_verdict(rc) && later > f->now &&
		rules_entitled(&ctx, device, kind, later, &card) == 0)
		rc = 0;
	if (rc == 0)
		rc = out(f, c, kind, &card.card);
	return rc != 0 ? rc : follow_vouch(f, c, &card);
}

/* A list being made: ascending, each once. */
struct entitling {
	struct id16 *list;
	size_t max, len;
};

static int insert(struct entitling *e, const struct id16 *device)
{
	size_t at = e->len;

	while (at > 0 && id16_cmp(&e->list[at - 1], device) > 0)
		at--;
	if (at > 0 && id16_eq(&e->list[at - 1], device))
		return 0;
	if (e->len == e->max)
		return ROWAN_E_LIMIT;
	memmove(e->list + at + 1, e->list + at,
		(e->len - at) * sizeof *e->list);
	e->list[at] = *device;
	e->len++;
	return 0;
}

void follow_entitled_wipe(struct known_case *k)
{
	for (size_t i = 0; i < WIRE_CASE_CHANNELS_MAX; i++) {
		free(k->entitled[i].device);
		k->entitled[i] = (struct entitled_list){0};
	}
}

static struct entitled_list *list_of(struct known_case *k, uint8_t kind)
{
	return kind > 0 && kind <= WIRE_CASE_CHANNELS_MAX
		       ? &k->entitled[kind - 1]
		       : NULL;
}

/* What was worked out, if it still is so; else NULL. */
static const struct entitled_list *listed(
	const struct follow *f, struct known_case *k, uint8_t kind)
{
	const struct entitled_list *l = list_of(k, kind);

	return l != NULL && l->known && l->clinic == f->clinic.number &&
			       l->cards == f->cards && f->now < l->until &&
			       memcmp(&l->head, &k->c.head, sizeof l->head) == 0
		       ? l
		       : NULL;
}

/* Without memory it is worked out again the next time. */
static void keep_list(struct follow *f, struct known_case *k, uint8_t kind,
	const struct id16 *device, size_t count)
{
	struct entitled_list *l = list_of(k, kind);
	struct id16 *copy;

	/* What is due has not been said yet. */
	if (l == NULL || k->next_change <= f->now)
		return;
	copy = malloc((count + 1) * sizeof *copy);
	if (copy == NULL)
		return;
	memcpy(copy, device, count * sizeof *copy);
	free(l->device);
	*l = (struct entitled_list){.known = true,
		.head = k->c.head,
		.clinic = f->clinic.number,
		.cards = f->cards,
		.until = k->next_change,
		.device = copy,
		.count = count};
}

int follow_may(
	struct follow *f, const struct id16 *channel, const struct id16 *device)
{
	uint8_t kind;
	const struct case_state *c = follow_case_of(f, channel, &kind);
	const struct entitled_list *l;

	if (c == NULL)
		return ROWAN_E_UNKNOWN;
	l = listed(f, follow_find(f, &c->id), kind);
	if (l != NULL && bsearch(device, l->device, l->count, sizeof *l->device,
				 id16_sort) != NULL)
		return 0;
	/* Why not? */
	return may(f, c, kind, device);
}

/* The devices of one member that may. */
static int add_member(struct follow *f, const struct case_state *c,
	uint8_t kind, const struct id16 *member, struct entitling *e)
{
	const struct trust_source *src = &f->source;
	struct id16 device;
	int rc;

	for (size_t i = 0;
		(rc = src->device_of(src->ctx, member, i, &device)) == 0; i++) {
		rc = may(f, c, kind, &device);
		if (rc != 0 && !follow_verdict(rc))
			return rc;
		if (rc == 0 && (rc = insert(e, &device)) != 0)
			return rc;
	}
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

int follow_entitled(struct follow *f, const struct id16 *channel,
	struct id16 *ret, size_t max, size_t *ret_len)
{
	uint8_t kind;
	const struct case_state *c = follow_case_of(f, channel, &kind);
	struct known_case *k = c == NULL ? NULL : follow_find(f, &c->id);
	struct entitling e = {ret, max, 0};
	const struct entitled_list *l;
	int rc = 0;

	*ret_len = 0;
	if (k == NULL)
		return ROWAN_E_UNKNOWN;
	l = listed(f, k, kind);
	if (l != NULL) {
		*ret_len = l->count < max ? l->count : max;
		memcpy(ret, l->device, *ret_len * sizeof *ret);
		return l->count > max ? ROWAN_E_LIMIT : 0;
	}
	for (size_t i = 0; rc == 0 && i < c->assignment_count; i++)
		if (c->assignments[i].channel == kind)
			rc = add_member(
				f, c, kind, &c->assignments[i].member, &e);
	*ret_len = e.len;
	if (rc == 0)
		keep_list(f, k, kind, ret, e.len);
	return rc;
}

/* ---- credentials --------------------------------------------------------- */

/* Not known: perhaps only not shown yet. */
static int unknown(struct follow *f, const struct id16 *device)
{
	struct wire_hash subject;
	int rc;

	chain_subject(device, &subject);
	rc = follow_hole_of(f, &subject);
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_UNKNOWN : rc;
	if (!f->want_holes) {
		f->want_holes = true;
		f->holes_from = 0;
		f->pause_until = 0;
	}
	return ROWAN_E_AGAIN;
}

int follow_identity(struct follow *f, struct bytes identity,
	const struct wire_key *key, struct id16 *ret)
{
	struct wire_chain chain;
	int rc = wire_chain_decode(identity, &chain);

	if (ret != NULL)
		memset(ret, 0, sizeof *ret);
	if (rc != 0)
		return ROWAN_E_MALFORMED;
	if (memcmp(&chain.card[0].signature_key, key, sizeof *key) != 0)
		return ROWAN_E_CRYPTO;
	rc = rules_logged(&f->source, &chain);
	if (rc == ROWAN_E_NOT_FOUND)
		return unknown(f, &chain.card[0].device);
	if (rc == 0 && ret != NULL)
		*ret = chain.card[0].device;
	return rc;
}

int follow_card(struct follow *f, const struct id16 *device,
	struct trust_card *ret, struct buf *ret_raw)
{
	struct trust_card card;
	int rc = f->source.card(f->source.ctx, device, CLINIC_NEWEST, &card);

	memset(ret, 0, sizeof *ret);
	*ret_raw = (struct buf){0};
	if (rc == 0)
		rc = buf_copy(ret_raw, card.card.raw);
	if (rc != 0)
		return rc;
	*ret = card;
	/* Cannot fail: it was decoded before. */
	rc = wire_card_decode(buf_view(ret_raw), &ret->card);
	return rc == 0 ? 0 : ROWAN_E_CORRUPT;
}

/* ---- our own end --------------------------------------------------------- */

static int signed_by(struct follow *f, const struct wire_statement *s, size_t i)
{
	const struct wire_key *key = &f->clinic.authority;
	struct trust_card card;
	int rc = 0;

	if (s->signers[i].kind == WIRE_SIGNER_DEVICE) {
		rc = f->source.card(f->source.ctx, &s->signers[i].device,
			CLINIC_NEWEST, &card);
		key = &card.card.signature_key;
	} else if (s->signers[i].kind != WIRE_SIGNER_AUTHORITY) {
		return ROWAN_E_REFUSED;
	}
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_UNKNOWN : rc;
	return attest_verify(ATTEST_STATEMENT, s->tbs, key, &s->signatures[i]);
}

int follow_revoked(
	struct follow *f, struct bytes statement, struct wire_statement *ret)
{
	int rc = wire_statement_decode(statement, ret);

	if (rc != 0)
		return rc;
	if (ret->kind != WIRE_ST_REVOKE ||
		!id16_eq(&ret->clinic, &f->clinic.id) ||
		!id16_eq(&ret->u.revoke.device, &f->device))
		return ROWAN_E_REFUSED;
	for (size_t i = 0; rc == 0 && i < ret->signer_count; i++)
		rc = signed_by(f, ret, i);
	return rc;
}
