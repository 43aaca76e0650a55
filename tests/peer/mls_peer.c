/*
 * The message driver: runs another implementation of RFC 9420 against ours,
 * message by message.
 *
 *     mls_peer <requests >answers
 *
 * One JSON object per line on standard input, one per line on standard
 * output, in order: {"id": 7, "cmd": "add", ...} is answered by {"id": 7,
 * "ok": true, ...} or {"id": 7, "ok": false, "error": "...", "kind": "..."}.
 * Byte strings are hex; every message is a whole MLSMessage; `group` may be
 * left out while there is one group. docs/mls.md lists the commands.
 *
 * Trusts nothing it reads; never ends for a bad request.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "peer/peer.h"

#define LINE_LEN_MAX (64u << 20)

static void cmd_quit(struct peer *p, struct req *r)
{
	p->quit = true;
}

static const struct {
	const char *name;
	peer_command *run;
} commands[] = {
	{"init", cmd_init},
	{"keypackage", cmd_keypackage},
	{"create", cmd_create},
	{"propose", cmd_propose},
	{"commit", cmd_commit},
	{"add", cmd_add},
	{"remove", cmd_remove},
	{"update", cmd_update},
	{"merge", cmd_merge},
	{"discard", cmd_discard},
	{"welcome-in", cmd_welcome_in},
	{"process", cmd_process},
	{"send", cmd_send},
	{"group-info", cmd_group_info},
	{"external-join", cmd_external_join},
	{"external-sender", cmd_external_sender},
	{"external-propose", cmd_external_propose},
	{"external-add", cmd_external_add},
	{"psk-add", cmd_psk_add},
	{"reinit", cmd_reinit},
	{"branch", cmd_branch},
	{"export", cmd_export},
	{"state", cmd_state},
	{"members", cmd_members},
	{"tree", cmd_tree},
	{"tree-hash", cmd_tree_hash},
	{"epoch-authenticator", cmd_epoch_authenticator},
	{"public-load", cmd_public_load},
	{"public-process", cmd_public_process},
	{"save", cmd_save},
	{"load", cmd_load},
	{"forget", cmd_forget},
	{"inspect", cmd_inspect},
	{"quit", cmd_quit},
};

static peer_command *find(const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].run;
	return NULL;
}

static void run(struct peer *p, struct req *r)
{
	const json_t *cmd = json_object_get(r->in, "cmd");
	peer_command *command;

	if (!json_is_object(r->in) || !json_is_string(cmd)) {
		req_fail(r, "bad-request",
			"a request is an object with a text called cmd");
		return;
	}
	command = find(json_string_value(cmd));
	/* A name with a zero inside is none. */
	if (command == NULL ||
		strlen(json_string_value(cmd)) != json_string_length(cmd))
		req_fail(r, "unknown-command", "no command is called so");
	else
		command(p, r);
}

/* Print the answer: all of ${r}->out, or the failure alone. */
static void answer(struct req *r)
{
	json_t *id = json_object_get(r->in, "id");

	if (!req_ok(r)) {
		json_object_clear(r->out);
		json_object_set_new(r->out, "error", json_string(r->error));
		json_object_set_new(r->out, "kind", json_string(r->kind));
	}
	json_object_set_new(
		r->out, "id", id == NULL ? json_null() : json_incref(id));
	json_object_set_new(r->out, "ok", json_boolean(req_ok(r)));
	json_dumpf(r->out, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
}

static void handle(struct peer *p, const char *line, size_t len)
{
	struct req r = {.out = json_object()};
	json_error_t error;
	json_t *in = json_loadb(
		line, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

	r.in = in;
	if (in == NULL)
		req_fail(&r, "bad-json", "%s", error.text);
	else
		run(p, &r);
	answer(&r);
	json_decref(in);
	json_decref(r.out);
	arena_free(&r.arena);
}

/* Read one line of any length; what is past the limit is dropped. */
static int next_line(char **line, size_t *cap, size_t *ret_len)
{
	size_t len = 0;
	int c;

	while ((c = getchar()) != EOF && c != '\n') {
		if (len == *cap) {
			size_t more = *cap == 0 ? 65536 : *cap * 2;
			char *grown = realloc(*line, more);

			if (grown == NULL)
				abort();
			*line = grown;
			*cap = more;
		}
		if (len < LINE_LEN_MAX)
			(*line)[len++] = (char)c;
	}
	*ret_len = len;
	return c == EOF && len == 0 ? -1 : 0;
}

static bool blank(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strchr(" \t\r", line[i]) == NULL || line[i] == '\0')
			return false;
	return true;
}

int main(void)
{
	struct peer p;
	char *line = NULL;
	size_t cap = 0, len;

	if (sodium_init() < 0)
		return 2;
	peer_init(&p);
	while (!p.quit && next_line(&line, &cap, &len) == 0)
		if (!blank(line, len))
			handle(&p, line, len);
	peer_wipe(&p);
	free(line);
	return 0;
}
