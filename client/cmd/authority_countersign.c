/*
 * rowan authority countersign: the second signature under an erasure or a legal
 * hold, which a coordinator has asked for.
 *
 * Trusts no byte of the file: it is a coordinator's, whose card the folder has
 * and whose signature is right, or nothing is signed. Shows what it signs, and
 * asks. That it fits the case is the daemon's to see.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/authority.h"
#include "cmd/families.h"
#include "trust/attest.h"
#include "trust/rules.h"
#include "ui/file.h"
#include "ui/hex.h"
#include "ui/mem.h"
#include "ui/when.h"
#include "ui/words.h"
#include "wire/armour.h"

const struct command_option authority_countersign_options[] = {
	{"yes", 'y', NULL, N_("do not ask"), COMMAND_TEXT},
	{"out", 'o', "FILE", N_("where the answer goes (FILE.signed)"),
		COMMAND_FILE},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

/* The newest card of the device that asks. */
static const struct trust_card *card_of(
	const struct authority_book *b, const struct id16 *device)
{
	for (size_t i = b->card_count; i-- > 0;)
		if (id16_eq(&b->cards[i].card.device, device))
			return &b->cards[i];
	return NULL;
}

/* Is it a coordinator's, of now, as they signed it? */
static int check(const struct authority_book *b, const struct wire_statement *s,
	uint64_t now)
{
	const struct trust_card *c = card_of(b, &s->signers[1].device);

	if (!id16_eq(&s->clinic, &b->clinic.id))
		return ui_fail(b->ui, EXIT_INPUT,
			_("give the folder of that clinic's authority"),
			_("that is for another clinic"));
	if (c == NULL)
		return ui_fail(b->ui, EXIT_NOT_FOUND,
			_("rowan authority follow brings what others signed"),
			_("there is no card of the device that asks"));
	if (attest_verify(ATTEST_STATEMENT, s->tbs, &c->card.signature_key,
		    &s->signatures[1]) != 0)
		return ui_fail(b->ui, EXIT_DIFFERENT,
			_("let the coordinator write it again"),
			_("it was changed after it was signed"));
	if ((c->card.rights & WIRE_RIGHT_COORDINATE) == 0)
		return ui_fail(b->ui, EXIT_NOT_ALLOWED,
			_("a coordinator asks: rowan erase or rowan hold"),
			_("who asks is no coordinator"));
	if (c->revoked != 0 || c->card.not_after < now)
		return ui_fail(b->ui, EXIT_CARD,
			_("let a coordinator ask whose card is valid"),
			_("the card of the device that asks was revoked or has "
			  "expired"));
	if (s->time + RULES_CARRIED_AGE < now)
		return ui_fail(b->ui, EXIT_INPUT,
			_("let the coordinator begin again"),
			_("it was asked for more than 7 days ago"));
	return EXIT_DONE;
}

static int confirm(const struct run *r, const struct authority_book *b,
	const struct wire_statement *s, uint64_t now)
{
	const struct trust_card *c = card_of(b, &s->signers[1].device);
	bool yes = run_option(r, "yes") != NULL;
	char device[2 * ID16_LEN + 1], when[WHEN_LEN];
	char *words = both_words(s);
	int code = EXIT_DONE;

	hex_write(s->signers[1].device.b, ID16_LEN, device);
	when_text(s->time, now, when);
	ui_lead(&r->ui, "%s", words);
	ui_lead(&r->ui,
		_("Asked for and signed %s by a coordinator of agency %.*s, "
		  "device %s."),
		when, (int)c->card.agency.len,
		(const char *)c->card.agency.data, device);
	free(words);
	if (!yes)
		code = ui_ask(&r->ui,
			_("Have you spoken with them, and is all of this "
			  "right?"),
			"--yes", &yes);
	return code == EXIT_DONE && !yes ? ui_fail(&r->ui, EXIT_OTHER, NULL,
						   _("nothing was signed"))
					 : code;
}

static char *answer_path(const struct run *r)
{
	const char *out = run_option(r, "out");

	return out != NULL ? mem_text(out) : mem_print("%s.signed", r->argv[1]);
}

/* Before anybody is asked. */
static int free_answer(const struct run *r)
{
	char *path = answer_path(r);
	int code = file_free(&r->ui, path);

	free(path);
	return code;
}

static int write_answer(const struct run *r, const struct authority_key *key,
	struct wire_statement *s)
{
	char *path = answer_path(r);
	char *safe = ui_safe(&r->ui, path), id[2 * ID16_LEN + 1];
	struct writer raw, w;
	int code;

	writer_init(&raw, WIRE_STATEMENT_MAX);
	writer_init(&w, AUTHORITY_FILE_MAX);
	code = authority_countersign(key, s, &raw) != 0 ||
			       armour_write(ARMOUR_STATEMENT, writer_view(&raw),
				       &w) != 0
		       ? ui_fail(&r->ui, EXIT_MACHINE, NULL, _("out of memory"))
		       : file_write(&r->ui, path, writer_view(&w), 0);
	if (code == EXIT_DONE) {
		hex_write(s->case_id.b, ID16_LEN, id);
		ui_note(&r->ui,
			_("Signed: %s. The coordinator brings it: rowan put "
			  "FILE"),
			safe);
		ui_json(&r->ui,
			json_pack("{s:s,s:s,s:s}", "case", id, "kind",
				s->kind == WIRE_ST_ERASE ? "erase" : "hold",
				"signed", path));
	}
	writer_wipe(&raw);
	writer_wipe(&w);
	free(safe);
	free(path);
	return code;
}

int authority_countersign_run(struct run *r)
{
	uint64_t now = (uint64_t)time(NULL);
	struct authority_key *key = NULL;
	struct buf raw = {NULL, 0};
	struct authority_book b;
	struct wire_statement s;
	int code = authority_book_open(&r->ui, r->argv[0], &b);

	if (code != EXIT_DONE)
		return code;
	code = free_answer(r);
	if (code == EXIT_DONE)
		code = both_read(&r->ui, r->argv[1], &raw, &s);
	if (code == EXIT_DONE)
		code = check(&b, &s, now);
	if (code == EXIT_DONE)
		code = confirm(r, &b, &s, now);
	if (code == EXIT_DONE)
		code = authority_book_key(&b, "authority.key", &key);
	if (code == EXIT_DONE)
		code = write_answer(r, key, &s);
	authority_free(key);
	buf_wipe(&raw);
	authority_book_close(&b);
	return code;
}
