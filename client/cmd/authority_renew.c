/*
 * rowan authority renew: the same card for longer. The keys, the member and
 * the rights stay, so nobody has to ask anew: what the device signed when it
 * asked for its first card stands in the new one, too.
 *
 * Trusts the folder as authority.h says; never renews a revoked card.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/authority.h"
#include "ui/exits.h"
#include "ui/file.h"
#include "ui/mem.h"
#include "ui/when.h"
#include "ui/words.h"
#include "wire/armour.h"

#define DAY ((uint64_t)86400)

const struct command_option authority_renew_options[] = {
	{"days", 'd', "N",
		N_("valid for N days from now (730 for the daemon, 365 else)"),
		COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

/* The card that is renewed, if it can be. */
static int find(const struct run *r, const struct authority_book *b,
	const char *name, const struct trust_card **ret)
{
	int code = authority_book_named(b, name, ret);

	if (code != EXIT_DONE)
		return code;
	if ((*ret)->revoked != 0)
		return ui_fail(&r->ui, EXIT_CARD,
			_("there: rowan wipe, then rowan setup --authority; "
			  "the daemon's: its next keys take over"),
			_("this device was revoked: it needs a new request, "
			  "with new keys"));
	if ((*ret)->card.role == WIRE_ROLE_VICTIM)
		return ui_fail(&r->ui, EXIT_INPUT,
			_("it ends when it is revoked: rowan revoke --case"),
			_("a victim's card does not end by date"));
	return EXIT_DONE;
}

/* Answers carry the daemon's card: the new one, and where it listens. */
static int write_daemon(const struct authority_book *b, struct writer *block)
{
	struct bytes text = buf_view(&b->daemon);
	char *path = authority_book_path(b->dir, "daemon.txt");
	struct buf object;
	uint8_t kind;
	int rc, code;

	while ((rc = armour_next(&text, &kind, &object)) == 0) {
		if (kind == ARMOUR_SERVERS)
			rc = armour_write(kind, buf_view(&object), block);
		buf_wipe(&object);
		if (rc != 0)
			break;
	}
	code = rc == ROWAN_E_NOT_FOUND && writer_status(block) == 0
		       ? file_write(
				 b->ui, path, writer_view(block), FILE_REPLACE)
		       : ui_fail(b->ui, EXIT_DAMAGED,
				 _("take it from the copy of this folder"),
				 _("%s is not what was written: %s"), path,
				 rowan_strerror(rc));
	free(path);
	return code;
}

static int renew(const struct run *r, struct authority_book *b,
	const struct trust_card *old, unsigned long days)
{
	struct authority_key *key = NULL;
	struct wire_card card = old->card;
	char until[WHEN_LEN];
	struct writer block;
	int code;

	writer_init(&block, AUTHORITY_FILE_MAX);
	card.issued_at = card.not_before = (uint64_t)time(NULL);
	card.not_after = card.issued_at + days * DAY;
	if (card.not_after <= old->card.not_after)
		return ui_fail(&r->ui, EXIT_INPUT,
			_("--days counts from today; rowan authority list "
			  "shows when it ends"),
			_("that is not longer than the card is valid now"));
	if ((card.rights & WIRE_RIGHT_ENROL) != 0)
		card.scope.validity_max = days * DAY;
	code = authority_book_key(b, "authority.key", &key);
	if (code == EXIT_DONE)
		code = authority_book_card(b, key, &card, &block);
	if (code == EXIT_DONE && card.role == WIRE_ROLE_DAEMON)
		code = write_daemon(b, &block);
	if (code == EXIT_DONE) {
		when_text(card.not_after, card.issued_at, until);
		ui_note(&r->ui,
			_("Renewed until %s. Carry %s/statements.txt to the "
			  "daemon's machine: rowanctl cards import FILE"),
			until, b->dir);
		ui_json(&r->ui, json_pack("{s:I,s:I}", "number",
					(json_int_t)b->clinic.number, "expires",
					(json_int_t)card.not_after));
	}
	authority_free(key);
	writer_wipe(&block);
	return code;
}

int authority_renew_run(struct run *r)
{
	const struct trust_card *old = NULL;
	struct authority_book b;
	unsigned long days = 0;
	int code = authority_book_open(&r->ui, r->argv[0], &b);

	if (code == EXIT_DONE)
		code = find(r, &b, r->argv[1], &old);
	if (code == EXIT_DONE) {
		days = old->card.role == WIRE_ROLE_DAEMON ? 730 : 365;
		code = run_number(r, "days", 1, 3660, &days);
	}
	if (code == EXIT_DONE)
		code = renew(r, &b, old, days);
	authority_book_close(&b);
	return code;
}
