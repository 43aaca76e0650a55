/*
 * Auditing and witnessing: see audits.h.
 *
 * An auditor sees who did what and when, a victim's acts by the hour; never
 * content, never an exact time of a victim. A witness sees leaves at most.
 */
#include <stdlib.h>

#include "clinic/source.h"
#include "ops/audits.h"
#include "ops/record.h"
#include "tlog/origin.h"
#include "tlog/text.h"

#define DETAIL_ROWS 32	   /* of the log, looked through for one question */
#define CASE_ROWS   256	   /* the same of cases */
#define ANSWER_ROOM 200000 /* bytes of openings in an answer, about */

/* The right is the card's, and the card was read for this message. */
static int allow(struct ops *o, bool witness)
{
	if ((o->sender.rights & WIRE_RIGHT_AUDIT) == 0 &&
		!(witness && o->sender.role == WIRE_ROLE_WITNESS))
		return ROWAN_E_REFUSED;
	o->allowed = true;
	return 0;
}

int audits_entries(struct ops *o, struct request *r)
{
	const struct wire_log_entries *q = &r->body.log_entries;
	size_t max = q->max < WIRE_ENTRIES_MAX ? q->max : WIRE_ENTRIES_MAX;
	struct wire_log_entries_answer a = {.count = 0};
	struct writer w;
	int rc = allow(o, true);

	if (rc != 0)
		return rc;
	writer_init(&w, WIRE_ENTRIES_MAX * WIRE_LEAF_LEN);
	rc = store_log_size(o->view, &a.size);
	if (rc == 0)
		rc = store_log_leaves(o->view, q->from, max, &w, &a.count);
	a.leaves = writer_view(&w);
	o->record.number = q->from;
	o->record.done = a.count == 0;
	if (rc == 0)
		rc = wire_log_entries_answer_encode(&a, &r->out);
	writer_wipe(&w);
	return rc;
}

/* An answer while it is made. */
struct details {
	struct ops *o;
	const struct wire_log_details *q;
	struct wire_log_details_answer a;
	struct writer bytes; /* the openings, one after the other */
	uint32_t at[WIRE_OPENINGS_MAX + 1];
	size_t max;
	int rc;
};

static bool wanted(const struct details *w, struct bytes detail)
{
	static const struct id16 any;
	struct wire_detail d;

	if (detail.len == 0 || wire_detail_read(detail, &d) != 0)
		return false;
	return (id16_eq(&w->q->case_id, &any) ||
		       id16_eq(&w->q->case_id, &d.case_id)) &&
	       (id16_eq(&w->q->device, &any) ||
		       id16_eq(&w->q->device, &d.device));
}

static bool collect(void *ctx, uint64_t leaf, struct bytes detail)
{
	struct wire_opening open;
	struct details *w = ctx;

	if (!wanted(w, detail))
		return true;
	w->rc = store_log_open(w->o->view, leaf, detail, &open);
	/* Erased, and not yet swept. */
	if (w->rc == ROWAN_E_NOT_FOUND) {
		w->rc = 0;
		return true;
	}
	if (w->rc == 0)
		w->rc = wire_opening_write(&open, &w->bytes);
	if (w->rc != 0)
		return false;
	w->a.items[w->a.count++].leaf = leaf;
	w->at[w->a.count] = (uint32_t)w->bytes.len;
	return w->a.count < w->max && w->bytes.len < ANSWER_ROOM;
}

static int answer(struct details *w, struct request *r)
{
	struct store_log_range range = {w->q->from, DETAIL_ROWS};
	int rc = store_log_size(w->o->view, &w->a.size);

	if (rc == 0)
		rc = store_log_walk(w->o->view, &range, collect, w, &w->a.next);
	if (rc == 0)
		rc = w->rc;
	/* Beyond the end there is nothing more. */
	if (w->a.next > w->a.size)
		w->a.next = w->a.size;
	for (size_t i = 0; i < w->a.count; i++)
		w->a.items[i].opening = bytes_of(
			w->bytes.data + w->at[i], w->at[i + 1] - w->at[i]);
	return rc == 0 ? wire_log_details_answer_encode(&w->a, &r->out) : rc;
}

int audits_details(struct ops *o, struct request *r)
{
	const struct wire_log_details *q = &r->body.log_details;
	struct details *w;
	int rc = allow(o, false);

	if (rc != 0)
		return rc;
	w = calloc(1, sizeof *w);
	if (w == NULL)
		return ROWAN_E_NOMEM;
	w->o = o;
	w->q = q;
	w->max = q->max < WIRE_OPENINGS_MAX ? q->max : WIRE_OPENINGS_MAX;
	writer_init(&w->bytes, ANSWER_ROOM + WIRE_OPENING_MAX);
	rc = answer(w, r);
	/* Whose log was read is told where it goes when the case goes. */
	o->record.case_id = q->case_id;
	o->record.number = q->from;
	if (rc == 0 && w->a.count == 0)
		o->record.done = true;
	writer_wipe(&w->bytes);
	free(w);
	return rc;
}

int audits_witness_key(
	struct ops *o, const struct id16 *device, struct note_key *ret)
{
	struct wire_chain chain;
	struct buf card;
	int rc = store_device_card(o->view, device, &card);

	if (rc == 0)
		rc = wire_chain_decode(buf_view(&card), &chain);
	if (rc == 0)
		rc = origin_witness(device, chain.card[0].signature_key.b, ret);
	buf_wipe(&card);
	return rc;
}

/* Whose name it is; ROWAN_E_NOT_FOUND for none of our witnesses. */
static int witness_of(struct ops *o, struct bytes name, struct note_key *ret)
{
	struct store_device d;
	struct id16 device;
	size_t len = 0;
	int rc = ROWAN_E_NOT_FOUND;

	if (text_skip(&name, ORIGIN_WITNESS) == 0 && name.len == 2 * ID16_LEN &&
		sodium_hex2bin(device.b, ID16_LEN, (const char *)name.data,
			name.len, NULL, &len, NULL) == 0 &&
		len == ID16_LEN)
		rc = store_device_by_id(o->view, &device, &d);
	if (rc == 0 && (d.role != WIRE_ROLE_WITNESS || d.revoked))
		rc = ROWAN_E_NOT_FOUND;
	return rc == 0 ? audits_witness_key(o, &device, ret) : rc;
}

/* The whole line, as it stands in the note. */
static struct bytes line_of(const struct note_signature *s)
{
	static const char dash[] = "\xe2\x80\x94 ";
	const uint8_t *begin = s->name.data - (sizeof dash - 1);
	const uint8_t *end = s->base64.data + s->base64.len + 1;

	return bytes_of(begin, (size_t)(end - begin));
}

/* By file: whatever of it is by witnesses of ours, whoever brings it. */
static int take_note(struct ops *o, struct bytes input, uint64_t *ret_size)
{
	struct head_taken *t = malloc(sizeof *t);
	struct note_key key;
	bool any = false;
	int rc = t == NULL ? ROWAN_E_NOMEM : head_take(o->head, input, t);

	for (size_t i = 0; rc == 0 && i < t->note.count; i++) {
		rc = witness_of(o, t->note.signature[i].name, &key);
		if (rc == ROWAN_E_NOT_FOUND) {
			rc = 0;
			continue;
		}
		if (rc == 0)
			rc = head_cosign(o->head, t->size,
				line_of(&t->note.signature[i]), &key);
		any = any || rc == 0;
	}
	*ret_size = t == NULL ? 0 : t->size;
	free(t);
	return rc == 0 && !any ? ROWAN_E_MALFORMED : rc;
}

int audits_cosign(struct ops *o, struct request *r)
{
	const struct wire_cosign *c = &r->body.cosign;
	bool witness = o->sender.role == WIRE_ROLE_WITNESS;
	struct bytes line = c->line;
	uint64_t size = c->size;
	struct note_key key;
	int rc = o->head == NULL ? ROWAN_E_REFUSED : allow(o, true);

	if (rc != 0)
		return rc;
	if (text_skip(&line, "\xe2\x80\x94 ") != 0) {
		rc = take_note(o, c->line, &size);
	} else {
		rc = witness ? audits_witness_key(o, &o->sender.id, &key)
			     : ROWAN_E_REFUSED;
		if (rc == 0)
			rc = head_cosign(o->head, size, c->line, &key);
	}
	o->record.number = size;
	return rc == 0 ? wire_empty_encode(&(struct wire_empty){0}, &r->out)
		       : rc;
}

/*
 * The statement that erased it, or empty: ${ret} borrows from ${ret_mem}.
 * Without one, what erased it is not known here.
 */
static int last_of(struct ops *o, const struct id16 *case_id,
	struct buf *ret_mem, struct bytes *ret)
{
	struct source source;
	struct case_state c = {0};
	struct store_act act = {.number = 0};
	int rc;

	*ret_mem = (struct buf){NULL, 0};
	source_init(&source, o->view);
	rc = source_case(&source, case_id, &c);
	if (rc == 0 && c.status == CASE_ERASED)
		rc = store_act_get(o->view, case_id, c.number, &act, ret_mem);
	*ret = act.raw;
	case_wipe(&c);
	source_wipe(&source);
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

int audits_erased(struct ops *o, struct request *r)
{
	struct wire_erased_answer a = {.count = 0};
	struct buf raw[WIRE_ERASED_MAX];
	int64_t row = (int64_t)(r->body.erased.from & INT64_MAX);
	struct store_case c;
	int rc = o->sender.role == WIRE_ROLE_WITNESS ? 0 : ROWAN_E_REFUSED;

	o->allowed = rc == 0;
	for (size_t i = 0;
		rc == 0 && i < CASE_ROWS && a.count < WIRE_ERASED_MAX; i++) {
		rc = store_case_next(o->view, &row, &c);
		a.next = (uint64_t)row;
		if (rc != 0 || !c.closed)
			continue;
		rc = last_of(o, &c.id, &raw[a.count], &a.statements[a.count]);
		if (rc == 0 && a.statements[a.count].len > 0)
			a.count++;
		else
			buf_wipe(&raw[a.count]);
	}
	if (rc == ROWAN_E_NOT_FOUND) {
		a.next = 0;
		rc = 0;
	}
	if (rc == 0)
		rc = wire_erased_answer_encode(&a, &r->out);
	for (size_t i = 0; i < a.count; i++)
		buf_wipe(&raw[i]);
	return rc;
}
