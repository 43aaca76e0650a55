/*
 * Fuzz target: receipts and conflicts as files, policies, what a watcher kept.
 * Nothing that was not signed by the authority is ever genuine.
 */
#include <stdlib.h>

#include "tlog/policy.h"
#include "tlog/watch.h"
#include "trust/conflict.h"
#include "trust/evidence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct anchor nobody = {
		.count = 1, .pinned = 1, .key = {{{0x42}}}};
	static struct conflict c;
	static struct policy p;
	static struct evidence e;
	struct bytes in = bytes_of(data, len);
	struct watch w;
	size_t line;

	if (evidence_check(&e, in, &nobody, NULL) == EVIDENCE_GOOD)
		abort();
	if (conflict_proved(conflict_check(&c, in, &nobody)))
		abort();
	(void)conflict_check(&c, in, NULL);
	if (policy_parse(&p, in, &line) == 0 &&
		policy_needs(&p) > p.party_count)
		abort();
	return watch_load(&w, in) == 0 && w.size == UINT64_MAX ? 0 : 0;
}
