/*
 * A group with a malicious member: see mls_scene.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/mls_scene.h"
#include "mls/public/object/extension.h"
#include "mls/public/object/external_sender.h"

const struct bytes scene_none = {NULL, 0};
const struct forge_path scene_honest = {0};

static struct bytes scene_keep(struct scene *s, struct buf *b)
{
	uint8_t *copy = arena_alloc(&s->arena, b->len);
	size_t len = b->len;

	if (len > 0)
		memcpy(copy, b->data, len);
	buf_wipe(b);
	return bytes_of(copy, len);
}

static struct bytes scene_keep_writer(struct scene *s, struct writer *w)
{
	struct buf b;

	assert_int_equal(writer_finish(w, &b), 0);
	return scene_keep(s, &b);
}

/* external_senders naming the warden, as a list of extensions. */
static struct bytes scene_senders(struct scene *s, const struct forge *f)
{
	struct external_sender warden = {
		.signature_key = bytes_of(f->person[SCENE_WARDEN].pk, 32),
		.credential = {.type = CREDENTIAL_BASIC,
			.content = bytes_of("warden", 6)}};
	struct writer data, ext;
	size_t mark;

	writer_init(&data, 1000);
	mark = writer_open(&data);
	external_sender_write(&data, &warden);
	writer_close(&data, mark);
	writer_init(&ext, 1000);
	extension_write(&ext, EXTENSION_EXTERNAL_SENDERS, writer_view(&data));
	writer_wipe(&data);
	return scene_keep_writer(s, &ext);
}

void scene_begin(struct scene *s)
{
	struct forge people;

	*s = (struct scene){0};
	/* The warden's key is in the context, so people come first. */
	forge_begin(&people, 1, scene_none);
	forge_begin(&s->f, SCENE_MEMBERS, scene_senders(s, &people));
	forge_end(&people);
	writer_init(&s->list, MLS_MESSAGE_MAX);
}

void scene_end(struct scene *s)
{
	writer_wipe(&s->list);
	forge_end(&s->f);
	arena_free(&s->arena);
}

/* --- Proposals -------------------------------------------------------------
 */

struct bytes scene_add_with(
	struct scene *s, const struct forge_leaf *leaf, struct bytes init_key)
{
	struct writer w;
	struct buf package;

	forge_package(&s->f, leaf, init_key, &package);
	writer_init(&w, MLS_MESSAGE_MAX);
	proposal_write_add(&w, buf_view(&package));
	buf_wipe(&package);
	return scene_keep_writer(s, &w);
}

struct bytes scene_add(struct scene *s, unsigned person)
{
	return scene_add_with(
		s, &(struct forge_leaf){.person = person}, scene_none);
}

struct bytes scene_remove(struct scene *s, uint32_t leaf)
{
	struct writer w;

	writer_init(&w, 100);
	proposal_write_remove(&w, leaf);
	return scene_keep_writer(s, &w);
}

struct bytes scene_update_with(struct scene *s, const struct forge_leaf *leaf)
{
	struct leaf_node *node = forge_leaf(&s->f, leaf);
	struct writer w;

	writer_init(&w, MLS_MESSAGE_MAX);
	proposal_write_update(&w, node->raw);
	leaf_node_unref(node);
	return scene_keep_writer(s, &w);
}

struct bytes scene_update(struct scene *s, unsigned person)
{
	return scene_update_with(s, &(struct forge_leaf){.person = person,
					    .source = LEAF_NODE_UPDATE,
					    .index = person});
}

struct bytes scene_psk_with(struct scene *s, const struct psk_id *id)
{
	struct writer w;

	writer_init(&w, 1000);
	proposal_write_psk(&w, id);
	return scene_keep_writer(s, &w);
}

struct bytes scene_psk(struct scene *s, char name, uint8_t nonce)
{
	uint8_t mem[32];

	memset(mem, nonce, sizeof mem);
	return scene_psk_with(s, &(struct psk_id){.type = PSK_EXTERNAL,
					 .id = bytes_of(&name, 1),
					 .nonce = bytes_of(mem, sizeof mem)});
}

struct bytes scene_extensions(struct scene *s, uint16_t type, struct bytes data)
{
	struct writer list, w;

	writer_init(&list, 1000);
	extension_write(&list, type, data);
	writer_init(&w, 1000);
	proposal_write_extensions(&w, writer_view(&list));
	writer_wipe(&list);
	return scene_keep_writer(s, &w);
}

struct bytes scene_require(struct scene *s, uint16_t type)
{
	uint8_t number[2] = {(uint8_t)(type >> 8), (uint8_t)type};
	struct required_capabilities c = {
		.extension_types = bytes_of(number, 2)};
	struct writer w;
	struct bytes ret;

	writer_init(&w, 100);
	required_capabilities_write(&w, &c);
	ret = scene_extensions(
		s, EXTENSION_REQUIRED_CAPABILITIES, writer_view(&w));
	writer_wipe(&w);
	return ret;
}

struct bytes scene_reinit(struct scene *s, uint16_t version)
{
	struct reinit r = {.group_id = bytes_of("next", 4),
		.version = version,
		.cipher_suite = 3};
	struct writer w;

	writer_init(&w, 1000);
	proposal_write_reinit(&w, &r);
	return scene_keep_writer(s, &w);
}

struct bytes scene_custom(struct scene *s, uint16_t type)
{
	struct writer w;

	writer_init(&w, 1000);
	proposal_write_other(&w, type, bytes_of("x", 1));
	return scene_keep_writer(s, &w);
}

struct bytes scene_external_init(struct scene *s, size_t len)
{
	uint8_t kem[64] = {9};
	struct writer w;

	writer_init(&w, 1000);
	proposal_write_external_init(&w, bytes_of(kem, len));
	return scene_keep_writer(s, &w);
}

void scene_by_value(struct scene *s, struct bytes proposal)
{
	commit_write_proposal(&s->list, proposal);
}

int scene_propose_as(struct scene *s, struct sender sender, unsigned signer,
	struct bytes proposal)
{
	struct forge_message m = {.sender = sender,
		.content_type = CONTENT_PROPOSAL,
		.body = proposal,
		.signer = signer,
		FORGE_TAGS};
	struct buf message;
	int rc;

	forge_message(&s->f, &m, &message);
	rc = forge_receive(&s->f, buf_view(&message));
	buf_wipe(&message);
	return rc;
}

int scene_propose(struct scene *s, unsigned member, struct bytes proposal)
{
	return scene_propose_as(
		s, (struct sender){SENDER_MEMBER, member}, member, proposal);
}

void scene_by_reference(struct scene *s, unsigned member, struct bytes proposal)
{
	assert_int_equal(scene_propose(s, member, proposal), 0);
	commit_write_reference(
		&s->list, hash_view(&s->f.group->cache.last->ref));
}

/* --- Commits -----------------------------------------------------------------
 */

int scene_send_commit(
	struct scene *s, struct forge_message *m, const struct forge_path *path)
{
	struct buf body, message;
	int rc;

	forge_commit_body(&s->f, m->sender, writer_view(&s->list), path, &body);
	m->body = buf_view(&body);
	forge_message(&s->f, m, &message);
	rc = forge_receive(&s->f, buf_view(&message));
	buf_wipe(&body);
	buf_wipe(&message);
	writer_wipe(&s->list);
	writer_init(&s->list, MLS_MESSAGE_MAX);
	return rc;
}

int scene_commit(struct scene *s, unsigned by, const struct forge_path *path)
{
	struct forge_message m = {
		.sender = {SENDER_MEMBER, by}, .signer = by, FORGE_TAGS};
	struct forge_path own;

	if (path != NULL) {
		own = *path;
		if (own.leaf.person == 0)
			own.leaf.person = by;
		path = &own;
	}
	return scene_send_commit(s, &m, path);
}

int scene_external(struct scene *s, unsigned by, const struct forge_path *path)
{
	struct forge_message m = {.sender = {SENDER_NEW_MEMBER_COMMIT, 0},
		.signer = by,
		FORGE_TAGS};
	struct forge_path own;

	if (path != NULL) {
		own = *path;
		own.leaf.person = by;
		path = &own;
	}
	return scene_send_commit(s, &m, path);
}

int scene_commit_one(struct scene *s, struct bytes proposal)
{
	scene_by_value(s, proposal);
	return scene_commit(s, 1, &scene_honest);
}
