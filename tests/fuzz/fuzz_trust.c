/*
 * Cards, chains of cards, authority records, statements, saved states; and
 * that what decodes is written back as it was.
 */
#include <stdlib.h>

#include "trust/case_state.h"
#include "trust/clinic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(struct writer *w, int rc, struct bytes input)
{
	if (rc != 0 || !bytes_eq(writer_view(w), input))
		abort();
	writer_wipe(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_of(data, size);
	struct wire_statement s;
	struct wire_chain chain;
	struct wire_record r;
	struct wire_card card;
	struct case_state c;
	struct clinic clinic;
	struct writer w;

	writer_init(&w, 1 << 16);
	if (wire_card_decode(input, &card) == 0)
		same(&w, wire_card_encode(&card, &w), input);
	if (wire_record_decode(input, &r) == 0)
		same(&w, wire_record_encode(&r, &w), input);
	if (wire_statement_decode(input, &s) == 0)
		same(&w, wire_statement_encode(&s, &w), input);
	(void)!wire_chain_decode(input, &chain);
	(void)!clinic_load(&clinic, input);
	if (case_load(&c, input) == 0)
		case_wipe(&c);
	writer_wipe(&w);
	return 0;
}
