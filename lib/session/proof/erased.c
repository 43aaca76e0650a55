/*
 * What a witness keeps besides its word on the log: which cases were erased, a
 * page at each look, so that no restore of the daemon brings one back. See
 * proofs.h.
 *
 *	PROOF "E"/i		the i-th statement that erased a case
 *	PROOF "e"+case/0	there is one of this case
 *
 * Trusts the signatures, by whichever record of the authority, and nothing the
 * daemon says. Whoever is brought it judges it once more.
 */
#include <string.h>

#include "session/proof/proofs_inner.h"
#include "trust/rules.h"
#include "wire/armour.h"
#include "wire/log.h"
#include "wire/op.h"

static struct bytes list_name(void)
{
	return bytes_of("E", 1);
}

/*
 * By a coordinator and the authority of this clinic, as it is or was. 0, or
 * ROWAN_E_SIGNER: not now, for more may be known at the next look.
 */
static int is_signed(struct proofs *x, const struct proofs_records *records,
	const struct wire_statement *s)
{
	struct clinic clinic = *follow_clinic(x->o.follow);
	struct wire_record record;
	struct case_state c;
	const struct rules_context ctx = {
		&clinic, follow_source(x->o.follow), &c, false, 0};
	int rc = ROWAN_E_SIGNER;

	case_init(&c, &clinic.id, &s->case_id);
	for (size_t k = 0; rc != 0 && k < records->count; k++) {
		if (wire_record_decode(records->view[k], &record) != 0)
			continue;
		clinic.authority = record.key;
		rc = rules_witnessed(&ctx, s);
	}
	case_wipe(&c);
	return rc == 0 ? 0 : ROWAN_E_SIGNER;
}

static void known_name(const struct id16 *case_id, uint8_t ret[1 + ID16_LEN])
{
	ret[0] = 'e';
	memcpy(ret + 1, case_id->b, ID16_LEN);
}

static int keep(struct proofs *x, const struct wire_statement *s)
{
	struct vault *v = x->o.vault;
	uint8_t known[1 + ID16_LEN];
	uint64_t last = 0;
	int rc = vault_last(
		v, VAULT_PROOF, list_name(), UINT64_MAX, &last, NULL);

	if (rc != 0 && rc != ROWAN_E_NOT_FOUND)
		return rc;
	last = rc == 0 ? last + 1 : 0;
	known_name(&s->case_id, known);
	rc = vault_put(v, VAULT_PROOF, list_name(), last, s->raw);
	return rc == 0 ? vault_put(v, VAULT_PROOF,
				 bytes_of(known, sizeof known), 0,
				 bytes_of(NULL, 0))
		       : rc;
}

/* What the daemon says of no use is left out, and not asked about again. */
static int take_one(struct proofs *x, const struct proofs_records *records,
	struct bytes raw)
{
	uint8_t known[1 + ID16_LEN];
	struct wire_statement s;
	uint64_t n = 0;
	int rc;

	if (wire_statement_decode(raw, &s) != 0 || s.kind != WIRE_ST_ERASE ||
		!id16_eq(&s.clinic, &follow_clinic(x->o.follow)->id))
		return 0;
	known_name(&s.case_id, known);
	rc = vault_next(x->o.vault, VAULT_PROOF, bytes_of(known, sizeof known),
		0, &n, NULL);
	if (rc != ROWAN_E_NOT_FOUND || is_signed(x, records, &s) != 0)
		return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	return keep(x, &s);
}

static int take(struct proofs *x, const struct wire_erased_answer *a)
{
	struct proofs_records records;
	int rc = proofs_records(x, &records);

	if (rc != 0)
		return rc;
	rc = vault_begin(x->o.vault);
	for (size_t i = 0; rc == 0 && i < a->count; i++)
		rc = take_one(x, &records, a->statements[i]);
	proofs_records_wipe(&records);
	return proofs_finish(x, rc);
}

static void got(void *ctx, const struct requests_outcome *o)
{
	struct wire_erased_answer a = {.next = 0};
	struct proofs *x = ctx;
	int rc = o->rc;

	x->busy = false;
	if (rc == 0)
		rc = wire_erased_answer_decode(o->answer, &a);
	/* Else at the next look, from the beginning. */
	x->erasing = rc == 0 && a.next > x->erased_from;
	x->erased_from = x->erasing ? a.next : 0;
	if (rc != 0 || a.count == 0)
		return;
	rc = take(x, &a);
	if (rc != 0 && x->fault == 0)
		x->fault = rc;
}

int proofs_erased_step(struct proofs *x)
{
	const struct wire_erased q = {x->erased_from};
	struct requests_new n = {.op = WIRE_OP_ERASED, .done = got, .ctx = x};
	uint8_t mem[16];
	struct writer w;
	int rc;

	x->erasing = proofs_is_witness(x);
	if (!x->erasing)
		return 0;
	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_erased_encode(&q, &w);
	n.body = writer_view(&w);
	if (rc == 0)
		rc = requests_start(x->o.requests, &n);
	x->busy = rc == 0;
	/* Too much is open: at another step. */
	return rc == ROWAN_E_AGAIN ? 0 : rc;
}

int proofs_erased(struct proofs *x, struct writer *w)
{
	uint64_t n = 0;
	int rc = proofs_is_witness(x) ? 0 : ROWAN_E_SIGNER;

	while (rc == 0) {
		struct buf raw = {NULL, 0};

		rc = vault_next(
			x->o.vault, VAULT_PROOF, list_name(), n, &n, &raw);
		if (rc == 0)
			rc = armour_write(ARMOUR_STATEMENT, buf_view(&raw), w);
		buf_wipe(&raw);
		n++;
	}
	return rc == ROWAN_E_NOT_FOUND ? writer_status(w) : rc;
}
