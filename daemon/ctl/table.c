/*
 * The table of commands, and what they share: see call.h.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "ctl/call.h"
#include "ops/record.h"

/* clang-format off */
static const struct ctl_entry table[] = {
	{CTL_STATUS,        "status",        CTL_LOOK,   ctl_status},
	{CTL_HEALTH,        "health",        CTL_LOOK,   ctl_health},
	{CTL_METRICS,       "metrics",       CTL_LOOK,   ctl_metrics},
	{CTL_SESSIONS,      "sessions",      CTL_LOOK,   ctl_sessions},
	{CTL_RELOAD,        "reload",        CTL_DEED,   ctl_reload},
	{CTL_DRAIN,         "drain",         CTL_ACT,    ctl_drain},
	{CTL_LOGLEVEL,      "loglevel",      CTL_DEED,   ctl_loglevel},
	{CTL_CLOCK,         "clock",         CTL_LOOK,   ctl_clock},
	{CTL_CLOCK_ACCEPT,  "clock accept",  CTL_DEED,   ctl_clock_accept},
	{CTL_IMPORT,        "cards import",  CTL_ACT,    ctl_import},
	{CTL_CARDS,         "cards",         CTL_DEED,   ctl_cards},
	{CTL_DEVICES,       "devices",       CTL_DEED,   ctl_devices},
	{CTL_REVOKE,        "devices revoke", CTL_ACT,   ctl_revoke},
	{CTL_INVITES,       "invites",       CTL_DEED,   ctl_invites},
	{CTL_INVITE_END,    "invites end",   CTL_ACT,    ctl_invite_end},
	{CTL_QUOTAS,        "quotas",        CTL_LOOK,   ctl_quotas},
	{CTL_KEYS,          "key show",      CTL_LOOK,   ctl_keys},
	{CTL_RETENTION,     "retention",     CTL_LOOK,   ctl_retention},
	{CTL_RETENTION_RUN, "retention run", CTL_LABOUR, ctl_retention_run},
	{CTL_BACKUP_NOW,    "backup now",    CTL_LABOUR, ctl_backup_now},
	{CTL_BACKUP_LIST,   "backup list",   CTL_LOOK,   ctl_backup_list},
	{CTL_STORE_CHECK,   "store check",   CTL_LONG,   ctl_store_check},
	{CTL_STORE_VACUUM,  "store vacuum",  CTL_LABOUR, ctl_store_vacuum},
	{CTL_AUDIT_VERIFY,  "audit verify",  CTL_LONG,   ctl_audit_verify},
	{CTL_EXPORT,        "cards export",  CTL_DEED,   ctl_export},
	{CTL_BACKUP_KEYGEN, "backup keygen", CTL_NOTE,   ctl_beside},
	{CTL_BACKUP_VERIFY, "backup verify", CTL_NOTE,   ctl_beside},
	{CTL_BACKUP_RESTORE, "backup restore", CTL_NOTE, ctl_beside},
	{CTL_KEY_ROTATE,    "key rotate",    CTL_NOTE,   ctl_beside},
	{CTL_KEY_RETIRE,    "key retire",    CTL_NOTE,   ctl_beside},
};
/* clang-format on */

const struct ctl_entry *ctl_find(uint16_t op)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].op == op)
			return &table[i];
	return NULL;
}

void ctl_fail(struct ctl_call *c, int rc)
{
	uint8_t code = EX_OSERR;

	if (rc == ROWAN_E_STATE || rc == ROWAN_E_AGAIN || rc == ROWAN_E_FULL)
		code = EX_TEMPFAIL;
	else if (rc == ROWAN_E_CORRUPT)
		code = EX_DATAERR;
	else if (rc <= -300)
		code = EX_DATAERR;
	ctl_say(c->a, code, "%s",
		rc == ROWAN_E_STATE ? "the daemon is stopping"
				    : rowan_strerror(rc));
}

/* ---- on the other threads ---- */

struct look {
	struct server *relay;
	struct server_state *ret;
};

static void look(void *cookie)
{
	struct look *l = cookie;

	server_state(l->relay, l->ret);
}

int ctl_state(struct ctl_call *c, struct server_state *ret)
{
	struct look l = {c->o->relay, ret};

	return server_here(c->o->relay, look, &l);
}

struct act {
	struct ctl_call *call;
	request_job *job; /* or NULL: only the leaf */
	void *cookie;
};

/* The act and its leaf, together or not at all. */
static int run_act(void *cookie, struct ops *o)
{
	struct act *a = cookie;
	const struct ctl_call *c = a->call;
	char text[64];
	int rc = a->job == NULL ? 0 : a->job(a->cookie, o);

	snprintf(text, sizeof text, "%s: %s", c->who, c->entry->name);
	return rc == 0 ? record_admin(
				 o, c->entry->op, bytes_of(text, strlen(text)))
		       : rc;
}

int ctl_act(struct ctl_call *c, request_job *job, void *cookie)
{
	struct act a = {c, job, cookie};
	int rc = server_job(c->o->relay, run_act, &a);

	c->logged = c->logged || rc == 0;
	return rc;
}

int ctl_record(struct ctl_call *c)
{
	int rc = c->logged ? 0 : ctl_act(c, NULL, NULL);

	/* A disk that was found full has given its reserve for the next. */
	if (rc == ROWAN_E_FULL || rc == ROWAN_E_AGAIN)
		rc = ctl_act(c, NULL, NULL);
	return rc;
}

static int is_damaged(void *cookie, struct ops *o)
{
	(void)cookie;
	(void)o;
	return ROWAN_E_CORRUPT;
}

void ctl_damaged(struct server *relay)
{
	(void)!server_job(relay, is_damaged, NULL);
}
