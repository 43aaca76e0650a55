/*
 * Commands about what is kept: retention, checks, compaction.
 */
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include <sodium.h>

#include "clock/clock.h"
#include "ctl/call.h"
#include "ctl/log_look.h"
#include "log/entry.h"
#include "ops/ops.h"

#define SLICE 512

static uint64_t now_of(struct ctl_call *c)
{
	return clock_read(c->o->clock).now / 1000;
}

static void kept(
	struct ctl_call *c, const char *what, uint64_t days, uint64_t due)
{
	ctl_row(c->a);
	ctl_text(c->a, "kept", what);
	ctl_number(c->a, "seconds", days / 1000);
	ctl_number(c->a, "due", due);
}

static int show_due(struct ctl_call *c)
{
	struct server_state s;
	struct store_due due;
	int rc = ctl_state(c, &s);

	if (rc == 0)
		rc = store_due(c->rd, now_of(c), &due);
	if (rc != 0) {
		ctl_fail(c, rc);
		return rc;
	}
	kept(c, "envelopes", s.config.lifetime, due.envelopes);
	kept(c, "blobs", s.config.blob_lifetime, due.blobs);
	kept(c, "key_packages", 28ull * 86400 * 1000, due.packages);
	kept(c, "invites", s.config.invite_lifetime, due.invites);
	return 0;
}

void ctl_retention(struct ctl_call *c)
{
	(void)show_due(c);
}

struct expiry {
	bool more, doubtful;
	uint64_t done;
};

static int expire(void *cookie, struct ops *o)
{
	struct expiry *e = cookie;
	struct store_slice s, swept;
	int rc;

	e->doubtful = o->doubtful;
	if (o->doubtful)
		return ROWAN_E_AGAIN;
	rc = store_expire(o->store, SLICE, &s);
	if (rc == 0)
		rc = store_sweep(o->store, SLICE, &swept);
	if (rc == 0)
		rc = entry_erased(o->store, o->now, &swept);
	if (rc == 0) {
		e->more = s.more || swept.more;
		e->done += s.done;
	}
	return rc;
}

/* What the daemon does by itself, slice by slice: now, and to the end. */
void ctl_retention_run(struct ctl_call *c)
{
	struct expiry e = {.more = true};
	int rc = 0;

	if ((c->q.flags & CTL_DRY_RUN) != 0) {
		(void)show_due(c);
		return;
	}
	while (e.more && rc == 0 && atomic_load(c->stop) == 0)
		rc = server_job(c->o->relay, expire, &e);
	if (e.doubtful)
		ctl_say(c->a, EX_TEMPFAIL,
			"the clock is doubtful: nothing expires");
	else if (rc != 0)
		ctl_fail(c, rc);
	else
		ctl_say(c->a, EX_OK, "%llu expired",
			(unsigned long long)e.done);
}

/* What was being looked at is not damaged: there was no time for it. */
static int given_up(const struct ctl_call *c, int rc)
{
	return atomic_load(c->stop) != 0 && rc == ROWAN_E_AGAIN ? ROWAN_E_STATE
								: rc;
}

void ctl_store_check(struct ctl_call *c)
{
	const char *problem = NULL;
	int rc = store_check(c->rd, &problem);

	if (rc == 0)
		ctl_say(c->a, EX_OK, "every check passed");
	else if (problem != NULL)
		ctl_say(c->a, EX_DATAERR, "%s", problem);
	else
		ctl_fail(c, given_up(c, rc));
}

/* The whole file is written anew, which the writer cannot do beside serving. */
void ctl_store_vacuum(struct ctl_call *c)
{
	struct store_stats s;
	int rc = store_stats(c->rd, &s);

	if (rc != 0) {
		ctl_fail(c, rc);
		return;
	}
	ctl_say(c->a, EX_UNAVAILABLE,
		"%llu of %llu pages are free; they are used again. To give "
		"them "
		"back to the file system stop rowand, then: rowan-offline "
		"store "
		"vacuum",
		(unsigned long long)s.pages_free, (unsigned long long)s.pages);
}

static void show_head(struct ctl_call *c, const struct store_log_whole *log,
	const struct log_look *l)
{
	char hex[2 * MERKLE_HASH_LEN + 1];

	ctl_row(c->a);
	ctl_number(c->a, "leaves", log->size);
	ctl_text(c->a, "root",
		sodium_bin2hex(hex, sizeof hex, log->root.b, MERKLE_HASH_LEN));
	ctl_number(c->a, "signed", l->size);
	ctl_time(c->a, "cosigned", l->cosigned_at);
	if (log->times.backdated)
		ctl_number(c->a, "backdated", log->times.leaf);
}

/* Of hashes that were computed anew: the root of what the head has signed. */
static int is_signed(
	struct ctl_call *c, const struct log_look *l, uint64_t size, bool *ret)
{
	struct merkle_source src = store_log_source(c->rd);
	struct merkle_hash root;
	int rc;

	*ret = false;
	if (l->size > size)
		return 0;
	rc = merkle_proof_root(&src, l->size, &root);
	*ret = rc == 0 && merkle_eq(&root, &l->root);
	return rc;
}

/* The head first: the tree that is read after it has it as its beginning. */
void ctl_audit_verify(struct ctl_call *c)
{
	struct log_look l = {0};
	struct store_log_whole log;
	bool good = false;
	int rc = log_look(c, &l);

	if (rc == 0)
		rc = store_log_verify(c->rd, &log);
	if (rc == 0)
		rc = is_signed(c, &l, log.size, &good);
	rc = given_up(c, rc);
	if (rc == ROWAN_E_STATE) {
		ctl_fail(c, rc);
		return;
	}
	if (rc != 0) {
		ctl_say(c->a, EX_DATAERR, "the log: %s", rowan_strerror(rc));
		return;
	}
	show_head(c, &log, &l);
	if (!good)
		ctl_say(c->a, EX_DATAERR,
			"the tree is not the one that was signed");
	else if (log.times.backdated)
		ctl_say(c->a, EX_DATAERR,
			"backdated entry: leaf %llu says an earlier time than "
			"one before it",
			(unsigned long long)log.times.leaf);
	else
		ctl_say(c->a, EX_OK,
			"%llu leaves, each hash computed anew, no time goes "
			"back, and the head is the signed one",
			(unsigned long long)log.size);
}
