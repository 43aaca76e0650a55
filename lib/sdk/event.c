/*
 * Events as an application sees them, and the names of their kinds.
 */
#include <string.h>

#include "sdk/handle.h"

struct name {
	int number;
	const char *name;
};

static const struct name events[] = {
	{ROWAN_EVENT_ONLINE, "online"},
	{ROWAN_EVENT_OFFLINE, "offline"},
	{ROWAN_EVENT_CASE, "case"},
	{ROWAN_EVENT_ASSIGNED, "assigned"},
	{ROWAN_EVENT_UNASSIGNED, "unassigned"},
	{ROWAN_EVENT_CHANNEL, "channel"},
	{ROWAN_EVENT_JOINED, "joined"},
	{ROWAN_EVENT_LEFT, "left"},
	{ROWAN_EVENT_SHUT_OUT, "shut out"},
	{ROWAN_EVENT_RESET, "reset"},
	{ROWAN_EVENT_FROZEN, "frozen"},
	{ROWAN_EVENT_NAME, "name"},
	{ROWAN_EVENT_REVOKED, "revoked"},
	{ROWAN_EVENT_READMITTED, "readmitted"},
	{ROWAN_EVENT_CLINIC, "clinic"},
	{ROWAN_EVENT_LOST, "lost"},
	{ROWAN_EVENT_MESSAGE, "message"},
	{ROWAN_EVENT_SENT, "sent"},
	{ROWAN_EVENT_UNSENT, "unsent"},
	{ROWAN_EVENT_DELIVERED, "delivered"},
	{ROWAN_EVENT_READ, "read"},
	{ROWAN_EVENT_MISSING, "missing"},
	{ROWAN_EVENT_UNREADABLE, "unreadable"},
	{ROWAN_EVENT_PROGRESS, "progress"},
	{ROWAN_EVENT_FETCHED, "fetched"},
	{ROWAN_EVENT_FETCH_FAILED, "fetch failed"},
	{ROWAN_EVENT_HISTORY, "history"},
	{ROWAN_EVENT_BAR, "bar"},
	{ROWAN_EVENT_UNREACHED, "unreached"},
	{ROWAN_EVENT_DONE, "done"},
	{ROWAN_EVENT_FAILED, "failed"},
	{ROWAN_EVENT_COMPARE, "compare"},
	{ROWAN_EVENT_ENROLLED, "enrolled"},
	{ROWAN_EVENT_ENROL_FAILED, "enrol failed"},
	{ROWAN_EVENT_EXPIRING, "expiring"},
	{ROWAN_EVENT_SELF_REVOKED, "self revoked"},
	{ROWAN_EVENT_RENEWED, "renewed"},
	{ROWAN_EVENT_READMIT_NEEDED, "readmit needed"},
	{ROWAN_EVENT_ALARM, "alarm"},
};

static const struct name alarms[] = {
	{ROWAN_ALARM_FORK, "fork"},
	{ROWAN_ALARM_ROLLBACK, "rollback"},
	{ROWAN_ALARM_HIDDEN, "hidden statement"},
	{ROWAN_ALARM_UNSIGNED, "unsigned statement"},
	{ROWAN_ALARM_INTRUDER, "intruder"},
	{ROWAN_ALARM_WELCOME, "false welcome"},
	{ROWAN_ALARM_KEY_PACKAGE, "false key package"},
	{ROWAN_ALARM_REPLAYED, "replayed envelope"},
	{ROWAN_ALARM_DROPPED, "dropped envelope"},
	{ROWAN_ALARM_REDEEMED, "invite redeemed twice"},
	{ROWAN_ALARM_COMMIT, "false commit"},
	{ROWAN_ALARM_RETURNED, "returned device"},
	{ROWAN_ALARM_STALE, "stale log"},
	{ROWAN_ALARM_DAEMON, "revoked daemon"},
	{ROWAN_ALARM_UNLOGGED, "not logged"},
};

static const char *find(const struct name *names, size_t count, int number)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].number == number)
			return names[i].name;
	return "unknown";
}

const char *rowan_event_name(enum rowan_event_type type)
{
	return find(events, sizeof events / sizeof *events, (int)type);
}

const char *rowan_alarm_name(enum rowan_alarm alarm)
{
	return find(alarms, sizeof alarms / sizeof *alarms, (int)alarm);
}

/* ---- getters ------------------------------------------------------------- */

static const uint8_t *given(const struct id16 *id)
{
	static const struct id16 none;

	return id16_eq(id, &none) ? NULL : id->b;
}

uint64_t rowan_event_number(const struct rowan_event *e)
{
	return e == NULL ? 0 : e->event.number;
}

enum rowan_event_type rowan_event_type(const struct rowan_event *e)
{
	return e == NULL ? (enum rowan_event_type)0
			 : (enum rowan_event_type)e->event.type;
}

int rowan_event_code(const struct rowan_event *e)
{
	return e == NULL ? 0 : e->event.code;
}

uint64_t rowan_event_time(const struct rowan_event *e)
{
	return e == NULL ? 0 : e->event.time;
}

const uint8_t *rowan_event_case(const struct rowan_event *e)
{
	return e == NULL ? NULL : given(&e->event.case_id);
}

const uint8_t *rowan_event_channel(const struct rowan_event *e)
{
	return e == NULL ? NULL : given(&e->event.channel);
}

const uint8_t *rowan_event_member(const struct rowan_event *e)
{
	return e == NULL ? NULL : given(&e->event.member);
}

const uint8_t *rowan_event_device(const struct rowan_event *e)
{
	return e == NULL ? NULL : given(&e->event.device);
}

const uint8_t *rowan_event_message(const struct rowan_event *e)
{
	return e == NULL ? NULL : given(&e->event.message);
}

uint64_t rowan_event_count(const struct rowan_event *e)
{
	return e == NULL ? 0 : e->event.count;
}

uint64_t rowan_event_total(const struct rowan_event *e)
{
	return e == NULL ? 0 : e->event.total;
}

const char *rowan_event_text(const struct rowan_event *e)
{
	return e == NULL || e->text.data == NULL ? ""
						 : (const char *)e->text.data;
}
