/*
 * rowan verify-bundle: an exported diary, checked on a machine without a
 * network with the authority's key alone. Names what was done to it.
 *
 *	signature -> the list -> every file -> every entry -> what is missing
 *
 * Trusts the authority's key that the person hands in, and no byte of the
 * folder; follows no link out of it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "cmd/bundle.h"
#include "cmd/families.h"
#include "tlog/policy.h"
#include "tlog/text.h"
#include "trust/attest.h"
#include "ui/file.h"
#include "ui/hex.h"
#include "ui/mem.h"
#include "ui/words.h"

#define FILE_MAX   ((size_t)110 * 1024 * 1024)
#define SIGNED_MAX (32 * 1024)
#define BASE64	   sodium_base64_VARIANT_ORIGINAL

struct checking {
	struct run *r;
	const char *folder;
	struct anchor authority; /* and who followed, as entries show */
	struct policy *policy;
	bool succeeded;
	uint64_t signed_at; /* the checkpoint; 0: it does not say */
	struct bundle b;
	json_t *faults;
	size_t fault_count;
	char who[2 * ID16_LEN + 1];
};

/* One kind of tampering, about one thing. */
static void fault(struct checking *x, const char *kind, const char *what,
	const char *words)
{
	char *safe = ui_safe(&x->r->ui, what);
	json_t *name = json_string(what);

	/* A file's name need not be UTF-8: then as people are shown it. */
	if (name == NULL)
		name = json_string(safe);
	x->fault_count++;
	ui_say(&x->r->ui, "%s: %s: %s", kind, safe, words);
	(void)json_array_append_new(
		x->faults, json_pack("{s:s,s:o,s:s}", "kind", kind, "what",
				   name, "words", words));
	free(safe);
}

/* A plain file of the folder; NULL data where it is none. */
static bool load(
	struct checking *x, const char *path, size_t max, struct buf *ret)
{
	char *full = mem_print("%s/%s", x->folder, path);
	struct stat st;
	struct ui quiet = x->r->ui;
	bool ok;

	quiet.json = false;
	*ret = (struct buf){NULL, 0};
	ok = lstat(full, &st) == 0 && S_ISREG(st.st_mode) &&
	     (uint64_t)st.st_size <= max &&
	     file_read(&quiet, full, max, ret) == EXIT_DONE;
	free(full);
	return ok;
}

/* ---- the signature ---------------------------------------------------------
 */

static bool parse_signature(
	struct bytes text, struct wire_sig *ret, struct buf *ret_cards)
{
	struct bytes line;
	size_t len = 0;

	if (text_line(&text, &line) != 0 ||
		text_skip(&line, "signature ") != 0 ||
		sodium_hex2bin(ret->b, sizeof ret->b, (const char *)line.data,
			line.len, NULL, &len, NULL) != 0 ||
		len != sizeof ret->b || line.len != 2 * len ||
		text_line(&text, &line) != 0 ||
		text_skip(&line, "cards ") != 0 || text.len != 0 ||
		buf_alloc(ret_cards, line.len + 1) != 0)
		return false;
	if (sodium_base642bin(ret_cards->data, ret_cards->len,
		    (const char *)line.data, line.len, NULL, &len, NULL,
		    BASE64) != 0) {
		buf_wipe(ret_cards);
		return false;
	}
	ret_cards->len = len;
	return true;
}

/*
 * Only one spelling: of hexadecimal digits, which stand in the first line, and
 * of base64, where libsodium 1.0.18 takes some bytes past ASCII (0xaf for '/').
 */
static bool is_plain(struct bytes text)
{
	bool first = true;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t b = text.data[i];

		if (b >= 0x80 || (first && b >= 'A' && b <= 'F'))
			return false;
		first = first && b != '\n';
	}
	return true;
}

static void check_signature(struct checking *x, struct bytes list)
{
	struct buf text, cards = {NULL, 0};
	struct wire_chain chain;
	struct wire_sig sig;
	uint8_t digest[32];

	(void)crypto_hash_sha256(digest, list.data, list.len);
	if (!load(x, "signature", SIGNED_MAX, &text)) {
		fault(x, "removed file", "signature",
			_("the list is not signed"));
		return;
	}
	if (!parse_signature(buf_view(&text), &sig, &cards) ||
		!is_plain(buf_view(&text)))
		fault(x, "altered file", "signature", _("it cannot be read"));
	else if (disclosure_cards(buf_view(&cards), &x->authority, &chain) != 0)
		fault(x, "foreign signature", "signature",
			_("not by a device under this authority"));
	else if (attest_verify(ATTEST_BUNDLE, bytes_of(digest, sizeof digest),
			 &chain.card[0].signature_key, &sig) != 0)
		fault(x, "altered file", "bundle.txt",
			_("the list is not what was signed"));
	else if (!disclosure_exporter(&chain.card[0], &x->b.clinic,
			 &x->b.case_id, x->signed_at))
		fault(x, "foreign signature", "signature",
			_("by a device that cannot have exported it"));
	else
		hex_write(chain.card[0].device.b, ID16_LEN, x->who);
	buf_wipe(&text);
	buf_wipe(&cards);
}

/* ---- files -----------------------------------------------------------------
 */

static struct bundle_file *listed(struct checking *x, const char *path)
{
	for (size_t i = 0; i < x->b.file_count; i++)
		if (strcmp(x->b.files[i].path, path) == 0)
			return &x->b.files[i];
	return NULL;
}

/* What stands there for a reason. */
static void expect(struct checking *x, const char *path)
{
	struct bundle_file *f = listed(x, path);

	if (f != NULL)
		f->seen = true;
}

static void check_file(struct checking *x, struct bundle_file *f)
{
	uint8_t hash[32];
	struct buf data;

	if (!load(x, f->path, FILE_MAX, &data)) {
		fault(x, "removed file", f->path, _("the list names it"));
		return;
	}
	(void)crypto_hash_sha256(hash, data.data, data.len);
	if (data.len != f->size || memcmp(hash, f->hash, sizeof hash) != 0)
		fault(x, "altered file", f->path,
			_("other bytes than when it was exported"));
	buf_wipe(&data);
}

/* Every export has these, whatever whoever signed the list says. */
static void check_required(struct checking *x)
{
	static const char *const required[] = {"index.html", "checkpoint"};

	for (size_t i = 0; i < sizeof required / sizeof *required; i++)
		if (listed(x, required[i]) == NULL)
			fault(x, "removed file", required[i],
				_("the list does not name it"));
}

static bool is_no_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

/* Whatever lies there and is not in the list; a link is no folder of it. */
static void check_folder(struct checking *x, const char *sub)
{
	char *path = mem_print("%s/%s", x->folder, sub);
	bool other = *sub != '\0' && is_no_folder(path);
	DIR *d = other ? NULL : opendir(path);
	const struct dirent *e;

	if (other)
		fault(x, "foreign file", sub, _("it is no folder"));
	while (d != NULL && (e = readdir(d)) != NULL) {
		char *name = mem_print(
			"%s%s%s", sub, *sub != '\0' ? "/" : "", e->d_name);

		if (strcmp(e->d_name, ".") != 0 &&
			strcmp(e->d_name, "..") != 0 &&
			strcmp(name, "bundle.txt") != 0 &&
			strcmp(name, "signature") != 0 &&
			strcmp(name, "entries") != 0 &&
			strcmp(name, "files") != 0 && listed(x, name) == NULL)
			fault(x, "foreign file", name,
				_("the list does not know it"));
		free(name);
	}
	if (d != NULL)
		(void)closedir(d);
	free(path);
}

/* ---- entries ---------------------------------------------------------------
 */

static void check_attachment(struct checking *x, const struct bundle_entry *e)
{
	const struct said_entry *s = &e->x->entry;
	char *path;
	struct wire_hash hash;
	struct buf data;

	/* Let out before: its file is there. */
	if (bundle_again(&x->b, e) && !e->omitted)
		return;
	if ((e->x->said.type != SAID_ATTACHMENT || bundle_again(&x->b, e)) &&
		e->omitted)
		fault(x, "altered entry", "bundle.txt",
			_("an attachment is omitted that there never was"));
	if (e->x->said.type != SAID_ATTACHMENT || e->omitted)
		return;
	path = bundle_file_name(e->n, s->name);
	expect(x, path);
	if (!load(x, path, FILE_MAX, &data)) {
		fault(x, "removed file", path,
			_("and not declared as omitted"));
	} else {
		(void)crypto_generichash(
			hash.b, sizeof hash.b, data.data, data.len, NULL, 0);
		if (data.len != s->size ||
			memcmp(&hash, &s->digest, sizeof hash) != 0)
			fault(x, "altered file", path,
				_("not the file that was handed in"));
		buf_wipe(&data);
	}
	free(path);
}

static const char *kind_of_receipt(enum evidence_fault fault)
{
	switch (fault) {
	case EVIDENCE_TIME:
	case EVIDENCE_BACKDATED: return "backdated entry";
	case EVIDENCE_CARD:
	case EVIDENCE_EARLIER:
	case EVIDENCE_CHECKPOINT: return "foreign signature";
	case EVIDENCE_LEAF: return "truncated log";
	default: return "altered entry";
	}
}

static const char *kind_of(const struct bundle_entry *e)
{
	switch (e->fault) {
	case DISCLOSURE_CARD:
	case DISCLOSURE_SIGNATURE: return "foreign signature";
	case DISCLOSURE_RECEIPT: return kind_of_receipt(e->x->evidence_fault);
	default: return "altered entry";
	}
}

static void check_entry(struct checking *x, struct bundle_entry *e)
{
	const struct evidence *v;
	char path[64];

	(void)snprintf(path, sizeof path, "entries/%04u.disclosure", e->n);
	expect(x, path);
	if (!load(x, path, DISCLOSURE_MAX, &e->data)) {
		fault(x, "removed entry", path, _("the list names it"));
		return;
	}
	e->x = mem_get(sizeof *e->x);
	e->fault = disclosure_check(e->x, buf_view(&e->data), &x->authority);
	if (e->fault != DISCLOSURE_GOOD) {
		fault(x, kind_of(e), path,
			e->fault == DISCLOSURE_RECEIPT
				? _(evidence_fault_name(e->x->evidence_fault))
				: _(disclosure_fault_name(e->fault)));
		return;
	}
	v = &e->x->evidence;
	if (v->anchor.count > x->authority.count)
		x->authority = v->anchor;
	x->succeeded = x->succeeded || v->succeeded;
	if (x->policy != NULL && !policy_holds(x->policy, v))
		fault(x, "uncosigned log", path,
			_("not the log or not the cosignatures that the policy "
			  "asks for"));
	if (v->time != e->time || v->exact != e->exact)
		fault(x, "backdated entry", path,
			_("the log has received it at another time"));
	if (v->proof.index != e->leaf ||
		!id16_eq(&e->x->consent.case_id, &x->b.case_id) ||
		!id16_eq(&e->x->consent.clinic, &x->b.clinic))
		fault(x, "altered entry", path, _("the list says otherwise"));
	check_attachment(x, e);
}

/* Every number of a batch once. */
static bool twice(const struct checking *x, size_t first, size_t i)
{
	const struct consent *c = &x->b.entries[i].x->consent;

	for (size_t k = first; k < i; k++) {
		const struct disclosed *other = x->b.entries[k].x;

		if (other != NULL &&
			id16_eq(&other->consent.batch, &c->batch) &&
			other->consent.number == c->number)
			return true;
	}
	return false;
}

/* Of what was let out together all is here. */
static void check_batch(struct checking *x, size_t first)
{
	const struct consent *c = &x->b.entries[first].x->consent;
	uint32_t here = 0;

	for (size_t i = 0; i < x->b.entry_count; i++) {
		const struct bundle_entry *e = &x->b.entries[i];

		if (e->x == NULL || e->fault != DISCLOSURE_GOOD ||
			!id16_eq(&e->x->consent.batch, &c->batch))
			continue;
		if (i < first)
			return;
		if (twice(x, first, i))
			fault(x, "altered entry", "bundle.txt",
				_("an entry stands there twice"));
		here++;
	}
	if (here < c->count) {
		char *words = mem_print(
			ngettext("%u of %u that were let out together is "
				 "missing",
				"%u of %u that were let out together are "
				"missing",
				c->count - here),
			c->count - here, c->count);

		fault(x, "removed entry", "entries", words);
		free(words);
	}
}

/* A listed file that no entry is about is its exporter's word alone. */
static void check_reasons(struct checking *x)
{
	expect(x, "index.html");
	expect(x, "checkpoint");
	for (size_t i = 0; i < x->b.file_count; i++)
		if (!x->b.files[i].seen)
			fault(x, "foreign file", x->b.files[i].path,
				_("listed, but no entry is about it"));
}

/* What follows from the entries alone, once all of them are good. */
static void check_rest(struct checking *x)
{
	char *page;
	struct buf data;

	for (size_t i = 0; i < x->b.entry_count; i++)
		if (x->b.entries[i].fault != DISCLOSURE_GOOD ||
			x->b.entries[i].x == NULL)
			return;
	check_reasons(x);
	page = bundle_page(&x->b);
	if (page != NULL && load(x, "index.html", FILE_MAX, &data)) {
		if (!bytes_eq(buf_view(&data), bytes_of(page, strlen(page))))
			fault(x, "altered file", "index.html",
				_("it does not say what the entries say"));
		buf_wipe(&data);
	}
	free(page);
}

static bool is_good(const struct bundle_entry *e)
{
	return e->x != NULL && e->fault == DISCLOSURE_GOOD;
}

/* Under two checkpoints, of which nothing shows that they go together. */
static bool forked(const struct bundle_entry *a, const struct bundle_entry *b)
{
	return a->x->evidence.size != b->x->evidence.size ||
	       !merkle_eq(&a->x->evidence.root, &b->x->evidence.root);
}

/* The last second of it: what it was received in may be told by the hour. */
static uint64_t latest(const struct bundle_entry *e)
{
	return e->exact ? e->x->evidence.time : e->x->evidence.time + 3599;
}

/* What stands behind another in the log was not received before it. */
static void check_order(struct checking *x, const struct bundle_entry *e)
{
	char path[64];

	for (size_t i = 0; i < x->b.entry_count; i++) {
		const struct bundle_entry *before = &x->b.entries[i];

		if (!is_good(before) || before->leaf >= e->leaf ||
			before->x->evidence.time <= latest(e))
			continue;
		(void)snprintf(
			path, sizeof path, "entries/%04u.disclosure", e->n);
		fault(x, "backdated entry", path,
			_("it says an earlier time than an entry before it in "
			  "the log"));
		return;
	}
}

/* Whether the folder's checkpoint says the same as that of ${e}. */
static bool same_checkpoint(struct checking *x, const struct bundle_entry *e)
{
	struct buf data;
	struct note theirs, own;
	bool same = load(x, "checkpoint", NOTE_MAX, &data) &&
		    note_parse(&own, buf_view(&data)) == 0 &&
		    evidence_note(&e->x->evidence, &theirs) == 0 &&
		    bytes_eq(own.text, theirs.text);

	buf_wipe(&data);
	return same;
}

/*
 * The log is as long as the list says, and no entry stands beyond it. All of
 * them stand under one checkpoint: two are two stories.
 */
static void check_log(struct checking *x)
{
	const struct bundle_entry *last = NULL;

	for (size_t i = 0; i < x->b.entry_count; i++) {
		const struct bundle_entry *e = &x->b.entries[i];

		if (!is_good(e))
			continue;
		check_order(x, e);
		if (last != NULL && forked(e, last))
			fault(x, "forked log", "checkpoint",
				e->x->evidence.size == last->x->evidence.size
					? _("the log's key has signed two "
					    "trees of one size")
					: _("entries stand under two "
					    "checkpoints, and nothing shows "
					    "that these go together"));
		if (last == NULL ||
			e->x->evidence.size > last->x->evidence.size)
			last = e;
	}
	if (last != NULL)
		x->signed_at = last->x->evidence.signed_at;
	if ((last != NULL ? last->x->evidence.size : 0) != x->b.size)
		fault(x, "truncated log", "checkpoint",
			_("the log is not as long as when it was exported"));
	else if (last != NULL && !same_checkpoint(x, last))
		fault(x, "truncated log", "checkpoint",
			_("not the one that the entries lead to"));
}

static void check_all(struct checking *x, struct bytes list)
{
	if (bundle_read(&x->b, list) != 0) {
		fault(x, "altered file", "bundle.txt", _("it cannot be read"));
		check_signature(x, list);
		return;
	}
	for (size_t i = 0; i < x->b.file_count; i++)
		check_file(x, &x->b.files[i]);
	check_required(x);
	check_folder(x, "");
	check_folder(x, "entries");
	check_folder(x, "files");
	for (size_t i = 0; i < x->b.entry_count; i++)
		check_entry(x, &x->b.entries[i]);
	for (size_t i = 0; i < x->b.entry_count; i++)
		if (x->b.entries[i].x != NULL &&
			x->b.entries[i].fault == DISCLOSURE_GOOD)
			check_batch(x, i);
	if (x->b.entry_count == 0)
		fault(x, "removed entry", "bundle.txt", _("there is none"));
	check_log(x);
	check_rest(x);
	/* By whoever followed the authority, too: the entries show it. */
	check_signature(x, list);
}

/* What is not here, and says so. */
static void say_omissions(struct checking *x)
{
	size_t again = x->b.entry_count - bundle_count(&x->b);
	const struct id16 *last = NULL;

	if (again > 0)
		ui_say(&x->r->ui,
			_("let out more than once, and shown once: %zu"),
			again);
	for (size_t i = 0; i < x->b.entry_count; i++) {
		const struct bundle_entry *e = &x->b.entries[i];
		const struct consent *c = &e->x->consent;

		if (e->omitted)
			ui_say(&x->r->ui,
				_("omitted: the attachment of entry %u"), e->n);
		if (last != NULL && id16_eq(last, &c->batch))
			continue;
		last = &c->batch;
		if (c->withheld > 0)
			ui_say(&x->r->ui,
				ngettext("omitted: %u entry the victim keeps "
					 "back",
					"omitted: %u entries the victim keeps "
					"back",
					c->withheld),
				c->withheld);
	}
}

static int verify(struct checking *x)
{
	size_t faults;
	struct buf list;
	json_int_t withheld = 0, omitted = 0;

	if (!load(x, "bundle.txt", BUNDLE_LIST_MAX, &list))
		return ui_fail(&x->r->ui, EXIT_NOT_FOUND,
			_("give the folder that rowan diary export made"),
			_("%s holds no exported diary"), x->folder);
	check_all(x, buf_view(&list));
	buf_wipe(&list);
	faults = x->fault_count;
	if (faults == 0)
		say_omissions(x);
	for (size_t i = 0; faults == 0 && i < x->b.entry_count; i++) {
		json_int_t w = x->b.entries[i].x->consent.withheld;

		omitted += x->b.entries[i].omitted;
		withheld = w > withheld ? w : withheld;
	}
	ui_json(&x->r->ui,
		json_pack("{s:b,s:I,s:I,s:I,s:I,s:s,s:b,s:O}", "genuine",
			(int)(faults == 0), "entries",
			(json_int_t)bundle_count(&x->b), "omitted", omitted,
			"withheld", withheld, "size", (json_int_t)x->b.size,
			"by", x->who, "succeeded", (int)x->succeeded, "faults",
			x->faults));
	if (faults > 0)
		return ui_fail(&x->r->ui, EXIT_DIFFERENT,
			_("leave it as it is, and ask who exported it for "
			  "another"),
			ngettext("not genuine: %zu fault",
				"not genuine: %zu faults", faults),
			faults);
	ui_say(&x->r->ui,
		ngettext("genuine: %zu entry, as it was handed in; exported by "
			 "device %s; whether a card was revoked is not in it",
			"genuine: %zu entries, as they were handed in; "
			"exported "
			"by device %s; whether a card was revoked is not in it",
			bundle_count(&x->b)),
		bundle_count(&x->b), x->who);
	if (x->succeeded)
		ui_say(&x->r->ui,
			_("the authority has been followed by another since"));
	return EXIT_DONE;
}

static int verify_bundle_run(struct run *r)
{
	struct checking x = {.r = r, .folder = r->argv[0]};
	const char *authority = run_option(r, "authority");
	int code;

	if (authority == NULL)
		return run_usage(r, _("whose authority? give --authority"));
	code = authority_read(r, authority, &x.authority);
	if (code == EXIT_DONE && run_option(r, "policy") != NULL)
		code = policy_read(r, run_option(r, "policy"), &x.policy);
	if (code != EXIT_DONE)
		return code;
	x.faults = json_array();
	code = verify(&x);
	json_decref(x.faults);
	free(x.policy);
	bundle_free(&x.b);
	return code;
}

static const struct command_option options[] = {
	{"authority", 'a', "FILE",
		N_("the authority's records, or its key in hexadecimal"),
		COMMAND_FILE},
	{"policy", 'p', "FILE", N_("whose cosignatures the log must have"),
		COMMAND_FILE},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

const struct command bundle_commands[] = {
	{"verify-bundle", "FOLDER", 1, 1, COMMAND_FOLDER,
		N_("check an exported diary with the authority's key alone"),
		N_("Needs no network, no vault and no daemon. Names what was "
		   "done: altered file, removed file, foreign file, altered "
		   "entry, removed entry, backdated entry, foreign signature, "
		   "truncated log, forked log, uncosigned log. Says what is "
		   "left out. Exit code 14 unless everything is genuine."),
		0, options, verify_bundle_run},
	{NULL, NULL, 0, 0, COMMAND_TEXT, NULL, NULL, 0, NULL, NULL}};
