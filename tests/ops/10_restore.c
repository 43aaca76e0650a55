/*
 * A restore: signed by the authority for exactly these two heads or not at
 * all; then what was before the backup is there, what came after is not,
 * invites and key packages are void, groups wait for a reset, and a case that
 * was erased meanwhile does not come back.
 */
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include "backup/restore.h"
#include "lib/clinic_kit.h"
#include "net/kit.h"
#include "wire/armour.h"

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

/* Whether the restored ${folder} is finished by the statement in ${path}. */
static int finish(const char *folder, const char *path)
{
	char args[2 * ROWAND_PATH_MAX + 64];

	snprintf(args, sizeof args, "--json backup finish '%s' '%s'", folder,
		path);
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

/* Signed by the coordinator and the authority. */
static uint16_t erase_case(void)
{
	struct relay_client *c = clinic_kit_connect(&k, &k.cast.coordinator);
	struct wire_statement s;
	uint16_t code;

	k.cast.w.now = (uint64_t)time(NULL);
	world_statement(&k.cast.w, k.cast.c, WIRE_ST_ERASE, &s);
	s.signer_count = 2;
	s.signers[0].kind = WIRE_SIGNER_AUTHORITY;
	s.signers[1].kind = WIRE_SIGNER_DEVICE;
	s.signers[1].device = k.cast.coordinator.device;
	code = clinic_kit_act(&k, c, k.cast.c, &s, &k.cast.coordinator);
	relay_close(c);
	return code;
}

/* Whether a file of the daemon's folder has these words in it. */
static bool in_file(const char *name, const char *words)
{
	char path[ROWAND_PATH_MAX];
	bool found;
	struct buf all;

	snprintf(path, sizeof path, "%.2000s/%s", kit_daemon.dir, name);
	KIT_CHECK(import_read(path, &all) == 0);
	found = memmem(all.data, all.len, words, strlen(words)) != NULL;
	buf_wipe(&all);
	return found;
}

/* What rowanctl has said so far. */
static bool said(const char *words)
{
	return in_file("log", words);
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
	KIT_CHECK(finish(folder, path) == 65);
	other = p.heads;
	other.lost_root.b[0] ^= 1;
	sign_restore(path, &other, NULL);
	KIT_CHECK(finish(folder, path) == 65);
	/* Somebody who is not the authority. */
	sign_restore(path, &p.heads, &k.cast.coordinator);
	KIT_CHECK(finish(folder, path) == 65);
	KIT_CHECK(restore_pending_read(folder, &p) == 0);
	sign_restore(path, &p.heads, NULL);
	KIT_CHECK(finish(folder, path) == 0);
	KIT_CHECK(restore_pending_read(folder, &p) == ROWAN_E_NOT_FOUND);
	/* Done is done. */
	KIT_CHECK(finish(folder, path) == 66);
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

/* The last head is that of the record which nobody restores. */
static void names_the_loss(const char *folder)
{
	struct restore_pending p;

	KIT_CHECK(restore_pending_read(folder, &p) == 0);
	KIT_CHECK(p.heads.size > 0);
	KIT_CHECK(p.heads.lost_size > p.heads.size);
	KIT_CHECK(memcmp(p.heads.root.b, p.heads.lost_root.b, 32) != 0);
}

/* The last of ${args} says ${words} in the end. */
static bool soon(const char *args, const char *words)
{
	for (int i = 0; i < 600 && !said(words); i++) {
		(void)run(args);
		usleep(100000);
	}
	return said(words);
}

/* Nobody gave anything back yet; the operator ends the waiting. */
static void waits_and_says_so(void)
{
	char path[ROWAND_PATH_MAX], args[ROWAND_PATH_MAX + 64];
	FILE *f;

	KIT_CHECK(soon("--json status", "\"restoring\":\"clinic\""));
	KIT_CHECK(run("health") == 1);
	KIT_CHECK(said("nobody can write; waits for "));
	KIT_CHECK(soon("status", "restored: waits for what "));
	/* Brought once more it does not take the place of what was lost. */
	snprintf(args, sizeof args, "cards import '%.2000s/restore.txt'",
		kit_daemon.dir);
	KIT_CHECK(run(args) == 0);
	KIT_CHECK(said("; the restore waits for its place"));
	snprintf(path, sizeof path, "%.2000s/rowand.conf", kit_daemon.dir);
	f = fopen(path, "a");
	KIT_CHECK(f != NULL && fputs("restore_wait = \"0 s\";\n", f) >= 0);
	KIT_CHECK(fclose(f) == 0);
	KIT_CHECK(run("reload --wait") == 0);
	KIT_CHECK(soon("health", "nothing waits"));
	KIT_CHECK(run(args) == 0);
	KIT_CHECK(said("0 taken, 1 known\n"));
}

static void make_folders(void)
{
	char path[ROWAND_PATH_MAX];
	char *slash;

	strcpy(ctl, kit_daemon.binary);
	slash = strrchr(ctl, '/');
	strcpy(slash == NULL ? ctl : slash + 1, "rowanctl");
	snprintf(path, sizeof path, "%.2000s/backups", kit_daemon.dir);
	KIT_CHECK(mkdir(path, 0700) == 0);
}

int main(void)
{
	char folder[ROWAND_PATH_MAX], args[2 * ROWAND_PATH_MAX];
	const char *dir = kit_daemon.dir;

	KIT_CHECK(rowand_init(&kit_daemon, NULL) == 0);
	make_folders();
	clinic_kit_begin(&k, &kit_daemon, (uint64_t)time(NULL) - 86400);
	kit_run();
	snprintf(args, sizeof args,
		"backup keygen '%.2000s/backup.key' '%.2000s/backup.pub'", dir,
		dir);
	KIT_CHECK(run(args) == 0);
	KIT_CHECK(run("backup now") == 0);
	KIT_CHECK(in_step());
	/* After the backup: the case is closed. */
	KIT_CHECK(close_case() == WIRE_OK);
	KIT_CHECK(in_step());
	/* Erased with the coordinator's and the authority's word. */
	KIT_CHECK(run("--json devices list victim") == 0);
	KIT_CHECK(!said("\"standing\":\"revoked\""));
	KIT_CHECK(erase_case() == WIRE_OK);
	KIT_CHECK(rowand_kill(&kit_daemon, SIGTERM) == 0);

	snprintf(folder, sizeof folder, "%.2000s/restored", dir);
	snprintf(args, sizeof args,
		"backup restore --key '%.2000s/backup.key' --into '%.2000s' "
		"--last '%.2000s/state/log-guard' %.2000s/backups/*.backup",
		dir, folder, dir, dir);
	KIT_CHECK(run(args) == 0);
	names_the_loss(folder);
	refused_unless_signed(folder);
	KIT_CHECK(said("\"cases_erased_again\":1"));
	swap(folder);
	kit_run();
	/* The close is lost, and is brought back by whoever has it. */
	KIT_CHECK(!in_step());
	waits_and_says_so();
	/* The backup had the case; the tombstone beside it was stronger. */
	KIT_CHECK(run("--json devices list victim") == 0);
	KIT_CHECK(said("\"standing\":\"revoked\""));
	/* Of her card only the link is left, and the chain is whole. */
	snprintf(args, sizeof args, "cards export '%.2000s/chain'", dir);
	KIT_CHECK(run(args) == 0);
	KIT_CHECK(in_file("chain", "\nwithheld "));
	KIT_CHECK(run("store check") == 0);
	KIT_CHECK(run("audit verify") == 0);
	clinic_kit_wipe(&k);
	return kit_end();
}
