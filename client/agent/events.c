/*
 * Events of the SDK: kept in the evlog, told to who waits and who listens,
 * then acknowledged. A crash between repeats an event, and loses none.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/inner.h"
#include "ui/mem.h"

#define FEED_MAX ((size_t)64 * 1024) /* bytes before they are sent */

static void put_id(json_t *into, const char *name, const uint8_t *id)
{
	if (id != NULL)
		(void)json_object_set_new(into, name, show_id(id));
}

static void put_number(json_t *into, const char *name, uint64_t n)
{
	if (n != 0)
		(void)json_object_set_new(
			into, name, json_integer((json_int_t)n));
}

static json_t *event_json(const struct rowan_event *e)
{
	enum rowan_event_type type = rowan_event_type(e);
	json_t *o = json_pack("{s:s}", "event", rowan_event_name(type));
	int code = rowan_event_code(e);

	put_number(o, "time", rowan_event_time(e));
	put_id(o, "case", rowan_event_case(e));
	put_id(o, "channel", rowan_event_channel(e));
	put_id(o, "member", rowan_event_member(e));
	put_id(o, "device", rowan_event_device(e));
	put_id(o, "message", rowan_event_message(e));
	put_number(o, "count", rowan_event_count(e));
	put_number(o, "total", rowan_event_total(e));
	if (type == ROWAN_EVENT_ALARM)
		(void)json_object_set_new(o, "alarm",
			json_string(rowan_alarm_name((enum rowan_alarm)code)));
	else if (code < 0)
		(void)json_object_set_new(
			o, "error", json_string(rowan_strerror(code)));
	else if (code > 0)
		(void)json_object_set_new(o, "code", json_integer(code));
	if (*rowan_event_text(e) != '\0')
		(void)json_object_set_new(
			o, "text", json_string(rowan_event_text(e)));
	return o;
}

/* States of the connection come and go; progress is for who waits. */
static bool is_kept(enum rowan_event_type type)
{
	return type != ROWAN_EVENT_ONLINE && type != ROWAN_EVENT_OFFLINE &&
	       type != ROWAN_EVENT_PROGRESS;
}

/*
 * A message that somebody it was for does not get. The command that sent it
 * says so while it is there; else whoever looks next has to be told.
 */
static int heed_missed(struct agent *a, const struct rowan_event *e)
{
	const uint8_t *member = rowan_event_member(e);
	struct book_missed m = {
		.told = wait_sending(a, rowan_event_message(e))};
	struct id16 of;

	if (rowan_event_message(e) == NULL || rowan_event_channel(e) == NULL)
		return 0;
	memcpy(m.message.b, rowan_event_message(e), ID16_LEN);
	memcpy(m.channel.b, rowan_event_channel(e), ID16_LEN);
	if (rowan_event_type(e) == ROWAN_EVENT_UNREACHED && member != NULL) {
		memcpy(of.b, member, ID16_LEN);
		m.member = &of;
	} else if (m.told) {
		return 0; /* its state says all */
	}
	return book_missed_add(a->book, &m);
}

/*
 * What the agent itself does about it: this device's own troubles are kept, a
 * channel that can be written is told the name.
 */
static int heed(struct agent *a, const struct rowan_event *e)
{
	const uint8_t *device = rowan_event_device(e);
	const uint8_t *self = rowan_self_device(a->rowan);
	const char *name = book_name(a->book);

	switch (rowan_event_type(e)) {
	case ROWAN_EVENT_READMIT_NEEDED:
		return book_set_mark(a->book, BOOK_OLD_COPY, true);
	case ROWAN_EVENT_READMITTED:
		return device != NULL && self != NULL &&
				       memcmp(device, self, ROWAN_ID_LEN) == 0
			       ? book_set_mark(a->book, BOOK_OLD_COPY, false)
			       : 0;
	case ROWAN_EVENT_SELF_REVOKED:
		return book_set_mark(a->book, BOOK_REVOKED, true);
	case ROWAN_EVENT_UNSENT:
	case ROWAN_EVENT_UNREACHED: return heed_missed(a, e);
	case ROWAN_EVENT_CHANNEL:
		/* Not said now, said when somebody says it by hand. */
		if (name != NULL && rowan_event_channel(e) != NULL)
			(void)!rowan_set_name(
				a->rowan, rowan_event_channel(e), name);
		return 0;
	default: return 0;
	}
}

static int take_one(struct agent *a, const struct rowan_event *e)
{
	enum rowan_event_type type = rowan_event_type(e);
	uint64_t cursor;
	json_t *o;
	int rc = heed(a, e);

	if (rc != 0)
		return rc;
	if (type == ROWAN_EVENT_OFFLINE)
		a->offline = rowan_event_code(e);
	else if (type == ROWAN_EVENT_ONLINE)
		a->offline = 0;
	/* What a daemon alone had said is over when it lets this device in. */
	if (type == ROWAN_EVENT_ONLINE && book_mark(a->book, BOOK_REVOKED))
		rc = book_set_mark(a->book, BOOK_REVOKED, false);
	if (rc != 0)
		return rc;
	if (is_kept(type)) {
		o = event_json(e);
		if (type == ROWAN_EVENT_FAILED && !wait_wanted(a, e))
			(void)json_object_set_new(o, "untold", json_true());
		rc = evlog_add(a->evlog, o, &cursor);
		json_decref(o);
	}
	if (rc != 0)
		return rc;
	wait_event(a, e);
	return rowan_event_done(a->rowan, e);
}

int events_take(struct agent *a)
{
	const struct rowan_event *e;
	uint64_t before = evlog_last(a->evlog);
	int rc;

	while ((rc = rowan_next_event(a->rowan, &e)) == 0) {
		rc = take_one(a, e);
		if (rc != 0)
			return rc;
	}
	if (evlog_last(a->evlog) != before && evlog_sync(a->evlog) != 0)
		return ROWAN_E_IO;
	for (struct peer *p = a->peers; p != NULL; p = p->next)
		if (p->listens)
			events_feed(a, p);
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

/* A message event brings the message, as it is in the vault now. */
static void add_message(struct agent *a, json_t *event)
{
	const char *name = json_string_value(json_object_get(event, "event"));
	const char *hex = json_string_value(json_object_get(event, "message"));
	struct rowan_message *m = NULL;
	struct rowan_list *people = NULL;
	uint8_t id[ROWAN_ID_LEN];

	if (name == NULL || hex == NULL || strcmp(name, "message") != 0)
		return;
	for (size_t i = 0; i < sizeof id; i++) {
		char byte[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

		id[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
	if (rowan_message_get(a->rowan, id, &m) != 0)
		return;
	if (rowan_members(a->rowan, rowan_message_channel(m), &people) != 0)
		people = NULL;
	(void)json_object_set_new(event, "content", show_message(a, m, people));
	rowan_list_free(people);
	rowan_message_free(m);
}

void events_feed(struct agent *a, struct peer *p)
{
	while (a->evlog != NULL &&
		p->line.out_len - p->line.out_at < FEED_MAX) {
		uint64_t cursor;
		json_t *e = evlog_next(a->evlog, p->cursor, &cursor);

		if (cursor == p->cursor)
			return;
		p->cursor = cursor;
		if (e == NULL)
			continue; /* damaged: the next one may be whole */
		(void)json_object_set_new(
			e, "cursor", json_integer((json_int_t)cursor));
		add_message(a, e);
		serve_event(p, p->listen_id, e);
	}
}
