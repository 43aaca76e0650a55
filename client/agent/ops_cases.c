/*
 * Operations that look at cases, channels and what is unread in them.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/inner.h"

static const char *case_status(enum rowan_case_status s)
{
	switch (s) {
	case ROWAN_CASE_OPEN: return "open";
	case ROWAN_CASE_CLOSED: return "closed";
	case ROWAN_CASE_ERASED: return "erased";
	default: return "unknown";
	}
}

/* The newest message of a channel, without its text. */
static void put_last(struct agent *a, const uint8_t *channel, json_t *into)
{
	struct rowan_message *m;

	if (rowan_message_last(a->rowan, channel, 0, &m) != 0)
		return;
	(void)json_object_set_new(into, "last",
		json_integer((json_int_t)(rowan_message_received(m) != 0
						  ? rowan_message_received(m)
						  : rowan_message_sent(m))));
	(void)json_object_set_new(
		into, "last_own", json_boolean(rowan_message_own(m)));
	rowan_message_free(m);
}

/* Own messages that did not come to all, of which nobody was told. */
static json_int_t untold(struct agent *a, const uint8_t *channel)
{
	struct id16 of, id;
	json_int_t ret = 0;

	memcpy(of.b, channel, ID16_LEN);
	while (book_untold(a->book, &of, (size_t)ret, &id))
		ret++;
	return ret;
}

static json_t *channel_json(
	struct agent *a, const struct rowan_list *l, size_t i, bool last)
{
	const uint8_t *id = rowan_channel_id(l, i);
	json_int_t missed = untold(a, id);
	json_t *o = json_pack("{s:o,s:s,s:b,s:b,s:i,s:I,s:I}", "channel",
		show_id(id), "kind", show_kind(rowan_channel_kind(l, i)),
		"joined", (int)rowan_channel_joined(l, i), "frozen",
		(int)rowan_channel_frozen(l, i), "generation",
		(int)rowan_channel_generation(l, i), "epoch",
		(json_int_t)rowan_channel_epoch(l, i), "unread",
		(json_int_t)rowan_unread(a->rowan, id));

	if (missed > 0)
		(void)json_object_set_new(o, "untold", json_integer(missed));
	if (last)
		put_last(a, id, o);
	return o;
}

/*
 * Puts "channels" of a case, and the sum of what is unread in them; ${ret}: is
 * there anything to read?
 */
static int put_channels(struct agent *a, const uint8_t *case_id, bool last,
	json_t *into, bool *ret)
{
	json_t *list = json_array();
	struct rowan_list *l;
	json_int_t unread = 0;
	bool missed = false;
	int rc = rowan_channels(a->rowan, case_id, &l);

	for (size_t i = 0; rc == 0 && i < rowan_list_count(l); i++) {
		json_t *o = channel_json(a, l, i, last);

		unread += json_integer_value(json_object_get(o, "unread"));
		missed = missed || json_object_get(o, "untold") != NULL;
		(void)json_array_append_new(list, o);
	}
	if (rc == 0)
		rowan_list_free(l);
	(void)json_object_set_new(into, "channels", list);
	(void)json_object_set_new(into, "unread", json_integer(unread));
	*ret = unread > 0 || missed;
	return rc;
}

static json_t *case_json(struct agent *a, const struct rowan_list *l, size_t i)
{
	json_t *o = json_object();

	show_case(a, rowan_case_id(l, i), o);
	(void)json_object_set_new(
		o, "status", json_string(case_status(rowan_case_status(l, i))));
	(void)json_object_set_new(
		o, "agency", json_string(rowan_case_agency(l, i)));
	(void)json_object_set_new(
		o, "day", json_integer((json_int_t)rowan_case_day(l, i)));
	(void)json_object_set_new(
		o, "hold", json_boolean(rowan_case_hold(l, i)));
	return o;
}

/* Cases with their channels. "all": closed ones, too; "unread": only with. */
static int op_cases(struct request *q)
{
	struct agent *a = q->agent;
	bool all = arg_flag(q, "all"), unread = arg_flag(q, "unread");
	bool last = arg_flag(q, "last");
	json_t *list = json_array();
	struct rowan_list *l;
	int rc = rowan_cases(a->rowan, &l);

	for (size_t i = 0; rc == 0 && i < rowan_list_count(l); i++) {
		struct id16 id;
		bool any;
		json_t *o;

		if (!all && !unread &&
			rowan_case_status(l, i) != ROWAN_CASE_OPEN)
			continue;
		o = case_json(a, l, i);
		rc = put_channels(a, rowan_case_id(l, i), last, o, &any);
		if (unread && !any) {
			json_decref(o);
			continue;
		}
		memcpy(id.b, rowan_case_id(l, i), ID16_LEN);
		(void)json_object_set_new(o, "number",
			json_integer((json_int_t)book_list_add(
				a->book, BOOK_CASE, &id)));
		(void)json_array_append_new(list, o);
	}
	if (rc == 0 || json_array_size(list) > 0)
		rowan_list_free(l);
	(void)json_object_set_new(q->out, "cases", list);
	(void)json_object_set_new(
		q->out, "now", json_integer((json_int_t)rowan_now(a->rowan)));
	return rc;
}

static void put_people(struct request *q, const uint8_t *channel, json_t *into)
{
	struct agent *a = q->agent;
	json_t *list = json_array();
	struct rowan_list *l;

	if (rowan_members(a->rowan, channel, &l) != 0)
		l = NULL;
	for (size_t i = 0; i < rowan_list_count(l); i++) {
		json_t *o = json_object();
		struct id16 member;

		memcpy(member.b, rowan_member_id(l, i), ID16_LEN);
		show_person(a, &member, l, o);
		(void)json_object_set_new(
			o, "device", show_id(rowan_member_device(l, i)));
		(void)json_object_set_new(
			o, "present", json_boolean(rowan_member_present(l, i)));
		(void)json_object_set_new(o, "verified",
			json_boolean(rowan_member_verified(l, i)));
		if (rowan_member_until(l, i) != 0)
			(void)json_object_set_new(o, "until",
				json_integer(
					(json_int_t)rowan_member_until(l, i)));
		(void)json_object_set_new(o, "number",
			json_integer((json_int_t)book_list_add(
				a->book, BOOK_PERSON, &member)));
		(void)json_array_append_new(list, o);
	}
	rowan_list_free(l);
	(void)json_object_set_new(into, "people", list);
}

/* Of a victim, also of one who has left or whose phone was revoked since. */
static bool is_victim(struct agent *a, const uint8_t *channel,
	const struct rowan_list *people, const uint8_t *member)
{
	struct rowan_list *l;
	bool ret;

	for (size_t i = 0; i < rowan_list_count(people); i++)
		if (memcmp(rowan_member_id(people, i), member, ID16_LEN) == 0)
			return rowan_member_role(people, i) ==
			       ROWAN_ROLE_VICTIM;
	if (rowan_person(a->rowan, channel, member, &l) != 0)
		return false;
	ret = rowan_list_count(l) > 0 &&
	      rowan_member_role(l, 0) == ROWAN_ROLE_VICTIM;
	rowan_list_free(l);
	return ret;
}

/* When the victim first wrote, and when somebody of staff first answered. */
static void put_answer(struct agent *a, const uint8_t *channel, json_t *into)
{
	uint64_t at = 0, first = 0, answer = 0;
	struct rowan_list *people;
	struct rowan_message *m;

	if (rowan_members(a->rowan, channel, &people) != 0)
		return;
	while (answer == 0 &&
		rowan_message_next(a->rowan, channel, at, &m) == 0) {
		uint64_t when = rowan_message_received(m);
		bool victim =
			is_victim(a, channel, people, rowan_message_member(m));

		if (rowan_message_type(m) != ROWAN_MESSAGE_NAME) {
			if (victim && first == 0)
				first = when;
			else if (!victim && first != 0)
				answer = when;
		}
		at = rowan_message_place(m);
		rowan_message_free(m);
	}
	rowan_list_free(people);
	if (first != 0)
		(void)json_object_set_new(
			into, "first_message", json_integer((json_int_t)first));
	if (answer != 0)
		(void)json_object_set_new(
			into, "first_answer", json_integer((json_int_t)answer));
}

/* Referrals of the days "from" to "to", as far as this device knows. */
static int op_report(struct request *q)
{
	struct agent *a = q->agent;
	uint32_t from = (uint32_t)arg_number(q, "from", 0);
	uint32_t to = (uint32_t)arg_number(q, "to", UINT32_MAX);
	json_t *list = json_array();
	struct rowan_list *l = NULL;
	int rc = rowan_cases(a->rowan, &l);

	for (size_t i = 0; rc == 0 && i < rowan_list_count(l); i++) {
		struct id16 id, channel;
		json_t *o;

		if (rowan_case_day(l, i) < from || rowan_case_day(l, i) > to)
			continue;
		o = case_json(a, l, i);
		memcpy(id.b, rowan_case_id(l, i), ID16_LEN);
		if (name_channel(q, &id, ROWAN_CHANNEL_SUPPORT, &channel) == 0)
			put_answer(a, channel.b, o);
		else if (rowan_channel_of(a->rowan, id.b, ROWAN_CHANNEL_SUPPORT,
				 channel.b) == 0)
			(void)json_object_set_new(o, "unreadable", json_true());
		(void)json_array_append_new(list, o);
	}
	rowan_list_free(l);
	(void)json_object_set_new(q->out, "cases", list);
	(void)json_object_set_new(
		q->out, "now", json_integer((json_int_t)rowan_now(a->rowan)));
	return rc;
}

/* Whether the newest own message of a channel is more than a day unread. */
static bool unheard(struct agent *a, const uint8_t *channel)
{
	struct rowan_message *m;
	enum rowan_message_state state;
	uint64_t sent;
	bool own;

	if (rowan_message_last(a->rowan, channel, 0, &m) != 0)
		return false;
	state = rowan_message_state(m);
	sent = rowan_message_sent(m);
	own = rowan_message_own(m);
	rowan_message_free(m);
	return own && state != ROWAN_STATE_READ &&
	       sent + 86400 < rowan_now(a->rowan);
}

/* Does this device take part in it, so that it knows who does? */
static bool takes_part(const struct rowan_list *channels, const uint8_t *id)
{
	for (size_t i = 0; i < rowan_list_count(channels); i++)
		if (memcmp(rowan_channel_id(channels, i), id, ROWAN_ID_LEN) ==
			0)
			return true;
	return false;
}

/*
 * Why a case counts as never opened; NULL: it was. "": somebody is allocated,
 * and this device cannot know the rest.
 */
static const char *unopened(struct agent *a, const uint8_t *case_id)
{
	size_t allocated = 0, in = 0;
	bool waits = false, knows = false;
	struct rowan_list *own = NULL;

	if (rowan_channels(a->rowan, case_id, &own) != 0)
		own = NULL;

	for (int kind = ROWAN_CHANNEL_SUPPORT; kind <= ROWAN_CHANNEL_TEAM;
		kind++) {
		uint8_t channel[ROWAN_ID_LEN];
		struct rowan_list *l;

		if (rowan_channel_of(a->rowan, case_id,
			    (enum rowan_channel_kind)kind, channel) != 0 ||
			rowan_members(a->rowan, channel, &l) != 0)
			continue;
		for (size_t i = 0; i < rowan_list_count(l); i++) {
			if (rowan_member_role(l, i) == ROWAN_ROLE_VICTIM)
				continue;
			allocated++;
			in += rowan_member_present(l, i) ? 1 : 0;
		}
		rowan_list_free(l);
		knows = knows || takes_part(own, channel);
		waits = waits || unheard(a, channel);
	}
	rowan_list_free(own);
	return allocated == 0 ? "nobody"
	       : !knows	      ? ""
	       : in == 0      ? "not in"
	       : waits	      ? "unread"
			      : NULL;
}

/* Open cases that nobody has taken up, and why they count as such. */
static int op_unopened(struct request *q)
{
	struct agent *a = q->agent;
	json_t *list = json_array();
	struct rowan_list *l = NULL;
	json_int_t left_out = 0;
	int rc = rowan_cases(a->rowan, &l);

	for (size_t i = 0; rc == 0 && i < rowan_list_count(l); i++) {
		const char *why = rowan_case_status(l, i) == ROWAN_CASE_OPEN
					  ? unopened(a, rowan_case_id(l, i))
					  : NULL;
		struct id16 id;
		json_t *o;

		if (why != NULL && *why == '\0')
			left_out++;
		if (why == NULL || *why == '\0')
			continue;
		o = case_json(a, l, i);
		memcpy(id.b, rowan_case_id(l, i), ID16_LEN);
		(void)json_object_set_new(o, "unopened", json_string(why));
		(void)json_object_set_new(o, "number",
			json_integer((json_int_t)book_list_add(
				a->book, BOOK_CASE, &id)));
		(void)json_object_set_new(o, "channels", json_array());
		(void)json_array_append_new(list, o);
	}
	rowan_list_free(l);
	(void)json_object_set_new(q->out, "cases", list);
	(void)json_object_set_new(q->out, "left_out", json_integer(left_out));
	(void)json_object_set_new(
		q->out, "now", json_integer((json_int_t)rowan_now(a->rowan)));
	return rc;
}

/* Who is in a channel; a coordinator is told of those they are not in, too. */
static void put_kind(struct request *q, const struct id16 *case_id,
	enum rowan_channel_kind kind)
{
	json_t *list = json_object_get(q->out, "channels"), *one, *into = NULL;
	uint8_t channel[ROWAN_ID_LEN];
	size_t i;

	if (rowan_channel_of(q->agent->rowan, case_id->b, kind, channel) != 0)
		return;
	json_array_foreach (list, i, one)
		if (strcmp(json_string_value(json_object_get(one, "kind")),
			    show_kind(kind)) == 0)
			into = one;
	if (into == NULL) {
		into = json_pack("{s:o,s:s,s:b}", "channel", show_id(channel),
			"kind", show_kind(kind), "part", 0);
		(void)json_array_append_new(list, into);
	} else {
		(void)json_object_set_new(into, "part", json_true());
	}
	put_people(q, channel, into);
}

/* One case, with who takes part where. */
static int op_case(struct request *q)
{
	struct agent *a = q->agent;
	struct rowan_list *l;
	struct id16 id;
	bool any;
	size_t i;
	int rc = name_case(q, arg_text(q, "case"), &id);

	if (rc != 0)
		return rc;
	rc = rowan_cases(a->rowan, &l);
	if (rc != 0)
		return rc;
	for (i = 0; i < rowan_list_count(l); i++)
		if (memcmp(rowan_case_id(l, i), id.b, ID16_LEN) == 0)
			break;
	if (i == rowan_list_count(l)) {
		rowan_list_free(l);
		return ROWAN_E_NOT_FOUND;
	}
	json_decref(q->out);
	q->out = case_json(a, l, i);
	rowan_list_free(l);
	rc = put_channels(a, id.b, true, q->out, &any);
	if (rc != 0)
		return rc;
	for (int kind = ROWAN_CHANNEL_SUPPORT; kind <= ROWAN_CHANNEL_DIARY;
		kind++)
		put_kind(q, &id, (enum rowan_channel_kind)kind);
	(void)json_object_set_new(
		q->out, "now", json_integer((json_int_t)rowan_now(a->rowan)));
	return 0;
}

static int op_alias(struct request *q)
{
	struct agent *a = q->agent;
	const char *alias = arg_text(q, "alias");
	bool person = arg_flag(q, "person");
	struct id16 id;
	int rc = person ? name_person(q, arg_text(q, "of"), &id)
			: name_case(q, arg_text(q, "of"), &id);

	if (rc != 0)
		return rc;
	rc = book_set_alias(
		a->book, person ? BOOK_PERSON : BOOK_CASE, &id, alias);
	if (rc == ROWAN_E_INVAL)
		return refuse(q, EXIT_USAGE,
			N_("an alias is one word that is no number"),
			N_("it stays on this device; a word that means nothing "
			   "to others is best"));
	if (rc == ROWAN_E_EXISTS)
		return refuse(q, EXIT_TAKEN,
			N_("something else has that alias"),
			N_("choose another word; rowan cases and rowan people "
			   "show "
			   "which are taken"));
	(void)json_object_set_new(q->out, "id", show_id(id.b));
	return rc;
}

/* The channel's verification code; "verified" keeps that it was compared. */
static int op_code(struct request *q)
{
	struct agent *a = q->agent;
	enum rowan_channel_kind kind;
	struct id16 case_id, channel;
	char code[ROWAN_CODE_LEN];
	int rc = name_case(q, arg_text(q, "case"), &case_id);

	if (rc == 0)
		rc = name_kind(q, arg_text(q, "channel"), &kind);
	if (rc == 0)
		rc = name_channel(q, &case_id, kind, &channel);
	if (rc == 0 && arg_flag(q, "verified"))
		rc = rowan_verified(a->rowan, channel.b);
	if (rc == 0)
		rc = rowan_code(a->rowan, channel.b, code);
	if (rc != 0)
		return rc;
	(void)json_object_set_new(q->out, "code", json_string(code));
	return 0;
}

const struct agent_operation ops_cases[] = {{"cases", OP_CARD, false, op_cases},
	{"case", OP_CARD, false, op_case},
	{"report", OP_CARD, false, op_report},
	{"unopened", OP_CARD, false, op_unopened},
	{"alias", OP_CARD, false, op_alias}, {"code", OP_CARD, false, op_code},
	{NULL, OP_ANY, false, NULL}};
