/*
 * Answer codes and the error object: see code.h. Holds no state.
 */
#include <string.h>

#include "wire/codec.h"
#include "wire/code.h"

const char *wire_code_name(uint16_t code)
{
	switch ((enum wire_code)code) {
	case WIRE_OK: return "ok";
	case WIRE_AGAIN: return "again";
	case WIRE_QUOTA: return "quota";
	case WIRE_FULL: return "full";
	case WIRE_HELD: return "held";
	case WIRE_RESTORING: return "restoring";
	case WIRE_STALE: return "stale";
	case WIRE_MEMBERSHIP: return "membership";
	case WIRE_COUNTER: return "counter";
	case WIRE_MALFORMED: return "malformed";
	case WIRE_LIMIT: return "limit";
	case WIRE_VERSION: return "version";
	case WIRE_OPERATION: return "operation";
	case WIRE_REFUSED: return "refused";
	case WIRE_EXISTS: return "exists";
	case WIRE_REVOKED: return "revoked";
	}
	return "unknown";
}

uint16_t wire_code_of(int error)
{
	switch (error) {
	case ROWAN_OK: return WIRE_OK;
	case ROWAN_E_QUOTA: return WIRE_QUOTA;
	case ROWAN_E_FULL: return WIRE_FULL;
	case ROWAN_E_RESTORING: return WIRE_RESTORING;
	case ROWAN_E_STALE: return WIRE_STALE;
	case ROWAN_E_MEMBERSHIP: return WIRE_MEMBERSHIP;
	case ROWAN_E_MALFORMED: return WIRE_MALFORMED;
	case ROWAN_E_LIMIT: return WIRE_LIMIT;
	case ROWAN_E_VERSION: return WIRE_VERSION;
	case ROWAN_E_EXISTS: return WIRE_EXISTS;
	}
	/* The peer's acts, not to be told apart; else it was our own fault. */
	return error <= -300 ? WIRE_REFUSED : WIRE_AGAIN;
}

int wire_code_error(uint16_t code)
{
	switch ((enum wire_code)code) {
	case WIRE_OK: return 0;
	case WIRE_AGAIN:
	case WIRE_HELD: return ROWAN_E_AGAIN;
	case WIRE_RESTORING: return ROWAN_E_RESTORING;
	case WIRE_QUOTA: return ROWAN_E_QUOTA;
	case WIRE_FULL: return ROWAN_E_FULL;
	case WIRE_STALE: return ROWAN_E_STALE;
	case WIRE_MEMBERSHIP: return ROWAN_E_MEMBERSHIP;
	case WIRE_COUNTER:
	case WIRE_EXISTS: return ROWAN_E_EXISTS;
	case WIRE_MALFORMED: return ROWAN_E_MALFORMED;
	case WIRE_LIMIT: return ROWAN_E_LIMIT;
	case WIRE_VERSION: return ROWAN_E_VERSION;
	case WIRE_OPERATION:
	case WIRE_REFUSED: return ROWAN_E_REFUSED;
	case WIRE_REVOKED: return ROWAN_E_REVOKED;
	}
	return wire_code_retryable(code) ? ROWAN_E_AGAIN : ROWAN_E_REFUSED;
}

/* A code of a known group, with a retry time only where it means something. */
static bool is_valid(const struct wire_error *e, bool ok)
{
	if (e->code == WIRE_OK)
		return ok && e->retry_ms == 0;
	if (e->code >> 8 < 1 || e->code >> 8 > 3)
		return false;
	return e->retry_ms == 0 || wire_code_retryable(e->code);
}

int wire_error_read(struct reader *r, bool ok, struct wire_error *ret)
{
	int rc;

	if ((rc = reader_u16(r, &ret->code)) != 0 ||
		(rc = reader_u32(r, &ret->retry_ms)) != 0)
		goto out;
	if (!is_valid(ret, ok))
		rc = ROWAN_E_MALFORMED;
out:
	if (rc != 0)
		*ret = (struct wire_error){0};
	return rc;
}

int wire_error_write(const struct wire_error *e, bool ok, struct writer *w)
{
	if (!is_valid(e, ok))
		return ROWAN_E_INVAL;
	writer_u16(w, e->code);
	writer_u32(w, e->retry_ms);
	return writer_status(w);
}

int wire_error_decode(const struct wire_message *m, struct wire_error *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	*ret = (struct wire_error){0};
	if (rc == 0)
		rc = wire_error_read(&r, false, ret);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_error_encode(const struct wire_error *e, struct writer *w)
{
	return wire_error_write(e, false, w);
}
