/* Fuzz target: the log's operations, both ways. */
#include "lib/wire_fuzz.h"
#include "wire/op.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	wire_fuzz(WIRE_OP_CHECKPOINT, WIRE_OP_ERASED, data, len);
	return 0;
}
