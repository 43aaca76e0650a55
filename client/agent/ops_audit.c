/*
 * Operations on the clinic's log: what those who may audit see, and what a
 * witness signs.
 */
#include <string.h>

#include "agent/inner.h"
#include "ui/hex.h"

static void put_id(json_t *into, const char *name, const uint8_t *id)
{
	if (id != NULL)
		(void)json_object_set_new(into, name, show_id(id));
}

static void put_number(json_t *into, const char *name, uint64_t n)
{
	(void)json_object_set_new(into, name, json_integer((json_int_t)n));
}

static void put_text(json_t *into, const char *name, struct rowan_bytes *text)
{
	size_t len = rowan_bytes_len(text);

	if (text != NULL)
		(void)json_object_set_new(into, name,
			len == 0 ? json_string("")
				 : json_stringn(
					   (const char *)rowan_bytes_data(text),
					   len));
	rowan_bytes_free(text);
}

/* Who a device is, by its card: no name, for none travels outside. */
static void put_who(struct agent *a, json_t *into, const uint8_t *device)
{
	char agency[ROWAN_AGENCY_LEN];
	struct id16 member;
	enum rowan_role role;

	put_id(into, "device", device);
	if (device == NULL ||
		rowan_audit_who(a->rowan, device, member.b, &role, agency) != 0)
		return;
	show_person(a, &member, NULL, into);
	(void)json_object_set_new(into, "role", json_string(show_role(role)));
	(void)json_object_set_new(into, "agency", json_string(agency));
}

json_t *audit_entry(struct agent *a, const struct wait *w)
{
	const struct rowan_audit *e = w->audit;
	json_t *o = json_object(), *reads = json_array();

	put_number(o, "entry", rowan_audit_entry(e));
	if (rowan_audit_time(e) == 0) {
		/* Pieces of a verification, or a witness's request. */
		json_decref(reads);
		if (w->proofs)
			put_text(o, "proof", rowan_audit_proof(e));
		return o;
	}
	(void)json_object_set_new(o, "act", json_string(rowan_audit_act(e)));
	put_number(o, "time", rowan_audit_time(e));
	(void)json_object_set_new(o, "hour", json_boolean(rowan_audit_hour(e)));
	put_number(o, "operation", rowan_audit_operation(e));
	if (rowan_audit_code(e) != 0)
		put_number(o, "refused", rowan_audit_code(e));
	put_who(a, o, rowan_audit_device(e));
	if (rowan_audit_case(e) != NULL)
		show_case(a, rowan_audit_case(e), o);
	put_id(o, "channel", rowan_audit_channel(e));
	put_number(o, "number", rowan_audit_number(e));
	for (size_t i = 0; i < rowan_audit_reads(e); i++)
		(void)json_array_append_new(reads,
			json_integer((json_int_t)rowan_audit_read_entry(e, i)));
	(void)json_object_set_new(o, "reads", reads);
	if (w->proofs)
		put_text(o, "proof", rowan_audit_proof(e));
	return o;
}

void audit_done(const struct wait *w, bool backdated)
{
	if (backdated)
		put_number(w->out, "backdated", rowan_audit_entry(w->audit));
	put_number(w->out, "size", rowan_audit_size(w->audit));
	put_text(w->out, "checkpoint", rowan_audit_checkpoint(w->audit));
}

void audit_failed(const struct wait *w, int rc)
{
	static const struct {
		int error, exit;
		const char *words, *hint;
	} why[] = {{ROWAN_E_CHAIN, EXIT_TROUBLE,
			   N_("the daemon contradicts what it signed"),
			   N_("rowan conflict list has what it signed; tell "
			      "the authority and the other agencies")},
		{ROWAN_E_STATE, EXIT_LATER,
			N_("there is no checkpoint that may be believed yet"),
			N_("the witnesses of your policy must cosign first, "
			   "or the daemon shows none of today")},
		{ROWAN_E_SIGNER, EXIT_NOT_ALLOWED,
			N_("your card does not give the right to audit"),
			N_("rowan status shows your rights")},
		{ROWAN_E_STALE, EXIT_DIFFERENT,
			N_("that is no checkpoint of the clinic's log"), NULL},
		{ROWAN_E_MALFORMED, EXIT_DIFFERENT,
			N_("no witness of the clinic has signed that"), NULL},
		{ROWAN_E_INVAL, EXIT_NOT_FOUND, N_("the log is not that long"),
			NULL}};

	for (size_t i = 0; i < sizeof why / sizeof *why; i++)
		if (why[i].error == rc) {
			serve_refusal(w->peer, w->request, why[i].exit,
				why[i].words, why[i].hint);
			return;
		}
	serve_error(w->peer, w->request, rc, NULL);
}

/* ---- asking ---------------------------------------------------------------
 */

/* A whole id, or what people call the case. */
static int case_arg(struct request *q, struct id16 *ret, bool *ret_given)
{
	const char *text = arg_text(q, "case");
	int rc;

	*ret_given = text != NULL;
	if (text == NULL || hex_read(text, ret->b, ID16_LEN))
		return 0;
	rc = name_case(q, text, ret);
	/* Who takes part in none has no numbers either. */
	if (rc == AGENT_REFUSED && q->exit == EXIT_NOT_FOUND)
		q->hint = N_("a case you take no part in is named by its whole "
			     "id: rowan audit timeline --json has it");
	return rc;
}

static int renew(struct rowan *r, const char *receipt, const char *checkpoint,
	struct rowan_audit **ret)
{
	return checkpoint == NULL
		       ? rowan_audit_renew(r, receipt, strlen(receipt), ret)
		       : rowan_audit_renew_at(r, receipt, strlen(receipt),
				 checkpoint, strlen(checkpoint), ret);
}

static int op_audit(struct request *q)
{
	const char *kind = arg_text(q, "kind"), *receipt;
	struct rowan *r = q->agent->rowan;
	json_int_t from = arg_number(q, "from", 0);
	struct rowan_audit *audit = NULL;
	struct id16 of;
	bool given;
	int rc = from < 0 || kind == NULL ? ROWAN_E_INVAL
					  : case_arg(q, &of, &given);

	if (rc != 0)
		return rc;
	receipt = arg_text(q, "receipt");
	if (strcmp(kind, "verify") == 0)
		rc = rowan_audit_verify(r, (uint64_t)from, &audit);
	else if (strcmp(kind, "read") == 0)
		rc = rowan_audit_read(
			r, given ? of.b : NULL, NULL, (uint64_t)from, &audit);
	else if (strcmp(kind, "renew") == 0 && receipt != NULL)
		rc = renew(r, receipt, arg_text(q, "checkpoint"), &audit);
	else if (strcmp(kind, "cosigned") == 0 && receipt != NULL)
		rc = rowan_audit_cosigned(r, receipt, strlen(receipt), &audit);
	else if (strcmp(kind, "request") == 0)
		rc = rowan_audit_request(r, (uint64_t)from, &audit);
	else
		rc = ROWAN_E_INVAL;
	return rc == 0 ? wait_audit(q, audit, arg_flag(q, "proofs")) : rc;
}

/* ---- witnesses ------------------------------------------------------------
 */

static int put_log(struct request *q)
{
	uint64_t size = 0, time = 0;
	int rc = rowan_log(q->agent->rowan, &size, &time);

	put_number(q->out, "size", size);
	put_number(q->out, "time", time);
	return rc;
}

/* How many there are; and with ${files} what is in them. */
static int put_conflicts(struct request *q, bool files)
{
	struct rowan_bytes *file = NULL;
	json_t *list = json_array();
	json_int_t n = 0;
	int rc;

	while ((rc = rowan_conflict(q->agent->rowan, (uint64_t)n, &file)) ==
		0) {
		json_t *one = json_pack("{s:I}", "number", n++);

		put_text(one, "file", file);
		(void)json_array_append_new(list, one);
	}
	if (files)
		(void)json_object_set(q->out, "conflicts", list);
	else
		(void)json_object_set_new(q->out, "conflicts", json_integer(n));
	json_decref(list);
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int op_conflicts(struct request *q)
{
	return put_conflicts(q, true);
}

static int op_log(struct request *q)
{
	struct rowan_bytes *key = NULL;
	int rc = put_log(q);

	if (rc == 0)
		rc = put_conflicts(q, false);
	if (rc == 0 && arg_flag(q, "look"))
		rc = rowan_look(q->agent->rowan);
	if (rc == 0 && rowan_witness_key(q->agent->rowan, &key) == 0)
		put_text(q->out, "key", key);
	return rc;
}

static int op_erased(struct request *q)
{
	struct rowan_bytes *text = NULL;
	int rc = rowan_witness_erased(q->agent->rowan, &text);

	if (rc == ROWAN_E_SIGNER)
		return refuse(q, EXIT_NOT_ALLOWED,
			N_("this device is no witness"),
			N_("a witness has a card of its own: rowan setup "
			   "--authority authority.txt --agency CODE "
			   "--witness"));
	put_text(q->out, "statements", text);
	return rc;
}

static int op_policy(struct request *q)
{
	const char *text = arg_text(q, "policy");
	int rc = text == NULL ? ROWAN_E_INVAL
			      : rowan_set_witnesses(
					q->agent->rowan, text, strlen(text));

	if (rc == ROWAN_E_SIGNER)
		return refuse(q, EXIT_NOT_ALLOWED,
			N_("a witness waits for no other's cosignature"),
			N_("ask for them on the devices that are to believe "
			   "the log"));
	return rc;
}

static int op_witness(struct request *q)
{
	const char *text = arg_text(q, "request");
	struct rowan_bytes *line = NULL;
	int rc = text == NULL ? ROWAN_E_INVAL
			      : rowan_witness(q->agent->rowan, text,
					strlen(text), &line);

	put_text(q->out, "cosignature", line);
	if (rc == 0)
		return put_log(q);
	if (rc == ROWAN_E_SIGNER)
		return refuse(q, EXIT_NOT_ALLOWED,
			N_("this device is no witness"),
			N_("a witness has a card of its own: rowan setup "
			   "--authority authority.txt --agency CODE "
			   "--witness"));
	if (rc == ROWAN_E_UNKNOWN)
		return refuse(q, EXIT_NOT_FOUND,
			N_("that is the log of another clinic"),
			N_("ask again with rowan audit request on a device of "
			   "this "
			   "one"));
	if (rc == ROWAN_E_CRYPTO)
		return refuse(q, EXIT_DIFFERENT,
			N_("it is not signed by the clinic's log"),
			N_("give what rowan audit request wrote, whole; if it "
			   "is, "
			   "tell the clinic"));
	if (rc == ROWAN_E_STALE)
		return refuse(q, EXIT_LATER,
			N_("the request begins elsewhere than what this "
			   "witness knows"),
			N_("rowan witness status says where; rowan audit "
			   "request asks from there"));
	if (rc == ROWAN_E_CHAIN)
		return refuse(q, EXIT_TROUBLE,
			N_("refused: the log has forked or shrunk"),
			N_("rowan conflict list has what was signed; tell the "
			   "authority and the other agencies"));
	return rc;
}

const struct agent_operation ops_audit[] = {{"audit", OP_CARD, false, op_audit},
	{"conflicts", OP_CARD, true, op_conflicts},
	{"erased", OP_CARD, false, op_erased}, {"log", OP_CARD, true, op_log},
	{"policy", OP_CARD, false, op_policy},
	{"witness", OP_CARD, false, op_witness}, {NULL, OP_ANY, false, NULL}};
