/*
 * The message driver: one MLS client, its groups, and what it knows from
 * outside, told what to do by requests (see mls_peer.c for the language).
 *
 * Built on the public headers only. Trusts nothing in a request. Holds no
 * global state.
 */
#ifndef TESTS_PEER_PEER_H
#define TESTS_PEER_PEER_H

#include <rowan/mls.h>
#include <rowan/mls_public.h>

#include "peer/req.h"

#define PEER_PSK_MAX 1024 /* bytes of id and of value */

struct peer_psk {
	struct peer_psk *next;
	struct buf id;
	struct buf value;
};

struct peer_group {
	struct peer_group *next;
	struct rowan_mls_group *group;
};

struct peer_public {
	struct peer_public *next;
	struct rowan_mls_public *group;
};

struct peer {
	struct rowan_mls *client; /* NULL before init or load */
	struct rowan_mls_options options;
	uint64_t now; /* 0: the real time */
	struct peer_psk *psks;
	struct peer_group *groups;
	struct peer_public *publics;
	struct rowan_mls *outside; /* signs as an external sender */
	bool quit;
};

/* A handler: reads ${r}->in, fills ${r}->out. */
typedef void peer_command(struct peer *p, struct req *r);

static inline struct rowan_mls_bytes peer_in(struct bytes b)
{
	return (struct rowan_mls_bytes){b.data, b.len};
}

static inline struct bytes peer_out(struct rowan_mls_bytes b)
{
	return (struct bytes){b.data, b.len};
}

static inline struct bytes peer_buf(const struct rowan_mls_buf *b)
{
	return (struct bytes){b->data, b->len};
}

/**
 * peer_init(p), peer_wipe(p):
 * Start with nothing; forget everything.
 */
void peer_init(struct peer *p);
void peer_wipe(struct peer *p);

/**
 * peer_client(p, r):
 * Return the client, or fail the request and return NULL.
 */
struct rowan_mls *peer_client(struct peer *p, struct req *r);

/**
 * peer_group(p, r, key):
 * Return the group that ${key} names, or the only one when it is absent; else
 * fail the request and return NULL.
 */
struct rowan_mls_group *peer_group(
	struct peer *p, struct req *r, const char *key);

/**
 * peer_keep(p, r, group):
 * Take ${group} over, in place of one with the same id.
 */
void peer_keep(struct peer *p, struct req *r, struct rowan_mls_group *group);

/**
 * peer_drop(p, group):
 * Free a group that is kept.
 */
void peer_drop(struct peer *p, struct rowan_mls_group *group);

/**
 * peer_take(p, r, from):
 * Take over what was loaded into ${from}: limits, PSKs, groups, and, unless
 * groups of ours hang on the one we have, the client.
 */
ROWAN_MUST int peer_take(struct peer *p, struct req *r, struct peer *from);

/**
 * peer_psk_add(p, id, value):
 * Keep an external PSK, in place of one with the same id.
 */
ROWAN_MUST int peer_psk_add(
	struct peer *p, struct bytes id, struct bytes value);

/**
 * peer_put_buf(r, key, buf):
 * Add ${buf} to the answer, unless empty, and free it.
 */
void peer_put_buf(struct req *r, const char *key, struct rowan_mls_buf *buf);

/**
 * peer_summary(group), peer_put_state(r, group):
 * The state summary; in the answer it stands both as `state` and at top
 * level.
 */
json_t *peer_summary(const struct rowan_mls_group *group);
void peer_put_state(struct req *r, const struct rowan_mls_group *group);

/**
 * peer_extensions(r, obj, key), peer_key_packages(r, ret_n):
 * Read `[{type, data}]`, and a list of hex strings called `key_packages`.
 */
struct rowan_mls_extensions peer_extensions(
	struct req *r, const json_t *obj, const char *key);
const struct rowan_mls_bytes *peer_key_packages(struct req *r, size_t *ret_n);

/**
 * peer_proposal(r, obj, ret):
 * Read one proposal of the language into ${ret}; its lists live as long as
 * the request.
 */
void peer_proposal(
	struct req *r, const json_t *obj, struct rowan_mls_proposal *ret);

/**
 * peer_wire(r, p):
 * Read `wire` and `aad`.
 */
struct rowan_mls_wire peer_wire(struct req *r);

/**
 * peer_proposal_json(view):
 * A committed or pending proposal as the application sees it.
 */
json_t *peer_proposal_json(const struct rowan_mls_proposal_view *view);

/* The commands, by file. */
peer_command cmd_init, cmd_keypackage, cmd_psk_add, cmd_save, cmd_load;
peer_command cmd_create, cmd_state, cmd_members, cmd_tree, cmd_tree_hash;
peer_command cmd_epoch_authenticator, cmd_export, cmd_group_info, cmd_forget;
peer_command cmd_propose, cmd_commit, cmd_add, cmd_remove, cmd_update;
peer_command cmd_merge, cmd_discard;
peer_command cmd_welcome_in, cmd_process, cmd_send, cmd_inspect;
peer_command cmd_external_join, cmd_reinit, cmd_branch;
peer_command cmd_external_sender, cmd_external_propose, cmd_external_add;
peer_command cmd_public_load, cmd_public_process;

#endif
