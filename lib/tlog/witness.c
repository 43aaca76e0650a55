/*
 * Requests to a witness: see witness.h.
 */
#include <string.h>

#include "tlog/text.h"
#include "tlog/witness.h"

#define PROOF_LINES_MAX 63

static int parse(struct witness_request *r, struct bytes rest)
{
	struct bytes line;
	size_t len;
	int rc = text_line(&rest, &line);

	if (rc == 0)
		rc = text_skip(&line, "old ");
	if (rc == 0)
		rc = text_u64(line, &r->old);
	while (rc == 0) {
		rc = text_line(&rest, &line);
		if (rc != 0 || line.len == 0)
			break;
		if (r->proof.len == PROOF_LINES_MAX)
			return ROWAN_E_MALFORMED;
		rc = text_base64(line, r->proof.hash[r->proof.len++].b,
			MERKLE_HASH_LEN, &len);
		if (rc != 0 || len != MERKLE_HASH_LEN)
			return ROWAN_E_MALFORMED;
	}
	if (rc == 0 && rest.len > NOTE_MAX)
		rc = ROWAN_E_MALFORMED;
	r->checkpoint = rest;
	return rc;
}

int witness_request_parse(struct witness_request *r, struct bytes input)
{
	int rc;

	memset(r, 0, sizeof *r);
	rc = parse(r, input);
	if (rc != 0)
		memset(r, 0, sizeof *r);
	return rc;
}

/* Something else than what was verified, whatever proof comes with it. */
static bool contradicts(const struct watch *w, const struct checkpoint *c)
{
	enum watch_verdict v = watch_judge(w, c, 0, 0);
	struct merkle_hash empty;
	struct merkle none;

	merkle_init(&none);
	merkle_root(&none, &empty);
	return v == WATCH_FORK || v == WATCH_SHRUNK ||
	       (c->size == 0 && !merkle_eq(&c->root, &empty));
}

/*
 * Of a tree of 2^n leaves the proof from there does not tell what the log's
 * begins with, but the one from the next size does. Nothing is signed on it.
 */
static bool begins_otherwise(const struct witness_request *r,
	const struct watch *w, const struct checkpoint *c)
{
	struct merkle_hash root;

	return r->old == merkle_proof_told(w->size) &&
	       merkle_proof_begins(
		       &r->proof, w->size, c->size, &c->root, &root) == 0 &&
	       !merkle_eq(&root, &w->root);
}

/* Signed by the log, and the log is the one we know. */
static enum witness_verdict open_note(const struct witness_request *r,
	const struct note_key *key, struct note *n, struct checkpoint *c)
{
	if (note_parse(n, r->checkpoint) != 0 ||
		checkpoint_parse(c, n->text) != 0)
		return WITNESS_MALFORMED;
	if (!bytes_eq(c->origin, bytes_of(key->name, strlen(key->name))))
		return WITNESS_UNKNOWN;
	return note_verify(n, key) == 0 ? WITNESS_GOOD : WITNESS_UNSIGNED;
}

enum witness_verdict witness_judge(const struct witness_request *r,
	const struct note_key *key, const struct watch *w,
	struct note *ret_note, struct watch *ret)
{
	struct checkpoint c;
	struct watch next = *w;
	enum witness_verdict v = open_note(r, key, ret_note, &c);

	*ret = *w;
	if (v != WITNESS_GOOD)
		return v;
	if (r->old > c.size)
		return WITNESS_MALFORMED;
	if (contradicts(w, &c))
		return WITNESS_INCONSISTENT;
	if (r->old != w->size)
		return begins_otherwise(r, w, &c) ? WITNESS_INCONSISTENT
						  : WITNESS_CONFLICT;
	/* From nothing to anything, and from a tree to itself, without. */
	if ((r->old == 0 || r->old == c.size) && r->proof.len > 0)
		return WITNESS_INCONSISTENT;
	if (watch_grow(&next, &c, &r->proof) != 0)
		return WITNESS_INCONSISTENT;
	*ret = next;
	return WITNESS_GOOD;
}
