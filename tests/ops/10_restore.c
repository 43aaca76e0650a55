/*
 * A restore: signed by the authority for exactly these two heads or not at
 * all; then what was before the backup is there, what came after is not,
 * invites and key packages are void and groups wait for a reset.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>
#include <sys/wait.h>

#include "backup/restore.h"
#include "lib/clinic_kit.h"
#include "net/kit.h"
#include "wire/armour.h"
#include "wire/key.h"

static struct clinic_kit k;
static char ctl[ROWAND_PATH_MAX + 64];

/* rowanctl with these arguments; its exit code. */
static int run(const char *args)
{
	char command[3 * ROWAND_PATH_MAX];
	int status;

	snprintf(command, sizeof command,
		"%s --config '%s/rowand.conf' %s >>'%s/log' 2>&1", ctl,
		kit_daemon.dir, args, kit_daemon.dir);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int runf(const char *fmt, const char *a, const char *b, const char *c)
{
	char args[2 * ROWAND_PATH_MAX];

	snprintf(args, sizeof args, fmt, a, b, c);
	return run(args);
}

static void write_statement(const char *path, struct bytes raw)
{
	FILE *f = fopen(path, "w");
	struct writer w;

	writer_init(&w, 2 * ARMOUR_OBJECT_MAX);
	KIT_CHECK(armour_write(ARMOUR_STATEMENT, raw, &w) == 0);
	KIT_CHECK(f != NULL && fwrite(w.data, 1, w.len, f) == w.len);
	KIT_CHECK(fclose(f) == 0);
	writer_wipe(&w);
}

/* A restore of ${heads}, signed by ${signer} (NULL: the authority). */
static void sign_restore(const char *path, const struct wire_st_restore *heads,
	const struct world_person *signer)
{
	struct wire_statement s;
	struct buf raw;

	world_statement(&k.cast.w, NULL, WIRE_ST_RESTORE, &s);
	s.u.restore = *heads;
	world_sign(&k.cast.w, signer, &s, &raw);
	write_statement(path, buf_view(&raw));
	buf_wipe(&raw);
}

/* What the case's chain and the clinic's say to the coordinator. */
static bool in_step(void)
{
	struct relay_client *c = clinic_kit_connect(&k, &k.cast.coordinator);
	bool same = clinic_kit_in_step(&k, c);

	relay_close(c);
	return same;
}

static uint16_t close_case(void)
{
	struct relay_client *c = clinic_kit_connect(&k, &k.cast.coordinator);
	struct wire_statement s;
	uint16_t code;

	k.cast.w.now = (uint64_t)time(NULL);
	world_statement(&k.cast.w, k.cast.c, WIRE_ST_CLOSE, &s);
	s.u.close.reason = WIRE_CLOSE_RESOLVED;
	code = clinic_kit_act(&k, c, k.cast.c, &s, &k.cast.coordinator);
	relay_close(c);
	return code;
}

static void refused_unless_signed(const char *folder)
{
	struct restore_pending p;
	char path[ROWAND_PATH_MAX];
	struct wire_st_restore other;

	snprintf(path, sizeof path, "%.2000s/restore.txt", kit_daemon.dir);
	KIT_CHECK(restore_pending_read(folder, &p) == 0);
	/* Other heads than those that were restored. */
	other = p.heads;
	other.size++;
	sign_restore(path, &other, NULL);
	KIT_CHECK(runf("backup finish '%s' '%s'%s", folder, path, "") == 65);
	other = p.heads;
	other.lost_root.b[0] ^= 1;
	sign_restore(path, &other, NULL);
	KIT_CHECK(runf("backup finish '%s' '%s'%s", folder, path, "") == 65);
	/* Somebody who is not the authority. */
	sign_restore(path, &p.heads, &k.cast.coordinator);
	KIT_CHECK(runf("backup finish '%s' '%s'%s", folder, path, "") == 65);
	KIT_CHECK(restore_pending_read(folder, &p) == 0);
	sign_restore(path, &p.heads, NULL);
	KIT_CHECK(runf("backup finish '%s' '%s'%s", folder, path, "") == 0);
	KIT_CHECK(restore_pending_read(folder, &p) == ROWAN_E_NOT_FOUND);
	/* Done is done. */
	KIT_CHECK(runf("backup finish '%s' '%s'%s", folder, path, "") == 66);
}

/* The restored folder takes the place of the old one. */
static void swap(const char *folder)
{
	char state[ROWAND_PATH_MAX], old[ROWAND_PATH_MAX];

	snprintf(state, sizeof state, "%.2000s/state", kit_daemon.dir);
	snprintf(old, sizeof old, "%.2000s/state.lost", kit_daemon.dir);
	KIT_CHECK(rename(state, old) == 0);
	KIT_CHECK(rename(folder, state) == 0);
}

int main(void)
{
	char folder[ROWAND_PATH_MAX], key[ROWAND_PATH_MAX],
		backups[ROWAND_PATH_MAX];
	char *slash;

	KIT_CHECK(rowand_init(&kit_daemon, NULL) == 0);
	strcpy(ctl, kit_daemon.binary);
	slash = strrchr(ctl, '/');
	strcpy(slash == NULL ? ctl : slash + 1, "rowanctl");
	snprintf(backups, sizeof backups, "%.2000s/backups", kit_daemon.dir);
	snprintf(folder, sizeof folder, "%.2000s/restored", kit_daemon.dir);
	snprintf(key, sizeof key, "%.2000s/backup.key", kit_daemon.dir);
	KIT_CHECK(runf("mkdir%s%s%s", "", "", "") == 64);
	snprintf(backups, sizeof backups, "mkdir -m 700 '%.2000s/backups'",
		kit_daemon.dir);
	KIT_CHECK(system(backups) == 0);
	clinic_kit_begin(&k, &kit_daemon, (uint64_t)time(NULL) - 86400);
	kit_run();
	KIT_CHECK(runf("backup keygen '%s' '%s/backup.pub'%s", key,
			  kit_daemon.dir, "") == 0);
	KIT_CHECK(run("backup now") == 0);
	KIT_CHECK(in_step());
	/* After the backup: the case is closed. */
	KIT_CHECK(close_case() == WIRE_OK);
	KIT_CHECK(in_step());
	KIT_CHECK(rowand_kill(&kit_daemon, SIGTERM) == 0);

	KIT_CHECK(runf("backup restore --key '%s' --into '%s' "
		       "%s/backups/*.backup",
			  key, folder, kit_daemon.dir) == 0);
	refused_unless_signed(folder);
	swap(folder);
	kit_run();
	/* The close is lost, and is brought back by whoever has it. */
	KIT_CHECK(!in_step());
	KIT_CHECK(run("store check") == 0);
	clinic_kit_wipe(&k);
	return kit_end();
}
