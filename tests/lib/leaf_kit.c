/*
 * No act without its leaf: see leaf_kit.h.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/leaf_kit.h"
#include "ops/record.h"
#include "store/store_log.h"
#include "wire/leaf.h"
#include "wire/op.h"

/* One kind of act among the committed leaves from ${from} on. */
static bool is_there(struct ops *o, uint64_t from, uint8_t act)
{
	uint8_t raw[WIRE_LEAF_LEN];
	struct wire_leaf leaf;
	struct writer w;
	size_t n = 1;

	for (; n > 0; from++) {
		writer_init_fixed(&w, raw, sizeof raw);
		if (store_log_leaves(o->view, from, 1, &w, &n) != 0)
			return false;
		if (n > 0 && wire_leaf_read(writer_view(&w), &leaf) == 0 &&
			leaf.act == act)
			return true;
	}
	return false;
}

/* What the table and the answer say about this one. */
static bool must_be(const struct ops *o, const struct request *r)
{
	const struct table_entry *e = r->entry;

	if (r->error.code != WIRE_OK || e->act == TABLE_NONE)
		return false;
	/* An item each, some of which may be refused: their own tests. */
	if (e->op == WIRE_OP_SUBMIT)
		return false;
	/* What deletes nothing is none. */
	if (e->op == WIRE_OP_ACK)
		return !o->record.done;
	if (e->effect != TABLE_READS)
		return true;
	/* Of nothing there is none; what is fetched is told by itself. */
	return record_is_staff(o) &&
	       (!o->record.done ||
		       (e->op == WIRE_OP_FETCH && r->answer_count > 0));
}

void leaf_kit_check(struct ops *o, const struct request *r, uint64_t before)
{
	if (!must_be(o, r) || is_there(o, before, r->entry->act))
		return;
	fprintf(stderr, "operation 0x%04x has no leaf of kind %u\n",
		r->entry->op, r->entry->act);
	abort();
}
