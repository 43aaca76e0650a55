/*
 * rowan conflict: two checkpoints of the clinic's log that contradict each
 * other, as this device has kept them, and checking such a file on a machine
 * without a network, with the authority's key alone.
 *
 * Trusts the authority's record or key that the person hands in, and no byte
 * of a file.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/families.h"
#include "cmd/remote.h"
#include "trust/conflict.h"
#include "ui/file.h"
#include "ui/hex.h"
#include "ui/when.h"
#include "ui/words.h"

static const struct command_option verify_options[] = {
	{"authority", 'a', "FILE",
		N_("the authority's records, or its key in hexadecimal"),
		COMMAND_FILE},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

/* ---- words ----------------------------------------------------------------
 */

static json_t *side_json(const struct conflict *c, size_t i)
{
	const struct checkpoint *p = &c->checkpoint[i];
	char root[2 * MERKLE_HASH_LEN + 1], key[2 * 32 + 1];

	hex_write(p->root.b, sizeof p->root.b, root);
	hex_write(c->card[i].signature_key.b, 32, key);
	return json_pack("{s:I,s:s,s:I,s:s}", "size", (json_int_t)p->size,
		"root", root, "time", (json_int_t)c->time[i], "key", key);
}

static void say_side(const struct ui *ui, const struct conflict *c, size_t i)
{
	const struct checkpoint *p = &c->checkpoint[i];
	char root[2 * MERKLE_HASH_LEN + 1], when[WHEN_LEN];

	hex_write(p->root.b, sizeof p->root.b, root);
	when_text(c->time[i], 0, when);
	ui_say(ui,
		ngettext("  signed %s: %llu entry, root %s",
			"  signed %s: %llu entries, root %s",
			(unsigned long)p->size),
		when, (unsigned long long)p->size, root);
}

static json_t *conflict_json(const struct conflict *c, enum conflict_verdict v)
{
	char log[2 * ID16_LEN + 1];

	hex_write(c->card[0].clinic.b, ID16_LEN, log);
	return json_pack("{s:b,s:s,s:s,s:[o,o]}", "proved",
		(int)conflict_proved(v), "kind", conflict_word(v), "clinic",
		log, "checkpoints", side_json(c, 0), side_json(c, 1));
}

/* ---- what is kept here ----------------------------------------------------
 */

/* The files that this device has; NULL in ${of}: all of them. */
static int kept(struct run *r, json_t **ret)
{
	return remote_call(r, json_pack("{s:s}", "op", "conflicts"), ret);
}

static json_t *list_one(struct run *r, const json_t *one, struct conflict *c)
{
	const char *text = json_text(one, "file");
	enum conflict_verdict v =
		conflict_check(c, bytes_of(text, strlen(text)), NULL);
	json_int_t number = json_number(one, "number") + 1;
	json_t *o = v < CONFLICT_FORM ? conflict_json(c, v) : json_object();

	(void)json_object_set_new(o, "number", json_integer(number));
	ui_say(&r->ui, "%lld  %s", (long long)number, _(conflict_name(v)));
	for (size_t i = 0; v < CONFLICT_FORM && i < 2; i++)
		say_side(&r->ui, c, i);
	return o;
}

static int list_run(struct run *r)
{
	struct conflict *c = malloc(sizeof *c);
	json_t *ret = NULL, *list, *one;
	size_t i;
	int code = kept(r, &ret);

	if (code != EXIT_DONE || c == NULL) {
		free(c);
		return code;
	}
	list = json_array();
	json_array_foreach (json_object_get(ret, "conflicts"), i, one)
		(void)json_array_append_new(list, list_one(r, one, c));
	if (json_array_size(list) == 0)
		ui_note(&r->ui, _("The log has not contradicted itself here."));
	else
		ui_note(&r->ui,
			_("rowan conflict get NUMBER FILE writes one down for "
			  "others. Only a restore that the authority signed "
			  "would explain it."));
	ui_json(&r->ui, json_pack("{s:o}", "conflicts", list));
	json_decref(ret);
	free(c);
	return EXIT_DONE;
}

static int get_run(struct run *r)
{
	const char *text;
	json_t *ret = NULL, *one;
	char *end = NULL;
	unsigned long n = strtoul(r->argv[0], &end, 10);
	int code;

	if (*end != '\0' || n == 0)
		return run_usage(r, _("NUMBER is one of rowan conflict list"));
	code = kept(r, &ret);
	if (code != EXIT_DONE)
		return code;
	one = json_array_get(json_object_get(ret, "conflicts"), n - 1);
	text = json_text(one, "file");
	if (one == NULL)
		code = ui_fail(&r->ui, EXIT_NOT_FOUND,
			_("rowan conflict list has the numbers"),
			_("there is no conflict %lu"), n);
	else
		code = file_give(&r->ui, r->argc > 1 ? r->argv[1] : NULL,
			bytes_of(text, strlen(text)));
	json_decref(ret);
	return code;
}

/* ---- a file of somebody's -------------------------------------------------
 */

static void say_proof(
	struct run *r, const struct conflict *c, enum conflict_verdict v)
{
	char clinic[2 * ID16_LEN + 1];

	hex_write(c->card[0].clinic.b, ID16_LEN, clinic);
	ui_say(&r->ui, _("proved: %s"), _(conflict_name(v)));
	for (size_t i = 0; i < 2; i++)
		say_side(&r->ui, c, i);
	ui_say(&r->ui,
		_("Both are signed by the log of clinic %s, with keys that "
		  "this authority has carded for its daemon. An honest log "
		  "never signs both. Only a restore from a backup, signed by "
		  "the authority between the two, would explain it: ask the "
		  "authority for one."),
		clinic);
	ui_json(&r->ui, conflict_json(c, v));
}

static int verify(struct run *r, struct conflict *c)
{
	enum conflict_verdict v;
	struct buf file = {NULL, 0};
	struct anchor authority;
	int code = authority_read(r, run_option(r, "authority"), &authority);

	if (code == EXIT_DONE)
		code = file_read(&r->ui, r->argv[0], CONFLICT_MAX, &file);
	if (code != EXIT_DONE)
		return code;
	v = conflict_check(c, buf_view(&file), &authority);
	if (conflict_proved(v))
		say_proof(r, c, v);
	else
		code = ui_fail(&r->ui, EXIT_DIFFERENT,
			v == CONFLICT_OPEN
				? _("whoever runs the log can settle it: with "
				    "the consistency proof from the one to the "
				    "other")
				: NULL,
			_("not proved: %s"), _(conflict_name(v)));
	buf_wipe(&file);
	return code;
}

static int verify_run(struct run *r)
{
	struct conflict *c;
	int code;

	if (run_option(r, "authority") == NULL)
		return run_usage(r, _("whose authority? give --authority"));
	c = malloc(sizeof *c);
	if (c == NULL)
		return ui_fail(&r->ui, EXIT_MACHINE, NULL, _("no memory left"));
	code = verify(r, c);
	free(c);
	return code;
}

const struct command conflict_commands[] = {
	{"conflict list", "", 0, 0, COMMAND_TEXT,
		N_("checkpoints of the log that contradict each other"),
		N_("What this device believed, and what the log signed besides "
		   "that does not go with it. Both are kept when the alarm is "
		   "raised."),
		0, NULL, list_run},
	{"conflict get", "NUMBER [FILE]", 1, 2, COMMAND_FILE,
		N_("both checkpoints, as a file for others"),
		N_("A text file that anybody can check with \"rowan conflict "
		   "verify\" and the authority's key: for the authority, the "
		   "other agencies, a court. It says nothing of any case."),
		0, NULL, get_run},
	{"conflict verify", "FILE", 1, 1, COMMAND_FILE,
		N_("check such a file with the authority's key alone"),
		N_("Needs no network, no vault and no daemon. No such file can "
		   "be made against a log that is honest; but it does not say "
		   "whether the authority has signed a restore in between."),
		0, verify_options, verify_run},
	{NULL, NULL, 0, 0, COMMAND_TEXT, NULL, NULL, 0, NULL, NULL}};
