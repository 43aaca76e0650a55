/*
 * rowanctl support-bundle: a tar file of what somebody who helps may need to
 * see. Each part is listed and nothing is written before a person agreed.
 *
 * Holds counts, settings and versions. Never a key, a database, a backup, a
 * log, a list of devices: paths and endpoints of the configuration are
 * replaced by their lengths; sizes and times are what somebody needs to see.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <sys/utsname.h>

#include "config/config.h"
#include "ctl/client.h"
#include "ctl/offline.h"
#include "process/version.h"

#define BLOCK	 512
#define PART_MAX (1024 * 1024)

struct part {
	const char *name, *what;
	struct writer w;
};

static void put(struct writer *w, const char *text)
{
	writer_raw(w, text, strlen(text));
}

/* An answer as JSON, or why there is none. */
static void ask(struct tool *t, uint16_t op, struct writer *w)
{
	struct ctl_request q = {.op = op, .uid = (uint32_t)getuid()};
	struct ctl_view v;
	struct buf raw = {NULL, 0};
	char *text = NULL;
	size_t len = 0;
	FILE *f;
	int rc = client_call(t->socket, &q, &raw);

	if (rc == 0)
		rc = ctl_answer_decode(buf_view(&raw), &v);
	if (rc != 0) {
		put(w, rowan_strerror(rc));
		put(w, "\n");
	} else if ((f = open_memstream(&text, &len)) != NULL) {
		client_json(v, f);
		fclose(f);
		writer_raw(w, text, len);
	}
	free(text);
	buf_wipe(&raw);
}

/* "30 s", "64 MiB": digits, and a unit or none. */
static bool is_quantity(const uint8_t *text, size_t len)
{
	size_t i = 0, digits;

	while (i < len && text[i] >= '0' && text[i] <= '9')
		i++;
	digits = i;
	i += i < len && text[i] == ' ';
	for (size_t unit = 0; i < len && unit < 3; i++, unit++)
		if ((text[i] | 0x20) < 'a' || (text[i] | 0x20) > 'z')
			return false;
	return digits > 0 && i == len;
}

/* name = "..."; becomes name = "(12 characters)"; numbers stay. */
static void redact(struct bytes text, struct writer *w)
{
	char note[48];

	for (size_t i = 0; i < text.len; i++) {
		size_t len = 0;

		if (text.data[i] != '"') {
			writer_raw(w, &text.data[i], 1);
			continue;
		}
		while (i + 1 + len < text.len && text.data[i + 1 + len] != '"')
			len++;
		if (is_quantity(&text.data[i + 1], len)) {
			writer_raw(w, &text.data[i], len + 2);
		} else {
			snprintf(
				note, sizeof note, "\"(%zu characters)\"", len);
			put(w, note);
		}
		i += len + 1;
	}
}

static void add_config(struct tool *t, struct writer *w)
{
	static struct config_report report;
	static struct config config;
	struct writer all;
	char line[CONFIG_PROBLEM_LEN + 32];

	if (config_load(t->config, &config, &report) == 0) {
		writer_init(&all, PART_MAX);
		config_print(&config, &all);
		redact(writer_view(&all), w);
		writer_wipe(&all);
	}
	for (size_t i = 0; i < report.count; i++) {
		snprintf(line, sizeof line, "line %u has a problem\n",
			report.problems[i].line);
		put(w, line);
	}
}

static void add_machine(struct writer *w)
{
	struct utsname u;
	char line[256];

	put(w, "rowan " ROWAND_VERSION "\n");
	if (uname(&u) != 0)
		return;
	snprintf(line, sizeof line, "%.60s %.60s %.60s\n", u.sysname, u.release,
		u.machine);
	put(w, line);
}

/* ---- tar (POSIX ustar) ---- */

static int write_all(int fd, const void *data, size_t len)
{
	return write(fd, data, len) == (ssize_t)len ? 0 : ROWAN_E_IO;
}

static int write_part(int fd, const struct part *p)
{
	static const char zeros[BLOCK];
	char head[BLOCK] = {0};
	unsigned sum = 0;
	int rc;

	snprintf(head, 100, "rowan-support/%s", p->name);
	snprintf(head + 100, 8, "%07o", 0600u);
	snprintf(head + 108, 8, "%07o", 0u);
	snprintf(head + 116, 8, "%07o", 0u);
	snprintf(head + 124, 12, "%011zo", p->w.len);
	snprintf(head + 136, 12, "%011llo", (unsigned long long)time(NULL));
	head[156] = '0';
	memcpy(head + 257, "ustar\00000", 8);
	memset(head + 148, ' ', 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)head[i];
	snprintf(head + 148, 8, "%06o", sum);
	rc = write_all(fd, head, BLOCK);
	if (rc == 0)
		rc = write_all(fd, p->w.data, p->w.len);
	if (rc == 0)
		rc = write_all(fd, zeros, (BLOCK - p->w.len % BLOCK) % BLOCK);
	return rc;
}

static int write_tar(const char *path, const struct part *parts, size_t count)
{
	static const char end[2 * BLOCK];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int rc = fd < 0 ? ROWAN_E_IO : 0;

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = write_part(fd, &parts[i]);
	if (rc == 0)
		rc = write_all(fd, end, sizeof end);
	if (fd >= 0 && close(fd) != 0)
		rc = ROWAN_E_IO;
	if (fd >= 0 && rc != 0)
		(void)unlink(path);
	return rc;
}

/* A person says yes, at a terminal or with --yes. */
static bool agreed(const struct tool *t, const struct part *parts, size_t count)
{
	char line[16] = "";

	fprintf(stderr, "%s would hold:\n", t->args[0]);
	for (size_t i = 0; i < count; i++)
		fprintf(stderr, "  %-14s %6zu bytes  %s\n", parts[i].name,
			parts[i].w.len, parts[i].what);
	if (t->yes)
		return true;
	fputs("Write it? Type yes: ", stderr);
	return fgets(line, sizeof line, stdin) != NULL &&
	       strcmp(line, "yes\n") == 0;
}

int tool_bundle(struct tool *t)
{
	struct part parts[] = {{.name = "machine", .what = "versions"},
		{.name = "settings",
			.what = "settings in force, without paths "
				"and endpoints"},
		{.name = "status.json", .what = "sizes and counts"},
		{.name = "health.json", .what = "every check"},
		{.name = "metrics.json", .what = "the metrics"},
		{.name = "backups.json", .what = "names and sizes of backups"}};
	const size_t count = sizeof parts / sizeof *parts;
	int rc = 0, code = EX_OK;

	for (size_t i = 0; i < count; i++)
		writer_init(&parts[i].w, PART_MAX);
	add_machine(&parts[0].w);
	add_config(t, &parts[1].w);
	ask(t, CTL_STATUS, &parts[2].w);
	ask(t, CTL_HEALTH, &parts[3].w);
	ask(t, CTL_METRICS, &parts[4].w);
	ask(t, CTL_BACKUP_LIST, &parts[5].w);
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = writer_status(&parts[i].w);
	if (rc == 0 && !agreed(t, parts, count))
		code = offline_answer(t, EX_NOPERM, "nothing was written");
	else if (rc != 0 || write_tar(t->args[0], parts, count) != 0)
		code = offline_answer(t, EX_CANTCREAT,
			"it cannot be written, or is there already");
	else
		code = offline_answer(t, EX_OK,
			"written: look into it before "
			"you send it");
	for (size_t i = 0; i < count; i++)
		writer_wipe(&parts[i].w);
	return code;
}
