/* Fuzz target: blobs, both ways. */
#include "lib/wire_fuzz.h"
#include "wire/op.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	wire_fuzz(WIRE_OP_BLOB_BEGIN, WIRE_OP_BLOB_DELETE, data, len);
	return 0;
}
