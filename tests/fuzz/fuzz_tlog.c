/*
 * Every text a log, a witness or a proof file hands us.
 */
#include "tlog/cosignature.h"
#include "tlog/tlog_proof.h"
#include "tlog/witness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_of(data, size);
	struct merkle_hash leaf = {0};
	struct tlog_proof p;
	struct witness_request r;
	struct watch seen, next;
	struct checkpoint c;
	struct note_key k;
	struct note n;

	if (note_key_init(&k, "a", NOTE_ED25519, leaf.b) != 0)
		return 0;
	/* Nobody signs what the log has not. */
	if (tlog_proof_parse(&p, input) == 0 &&
		checkpoint_open(&c, &n, p.checkpoint, &k) == 0)
		__builtin_trap();
	watch_init(&seen);
	if (witness_request_parse(&r, input) == 0 &&
		witness_judge(&r, &k, &seen, &n, &next) == WITNESS_GOOD)
		__builtin_trap();
	(void)!checkpoint_open(&c, &n, input, &k);
	(void)!checkpoint_parse(&c, input);
	(void)!note_key_parse(&k, input);
	return 0;
}
