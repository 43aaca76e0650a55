/*
 * A group with a malicious member, and a commit being put together: what the
 * tests of the rules for proposals and commits are written in. Everything
 * made here lives until scene_end.
 */
#ifndef TESTS_LIB_MLS_SCENE_H
#define TESTS_LIB_MLS_SCENE_H

#include "lib/arena.h"
#include "lib/mls_forge.h"

#define SCENE_MEMBERS  5
#define SCENE_STRANGER 8
#define SCENE_WARDEN   11 /* the external sender */

/* A group, and a commit being put together. */
struct scene {
	struct forge f;
	struct arena arena;
	struct writer list;
};

extern const struct bytes scene_none;
extern const struct forge_path scene_honest;

/**
 * scene_begin(s), scene_end(s):
 * A group of SCENE_MEMBERS with the warden as external sender.
 */
void scene_begin(struct scene *s);
void scene_end(struct scene *s);

/**
 * scene_add, scene_remove, ... (s, ...):
 * Encode a proposal: _with from its parts, else an honest one of or about
 * that person. scene_require is a GroupContextExtensions that requires one
 * extension type; scene_external_init has a KEM output of ${len} bytes.
 */
struct bytes scene_add_with(
	struct scene *s, const struct forge_leaf *leaf, struct bytes init_key);
struct bytes scene_add(struct scene *s, unsigned person);
struct bytes scene_remove(struct scene *s, uint32_t leaf);
struct bytes scene_update_with(struct scene *s, const struct forge_leaf *leaf);
struct bytes scene_update(struct scene *s, unsigned person);
struct bytes scene_psk_with(struct scene *s, const struct psk_id *id);
struct bytes scene_psk(struct scene *s, char name, uint8_t nonce);
struct bytes scene_extensions(
	struct scene *s, uint16_t type, struct bytes data);
struct bytes scene_require(struct scene *s, uint16_t type);
struct bytes scene_reinit(struct scene *s, uint16_t version);
struct bytes scene_custom(struct scene *s, uint16_t type);
struct bytes scene_external_init(struct scene *s, size_t len);

/**
 * scene_propose_as(s, sender, signer, proposal), scene_propose(s, member,
 * proposal):
 * What the victim says to a proposal by itself.
 */
int scene_propose_as(struct scene *s, struct sender sender, unsigned signer,
	struct bytes proposal);
int scene_propose(struct scene *s, unsigned member, struct bytes proposal);

/**
 * scene_by_value(s, proposal), scene_by_reference(s, member, proposal):
 * Put a proposal into the commit; or propose it and put the reference in.
 */
void scene_by_value(struct scene *s, struct bytes proposal);
void scene_by_reference(
	struct scene *s, unsigned member, struct bytes proposal);

/**
 * scene_send_commit(s, m, path), scene_commit(s, by, path), scene_external(s,
 * by, path), scene_commit_one(s, proposal):
 * Send the commit that was put together, and start another; return what the
 * victim says. NULL is no path. The last is member 1 with one proposal by
 * value and an honest path.
 */
int scene_send_commit(struct scene *s, struct forge_message *m,
	const struct forge_path *path);
int scene_commit(struct scene *s, unsigned by, const struct forge_path *path);
int scene_external(struct scene *s, unsigned by, const struct forge_path *path);
int scene_commit_one(struct scene *s, struct bytes proposal);

#endif
