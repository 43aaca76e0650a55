/*
 * PreSharedKeyID: see psk_id.h.
 */
#include "mls/public/object/limits.h"
#include "mls/public/object/psk_id.h"

static int read_resumption(struct reader *r, struct psk_id *id)
{
	int rc;

	if ((rc = reader_u8(r, &id->usage)) != 0)
		return rc;
	if (id->usage < PSK_USAGE_APPLICATION || id->usage > PSK_USAGE_BRANCH)
		return ROWAN_E_MALFORMED;
	if ((rc = reader_vec(r, MLS_GROUP_ID_MAX, &id->id)) != 0)
		return rc;
	return reader_u64(r, &id->psk_epoch);
}

int psk_id_read(struct reader *r, struct psk_id *ret)
{
	struct reader ahead = *r;
	struct psk_id id = {0};
	int rc;

	*ret = id;
	if ((rc = reader_u8(&ahead, &id.type)) != 0)
		return rc;
	switch (id.type) {
	case PSK_EXTERNAL:
		rc = reader_vec(&ahead, MLS_PSK_ID_MAX, &id.id);
		break;
	case PSK_RESUMPTION: rc = read_resumption(&ahead, &id); break;
	default: rc = ROWAN_E_MALFORMED;
	}
	if (rc != 0 || (rc = reader_vec(&ahead, MLS_MAC_MAX, &id.nonce)) != 0)
		return rc;
	id.raw = bytes_of(r->pos, (size_t)(ahead.pos - r->pos));
	*r = ahead;
	*ret = id;
	return 0;
}

void psk_id_write(struct writer *w, const struct psk_id *id)
{
	writer_u8(w, id->type);
	if (id->type == PSK_RESUMPTION)
		writer_u8(w, id->usage);
	writer_vec(w, id->id);
	if (id->type == PSK_RESUMPTION)
		writer_u64(w, id->psk_epoch);
	writer_vec(w, id->nonce);
}
