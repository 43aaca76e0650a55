/*
 * Receipts as files: see evidence.h.
 */
#include <string.h>

#include "base/reader.h"
#include "tlog/origin.h"
#include "tlog/watch.h"
#include "trust/attest.h"
#include "trust/evidence.h"

#define EXTRA_VERSION 1
#define EXTRA_RECORDS 2 /* the same, with records */
#define RECORDS_MAX   (EVIDENCE_RECORDS_MAX * 256)

static void write_records(const struct evidence_parts *p, struct writer *w)
{
	size_t mark = writer_open(w);

	for (size_t i = 0; i < p->record_count; i++)
		writer_vec(w, p->records[i]);
	writer_close(w, mark);
}

int evidence_write(const struct evidence_parts *p, struct writer *w)
{
	struct tlog_proof proof = {.index = p->leaf, .checkpoint = p->note};
	struct writer extra;

	proof.path = *p->path;
	writer_init_fixed(&extra, proof.extra, sizeof proof.extra);
	writer_u8(&extra, p->record_count > 0 ? EXTRA_RECORDS : EXTRA_VERSION);
	writer_vec(&extra, p->opening);
	writer_vec(&extra, p->card);
	if (p->record_count > 0)
		write_records(p, &extra);
	if (writer_status(&extra) != 0)
		return writer_status(&extra);
	proof.extra_len = extra.len;
	return tlog_proof_write(w, &proof);
}

static int read_records(struct evidence *e, struct reader *r)
{
	struct reader list;
	struct bytes raw;
	int rc = reader_sub(r, RECORDS_MAX, &list);

	if (rc == 0 && reader_left(&list) == 0)
		rc = ROWAN_E_MALFORMED;
	while (rc == 0 && reader_left(&list) > 0) {
		if (e->record_count == EVIDENCE_RECORDS_MAX)
			return ROWAN_E_LIMIT;
		rc = reader_vec(&list, RECORDS_MAX, &raw);
		if (rc == 0)
			rc = wire_record_decode(
				raw, &e->record[e->record_count++]);
	}
	return rc;
}

static int read_extra(struct evidence *e)
{
	struct bytes opening, card;
	struct reader r;
	uint8_t version = 0;
	int rc;

	reader_init(&r, bytes_of(e->proof.extra, e->proof.extra_len));
	if ((rc = reader_u8(&r, &version)) != 0 ||
		(rc = version == EXTRA_VERSION || version == EXTRA_RECORDS
				? 0
				: ROWAN_E_VERSION) != 0 ||
		(rc = reader_vec(&r, WIRE_OPENING_MAX, &opening)) != 0 ||
		(rc = reader_vec(&r, WIRE_CARD_MAX, &card)) != 0 ||
		(rc = version == EXTRA_RECORDS ? read_records(e, &r) : 0) !=
			0 ||
		(rc = reader_end(&r)) != 0 ||
		(rc = wire_opening_read(opening, &e->opening)) != 0)
		return rc;
	return wire_card_decode(card, &e->card);
}

/* Signed by one whose records lead to somebody who is believed. */
static bool is_earlier(const struct evidence *e, const struct anchor *anchor)
{
	struct anchor theirs;
	size_t at = 0;
	bool met = false;

	anchor_init(&theirs);
	for (size_t i = 0; i < e->record_count; i++) {
		anchor_pin(&theirs, &e->record[i].key);
		for (size_t k = 0; k < anchor->count; k++)
			met = met || memcmp(&anchor->key[k], &e->record[i].key,
					     sizeof anchor->key[k]) == 0;
	}
	return met && anchor_signed(&theirs, &e->card, &at) == 0;
}

/* A daemon's, by the authority itself: nobody else may card one. */
static enum evidence_fault check_card(
	struct evidence *e, const struct anchor *anchor)
{
	size_t at = 0;

	e->anchor = *anchor;
	if (anchor_follow(&e->anchor, e->record, e->record_count) != 0)
		return EVIDENCE_CARD;
	if (e->card.role != WIRE_ROLE_DAEMON)
		return EVIDENCE_CARD;
	if (anchor_signed(&e->anchor, &e->card, &at) != 0)
		return is_earlier(e, anchor) ? EVIDENCE_EARLIER : EVIDENCE_CARD;
	e->issuer = e->anchor.key[at];
	e->succeeded = at + 1 < e->anchor.count;
	return EVIDENCE_GOOD;
}

static enum evidence_fault check_opening(struct evidence *e)
{
	struct wire_opening without = e->opening;

	if (leaf_rebuild(&e->opening, e->leaf, &e->detail) == 0) {
		e->exact = e->opening.has_time ||
			   e->detail.grain == WIRE_GRAIN_SECOND;
		e->time =
			e->opening.has_time ? e->opening.time : e->detail.time;
		return EVIDENCE_GOOD;
	}
	/* Is it the exact time alone? */
	without.has_time = false;
	return e->opening.has_time &&
			       leaf_rebuild(&without, e->leaf, &e->detail) == 0
		       ? EVIDENCE_TIME
		       : EVIDENCE_OPENING;
}

static bool is_about(const struct evidence *e, const struct bytes *content)
{
	struct wire_hash hash;

	if (content == NULL)
		return true;
	leaf_content(*content, &hash);
	return memcmp(&hash, &e->detail.content, sizeof hash) == 0;
}

enum evidence_fault evidence_check(struct evidence *e, struct bytes file,
	const struct anchor *anchor, const struct bytes *content)
{
	enum evidence_fault fault;
	struct merkle_hash leaf;
	struct checkpoint c;
	struct note_key key;
	struct note n;

	memset(e, 0, sizeof *e);
	if (file.len > EVIDENCE_MAX || tlog_proof_parse(&e->proof, file) != 0 ||
		read_extra(e) != 0)
		return EVIDENCE_FORM;
	fault = check_card(e, anchor);
	if (fault != EVIDENCE_GOOD)
		return fault;
	if (origin_log(&e->card.clinic, e->card.signature_key.b, &key) != 0 ||
		checkpoint_open(&c, &n, e->proof.checkpoint, &key) != 0)
		return EVIDENCE_CHECKPOINT;
	e->size = c.size;
	e->root = c.root;
	if (watch_time(&c, &e->signed_at) != 0)
		e->signed_at = 0;
	fault = check_opening(e);
	if (fault != EVIDENCE_GOOD)
		return fault;
	merkle_leaf(bytes_of(e->leaf, sizeof e->leaf), &leaf);
	if (merkle_proof_check_inclusion(&e->proof.path, &leaf, e->proof.index,
		    c.size, &c.root) != 0)
		return EVIDENCE_LEAF;
	if (e->signed_at != 0 && e->time > e->signed_at)
		return EVIDENCE_BACKDATED;
	return is_about(e, content) ? EVIDENCE_GOOD : EVIDENCE_CONTENT;
}

int evidence_note(const struct evidence *e, struct note *ret)
{
	return note_parse(ret, e->proof.checkpoint);
}

const char *evidence_fault_name(enum evidence_fault fault)
{
	switch (fault) {
	case EVIDENCE_GOOD: return "the receipt is genuine";
	case EVIDENCE_FORM: return "this is no receipt, or a damaged one";
	case EVIDENCE_CARD:
		return "the daemon's card is not signed by this authority";
	case EVIDENCE_CHECKPOINT:
		return "the checkpoint is not signed by the daemon's log";
	case EVIDENCE_OPENING: return "what it says was altered";
	case EVIDENCE_TIME: return "the exact time was altered";
	case EVIDENCE_BACKDATED:
		return "the checkpoint says an earlier time than the entry";
	case EVIDENCE_LEAF: return "the log has no such entry at this place";
	case EVIDENCE_CONTENT: return "it is about something else";
	case EVIDENCE_EARLIER:
		return "the daemon's card is by an earlier authority: check "
		       "with the file that has all of the authority's records";
	}
	return "unknown";
}
