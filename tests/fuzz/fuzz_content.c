/*
 * What a member of a channel sends.
 */
#include <stdlib.h>

#include "session/channel/content.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_of(data, size);
	struct content c;
	struct writer w;

	if (content_decode(input, &c) != 0)
		return 0;
	writer_init(&w, 1 << 17);
	if (content_encode(&c, &w) != 0 || !bytes_eq(writer_view(&w), input))
		abort();
	writer_wipe(&w);
	return 0;
}
