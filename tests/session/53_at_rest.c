/*
 * A phone with the vault's files and without the key: no name, no text, no
 * file name and no word of a diary is in any of them, nor in a file's name,
 * while the vault is open, after it was killed, after messages were forgotten
 * and after it was closed; no other key opens it. And of a wiped vault
 * nothing is left: not in its folder, not in the blocks that its files had,
 * for somebody who kept another name of them and has the key. Whoever opens it
 * asks nobody anything.
 */
#include <dirent.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session/scene.h"

/* Long enough not to be met by chance. */
static const char *const words[] = {"Marguerite Oakenshield",
	"the blue car stood in our street", "photo-of-the-number-plate.jpeg",
	"application/x-evidence-photograph", "followed-me-to-the-station",
	"somebody forgot this sentence", "killed before it was closed"};
#define WORDS (sizeof words / sizeof *words)

static char folder[ROWAND_PATH_MAX + 64], temporary[ROWAND_PATH_MAX];
static bool found;
static size_t files, bytes_seen;

static void look_in(const uint8_t *mem, size_t len, const char *where)
{
	for (size_t i = 0; i < WORDS; i++) {
		const char *w = words[i];

		/* The start of each is enough; and as UTF-16. */
		for (size_t wide = 1; wide <= 2; wide++) {
			uint8_t key[32] = {0};

			for (size_t k = 0; k < 16; k++)
				key[k * wide] = (uint8_t)w[k];
			if (memmem(mem, len, key, 16 * wide) == NULL)
				continue;
			fprintf(stderr, "\"%s\" is in %s\n", w, where);
			found = true;
		}
	}
}

/* The vault, and whatever lies beside it under its name; temporary files. */
static bool is_hers(const char *path)
{
	return strstr(path, "/victim.vault") != NULL ||
	       strncmp(path, temporary, strlen(temporary)) == 0;
}

static int look_at(
	const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	uint8_t *mem;
	FILE *f;
	size_t n;

	look_in((const uint8_t *)path, strlen(path), "a file's name");
	if (kind != FTW_F || (ftw->level > 0 && !is_hers(path)))
		return 0;
	mem = malloc((size_t)st->st_size + 1);
	f = fopen(path, "rb");
	KIT_CHECK(mem != NULL && f != NULL);
	n = fread(mem, 1, (size_t)st->st_size, f);
	look_in(mem, n, path);
	files++;
	bytes_seen += n;
	fclose(f);
	free(mem);
	return 0;
}

/* Also files that have no name any more. */
static void look_at_open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	const struct dirent *e;

	KIT_CHECK(d != NULL);
	while ((e = readdir(d)) != NULL) {
		static uint8_t mem[1 << 20];
		char path[300];
		struct stat st;
		FILE *f;

		/* What this program itself says may go to a file. */
		if (atoi(e->d_name) <= 2)
			continue;
		snprintf(path, sizeof path, "/proc/self/fd/%s", e->d_name);
		if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
			continue;
		f = fopen(path, "rb");
		if (f == NULL)
			continue;
		look_in(mem, fread(mem, 1, sizeof mem, f), path);
		fclose(f);
	}
	closedir(d);
}

/* Her files, and where temporary ones go. */
static void nothing_in_the_clear(void)
{
	files = 0;
	KIT_CHECK(nftw(folder, look_at, 16, FTW_PHYS) == 0);
	KIT_CHECK(files > 0);
	KIT_CHECK(nftw(temporary, look_at, 16, FTW_PHYS) == 0);
	look_at_open_files();
	KIT_CHECK(!found);
}

/* The search finds what is there: at the place of the photo itself. */
static void the_search_works(const char *photo)
{
	KIT_CHECK(nftw(photo, look_at, 16, FTW_PHYS) == 0);
	KIT_CHECK(found);
	found = false;
}

static void fill(void)
{
	struct person *v = &scene.victim;
	char photo[ROWAND_PATH_MAX];
	struct messages_draft d = {.path = photo,
		.name = words[2],
		.media = words[3],
		.text = bytes_of(words[1], strlen(words[1]))};
	struct messages_draft entry = {.incident = true,
		.from = 1700000000,
		.until = 1700000100,
		.kind = words[4],
		.text = bytes_of(words[1], strlen(words[1]))};
	struct id16 id, forgotten;
	FILE *f;

	KIT_CHECK(snprintf(photo, sizeof photo, "%s/%s", kit_daemon.dir,
			  words[2]) > 0);
	f = fopen(photo, "wb");
	KIT_CHECK(f != NULL);
	(void)fputs(words[1], f);
	KIT_CHECK(fclose(f) == 0);
	KIT_CHECK(messages_set_name(parts_of(v)->messages, &scene.support,
			  bytes_of(words[0], strlen(words[0]))) == 0);
	KIT_CHECK(messages_write(
			  parts_of(v)->messages, &scene.support, &d, &id) == 0);
	KIT_CHECK(messages_write(parts_of(v)->messages, &scene.diary, &entry,
			  &id) == 0);
	forgotten = scene_say(v, &scene.support, words[5]);
	scene_heard(&scene.advocate, &forgotten);
	sessions_settle();
	KIT_CHECK(messages_forget(parts_of(v)->messages, &forgotten) == 0);
	the_search_works(photo);
	KIT_CHECK(unlink(photo) == 0);
}

/* The process is gone in the middle of its work: the log stays behind. */
static void killed(void)
{
	int status;
	pid_t pid;

	person_close(&scene.victim);
	pid = fork();
	if (pid == 0) {
		person_open(&scene.victim);
		for (int i = 0; i < 8; i++)
			(void)scene_say(
				&scene.victim, &scene.support, words[6]);
		(void)raise(SIGKILL);
		_exit(1);
	}
	KIT_CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	KIT_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static int try_open(const char *path, const struct key32 *key)
{
	const struct session_options o = {.path = path, .unlock = {.key = key}};
	struct session *s = NULL;
	int rc = session_open(&s, &o);

	session_close(s);
	return rc;
}

/* Who opens a vault wants to see it, and perhaps not to be seen. */
static void asks_nobody(const struct key32 *key)
{
	const struct session_options o = {.path = scene.victim.path,
		.unlock = {.key = key},
		.monotonic_ms = kit_pace.ms};
	struct session *s = NULL;

	KIT_CHECK(session_open(&s, &o) == 0);
	for (int i = 0; i < 50; i++) {
		pace_pass(60);
		KIT_CHECK(session_step(s) == 0);
		KIT_CHECK(session_link(s) == SESSION_DOWN);
	}
	KIT_CHECK(middle_trying() == 0);
	session_close(s);
}

/* ---- wiped -----------------------------------------------------------------
 */

static char kept[ROWAND_PATH_MAX];
static size_t links;

/* Another name of each of her files. */
static int keep_one(
	const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	char name[ROWAND_PATH_MAX + 256];

	if (kind != FTW_F || strstr(path, "/victim.vault") == NULL ||
		strncmp(path, kept, strlen(kept)) == 0)
		return 0;
	KIT_CHECK(snprintf(name, sizeof name, "%s/%s", kept, path + ftw->base) >
		  0);
	KIT_CHECK(link(path, name) == 0);
	links++;
	return 0;
}

static int is_zero(
	const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	FILE *f;
	int c;

	if (kind != FTW_F)
		return 0;
	f = fopen(path, "rb");
	KIT_CHECK(f != NULL);
	while ((c = fgetc(f)) != EOF)
		KIT_CHECK(c == 0);
	fclose(f);
	return 0;
}

static size_t names;

static int count_one(
	const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	names += kind == FTW_F && strstr(path, "/victim.vault") != NULL &&
		 strstr(path, "/kept/") == NULL;
	return 0;
}

static void wiped(const struct key32 *key)
{
	char again[ROWAND_PATH_MAX + 64];

	KIT_CHECK(snprintf(kept, sizeof kept, "%s/kept", kit_daemon.dir) > 0);
	KIT_CHECK(mkdir(kept, 0700) == 0);
	KIT_CHECK(nftw(folder, keep_one, 16, FTW_PHYS) == 0);
	KIT_CHECK(links > 0);
	KIT_CHECK(vault_destroy(scene.victim.path) == 0);
	names = 0;
	KIT_CHECK(nftw(folder, count_one, 16, FTW_PHYS) == 0);
	KIT_CHECK(names == 0);
	KIT_CHECK(try_open(scene.victim.path, key) != 0);
	/* The blocks that the files had. */
	KIT_CHECK(nftw(kept, is_zero, 16, FTW_PHYS) == 0);
	KIT_CHECK(snprintf(again, sizeof again, "%s/victim.vault", kept) > 0);
	KIT_CHECK(try_open(again, key) != 0);
}

/* What was written before the end is not lost by it. */
static bool all_came(void *ctx)
{
	return scene_count(&scene.advocate, &scene.support, words[6]) == 8;
}

int main(void)
{
	static const struct key32 key = {{4, 5, 6}}, other = {{4, 5, 7}};
	struct person *v = &scene.victim;

	scene_begin(SCENE_SUPPORT | SCENE_DIARY, NULL);
	KIT_CHECK(snprintf(folder, sizeof folder, "%s", kit_daemon.dir) > 0);
	KIT_CHECK(snprintf(temporary, sizeof temporary, "%s/tmp",
			  kit_daemon.dir) > 0);
	KIT_CHECK(mkdir(temporary, 0700) == 0);
	KIT_CHECK(setenv("SQLITE_TMPDIR", temporary, 1) == 0);
	KIT_CHECK(setenv("TMPDIR", temporary, 1) == 0);
	fill();
	nothing_in_the_clear();
	killed();
	nothing_in_the_clear();
	KIT_CHECK(try_open(v->path, &other) == ROWAN_E_CRYPTO);
	person_open(v);
	sessions_settle();
	nothing_in_the_clear();
	KIT_CHECK(sessions_until(all_came, NULL));
	person_close(v);
	nothing_in_the_clear();
	KIT_CHECK(try_open(v->path, &other) == ROWAN_E_CRYPTO);
	KIT_CHECK(try_open(v->path, &key) == 0);
	asks_nobody(&key);
	wiped(&key);
	return scene_end();
}
