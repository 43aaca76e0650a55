/*
 * Requests of commands: one table of operations, each with what it needs.
 *
 *	-> {"id": 1, "op": "inbox", ...}
 *	<- {"id": 1, "ok": {...}}
 *	   {"id": 1, "error": {"exit": 4, "words": "...", "hint": "..."}}
 *	   {"id": 1, "event": {...}}, any number before the answer
 *
 * A request is looked at whole before anything is done for it.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/inner.h"
#include "ui/mem.h"

#define TRY_MS 5000

static const struct agent_operation *const tables[] = {ops_self, ops_cases,
	ops_acts, ops_people, ops_messages, ops_files, ops_listen, ops_audit,
	ops_diary};

/* What the SDK's codes mean to a person. */
struct meaning {
	int error;
	const char *words, *hint;
};

static const struct meaning meanings[] = {
	{ROWAN_E_INVAL, N_("one of the values cannot be"),
		N_("rowan help, with the command, says what it takes")},
	{ROWAN_E_STATE, N_("that is not possible now"),
		N_("rowan status says how things stand")},
	{ROWAN_E_NOMEM, N_("out of memory"), NULL},
	{ROWAN_E_IO, N_("a file of this machine failed"),
		N_("rowan doctor looks for the cause")},
	{ROWAN_E_FULL, N_("the disk is full"),
		N_("make room and try again; nothing was lost")},
	{ROWAN_E_CORRUPT, N_("the vault is damaged"),
		N_("set this device up anew, or take history from an export")},
	{ROWAN_E_TOO_NEW, N_("a newer rowan has written this vault"),
		N_("install the newer version")},
	{ROWAN_E_AGAIN, N_("not now"), N_("try again in a moment")},
	{ROWAN_E_QUOTA, N_("too much is waiting already"),
		N_("try again once it has been sent")},
	{ROWAN_E_STALE, N_("somebody else was quicker"),
		N_("look at how it stands now, then try again")},
	{ROWAN_E_MEMBERSHIP, N_("somebody must leave the channel first"),
		N_("this happens by itself; try again in a moment")},
	{ROWAN_E_RESTORING, N_("the clinic came back from a backup"),
		N_("what was lost is being brought back; this goes on by "
		   "itself")},
	{ROWAN_E_MALFORMED, N_("that cannot be read"),
		N_("check what was typed or copied")},
	{ROWAN_E_LIMIT, N_("that is too long"),
		N_("make it shorter; longer texts go as a file: rowan "
		   "attach")},
	{ROWAN_E_CRYPTO, N_("that is not for this device, or was altered"),
		N_("ask whoever made it to make it again, for this device")},
	{ROWAN_E_REFUSED, N_("this device does not take part there"),
		N_("ask a coordinator to assign you")},
	{ROWAN_E_EXISTS, N_("it exists already"),
		N_("choose another name; nothing is overwritten")},
	{ROWAN_E_NOT_FOUND, N_("there is no such thing"),
		N_("rowan cases, people, devices and read number what there "
		   "is")},
	{ROWAN_E_CHAIN, N_("the daemon showed another history"),
		N_("tell your coordinator; rowan doctor has the alarms")},
	{ROWAN_E_SIGNER, N_("your card does not give the right to do this"),
		N_("rowan status shows your rights")},
	{ROWAN_E_REVOKED, N_("the card was revoked"),
		N_("rowan devices shows which are valid")},
	{ROWAN_E_EXPIRED, N_("the card has expired"),
		N_("ask the authority for a new one")},
	{ROWAN_E_UNKNOWN, N_("nobody knows that person, device or case"),
		N_("rowan status tells whether anything is missing here; "
		   "rowan people and rowan cases list what there is")},
	{ROWAN_E_RULE, N_("the clinic's rules do not allow this now"),
		N_("the case may be closed, or the person barred or without a "
		   "valid card")},
};

static void put(struct peer *p, json_t *object)
{
	if (line_put(&p->line, object) != 0)
		p->close = true;
	json_decref(object);
}

void serve_answer(struct peer *p, json_int_t id, json_t *out)
{
	put(p, json_pack("{s:I,s:o}", "id", id, "ok", out));
}

void serve_event(struct peer *p, json_int_t id, json_t *event)
{
	put(p, json_pack("{s:I,s:o}", "id", id, "event", event));
}

static void put_error(struct peer *p, json_int_t id, json_t *error)
{
	put(p, json_pack("{s:I,s:o}", "id", id, "error", error));
}

static void say_error(struct peer *p, json_int_t id, const struct meaning *m,
	const char *detail)
{
	put_error(p, id,
		json_pack("{s:i,s:s,s:s*,s:s*,s:i}", "exit", exit_of(m->error),
			"words", m->words, "hint", m->hint, "detail", detail,
			"error", m->error));
}

void serve_unsent(struct peer *p, json_int_t id, int error)
{
	static const struct meaning nobody = {ROWAN_E_UNKNOWN,
		N_("nobody it is for has a device to read it on"),
		N_("reach them another way")};

	if (error == nobody.error)
		say_error(p, id, &nobody, NULL);
	else
		serve_error(p, id, error, NULL);
}

void serve_error(struct peer *p, json_int_t id, int error, const char *detail)
{
	struct meaning m = {error, rowan_strerror(error), NULL};

	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
		if (meanings[i].error == error)
			m = meanings[i];
	say_error(p, id, &m, detail);
}

void serve_refusal(struct peer *p, json_int_t id, int exit, const char *words,
	const char *hint)
{
	put_error(p, id,
		json_pack("{s:i,s:s,s:s*}", "exit", exit, "words", words,
			"hint", hint));
}

void serve_ended(struct peer *p)
{
	put(p, json_pack("{s:i,s:b,s:{s:i,s:s,s:s}}", "id", 0, "ended", 1,
		       "error", "exit", EXIT_INTERRUPTED, "words",
		       N_("the agent has ended"), "hint",
		       N_("the same command starts it again")));
}

int refuse(struct request *q, int exit, const char *words, const char *hint)
{
	q->exit = exit;
	q->words = words;
	q->hint = hint;
	return AGENT_REFUSED;
}

int refuse_agency(struct request *q)
{
	return refuse(q, EXIT_USAGE,
		N_("an agency's code is up to 16 small letters, digits and -"),
		N_("police, probation, cps, health, advocacy, or what the "
		   "clinic agreed on"));
}

const char *arg_text(const struct request *q, const char *name)
{
	return json_string_value(json_object_get(q->in, name));
}

bool arg_flag(const struct request *q, const char *name)
{
	return json_is_true(json_object_get(q->in, name));
}

json_int_t arg_number(
	const struct request *q, const char *name, json_int_t otherwise)
{
	const json_t *v = json_object_get(q->in, name);

	return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

static const struct agent_operation *find(const char *name)
{
	if (name == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (const struct agent_operation *o = tables[i];
			o->name != NULL; o++)
			if (strcmp(o->name, name) == 0)
				return o;
	return NULL;
}

bool serve_expired(const struct agent *a)
{
	uint64_t end = rowan_self_expires(a->rowan), now = rowan_now(a->rowan);
	enum rowan_link_state link = rowan_link(a->rowan);

	/* It is heard again once all is caught up, which it never may be. */
	if (now == 0 || a->offline == ROWAN_E_REFUSED ||
		link == ROWAN_LINK_REFUSED || link == ROWAN_LINK_UP)
		now = (uint64_t)time(NULL);
	return end != 0 && now > end;
}

/* Nothing is kept to be sent that can never leave. */
static int may_speak(struct request *q)
{
	struct agent *a = q->agent;

	if (book_mark(a->book, BOOK_REVOKED))
		return refuse(q, EXIT_CARD, N_("this device was revoked"),
			N_("a colleague with the right to enrol invites a new "
			   "one; rowan wipe removes what is here"));
	if (serve_expired(a))
		return refuse(q, EXIT_CARD,
			N_("this device's card has expired"),
			N_("ask the authority to renew it; what was received "
			   "can still be read"));
	if (book_mark(a->book, BOOK_OLD_COPY))
		return refuse(q, EXIT_DAMAGED,
			N_("this vault is an old copy: to go on with it would "
			   "use keys twice"),
			N_("rowan readmit asks the others to take this device "
			   "in anew"));
	return 0;
}

static int allowed(struct request *q, const struct agent_operation *o)
{
	struct agent *a = q->agent;

	if (o->needs == OP_ANY)
		return 0;
	if (a->rowan == NULL && access(a->places.vault, F_OK) != 0)
		return refuse(q, EXIT_NO_SETUP, N_("this device is not set up"),
			N_("rowan setup begins it"));
	if (a->rowan == NULL)
		return refuse(q, EXIT_LOCKED, N_("the vault is locked"),
			N_("rowan unlock opens it"));
	if (o->needs != OP_OPEN && !rowan_enrolled(a->rowan))
		return refuse(q, EXIT_NO_SETUP,
			N_("this device has no card yet"),
			N_("rowan setup goes on with an invite, rowan setup "
			   "--answer FILE with what the authority signed"));
	return o->needs == OP_SPEAK ? may_speak(q) : 0;
}

static void answer(struct request *q, int rc)
{
	switch (rc) {
	case 0:
		serve_answer(q->peer, q->id, q->out);
		q->out = NULL;
		break;
	case AGENT_WAITS: break;
	case AGENT_REFUSED:
		put_error(q->peer, q->id,
			json_pack("{s:i,s:s,s:s*,s:s*}", "exit", q->exit,
				"words", q->words, "hint", q->hint, "detail",
				q->detail));
		break;
	default: serve_error(q->peer, q->id, rc, q->detail); break;
	}
}

/*
 * Somebody is waiting: a connection that is to be tried again in a minute is
 * tried now. Not for what asks by itself, or all would come at once.
 */
static void try_now(struct agent *a)
{
	enum rowan_link_state link = rowan_link(a->rowan);

	if (a->rowan == NULL || a->used - a->tried < TRY_MS ||
		(link != ROWAN_LINK_TRYING && link != ROWAN_LINK_REFUSED))
		return;
	a->tried = a->used;
	rowan_disconnect(a->rowan);
	(void)!rowan_connect(a->rowan);
}

void serve_request(struct agent *a, struct peer *p, json_t *in)
{
	struct request q = {.agent = a, .peer = p, .in = in};
	const struct agent_operation *o;
	int rc;

	q.id = json_integer_value(json_object_get(in, "id"));
	q.out = json_object();
	o = find(json_string_value(json_object_get(in, "op")));
	if (o == NULL)
		rc = refuse(&q, EXIT_OTHER,
			N_("the agent does not know this request"),
			N_("an older agent may still run: rowan agent stop"));
	else
		rc = allowed(&q, o);
	if (o != NULL && !o->background) {
		a->used = agent_ms();
		try_now(a);
	}
	if (rc == 0)
		rc = o->run(&q);
	if (rc == ROWAN_E_NOT_FOUND || rc == ROWAN_E_UNKNOWN)
		rc = name_absent(&q, rc);
	if (a->book != NULL)
		book_keep(a->book);
	answer(&q, rc);
	json_decref(q.out);
	free(q.detail);
}
