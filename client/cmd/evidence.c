/*
 * rowan receipt: the proof that something was received, and checking it on a
 * machine without a network, with the authority's key alone.
 *
 * Trusts the authority's record or key that the person hands in, and no byte
 * of the receipt.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/families.h"
#include "cmd/remote.h"
#include "tlog/origin.h"
#include "tlog/policy.h"
#include "trust/clinic.h"
#include "trust/evidence.h"
#include "ui/file.h"
#include "ui/hex.h"
#include "ui/when.h"
#include "ui/words.h"
#include "wire/armour.h"

#define CONTENT_MAX	 (1024 * 1024)
#define RECORDS_FILE_MAX (64 * 1024)

static const struct command_option verify_options[] = {
	{"authority", 'a', "FILE",
		N_("the authority's records, or its key in hexadecimal"),
		COMMAND_FILE},
	{"policy", 'p', "FILE", N_("whose cosignatures it must have"),
		COMMAND_FILE},
	{"content", 'c', "FILE", N_("the envelope it must be about"),
		COMMAND_FILE},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

/* Every record in the text, each signed by itself. */
static bool pin_records(struct bytes text, struct anchor *ret)
{
	struct buf raw;
	uint8_t kind;
	int rc;

	while ((rc = armour_next(&text, &kind, &raw)) == 0) {
		struct clinic clinic;

		if (kind == ARMOUR_AUTHORITY_RECORD)
			rc = clinic_init(&clinic, buf_view(&raw));
		if (kind == ARMOUR_AUTHORITY_RECORD && rc == 0)
			anchor_pin(ret, &clinic.authority);
		buf_wipe(&raw);
		if (rc != 0)
			return false;
	}
	return rc == ROWAN_E_NOT_FOUND && ret->count > 0;
}

/* Records that somebody pinned elsewhere, or the key as it was read out. */
int authority_read(struct run *r, const char *what, struct anchor *ret)
{
	struct wire_key key;
	struct buf text;
	int code;

	anchor_init(ret);
	if (hex_read(what, key.b, sizeof key.b)) {
		anchor_pin(ret, &key);
		return EXIT_DONE;
	}
	code = file_read(&r->ui, what, RECORDS_FILE_MAX, &text);
	if (code != EXIT_DONE)
		return code;
	if (!pin_records(buf_view(&text), ret))
		code = ui_fail(&r->ui, EXIT_INPUT,
			_("the clinic's authority.txt is one, or its key as 64 "
			  "hexadecimal digits"),
			_("%s is no record of an authority"), what);
	buf_wipe(&text);
	return code;
}

int policy_read(struct run *r, const char *path, struct policy **ret)
{
	struct buf text;
	size_t line = 0;
	int code = file_read(&r->ui, path, POLICY_MAX, &text);

	*ret = NULL;
	if (code != EXIT_DONE)
		return code;
	*ret = malloc(sizeof **ret);
	if (*ret == NULL || policy_parse(*ret, buf_view(&text), &line) != 0) {
		code = ui_fail(&r->ui, EXIT_INPUT,
			_("its lines begin with log, witness, group or "
			  "quorum"),
			_("%s is no policy: line %zu"), path, line);
		free(*ret);
		*ret = NULL;
	}
	buf_wipe(&text);
	return code;
}

bool policy_holds(const struct policy *p, const struct evidence *e)
{
	struct note_key key;
	struct note n;

	return origin_log(&e->card.clinic, e->card.signature_key.b, &key) ==
		       0 &&
	       policy_log(p, &key) && evidence_note(e, &n) == 0 &&
	       policy_check(p, &n, 0) == 0;
}

/* Nothing asked for: nothing missing. */
static int check_policy(
	struct run *r, const struct evidence *e, const char *path)
{
	struct policy *p;
	int code = path == NULL ? EXIT_DONE : policy_read(r, path, &p);

	if (path == NULL || code != EXIT_DONE)
		return code;
	if (!policy_holds(p, e))
		code = ui_fail(&r->ui, EXIT_DIFFERENT,
			_("ask for the receipt again once the witnesses have "
			  "cosigned"),
			_("not the log or not the cosignatures that the "
			  "policy asks for"));
	free(p);
	return code;
}

static void show(struct run *r, const struct evidence *e)
{
	char when[WHEN_LEN], iso[WHEN_LEN], device[2 * ID16_LEN + 1];
	char of_case[2 * ID16_LEN + 1], key[2 * 32 + 1], content[2 * 32 + 1];

	when_text(e->time, 0, when);
	when_iso(e->time, iso);
	hex_write(e->detail.device.b, ID16_LEN, device);
	hex_write(e->detail.case_id.b, ID16_LEN, of_case);
	ui_say(&r->ui, _("genuine: %s by device %s in case %s"),
		wire_act_name(e->detail.act), device, of_case);
	ui_say(&r->ui,
		e->exact ? _("received %s (%s)")
			 : _("received in the hour from %s (%s)"),
		when, iso);
	ui_say(&r->ui, _("entry %llu of a log with %llu"),
		(unsigned long long)e->proof.index,
		(unsigned long long)e->size);
	hex_write(e->detail.content.b, sizeof e->detail.content.b, content);
	if (run_option(r, "content") == NULL)
		ui_say(&r->ui,
			_("about what has the BLAKE2b-256 %s; --content "
			  "compares it with a file"),
			content);
	hex_write(e->issuer.b, sizeof e->issuer.b, key);
	if (e->succeeded)
		ui_say(&r->ui,
			_("the authority has been followed by another since: "
			  "this is under its earlier key %s"),
			key);
	ui_json(&r->ui,
		json_pack("{s:b,s:s,s:s,s:s,s:s,s:s,s:b,s:I,s:I,s:I,s:s,s:b}",
			"genuine", 1, "act", wire_act_name(e->detail.act),
			"device", device, "case", of_case, "content", content,
			"received", iso, "exact", (int)e->exact, "number",
			(json_int_t)e->detail.number, "entry",
			(json_int_t)e->proof.index, "entries",
			(json_int_t)e->size, "authority", key, "succeeded",
			(int)e->succeeded));
}

static int verify(struct run *r, struct evidence *e)
{
	const char *about = run_option(r, "content");
	struct buf file = {NULL, 0}, content = {NULL, 0};
	enum evidence_fault fault;
	struct anchor authority;
	struct bytes what;
	int code = authority_read(r, run_option(r, "authority"), &authority);

	if (code == EXIT_DONE)
		code = file_read(&r->ui, r->argv[0], EVIDENCE_MAX, &file);
	if (code == EXIT_DONE && about != NULL)
		code = file_read(&r->ui, about, CONTENT_MAX, &content);
	if (code == EXIT_DONE) {
		what = buf_view(&content);
		fault = evidence_check(e, buf_view(&file), &authority,
			about != NULL ? &what : NULL);
		if (fault != EVIDENCE_GOOD)
			code = ui_fail(&r->ui, EXIT_DIFFERENT,
				_("leave it as it is; its sender gets another "
				  "with rowan receipt get"),
				_("not genuine: %s"),
				_(evidence_fault_name(fault)));
	}
	if (code == EXIT_DONE)
		code = check_policy(r, e, run_option(r, "policy"));
	if (code == EXIT_DONE)
		show(r, e);
	buf_wipe(&file);
	buf_wipe(&content);
	return code;
}

static int verify_run(struct run *r)
{
	struct evidence *e;
	int code;

	if (run_option(r, "authority") == NULL)
		return run_usage(r, _("whose authority? give --authority"));
	e = malloc(sizeof *e);
	if (e == NULL)
		return ui_fail(&r->ui, EXIT_MACHINE, NULL, _("no memory left"));
	code = verify(r, e);
	free(e);
	return code;
}

/* ---- get ------------------------------------------------------------------
 */

static int get_run(struct run *r)
{
	const char *text;
	json_t *answer = NULL;
	int code = remote_call(r,
		json_pack("{s:s,s:s}", "op", "receipt", "message", r->argv[0]),
		&answer);

	if (code != EXIT_DONE)
		return code;
	text = json_text(answer, "receipt");
	code = file_give(&r->ui, r->argc > 1 ? r->argv[1] : NULL,
		bytes_of(text, strlen(text)));
	json_decref(answer);
	return code;
}

const struct command evidence_commands[] = {
	{.name = "receipt get",
		.args = "MESSAGE [FILE]",
		.min = 1,
		.max = 2,
		.kind = COMMAND_FILE,
		.help = N_("the proof that a message of yours was received"),
		.more = N_("A text file that anybody can check with \"rowan "
			   "receipt verify\" and the authority's key. It says "
			   "that a sealed message of this device was received, "
			   "and when; it opens nothing."),
		.run = get_run},
	{.name = "receipt verify",
		.args = "FILE",
		.min = 1,
		.max = 1,
		.kind = COMMAND_FILE,
		.help = N_("check a receipt with the authority's key alone"),
		.more = N_("Needs no network, no vault and no daemon. Says "
			   "what is proved: which device handed in what, when "
			   "the daemon received it, and where the log has it; "
			   "or what is wrong with the file."),
		.options = verify_options,
		.run = verify_run},
	{.name = NULL}};
