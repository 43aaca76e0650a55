/*
 * Offline proofs: see tlog_proof.h.
 */
#include <string.h>

#include "tlog/text.h"
#include "tlog/tlog_proof.h"

#define MAGIC "c2sp.org/tlog-proof@v1"

static int parse(struct tlog_proof *p, struct bytes rest)
{
	struct bytes line;
	size_t len;
	int rc;

	rc = text_line(&rest, &line);
	if (rc == 0)
		rc = text_skip(&line, MAGIC);
	if (rc != 0 || line.len != 0)
		return ROWAN_E_MALFORMED;

	rc = text_line(&rest, &line);
	if (rc == 0 && text_skip(&line, "extra ") == 0) {
		rc = text_base64(
			line, p->extra, sizeof p->extra, &p->extra_len);
		if (rc == 0)
			rc = text_line(&rest, &line);
	}
	if (rc == 0)
		rc = text_skip(&line, "index ");
	if (rc == 0)
		rc = text_u64(line, &p->index);

	while (rc == 0) {
		rc = text_line(&rest, &line);
		if (rc != 0 || line.len == 0)
			break;
		if (p->path.len == MERKLE_PROOF_MAX)
			return ROWAN_E_LIMIT;
		rc = text_base64(line, p->path.hash[p->path.len++].b,
			MERKLE_HASH_LEN, &len);
		if (rc == 0 && len != MERKLE_HASH_LEN)
			rc = ROWAN_E_MALFORMED;
	}
	if (rc == 0 && rest.len > NOTE_MAX)
		rc = ROWAN_E_LIMIT;
	p->checkpoint = rest;
	return rc;
}

int tlog_proof_parse(struct tlog_proof *p, struct bytes input)
{
	int rc;

	memset(p, 0, sizeof *p);
	rc = parse(p, input);
	if (rc != 0)
		memset(p, 0, sizeof *p);
	return rc;
}

int tlog_proof_write(struct writer *w, const struct tlog_proof *p)
{
	if (p->path.len > MERKLE_PROOF_MAX ||
		p->extra_len > TLOG_PROOF_EXTRA_MAX)
		return ROWAN_E_INVAL;
	text_write(w, MAGIC "\n");
	if (p->extra_len > 0) {
		text_write(w, "extra ");
		text_write_base64(w, bytes_of(p->extra, p->extra_len));
		text_write(w, "\n");
	}
	text_write(w, "index ");
	text_write_u64(w, p->index);
	text_write(w, "\n");
	for (size_t i = 0; i < p->path.len; i++) {
		text_write_base64(
			w, bytes_of(p->path.hash[i].b, MERKLE_HASH_LEN));
		text_write(w, "\n");
	}
	text_write(w, "\n");
	writer_raw(w, p->checkpoint.data, p->checkpoint.len);
	return writer_status(w);
}
