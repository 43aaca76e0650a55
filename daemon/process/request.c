/*
 * Asking for the daemon's card: see request.h.
 */
#include <string.h>
#include <sysexits.h>

#include <sodium.h>

#include "clinic/import.h"
#include "journal/journal.h"
#include "process/request.h"
#include "trust/clinic.h"
#include "wire/armour.h"
#include "wire/lookup.h"

static int clinic_id(const char *path, struct id16 *ret)
{
	struct buf text = {NULL, 0}, record = {NULL, 0};
	struct clinic c;
	int rc;

	if (path[0] == '\0') {
		SAY(MSG_AUTHORITY_BAD, JOURNAL_TEXT("path", "authority"),
			JOURNAL_TEXT("why", "the setting is empty"));
		return EX_NOINPUT;
	}
	rc = import_read(path, &text);
	if (rc == 0)
		rc = armour_read(
			buf_view(&text), ARMOUR_AUTHORITY_RECORD, &record);
	if (rc == 0)
		rc = clinic_init(&c, buf_view(&record));
	if (rc == 0)
		*ret = c.id;
	else
		SAY(MSG_AUTHORITY_BAD, JOURNAL_TEXT("path", path),
			JOURNAL_TEXT("why", import_why(path, rc)));
	buf_wipe(&text);
	buf_wipe(&record);
	return rc == 0 ? EX_OK : EX_NOINPUT;
}

static int transport_of(const struct request_options *o, struct wire_key *ret)
{
	const struct config *c = o->config;
	struct key32 secret;
	int code = process_key(
		o->next ? c->transport_key_next : c->transport_key, &secret);

	if (code == EX_OK)
		(void)crypto_scalarmult_base(ret->b, secret.b);
	key32_wipe(&secret);
	return code;
}

static int sign(struct wire_request *q, const char *key, struct writer *w,
	char ret_fingerprint[ISSUE_FINGERPRINT_LEN])
{
	struct key32 seed;
	struct writer raw;
	int code = process_key(key, &seed), rc;

	if (code != EX_OK)
		return code;
	writer_init(&raw, WIRE_REQUEST_MAX);
	rc = issue_request(q, seed.b, &raw);
	if (rc == 0)
		rc = armour_write(ARMOUR_CARD_REQUEST, writer_view(&raw), w);
	if (rc == 0)
		issue_fingerprint(writer_view(&raw), ret_fingerprint);
	writer_wipe(&raw);
	key32_wipe(&seed);
	/* What can be wrong with it is the agency's code. */
	return rc == 0 ? EX_OK : EX_USAGE;
}

int request_write(const struct request_options *o, struct writer *w,
	char ret_fingerprint[ISSUE_FINGERPRINT_LEN])
{
	struct wire_request q = {.role = WIRE_ROLE_DAEMON,
		.agency = bytes_of(o->agency, strlen(o->agency))};
	const struct config *c = o->config;
	const char *record = o->authority != NULL ? o->authority : c->authority;
	int code = clinic_id(record, &q.clinic);

	if (code == EX_OK)
		code = transport_of(o, &q.transport_key);
	randombytes_buf(q.member.b, ID16_LEN);
	randombytes_buf(q.device.b, ID16_LEN);
	if (code == EX_OK)
		code = sign(&q, o->next ? c->log_key_next : c->log_key, w,
			ret_fingerprint);
	return code;
}
