/*
 * rowan authority revoke, restore: statements of the whole clinic that the
 * authority signs besides cards. Shows what it signs; whoever then gives the
 * passphrase means it.
 *
 * Trusts no byte of the files it is given.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "cmd/authority.h"
#include "ui/exits.h"
#include "ui/file.h"
#include "ui/hex.h"
#include "ui/words.h"

#define PENDING_HEAD 1024
#define HEX	     64

static bool hex_to(const char *text, uint8_t ret[WIRE_HASH_LEN])
{
	size_t len;

	return sodium_hex2bin(
		       ret, WIRE_HASH_LEN, text, HEX, NULL, &len, NULL) == 0 &&
	       len == WIRE_HASH_LEN;
}

/* The note that rowanctl backup restore leaves in a restored folder. */
static int read_pending(const struct run *r, const char *path,
	struct buf *ret_raw, struct wire_st_restore *ret)
{
	char text[PENDING_HEAD + 1], root[HEX + 1], lost[HEX + 1], end[2];
	unsigned long long made, size, lost_size;
	size_t len;
	int n, code = file_read(&r->ui, path, AUTHORITY_FILE_MAX, ret_raw);

	if (code != EXIT_DONE)
		return code;
	len = ret_raw->len < PENDING_HEAD ? ret_raw->len : PENDING_HEAD;
	memcpy(text, ret_raw->data, len);
	text[len] = '\0';
	/* Behind it the clinic's chain, in blocks. */
	n = sscanf(text,
		"rowan restore 1 made %llu size %llu root %64[0-9a-f] "
		"lost_size %llu lost_root %64[0-9a-f] %1s",
		&made, &size, root, &lost_size, lost, end);
	if (n < 5 || (n == 6 && end[0] != '-') || !hex_to(root, ret->root.b) ||
		!hex_to(lost, ret->lost_root.b))
		return ui_fail(&r->ui, EXIT_INPUT,
			_("give restore-pending from its folder, whole"),
			_("%s is not what rowanctl backup restore leaves"),
			path);
	ret->size = size;
	ret->lost_size = lost_size;
	ui_note(&r->ui,
		_("The daemon comes back from a backup.\n"
		  "In the backup: %llu entries of the log, head %s\n"
		  "Last known:    %llu entries of the log, head %s\n"
		  "Lost by it:    %llu entries, and everybody is told."),
		size, root, lost_size, lost,
		lost_size > size ? lost_size - size : 0);
	return EXIT_DONE;
}

/* Sign the next statement of the clinic and append it. */
static int sign(struct authority_book *b, struct wire_statement *s)
{
	struct authority_key *key = NULL;
	struct writer w;
	int code = authority_book_key(b, "authority.key", &key);

	writer_init(&w, WIRE_STATEMENT_MAX);
	if (code == EXIT_DONE && authority_sign(key, NULL, s, &w) != 0)
		code = EXIT_MACHINE;
	if (code == EXIT_DONE)
		code = authority_book_add(b, writer_view(&w));
	writer_wipe(&w);
	authority_free(key);
	return code;
}

int authority_restore_run(struct run *r)
{
	struct wire_st_restore heads;
	struct buf pending = {NULL, 0};
	struct authority_book b;
	struct wire_statement s;
	size_t fresh;
	int code = authority_book_open(&r->ui, r->argv[0], &b);

	if (code == EXIT_DONE)
		code = read_pending(r, r->argv[1], &pending, &heads);
	/* It is signed behind all that is known of the clinic's chain. */
	if (code == EXIT_DONE)
		code = authority_follow(&b, buf_view(&pending), &fresh);
	buf_wipe(&pending);
	if (code == EXIT_DONE) {
		authority_begin(
			&b.clinic, WIRE_ST_RESTORE, (uint64_t)time(NULL), &s);
		s.u.restore = heads;
		code = sign(&b, &s);
	}
	if (code == EXIT_DONE)
		ui_note(&r->ui,
			_("Signed. Carry %s/statements.txt to the daemon's "
			  "machine: rowanctl backup finish"),
			b.dir);
	if (code == EXIT_DONE)
		ui_json(&r->ui, json_pack("{s:I}", "number",
					(json_int_t)b.clinic.number));
	authority_book_close(&b);
	return code;
}

/* Whose card it is, before the passphrase is asked for. */
static int show_revoked(const struct run *r, const struct trust_card *c)
{
	char device[2 * ID16_LEN + 1];

	hex_write(c->card.device.b, ID16_LEN, device);
	if (c->revoked != 0)
		return ui_fail(&r->ui, EXIT_TAKEN, NULL,
			_("the device was revoked already: %s"), device);
	ui_note(&r->ui, _("Revoked for good: device %s, %s of agency %.*s."),
		device, words_said(authority_role(c->card.role)),
		(int)c->card.agency.len, (const char *)c->card.agency.data);
	return EXIT_DONE;
}

int authority_revoke_run(struct run *r)
{
	const struct trust_card *c = NULL;
	struct authority_book b;
	struct wire_statement s;
	int code = authority_book_open(&r->ui, r->argv[0], &b);

	if (code == EXIT_DONE)
		code = authority_book_named(&b, r->argv[1], &c);
	if (code == EXIT_DONE)
		code = show_revoked(r, c);
	if (code == EXIT_DONE) {
		authority_begin(
			&b.clinic, WIRE_ST_REVOKE, (uint64_t)time(NULL), &s);
		s.u.revoke.device = c->card.device;
		s.u.revoke.reason = WIRE_REVOKE_LOST;
		code = sign(&b, &s);
	}
	if (code == EXIT_DONE)
		ui_note(&r->ui,
			_("Signed. Carry %s/statements.txt to the daemon's "
			  "machine: rowanctl devices revoke FILE"),
			b.dir);
	if (code == EXIT_DONE)
		ui_json(&r->ui, json_pack("{s:I}", "number",
					(json_int_t)b.clinic.number));
	authority_book_close(&b);
	return code;
}
