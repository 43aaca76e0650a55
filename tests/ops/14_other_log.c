/*
 * A backup whose manifest names a head that is none of the log in it is said to
 * be so, by verifying and by restoring, and nobody serves what came out of it.
 */
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "backup/format.h"
#include "net/keyfile.h"
#include "ops/restoring.h"

static char made[ROWAND_PATH_MAX]; /* the one that was made anew */
static struct key32 secret, public;
static struct backup_manifest manifest;
static int content;

static const char *in(const char *name, char ret[ROWAND_PATH_MAX])
{
	snprintf(ret, ROWAND_PATH_MAX, "%.2000s/%s", kit_daemon.dir, name);
	return ret;
}

/* What is in the backup, and what its manifest says. */
static void open_backup(void)
{
	char path[ROWAND_PATH_MAX];
	glob_t g;
	int from;

	KIT_CHECK(keyfile_read(in("backup.key", path), NULL, &secret) == 0);
	KIT_CHECK(crypto_scalarmult_base(public.b, secret.b) == 0);
	KIT_CHECK(glob(in("backups/*.backup", path), 0, NULL, &g) == 0);
	from = open(g.gl_pathv[0], O_RDONLY);
	content = open(in("content", path), O_RDWR | O_CREAT, 0600);
	KIT_CHECK(backup_open(from, content, &secret, &manifest) == 0);
	close(from);
	globfree(&g);
}

/* Sealed again with what ${manifest} says now. */
static void seal_again(void)
{
	struct backup_from from = {content, NULL};
	int to = open(made, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	KIT_CHECK(to >= 0);
	KIT_CHECK(backup_seal(&from, to, &public, &manifest) == 0);
	close(to);
}

static int verify(void)
{
	char args[3 * ROWAND_PATH_MAX], key[ROWAND_PATH_MAX];

	seal_again();
	snprintf(args, sizeof args, "backup verify --key '%s' '%s'",
		in("backup.key", key), made);
	return restoring_run(args);
}

int main(void)
{
	char args[4 * ROWAND_PATH_MAX], key[ROWAND_PATH_MAX],
		into[ROWAND_PATH_MAX];
	struct backup_manifest good;

	restoring_begin();
	KIT_CHECK(rowand_kill(&kit_daemon, SIGTERM) == 0);
	in("again", made);
	open_backup();
	good = manifest;
	KIT_CHECK(manifest.log_size > 0);
	KIT_CHECK(verify() == 0);
	/* Leaves of which nobody has ever signed more than the first few. */
	manifest.log_size++;
	KIT_CHECK(verify() == 65);
	KIT_CHECK(restoring_said("not the one that was signed"));
	manifest = good;
	manifest.log_size += 1000;
	KIT_CHECK(verify() == 65);
	manifest = good;
	manifest.log_root[31] ^= 1;
	KIT_CHECK(verify() == 65);
	snprintf(args, sizeof args,
		"backup restore --key '%s' --into '%s' '%s'",
		in("backup.key", key), in("other", into), made);
	KIT_CHECK(restoring_run(args) == 65);
	snprintf(args, sizeof args, "backup finish '%s' '%s'", into, made);
	KIT_CHECK(restoring_run(args) != 0);
	/* Before there was a log nothing was signed. */
	manifest = good;
	manifest.log_size = 0;
	KIT_CHECK(verify() == 0);
	close(content);
	clinic_kit_wipe(&restoring);
	return kit_end();
}
