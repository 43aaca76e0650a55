/*
 * The authority's folder: see authority.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/authority.h"
#include "trust/chain.h"
#include "trust/rules.h"
#include "ui/file.h"
#include "ui/hex.h"
#include "ui/mem.h"
#include "ui/pass.h"
#include "ui/words.h"
#include "wire/armour.h"

#define STATEMENTS_MAX 100000

char *authority_book_path(const char *dir, const char *name)
{
	return mem_print("%s/%s", dir, name);
}

/* ---- what the rules look up ---------------------------------------------- */

static int get_card(void *ctx, const struct id16 *device, uint64_t number,
	struct trust_card *ret)
{
	const struct authority_book *b = ctx;

	/* In the order of the chain: the last one that fits. */
	for (size_t i = b->card_count; i-- > 0;)
		if (id16_eq(&b->cards[i].card.device, device) &&
			b->cards[i].logged <= number) {
			*ret = b->cards[i];
			return 0;
		}
	return ROWAN_E_NOT_FOUND;
}

static int get_device(
	void *ctx, const struct id16 *member, size_t i, struct id16 *ret)
{
	const struct authority_book *b = ctx;

	for (size_t k = 0; k < b->card_count; k++) {
		const struct trust_card *c = &b->cards[k];
		struct trust_card before;

		/* Renewals are no further devices. */
		if (!id16_eq(&c->card.member, member) ||
			get_card(ctx, &c->card.device, c->logged - 1,
				&before) == 0 ||
			i-- > 0)
			continue;
		*ret = c->card.device;
		return 0;
	}
	return ROWAN_E_NOT_FOUND;
}

static int get_key(void *ctx, const struct wire_key *key)
{
	const struct authority_book *b = ctx;

	for (size_t i = 0; i < b->card_count; i++) {
		const struct wire_card *c = &b->cards[i].card;

		if (memcmp(&c->signature_key, key, sizeof *key) == 0 ||
			memcmp(&c->transport_key, key, sizeof *key) == 0)
			return 0;
	}
	return ROWAN_E_NOT_FOUND;
}

static int get_head(void *ctx, uint64_t number, struct wire_hash *ret)
{
	return ROWAN_E_NOT_FOUND; /* only case chains ask */
}

static int get_case(
	void *ctx, const struct id16 *case_id, const struct case_state **ret)
{
	return ROWAN_E_NOT_FOUND; /* an offline authority knows no cases */
}

int authority_book_check(
	struct authority_book *b, struct bytes raw, uint64_t now)
{
	const struct trust_source source = {.card = get_card,
		.device_of = get_device,
		.key = get_key,
		.head = get_head,
		.case_of = get_case,
		.ctx = b};
	const struct rules_context ctx = {.clinic = &b->clinic,
		.source = &source,
		.accept = now != 0,
		.now = now};
	struct wire_statement s;
	int rc = wire_statement_decode(raw, &s);

	return rc == 0 ? rules_check(&ctx, &s) : rc;
}

/* ---- taking in ------------------------------------------------------------
 */

static void take_card(struct authority_book *b, const struct wire_statement *s)
{
	struct trust_card *c;

	b->cards = mem_more(b->cards, (b->card_count + 1) * sizeof *b->cards);
	c = &b->cards[b->card_count];
	*c = (struct trust_card){.logged = s->number, .logged_at = s->time};
	if (wire_card_decode(s->u.card, &c->card) != 0)
		return; /* the rules have decoded it */
	attest_hash(s->u.card, &c->hash);
	b->card_count++;
}

static void take_revocation(
	struct authority_book *b, const struct wire_statement *s)
{
	for (size_t i = 0; i < b->card_count; i++)
		if (id16_eq(&b->cards[i].card.device, &s->u.revoke.device)) {
			b->cards[i].revoked = s->number;
			b->cards[i].revoked_at = s->time;
		}
}

static void append(struct authority_book *b, struct authority_item *item)
{
	b->statements = mem_more(b->statements,
		(b->statement_count + 1) * sizeof *b->statements);
	b->statements[b->statement_count++] = *item;
	item->raw = (struct buf){NULL, 0};
}

/* A checked item; takes over ${item}->raw. */
static int take(struct authority_book *b, struct authority_item *item)
{
	struct wire_statement s;
	int rc = 0;

	if (item->raw.len == 0) {
		if (item->number != b->clinic.number + 1 ||
			item->time < b->clinic.time)
			return ROWAN_E_CHAIN;
		clinic_follow(&b->clinic, &item->link, item->time);
		append(b, item);
		return 0;
	}
	rc = wire_statement_decode(buf_view(&item->raw), &s);
	if (rc == 0)
		rc = rules_apply_clinic(&b->clinic, &s);
	if (rc != 0)
		return rc;
	if (s.kind == WIRE_ST_CARD)
		take_card(b, &s);
	else if (s.kind == WIRE_ST_REVOKE)
		take_revocation(b, &s);
	append(b, item);
	return 0;
}

static int damaged(const struct authority_book *b, const char *name, int rc)
{
	return ui_fail(b->ui, EXIT_DAMAGED,
		_("take a copy of the folder that was kept elsewhere"),
		_("%s/%s is not what was written: %s"), b->dir, name,
		rowan_strerror(rc));
}

static int read_part(
	const struct authority_book *b, const char *name, struct buf *ret)
{
	char *path = authority_book_path(b->dir, name);
	int code = file_read(b->ui, path, AUTHORITY_FILE_MAX, ret);

	free(path);
	return code;
}

static int read_records(struct authority_book *b)
{
	struct bytes text = buf_view(&b->records);
	uint8_t kind;
	int rc = 0;

	while (b->record_count < BUNDLE_RECORDS_MAX) {
		struct buf *next = &b->record[b->record_count];

		rc = armour_next(&text, &kind, next);
		if (rc != 0)
			break;
		b->record_count++;
		if (kind != ARMOUR_AUTHORITY_RECORD)
			return ROWAN_E_MALFORMED;
	}
	if (rc != ROWAN_E_NOT_FOUND && rc != 0)
		return rc;
	return b->record_count > 0
		       ? clinic_init(&b->clinic, buf_view(&b->record[0]))
		       : ROWAN_E_NOT_FOUND;
}

static int read_statements(struct authority_book *b, struct bytes text)
{
	struct authority_item item;
	int rc;

	while ((rc = authority_item_next(&text, &item)) == 0) {
		if (item.raw.len > 0)
			rc = authority_book_check(b, buf_view(&item.raw), 0);
		if (rc == 0)
			rc = take(b, &item);
		buf_wipe(&item.raw);
		if (rc != 0)
			return rc;
	}
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

int authority_book_take(
	struct authority_book *b, const struct authority_item *item)
{
	struct authority_item copy;
	int rc = item->raw.len == 0
			 ? 0
			 : authority_book_check(b, buf_view(&item->raw), 0);

	if (rc == 0)
		rc = authority_item_copy(&copy, item);
	if (rc != 0)
		return rc;
	rc = take(b, &copy);
	buf_wipe(&copy.raw);
	return rc;
}

/* Cards borrow from statements: all is built anew from the first on. */
int authority_book_cut(struct authority_book *b, size_t count)
{
	struct authority_item *old = b->statements;
	size_t had = b->statement_count;
	int rc;

	free(b->cards);
	b->cards = NULL;
	b->statements = NULL;
	b->card_count = b->statement_count = 0;
	rc = clinic_init(&b->clinic, buf_view(&b->record[0]));
	for (size_t i = 0; i < had; i++) {
		if (rc == 0 && i < count)
			rc = take(b, &old[i]);
		buf_wipe(&old[i].raw);
	}
	free(old);
	return rc;
}

/* The record that signs now is the last one of the file. */
static int check_present(const struct authority_book *b)
{
	struct wire_hash hash;

	attest_hash(buf_view(&b->record[b->record_count - 1]), &hash);
	return memcmp(&hash, &b->clinic.record, sizeof hash) == 0
		       ? 0
		       : ROWAN_E_CHAIN;
}

int authority_book_open(
	const struct ui *ui, const char *dir, struct authority_book *ret)
{
	struct buf text = {NULL, 0};
	char *path;
	int code, rc;

	*ret = (struct authority_book){.ui = ui, .dir = dir};
	path = authority_book_path(dir, "records.txt");
	code = access(path, F_OK) == 0
		       ? read_part(ret, "records.txt", &ret->records)
		       : ui_fail(ui, EXIT_NOT_FOUND,
				 _("rowan authority create makes one"),
				 _("%s is no authority's folder: %s"), dir,
				 strerror(errno));
	free(path);
	if (code == EXIT_DONE && (rc = read_records(ret)) != 0)
		code = damaged(ret, "records.txt", rc);
	if (code == EXIT_DONE)
		code = read_part(ret, "statements.txt", &text);
	if (code == EXIT_DONE && (rc = read_statements(ret, buf_view(&text))))
		code = damaged(ret, "statements.txt", rc);
	if (code == EXIT_DONE && (rc = check_present(ret)) != 0)
		code = ui_fail(ui, EXIT_OTHER,
			_("use the folder that rowan authority succeed made; "
			  "this one signs in vain"),
			_("another key has taken over since from that of %s"),
			dir);
	buf_wipe(&text);
	path = authority_book_path(dir, "daemon.txt");
	if (code == EXIT_DONE && access(path, F_OK) == 0)
		code = read_part(ret, "daemon.txt", &ret->daemon);
	free(path);
	if (code != EXIT_DONE)
		authority_book_close(ret);
	return code;
}

void authority_book_close(struct authority_book *b)
{
	for (size_t i = 0; i < b->record_count; i++)
		buf_wipe(&b->record[i]);
	for (size_t i = 0; i < b->statement_count; i++)
		buf_wipe(&b->statements[i].raw);
	free(b->statements);
	free(b->cards);
	buf_wipe(&b->records);
	buf_wipe(&b->daemon);
	*b = (struct authority_book){.ui = b->ui};
}

/* ---- adding ---------------------------------------------------------------
 */

static int write_item(const struct authority_item *item, struct writer *w)
{
	char subject[65], content[65], *line;

	if (item->raw.len > 0)
		return armour_write(ARMOUR_STATEMENT, buf_view(&item->raw), w);
	hex_write(item->link.subject.b, WIRE_HASH_LEN, subject);
	hex_write(item->link.content.b, WIRE_HASH_LEN, content);
	line = mem_print("withheld %llu %llu %s %s\n",
		(unsigned long long)item->number,
		(unsigned long long)item->time, subject, content);
	writer_raw(w, line, strlen(line));
	free(line);
	return writer_status(w);
}

/* The whole file anew: it is there complete, old or new. */
int authority_book_write(const struct authority_book *b)
{
	char *path = authority_book_path(b->dir, "statements.txt");
	struct writer w;
	int code;

	writer_init(&w, AUTHORITY_FILE_MAX);
	for (size_t i = 0; i < b->statement_count; i++)
		if (write_item(&b->statements[i], &w) != 0)
			break;
	code = writer_status(&w) != 0
		       ? ui_fail(b->ui, EXIT_INPUT,
				 _("tell those who look after rowan: this "
				   "clinic has too many statements for one "
				   "file"),
				 _("%s is full"), path)
		       : file_write(b->ui, path, writer_view(&w), FILE_REPLACE);
	writer_wipe(&w);
	free(path);
	return code;
}

int authority_book_add(struct authority_book *b, struct bytes raw)
{
	struct authority_item item = {.raw = {NULL, 0}};
	struct wire_statement s;
	int rc = wire_statement_decode(raw, &s), code = EXIT_DONE;

	if (rc == 0)
		rc = authority_book_check(b, raw, s.time);
	if (rc != 0)
		return ui_fail(b->ui, exit_of(rc),
			_("catch up first: rowanctl cards export there, rowan "
			  "authority follow here"),
			_("the clinic's rules do not allow it: %s"),
			rowan_strerror(rc));
	if (buf_copy(&item.raw, raw) != 0 || take(b, &item) != 0)
		code = ui_fail(b->ui, EXIT_MACHINE, NULL, _("out of memory"));
	buf_wipe(&item.raw);
	return code == EXIT_DONE ? authority_book_write(b) : code;
}

int authority_book_card(struct authority_book *b,
	const struct authority_key *key, struct wire_card *card,
	struct writer *block)
{
	struct wire_statement st;
	struct writer raw, w;
	int rc, code;

	/* Its dates are this machine's. */
	if (b->clinic.time > card->issued_at + RULES_CLOCK_SKEW)
		return ui_fail(b->ui, EXIT_OTHER,
			_("the clock of this machine is behind; or it was "
			  "ahead then: set it right, rowanctl cards export "
			  "there, rowan authority follow here"),
			_("the last statement was signed at a later time"));
	writer_init(&raw, WIRE_CARD_MAX);
	writer_init(&w, WIRE_STATEMENT_MAX);
	rc = authority_card(
		key, buf_view(&b->record[b->record_count - 1]), card, &raw);
	if (rc == 0) {
		authority_begin(&b->clinic, WIRE_ST_CARD, card->issued_at, &st);
		st.u.card = writer_view(&raw);
		rc = authority_sign(key, NULL, &st, &w);
	}
	if (rc == 0)
		rc = armour_write(ARMOUR_CARD, writer_view(&raw), block);
	code = rc == 0 ? authority_book_add(b, writer_view(&w))
		       : ui_fail(b->ui, exit_of(rc), NULL,
				 _("the card cannot be signed: %s"),
				 rowan_strerror(rc));
	writer_wipe(&raw);
	writer_wipe(&w);
	return code;
}

int authority_book_key(const struct authority_book *b, const char *name,
	struct authority_key **ret)
{
	char *prompt = mem_print(_("Passphrase of %s/%s:"), b->dir, name);
	struct buf text = {NULL, 0};
	struct pass pass = {NULL, 0};
	struct id16 clinic;
	int code = read_part(b, name, &text), rc;

	*ret = NULL;
	if (code == EXIT_DONE)
		code = pass_get(b->ui, prompt, &pass);
	if (code == EXIT_DONE) {
		rc = authority_open(
			buf_view(&text), bytes_of(pass.b, pass.len), ret);
		if (rc == ROWAN_E_CRYPTO)
			code = ui_fail(b->ui, EXIT_PASSPHRASE,
				_("try again; if it is the right one, put a "
				  "copy of the folder in its place"),
				_("wrong passphrase, or %s was changed"), name);
		else if (rc != 0)
			code = damaged(b, name, rc);
	}
	if (code == EXIT_DONE) {
		authority_clinic(*ret, &clinic);
		if (!id16_eq(&clinic, &b->clinic.id))
			code = damaged(b, name, ROWAN_E_CHAIN);
	}
	if (code != EXIT_DONE) {
		authority_free(*ret);
		*ret = NULL;
	}
	pass_wipe(&pass);
	buf_wipe(&text);
	free(prompt);
	return code;
}

/* ---- one card -------------------------------------------------------------
 */

static bool is_named(const struct trust_card *c, const char *text)
{
	char hex[2 * ID16_LEN + 1], number[24];

	hex_write(c->card.device.b, ID16_LEN, hex);
	(void)snprintf(
		number, sizeof number, "%llu", (unsigned long long)c->logged);
	if (strcmp(text, "daemon") == 0)
		return c->card.role == WIRE_ROLE_DAEMON && c->revoked == 0;
	return strcmp(text, number) == 0 ||
	       (strlen(text) >= AUTHORITY_PREFIX_MIN &&
		       strncmp(hex, text, strlen(text)) == 0);
}

int authority_book_named(const struct authority_book *b, const char *text,
	const struct trust_card **ret)
{
	const struct trust_card *found = NULL;

	for (size_t i = 0; i < b->card_count; i++) {
		const struct trust_card *c = &b->cards[i];

		if (!is_named(c, text))
			continue;
		if (found != NULL && strcmp(text, "daemon") != 0 &&
			!id16_eq(&c->card.device, &found->card.device))
			return ui_fail(b->ui, EXIT_USAGE,
				_("rowan authority list --json has them whole"),
				_("more than one begins like that: %s"), text);
		found = c;
	}
	/* Named by an older card: the newest of that device. */
	for (size_t i = 0; found != NULL && i < b->card_count; i++)
		if (id16_eq(&b->cards[i].card.device, &found->card.device))
			found = &b->cards[i];
	*ret = found;
	return found != NULL
		       ? EXIT_DONE
		       : ui_fail(b->ui, EXIT_NOT_FOUND,
				 _("rowan authority list numbers them; rowan "
				   "authority follow brings those that others "
				   "signed"),
				 _("there is no card of this device: %s"),
				 text);
}

/* ---- rights ---------------------------------------------------------------
 */

static const struct {
	unsigned bit;
	const char *name;
} right_names[] = {{WIRE_RIGHT_ENROL, "enrol"},
	{WIRE_RIGHT_COORDINATE, "coordinate"}, {WIRE_RIGHT_DUTY, "duty"},
	{WIRE_RIGHT_AUDIT, "audit"}};

#define RIGHTS (sizeof right_names / sizeof *right_names)

void authority_rights(unsigned rights, char ret[AUTHORITY_RIGHTS_LEN])
{
	size_t at = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < RIGHTS; i++) {
		size_t len = strlen(right_names[i].name);

		if ((rights & right_names[i].bit) == 0)
			continue;
		if (at > 0)
			ret[at++] = ',';
		memcpy(ret + at, right_names[i].name, len + 1);
		at += len;
	}
	if (at == 0)
		memcpy(ret, "-", 2);
}

bool authority_rights_read(const char *text, unsigned *ret)
{
	*ret = 0;
	if (strcmp(text, "-") == 0 || strcmp(text, "none") == 0)
		return true;
	while (*text != '\0') {
		size_t len = strcspn(text, ","), i;

		for (i = 0; i < RIGHTS; i++)
			if (strlen(right_names[i].name) == len &&
				memcmp(right_names[i].name, text, len) == 0)
				break;
		if (i == RIGHTS)
			return false;
		*ret |= right_names[i].bit;
		text += len;
		text += *text == ',';
	}
	return true;
}
