/*
 * Checkpoints: see checkpoint.h.
 */
#include <string.h>

#include "tlog/checkpoint.h"
#include "tlog/text.h"

#define TEXT_MAX 4096 /* bytes in the text of a checkpoint we write */

int checkpoint_parse(struct checkpoint *c, struct bytes text)
{
	struct bytes size, root, line, rest;
	size_t len;

	memset(c, 0, sizeof *c);
	if (text_line(&text, &c->origin) != 0 || c->origin.len == 0 ||
		text_line(&text, &size) != 0 || text_u64(size, &c->size) != 0 ||
		text_line(&text, &root) != 0 ||
		text_base64(root, c->root.b, sizeof c->root.b, &len) != 0 ||
		len != sizeof c->root.b)
		goto malformed;
	c->extension = text;
	for (rest = text; rest.len > 0;)
		if (text_line(&rest, &line) != 0 || line.len == 0)
			goto malformed;
	return 0;

malformed:
	memset(c, 0, sizeof *c);
	return ROWAN_E_MALFORMED;
}

int checkpoint_open(struct checkpoint *c, struct note *n, struct bytes input,
	const struct note_key *k)
{
	int rc;

	memset(c, 0, sizeof *c);
	rc = note_parse(n, input);
	if (rc == 0)
		rc = note_verify(n, k);
	if (rc == ROWAN_E_NOT_FOUND)
		rc = ROWAN_E_CRYPTO;
	if (rc == 0)
		rc = checkpoint_parse(c, n->text);
	if (rc == 0 && !bytes_eq(c->origin, bytes_of(k->name, strlen(k->name))))
		rc = ROWAN_E_CRYPTO;
	if (rc != 0)
		memset(c, 0, sizeof *c);
	return rc;
}

int checkpoint_sign(struct writer *w, const struct checkpoint *c,
	const struct note_key *k, const uint8_t sk[crypto_sign_SECRETKEYBYTES])
{
	uint8_t mem[TEXT_MAX];
	struct writer text;
	struct checkpoint again;
	int rc;

	writer_init_fixed(&text, mem, sizeof mem);
	writer_raw(&text, c->origin.data, c->origin.len);
	text_write(&text, "\n");
	text_write_u64(&text, c->size);
	text_write(&text, "\n");
	text_write_base64(&text, bytes_of(c->root.b, sizeof c->root.b));
	text_write(&text, "\n");
	writer_raw(&text, c->extension.data, c->extension.len);
	rc = writer_status(&text);
	/* An origin or extension with a line of its own would say more. */
	if (rc == 0 && (checkpoint_parse(&again, writer_view(&text)) != 0 ||
			       again.size != c->size ||
			       !bytes_eq(again.origin, c->origin)))
		rc = ROWAN_E_INVAL;
	if (rc == 0)
		rc = note_sign(w, writer_view(&text), k, sk);
	return rc;
}
