/*
 * rowanctl store: on the running daemon where that is possible, else on the
 * files.
 */
#include <limits.h>
#include <stdio.h>
#include <sysexits.h>

#include "ctl/offline.h"

static const char running[] =
	"rowand runs: stop it first (systemctl stop rowand.socket rowand)";

static int check_here(struct tool *t, struct process *p)
{
	const char *problem = NULL;
	struct ctl_answer a;
	int code = process_store(p);
	int rc;

	if (code != EX_OK)
		return code;
	rc = store_check(store_view(p->store), &problem);
	ctl_answer_init(&a);
	if (rc == 0)
		ctl_say(&a, EX_OK, "every check passed");
	else
		ctl_say(&a, EX_DATAERR, "%s",
			problem != NULL ? problem : rowan_strerror(rc));
	return tool_show(t, &a);
}

/* A file whose schema store_schema would not tell. */
static int refuse_file(struct tool *t, int rc)
{
	if (rc == ROWAN_E_TOO_OLD)
		return offline_answer(t, EX_CONFIG, rowan_strerror(rc));
	return offline_answer(
		t, EX_DATAERR, "the file is damaged, or no database of rowand");
}

/* Only rowand begins a database. */
static int schema_of(struct tool *t, const struct process *p, int64_t *ret)
{
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof path, "%s/rowan.db", p->config.state_dir);
	if ((rc = store_schema(path, ret)) != 0)
		return refuse_file(t, rc);
	if (*ret == 0)
		return offline_answer(t, EX_NOINPUT, "there is no database");
	return EX_OK;
}

/* A file of an older schema is looked at as it is, or not at all. */
static int refuse_older(struct tool *t, const struct process *p)
{
	int64_t schema;
	int code = schema_of(t, p, &schema);

	if (code == EX_OK && schema < store_schema_newest())
		return offline_answer(t, EX_CONFIG,
			"an older rowand wrote it: store migrate first");
	return code;
}

int tool_store_check(struct tool *t)
{
	struct ctl_request q = {.op = CTL_STORE_CHECK};
	struct process p;
	int code;

	if (offline_busy(t))
		return tool_ask(t, &q);
	code = offline_begin(t, &p);
	if (code == EX_OK)
		code = refuse_older(t, &p);
	if (code == EX_OK)
		code = check_here(t, &p);
	offline_end(&p);
	return code;
}

static int migrate(struct tool *t, struct process *p)
{
	int64_t before, newest = store_schema_newest();
	struct ctl_answer a;
	int code = schema_of(t, p, &before);

	if (code == EX_OK && !t->dry)
		code = process_store(p);
	if (code == EX_OK && !t->dry && before != newest)
		code = process_record(p, CTL_STORE_MIGRATE, "store migrate");
	if (code != EX_OK)
		return code;
	ctl_answer_init(&a);
	ctl_row(&a);
	ctl_number(&a, "before", (uint64_t)before);
	ctl_number(&a, "now", (uint64_t)(t->dry ? before : newest));
	ctl_number(&a, "newest", (uint64_t)newest);
	if (before > newest)
		ctl_say(&a, EX_CONFIG, "a newer rowand wrote it");
	else
		ctl_say(&a, EX_OK, "%s",
			before == newest ? "nothing to do"
			: t->dry	 ? "it would be migrated"
					 : "migrated");
	return tool_show(t, &a);
}

int tool_store_migrate(struct tool *t)
{
	struct process p;
	int code;

	if (offline_busy(t))
		return offline_answer(t, EX_TEMPFAIL, running);
	code = offline_begin(t, &p);
	if (code == EX_OK)
		code = migrate(t, &p);
	offline_end(&p);
	return code;
}

int tool_store_vacuum(struct tool *t)
{
	struct ctl_request q = {.op = CTL_STORE_VACUUM};
	struct process p;
	int64_t schema;
	int code, rc;

	if (offline_busy(t))
		return tool_ask(t, &q);
	code = offline_begin(t, &p);
	if (code == EX_OK)
		code = schema_of(t, &p, &schema);
	if (code == EX_OK)
		code = process_store(&p);
	if (code == EX_OK)
		code = process_record(&p, CTL_STORE_VACUUM, "store vacuum");
	if (code == EX_OK) {
		rc = store_vacuum(p.store);
		code = offline_answer(t, rc == 0 ? EX_OK : EX_CANTCREAT,
			rc == 0 ? "done" : rowan_strerror(rc));
	}
	offline_end(&p);
	return code;
}
