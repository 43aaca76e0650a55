/*
 * Operations on people and their devices, and invites for new ones.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/inner.h"
#include "ui/hex.h"

/* Staff of the clinic, each member once. */
static int op_people(struct request *q)
{
	struct agent *a = q->agent;
	json_t *list = json_array();
	struct rowan_list *l;
	int rc = rowan_staff(a->rowan, &l);

	for (size_t i = 0; rc == 0 && i < rowan_list_count(l); i++) {
		struct id16 member;
		json_t *o;
		size_t k;

		memcpy(member.b, rowan_member_id(l, i), ID16_LEN);
		for (k = 0; k < i; k++)
			if (memcmp(rowan_member_id(l, k), member.b, ID16_LEN) ==
				0)
				break;
		if (k < i)
			continue;
		o = json_object();
		show_person(a, &member, l, o);
		(void)json_object_set_new(o, "number",
			json_integer((json_int_t)book_list_add(
				a->book, BOOK_PERSON, &member)));
		(void)json_array_append_new(list, o);
	}
	if (rc == 0)
		rowan_list_free(l);
	(void)json_object_set_new(q->out, "people", list);
	return rc;
}

/* One person, for "who is meant?". */
static int op_person(struct request *q)
{
	struct agent *a = q->agent;
	json_t *list = json_array(), *o;
	const char *text = arg_text(q, "person");
	struct rowan_list *l = NULL;
	struct id16 member;
	int rc;

	(void)json_object_set_new(q->out, "people", list);
	if (text != NULL && strcmp(text, "victim") == 0) {
		(void)json_object_set_new(q->out, "victim", json_true());
		return 0;
	}
	rc = name_person(q, text, &member);
	if (rc == 0)
		rc = rowan_staff(a->rowan, &l);
	if (rc != 0)
		return rc;
	o = json_object();
	show_person(a, &member, l, o);
	(void)json_array_append_new(list, o);
	rowan_list_free(l);
	return 0;
}

/* Who of the staff is barred from a case. */
static int op_barred(struct request *q)
{
	struct agent *a = q->agent;
	json_t *list = json_array();
	struct rowan_list *l = NULL;
	struct id16 case_id, channel, member;
	int rc = name_case(q, arg_text(q, "case"), &case_id);

	(void)json_object_set_new(q->out, "people", list);
	if (rc == 0)
		rc = name_channel(q, &case_id, ROWAN_CHANNEL_TEAM, &channel);
	if (rc == 0)
		rc = rowan_staff(a->rowan, &l);
	for (size_t i = 0; rc == 0 && i < rowan_list_count(l); i++) {
		json_t *o;

		if (i > 0 &&
			memcmp(member.b, rowan_member_id(l, i), ID16_LEN) == 0)
			continue;
		memcpy(member.b, rowan_member_id(l, i), ID16_LEN);
		if (!rowan_barred(a->rowan, case_id.b, member.b))
			continue;
		o = json_object();
		show_person(a, &member, l, o);
		(void)json_array_append_new(list, o);
	}
	rowan_list_free(l);
	return rc;
}

static int put_devices(
	struct request *q, const struct id16 *member, json_t *list)
{
	struct agent *a = q->agent;
	const uint8_t *self = rowan_self_device(a->rowan);
	struct rowan_list *l;
	int rc = rowan_devices(a->rowan, member->b, &l);

	for (size_t i = 0; rc == 0 && i < rowan_list_count(l); i++) {
		const uint8_t *id = rowan_device_id(l, i);
		struct id16 device;
		json_t *o;

		memcpy(device.b, id, ID16_LEN);
		o = json_pack("{s:o,s:o,s:b,s:b,s:I,s:I,s:I}", "device",
			show_id(id), "member", show_id(member->b), "revoked",
			(int)rowan_device_revoked(l, i), "this",
			(int)(self != NULL && memcmp(self, id, ID16_LEN) == 0),
			"logged", (json_int_t)rowan_device_logged(l, i),
			"expires", (json_int_t)rowan_device_expires(l, i),
			"number",
			(json_int_t)book_list_add(
				a->book, BOOK_DEVICE, &device));
		(void)json_array_append_new(list, o);
	}
	if (rc == 0)
		rowan_list_free(l);
	return rc;
}

/* Of a person, of a case's victim, or one's own. */
static int op_devices(struct request *q)
{
	struct agent *a = q->agent;
	const char *person = arg_text(q, "person"), *of = arg_text(q, "case");
	json_t *list = json_array();
	struct id16 member, case_id;
	int rc = 0;

	(void)json_object_set_new(q->out, "devices", list);
	if (of != NULL) {
		rc = name_case(q, of, &case_id);
		if (rc == 0)
			rc = name_member(q, "victim", &case_id, &member);
	} else {
		rc = name_person(q, person != NULL ? person : "me", &member);
	}
	if (rc != 0)
		return rc;
	(void)json_object_set_new(
		q->out, "now", json_integer((json_int_t)rowan_now(a->rowan)));
	return put_devices(q, &member, list);
}

/* ---- invites ------------------------------------------------------------ */

static int op_invite(struct request *q)
{
	struct agent *a = q->agent;
	const char *of = arg_text(q, "case"), *who = arg_text(q, "person");
	unsigned hours = (unsigned)arg_number(q, "hours", 24);
	struct rowan_bytes *text = NULL;
	struct id16 case_id, member, id;
	int rc = of != NULL ? name_case(q, of, &case_id) : 0;

	if (rc == 0 && who != NULL)
		rc = name_person(q, who, &member);

	if (rc == 0)
		rc = who != NULL ? rowan_invite_further(a->rowan, member.b,
					   hours, id.b, &text)
				 : rowan_invite(a->rowan,
					   of != NULL ? case_id.b : NULL,
					   of != NULL ? ROWAN_ROLE_VICTIM
						      : ROWAN_ROLE_CASEWORKER,
					   hours, id.b, &text);
	if (who != NULL && (rc == ROWAN_E_RULE || rc == ROWAN_E_UNKNOWN))
		return refuse(q, EXIT_NOT_ALLOWED,
			N_("further devices are for colleagues of your own "
			   "agency who have one"),
			N_("rowan people tells who is of which; the first one: "
			   "rowan invite --colleague"));
	if (rc == ROWAN_E_SIGNER)
		return refuse(q, EXIT_NOT_ALLOWED,
			N_("your card does not give the right to enrol"),
			N_("ask a colleague who has it; the authority gives it "
			   "with a card"));
	if (rc == ROWAN_E_RULE)
		return refuse(q, EXIT_NOT_ALLOWED,
			N_("a victim is invited by somebody assigned to the "
			   "support channel of the case"),
			N_("a coordinator assigns: rowan assign CASE PERSON "
			   "support; PERSON may be me"));
	if (rc != 0)
		return rc;
	(void)json_object_set_new(q->out, "invite", show_id(id.b));
	(void)json_object_set_new(q->out, "text",
		json_stringn((const char *)rowan_bytes_data(text),
			rowan_bytes_len(text)));
	rowan_bytes_free(text);
	return 0;
}

static int invite_arg(struct request *q, struct id16 *ret)
{
	const char *hex = arg_text(q, "invite");

	return hex != NULL && hex_read(hex, ret->b, ID16_LEN)
		       ? 0
		       : refuse(q, EXIT_USAGE,
				 N_("an invite is named by 32 hexadecimal "
				    "digits"),
				 N_("rowan invite says them when it makes "
				    "one"));
}

/*
 * The code of an invite that somebody has redeemed already, from the journal:
 * the event has come before anybody asked. False when it has come to nothing
 * since.
 */
static bool redeemed(struct request *q, const struct id16 *id)
{
	char hex[2 * ID16_LEN + 1];
	const char *name;
	json_t *e;

	hex_write(id->b, ID16_LEN, hex);
	e = evlog_newest(q->agent->evlog, hex);
	name = json_string_value(json_object_get(e, "event"));
	if (name != NULL && strcmp(name, "compare") == 0)
		(void)json_object_set(
			q->out, "code", json_object_get(e, "text"));
	json_decref(e);
	return json_is_string(json_object_get(q->out, "code"));
}

/* Wait until somebody redeems it and the code is there. */
static int op_invite_code(struct request *q)
{
	struct id16 id;
	int rc = invite_arg(q, &id);

	if (rc != 0 || redeemed(q, &id))
		return rc;
	return wait_for(q, WAIT_COMPARE, 0, &id);
}

static int op_invite_confirm(struct request *q)
{
	const json_t *consent = json_object_get(q->in, "consent");
	bool same = arg_flag(q, "same");
	struct id16 id;
	int rc = invite_arg(q, &id);

	if (rc == 0 && same && json_is_string(consent))
		rc = rowan_invite_confirm_with(q->agent->rowan, id.b,
			json_string_value(consent),
			json_string_length(consent));
	else if (rc == 0)
		rc = rowan_invite_confirm(q->agent->rowan, id.b, same);
	if (rc == ROWAN_E_SIGNER && !json_is_string(consent))
		return refuse(q, EXIT_NOT_ALLOWED,
			N_("a further device needs the consent of one they "
			   "have"),
			N_("a victim's that is lost: rowan revoke, then "
			   "confirm again. Else there: rowan consent FILE; "
			   "here then: rowan confirm INVITE --consent "
			   "ITS-ANSWER"));
	if (rc == ROWAN_E_CRYPTO)
		return refuse(q, EXIT_DIFFERENT,
			N_("that consent is to another request"),
			N_("let them begin again, and compare the "
			   "fingerprints"));
	if (rc == ROWAN_E_NOT_FOUND)
		return refuse(q, EXIT_NOT_FOUND,
			N_("there is no such invite, or it has ended"),
			N_("rowan invite makes another one"));
	if (rc != 0 || !same)
		return rc;
	return wait_for(q, WAIT_ENROLLED, 0, &id);
}

/* This device's consent to a further one of the same person. */
static int op_consent(struct request *q)
{
	const json_t *text = json_object_get(q->in, "text");
	struct rowan_bytes *made = NULL;
	int rc = json_is_string(text) ? rowan_consent(q->agent->rowan,
						json_string_value(text),
						json_string_length(text), &made)
				      : ROWAN_E_MALFORMED;

	if (rc == ROWAN_E_RULE)
		return refuse(q, EXIT_NOT_ALLOWED,
			N_("that request is not for a device of yours"),
			N_("a colleague of yours makes it: rowan invite "
			   "--further "
			   "with your number; then rowan setup --request "
			   "FILE"));
	if (rc == 0)
		(void)json_object_set_new(q->out, "consent",
			json_stringn((const char *)rowan_bytes_data(made),
				rowan_bytes_len(made)));
	rowan_bytes_free(made);
	return rc;
}

const struct agent_operation ops_people[] = {
	{"consent", OP_SPEAK, false, op_consent},
	{"people", OP_CARD, false, op_people},
	{"person", OP_CARD, false, op_person},
	{"barred", OP_CARD, false, op_barred},
	{"devices", OP_CARD, false, op_devices},
	{"invite", OP_SPEAK, false, op_invite},
	{"invite-code", OP_CARD, false, op_invite_code},
	{"invite-confirm", OP_CARD, false, op_invite_confirm},
	{NULL, OP_ANY, false, NULL}};
