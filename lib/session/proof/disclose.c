/*
 * Letting out what was written: see disclose.h.
 */
#include <string.h>

#include "session/proof/disclose.h"
#include "session/proof/proofs_inner.h"
#include "trust/attest.h"

#define CONSENT_ROOM (DISCLOSURE_PURPOSE + 512)

static int hashes(const struct said *said, struct bytes envelope,
	struct consent *c, struct writer *w)
{
	int rc = said_write(said, w);

	if (rc != 0)
		return rc;
	attest_hash(writer_view(w), &c->said);
	leaf_content(envelope, &c->envelope);
	return 0;
}

static int sign(struct proofs *x, const struct consent *c, struct writer *w,
	struct wire_sig *ret)
{
	int rc = consent_write(c, w);

	return rc == 0 ? attest_sign(ATTEST_DISCLOSURE, writer_view(w),
				 x->o.me->signature_seed.b, ret)
		       : rc;
}

int proofs_disclose(struct proofs *x, const struct consent *given,
	const struct said *said, struct buf *ret)
{
	struct disclosure d = {.cards = buf_view(&x->o.me->chain)};
	struct buf envelope, receipt = {NULL, 0};
	struct consent c = *given;
	struct writer words, consent, out;
	int rc = vault_get(
		x->o.vault, VAULT_PROOF, id16_view(&said->id), 1, &envelope);

	*ret = (struct buf){NULL, 0};
	writer_init(&words, SAID_MAX + 64);
	writer_init(&consent, CONSENT_ROOM);
	writer_init(&out, DISCLOSURE_MAX);
	c.clinic = follow_clinic(x->o.follow)->id;
	c.member = x->o.me->member;
	c.device = x->o.me->device;
	if (rc == 0)
		rc = proofs_get(x, &said->id, &receipt);
	if (rc == 0)
		rc = hashes(said, buf_view(&envelope), &c, &words);
	if (rc == 0)
		rc = sign(x, &c, &consent, &d.signature);
	d.consent = writer_view(&consent);
	d.said = writer_view(&words);
	d.envelope = buf_view(&envelope);
	d.receipt = buf_view(&receipt);
	if (rc == 0)
		rc = disclosure_write(&d, &out);
	if (rc == 0)
		rc = writer_finish(&out, ret);
	writer_wipe(&words);
	writer_wipe(&consent);
	writer_wipe(&out);
	buf_wipe(&envelope);
	buf_wipe(&receipt);
	return rc;
}

int proofs_sign(
	struct proofs *x, const struct wire_hash *digest, struct writer *w)
{
	struct wire_sig sig;
	int rc = attest_sign(ATTEST_BUNDLE,
		bytes_of(digest->b, sizeof digest->b),
		x->o.me->signature_seed.b, &sig);

	writer_raw(w, sig.b, sizeof sig.b);
	writer_raw(w, x->o.me->chain.data, x->o.me->chain.len);
	return rc == 0 ? writer_status(w) : rc;
}
