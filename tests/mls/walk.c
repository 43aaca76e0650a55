/*
 * A random walk from the command line: see lib/mls_walk.h.
 *
 *     mls_walk EPOCHS [SEED]
 *
 * Prints the seed first: the same seed walks the same way again.
 */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "lib/mls_walk.h"

static void print_counts(const struct walk_count *c)
{
	printf("  %u epochs, at most %u members, %u messages, %u late\n",
		c->epochs, c->most, c->messages, c->late);
	printf("  %u proposals: add %u, remove %u, update %u, psk %u, "
	       "resumption %u, context %u, custom %u, external %u, asked %u\n",
		c->proposals, c->adds, c->removes, c->updates, c->psks,
		c->resumptions, c->contexts, c->customs, c->outside, c->asked);
	printf("  %u races, %u lost commits, %u external joins, %u resyncs, "
	       "%u reinits, %u branches\n",
		c->races, c->lost, c->external, c->resyncs, c->reinits,
		c->branches);
	printf("  %u damaged messages refused, %u reloads, %u followed from "
	       "outside\n",
		c->damaged, c->reloads, c->followed);
}

int main(int argc, char **argv)
{
	static struct walk w;
	unsigned long epochs;
	uint64_t seed;

	if (argc < 2 || argc > 3 || sodium_init() < 0) {
		fprintf(stderr, "usage: mls_walk EPOCHS [SEED]\n");
		return 2;
	}
	epochs = strtoul(argv[1], NULL, 10);
	randombytes_buf(&seed, sizeof seed);
	seed >>= 32;
	if (argc == 3)
		seed = strtoull(argv[2], NULL, 10);
	printf("walk: seed %llu\n", (unsigned long long)seed);
	fflush(stdout);
	walk_run(seed, (unsigned)epochs, &w);
	print_counts(&w.count);
	printf("walk: %s\n", w.failed ? w.why : "all agreed");
	return w.failed || epochs == 0;
}
