/*
 * Crossing out of a list of losses what is of erased cases: see loss.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "backup/loss.h"
#include "clinic/tombstones.h"

#define PATH_LEN 4096
#define LINE_LEN 512
#define HEX_LEN	 (2 * ID16_LEN)

struct crossing {
	struct store_reader *rd;
	struct id16 *erased; /* cases */
	size_t count;
	bool any; /* something was crossed out */
};

static bool is_erased(const struct crossing *x, const struct id16 *case_id)
{
	for (size_t i = 0; i < x->count; i++)
		if (id16_eq(&x->erased[i], case_id))
			return true;
	return false;
}

static bool of_channel(const struct crossing *x, const struct id16 *channel)
{
	struct store_channel c;

	return store_channel_get(x->rd, channel, &c) == 0 &&
	       is_erased(x, &c.case_id);
}

/* A victim's, of whose card nothing is left. */
static bool of_nobody(const struct crossing *x, const struct id16 *device)
{
	struct buf card;
	bool gone =
		store_device_card(x->rd, device, &card) == 0 && card.len == 0;

	buf_wipe(&card);
	return gone;
}

/* The id behind ${word} in the line. */
static bool id_behind(const char *line, const char *word, struct id16 *ret)
{
	const char *at = strstr(line, word);
	size_t len;

	return at != NULL &&
	       sodium_hex2bin(ret->b, ID16_LEN, at + strlen(word), HEX_LEN,
		       NULL, &len, NULL) == 0 &&
	       len == ID16_LEN;
}

static bool names_erased(const struct crossing *x, const char *line)
{
	struct id16 id;

	return (id_behind(line, " case ", &id) && is_erased(x, &id)) ||
	       (id_behind(line, " chain ", &id) && is_erased(x, &id)) ||
	       (id_behind(line, " channel ", &id) && of_channel(x, &id)) ||
	       (id_behind(line, " device ", &id) && of_nobody(x, &id));
}

static void cross_out(struct crossing *x, FILE *from, FILE *to)
{
	char line[LINE_LEN];

	while (fgets(line, sizeof line, from) != NULL) {
		unsigned long long leaf;

		if (!names_erased(x, line)) {
			(void)fputs(line, to);
			continue;
		}
		x->any = true;
		if (sscanf(line, "%*s %llu", &leaf) == 1)
			(void)fprintf(to, "erased %llu\n", leaf);
	}
}

static int find_erased(struct crossing *x)
{
	struct store_case c;
	int64_t row = 0;
	int rc;

	while ((rc = store_case_next(x->rd, &row, &c)) == 0) {
		bool erased = false;
		struct id16 *more;

		rc = tombstones_erased(x->rd, &c.id, &erased);
		if (rc != 0)
			return rc;
		if (!erased)
			continue;
		more = realloc(x->erased, (x->count + 1) * sizeof *more);
		if (more == NULL)
			return ROWAN_E_NOMEM;
		x->erased = more;
		x->erased[x->count++] = c.id;
	}
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int write_anew(struct crossing *x, FILE *from, const char *path)
{
	FILE *to;
	bool ok;
	int fd = open(path,
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	to = fd < 0 ? NULL : fdopen(fd, "w");
	if (to == NULL) {
		if (fd >= 0)
			close(fd);
		return ROWAN_E_IO;
	}
	cross_out(x, from, to);
	ok = ferror(from) == 0 && fflush(to) == 0 && fsync(fd) == 0;
	return fclose(to) == 0 && ok ? 0 : ROWAN_E_IO;
}

int loss_cross_out(struct store_reader *rd, const char *dir)
{
	struct crossing x = {.rd = rd};
	char path[PATH_LEN], part[PATH_LEN];
	FILE *from;
	int rc;

	if (snprintf(path, sizeof path, "%s/" LOSS_NAME, dir) >= PATH_LEN ||
		snprintf(part, sizeof part, "%s/" LOSS_NAME ".part", dir) >=
			PATH_LEN)
		return ROWAN_E_INVAL;
	/* As one that was killed leaves it: it may name what is erased. */
	if (unlink(part) != 0 && errno != ENOENT)
		return ROWAN_E_IO;
	from = fopen(path, "re");
	if (from == NULL)
		return errno == ENOENT ? 0 : ROWAN_E_IO;
	rc = find_erased(&x);
	if (rc == 0)
		rc = write_anew(&x, from, part);
	fclose(from);
	if (rc == 0 && x.any && rename(part, path) != 0)
		rc = ROWAN_E_IO;
	if (rc != 0 || !x.any)
		(void)unlink(part);
	free(x.erased);
	return rc;
}
