/*
 * rowan audit: what the clinic's log says, and whether it says the truth, for
 * those whose card has the right to audit. No message is opened by it, and
 * what an auditor reads is itself written down.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <rowan.h>

#include "cmd/families.h"
#include "cmd/remote.h"
#include "ui/file.h"
#include "ui/mem.h"
#include "ui/when.h"
#include "ui/words.h"
#include "wire/code.h"
#include "wire/op.h"

#define PATIENCE_S    60
#define FOLLOW_S      2 /* between two looks at the log */
#define POLICY_BYTES  65536
#define REQUEST_BYTES (128 * 1024)

static const struct command_option verify_options[] = {
	{"since", 's', "ENTRY", N_("only from this entry on"), COMMAND_TEXT},
	{"policy", 'p', "FILE",
		N_("from now on ask for these witnesses' cosignatures; \"-\" "
		   "in place of FILE: read it from stdin"),
		COMMAND_FILE},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static const struct command_option follow_options[] = {
	{"from", 'f', "ENTRY", N_("begin with this entry; else with the next"),
		COMMAND_TEXT},
	{"count", 'C', "N", N_("end after N entries"), COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static const struct command_option request_options[] = {
	{"known", 'k', "ENTRIES", N_("how many the witness has verified (0)"),
		COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

/* ---- asking ----------------------------------------------------------------
 */

static json_t *question(const char *kind, const char *of_case, json_int_t from)
{
	return json_pack("{s:s,s:s,s:s*,s:I,s:i}", "op", "audit", "kind", kind,
		"case", of_case, "from", from, "wait", PATIENCE_S);
}

/* As remote_stream; an answer that is late is none. */
static int ask(
	struct run *r, json_t *q, remote_event *each, void *ctx, json_t **ret)
{
	int code = remote_stream(r, q, each, ctx, ret);

	if (code != EXIT_DONE || !json_flag(*ret, "pending"))
		return code;
	json_decref(*ret);
	*ret = NULL;
	return ui_fail(&r->ui, EXIT_OFFLINE,
		_("rowan status says how the connection stands"),
		_("the daemon does not answer"));
}

/* The whole log comes, and each entry is checked: that takes its time. */
static void say_it_takes(const struct run *r)
{
	ui_note(&r->ui, _("Reading the clinic's log ..."));
}

/* ---- words -----------------------------------------------------------------
 */

static const char *what(const json_t *e)
{
	static const struct {
		const char *act, *words;
	} acts[] = {{"submit", N_("handed in a message")},
		{"read", N_("was handed messages")},
		{"acknowledge", N_("confirmed messages")},
		{"keys", N_("published keys")},
		{"claim", N_("claimed keys of others")},
		{"blob", N_("handed in or deleted an attachment")},
		{"blob-read", N_("was handed an attachment")},
		{"cards", N_("looked at cards or statements")},
		{"statement", N_("signed a statement")},
		{"group", N_("changed a channel")},
		{"invite", N_("acted on an invite")},
		{"redeem", N_("used an invite")},
		{"refused", N_("was refused")},
		{"expire", N_("deleted what had expired")},
		{"admin", N_("operated the daemon")},
		{"audit", N_("read the log")},
		{"witness", N_("cosigned the log")},
		{"erase", N_("finished erasing a case")}};

	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
		if (strcmp(json_text(e, "act"), acts[i].act) == 0)
			return _(acts[i].words);
	return _("did something that a newer daemon knows");
}

/* Alias, or the beginning of the member's or the device's id; and whence. */
static char *who(const struct ui *ui, const json_t *e)
{
	const char *name = json_text(e, "alias"), *agency;
	char *safe, *ret;

	if (*name == '\0')
		name = json_text(e, "member");
	if (*name == '\0')
		name = json_text(e, "device");
	if (*name == '\0')
		return mem_text(_("the daemon"));
	agency = json_text(e, "agency");
	safe = ui_safe(ui, name);
	if (strlen(safe) == 32 && *json_text(e, "alias") == '\0')
		safe[8] = '\0';
	/* Whose card is of the agency that enrolled them. */
	if (strcmp(json_text(e, "role"), "victim") == 0)
		ret = mem_print(_("%s (victim)"), safe);
	else if (*agency != '\0')
		ret = mem_print("%s (%s)", safe, agency);
	else if (json_flag(e, "hour"))
		ret = mem_print(_("%s (victim)"), safe);
	else
		ret = mem_text(safe);
	free(safe);
	return ret;
}

static void say_entry(const struct ui *ui, const json_t *e)
{
	const struct wire_op_info *op =
		wire_op_find((uint16_t)json_number(e, "operation"));
	char when[WHEN_LEN], *name = who(ui, e);

	when_exact((uint64_t)json_number(e, "time"), when);
	ui_say(ui, "%8lld  %s%s  %s: %s%s%s%s%s%.8s",
		(long long)json_number(e, "entry"), when,
		json_flag(e, "hour") ? _(" (hour)") : "", name, what(e),
		op != NULL ? " [" : "", op != NULL ? op->name : "",
		op != NULL ? "]" : "",
		*json_text(e, "case") != '\0' ? _("  case ") : "",
		json_text(e, "case"));
	free(name);
}

/* Programs get names in place of numbers. */
static void name_numbers(json_t *e)
{
	const struct wire_op_info *op =
		wire_op_find((uint16_t)json_number(e, "operation"));

	if (op != NULL)
		(void)json_object_set_new(
			e, "operation", json_string(op->name));
	else
		(void)json_object_del(e, "operation");
	if (json_object_get(e, "refused") != NULL)
		(void)json_object_set_new(e, "refused",
			json_string(wire_code_name(
				(uint16_t)json_number(e, "refused"))));
}

/* ---- entries ---------------------------------------------------------------
 */

static bool is_act(const json_t *e, const char *const *acts)
{
	for (; acts != NULL && *acts != NULL; acts++)
		if (strcmp(json_text(e, "act"), *acts) == 0)
			return true;
	return acts == NULL;
}

struct gathering {
	const char *const *acts; /* NULL: all */
	bool staff;		 /* only of people whose card is known */
	json_t *list;
	json_int_t opened, erased;
};

static bool gather(struct run *r, const json_t *e, void *ctx)
{
	struct gathering *g = ctx;
	json_t *copy;

	g->opened++;
	/* So many in all do not open any more: the last one counts. */
	if (strcmp(json_text(e, "act"), "erase") == 0)
		g->erased = json_number(e, "number");
	if (!is_act(e, g->acts) ||
		(g->staff && strcmp(json_text(e, "role"), "caseworker") != 0))
		return true;
	copy = json_deep_copy(e);
	say_entry(&r->ui, e);
	name_numbers(copy);
	(void)json_array_append_new(g->list, copy);
	return true;
}

/* The log itself says how many entries were erased: no more are left out. */
static int judge_unopened(struct run *r, json_t *ret, const struct gathering *g)
{
	json_int_t n = json_number(ret, "size") - g->opened;

	(void)json_object_set_new(ret, "unopened", json_integer(n));
	(void)json_object_set_new(ret, "erased", json_integer(g->erased));
	if (n != g->erased)
		return ui_fail(&r->ui, EXIT_DIFFERENT,
			_("a case that was erased in the last minutes is one "
			  "reason: look again then. If it stays, the daemon "
			  "leaves entries out"),
			_("not opened: %lld; erased, as the log says: %lld"),
			(long long)n, (long long)g->erased);
	if (n > 0)
		ui_say(&r->ui,
			ngettext("not opened: %lld entry, as many as the log "
				 "says were erased",
				"not opened: %lld entries, as many as the log "
				"says were erased",
				(unsigned long)n),
			(long long)n);
	return EXIT_DONE;
}

static int list(struct run *r, const char *const *acts, const char *none)
{
	struct gathering g = {.acts = acts, .staff = acts != NULL};
	json_t *ret = NULL;
	int code;

	g.list = json_array();
	say_it_takes(r);
	code = ask(r, question("read", r->argc > 0 ? r->argv[0] : NULL, 0),
		gather, &g, &ret);
	if (code != EXIT_DONE) {
		json_decref(g.list);
		return code;
	}
	if (json_array_size(g.list) == 0)
		ui_note(&r->ui, "%s", none);
	if (r->argc == 0)
		code = judge_unopened(r, ret, &g);
	(void)json_object_set_new(ret, "entries", g.list);
	(void)json_object_del(ret, "checkpoint");
	ui_json(&r->ui, ret);
	return code;
}

static int timeline_run(struct run *r)
{
	return list(r, NULL, _("The log has nothing of it."));
}

static int who_read_run(struct run *r)
{
	static const char *const acts[] = {"read", "blob-read", "cards", NULL};

	return list(
		r, acts, _("No member of staff was handed anything of it."));
}

/* ---- follow ----------------------------------------------------------------
 */

struct following {
	json_int_t next, own; /* the next entry; ours that nobody needs */
	unsigned long left;   /* 0: no end */
	bool over;
};

static bool follow_entry(struct run *r, const json_t *e, void *ctx)
{
	struct following *f = ctx;
	json_t *copy = json_deep_copy(e);

	f->next = json_number(e, "entry") + 1;
	say_entry(&r->ui, e);
	name_numbers(copy);
	ui_json(&r->ui, copy);
	if (fflush(stdout) != 0)
		f->over = true;
	if (f->left > 0 && --f->left == 0)
		f->over = true;
	return !f->over;
}

static int log_size(struct run *r, json_int_t *ret)
{
	json_t *answer = NULL;
	int code = ask(r, question("request", NULL, 0), NULL, NULL, &answer);

	if (code == EXIT_DONE)
		*ret = json_number(answer, "size");
	json_decref(answer);
	return code;
}

/* Our own reading is in the log, too: alone it is no news. */
static int follow_once(struct run *r, struct following *f)
{
	json_t *ret = NULL;
	json_int_t size = 0, before = f->next;
	int code = log_size(r, &size);

	if (code != EXIT_DONE || size <= f->next + f->own)
		return code;
	code = ask(r, question("read", NULL, f->next), follow_entry, f, &ret);
	if (code == EXIT_DONE && json_number(ret, "size") > f->next)
		f->next = json_number(ret, "size");
	f->own = f->next > before ? 1 + (f->next - before) / 256 : f->own;
	json_decref(ret);
	return f->over ? EXIT_DONE : code;
}

static int follow_run(struct run *r)
{
	struct following f = {.next = -1};
	unsigned long from = 0;
	int code = run_number(r, "count", 1, 1000000000, &f.left);

	if (code == EXIT_DONE)
		code = run_number(r, "from", 0, 1UL << 62, &from);
	if (code != EXIT_DONE)
		return code;
	if (run_option(r, "from") != NULL)
		f.next = (json_int_t)from;
	else
		code = log_size(r, &f.next);
	while (code == EXIT_DONE && !f.over) {
		code = follow_once(r, &f);
		if (code == EXIT_DONE && !f.over)
			(void)nanosleep(
				&(struct timespec){.tv_sec = FOLLOW_S}, NULL);
	}
	return code;
}

/* ---- verify ----------------------------------------------------------------
 */

static bool verify_piece(struct run *r, const json_t *e, void *ctx)
{
	json_int_t *pieces = ctx;

	/* A line now and then, on any terminal. */
	if (++*pieces % 64 == 0)
		ui_note(&r->ui, _("entries hashed: %lld"),
			(long long)json_number(e, "entry"));
	return true;
}

static int set_policy(struct run *r)
{
	const char *path = run_option(r, "policy");
	json_t *ret = NULL;
	struct buf text;
	int code;

	if (path == NULL)
		return EXIT_DONE;
	code = file_read(&r->ui, path, POLICY_BYTES, &text);
	if (code != EXIT_DONE)
		return code;
	code = remote_call(r,
		json_pack("{s:s,s:s%}", "op", "policy", "policy",
			text.len > 0 ? (const char *)text.data : "", text.len),
		&ret);
	buf_wipe(&text);
	json_decref(ret);
	return code;
}

/* Signed, and not true: an honest daemon's time never goes back. */
static int say_backdated(struct run *r, const json_t *ret)
{
	json_int_t entry = json_number(ret, "backdated");

	if (entry == json_number(ret, "size"))
		return ui_fail(&r->ui, EXIT_TROUBLE,
			_("tell the authority and the other agencies"),
			_("backdated: the checkpoint of %lld entries says an "
			  "earlier time than the last of them"),
			(long long)entry);
	return ui_fail(&r->ui, EXIT_TROUBLE,
		_("tell the authority and the other agencies"),
		_("backdated entry: entry %lld says an earlier time than one "
		  "before it"),
		(long long)entry);
}

static int verify_run(struct run *r)
{
	unsigned long since = 0;
	json_int_t pieces = 0;
	json_t *ret = NULL;
	int code = run_number(r, "since", 0, 1UL << 62, &since);

	if (code == EXIT_DONE)
		code = set_policy(r);
	if (code == EXIT_DONE)
		say_it_takes(r);
	if (code == EXIT_DONE)
		code = ask(r, question("verify", NULL, (json_int_t)since),
			verify_piece, &pieces, &ret);
	if (code != EXIT_DONE)
		return code;
	(void)json_object_set_new(
		ret, "since", json_integer((json_int_t)since));
	if (json_object_get(ret, "backdated") != NULL)
		code = say_backdated(r, ret);
	else
		ui_say(&r->ui,
			_("good: entries %lu to %lld are what the daemon "
			  "signed, and no time in them goes back"),
			since, (long long)json_number(ret, "size") - 1);
	ui_json(&r->ui, ret);
	return code;
}

/* ---- export ----------------------------------------------------------------
 */

struct exporting {
	const char *folder;
	json_int_t count;
	int code;
	FILE *list;
};

static int put(
	struct run *r, const char *folder, const char *name, const char *text)
{
	char *path = mem_print("%s/%s", folder, name);
	int code = file_write(&r->ui, path, bytes_of(text, strlen(text)), 0);

	free(path);
	return code;
}

static bool export_entry(struct run *r, const json_t *e, void *ctx)
{
	struct exporting *x = ctx;
	char *name = mem_print(
		"%010lld.tlog-proof", (long long)json_number(e, "entry"));
	json_t *copy = json_deep_copy(e);
	char *line;

	x->code = put(r, x->folder, name, json_text(e, "proof"));
	(void)json_object_del(copy, "proof");
	/* What this device calls somebody is nobody else's. */
	(void)json_object_del(copy, "alias");
	(void)json_object_set_new(copy, "file", json_string(name));
	name_numbers(copy);
	line = json_dumps(copy, JSON_COMPACT);
	if (line == NULL || fprintf(x->list, "%s\n", line) < 0)
		x->code = EXIT_MACHINE;
	free(line);
	free(name);
	json_decref(copy);
	x->count++;
	return x->code == EXIT_DONE;
}

static int export_all(struct run *r, struct exporting *x)
{
	json_t *q = question("read", r->argv[0], 0), *ret = NULL;
	int code;

	(void)json_object_set_new(q, "proofs", json_true());
	say_it_takes(r);
	code = ask(r, q, export_entry, x, &ret);
	if (x->code != EXIT_DONE)
		code = x->code;
	if (code == EXIT_DONE)
		code = put(r, x->folder, "checkpoint",
			json_text(ret, "checkpoint"));
	if (code == EXIT_DONE) {
		ui_say(&r->ui,
			ngettext("%lld entry with its proof is in %s; rowan "
				 "receipt verify checks it with the "
				 "authority's key alone",
				"%lld entries with their proofs are in %s; "
				"rowan receipt verify checks each with the "
				"authority's key alone",
				(unsigned long)x->count),
			(long long)x->count, x->folder);
		ui_json(&r->ui,
			json_pack("{s:s,s:I,s:I}", "path", x->folder, "entries",
				x->count, "size", json_number(ret, "size")));
	}
	json_decref(ret);
	return code;
}

static int export_run(struct run *r)
{
	struct exporting x = {.folder = r->argv[1]};
	char *data = NULL;
	size_t len = 0;
	int code;

	if (mkdir(x.folder, 0700) != 0)
		return ui_fail(&r->ui,
			errno == EEXIST ? EXIT_TAKEN : EXIT_MACHINE,
			_("choose a folder that is not there yet"), _("%s: %s"),
			x.folder, strerror(errno));
	x.list = open_memstream(&data, &len);
	if (x.list == NULL) {
		file_unmake(x.folder);
		return ui_fail(&r->ui, EXIT_MACHINE, NULL, _("out of memory"));
	}
	code = export_all(r, &x);
	(void)fclose(x.list);
	if (code == EXIT_DONE)
		code = put(r, x.folder, "timeline.jsonl", data);
	if (code != EXIT_DONE)
		file_unmake(x.folder);
	free(data);
	return code;
}

/* ---- for a witness without a connection ------------------------------------
 */

static bool keep_request(struct run *r, const json_t *e, void *ctx)
{
	char **text = ctx;

	free(*text);
	*text = mem_text(json_text(e, "proof"));
	return true;
}

static int request_run(struct run *r)
{
	unsigned long known = 0;
	json_t *q, *ret = NULL;
	char *text = NULL;
	int code = run_number(r, "known", 0, 1UL << 62, &known);

	if (code != EXIT_DONE)
		return code;
	q = question("request", NULL, (json_int_t)known);
	(void)json_object_set_new(q, "proofs", json_true());
	code = ask(r, q, keep_request, &text, &ret);
	if (code == EXIT_DONE)
		code = file_give(&r->ui, r->argc > 0 ? r->argv[0] : NULL,
			bytes_of(text, text == NULL ? 0 : strlen(text)));
	free(text);
	json_decref(ret);
	return code;
}

/* The checkpoint of the request, and the answer's lines behind it. */
static char *with_answer(const struct buf *request, const struct buf *answer)
{
	const uint8_t *at = request->len > 0 ? memmem(request->data,
						       request->len, "\n\n", 2)
					     : NULL;
	size_t begin = at != NULL ? (size_t)(at - request->data) + 2 : 0;

	return mem_print("%.*s%.*s", (int)(request->len - begin),
		(const char *)request->data + begin, (int)answer->len,
		(const char *)answer->data);
}

static int cosigned_run(struct run *r)
{
	struct buf request, answer = {NULL, 0};
	json_t *q, *ret = NULL;
	char *note;
	int code = file_read(&r->ui, r->argv[0], REQUEST_BYTES, &request);

	if (code == EXIT_DONE)
		code = file_read(&r->ui, r->argv[1], REQUEST_BYTES, &answer);
	if (code == EXIT_DONE) {
		note = with_answer(&request, &answer);
		q = question("cosigned", NULL, 0);
		(void)json_object_set_new(q, "receipt", json_string(note));
		code = ask(r, q, NULL, NULL, &ret);
		free(note);
	}
	if (code == EXIT_DONE)
		ui_say(&r->ui, _("the daemon has it, and shows it to all"));
	if (code == EXIT_DONE)
		ui_json(&r->ui,
			json_pack("{s:I}", "size", json_number(ret, "size")));
	json_decref(ret);
	buf_wipe(&request);
	buf_wipe(&answer);
	return code;
}

const struct command audit_commands[] = {
	{"audit follow", "", 0, 0, COMMAND_TEXT,
		N_("the log as it grows, an entry a line"),
		N_("With --json one object a line. Every entry is proved to "
		   "stand in the log before it is shown. Reading the log is "
		   "itself an entry."),
		ROWAN_RIGHT_AUDIT, follow_options, follow_run},
	{"audit verify", "", 0, 0, COMMAND_TEXT,
		N_("whether the log is what was signed and cosigned"),
		N_("Fetches the entries and hashes them, in little memory "
		   "however long the log is, and names an entry that says "
		   "an earlier time than one before it: backdated, exit code "
		   "18. --since goes on from an entry "
		   "that was verified before. --policy names the witnesses "
		   "whose cosignatures the log must have, now and later."),
		ROWAN_RIGHT_AUDIT, verify_options, verify_run},
	{"audit who-read", "CASE", 1, 1, COMMAND_CASE,
		N_("which staff were handed messages, attachments or cards"),
		N_("What left the daemon for a member of staff, and when. "
		   "Reading is logged before it leaves. An auditor writes the "
		   "whole id of a case, as audit timeline --json has it. Every "
		   "entry shown is proved; that none "
		   "was left out is not: \"audit timeline\" without a case "
		   "counts what the daemon did not open."),
		ROWAN_RIGHT_AUDIT, NULL, who_read_run},
	{"audit timeline", "[CASE]", 0, 1, COMMAND_CASE,
		N_("who did what, and when, in a case or anywhere"),
		N_("A victim's acts show the hour. What belongs to an erased "
		   "case is not there any more. Without a case it says how "
		   "many entries the daemon did not open: as many as the log "
		   "says were erased, or something is left out, exit code "
		   "14."),
		ROWAN_RIGHT_AUDIT, NULL, timeline_run},
	{"audit export", "CASE FOLDER", 2, 2, COMMAND_FOLDER,
		N_("a case's entries, each as a file that proves it"),
		N_("One .tlog-proof an entry (C2SP), the checkpoint they all "
		   "lead to, and timeline.jsonl, a line an entry. Nothing in "
		   "it helps to guess an entry that is not."),
		ROWAN_RIGHT_AUDIT, NULL, export_run},
	{"audit request", "[FILE]", 0, 1, COMMAND_FILE,
		N_("what a witness without a connection is to sign"),
		N_("A file of C2SP tlog-witness, for rowan witness sign on "
		   "the witness's machine."),
		0, request_options, request_run},
	{"audit cosigned", "REQUEST ANSWER", 2, 2, COMMAND_FILE,
		N_("hand in what a witness has answered by file"),
		N_("The request as it was written, and the answer of rowan "
		   "witness sign or of any tool of C2SP tlog-witness. From "
		   "then on the daemon shows that checkpoint with the "
		   "witness's cosignature, beside those it had already."),
		ROWAN_RIGHT_AUDIT, NULL, cosigned_run},
	{NULL, NULL, 0, 0, COMMAND_TEXT, NULL, NULL, 0, NULL, NULL}};
