/* Fuzz target: the text of an invite, its bundle, saved enrolments. */
#include <stdlib.h>

#include "trust/enrol.h"
#include "trust/invite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void try_text(struct bytes input)
{
	char text[INVITE_TEXT_MAX + 1], typed[INVITE_TYPED_MAX + 1];
	struct invite i, again;

	if (invite_read(input, &i, NULL) != 0)
		return;
	if (invite_write(&i, text) != 0 || invite_write_typed(&i, typed) != 0 ||
		invite_read(bytes_of(typed, strlen(typed)), &again, NULL) != 0)
		abort();
}

static void try_bundle(struct bytes input)
{
	struct bundle b;
	struct writer w;

	if (bundle_decode(input, &b) != 0)
		return;
	writer_init(&w, WIRE_BUNDLE_MAX);
	if (bundle_encode(&b, &w) != 0 || !bytes_eq(writer_view(&w), input))
		abort();
	writer_wipe(&w);
	if (bundle_check(&b) == 0)
		(void)b;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct enrol e;

	try_text(bytes_of(data, len));
	try_bundle(bytes_of(data, len));
	if (enrol_load(&e, bytes_of(data, len)) == 0)
		enrol_wipe(&e);
	return 0;
}
