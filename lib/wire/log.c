/*
 * The log over the wire: see log.h. Never looks into a note.
 */
#include <string.h>

#include "wire/codec.h"
#include "wire/log.h"

#define HASH_LEN     WIRE_HASH_LEN
#define OPENED_MAX   (8 + 2 + WIRE_OPENING_MAX)
#define DETAILS_ROOM (WIRE_OPENINGS_MAX * OPENED_MAX)
#define ERASED_ROOM  (WIRE_ERASED_MAX * (4 + WIRE_STATEMENT_MAX))

static bool text_ok(struct bytes text, size_t max)
{
	return text.len > 0 && text.len <= max;
}

/* A text that must not be empty. */
static int text_read(struct reader *r, size_t max, struct bytes *ret)
{
	int rc = reader_vec(r, max, ret);

	return rc == 0 && ret->len == 0 ? ROWAN_E_MALFORMED : rc;
}

static int path_read(struct reader *r, struct wire_log_path *ret)
{
	struct reader list;
	int rc = reader_sub(r, HASH_LEN * WIRE_PATH_MAX, &list);

	ret->count = 0;
	if (rc == 0 && reader_left(&list) % HASH_LEN != 0)
		rc = ROWAN_E_MALFORMED;
	while (rc == 0 && reader_left(&list) > 0)
		rc = reader_array(&list, ret->hash[ret->count++].b, HASH_LEN);
	return rc;
}

static int path_write(const struct wire_log_path *p, struct writer *w)
{
	if (p->count > WIRE_PATH_MAX)
		return ROWAN_E_INVAL;
	writer_vec(w, bytes_of(p->hash, p->count * sizeof p->hash[0]));
	return writer_status(w);
}

int wire_checkpoint_decode(
	const struct wire_message *m, struct wire_checkpoint *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	if (rc == 0)
		rc = reader_u8(&r, &ret->cosignatures);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_checkpoint_encode(const struct wire_checkpoint *v, struct writer *w)
{
	writer_u8(w, v->cosignatures);
	return writer_status(w);
}

int wire_checkpoint_answer_decode(
	const struct wire_message *m, struct wire_checkpoint_answer *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	if (rc == 0)
		rc = text_read(&r, WIRE_NOTE_MAX, &ret->note);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_checkpoint_answer_encode(
	const struct wire_checkpoint_answer *v, struct writer *w)
{
	if (!text_ok(v->note, WIRE_NOTE_MAX))
		return ROWAN_E_INVAL;
	writer_vec(w, v->note);
	return writer_status(w);
}

int wire_log_proof_decode(
	const struct wire_message *m, struct wire_log_proof *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_u64(&r, &ret->leaf)) != 0 ||
		(rc = reader_u64(&r, &ret->size)) != 0)
		goto out;
	if (ret->leaf >= ret->size)
		rc = ROWAN_E_MALFORMED;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_log_proof_encode(const struct wire_log_proof *v, struct writer *w)
{
	if (v->leaf >= v->size)
		return ROWAN_E_INVAL;
	writer_u64(w, v->leaf);
	writer_u64(w, v->size);
	return writer_status(w);
}

int wire_log_consistency_decode(
	const struct wire_message *m, struct wire_log_consistency *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_u64(&r, &ret->old)) != 0 ||
		(rc = reader_u64(&r, &ret->size)) != 0)
		goto out;
	if (ret->old > ret->size)
		rc = ROWAN_E_MALFORMED;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_log_consistency_encode(
	const struct wire_log_consistency *v, struct writer *w)
{
	if (v->old > v->size)
		return ROWAN_E_INVAL;
	writer_u64(w, v->old);
	writer_u64(w, v->size);
	return writer_status(w);
}

int wire_log_path_decode(
	const struct wire_message *m, struct wire_log_path *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	if (rc == 0)
		rc = path_read(&r, ret);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_log_path_encode(const struct wire_log_path *v, struct writer *w)
{
	return path_write(v, w);
}

int wire_receipt_decode(const struct wire_message *m, struct wire_receipt *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	if (rc == 0)
		rc = reader_u64(&r, &ret->leaf);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_receipt_encode(const struct wire_receipt *v, struct writer *w)
{
	writer_u64(w, v->leaf);
	return writer_status(w);
}

int wire_receipt_answer_decode(
	const struct wire_message *m, struct wire_receipt_answer *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = text_read(&r, WIRE_OPENING_MAX, &ret->opening)) != 0 ||
		(rc = path_read(&r, &ret->path)) != 0)
		goto out;
	rc = text_read(&r, WIRE_NOTE_MAX, &ret->note);
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_receipt_answer_encode(
	const struct wire_receipt_answer *v, struct writer *w)
{
	int rc;

	if (!text_ok(v->opening, WIRE_OPENING_MAX) ||
		!text_ok(v->note, WIRE_NOTE_MAX))
		return ROWAN_E_INVAL;
	writer_vec(w, v->opening);
	rc = path_write(&v->path, w);
	writer_vec(w, v->note);
	return rc != 0 ? rc : writer_status(w);
}

int wire_log_find_decode(
	const struct wire_message *m, struct wire_log_find *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_u64(&r, &ret->counter)) != 0 ||
		(rc = reader_u64(&r, &ret->below)) != 0)
		goto out;
	if (ret->counter == 0)
		rc = ROWAN_E_MALFORMED;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_log_find_encode(const struct wire_log_find *v, struct writer *w)
{
	if (v->counter == 0)
		return ROWAN_E_INVAL;
	writer_u64(w, v->counter);
	writer_u64(w, v->below);
	return writer_status(w);
}

int wire_log_find_answer_decode(
	const struct wire_message *m, struct wire_log_find_answer *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_u64(&r, &ret->leaf)) != 0)
		goto out;
	rc = reader_u64(&r, &ret->below);
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_log_find_answer_encode(
	const struct wire_log_find_answer *v, struct writer *w)
{
	writer_u64(w, v->leaf);
	writer_u64(w, v->below);
	return writer_status(w);
}

int wire_log_entries_decode(
	const struct wire_message *m, struct wire_log_entries *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_u64(&r, &ret->from)) != 0 ||
		(rc = reader_u16(&r, &ret->max)) != 0)
		goto out;
	if (ret->max == 0)
		rc = ROWAN_E_MALFORMED;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_log_entries_encode(const struct wire_log_entries *v, struct writer *w)
{
	if (v->max == 0)
		return ROWAN_E_INVAL;
	writer_u64(w, v->from);
	writer_u16(w, v->max);
	return writer_status(w);
}

int wire_log_entries_answer_decode(
	const struct wire_message *m, struct wire_log_entries_answer *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_vec(&r, WIRE_LEAF_LEN * WIRE_ENTRIES_MAX,
			 &ret->leaves)) != 0)
		goto out;
	ret->count = ret->leaves.len / WIRE_LEAF_LEN;
	if (ret->leaves.len % WIRE_LEAF_LEN != 0)
		rc = ROWAN_E_MALFORMED;
	else
		rc = reader_u64(&r, &ret->size);
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_log_entries_answer_encode(
	const struct wire_log_entries_answer *v, struct writer *w)
{
	if (v->count > WIRE_ENTRIES_MAX ||
		v->leaves.len != v->count * WIRE_LEAF_LEN)
		return ROWAN_E_INVAL;
	writer_vec(w, v->leaves);
	writer_u64(w, v->size);
	return writer_status(w);
}

int wire_log_details_decode(
	const struct wire_message *m, struct wire_log_details *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_u64(&r, &ret->from)) != 0 ||
		(rc = reader_u16(&r, &ret->max)) != 0 ||
		(rc = codec_id(&r, &ret->case_id)) != 0 ||
		(rc = codec_id(&r, &ret->device)) != 0)
		goto out;
	if (ret->max == 0)
		rc = ROWAN_E_MALFORMED;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_log_details_encode(const struct wire_log_details *v, struct writer *w)
{
	if (v->max == 0)
		return ROWAN_E_INVAL;
	writer_u64(w, v->from);
	writer_u16(w, v->max);
	writer_raw(w, v->case_id.b, ID16_LEN);
	writer_raw(w, v->device.b, ID16_LEN);
	return writer_status(w);
}

static int opened_read(struct reader *r, struct wire_log_details_answer *ret)
{
	struct wire_log_opened *o = &ret->items[ret->count];
	int rc;

	if (ret->count == WIRE_OPENINGS_MAX)
		return ROWAN_E_LIMIT;
	if ((rc = reader_u64(r, &o->leaf)) != 0 ||
		(rc = text_read(r, WIRE_OPENING_MAX, &o->opening)) != 0)
		return rc;
	if (ret->count > 0 && o->leaf <= o[-1].leaf)
		return ROWAN_E_MALFORMED;
	ret->count++;
	return 0;
}

int wire_log_details_answer_decode(
	const struct wire_message *m, struct wire_log_details_answer *ret)
{
	struct reader r, list;
	int rc;

	ret->count = 0;
	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_sub(&r, DETAILS_ROOM, &list)) != 0)
		goto out;
	while (rc == 0 && reader_left(&list) > 0)
		rc = opened_read(&list, ret);
	if (rc != 0 || (rc = reader_u64(&r, &ret->next)) != 0 ||
		(rc = reader_u64(&r, &ret->size)) != 0)
		goto out;
	if (ret->next > ret->size ||
		(ret->count > 0 &&
			ret->items[ret->count - 1].leaf >= ret->next))
		rc = ROWAN_E_MALFORMED;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_log_details_answer_encode(
	const struct wire_log_details_answer *v, struct writer *w)
{
	size_t mark;

	if (v->count > WIRE_OPENINGS_MAX || v->next > v->size ||
		(v->count > 0 && v->items[v->count - 1].leaf >= v->next))
		return ROWAN_E_INVAL;
	mark = writer_open(w);
	for (size_t i = 0; i < v->count; i++) {
		const struct wire_log_opened *o = &v->items[i];

		if ((i > 0 && o->leaf <= o[-1].leaf) ||
			!text_ok(o->opening, WIRE_OPENING_MAX))
			return ROWAN_E_INVAL;
		writer_u64(w, o->leaf);
		writer_vec(w, o->opening);
	}
	writer_close(w, mark);
	writer_u64(w, v->next);
	writer_u64(w, v->size);
	return writer_status(w);
}

int wire_cosign_decode(const struct wire_message *m, struct wire_cosign *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_u64(&r, &ret->size)) != 0)
		goto out;
	rc = text_read(&r, WIRE_NOTE_MAX, &ret->line);
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_cosign_encode(const struct wire_cosign *v, struct writer *w)
{
	if (!text_ok(v->line, WIRE_NOTE_MAX))
		return ROWAN_E_INVAL;
	writer_u64(w, v->size);
	writer_vec(w, v->line);
	return writer_status(w);
}

int wire_erased_decode(const struct wire_message *m, struct wire_erased *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) == 0)
		rc = reader_u64(&r, &ret->from);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_erased_encode(const struct wire_erased *v, struct writer *w)
{
	writer_u64(w, v->from);
	return writer_status(w);
}

int wire_erased_answer_decode(
	const struct wire_message *m, struct wire_erased_answer *ret)
{
	struct reader r, list;
	int rc;

	ret->count = 0;
	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_sub(&r, ERASED_ROOM, &list)) != 0)
		goto out;
	while (rc == 0 && reader_left(&list) > 0) {
		rc = ret->count == WIRE_ERASED_MAX
			     ? ROWAN_E_LIMIT
			     : text_read(&list, WIRE_STATEMENT_MAX,
				       &ret->statements[ret->count]);
		ret->count += rc == 0;
	}
	if (rc == 0)
		rc = reader_u64(&r, &ret->next);
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_erased_answer_encode(
	const struct wire_erased_answer *v, struct writer *w)
{
	size_t mark;

	if (v->count > WIRE_ERASED_MAX)
		return ROWAN_E_INVAL;
	mark = writer_open(w);
	for (size_t i = 0; i < v->count; i++) {
		if (!text_ok(v->statements[i], WIRE_STATEMENT_MAX))
			return ROWAN_E_INVAL;
		writer_vec(w, v->statements[i]);
	}
	writer_close(w, mark);
	writer_u64(w, v->next);
	return writer_status(w);
}
