/*
 * Operations that sign: referrals, assignments, closing. Each waits until the
 * statement stands or is refused; without a connection it is kept and the
 * answer says "pending".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/inner.h"
#include "ui/hex.h"
#include "ui/mem.h"
#include "ui/text.h"

static int act_of(
	struct request *q, int rc, uint64_t number, const struct id16 *id)
{
	if (rc != 0)
		return rc;
	(void)json_object_set_new(
		q->out, "act", json_integer((json_int_t)number));
	return wait_for(q, WAIT_ACT, number, id);
}

static int act(struct request *q, int rc, uint64_t number)
{
	return act_of(q, rc, number, NULL);
}

/* ---- referrals ---- */

struct nearest {
	const char *to;
	size_t least;
	char name[ROWAN_AGENCY_LEN];
};

/* An agency that the clinic has heard of; 0 apart: it is the one meant. */
static void consider(struct nearest *n, const char *agency)
{
	size_t d = text_distance(n->to, agency);

	if (d >= n->least)
		return;
	n->least = d;
	(void)snprintf(n->name, sizeof n->name, "%s", agency);
}

/*
 * Whether anybody of that agency has a card, or a case was referred by it
 * before: "known"; if not, "near": one that is written nearly like it.
 */
static int look_at_agency(struct request *q, const char *agency)
{
	struct nearest n = {.to = agency, .least = SIZE_MAX};
	struct rowan_list *staff = NULL, *cases = NULL;
	int rc = rowan_staff(q->agent->rowan, &staff);

	if (rc == 0)
		rc = rowan_cases(q->agent->rowan, &cases);
	for (size_t i = 0; rc == 0 && i < rowan_list_count(staff); i++)
		consider(&n, rowan_member_agency(staff, i));
	for (size_t i = 0; rc == 0 && i < rowan_list_count(cases); i++)
		consider(&n, rowan_case_agency(cases, i));
	rowan_list_free(staff);
	rowan_list_free(cases);
	(void)json_object_set_new(q->out, "known", json_boolean(n.least == 0));
	/* Two letters of a short code make another one. */
	if (n.least > 0 && n.least <= (strlen(agency) > 4 ? 2U : 1U))
		(void)json_object_set_new(q->out, "near", json_string(n.name));
	return rc;
}

/* "look": only what is to be asked before. */
static int op_open(struct request *q)
{
	struct agent *a = q->agent;
	const char *agency = arg_text(q, "agency");
	const char *alias = arg_text(q, "alias");
	struct id16 id;
	uint64_t number;
	int rc;

	if (agency == NULL)
		return ROWAN_E_INVAL;
	if (arg_flag(q, "look"))
		return look_at_agency(q, agency);
	rc = rowan_open_case(a->rowan, agency,
		(uint32_t)arg_number(q, "day", 0), id.b, &number);
	if (rc == ROWAN_E_INVAL)
		return refuse_agency(q);
	if (rc != 0)
		return rc;
	(void)json_object_set_new(q->out, "case", show_id(id.b));
	/* Numbers that a person has before their eyes stay what they are. */
	(void)json_object_set_new(q->out, "number",
		json_integer(
			(json_int_t)book_list_add(a->book, BOOK_CASE, &id)));
	/* An alias that cannot be is said, and the referral stands. */
	if (alias != NULL &&
		book_set_alias(a->book, BOOK_CASE, &id, alias) != 0)
		(void)json_object_set_new(q->out, "alias_refused", json_true());
	return act(q, 0, number);
}

static int op_close(struct request *q)
{
	const char *reason = arg_text(q, "reason");
	enum rowan_close_reason why = ROWAN_CLOSE_OTHER;
	struct id16 id;
	uint64_t number = 0;
	int rc = name_case(q, arg_text(q, "case"), &id);

	if (rc != 0)
		return rc;
	if (reason == NULL || strcmp(reason, "resolved") == 0)
		why = ROWAN_CLOSE_RESOLVED;
	else if (strcmp(reason, "moved") == 0)
		why = ROWAN_CLOSE_MOVED;
	else if (strcmp(reason, "request") == 0)
		why = ROWAN_CLOSE_REQUEST;
	else if (strcmp(reason, "other") != 0)
		return refuse(q, EXIT_USAGE,
			N_("a reason is resolved, moved, request or other"),
			NULL);
	rc = rowan_close_case(q->agent->rowan, id.b, why, &number);
	return act(q, rc, number);
}

static int op_reopen(struct request *q)
{
	struct id16 id;
	uint64_t number = 0;
	int rc = name_case(q, arg_text(q, "case"), &id);

	if (rc == 0)
		rc = rowan_reopen_case(q->agent->rowan, id.b, &number);
	return act(q, rc, number);
}

/* Who is meant, for "show it before and after". */
static void put_person(struct request *q, const struct id16 *member)
{
	json_t *o = json_object();
	struct rowan_list *staff = NULL;

	if (rowan_staff(q->agent->rowan, &staff) != 0)
		staff = NULL;
	show_person(q->agent, member, staff, o);
	rowan_list_free(staff);
	(void)json_object_set_new(q->out, "person", o);
}

/* Words for what a coordinator could not know. */
static int explain(struct request *q, int rc)
{
	if (rc == ROWAN_E_UNKNOWN)
		return refuse(q, EXIT_NOT_FOUND,
			N_("the clinic does not know that card (any more)"),
			N_("rowan people lists who can be assigned"));
	return rc;
}

struct subject {
	struct id16 case_id, channel, member;
};

static int subject_of(struct request *q, struct subject *ret)
{
	enum rowan_channel_kind kind;
	int rc = name_case(q, arg_text(q, "case"), &ret->case_id);

	if (rc == 0)
		rc = name_member(
			q, arg_text(q, "person"), &ret->case_id, &ret->member);
	if (rc == 0)
		rc = name_kind(q, arg_text(q, "channel"), &kind);
	if (rc == 0)
		rc = rowan_channel_of(
			q->agent->rowan, ret->case_id.b, kind, ret->channel.b);
	return rc;
}

/*
 * The bar list is sealed, so only this device can refuse; an attempt that left
 * no trace would be one that an insider can make again. The team is told, and
 * what tells them is an entry of the log like any message.
 */
static void note_attempt(struct request *q, const struct subject *s)
{
	struct rowan_draft *d = rowan_draft_new();
	char hex[2 * ID16_LEN + 1], *text;
	uint8_t team[ROWAN_ID_LEN], id[ROWAN_ID_LEN];
	const char *agency = json_string_value(
		json_object_get(json_object_get(q->out, "person"), "agency"));

	hex_write(s->member.b, ID16_LEN, hex);
	text = mem_print(_("It was tried to assign %.8s (%s), who is on the "
			   "bar list. Refused."),
		hex, agency != NULL ? agency : "?");
	if (d != NULL && rowan_draft_text(d, text, strlen(text)) == 0 &&
		rowan_channel_of(q->agent->rowan, s->case_id.b,
			ROWAN_CHANNEL_TEAM, team) == 0)
		(void)!rowan_send(q->agent->rowan, team, d, id);
	rowan_draft_free(d);
	free(text);
}

/* "look": only whether it can be named, before anybody is asked. */
static int op_assign(struct request *q)
{
	struct subject s;
	uint64_t number = 0;
	int rc = subject_of(q, &s);

	if (rc != 0)
		return rc;
	put_person(q, &s.member);
	if (arg_flag(q, "look"))
		return 0;
	rc = rowan_assign(q->agent->rowan, s.channel.b, s.member.b,
		(uint64_t)arg_number(q, "from", 0),
		(uint64_t)arg_number(q, "until", 0), &number);
	if (rc == ROWAN_E_RULE &&
		rowan_barred(q->agent->rowan, s.case_id.b, s.member.b)) {
		note_attempt(q, &s);
		return refuse(q, EXIT_NOT_ALLOWED,
			N_("this person is on the bar list of the case"),
			N_("rowan bar list names who is; the reasons stand in "
			   "the team channel"));
	}
	if (rc == ROWAN_E_LIMIT)
		return refuse(q, EXIT_NOT_ALLOWED,
			N_("the channel is full: it takes 192 devices"),
			N_("unassign somebody first, or revoke devices that "
			   "are not used"));
	return act(q, explain(q, rc), number);
}

static int op_unassign(struct request *q)
{
	struct subject s;
	uint64_t number = 0;
	int rc = subject_of(q, &s);

	if (rc != 0)
		return rc;
	put_person(q, &s.member);
	if (arg_flag(q, "look"))
		return 0;
	rc = rowan_unassign(q->agent->rowan, s.channel.b, s.member.b, &number);
	return act(q, rc, number);
}

static int op_recuse(struct request *q)
{
	struct id16 id;
	uint64_t number = 0;
	int rc = name_case(q, arg_text(q, "case"), &id);

	if (rc == 0)
		rc = rowan_recuse(q->agent->rowan, id.b, &number);
	if (rc == ROWAN_E_SIGNER || rc == ROWAN_E_RULE) {
		rc = name_absent(q, rc);
		return rc == AGENT_REFUSED
			       ? rc
			       : refuse(q, EXIT_NOT_ALLOWED,
					 N_("you take no part in this case"),
					 N_("rowan case shows who does"));
	}
	return act(q, rc, number);
}

static int op_reset(struct request *q)
{
	enum rowan_channel_kind kind;
	struct id16 id, channel;
	uint64_t number = 0;
	int rc = name_case(q, arg_text(q, "case"), &id);

	if (rc == 0)
		rc = name_kind(q, arg_text(q, "channel"), &kind);
	if (rc == 0)
		rc = name_channel(q, &id, kind, &channel);
	if (rc == 0)
		rc = rowan_reset(q->agent->rowan, channel.b, &number);
	return act(q, rc, number);
}

static int op_revoke(struct request *q)
{
	const char *reason = arg_text(q, "reason");
	enum rowan_revoke_reason why = ROWAN_REVOKE_OTHER;
	struct id16 device, of_case;
	const char *text = arg_text(q, "case");
	const uint8_t *self;
	uint64_t number = 0;
	int rc = name_device(q, arg_text(q, "device"), &device);

	if (rc == 0 && text != NULL)
		rc = name_case(q, text, &of_case);
	if (rc != 0)
		return rc;
	if (reason == NULL || strcmp(reason, "lost") == 0)
		why = ROWAN_REVOKE_LOST;
	else if (strcmp(reason, "left") == 0)
		why = ROWAN_REVOKE_LEFT;
	else if (strcmp(reason, "other") != 0)
		return refuse(q, EXIT_USAGE,
			N_("a reason is lost, left or other"), NULL);
	(void)json_object_set_new(q->out, "device", show_id(device.b));
	if (arg_flag(q, "look")) {
		self = rowan_self_device(q->agent->rowan);
		(void)json_object_set_new(q->out, "this",
			json_boolean(self != NULL &&
				     memcmp(self, device.b, ID16_LEN) == 0));
		return 0;
	}
	rc = rowan_revoke(q->agent->rowan, device.b, why,
		text != NULL ? of_case.b : NULL, &number);
	if (rc == ROWAN_E_RULE || rc == ROWAN_E_REVOKED)
		return refuse(q, EXIT_NOT_ALLOWED,
			N_("this device cannot be revoked"),
			N_("it was revoked already, perhaps: rowan devices "
			   "says so. A victim's is revoked with --case"));
	return act_of(q, rc, number, &device);
}

static int op_log_card(struct request *q)
{
	const json_t *v = json_object_get(q->in, "text");
	uint64_t number = 0;
	int rc;

	if (!json_is_string(v))
		return ROWAN_E_INVAL;
	rc = rowan_log_card(q->agent->rowan, json_string_value(v),
		json_string_length(v), &number);
	return act(q, rc, number);
}

/* ---- what the authority signs, too ---- */

/* Its file for the authority, in "text". */
static int asked_for(
	struct request *q, const struct id16 *id, int rc, struct rowan_bytes *b)
{
	if (rc == ROWAN_E_AGAIN)
		return refuse(q, EXIT_LATER,
			N_("something that was done here in this case has not "
			   "reached the clinic yet"),
			N_("try again once it has"));
	if (rc == ROWAN_E_RULE)
		return refuse(q, EXIT_NOT_ALLOWED,
			N_("that cannot be done to this case as it stands"),
			N_("rowan case shows it: nothing is erased under a "
			   "legal hold, and a hold is set or lifted once"));
	if (rc == 0) {
		(void)json_object_set_new(q->out, "case", show_id(id->b));
		(void)json_object_set_new(q->out, "text",
			json_stringn((const char *)rowan_bytes_data(b),
				rowan_bytes_len(b)));
	}
	rowan_bytes_free(b);
	return rc;
}

static int op_erase(struct request *q)
{
	struct rowan_bytes *b = NULL;
	struct id16 id;
	int rc = name_case(q, arg_text(q, "case"), &id);

	if (rc != 0)
		return rc;
	rc = rowan_request_erase(q->agent->rowan, id.b, &b);
	return asked_for(q, &id, rc, b);
}

static int op_hold(struct request *q)
{
	struct rowan_bytes *b = NULL;
	struct id16 id;
	int rc = name_case(q, arg_text(q, "case"), &id);

	if (rc != 0)
		return rc;
	rc = rowan_request_hold(q->agent->rowan, id.b, arg_flag(q, "on"), &b);
	return asked_for(q, &id, rc, b);
}

static int op_put(struct request *q)
{
	const json_t *v = json_object_get(q->in, "text");
	uint64_t number = 0;
	int rc;

	if (!json_is_string(v))
		return ROWAN_E_INVAL;
	rc = rowan_put_statement(q->agent->rowan, json_string_value(v),
		json_string_length(v), &number);
	if (rc == ROWAN_E_STALE || rc == ROWAN_E_CHAIN)
		return refuse(q, EXIT_OTHER,
			N_("the case has gone on since this was asked for"),
			N_("begin again with rowan erase or rowan hold"));
	if (rc == ROWAN_E_CRYPTO || rc == ROWAN_E_SIGNER)
		return refuse(q, EXIT_NOT_ALLOWED,
			N_("the authority has not signed this, or not the "
			   "clinic's present one"),
			N_("rowan authority countersign, on its machine, "
			   "signs it"));
	if (rc == ROWAN_E_RULE)
		return refuse(q, EXIT_NOT_ALLOWED,
			N_("the clinic's rules do not allow this now"),
			N_("nothing is erased under a legal hold, and what "
			   "was asked for is good for 7 days"));
	return act(q, rc, number);
}

static int op_bar(struct request *q)
{
	struct id16 id, member;
	const char *reason = arg_text(q, "reason");
	int rc = name_case(q, arg_text(q, "case"), &id);

	if (rc == 0)
		rc = name_person(q, arg_text(q, "person"), &member);
	if (rc != 0)
		return rc;
	put_person(q, &member);
	rc = rowan_bar(q->agent->rowan, id.b, member.b, arg_flag(q, "barred"),
		reason != NULL ? reason : "");
	return rc == ROWAN_E_REFUSED
		       ? refuse(q, EXIT_NOT_ALLOWED,
				 N_("the bar list is the team's, and you are "
				    "not on it"),
				 name_way_in(q->agent))
		       : rc;
}

const struct agent_operation ops_acts[] = {{"open", OP_SPEAK, false, op_open},
	{"close", OP_SPEAK, false, op_close},
	{"reopen", OP_SPEAK, false, op_reopen},
	{"assign", OP_SPEAK, false, op_assign},
	{"unassign", OP_SPEAK, false, op_unassign},
	{"recuse", OP_SPEAK, false, op_recuse},
	{"reset", OP_SPEAK, false, op_reset},
	{"revoke", OP_CARD, false, op_revoke},
	{"log-card", OP_SPEAK, false, op_log_card},
	{"erase", OP_SPEAK, false, op_erase},
	{"hold", OP_SPEAK, false, op_hold}, {"put", OP_SPEAK, false, op_put},
	{"bar", OP_SPEAK, false, op_bar}, {NULL, OP_ANY, false, NULL}};
