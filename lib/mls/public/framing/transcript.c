/*
 * Transcript hashes and proposal references: see transcript.h.
 */
#include "crypto/label.h"
#include "mls/public/framing/transcript.h"

void transcript_confirmed(const struct suite *suite, struct bytes interim,
	struct bytes signed_raw, struct hash_value *ret)
{
	const struct bytes parts[2] = {interim, signed_raw};

	suite_hash(suite, parts, 2, ret);
}

int transcript_interim(const struct suite *suite, struct bytes confirmed,
	struct bytes confirmation_tag, struct hash_value *ret)
{
	uint8_t input[MLS_MAC_MAX + 2];
	struct bytes parts[2] = {confirmed, {0}};
	struct writer w;
	int rc;

	*ret = (struct hash_value){0};
	writer_init_fixed(&w, input, sizeof input);
	writer_vec(&w, confirmation_tag);
	if ((rc = writer_status(&w)) != 0)
		return rc;
	parts[1] = writer_view(&w);
	suite_hash(suite, parts, 2, ret);
	return 0;
}

void transcript_proposal_ref(const struct suite *suite,
	const struct authenticated_content *ac, struct hash_value *ret)
{
	label_ref_hash(suite, "MLS 1.0 Proposal Reference", ac->raw, ret);
}
