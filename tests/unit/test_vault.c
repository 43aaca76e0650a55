/*
 * The vault: what is kept, what is sealed, what a crash, a wrong key and a
 * meddled file do.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "session/vault/vault.h"

static const struct key32 key = {{1, 2, 3}};
static const struct key32 other_key = {{3, 2, 1}};

struct place {
	char dir[64];
	char path[96];
};

static struct bytes text(const char *s)
{
	return bytes_of(s, strlen(s));
}

static int setup(void **state)
{
	static struct place p;

	strcpy(p.dir, "/tmp/rowan-vault-XXXXXX");
	assert_non_null(mkdtemp(p.dir));
	(void)snprintf(p.path, sizeof p.path, "%s/vault", p.dir);
	*state = &p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	char command[128];

	(void)snprintf(command, sizeof command, "rm -rf %s", p->dir);
	return system(command) == 0 ? 0 : -1;
}

static struct vault *make(const struct place *p)
{
	struct vault *v;

	assert_int_equal(
		vault_create(&v, p->path, &(struct vault_unlock){.key = &key}),
		0);
	return v;
}

static struct vault *again(const struct place *p)
{
	struct vault *v;

	assert_int_equal(
		vault_open(&v, p->path, &(struct vault_unlock){.key = &key}),
		0);
	return v;
}

static void put(struct vault *v, const char *name, uint64_t n, const char *s)
{
	assert_int_equal(
		vault_put(v, VAULT_MESSAGE, text(name), n, text(s)), 0);
}

static void assert_holds(
	struct vault *v, const char *name, uint64_t n, const char *s)
{
	struct buf b;
	int rc = vault_get(v, VAULT_MESSAGE, text(name), n, &b);

	assert_int_equal(rc, s == NULL ? ROWAN_E_NOT_FOUND : 0);
	if (s != NULL)
		assert_true(bytes_eq(buf_view(&b), text(s)));
	buf_wipe(&b);
}

static void values_are_kept_in_order(void **state)
{
	struct vault *v = make(*state);
	struct buf b;
	uint64_t n;

	assert_int_equal(vault_put(v, VAULT_MESSAGE, text("a"), 1, text("x")),
		ROWAN_E_STATE);
	assert_int_equal(vault_begin(v), 0);
	assert_int_equal(vault_begin(v), ROWAN_E_STATE);
	put(v, "a", 7, "seven");
	put(v, "a", 3, "three");
	put(v, "a", INT64_MAX, "last");
	put(v, "b", 5, "five");
	put(v, "a", 3, "three again");
	put(v, "a", 9, "");
	assert_int_equal(vault_commit(v), 0);
	vault_close(v);

	v = again(*state);
	assert_holds(v, "a", 3, "three again");
	assert_holds(v, "a", 5, NULL);
	assert_holds(v, "b", 5, "five");
	assert_holds(v, "a", 9, "");
	assert_int_equal(vault_next(v, VAULT_MESSAGE, text("a"), 4, &n, &b), 0);
	assert_int_equal(n, 7);
	buf_wipe(&b);
	assert_int_equal(
		vault_last(v, VAULT_MESSAGE, text("a"), UINT64_MAX, &n, NULL),
		0);
	assert_int_equal(n, 9);
	assert_int_equal(vault_next(v, VAULT_EVENT, text("a"), 0, &n, NULL),
		ROWAN_E_NOT_FOUND);
	assert_int_equal(vault_begin(v), 0);
	assert_int_equal(vault_delete(v, VAULT_MESSAGE, text("a"), 7), 0);
	assert_int_equal(vault_delete(v, VAULT_MESSAGE, text("a"), 8), 0);
	assert_int_equal(vault_delete_all(v, VAULT_MESSAGE, text("b")), 0);
	assert_int_equal(vault_commit(v), 0);
	assert_holds(v, "a", 7, NULL);
	assert_holds(v, "b", 5, NULL);
	assert_holds(v, "a", 3, "three again");
	vault_close(v);
}

static void transactions_are_whole(void **state)
{
	struct vault *v = make(*state);

	assert_int_equal(vault_begin(v), 0);
	put(v, "a", 1, "kept");
	assert_int_equal(vault_commit(v), 0);
	assert_int_equal(vault_commit(v), ROWAN_E_STATE);
	assert_int_equal(vault_begin(v), 0);
	put(v, "a", 1, "lost");
	put(v, "a", 2, "lost");
	assert_holds(v, "a", 2, "lost");
	vault_abort(v);
	assert_holds(v, "a", 1, "kept");
	assert_holds(v, "a", 2, NULL);
	/* closing gives up what is open */
	assert_int_equal(vault_begin(v), 0);
	put(v, "a", 2, "lost");
	vault_close(v);
	v = again(*state);
	assert_holds(v, "a", 2, NULL);
	vault_close(v);
}

static void limits_hold(void **state)
{
	struct vault *v = make(*state);
	struct buf big;
	char name[VAULT_NAME_MAX + 1];

	memset(name, 'n', sizeof name);
	assert_int_equal(vault_begin(v), 0);
	assert_int_equal(vault_put(v, VAULT_MESSAGE,
				 bytes_of(name, sizeof name), 1, text("x")),
		ROWAN_E_INVAL);
	assert_int_equal(vault_put(v, VAULT_KINDS, text("a"), 1, text("x")),
		ROWAN_E_INVAL);
	assert_int_equal(vault_put(v, VAULT_MESSAGE, text("a"),
				 (uint64_t)INT64_MAX + 1, text("x")),
		ROWAN_E_INVAL);
	assert_int_equal(buf_alloc(&big, VAULT_VALUE_MAX + 1), 0);
	assert_int_equal(
		vault_put(v, VAULT_MESSAGE, text("a"), 1, buf_view(&big)),
		ROWAN_E_INVAL);
	big.len--;
	assert_int_equal(
		vault_put(v, VAULT_MESSAGE, text("a"), 1, buf_view(&big)), 0);
	big.len++;
	buf_wipe(&big);
	assert_int_equal(vault_commit(v), 0);
	vault_close(v);
}

static void only_the_key_opens_it(void **state)
{
	const struct place *p = *state;
	struct vault *v = make(p), *w;
	const struct vault_unlock wrong[] = {
		{.key = &other_key}, {.passphrase = bytes_of("word", 4)}};

	assert_int_equal(
		vault_open(&w, p->path, &(struct vault_unlock){.key = &key}),
		ROWAN_E_AGAIN);
	assert_int_equal(
		vault_create(&w, p->path, &(struct vault_unlock){.key = &key}),
		ROWAN_E_EXISTS);
	assert_int_equal(vault_destroy(p->path), ROWAN_E_AGAIN);
	vault_close(v);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(
			vault_open(&v, p->path, &wrong[i]), ROWAN_E_CRYPTO);
		assert_null(v);
	}
	assert_int_equal(vault_open(&v, p->path, &(struct vault_unlock){0}),
		ROWAN_E_INVAL);
	assert_int_equal(vault_open(&v, "/tmp/rowan-no-such-vault",
				 &(struct vault_unlock){.key = &key}),
		ROWAN_E_NOT_FOUND);
}

static void it_can_be_locked_anew(void **state)
{
	const struct place *p = *state;
	const struct vault_unlock word = {.passphrase = bytes_of("word", 4)};
	struct vault *v = make(p);

	assert_int_equal(vault_begin(v), 0);
	put(v, "a", 1, "kept");
	assert_int_equal(vault_commit(v), 0);
	assert_int_equal(vault_relock(v, &word), 0);
	vault_close(v);
	assert_int_equal(
		vault_open(&v, p->path, &(struct vault_unlock){.key = &key}),
		ROWAN_E_CRYPTO);
	assert_int_equal(vault_open(&v, p->path,
				 &(struct vault_unlock){
					 .passphrase = bytes_of("Word", 4)}),
		ROWAN_E_CRYPTO);
	assert_int_equal(vault_open(&v, p->path, &word), 0);
	assert_holds(v, "a", 1, "kept");
	vault_close(v);
}

/* Look for ${needle} in every file of the folder. */
static bool folder_has(const struct place *p, const char *needle)
{
	char command[256];

	(void)snprintf(command, sizeof command, "grep -arqF -- '%s' %s", needle,
		p->dir);
	return system(command) == 0;
}

static void nothing_stands_in_the_clear(void **state)
{
	const struct place *p = *state;
	struct vault *v = make(p);
	struct stat st;

	assert_int_equal(vault_begin(v), 0);
	put(v, "canary-name-of-channel", 1, "canary-words-of-hers");
	assert_int_equal(vault_commit(v), 0);
	assert_false(folder_has(p, "canary"));
	vault_close(v);
	assert_false(folder_has(p, "canary"));
	/* the search finds what is there */
	assert_true(folder_has(p, "CREATE TABLE"));
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void sql(const struct place *p, const char *statement)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db, statement, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
}

static void moved_and_changed_values_do_not_open(void **state)
{
	static const char *const meddling[] = {
		/* under another number, name, kind */
		"UPDATE item SET value=(SELECT value FROM item WHERE n=2 AND "
		"kind=6 LIMIT 1) WHERE n=1 AND kind=6",
		"CREATE TEMP TABLE t AS SELECT * FROM item;"
		"UPDATE item SET value=(SELECT value FROM t WHERE t.n=item.n "
		"AND t.kind=6 AND t.name<>item.name) WHERE n=1 AND kind=6",
		"UPDATE item SET value=(SELECT value FROM item WHERE kind=8) "
		"WHERE n=1 AND kind=6",
		/* torn, emptied */
		"UPDATE item SET value=substr(value,1,length(value)-1)",
		"UPDATE item SET value=x''",
	};
	const struct place *p = *state;
	struct vault *v;
	struct buf b;

	for (size_t i = 0; i < sizeof meddling / sizeof *meddling; i++) {
		v = make(p);
		assert_int_equal(vault_begin(v), 0);
		put(v, "a", 1, "one");
		put(v, "a", 2, "two");
		put(v, "b", 1, "eins");
		put(v, "b", 2, "zwei");
		assert_int_equal(
			vault_put(v, VAULT_EVENT, text("a"), 1, text("ev")), 0);
		assert_int_equal(vault_commit(v), 0);
		vault_close(v);
		sql(p, meddling[i]);
		v = again(p);
		assert_int_equal(vault_get(v, VAULT_MESSAGE, text("a"), 1, &b),
			ROWAN_E_CORRUPT);
		assert_null(b.data);
		vault_close(v);
		assert_int_equal(vault_destroy(p->path), 0);
	}
}

static void strange_files_are_refused(void **state)
{
	const struct place *p = *state;
	struct vault *v;
	FILE *f;

	v = make(p);
	vault_close(v);
	sql(p, "PRAGMA user_version=2");
	assert_int_equal(
		vault_open(&v, p->path, &(struct vault_unlock){.key = &key}),
		ROWAN_E_TOO_NEW);
	sql(p, "PRAGMA user_version=1; DELETE FROM lock");
	assert_int_equal(
		vault_open(&v, p->path, &(struct vault_unlock){.key = &key}),
		ROWAN_E_CORRUPT);
	sql(p, "PRAGMA application_id=1");
	assert_int_equal(
		vault_open(&v, p->path, &(struct vault_unlock){.key = &key}),
		ROWAN_E_CORRUPT);
	f = fopen(p->path, "w");
	assert_non_null(f);
	for (int i = 0; i < 5000; i++)
		(void)fputs("not a vault ", f);
	(void)fclose(f);
	assert_int_equal(
		vault_open(&v, p->path, &(struct vault_unlock){.key = &key}),
		ROWAN_E_CORRUPT);
}

static void destroyed_is_gone(void **state)
{
	const struct place *p = *state;
	struct vault *v = make(p);

	vault_close(v);
	assert_int_equal(vault_destroy(p->path), 0);
	assert_int_not_equal(access(p->path, F_OK), 0);
	assert_int_equal(vault_destroy(p->path), ROWAN_E_NOT_FOUND);
	assert_false(folder_has(p, "CREATE TABLE"));
}

/*
 * A process dies at a random moment while it moves a token from name to
 * name; afterwards there is exactly one.
 */
static void a_crash_is_all_or_nothing(void **state)
{
	const struct place *p = *state;
	struct vault *v = make(p);

	assert_int_equal(vault_begin(v), 0);
	put(v, "token", 0, "here");
	assert_int_equal(vault_commit(v), 0);
	vault_close(v);
	for (unsigned round = 0; round < 20; round++) {
		pid_t pid = fork();
		size_t found = 0;
		uint64_t n = 0;

		assert_true(pid >= 0);
		if (pid == 0) {
			const struct vault_unlock u = {.key = &key};

			if (vault_open(&v, p->path, &u) != 0 ||
				vault_next(v, VAULT_MESSAGE, text("token"), 0,
					&n, NULL) != 0)
				_exit(1);
			for (;; n++)
				if (vault_begin(v) != 0 ||
					vault_delete(v, VAULT_MESSAGE,
						text("token"), n) != 0 ||
					vault_put(v, VAULT_MESSAGE,
						text("token"), n + 1,
						text("here")) != 0 ||
					vault_commit(v) != 0)
					_exit(1);
		}
		(void)usleep(2000 + round * 1370 % 9000);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		v = again(p);
		for (n = 0; vault_next(v, VAULT_MESSAGE, text("token"), n, &n,
				    NULL) == 0;
			n++)
			found++;
		assert_int_equal(found, 1);
		vault_close(v);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(values_are_kept_in_order),
		T(transactions_are_whole),
		T(limits_hold),
		T(only_the_key_opens_it),
		T(it_can_be_locked_anew),
		T(nothing_stands_in_the_clear),
		T(moved_and_changed_values_do_not_open),
		T(strange_files_are_refused),
		T(destroyed_is_gone),
		T(a_crash_is_all_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
