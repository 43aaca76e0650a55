/*
 * Checkpoints that contradict each other: see conflict.h.
 */
#include <string.h>

#include "tlog/origin.h"
#include "tlog/text.h"
#include "tlog/watch.h"
#include "trust/conflict.h"

#define FIRST_LINE "rowan conflict 1"

/* ---- writing --------------------------------------------------------------
 */

static void write_line(struct writer *w, const char *word, struct bytes data)
{
	text_write(w, word);
	text_write(w, " ");
	text_write_base64(w, data);
	text_write(w, "\n");
}

int conflict_write(const struct conflict_parts *p, struct writer *w)
{
	size_t hashes = p->proof != NULL ? p->proof->len : 0;

	text_write(w, FIRST_LINE "\n");
	for (size_t i = 0; i < 2; i++)
		write_line(w, "card", p->side[i].card);
	for (size_t i = 0; i < p->record_count; i++)
		write_line(w, "record", p->records[i]);
	for (size_t i = 0; i < hashes; i++)
		write_line(w, "hash",
			bytes_of(p->proof->hash[i].b, MERKLE_HASH_LEN));
	for (size_t i = 0; i < 2; i++) {
		text_write(w, "\n");
		writer_raw(w, p->side[i].note.data, p->side[i].note.len);
	}
	return writer_status(w);
}

/* ---- reading --------------------------------------------------------------
 */

static int read_card(struct conflict *c, size_t i, struct bytes line)
{
	size_t len = 0;
	int rc = text_base64(line, c->raw[i], sizeof c->raw[i], &len);

	return rc == 0 ? wire_card_decode(bytes_of(c->raw[i], len), &c->card[i])
		       : rc;
}

static int read_record(struct conflict *c, struct bytes line)
{
	uint8_t *raw;
	size_t len = 0;
	int rc;

	if (c->record_count == EVIDENCE_RECORDS_MAX)
		return ROWAN_E_LIMIT;
	raw = c->record_raw[c->record_count];
	rc = text_base64(line, raw, sizeof c->record_raw[0], &len);
	return rc == 0 ? wire_record_decode(bytes_of(raw, len),
				 &c->record[c->record_count++])
		       : rc;
}

static int read_hash(struct conflict *c, struct bytes line)
{
	size_t len = 0;
	int rc;

	if (c->proof.len == MERKLE_PROOF_MAX)
		return ROWAN_E_LIMIT;
	rc = text_base64(
		line, c->proof.hash[c->proof.len++].b, MERKLE_HASH_LEN, &len);
	return rc == 0 && len != MERKLE_HASH_LEN ? ROWAN_E_MALFORMED : rc;
}

/* Two cards, then records, then hashes, then an empty line. */
static int read_head(struct conflict *c, struct bytes *rest)
{
	static const char *const word[] = {"card ", "record ", "hash "};
	struct bytes line;
	size_t cards = 0, kind = 0;
	int rc = text_line(rest, &line);

	if (rc == 0 &&
		!bytes_eq(line, bytes_of(FIRST_LINE, sizeof FIRST_LINE - 1)))
		rc = ROWAN_E_MALFORMED;
	while (rc == 0 && (rc = text_line(rest, &line)) == 0 && line.len > 0) {
		while (kind < 3 && text_skip(&line, word[kind]) != 0)
			kind++;
		if (kind == 0 && cards < 2)
			rc = read_card(c, cards++, line);
		else if (kind == 1)
			rc = read_record(c, line);
		else if (kind == 2)
			rc = read_hash(c, line);
		else
			rc = ROWAN_E_MALFORMED;
	}
	return rc == 0 && cards < 2 ? ROWAN_E_MALFORMED : rc;
}

/* The first note ends at the empty line behind its signatures. */
static int split_notes(struct bytes rest, struct bytes ret[2])
{
	struct bytes line, begin = rest;
	int empty = 0;

	while (empty < 2) {
		int rc = text_line(&rest, &line);

		if (rc != 0)
			return rc;
		empty += line.len == 0 ? 1 : 0;
	}
	ret[0] = bytes_of(begin.data, (size_t)(line.data - begin.data));
	ret[1] = rest;
	return 0;
}

static int read_file(struct conflict *c, struct bytes file)
{
	struct note n;
	int rc = file.len > CONFLICT_MAX ? ROWAN_E_LIMIT : read_head(c, &file);

	if (rc == 0)
		rc = split_notes(file, c->note);
	for (size_t i = 0; rc == 0 && i < 2; i++) {
		rc = note_parse(&n, c->note[i]);
		if (rc == 0)
			rc = checkpoint_parse(&c->checkpoint[i], n.text);
		if (rc == 0 && watch_time(&c->checkpoint[i], &c->time[i]) != 0)
			c->time[i] = 0;
	}
	return rc;
}

/* ---- judging --------------------------------------------------------------
 */

/* Daemons', by the authority itself: nobody else may card one. */
static bool are_carded(struct conflict *c, const struct anchor *anchor)
{
	struct anchor all = *anchor;
	size_t at = 0;

	if (anchor_follow(&all, c->record, c->record_count) != 0)
		return false;
	for (size_t i = 0; i < 2; i++) {
		if (c->card[i].role != WIRE_ROLE_DAEMON ||
			anchor_signed(&all, &c->card[i], &at) != 0)
			return false;
		c->issuer[i] = all.key[at];
	}
	return true;
}

static bool is_signed(const struct conflict *c, size_t i)
{
	struct note_key key;
	struct checkpoint again;
	struct note n;

	return origin_log(&c->card[i].clinic, c->card[i].signature_key.b,
		       &key) == 0 &&
	       checkpoint_open(&again, &n, c->note[i], &key) == 0;
}

/* Both are the log's word. Which one was seen first does not matter. */
static enum conflict_verdict judge(const struct conflict *c)
{
	size_t large = c->checkpoint[1].size >= c->checkpoint[0].size ? 1 : 0;
	const struct checkpoint *b = &c->checkpoint[large];
	const struct checkpoint *a = &c->checkpoint[1 - large];
	struct merkle_hash past;
	bool together;

	if (a->size == b->size)
		return merkle_eq(&a->root, &b->root) ? CONFLICT_NONE
						     : CONFLICT_FORK;
	together = merkle_proof_check_consistency(&c->proof, a->size, &a->root,
			   b->size, &b->root) == 0;
	if (!together && merkle_proof_begins(&c->proof, a->size, b->size,
				 &b->root, &past) == 0) {
		if (!merkle_eq(&past, &a->root))
			return CONFLICT_PAST;
		together = true;
	}
	if (c->time[1 - large] > c->time[large] && c->time[large] != 0)
		return CONFLICT_BACK;
	return together ? CONFLICT_NONE : CONFLICT_OPEN;
}

enum conflict_verdict conflict_check(
	struct conflict *c, struct bytes file, const struct anchor *anchor)
{
	memset(c, 0, sizeof *c);
	if (read_file(c, file) != 0)
		return CONFLICT_FORM;
	if (anchor != NULL && !are_carded(c, anchor))
		return CONFLICT_CARD;
	if (!is_signed(c, 0) || !is_signed(c, 1))
		return CONFLICT_CHECKPOINT;
	if (!id16_eq(&c->card[0].clinic, &c->card[1].clinic))
		return CONFLICT_CLINICS;
	return judge(c);
}

/* ---- words ----------------------------------------------------------------
 */

bool conflict_proved(enum conflict_verdict v)
{
	return v <= CONFLICT_BACK;
}

const char *conflict_name(enum conflict_verdict v)
{
	switch (v) {
	case CONFLICT_FORK:
		return "the log has signed two histories of the same length";
	case CONFLICT_PAST:
		return "the log has signed a longer history that does not "
		       "begin with the shorter one";
	case CONFLICT_BACK:
		return "the log has signed a shorter history after a longer "
		       "one";
	case CONFLICT_OPEN:
		return "nothing shows that the longer history begins with the "
		       "shorter one, and nothing that it does not";
	case CONFLICT_NONE: return "the two checkpoints go together";
	case CONFLICT_FORM: return "this is no such file, or a damaged one";
	case CONFLICT_CARD:
		return "a daemon's card is not signed by this authority";
	case CONFLICT_CHECKPOINT:
		return "a checkpoint is not signed by the daemon's log";
	case CONFLICT_CLINICS: return "they are of two clinics' logs";
	}
	return "unknown";
}

const char *conflict_word(enum conflict_verdict v)
{
	static const char *const words[] = {"fork", "past", "back", "open",
		"none", "form", "card", "checkpoint", "clinics"};

	return (size_t)v < sizeof words / sizeof *words ? words[v] : "unknown";
}
