/*
 * Commits (RFC 9420 section 12.4): proposals by value or by reference, and
 * a path.
 *
 * Decoding checks the form only and reads every proposal in the commit.
 */
#ifndef MLS_COMMIT_H
#define MLS_COMMIT_H

#include "mls/public/object/proposal.h"
#include "mls/public/object/update_path.h"

enum proposal_or_ref_type {
	PROPOSAL_OR_REF_PROPOSAL = 1,
	PROPOSAL_OR_REF_REFERENCE = 2
};

struct proposal_or_ref {
	uint8_t type; /* enum proposal_or_ref_type */
	union {
		struct proposal proposal;
		struct bytes reference;
	};
};

/* Views borrow from the decoded input; leaf nodes are references. */
struct commit {
	struct proposal_or_ref *proposals;
	size_t n;
	bool has_path;
	struct update_path path;
	struct bytes raw;
};

/**
 * commit_read(r, ret), commit_decode(raw, ret):
 * Read one from a stream, or from bytes that hold nothing else. The caller
 * ends it with commit_free.
 */
ROWAN_MUST int commit_read(struct reader *r, struct commit **ret);
ROWAN_MUST int commit_decode(struct bytes raw, struct commit **ret);

/**
 * commit_free(commit):
 * Drop everything. NULL is harmless.
 */
void commit_free(struct commit *commit);

/**
 * commit_write_proposal(w, proposal), commit_write_reference(w, reference):
 * Append one entry of the list of proposals. To write a Commit: writer_open,
 * the entries, writer_close, then commit_write_path.
 */
void commit_write_proposal(struct writer *w, struct bytes proposal);
void commit_write_reference(struct writer *w, struct bytes reference);

/**
 * commit_write_path(w, path):
 * Append the optional path: its encoding, or nothing for an empty view.
 */
void commit_write_path(struct writer *w, struct bytes path);

#endif
