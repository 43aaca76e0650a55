/*
 * Commands of rowanctl that ask the daemon with something in hand, and
 * check-config, which needs no daemon.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <sys/stat.h>

#include "ctl/client.h"
#include "ctl/tool.h"
#include "process/process.h"

#define DRAIN_WAIT 600 /* seconds */

static struct bytes text_of(const char *text)
{
	return bytes_of(text, strlen(text));
}

static uint8_t flags_of(const struct tool *t)
{
	return (uint8_t)((t->dry ? CTL_DRY_RUN : 0) | (t->all ? CTL_ALL : 0));
}

/* ---- metrics ---- */

/* Whole or not at all: a reader never sees half of it. */
static int replace_file(const char *path, struct bytes text, mode_t mode)
{
	char part[4096];
	int fd, rc = ROWAN_E_IO;

	if (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part)
		return ROWAN_E_INVAL;
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		mode);
	if (fd < 0)
		return ROWAN_E_IO;
	if (write(fd, text.data, text.len) == (ssize_t)text.len &&
		fchmod(fd, mode) == 0)
		rc = 0;
	close(fd);
	if (rc == 0 && rename(part, path) != 0)
		rc = ROWAN_E_IO;
	if (rc != 0)
		(void)unlink(part);
	return rc;
}

static int first_text(struct ctl_view *v, struct bytes *ret)
{
	struct reader row;
	struct ctl_field f;

	if (!ctl_next_row(v, &row) || !ctl_next_field(&row, &f))
		return ROWAN_E_MALFORMED;
	*ret = f.text;
	return 0;
}

int tool_metrics(struct tool *t)
{
	struct ctl_request q = {.op = CTL_METRICS, .uid = (uint32_t)getuid()};
	struct ctl_view v;
	struct bytes text;
	struct buf raw;
	int rc, code = EX_OK;

	if (t->output == NULL)
		return tool_ask(t, &q);
	/* The older form, which node exporters read. */
	q.flags = CTL_ALL;
	rc = client_call(t->socket, &q, &raw);
	if (rc == 0)
		rc = ctl_answer_decode(buf_view(&raw), &v);
	if (rc == 0 && v.code != 0)
		code = v.code;
	else if (rc == 0 && (rc = first_text(&v, &text)) == 0)
		rc = replace_file(t->output, text, 0644);
	if (rc != 0)
		fprintf(stderr, "rowanctl: %s: %s\n", t->output,
			rowan_strerror(rc));
	else if (code != EX_OK)
		fprintf(stderr, "rowanctl: %.*s\n", (int)v.words.len,
			(const char *)v.words.data);
	buf_wipe(&raw);
	/* A figure from before the daemon went away, or hung, is a lie. */
	if (rc != 0 || code != EX_OK)
		(void)unlink(t->output);
	switch (rc) {
	case 0: return code;
	case ROWAN_E_NOT_FOUND: return EX_UNAVAILABLE;
	case ROWAN_E_AGAIN: return EX_TEMPFAIL;
	case ROWAN_E_REFUSED: return EX_NOPERM;
	}
	return EX_IOERR;
}

/* ---- configuration ---- */

int tool_check_config(struct tool *t)
{
	static struct config_report report;
	const char *path = t->count > 0 ? t->args[0] : t->config;
	struct ctl_answer a;
	int rc = process_check(path, &report);

	ctl_answer_init(&a);
	for (size_t i = 0; rc != 0 && i < report.count; i++) {
		ctl_row(&a);
		ctl_number(&a, "line", report.problems[i].line);
		ctl_text(&a, "problem", report.problems[i].text);
	}
	if (rc == 0)
		ctl_say(&a, EX_OK, "%s: nothing is wrong with it", path);
	else
		ctl_say(&a, EX_CONFIG, "%s: %zu problem%s", path,
			report.count + report.dropped,
			report.count + report.dropped == 1 ? "" : "s");
	return tool_show(t, &a);
}

/* The answer comes when it is done: --wait is how it always is. */
int tool_reload(struct tool *t)
{
	struct ctl_request q = {.op = CTL_RELOAD};

	return tool_ask(t, &q);
}

int tool_drain(struct tool *t)
{
	struct ctl_request q = {.op = CTL_DRAIN};
	int code = tool_ask(t, &q);

	for (int i = 0; code == 0 && t->wait && !client_gone(t->socket); i++) {
		if (i == DRAIN_WAIT * 10) {
			fputs("rowanctl: it has not ended yet\n", stderr);
			return EX_TEMPFAIL;
		}
		usleep(100000);
	}
	return code;
}

int tool_loglevel(struct tool *t)
{
	struct ctl_request q = {.op = CTL_LOGLEVEL,
		.name = text_of(t->args[0]),
		.number = t->seconds};

	return tool_ask(t, &q);
}

/* ---- the clinic ---- */

static int bring_file(struct tool *t, uint16_t op)
{
	struct ctl_request q = {.op = op, .flags = flags_of(t)};
	struct buf text;
	int code;

	if (tool_read(t->args[0], CTL_CONTENT_MAX, &text) != 0)
		return EX_NOINPUT;
	q.content = buf_view(&text);
	code = tool_ask(t, &q);
	buf_wipe(&text);
	return code;
}

int tool_import(struct tool *t)
{
	return bring_file(t, CTL_IMPORT);
}

struct chunk {
	struct bytes text;
	uint64_t next, count;
};

static int read_chunk(struct ctl_view *v, struct chunk *ret)
{
	struct ctl_field f;
	struct reader row;

	*ret = (struct chunk){.next = 0};
	if (v->code != 0 || !ctl_next_row(v, &row))
		return ROWAN_E_MALFORMED;
	while (ctl_next_field(&row, &f)) {
		if (bytes_eq(f.name, text_of("statements")))
			ret->text = f.text;
		else if (bytes_eq(f.name, text_of("next")))
			ret->next = f.number;
		else if (bytes_eq(f.name, text_of("count")))
			ret->count = f.number;
	}
	return 0;
}

/* All of it, in as many answers as it takes. */
static int fetch_chain(struct tool *t, struct writer *w, uint64_t *ret_count)
{
	struct ctl_request q = {.op = CTL_EXPORT, .uid = (uint32_t)getuid()};
	struct chunk part = {.next = 1};
	struct ctl_view v;
	struct buf raw;
	int rc = 0;

	while (rc == 0 && part.next != 0) {
		q.number = part.next;
		rc = client_call(t->socket, &q, &raw);
		if (rc == 0)
			rc = ctl_answer_decode(buf_view(&raw), &v);
		if (rc == 0)
			rc = read_chunk(&v, &part);
		if (rc == 0)
			writer_raw(w, part.text.data, part.text.len);
		*ret_count = part.count;
		buf_wipe(&raw);
	}
	return rc == 0 ? writer_status(w) : rc;
}

int tool_export(struct tool *t)
{
	struct ctl_request q = {.op = CTL_EXPORT};
	uint64_t count = 0;
	struct writer w;
	int rc, code = EX_OK;

	writer_init(&w, CTL_CONTENT_MAX);
	rc = fetch_chain(t, &w, &count);
	if (rc != 0) {
		writer_wipe(&w);
		/* Ask once more, for its words. */
		code = tool_ask(t, &q);
		return code != EX_OK ? code : EX_PROTOCOL;
	}
	if (strcmp(t->args[0], "-") == 0)
		rc = fwrite(w.data, 1, w.len, stdout) == w.len ? 0 : ROWAN_E_IO;
	else
		/* Who belongs to the clinic is nobody else's to read. */
		rc = replace_file(t->args[0], writer_view(&w), 0600);
	writer_wipe(&w);
	if (rc != 0) {
		fprintf(stderr, "rowanctl: %s: cannot be written\n",
			t->args[0]);
		return EX_CANTCREAT;
	}
	fprintf(stderr, "%llu statements\n", (unsigned long long)count);
	return EX_OK;
}

int tool_revoke(struct tool *t)
{
	return bring_file(t, CTL_REVOKE);
}

static int ask_named(struct tool *t, uint16_t op)
{
	struct ctl_request q = {.op = op, .flags = flags_of(t)};

	if (t->count > 0)
		q.name = text_of(t->args[0]);
	return tool_ask(t, &q);
}

int tool_list(struct tool *t)
{
	/* "cards list" and "devices list" stand before the arguments. */
	return ask_named(
		t, strcmp(t->args[-2], "cards") == 0 ? CTL_CARDS : CTL_DEVICES);
}

int tool_quotas(struct tool *t)
{
	return ask_named(t, CTL_QUOTAS);
}

int tool_invites(struct tool *t)
{
	return ask_named(t, CTL_INVITES);
}

int tool_retention_run(struct tool *t)
{
	return ask_named(t, CTL_RETENTION_RUN);
}

int tool_invite_end(struct tool *t)
{
	struct ctl_request q = {.op = CTL_INVITE_END};
	char *end = NULL;

	q.number = strtoull(t->args[0], &end, 10);
	if (t->args[0][0] < '0' || t->args[0][0] > '9' || *end != '\0') {
		fputs("rowanctl: an invite is a number of invites list\n",
			stderr);
		return EX_USAGE;
	}
	return tool_ask(t, &q);
}
