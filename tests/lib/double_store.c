/*
 * The daemon without sockets and threads: its store's life and its time. See
 * relay_double.h.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/double_line.h"
#include "lib/seed.h"
#include "clinic/logged.h"

static void open_store(struct relay_double *d)
{
	struct store_options o = {.path = d->path,
		.key = &d->key,
		.mailbox_max = (uint32_t)d->config.mailbox,
		.mailbox_reserve = (uint32_t)d->config.mailbox_urgent,
		.blob_open_time = d->config.blob_open_time / 1000,
		.skip_check = true};

	double_must(store_open(&d->ops.store, &o));
	d->ops.view = store_view(d->ops.store);
	d->ops.config = &d->config;
	d->ops.counters = &d->counters;
	gates_init(&d->ops.gates);
	subs_init(&d->ops.subs, 512 * 1024, (uint32_t)d->config.credit);
	double_must(store_batch_new(&d->ops.fetched));
	double_must(claims_new(
		d->config.claims_by, d->config.claims_of, &d->ops.claims));
	refusals_init(&d->ops.refusals);
	double_head(d);
}

void double_head(struct relay_double *d)
{
	struct key32 seed;
	struct head_options o = {.store = d->ops.store,
		.seed = &seed,
		.guard = d->guard,
		.accept = true,
		.now = relay_double_now(d)};
	struct head_found found;

	seed_log_key(&seed);
	head_close(d->ops.head);
	d->ops.head = NULL;
	double_must(logged_open(&d->ops.head, &o, &found));
}

static void close_store(struct relay_double *d)
{
	subs_wipe(&d->ops.subs);
	gates_wipe(&d->ops.gates);
	store_batch_free(d->ops.fetched);
	claims_free(d->ops.claims);
	free(d->ops.revoked);
	refusals_wipe(&d->ops.refusals);
	head_close(d->ops.head);
	store_close(d->ops.store);
	memset(&d->ops, 0, sizeof d->ops);
}

struct relay_double *relay_double_new(const struct config *config)
{
	struct relay_double *d = calloc(1, sizeof *d);

	if (d == NULL || sodium_init() < 0)
		abort();
	d->held_last = &d->held;
	if (config != NULL) {
		d->config = *config;
	} else {
		config_defaults(&d->config);
		d->config.mailbox = 100000;
	}
	/* Memory where there is some: nothing here is about the disk. */
	snprintf(d->dir, sizeof d->dir, "%s/double-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(d->dir) == NULL)
		abort();
	snprintf(d->path, sizeof d->path, "%s/store.db", d->dir);
	snprintf(d->copy, sizeof d->copy, "%s/copy.db", d->dir);
	snprintf(d->guard, sizeof d->guard, "%s/log-guard", d->dir);
	memset(d->key.b, 7, sizeof d->key.b);
	open_store(d);
	return d;
}

void relay_double_free(struct relay_double *d)
{
	static const char *const beside[] = {"-wal", "-shm", "-reserve"};
	char name[128];

	if (d == NULL)
		return;
	close_store(d);
	double_lines_free(d);
	unlink(d->path);
	unlink(d->copy);
	unlink(d->guard);
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "%s%s", d->path, beside[i]);
		unlink(name);
	}
	rmdir(d->dir);
	free(d);
}

void relay_double_restart(struct relay_double *d)
{
	relay_double_cut(d, NULL);
	close_store(d);
	open_store(d);
}

static void copy_file(const char *from, const char *to)
{
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	char mem[65536];
	size_t n;

	if (in == NULL || out == NULL)
		abort();
	while ((n = fread(mem, 1, sizeof mem, in)) > 0)
		if (fwrite(mem, 1, n, out) != n)
			abort();
	if (ferror(in) || fclose(out) != 0)
		abort();
	fclose(in);
}

/* A closed store has nothing in its log: the file is all of it. */
void relay_double_save(struct relay_double *d)
{
	relay_double_cut(d, NULL);
	close_store(d);
	copy_file(d->path, d->copy);
	open_store(d);
}

void relay_double_rollback(struct relay_double *d)
{
	char wal[128];

	relay_double_cut(d, NULL);
	close_store(d);
	snprintf(wal, sizeof wal, "%s-wal", d->path);
	unlink(wal);
	copy_file(d->copy, d->path);
	open_store(d);
}

uint64_t relay_double_ms(const struct relay_double *d)
{
	return d->ms;
}

uint64_t relay_double_now(const struct relay_double *d)
{
	return DOUBLE_NOW + d->ms / 1000;
}

void relay_double_doubt(struct relay_double *d, bool doubtful)
{
	d->doubtful = doubtful;
}
