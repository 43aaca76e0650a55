/*
 * Operations with files: attachments fetched, history out and in. Paths are
 * absolute: the agent's folder is not the command's.
 */
#include <string.h>

#include "agent/inner.h"

static int op_fetch(struct request *q)
{
	const char *path = arg_text(q, "path");
	struct id16 id;
	int rc = name_message(q, arg_text(q, "message"), &id);

	if (rc == 0 && (path == NULL || *path != '/'))
		rc = ROWAN_E_INVAL;
	if (rc == 0)
		rc = rowan_fetch(q->agent->rowan, id.b, path);
	if (rc == ROWAN_E_EXISTS)
		return refuse(q, EXIT_TAKEN, N_("that file exists already"),
			N_("choose another name; nothing is overwritten"));
	if (rc != 0)
		return rc;
	return wait_for(q, WAIT_FETCH, 0, &id);
}

static int op_fetch_cancel(struct request *q)
{
	struct id16 id;
	int rc = name_message(q, arg_text(q, "message"), &id);

	return rc == 0 ? rowan_fetch_cancel(q->agent->rowan, id.b) : rc;
}

/* What a message is, before it is fetched. */
static int op_message(struct request *q)
{
	struct agent *a = q->agent;
	struct rowan_list *people = NULL;
	struct rowan_message *m;
	struct id16 id;
	int rc = name_message(q, arg_text(q, "message"), &id);

	if (rc == 0)
		rc = rowan_message_get(a->rowan, id.b, &m);
	if (rc != 0)
		return rc;
	if (rowan_members(a->rowan, rowan_message_channel(m), &people) != 0)
		people = NULL;
	json_decref(q->out);
	q->out = show_message(a, m, people);
	rowan_list_free(people);
	rowan_message_free(m);
	return 0;
}

static int op_export(struct request *q)
{
	const char *path = arg_text(q, "path"),
		   *pass = arg_text(q, "passphrase");
	const char *of = arg_text(q, "case");
	enum rowan_channel_kind kind;
	struct id16 case_id, channel;
	int rc = path != NULL && *path == '/' && pass != NULL ? 0
							      : ROWAN_E_INVAL;

	if (rc == 0 && of != NULL) {
		rc = name_case(q, of, &case_id);
		if (rc == 0)
			rc = name_kind(q, arg_text(q, "channel"), &kind);
		if (rc == 0)
			rc = name_channel(q, &case_id, kind, &channel);
	}
	if (rc == 0)
		rc = rowan_history_export(q->agent->rowan, path,
			of != NULL ? channel.b : NULL, pass, strlen(pass));
	return rc;
}

static int op_import(struct request *q)
{
	const char *path = arg_text(q, "path"),
		   *pass = arg_text(q, "passphrase");
	uint64_t taken = 0;
	int rc = path != NULL && *path == '/' && pass != NULL ? 0
							      : ROWAN_E_INVAL;

	if (rc == 0)
		rc = rowan_history_import(
			q->agent->rowan, path, pass, strlen(pass), &taken);
	if (rc == ROWAN_E_CRYPTO)
		return refuse(q, EXIT_PASSPHRASE,
			N_("wrong passphrase, or the file was altered"),
			N_("it is the one that the export was made with"));
	(void)json_object_set_new(
		q->out, "new", json_integer((json_int_t)taken));
	return rc;
}

const struct agent_operation ops_files[] = {{"fetch", OP_CARD, false, op_fetch},
	{"fetch-cancel", OP_CARD, false, op_fetch_cancel},
	{"message", OP_CARD, false, op_message},
	{"history-export", OP_CARD, false, op_export},
	{"history-import", OP_CARD, false, op_import},
	{NULL, OP_ANY, false, NULL}};
