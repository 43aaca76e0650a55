/*
 * Fuzz target: leaves, details, openings. What decodes encodes to the same
 * bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "tlog/leaf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must_be(struct writer *w, struct bytes in)
{
	if (!bytes_eq(writer_view(w), in))
		abort();
}

static void try_opening(struct bytes in)
{
	uint8_t mem[WIRE_OPENING_MAX + 8], leaf[WIRE_LEAF_LEN];
	struct wire_opening o;
	struct wire_detail d;
	struct writer w;

	if (wire_opening_read(in, &o) != 0)
		return;
	writer_init_fixed(&w, mem, sizeof mem);
	if (wire_opening_write(&o, &w) != 0)
		abort();
	must_be(&w, in);
	(void)!leaf_rebuild(&o, leaf, &d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t mem[WIRE_DETAIL_MAX + 8], out[WIRE_LEAF_LEN];
	struct bytes in = bytes_of(data, len);
	struct wire_detail d;
	struct wire_leaf l;
	struct writer w;

	if (wire_leaf_read(in, &l) == 0 &&
		(wire_leaf_write(&l, out) != 0 ||
			memcmp(out, data, sizeof out) != 0))
		abort();
	if (wire_detail_read(in, &d) == 0) {
		writer_init_fixed(&w, mem, sizeof mem);
		if (wire_detail_write(&d, &w) != 0)
			abort();
		must_be(&w, in);
	}
	try_opening(in);
	return 0;
}
