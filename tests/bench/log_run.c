/*
 * The log alone: see log_run.h.
 *
 * Trusts the machine to be quiet. Keeps nothing: its files are removed.
 */
#include "bench/log_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/resource.h>

#include "bench/bench.h"
#include "bench/meter.h"
#include "lib/seed.h"
#include "log/entry.h"
#include "tlog/merkle_proof.h"

#define BATCH	  64
#define ROUNDS	  9
#define TURNS	  48 /* commits in a round */
#define SHORT	  1000
#define PROOFS	  2000
#define STRETCHES 96 /* transactions that make a log long... */
#define STRETCH	  16 /* ...of so many values each */

struct one {
	char path[4096];
	struct store *st;
	struct store_keeper *keeper;
	double wall, cpu; /* of the rounds */
	double rates[ROUNDS];
};

static void must(int rc, const char *what)
{
	if (rc != 0)
		b_die("%s: %s", what, rowan_strerror(rc));
}

static void open_one(struct one *o)
{
	struct store_options so = {.path = o->path,
		.mailbox_max = 1000,
		.skip_check = true,
		.max_bytes = (uint64_t)8 << 30};
	struct key32 key;

	seed_store_key(&key);
	so.key = &key;
	must(store_open(&o->st, &so), "open");
	must(store_keeper_open(&o->keeper, o->st), "keeper");
}

static void close_one(struct one *o)
{
	store_keeper_close(o->keeper);
	store_close(o->st);
}

static void commit(struct one *o, int leaves, uint64_t *number)
{
	struct log_entry e = {.act = 1, .op = 0x20, .time = 1800000000};

	must(store_begin(o->st, e.time), "begin");
	for (int i = 0; i < leaves; i++) {
		e.number = ++*number;
		memcpy(e.device.b, &e.number, sizeof e.number);
		memset(e.case_id.b, (int)(e.number % 50), ID16_LEN);
		must(entry_add(o->st, &e, NULL), "leaf");
	}
	must(store_commit(o->st), "commit");
	must(store_tidy(o->st, e.time, false), "tidy");
}

static void fill(struct one *o, long leaves)
{
	uint64_t number = 0;

	for (long n = 0; n < leaves; n += 2048) {
		commit(o, leaves - n < 2048 ? (int)(leaves - n) : 2048,
			&number);
		must(store_keeper_run(o->keeper), "keeper");
	}
}

/*
 * The write-ahead log as long as it gets. One that still grows is synced at
 * half the speed of one that is written over, and only the larger store's had
 * grown already: that made a million leaves look faster than a thousand.
 */
static void stretch(struct one *o)
{
	static const uint8_t value[STORE_META_MAX];
	const uint64_t time = 1800000000;

	for (int i = 0; i < STRETCHES; i++) {
		must(store_begin(o->st, time), "begin");
		for (uint32_t k = 0; k < STRETCH; k++)
			must(store_meta_put(o->st, STORE_META_USER_FIRST + k,
				     bytes_of(value, sizeof value)),
				"meta");
		must(store_commit(o->st), "commit");
		must(store_tidy(o->st, time, false), "tidy");
	}
	must(store_keeper_run(o->keeper), "keeper");
}

static void round_of(struct one *o, int r)
{
	uint64_t number = 1000000000, start = b_now();
	double cpu = meter_self_cpu_s(), wall;

	for (int i = 0; i < TURNS; i++)
		commit(o, BATCH, &number);
	wall = (double)(b_now() - start) / 1e9;
	o->wall += wall;
	o->cpu += meter_self_cpu_s() - cpu;
	o->rates[r] = TURNS * BATCH / wall;
	must(store_keeper_run(o->keeper), "keeper");
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The median round: a disk has its moods. */
static double rate(struct one *o)
{
	qsort(o->rates, ROUNDS, sizeof o->rates[0], by_value);
	return o->rates[ROUNDS / 2];
}

static void prove(struct one *o, struct log_run *ret)
{
	struct merkle_source src = store_log_source(store_view(o->st));
	struct merkle_proof p;
	double sum = 0, max = 0;
	uint64_t size;

	must(store_log_size(store_view(o->st), &size), "size");
	for (int i = 0; i < PROOFS; i++) {
		uint64_t leaf =
			((uint64_t)rand() << 16 ^ (uint64_t)rand()) % size;
		uint64_t start = b_now();
		double us;

		must(merkle_proof_inclusion(&src, leaf, size, &p), "proof");
		us = (double)(b_now() - start) / 1e3;
		sum += us;
		max = us > max ? us : max;
	}
	ret->proof_mean_us = sum / PROOFS;
	ret->proof_max_us = max;
}

static void verify(struct one *o, struct log_run *ret)
{
	struct store_reader *rd;
	struct store_log_whole log;
	struct merkle_hash own;
	struct merkle tree;
	struct rusage before, after;
	uint64_t start;

	must(store_reader_open(&rd, o->st), "reader");
	getrusage(RUSAGE_SELF, &before);
	start = b_now();
	must(store_log_verify(rd, &log), "verify");
	ret->verify_s = (double)(b_now() - start) / 1e9;
	getrusage(RUSAGE_SELF, &after);
	ret->verify_kib = after.ru_maxrss - before.ru_maxrss;
	store_log_tree(o->st, &tree);
	merkle_root(&tree, &own);
	if (!merkle_eq(&log.root, &own) || log.size != tree.size)
		b_die("the tree is another one");
	store_reader_close(rd);
}

static void remove_one(const struct one *o)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-reserve"};
	char name[4200];

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		snprintf(name, sizeof name, "%s%s", o->path, ends[i]);
		unlink(name);
	}
}

void log_run(const char *dir, long leaves, struct log_run *ret)
{
	static struct one few, many;
	uint64_t start;

	memset(&few, 0, sizeof few);
	memset(&many, 0, sizeof many);
	snprintf(few.path, sizeof few.path, "%.3000s/log_few.db", dir);
	snprintf(many.path, sizeof many.path, "%.3000s/log_many.db", dir);
	open_one(&many);
	fill(&many, leaves);
	open_one(&few);
	fill(&few, SHORT);
	stretch(&few);
	stretch(&many);
	for (int r = 0; r < ROUNDS; r++) {
		/* In turns: neither always follows what the other has left. */
		round_of(r % 2 == 0 ? &few : &many, r);
		round_of(r % 2 == 0 ? &many : &few, r);
	}
	ret->short_per_s = rate(&few);
	ret->long_per_s = rate(&many);
	ret->short_cpu_us = few.cpu / (ROUNDS * TURNS * BATCH) * 1e6;
	ret->long_cpu_us = many.cpu / (ROUNDS * TURNS * BATCH) * 1e6;
	prove(&many, ret);
	verify(&many, ret);
	close_one(&many);
	start = b_now();
	open_one(&many);
	ret->open_us = (double)(b_now() - start) / 1e3;
	close_one(&many);
	close_one(&few);
	remove_one(&few);
	remove_one(&many);
}
