/*
 * Chains of statements over the wire: see chain.h. Statements themselves are
 * opaque here.
 */
#include <string.h>

#include "wire/chain.h"
#include "wire/codec.h"

#define ITEM_MAX (1 + 2 * WIRE_HASH_LEN + 8 + 4 + WIRE_STATEMENT_MAX)

static int hash_read(struct reader *r, struct wire_hash *ret)
{
	return reader_array(r, ret->b, sizeof ret->b);
}

static void hash_write(const struct wire_hash *h, struct writer *w)
{
	writer_raw(w, h->b, sizeof h->b);
}

static int head_read(struct reader *r, struct wire_chain_head *ret)
{
	int rc = reader_u64(r, &ret->number);

	return rc != 0 ? rc : hash_read(r, &ret->head);
}

static void head_write(const struct wire_chain_head *h, struct writer *w)
{
	writer_u64(w, h->number);
	hash_write(&h->head, w);
}

static bool statement_ok(struct bytes statement)
{
	return statement.len > 0 && statement.len <= WIRE_STATEMENT_MAX;
}

int wire_statement_put_decode(
	const struct wire_message *m, struct wire_statement_put *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	if (rc == 0)
		rc = reader_vec(&r, WIRE_STATEMENT_MAX, &ret->statement);
	if (rc == 0 && !statement_ok(ret->statement))
		rc = ROWAN_E_MALFORMED;
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_statement_put_encode(
	const struct wire_statement_put *p, struct writer *w)
{
	if (!statement_ok(p->statement))
		return ROWAN_E_INVAL;
	writer_vec(w, p->statement);
	return writer_status(w);
}

int wire_chain_head_decode(
	const struct wire_message *m, struct wire_chain_head *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	if (rc == 0)
		rc = head_read(&r, ret);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_chain_head_encode(const struct wire_chain_head *h, struct writer *w)
{
	head_write(h, w);
	return writer_status(w);
}

int wire_chain_fetch_decode(
	const struct wire_message *m, struct wire_chain_fetch *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = codec_id(&r, &ret->chain)) != 0 ||
		(rc = reader_u64(&r, &ret->after)) != 0 ||
		(rc = reader_u16(&r, &ret->max)) != 0)
		goto out;
	if (ret->max == 0)
		rc = ROWAN_E_MALFORMED;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_chain_fetch_encode(const struct wire_chain_fetch *f, struct writer *w)
{
	if (f->max == 0)
		return ROWAN_E_INVAL;
	writer_raw(w, f->chain.b, ID16_LEN);
	writer_u64(w, f->after);
	writer_u16(w, f->max);
	return writer_status(w);
}

static int item_read(struct reader *r, struct wire_chain_item *ret)
{
	int rc;

	memset(ret, 0, sizeof *ret);
	if ((rc = codec_bool(r, &ret->withheld)) != 0)
		return rc;
	if (!ret->withheld) {
		rc = reader_vec(r, WIRE_STATEMENT_MAX, &ret->statement);
		return rc == 0 && ret->statement.len == 0 ? ROWAN_E_MALFORMED
							  : rc;
	}
	if ((rc = hash_read(r, &ret->subject)) != 0 ||
		(rc = hash_read(r, &ret->content)) != 0)
		return rc;
	return reader_u64(r, &ret->time);
}

static int item_write(const struct wire_chain_item *item, struct writer *w)
{
	if (item->withheld ? item->statement.len != 0
			   : !statement_ok(item->statement))
		return ROWAN_E_INVAL;
	writer_u8(w, item->withheld ? 1 : 0);
	if (!item->withheld) {
		writer_vec(w, item->statement);
	} else {
		hash_write(&item->subject, w);
		hash_write(&item->content, w);
		writer_u64(w, item->time);
	}
	return 0;
}

/* Items have consecutive numbers from ${first}, none of them past the head. */
static bool numbers_ok(const struct wire_chain_answer *a)
{
	if (a->count == 0)
		return a->first == 0;
	return a->first > 0 && a->first <= a->newest.number &&
	       a->count - 1 <= a->newest.number - a->first;
}

int wire_chain_answer_decode(
	const struct wire_message *m, struct wire_chain_answer *ret)
{
	struct reader r, list;
	int rc;

	ret->count = 0;
	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_u64(&r, &ret->first)) != 0 ||
		(rc = reader_sub(&r, ITEM_MAX * WIRE_CHAIN_ITEMS_MAX, &list)) !=
			0)
		goto out;
	while (rc == 0 && reader_left(&list) > 0) {
		if (ret->count == WIRE_CHAIN_ITEMS_MAX)
			rc = ROWAN_E_LIMIT;
		else if ((rc = item_read(&list, &ret->items[ret->count])) == 0)
			ret->count++;
	}
	if (rc == 0)
		rc = head_read(&r, &ret->newest);
	if (rc == 0 && !numbers_ok(ret))
		rc = ROWAN_E_MALFORMED;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_chain_answer_encode(
	const struct wire_chain_answer *a, struct writer *w)
{
	size_t mark;

	if (a->count > WIRE_CHAIN_ITEMS_MAX || !numbers_ok(a))
		return ROWAN_E_INVAL;
	writer_u64(w, a->first);
	mark = writer_open(w);
	for (size_t i = 0; i < a->count; i++) {
		int rc = item_write(&a->items[i], w);

		if (rc != 0)
			return rc;
	}
	writer_close(w, mark);
	head_write(&a->newest, w);
	return writer_status(w);
}

int wire_cases_fetch_decode(
	const struct wire_message *m, struct wire_cases_fetch *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	if (rc == 0)
		rc = codec_id(&r, &ret->after);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_cases_fetch_encode(const struct wire_cases_fetch *f, struct writer *w)
{
	writer_raw(w, f->after.b, ID16_LEN);
	return writer_status(w);
}

static bool cases_ascend(const struct wire_case_head *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (cases[i].number == 0 ||
			(i > 0 && id16_cmp(&cases[i - 1].case_id,
					  &cases[i].case_id) >= 0))
			return false;
	return true;
}

static int page_read(struct reader *r, struct wire_cases_answer *ret)
{
	const size_t item = ID16_LEN + 8;
	struct reader list;
	int rc = reader_sub(r, WIRE_CASES_MAX * item, &list);

	ret->count = 0;
	while (rc == 0 && reader_left(&list) > 0) {
		struct wire_case_head *c = &ret->cases[ret->count];

		if ((rc = codec_id(&list, &c->case_id)) == 0 &&
			(rc = reader_u64(&list, &c->number)) == 0)
			ret->count++;
	}
	if (rc == 0)
		rc = codec_bool(r, &ret->more);
	if (rc == 0 && (!cases_ascend(ret->cases, ret->count) ||
			       (ret->more && ret->count == 0)))
		rc = ROWAN_E_MALFORMED;
	return rc;
}

static int page_write(const struct wire_cases_answer *a, struct writer *w)
{
	size_t mark;

	if (a->count > WIRE_CASES_MAX || !cases_ascend(a->cases, a->count) ||
		(a->more && a->count == 0))
		return ROWAN_E_INVAL;
	mark = writer_open(w);
	for (size_t i = 0; i < a->count; i++) {
		writer_raw(w, a->cases[i].case_id.b, ID16_LEN);
		writer_u64(w, a->cases[i].number);
	}
	writer_close(w, mark);
	writer_u8(w, a->more ? 1 : 0);
	return writer_status(w);
}

int wire_cases_answer_decode(
	const struct wire_message *m, struct wire_cases_answer *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	if (rc == 0)
		rc = page_read(&r, ret);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_cases_answer_encode(
	const struct wire_cases_answer *a, struct writer *w)
{
	return page_write(a, w);
}

int wire_cases_all_decode(
	const struct wire_message *m, struct wire_cases_all *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	if (rc == 0)
		rc = reader_u64(&r, &ret->from);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_cases_all_encode(const struct wire_cases_all *f, struct writer *w)
{
	writer_u64(w, f->from);
	return writer_status(w);
}

int wire_cases_all_answer_decode(
	const struct wire_message *m, struct wire_cases_all_answer *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	if (rc == 0)
		rc = page_read(&r, &ret->page);
	if (rc == 0)
		rc = reader_u64(&r, &ret->next);
	if (rc == 0 && ret->page.more != (ret->next != 0))
		rc = ROWAN_E_MALFORMED;
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_cases_all_answer_encode(
	const struct wire_cases_all_answer *a, struct writer *w)
{
	int rc = a->page.more == (a->next != 0) ? page_write(&a->page, w)
						: ROWAN_E_INVAL;

	writer_u64(w, a->next);
	return rc == 0 ? writer_status(w) : rc;
}

int wire_restored_decode(
	const struct wire_message *m, struct wire_restored *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	if (rc == 0)
		rc = reader_u8(&r, &ret->given);
	if (rc == 0 && ret->given > WIRE_GIVEN_ALL)
		rc = ROWAN_E_MALFORMED;
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_restored_encode(const struct wire_restored *g, struct writer *w)
{
	if (g->given > WIRE_GIVEN_ALL)
		return ROWAN_E_INVAL;
	writer_u8(w, g->given);
	return writer_status(w);
}

/* Nothing is given back without a restore. */
static bool restored_ok(const struct wire_restored_answer *a)
{
	return a->statement.len <= WIRE_STATEMENT_MAX &&
	       (!a->on || a->statement.len > 0);
}

int wire_restored_answer_decode(
	const struct wire_message *m, struct wire_restored_answer *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) == 0 &&
		(rc = codec_bool(&r, &ret->on)) == 0)
		rc = reader_vec(&r, WIRE_STATEMENT_MAX, &ret->statement);
	if (rc == 0 && !restored_ok(ret))
		rc = ROWAN_E_MALFORMED;
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_restored_answer_encode(
	const struct wire_restored_answer *a, struct writer *w)
{
	if (!restored_ok(a))
		return ROWAN_E_INVAL;
	writer_u8(w, a->on ? 1 : 0);
	writer_vec(w, a->statement);
	return writer_status(w);
}

int wire_notice_decode(const struct wire_message *m, struct wire_notice *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	if (rc == 0)
		rc = codec_id(&r, &ret->chain);
	if (rc == 0)
		rc = head_read(&r, &ret->newest);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_notice_encode(const struct wire_notice *n, struct writer *w)
{
	writer_raw(w, n->chain.b, ID16_LEN);
	head_write(&n->newest, w);
	return writer_status(w);
}
