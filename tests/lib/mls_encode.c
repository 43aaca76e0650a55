/*
 * Encoding from fields: see mls_encode.h.
 */
#include "mls/public/object/extension.h"
#include "lib/mls_encode.h"

/* A list of extensions, each taken out and written again. */
static void extensions(struct writer *w, struct bytes list)
{
	size_t mark = writer_open(w);
	struct extension e;

	while (extension_next(&list, &e))
		extension_write(w, e.type, e.data);
	writer_close(w, mark);
}

static void types(struct writer *w, struct bytes list)
{
	size_t mark = writer_open(w);
	uint16_t type;

	while (type_list_next(&list, &type))
		writer_u16(w, type);
	writer_close(w, mark);
}

static void capabilities(struct writer *w, const struct capabilities *c)
{
	types(w, c->versions);
	types(w, c->cipher_suites);
	types(w, c->extensions);
	types(w, c->proposals);
	types(w, c->credentials);
}

void mls_encode_leaf_node(struct writer *w, const struct leaf_node *n)
{
	writer_vec(w, n->encryption_key);
	writer_vec(w, n->signature_key);
	writer_u16(w, n->credential.type);
	writer_vec(w, n->credential.content);
	capabilities(w, &n->capabilities);
	writer_u8(w, n->source);
	if (n->source == LEAF_NODE_KEY_PACKAGE) {
		writer_u64(w, n->not_before);
		writer_u64(w, n->not_after);
	} else if (n->source == LEAF_NODE_COMMIT) {
		writer_vec(w, n->parent_hash);
	}
	extensions(w, n->extensions);
	writer_vec(w, n->signature);
}

void mls_encode_key_package(struct writer *w, const struct key_package *kp)
{
	writer_u16(w, kp->version);
	writer_u16(w, kp->cipher_suite);
	writer_vec(w, kp->init_key);
	mls_encode_leaf_node(w, kp->leaf_node);
	extensions(w, kp->extensions);
	writer_vec(w, kp->signature);
}

static void psk_id(struct writer *w, const struct psk_id *id)
{
	writer_u8(w, id->type);
	if (id->type == PSK_RESUMPTION)
		writer_u8(w, id->usage);
	writer_vec(w, id->id);
	if (id->type == PSK_RESUMPTION)
		writer_u64(w, id->psk_epoch);
	writer_vec(w, id->nonce);
}

void mls_encode_proposal(struct writer *w, const struct proposal *p)
{
	writer_u16(w, p->type);
	switch (p->type) {
	case PROPOSAL_ADD: mls_encode_key_package(w, &p->add); break;
	case PROPOSAL_UPDATE: mls_encode_leaf_node(w, p->update); break;
	case PROPOSAL_REMOVE: writer_u32(w, p->removed); break;
	case PROPOSAL_PSK: psk_id(w, &p->psk); break;
	case PROPOSAL_REINIT:
		writer_vec(w, p->reinit.group_id);
		writer_u16(w, p->reinit.version);
		writer_u16(w, p->reinit.cipher_suite);
		extensions(w, p->reinit.extensions);
		break;
	case PROPOSAL_EXTERNAL_INIT: writer_vec(w, p->kem_output); break;
	case PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
		extensions(w, p->extensions);
		break;
	default: writer_vec(w, p->data); break;
	}
}

void mls_encode_update_path(struct writer *w, const struct update_path *path)
{
	size_t all, one, i, k;

	mls_encode_leaf_node(w, path->leaf_node);
	all = writer_open(w);
	for (i = 0; i < path->n; i++) {
		const struct update_path_node *node = &path->nodes[i];
		struct hpke_ciphertext c;

		writer_vec(w, node->encryption_key);
		one = writer_open(w);
		for (k = 0; k < node->encrypted_n; k++) {
			if (hpke_ciphertext_at(node, k, &c) != 0)
				break;
			writer_vec(w, c.kem_output);
			writer_vec(w, c.ciphertext);
		}
		writer_close(w, one);
	}
	writer_close(w, all);
}

void mls_encode_commit(struct writer *w, const struct commit *c)
{
	size_t mark = writer_open(w);

	for (size_t i = 0; i < c->n; i++) {
		const struct proposal_or_ref *p = &c->proposals[i];

		writer_u8(w, p->type);
		if (p->type == PROPOSAL_OR_REF_REFERENCE)
			writer_vec(w, p->reference);
		else
			mls_encode_proposal(w, &p->proposal);
	}
	writer_close(w, mark);
	writer_u8(w, c->has_path);
	if (c->has_path)
		mls_encode_update_path(w, &c->path);
}

void mls_encode_group_info(struct writer *w, const struct group_info *gi)
{
	writer_u16(w, gi->context->version);
	writer_u16(w, gi->context->cipher_suite);
	writer_vec(w, gi->context->group_id);
	writer_u64(w, gi->context->epoch);
	writer_vec(w, gi->context->tree_hash);
	writer_vec(w, gi->context->confirmed_transcript_hash);
	extensions(w, gi->context->extensions);
	extensions(w, gi->extensions);
	writer_vec(w, gi->confirmation_tag);
	writer_u32(w, gi->signer);
	writer_vec(w, gi->signature);
}

void mls_encode_welcome(struct writer *w, const struct welcome *welcome)
{
	struct encrypted_group_secrets e;
	struct reader r;
	size_t mark;

	writer_u16(w, welcome->cipher_suite);
	mark = writer_open(w);
	reader_init(&r, welcome->secrets);
	while (reader_left(&r) > 0) {
		if (encrypted_group_secrets_read(&r, &e) != 0)
			break;
		writer_vec(w, e.new_member);
		writer_vec(w, e.secrets.kem_output);
		writer_vec(w, e.secrets.ciphertext);
	}
	writer_close(w, mark);
	writer_vec(w, welcome->encrypted_group_info);
}

void mls_encode_public_message(
	struct writer *w, const struct authenticated_content *ac)
{
	const struct framed_content *c = &ac->content;

	writer_vec(w, c->group_id);
	writer_u64(w, c->epoch);
	writer_u8(w, c->sender.type);
	if (c->sender.type == SENDER_MEMBER ||
		c->sender.type == SENDER_EXTERNAL)
		writer_u32(w, c->sender.index);
	writer_vec(w, c->authenticated_data);
	writer_u8(w, c->content_type);
	if (c->content_type == CONTENT_APPLICATION)
		writer_vec(w, c->application_data);
	else if (c->content_type == CONTENT_PROPOSAL)
		mls_encode_proposal(w, &c->proposal);
	else
		mls_encode_commit(w, c->commit);
	writer_vec(w, ac->signature);
	if (c->content_type == CONTENT_COMMIT)
		writer_vec(w, ac->confirmation_tag);
	if (c->sender.type == SENDER_MEMBER)
		writer_vec(w, ac->membership_tag);
}

static void private_message(struct writer *w, const struct private_message *m)
{
	writer_vec(w, m->group_id);
	writer_u64(w, m->epoch);
	writer_u8(w, m->content_type);
	writer_vec(w, m->authenticated_data);
	writer_vec(w, m->encrypted_sender_data);
	writer_vec(w, m->ciphertext);
}

void mls_encode_message(struct writer *w, const struct mls_message *m)
{
	writer_u16(w, MLS_VERSION_10);
	writer_u16(w, m->wire_format);
	switch (m->wire_format) {
	case WIRE_FORMAT_PUBLIC_MESSAGE:
		mls_encode_public_message(w, m->public_message);
		break;
	case WIRE_FORMAT_PRIVATE_MESSAGE:
		private_message(w, &m->private_message);
		break;
	case WIRE_FORMAT_WELCOME: mls_encode_welcome(w, &m->welcome); break;
	case WIRE_FORMAT_GROUP_INFO:
		mls_encode_group_info(w, &m->group_info);
		break;
	case WIRE_FORMAT_KEY_PACKAGE:
		mls_encode_key_package(w, &m->key_package);
		break;
	default: break;
	}
}
