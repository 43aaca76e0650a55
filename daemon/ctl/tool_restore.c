/*
 * rowanctl backup restore, backup finish: coming back from a backup, in two
 * steps with the authority's word in between (backup/restore.h).
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "backup/loss.h"
#include "backup/restore.h"
#include "clinic/export.h"
#include "clinic/source.h"
#include "clinic/tombstones.h"
#include "ctl/offline.h"
#include "ctl/tool_backup.h"
#include "process/noted.h"

#define TEXT_MAX (64 * 1024 * 1024) /* of statements */

/* ---- restore ---- */

/* What the lost database still says. */
struct salvage {
	struct loss loss;
	struct writer chain; /* the clinic's, armoured */
	struct writer lost;  /* every lost statement */
	bool opened;
	bool all; /* and it says all that there was */
};

static void show_heads(struct ctl_answer *a, const struct wire_st_restore *h)
{
	char hex[65];

	ctl_number(a, "leaves", h->size);
	ctl_text(a, "root", sodium_bin2hex(hex, sizeof hex, h->root.b, 32));
	ctl_number(a, "lost_leaves",
		h->lost_size > h->size ? h->lost_size - h->size : 0);
	ctl_text(a, "lost_root",
		sodium_bin2hex(hex, sizeof hex, h->lost_root.b, 32));
}

static void show_loss(struct ctl_answer *a, const struct salvage *s)
{
	ctl_flag(a, "lost_readable", s->opened);
	ctl_number(a, "lost_read", s->loss.read);
	ctl_number(a, "lost_messages", s->loss.messages);
	ctl_number(a, "lost_not_fetched", s->loss.waiting);
	ctl_number(a, "lost_blob_parts", s->loss.blobs);
	ctl_number(a, "lost_statements", s->loss.statements);
	ctl_flag(a, "lost_all_read", s->all);
}

/*
 * The head of what was restored, computed anew from its leaves, and the last
 * one known before the loss: the guard of the lost folder, or a checkpoint
 * that a witness or a client still has. Without either the two are the same.
 * The guard moves into the restored folder: it is never restored, it goes on.
 */
static int find_heads(
	struct tool *t, struct process *p, struct wire_st_restore *ret)
{
	struct store_log_whole log;
	char to[PATH_MAX];
	int rc = store_log_verify(store_view(p->store), &log);

	if (rc != 0)
		return rc;
	ret->size = log.size;
	memcpy(ret->root.b, log.root.b, sizeof ret->root.b);
	ret->lost_size = ret->size;
	ret->lost_root = ret->root;
	if (t->last == NULL)
		return 0;
	snprintf(to, sizeof to, "%s/log-guard", t->into);
	return restore_last(t->last, to, &ret->lost_size, ret->lost_root.b);
}

/* The clinic's chain: of the backup, and behind it of the lost database. */
static int find_chain(struct process *p, struct store *lost, struct writer *w)
{
	struct store_reader *rd = store_view(p->store);
	struct source source;
	struct clinic clinic;
	int rc;

	source_init(&source, rd);
	rc = source_clinic(&source, &clinic);
	source_wipe(&source);
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	rc = export_chain(rd, &source_clinic_chain, 1, w);
	/* As far as it can be read. */
	if (rc == 0 && lost != NULL)
		(void)!export_chain(store_view(lost), &source_clinic_chain,
			clinic.number + 1, w);
	return rc == 0 ? writer_status(w) : rc;
}

static int report(const struct tool *t, struct process *p, struct store *lost,
	struct salvage *s)
{
	char path[PATH_MAX];
	FILE *f;
	int rc = 0;

	snprintf(path, sizeof path, "%s/" LOSS_NAME, t->into);
	f = fopen(path, "wxe");
	if (f == NULL)
		return ROWAN_E_IO;
	if (lost != NULL)
		rc = loss_write(lost, &s->loss, f, &s->lost);
	else
		(void)fprintf(f, "rowan loss 1\nentries %llu to %llu\n",
			(unsigned long long)s->loss.first,
			(unsigned long long)s->loss.end - 1);
	if (rc == 0)
		rc = loss_known(store_view(p->store), f);
	if (fflush(f) != 0 || fsync(fileno(f)) != 0)
		rc = rc == 0 ? ROWAN_E_IO : rc;
	fclose(f);
	return rc;
}

static int keep_lost(const struct tool *t, const char *name, struct bytes text)
{
	char path[PATH_MAX];
	FILE *f;
	bool ok;

	snprintf(path, sizeof path, "%s/%s", t->into, name);
	f = fopen(path, "wxe");
	if (f == NULL)
		return ROWAN_E_IO;
	ok = (text.len == 0 || fwrite(text.data, 1, text.len, f) == text.len) &&
	     fflush(f) == 0 && fsync(fileno(f)) == 0;
	fclose(f);
	return ok ? 0 : ROWAN_E_IO;
}

/* Acts whose leaves nobody has made yet. */
static int keep_noted(const struct tool *t)
{
	char path[PATH_MAX];
	struct buf text;
	int rc;

	snprintf(path, sizeof path, "%s/" NOTED_NAME, t->lost);
	if (access(path, F_OK) != 0)
		return 0;
	rc = tool_read(path, NOTED_MAX, &text);
	if (rc == 0)
		rc = keep_lost(t, NOTED_NAME, buf_view(&text));
	buf_wipe(&text);
	return rc;
}

/* ${t}->lost is the lost folder, or NULL; damaged it may say less. */
static int salvage(const struct tool *t, struct process *p,
	const struct wire_st_restore *h, struct salvage *s)
{
	char from[PATH_MAX], aside[PATH_MAX];
	struct store *lost = NULL;
	int rc;

	s->loss = (struct loss){.first = h->size,
		.end = h->lost_size > h->size ? h->lost_size : h->size};
	snprintf(aside, sizeof aside, "%s/lost.db", t->into);
	if (t->lost != NULL) {
		snprintf(from, sizeof from, "%s/rowan.db", t->lost);
		rc = loss_open(&lost, from, aside, &p->store_key);
		if (rc != 0)
			fprintf(stderr,
				"rowanctl: %s: %s: the loss is named by "
				"counters only\n",
				from, rowan_strerror(rc));
		/* Without a record the lost log itself says how far it got. */
		if (rc == 0 && t->last == NULL)
			s->loss.end = 0;
	}
	s->opened = lost != NULL;
	rc = find_chain(p, lost, &s->chain);
	if (rc == 0)
		rc = report(t, p, lost, s);
	if (rc == 0)
		rc = keep_lost(t, LOSS_STATEMENTS, writer_view(&s->lost));
	/* Without a record nobody knows where the lost log ended. */
	s->all = t->last != NULL && s->loss.read == s->loss.end - s->loss.first;
	if (rc == 0 && s->all)
		rc = keep_lost(t, LOSS_ALL, bytes_of(NULL, 0));
	if (rc == 0 && t->lost != NULL)
		rc = keep_noted(t);
	store_close(lost);
	loss_remove(aside);
	return rc;
}

static int restored(struct tool *t, struct process *p,
	struct restore_pending *pending, struct ctl_answer *a)
{
	struct salvage s = {.opened = false};
	int rc = find_heads(t, p, &pending->heads);

	if (rc != 0) {
		ctl_say(a, EX_DATAERR, "the last head: %s",
			rc == ROWAN_E_NOT_FOUND
				? "--last is no log-guard and no checkpoint"
				: rowan_strerror(rc));
		return rc;
	}
	writer_init(&s.chain, TEXT_MAX);
	writer_init(&s.lost, TEXT_MAX);
	rc = salvage(t, p, &pending->heads, &s);
	/* Behind the head that is signed for. */
	if (rc == 0 && process_record(p, CTL_BACKUP_RESTORE,
			       "backup restore") != EX_OK)
		rc = ROWAN_E_IO;
	if (rc == 0)
		rc = restore_pending_write(
			t->into, pending, writer_view(&s.chain));
	if (rc == 0) {
		show_heads(a, &pending->heads);
		show_loss(a, &s);
		ctl_say(a, EX_OK,
			"restored, and waiting: %.300s/" LOSS_NAME
			" names the loss; have the authority sign "
			"%.300s/" RESTORE_PENDING
			", then: rowanctl backup finish %.300s STATEMENTS",
			t->into, t->into, t->into);
	} else {
		ctl_say(a, EX_DATAERR, "the loss cannot be named: %s",
			rowan_strerror(rc));
	}
	writer_wipe(&s.chain);
	writer_wipe(&s.lost);
	return rc;
}

static int restore(
	struct tool *t, struct process *p, const struct key32 *secret)
{
	struct restore_pending pending = {0};
	struct backup_manifest m;
	struct ctl_answer a;
	int rc = restore_unpack(t->args[0], t->into, secret, &m);

	if (rc != 0)
		return tool_backup_why(t, rc);
	pending.made = m.time;
	ctl_answer_init(&a);
	tool_backup_manifest(&a, &m);
	p->aside = true;
	if (tool_backup_check(p, t->into, &m, &a) == EX_OK)
		(void)!restored(t, p, &pending, &a);
	return tool_show(t, &a);
}

int tool_backup_restore(struct tool *t)
{
	struct key32 secret = {{0}};
	struct process p;
	int code;

	if (t->into == NULL) {
		fputs("rowanctl: backup restore needs --into FOLDER\n", stderr);
		return EX_USAGE;
	}
	code = offline_begin(t, &p);
	if (code == EX_OK)
		code = tool_backup_secret(t, &secret);
	if (code == EX_OK)
		code = offline_note(t, &p.config, CTL_BACKUP_RESTORE);
	if (code == EX_OK)
		code = restore(t, &p, &secret);
	key32_wipe(&secret);
	offline_end(&p);
	return code;
}

/* ---- finish ---- */

static void show_done(struct ctl_answer *a,
	const struct restore_pending *pending, const struct restore_done *done)
{
	ctl_row(a);
	ctl_time(a, "lost_after", pending->made);
	ctl_number(a, "lost_leaves",
		pending->heads.lost_size > pending->heads.size
			? pending->heads.lost_size - pending->heads.size
			: 0);
	ctl_number(a, "statements_back", done->found);
	ctl_number(a, "statements_refused", done->refused);
	ctl_number(a, "void_packages", done->voided.packages);
	ctl_number(a, "void_invites", done->voided.invites);
	ctl_number(a, "channels_to_reset", done->channels);
	ctl_number(a, "cases_erased_again", done->erased);
	ctl_number(a, "cases_erased_by_witness", done->witnessed);
	ctl_flag(a, "waits", done->waits);
	ctl_say(a, EX_OK,
		done->waits ? "finished: the folder may be served; " LOSS_NAME
			      " in it names the loss; cases wait until devices "
			      "have given back what they have, restore_wait at "
			      "most"
			    : "finished: the folder may be served; " LOSS_NAME
			      " in it names the loss");
}

/* The lost statements have done their part, the note has, too. */
static bool tidy(const char *dir)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/" LOSS_STATEMENTS, dir);
	if (unlink(path) != 0 && errno != ENOENT)
		return false;
	snprintf(path, sizeof path, "%s/" LOSS_ALL, dir);
	if (unlink(path) != 0 && errno != ENOENT)
		return false;
	snprintf(path, sizeof path, "%s/" RESTORE_PENDING, dir);
	return unlink(path) == 0;
}

static int read_lost(const char *dir, struct buf *ret)
{
	char path[PATH_MAX];

	*ret = (struct buf){NULL, 0};
	snprintf(path, sizeof path, "%s/" LOSS_STATEMENTS, dir);
	if (access(path, F_OK) != 0)
		return 0;
	return tool_read(path, TEXT_MAX, ret);
}

/* ---- what witnesses have kept of erased cases ---- */

struct witnessed {
	struct buf text[TOOL_ERASED_MAX];
	struct bytes view[TOOL_ERASED_MAX];
};

static int read_witnessed(const struct tool *t, struct witnessed *ret,
	struct restore_finishing *f)
{
	int rc = 0;

	f->witnessed = ret->view;
	for (int i = 2; rc == 0 && i < t->count; i++) {
		struct buf *text = &ret->text[f->witnessed_count];

		rc = tool_read(t->args[i], TEXT_MAX, text);
		ret->view[f->witnessed_count] = buf_view(text);
		f->witnessed_count += rc == 0;
	}
	return rc;
}

static void wipe_witnessed(struct witnessed *x)
{
	for (size_t i = 0; i < TOOL_ERASED_MAX; i++)
		buf_wipe(&x->text[i]);
}

static int bad_witnessed(
	struct tool *t, int rc, const struct restore_done *done)
{
	static const struct {
		int error;
		const char *words;
	} why[] = {{ROWAN_E_RULE, "erases no case"},
		{ROWAN_E_REFUSED, "is of another clinic"},
		{ROWAN_E_CRYPTO, "has a wrong signature"},
		{ROWAN_E_SIGNER,
			"is not signed by a coordinator and the authority"},
		{ROWAN_E_UNKNOWN, "is signed by somebody whom neither the "
				  "backup nor what was brought with it knows"},
		{ROWAN_E_REVOKED, "is signed by a revoked device"},
		{ROWAN_E_EXPIRED, "is signed by a device of an expired card"},
		{ROWAN_E_CHAIN, "contradicts what the backup knows"}};
	const char *words = "is damaged or missing";
	char line[1024];

	for (size_t i = 0; i < sizeof why / sizeof *why; i++)
		if (why[i].error == rc)
			words = why[i].words;
	snprintf(line, sizeof line,
		"%.500s: statement %zu of the witness's file %s; nothing was "
		"finished",
		t->args[1 + done->bad_file], done->bad_at, words);
	return offline_answer(t, EX_DATAERR, line);
}

static int finished(struct tool *t, const struct restore_finishing *f,
	const struct restore_done *done)
{
	struct ctl_answer a;

	if (!tidy(t->args[0]))
		return offline_answer(t, EX_CANTCREAT,
			"finished, but the note restore-pending cannot be "
			"removed");
	ctl_answer_init(&a);
	show_done(&a, f->pending, done);
	return tool_show(t, &a);
}

static int finish(
	struct tool *t, struct process *p, struct restore_finishing *f)
{
	struct witnessed witnessed = {.view = {{NULL, 0}}};
	struct restore_done done = {.erased = 0};
	struct buf lost = {NULL, 0};
	struct id16 *erased = NULL;
	char path[PATH_MAX];
	int rc;

	/* They lie beside the backups. */
	snprintf(
		path, sizeof path, "%s/" TOMBSTONES_NAME, p->config.backup_dir);
	rc = tombstones_read(path, &erased, &f->erased_count);
	f->erased = erased;
	if (rc == ROWAN_E_CORRUPT)
		return offline_answer(t, EX_DATAERR,
			"the file tombstones in backup_dir is damaged; every "
			"line names an erased case: mend it by hand");
	if (rc == 0)
		rc = read_witnessed(t, &witnessed, f);
	if (rc == 0)
		rc = read_lost(t->args[0], &lost);
	f->lost = buf_view(&lost);
	snprintf(path, sizeof path, "%s/" LOSS_ALL, t->args[0]);
	f->all = access(path, F_OK) == 0;
	if (rc == 0)
		rc = restore_finish(p->store, f, &done);
	free(erased);
	buf_wipe(&lost);
	wipe_witnessed(&witnessed);
	if (rc != 0 && done.bad_file > 0)
		return bad_witnessed(t, rc, &done);
	/* Where it cannot be, rowand does it when it runs. */
	if (rc == 0)
		(void)!loss_cross_out(store_view(p->store), t->args[0]);
	return rc == 0 ? finished(t, f, &done) : tool_backup_why(t, rc);
}

int tool_backup_finish(struct tool *t)
{
	struct restore_pending pending;
	struct restore_finishing f = {.pending = &pending,
		.act = CTL_BACKUP_FINISH,
		.now = (uint64_t)time(NULL)};
	char who[64];
	struct buf text = {NULL, 0};
	struct process p;
	int code = offline_begin(t, &p), rc;

	if (code == EX_OK)
		code = tool_read(t->args[1], CTL_CONTENT_MAX, &text) == 0
			       ? EX_OK
			       : EX_NOINPUT;
	if (code == EX_OK) {
		rc = restore_pending_read(t->args[0], &pending);
		if (rc != 0)
			code = offline_answer(t, EX_NOINPUT,
				rc == ROWAN_E_NOT_FOUND
					? "nothing is waiting in this folder"
				: rc == ROWAN_E_CORRUPT
					? "the restore was cut off: restore "
					  "once more into an empty folder"
					: rowan_strerror(rc));
	}
	if (code == EX_OK) {
		p.aside = true;
		code = offline_store_in(&p, t->args[0]);
	}
	f.text = buf_view(&text);
	snprintf(who, sizeof who, "uid %u: backup finish", (unsigned)getuid());
	f.who = bytes_of(who, strlen(who));
	if (code == EX_OK)
		code = finish(t, &p, &f);
	buf_wipe(&text);
	offline_end(&p);
	return code;
}
