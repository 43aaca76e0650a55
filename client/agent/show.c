/*
 * What the SDK knows, as JSON: see inner.h and docs/cli.md.
 */
#include <string.h>

#include "agent/inner.h"
#include "ui/hex.h"

json_t *show_id(const uint8_t *id)
{
	char hex[2 * ID16_LEN + 1];

	if (id == NULL)
		return json_null();
	hex_write(id, ID16_LEN, hex);
	return json_string(hex);
}

const char *show_kind(enum rowan_channel_kind kind)
{
	switch (kind) {
	case ROWAN_CHANNEL_SUPPORT: return "support";
	case ROWAN_CHANNEL_TEAM: return "team";
	case ROWAN_CHANNEL_DIARY: return "diary";
	default: return "unknown";
	}
}

const char *show_role(enum rowan_role role)
{
	switch (role) {
	case ROWAN_ROLE_CASEWORKER: return "caseworker";
	case ROWAN_ROLE_VICTIM: return "victim";
	case ROWAN_ROLE_DAEMON: return "daemon";
	case ROWAN_ROLE_WITNESS: return "witness";
	default: return "unknown";
	}
}

const char *show_link(enum rowan_link_state link)
{
	switch (link) {
	case ROWAN_LINK_DOWN: return "down";
	case ROWAN_LINK_TRYING: return "trying";
	case ROWAN_LINK_UP: return "up";
	case ROWAN_LINK_CURRENT: return "current";
	case ROWAN_LINK_REFUSED: return "refused";
	default: return "unknown";
	}
}

json_t *show_rights(unsigned rights)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {{ROWAN_RIGHT_ENROL, "enrol"},
		{ROWAN_RIGHT_COORDINATE, "coordinate"},
		{ROWAN_RIGHT_DUTY, "duty"}, {ROWAN_RIGHT_AUDIT, "audit"}};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if ((rights & names[i].bit) != 0)
			(void)json_array_append_new(
				list, json_string(names[i].name));
	return list;
}

static struct id16 id_of(const uint8_t *id)
{
	struct id16 ret = {{0}};

	if (id != NULL)
		memcpy(ret.b, id, ID16_LEN);
	return ret;
}

void show_case(const struct agent *a, const uint8_t *id, json_t *into)
{
	struct id16 of = id_of(id);
	const char *alias = book_alias(a->book, BOOK_CASE, &of);

	(void)json_object_set_new(into, "case", show_id(id));
	if (alias != NULL)
		(void)json_object_set_new(into, "alias", json_string(alias));
}

/* What came in channels that were left since can be read by nobody here. */
size_t show_unread(const struct agent *a)
{
	struct rowan_list *cases = NULL, *channels;
	size_t ret = 0;

	if (rowan_unread(a->rowan, NULL) == 0 ||
		rowan_cases(a->rowan, &cases) != 0)
		return 0;
	for (size_t i = 0; i < rowan_list_count(cases); i++) {
		if (rowan_channels(
			    a->rowan, rowan_case_id(cases, i), &channels) != 0)
			continue;
		for (size_t k = 0; k < rowan_list_count(channels); k++)
			ret += rowan_unread(
				a->rowan, rowan_channel_id(channels, k));
		rowan_list_free(channels);
	}
	rowan_list_free(cases);
	return ret;
}

void show_person(struct agent *a, const struct id16 *member,
	const struct rowan_list *people, json_t *into)
{
	const char *alias = book_alias(a->book, BOOK_PERSON, member);
	const uint8_t *self = rowan_self_member(a->rowan);

	(void)json_object_set_new(into, "member", show_id(member->b));
	if (alias != NULL)
		(void)json_object_set_new(into, "alias", json_string(alias));
	if (self != NULL && memcmp(self, member->b, ID16_LEN) == 0)
		(void)json_object_set_new(into, "me", json_true());
	for (size_t i = 0; i < rowan_list_count(people); i++) {
		const uint8_t *id = rowan_member_id(people, i);

		if (id == NULL || memcmp(id, member->b, ID16_LEN) != 0)
			continue;
		(void)json_object_set_new(into, "name",
			json_string(rowan_member_name(people, i)));
		(void)json_object_set_new(into, "role",
			json_string(show_role(rowan_member_role(people, i))));
		(void)json_object_set_new(into, "agency",
			json_string(rowan_member_agency(people, i)));
		return;
	}
}

static const char *message_type(unsigned type)
{
	switch (type) {
	case ROWAN_MESSAGE_TEXT: return "text";
	case ROWAN_MESSAGE_ATTACHMENT: return "attachment";
	case ROWAN_MESSAGE_NAME: return "name";
	case ROWAN_MESSAGE_DIARY: return "diary";
	case ROWAN_MESSAGE_HISTORY: return "history";
	case ROWAN_MESSAGE_BAR: return "bar";
	case ROWAN_MESSAGE_CONSENT: return "consent";
	default: return "unknown";
	}
}

static const char *message_state(enum rowan_message_state state)
{
	static const char *const names[] = {"unknown", "waiting", "sent",
		"delivered", "read", "failed", "new", "seen", "held"};

	return (unsigned)state < sizeof names / sizeof *names ? names[state]
							      : "unknown";
}

static void put_time(json_t *into, const char *name, uint64_t time)
{
	if (time != 0)
		(void)json_object_set_new(
			into, name, json_integer((json_int_t)time));
}

static void put_text(json_t *into, const char *name, const char *text)
{
	if (text != NULL && *text != '\0')
		(void)json_object_set_new(into, name, json_string(text));
}

/* Even if they have left, or the phone was revoked since. */
static void show_anybody(struct agent *a, const struct id16 *member,
	const uint8_t *channel, const struct rowan_list *people, json_t *into)
{
	struct rowan_list *l;

	show_person(a, member, people, into);
	if (channel == NULL || json_object_get(into, "role") != NULL ||
		rowan_person(a->rowan, channel, member->b, &l) != 0)
		return;
	show_person(a, member, l, into);
	rowan_list_free(l);
}

void show_unreached(struct agent *a, const struct id16 *message,
	const uint8_t *channel, const struct rowan_list *people, json_t *into)
{
	json_t *list = json_array();
	struct id16 member;

	for (size_t i = 0; book_missed_by(a->book, message, i, &member); i++) {
		json_t *one = json_object();

		show_anybody(a, &member, channel, people, one);
		(void)json_array_append_new(list, one);
	}
	if (json_array_size(list) > 0)
		(void)json_object_set(into, "unreached", list);
	json_decref(list);
}

json_t *show_message(struct agent *a, const struct rowan_message *m,
	const struct rowan_list *people)
{
	json_t *o = json_object(), *from = json_object();
	const struct id16 id = id_of(rowan_message_id(m));
	const struct id16 member = id_of(rowan_message_member(m));

	(void)json_object_set_new(o, "id", show_id(rowan_message_id(m)));
	show_case(a, rowan_message_case(m), o);
	(void)json_object_set_new(
		o, "channel", show_id(rowan_message_channel(m)));
	(void)json_object_set_new(
		o, "place", json_integer((json_int_t)rowan_message_place(m)));
	show_anybody(a, &member, rowan_message_channel(m), people, from);
	(void)json_object_set_new(o, "from", from);
	show_unreached(a, &id, rowan_message_channel(m), people, o);
	put_text(o, "type", message_type(rowan_message_type(m)));
	put_text(o, "state", message_state(rowan_message_state(m)));
	(void)json_object_set_new(o, "own", json_boolean(rowan_message_own(m)));
	(void)json_object_set_new(
		o, "urgent", json_boolean(rowan_message_urgent(m)));
	put_time(o, "sent", rowan_message_sent(m));
	put_time(o, "received", rowan_message_received(m));
	put_time(o, "held", rowan_message_held(m));
	put_text(o, "text", rowan_message_text(m));
	put_text(o, "file", rowan_message_file(m));
	put_text(o, "media", rowan_message_media(m));
	put_time(o, "size", rowan_message_size(m));
	put_time(o, "happened", rowan_message_from(m));
	put_time(o, "happened_until", rowan_message_until(m));
	put_text(o, "kind", rowan_message_kind(m));
	return o;
}
