/*
 * Working on the files: see offline.h.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "ctl/client.h"
#include "ctl/offline.h"

bool offline_busy(const struct tool *t)
{
	return !client_gone(t->socket);
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
