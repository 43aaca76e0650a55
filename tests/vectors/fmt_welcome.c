/*
 * Format "welcome": one Welcome opened by hand: group secrets, GroupInfo, its
 * signature and its confirmation tag.
 */
#include "crypto/hpke.h"
#include "mls/member/keys/key_schedule.h"
#include "mls/member/keys/psk.h"
#include "mls/public/framing/mls_message.h"
#include "vectors/vec.h"

/* Open the secrets for the key package into ${ret}, the caller's to wipe. */
static bool open_secrets(struct vec *v, const struct welcome *w,
	const struct key_package *kp, struct buf *ret)
{
	struct encrypted_group_secrets e;
	struct hash_value ref;
	struct hpke_from from = {
		.suite = v->suite,
		.sk = vec_hex(v, v->json, "init_priv"),
		.pk = kp->init_key,
		.label = "Welcome",
		.context = w->encrypted_group_info,
	};
	uint8_t pk[HPKE_PK_MAX];

	(void)vec_zero(v, hpke_public(v->suite, from.sk, pk), "init_priv");
	(void)vec_same(v, bytes_of(pk, v->suite->kem_pk_len), kp->init_key,
		"init_priv is not the package's");
	key_package_ref(v->suite, kp, &ref);
	return vec_zero(v, welcome_find(w, hash_view(&ref), &e),
		       "not for this key package") &&
	       vec_zero(v, hpke_decrypt_label(&from, &e.secrets, ret),
		       "group secrets");
}

/* The signature, and the confirmation tag of the epoch it describes. */
static void check_info(struct vec *v, const struct group_info *gi,
	const struct secret *joiner, const struct secret *psk)
{
	struct key_schedule_input in = {joiner, psk, gi->context->raw};
	struct epoch_secrets epoch;
	struct epoch_start start;
	struct hash_value tag;

	(void)vec_zero(v,
		group_info_verify(
			v->suite, gi, vec_hex(v, v->json, "signer_pub")),
		"signature");
	(void)vec_zero(v, key_schedule_epoch(v->suite, &in, &epoch, &start),
		"key schedule");
	key_schedule_tag(v->suite, &epoch.confirmation,
		gi->context->confirmed_transcript_hash, &tag);
	(void)vec_same(
		v, hash_view(&tag), gi->confirmation_tag, "confirmation tag");
}

static void open_info(
	struct vec *v, const struct welcome *w, const struct secret *joiner)
{
	const struct aead *aead = v->suite->aead;
	uint8_t key[AEAD_KEY_MAX], nonce[AEAD_NONCE_MAX];
	struct bytes sealed = w->encrypted_group_info;
	struct secret psk, welcome;
	struct group_info gi = {0};
	uint8_t *plain;

	if (!vec_want(v, sealed.len > aead->tag_len, "group info is empty"))
		return;
	plain = arena_alloc(&v->arena, sealed.len);
	(void)vec_zero(v, psk_secret(v->suite, NULL, 0, &psk), "psk");
	(void)vec_zero(v,
		key_schedule_welcome(v->suite, joiner, &psk, &welcome),
		"welcome secret");
	(void)vec_zero(v,
		key_schedule_welcome_key(v->suite, &welcome, key, nonce),
		"welcome key");
	if (!vec_zero(v,
		    aead->open(key, nonce, bytes_of(NULL, 0), sealed, plain),
		    "group info does not open") ||
		!vec_zero(v,
			group_info_decode(
				bytes_of(plain, sealed.len - aead->tag_len),
				&gi),
			"group info"))
		return;
	check_info(v, &gi, joiner, &psk);
	group_info_wipe(&gi);
}

void fmt_welcome(struct vec *v)
{
	struct mls_message package = {0}, message = {0};
	struct buf plain = {0};
	struct group_secrets secrets;
	struct secret joiner;

	if (!vec_zero(v,
		    mls_message_decode(
			    vec_hex(v, v->json, "key_package"), &package),
		    "key_package") ||
		!vec_zero(v,
			mls_message_decode(
				vec_hex(v, v->json, "welcome"), &message),
			"welcome"))
		goto out;
	if (!vec_want(v, package.wire_format == WIRE_FORMAT_KEY_PACKAGE,
		    "key_package is another message") ||
		!vec_want(v, message.wire_format == WIRE_FORMAT_WELCOME,
			"welcome is another message"))
		goto out;
	(void)vec_zero(v, key_package_check(v->suite, &package.key_package),
		"key_package");
	(void)vec_zero(v,
		leaf_node_verify(v->suite, package.key_package.leaf_node, NULL),
		"leaf of the key_package");
	(void)vec_want(v, message.welcome.cipher_suite == v->suite->id,
		"cipher suite of the Welcome");
	if (open_secrets(v, &message.welcome, &package.key_package, &plain) &&
		vec_zero(v, group_secrets_decode(buf_view(&plain), &secrets),
			"group secrets") &&
		vec_zero(v, secret_set(&joiner, secrets.joiner_secret),
			"joiner secret"))
		open_info(v, &message.welcome, &joiner);
out:
	buf_wipe(&plain);
	mls_message_wipe(&package);
	mls_message_wipe(&message);
}
