/*
 * Operations on messages: reading a channel, writing, names, marks.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/inner.h"

#define READ_MAX 1000 /* messages in one answer */

static int channel_arg(struct request *q, struct id16 *ret)
{
	enum rowan_channel_kind kind;
	struct id16 case_id;
	int rc = name_case(q, arg_text(q, "case"), &case_id);

	if (rc == 0)
		rc = name_kind(q, arg_text(q, "channel"), &kind);
	if (rc == 0)
		rc = name_channel(q, &case_id, kind, ret);
	return rc;
}

/* Below which place the last ${count} messages begin. */
static uint64_t place_before_last(
	struct agent *a, const struct id16 *channel, json_int_t count)
{
	struct rowan_message *m;
	uint64_t before = 0;

	while (count-- > 0 &&
		rowan_message_last(a->rowan, channel->b, before, &m) == 0) {
		before = rowan_message_place(m);
		rowan_message_free(m);
	}
	return before > 0 ? before - 1 : 0;
}

/* Of the first own message that did not come to all and is not told; or 0. */
static uint64_t place_of_untold(struct agent *a, const struct id16 *channel)
{
	struct rowan_message *m;
	struct id16 id;
	uint64_t first = 0;

	for (size_t i = 0; book_untold(a->book, channel, i, &id); i++) {
		if (rowan_message_get(a->rowan, id.b, &m) != 0)
			continue;
		if (first == 0 || rowan_message_place(m) < first)
			first = rowan_message_place(m);
		rowan_message_free(m);
	}
	return first;
}

/* Where the first unread message is, or untold one, minus one; or the end. */
static uint64_t place_before_unread(struct agent *a, const struct id16 *channel)
{
	size_t left = rowan_unread(a->rowan, channel->b);
	uint64_t before = 0, first = place_of_untold(a, channel);
	struct rowan_message *m;

	while (left > 0 &&
		rowan_message_last(a->rowan, channel->b, before, &m) == 0) {
		before = rowan_message_place(m);
		if (rowan_message_state(m) == ROWAN_STATE_NEW) {
			if (first == 0 || before < first)
				first = before;
			left--;
		}
		rowan_message_free(m);
	}
	return first > 0 ? first - 1 : UINT64_MAX;
}

static void add_message(struct request *q, const struct rowan_message *m,
	const struct rowan_list *people, json_t *list)
{
	struct agent *a = q->agent;
	json_t *o = show_message(a, m, people);
	struct id16 id;

	memcpy(id.b, rowan_message_id(m), ID16_LEN);
	(void)json_object_set_new(o, "number",
		json_integer(
			(json_int_t)book_list_add(a->book, BOOK_MESSAGE, &id)));
	(void)json_array_append_new(list, o);
}

/* It was shown: it is read, and what became of it is told. */
static int mark(struct agent *a, const struct rowan_message *m)
{
	struct id16 channel, id;

	memcpy(channel.b, rowan_message_channel(m), ID16_LEN);
	memcpy(id.b, rowan_message_id(m), ID16_LEN);
	book_told(a->book, &channel, &id);
	return rowan_message_state(m) == ROWAN_STATE_NEW
		       ? rowan_mark_read(a->rowan, id.b)
		       : 0;
}

/*
 * Messages of a channel: "after" a place, the "last" so many, or from the
 * first unread one. "mark": they are read now.
 */
static int op_read(struct request *q)
{
	struct agent *a = q->agent;
	json_int_t last = arg_number(q, "last", 0);
	json_int_t after = arg_number(q, "after", -1);
	json_t *list = json_array();
	struct rowan_list *people = NULL;
	struct rowan_message *m;
	struct id16 channel;
	uint64_t at;
	int rc = channel_arg(q, &channel);

	(void)json_object_set_new(q->out, "messages", list);
	if (rc == 0)
		rc = rowan_members(a->rowan, channel.b, &people);
	if (rc != 0)
		return rc;
	at = after >= 0 ? (uint64_t)after
	     : last > 0 ? place_before_last(a, &channel, last)
			: place_before_unread(a, &channel);
	while (json_array_size(list) < READ_MAX &&
		(rc = rowan_message_next(a->rowan, channel.b, at, &m)) == 0) {
		at = rowan_message_place(m);
		add_message(q, m, people, list);
		if (arg_flag(q, "mark"))
			rc = mark(a, m);
		rowan_message_free(m);
		if (rc != 0)
			break;
	}
	rowan_list_free(people);
	/* What was forgotten since is not shown again. */
	if (rc == ROWAN_E_NOT_FOUND && arg_flag(q, "mark") && after < 0 &&
		last == 0)
		book_told(a->book, &channel, NULL);
	(void)json_object_set_new(q->out, "more",
		json_boolean(json_array_size(list) == READ_MAX));
	(void)json_object_set_new(
		q->out, "place", json_integer((json_int_t)at));
	(void)json_object_set_new(
		q->out, "now", json_integer((json_int_t)rowan_now(a->rowan)));
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int set_draft(const struct request *q, struct rowan_draft *d)
{
	const json_t *text = json_object_get(q->in, "text");
	const char *path = arg_text(q, "path");
	json_int_t hold = arg_number(q, "hold", 0);
	json_int_t lifetime = arg_number(q, "lifetime", 0);
	int rc = 0;

	if (json_is_string(text))
		rc = rowan_draft_text(
			d, json_string_value(text), json_string_length(text));
	if (rc == 0 && path != NULL)
		rc = rowan_draft_attach(
			d, path, arg_text(q, "name"), arg_text(q, "media"));
	if (rc == 0 && arg_number(q, "happened", 0) > 0)
		rc = rowan_draft_incident(d,
			(uint64_t)arg_number(q, "happened", 0),
			(uint64_t)arg_number(q, "happened_until", 0),
			arg_text(q, "kind"));
	if (rc == 0 && hold > 0)
		rc = rowan_draft_hold(d, (uint64_t)hold);
	if (rc == 0 && lifetime > 0 && lifetime <= UINT32_MAX)
		rc = rowan_draft_lifetime(d, (uint32_t)lifetime);
	if (rc == 0 && arg_flag(q, "urgent"))
		rc = rowan_draft_urgent(d, true);
	return rc;
}

static int op_send(struct request *q)
{
	struct rowan_draft *d;
	struct id16 channel, id;
	int rc = channel_arg(q, &channel);

	if (rc != 0)
		return rc;
	d = rowan_draft_new();
	rc = d == NULL ? ROWAN_E_NOMEM : set_draft(q, d);
	if (rc == 0)
		rc = rowan_send(q->agent->rowan, channel.b, d, id.b);
	rowan_draft_free(d);
	if (rc == ROWAN_E_LIMIT)
		return refuse(q, EXIT_INPUT, N_("that is too long"),
			N_("a message takes 60 KiB of text; longer things go "
			   "as a file: rowan attach"));
	if (rc == ROWAN_E_INVAL)
		return refuse(q, EXIT_INPUT,
			N_("that is not text, or the file has a name nobody "
			   "could save"),
			N_("text is UTF-8 without zero bytes; --name gives a "
			   "file another name"));
	if (rc != 0)
		return rc;
	(void)json_object_set_new(q->out, "message", show_id(id.b));
	return wait_for(q, WAIT_SENT, 0, &id);
}

static int op_mark(struct request *q)
{
	struct id16 id;
	int rc = name_message(q, arg_text(q, "message"), &id);

	return rc == 0 ? rowan_mark_read(q->agent->rowan, id.b) : rc;
}

static int op_forget(struct request *q)
{
	struct id16 id;
	int rc = name_message(q, arg_text(q, "message"), &id);

	return rc == 0 ? rowan_forget(q->agent->rowan, id.b) : rc;
}

static int op_cancel(struct request *q)
{
	struct id16 id;
	int rc = name_message(q, arg_text(q, "message"), &id);

	if (rc == 0)
		rc = rowan_cancel(q->agent->rowan, id.b);
	if (rc == ROWAN_E_STATE)
		return refuse(q, EXIT_OTHER, N_("it has left already"),
			N_("those who got it have it; rowan forget deletes it "
			   "on this device only"));
	return rc;
}

/* In every channel, those of the future included. */
static int name_everywhere(struct request *q, const char *name)
{
	struct rowan *r = q->agent->rowan;
	struct rowan_list *cases = NULL, *channels;
	int rc = *name != '\0' && strlen(name) <= ROWAN_NAME_MAX
			 ? book_set_name(q->agent->book, name)
			 : ROWAN_E_INVAL;

	if (rc == 0)
		rc = rowan_cases(r, &cases);
	for (size_t i = 0; rc == 0 && i < rowan_list_count(cases); i++) {
		if (rowan_case_status(cases, i) != ROWAN_CASE_OPEN)
			continue;
		channels = NULL;
		rc = rowan_channels(r, rowan_case_id(cases, i), &channels);
		for (size_t k = 0; rc == 0 && k < rowan_list_count(channels);
			k++)
			if (rowan_channel_joined(channels, k))
				rc = rowan_set_name(
					r, rowan_channel_id(channels, k), name);
		rowan_list_free(channels);
	}
	rowan_list_free(cases);
	return rc;
}

static int op_name(struct request *q)
{
	const char *name = arg_text(q, "name");
	struct id16 channel;
	int rc;

	if (name != NULL && arg_text(q, "case") == NULL)
		return name_everywhere(q, name);
	rc = channel_arg(q, &channel);

	if (rc == 0 && name == NULL)
		rc = ROWAN_E_INVAL;
	return rc == 0 ? rowan_set_name(q->agent->rowan, channel.b, name) : rc;
}

/* The file itself: it is short, and the command writes it where it should. */
static int op_receipt(struct request *q)
{
	struct rowan_bytes *file = NULL;
	struct id16 id;
	int rc = name_message(q, arg_text(q, "message"), &id);

	if (rc == 0)
		rc = rowan_receipt(q->agent->rowan, id.b, &file);
	if (rc == ROWAN_E_AGAIN)
		return refuse(q, EXIT_LATER, N_("it is not here yet"),
			N_("it comes by itself once the daemon is reached"));
	if (rc == ROWAN_E_NOT_FOUND)
		return refuse(q, EXIT_NOT_FOUND,
			N_("there is no receipt of this message"),
			N_("there is one of each that was sent from this "
			   "device, and has left"));
	if (rc != 0)
		return rc;
	(void)json_object_set_new(q->out, "receipt",
		json_stringn((const char *)rowan_bytes_data(file),
			rowan_bytes_len(file)));
	rowan_bytes_free(file);
	return 0;
}

/* Hand earlier messages of a channel to those who came later. */
static int op_hand_over(struct request *q)
{
	const json_t *list = json_object_get(q->in, "messages"), *one;
	size_t n = json_array_size(list), i;
	uint8_t *ids = calloc(n > 0 ? n : 1, ROWAN_ID_LEN);
	int rc = ids == NULL ? ROWAN_E_NOMEM : 0;

	json_array_foreach (list, i, one) {
		struct id16 id;

		if (rc == 0)
			rc = name_message(q, json_string_value(one), &id);
		if (rc == 0)
			memcpy(ids + i * ROWAN_ID_LEN, id.b, ROWAN_ID_LEN);
	}
	if (rc == 0)
		rc = rowan_hand_over(q->agent->rowan, ids, n);
	free(ids);
	return rc;
}

const struct agent_operation ops_messages[] = {
	{"read", OP_CARD, false, op_read}, {"send", OP_SPEAK, false, op_send},
	{"mark", OP_CARD, false, op_mark},
	{"forget", OP_CARD, false, op_forget},
	{"cancel", OP_CARD, false, op_cancel},
	{"receipt", OP_CARD, false, op_receipt},
	{"name", OP_SPEAK, false, op_name},
	{"hand-over", OP_SPEAK, false, op_hand_over},
	{NULL, OP_ANY, false, NULL}};
