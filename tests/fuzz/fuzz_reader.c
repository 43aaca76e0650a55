/* Fuzz target: nested vectors through the reader, written back identically. */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r;
	struct writer w;
	struct bytes item;

	reader_init(&r, bytes_of(data, len));
	writer_init(&w, len);
	while (reader_vec(&r, len, &item) == 0)
		writer_vec(&w, item);
	if (w.error != 0 || (w.len > 0 && memcmp(w.data, data, w.len) != 0))
		abort();
	writer_wipe(&w);
	return 0;
}
