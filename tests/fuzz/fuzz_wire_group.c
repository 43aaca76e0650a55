/* Fuzz target: channels' groups, both ways. */
#include "lib/wire_fuzz.h"
#include "wire/op.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	wire_fuzz(WIRE_OP_GROUP_CREATE, WIRE_OP_NACK, data, len);
	return 0;
}
