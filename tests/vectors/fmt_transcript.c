/*
 * Format "transcript-hashes": one Commit's step of the two transcript hashes,
 * and its confirmation tag.
 */
#include "lib/mls_encode.h"
#include "mls/public/framing/transcript.h"
#include "vectors/vec.h"

static void commit(struct vec *v, const struct authenticated_content *ac)
{
	struct hash_value confirmed, interim, tag;

	transcript_confirmed(v->suite,
		vec_hex(v, v->json, "interim_transcript_hash_before"),
		ac->signed_raw, &confirmed);
	(void)vec_same(v, hash_view(&confirmed),
		vec_hex(v, v->json, "confirmed_transcript_hash_after"),
		"confirmed transcript hash");
	(void)vec_zero(v,
		transcript_interim(v->suite, hash_view(&confirmed),
			ac->confirmation_tag, &interim),
		"interim transcript hash");
	(void)vec_same(v, hash_view(&interim),
		vec_hex(v, v->json, "interim_transcript_hash_after"),
		"interim transcript hash");
	suite_hmac(v->suite, vec_hex(v, v->json, "confirmation_key"),
		hash_view(&confirmed), &tag);
	(void)vec_same(
		v, hash_view(&tag), ac->confirmation_tag, "confirmation tag");
}

void fmt_transcript(struct vec *v)
{
	struct bytes raw = vec_hex(v, v->json, "authenticated_content");
	struct authenticated_content *ac;

	if (!vec_zero(v, authenticated_content_decode(raw, &ac), "decode"))
		return;
	(void)vec_same(v, ac->raw, raw, "encodes differently");
	if (vec_want(v, ac->content.content_type == CONTENT_COMMIT,
		    "not a commit"))
		commit(v, ac);
	authenticated_content_unref(ac);
}
