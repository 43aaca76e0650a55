/*
 * Receipts and the log: see rowan/proof.h.
 */
#include "sdk/handle.h"
#include "session/session_parts.h"

int rowan_receipt(struct rowan *r, const uint8_t message[ROWAN_ID_LEN],
	struct rowan_bytes **ret)
{
	const struct session_parts *p;
	struct buf file;
	struct id16 id;
	int rc;

	if (r == NULL || message == NULL || ret == NULL)
		return ROWAN_E_INVAL;
	*ret = NULL;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	id = sdk_id(message);
	rc = proofs_get(p->proofs, &id, &file);
	return rc == 0 ? sdk_bytes(ret, &file) : rc;
}

int rowan_set_witnesses(struct rowan *r, const void *policy, size_t len)
{
	const struct session_parts *p;
	int rc;

	if (r == NULL || (policy == NULL && len > 0))
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	if (rc == 0)
		rc = proofs_policy(p->proofs, bytes_of(policy, len));
	return sdk_done(r, rc);
}

int rowan_log(struct rowan *r, uint64_t *ret_size, uint64_t *ret_time)
{
	const struct session_parts *p;
	struct watch w;
	int rc;

	if (r == NULL || ret_size == NULL || ret_time == NULL)
		return ROWAN_E_INVAL;
	*ret_size = *ret_time = 0;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	proofs_watch(p->proofs, &w);
	*ret_size = w.size;
	*ret_time = w.time;
	return 0;
}
