/*
 * kill -9 at each step of a restore and of finishing it: afterwards nobody
 * serves what is half done, the operator can begin again or go on, and what
 * comes out is the same.
 * usage: 11_killed [all]	all: at every step, else at some
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include "backup/restore.h"
#include "ops/restoring.h"

#define SOME	16 /* steps of those there are */
#define KILLED	(128 + SIGKILL)
#define REFUSED 78 /* EX_CONFIG: restore-pending, or no database */

static char folder[ROWAND_PATH_MAX], file[ROWAND_PATH_MAX];
static char preload[ROWAND_PATH_MAX];

/* A shell's command in the daemon's folder; its exit code. */
static int shell(const char *command)
{
	char all[2 * ROWAND_PATH_MAX];
	int status;

	snprintf(all, sizeof all, "cd '%.2000s' && %.6000s", kit_daemon.dir,
		command);
	status = system(all);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* How many steps ${args} takes; it is done afterwards. */
static long count_steps(const char *args)
{
	char before[2 * ROWAND_PATH_MAX], path[ROWAND_PATH_MAX];
	struct stat st;

	snprintf(path, sizeof path, "%.2000s/steps", kit_daemon.dir);
	(void)unlink(path);
	snprintf(before, sizeof before, "KILL_COUNT='%.2000s' LD_PRELOAD='%s'",
		path, preload);
	KIT_CHECK(restoring_run_with(before, args) == 0);
	KIT_CHECK(stat(path, &st) == 0 && st.st_size > 20);
	return (long)st.st_size;
}

/* Killed before its step ${at}, counted from 1. */
static void kill_at(const char *args, long at)
{
	char before[2 * ROWAND_PATH_MAX];

	snprintf(before, sizeof before, "KILL_AT=%ld LD_PRELOAD='%s'", at,
		preload);
	KIT_CHECK(restoring_run_with(before, args) == KILLED);
}

/* Whether rowand refuses the folder restored; it may not serve. */
static int serve_it(void)
{
	char command[2 * ROWAND_PATH_MAX];

	snprintf(command, sizeof command,
		"sed 's#/state\"#/restored\"#' rowand.conf >aside.conf && "
		"timeout 30 '%s' --log text --config aside.conf >>log 2>&1",
		kit_daemon.binary);
	return shell(command);
}

/* Whether it waits for the authority, with all that belongs to it. */
static bool is_pending(void)
{
	struct restore_pending p;

	return restore_pending_read(folder, &p) == 0;
}

/* Every step, or some of them with the first and the last. */
static long next_step(long at, long steps, bool all)
{
	long by = all || steps <= SOME ? 1 : steps / SOME;

	return at < steps && at + by > steps ? steps : at + by;
}

static void restore_killed(bool all)
{
	char args[2 * ROWAND_PATH_MAX];
	long steps;

	restoring_args(folder, args, sizeof args);
	KIT_CHECK(shell("touch restore.txt") == 0);
	steps = count_steps(args);
	for (long at = 1; at <= steps; at = next_step(at, steps, all)) {
		KIT_CHECK(shell("rm -rf restored") == 0);
		kill_at(args, at);
		/* Nobody serves it, even where the backup is whole in it. */
		KIT_CHECK(serve_it() == REFUSED);
		/* What is not complete is not finished, but begun again. */
		if (!is_pending())
			KIT_CHECK(restoring_finish(folder, file) == 66);
	}
	printf("  killed at %s of %ld steps of a restore\n",
		all ? "each" : "some", steps);
	KIT_CHECK(shell("rm -rf restored") == 0);
	KIT_CHECK(restoring_run(args) == 0);
}

/* The folder restored is whole, and nothing of the work is left in it. */
static void looks_whole(void)
{
	char args[2 * ROWAND_PATH_MAX];

	snprintf(args, sizeof args, "--config '%.2000s/aside.conf' store check",
		kit_daemon.dir);
	KIT_CHECK(restoring_run(args) == 0);
	KIT_CHECK(shell("test -s restored/loss.txt -a -s restored/log-guard -a "
			"! -e restored/lost-statements -a "
			"! -e restored/lost-all") == 0);
}

static void finish_killed(bool all)
{
	char args[2 * ROWAND_PATH_MAX];
	long steps;
	int again = 0;

	KIT_CHECK(shell("cp -a restored pristine") == 0);
	snprintf(args, sizeof args, "--json backup finish '%.2000s' '%.2000s'",
		folder, file);
	steps = count_steps(args);
	for (long at = 1; at <= steps; at = next_step(at, steps, all)) {
		KIT_CHECK(shell("rm -rf restored && cp -a pristine restored") ==
			  0);
		kill_at(args, at);
		if (is_pending()) {
			KIT_CHECK(serve_it() == REFUSED);
			KIT_CHECK(restoring_run(args) == 0);
			again++;
		}
		KIT_CHECK(!is_pending());
		looks_whole();
	}
	KIT_CHECK(again > 0);
	printf("  killed at %s of %ld steps of finishing\n",
		all ? "each" : "some", steps);
}

/* How many statements the clinic's chain has. */
static int statements(void)
{
	char args[ROWAND_PATH_MAX];

	snprintf(args, sizeof args, "cards export '%.2000s/chain.txt'",
		kit_daemon.dir);
	KIT_CHECK(restoring_run(args) == 0);
	return shell("exit $(grep -c -- ^-----BEGIN chain.txt)");
}

static void serves(int before)
{
	restoring_swap(folder);
	kit_run();
	rowand_set(&kit_daemon, "restore_wait = \"0 s\";\n");
	KIT_CHECK(shell("echo 'restore_wait = \"0 s\";' >>rowand.conf") == 0);
	KIT_CHECK(restoring_run("reload --wait") == 0);
	KIT_CHECK(restoring_soon("health", "nothing waits"));
	/* The restore stands in the chain, once. */
	KIT_CHECK(statements() == before + 1);
	KIT_CHECK(restoring_run("store check") == 0);
	KIT_CHECK(restoring_run("audit verify") == 0);
}

int main(int argc, char **argv)
{
	bool all = argc > 1 && strcmp(argv[1], "all") == 0;
	struct restore_pending p;
	char args[2 * ROWAND_PATH_MAX];
	int before;

	snprintf(preload, sizeof preload, "%s", argv[0]);
	KIT_CHECK(strrchr(preload, '/') != NULL);
	strcpy(strrchr(preload, '/'), "/kill.so");
	KIT_CHECK(realpath(preload, args) != NULL);
	snprintf(preload, sizeof preload, "%.4000s", args);
	restoring_begin();
	KIT_CHECK(restoring_close() == WIRE_OK);
	before = statements();
	KIT_CHECK(rowand_kill(&kit_daemon, SIGTERM) == 0);
	snprintf(folder, sizeof folder, "%.2000s/restored", kit_daemon.dir);
	snprintf(file, sizeof file, "%.2000s/restore.txt", kit_daemon.dir);
	restore_killed(all);
	KIT_CHECK(restore_pending_read(folder, &p) == 0);
	restoring_sign(file, &p.heads, NULL);
	finish_killed(all);
	serves(before);
	clinic_kit_wipe(&restoring);
	return kit_end();
}
