/*
 * rowan authority: the clinic's key on a machine without a network. Making
 * it, listing what it signed, changing its passphrase; signing is in
 * authority_sign.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <sodium.h>

#include "cmd/authority.h"
#include "ui/file.h"
#include "ui/hex.h"
#include "ui/mem.h"
#include "ui/pass.h"
#include "ui/table.h"
#include "ui/when.h"
#include "ui/words.h"
#include "wire/armour.h"

/* ---- create ----------------------------------------------------------------
 */

static int put(const struct ui *ui, const char *dir, const char *name,
	struct writer *w, unsigned flags)
{
	char *path = authority_book_path(dir, name);
	int code = file_write(ui, path, writer_view(w), flags);

	writer_wipe(w);
	writer_init(w, AUTHORITY_FILE_MAX);
	free(path);
	return code;
}

static int put_key(const struct ui *ui, const char *dir, const char *name,
	const struct authority_key *k, const struct pass *pass)
{
	struct writer w;
	int rc, code;

	writer_init(&w, AUTHORITY_FILE_MAX);
	rc = authority_seal(
		k, bytes_of(pass->b, pass->len), &passphrase_cost_default, &w);
	code = rc != 0 ? ui_fail(ui, exit_of(rc), NULL,
				 _("the key cannot be sealed: %s"),
				 rowan_strerror(rc))
		       : put(ui, dir, name, &w, FILE_SECRET);
	writer_wipe(&w);
	return code;
}

static int put_records(const struct ui *ui, const char *dir,
	const struct authority_key *key, const struct authority_key *next)
{
	struct wire_key promised;
	struct writer record, w;
	int code = EXIT_OTHER;

	authority_public(next, &promised);
	writer_init(&record, AUTHORITY_FILE_MAX);
	writer_init(&w, AUTHORITY_FILE_MAX);
	if (authority_record(key, &promised, (uint64_t)time(NULL), &record) ==
			0 &&
		armour_write(
			ARMOUR_AUTHORITY_RECORD, writer_view(&record), &w) == 0)
		code = put(ui, dir, "authority.txt", &w, 0);
	if (code == EXIT_DONE && armour_write(ARMOUR_AUTHORITY_RECORD,
					 writer_view(&record), &w) == 0)
		code = put(ui, dir, "records.txt", &w, 0);
	if (code == EXIT_DONE)
		code = put(ui, dir, "statements.txt", &w, 0);
	writer_wipe(&record);
	writer_wipe(&w);
	return code;
}

static int create(const struct ui *ui, const char *dir)
{
	struct authority_key *key = NULL, *next = NULL;
	struct pass pass = {NULL, 0};
	char *path = authority_book_path(dir, "authority.key");
	struct id16 clinic;
	int code = file_free(ui, path);

	free(path);
	if (code == EXIT_DONE)
		code = pass_new(
			ui, _("A passphrase for the authority's keys:"), &pass);
	if (code != EXIT_DONE)
		return code;
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		code = ui_fail(ui, EXIT_MACHINE,
			_("is the folder above it there, and may you write in "
			  "it?"),
			_("cannot make %s: %s"), dir, strerror(errno));
	randombytes_buf(&clinic, sizeof clinic);
	if (code == EXIT_DONE && (authority_new(&clinic, &key) != 0 ||
					 authority_new(&clinic, &next) != 0))
		code = ui_fail(
			ui, EXIT_MACHINE, NULL, _("no locked memory left"));
	if (code == EXIT_DONE)
		code = put_key(ui, dir, "authority.key", key, &pass);
	if (code == EXIT_DONE)
		code = put_key(ui, dir, "next.key", next, &pass);
	if (code == EXIT_DONE)
		code = put_records(ui, dir, key, next);
	authority_free(key);
	authority_free(next);
	pass_wipe(&pass);
	return code;
}

static int create_run(struct run *r)
{
	const char *dir = r->argv[0];
	struct authority_book b;
	struct wire_key key;
	char hex[2 * WIRE_KEY_LEN + 1], *safe;
	int code = create(&r->ui, dir);

	if (code == EXIT_DONE)
		code = authority_book_open(&r->ui, dir, &b);
	if (code != EXIT_DONE)
		return code;
	key = b.clinic.authority;
	hex_write(key.b, sizeof key.b, hex);
	safe = ui_safe(&r->ui, dir);
	ui_say(&r->ui, _("The authority's key is in %s."), safe);
	ui_say(&r->ui, _("key: %s"), hex);
	ui_note(&r->ui,
		_("Next:\n"
		  "  1. Take %s/next.key to another place, with a copy of the "
		  "whole folder.\n"
		  "  2. Give %s/authority.txt to the daemon and to everybody "
		  "who asks for a card.\n"
		  "  3. rowan authority daemon signs the daemon's card, rowan "
		  "authority sign everybody else's."),
		safe, safe);
	ui_json(&r->ui, json_pack("{s:s,s:s}", "folder", dir, "key", hex));
	free(safe);
	authority_book_close(&b);
	return EXIT_DONE;
}

#define DAY ((uint64_t)86400)

/* ---- list ------------------------------------------------------------------
 */

const char *authority_role(uint8_t role)
{
	switch (role) {
	case WIRE_ROLE_CASEWORKER: return "caseworker";
	case WIRE_ROLE_VICTIM: return "victim";
	case WIRE_ROLE_DAEMON: return "daemon";
	case WIRE_ROLE_WITNESS: return "witness";
	default: return "?";
	}
}

static const char *card_state(const struct trust_card *c, uint64_t now)
{
	if (c->revoked != 0)
		return "revoked";
	if (c->card.not_after != 0 && c->card.not_after < now)
		return "expired";
	return "valid";
}

static void list_card(
	struct table *t, json_t *list, const struct trust_card *c, uint64_t now)
{
	char device[33], member[33], rights[AUTHORITY_RIGHTS_LEN],
		until[WHEN_LEN], logged[WHEN_LEN];
	char *agency =
		mem_part((const char *)c->card.agency.data, c->card.agency.len);

	hex_write(c->card.device.b, ID16_LEN, device);
	hex_write(c->card.member.b, ID16_LEN, member);
	authority_rights(c->card.rights, rights);
	(void)json_array_append_new(
		list, json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I}",
			      "number", (json_int_t)c->logged, "role",
			      authority_role(c->card.role), "agency", agency,
			      "rights", rights, "member", member, "device",
			      device, "state", card_state(c, now), "signed",
			      (json_int_t)c->logged_at, "expires",
			      (json_int_t)c->card.not_after));
	/* Days: a row fits a terminal of 80 columns. */
	until[0] = '\0';
	if (c->card.not_after != 0)
		when_day_text((uint32_t)(c->card.not_after / DAY), until);
	when_day_text((uint32_t)(c->logged_at / DAY), logged);
	table_number(t, (long long)c->logged);
	table_cell(t, logged);
	table_cell(t, authority_role(c->card.role));
	table_cell(t, agency);
	table_cell(t, rights);
	table_cell(t, until);
	table_cell(t, card_state(c, now));
	member[8] = device[8] = '\0';
	table_cell(t, member);
	table_cell(t, device);
	free(agency);
}

static int list_run(struct run *r)
{
	uint64_t now = (uint64_t)time(NULL);
	json_t *list = json_array();
	struct authority_book b;
	struct table *t;
	int code = authority_book_open(&r->ui, r->argv[0], &b);

	if (code != EXIT_DONE) {
		json_decref(list);
		return code;
	}
	t = table_new(&r->ui);
	table_column(t, "#", TABLE_RIGHT);
	table_column(t, _("SIGNED"), 0);
	table_column(t, _("ROLE"), 0);
	table_column(t, _("AGENCY"), TABLE_FLEX);
	table_column(t, _("RIGHTS"), TABLE_FLEX);
	table_column(t, _("UNTIL"), 0);
	table_column(t, _("STATE"), 0);
	table_column(t, _("MEMBER"), 0);
	table_column(t, _("DEVICE"), 0);
	for (size_t i = 0; i < b.card_count; i++)
		list_card(t, list, &b.cards[i], now);
	table_print(t, _("nothing has been signed yet"));
	ui_json(&r->ui, json_pack("{s:o}", "cards", list));
	table_free(t);
	authority_book_close(&b);
	return EXIT_DONE;
}

/* ---- passphrase -------------------------------------------------------------
 */

static int passphrase_run(struct run *r)
{
	struct authority_key *key = NULL;
	struct authority_book b;
	struct pass pass = {NULL, 0};
	struct writer w;
	char *path;
	int code = authority_book_open(&r->ui, r->argv[0], &b);

	if (code != EXIT_DONE)
		return code;
	path = authority_book_path(r->argv[0], r->argv[1]);
	writer_init(&w, AUTHORITY_FILE_MAX);
	code = authority_book_key(&b, r->argv[1], &key);
	if (code == EXIT_DONE)
		code = pass_new(&r->ui, _("The new passphrase:"), &pass);
	if (code == EXIT_DONE && authority_seal(key, bytes_of(pass.b, pass.len),
					 &passphrase_cost_default, &w) != 0)
		code = ui_fail(&r->ui, EXIT_MACHINE, NULL,
			_("the key cannot be sealed"));
	if (code == EXIT_DONE)
		code = file_write(&r->ui, path, writer_view(&w),
			FILE_REPLACE | FILE_SECRET);
	if (code == EXIT_DONE)
		ui_note(&r->ui, _("Copies made before still open with the old "
				  "passphrase."));
	if (code == EXIT_DONE)
		ui_json(&r->ui, json_object());
	writer_wipe(&w);
	pass_wipe(&pass);
	authority_free(key);
	authority_book_close(&b);
	free(path);
	return code;
}

const struct command authority_commands[] = {
	{"authority create", "DIR", 1, 1, COMMAND_FOLDER,
		N_("make the clinic's key and its successor, offline"),
		N_("Makes DIR with both keys, sealed under one passphrase, the "
		   "authority's record that daemon and devices pin, and an "
		   "empty list of statements. Do this on a machine that never "
		   "sees a network, and keep next.key elsewhere."),
		0, NULL, create_run},
	{"authority sign", "DIR REQUEST...", 2, -1, COMMAND_FILE,
		N_("sign cards from request files"),
		N_("Shows what each request asks for and its fingerprint, "
		   "which "
		   "you compare with the person who sent it over another line. "
		   "The answer goes into REQUEST.answer, the statement into "
		   "DIR/statements.txt for rowanctl cards import. For a "
		   "further "
		   "device of somebody name the number they have in the list "
		   "with --member: assignments go on. A card that ends is "
		   "renewed by rowan authority renew."),
		0, authority_sign_options, authority_sign_run},
	{"authority daemon", "DIR REQUEST", 2, 2, COMMAND_FILE,
		N_("sign the daemon's card and note where it listens"),
		N_("Every answer of authority sign carries the daemon's card "
		   "and addresses from then on, so do this first. A key other "
		   "than the card's stands before the address: "
		   "KEY@tcp://HOST:PORT."),
		0, authority_daemon_options, authority_daemon_run},
	{"authority list", "DIR", 1, 1, COMMAND_FOLDER,
		N_("list what was signed"),
		N_("Every card with the number of its statement, and whether "
		   "it is valid now. Those that registrars signed are in it "
		   "once rowan authority follow has brought them."),
		0, NULL, list_run},
	{"authority succeed", "OLD NEW", 2, 2, COMMAND_FOLDER,
		N_("let the next key take over"),
		N_("Makes the folder NEW, in which next.key of OLD is the key "
		   "and a fresh one follows it. The daemon learns of it from "
		   "NEW/statements.txt. OLD signs in vain from then on."),
		0, authority_succeed_options, authority_succeed_run},
	{"authority renew", "DIR DEVICE", 2, 2, COMMAND_FOLDER,
		N_("let a card be valid for longer"),
		N_("DEVICE is its number in rowan authority list, the "
		   "beginning of its id, or daemon. Keys and rights stay, so "
		   "nobody has to ask anew; the device "
		   "takes its new card by itself once the daemon has "
		   "DIR/statements.txt."),
		0, authority_renew_options, authority_renew_run},
	{"authority follow", "DIR CHAIN", 2, 2, COMMAND_FILE,
		N_("catch up with the clinic before signing"),
		N_("CHAIN is what rowanctl cards export wrote: registrars' "
		   "cards and revocations by others stand in it, and what is "
		   "signed next must stand behind them. What was signed here "
		   "and came too late, or while the clock was ahead, is signed "
		   "again."),
		0, NULL, authority_follow_run},
	{"authority revoke", "DIR DEVICE", 2, 2, COMMAND_FOLDER,
		N_("revoke a device"),
		N_("DEVICE is its number in rowan authority list or the "
		   "beginning of its id. Catch up first (authority follow), "
		   "so that its card is in the list. It takes effect when the "
		   "daemon "
		   "has DIR/statements.txt, and cannot be taken back."),
		0, NULL, authority_revoke_run},
	{"authority restore", "DIR PENDING", 2, 2, COMMAND_FILE,
		N_("let the daemon come back from a backup"),
		N_("PENDING is the file restore-pending that rowanctl backup "
		   "restore leaves in the restored folder. It names the head "
		   "of the log in the backup and the last one that is known: "
		   "what lies between is lost, and everybody is told. If you "
		   "know of statements that are in no backup, bring them "
		   "first."),
		0, NULL, authority_restore_run},
	{"authority countersign", "DIR FILE", 2, 2, COMMAND_FILE,
		N_("let a case be erased, or put under legal hold"),
		N_("FILE is what a coordinator's rowan erase or rowan hold "
		   "wrote. Shows which case, what is done to it and who asks, "
		   "and checks their card and signature. The answer goes into "
		   "FILE.signed, for rowan put. Catch up first (authority "
		   "follow), so that whoever was revoked is known."),
		0, authority_countersign_options, authority_countersign_run},
	{"authority passphrase", "DIR KEYFILE", 2, 2, COMMAND_FILE,
		N_("change the passphrase of authority.key or next.key"),
		N_("KEYFILE is its name in DIR."), 0, NULL, passphrase_run},
	{NULL, NULL, 0, 0, COMMAND_TEXT, NULL, NULL, 0, NULL, NULL}};
