/*
 * make messages-bench: messages taken in and looked at, in one vault.
 *
 *	messages_bench [MESSAGES [CASES]]	10000 and 200
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "lib/messages_kit.h"

#define BATCH 128 /* in one transaction, as the mailbox does */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int rc)
{
	if (rc != 0) {
		fprintf(stderr, "messages_bench: %d\n", rc);
		exit(1);
	}
}

static struct id16 channel_of(unsigned i, unsigned cases)
{
	struct id16 id = {{0xc1}};

	id.b[1] = (uint8_t)(i % (3 * cases));
	id.b[2] = (uint8_t)(i % (3 * cases) >> 8);
	return id;
}

static void take(struct messages_kit *k, unsigned i, unsigned cases)
{
	struct content c = {.sent = 1,
		.type = CONTENT_TEXT,
		.u.text = bytes_of("a line of the usual length, or so", 33)};
	const struct messages_from from = {.case_id = {{1}},
		.channel = channel_of(i, cases),
		.member = {{2}},
		.device = {{3}},
		.received = k->now + i};
	struct writer w;

	c.id.b[0] = (uint8_t)i;
	c.id.b[1] = (uint8_t)(i >> 8);
	c.id.b[2] = (uint8_t)(i >> 16);
	c.id.b[15] = 1;
	writer_init(&w, CONTENT_MAX);
	must(content_encode(&c, &w));
	must(messages_take(k->x, &from, writer_view(&w)));
	writer_wipe(&w);
}

int main(int argc, char **argv)
{
	unsigned count = argc > 1 ? (unsigned)atoi(argv[1]) : 10000;
	unsigned cases = argc > 2 ? (unsigned)atoi(argv[2]) : 200;
	static struct messages_kit k;
	size_t unread = 0;
	struct rusage u;
	double t;

	messages_kit_begin(&k, 1, ROWAN_ROLE_CASEWORKER);
	t = now();
	for (unsigned i = 0; i < count;) {
		must(vault_begin(k.kit.vault));
		for (unsigned end = i + BATCH; i < end && i < count; i++)
			take(&k, i, cases);
		must(vault_commit(k.kit.vault));
	}
	t = now() - t;
	printf("taken in: %u messages of %u channels, %.0f a second\n", count,
		3 * cases, count / t);
	t = now();
	messages_kit_again(&k);
	printf("opened: %.1f ms\n", (now() - t) * 1e3);
	t = now();
	for (unsigned i = 0; i < 3 * cases; i++) {
		struct id16 id = channel_of(i, cases);

		unread += messages_unread(k.x, &id);
	}
	if (unread != count || messages_unread(k.x, NULL) != count)
		must(ROWAN_E_CORRUPT);
	printf("unread of all channels: %.3f ms\n", (now() - t) * 1e3);
	getrusage(RUSAGE_SELF, &u);
	printf("memory: %.1f MiB at most\n", (double)u.ru_maxrss / 1024);
	messages_kit_end(&k);
	return 0;
}
