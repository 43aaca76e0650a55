/*
 * Proposals: see proposal.h.
 */
#include "mls/public/object/extension.h"
#include "mls/public/object/limits.h"
#include "mls/public/object/proposal.h"

static int read_reinit(struct reader *r, struct reinit *ret)
{
	int rc;

	if ((rc = reader_vec(r, MLS_GROUP_ID_MAX, &ret->group_id)) != 0 ||
		(rc = reader_u16(r, &ret->version)) != 0 ||
		(rc = reader_u16(r, &ret->cipher_suite)) != 0)
		return rc;
	return extension_list_read(r, &ret->extensions);
}

static int read_body(struct reader *r, struct proposal *p)
{
	switch (p->type) {
	case PROPOSAL_ADD: return key_package_read(r, &p->add);
	case PROPOSAL_UPDATE: return leaf_node_read(r, &p->update);
	case PROPOSAL_REMOVE: return reader_u32(r, &p->removed);
	case PROPOSAL_PSK: return psk_id_read(r, &p->psk);
	case PROPOSAL_REINIT: return read_reinit(r, &p->reinit);
	case PROPOSAL_EXTERNAL_INIT:
		return reader_vec(r, MLS_CIPHERTEXT_MAX, &p->kem_output);
	case PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
		return extension_list_read(r, &p->extensions);
	default: return reader_vec(r, MLS_MESSAGE_MAX, &p->data);
	}
}

int proposal_read(struct reader *r, struct proposal *ret)
{
	struct reader ahead = *r;
	struct proposal p = {0};
	int rc;

	*ret = p;
	if ((rc = reader_u16(&ahead, &p.type)) != 0 ||
		(rc = read_body(&ahead, &p)) != 0)
		return rc;
	p.raw = bytes_of(r->pos, (size_t)(ahead.pos - r->pos));
	*r = ahead;
	*ret = p;
	return 0;
}

int proposal_decode(struct bytes raw, struct proposal *ret)
{
	struct reader r;
	int rc;

	reader_init(&r, raw);
	if ((rc = proposal_read(&r, ret)) != 0)
		return rc;
	if ((rc = reader_end(&r)) != 0)
		proposal_wipe(ret);
	return rc;
}

void proposal_wipe(struct proposal *p)
{
	if (p->type == PROPOSAL_ADD)
		key_package_wipe(&p->add);
	else if (p->type == PROPOSAL_UPDATE)
		leaf_node_unref(p->update);
	*p = (struct proposal){0};
}

void proposal_write_add(struct writer *w, struct bytes key_package)
{
	writer_u16(w, PROPOSAL_ADD);
	writer_raw(w, key_package.data, key_package.len);
}

void proposal_write_update(struct writer *w, struct bytes leaf_node)
{
	writer_u16(w, PROPOSAL_UPDATE);
	writer_raw(w, leaf_node.data, leaf_node.len);
}

void proposal_write_remove(struct writer *w, uint32_t removed)
{
	writer_u16(w, PROPOSAL_REMOVE);
	writer_u32(w, removed);
}

void proposal_write_psk(struct writer *w, const struct psk_id *psk)
{
	writer_u16(w, PROPOSAL_PSK);
	psk_id_write(w, psk);
}

void proposal_write_reinit(struct writer *w, const struct reinit *reinit)
{
	writer_u16(w, PROPOSAL_REINIT);
	writer_vec(w, reinit->group_id);
	writer_u16(w, reinit->version);
	writer_u16(w, reinit->cipher_suite);
	writer_vec(w, reinit->extensions);
}

void proposal_write_external_init(struct writer *w, struct bytes kem_output)
{
	writer_u16(w, PROPOSAL_EXTERNAL_INIT);
	writer_vec(w, kem_output);
}

void proposal_write_extensions(struct writer *w, struct bytes extensions)
{
	writer_u16(w, PROPOSAL_GROUP_CONTEXT_EXTENSIONS);
	writer_vec(w, extensions);
}

void proposal_write_other(struct writer *w, uint16_t type, struct bytes data)
{
	writer_u16(w, type);
	writer_vec(w, data);
}
