/*
 * The loss of a database and its restore: see loss.h.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backup/restore.h"
#include "session/loss.h"
#include "wire/armour.h"

void loss_ctl(const char *args)
{
	char command[3 * ROWAND_PATH_MAX], path[ROWAND_PATH_MAX];
	char *slash;

	snprintf(path, sizeof path, "%.2000s", kit_daemon.binary);
	slash = strrchr(path, '/');
	snprintf(slash == NULL ? path : slash + 1, 16, "rowanctl");
	snprintf(command, sizeof command,
		"cd '%.2000s' && '%s' --config rowand.conf %s >>log 2>&1",
		kit_daemon.dir, path, args);
	KIT_CHECK(system(command) == 0);
}

const char *loss_at(const char *name)
{
	static char path[ROWAND_PATH_MAX];

	snprintf(path, sizeof path, "%.2000s/%s", kit_daemon.dir, name);
	return path;
}

/* The authority signs what is pending, behind the backup's chain. */
static void sign_restore(const struct clinic *then)
{
	struct restore_pending p;
	struct wire_statement s;
	struct writer w, text;
	FILE *f;

	KIT_CHECK(restore_pending_read(loss_at("restored"), &p) == 0);
	KIT_CHECK(p.heads.lost_size > p.heads.size);
	authority_begin(then, WIRE_ST_RESTORE, (uint64_t)time(NULL), &s);
	s.u.restore = p.heads;
	writer_init(&w, WIRE_STATEMENT_MAX);
	KIT_CHECK(authority_sign(kit_clinic.key, NULL, &s, &w) == 0);
	writer_init(&text, 2 * ARMOUR_OBJECT_MAX);
	KIT_CHECK(armour_write(ARMOUR_STATEMENT, writer_view(&w), &text) == 0);
	f = fopen(loss_at("signed"), "w");
	KIT_CHECK(f != NULL && fwrite(text.data, 1, text.len, f) == text.len &&
		  fclose(f) == 0);
	writer_wipe(&text);
	writer_wipe(&w);
}

void loss_restore(const struct clinic *then)
{
	char command[3 * ROWAND_PATH_MAX];

	KIT_CHECK(rowand_kill(&kit_daemon, SIGKILL) != 0);
	loss_ctl("backup restore --key backup.key --into restored"
		 " --last state/log-guard backups/*.backup");
	sign_restore(then);
	loss_ctl("backup finish restored signed");
	snprintf(command, sizeof command,
		"cd '%.2000s' && rm -r state && mv restored state",
		kit_daemon.dir);
	KIT_CHECK(system(command) == 0);
	kit_run();
}
