/*
 * rowan erase, hold, put: what counts only with two signatures, a coordinator's
 * and the authority's, who is offline.
 *
 *	rowan erase CASE FILE			the coordinator's signature
 *	rowan authority countersign DIR FILE	the authority's, on its machine
 *	rowan put FILE.signed			to the clinic
 *
 * Trusts no byte of the files. Destroys nothing without having said what, and
 * having been told to.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/families.h"
#include "cmd/remote.h"
#include "ui/file.h"
#include "ui/hex.h"
#include "ui/mem.h"
#include "ui/words.h"
#include "wire/armour.h"
#include "wire/statement.h"

#define TEXT_MAX ((size_t)256 * 1024)

const struct command_option erase_options[] = {
	{"yes", 'y', NULL, N_("do not ask"), COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

const struct command_option put_options[] = {
	{"yes", 'y', NULL, N_("do not ask"), COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

/* ---- the file ----
 */

int both_read(const struct ui *ui, const char *path, struct buf *ret_raw,
	struct wire_statement *ret)
{
	struct buf text;
	int code = file_read(ui, path, TEXT_MAX, &text), rc;

	*ret_raw = (struct buf){NULL, 0};
	if (code != EXIT_DONE)
		return code;
	rc = armour_read(buf_view(&text), ARMOUR_STATEMENT, ret_raw);
	buf_wipe(&text);
	if (rc == 0)
		rc = wire_statement_decode(buf_view(ret_raw), ret);
	if (rc == 0 &&
		((ret->kind != WIRE_ST_ERASE && ret->kind != WIRE_ST_HOLD) ||
			ret->signer_count != 2 ||
			ret->signers[0].kind != WIRE_SIGNER_AUTHORITY ||
			ret->signers[1].kind != WIRE_SIGNER_DEVICE))
		rc = ROWAN_E_MALFORMED;
	if (rc == 0)
		return EXIT_DONE;
	buf_wipe(ret_raw);
	return ui_fail(ui, EXIT_INPUT,
		_("rowan erase and rowan hold write such a file"),
		_("%s is no erasure and no legal hold: %s"), path,
		rowan_strerror(rc));
}

char *both_words(const struct wire_statement *s)
{
	char id[2 * ID16_LEN + 1];

	hex_write(s->case_id.b, ID16_LEN, id);
	if (s->kind == WIRE_ST_ERASE)
		return mem_print(
			_("Case %s is erased, for good: the relay destroys its "
			  "messages, files, diary and history, and the "
			  "victim's devices are revoked. This cannot be "
			  "undone. What people's devices, exports and older "
			  "backups hold stays there."),
			id);
	return s->u.hold.on == 1
		       ? mem_print(
				 _("Case %s is put under legal hold: while it "
				   "is on nothing of it is erased."),
				 id)
		       : mem_print(_("The legal hold of case %s ends: the case "
				     "may be erased."),
				 id);
}

/* Says what it does, and asks. */
static int confirm(const struct run *r, const struct wire_statement *s)
{
	bool yes = run_option(r, "yes") != NULL;
	char *words = both_words(s);
	int code = EXIT_DONE;

	ui_lead(&r->ui, "%s", words);
	free(words);
	if (!yes)
		code = ui_ask(&r->ui,
			s->kind == WIRE_ST_ERASE ? _("Erase it?")
						 : _("Is that meant?"),
			"--yes", &yes);
	return code == EXIT_DONE && !yes ? ui_fail(&r->ui, EXIT_OTHER, NULL,
						   _("nothing was done"))
					 : code;
}

/* ---- asking for it ----
 */

static int write_request(const struct run *r, const json_t *made)
{
	const char *path = r->argv[r->argc - 1];
	const char *text = json_text(made, "text");
	char *safe = ui_safe(&r->ui, path);
	int code = file_write(&r->ui, path, bytes_of(text, strlen(text)), 0);

	if (code == EXIT_DONE) {
		ui_note(&r->ui,
			_("Nothing is done yet. Within 7 days, and before "
			  "anything else is done in the case:\n"
			  "  1. Carry %s to the authority: rowan authority "
			  "countersign DIR FILE\n"
			  "  2. Bring back what it wrote: rowan put "
			  "FILE.signed"),
			safe);
		ui_json(&r->ui,
			json_pack("{s:s,s:s}", "case", json_text(made, "case"),
				"request", path));
	}
	free(safe);
	return code;
}

/* ${s}: what is asked for, to be said; which case is known by the answer. */
static int ask_for(struct run *r, json_t *request, struct wire_statement *s)
{
	json_t *ret = NULL;
	int code = remote_call(r, request, &ret);

	if (code == EXIT_DONE &&
		!hex_read(json_text(ret, "case"), s->case_id.b, ID16_LEN))
		code = EXIT_OTHER;
	if (code == EXIT_DONE)
		code = confirm(r, s);
	if (code == EXIT_DONE)
		code = write_request(r, ret);
	json_decref(ret);
	return code;
}

int erase_run(struct run *r)
{
	struct wire_statement s = {.kind = WIRE_ST_ERASE};

	return ask_for(r,
		json_pack("{s:s,s:s}", "op", "erase", "case", r->argv[0]), &s);
}

int hold_run(struct run *r)
{
	struct wire_statement s = {.kind = WIRE_ST_HOLD};
	bool on = strcmp(r->argv[1], "on") == 0;

	if (!on && strcmp(r->argv[1], "off") != 0)
		return run_usage(r, _("a legal hold is on or off"));
	s.u.hold.on = on ? 1 : 0;
	return ask_for(r,
		json_pack("{s:s,s:s,s:b}", "op", "hold", "case", r->argv[0],
			"on", (int)on),
		&s);
}

/* ---- bringing it ----
 */

static void say_done(
	const struct run *r, const struct wire_statement *s, bool pending)
{
	ui_note(&r->ui, "%s",
		pending ? _("Kept. The clinic learns of it once there is a "
			    "connection.")
		: s->kind == WIRE_ST_ERASE ? _("The case is erased.")
		: s->u.hold.on == 1	   ? _("The case is under legal hold.")
					   : _("The legal hold has ended."));
}

int put_run(struct run *r)
{
	struct buf raw, text = {NULL, 0};
	struct wire_statement s;
	json_t *ret = NULL;
	int code = both_read(&r->ui, r->argv[0], &raw, &s);
	struct writer w;

	writer_init(&w, TEXT_MAX);
	if (code == EXIT_DONE)
		code = confirm(r, &s);
	/* What was shown is what is brought. */
	if (code == EXIT_DONE &&
		(armour_write(ARMOUR_STATEMENT, buf_view(&raw), &w) != 0 ||
			writer_finish(&w, &text) != 0))
		code = ui_fail(&r->ui, EXIT_MACHINE, NULL, _("out of memory"));
	if (code == EXIT_DONE)
		code = remote_call(r,
			json_pack("{s:s,s:s%}", "op", "put", "text",
				(const char *)text.data, text.len),
			&ret);
	if (code == EXIT_DONE) {
		say_done(r, &s, json_flag(ret, "pending"));
		ui_json(&r->ui, ret);
	}
	writer_wipe(&w);
	buf_wipe(&text);
	buf_wipe(&raw);
	return code;
}
