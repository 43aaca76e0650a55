/*
 * rowan authority succeed: the key that the record promised takes over, in a
 * folder of its own. The old folder stays as it was, and signs in vain.
 *
 * NEW is written whole before the statement exists anywhere.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd/authority.h"
#include "ui/file.h"
#include "ui/mem.h"
#include "ui/pass.h"
#include "ui/words.h"
#include "wire/armour.h"

const struct command_option authority_succeed_options[] = {
	{"lost", 0, NULL, N_("the old key is lost: the next one signs alone"),
		COMMAND_TEXT},
	{"next", 0, "FILE", N_("where next.key is (OLD/next.key)"),
		COMMAND_FILE},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static int open_key(
	const struct ui *ui, const char *path, struct authority_key **ret)
{
	char *prompt = mem_print(_("Passphrase of %s:"), path);
	struct pass pass = {NULL, 0};
	struct buf text = {NULL, 0};
	int code = file_read(ui, path, AUTHORITY_FILE_MAX, &text);

	if (code == EXIT_DONE)
		code = pass_get(ui, prompt, &pass);
	if (code == EXIT_DONE && authority_open(buf_view(&text),
					 bytes_of(pass.b, pass.len), ret) != 0)
		code = ui_fail(ui, EXIT_PASSPHRASE,
			_("it is the one that the folder was made with"),
			_("wrong passphrase, or %s is no key"), path);
	pass_wipe(&pass);
	buf_wipe(&text);
	free(prompt);
	return code;
}

static int copy_into(const struct ui *ui, const char *dir, const char *name,
	struct bytes data, unsigned flags)
{
	char *path = authority_book_path(dir, name);
	int code = file_write(ui, path, data, flags);

	free(path);
	return code;
}

static int seal_into(const struct ui *ui, const char *dir, const char *name,
	const struct authority_key *k, const struct pass *pass)
{
	struct writer w;
	int code;

	writer_init(&w, AUTHORITY_FILE_MAX);
	if (authority_seal(k, bytes_of(pass->b, pass->len),
		    &passphrase_cost_default, &w) != 0)
		code = ui_fail(
			ui, EXIT_MACHINE, NULL, _("the key cannot be sealed"));
	else
		code = copy_into(ui, dir, name, writer_view(&w), FILE_SECRET);
	writer_wipe(&w);
	return code;
}

/* The keys of one succession. */
struct heirs {
	struct authority_key *old, *fresh, *next;
};

/* The new record and its statement, into ${b}. */
static int succeed(struct authority_book *b, const struct heirs *h,
	uint64_t now, struct writer *records)
{
	struct authority_succession s = {.clinic = &b->clinic,
		.old = h->old,
		.fresh = h->fresh,
		.time = now};
	struct wire_key next;
	struct writer record, st;
	int rc, code;

	authority_public(h->next, &next);
	s.next = &next;
	writer_init(&record, AUTHORITY_FILE_MAX);
	writer_init(&st, WIRE_STATEMENT_MAX);
	rc = authority_succeed(&s, &record, &st);
	if (rc != 0)
		code = ui_fail(b->ui, EXIT_DIFFERENT,
			_("it is next.key of the present folder, from where it "
			  "was put"),
			_("this is not the key that the record promised"));
	else
		code = authority_book_add(b, writer_view(&st));
	writer_raw(records, b->records.data, b->records.len);
	if (code == EXIT_DONE && armour_write(ARMOUR_AUTHORITY_RECORD,
					 writer_view(&record), records) != 0)
		code = EXIT_MACHINE;
	writer_wipe(&record);
	writer_wipe(&st);
	return code;
}

static int open_heirs(
	const struct run *r, const struct authority_book *b, struct heirs *h)
{
	const char *at = run_option(r, "next");
	char *path = at != NULL ? mem_text(at)
				: authority_book_path(b->dir, "next.key");
	int code = EXIT_DONE;

	if (run_option(r, "lost") == NULL)
		code = authority_book_key(b, "authority.key", &h->old);
	if (code == EXIT_DONE)
		code = open_key(&r->ui, path, &h->fresh);
	if (code == EXIT_DONE && authority_new(&b->clinic.id, &h->next) != 0)
		code = ui_fail(
			&r->ui, EXIT_MACHINE, NULL, _("no locked memory left"));
	free(path);
	return code;
}

/* Before anybody is asked for three passphrases. */
static int look(const struct run *r, const struct authority_book *b)
{
	const char *at = run_option(r, "next"), *fresh = r->argv[1];
	char *path = at != NULL ? mem_text(at)
				: authority_book_path(b->dir, "next.key");
	int code = file_free(&r->ui, fresh);

	if (code == EXIT_DONE && access(path, F_OK) != 0)
		code = ui_fail(&r->ui, EXIT_NOT_FOUND,
			_("--next says where the next key is kept"), "%s: %s",
			path, strerror(errno));
	free(path);
	if (code == EXIT_DONE && b->record_count == BUNDLE_RECORDS_MAX)
		code = ui_fail(&r->ui, EXIT_OTHER,
			_("the present one goes on; a new clinic begins with "
			  "rowan authority create"),
			_("a clinic has at most %d authorities one after the "
			  "other"),
			BUNDLE_RECORDS_MAX);
	return code;
}

int authority_succeed_run(struct run *r)
{
	const char *old = r->argv[0], *fresh = r->argv[1];
	struct heirs h = {NULL, NULL, NULL};
	struct pass pass = {NULL, 0};
	struct buf first = {NULL, 0};
	struct authority_book b;
	struct writer records;
	char *path;
	int code = authority_book_open(&r->ui, old, &b);

	if (code != EXIT_DONE)
		return code;
	writer_init(&records, AUTHORITY_FILE_MAX);
	path = authority_book_path(old, "authority.txt");
	code = file_read(&r->ui, path, AUTHORITY_FILE_MAX, &first);
	free(path);
	if (code == EXIT_DONE)
		code = look(r, &b);
	if (code == EXIT_DONE)
		code = open_heirs(r, &b, &h);
	if (code == EXIT_DONE)
		code = pass_new(
			&r->ui, _("A passphrase for the new folder:"), &pass);
	if (code == EXIT_DONE && mkdir(fresh, 0700) != 0)
		code = ui_fail(&r->ui,
			errno == EEXIST ? EXIT_TAKEN : EXIT_MACHINE,
			_("name a folder that is not there yet, on a disk with "
			  "room"),
			_("cannot make %s: %s"), fresh, strerror(errno));
	b.dir = fresh;
	if (code == EXIT_DONE)
		code = seal_into(
			&r->ui, fresh, "authority.key", h.fresh, &pass);
	if (code == EXIT_DONE)
		code = seal_into(&r->ui, fresh, "next.key", h.next, &pass);
	if (code == EXIT_DONE)
		code = copy_into(
			&r->ui, fresh, "authority.txt", buf_view(&first), 0);
	if (code == EXIT_DONE && b.daemon.len > 0)
		code = copy_into(
			&r->ui, fresh, "daemon.txt", buf_view(&b.daemon), 0);
	if (code == EXIT_DONE)
		code = succeed(&b, &h, (uint64_t)time(NULL), &records);
	if (code == EXIT_DONE)
		code = copy_into(
			&r->ui, fresh, "records.txt", writer_view(&records), 0);
	if (code == EXIT_DONE)
		ui_note(&r->ui,
			_("The next key has taken over. Next:\n"
			  "  1. Carry %s/statements.txt to the daemon's "
			  "machine: rowanctl cards import FILE\n"
			  "  2. Take %s/next.key to another place, with a copy "
			  "of the whole folder.\n"
			  "  3. From now on %s signs, and %s signs in vain."),
			fresh, fresh, fresh, old);
	if (code == EXIT_DONE)
		ui_json(&r->ui, json_pack("{s:s,s:I}", "folder", fresh,
					"number", (json_int_t)b.clinic.number));
	authority_free(h.old);
	authority_free(h.fresh);
	authority_free(h.next);
	pass_wipe(&pass);
	buf_wipe(&first);
	writer_wipe(&records);
	authority_book_close(&b);
	return code;
}
