/*
 * rowan listen: events for programs, one JSON object a line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/families.h"
#include "cmd/remote.h"
#include "ui/words.h"

static const struct command_option listen_options[] = {
	{"after", 'a', "CURSOR",
		N_("go on after this cursor; 0: everything that is kept"),
		COMMAND_TEXT},
	{"type", 't', "LIST", N_("only these events, with commas"),
		COMMAND_TEXT},
	{"count", 'C', "N", N_("end after N events"), COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

struct listener {
	const char *types;
	unsigned long left; /* 0: no end */
};

static bool wanted(const char *list, const char *name)
{
	size_t len = strlen(name);

	while (list != NULL && *list != '\0') {
		size_t n = strcspn(list, ",");

		if (n == len && memcmp(list, name, len) == 0)
			return true;
		list += n;
		list += *list == ',';
	}
	return list == NULL;
}

static bool on_event(struct run *r, const json_t *event, void *ctx)
{
	struct listener *l = ctx;
	char *text;

	if (!wanted(l->types, json_text(event, "event")))
		return true;
	text = json_dumps(event, JSON_COMPACT);
	if (text != NULL)
		(void)puts(text);
	free(text);
	/* A closed pipe: whoever listened has had enough. */
	if (fflush(stdout) != 0)
		return false;
	return l->left == 0 || --l->left > 0;
}

static int listen_run(struct run *r)
{
	struct listener l = {.types = run_option(r, "type")};
	const char *after = run_option(r, "after");
	json_int_t cursor = -1;
	char *end;
	int code = run_number(r, "count", 1, 1000000000, &l.left);

	if (code != EXIT_DONE)
		return code;
	if (after != NULL) {
		cursor = strtoll(after, &end, 10);
		if (*after < '0' || *after > '9' || *end != '\0')
			return run_usage(r, _("a cursor is a number"));
	}
	return remote_listen(r, cursor, on_event, &l);
}

const struct command stream_commands[] = {
	{"listen", "", 0, 0, COMMAND_TEXT,
		N_("events as JSON Lines, for programs"),
		N_("Every line has a cursor; --after goes on behind it, so a "
		   "script that was interrupted misses nothing. Messages come "
		   "with their text. An open listen keeps the vault from "
		   "locking only if lock_minutes is 0. docs/cli.md lists the "
		   "events."),
		0, listen_options, listen_run},
	{NULL, NULL, 0, 0, COMMAND_TEXT, NULL, NULL, 0, NULL, NULL}};
