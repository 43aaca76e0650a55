/*
 * A log that contradicts itself: what was verified is kept as it was signed,
 * and what contradicts it beside that, in a file for others to judge.
 *
 *	PROOF "N"/0	the note that was verified last
 *	PROOF "F"/n	files of trust/conflict.h, from 0
 *
 *	struct {
 *		uint8 version = 1;
 *		opaque note<V>;
 *		opaque card<V>;		of the daemon that signed it
 *	} Noted;
 *
 * Trusts what this device verified. Never lets a daemon fill the vault: of
 * those that prove something there are KEPT_MAX at most, of others half.
 */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "session/proof/proofs_inner.h"
#include "wire/log.h"

#define VERSION	  1
#define KEPT_MAX  16
#define NOTED_MAX (NOTE_MAX + WIRE_CARD_MAX + 16)

static struct bytes name(const char *what)
{
	return bytes_of(what, 1);
}

static int has(struct proofs *x, const char *what, uint64_t n)
{
	struct buf row;
	int rc = vault_get(x->o.vault, VAULT_PROOF, name(what), n, &row);

	buf_wipe(&row);
	return rc;
}

/* ---- what was verified ----------------------------------------------------
 */

int conflicts_load(struct proofs *x)
{
	int rc = has(x, "N", 0);

	x->noted = rc == 0;
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

int conflicts_note(struct proofs *x, const struct conflict_side *by)
{
	struct writer w;
	int rc;

	if (by == NULL)
		return vault_delete(x->o.vault, VAULT_PROOF, name("N"), 0);
	writer_init(&w, NOTED_MAX);
	writer_u8(&w, VERSION);
	writer_vec(&w, by->note);
	writer_vec(&w, by->card);
	rc = writer_status(&w);
	if (rc == 0)
		rc = vault_put(
			x->o.vault, VAULT_PROOF, name("N"), 0, writer_view(&w));
	writer_wipe(&w);
	return rc;
}

static int read_noted(struct bytes input, struct conflict_side *ret)
{
	struct reader r;
	uint8_t version = 0;

	reader_init(&r, input);
	if (reader_u8(&r, &version) != 0)
		return ROWAN_E_CORRUPT;
	if (version > VERSION)
		return ROWAN_E_TOO_NEW;
	if (reader_vec(&r, NOTE_MAX, &ret->note) != 0 ||
		reader_vec(&r, WIRE_CARD_MAX, &ret->card) != 0 ||
		reader_end(&r) != 0)
		return ROWAN_E_CORRUPT;
	return 0;
}

/* ---- what contradicts it --------------------------------------------------
 */

int proofs_conflicts(struct proofs *x, uint64_t n, struct buf *ret)
{
	return vault_get(x->o.vault, VAULT_PROOF, name("F"), n, ret);
}

/* Both, with all that a third person needs. ROWAN_E_NOT_FOUND: not noted. */
static int write_file(struct proofs *x, const struct conflict_side *other,
	const struct merkle_proof *proof, struct writer *w)
{
	struct conflict_parts p = {.proof = proof};
	struct proofs_records records = {0};
	struct buf noted = {NULL, 0};
	int rc = vault_get(x->o.vault, VAULT_PROOF, name("N"), 0, &noted);

	if (rc == 0)
		rc = read_noted(buf_view(&noted), &p.side[0]);
	if (rc == 0)
		rc = proofs_records(x, &records);
	p.side[1] = *other;
	p.records = records.view;
	p.record_count = records.count > 1 ? records.count : 0;
	if (rc == 0)
		rc = conflict_write(&p, w);
	proofs_records_wipe(&records);
	buf_wipe(&noted);
	return rc;
}

/* Where the next one goes; KEPT_MAX: nowhere. */
static int place(struct proofs *x, enum conflict_verdict v, uint64_t *ret)
{
	uint64_t room = conflict_proved(v) ? KEPT_MAX : KEPT_MAX / 2;
	int rc = 0;

	for (*ret = 0; *ret < room; (*ret)++) {
		rc = has(x, "F", *ret);
		if (rc != 0)
			break;
	}
	if (rc == 0)
		*ret = KEPT_MAX;
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

/* Inside the transaction: once of each kind, until the log is well again. */
static int keep(struct proofs *x, struct bytes file, enum conflict_verdict v)
{
	uint64_t n;
	int rc = place(x, v, &n);

	if (rc == 0 && n < KEPT_MAX)
		rc = vault_put(x->o.vault, VAULT_PROOF, name("F"), n, file);
	return rc;
}

/* ---- alarms ---------------------------------------------------------------
 */

static int tell(struct proofs *x, enum watch_verdict verdict, const char *words)
{
	struct event e = {.type = ROWAN_EVENT_ALARM,
		.time = follow_now(x->o.follow),
		.count = x->watch.size,
		.text = bytes_of(words, strlen(words))};

	e.code = verdict == WATCH_SHRUNK  ? ROWAN_ALARM_ROLLBACK
		 : verdict == WATCH_STALE ? ROWAN_ALARM_STALE
					  : ROWAN_ALARM_FORK;
	return events_add(x->o.events, &e);
}

int proofs_alarm(struct proofs *x, enum watch_verdict verdict)
{
	int rc;

	/* Once, until the log is well again. */
	if (x->alarmed >> verdict & 1)
		return 0;
	rc = vault_begin(x->o.vault);
	if (rc == 0)
		rc = tell(x, verdict, watch_verdict_name(verdict));
	rc = proofs_finish(x, rc);
	if (rc == 0)
		x->alarmed |= 1u << verdict;
	return rc;
}

/* What it is to others, from whatever was signed. */
static int judge(struct bytes file, enum conflict_verdict *ret)
{
	struct conflict *c = malloc(sizeof *c);

	if (c == NULL)
		return ROWAN_E_NOMEM;
	*ret = conflict_check(c, file, NULL);
	free(c);
	return 0;
}

int proofs_conflict(struct proofs *x, enum watch_verdict verdict,
	const struct conflict_side *other, const struct merkle_proof *proof)
{
	enum conflict_verdict v = CONFLICT_FORM;
	const char *words = watch_verdict_name(verdict);
	struct writer w;
	bool told = x->alarmed >> verdict & 1, kept;
	int rc;

	writer_init(&w, CONFLICT_MAX);
	rc = write_file(x, other, proof, &w);
	if (rc == 0)
		rc = judge(writer_view(&w), &v);
	else if (rc == ROWAN_E_NOT_FOUND)
		rc = 0;
	kept = v > CONFLICT_OPEN || x->conflicted >> v & 1;
	if (conflict_proved(v))
		words = conflict_name(v);
	if (rc != 0 || (told && kept))
		goto out;
	rc = vault_begin(x->o.vault);
	if (rc == 0 && !kept)
		rc = keep(x, writer_view(&w), v);
	if (rc == 0 && !told)
		rc = tell(x, verdict, words);
	rc = proofs_finish(x, rc);
	if (rc == 0)
		x->alarmed |= 1u << verdict;
	if (rc == 0)
		x->conflicted |= 1u << v;
out:
	writer_wipe(&w);
	return rc;
}
