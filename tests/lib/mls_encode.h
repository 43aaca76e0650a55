/*
 * Encoding decoded objects from their fields, one by one, never from the
 * bytes kept with them: what comes out proves that every field was read.
 */
#ifndef TESTS_LIB_MLS_ENCODE_H
#define TESTS_LIB_MLS_ENCODE_H

#include "base/writer.h"
#include "mls/public/object/commit.h"
#include "mls/public/framing/mls_message.h"

/**
 * mls_encode_leaf_node, mls_encode_key_package, ... (w, object):
 * Append the object's encoding.
 */
void mls_encode_leaf_node(struct writer *w, const struct leaf_node *n);
void mls_encode_key_package(struct writer *w, const struct key_package *kp);
void mls_encode_proposal(struct writer *w, const struct proposal *p);
void mls_encode_update_path(struct writer *w, const struct update_path *path);
void mls_encode_commit(struct writer *w, const struct commit *c);
void mls_encode_group_info(struct writer *w, const struct group_info *gi);
void mls_encode_welcome(struct writer *w, const struct welcome *welcome);
void mls_encode_public_message(
	struct writer *w, const struct authenticated_content *ac);
void mls_encode_message(struct writer *w, const struct mls_message *m);

#endif
