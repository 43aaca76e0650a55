/*
 * Credentials: see credential.h.
 */
#include "mls/public/object/credential.h"
#include "mls/public/object/limits.h"

static int next_certificate(struct reader *r, struct bytes *ret)
{
	return reader_vec(r, MLS_CREDENTIAL_MAX, ret);
}

static int check_certificates(struct bytes content)
{
	struct bytes certificate;
	struct reader r;
	size_t n = 0;
	int rc;

	reader_init(&r, content);
	while (reader_left(&r) > 0) {
		if (++n > MLS_CERTIFICATES_MAX)
			return ROWAN_E_LIMIT;
		if ((rc = next_certificate(&r, &certificate)) != 0)
			return rc;
	}
	return 0;
}

int credential_read(struct reader *r, struct credential *ret)
{
	struct reader ahead = *r;
	struct credential c = {0};
	int rc;

	*ret = c;
	if ((rc = reader_u16(&ahead, &c.type)) != 0 ||
		(rc = reader_vec(&ahead, MLS_CREDENTIAL_MAX, &c.content)) != 0)
		return rc;
	if (c.type == CREDENTIAL_X509 &&
		(rc = check_certificates(c.content)) != 0)
		return rc;
	c.raw = bytes_of(r->pos, (size_t)(ahead.pos - r->pos));
	*r = ahead;
	*ret = c;
	return 0;
}

void credential_write(struct writer *w, uint16_t type, struct bytes content)
{
	writer_u16(w, type);
	writer_vec(w, content);
}
