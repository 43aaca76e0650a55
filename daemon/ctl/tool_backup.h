/*
 * What verifying and restoring a backup share. Private to this folder.
 */
#ifndef CTL_TOOL_BACKUP_H
#define CTL_TOOL_BACKUP_H

#include "backup/format.h"
#include "ctl/tool.h"
#include "process/process.h"

/**
 * tool_backup_secret(t, ret):
 * The secret key of backups: from --key, $CREDENTIALS_DIRECTORY, or a file of
 * that name here. EX_OK, or a code with the reason said.
 */
ROWAN_MUST int tool_backup_secret(const struct tool *t, struct key32 *ret);

/**
 * tool_backup_why(t, rc):
 * Say why a backup cannot be used; returns the exit code.
 */
int tool_backup_why(struct tool *t, int rc);

/**
 * tool_backup_manifest(a, m):
 * A row that says what a backup is.
 */
void tool_backup_manifest(
	struct ctl_answer *a, const struct backup_manifest *m);

/**
 * tool_backup_check(p, dir, m, a):
 * Open the restored database in ${dir} as rowand would and prove every
 * invariant, and that its audit log is the one of which ${m} names a head; it
 * stays open. EX_OK, or a code that ${a} says, too.
 */
ROWAN_MUST int tool_backup_check(struct process *p, const char *dir,
	const struct backup_manifest *m, struct ctl_answer *a);

#endif
