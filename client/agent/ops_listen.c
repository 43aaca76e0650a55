/*
 * The stream of events: goes on until the peer leaves or the vault locks.
 */
#include "agent/inner.h"
#include "ui/hex.h"

#define REFUSED_SECONDS (7 * 86400)

/* "after": the cursor of the last event the caller has; absent: from now. */
static int op_listen(struct request *q)
{
	struct agent *a = q->agent;
	json_int_t after = arg_number(q, "after", -1);

	if (after < -1)
		return ROWAN_E_INVAL;
	q->peer->listens = true;
	q->peer->listen_id = q->id;
	q->peer->cursor = after >= 0 ? (uint64_t)after : evlog_last(a->evlog);
	(void)json_object_set_new(
		q->out, "cursor", json_integer((json_int_t)q->peer->cursor));
	return 0;
}

/* An act that was kept, and refused when nobody waited for it any more. */
static bool refused_of_late(const struct agent *a, json_t *e)
{
	json_int_t time = json_integer_value(json_object_get(e, "time"));
	const char *hex = json_string_value(json_object_get(e, "case"));
	struct id16 id;

	if (!json_is_true(json_object_get(e, "untold")) ||
		time + REFUSED_SECONDS < (json_int_t)rowan_now(a->rowan))
		return false;
	if (hex != NULL && hex_read(hex, id.b, ID16_LEN))
		show_case(a, id.b, e);
	return true;
}

/*
 * Every alarm that the journal still has, and the acts of the last week that
 * were refused behind this person's back.
 */
static int op_alarms(struct request *q)
{
	json_t *list = json_array(), *refused = json_array();
	uint64_t at = 0, next;
	json_t *e;

	(void)json_object_set_new(q->out, "alarms", list);
	(void)json_object_set_new(q->out, "refused", refused);
	while ((e = evlog_next(q->agent->evlog, at, &next)) != NULL ||
		next != at) {
		at = next;
		if (json_object_get(e, "alarm") != NULL)
			(void)json_array_append(list, e);
		if (refused_of_late(q->agent, e))
			(void)json_array_append(refused, e);
		json_decref(e);
	}
	return 0;
}

const struct agent_operation ops_listen[] = {
	{"listen", OP_CARD, false, op_listen},
	{"alarms", OP_CARD, true, op_alarms}, {NULL, OP_ANY, false, NULL}};
