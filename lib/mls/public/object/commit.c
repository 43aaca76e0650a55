/*
 * Commits: see commit.h.
 */
#include <stdlib.h>

#include "mls/public/object/commit.h"

static int read_entry(struct reader *r, struct proposal_or_ref *entry)
{
	int rc;

	*entry = (struct proposal_or_ref){0};
	if ((rc = reader_u8(r, &entry->type)) != 0)
		return rc;
	switch (entry->type) {
	case PROPOSAL_OR_REF_PROPOSAL:
		return proposal_read(r, &entry->proposal);
	case PROPOSAL_OR_REF_REFERENCE:
		return reader_vec(r, MLS_MAC_MAX, &entry->reference);
	default: return ROWAN_E_MALFORMED;
	}
}

static int grow(struct commit *commit, size_t *cap)
{
	size_t more = *cap == 0 ? 4 : *cap * 2;
	struct proposal_or_ref *p;

	if (commit->n < *cap)
		return 0;
	if (commit->n >= MLS_PROPOSALS_MAX)
		return ROWAN_E_LIMIT;
	if ((p = realloc(commit->proposals, more * sizeof *p)) == NULL)
		return ROWAN_E_NOMEM;
	commit->proposals = p;
	*cap = more;
	return 0;
}

static int read_proposals(struct reader *r, struct commit *commit)
{
	struct reader list;
	size_t cap = 0;
	int rc;

	if ((rc = reader_sub(r, MLS_MESSAGE_MAX, &list)) != 0)
		return rc;
	while (reader_left(&list) > 0) {
		if ((rc = grow(commit, &cap)) != 0 ||
			(rc = read_entry(
				 &list, &commit->proposals[commit->n])) != 0)
			return rc;
		commit->n++;
	}
	return 0;
}

static int read_fields(struct reader *r, struct commit *commit)
{
	const uint8_t *start = r->pos;
	uint8_t present;
	int rc;

	if ((rc = read_proposals(r, commit)) != 0 ||
		(rc = reader_u8(r, &present)) != 0)
		return rc;
	/* 2.1.1: the presence octet is 0 or 1, all else "MUST be rejected" */
	if (present > 1)
		return ROWAN_E_MALFORMED;
	if (present == 1 && (rc = update_path_read(r, &commit->path)) != 0)
		return rc;
	commit->has_path = present == 1;
	commit->raw = bytes_of(start, (size_t)(r->pos - start));
	return 0;
}

int commit_read(struct reader *r, struct commit **ret)
{
	struct reader ahead = *r;
	struct commit *commit;
	int rc;

	*ret = NULL;
	if ((commit = calloc(1, sizeof *commit)) == NULL)
		return ROWAN_E_NOMEM;
	if ((rc = read_fields(&ahead, commit)) != 0) {
		commit_free(commit);
		return rc;
	}
	*r = ahead;
	*ret = commit;
	return 0;
}

int commit_decode(struct bytes raw, struct commit **ret)
{
	struct reader r;
	int rc;

	reader_init(&r, raw);
	if ((rc = commit_read(&r, ret)) != 0)
		return rc;
	if ((rc = reader_end(&r)) != 0) {
		commit_free(*ret);
		*ret = NULL;
	}
	return rc;
}

void commit_free(struct commit *commit)
{
	if (commit == NULL)
		return;
	for (size_t i = 0; i < commit->n; i++) {
		if (commit->proposals[i].type == PROPOSAL_OR_REF_PROPOSAL)
			proposal_wipe(&commit->proposals[i].proposal);
	}
	free(commit->proposals);
	update_path_wipe(&commit->path);
	free(commit);
}

void commit_write_proposal(struct writer *w, struct bytes proposal)
{
	writer_u8(w, PROPOSAL_OR_REF_PROPOSAL);
	writer_raw(w, proposal.data, proposal.len);
}

void commit_write_reference(struct writer *w, struct bytes reference)
{
	writer_u8(w, PROPOSAL_OR_REF_REFERENCE);
	writer_vec(w, reference);
}

void commit_write_path(struct writer *w, struct bytes path)
{
	writer_u8(w, path.len > 0);
	writer_raw(w, path.data, path.len);
}
