/* Fuzz target: hello and ping, both ways. */
#include "lib/wire_fuzz.h"
#include "wire/op.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	wire_fuzz(WIRE_OP_HELLO, WIRE_OP_NEXT_KEY, data, len);
	return 0;
}
