/*
 * Chains of statements: see chain.h.
 */
#include <string.h>

#include <sodium.h>

#include "trust/attest.h"
#include "trust/chain.h"

/* SHA-256 over a label and two or three parts of fixed length. */
static void hash_parts(const char *label, const struct bytes *parts,
	size_t count, struct wire_hash *ret)
{
	crypto_hash_sha256_state state;

	(void)crypto_hash_sha256_init(&state);
	(void)crypto_hash_sha256_update(
		&state, (const uint8_t *)label, strlen(label));
	for (size_t i = 0; i < count; i++)
		(void)crypto_hash_sha256_update(
			&state, parts[i].data, parts[i].len);
	(void)crypto_hash_sha256_final(&state, ret->b);
}

void chain_subject(const struct id16 *device, struct wire_hash *ret)
{
	struct bytes part = id16_view(device);

	hash_parts("Rowan 1.0 subject", &part, 1, ret);
}

int chain_link(const struct wire_statement *s, struct chain_link *ret)
{
	struct wire_card card;
	int rc = 0;

	memset(ret, 0, sizeof *ret);
	if (s->kind == WIRE_ST_CARD) {
		rc = wire_card_decode(s->u.card, &card);
		if (rc != 0)
			return ROWAN_E_MALFORMED;
		chain_subject(&card.device, &ret->subject);
	} else if (s->kind == WIRE_ST_REVOKE) {
		chain_subject(&s->u.revoke.device, &ret->subject);
	}
	attest_hash(s->raw, &ret->content);
	return 0;
}

void chain_next(const struct wire_hash *head, const struct chain_link *link,
	struct wire_hash *ret)
{
	const struct bytes parts[] = {
		bytes_of(head->b, sizeof head->b),
		bytes_of(link->subject.b, sizeof link->subject.b),
		bytes_of(link->content.b, sizeof link->content.b),
	};

	hash_parts("Rowan 1.0 head", parts, 3, ret);
}
