/*
 * Prints docs/protocol.md with its generated parts made anew: for
 * `make protocol-examples`.
 */
#include <stdio.h>

#include "lib/protocol_doc.h"

int main(void)
{
	static uint8_t in[PROTOCOL_DOC_MAX];
	FILE *f = fopen(PROTOCOL_DOC_PATH, "rb");
	size_t len, unknown;
	struct writer w;
	int rc;

	if (f == NULL)
		return 1;
	len = fread(in, 1, sizeof in, f);
	fclose(f);
	writer_init(&w, PROTOCOL_DOC_MAX);
	protocol_doc_render(bytes_of(in, len), &w, &unknown);
	rc = writer_status(&w) != 0 || unknown != 0 || len == sizeof in ||
	     fwrite(w.data, 1, w.len, stdout) != w.len;
	writer_wipe(&w);
	return rc;
}
