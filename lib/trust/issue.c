/*
 * Requests and cards: see issue.h.
 */
#include <string.h>

#include "trust/issue.h"

#define SUBJECT_MAX 256

/* What possession and consent sign. */
static int subject(const struct wire_request *q, uint8_t mem[SUBJECT_MAX],
	struct writer *ret)
{
	struct wire_card card = {.clinic = q->clinic,
		.member = q->member,
		.device = q->device,
		.signature_key = q->signature_key,
		.transport_key = q->transport_key};

	writer_init_fixed(ret, mem, SUBJECT_MAX);
	return wire_card_request(&card, ret);
}

int issue_request(struct wire_request *q, const uint8_t seed[ATTEST_SEED_LEN],
	struct writer *w)
{
	uint8_t mem[SUBJECT_MAX];
	struct writer s;
	int rc;

	attest_key(seed, &q->signature_key);
	rc = subject(q, mem, &s);
	if (rc == 0)
		rc = attest_sign(ATTEST_POSSESSION, writer_view(&s), seed,
			&q->possession);
	return rc == 0 ? wire_request_encode(q, w) : rc;
}

int issue_check(const struct wire_request *q)
{
	uint8_t mem[SUBJECT_MAX];
	struct writer s;
	int rc = subject(q, mem, &s);

	return rc == 0 ? attest_verify(ATTEST_POSSESSION, writer_view(&s),
				 &q->signature_key, &q->possession)
		       : rc;
}

void issue_fingerprint(struct bytes raw, char ret[ISSUE_FINGERPRINT_LEN])
{
	static const char digits[] = "0123456789abcdef";
	struct wire_hash h;
	size_t n = 0;

	attest_hash(raw, &h);
	for (size_t i = 0; i < 16; i++) {
		if (i > 0 && i % 2 == 0)
			ret[n++] = ' ';
		ret[n++] = digits[h.b[i] >> 4];
		ret[n++] = digits[h.b[i] & 15];
	}
	ret[n] = '\0';
}

int issue_consent(const struct wire_request *q, const struct id16 *device,
	const uint8_t seed[ATTEST_SEED_LEN], struct wire_consent *ret)
{
	uint8_t mem[SUBJECT_MAX];
	struct writer s;
	int rc = subject(q, mem, &s);

	memset(ret, 0, sizeof *ret);
	if (rc == 0)
		rc = attest_sign(
			ATTEST_CONSENT, writer_view(&s), seed, &ret->signature);
	if (rc == 0)
		ret->device = *device;
	return rc;
}

void issue_begin(const struct wire_request *q, struct wire_card *ret)
{
	*ret = (struct wire_card){.clinic = q->clinic,
		.member = q->member,
		.device = q->device,
		.role = q->role,
		.agency = q->agency,
		.rights = q->rights,
		.case_id = q->case_id,
		.signature_key = q->signature_key,
		.transport_key = q->transport_key,
		.possession = q->possession};
}

int issue_sign(
	const struct issuer *by, struct wire_card *card, struct writer *w)
{
	uint8_t mem[WIRE_CARD_MAX];
	struct writer tbs;
	int rc;

	card->issuer_kind = by->kind;
	card->issuer = by->device;
	card->issuer_hash = by->hash;
	writer_init_fixed(&tbs, mem, sizeof mem);
	rc = wire_card_encode_tbs(card, &tbs);
	if (rc == 0)
		rc = attest_sign(ATTEST_CARD, writer_view(&tbs), by->seed,
			&card->signature);
	return rc == 0 ? wire_card_encode(card, w) : rc;
}
