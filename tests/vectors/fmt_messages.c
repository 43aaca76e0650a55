/*
 * Format "messages": every object of the RFC decodes, and encodes from its
 * decoded fields to the same bytes; a byte more or less is refused.
 */
#include <stdio.h>
#include <string.h>

#include "lib/suites.h"
#include "mls/public/tree/tree_codec.h"
#include "lib/mls_encode.h"
#include "vectors/vec.h"

#define ROOM (16u << 20)

/* Decode ${raw}; if ${w} is given, also encode it again. */
typedef int check_fn(struct bytes raw, struct writer *w);

static int group_secrets(struct bytes raw, struct writer *w)
{
	struct group_secrets s;
	int rc = group_secrets_decode(raw, &s);

	if (rc == 0 && w != NULL)
		group_secrets_write(w, &s);
	return rc;
}

static int commit(struct bytes raw, struct writer *w)
{
	struct commit *c;
	int rc = commit_decode(raw, &c);

	if (rc == 0 && w != NULL)
		mls_encode_commit(w, c);
	commit_free(c);
	return rc;
}

static int proposal(struct bytes raw, struct writer *w)
{
	struct proposal p;
	int rc = proposal_decode(raw, &p);

	if (rc == 0 && w != NULL)
		mls_encode_proposal(w, &p);
	proposal_wipe(&p);
	return rc;
}

static int ratchet_tree(struct bytes raw, struct writer *w)
{
	struct tree *t = NULL;
	struct buf again = {0};
	int rc = tree_decode(suites_find(3), raw, &t);

	if (rc == 0)
		rc = tree_encode(t, &again);
	if (rc == 0 && w != NULL)
		writer_raw(w, again.data, again.len);
	buf_wipe(&again);
	tree_free(t);
	return rc;
}

static int message(struct bytes raw, struct writer *w)
{
	struct mls_message m;
	int rc = mls_message_decode(raw, &m);

	if (rc == 0 && w != NULL)
		mls_encode_message(w, &m);
	mls_message_wipe(&m);
	return rc;
}

/* What routing sees of a message agrees with what the file calls it. */
static void routing(struct vec *v, const char *key, struct bytes raw,
	uint16_t wire_format, uint8_t content_type)
{
	struct mls_message_peek peek;

	(void)vec_zero(v, mls_message_peek(raw, &peek), key);
	(void)vec_want(v,
		peek.wire_format == wire_format &&
			(content_type == 0 ||
				peek.content_type == content_type),
		key);
}

/* ${raw} there and back, then with a byte more and with a byte less. */
static void object(
	struct vec *v, const char *key, struct bytes raw, check_fn *check)
{
	char what[60];
	uint8_t *more;
	struct writer w;

	snprintf(what, sizeof what, "%s: decode", key);
	writer_init(&w, ROOM);
	(void)vec_zero(v, check(raw, &w), what);
	snprintf(what, sizeof what, "%s: encodes differently", key);
	(void)vec_same(v, writer_view(&w), raw, what);
	writer_wipe(&w);

	more = arena_alloc(&v->arena, raw.len + 1);
	if (raw.len > 0)
		memcpy(more, raw.data, raw.len);
	snprintf(what, sizeof what, "%s: a trailing byte was accepted", key);
	(void)vec_want(v, check(bytes_of(more, raw.len + 1), NULL) != 0, what);
	snprintf(what, sizeof what, "%s: a torn object was accepted", key);
	if (raw.len > 0)
		(void)vec_want(
			v, check(bytes_of(more, raw.len - 1), NULL) != 0, what);
}

/* The file has proposals without their type in front. */
static void typed(struct vec *v, const char *key, uint16_t type)
{
	struct bytes body = vec_hex(v, v->json, key);
	uint8_t *raw = arena_alloc(&v->arena, body.len + 2);

	raw[1] = (uint8_t)type;
	if (body.len > 0)
		memcpy(raw + 2, body.data, body.len);
	object(v, key, bytes_of(raw, body.len + 2), proposal);
}

void fmt_messages(struct vec *v)
{
	static const struct {
		const char *key;
		check_fn *check;
		uint16_t wire_format;
		uint8_t content_type;
	} plain[] = {
		{"mls_welcome", message, WIRE_FORMAT_WELCOME, 0},
		{"mls_group_info", message, WIRE_FORMAT_GROUP_INFO, 0},
		{"mls_key_package", message, WIRE_FORMAT_KEY_PACKAGE, 0},
		{"ratchet_tree", ratchet_tree, 0, 0},
		{"group_secrets", group_secrets, 0, 0},
		{"commit", commit, 0, 0},
		{"public_message_application", message,
			WIRE_FORMAT_PUBLIC_MESSAGE, CONTENT_APPLICATION},
		{"public_message_proposal", message, WIRE_FORMAT_PUBLIC_MESSAGE,
			CONTENT_PROPOSAL},
		{"public_message_commit", message, WIRE_FORMAT_PUBLIC_MESSAGE,
			CONTENT_COMMIT},
		{"private_message", message, WIRE_FORMAT_PRIVATE_MESSAGE, 0},
	};
	static const struct {
		const char *key;
		uint16_t type;
	} proposals[] = {
		{"add_proposal", PROPOSAL_ADD},
		{"update_proposal", PROPOSAL_UPDATE},
		{"remove_proposal", PROPOSAL_REMOVE},
		{"pre_shared_key_proposal", PROPOSAL_PSK},
		{"re_init_proposal", PROPOSAL_REINIT},
		{"external_init_proposal", PROPOSAL_EXTERNAL_INIT},
		{"group_context_extensions_proposal",
			PROPOSAL_GROUP_CONTEXT_EXTENSIONS},
	};

	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
		struct bytes raw = vec_hex(v, v->json, plain[i].key);

		object(v, plain[i].key, raw, plain[i].check);
		if (plain[i].check == message)
			routing(v, plain[i].key, raw, plain[i].wire_format,
				plain[i].content_type);
	}
	for (size_t i = 0; i < sizeof proposals / sizeof *proposals; i++)
		typed(v, proposals[i].key, proposals[i].type);
}
