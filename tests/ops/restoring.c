/*
 * A clinic that is restored: see restoring.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include "clinic/import.h"
#include "ops/restoring.h"
#include "wire/armour.h"

struct clinic_kit restoring;
static char ctl[ROWAND_PATH_MAX + 64];

int restoring_run_with(const char *before, const char *args)
{
	char command[4 * ROWAND_PATH_MAX];
	int status;

	snprintf(command, sizeof command,
		"%s %s --config '%s/rowand.conf' %s >>'%s/log' 2>&1", before,
		ctl, kit_daemon.dir, args, kit_daemon.dir);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int restoring_run(const char *args)
{
	return restoring_run_with("", args);
}

int restoring_finish(const char *folder, const char *path)
{
	char args[2 * ROWAND_PATH_MAX + 64];

	snprintf(args, sizeof args, "--json backup finish '%s' '%s'", folder,
		path);
	return restoring_run(args);
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

void restoring_sign(const char *path, const struct wire_st_restore *heads,
	const struct world_person *signer)
{
	struct wire_statement s;
	struct buf raw;

	world_statement(&restoring.cast.w, NULL, WIRE_ST_RESTORE, &s);
	s.u.restore = *heads;
	world_sign(&restoring.cast.w, signer, &s, &raw);
	write_statement(path, buf_view(&raw));
	buf_wipe(&raw);
}

bool restoring_in_step(void)
{
	struct relay_client *c =
		clinic_kit_connect(&restoring, &restoring.cast.coordinator);
	bool same = clinic_kit_in_step(&restoring, c);

	relay_close(c);
	return same;
}

uint16_t restoring_close(void)
{
	struct relay_client *c =
		clinic_kit_connect(&restoring, &restoring.cast.coordinator);
	struct wire_statement s;
	uint16_t code;

	restoring.cast.w.now = (uint64_t)time(NULL);
	world_statement(&restoring.cast.w, restoring.cast.c, WIRE_ST_CLOSE, &s);
	s.u.close.reason = WIRE_CLOSE_RESOLVED;
	code = clinic_kit_act(&restoring, c, restoring.cast.c, &s,
		&restoring.cast.coordinator);
	relay_close(c);
	return code;
}

uint16_t restoring_erase(void)
{
	struct relay_client *c =
		clinic_kit_connect(&restoring, &restoring.cast.coordinator);
	struct wire_statement s;
	uint16_t code;

	restoring.cast.w.now = (uint64_t)time(NULL);
	world_statement(&restoring.cast.w, restoring.cast.c, WIRE_ST_ERASE, &s);
	s.signer_count = 2;
	s.signers[0].kind = WIRE_SIGNER_AUTHORITY;
	s.signers[1].kind = WIRE_SIGNER_DEVICE;
	s.signers[1].device = restoring.cast.coordinator.device;
	code = clinic_kit_act(&restoring, c, restoring.cast.c, &s,
		&restoring.cast.coordinator);
	relay_close(c);
	return code;
}

bool restoring_in_file(const char *name, const char *words)
{
	char path[ROWAND_PATH_MAX];
	bool found;
	struct buf all;

	snprintf(path, sizeof path, "%.2000s/%s", kit_daemon.dir, name);
	KIT_CHECK(import_read(path, &all) == 0);
	found = all.len > 0 &&
		memmem(all.data, all.len, words, strlen(words)) != NULL;
	buf_wipe(&all);
	return found;
}

bool restoring_said(const char *words)
{
	return restoring_in_file("log", words);
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

void restoring_begin(void)
{
	const char *dir = kit_daemon.dir;
	char args[2 * ROWAND_PATH_MAX];

	KIT_CHECK(rowand_init(&kit_daemon, NULL) == 0);
	make_folders();
	clinic_kit_begin(&restoring, &kit_daemon, (uint64_t)time(NULL) - 86400);
	kit_run();
	snprintf(args, sizeof args,
		"backup keygen '%.2000s/backup.key' '%.2000s/backup.pub'", dir,
		dir);
	KIT_CHECK(restoring_run(args) == 0);
	KIT_CHECK(restoring_run("backup now") == 0);
	KIT_CHECK(restoring_in_step());
}

void restoring_args(const char *folder, char *ret, size_t size)
{
	const char *dir = kit_daemon.dir;

	snprintf(ret, size,
		"backup restore --key '%.2000s/backup.key' --into '%.2000s' "
		"--last '%.2000s/state/log-guard' %.2000s/backups/*.backup",
		dir, folder, dir, dir);
}

void restoring_swap(const char *folder)
{
	char state[ROWAND_PATH_MAX], old[ROWAND_PATH_MAX];

	snprintf(state, sizeof state, "%.2000s/state", kit_daemon.dir);
	snprintf(old, sizeof old, "%.2000s/state.lost", kit_daemon.dir);
	KIT_CHECK(rename(state, old) == 0);
	KIT_CHECK(rename(folder, state) == 0);
}

bool restoring_soon(const char *args, const char *words)
{
	for (int i = 0; i < 600 && !restoring_said(words); i++) {
		(void)restoring_run(args);
		usleep(100000);
	}
	return restoring_said(words);
}
