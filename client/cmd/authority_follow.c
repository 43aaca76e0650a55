/*
 * rowan authority follow: the clinic's chain goes on without the authority
 * (registrars' cards, revocations by others), and what it signs next must
 * stand behind all of that.
 *
 *	folder:  1 2 3 4'        4' came too late: 4 was first
 *	daemon:  1 2 3 4 5
 *	then:    1 2 3 4 5 6     6 says what 4' said
 *
 * What was signed while this machine's clock was ahead no daemon takes, nor
 * anything behind it: that is signed again, too, and its cards are let go of.
 *
 * Trusts no byte of the file: every statement is judged as any device judges
 * it, and none of what was signed here is dropped without being signed anew.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/authority.h"
#include "trust/rules.h"
#include "ui/exits.h"
#include "ui/file.h"
#include "ui/mem.h"
#include "ui/words.h"
#include "wire/armour.h"

struct chain {
	struct authority_item *item;
	size_t count;
};

static void chain_wipe(struct chain *c)
{
	for (size_t i = 0; i < c->count; i++)
		buf_wipe(&c->item[i].raw);
	free(c->item);
	*c = (struct chain){NULL, 0};
}

static void chain_add(struct chain *c, struct authority_item *item)
{
	c->item = mem_more(c->item, (c->count + 1) * sizeof *c->item);
	c->item[c->count++] = *item;
	item->raw = (struct buf){NULL, 0};
}

/* Of the clinic, from the first one on. */
static int read_chain(struct bytes text, struct chain *ret)
{
	struct authority_item item;
	int rc;

	while ((rc = authority_item_next(&text, &item)) == 0) {
		if (item.number == ret->count + 1)
			chain_add(ret, &item);
		else
			rc = ROWAN_E_CHAIN;
		buf_wipe(&item.raw);
		if (rc != 0)
			return rc;
	}
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

/* What was erased at one end may be whole at the other. */
static bool same_link(
	const struct authority_item *a, const struct authority_item *b)
{
	const struct authority_item *whole = a->raw.len > 0 ? a : b;
	const struct authority_item *hole = a->raw.len > 0 ? b : a;
	struct chain_link link = whole->link;
	struct wire_statement s;

	if (whole->raw.len > 0 &&
		(wire_statement_decode(buf_view(&whole->raw), &s) != 0 ||
			chain_link(&s, &link) != 0))
		return false;
	return memcmp(&link, &hole->link, sizeof link) == 0;
}

/* How many items both have. */
static size_t common(const struct authority_book *b, const struct chain *c)
{
	size_t n = 0;

	for (; n < b->statement_count && n < c->count; n++) {
		const struct authority_item *x = &b->statements[n];
		const struct authority_item *y = &c->item[n];

		if (x->raw.len > 0 && y->raw.len > 0
				? !bytes_eq(
					  buf_view(&x->raw), buf_view(&y->raw))
				: !same_link(x, y))
			break;
	}
	return n;
}

/* Of a time that has not come by this machine's clock. */
static bool is_ahead(uint64_t at)
{
	return at > (uint64_t)time(NULL) + RULES_CLOCK_SKEW;
}

/* Its dates are wrong, or it is signed with what it is about. */
static bool is_void(const struct wire_statement *s)
{
	struct wire_card card;

	if (s->kind == WIRE_ST_RESTORE)
		return is_ahead(s->time);
	return s->kind == WIRE_ST_CARD &&
	       wire_card_decode(s->u.card, &card) == 0 &&
	       is_ahead(card.issued_at);
}

/* Sign again, at the end of the chain, what an earlier statement said. */
static int sign_again(struct authority_book *b, const struct authority_key *key,
	struct bytes raw)
{
	struct wire_statement old, s;
	struct writer w;
	int code = EXIT_DONE, rc = wire_statement_decode(raw, &old);

	if (rc != 0)
		return EXIT_DAMAGED;
	if (is_void(&old)) {
		ui_note(b->ui,
			_("Statement %llu, a card or a restore, was signed "
			  "while the clock was ahead, and is gone: sign it "
			  "anew."),
			(unsigned long long)old.number);
		return EXIT_DONE;
	}
	authority_begin(&b->clinic, old.kind, (uint64_t)time(NULL), &s);
	s.u = old.u;
	writer_init(&w, WIRE_STATEMENT_MAX);
	rc = authority_sign(key, NULL, &s, &w);
	if (rc == 0)
		rc = authority_book_check(b, writer_view(&w), s.time);
	/* Somebody else has logged that card, or revoked that device. */
	if (rc == ROWAN_E_RULE)
		ui_note(b->ui,
			_("What was statement %llu here has been done by "
			  "others meanwhile."),
			(unsigned long long)old.number);
	else if (rc != 0)
		code = ui_fail(b->ui, exit_of(rc),
			_("is the clock of this machine right? rowan authority "
			  "list tells "
			  "how the cards stand"),
			_("statement %llu cannot be signed again: %s"),
			(unsigned long long)old.number, rowan_strerror(rc));
	else
		code = authority_book_add(b, writer_view(&w));
	writer_wipe(&w);
	return code;
}

/* Has one that the daemon does not have a time that has not come? */
static bool any_ahead(const struct authority_book *b, size_t from)
{
	struct wire_statement s;

	for (size_t i = from; i < b->statement_count; i++)
		if (wire_statement_decode(
			    buf_view(&b->statements[i].raw), &s) == 0 &&
			is_ahead(s.time))
			return true;
	return false;
}

/* What was signed here and came too late: the statements in ${late}. */
static int sign_late(struct authority_book *b, const struct chain *late)
{
	struct authority_key *key = NULL;
	int code = authority_book_key(b, "authority.key", &key);

	for (size_t i = 0; code == EXIT_DONE && i < late->count; i++)
		code = sign_again(b, key, buf_view(&late->item[i].raw));
	authority_free(key);
	return code;
}

static int take_over(
	struct authority_book *b, const struct chain *c, size_t same)
{
	struct chain late = {NULL, 0};
	int code = EXIT_DONE, rc;
	size_t again;

	for (size_t i = same; i < b->statement_count; i++) {
		struct authority_item item;

		if (authority_item_copy(&item, &b->statements[i]) != 0)
			code = ui_fail(
				b->ui, EXIT_MACHINE, NULL, _("out of memory"));
		else
			chain_add(&late, &item);
	}
	rc = authority_book_cut(b, same);
	for (size_t i = same; rc == 0 && code == EXIT_DONE && i < c->count; i++)
		rc = authority_book_take(b, &c->item[i]);
	if (rc != 0)
		code = ui_fail(b->ui, EXIT_INPUT,
			_("rowanctl cards export makes the file; nothing was "
			  "changed"),
			_("statement %zu is not one of this clinic's next: %s"),
			b->statement_count + 1, rowan_strerror(rc));
	again = b->statement_count;
	if (code == EXIT_DONE && late.count > 0)
		code = sign_late(b, &late);
	again = b->statement_count - again;
	if (code == EXIT_DONE)
		code = authority_book_write(b);
	if (code == EXIT_DONE && again > 0)
		ui_note(b->ui,
			ngettext("%zu statement came too late and was signed "
				 "again.",
				"%zu statements came too late and were signed "
				"again.",
				again),
			again);
	chain_wipe(&late);
	return code;
}

int authority_follow(
	struct authority_book *b, struct bytes text, size_t *ret_new)
{
	struct chain c = {NULL, 0};
	size_t same, had = b->statement_count;
	int code = EXIT_DONE, rc = read_chain(text, &c);
	bool ahead;

	*ret_new = 0;
	if (rc != 0)
		code = ui_fail(b->ui, EXIT_INPUT,
			_("rowanctl cards export makes the file; give it "
			  "whole"),
			_("that is not the clinic's chain, whole and in its "
			  "order: %s"),
			rowan_strerror(rc));
	same = common(b, &c);
	ahead = same == c.count && any_ahead(b, same);
	if (code == EXIT_DONE && (same < c.count || ahead)) {
		code = take_over(b, &c, same);
		*ret_new = c.count - same;
	}
	if (code == EXIT_DONE && same == c.count && had > same && !ahead)
		ui_note(b->ui,
			ngettext("The daemon has not seen the last %zu "
				 "statement yet.",
				"The daemon has not seen the last %zu "
				"statements yet.",
				had - same),
			had - same);
	chain_wipe(&c);
	return code;
}

int authority_follow_run(struct run *r)
{
	struct authority_book b;
	struct buf text = {NULL, 0};
	size_t fresh = 0;
	int code = authority_book_open(&r->ui, r->argv[0], &b);

	if (code == EXIT_DONE)
		code = file_read(&r->ui, r->argv[1], AUTHORITY_FILE_MAX, &text);
	if (code == EXIT_DONE)
		code = authority_follow(&b, buf_view(&text), &fresh);
	if (code == EXIT_DONE) {
		ui_note(&r->ui,
			ngettext("%zu new statement; the clinic's chain has "
				 "%zu.",
				"%zu new statements; the clinic's chain has "
				"%zu.",
				fresh),
			fresh, b.statement_count);
		ui_json(&r->ui,
			json_pack("{s:I,s:I}", "new", (json_int_t)fresh,
				"number", (json_int_t)b.statement_count));
	}
	buf_wipe(&text);
	authority_book_close(&b);
	return code;
}
