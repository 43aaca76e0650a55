/*
 * Cards, chains of cards, authority records, statements, saved states; and
 * that what decodes is written back as it was.
 */
#include <stdlib.h>

#include "trust/case_state.h"
#include "trust/clinic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef int (*encode_fn)(const void *object, struct writer *w);

static int card(const void *o, struct writer *w)
{
	return wire_card_encode(o, w);
}

static int record(const void *o, struct writer *w)
{
	return wire_record_encode(o, w);
}

static int statement(const void *o, struct writer *w)
{
	return wire_statement_encode(o, w);
}

static void same(encode_fn encode, const void *object, struct bytes input)
{
	struct writer w;

	writer_init(&w, 1 << 16);
	if (encode(object, &w) != 0 || !bytes_eq(writer_view(&w), input))
		abort();
	writer_wipe(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_of(data, size);
	struct wire_statement s;
	struct wire_chain chain;
	struct wire_record r;
	struct wire_card c;
	struct case_state cs;
	struct clinic clinic;

	if (wire_card_decode(input, &c) == 0)
		same(card, &c, input);
	if (wire_record_decode(input, &r) == 0)
		same(record, &r, input);
	if (wire_statement_decode(input, &s) == 0)
		same(statement, &s, input);
	(void)!wire_chain_decode(input, &chain);
	(void)!clinic_load(&clinic, input);
	if (case_load(&cs, input) == 0)
		case_wipe(&cs);
	return 0;
}
