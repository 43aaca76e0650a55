/*
 * rowan listen: events for programs, one JSON object a line.
 */
#include <stdlib.h>
#include <string.h>

#include <rowan.h>

#include "cmd/families.h"
#include "cmd/remote.h"
#include "ui/mem.h"
#include "ui/words.h"

#define TYPES 256 /* more than there are kinds of events */

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

	if (!wanted(l->types, json_text(event, "event")))
		return true;
	/* A closed pipe: whoever listened has had enough. */
	if (!ui_json_line(event))
		return false;
	return l->left == 0 || --l->left > 0;
}

static bool is_event(const char *name)
{
	for (int type = 1; type < TYPES; type++)
		if (strcmp(rowan_event_name((enum rowan_event_type)type),
			    name) == 0)
			return strcmp(name, "unknown") != 0;
	return false;
}

/* What never comes would be waited for for ever. */
static int look_at_types(const struct run *r, const char *list)
{
	char *copy = mem_text(list != NULL ? list : ""), *rest = NULL, *one;
	int code = EXIT_DONE;

	if (list != NULL && *list == '\0')
		code = run_usage(r, _("--type names no event"));
	for (one = strtok_r(copy, ",", &rest); one != NULL && code == EXIT_DONE;
		one = strtok_r(NULL, ",", &rest))
		if (!is_event(one))
			code = ui_fail(&r->ui, EXIT_USAGE,
				_("message, sent, joined, alarm and the others "
				  "stand in docs/cli.md; two with a comma "
				  "between"),
				_("there is no event %s"), one);
	free(copy);
	return code;
}

static int listen_run(struct run *r)
{
	struct listener l = {.types = run_option(r, "type")};
	const char *after = run_option(r, "after");
	json_int_t cursor = -1;
	char *end;
	int code = run_number(r, "count", 1, 1000000000, &l.left);

	if (code == EXIT_DONE)
		code = look_at_types(r, l.types);
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
