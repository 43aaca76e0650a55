/*
 * What the session keeps in its vault: events, the identity, uploads and
 * downloads, by the first byte. What decodes encodes to the same bytes.
 */
#include <stdlib.h>

#include "session/vault/events.h"
#include "session/vault/identity.h"
#include "session/transfer/transfer_row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int recode(uint8_t kind, struct bytes input, struct writer *w)
{
	static struct transfer_download down;
	struct transfer_upload up;
	struct identity me;
	struct event e;
	int rc;

	switch (kind % 4) {
	case 0: rc = events_decode(input, &e); break;
	case 1: rc = identity_decode(input, &me); break;
	case 2: rc = transfer_row_get_upload(input, &up); break;
	default: rc = transfer_row_get_download(input, &down); break;
	}
	if (rc != 0)
		return rc;
	switch (kind % 4) {
	case 0: rc = events_encode(&e, w); break;
	case 1:
		rc = identity_encode(&me, w);
		identity_wipe(&me);
		break;
	case 2: rc = transfer_row_put_upload(w, &up); break;
	default: rc = transfer_row_put_download(w, &down); break;
	}
	if (rc != 0)
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input;
	struct writer w;

	if (size == 0)
		return 0;
	input = bytes_of(data + 1, size - 1);
	writer_init(&w, 1 << 17);
	if (recode(data[0], input, &w) == 0 &&
		!bytes_eq(writer_view(&w), input))
		abort();
	writer_wipe(&w);
	return 0;
}
