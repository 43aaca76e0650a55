/*
 * The stream of events: goes on until the peer leaves or the vault locks.
 */
#include "agent/inner.h"

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

/* Every alarm that the journal still has. */
static int op_alarms(struct request *q)
{
	json_t *list = json_array();
	uint64_t at = 0, next;
	json_t *e;

	(void)json_object_set_new(q->out, "alarms", list);
	while ((e = evlog_next(q->agent->evlog, at, &next)) != NULL ||
		next != at) {
		at = next;
		if (json_object_get(e, "alarm") != NULL)
			(void)json_array_append(list, e);
		json_decref(e);
	}
	return 0;
}

const struct agent_operation ops_listen[] = {
	{"listen", OP_CARD, false, op_listen},
	{"alarms", OP_CARD, true, op_alarms}, {NULL, OP_ANY, false, NULL}};
