/*
 * What the session keeps in its vault: events (first byte even) and the
 * identity. What decodes encodes to the same bytes.
 */
#include <stdlib.h>

#include "session/events.h"
#include "session/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input;
	struct identity me;
	struct event e;
	struct writer w;
	int rc = -1;

	if (size == 0)
		return 0;
	input = bytes_of(data + 1, size - 1);
	writer_init(&w, 1 << 17);
	if (data[0] % 2 == 0 && events_decode(input, &e) == 0) {
		rc = events_encode(&e, &w);
	} else if (data[0] % 2 == 1 && identity_decode(input, &me) == 0) {
		rc = identity_encode(&me, &w);
		identity_wipe(&me);
	} else {
		return 0;
	}
	if (rc != 0 || !bytes_eq(writer_view(&w), input))
		abort();
	writer_wipe(&w);
	return 0;
}
