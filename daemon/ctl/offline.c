/*
 * Working on the files: see offline.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "ctl/call.h"
#include "ctl/client.h"
#include "ctl/offline.h"
#include "process/noted.h"

bool offline_busy(const struct tool *t)
{
	return !client_gone(t->socket);
}

/* Whether the running daemon has made the leaf. */
static bool told(const struct tool *t, uint16_t op)
{
	struct ctl_request q = {.op = op, .uid = (uint32_t)getuid()};
	struct ctl_view v = {.code = EX_PROTOCOL};
	struct buf raw;
	int rc = client_call(t->socket, &q, &raw);

	if (rc == 0)
		rc = ctl_answer_decode(buf_view(&raw), &v);
	buf_wipe(&raw);
	return rc == 0 && v.code == EX_OK;
}

int offline_note(struct tool *t, const struct config *c, uint16_t op)
{
	char text[NOTED_TEXT_MAX + 1];
	struct noted_act act = {op, (uint64_t)time(NULL), text};

	snprintf(text, sizeof text, "uid %u: %s", (unsigned)getuid(),
		ctl_find(op)->name);
	if (told(t, op) || noted_add(c->state_dir, &act) == 0)
		return EX_OK;
	return offline_answer(t, EX_NOPERM,
		"this is an act for the audit log, and it can neither be "
		"written into it nor noted in state_dir: nothing was done");
}

int offline_note_here(struct tool *t, uint16_t op)
{
	static struct config c;
	int code;

	if (access(t->config, F_OK) != 0)
		return EX_OK;
	code = process_config(t->config, &c);
	return code == EX_OK ? offline_note(t, &c, op) : code;
}

/* Keys that are credentials, and nobody has handed them over. */
static bool keyless(const struct config *c)
{
	return strchr(c->store_key, '/') == NULL &&
	       getenv("CREDENTIALS_DIRECTORY") == NULL &&
	       access(c->store_key, F_OK) != 0;
}

int offline_begin(struct tool *t, struct process *p)
{
	struct rlimit none = {0, 0};
	int code;

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0);
	umask(077);
	memset(p, 0, sizeof *p);
	p->path = t->config;
	code = process_config(t->config, &p->config);
	if (code == EX_OK && keyless(&p->config))
		return offline_answer(t, EX_CONFIG,
			"the keys are credentials of the service: as root, "
			"rowan-offline in the place of rowanctl hands them "
			"over");
	if (code == EX_OK)
		code = process_key(p->config.store_key, &p->store_key);
	return code;
}

int offline_store_in(struct process *p, const char *dir)
{
	if (strlen(dir) >= sizeof p->config.state_dir) {
		fputs("rowanctl: that path is too long\n", stderr);
		return EX_USAGE;
	}
	strcpy(p->config.state_dir, dir);
	return process_store(p);
}

void offline_end(struct process *p)
{
	store_close(p->store);
	p->store = NULL;
	key32_wipe(&p->store_key);
	for (int i = 0; i < ZAP_PORTS; i++)
		key32_wipe(&p->keys[i]);
}

int offline_answer(struct tool *t, int code, const char *words)
{
	struct ctl_answer a;

	ctl_answer_init(&a);
	ctl_say(&a, (uint8_t)code, "%s", words);
	return tool_show(t, &a);
}
