/*
 * The generated parts of docs/protocol.md: example bytes and tables.
 */
#ifndef LIB_PROTOCOL_DOC_H
#define LIB_PROTOCOL_DOC_H

#include "base/bytes.h"
#include "base/writer.h"

#define PROTOCOL_DOC_PATH "docs/protocol.md"
#define PROTOCOL_DOC_MAX  (256 * 1024)

/**
 * protocol_doc_render(in, w, ret_unknown):
 * Copy the document ${in} to ${w} with the block behind each marker line
 *
 *	<!-- example: NAME -->  <!-- codes (generated) -->  ...
 *
 * replaced by what the code says; a block ends at the first empty line after
 * it. ${ret_unknown} counts markers of no known name.
 */
void protocol_doc_render(
	struct bytes in, struct writer *w, size_t *ret_unknown);

#endif
