/*
 * Operations on this device: its state, its lock, its card.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "agent/inner.h"
#include "agent/line.h"
#include "ui/hex.h"
#include "ui/mem.h"

#define PASS_MIN_BYTES 1

static bool has_vault(const struct agent *a)
{
	return access(a->places.vault, F_OK) == 0 &&
	       access(a->places.keys, F_OK) == 0;
}

static void put_self(const struct agent *a, json_t *out)
{
	const struct rowan *r = a->rowan;

	if (!rowan_enrolled(r))
		return;
	(void)json_object_set_new(out, "device", show_id(rowan_self_device(r)));
	(void)json_object_set_new(out, "member", show_id(rowan_self_member(r)));
	(void)json_object_set_new(
		out, "role", json_string(show_role(rowan_self_role(r))));
	(void)json_object_set_new(
		out, "agency", json_string(rowan_self_agency(r)));
	(void)json_object_set_new(
		out, "rights", show_rights(rowan_self_rights(r)));
	(void)json_object_set_new(out, "expires",
		json_integer((json_int_t)rowan_self_expires(r)));
}

/* Of the daemon: why it is not spoken with, though it answers. */
static const char *show_daemon_card(int code)
{
	return code == ROWAN_E_EXPIRED	 ? "expired"
	       : code == ROWAN_E_REVOKED ? "revoked"
					 : NULL;
}

static int op_status(struct request *q)
{
	struct agent *a = q->agent;
	json_t *o = q->out;

	(void)json_object_set_new(o, "home", json_string(a->places.home));
	(void)json_object_set_new(o, "vault", json_boolean(has_vault(a)));
	(void)json_object_set_new(o, "locked", json_boolean(a->rowan == NULL));
	(void)json_object_set_new(o, "lock_minutes",
		json_integer((json_int_t)a->settings.lock_minutes));
	if (a->rowan == NULL)
		return 0;
	(void)json_object_set_new(
		o, "enrolled", json_boolean(rowan_enrolled(a->rowan)));
	put_self(a, o);
	(void)json_object_set_new(
		o, "link", json_string(show_link(rowan_link(a->rowan))));
	(void)json_object_set_new(
		o, "now", json_integer((json_int_t)rowan_now(a->rowan)));
	(void)json_object_set_new(
		o, "unread", json_integer((json_int_t)show_unread(a)));
	if (book_mark(a->book, BOOK_OLD_COPY))
		(void)json_object_set_new(o, "old_copy", json_true());
	if (book_mark(a->book, BOOK_REVOKED))
		(void)json_object_set_new(o, "revoked", json_true());
	if (serve_expired(a))
		(void)json_object_set_new(o, "expired", json_true());
	if (book_name(a->book) != NULL)
		(void)json_object_set_new(
			o, "name", json_string(book_name(a->book)));
	if (a->offline != 0)
		(void)json_object_set_new(
			o, "offline", json_string(rowan_strerror(a->offline)));
	if (show_daemon_card(a->offline) != NULL)
		(void)json_object_set_new(o, "daemon_card",
			json_string(show_daemon_card(a->offline)));
	if (a->vault_error != 0)
		(void)json_object_set_new(o, "fault",
			json_string(rowan_strerror(a->vault_error)));
	if (a->evlog != NULL)
		(void)json_object_set_new(o, "cursor",
			json_integer((json_int_t)evlog_last(a->evlog)));
	return 0;
}

static struct bytes secret_arg(const struct request *q, const char *name)
{
	const json_t *v = json_object_get(q->in, name);

	return json_is_string(v)
		       ? bytes_of(json_string_value(v), json_string_length(v))
		       : bytes_of(NULL, 0);
}

static int op_create(struct request *q)
{
	struct agent *a = q->agent;
	struct bytes pass = secret_arg(q, "passphrase");

	if (has_vault(a))
		return refuse(q, EXIT_TAKEN,
			N_("this device has a vault already"),
			N_("rowan unlock opens it"));
	if (pass.len < PASS_MIN_BYTES)
		return ROWAN_E_INVAL;
	return owner_make(a, pass);
}

static int op_unlock(struct request *q)
{
	struct agent *a = q->agent;
	struct bytes pass = secret_arg(q, "passphrase");
	int rc;

	if (!has_vault(a))
		return refuse(q, EXIT_NO_SETUP, N_("this device is not set up"),
			N_("rowan setup begins it"));
	if (pass.len < PASS_MIN_BYTES)
		return ROWAN_E_INVAL;
	rc = owner_unlock(a, pass);
	if (rc == ROWAN_E_CRYPTO)
		return refuse(q, EXIT_PASSPHRASE, N_("wrong passphrase"),
			N_("capital letters, another keyboard layout?"));
	if (rc == ROWAN_E_AGAIN)
		return refuse(q, EXIT_LATER,
			N_("another program has the vault open"),
			N_("end it, then try again"));
	return rc;
}

static int op_lock(struct request *q)
{
	owner_lock(q->agent);
	return 0;
}

static int op_stop(struct request *q)
{
	q->agent->stop = true;
	return 0;
}

static int op_passphrase(struct request *q)
{
	struct agent *a = q->agent;
	struct bytes fresh = secret_arg(q, "new");
	int rc;

	if (fresh.len < PASS_MIN_BYTES)
		return ROWAN_E_INVAL;
	rc = keyring_change(a->places.keys, secret_arg(q, "passphrase"), fresh);
	if (rc == ROWAN_E_CRYPTO)
		return refuse(q, EXIT_PASSPHRASE, N_("wrong passphrase"),
			N_("try again; nobody can give you another one"));
	return rc;
}

/* Everything of this person on this device, unreadable and gone. */
static int op_wipe(struct request *q)
{
	struct agent *a = q->agent;
	int rc;

	owner_lock(a);
	/* Killed between the two there are keys of nothing: it begins anew. */
	rc = rowan_wipe(a->places.vault);
	(void)unlink(a->places.keys);
	(void)unlink(a->places.book);
	(void)unlink(a->places.events);
	return rc;
}

static int op_config(struct request *q)
{
	const char *key = arg_text(q, "key"), *value = arg_text(q, "value");
	int rc;

	if (key != NULL && value != NULL) {
		rc = settings_set(q->agent, key, value);
		if (rc == ROWAN_E_NOT_FOUND)
			return refuse(q, EXIT_NOT_FOUND,
				N_("there is no such setting"),
				N_("rowan config lists them"));
		if (rc == ROWAN_E_INVAL)
			return refuse(q, EXIT_USAGE,
				N_("the setting does not take that value"),
				N_("lock_minutes is 0 to 1440, proxy is "
				   "socks5://HOST:PORT, endpoint is "
				   "tcp://HOST:PORT, receipts is yes or no, "
				   "chat is screen or lines"));
		if (rc != 0)
			return rc;
	}
	(void)json_object_set_new(q->out, "settings", settings_json(q->agent));
	return 0;
}

/* ---- coming to a card --------------------------------------------------- */

static int op_enrol(struct request *q)
{
	const char *invite = arg_text(q, "invite");
	int rc;

	if (invite == NULL)
		return ROWAN_E_INVAL;
	rc = rowan_enrol(q->agent->rowan, invite);
	if (rc == ROWAN_E_MALFORMED)
		return refuse(q, EXIT_INPUT, N_("that is not an invite"),
			N_("type it again in groups of five; O and 0, I and 1 "
			   "are the same"));
	if (rc == ROWAN_E_EXISTS)
		return refuse(q, EXIT_TAKEN,
			N_("this device has a card already"),
			N_("rowan status shows it; somebody else's device "
			   "needs a "
			   "--home of its own"));
	if (rc != 0)
		return rc;
	return wait_for(q, WAIT_COMPARE, 0, NULL);
}

static int op_enrolled(struct request *q)
{
	if (rowan_enrolled(q->agent->rowan))
		return 0;
	return wait_for(q, WAIT_ENROLLED, 0, NULL);
}

/* What a device that has this person's card must consent to. */
static int op_enrol_request(struct request *q)
{
	struct rowan_bytes *made = NULL;
	int rc = rowan_enrol_request(q->agent->rowan, &made);

	if (rc == 0)
		(void)json_object_set_new(q->out, "request",
			json_stringn((const char *)rowan_bytes_data(made),
				rowan_bytes_len(made)));
	rowan_bytes_free(made);
	return rc;
}

static int op_enrol_cancel(struct request *q)
{
	rowan_enrol_cancel(q->agent->rowan);
	return 0;
}

static int op_install(struct request *q)
{
	struct agent *a = q->agent;
	struct bytes text = secret_arg(q, "text");
	int rc = text.len > 0 ? rowan_install(a->rowan, text.data, text.len)
			      : ROWAN_E_MALFORMED;

	if (rc == ROWAN_E_CRYPTO)
		return refuse(q, EXIT_DIFFERENT,
			N_("that answer is not for this device"),
			N_("each answer fits only the request it was made "
			   "for"));
	if (rc == ROWAN_E_NOT_FOUND)
		return refuse(q, EXIT_DIFFERENT,
			N_("there is no card for this device in it"),
			N_("each answer fits only the request it was made for; "
			   "ask the authority for the whole of it"));
	if (rc == ROWAN_E_EXISTS)
		return refuse(q, EXIT_TAKEN,
			N_("this device belongs to another clinic"),
			N_("give that clinic a --home of its own, or rowan "
			   "wipe "
			   "first"));
	if (rc == 0 && rowan_enrolled(a->rowan))
		rc = rowan_connect(a->rowan);
	(void)json_object_set_new(
		q->out, "enrolled", json_boolean(rowan_enrolled(a->rowan)));
	return rc;
}

static int op_request(struct request *q)
{
	struct rowan_bytes *made = NULL;
	const char *agency = arg_text(q, "agency"), *role = arg_text(q, "role");
	const char *member = arg_text(q, "member");
	bool witness = role != NULL && strcmp(role, "witness") == 0;
	struct id16 id;
	int rc;

	if (agency == NULL)
		return ROWAN_E_INVAL;
	if (member != NULL && !hex_read(member, id.b, ID16_LEN))
		return refuse(q, EXIT_USAGE,
			N_("a member is 32 hexadecimal digits"),
			N_("rowan status --json on the other device has it"));
	rc = member != NULL
		     ? rowan_request_further(q->agent->rowan, id.b, agency,
			       (unsigned)arg_number(q, "rights", 0), &made)
		     : rowan_request(q->agent->rowan,
			       witness ? ROWAN_ROLE_WITNESS
				       : ROWAN_ROLE_CASEWORKER,
			       agency, (unsigned)arg_number(q, "rights", 0),
			       &made);
	if (rc == ROWAN_E_INVAL)
		return refuse_agency(q);
	if (rc == 0)
		(void)json_object_set_new(q->out, "request",
			json_stringn((const char *)rowan_bytes_data(made),
				rowan_bytes_len(made)));
	rowan_bytes_free(made);
	return rc;
}

/* Wait until nothing is known to be missing, so that lists are whole. */
static int op_current(struct request *q)
{
	struct agent *a = q->agent;

	if (rowan_link(a->rowan) == ROWAN_LINK_CURRENT)
		return 0;
	return wait_for(q, WAIT_CURRENT, 0, NULL);
}

static int op_readmit(struct request *q)
{
	int rc = rowan_readmit(q->agent->rowan);

	if (rc == ROWAN_E_STATE)
		return refuse(q, EXIT_OTHER,
			N_("this vault is no old copy: nothing has to be taken "
			   "in anew"),
			N_("rowan doctor says what is wrong, if anything is"));
	return rc == 0 ? book_set_mark(q->agent->book, BOOK_OLD_COPY, false)
		       : rc;
}

const struct agent_operation ops_self[] = {{"status", OP_ANY, true, op_status},
	{"create", OP_ANY, false, op_create},
	{"unlock", OP_ANY, false, op_unlock}, {"lock", OP_ANY, false, op_lock},
	{"stop", OP_ANY, false, op_stop},
	{"passphrase", OP_ANY, false, op_passphrase},
	{"wipe", OP_ANY, false, op_wipe}, {"config", OP_ANY, false, op_config},
	{"enrol", OP_OPEN, false, op_enrol},
	{"enrolled", OP_OPEN, false, op_enrolled},
	{"enrol-cancel", OP_OPEN, false, op_enrol_cancel},
	{"enrol-request", OP_OPEN, false, op_enrol_request},
	{"install", OP_OPEN, false, op_install},
	{"request", OP_OPEN, false, op_request},
	{"current", OP_CARD, false, op_current},
	{"readmit", OP_CARD, false, op_readmit}, {NULL, OP_ANY, false, NULL}};
