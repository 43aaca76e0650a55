/*
 * The commands of rowanctl: one table, with what each takes, what it does and
 * where it is done.
 */
#ifndef CTL_TOOL_H
#define CTL_TOOL_H

#include "ctl/form.h"

#define TOOL_ERASED_MAX 16 /* files of witnesses, for one restore */

/* What the command line said. */
struct tool {
	const char *socket, *config;
	bool json, dry, all, wait, newest, next, yes;
	bool shown;				       /* an answer was */
	const char *output, *into, *key, *last, *lost; /* paths */
	uint64_t seconds;			       /* --for */
	char **args; /* what is left, after the command's words */
	int count;
};

typedef int tool_run(struct tool *t);

struct tool_command {
	const char *words; /* "backup now" */
	const char *args;  /* of the usage, "" for none */
	const char *help;
	uint16_t op;   /* of the daemon; 0: done here */
	int min, max;  /* arguments */
	tool_run *run; /* here; or NULL: ask the daemon plainly */
};

/**
 * tool_at(i):
 * The ${i}th command, or NULL past the end.
 */
const struct tool_command *tool_at(size_t i);

/**
 * tool_ask(t, q):
 * Ask the daemon, show the answer, return its code; EX_UNAVAILABLE when there
 * is no daemon, EX_NOPERM when we may not.
 */
int tool_ask(struct tool *t, const struct ctl_request *q);

/**
 * tool_show(t, a):
 * Show an answer that was made here, and return its code. Wipes ${a}.
 */
int tool_show(struct tool *t, struct ctl_answer *a);

/**
 * tool_read(path, max, ret):
 * A whole file, "-" for standard input. The caller owns ${ret}. ROWAN_E_IO,
 * ROWAN_E_LIMIT. Says on stderr what is wrong.
 */
ROWAN_MUST int tool_read(const char *path, size_t max, struct buf *ret);

/* Those that are done here, by file. */
tool_run tool_metrics, tool_check_config, tool_reload, tool_drain,
	tool_loglevel, tool_import, tool_export, tool_revoke, tool_list,
	tool_invites, tool_invite_end, tool_quotas,
	tool_retention_run;			  /* tool_ask.c */
tool_run tool_backup_keygen, tool_backup_verify;  /* tool_backup.c */
tool_run tool_backup_restore, tool_backup_finish; /* tool_restore.c */
tool_run tool_store_check, tool_store_migrate,
	tool_store_vacuum;				     /* tool_store.c */
tool_run tool_key_rotate, tool_key_retire, tool_key_request; /* tool_key.c */
tool_run tool_bundle;					     /* tool_bundle.c */

#endif
