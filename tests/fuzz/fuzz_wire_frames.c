/* Fuzz target: a whole message from header to last frame. */
#include "lib/wire_fuzz.h"
#include "wire/op.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	wire_fuzz_frames(data, len);
	return 0;
}
