/*
 * A case is erased while the folder of backups is away: health, the metrics and
 * the log say that its tombstone is missing, over a kill as well; when the
 * folder is back it has the tombstone, without anybody's help. What a list of
 * losses told of the case is crossed out.
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <sodium.h>

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

static void hex_of(const struct id16 *id, char ret[2 * ID16_LEN + 1])
{
	sodium_bin2hex(ret, 2 * ID16_LEN + 1, id->b, ID16_LEN);
}

/* A list of an earlier restore: of the case, and of others. */
static void list_losses(void)
{
	const struct cast *cast = &restoring.cast;
	char victim[2 * ID16_LEN + 1], staff[2 * ID16_LEN + 1],
		of_case[2 * ID16_LEN + 1], channel[2 * ID16_LEN + 1],
		path[ROWAND_PATH_MAX];
	FILE *f;

	hex_of(&cast->victim.device, victim);
	hex_of(&cast->coordinator.device, staff);
	hex_of(&cast->c->id, of_case);
	hex_of(&cast->c->channels[0].channel, channel);
	snprintf(path, sizeof path, "%.2000s/state/loss.txt", kit_daemon.dir);
	f = fopen(path, "w");
	KIT_CHECK(f != NULL);
	fprintf(f,
		"rowan loss 1\nentries 5 to 8\n"
		"other 5 2026-11-26T10Z fetch device %s case %s number 0\n"
		"statement 6 2026-11-26T10:00:00Z device %s chain %s number 4\n"
		"other 7 2026-11-26T10:00:00Z login device %s case %032d "
		"number 0\nmessage 8 2026-11-26T10:00:00Z device %s channel %s "
		"counter 7 state fetched\nafter device %s counter 9\n"
		"after device %s counter 8\n",
		victim, of_case, staff, of_case, staff, 0, staff, channel,
		victim, staff);
	KIT_CHECK(fclose(f) == 0);
}

static bool lists(const char *words)
{
	return restoring_in_file("state/loss.txt", words);
}

static void is_crossed_out(void)
{
	const struct cast *cast = &restoring.cast;
	char hex[2 * ID16_LEN + 1];

	hex_of(&cast->victim.device, hex);
	for (int i = 0; i < 600 && lists(hex); i++)
		usleep(100000);
	KIT_CHECK(!lists(hex));
	hex_of(&cast->c->id, hex);
	KIT_CHECK(!lists(hex));
	KIT_CHECK(lists("\nerased 5\nerased 6\nother 7 "));
	hex_of(&cast->coordinator.device, hex);
	KIT_CHECK(lists(hex) && lists(" counter 8\n"));
	KIT_CHECK(!lists(" counter 9\n"));
	KIT_CHECK(lists("\nerased 8\n") && !lists(" channel "));
}

/* Killed while it wrote the list anew, which was then dealt with. */
static void half_crossed_out(void)
{
	char list[ROWAND_PATH_MAX], part[ROWAND_PATH_MAX];

	snprintf(list, sizeof list, "%.2000s/state/loss.txt", kit_daemon.dir);
	snprintf(part, sizeof part, "%.2000s/state/loss.txt.part",
		kit_daemon.dir);
	KIT_CHECK(rowand_kill(&kit_daemon, SIGKILL) == SIGKILL);
	KIT_CHECK(rename(list, part) == 0);
	kit_run();
	for (int i = 0; i < 600 && access(part, F_OK) == 0; i++)
		usleep(100000);
	KIT_CHECK(access(part, F_OK) != 0 && access(list, F_OK) != 0);
}

int main(void)
{
	restoring_begin();
	list_losses();
	snprintf(backups, sizeof backups, "%.2000s/backups", kit_daemon.dir);
	snprintf(away, sizeof away, "%.2000s/away", kit_daemon.dir);
	KIT_CHECK(says("metrics", "\nrowan_unburied 0\n"));
	KIT_CHECK(rename(backups, away) == 0);
	KIT_CHECK(restoring_close() == WIRE_OK);
	KIT_CHECK(restoring_erase() == WIRE_OK);
	is_missed();
	is_crossed_out();
	half_crossed_out();
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
