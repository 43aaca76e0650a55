/*
 * A witness that is asked by file: see proofs.h.
 *
 *	request ---> judged ---> kept in the vault ---> signature line
 *
 * Killed after the keeping it has said nothing, and answers the same request
 * again only if that is what it knows. Trusts the clinic's card for the key of
 * the log, and no byte of the request.
 */
#include <string.h>

#include <sodium.h>

#include "session/proof/proofs_inner.h"
#include "tlog/origin.h"
#include "tlog/witness.h"
#include "wire/log.h"

/*
 * The key of the log that has signed it, and its daemon's card; or of no log
 * of this clinic, and none.
 */
static int key_of(struct proofs *x, const struct witness_request *r,
	struct note_key *ret, struct buf *ret_card)
{
	const struct id16 *clinic = &follow_clinic(x->o.follow)->id;
	uint8_t zero[crypto_sign_PUBLICKEYBYTES] = {0};
	struct checkpoint c;
	struct wire_card card;
	struct note n;
	int rc = proofs_open(x, r->checkpoint, &c, &n, ret_card);

	if (rc == 0)
		rc = wire_card_decode(buf_view(ret_card), &card);
	if (rc == 0)
		rc = origin_log(&card.clinic, card.signature_key.b, ret);
	else if (rc == ROWAN_E_CRYPTO || rc == ROWAN_E_MALFORMED)
		/* By nobody we know: only its name is looked at. */
		rc = origin_log(clinic, zero, ret);
	return rc;
}

static int refusal(struct proofs *x, enum witness_verdict v,
	const struct witness_request *r, const struct conflict_side *by)
{
	int rc;

	switch (v) {
	case WITNESS_GOOD: return 0;
	case WITNESS_MALFORMED: return ROWAN_E_MALFORMED;
	case WITNESS_UNSIGNED: return ROWAN_E_CRYPTO;
	case WITNESS_UNKNOWN: return ROWAN_E_UNKNOWN;
	case WITNESS_CONFLICT: return ROWAN_E_STALE;
	case WITNESS_INCONSISTENT: break;
	}
	rc = proofs_conflict(x, WATCH_FORK, by, &r->proof);
	return rc == 0 ? ROWAN_E_CHAIN : rc;
}

int proofs_witness(struct proofs *x, struct bytes request, struct buf *ret)
{
	struct conflict_side by = {{NULL, 0}, {NULL, 0}};
	struct witness_request r;
	struct buf card = {NULL, 0};
	struct note_key key;
	struct watch next;
	struct writer w;
	struct note n;
	int rc;

	*ret = (struct buf){NULL, 0};
	if (!proofs_is_witness(x))
		return ROWAN_E_SIGNER;
	rc = request.len > WITNESS_REQUEST_MAX
		     ? ROWAN_E_MALFORMED
		     : witness_request_parse(&r, request);
	if (rc == 0)
		rc = key_of(x, &r, &key, &card);
	by = (struct conflict_side){r.checkpoint, buf_view(&card)};
	if (rc == 0)
		rc = refusal(x, witness_judge(&r, &key, &x->watch, &n, &next),
			&r, &by);
	writer_init(&w, WIRE_COSIGN_MAX);
	if (rc == 0)
		rc = proofs_cosign(x, &next, &by, n.text, &w);
	if (rc == 0)
		rc = writer_finish(&w, ret);
	writer_wipe(&w);
	buf_wipe(&card);
	return rc;
}

int proofs_witness_key(const struct proofs *x, struct writer *w)
{
	uint8_t sk[crypto_sign_SECRETKEYBYTES];
	struct note_key key;
	int rc;

	if (!proofs_is_witness(x))
		return ROWAN_E_SIGNER;
	rc = proofs_key(x, &key, sk);
	sodium_memzero(sk, sizeof sk);
	if (rc == 0)
		note_key_format(&key, w);
	return rc == 0 ? writer_status(w) : rc;
}
