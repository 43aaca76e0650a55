/*
 * What a client supports, and what a group requires (RFC 9420 sections 7.2
 * and 11.1).
 *
 * Unknown and GREASE values are carried and never match anything. Judging a
 * leaf against a group is the leaf rules' work; here are the questions.
 */
#ifndef MLS_CAPABILITIES_H
#define MLS_CAPABILITIES_H

#include "mls/public/object/type_list.h"

#define MLS_VERSION_10 1

struct capabilities {
	struct bytes versions;
	struct bytes cipher_suites;
	struct bytes extensions;
	struct bytes proposals;
	struct bytes credentials;
};

struct required_capabilities {
	struct bytes extension_types;
	struct bytes proposal_types;
	struct bytes credential_types;
};

/**
 * capabilities_read(r, ret):
 * Read the five lists; views borrow from the input of ${r}.
 */
ROWAN_MUST int capabilities_read(struct reader *r, struct capabilities *ret);

/**
 * capabilities_write(w, c):
 * Append ${c}. The default types of section 7.2 are not to be listed; the
 * caller sees to that.
 */
void capabilities_write(struct writer *w, const struct capabilities *c);

/**
 * capabilities_extension, capabilities_proposal, capabilities_credential(c,
 * type):
 * Return true iff ${c} supports ${type}; default extension and proposal types
 * are always supported, credential types only when listed.
 */
bool capabilities_extension(const struct capabilities *c, uint16_t type);
bool capabilities_proposal(const struct capabilities *c, uint16_t type);
bool capabilities_credential(const struct capabilities *c, uint16_t type);

/**
 * required_capabilities_decode(data, ret):
 * Decode the data of a required_capabilities extension. Every failure is
 * ROWAN_E_MLS_EXTENSION.
 */
ROWAN_MUST int required_capabilities_decode(
	struct bytes data, struct required_capabilities *ret);

/**
 * required_capabilities_write(w, c):
 * Append ${c}.
 */
void required_capabilities_write(
	struct writer *w, const struct required_capabilities *c);

/**
 * capabilities_meet(c, required):
 * Return true iff ${c} supports everything in ${required}.
 */
bool capabilities_meet(const struct capabilities *c,
	const struct required_capabilities *required);

#endif
