/*
 * Saying it: see journal.h.
 *
 * The native protocol is one datagram of lines FIELD=value; ours never hold a
 * line end, so its other form is not needed.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "journal/journal.h"

#define TEXT_MAX    2048
#define RECORD_MAX  8192
#define FIELDS_MAX  8
#define LEVEL_USUAL 6
#define BOOT_ID	    "/proc/sys/kernel/random/boot_id"

#ifndef JOURNAL_SOCKET
#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#endif

static struct {
	const char *program;
	enum journal_form form;
	int fd; /* of the datagrams, or -1 */
	atomic_int level;
	_Atomic uint64_t level_until;
	pthread_once_t once;
	struct key32 key;
	bool keyed;
} j = {.program = "rowand",
	.form = JOURNAL_PLAIN,
	.fd = -1,
	.level = LEVEL_USUAL,
	.once = PTHREAD_ONCE_INIT};

/* ---- text ---- */

/* What a field reads as; numbers go to ${number}. */
static const char *value_of(const struct journal_field *f, char number[24])
{
	if (f->text != NULL)
		return f->text;
	snprintf(number, 24, "%llu", (unsigned long long)f->number);
	return number;
}

struct line {
	char *at;
	size_t len, size; /* without and with the closing zero */
};

static void add(struct line *l, char c)
{
	if (l->len + 1 < l->size)
		l->at[l->len++] = c;
	l->at[l->len] = '\0';
}

/* Nothing of a value ends a line or drives a terminal. */
static void add_clean(struct line *l, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		add(l, c < 0x20 || c >= 0x7f ? '?' : (char)c);
	}
}

static void add_text(struct line *l, const char *text)
{
	for (; *text != '\0'; text++)
		add(l, *text);
}

static const struct journal_field *find(const struct journal_field *f,
	size_t count, const char *name, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(f[i].name) == len &&
			memcmp(f[i].name, name, len) == 0)
			return &f[i];
	return NULL;
}

void journal_render(const char *text, const struct journal_field *fields,
	size_t count, char *ret, size_t size)
{
	struct line l = {ret, 0, size};
	char number[24];

	*ret = '\0';
	for (; *text != '\0'; text++) {
		const struct journal_field *f;
		size_t len;

		if (*text != '{') {
			add(&l, *text);
			continue;
		}
		len = strcspn(text + 1, "}");
		f = find(fields, count, text + 1, len);
		add_clean(&l, f == NULL ? "?" : value_of(f, number));
		text += len + (text[1 + len] == '}');
	}
}

/* ---- pseudonyms ---- */

static void random_key(void)
{
	if (!j.keyed)
		randombytes_buf(j.key.b, KEY32_LEN);
	j.keyed = true;
}

void journal_key(const struct key32 *secret, const char *boot)
{
	char text[64] = "";
	FILE *f;

	if (boot == NULL && (f = fopen(BOOT_ID, "r")) != NULL) {
		if (fgets(text, sizeof text, f) == NULL)
			text[0] = '\0';
		fclose(f);
		boot = text;
	}
	if (boot == NULL || boot[0] == '\0')
		return;
	(void)crypto_generichash(j.key.b, KEY32_LEN, (const uint8_t *)boot,
		strlen(boot), secret->b, KEY32_LEN);
	j.keyed = true;
}

void journal_pseudonym(const struct id16 *id, char ret[JOURNAL_PSEUDONYM_LEN])
{
	uint8_t hash[crypto_generichash_BYTES_MIN];

	pthread_once(&j.once, random_key);
	(void)crypto_generichash(
		hash, sizeof hash, id->b, ID16_LEN, j.key.b, KEY32_LEN);
	(void)sodium_bin2hex(ret, JOURNAL_PSEUDONYM_LEN, hash,
		(JOURNAL_PSEUDONYM_LEN - 1) / 2);
}

/* ---- where to ---- */

/* $JOURNAL_STREAM is the device and inode of what leads to the journal. */
static bool stderr_is_journal(void)
{
	const char *text = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	if (text == NULL || fstat(STDERR_FILENO, &st) != 0 ||
		sscanf(text, "%llu:%llu", &dev, &ino) != 2)
		return false;
	return st.st_dev == (dev_t)dev && st.st_ino == (ino_t)ino;
}

void journal_open(const char *program, enum journal_form form)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	j.program = program;
	if (form == JOURNAL_AUTO)
		form = stderr_is_journal()     ? JOURNAL_NATIVE
		       : isatty(STDERR_FILENO) ? JOURNAL_PLAIN
					       : JOURNAL_JSON;
	j.form = form;
	if (form != JOURNAL_NATIVE)
		return;
	memcpy(to.sun_path, JOURNAL_SOCKET, sizeof JOURNAL_SOCKET);
	j.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (j.fd >= 0 &&
		connect(j.fd, (struct sockaddr *)&to, sizeof to) != 0) {
		close(j.fd);
		j.fd = -1;
	}
	if (j.fd < 0)
		j.form = JOURNAL_PLAIN;
}

static uint64_t monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec;
}

int journal_level(void)
{
	uint64_t until = atomic_load(&j.level_until);

	if (until != 0 && monotonic() >= until) {
		atomic_store(&j.level, LEVEL_USUAL);
		atomic_store(&j.level_until, 0);
	}
	return atomic_load(&j.level);
}

void journal_set_level(int level, uint64_t until)
{
	atomic_store(&j.level_until, until);
	atomic_store(&j.level, level);
}

/* ---- the three forms ---- */

static void field_line(struct line *l, const char *name, const char *value)
{
	add_text(l, name);
	add(l, '=');
	add_clean(l, value);
	add(l, '\n');
}

static void native(struct line *l, const struct message *m, const char *text,
	const struct journal_field *fields, size_t count)
{
	char number[24], name[64];

	snprintf(number, sizeof number, "%d", m->level);
	field_line(l, "MESSAGE", text);
	field_line(l, "MESSAGE_ID", m->id);
	field_line(l, "PRIORITY", number);
	field_line(l, "SYSLOG_IDENTIFIER", j.program);
	field_line(l, "ROWAN_EVENT", m->event);
	for (size_t i = 0; i < count; i++) {
		size_t n = (size_t)snprintf(
			name, sizeof name, "ROWAN_%s", fields[i].name);

		for (size_t k = 0; k < n && k < sizeof name; k++)
			if (name[k] >= 'a' && name[k] <= 'z')
				name[k] = (char)(name[k] - 'a' + 'A');
		field_line(l, name, value_of(&fields[i], number));
	}
}

static void json_text(struct line *l, const char *name, const char *value)
{
	add(l, '"');
	add_text(l, name);
	add_text(l, "\":\"");
	for (; *value != '\0'; value++) {
		unsigned char c = (unsigned char)*value;

		if (c == '"' || c == '\\')
			add(l, '\\');
		add(l, c < 0x20 || c >= 0x7f ? '?' : (char)c);
	}
	add(l, '"');
}

static void json(struct line *l, const struct message *m, const char *text,
	const struct journal_field *fields, size_t count)
{
	time_t now = time(NULL);
	char stamp[32], number[24];
	struct tm t;

	gmtime_r(&now, &t);
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &t);
	add(l, '{');
	json_text(l, "time", stamp);
	add_text(l, ",\"level\":");
	add(l, (char)('0' + m->level));
	add(l, ',');
	json_text(l, "id", m->id);
	add(l, ',');
	json_text(l, "event", m->event);
	for (size_t i = 0; i < count; i++) {
		add(l, ',');
		if (fields[i].text != NULL) {
			json_text(l, fields[i].name, fields[i].text);
			continue;
		}
		add(l, '"');
		add_text(l, fields[i].name);
		add_text(l, "\":");
		add_text(l, value_of(&fields[i], number));
	}
	add(l, ',');
	json_text(l, "message", text);
	add_text(l, "}\n");
}

void journal_say(
	enum message_id id, const struct journal_field *fields, size_t count)
{
	const struct message *m = message_at(id);
	char text[TEXT_MAX], record[RECORD_MAX];
	struct line l = {record, 0, sizeof record};
	ssize_t sent;

	if (m->level > journal_level())
		return;
	if (count > FIELDS_MAX)
		count = FIELDS_MAX;
	journal_render(m->text, fields, count, text, sizeof text);
	record[0] = '\0';
	switch (j.form) {
	case JOURNAL_NATIVE: native(&l, m, text, fields, count); break;
	case JOURNAL_JSON: json(&l, m, text, fields, count); break;
	default:
		add_text(&l, j.program);
		add_text(&l, ": ");
		add_text(&l, text);
		add(&l, '\n');
	}
	do {
		sent = j.form == JOURNAL_NATIVE
			       ? send(j.fd, record, l.len, MSG_NOSIGNAL)
			       : write(STDERR_FILENO, record, l.len);
	} while (sent < 0 && errno == EINTR);
	/* A journal that takes nothing is not ours to mend. */
}
