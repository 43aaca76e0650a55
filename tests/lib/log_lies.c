/*
 * Answers about the log that a daemon makes up: see log_lies.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/double_line.h"
#include "lib/log_lies.h"
#include "tlog/merkle_proof.h"
#include "wire/code.h"
#include "wire/log.h"
#include "wire/op.h"

struct log_lies log_lies;

static struct store_reader *view(void)
{
	return log_lies.d->ops.view;
}

enum double_fate log_lie_hook(void *ctx, struct double_message *m)
{
	const struct log_lie *lie = ctx;
	struct bytes frames[WIRE_FRAMES_MAX];
	struct buf copy[2];
	struct wire_message w;

	if (m->way != DOUBLE_ANSWER || m->header.op != (lie->op | WIRE_ANSWER))
		return DOUBLE_PASS;
	assert_int_equal(m->count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(buf_copy(&copy[i], buf_view(&m->frame[i])), 0);
		frames[i] = buf_view(&copy[i]);
	}
	assert_int_equal(wire_message_assemble(frames, 2, &w), 0);
	lie->tell(m, &w);
	log_lies.told++;
	for (size_t i = 0; i < 2; i++)
		buf_wipe(&copy[i]);
	return DOUBLE_PASS;
}

static void say(struct double_message *m, struct writer *w, int rc)
{
	assert_int_equal(rc, 0);
	assert_int_equal(buf_set(&m->frame[1], writer_view(w)), 0);
	writer_wipe(w);
}

/* The answer that the daemon would have given to another request. */
static void head_of(struct double_message *m, struct wire_header h)
{
	uint8_t head[WIRE_HEADER_LEN];

	wire_header_encode(&h, head);
	assert_int_equal(buf_set(&m->frame[0], bytes_of(head, sizeof head)), 0);
}

void log_lie_to_another_request(
	struct double_message *m, const struct wire_message *true_)
{
	struct wire_header h = m->header;

	h.id += 1000;
	head_of(m, h);
}

void log_lie_of_another_operation(
	struct double_message *m, const struct wire_message *true_)
{
	struct wire_header h = m->header;

	h.op = WIRE_OP_LOG_FIND | WIRE_ANSWER;
	head_of(m, h);
}

void log_lie_truncated(
	struct double_message *m, const struct wire_message *true_)
{
	m->frame[1].len -= 1 + log_lies.told % m->frame[1].len;
}

void log_lie_too_long(
	struct double_message *m, const struct wire_message *true_)
{
	struct writer w;

	writer_init(&w, 1 << 20);
	writer_raw(&w, m->frame[1].data, m->frame[1].len);
	writer_u8(&w, 0);
	say(m, &w, 0);
}

void log_lie_a_frame_more(
	struct double_message *m, const struct wire_message *true_)
{
	assert_int_equal(buf_copy(&m->frame[2], bytes_of("more", 4)), 0);
	m->count = 3;
}

void log_lie_noise(struct double_message *m, const struct wire_message *true_)
{
	memset(m->frame[1].data, 0xa5, m->frame[1].len);
}

void log_lie_refusal(struct double_message *m, const struct wire_message *true_)
{
	const struct wire_error e = {log_lies.code, 0};
	struct wire_header h = m->header;
	struct writer w;

	h.op = WIRE_OP_ERROR;
	head_of(m, h);
	writer_init(&w, 64);
	say(m, &w, wire_error_encode(&e, &w));
}

/* ---- paths ----------------------------------------------------------------
 */

static void path_say(struct double_message *m, const struct wire_log_path *p)
{
	struct writer w;

	writer_init(&w, 8192);
	say(m, &w, wire_log_path_encode(p, &w));
}

static struct wire_log_path path_of(const struct wire_message *m)
{
	struct wire_log_path p = {0};

	assert_int_equal(wire_log_path_decode(m, &p), 0);
	assert_true(p.count > 1);
	return p;
}

void log_lie_a_bit_of_it(
	struct double_message *m, const struct wire_message *true_)
{
	struct wire_log_path p = path_of(true_);

	p.hash[log_lies.told % p.count].b[log_lies.told % 32] ^= 1;
	path_say(m, &p);
}

void log_lie_a_hash_less(
	struct double_message *m, const struct wire_message *true_)
{
	struct wire_log_path p = path_of(true_);

	p.count--;
	path_say(m, &p);
}

void log_lie_no_hash(struct double_message *m, const struct wire_message *true_)
{
	path_say(m, &(struct wire_log_path){.count = 0});
}

void log_lie_a_hash_more(
	struct double_message *m, const struct wire_message *true_)
{
	struct wire_log_path p = path_of(true_);

	p.count++;
	path_say(m, &p);
}

void log_lie_all_the_hashes(
	struct double_message *m, const struct wire_message *true_)
{
	struct wire_log_path p = path_of(true_);

	p.count = WIRE_PATH_MAX;
	path_say(m, &p);
}

void log_lie_other_way_round(
	struct double_message *m, const struct wire_message *true_)
{
	struct wire_log_path p = path_of(true_), q = p;

	for (size_t i = 0; i < p.count; i++)
		q.hash[i] = p.hash[p.count - 1 - i];
	path_say(m, &q);
}

static void path_from(
	struct double_message *m, int rc, const struct merkle_proof *p)
{
	struct wire_log_path a = {.count = p->len};

	assert_int_equal(rc, 0);
	memcpy(a.hash, p->hash, p->len * sizeof a.hash[0]);
	path_say(m, &a);
}

/* True, of leaf 3 in a tree of 29, and of growth from 7 to 23. */
void log_lie_of_another_leaf(
	struct double_message *m, const struct wire_message *true_)
{
	struct merkle_source src = store_log_source(view());
	struct merkle_proof p;

	path_from(m, merkle_proof_inclusion(&src, 3, 29, &p), &p);
}

void log_lie_of_another_size(
	struct double_message *m, const struct wire_message *true_)
{
	struct merkle_source src = store_log_source(view());
	struct merkle_proof p;

	path_from(m, merkle_proof_consistency(&src, 7, 23, &p), &p);
}

/* ---- leaves ---------------------------------------------------------------
 */

static void leaves_say(struct double_message *m, struct bytes leaves,
	const struct wire_log_entries_answer *as)
{
	struct wire_log_entries_answer a = *as;
	struct writer w;

	a.leaves = leaves;
	a.count = leaves.len / WIRE_LEAF_LEN;
	writer_init(&w, 1 << 20);
	say(m, &w, wire_log_entries_answer_encode(&a, &w));
}

static void leaves_of(const struct wire_message *m,
	struct wire_log_entries_answer *ret, struct buf *ret_copy)
{
	assert_int_equal(wire_log_entries_answer_decode(m, ret), 0);
	assert_int_equal(buf_copy(ret_copy, ret->leaves), 0);
}

void log_lie_leaves_flipped(
	struct double_message *m, const struct wire_message *true_)
{
	struct wire_log_entries_answer a;
	struct buf copy;

	leaves_of(true_, &a, &copy);
	copy.data[copy.len - 1] ^= 1;
	leaves_say(m, buf_view(&copy), &a);
	buf_wipe(&copy);
}

void log_lie_leaves_of_no_form(
	struct double_message *m, const struct wire_message *true_)
{
	struct wire_log_entries_answer a;
	struct buf copy;

	leaves_of(true_, &a, &copy);
	memset(copy.data, 0xff, WIRE_LEAF_LEN);
	leaves_say(m, buf_view(&copy), &a);
	buf_wipe(&copy);
}

void log_lie_leaves_swapped(
	struct double_message *m, const struct wire_message *true_)
{
	struct wire_log_entries_answer a;
	uint8_t one[WIRE_LEAF_LEN];
	struct buf copy;

	leaves_of(true_, &a, &copy);
	assert_true(log_lies.told > 0 || a.count > 1);
	if (a.count == 1) {
		buf_wipe(&copy);
		return;
	}
	memcpy(one, copy.data, sizeof one);
	memcpy(copy.data, copy.data + sizeof one, sizeof one);
	memcpy(copy.data + sizeof one, one, sizeof one);
	leaves_say(m, buf_view(&copy), &a);
	buf_wipe(&copy);
}

void log_lie_leaves_missing(
	struct double_message *m, const struct wire_message *true_)
{
	struct wire_log_entries_answer a;
	struct buf copy;

	leaves_of(true_, &a, &copy);
	leaves_say(m,
		a.count == 1 ? buf_view(&copy)
			     : bytes_of(copy.data + WIRE_LEAF_LEN,
				       copy.len - WIRE_LEAF_LEN),
		&a);
	buf_wipe(&copy);
}

/* So that the others come from one further on, and then none do. */
void log_lie_the_last_missing(
	struct double_message *m, const struct wire_message *true_)
{
	struct wire_log_entries_answer a;
	struct buf copy;

	leaves_of(true_, &a, &copy);
	if (a.count > 1)
		copy.len -= WIRE_LEAF_LEN;
	leaves_say(m, buf_view(&copy), &a);
	buf_wipe(&copy);
}

void log_lie_no_leaves(
	struct double_message *m, const struct wire_message *true_)
{
	const struct wire_log_entries_answer none = {.size = 1ull << 40};

	leaves_say(m, bytes_of(NULL, 0), &none);
}

/* ---- openings -------------------------------------------------------------
 */

static void details_say(
	struct double_message *m, const struct wire_log_details_answer *a)
{
	struct writer w;

	writer_init(&w, 1 << 20);
	say(m, &w, wire_log_details_answer_encode(a, &w));
}

static struct wire_log_details_answer *details_of(const struct wire_message *m)
{
	static struct wire_log_details_answer a;

	assert_int_equal(wire_log_details_answer_decode(m, &a), 0);
	return &a;
}

/* "There is more": from the same place on, whatever the size is said to be. */
void log_lie_always_more(
	struct double_message *m, const struct wire_message *true_)
{
	const struct wire_log_details_answer a = {
		.next = 0, .size = log_lies.told % 2};

	details_say(m, &a);
}

void log_lie_further_each_time(
	struct double_message *m, const struct wire_message *true_)
{
	const struct wire_log_details_answer a = {
		.next = log_lies.told + 1, .size = UINT64_MAX};

	details_say(m, &a);
}

/* Back, so that what was log_lies.told is log_lies.told twice, in the place of
 * others. */
void log_lie_back_again(
	struct double_message *m, const struct wire_message *true_)
{
	const struct wire_log_details_answer a = {.next = 200, .size = 200};

	if (log_lies.told == 0)
		details_say(m, &a);
}

/* In the place of another, so that as many are log_lies.told as there are. */
void log_lie_one_twice(
	struct double_message *m, const struct wire_message *true_)
{
	struct wire_log_details_answer *a = details_of(true_);

	a->items[2].opening = a->items[1].opening;
	details_say(m, a);
}

void log_lie_under_another_number(
	struct double_message *m, const struct wire_message *true_)
{
	struct wire_log_details_answer *a = details_of(true_);
	struct bytes one = a->items[0].opening;

	a->items[0].opening = a->items[3].opening;
	a->items[3].opening = one;
	details_say(m, a);
}

void log_lie_an_opening_flipped(
	struct double_message *m, const struct wire_message *true_)
{
	struct wire_log_details_answer *a = details_of(true_);
	struct buf copy;

	assert_int_equal(buf_copy(&copy, a->items[0].opening), 0);
	copy.data[copy.len - 9] ^= 1;
	a->items[0].opening = buf_view(&copy);
	details_say(m, a);
	buf_wipe(&copy);
}

void log_lie_before_what_was_asked(
	struct double_message *m, const struct wire_message *true_)
{
	struct wire_log_details_answer *a = details_of(true_);

	a->items[0].leaf = 0;
	details_say(m, a);
}

/* The first is kept; what comes then are its items, under another page. */
void log_lie_the_first_again(
	struct double_message *m, const struct wire_message *true_)
{
	struct wire_log_details_answer *a = details_of(true_), *first;
	uint64_t next = a->next, size = a->size;
	const struct bytes frames[] = {
		buf_view(&m->frame[0]), buf_view(&log_lies.kept)};
	struct wire_message w;

	if (log_lies.kept.len == 0) {
		assert_int_equal(
			buf_copy(&log_lies.kept, buf_view(&m->frame[1])), 0);
		return;
	}
	assert_int_equal(wire_message_assemble(frames, 2, &w), 0);
	first = details_of(&w);
	first->next = next > first->next ? next : first->next;
	first->size = size > first->size ? size : first->size;
	details_say(m, first);
}

void log_lie_some_left_out(
	struct double_message *m, const struct wire_message *true_)
{
	struct wire_log_details_answer *a = details_of(true_);

	a->count /= 2;
	details_say(m, a);
}

/* ---- checkpoints ----------------------------------------------------------
 */

static void note_say(struct double_message *m, struct bytes note)
{
	const struct wire_checkpoint_answer a = {note};
	struct writer w;

	writer_init(&w, WIRE_NOTE_MAX + 64);
	say(m, &w, wire_checkpoint_answer_encode(&a, &w));
}

void log_lie_an_old_one(
	struct double_message *m, const struct wire_message *true_)
{
	note_say(m, log_lies.old_note);
}

void log_lie_a_bit_of_the_note(
	struct double_message *m, const struct wire_message *true_)
{
	struct wire_checkpoint_answer a;
	struct buf copy;

	assert_int_equal(wire_checkpoint_answer_decode(true_, &a), 0);
	assert_int_equal(buf_copy(&copy, a.note), 0);
	copy.data[(log_lies.told * 37) % copy.len] ^= 1;
	note_say(m, buf_view(&copy));
	buf_wipe(&copy);
}

void log_lie_no_note(struct double_message *m, const struct wire_message *true_)
{
	note_say(m, bytes_of("all is well\n", 12));
}
