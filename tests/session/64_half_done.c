/*
 * kill -9 before any change of a file while a vault is made, locked anew or
 * wiped. Made: it is there, or the next one who makes it finds nothing in the
 * way. Locked anew: it opens with one of the two keys, whole. Wiped: it was not
 * begun, or nothing opens from then on, not for somebody who has the key and
 * copied what there was; and whoever opens it next removes what is left,
 * overwritten.
 *
 * Each runs in a process of its own, this program again, under
 * tests/sdk/kill_preload.c.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session/kit.h"
#include "session/session.h"
#include "session/vault/vault.h"

#define VALUES	    16
#define VALUE_LEN   3000
#define CHANGES_MAX 4000

static const struct key32 key = {{1, 2, 3}}, fresh = {{3, 2, 1}};
static const char *const suffix[] = {"", "-wal", "-shm", "-journal"};
#define SUFFIXES (sizeof suffix / sizeof *suffix)

static char dir[64], preload[ROWAND_PATH_MAX];

static const char *at(const char *name)
{
	static char path[16][160];
	static unsigned turn;
	char *p = path[turn++ % 16];

	KIT_CHECK(snprintf(p, sizeof path[0], "%s/%s", dir, name) > 0);
	return p;
}

static const struct vault_unlock *with(const struct key32 *k)
{
	static struct vault_unlock u;

	u = (struct vault_unlock){.key = k};
	return &u;
}

/* ---- what is killed --------------------------------------------------------
 */

static int try_session(
	int (*how)(struct session **, const struct session_options *),
	const char *path)
{
	const struct session_options o = {
		.path = path, .unlock = {.key = &key}};
	struct session *s = NULL;
	int rc = how(&s, &o);

	session_close(s);
	return rc;
}

static int worker(const char *what, const char *path)
{
	struct vault *v = NULL;
	int rc = ROWAN_E_INVAL;

	if (strcmp(what, "make") == 0)
		return try_session(session_create, path) != 0;
	if (strcmp(what, "wipe") == 0)
		return vault_destroy(path) != 0;
	if (strcmp(what, "lock") == 0) {
		rc = vault_open(&v, path, with(&key));
		if (rc == 0)
			rc = vault_relock(v, with(&fresh));
		vault_close(v);
	}
	return rc != 0;
}

/* True: it was killed; false: it came to its end. */
static bool run(char *self, const char *what, const char *path, unsigned n)
{
	char count[16];
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		snprintf(count, sizeof count, "%u", n);
		setenv("KILL_AT", count, 1);
		setenv("LD_PRELOAD", preload, 1);
		execl(self, self, "worker", what, path, (char *)NULL);
		_exit(127);
	}
	KIT_CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	KIT_CHECK(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL
				      : WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status);
}

/* ---- a vault with something in it ------------------------------------------
 */

static void put(struct vault *v, uint64_t from, uint64_t count)
{
	static uint8_t value[VALUE_LEN];

	KIT_CHECK(vault_begin(v) == 0);
	for (uint64_t n = from; n < from + count; n++) {
		memset(value, (int)n, sizeof value);
		KIT_CHECK(vault_put(v, VAULT_MESSAGE, bytes_of("said", 4), n,
				  bytes_of(value, sizeof value)) == 0);
	}
	KIT_CHECK(vault_commit(v) == 0);
}

/* Its owner was killed, too: a part of it is in the log only. */
static void begin(const char *path)
{
	struct vault *v;
	int status;
	pid_t pid;

	KIT_CHECK(vault_create(&v, path, with(&key)) == 0);
	put(v, 0, VALUES / 2);
	vault_close(v);
	pid = fork();
	if (pid == 0) {
		KIT_CHECK(vault_open(&v, path, with(&key)) == 0);
		put(v, VALUES / 2, VALUES / 2);
		(void)raise(SIGKILL);
	}
	KIT_CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	KIT_CHECK(WIFSIGNALED(status));
}

/* 0 when it is there, whole. */
static int whole(const char *path, const struct key32 *k)
{
	struct vault *v;
	int rc = vault_open(&v, path, with(k));

	if (rc != 0)
		return rc;
	for (uint64_t n = 0; n < VALUES; n++) {
		struct buf value;

		KIT_CHECK(vault_get(v, VAULT_MESSAGE, bytes_of("said", 4), n,
				  &value) == 0);
		KIT_CHECK(value.len == VALUE_LEN && value.data[0] == n);
		buf_wipe(&value);
	}
	vault_close(v);
	return 0;
}

/* Opened by somebody who is killed then: 0 when it opened. */
static int opened(const char *path, const struct key32 *k)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct vault *v;

		if (vault_open(&v, path, with(k)) != 0)
			_exit(1);
		(void)raise(SIGKILL);
	}
	KIT_CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	return WIFSIGNALED(status) ? 0 : ROWAN_E_CRYPTO;
}

/* ---- its files --------------------------------------------------------------
 */

static void names(char ret[2][200], const char *a, const char *b, size_t i)
{
	snprintf(ret[0], 200, "%s%s", a, suffix[i]);
	snprintf(ret[1], 200, "%s%s", b, suffix[i]);
}

static void copy(const char *from, const char *to, size_t files)
{
	char name[2][200];

	for (size_t i = 0; i < SUFFIXES; i++) {
		names(name, from, to, i);
		(void)unlink(name[1]);
		if (i < files && access(name[0], F_OK) == 0)
			kit_copy_file(name[0], name[1]);
	}
}

/* Another name of each, for somebody who reads the blocks afterwards. */
static void keep(const char *from, const char *to)
{
	char name[2][200];

	for (size_t i = 0; i < SUFFIXES; i++) {
		names(name, from, to, i);
		(void)unlink(name[1]);
		if (access(name[0], F_OK) == 0)
			KIT_CHECK(link(name[0], name[1]) == 0);
	}
}

static void is_overwritten(const char *kept)
{
	char name[2][200];

	for (size_t i = 0; i < SUFFIXES; i++) {
		FILE *f;
		int c;

		names(name, kept, kept, i);
		f = fopen(name[0], "rb");
		if (f == NULL)
			continue;
		while ((c = fgetc(f)) != EOF)
			KIT_CHECK(c == 0);
		fclose(f);
	}
}

static bool is_there(const char *path)
{
	char name[2][200];
	bool any = false;

	for (size_t i = 0; i < SUFFIXES; i++) {
		names(name, path, path, i);
		any = any || access(name[0], F_OK) == 0;
	}
	return any;
}

/* ---- the three -------------------------------------------------------------
 */

static unsigned made(char *self)
{
	unsigned n = 1, nothing = 0, all = 0;
	bool killed = true;

	for (; killed; n++) {
		const char *path = at("made");
		int rc;

		KIT_CHECK(n < CHANGES_MAX);
		killed = run(self, "make", path, n);
		rc = try_session(session_open, path);
		KIT_CHECK(rc == 0 || rc == ROWAN_E_NOT_FOUND);
		KIT_CHECK(rc == 0 || killed);
		nothing += rc != 0;
		all += rc == 0;
		if (rc != 0) {
			KIT_CHECK(!is_there(path));
			KIT_CHECK(try_session(session_create, path) == 0);
		}
		KIT_CHECK(vault_destroy(path) == 0);
		KIT_CHECK(!is_there(path));
	}
	KIT_CHECK(nothing > 1 && all > 1);
	return n;
}

static unsigned locked(char *self)
{
	unsigned n = 1, old = 0, anew = 0;
	bool killed = true;

	for (; killed; n++) {
		const char *path = at("locked");
		int rc;

		KIT_CHECK(n < CHANGES_MAX);
		copy(at("first"), path, SUFFIXES);
		killed = run(self, "lock", path, n);
		rc = opened(path, &fresh);
		if (rc != 0)
			KIT_CHECK(opened(path, &key) == 0);
		KIT_CHECK(rc == 0 || (killed && anew == 0));
		old += rc != 0;
		anew += rc == 0;
		/* Nor for somebody who takes the file and leaves the log. */
		copy(path, at("alone"), 1);
		KIT_CHECK(whole(at("alone"), rc == 0 ? &key : &fresh) ==
			  ROWAN_E_CRYPTO);
		KIT_CHECK(
			whole(path, rc == 0 ? &key : &fresh) == ROWAN_E_CRYPTO);
		KIT_CHECK(whole(path, rc == 0 ? &fresh : &key) == 0);
	}
	KIT_CHECK(old > 1 && anew > 1);
	return n;
}

static unsigned wiped(char *self)
{
	unsigned n = 1, begun = 0, before = 0;
	bool killed = true;

	for (; killed; n++) {
		const char *path = at("wiped");
		int rc;

		KIT_CHECK(n < CHANGES_MAX);
		copy(at("first"), path, SUFFIXES);
		keep(path, at("kept"));
		killed = run(self, "wipe", path, n);
		/* Copied, with the log and without. */
		copy(path, at("taken"), SUFFIXES);
		copy(path, at("alone"), 1);
		rc = whole(path, &key);
		if (rc == 0) {
			before++;
			KIT_CHECK(killed && begun == 0);
			continue;
		}
		begun++;
		KIT_CHECK(rc == ROWAN_E_NOT_FOUND && !is_there(path));
		is_overwritten(at("kept"));
		KIT_CHECK(whole(at("taken"), &key) != 0);
		KIT_CHECK(whole(at("alone"), &key) != 0);
	}
	KIT_CHECK(before > 1 && begun > 10);
	return n;
}

static int clean(void)
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	KIT_CHECK(d != NULL);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			KIT_CHECK(unlink(at(e->d_name)) == 0);
	closedir(d);
	return rmdir(dir);
}

int main(int argc, char **argv)
{
	unsigned n[3];
	char *end;

	if (argc == 4 && strcmp(argv[1], "worker") == 0)
		return worker(argv[2], argv[3]);
	KIT_CHECK(sodium_init() >= 0);
	KIT_CHECK(snprintf(preload, sizeof preload, "%s", argv[0]) > 0);
	end = strstr(preload, "/session/");
	KIT_CHECK(end != NULL);
	strcpy(end, "/sdk/kill_preload.so");
	KIT_CHECK(access(preload, R_OK) == 0);
	strcpy(dir, "/tmp/rowan-half-XXXXXX");
	KIT_CHECK(mkdtemp(dir) != NULL);
	begin(at("first"));
	KIT_CHECK(access(at("first-wal"), F_OK) == 0);
	n[0] = made(argv[0]);
	n[1] = locked(argv[0]);
	n[2] = wiped(argv[0]);
	printf("  session: killed %u times making a vault, %u locking it anew, "
	       "%u wiping it\n",
		n[0], n[1], n[2]);
	return clean();
}
