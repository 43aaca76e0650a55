/*
 * One command on its way through the daemon, and the table of all of them.
 * Private to this folder.
 */
#ifndef CTL_CALL_H
#define CTL_CALL_H

#include <sys/types.h>

#include "ctl/ctl.h"
#include "ops/request.h"
#include "store/store.h"

/* Who is at the other end. */
struct ctl_peer {
	uid_t uid;  /* as the kernel says; may be nobody, seen from within a
		       user namespace */
	bool group; /* in the daemon's group */
};

struct ctl_entry;

struct ctl_call {
	const struct ctl_options *o;
	struct store_reader *rd;
	struct ctl_request q;
	struct ctl_answer *a;
	const struct ctl_entry *entry;
	bool logged;		 /* its leaf is in the audit log */
	char who[32];		 /* for the logs */
	const _Atomic int *stop; /* the daemon ends: give up */
};

/* What every command comes to. */
typedef void ctl_run(struct ctl_call *c);

enum ctl_kind {
	CTL_LOOK,  /* changes nothing */
	CTL_ACT,   /* in the audit log, with all that it changes there */
	CTL_DEED,  /* an act, or a look at who there is, after its leaf */
	CTL_NOTE,  /* ...by rowanctl, with files: only the leaf is made here */
	CTL_LONG,  /* changes nothing, takes long: one at a time */
	CTL_LABOUR /* an act that takes long; its leaf follows it */
};

struct ctl_entry {
	uint16_t op;
	const char *name; /* in logs */
	enum ctl_kind kind;
	ctl_run *run;
};

/**
 * ctl_find(op):
 * The entry, or NULL.
 */
const struct ctl_entry *ctl_find(uint16_t op);

/**
 * ctl_allowed(peer, self):
 * Whether ${peer} may administer a daemon that runs as ${self}.
 */
bool ctl_allowed(const struct ctl_peer *peer, uid_t self);

/**
 * ctl_act(c, job, cookie):
 * Run ${job} on the writer's thread and wait until it is durable; the act's
 * leaf is in the same transaction. Returns its code, without words.
 */
ROWAN_MUST int ctl_act(struct ctl_call *c, request_job *job, void *cookie);

/**
 * ctl_record(c):
 * The leaf alone, of an act that changes nothing in the store; once.
 */
ROWAN_MUST int ctl_record(struct ctl_call *c);

/**
 * ctl_state(c, ret):
 * How the relay stands. ROWAN_E_STATE when it has ended.
 */
ROWAN_MUST int ctl_state(struct ctl_call *c, struct server_state *ret);

/**
 * ctl_damaged(relay):
 * Somebody has read that the database is damaged: serve no longer, as when the
 * writer reads it.
 */
void ctl_damaged(struct server *relay);

/**
 * ctl_fail(c, rc):
 * Say an error of the store or the relay: code and words.
 */
void ctl_fail(struct ctl_call *c, int rc);

/* The commands, by file. */
ctl_run ctl_status, ctl_health, ctl_metrics, ctl_sessions; /* look.c */
ctl_run ctl_reload, ctl_drain, ctl_loglevel, ctl_clock, ctl_clock_accept,
	ctl_beside; /* run.c */
ctl_run ctl_import, ctl_export, ctl_revoke, ctl_cards, ctl_devices, ctl_invites,
	ctl_invite_end, ctl_quotas, ctl_keys; /* clinic.c */
ctl_run ctl_retention, ctl_retention_run, ctl_store_check, ctl_store_vacuum,
	ctl_audit_verify;		 /* keep.c */
ctl_run ctl_backup_now, ctl_backup_list; /* save.c */

#endif
