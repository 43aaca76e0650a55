/*
 * The store alone.
 *
 * Trusts the machine to be quiet. Keeps nothing: its files are removed.
 */
#include "bench/store_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/meter.h"
#include "lib/seed.h"
#include "store/store.h"

#define BOXES	  64
#define SENDERS	  64
#define BATCH_MAX 4096

static struct {
	struct store *st;
	struct store_keeper *keeper;
	struct seed_device senders[SENDERS];
	uint64_t counter[SENDERS];
	struct store_delivery last[BATCH_MAX];
	size_t last_len;
	struct hist commit;
	uint8_t *body;
	int size;
} R;

static void open_store(const char *path)
{
	struct seed_clinic clinic = {.senders = SENDERS, .mailboxes = BOXES};
	struct store_options o = {.path = path,
		.mailbox_max = 1000000,
		.reserve_bytes = 1 << 20,
		.max_bytes = (uint64_t)8 << 30};
	struct key32 key;

	seed_store_key(&key);
	o.key = &key;
	if (store_open(&R.st, &o) || seed_put(R.st, &clinic) ||
		store_keeper_open(&R.keeper, R.st))
		b_die("the store does not open");
	for (uint32_t i = 0; i < SENDERS; i++)
		seed_device(SEED_SENDER, i, &R.senders[i]);
}

static int submit_one(int i, struct store_delivery *ret)
{
	uint32_t sender = (uint32_t)i % SENDERS;
	uint32_t box = (uint32_t)rand() % BOXES;
	struct store_submitted done;
	struct store_envelope e = {.channel = seed_channel(sender, box),
		.counter = ++R.counter[sender],
		.kind = 1,
		.expires = 1000000000,
		.body = bytes_of(R.body, (size_t)R.size)};
	int r = store_mark_one(R.st);

	if (r == 0)
		r = store_channel_access(
			R.st, &e.channel, &R.senders[sender].id);
	if (r == 0)
		r = store_submit(R.st, &R.senders[sender].id, &e, &done);
	if (r == 0) {
		if (done.deliveries_len != 1)
			return ROWAN_E_INTERNAL;
		*ret = done.deliveries[0];
		r = store_keep(R.st);
	}
	return r;
}

static int turn(int batch, uint64_t now)
{
	static struct store_delivery next[BATCH_MAX];
	uint64_t start;
	int r = store_begin(R.st, now);

	for (int i = 0; r == 0 && i < batch; i++)
		r = submit_one(i, &next[i]);
	for (size_t i = 0; r == 0 && i < R.last_len; i++) {
		struct store_delivery *d = &R.last[i];
		struct store_range range = {d->seq, d->seq};

		r = store_mark_one(R.st);
		if (r == 0)
			r = store_acknowledge(
				R.st, &d->device, &range, 1, NULL);
		if (r == 0)
			r = store_keep(R.st);
	}
	start = b_now();
	if (r == 0)
		r = store_commit(R.st);
	hist_add(&R.commit, b_now() - start);
	if (r == 0)
		r = store_tidy(R.st, now, false);
	memcpy(R.last, next, sizeof next[0] * (size_t)batch);
	R.last_len = (size_t)batch;
	return r;
}

static void remove_all(const char *path)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-reserve"};
	char name[4200];

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		unlink(name);
	}
}

void store_run(const char *dir, int size, int batch, double secs,
	struct store_run *ret)
{
	char path[4096];
	uint64_t start, now, moved;
	double cpu, disk, n = 0;

	snprintf(path, sizeof path, "%s/store_run.db", dir);
	memset(&R, 0, sizeof R);
	R.size = size;
	R.body = calloc(1, (size_t)size);
	open_store(path);
	cpu = meter_self_cpu_s();
	disk = meter_disk_bytes(dir);
	start = now = moved = b_now();
	for (; (double)(now - start) < secs * 1e9; now = b_now()) {
		if (batch > BATCH_MAX || turn(batch, 1000))
			b_die("the store fails");
		n += batch;
		if (now - moved > 100000000) {
			(void)!store_keeper_run(R.keeper);
			moved = now;
		}
	}
	ret->msgs_per_s = n / ((double)(now - start) / 1e9);
	ret->cpu_s_per_1k = (meter_self_cpu_s() - cpu) / n * 1000;
	ret->disk_b_per_msg = (meter_disk_bytes(dir) - disk) / n;
	ret->commit_p50_us = hist_quantile_us(&R.commit, .5);
	ret->commit_p99_us = hist_quantile_us(&R.commit, .99);
	store_keeper_close(R.keeper);
	store_close(R.st);
	free(R.body);
	remove_all(path);
}
