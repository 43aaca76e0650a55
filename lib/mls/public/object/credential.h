/*
 * Credentials (RFC 9420 section 5.3): basic and x509, and unknown types
 * carried as one opaque vector.
 *
 * Never judges a credential: whether an identity is acceptable is asked of
 * the application.
 */
#ifndef MLS_CREDENTIAL_H
#define MLS_CREDENTIAL_H

#include "base/reader.h"
#include "base/writer.h"

enum credential_type { CREDENTIAL_BASIC = 1, CREDENTIAL_X509 = 2 };

struct credential {
	uint16_t type;
	/* basic: the identity. x509: the encoded certificates, without the
	 * header around all of them. Others: the content as it came. */
	struct bytes content;
	struct bytes raw; /* the whole encoding */
};

/**
 * credential_read(r, ret):
 * Read one credential; views borrow from the input of ${r}. Certificates
 * are counted and bounded, not parsed.
 */
ROWAN_MUST int credential_read(struct reader *r, struct credential *ret);

/**
 * credential_write(w, type, content):
 * Append a credential with the given type and content as in the struct.
 */
void credential_write(struct writer *w, uint16_t type, struct bytes content);

#endif
