/*
 * The rules of a channel for commits: see group_policy.h.
 */
#include <sodium.h>

#include "clinic/group_policy.h"
#include "clinic/source.h"
#include "mls/public/object/key_package.h"
#include "mls/public/framing/mls_message.h"
#include "trust/rules.h"

/* version 1, wire format 5: what stands before a published key package */
static const uint8_t message_head[] = {0, 1, 0, 5};

/* ---- credentials -----------------------------------------------------------
 */

int group_identity(
	const struct rowan_mls_credential *credential, struct id16 *ret)
{
	struct wire_chain chain;

	memset(ret, 0, sizeof *ret);
	if (credential->type != ROWAN_MLS_BASIC ||
		wire_chain_decode(bytes_of(credential->content.data,
					  credential->content.len),
			&chain) != 0)
		return ROWAN_E_REFUSED;
	*ret = chain.card[0].device;
	return 0;
}

/* A card of the device as it was logged, and no other bytes. */
int group_as_logged(
	struct store_reader *view, struct bytes identity, struct bytes key)
{
	struct wire_chain chain;
	struct source source;
	int rc = wire_chain_decode(identity, &chain);

	if (rc != 0 ||
		!bytes_eq(bytes_of(chain.card[0].signature_key.b, WIRE_KEY_LEN),
			key))
		return ROWAN_E_REFUSED;
	source_init(&source, view);
	rc = rules_logged(&source.source, &chain);
	source_wipe(&source);
	switch (rc) {
	case ROWAN_E_NOT_FOUND:
	case ROWAN_E_UNKNOWN:
	case ROWAN_E_CHAIN: return ROWAN_E_REFUSED;
	default: return rc;
	}
}

static int validate(void *ctx, const struct rowan_mls_claim *claim)
{
	const struct group_judge *j = ctx;
	const struct rowan_mls_bytes identity = claim->credential.content;
	struct id16 device, before;
	int rc = group_identity(&claim->credential, &device);

	if (rc == 0 && claim->external)
		rc = ROWAN_E_REFUSED;
	/* A leaf stays with its device. */
	if (rc == 0 && claim->succeeds) {
		rc = group_identity(&claim->old_credential, &before);
		if (rc == 0 && !id16_eq(&device, &before))
			rc = ROWAN_E_REFUSED;
	}
	if (rc == 0)
		rc = store_channel_access(j->st, j->channel, &device);
	return rc != 0 ? rc
		       : group_as_logged(store_view(j->st),
				 bytes_of(identity.data, identity.len),
				 bytes_of(claim->signature_key.data,
					 claim->signature_key.len));
}

static uint64_t judge_clock(void *ctx)
{
	return ((const struct group_judge *)ctx)->now;
}

/* Following draws no randomness. */
static int no_random(void *ctx, uint8_t *ret, size_t len)
{
	memset(ret, 0, len);
	return ROWAN_E_INTERNAL;
}

void group_judge_options(
	struct group_judge *judge, struct rowan_mls_public_options *ret)
{
	*ret = (struct rowan_mls_public_options){.host = {.ctx = judge,
							 .clock = judge_clock,
							 .random = no_random,
							 .validate = validate}};
}

/* ---- commits ---------------------------------------------------------------
 */

/* A key package that came out of the directory, and for this device. */
static int check_package(const struct group_judge *j, struct bytes raw,
	struct wire_hash *ret_ref)
{
	uint8_t hash[STORE_HASH_LEN];
	crypto_generichash_state st;
	struct hash_value ref;
	struct key_package kp;
	int rc = key_package_decode(raw, &kp);

	if (rc != 0)
		return rc;
	key_package_ref(&suite_0003, &kp, &ref);
	key_package_wipe(&kp);
	memcpy(ret_ref->b, ref.b, sizeof ret_ref->b);
	crypto_generichash_init(&st, NULL, 0, sizeof hash);
	crypto_generichash_update(&st, message_head, sizeof message_head);
	crypto_generichash_update(&st, raw.data, raw.len);
	crypto_generichash_final(&st, hash, sizeof hash);
	rc = store_package_known(j->st, hash);
	return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_REFUSED : rc;
}

/* The encoded Proposal is its type and the key package. */
static int take_add(const struct group_judge *j, const struct group_row *row,
	const struct rowan_mls_proposal_view *p, struct group_added *ret)
{
	struct id16 *device = &ret->device[ret->count];
	int rc;

	if (ret->count == GROUP_ROW_LEAVES_MAX || p->data.len < 2)
		return ROWAN_E_REFUSED;
	rc = group_identity(&p->member.credential, device);
	if (rc == 0)
		rc = store_channel_access(j->st, j->channel, device);
	for (size_t i = 0; rc == 0 && i < ret->count; i++)
		if (id16_eq(&ret->device[i], device))
			rc = ROWAN_E_REFUSED;
	/* In it still, unless this commit has removed it. */
	for (size_t i = 0; rc == 0 && i < row->leaf_count; i++)
		if (id16_eq(&row->leaves[i].device, device))
			rc = ROWAN_E_REFUSED;
	/* A parked one comes back by asking for it. */
	if (rc == 0)
		rc = groups_awaited(j->st, row, device);
	if (rc == 0)
		rc = check_package(j,
			bytes_of(p->data.data + 2, p->data.len - 2),
			&ret->ref[ret->count]);
	if (rc == 0)
		ret->count++;
	return rc;
}

/* Who may be in it, and did not ask to be replaced: is it away for long? */
static int park(const struct group_judge *j, struct group_row *row,
	const struct id16 *device)
{
	bool away;
	int rc = store_device_away(j->st, device, &away);

	if (rc == 0 && !away)
		rc = ROWAN_E_REFUSED;
	if (rc == 0)
		group_row_park(row, device);
	return rc;
}

/*
 * Out of the row goes who has no right to be in it, who asked to be replaced,
 * and who is away for long: that one is parked.
 */
static int take_remove(
	const struct group_judge *j, struct group_row *row, uint32_t leaf)
{
	for (size_t i = 0; i < row->leaf_count; i++) {
		struct group_leaf *l = &row->leaves[i];
		int rc;

		if (l->leaf != leaf)
			continue;
		rc = store_channel_access(j->st, j->channel, &l->device);
		if (rc == 0 && !l->replace)
			rc = park(j, row, &l->device);
		else if (rc == ROWAN_E_REFUSED)
			rc = 0;
		if (rc != 0)
			return rc;
		memmove(l, l + 1,
			(row->leaf_count - i - 1) * sizeof *row->leaves);
		row->leaf_count--;
		return 0;
	}
	return ROWAN_E_REFUSED;
}

static int each(const struct group_judge *j, struct group_row *row,
	const struct rowan_mls_public_received *commit, uint16_t type,
	struct group_added *ret)
{
	struct rowan_mls_proposal_view p;
	int rc = 0;

	for (size_t i = 0; rc == 0; i++) {
		if (rowan_mls_public_received_proposal(commit, i, &p) != 0)
			return 0;
		if (p.by_reference ||
			(p.type != ROWAN_MLS_ADD && p.type != ROWAN_MLS_REMOVE))
			rc = ROWAN_E_REFUSED;
		else if (p.type == type)
			rc = type == ROWAN_MLS_ADD
				     ? take_add(j, row, &p, ret)
				     : take_remove(j, row, p.leaf);
	}
	return rc;
}

int group_policy(const struct group_judge *judge, struct group_row *row,
	const struct id16 *committer,
	const struct rowan_mls_public_received *commit, struct group_added *ret)
{
	uint32_t sender = rowan_mls_public_received_sender(commit);
	const struct group_leaf *own = group_row_leaf(row, committer);
	int rc;

	ret->count = 0;
	if (rowan_mls_public_received_kind(commit) != ROWAN_MLS_KIND_COMMIT ||
		rowan_mls_public_received_sender_type(commit) !=
			ROWAN_MLS_SENDER_MEMBER ||
		own == NULL || own->leaf != sender)
		return ROWAN_E_REFUSED;
	/* 12.3: removals are applied before additions. */
	rc = each(judge, row, commit, ROWAN_MLS_REMOVE, ret);
	return rc != 0 ? rc : each(judge, row, commit, ROWAN_MLS_ADD, ret);
}

static int stood_at(struct store_reader *view, const struct id16 *chain,
	uint64_t number, const struct wire_hash *head)
{
	struct store_act act;
	struct buf raw;
	int rc = store_act_get(view, chain, number, &act, &raw);

	if (rc == ROWAN_E_NOT_FOUND ||
		(rc == 0 && memcmp(act.head, head->b, sizeof act.head) != 0))
		rc = ROWAN_E_REFUSED;
	buf_wipe(&raw);
	return rc;
}

int group_heads(
	struct store_reader *view, const struct id16 *channel, struct bytes aad)
{
	struct store_channel ch;
	struct wire_heads h;
	int rc = wire_heads_get(aad, &h) != 0
			 ? ROWAN_E_REFUSED
			 : store_channel_get(view, channel, &ch);

	if (rc == 0)
		rc = stood_at(
			view, &source_clinic_chain, h.clinic_number, &h.clinic);
	return rc == 0 ? stood_at(view, &ch.case_id, h.case_number, &h.of_case)
		       : rc;
}

int group_welcome_fits(struct bytes welcome, const struct group_added *added)
{
	struct encrypted_group_secrets found;
	struct mls_message m;
	int rc;

	if (added->count == 0 || welcome.len == 0)
		return added->count == 0 && welcome.len == 0 ? 0
							     : ROWAN_E_REFUSED;
	rc = mls_message_decode(welcome, &m);
	if (rc != 0)
		return rc;
	if (m.wire_format != WIRE_FORMAT_WELCOME ||
		m.welcome.secrets_n != added->count)
		rc = ROWAN_E_REFUSED;
	for (size_t i = 0; rc == 0 && i < added->count; i++)
		if (welcome_find(&m.welcome,
			    bytes_of(added->ref[i].b, WIRE_HASH_LEN),
			    &found) != 0)
			rc = ROWAN_E_REFUSED;
	mls_message_wipe(&m);
	return rc;
}
