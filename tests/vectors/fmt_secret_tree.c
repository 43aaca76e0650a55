/*
 * Format "secret-tree": message keys of every leaf, the keys of one sender
 * data, and that a key that was taken is gone.
 */
#include "mls/member/keys/message_protect.h"
#include "mls/public/tree/tree_math.h"
#include "vectors/vec.h"

static const struct secret_tree_limits any = {1u << 20, 1u << 20};

static void sender_data(struct vec *v)
{
	const json_t *o = vec_object(v, v->json, "sender_data");
	const struct aead *aead = v->suite->aead;
	struct message_key got;
	struct secret secret;

	(void)vec_zero(v,
		secret_set(&secret, vec_hex(v, o, "sender_data_secret")),
		"sender_data_secret");
	(void)vec_zero(v,
		message_sender_key(
			v->suite, &secret, vec_hex(v, o, "ciphertext"), &got),
		"sender data");
	(void)vec_same(v, bytes_of(got.key, aead->key_len),
		vec_hex(v, o, "key"), "sender data key");
	(void)vec_same(v, bytes_of(got.nonce, aead->nonce_len),
		vec_hex(v, o, "nonce"), "sender data nonce");
}

static void one_key(struct vec *v, struct secret_tree *t, const json_t *o,
	const struct secret_tree_place *place)
{
	const struct aead *aead = v->suite->aead;
	bool app = place->kind == RATCHET_APPLICATION;
	struct secret_tree_step *step;
	const struct message_key *got;

	if (!vec_zero(v, secret_tree_find(t, &any, place, &step), "find"))
		return;
	got = secret_tree_step_key(step);
	(void)vec_same(v, bytes_of(got->key, aead->key_len),
		vec_hex(v, o, app ? "application_key" : "handshake_key"),
		app ? "application_key" : "handshake_key");
	(void)vec_same(v, bytes_of(got->nonce, aead->nonce_len),
		vec_hex(v, o, app ? "application_nonce" : "handshake_nonce"),
		app ? "application_nonce" : "handshake_nonce");
	secret_tree_take(t, step);
	(void)vec_want(v,
		secret_tree_find(t, &any, place, &step) == ROWAN_E_MLS_REPLAY,
		"a used key was found again");
}

static void leaf(struct vec *v, struct secret_tree *t, uint32_t index,
	const json_t *generations)
{
	for (size_t i = 0; i < json_array_size(generations); i++) {
		const json_t *o = json_array_get(generations, i);
		struct secret_tree_place place = {index, RATCHET_HANDSHAKE,
			(uint32_t)vec_uint(v, o, "generation")};

		one_key(v, t, o, &place);
		place.kind = RATCHET_APPLICATION;
		one_key(v, t, o, &place);
	}
}

void fmt_secret_tree(struct vec *v)
{
	const json_t *leaves = vec_array(v, v->json, "leaves");
	size_t n = json_array_size(leaves), width = 1;
	struct secret_tree *t = NULL;
	struct secret root;

	sender_data(v);
	while (width < n)
		width *= 2;
	(void)vec_zero(v,
		secret_set(&root, vec_hex(v, v->json, "encryption_secret")),
		"encryption_secret");
	if (vec_want(v, n > 0 && width <= 1u << 14, "leaves") &&
		vec_zero(v,
			secret_tree_new(v->suite, &root, (uint32_t)width, &t),
			"secret tree"))
		for (size_t i = 0; i < n; i++)
			leaf(v, t, (uint32_t)i, json_array_get(leaves, i));
	secret_tree_free(t);
}
