/*
 * Format "message-protection": a proposal, a commit and application data as
 * PublicMessage and PrivateMessage of leaf 1 of 2, opened and made again.
 */
#include <string.h>

#include <sodium.h>

#include "mls/member/keys/key_schedule.h"
#include "mls/member/keys/message_protect.h"
#include "mls/public/framing/mls_message.h"
#include "vectors/vec.h"

#define SENDER 1
#define LEAVES 2

static const struct secret_tree_limits limits = {64, 1000};

/* The epoch all of it happens in. */
struct setting {
	struct group_context *context;
	struct bytes signature_pub;
	uint8_t sk[SIG_SK_MAX];
	struct secret encryption;
	struct secret sender_data;
	struct secret membership;
};

static void load(struct vec *v, struct setting *s)
{
	uint8_t pk[SIG_PK_MAX];
	struct group_context fields = {
		.cipher_suite = v->suite->id,
		.group_id = vec_hex(v, v->json, "group_id"),
		.epoch = vec_uint(v, v->json, "epoch"),
		.tree_hash = vec_hex(v, v->json, "tree_hash"),
		.confirmed_transcript_hash =
			vec_hex(v, v->json, "confirmed_transcript_hash"),
	};

	(void)vec_zero(v, group_context_new(&fields, &s->context), "context");
	s->signature_pub = vec_hex(v, v->json, "signature_pub");
	(void)vec_zero(v,
		suite_sign_keys(v->suite, vec_hex(v, v->json, "signature_priv"),
			s->sk, pk),
		"signature_priv");
	(void)vec_same(v, bytes_of(pk, v->suite->sig->pk_len), s->signature_pub,
		"signature key");
	(void)vec_zero(v,
		secret_set(&s->encryption,
			vec_hex(v, v->json, "encryption_secret")),
		"encryption_secret");
	(void)vec_zero(v,
		secret_set(&s->sender_data,
			vec_hex(v, v->json, "sender_data_secret")),
		"sender_data_secret");
	(void)vec_zero(v,
		secret_set(
			&s->membership, vec_hex(v, v->json, "membership_key")),
		"membership_key");
}

/* Sender, signature and content are what they must be. */
static void content(struct vec *v, const struct setting *s,
	const struct authenticated_content *ac, struct bytes want)
{
	const struct framed_content *c = &ac->content;

	(void)vec_zero(v,
		framing_verify(v->suite, ac, s->signature_pub, s->context),
		"signature");
	(void)vec_want(v,
		c->sender.type == SENDER_MEMBER && c->sender.index == SENDER,
		"sender");
	(void)vec_same(v,
		c->content_type == CONTENT_APPLICATION ? c->application_data
						       : ac->body_raw,
		want, "content differs");
}

static void tag(struct vec *v, const struct setting *s,
	const struct authenticated_content *ac, struct hash_value *ret)
{
	struct buf tbm;

	(void)vec_zero(v, framing_tbm(ac, s->context, &tbm), "tbm");
	key_schedule_tag(v->suite, &s->membership, buf_view(&tbm), ret);
	buf_wipe(&tbm);
}

/* Open a PublicMessage; its membership tag and content are right. */
static void open_public(struct vec *v, const struct setting *s,
	struct bytes raw, struct bytes want)
{
	struct mls_message m;
	struct hash_value mac;

	if (!vec_zero(v, mls_message_decode(raw, &m), "public: decode"))
		return;
	if (vec_want(v, m.wire_format == WIRE_FORMAT_PUBLIC_MESSAGE,
		    "not a PublicMessage")) {
		tag(v, s, m.public_message, &mac);
		(void)vec_same(v, hash_view(&mac),
			m.public_message->membership_tag, "membership tag");
		content(v, s, m.public_message, want);
	}
	mls_message_wipe(&m);
}

static void open_content(struct vec *v, const struct setting *s,
	const struct private_message *m, struct bytes want)
{
	struct authenticated_content *ac = NULL;
	struct secret_tree_step *step = NULL;
	struct secret_tree *t = NULL;
	struct message_sender sender;
	struct secret_tree_place place = {SENDER,
		m->content_type == CONTENT_APPLICATION ? RATCHET_APPLICATION
						       : RATCHET_HANDSHAKE,
		0};

	if (!vec_zero(v,
		    message_open_sender(v->suite, &s->sender_data, m, &sender),
		    "private: sender data"))
		return;
	(void)vec_want(v, sender.leaf == SENDER, "private: sender");
	place.generation = sender.generation;
	if (vec_zero(v, secret_tree_new(v->suite, &s->encryption, LEAVES, &t),
		    "private: tree") &&
		vec_zero(v, secret_tree_find(t, &limits, &place, &step),
			"private: key") &&
		vec_zero(v,
			message_open(v->suite, secret_tree_step_key(step),
				&sender, m, &ac),
			"private: open"))
		content(v, s, ac, want);
	authenticated_content_unref(ac);
	secret_tree_drop(step);
	secret_tree_free(t);
}

static void open_private(struct vec *v, const struct setting *s,
	struct bytes raw, struct bytes want)
{
	struct mls_message m;

	if (!vec_zero(v, mls_message_decode(raw, &m), "private: decode"))
		return;
	if (vec_want(v, m.wire_format == WIRE_FORMAT_PRIVATE_MESSAGE,
		    "not a PrivateMessage"))
		open_content(v, s, &m.private_message, want);
	mls_message_wipe(&m);
}

/* Sign ${body} as leaf 1; the caller drops the result. */
static struct authenticated_content *sign(struct vec *v,
	const struct setting *s, uint16_t wire_format, uint8_t type,
	struct bytes body)
{
	uint8_t some_tag[HASH_MAX] = {7};
	struct bytes confirmation = bytes_of(some_tag, v->suite->hash->len);
	struct framing_params params = {
		.wire_format = wire_format,
		.sender = {SENDER_MEMBER, SENDER},
		.authenticated_data = bytes_of("aad", 3),
		.content_type = type,
		.body = body,
		.group_id = s->context->group_id,
		.epoch = s->context->epoch,
		.context = s->context,
	};
	struct authenticated_content *ac = NULL;
	struct buf signed_raw = {0};
	int rc = framing_sign(v->suite, &params,
		bytes_of(s->sk, v->suite->sig->sk_len), &signed_raw);

	if (rc == 0)
		rc = framing_finish(buf_view(&signed_raw),
			type == CONTENT_COMMIT ? &confirmation : NULL, &ac);
	(void)vec_zero(v, rc, "sign");
	buf_wipe(&signed_raw);
	return ac;
}

static void make_public(
	struct vec *v, const struct setting *s, uint8_t type, struct bytes body)
{
	struct authenticated_content *ac =
		sign(v, s, WIRE_FORMAT_PUBLIC_MESSAGE, type, body);
	struct hash_value mac;
	struct writer w;

	if (ac == NULL)
		return;
	tag(v, s, ac, &mac);
	writer_init(&w, MLS_MESSAGE_MAX);
	mls_message_open(&w, WIRE_FORMAT_PUBLIC_MESSAGE);
	public_message_write(&w, ac, hash_view(&mac));
	open_public(v, s, writer_view(&w), body);
	writer_wipe(&w);
	authenticated_content_unref(ac);
}

static void make_private(
	struct vec *v, const struct setting *s, uint8_t type, struct bytes body)
{
	struct authenticated_content *ac =
		sign(v, s, WIRE_FORMAT_PRIVATE_MESSAGE, type, body);
	struct message_sealing sealing = {.suite = v->suite,
		.sender_data = &s->sender_data,
		.sender = {.leaf = SENDER},
		.pad_until = 100};
	struct secret_tree_step *step = NULL;
	struct secret_tree *t = NULL;
	struct buf raw = {0};

	randombytes_buf(sealing.sender.reuse_guard, REUSE_GUARD_LEN);
	if (ac != NULL &&
		vec_zero(v,
			secret_tree_new(v->suite, &s->encryption, LEAVES, &t),
			"seal: tree") &&
		vec_zero(v,
			secret_tree_find_next(t, SENDER,
				type == CONTENT_APPLICATION
					? RATCHET_APPLICATION
					: RATCHET_HANDSHAKE,
				&step),
			"seal: key")) {
		sealing.key = secret_tree_step_key(step);
		sealing.sender.generation =
			secret_tree_step_place(step)->generation;
		(void)vec_zero(v, message_protect(&sealing, ac, &raw), "seal");
		open_private(v, s, buf_view(&raw), body);
	}
	buf_wipe(&raw);
	secret_tree_drop(step);
	secret_tree_free(t);
	authenticated_content_unref(ac);
}

void fmt_protection(struct vec *v)
{
	struct bytes proposal = vec_hex(v, v->json, "proposal");
	struct bytes commit = vec_hex(v, v->json, "commit");
	struct bytes application = vec_hex(v, v->json, "application");
	struct setting s = {0};

	load(v, &s);
	if (v->failed)
		goto out;
	open_public(v, &s, vec_hex(v, v->json, "proposal_pub"), proposal);
	open_private(v, &s, vec_hex(v, v->json, "proposal_priv"), proposal);
	make_public(v, &s, CONTENT_PROPOSAL, proposal);
	make_private(v, &s, CONTENT_PROPOSAL, proposal);

	open_public(v, &s, vec_hex(v, v->json, "commit_pub"), commit);
	open_private(v, &s, vec_hex(v, v->json, "commit_priv"), commit);
	make_public(v, &s, CONTENT_COMMIT, commit);
	make_private(v, &s, CONTENT_COMMIT, commit);

	open_private(
		v, &s, vec_hex(v, v->json, "application_priv"), application);
	make_private(v, &s, CONTENT_APPLICATION, application);
out:
	group_context_unref(s.context);
}
