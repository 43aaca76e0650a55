/*
 * Samples of the log's messages: see wire_samples_log.h. Signatures in them
 * are made up; commitments and hashes are what they say.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/wire_samples_log.h"
#include "tlog/leaf.h"
#include "wire/log.h"
#include "wire/op.h"

#define TEXT(s)                                                                \
	{                                                                      \
		(const uint8_t *)(s), sizeof(s) - 1                            \
	}
#define HALF_PAST 1763987400 /* 2025-11-24 12:30:00 UTC */

#define ORIGIN	    "rowan-log/c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1\n"
#define ROOT	    "3q2+796tvu/erb7v3q2+796tvu/erb7v3q2+796tvu8=\n"
#define SIGNED_LINE "\xe2\x80\x94 rowan-log/c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1 "

static const struct bytes note = TEXT(ORIGIN
	"1000\n" ROOT "time 1763987400\n\n" SIGNED_LINE "AAECAwQFBgc=\n");
static const struct bytes line =
	TEXT("\xe2\x80\x94 rowan-witness/d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1 "
	     "AAECAwQFBgc=\n");

static void fill(void *p, uint8_t byte, size_t len)
{
	memset(p, byte, len);
}

/* A victim's submission, opened without its exact time. */
static void make_opening(uint8_t *mem, size_t size, struct bytes *o)
{
	struct wire_opening opening = {.has_time = false};
	struct wire_detail d = {.act = WIRE_ACT_SUBMIT,
		.grain = WIRE_GRAIN_HOUR,
		.time = HALF_PAST / 3600 * 3600,
		.op = WIRE_OP_SUBMIT,
		.number = 42};
	uint8_t detail[WIRE_DETAIL_MAX];
	struct wire_salt time_salt;
	struct key32 secret;
	struct writer w;

	fill(&secret, 0x5e, sizeof secret);
	fill(&time_salt, 0x7e, sizeof time_salt);
	leaf_exact(&time_salt, HALF_PAST, &d.exact);
	fill(&d.device, 0xd1, ID16_LEN);
	fill(&d.case_id, 0xca, ID16_LEN);
	fill(&d.channel, 0xc1, ID16_LEN);
	leaf_content(bytes_of("first sealed envelope", 21), &d.content);
	writer_init_fixed(&w, detail, sizeof detail);
	if (wire_detail_write(&d, &w) != 0)
		abort();
	opening.detail = writer_view(&w);
	leaf_salt(&secret, 7, &opening.salt);
	writer_init_fixed(&w, mem, size);
	if (wire_opening_write(&opening, &w) != 0)
		abort();
	*o = writer_view(&w);
}

static void make_path(struct wire_log_path *p)
{
	p->count = 2;
	fill(&p->hash[0], 0xa0, sizeof p->hash[0]);
	fill(&p->hash[1], 0xa1, sizeof p->hash[1]);
}

int sample_checkpoint(struct writer *w)
{
	return wire_checkpoint_encode(&(struct wire_checkpoint){2}, w);
}

int sample_checkpoint_answer(struct writer *w)
{
	return wire_checkpoint_answer_encode(
		&(struct wire_checkpoint_answer){note}, w);
}

int sample_log_proof(struct writer *w)
{
	return wire_log_proof_encode(&(struct wire_log_proof){7, 1000}, w);
}

int sample_log_consistency(struct writer *w)
{
	return wire_log_consistency_encode(
		&(struct wire_log_consistency){990, 1000}, w);
}

int sample_log_path(struct writer *w)
{
	struct wire_log_path p;

	make_path(&p);
	return wire_log_path_encode(&p, w);
}

int sample_receipt(struct writer *w)
{
	return wire_receipt_encode(&(struct wire_receipt){7}, w);
}

int sample_receipt_answer(struct writer *w)
{
	struct wire_receipt_answer a = {.note = note};
	uint8_t mem[WIRE_OPENING_MAX];

	make_opening(mem, sizeof mem, &a.opening);
	make_path(&a.path);
	return wire_receipt_answer_encode(&a, w);
}

int sample_log_find(struct writer *w)
{
	return wire_log_find_encode(
		&(struct wire_log_find){42, WIRE_LEAF_NONE}, w);
}

int sample_log_find_answer(struct writer *w)
{
	return wire_log_find_answer_encode(
		&(struct wire_log_find_answer){7, 0}, w);
}

int sample_log_entries(struct writer *w)
{
	return wire_log_entries_encode(
		&(struct wire_log_entries){998, 1024}, w);
}

int sample_log_entries_answer(struct writer *w)
{
	struct wire_leaf l = {.act = WIRE_ACT_ACK,
		.grain = WIRE_GRAIN_SECOND,
		.time = HALF_PAST};
	uint8_t leaves[2 * WIRE_LEAF_LEN];

	fill(&l.commitment, 0xc0, sizeof l.commitment);
	if (wire_leaf_write(&l, leaves) != 0 ||
		wire_leaf_write(&l, leaves + WIRE_LEAF_LEN) != 0)
		abort();
	return wire_log_entries_answer_encode(
		&(struct wire_log_entries_answer){
			bytes_of(leaves, sizeof leaves), 2, 1000},
		w);
}

int sample_log_details(struct writer *w)
{
	struct wire_log_details d = {.from = 0, .max = 256};

	fill(&d.case_id, 0xca, ID16_LEN);
	return wire_log_details_encode(&d, w);
}

int sample_log_details_answer(struct writer *w)
{
	struct wire_log_details_answer *a = calloc(1, sizeof *a);
	uint8_t mem[WIRE_OPENING_MAX];
	int rc;

	if (a == NULL)
		abort();
	a->count = 1;
	a->next = a->size = 1000;
	a->items[0].leaf = 7;
	make_opening(mem, sizeof mem, &a->items[0].opening);
	rc = wire_log_details_answer_encode(a, w);
	free(a);
	return rc;
}

int sample_cosign(struct writer *w)
{
	return wire_cosign_encode(&(struct wire_cosign){1000, line}, w);
}

int sample_erased(struct writer *w)
{
	return wire_erased_encode(&(struct wire_erased){0}, w);
}

int sample_erased_answer(struct writer *w)
{
	struct wire_erased_answer a = {.count = 1, .next = 0};

	a.statements[0] = bytes_of("a statement", 11);
	return wire_erased_answer_encode(&a, w);
}
