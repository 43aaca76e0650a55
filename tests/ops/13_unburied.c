/*
 * A case is erased while the folder of backups is away: health, the metrics and
 * the log say that its tombstone is missing, over a kill as well; when the
 * folder is back it has the tombstone, without anybody's help.
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "ops/restoring.h"

static char backups[ROWAND_PATH_MAX], away[ROWAND_PATH_MAX];

/* What rowanctl says now, as nothing that it said before. */
static bool says(const char *args, const char *words)
{
	char log[ROWAND_PATH_MAX];

	snprintf(log, sizeof log, "%.2000s/log", kit_daemon.dir);
	KIT_CHECK(truncate(log, 0) == 0);
	return restoring_soon(args, words);
}

static void is_missed(void)
{
	KIT_CHECK(says("health", "a tombstone could not be written"));
	KIT_CHECK(says("metrics", "\nrowan_unburied 1\n"));
}

int main(void)
{
	restoring_begin();
	snprintf(backups, sizeof backups, "%.2000s/backups", kit_daemon.dir);
	snprintf(away, sizeof away, "%.2000s/away", kit_daemon.dir);
	KIT_CHECK(says("metrics", "\nrowan_unburied 0\n"));
	KIT_CHECK(rename(backups, away) == 0);
	KIT_CHECK(restoring_close() == WIRE_OK);
	KIT_CHECK(restoring_erase() == WIRE_OK);
	is_missed();
	/* It hears every few seconds whether something has turned. */
	KIT_CHECK(restoring_soon("status", "could not be written beside"));
	KIT_CHECK(rowand_kill(&kit_daemon, SIGKILL) == SIGKILL);
	kit_run();
	is_missed();
	KIT_CHECK(rename(away, backups) == 0);
	KIT_CHECK(says("metrics", "\nrowan_unburied 0\n"));
	KIT_CHECK(restoring_in_file("backups/tombstones", "\ncase "));
	KIT_CHECK(says("health", "no restore brings an erased case back"));
	KIT_CHECK(rowand_kill(&kit_daemon, SIGTERM) == 0);
	clinic_kit_wipe(&restoring);
	return kit_end();
}
