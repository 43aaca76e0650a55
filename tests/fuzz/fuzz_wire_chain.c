/* Fuzz target: statements and chains, both ways. */
#include "lib/wire_fuzz.h"
#include "wire/op.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	wire_fuzz(WIRE_OP_STATEMENT_PUT, WIRE_OP_RESTORED, data, len);
	return 0;
}
