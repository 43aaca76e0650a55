/*
 * The clinic from files: see import.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "clinic/acts.h"
#include "clinic/import.h"
#include "clinic/source.h"
#include "log/entry.h"
#include "trust/rules.h"
#include "wire/armour.h"

static int read_all(int fd, struct writer *w)
{
	uint8_t part[4096];
	ssize_t n;

	while ((n = read(fd, part, sizeof part)) > 0) {
		writer_raw(w, part, (size_t)n);
		if (writer_status(w) != 0)
			return writer_status(w);
	}
	return n == 0 ? 0 : ROWAN_E_IO;
}

int import_read(const char *path, struct buf *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct writer w;
	int rc;

	*ret = (struct buf){NULL, 0};
	if (fd < 0)
		return ROWAN_E_IO;
	writer_init(&w, IMPORT_FILE_MAX);
	rc = read_all(fd, &w);
	(void)close(fd);
	if (rc == 0)
		return writer_finish(&w, ret);
	writer_wipe(&w);
	return rc;
}

const char *import_why(const char *path, int rc)
{
	return rc == ROWAN_E_IO && access(path, R_OK) != 0 ? strerror(errno)
							   : rowan_strerror(rc);
}

int import_authority(struct store *st, const char *path, uint64_t now)
{
	struct buf text, record = {NULL, 0};
	int rc = import_read(path, &text);

	if (rc == 0)
		rc = armour_read(
			buf_view(&text), ARMOUR_AUTHORITY_RECORD, &record);
	buf_wipe(&text);
	if (rc == 0)
		rc = store_begin(st, now);
	if (rc == 0) {
		rc = acts_begin(st, buf_view(&record));
		if (rc == 0)
			rc = store_commit(st);
		else
			store_abort(st);
	}
	buf_wipe(&record);
	return rc;
}

/* A restore stands somewhere behind the head it names. */
static int is_known_restore(struct store *st, const struct wire_statement *s)
{
	struct store_act act;
	int rc = 0;

	for (uint64_t n = s->number; rc == 0; n++) {
		struct buf raw;
		bool same;

		rc = store_act_get(
			store_view(st), &source_clinic_chain, n, &act, &raw);
		same = rc == 0 && bytes_eq(act.raw, s->raw);
		buf_wipe(&raw);
		if (same)
			return 0;
	}
	return rc;
}

/* Is it in its chain already, at its place? */
static int is_known(struct store *st, const struct wire_statement *s)
{
	struct store_act act;
	struct buf raw;
	int rc;

	if (s->kind == WIRE_ST_RESTORE)
		return is_known_restore(st, s);
	rc = store_act_get(store_view(st), &s->case_id, s->number, &act, &raw);

	/* Of what was erased only that it was there is known. */
	if (rc == 0 && act.raw.len > 0 && !bytes_eq(act.raw, s->raw))
		rc = ROWAN_E_STALE;
	buf_wipe(&raw);
	return rc;
}

/* Brought by the operator, signed by others. */
static int log_one(
	struct store *st, const struct wire_statement *s, uint64_t now)
{
	struct log_entry e = {.act = WIRE_ACT_STATEMENT,
		.time = now,
		.case_id = s->case_id,
		.number = s->number};

	entry_content(s->raw, &e.content);
	return entry_add(st, &e, NULL);
}

static int import_one(
	struct import *in, struct bytes raw, struct import_result *ret)
{
	struct store *st = in->store;
	uint64_t now = in->now;
	struct acts_result done;
	struct wire_statement s;
	int rc = wire_statement_decode(raw, &s);

	if (rc != 0)
		return rc;
	rc = is_known(st, &s);
	if (rc == 0)
		ret->known++;
	if (rc != ROWAN_E_NOT_FOUND)
		return rc;
	ret->ahead = s.time > now + RULES_CLOCK_SKEW ? s.time - now : 0;
	if (in->only != 0 && s.kind != in->only)
		return ROWAN_E_REFUSED;
	if (in->floats != NULL && s.kind == WIRE_ST_RESTORE) {
		rc = acts_check(st, raw, s.time < now ? s.time : now);
		buf_wipe(in->floats);
		return rc == 0 ? buf_copy(in->floats, raw) : rc;
	}
	rc = acts_put(st, raw, s.time < now ? s.time : now, &done);
	if (rc == 0)
		rc = log_one(st, &s, now);
	if (rc != 0)
		return rc;
	ret->taken++;
	return in->took != NULL ? in->took(in->cookie, &done) : 0;
}

int import_text(struct import *in, struct bytes text, struct import_result *ret)
{
	struct buf raw;
	uint8_t kind;
	int rc;

	*ret = (struct import_result){.at = 0};
	while ((rc = armour_next(&text, &kind, &raw)) == 0) {
		ret->at++;
		rc = kind == ARMOUR_STATEMENT
			     ? import_one(in, buf_view(&raw), ret)
			     : ROWAN_E_MALFORMED;
		buf_wipe(&raw);
		if (rc != 0)
			return rc;
	}
	return rc == ROWAN_E_NOT_FOUND && ret->at > 0 ? 0 : rc;
}

static int try_one(
	struct import *in, struct bytes raw, struct import_result *ret)
{
	int rc = store_mark(in->store), end;

	if (rc != 0)
		return rc;
	rc = import_one(in, raw, ret);
	end = rc == 0 ? store_keep(in->store) : store_undo(in->store);
	/* Codes of the rules; the engine's own end it. */
	return store_failed(rc) ? rc : end;
}

int import_each(struct import *in, struct bytes text, struct import_result *ret)
{
	struct buf raw;
	uint8_t kind;
	int rc;

	*ret = (struct import_result){.at = 0};
	while ((rc = armour_next(&text, &kind, &raw)) == 0) {
		rc = kind == ARMOUR_STATEMENT ? try_one(in, buf_view(&raw), ret)
					      : ROWAN_E_MALFORMED;
		ret->at += rc == 0;
		buf_wipe(&raw);
		if (rc != 0)
			return rc;
	}
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

int import_statements(struct store *st, const char *path, uint64_t now,
	struct import_result *ret)
{
	struct import in = {.store = st, .now = now};
	struct buf text;
	int rc = import_read(path, &text);

	*ret = (struct import_result){.at = 0};
	if (rc == 0)
		rc = store_begin(st, now);
	if (rc == 0) {
		rc = import_text(&in, buf_view(&text), ret);
		if (rc == 0)
			rc = store_commit(st);
		else
			store_abort(st);
	}
	buf_wipe(&text);
	if (rc != 0)
		ret->taken = ret->known = 0;
	return rc;
}
