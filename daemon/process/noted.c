/*
 * Noting acts: see noted.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/folder.h"
#include "log/entry.h"
#include "process/noted.h"

#define FIRST	  "rowan acts 1 "
#define NONCE_LEN 16
#define NONCE_HEX (2 * NONCE_LEN)
#define NOTE_LINE 128

static const char unreadable[] = "an act that was noted and cannot be read";

static int path_in(const char *dir, const char *name, char ret[PATH_MAX])
{
	return snprintf(ret, PATH_MAX, "%s/%s", dir, name) < PATH_MAX
		       ? 0
		       : ROWAN_E_INVAL;
}

/*
 * The file, locked: whoever waited for one that was taken meanwhile begins
 * another. ROWAN_E_NOT_FOUND when it is not there and not ${make}.
 */
static int open_locked(const char *path, bool make, int *ret_fd)
{
	int flags = O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
	struct stat mine, there;

	for (;;) {
		int fd = open(path, flags | (make ? O_CREAT : 0), 0600);

		if (fd < 0)
			return errno == ENOENT ? ROWAN_E_NOT_FOUND : ROWAN_E_IO;
		if (flock(fd, LOCK_EX) != 0 || fstat(fd, &mine) != 0) {
			close(fd);
			return ROWAN_E_IO;
		}
		if (stat(path, &there) == 0 && mine.st_ino == there.st_ino) {
			*ret_fd = fd;
			return 0;
		}
		close(fd);
	}
}

/* ---- noting ---- */

/* Root notes for whom the folder belongs to: rowand must read it. */
static bool hand_over(int fd, const char *dir)
{
	struct stat st;

	return geteuid() != 0 ||
	       (stat(dir, &st) == 0 && fchown(fd, st.st_uid, st.st_gid) == 0);
}

/* What a crash has left behind the last whole line goes. */
static bool cut_half_line(int fd, off_t *end)
{
	char c = '\n';

	while (*end > 0 && pread(fd, &c, 1, *end - 1) == 1 && c != '\n')
		(*end)--;
	return c == '\n' && ftruncate(fd, *end) == 0;
}

static int append(int fd, const struct noted_act *act)
{
	uint8_t nonce[NONCE_LEN];
	char hex[NONCE_HEX + 1];
	off_t end = lseek(fd, 0, SEEK_END);

	if (end < 0 || !cut_half_line(fd, &end))
		return ROWAN_E_IO;
	if (end > NOTED_MAX - 2 * NOTE_LINE)
		return ROWAN_E_LIMIT;
	randombytes_buf(nonce, sizeof nonce);
	if (end == 0 && dprintf(fd, FIRST "%s\n",
				sodium_bin2hex(hex, sizeof hex, nonce,
					sizeof nonce)) < 0)
		return ROWAN_E_IO;
	return dprintf(fd, "act %u %llu %s\n", act->number,
		       (unsigned long long)act->time, act->text) > 0 &&
			       fsync(fd) == 0
		       ? 0
		       : ROWAN_E_IO;
}

static bool is_text(const char *text)
{
	size_t len = 0;

	while (text[len] >= ' ' && text[len] <= '~')
		len++;
	return text[len] == '\0' && len > 0 && len <= NOTED_TEXT_MAX;
}

int noted_add(const char *dir, const struct noted_act *act)
{
	char path[PATH_MAX];
	int fd, rc = path_in(dir, "rowan.db", path);

	if (rc != 0 || !is_text(act->text))
		return ROWAN_E_INVAL;
	if (access(path, F_OK) != 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : ROWAN_E_IO;
	rc = path_in(dir, NOTED_NAME, path);
	if (rc == 0)
		rc = open_locked(path, true, &fd);
	if (rc != 0)
		return rc;
	rc = hand_over(fd, dir) ? append(fd, act) : ROWAN_E_IO;
	if (rc == 0)
		rc = folder_sync(dir);
	close(fd);
	return rc;
}

/* ---- taking ---- */

static int read_all(int fd, char **ret, size_t *ret_len)
{
	char *text = malloc(NOTED_MAX + 1);
	ssize_t n = text == NULL ? -1 : pread(fd, text, NOTED_MAX, 0);

	if (n < 0) {
		free(text);
		return text == NULL ? ROWAN_E_NOMEM : ROWAN_E_IO;
	}
	text[n] = '\0';
	/* Nothing stands behind a zero byte unseen. */
	for (ssize_t i = 0; i < n; i++)
		text[i] = text[i] == '\0' ? '?' : text[i];
	*ret = text;
	*ret_len = (size_t)n;
	return 0;
}

/* A whole line without its end: an act, or one that says it is none. */
static void read_line(
	const char *line, char text[NOTED_TEXT_MAX + 1], struct noted_act *ret)
{
	unsigned long long time;
	unsigned number;
	int at = 0;

	*ret = (struct noted_act){.text = unreadable};
	if (sscanf(line, "act %5u %19llu %n", &number, &time, &at) != 2 ||
		at == 0 || number > UINT16_MAX || !is_text(line + at))
		return;
	strcpy(text, line + at);
	*ret = (struct noted_act){(uint16_t)number, time, text};
}

typedef int each_act(void *cookie, const struct noted_act *act);

static int each(const char *text, each_act *f, void *cookie)
{
	char line[NOTE_LINE], kept[NOTED_TEXT_MAX + 1];
	const char *end;
	int rc = 0;

	for (; rc == 0 && (end = strchr(text, '\n')) != NULL; text = end + 1) {
		struct noted_act act;
		size_t len = (size_t)(end - text);

		if (strncmp(text, FIRST, sizeof FIRST - 1) == 0 || len == 0)
			continue;
		snprintf(line, sizeof line, "%.*s",
			len < sizeof line ? (int)len : 0, text);
		read_line(line, kept, &act);
		rc = f(cookie, &act);
	}
	return rc;
}

struct taking {
	struct store *st;
	uint64_t now;
	noted_said *said;
	void *cookie;
};

static int make_leaf(void *cookie, const struct noted_act *act)
{
	struct taking *t = cookie;

	return entry_admin(t->st, t->now, act->number,
		bytes_of(act->text, strlen(act->text)));
}

static int say(void *cookie, const struct noted_act *act)
{
	struct taking *t = cookie;

	t->said(t->cookie, act);
	return 0;
}

/* The first line, or as much of one as there is. */
static struct bytes name_of(const char *text)
{
	size_t len = strcspn(text, "\n");

	return bytes_of(text, len < NOTE_LINE ? len : NOTE_LINE);
}

static int is_taken(struct store *st, struct bytes name, bool *ret)
{
	struct buf last;
	int rc = store_meta_get(store_view(st), STORE_META_NOTED, &last);

	*ret = rc == 0 && bytes_eq(buf_view(&last), name);
	if (rc == 0)
		buf_wipe(&last);
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int take(struct taking *t, const char *text)
{
	bool taken;
	int rc = is_taken(t->st, name_of(text), &taken);

	if (rc != 0 || taken)
		return rc;
	rc = store_begin(t->st, t->now);
	if (rc != 0)
		return rc;
	rc = each(text, make_leaf, t);
	if (rc == 0)
		rc = store_meta_put(t->st, STORE_META_NOTED, name_of(text));
	if (rc == 0)
		rc = store_commit(t->st);
	else
		store_abort(t->st);
	return rc == 0 ? each(text, say, t) : rc;
}

int noted_take(struct store *st, const char *dir, uint64_t now,
	noted_said *said, void *cookie)
{
	struct taking t = {st, now, said, cookie};
	char path[PATH_MAX], *text = NULL;
	size_t len = 0;
	int fd, rc = path_in(dir, NOTED_NAME, path);

	if (rc == 0)
		rc = open_locked(path, false, &fd);
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	rc = read_all(fd, &text, &len);
	if (rc == 0 && len > 0)
		rc = take(&t, text);
	if (rc == 0 && unlink(path) != 0)
		rc = ROWAN_E_IO;
	free(text);
	close(fd);
	return rc;
}
