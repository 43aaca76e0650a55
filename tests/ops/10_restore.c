/*
 * A restore: signed by the authority for exactly these two heads or not at
 * all; then what was before the backup is there, what came after is not,
 * invites and key packages are void, groups wait for a reset, and a case that
 * was erased meanwhile does not come back.
 */
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "backup/restore.h"
#include "ops/restoring.h"

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
	restoring_sign(path, &other, NULL);
	KIT_CHECK(restoring_finish(folder, path) == 65);
	other = p.heads;
	other.lost_root.b[0] ^= 1;
	restoring_sign(path, &other, NULL);
	KIT_CHECK(restoring_finish(folder, path) == 65);
	/* Somebody who is not the authority. */
	restoring_sign(path, &p.heads, &restoring.cast.coordinator);
	KIT_CHECK(restoring_finish(folder, path) == 65);
	KIT_CHECK(restore_pending_read(folder, &p) == 0);
	restoring_sign(path, &p.heads, NULL);
	KIT_CHECK(restoring_finish(folder, path) == 0);
	KIT_CHECK(restore_pending_read(folder, &p) == ROWAN_E_NOT_FOUND);
	/* Done is done. */
	KIT_CHECK(restoring_finish(folder, path) == 66);
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

/* Nobody gave anything back yet; the operator ends the waiting. */
static void waits_and_says_so(void)
{
	char path[ROWAND_PATH_MAX], args[ROWAND_PATH_MAX + 64];
	FILE *f;

	KIT_CHECK(restoring_soon("--json status", "\"restoring\":\"clinic\""));
	KIT_CHECK(restoring_run("health") == 1);
	KIT_CHECK(restoring_said("coordinators' devices, "));
	KIT_CHECK(restoring_soon("status", "restored: waits for what "));
	/* Brought once more it does not take the place of what was lost. */
	snprintf(args, sizeof args, "cards import '%.2000s/restore.txt'",
		kit_daemon.dir);
	KIT_CHECK(restoring_run(args) == 0);
	KIT_CHECK(restoring_said("; the restore waits for its place"));
	snprintf(path, sizeof path, "%.2000s/rowand.conf", kit_daemon.dir);
	f = fopen(path, "a");
	KIT_CHECK(f != NULL && fputs("restore_wait = \"0 s\";\n", f) >= 0);
	KIT_CHECK(fclose(f) == 0);
	KIT_CHECK(restoring_run("reload --wait") == 0);
	KIT_CHECK(restoring_soon("health", "nothing waits"));
	KIT_CHECK(restoring_run(args) == 0);
	KIT_CHECK(restoring_said("0 taken, 1 known\n"));
}

/* ---- what was erased ------------------------------------------------------
 */

static bool found;

static bool contains(struct bytes data, const uint8_t *id, size_t len)
{
	char hex[2 * WIRE_KEY_LEN + 1];

	sodium_bin2hex(hex, sizeof hex, id, len);
	return memmem(data.data, data.len, id, len) != NULL ||
	       memmem(data.data, data.len, hex, 2 * len) != NULL;
}

static int look(const char *path, const struct stat *st, int kind)
{
	const struct world_person *v = &restoring.cast.victim;
	struct buf all;

	if (kind != FTW_F || st->st_size == 0 || import_read(path, &all) != 0)
		return 0;
	if (contains(buf_view(&all), v->device.b, ID16_LEN) ||
		contains(buf_view(&all), v->member.b, ID16_LEN) ||
		contains(buf_view(&all), v->signature_key.b, WIRE_KEY_LEN))
		found = true;
	buf_wipe(&all);
	return 0;
}

/* Nobody in an erased case is named by the state, the backups, their list. */
static void names_nobody(void)
{
	static const char *const folders[] = {"state", "backups"};
	char path[ROWAND_PATH_MAX];

	found = false;
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%.2000s/%s", kit_daemon.dir,
			folders[i]);
		KIT_CHECK(ftw(path, look, 8) == 0);
	}
	KIT_CHECK(!found);
	/* The case is, by its tombstone alone. */
	KIT_CHECK(restoring_in_file("backups/tombstones", "rowan tombstones"));
}

int main(void)
{
	char folder[ROWAND_PATH_MAX], args[2 * ROWAND_PATH_MAX];
	const char *dir = kit_daemon.dir;

	restoring_begin();
	/* After the backup: the case is closed. */
	KIT_CHECK(restoring_close() == WIRE_OK);
	KIT_CHECK(restoring_in_step());
	/* Erased with the coordinator's and the authority's word. */
	KIT_CHECK(restoring_run("--json devices list victim") == 0);
	KIT_CHECK(!restoring_said("\"standing\":\"revoked\""));
	KIT_CHECK(restoring_erase() == WIRE_OK);
	KIT_CHECK(rowand_kill(&kit_daemon, SIGTERM) == 0);
	names_nobody();

	snprintf(folder, sizeof folder, "%.2000s/restored", dir);
	restoring_args(folder, args, sizeof args);
	KIT_CHECK(restoring_run(args) == 0);
	names_the_loss(folder);
	refused_unless_signed(folder);
	KIT_CHECK(restoring_said("\"cases_erased_again\":1"));
	restoring_swap(folder);
	kit_run();
	/* The close is lost, and is brought back by whoever has it. */
	KIT_CHECK(!restoring_in_step());
	waits_and_says_so();
	/* The backup had the case; the tombstone beside it was stronger. */
	KIT_CHECK(restoring_run("--json devices list victim") == 0);
	KIT_CHECK(restoring_said("\"standing\":\"revoked\""));
	/* Of her card only the link is left, and the chain is whole. */
	snprintf(args, sizeof args, "cards export '%.2000s/chain'", dir);
	KIT_CHECK(restoring_run(args) == 0);
	KIT_CHECK(restoring_in_file("chain", "\nwithheld "));
	KIT_CHECK(restoring_run("store check") == 0);
	KIT_CHECK(restoring_run("audit verify") == 0);
	/* What was lost is told by device, but of nobody in an erased case. */
	KIT_CHECK(restoring_in_file("state/loss.txt", "\nafter device "));
	names_nobody();
	clinic_kit_wipe(&restoring);
	return kit_end();
}
