/*
 * rowan authority sign, daemon: cards. Shows what it is about to sign and
 * asks; a fingerprint given as an option must match. Whatever can be refused is
 * refused before a passphrase is asked for, and nothing is signed whose answer
 * has no place to go.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <sodium.h>

#include "cmd/authority.h"
#include "ui/file.h"
#include "ui/hex.h"
#include "ui/mem.h"
#include "ui/pass.h"
#include "ui/when.h"
#include "ui/words.h"
#include "wire/armour.h"
#include "wire/servers.h"

#define DAY ((uint64_t)86400)

const struct command_option authority_sign_options[] = {
	{"rights", 'r', "LIST",
		N_("give these rights (enrol,coordinate,duty,audit) instead of "
		   "those asked for"),
		COMMAND_TEXT},
	{"days", 'd', "N", N_("valid for N days (365)"), COMMAND_TEXT},
	{"fingerprint", 'f', "HEX",
		N_("the fingerprint the person read out; else you are asked"),
		COMMAND_TEXT},
	{"out", 'o', "FILE", N_("where the answer goes (REQUEST.answer)"),
		COMMAND_FILE},
	{"member", 'm', "N", N_("a further device: of the member of card N"),
		COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

const struct command_option authority_daemon_options[] = {
	{"listen", 'l', "ADDRESS",
		N_("where devices connect, tcp://HOST:PORT; several with "
		   "commas"),
		COMMAND_TEXT},
	{"enrol", 'e', "ADDRESS",
		N_("where devices enrol, tcp://HOST:PORT; several with commas"),
		COMMAND_TEXT},
	{"days", 'd', "N", N_("valid for N days (730)"), COMMAND_TEXT},
	{"fingerprint", 'f', "HEX",
		N_("the fingerprint the operator read out; else you are asked"),
		COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

/* ---- requests ---------------------------------------------------------------
 */

struct asked {
	struct buf raw;
	struct wire_request q; /* borrows from ${raw} */
	char fingerprint[ISSUE_FINGERPRINT_LEN];
};

static int read_request(
	const struct authority_book *b, const char *path, struct asked *ret)
{
	struct buf text;
	int code = file_read(b->ui, path, AUTHORITY_FILE_MAX, &text), rc;

	*ret = (struct asked){.raw = {NULL, 0}};
	if (code != EXIT_DONE)
		return code;
	rc = armour_read(buf_view(&text), ARMOUR_CARD_REQUEST, &ret->raw);
	buf_wipe(&text);
	if (rc == 0)
		rc = wire_request_decode(buf_view(&ret->raw), &ret->q);
	if (rc == 0)
		rc = issue_check(&ret->q);
	if (rc != 0) {
		buf_wipe(&ret->raw);
		return ui_fail(b->ui, EXIT_INPUT,
			_("rowan setup --request writes one; was all of it "
			  "copied?"),
			_("%s is no card request: %s"), path,
			rowan_strerror(rc));
	}
	if (!id16_eq(&ret->q.clinic, &b->clinic.id)) {
		buf_wipe(&ret->raw);
		return ui_fail(b->ui, EXIT_INPUT,
			_("it was made with another authority.txt"),
			_("%s is for another clinic"), path);
	}
	issue_fingerprint(buf_view(&ret->raw), ret->fingerprint);
	return EXIT_DONE;
}

/* Is it the request that the person made? */
static int compare(const struct run *r, const struct asked *a, const char *what,
	const char *path)
{
	const char *given = run_option(r, "fingerprint");
	uint8_t want[16], have[16];
	bool same = false;
	int code;

	ui_lead(&r->ui, "%s", what);
	ui_lead(&r->ui, _("fingerprint: %s"), a->fingerprint);
	if (given != NULL) {
		same = hex_read(given, want, sizeof want) &&
		       hex_read(a->fingerprint, have, sizeof have) &&
		       memcmp(want, have, sizeof have) == 0;
	} else {
		code = ui_ask(&r->ui,
			_("Did they read out this fingerprint, and is all of "
			  "this right?"),
			"--fingerprint", &same);
		if (code != EXIT_DONE)
			return code;
	}
	return same ? EXIT_DONE
		    : ui_fail(&r->ui, EXIT_DIFFERENT,
			      _("let them send the request again, and compare "
				"over another line"),
			      _("it was not signed: %s"), path);
}

/* ---- cards ------------------------------------------------------------------
 */

struct signing {
	struct authority_book *book;
	const struct authority_key *key;
	uint64_t now;
};

static void put_text(struct writer *w, const char *text)
{
	writer_raw(w, text, strlen(text));
}

/* Where its answer goes. */
static char *answer_path(const struct run *r, const char *request)
{
	const char *out = run_option(r, "out");

	return out != NULL ? mem_text(out) : mem_print("%s.answer", request);
}

static int write_answer(const struct run *r, const struct signing *s,
	const struct writer *card, const char *request)
{
	char *path = answer_path(r, request);
	struct writer w;
	int code;

	writer_init(&w, AUTHORITY_FILE_MAX);
	put_text(&w, "Rowan: a card. On the device that asked for it:\n"
		     "rowan setup --answer THIS-FILE\n\n");
	writer_raw(&w, s->book->records.data, s->book->records.len);
	writer_raw(&w, card->data, card->len);
	writer_raw(&w, s->book->daemon.data, s->book->daemon.len);
	code = writer_status(&w) == 0
		       ? file_write(&r->ui, path, writer_view(&w), 0)
		       : EXIT_MACHINE;
	if (code == EXIT_DONE && strcmp(path, "-") != 0) {
		char *safe = ui_safe(&r->ui, path);

		ui_note(&r->ui, _("The answer is in %s."), safe);
		free(safe);
	}
	ui_json(&r->ui, json_pack("{s:s,s:I}", "answer", path, "number",
				(json_int_t)s->book->clinic.number));
	writer_wipe(&w);
	free(path);
	return code;
}

/* Renewal: the request is of the member whose card is ${number}. */
static int check_member(const struct run *r, const struct authority_book *b,
	const struct wire_request *q, unsigned long number)
{
	for (size_t i = 0; i < b->card_count; i++)
		if (b->cards[i].logged == number)
			return id16_eq(&b->cards[i].card.member, &q->member)
				       ? EXIT_DONE
				       : ui_fail(&r->ui, EXIT_DIFFERENT,
						 _("rowan authority list tells "
						   "whose is which"),
						 _("the request is not of the "
						   "member of card %lu"),
						 number);
	return ui_fail(&r->ui, EXIT_NOT_FOUND,
		_("rowan authority list shows the numbers"),
		_("there is no card %lu"), number);
}

/* Whether a request can be signed at all, before anybody is asked. */
static int look(const struct run *r, const struct authority_book *b,
	const struct asked *a, const char *path)
{
	char *answer = answer_path(r, path);
	int code = file_free(&r->ui, answer);

	free(answer);
	if (code == EXIT_DONE && a->q.role != WIRE_ROLE_CASEWORKER &&
		a->q.role != WIRE_ROLE_WITNESS)
		code = ui_fail(&r->ui, EXIT_INPUT,
			_("daemons: rowan authority daemon; victims: rowan "
			  "invite"),
			_("only caseworkers and witnesses are carded here: "
			  "%s"),
			path);
	for (size_t i = 0; code == EXIT_DONE && i < b->card_count; i++)
		if (id16_eq(&b->cards[i].card.device, &a->q.device) &&
			b->cards[i].revoked != 0)
			code = ui_fail(&r->ui, EXIT_CARD,
				_("there: rowan wipe, then rowan setup again"),
				_("the device that asks was revoked and needs "
				  "new keys: %s"),
				path);
	return code;
}

/* The card as it will be, from the options. */
static int make_card(const struct run *r, const struct signing *s,
	const struct asked *a, struct wire_card *ret)
{
	unsigned long days = 365, number = 0;
	const char *rights = run_option(r, "rights");
	unsigned bits;
	int code;

	issue_begin(&a->q, ret);
	if (rights != NULL && !authority_rights_read(rights, &bits))
		return run_usage(r, _("unknown right in %s"), rights);
	if (rights != NULL)
		ret->rights = (uint16_t)bits;
	code = run_number(r, "days", 1, 3660, &days);
	if (code == EXIT_DONE)
		code = run_number(r, "member", 1, 1000000, &number);
	if (code == EXIT_DONE && number != 0)
		code = check_member(r, s->book, &a->q, number);
	ret->not_before = s->now;
	ret->not_after = s->now + days * DAY;
	ret->issued_at = s->now;
	if ((ret->rights & WIRE_RIGHT_ENROL) != 0)
		ret->scope = (struct wire_scope){
			.roles = 1U << WIRE_ROLE_CASEWORKER |
				 1U << WIRE_ROLE_VICTIM,
			.validity_max = days * DAY};
	return code;
}

static int sign_one(const struct run *r, const struct signing *s,
	const struct asked *a, const char *path)
{
	char names[AUTHORITY_RIGHTS_LEN], *what = NULL;
	/* Of a stick from elsewhere: its name drives no terminal. */
	char *safe = ui_safe(&r->ui, path);
	struct wire_card card;
	struct writer answer;
	int code = make_card(r, s, a, &card);

	writer_init(&answer, AUTHORITY_FILE_MAX);
	if (code == EXIT_DONE) {
		authority_rights(card.rights, names);
		what = mem_print(_("%s asks for: %s of agency %.*s, rights %s, "
				   "valid for %lu days"),
			safe,
			card.role == WIRE_ROLE_WITNESS ? _("witness")
						       : _("caseworker"),
			(int)a->q.agency.len, (const char *)a->q.agency.data,
			names,
			(unsigned long)((card.not_after - s->now) / DAY));
		code = compare(r, a, what, path);
	}
	if (code == EXIT_DONE)
		code = look(r, s->book, a, path);
	if (code == EXIT_DONE)
		code = authority_book_card(s->book, s->key, &card, &answer);
	if (code == EXIT_DONE)
		code = write_answer(r, s, &answer, path);
	writer_wipe(&answer);
	free(what);
	free(safe);
	return code;
}

/* All requests of the command: read once, and looked at before any is signed.
 */
static int read_all(const struct run *r, struct authority_book *b,
	struct asked *ret, int *ret_count)
{
	int code = EXIT_DONE;

	for (int i = 1; code == EXIT_DONE && i < r->argc; i++) {
		code = read_request(b, r->argv[i], &ret[*ret_count]);
		if (code == EXIT_DONE)
			code = look(r, b, &ret[(*ret_count)++], r->argv[i]);
	}
	return code;
}

int authority_sign_run(struct run *r)
{
	struct authority_key *key = NULL;
	struct authority_book b;
	struct signing s = {.book = &b, .now = (uint64_t)time(NULL)};
	struct asked *asked;
	int code, count = 0, done = 0;

	if (r->argc > 2 && (run_option(r, "out") != NULL ||
				   run_option(r, "fingerprint") != NULL))
		return run_usage(r, _("--out and --fingerprint are for one "
				      "request"));
	code = authority_book_open(&r->ui, r->argv[0], &b);
	if (code != EXIT_DONE)
		return code;
	asked = mem_get((size_t)r->argc * sizeof *asked);
	if (b.daemon.len == 0)
		code = ui_fail(&r->ui, EXIT_NO_SETUP,
			_("rowan authority daemon comes first: every answer "
			  "carries the daemon's card"),
			_("the daemon's card was not signed yet"));
	if (code == EXIT_DONE)
		code = read_all(r, &b, asked, &count);
	if (code == EXIT_DONE)
		code = authority_book_key(&b, "authority.key", &key);
	s.key = key;
	while (code == EXIT_DONE && done < count) {
		code = sign_one(r, &s, &asked[done], r->argv[1 + done]);
		done += code == EXIT_DONE ? 1 : 0;
	}
	if (done > 0)
		ui_note(&r->ui,
			_("The clinic learns of it on the daemon's machine: "
			  "rowanctl cards import %s/statements.txt. A "
			  "coordinator can do it, too: rowan log-card ANSWER"),
			r->argv[0]);
	for (int i = 0; i < count; i++)
		buf_wipe(&asked[i].raw);
	free(asked);
	authority_free(key);
	authority_book_close(&b);
	return code;
}

/* ---- the daemon --------------------------------------------------------- */

/* "tcp://HOST:PORT" or "KEY@tcp://HOST:PORT"; views borrow from ${text}. */
static bool read_server(
	char *text, const struct wire_key *key, struct wire_server *ret)
{
	char *at = strchr(text, '@');

	ret->key = *key;
	if (at != NULL) {
		*at = '\0';
		if (!hex_read(text, ret->key.b, sizeof ret->key.b))
			return false;
		text = at + 1;
	}
	ret->endpoint = bytes_of(text, strlen(text));
	return strncmp(text, "tcp://", 6) == 0 && text[6] != '\0';
}

static bool read_servers(char *list, const struct wire_key *key,
	struct wire_server *ret, size_t max, size_t *ret_count)
{
	char *rest = NULL;

	*ret_count = 0;
	if (list == NULL)
		return true;
	for (char *one = strtok_r(list, ",", &rest); one != NULL;
		one = strtok_r(NULL, ",", &rest)) {
		if (*ret_count == max ||
			!read_server(one, key, &ret[(*ret_count)++]))
			return false;
	}
	return *ret_count > 0;
}

static int write_servers(
	const struct run *r, const struct wire_key *key, struct writer *w)
{
	char *listen = mem_text(run_option(r, "listen"));
	char *enrol = mem_text(run_option(r, "enrol"));
	struct wire_servers s = {.main_count = 0};
	struct writer raw;
	int code = EXIT_DONE;

	writer_init(&raw, WIRE_SERVERS_MAX);
	if (listen == NULL)
		code = run_usage(r, _("--listen is missing"));
	else if (!read_servers(listen, key, s.main, WIRE_SERVERS_MAIN_MAX,
			 &s.main_count) ||
		 !read_servers(enrol, key, s.enrol, WIRE_SERVERS_ENROL_MAX,
			 &s.enrol_count) ||
		 wire_servers_encode(&s, &raw) != 0)
		code = run_usage(r, _("an address is tcp://HOST:PORT or "
				      "KEY@tcp://HOST:PORT"));
	else if (armour_write(ARMOUR_SERVERS, writer_view(&raw), w) != 0)
		code = EXIT_MACHINE;
	writer_wipe(&raw);
	free(listen);
	free(enrol);
	return code;
}

static char *daemon_words(
	const struct run *r, const struct asked *a, unsigned long days)
{
	const char *enrol = run_option(r, "enrol");

	return mem_print(_("A daemon of agency %.*s asks for its card, valid "
			   "for %lu days. Devices connect to it at %s, and "
			   "enrol at %s."),
		(int)a->q.agency.len, (const char *)a->q.agency.data, days,
		run_option(r, "listen"),
		enrol != NULL ? enrol : _("no address (--enrol)"));
}

int authority_daemon_run(struct run *r)
{
	char *path = authority_book_path(r->argv[0], "daemon.txt");
	struct authority_key *key = NULL;
	unsigned long days = 730;
	struct wire_card card;
	struct authority_book b;
	struct signing s = {.book = &b, .now = (uint64_t)time(NULL)};
	struct asked a = {.raw = {NULL, 0}};
	struct writer w, servers;
	int code = authority_book_open(&r->ui, r->argv[0], &b);

	writer_init(&w, AUTHORITY_FILE_MAX);
	writer_init(&servers, AUTHORITY_FILE_MAX);
	if (code == EXIT_DONE)
		code = run_number(r, "days", 1, 3660, &days);
	if (code == EXIT_DONE)
		code = read_request(&b, r->argv[1], &a);
	if (code == EXIT_DONE && a.q.role != WIRE_ROLE_DAEMON)
		code = ui_fail(&r->ui, EXIT_INPUT,
			_("rowand --card-request prints one"),
			_("%s is not a daemon's request"), r->argv[1]);
	if (code == EXIT_DONE)
		code = write_servers(r, &a.q.transport_key, &servers);
	if (code == EXIT_DONE) {
		char *what = daemon_words(r, &a, days);

		code = compare(r, &a, what, r->argv[1]);
		free(what);
	}
	if (code == EXIT_DONE)
		code = authority_book_key(&b, "authority.key", &key);
	s.key = key;
	if (code == EXIT_DONE) {
		issue_begin(&a.q, &card);
		card.not_before = card.issued_at = s.now;
		card.not_after = s.now + days * DAY;
		code = authority_book_card(&b, s.key, &card, &w);
	}
	writer_raw(&w, servers.data, servers.len);
	if (code == EXIT_DONE && writer_status(&w) == 0)
		code = file_write(&r->ui, path, writer_view(&w), FILE_REPLACE);
	if (code == EXIT_DONE)
		ui_note(&r->ui, _("Signed. Every answer says from now on where "
				  "the daemon listens."));
	if (code == EXIT_DONE)
		ui_json(&r->ui, json_pack("{s:I}", "number",
					(json_int_t)b.clinic.number));
	buf_wipe(&a.raw);
	writer_wipe(&w);
	writer_wipe(&servers);
	authority_free(key);
	authority_book_close(&b);
	free(path);
	return code;
}
