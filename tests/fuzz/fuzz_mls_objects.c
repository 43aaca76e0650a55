/*
 * Fuzz target: every object of RFC 9420. The first byte chooses the decoder;
 * what decodes must encode, field by field, to the same bytes.
 */
#include <stdlib.h>

#include "lib/mls_encode.h"
#include "crypto/suite.h"
#include "mls/public/object/external_sender.h"
#include "mls/public/tree/tree_codec.h"

#define ROOM (1u << 24)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int leaf_node(struct bytes raw, struct writer *w)
{
	struct leaf_node *n;
	int rc = leaf_node_decode(raw, &n);

	if (rc == 0)
		mls_encode_leaf_node(w, n);
	leaf_node_unref(n);
	return rc;
}

static int key_package(struct bytes raw, struct writer *w)
{
	struct key_package kp;
	int rc = key_package_decode(raw, &kp);

	if (rc == 0)
		mls_encode_key_package(w, &kp);
	key_package_wipe(&kp);
	return rc;
}

static int proposal(struct bytes raw, struct writer *w)
{
	struct proposal p;
	int rc = proposal_decode(raw, &p);

	if (rc == 0)
		mls_encode_proposal(w, &p);
	proposal_wipe(&p);
	return rc;
}

static int update_path(struct bytes raw, struct writer *w)
{
	struct update_path path;
	int rc = update_path_decode(raw, &path);

	if (rc == 0)
		mls_encode_update_path(w, &path);
	update_path_wipe(&path);
	return rc;
}

static int commit(struct bytes raw, struct writer *w)
{
	struct commit *c;
	int rc = commit_decode(raw, &c);

	if (rc == 0)
		mls_encode_commit(w, c);
	commit_free(c);
	return rc;
}

static int group_info(struct bytes raw, struct writer *w)
{
	struct group_info gi;
	int rc = group_info_decode(raw, &gi);

	if (rc == 0)
		mls_encode_group_info(w, &gi);
	group_info_wipe(&gi);
	return rc;
}

static int welcome(struct bytes raw, struct writer *w)
{
	struct welcome we;
	int rc = welcome_decode(raw, &we);

	if (rc == 0)
		mls_encode_welcome(w, &we);
	return rc;
}

static int group_secrets(struct bytes raw, struct writer *w)
{
	struct group_secrets s;
	int rc = group_secrets_decode(raw, &s);

	if (rc == 0)
		group_secrets_write(w, &s);
	return rc;
}

static int required(struct bytes raw, struct writer *w)
{
	struct required_capabilities c;
	int rc = required_capabilities_decode(raw, &c);

	if (rc == 0)
		required_capabilities_write(w, &c);
	return rc;
}

static int senders(struct bytes raw, struct writer *w)
{
	struct external_sender sender;
	struct bytes list;
	size_t mark = writer_open(w);
	int rc = external_senders_read(raw, &list);

	while (external_sender_next(&list, &sender))
		external_sender_write(w, &sender);
	writer_close(w, mark);
	return rc;
}

static int message(struct bytes raw, struct writer *w)
{
	struct mls_message_peek peek;
	struct mls_message m;
	int rc = mls_message_decode(raw, &m);

	if (rc == 0)
		mls_encode_message(w, &m);
	/* What decodes can be routed. */
	if (mls_message_peek(raw, &peek) != 0 && rc == 0)
		abort();
	mls_message_wipe(&m);
	return rc;
}

static int ratchet_tree(struct bytes raw, struct writer *w)
{
	struct buf again = {0};
	struct tree *t;
	int rc = tree_decode(&suite_0003, raw, &t);

	if (rc == 0 && tree_encode(t, &again) == 0)
		writer_raw(w, again.data, again.len);
	buf_wipe(&again);
	tree_free(t);
	return rc;
}

static int content(struct bytes raw, struct writer *w)
{
	struct authenticated_content *ac;
	int rc = authenticated_content_decode(raw, &ac);

	if (rc == 0)
		writer_raw(w, ac->raw.data, ac->raw.len);
	authenticated_content_unref(ac);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static int (*const decoders[])(struct bytes, struct writer *) = {
		leaf_node, key_package, proposal, update_path, commit,
		group_info, welcome, group_secrets, required, senders, message,
		ratchet_tree, content};
	struct bytes raw;
	struct writer w;

	if (len == 0)
		return 0;
	raw = bytes_of(data + 1, len - 1);
	writer_init(&w, ROOM);
	if (decoders[data[0] % (sizeof decoders / sizeof *decoders)](raw, &w) ==
			0 &&
		!bytes_eq(writer_view(&w), raw))
		abort();
	writer_wipe(&w);
	return 0;
}
