/*
 * Format "key-schedule": every secret of a few epochs in a row.
 */
#include "crypto/hpke.h"
#include "crypto/label.h"
#include "mls/member/keys/key_schedule.h"
#include "mls/public/object/group_context.h"
#include "vectors/vec.h"

/* What one epoch starts from, and what came out of it. */
struct epoch {
	const json_t *json;
	struct bytes context;
	struct secret joiner;
	struct secret psk;
	struct epoch_secrets secrets;
	struct epoch_start start;
};

static void same(struct vec *v, const struct epoch *e, const struct secret *got,
	const char *key)
{
	(void)vec_same(v, secret_view(got), vec_hex(v, e->json, key), key);
}

/* The GroupContext of epoch ${n}; the caller drops it. */
static struct group_context *context(
	struct vec *v, const json_t *json, uint64_t n)
{
	struct group_context fields = {
		.cipher_suite = v->suite->id,
		.group_id = vec_hex(v, v->json, "group_id"),
		.epoch = n,
		.tree_hash = vec_hex(v, json, "tree_hash"),
		.confirmed_transcript_hash =
			vec_hex(v, json, "confirmed_transcript_hash"),
	};
	struct group_context *gc;

	(void)vec_zero(v, group_context_new(&fields, &gc), "group context");
	return gc;
}

static void outputs(struct vec *v, const struct epoch *e)
{
	same(v, e, &e->joiner, "joiner_secret");
	same(v, e, &e->start.welcome, "welcome_secret");
	same(v, e, &e->start.encryption, "encryption_secret");
	same(v, e, &e->secrets.init, "init_secret");
	same(v, e, &e->secrets.sender_data, "sender_data_secret");
	same(v, e, &e->secrets.exporter, "exporter_secret");
	same(v, e, &e->secrets.authenticator, "epoch_authenticator");
	same(v, e, &e->secrets.external, "external_secret");
	same(v, e, &e->secrets.confirmation, "confirmation_key");
	same(v, e, &e->secrets.membership, "membership_key");
	same(v, e, &e->secrets.resumption, "resumption_psk");
}

static void external(struct vec *v, const struct epoch *e)
{
	uint8_t pk[HPKE_PK_MAX];
	struct secret sk;

	(void)vec_zero(v,
		key_schedule_external(v->suite, &e->secrets.external, &sk, pk),
		"external key");
	(void)vec_same(v, bytes_of(pk, v->suite->kem_pk_len),
		vec_hex(v, e->json, "external_pub"), "external_pub");
}

static void exporter(struct vec *v, const struct epoch *e)
{
	const json_t *o = vec_object(v, e->json, "exporter");
	size_t len = (size_t)vec_uint(v, o, "length");
	struct buf got;

	if (!vec_want(v, len > 0 && len <= 16384, "exporter length") ||
		!vec_zero(v, buf_alloc(&got, len), "exporter memory"))
		return;
	(void)vec_zero(v,
		key_schedule_export(v->suite, &e->secrets.exporter,
			vec_text(v, o, "label"), vec_hex(v, o, "context"),
			&got),
		"exporter");
	(void)vec_same(v, buf_view(&got), vec_hex(v, o, "secret"), "exporter");
	buf_wipe(&got);
}

static void epoch(struct vec *v, struct epoch *e, struct secret *init)
{
	struct secret commit, welcome;
	struct key_schedule_input in;

	(void)vec_same(v, e->context, vec_hex(v, e->json, "group_context"),
		"group_context");
	(void)vec_zero(v,
		secret_set(&commit, vec_hex(v, e->json, "commit_secret")),
		"commit_secret");
	/* Without PSKs the secret is all zeros. */
	e->psk = (struct secret){.len = v->suite->hash->len};
	if (!vec_is_null(e->json, "psk_secret"))
		(void)vec_zero(v,
			secret_set(&e->psk, vec_hex(v, e->json, "psk_secret")),
			"psk_secret");
	(void)vec_zero(v,
		key_schedule_joiner(
			v->suite, init, &commit, e->context, &e->joiner),
		"joiner");
	(void)vec_zero(v,
		key_schedule_welcome(v->suite, &e->joiner, &e->psk, &welcome),
		"welcome");
	same(v, e, &welcome, "welcome_secret");
	in = (struct key_schedule_input){&e->joiner, &e->psk, e->context};
	(void)vec_zero(v,
		key_schedule_epoch(v->suite, &in, &e->secrets, &e->start),
		"epoch");
	outputs(v, e);
	external(v, e);
	exporter(v, e);
	*init = e->secrets.init;
}

void fmt_key_schedule(struct vec *v)
{
	const json_t *epochs = vec_array(v, v->json, "epochs");
	struct group_context *gc;
	struct secret init;

	(void)vec_zero(v,
		secret_set(&init, vec_hex(v, v->json, "initial_init_secret")),
		"initial_init_secret");
	for (size_t i = 0; i < json_array_size(epochs) && !v->failed; i++) {
		struct epoch e = {.json = json_array_get(epochs, i)};

		gc = context(v, e.json, i);
		if (gc == NULL)
			return;
		e.context = gc->raw;
		epoch(v, &e, &init);
		group_context_unref(gc);
	}
}
