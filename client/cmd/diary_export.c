/*
 * rowan diary export: what a victim has let out of the diary, as a folder
 * that a prosecutor can read and a machine without a network can check.
 *
 * Nothing goes out that she did not sign for, whoever of the diary posted it,
 * and none of that keeps the rest back; each receipt is led to one present
 * checkpoint; the list is signed by this device.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "cmd/bundle.h"
#include "cmd/families.h"
#include "cmd/remote.h"
#include "trust/clinic.h"
#include "ui/file.h"
#include "ui/hex.h"
#include "ui/mem.h"
#include "ui/words.h"
#include "wire/armour.h"

#define PATIENCE_S 60
#define BASE64	   sodium_base64_VARIANT_ORIGINAL
#define FILE_MAX   ((size_t)110 * 1024 * 1024)
#define SIGNED_MAX (16 * 1024)

struct exporting {
	struct run *r;
	const char *folder;
	struct anchor authority;
	struct bundle b;
	char *checkpoint;
	unsigned left_out; /* posted as let out, and not genuine */
	const char *why;   /* the first of these */
	unsigned lost;	   /* the log does not lead to them */
};

static const char newer[] =
	N_("a newer rowan has made it, perhaps: install the newest");

static int put(struct exporting *x, const char *path, struct bytes data)
{
	char *full = mem_print("%s/%s", x->folder, path);
	int code = file_write(&x->r->ui, full, data, 0);

	free(full);
	if (code == EXIT_DONE && strcmp(path, "bundle.txt") != 0 &&
		strcmp(path, "signature") != 0 &&
		bundle_file_add(&x->b, path, data) != 0)
		code = ui_fail(
			&x->r->ui, EXIT_MACHINE, NULL, _("no memory left"));
	return code;
}

static bool unbase64(const char *text, size_t max, struct buf *ret)
{
	size_t len = 0;

	if (buf_alloc(ret, strlen(text) + 1) != 0)
		return false;
	if (sodium_base642bin(ret->data, ret->len, text, strlen(text), NULL,
		    &len, NULL, BASE64) != 0 ||
		len > max) {
		buf_wipe(ret);
		return false;
	}
	ret->len = len;
	return true;
}

/* ---- one entry -------------------------------------------------------------
 */

struct renewal {
	char *receipt;
};

static bool keep_renewed(struct run *r, const json_t *e, void *ctx)
{
	struct renewal *n = ctx;

	free(n->receipt);
	n->receipt = mem_text(json_text(e, "proof"));
	return true;
}

/* The receipt under a present checkpoint, the same one for all. */
static int renew(struct exporting *x, struct bytes receipt, char **ret)
{
	struct renewal n = {NULL};
	json_t *answer = NULL;
	int code = remote_stream(x->r,
		json_pack("{s:s,s:s,s:s%,s:s*,s:b,s:i}", "op", "audit", "kind",
			"renew", "receipt", (const char *)receipt.data,
			receipt.len, "checkpoint", x->checkpoint, "proofs", 1,
			"wait", PATIENCE_S),
		keep_renewed, &n, &answer);

	if (code == EXIT_DONE &&
		(json_flag(answer, "pending") || n.receipt == NULL))
		code = ui_fail(&x->r->ui, EXIT_OFFLINE,
			_("rowan status tells whether there is a connection"),
			_("the daemon does not answer"));
	if (code == EXIT_DONE && x->checkpoint == NULL)
		x->checkpoint = mem_text(json_text(answer, "checkpoint"));
	json_decref(answer);
	*ret = code == EXIT_DONE ? n.receipt : NULL;
	if (code != EXIT_DONE)
		free(n.receipt);
	return code;
}

/* Its words are hers, or it does not go out. */
static int check(struct exporting *x, struct bundle_entry *e)
{
	e->fault = disclosure_check(e->x, buf_view(&e->data), &x->authority);
	if (e->fault != DISCLOSURE_GOOD)
		return ui_fail(&x->r->ui, EXIT_DIFFERENT,
			_("tell the victim and your coordinator: somebody "
			  "altered it"),
			_("what was let out is not genuine: %s"),
			_(disclosure_fault_name(e->fault)));
	e->leaf = e->x->evidence.proof.index;
	e->time = e->x->evidence.time;
	e->exact = e->x->evidence.exact;
	x->b.size = e->x->evidence.size;
	x->b.clinic = e->x->consent.clinic;
	return EXIT_DONE;
}

static int rewrite(
	struct exporting *x, struct bundle_entry *e, const char *receipt)
{
	struct disclosure d;
	struct writer w;
	int rc = disclosure_read(buf_view(&e->data), &d);
	struct buf made = {NULL, 0};

	d.receipt = bytes_of(receipt, strlen(receipt));
	writer_init(&w, DISCLOSURE_MAX);
	if (rc == 0)
		rc = disclosure_write(&d, &w);
	if (rc == 0)
		rc = writer_finish(&w, &made);
	writer_wipe(&w);
	if (rc != 0)
		return ui_fail(&x->r->ui, EXIT_INPUT, _(newer),
			_("what was let out cannot be read"));
	buf_wipe(&e->data);
	e->data = made;
	return EXIT_DONE;
}

/* The file itself, if it still can be had; else it is said to be missing. */
static int attachment(struct exporting *x, struct bundle_entry *e)
{
	char id[2 * ID16_LEN + 1], *full, *abs;
	json_t *answer = NULL, *error = NULL;
	struct buf data;
	int code;

	e->file = bundle_file_name(e->n, e->x->entry.name);
	full = mem_print("%s/%s", x->folder, e->file);
	abs = absolute_path(full);
	hex_write(e->x->said.id.b, ID16_LEN, id);
	code = remote_try(x->r,
		json_pack("{s:s,s:s,s:s,s:i}", "op", "fetch", "message", id,
			"path", abs, "wait", PATIENCE_S),
		&answer, &error);
	e->omitted = code != EXIT_DONE || json_flag(answer, "pending");
	json_decref(answer);
	json_decref(error);
	free(abs);
	code = EXIT_DONE;
	if (!e->omitted) {
		code = file_read(&x->r->ui, full, FILE_MAX, &data);
		if (code == EXIT_DONE &&
			bundle_file_add(&x->b, e->file, buf_view(&data)) != 0)
			code = EXIT_MACHINE;
		if (code == EXIT_DONE)
			buf_wipe(&data);
	}
	free(full);
	return code;
}

/* The very same was posted before: by another reader, say. */
static bool is_there(const struct exporting *x, const struct bundle_entry *e)
{
	const struct consent *c = &e->x->consent;

	for (const struct bundle_entry *at = x->b.entries; at < e; at++)
		if (id16_eq(&at->x->consent.batch, &c->batch) &&
			at->x->consent.number == c->number)
			return true;
	return false;
}

/* Hers, of this diary: another's is good there, and no business of this. */
static enum disclosure_fault judge(
	const struct exporting *x, struct bundle_entry *e)
{
	enum disclosure_fault fault =
		disclosure_check(e->x, buf_view(&e->data), &x->authority);

	if (fault == DISCLOSURE_GOOD &&
		!id16_eq(&e->x->consent.case_id, &x->b.case_id))
		fault = DISCLOSURE_OTHER;
	return fault;
}

static int take(struct exporting *x, const char *text)
{
	struct bundle_entry *e;
	bool good;

	if (bundle_entry_add(&x->b, &e) != 0 ||
		!unbase64(text, DISCLOSURE_MAX, &e->data))
		return ui_fail(&x->r->ui, EXIT_INPUT, _(newer),
			_("what was let out cannot be read"));
	e->x = mem_get(sizeof *e->x);
	e->fault = judge(x, e);
	good = e->fault == DISCLOSURE_GOOD;
	if (!good && x->left_out++ == 0)
		x->why = disclosure_fault_name(e->fault);
	if (good && !is_there(x, e))
		return EXIT_DONE;
	free(e->x);
	buf_wipe(&e->data);
	x->b.entry_count--;
	return EXIT_DONE;
}

static int one(struct exporting *x, struct bundle_entry *e)
{
	char path[64], *receipt = NULL;
	struct disclosure d;
	int code;

	if (disclosure_read(buf_view(&e->data), &d) != 0)
		return ui_fail(&x->r->ui, EXIT_INPUT, _(newer),
			_("what was let out cannot be read"));
	code = renew(x, d.receipt, &receipt);
	if (code == EXIT_DONE)
		code = rewrite(x, e, receipt);
	free(receipt);
	if (code == EXIT_DONE)
		code = check(x, e);
	(void)snprintf(path, sizeof path, "entries/%04u.disclosure", e->n);
	if (code == EXIT_DONE)
		code = put(x, path, buf_view(&e->data));
	if (code == EXIT_DONE && e->x->said.type == SAID_ATTACHMENT &&
		!bundle_again(&x->b, e))
		code = attachment(x, e);
	return code;
}

/*
 * The log does not lead to it: a restore has lost it, or it is kept back. The
 * others need not wait for it; whoever verifies is told what is missing.
 */
static int leave_out(struct exporting *x, size_t i)
{
	struct bundle_entry *e = &x->b.entries[i];

	free(e->x);
	buf_wipe(&e->data);
	x->b.entry_count--;
	memmove(e, e + 1, (x->b.entry_count - i) * sizeof *e);
	for (; i < x->b.entry_count; i++)
		x->b.entries[i].n = (unsigned)i + 1;
	x->lost++;
	return EXIT_DONE;
}

/* ---- all of them -----------------------------------------------------------
 */

static int collect(struct exporting *x)
{
	json_t *answer = NULL, *text;
	json_int_t after = 0;
	bool more = true;
	int code = EXIT_DONE;
	size_t i;

	while (code == EXIT_DONE && more) {
		code = remote_call(x->r,
			json_pack("{s:s,s:s,s:I}", "op", "disclosures", "case",
				x->r->argv[0], "after", after),
			&answer);
		if (code != EXIT_DONE)
			return code;
		more = json_flag(answer, "more");
		after = json_number(answer, "place");
		x->b.exported = (uint64_t)json_number(answer, "now");
		(void)hex_read(
			json_text(answer, "case"), x->b.case_id.b, ID16_LEN);
		json_array_foreach (
			json_object_get(answer, "disclosures"), i, text)
			if (code == EXIT_DONE)
				code = take(x, json_string_value(text));
		json_decref(answer);
	}
	if (code == EXIT_DONE && x->b.entry_count == 0 && x->left_out > 0)
		code = ui_fail(&x->r->ui, EXIT_DIFFERENT,
			_("tell the victim and your coordinator: somebody "
			  "altered it"),
			_("what was let out is not genuine: %s"), _(x->why));
	else if (code == EXIT_DONE && x->b.entry_count == 0)
		code = ui_fail(&x->r->ui, EXIT_NOT_FOUND,
			_("she says so in her app; nothing goes out before"),
			_("the victim has let out nothing of this diary"));
	/* All are here before the checkpoint is chosen: none is beyond it. */
	for (i = 0; code == EXIT_DONE && i < x->b.entry_count;) {
		code = one(x, &x->b.entries[i]);
		if (code == EXIT_TROUBLE && x->b.entry_count > 1)
			code = leave_out(x, i);
		else
			i++;
	}
	return code;
}

static int sign_list(struct exporting *x)
{
	uint8_t digest[32];
	char hex[65], sig[129], *text, *line;
	json_t *answer = NULL;
	struct buf made;
	struct writer w;
	int code;

	writer_init(&w, BUNDLE_LIST_MAX);
	if (bundle_write(&x->b, &w) != 0) {
		writer_wipe(&w);
		return ui_fail(
			&x->r->ui, EXIT_MACHINE, NULL, _("no memory left"));
	}
	(void)crypto_hash_sha256(digest, w.data, w.len);
	hex_write(digest, sizeof digest, hex);
	code = remote_call(x->r,
		json_pack("{s:s,s:s}", "op", "sign-bundle", "digest", hex),
		&answer);
	if (code == EXIT_DONE)
		code = put(x, "bundle.txt", writer_view(&w));
	writer_wipe(&w);
	if (code == EXIT_DONE &&
		unbase64(json_text(answer, "signature"), SIGNED_MAX, &made)) {
		hex_write(made.data, 64, sig);
		text = mem_get(2 * made.len + 64);
		(void)sodium_bin2base64(text, 2 * made.len + 64, made.data + 64,
			made.len - 64, BASE64);
		buf_wipe(&made);
		line = mem_print("signature %s\ncards %s\n", sig, text);
		code = put(x, "signature", bytes_of(line, strlen(line)));
		free(line);
		free(text);
	}
	json_decref(answer);
	return code;
}

static int write_all(struct exporting *x)
{
	int code = collect(x);
	char *page;

	if (code != EXIT_DONE)
		return code;
	page = bundle_page(&x->b);
	if (page == NULL)
		return ui_fail(
			&x->r->ui, EXIT_MACHINE, NULL, _("no memory left"));
	code = put(x, "index.html", bytes_of(page, strlen(page)));
	free(page);
	if (code == EXIT_DONE)
		code = put(x, "checkpoint",
			bytes_of(x->checkpoint, strlen(x->checkpoint)));
	return code == EXIT_DONE ? sign_list(x) : code;
}

static int folders(struct exporting *x)
{
	static const char *const names[] = {"", "/entries", "/files"};
	int code = EXIT_DONE;

	for (size_t i = 0; code == EXIT_DONE && i < 3; i++) {
		char *path = mem_print("%s%s", x->folder, names[i]);

		if (mkdir(path, 0700) != 0)
			code = ui_fail(&x->r->ui,
				errno == EEXIST ? EXIT_TAKEN : EXIT_MACHINE,
				_("choose a folder that is not there yet"),
				"%s: %s", path, strerror(errno));
		free(path);
	}
	return code;
}

/* Of what was let out together some is not here: still on its way, or its
 * device is gone. Whoever verifies the folder is told so, too. */
static unsigned count_missing(const struct bundle *b)
{
	unsigned missing = 0;

	for (size_t i = 0; i < b->entry_count; i++) {
		const struct consent *c = &b->entries[i].x->consent;
		unsigned here = 0;
		size_t first = b->entry_count;

		for (size_t k = 0; k < b->entry_count; k++) {
			if (!id16_eq(
				    &b->entries[k].x->consent.batch, &c->batch))
				continue;
			first = first == b->entry_count ? k : first;
			here++;
		}
		if (first == i && here < c->count)
			missing += c->count - here;
	}
	return missing;
}

/* What is in the folder, and what is not. */
static void tell(const struct exporting *x)
{
	unsigned omitted = 0, missing = count_missing(&x->b);
	struct run *r = x->r;

	for (size_t i = 0; i < x->b.entry_count; i++)
		omitted += x->b.entries[i].omitted;
	if (missing > 0)
		ui_say(&r->ui,
			ngettext("%u that was let out with these is "
				 "not here: rowan verify-bundle calls "
				 "it removed; export again when it "
				 "has come",
				"%u that were let out with these are "
				"not here: rowan verify-bundle calls "
				"them removed; export again when they "
				"have come",
				missing),
			missing);
	if (x->lost > 0)
		ui_say(&r->ui,
			ngettext("%u is left out, to which the log does not "
				 "lead: a restore has lost it, or the daemon "
				 "keeps it back",
				"%u are left out, to which the log does not "
				"lead: a restore has lost them, or the daemon "
				"keeps them back",
				x->lost),
			x->lost);
	if (x->left_out > 0)
		ui_say(&r->ui,
			ngettext("%u that was posted as let out is not "
				 "genuine and is left out: %s",
				"%u that were posted as let out are "
				"not genuine and are left out; the "
				"first: %s",
				x->left_out),
			x->left_out, _(x->why));
	ui_say(&r->ui,
		ngettext("%zu entry is in %s; rowan verify-bundle "
			 "checks it",
			"%zu entries are in %s; rowan verify-bundle "
			"checks them",
			bundle_count(&x->b)),
		bundle_count(&x->b), x->folder);
	if (omitted > 0)
		ui_say(&r->ui,
			ngettext("%u attachment could not be had and "
				 "is declared as omitted",
				"%u attachments could not be had and "
				"are declared as omitted",
				omitted),
			omitted);
	ui_json(&r->ui,
		json_pack("{s:s,s:I,s:I,s:I,s:I,s:I}", "path", x->folder,
			"entries", (json_int_t)bundle_count(&x->b), "omitted",
			(json_int_t)omitted, "left_out",
			(json_int_t)x->left_out + x->lost, "missing",
			(json_int_t)missing, "size", (json_int_t)x->b.size));
}

int diary_export_run(struct run *r)
{
	struct exporting x = {.r = r, .folder = r->argv[1]};
	const char *authority = run_option(r, "authority");
	int code;

	if (authority == NULL)
		return run_usage(r, _("whose authority? give --authority"));
	code = authority_read(r, authority, &x.authority);
	if (code == EXIT_DONE)
		code = folders(&x);
	if (code == EXIT_DONE && (code = write_all(&x)) != EXIT_DONE)
		file_unmake(x.folder);
	if (code == EXIT_DONE)
		tell(&x);
	free(x.checkpoint);
	bundle_free(&x.b);
	return code;
}
