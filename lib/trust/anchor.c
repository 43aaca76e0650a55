/*
 * Whom a verifier believes: see anchor.h.
 */
#include <string.h>

#include "trust/anchor.h"
#include "trust/attest.h"
#include "trust/bundle.h"

void anchor_init(struct anchor *a)
{
	memset(a, 0, sizeof *a);
}

static bool believed(const struct anchor *a, const struct wire_key *key)
{
	for (size_t i = 0; i < a->count; i++)
		if (memcmp(&a->key[i], key, sizeof *key) == 0)
			return true;
	return false;
}

static void add(struct anchor *a, const struct wire_key *key)
{
	if (!believed(a, key) && a->count < ANCHOR_KEYS_MAX)
		a->key[a->count++] = *key;
}

void anchor_pin(struct anchor *a, const struct wire_key *key)
{
	add(a, key);
	a->pinned = a->count;
}

int anchor_follow(
	struct anchor *a, const struct wire_record *records, size_t count)
{
	size_t i = 0;
	int rc = bundle_records(records, count);

	if (rc != 0)
		return rc;
	while (i < count && !believed(a, &records[i].key))
		i++;
	for (; i < count; i++)
		add(a, &records[i].key);
	return 0;
}

int anchor_signed(
	const struct anchor *a, const struct wire_card *card, size_t *ret)
{
	if (card->issuer_kind != WIRE_SIGNER_AUTHORITY)
		return ROWAN_E_SIGNER;
	for (size_t i = 0; i < a->count; i++) {
		if (attest_verify(ATTEST_CARD, card->tbs, &a->key[i],
			    &card->signature) != 0)
			continue;
		if (ret != NULL)
			*ret = i;
		return 0;
	}
	return ROWAN_E_CRYPTO;
}
