/*
 * The log of the clinic: see logged.h.
 */
#include <string.h>

#include "clinic/logged.h"
#include "clinic/returning.h"
#include "clinic/source.h"

/* Does the log here begin with the head that the statement calls ours? */
static int begins_with(struct store_reader *rd, const struct wire_st_restore *s)
{
	struct merkle_source src = store_log_source(rd);
	struct merkle_hash root;
	uint64_t size;
	int rc = store_log_size(rd, &size);

	if (rc != 0)
		return rc;
	if (s->size > size)
		return ROWAN_E_NOT_FOUND;
	rc = merkle_proof_root(&src, s->size, &root);
	if (rc == 0 && memcmp(root.b, s->root.b, sizeof root.b) != 0)
		rc = ROWAN_E_NOT_FOUND;
	return rc;
}

static int names(struct store_reader *rd, struct bytes raw, uint64_t lost_size,
	const struct merkle_hash *lost_root)
{
	struct wire_statement s;
	int rc = raw.len == 0 ? ROWAN_E_NOT_FOUND
			      : wire_statement_decode(raw, &s);

	if (rc == 0 && (s.kind != WIRE_ST_RESTORE ||
			       s.u.restore.lost_size != lost_size ||
			       memcmp(s.u.restore.lost_root.b, lost_root->b,
				       sizeof lost_root->b) != 0))
		rc = ROWAN_E_NOT_FOUND;
	return rc == 0 ? begins_with(rd, &s.u.restore) : rc;
}

static int one(struct store_reader *rd, uint64_t number, uint64_t lost_size,
	const struct merkle_hash *lost_root)
{
	struct store_act act;
	struct buf raw;
	int rc = store_act_get(rd, &source_clinic_chain, number, &act, &raw);

	if (rc == 0)
		rc = names(rd, act.raw, lost_size, lost_root);
	buf_wipe(&raw);
	return rc;
}

/* The latest one may still wait for its place in the chain. */
static int waiting(struct store_reader *rd, uint64_t lost_size,
	const struct merkle_hash *lost_root)
{
	struct returning r;
	int rc = returning_load(&r, rd);

	if (rc == 0)
		rc = names(rd, buf_view(&r.restore), lost_size, lost_root);
	returning_wipe(&r);
	return rc;
}

/*
 * A statement `restore` in the clinic's chain names this head as the last one
 * known before the loss, and as the backup's a head with which the log here
 * begins: 0, or ROWAN_E_NOT_FOUND.
 */
static int is_restored(struct store_reader *rd, uint64_t lost_size,
	const struct merkle_hash *lost_root)
{
	struct clinic clinic;
	struct source source;
	int rc;

	source_init(&source, rd);
	rc = source_clinic(&source, &clinic);
	source_wipe(&source);
	if (rc == 0)
		rc = waiting(rd, lost_size, lost_root);
	if (rc != ROWAN_E_NOT_FOUND)
		return rc;
	for (uint64_t n = clinic.number; n > 0; n--) {
		rc = one(rd, n, lost_size, lost_root);
		if (rc != ROWAN_E_NOT_FOUND)
			return rc;
	}
	return ROWAN_E_NOT_FOUND;
}

int logged_open(struct head **ret, const struct head_options *options,
	struct head_found *ret_found)
{
	struct head_options o = *options;
	struct clinic clinic;
	struct source source;
	int rc;

	source_init(&source, store_view(o.store));
	rc = source_clinic(&source, &clinic);
	source_wipe(&source);
	if (rc == ROWAN_E_NOT_FOUND)
		memset(&clinic, 0, sizeof clinic);
	else if (rc != 0)
		return rc;
	o.clinic = &clinic.id;
	o.restored = is_restored;
	return head_open(ret, &o, ret_found);
}
