/*
 * The rules of sections 6.1, 12.1, 12.2, 12.3 and 12.4 against a malicious
 * member: messages that are well signed and break one rule each. Whatever is
 * refused leaves the group's saved state as it was (see forge_receive).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/arena.h"
#include "lib/mls_forge.h"
#include "mls/public/extension.h"
#include "mls/public/external_sender.h"

#define MEMBERS	 5
#define STRANGER 8
#define WARDEN	 11 /* the external sender */

/* A group, and a commit being put together. */
struct scene {
	struct forge f;
	struct arena arena;
	struct writer list;
};

static const struct bytes none = {NULL, 0};
static const struct forge_path honest = {0};

static struct bytes keep(struct scene *s, struct buf *b)
{
	uint8_t *copy = arena_alloc(&s->arena, b->len);
	size_t len = b->len;

	if (len > 0)
		memcpy(copy, b->data, len);
	buf_wipe(b);
	return bytes_of(copy, len);
}

static struct bytes keep_writer(struct scene *s, struct writer *w)
{
	struct buf b;

	assert_int_equal(writer_finish(w, &b), 0);
	return keep(s, &b);
}

/* external_senders naming the warden, as a list of extensions. */
static struct bytes senders_ext(struct scene *s, const struct forge *f)
{
	struct external_sender warden = {
		.signature_key = bytes_of(f->person[WARDEN].pk, 32),
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
	return keep_writer(s, &ext);
}

static void begin(struct scene *s)
{
	struct forge people;

	*s = (struct scene){0};
	/* The warden's key is in the context, so people come first. */
	forge_begin(&people, 1, none);
	forge_begin(&s->f, MEMBERS, senders_ext(s, &people));
	forge_end(&people);
	writer_init(&s->list, MLS_MESSAGE_MAX);
}

static void end(struct scene *s)
{
	writer_wipe(&s->list);
	forge_end(&s->f);
	arena_free(&s->arena);
}

/* --- Proposals -------------------------------------------------------------
 */

static struct bytes add_with(
	struct scene *s, const struct forge_leaf *leaf, struct bytes init_key)
{
	struct writer w;
	struct buf package;

	forge_package(&s->f, leaf, init_key, &package);
	writer_init(&w, MLS_MESSAGE_MAX);
	proposal_write_add(&w, buf_view(&package));
	buf_wipe(&package);
	return keep_writer(s, &w);
}

static struct bytes add_of(struct scene *s, unsigned person)
{
	return add_with(s, &(struct forge_leaf){.person = person}, none);
}

static struct bytes remove_of(struct scene *s, uint32_t leaf)
{
	struct writer w;

	writer_init(&w, 100);
	proposal_write_remove(&w, leaf);
	return keep_writer(s, &w);
}

static struct bytes update_with(struct scene *s, const struct forge_leaf *leaf)
{
	struct leaf_node *node = forge_leaf(&s->f, leaf);
	struct writer w;

	writer_init(&w, MLS_MESSAGE_MAX);
	proposal_write_update(&w, node->raw);
	leaf_node_unref(node);
	return keep_writer(s, &w);
}

static struct bytes update_of(struct scene *s, unsigned person)
{
	return update_with(s, &(struct forge_leaf){.person = person,
				      .source = LEAF_NODE_UPDATE,
				      .index = person});
}

static struct bytes psk_with(struct scene *s, const struct psk_id *id)
{
	struct writer w;

	writer_init(&w, 1000);
	proposal_write_psk(&w, id);
	return keep_writer(s, &w);
}

static struct bytes psk_of(struct scene *s, char name, uint8_t nonce)
{
	uint8_t mem[32];

	memset(mem, nonce, sizeof mem);
	return psk_with(s, &(struct psk_id){.type = PSK_EXTERNAL,
				   .id = bytes_of(&name, 1),
				   .nonce = bytes_of(mem, sizeof mem)});
}

static struct bytes extensions_of(
	struct scene *s, uint16_t type, struct bytes data)
{
	struct writer list, w;

	writer_init(&list, 1000);
	extension_write(&list, type, data);
	writer_init(&w, 1000);
	proposal_write_extensions(&w, writer_view(&list));
	writer_wipe(&list);
	return keep_writer(s, &w);
}

/* GroupContextExtensions that require one extension type. */
static struct bytes require_of(struct scene *s, uint16_t type)
{
	uint8_t number[2] = {(uint8_t)(type >> 8), (uint8_t)type};
	struct required_capabilities c = {
		.extension_types = bytes_of(number, 2)};
	struct writer w;
	struct bytes ret;

	writer_init(&w, 100);
	required_capabilities_write(&w, &c);
	ret = extensions_of(
		s, EXTENSION_REQUIRED_CAPABILITIES, writer_view(&w));
	writer_wipe(&w);
	return ret;
}

static struct bytes reinit_of(struct scene *s, uint16_t version)
{
	struct reinit r = {.group_id = bytes_of("next", 4),
		.version = version,
		.cipher_suite = 3};
	struct writer w;

	writer_init(&w, 1000);
	proposal_write_reinit(&w, &r);
	return keep_writer(s, &w);
}

static struct bytes custom_of(struct scene *s, uint16_t type)
{
	struct writer w;

	writer_init(&w, 1000);
	proposal_write_other(&w, type, bytes_of("x", 1));
	return keep_writer(s, &w);
}

static struct bytes init_of(struct scene *s, size_t len)
{
	uint8_t kem[64] = {9};
	struct writer w;

	writer_init(&w, 1000);
	proposal_write_external_init(&w, bytes_of(kem, len));
	return keep_writer(s, &w);
}

static void by_value(struct scene *s, struct bytes proposal)
{
	commit_write_proposal(&s->list, proposal);
}

/* What the victim says to a proposal by itself. */
static int propose_as(struct scene *s, struct sender sender, unsigned signer,
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

static int propose(struct scene *s, unsigned member, struct bytes proposal)
{
	return propose_as(
		s, (struct sender){SENDER_MEMBER, member}, member, proposal);
}

/* Propose it and put the reference into the commit. */
static void by_reference(
	struct scene *s, unsigned member, struct bytes proposal)
{
	assert_int_equal(propose(s, member, proposal), 0);
	commit_write_reference(
		&s->list, hash_view(&s->f.group->cache.last->ref));
}

/* --- Commits -----------------------------------------------------------------
 */

/* Send the commit that was put together; start another. */
static int send_commit(
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

static int commit(struct scene *s, unsigned by, const struct forge_path *path)
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
	return send_commit(s, &m, path);
}

static int external(struct scene *s, unsigned by, const struct forge_path *path)
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
	return send_commit(s, &m, path);
}

/* A commit of member 1 with one proposal by value and an honest path. */
static int commit_one(struct scene *s, struct bytes proposal)
{
	by_value(s, proposal);
	return commit(s, 1, &honest);
}

static void honest_commits_are_taken(void **state)
{
	struct scene s;

	begin(&s);
	assert_int_equal(commit(&s, 1, &honest), 0);
	assert_int_equal(commit_one(&s, add_of(&s, STRANGER)), 0);
	assert_int_equal(commit_one(&s, remove_of(&s, 2)), 0);
	by_reference(&s, 3, update_of(&s, 3));
	by_value(&s, psk_of(&s, 'p', 1));
	by_value(&s, psk_of(&s, 'q', 1));
	by_value(&s, custom_of(&s, 0xf002));
	by_value(&s, extensions_of(&s, 0xf001, bytes_of("x", 1)));
	assert_int_equal(commit(&s, 4, &honest), 0);
	assert_int_equal(commit_one(&s, remove_of(&s, 4)), 0);
	by_value(&s, add_of(&s, 9));
	assert_int_equal(commit(&s, 3, NULL), 0);
	by_value(&s, reinit_of(&s, 1));
	assert_int_equal(commit(&s, 3, NULL), 0);
	assert_int_equal(commit(&s, 3, &honest), ROWAN_E_MLS_REINIT);
	end(&s);
}

/* --- 12.1: single proposals -------------------------------------------------
 */

static const struct forge_leaf stranger = {.person = STRANGER};

static void bad_key_packages_are_refused(void **state)
{
	static const uint8_t odd[31];
	struct forge_leaf leaf = stranger;
	struct bytes one, key;
	struct scene s;

	begin(&s);
	leaf.bad_signature = true;
	assert_int_equal(commit_one(&s, add_with(&s, &leaf, none)),
		ROWAN_E_MLS_SIGNATURE);
	leaf = stranger;
	leaf.source = LEAF_NODE_UPDATE;
	assert_int_equal(commit_one(&s, add_with(&s, &leaf, none)),
		ROWAN_E_MLS_LEAF_NODE);
	leaf = stranger;
	leaf.key = forge_key(&s.f);
	assert_int_equal(commit_one(&s, add_with(&s, &leaf, leaf.key)),
		ROWAN_E_MLS_KEY_PACKAGE);
	assert_int_equal(
		commit_one(&s, add_with(&s, &stranger, bytes_of(odd, 31))),
		ROWAN_E_MLS_KEY_PACKAGE);
	leaf = stranger;
	leaf.key = bytes_of(odd, 31);
	assert_int_equal(commit_one(&s, add_with(&s, &leaf, none)),
		ROWAN_E_MLS_LEAF_NODE);
	/* Version, suite, and the package's own signature. */
	one = add_of(&s, STRANGER);
	((uint8_t *)(uintptr_t)one.data)[3] = 2;
	assert_int_equal(commit_one(&s, one), ROWAN_E_MLS_KEY_PACKAGE);
	one = add_of(&s, STRANGER);
	((uint8_t *)(uintptr_t)one.data)[5] = 1;
	assert_int_equal(commit_one(&s, one), ROWAN_E_MLS_SUITE);
	one = add_of(&s, STRANGER);
	((uint8_t *)(uintptr_t)one.data)[one.len - 1] ^= 1;
	assert_int_equal(commit_one(&s, one), ROWAN_E_MLS_SIGNATURE);
	/* The encryption key of a member. */
	key = tree_leaf(s.f.group->tree, 2)->encryption_key;
	leaf = stranger;
	leaf.key = key;
	assert_int_equal(commit_one(&s, add_with(&s, &leaf, none)),
		ROWAN_E_MLS_LEAF_NODE);
	end(&s);
}

/* 7.3: leaves that do not fit the group, in an Add. */
static void leaves_that_do_not_fit_are_refused(void **state)
{
	static const uint8_t other[] = {0, 2}, basic[] = {0, 1};
	static const uint8_t fourth[] = {0, 1, 0, 4};
	struct capabilities caps;
	struct forge_leaf leaf = stranger;
	struct writer ext;
	struct scene s;

	begin(&s);
	caps = s.f.caps;
	leaf.caps = &caps;
	caps.cipher_suites = bytes_of(other, 2);
	assert_int_equal(commit_one(&s, add_with(&s, &leaf, none)),
		ROWAN_E_MLS_LEAF_NODE);
	caps = s.f.caps;
	caps.versions = bytes_of(other, 2);
	assert_int_equal(commit_one(&s, add_with(&s, &leaf, none)),
		ROWAN_E_MLS_LEAF_NODE);
	/* 7.2: "the credential type used in the LeafNode MUST be included" */
	caps = s.f.caps;
	caps.credentials = bytes_of(basic, 2);
	leaf.credential_type = 3;
	assert_int_equal(commit_one(&s, add_with(&s, &leaf, none)),
		ROWAN_E_MLS_LEAF_NODE);
	/* A type the others do not support. */
	caps.credentials = bytes_of(fourth, 4);
	leaf.credential_type = 4;
	assert_int_equal(commit_one(&s, add_with(&s, &leaf, none)),
		ROWAN_E_MLS_LEAF_NODE);
	/* An extension of the leaf that it does not list. */
	leaf = stranger;
	writer_init(&ext, 100);
	extension_write(&ext, 0xf00f, bytes_of("x", 1));
	leaf.extensions = writer_view(&ext);
	assert_int_equal(commit_one(&s, add_with(&s, &leaf, none)),
		ROWAN_E_MLS_LEAF_NODE);
	writer_wipe(&ext);
	/* 13.4: "The capabilities field MUST indicate support for each
	 * extension in the GroupContext". */
	assert_int_equal(commit_one(&s, extensions_of(&s, 0xf001, none)), 0);
	leaf = stranger;
	leaf.caps = &caps;
	caps = s.f.caps;
	caps.extensions = none;
	assert_int_equal(commit_one(&s, add_with(&s, &leaf, none)),
		ROWAN_E_MLS_LEAF_NODE);
	end(&s);
}

/* 7.2: applications "MUST define a maximum total lifetime". */
static void lifetimes_are_judged(void **state)
{
	struct forge_leaf leaf = stranger;
	struct scene s;

	begin(&s);
	s.f.policy.check_time = true;
	s.f.policy.now = 1000;
	s.f.policy.lifetime_max = 500;
	leaf.not_before = 900;
	leaf.not_after = 999;
	assert_int_equal(commit_one(&s, add_with(&s, &leaf, none)),
		ROWAN_E_MLS_LIFETIME);
	leaf.not_before = 1001;
	leaf.not_after = 1100;
	assert_int_equal(commit_one(&s, add_with(&s, &leaf, none)),
		ROWAN_E_MLS_LIFETIME);
	leaf.not_before = 900;
	leaf.not_after = 1401;
	assert_int_equal(commit_one(&s, add_with(&s, &leaf, none)),
		ROWAN_E_MLS_LIFETIME);
	leaf.not_before = 1100;
	leaf.not_after = 900;
	assert_int_equal(commit_one(&s, add_with(&s, &leaf, none)),
		ROWAN_E_MLS_LIFETIME);
	leaf.not_before = 1000;
	leaf.not_after = 1000;
	assert_int_equal(commit_one(&s, add_with(&s, &leaf, none)), 0);
	end(&s);
}

static int refuse_credential(void *cookie, const struct leaf_node *leaf,
	const struct leaf_node *replaced)
{
	/* Refuses person ${cookie} unless it succeeds itself. */
	unsigned person =
		leaf->credential.content.data[leaf->credential.content.len - 1];

	if (person != *(const unsigned *)cookie)
		return 0;
	return replaced != NULL && bytes_eq(replaced->credential.content,
					   leaf->credential.content)
		       ? 0
		       : -1;
}

/* 5.3.1: a new credential "MUST be validated with the AS". */
static void credentials_are_put_to_the_application(void **state)
{
	unsigned person = STRANGER;
	struct scene s;

	begin(&s);
	s.f.policy.credential = refuse_credential;
	s.f.policy.cookie = &person;
	assert_int_equal(
		commit_one(&s, add_of(&s, STRANGER)), ROWAN_E_MLS_CREDENTIAL);
	assert_int_equal(
		propose(&s, 2, add_of(&s, STRANGER)), ROWAN_E_MLS_CREDENTIAL);
	by_value(&s, init_of(&s, 32));
	assert_int_equal(
		external(&s, STRANGER, &honest), ROWAN_E_MLS_CREDENTIAL);
	/* In somebody else's name. */
	assert_int_equal(
		propose(&s, 2,
			update_with(&s, &(struct forge_leaf){.person = STRANGER,
						.source = LEAF_NODE_UPDATE,
						.index = 2})),
		ROWAN_E_MLS_CREDENTIAL);
	/* 12.2, external: the leaf "MUST meet the same criteria as would the
	 * LeafNode in an Update for the removed leaf". */
	by_value(&s, init_of(&s, 32));
	by_value(&s, remove_of(&s, 2));
	assert_int_equal(
		external(&s, STRANGER, &honest), ROWAN_E_MLS_CREDENTIAL);
	person = 2;
	by_value(&s, init_of(&s, 32));
	by_value(&s, remove_of(&s, 2));
	assert_int_equal(external(&s, 2, &honest), 0);
	end(&s);
}

static void bad_updates_are_refused(void **state)
{
	struct forge_leaf leaf = {
		.person = 2, .source = LEAF_NODE_UPDATE, .index = 2};
	struct forge_leaf bad;
	struct scene s;

	begin(&s);
	bad = leaf;
	bad.source = LEAF_NODE_COMMIT;
	assert_int_equal(
		propose(&s, 2, update_with(&s, &bad)), ROWAN_E_MLS_LEAF_NODE);
	bad = leaf;
	bad.key = tree_leaf(s.f.group->tree, 2)->encryption_key;
	assert_int_equal(
		propose(&s, 2, update_with(&s, &bad)), ROWAN_E_MLS_LEAF_NODE);
	bad = leaf;
	bad.bad_signature = true;
	assert_int_equal(
		propose(&s, 2, update_with(&s, &bad)), ROWAN_E_MLS_SIGNATURE);
	bad = leaf;
	bad.index = 3;
	assert_int_equal(
		propose(&s, 2, update_with(&s, &bad)), ROWAN_E_MLS_SIGNATURE);
	bad = leaf;
	bad.group_id = bytes_of("other", 5);
	assert_int_equal(
		propose(&s, 2, update_with(&s, &bad)), ROWAN_E_MLS_SIGNATURE);
	/* The keys of others, which show once it is committed. */
	bad = leaf;
	bad.key = tree_leaf(s.f.group->tree, 3)->encryption_key;
	by_reference(&s, 2, update_with(&s, &bad));
	assert_int_equal(commit(&s, 1, &honest), ROWAN_E_MLS_LEAF_NODE);
	bad = leaf;
	bad.person = 3;
	by_reference(&s, 2, update_with(&s, &bad));
	assert_int_equal(commit(&s, 1, &honest), ROWAN_E_MLS_LEAF_NODE);
	end(&s);
}

static void bad_removes_and_reinits_are_refused(void **state)
{
	struct scene s;

	begin(&s);
	/* 12.1.3: "does not identify a non-blank leaf node". */
	assert_int_equal(
		commit_one(&s, remove_of(&s, MEMBERS)), ROWAN_E_MLS_PROPOSAL);
	assert_int_equal(
		commit_one(&s, remove_of(&s, 1u << 20)), ROWAN_E_MLS_PROPOSAL);
	assert_int_equal(commit_one(&s, remove_of(&s, UINT32_MAX)),
		ROWAN_E_MLS_PROPOSAL);
	/* 12.1.5: the version "is less than" the group's. */
	by_value(&s, reinit_of(&s, 0));
	assert_int_equal(commit(&s, 1, NULL), ROWAN_E_MLS_PROPOSAL);
	end(&s);
}

/*
 * 11.2: usage reinit "MUST NOT be used in other contexts"; 11.3: usage branch
 * "MUST NOT be used in other contexts"; 12.1.4: "psk_nonce is not of length
 * KDF.Nh".
 */
static void bad_psks_are_refused(void **state)
{
	static const uint8_t nonce[64];
	struct psk_id id = {.type = PSK_RESUMPTION,
		.id = bytes_of("forged", 7),
		.nonce = bytes_of(nonce, 32)};
	static const size_t lengths[] = {0, 16, 31, 33, 64};
	struct scene s;

	begin(&s);
	id.usage = PSK_USAGE_REINIT;
	assert_int_equal(commit_one(&s, psk_with(&s, &id)), ROWAN_E_MLS_PSK);
	id.usage = PSK_USAGE_BRANCH;
	assert_int_equal(commit_one(&s, psk_with(&s, &id)), ROWAN_E_MLS_PSK);
	id.usage = PSK_USAGE_APPLICATION;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		id.nonce = bytes_of(nonce, lengths[i]);
		assert_int_equal(
			commit_one(&s, psk_with(&s, &id)), ROWAN_E_MLS_PSK);
	}
	id.nonce = bytes_of(nonce, 32);
	assert_int_equal(commit_one(&s, psk_with(&s, &id)), 0);
	end(&s);
}

/*
 * 12.1.7, 12.3: what new extensions require all members must support, "The
 * new extensions MUST be used when evaluating other proposals in this list".
 */
static void bad_extensions_are_refused(void **state)
{
	struct capabilities caps;
	struct forge_leaf leaf = stranger;
	struct scene s;

	begin(&s);
	assert_int_equal(commit_one(&s, extensions_of(&s, 0xf00f, none)),
		ROWAN_E_MLS_PROPOSAL);
	assert_int_equal(
		commit_one(&s, require_of(&s, 0xf00f)), ROWAN_E_MLS_PROPOSAL);
	assert_int_equal(commit_one(&s, extensions_of(&s,
						EXTENSION_REQUIRED_CAPABILITIES,
						bytes_of("\1\0\0", 3))),
		ROWAN_E_MLS_EXTENSION);
	assert_int_equal(
		commit_one(&s, extensions_of(&s, EXTENSION_EXTERNAL_SENDERS,
				       bytes_of("\3abc", 4))),
		ROWAN_E_MLS_EXTENSION);
	caps = s.f.caps;
	caps.extensions = none;
	leaf.caps = &caps;
	by_value(&s, add_with(&s, &leaf, none));
	by_value(&s, require_of(&s, 0xf001));
	assert_int_equal(commit(&s, 1, &honest), ROWAN_E_MLS_LEAF_NODE);
	by_value(&s, add_of(&s, STRANGER));
	by_value(&s, require_of(&s, 0xf001));
	assert_int_equal(commit(&s, 1, &honest), 0);
	end(&s);
}

/* --- 12.2: lists of regular commits ------------------------------------------
 */

static void committers_do_not_propose_for_themselves(void **state)
{
	struct scene s;

	begin(&s);
	assert_int_equal(
		commit_one(&s, update_of(&s, 1)), ROWAN_E_MLS_PROPOSAL_LIST);
	by_reference(&s, 1, update_of(&s, 1));
	assert_int_equal(commit(&s, 1, &honest), ROWAN_E_MLS_PROPOSAL_LIST);
	assert_int_equal(
		commit_one(&s, remove_of(&s, 1)), ROWAN_E_MLS_PROPOSAL_LIST);
	by_reference(&s, 2, remove_of(&s, 1));
	assert_int_equal(commit(&s, 1, &honest), ROWAN_E_MLS_PROPOSAL_LIST);
	end(&s);
}

static void one_change_a_leaf(void **state)
{
	struct scene s;

	begin(&s);
	by_value(&s, remove_of(&s, 2));
	by_value(&s, remove_of(&s, 2));
	assert_int_equal(commit(&s, 1, &honest), ROWAN_E_MLS_PROPOSAL_LIST);
	by_reference(&s, 2, update_of(&s, 2));
	by_value(&s, remove_of(&s, 2));
	assert_int_equal(commit(&s, 1, &honest), ROWAN_E_MLS_PROPOSAL_LIST);
	by_reference(&s, 2, update_of(&s, 2));
	by_reference(&s, 2, update_of(&s, 2));
	assert_int_equal(commit(&s, 1, &honest), ROWAN_E_MLS_PROPOSAL_LIST);
	/* The same reference twice is the same. */
	by_reference(&s, 3, update_of(&s, 3));
	commit_write_reference(&s.list, hash_view(&s.f.group->cache.last->ref));
	assert_int_equal(commit(&s, 1, &honest), ROWAN_E_MLS_PROPOSAL_LIST);
	end(&s);
}

static void one_leaf_a_client(void **state)
{
	struct scene s;

	begin(&s);
	by_value(&s, add_of(&s, STRANGER));
	by_value(&s, add_of(&s, STRANGER));
	assert_int_equal(commit(&s, 1, &honest), ROWAN_E_MLS_PROPOSAL_LIST);
	assert_int_equal(
		commit_one(&s, add_of(&s, 3)), ROWAN_E_MLS_PROPOSAL_LIST);
	assert_int_equal(
		commit_one(&s, add_of(&s, 1)), ROWAN_E_MLS_PROPOSAL_LIST);
	by_value(&s, add_of(&s, 3));
	by_value(&s, remove_of(&s, 3));
	assert_int_equal(commit(&s, 1, &honest), 0);
	end(&s);
}

static void one_of_a_kind(void **state)
{
	struct scene s;

	begin(&s);
	by_value(&s, psk_of(&s, 'p', 1));
	by_value(&s, psk_of(&s, 'p', 1));
	assert_int_equal(commit(&s, 1, &honest), ROWAN_E_MLS_PROPOSAL_LIST);
	by_value(&s, extensions_of(&s, 0xf001, none));
	by_value(&s, extensions_of(&s, 0xf001, none));
	assert_int_equal(commit(&s, 1, &honest), ROWAN_E_MLS_PROPOSAL_LIST);
	by_value(&s, reinit_of(&s, 1));
	by_value(&s, psk_of(&s, 'p', 1));
	assert_int_equal(commit(&s, 1, &honest), ROWAN_E_MLS_PROPOSAL_LIST);
	by_value(&s, reinit_of(&s, 1));
	by_value(&s, reinit_of(&s, 1));
	assert_int_equal(commit(&s, 1, NULL), ROWAN_E_MLS_PROPOSAL_LIST);
	assert_int_equal(
		commit_one(&s, init_of(&s, 32)), ROWAN_E_MLS_PROPOSAL_LIST);
	end(&s);
}

/* "a non-default proposal type that is not supported by some members". */
static void custom_types_need_support(void **state)
{
	struct capabilities caps;
	struct forge_leaf leaf = stranger;
	struct scene s;

	begin(&s);
	assert_int_equal(commit_one(&s, custom_of(&s, 0xf00f)),
		ROWAN_E_MLS_PROPOSAL_LIST);
	assert_int_equal(commit_one(&s, custom_of(&s, 0xf002)), 0);
	caps = s.f.caps;
	caps.proposals = none;
	leaf.caps = &caps;
	/* Who is added or removed need not support it. */
	by_value(&s, custom_of(&s, 0xf002));
	by_value(&s, add_with(&s, &leaf, none));
	assert_int_equal(commit(&s, 1, &honest), 0);
	assert_int_equal(commit_one(&s, custom_of(&s, 0xf002)),
		ROWAN_E_MLS_PROPOSAL_LIST);
	by_value(&s, custom_of(&s, 0xf002));
	by_value(&s, remove_of(&s, MEMBERS));
	assert_int_equal(commit(&s, 1, &honest), 0);
	end(&s);
}

/* --- 12.2, 12.4.3.2: external commits
 * ----------------------------------------- */

static void external_commits_hold_what_they_may(void **state)
{
	struct scene s;

	begin(&s);
	assert_int_equal(
		external(&s, STRANGER, &honest), ROWAN_E_MLS_PROPOSAL_LIST);
	by_value(&s, init_of(&s, 32));
	by_value(&s, init_of(&s, 32));
	assert_int_equal(
		external(&s, STRANGER, &honest), ROWAN_E_MLS_PROPOSAL_LIST);
	by_value(&s, init_of(&s, 32));
	by_value(&s, remove_of(&s, 2));
	by_value(&s, remove_of(&s, 3));
	assert_int_equal(
		external(&s, STRANGER, &honest), ROWAN_E_MLS_PROPOSAL_LIST);
	for (int i = 0; i < 5; i++) {
		struct bytes others[] = {add_of(&s, 9), update_of(&s, 2),
			extensions_of(&s, 0xf001, none), reinit_of(&s, 1),
			custom_of(&s, 0xf002)};

		by_value(&s, init_of(&s, 32));
		by_value(&s, others[i]);
		assert_int_equal(external(&s, STRANGER, &honest),
			ROWAN_E_MLS_PROPOSAL_LIST);
	}
	by_value(&s, init_of(&s, 31));
	assert_int_equal(external(&s, STRANGER, &honest), ROWAN_E_MLS_PROPOSAL);
	by_value(&s, init_of(&s, 32));
	by_value(&s, psk_of(&s, 'p', 1));
	by_value(&s, psk_of(&s, 'p', 1));
	assert_int_equal(
		external(&s, STRANGER, &honest), ROWAN_E_MLS_PROPOSAL_LIST);
	by_value(&s, init_of(&s, 32));
	by_value(&s, psk_of(&s, 'p', 1));
	assert_int_equal(external(&s, STRANGER, &honest), 0);
	end(&s);
}

/*
 * 12.4.3.2: external Commits "MUST contain a path"; 12.4.3.2: an external
 * Commit "MUST NOT include any proposals by reference"; it "MUST be signed by
 * the new member".
 */
static void external_commits_have_their_form(void **state)
{
	struct forge_message m = {.sender = {SENDER_NEW_MEMBER_COMMIT, 0},
		.signer = 9,
		FORGE_TAGS};
	struct forge_path path = {.leaf = {.person = STRANGER}};
	struct scene s;

	begin(&s);
	by_value(&s, init_of(&s, 32));
	assert_int_equal(
		external(&s, STRANGER, NULL), ROWAN_E_MLS_PATH_REQUIRED);
	by_value(&s, init_of(&s, 32));
	by_reference(&s, 2, remove_of(&s, 3));
	assert_int_equal(
		external(&s, STRANGER, &honest), ROWAN_E_MLS_PROPOSAL_LIST);
	by_value(&s, init_of(&s, 32));
	assert_int_equal(send_commit(&s, &m, &path), ROWAN_E_MLS_SIGNATURE);
	/* A member may not sit in two places. */
	by_value(&s, init_of(&s, 32));
	assert_int_equal(external(&s, 2, &honest), ROWAN_E_MLS_LEAF_NODE);
	/* Its new leaf is not the old one. */
	by_value(&s, init_of(&s, 32));
	by_value(&s, remove_of(&s, 2));
	path.leaf.key = tree_leaf(s.f.group->tree, 2)->encryption_key;
	assert_int_equal(external(&s, 2, &path), ROWAN_E_MLS_LEAF_NODE);
	end(&s);
}

/* --- 12.4: commits
 * --------------------------------------------------------------- */

/* 12.4: "By default, the path field of a Commit MUST be populated." */
static void paths_are_required(void **state)
{
	struct scene s;

	begin(&s);
	assert_int_equal(commit(&s, 1, NULL), ROWAN_E_MLS_PATH_REQUIRED);
	by_value(&s, remove_of(&s, 2));
	assert_int_equal(commit(&s, 1, NULL), ROWAN_E_MLS_PATH_REQUIRED);
	by_value(&s, extensions_of(&s, 0xf001, none));
	assert_int_equal(commit(&s, 1, NULL), ROWAN_E_MLS_PATH_REQUIRED);
	by_reference(&s, 2, update_of(&s, 2));
	assert_int_equal(commit(&s, 1, NULL), ROWAN_E_MLS_PATH_REQUIRED);
	by_value(&s, custom_of(&s, 0xf002));
	assert_int_equal(commit(&s, 1, NULL), ROWAN_E_MLS_PATH_REQUIRED);
	by_value(&s, add_of(&s, STRANGER));
	by_value(&s, remove_of(&s, 2));
	assert_int_equal(commit(&s, 1, NULL), ROWAN_E_MLS_PATH_REQUIRED);
	by_value(&s, add_of(&s, STRANGER));
	by_value(&s, psk_of(&s, 'p', 1));
	assert_int_equal(commit(&s, 1, NULL), 0);
	end(&s);
}

static void unknown_references_are_refused(void **state)
{
	static const uint8_t made_up[32] = {1};
	struct scene s;

	begin(&s);
	commit_write_reference(&s.list, bytes_of(made_up, 32));
	assert_int_equal(commit(&s, 1, &honest), ROWAN_E_MLS_UNKNOWN_PROPOSAL);
	/* Of the epoch before. */
	by_reference(&s, 2, update_of(&s, 2));
	writer_wipe(&s.list);
	writer_init(&s.list, MLS_MESSAGE_MAX);
	commit_write_reference(&s.list, hash_view(&s.f.group->cache.last->ref));
	{
		struct buf stale;

		assert_int_equal(buf_copy(&stale, writer_view(&s.list)), 0);
		writer_wipe(&s.list);
		writer_init(&s.list, MLS_MESSAGE_MAX);
		assert_int_equal(commit(&s, 1, &honest), 0);
		writer_raw(&s.list, stale.data, stale.len);
		buf_wipe(&stale);
	}
	assert_int_equal(commit(&s, 1, &honest), ROWAN_E_MLS_UNKNOWN_PROPOSAL);
	end(&s);
}

/* 12.4.2, 7.6, 7.9: what a path must be. */
static void bad_paths_are_refused(void **state)
{
	struct forge_path path = {0};
	struct scene s;

	begin(&s);
	path.nodes = 1;
	assert_int_equal(commit(&s, 1, &path), ROWAN_E_MLS_PATH);
	path.nodes = -1;
	assert_int_equal(commit(&s, 1, &path), ROWAN_E_MLS_PATH);
	/* 7.6: "The length of the encrypted_path_secret vector MUST be equal
	 * to the length of the resolution". */
	path = (struct forge_path){.ciphertexts = 1};
	assert_int_equal(commit(&s, 1, &path), ROWAN_E_MLS_PATH);
	path.ciphertexts = -1;
	assert_int_equal(commit(&s, 1, &path), ROWAN_E_MLS_PATH);
	path = (struct forge_path){
		.first_key = tree_leaf(s.f.group->tree, 3)->encryption_key};
	assert_int_equal(commit(&s, 1, &path), ROWAN_E_MLS_PATH);
	/* 7.9.2: clients "MUST recompute the expected value of parent_hash
	 * for the committer's new leaf and verify that it matches". */
	path = (struct forge_path){.bad_parent_hash = true};
	assert_int_equal(commit(&s, 1, &path), ROWAN_E_MLS_PARENT_HASH);
	path = (struct forge_path){.no_parent_hash = true};
	assert_int_equal(commit(&s, 1, &path), ROWAN_E_MLS_PARENT_HASH);
	/* 7.5: a new member "MUST be excluded from this resolution". */
	by_value(&s, add_of(&s, STRANGER));
	path = (struct forge_path){.for_added = true};
	assert_int_equal(commit(&s, 1, &path), ROWAN_E_MLS_PATH);
	by_value(&s, add_of(&s, STRANGER));
	assert_int_equal(commit(&s, 1, &honest), 0);
	end(&s);
}

/* 12.4.2: the source "MUST be set to commit"; the leaf is validated. */
static void bad_path_leaves_are_refused(void **state)
{
	struct forge_path path = {.leaf = {.source = LEAF_NODE_UPDATE}};
	static const uint8_t other[] = {0, 2};
	struct capabilities caps;
	struct scene s;

	begin(&s);
	assert_int_equal(commit(&s, 1, &path), ROWAN_E_MLS_LEAF_NODE);
	path = (struct forge_path){.leaf = {.source = LEAF_NODE_KEY_PACKAGE}};
	assert_int_equal(commit(&s, 1, &path), ROWAN_E_MLS_LEAF_NODE);
	path = (struct forge_path){
		.leaf = {.key = tree_leaf(s.f.group->tree, 1)->encryption_key}};
	assert_int_equal(commit(&s, 1, &path), ROWAN_E_MLS_LEAF_NODE);
	path.leaf.key = tree_leaf(s.f.group->tree, 3)->encryption_key;
	assert_int_equal(commit(&s, 1, &path), ROWAN_E_MLS_LEAF_NODE);
	path = (struct forge_path){.leaf = {.person = 3}};
	assert_int_equal(commit(&s, 1, &path), ROWAN_E_MLS_LEAF_NODE);
	path = (struct forge_path){.leaf = {.index = 3}};
	assert_int_equal(commit(&s, 1, &path), ROWAN_E_MLS_SIGNATURE);
	path = (struct forge_path){.leaf = {.bad_signature = true}};
	assert_int_equal(commit(&s, 1, &path), ROWAN_E_MLS_SIGNATURE);
	caps = s.f.caps;
	caps.cipher_suites = bytes_of(other, 2);
	path = (struct forge_path){.leaf = {.caps = &caps}};
	assert_int_equal(commit(&s, 1, &path), ROWAN_E_MLS_LEAF_NODE);
	end(&s);
}

/* Tags that are shorter or longer than the hash, or empty. */
static void tags_have_their_length(void **state)
{
	static const size_t lengths[] = {0, 1, 31, 33};
	struct forge_path path = {.leaf = {.person = 1}};
	struct scene s;

	begin(&s);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct forge_message m = {
			.sender = {SENDER_MEMBER, 1}, .signer = 1, FORGE_TAGS};

		m.confirmation = lengths[i];
		assert_int_equal(
			send_commit(&s, &m, &path), ROWAN_E_MLS_CONFIRMATION);
		m.confirmation = SIZE_MAX;
		m.membership = lengths[i];
		assert_int_equal(
			send_commit(&s, &m, &path), ROWAN_E_MLS_MEMBERSHIP);
	}
	end(&s);
}

/* --- 6.1, 12.1.8: who may send what
 * -------------------------------------------- */

static int application_as(struct scene *s, struct sender sender)
{
	struct forge_message m = {.sender = sender,
		.content_type = CONTENT_APPLICATION,
		.body = bytes_of("text", 4),
		.signer = 1,
		FORGE_TAGS};
	struct buf message;
	int rc;

	forge_message(&s->f, &m, &message);
	rc = forge_receive(&s->f, buf_view(&message));
	buf_wipe(&message);
	return rc;
}

/*
 * 6: application messages "MUST use PrivateMessage"; 6.1: "content_type of
 * the message MUST be proposal and the proposal_type MUST be a value that is
 * allowed for external senders"; 6.1: for a new member "MUST be proposal and
 * the proposal_type of the Proposal MUST be add"; 6.1: "content_type of the
 * message MUST be commit".
 */
static void senders_send_what_they_may(void **state)
{
	static const struct sender external_sender = {SENDER_EXTERNAL, 0};
	static const struct sender joiner = {SENDER_NEW_MEMBER_PROPOSAL, 0};
	struct forge_message m = {
		.sender = {SENDER_EXTERNAL, 0}, .signer = WARDEN, FORGE_TAGS};
	struct scene s;

	begin(&s);
	assert_int_equal(application_as(&s, (struct sender){SENDER_MEMBER, 1}),
		ROWAN_E_MLS_SENDER);
	assert_int_equal(
		application_as(&s, external_sender), ROWAN_E_MLS_SENDER);
	assert_int_equal(application_as(&s, joiner), ROWAN_E_MLS_SENDER);
	assert_int_equal(application_as(&s,
				 (struct sender){SENDER_NEW_MEMBER_COMMIT, 0}),
		ROWAN_E_MLS_SENDER);
	assert_int_equal(
		propose(&s, MEMBERS, remove_of(&s, 1)), ROWAN_E_MLS_SENDER);
	assert_int_equal(
		propose_as(&s, external_sender, WARDEN, update_of(&s, 2)),
		ROWAN_E_MLS_SENDER);
	assert_int_equal(
		propose_as(&s, external_sender, WARDEN, init_of(&s, 32)),
		ROWAN_E_MLS_SENDER);
	assert_int_equal(
		propose_as(&s, external_sender, WARDEN, custom_of(&s, 0xf002)),
		ROWAN_E_MLS_SENDER);
	assert_int_equal(send_commit(&s, &m, &honest), ROWAN_E_MLS_SENDER);
	assert_int_equal(propose_as(&s, joiner, 9, remove_of(&s, 2)),
		ROWAN_E_MLS_SENDER);
	assert_int_equal(
		propose_as(&s, (struct sender){SENDER_NEW_MEMBER_COMMIT, 0}, 9,
			add_of(&s, 9)),
		ROWAN_E_MLS_SENDER);
	assert_int_equal(
		propose_as(&s, external_sender, WARDEN, remove_of(&s, 2)), 0);
	assert_int_equal(propose_as(&s, joiner, 9, add_of(&s, 9)), 0);
	end(&s);
}

static int refuse_warden(void *cookie, const struct external_sender *sender)
{
	return -1;
}

/* An external sender the context does not name, or that signs as another. */
static void external_senders_are_in_the_context(void **state)
{
	struct scene s;

	begin(&s);
	assert_int_equal(propose_as(&s, (struct sender){SENDER_EXTERNAL, 1},
				 WARDEN, remove_of(&s, 2)),
		ROWAN_E_MLS_SENDER);
	assert_int_equal(propose_as(&s, (struct sender){SENDER_EXTERNAL, 0},
				 STRANGER, remove_of(&s, 2)),
		ROWAN_E_MLS_SIGNATURE);
	/* The joiner is the one in the key package. */
	assert_int_equal(
		propose_as(&s, (struct sender){SENDER_NEW_MEMBER_PROPOSAL, 0},
			STRANGER, add_of(&s, 9)),
		ROWAN_E_MLS_SIGNATURE);
	s.f.policy.external_sender = refuse_warden;
	assert_int_equal(
		commit_one(&s, extensions_of(&s, EXTENSION_EXTERNAL_SENDERS,
				       bytes_of("\0", 1))),
		0);
	/* It is gone from the context. */
	assert_int_equal(propose_as(&s, (struct sender){SENDER_EXTERNAL, 0},
				 WARDEN, remove_of(&s, 2)),
		ROWAN_E_MLS_SENDER);
	end(&s);
}

/* 6.1: "Recipients of an MLSMessage MUST verify the signature"; 12.1: epoch
 * and group are the current ones. */
static void messages_are_of_this_epoch_and_signed(void **state)
{
	struct forge_message m = {.sender = {SENDER_EXTERNAL, 0},
		.content_type = CONTENT_PROPOSAL,
		.signer = WARDEN,
		.other_epoch = true,
		FORGE_TAGS};
	struct buf message;
	struct scene s;

	begin(&s);
	m.body = remove_of(&s, 2);
	for (uint64_t epoch = 4; epoch < 7; epoch++) {
		m.epoch = epoch;
		forge_message(&s.f, &m, &message);
		assert_int_equal(forge_receive(&s.f, buf_view(&message)),
			epoch == 5 ? 0 : ROWAN_E_MLS_WRONG_EPOCH);
		buf_wipe(&message);
	}
	m.other_epoch = false;
	m.group_id = bytes_of("other", 5);
	forge_message(&s.f, &m, &message);
	assert_int_equal(forge_receive(&s.f, buf_view(&message)),
		ROWAN_E_MLS_WRONG_GROUP);
	buf_wipe(&message);
	m.group_id = none;
	m.body = remove_of(&s, 3);
	m.bad_signature = true;
	forge_message(&s.f, &m, &message);
	assert_int_equal(
		forge_receive(&s.f, buf_view(&message)), ROWAN_E_MLS_SIGNATURE);
	buf_wipe(&message);
	m = (struct forge_message){.sender = {SENDER_MEMBER, 1},
		.content_type = CONTENT_PROPOSAL,
		.signer = 2,
		FORGE_TAGS};
	m.body = remove_of(&s, 3);
	forge_message(&s.f, &m, &message);
	assert_int_equal(
		forge_receive(&s.f, buf_view(&message)), ROWAN_E_MLS_SIGNATURE);
	buf_wipe(&message);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest_commits_are_taken),
		cmocka_unit_test(bad_key_packages_are_refused),
		cmocka_unit_test(leaves_that_do_not_fit_are_refused),
		cmocka_unit_test(lifetimes_are_judged),
		cmocka_unit_test(credentials_are_put_to_the_application),
		cmocka_unit_test(bad_updates_are_refused),
		cmocka_unit_test(bad_removes_and_reinits_are_refused),
		cmocka_unit_test(bad_psks_are_refused),
		cmocka_unit_test(bad_extensions_are_refused),
		cmocka_unit_test(committers_do_not_propose_for_themselves),
		cmocka_unit_test(one_change_a_leaf),
		cmocka_unit_test(one_leaf_a_client),
		cmocka_unit_test(one_of_a_kind),
		cmocka_unit_test(custom_types_need_support),
		cmocka_unit_test(external_commits_hold_what_they_may),
		cmocka_unit_test(external_commits_have_their_form),
		cmocka_unit_test(paths_are_required),
		cmocka_unit_test(unknown_references_are_refused),
		cmocka_unit_test(bad_paths_are_refused),
		cmocka_unit_test(bad_path_leaves_are_refused),
		cmocka_unit_test(tags_have_their_length),
		cmocka_unit_test(senders_send_what_they_may),
		cmocka_unit_test(external_senders_are_in_the_context),
		cmocka_unit_test(messages_are_of_this_epoch_and_signed),
	};

	return cmocka_run_group_tests_name("mls_rules", tests, NULL, NULL);
}
