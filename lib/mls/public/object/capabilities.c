/*
 * Capabilities and required capabilities: see capabilities.h.
 */
#include "mls/public/object/capabilities.h"
#include "mls/public/object/extension.h"
#include "mls/public/object/proposal_type.h"

int capabilities_read(struct reader *r, struct capabilities *ret)
{
	struct reader ahead = *r;
	struct capabilities c;
	int rc;

	*ret = (struct capabilities){0};
	if ((rc = type_list_read(&ahead, &c.versions)) != 0 ||
		(rc = type_list_read(&ahead, &c.cipher_suites)) != 0 ||
		(rc = type_list_read(&ahead, &c.extensions)) != 0 ||
		(rc = type_list_read(&ahead, &c.proposals)) != 0 ||
		(rc = type_list_read(&ahead, &c.credentials)) != 0)
		return rc;
	*r = ahead;
	*ret = c;
	return 0;
}

void capabilities_write(struct writer *w, const struct capabilities *c)
{
	writer_vec(w, c->versions);
	writer_vec(w, c->cipher_suites);
	writer_vec(w, c->extensions);
	writer_vec(w, c->proposals);
	writer_vec(w, c->credentials);
}

bool capabilities_extension(const struct capabilities *c, uint16_t type)
{
	return extension_is_default(type) || type_list_has(c->extensions, type);
}

bool capabilities_proposal(const struct capabilities *c, uint16_t type)
{
	return proposal_is_default(type) || type_list_has(c->proposals, type);
}

bool capabilities_credential(const struct capabilities *c, uint16_t type)
{
	return type_list_has(c->credentials, type);
}

int required_capabilities_decode(
	struct bytes data, struct required_capabilities *ret)
{
	struct required_capabilities c;
	struct reader r;

	*ret = (struct required_capabilities){0};
	reader_init(&r, data);
	if (type_list_read(&r, &c.extension_types) != 0 ||
		type_list_read(&r, &c.proposal_types) != 0 ||
		type_list_read(&r, &c.credential_types) != 0 ||
		reader_end(&r) != 0)
		return ROWAN_E_MLS_EXTENSION;
	*ret = c;
	return 0;
}

void required_capabilities_write(
	struct writer *w, const struct required_capabilities *c)
{
	writer_vec(w, c->extension_types);
	writer_vec(w, c->proposal_types);
	writer_vec(w, c->credential_types);
}

bool capabilities_meet(const struct capabilities *c,
	const struct required_capabilities *required)
{
	struct bytes list;
	uint16_t type;

	list = required->extension_types;
	while (type_list_next(&list, &type)) {
		if (!capabilities_extension(c, type))
			return false;
	}
	list = required->proposal_types;
	while (type_list_next(&list, &type)) {
		if (!capabilities_proposal(c, type))
			return false;
	}
	list = required->credential_types;
	while (type_list_next(&list, &type)) {
		if (!capabilities_credential(c, type))
			return false;
	}
	return true;
}
