/*
 * The benchmark of lib/mls: what each operation costs at 2, 10, 50 and 500
 * members, in microseconds and bytes, beside the bare cost of the X25519,
 * Ed25519 and hash operations it makes, measured in the same run.
 *
 *     mls_bench [MEMBERS...]
 *
 * Groups are grown the way that fills the tree: every newcomer commits once
 * and adds the next. The first member, whose path is as long as the tree is
 * high, stays and commits; the last one follows. Times are medians of
 * processor time on one core; messages are timed in batches, for asking the
 * time costs as much as a hash.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include <rowan/mls.h>

#include "mls/bench_count.h"

#define ROUNDS_MAX 200
#define BATCH	   20  /* messages */
#define CROWD_MAX  100 /* members that all live at once */

static const struct rowan_mls_bytes nothing = {NULL, 0};

/* One measured operation. */
struct measure {
	const char *name;
	double ns[ROUNDS_MAX];
	double bare[ROUNDS_MAX];
	size_t n;
	size_t bytes;
	struct bench_count count; /* of the last round */
	uint64_t start;
};

/* The first and the last member, up to date in a group of a given size. */
struct pair {
	struct rowan_mls *client[2];
	struct rowan_mls_group *group[2];
	uint32_t members;
};

static void check(int rc, const char *what)
{
	if (rc == 0)
		return;
	fprintf(stderr, "bench: %s: %s\n", what, rowan_strerror(rc));
	exit(1);
}

static struct rowan_mls_bytes view(const struct rowan_mls_buf *b)
{
	return (struct rowan_mls_bytes){b->data, b->len};
}

static void begin(struct measure *m)
{
	bench_count_reset();
	m->start = bench_now();
}

/* The end of ${n} operations. */
static void end_of(struct measure *m, size_t n, size_t bytes)
{
	uint64_t stop = bench_now();

	bench_count_get(&m->count, n);
	m->bytes = bytes;
	if (m->n < ROUNDS_MAX) {
		m->ns[m->n] = (double)(stop - m->start) / (double)n;
		m->bare[m->n++] = bench_bare(&m->count);
	}
}

static void end(struct measure *m, size_t bytes)
{
	end_of(m, 1, bytes);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof *v, by_size);
	return v[n / 2];
}

static double print_row(struct measure *m, uint32_t members)
{
	double us = median(m->ns, m->n) / 1000;
	double bare = median(m->bare, m->n) / 1000;

	printf("| %7u | %-11s | %9.1f | %8zu | %9.1f | %5.2f |"
	       " %4llu | %4llu | %4llu | %6llu |\n",
		members, m->name, us, m->bytes, bare,
		bare > 0 ? us / bare : 0.0,
		(unsigned long long)(m->count.dh + m->count.base),
		(unsigned long long)m->count.sign,
		(unsigned long long)m->count.verify,
		(unsigned long long)(m->count.hash + m->count.mac));
	return bare > 0 ? us / bare : 0.0;
}

static struct rowan_mls *client(uint32_t id)
{
	uint8_t identity[16] = {0};
	struct rowan_mls_options o = {
		.credential = {ROWAN_MLS_BASIC, {identity, sizeof identity}}};
	struct rowan_mls *ret;

	memcpy(identity, &id, sizeof id);
	rowan_mls_host_init(&o.host);
	check(rowan_mls_new(&o, &ret), "client");
	return ret;
}

static void accept(struct rowan_mls_group *group, struct rowan_mls_bytes m)
{
	struct rowan_mls_received *r;

	check(rowan_mls_process(group, m, &r), "process");
	check(rowan_mls_accept(group, r), "accept");
	rowan_mls_received_free(r);
}

/*
 * ${by} adds ${who} with a full commit, which is merged; the ${n} members
 * ${beside} it follow; ${who} joins.
 */
static struct rowan_mls_group *grow(struct rowan_mls_group *by,
	struct rowan_mls_group **beside, uint32_t n, struct rowan_mls *who)
{
	struct rowan_mls_proposal p = {.type = ROWAN_MLS_ADD};
	struct rowan_mls_commit_options o = {
		.proposals = &p, .n = 1, .tree = true};
	struct rowan_mls_committed c;
	struct rowan_mls_buf package;
	struct rowan_mls_group *ret;

	check(rowan_mls_key_package(who, NULL, &package, NULL), "key package");
	p.key_package = view(&package);
	check(rowan_mls_commit(by, &o, &c), "commit");
	check(rowan_mls_merge_commit(by), "merge");
	for (uint32_t i = 0; i < n; i++)
		accept(beside[i], view(&c.commit));
	check(rowan_mls_join(who, view(&c.welcome), NULL, &ret), "join");
	rowan_mls_committed_free(&c);
	rowan_mls_buf_free(&package);
	return ret;
}

/* Let the group grow to ${members}: only the first and last have to follow. */
static void pair_grow(struct pair *p, uint32_t members)
{
	while (p->members < members) {
		struct rowan_mls *next = client(p->members);
		struct rowan_mls_group *joined =
			grow(p->group[1], &p->group[0], 1, next);

		rowan_mls_group_free(p->group[1]);
		rowan_mls_free(p->client[1]);
		p->client[1] = next;
		p->group[1] = joined;
		p->members++;
	}
}

static void pair_begin(struct pair *p)
{
	*p = (struct pair){.members = 2};
	p->client[0] = client(0);
	p->client[1] = client(1);
	check(rowan_mls_group_create(p->client[0], nothing,
		      (struct rowan_mls_extensions){NULL, 0}, &p->group[0]),
		"create");
	p->group[1] = grow(p->group[0], NULL, 0, p->client[1]);
}

static void pair_end(struct pair *p)
{
	for (int i = 0; i < 2; i++) {
		rowan_mls_group_free(p->group[i]);
		rowan_mls_free(p->client[i]);
	}
}

/* ---- what is measured --------------------------------------------------- */

static void measure_key_package(struct measure *m, uint32_t id)
{
	struct rowan_mls *who = client(id);
	struct rowan_mls_buf package;

	begin(m);
	check(rowan_mls_key_package(who, NULL, &package, NULL), "key package");
	end(m, package.len);
	rowan_mls_buf_free(&package);
	rowan_mls_free(who);
}

/* Add somebody, discard the commit; the newcomer joins all the same. */
static void measure_add(
	struct pair *p, struct measure *add, struct measure *join)
{
	struct rowan_mls *who = client(UINT32_MAX);
	struct rowan_mls_proposal proposal = {.type = ROWAN_MLS_ADD};
	struct rowan_mls_commit_options o = {
		.proposals = &proposal, .n = 1, .tree = true};
	struct rowan_mls_committed c;
	struct rowan_mls_buf package;
	struct rowan_mls_group *group;

	check(rowan_mls_key_package(who, NULL, &package, NULL), "key package");
	proposal.key_package = view(&package);
	begin(add);
	check(rowan_mls_commit(p->group[0], &o, &c), "add");
	end(add, c.commit.len + c.welcome.len);
	rowan_mls_discard_commit(p->group[0]);
	begin(join);
	check(rowan_mls_join(who, view(&c.welcome), NULL, &group), "join");
	end(join, c.welcome.len);
	rowan_mls_group_free(group);
	rowan_mls_committed_free(&c);
	rowan_mls_buf_free(&package);
	rowan_mls_free(who);
}

static void measure_commit(
	struct pair *p, struct measure *commit, struct measure *process)
{
	struct rowan_mls_committed c;
	struct rowan_mls_received *r;

	begin(commit);
	check(rowan_mls_commit(p->group[0], NULL, &c), "commit");
	check(rowan_mls_merge_commit(p->group[0]), "merge");
	end(commit, c.commit.len);
	begin(process);
	check(rowan_mls_process(p->group[1], view(&c.commit), &r), "process");
	check(rowan_mls_accept(p->group[1], r), "accept");
	end(process, c.commit.len);
	rowan_mls_received_free(r);
	rowan_mls_committed_free(&c);
}

static void measure_messages(
	struct pair *p, struct measure *encrypt, struct measure *decrypt)
{
	static const uint8_t text[1024];
	struct rowan_mls_received *r[BATCH];
	struct rowan_mls_buf message[BATCH];

	begin(encrypt);
	for (int i = 0; i < BATCH; i++)
		check(rowan_mls_send(p->group[0],
			      (struct rowan_mls_bytes){text, sizeof text}, NULL,
			      &message[i]),
			"send");
	end_of(encrypt, BATCH, message[0].len);
	begin(decrypt);
	for (int i = 0; i < BATCH; i++)
		check(rowan_mls_process(p->group[1], view(&message[i]), &r[i]),
			"receive");
	end_of(decrypt, BATCH, message[0].len);
	for (int i = 0; i < BATCH; i++) {
		rowan_mls_received_free(r[i]);
		rowan_mls_buf_free(&message[i]);
	}
}

/* What one group holds in memory, and in a blob. */
static void measure_state(struct pair *p)
{
	struct rowan_mls_group *again;
	struct rowan_mls_buf blob;
	struct rowan_mls_bytes hash;
	long before;

	check(rowan_mls_group_save(p->group[1], &blob), "save");
	before = bench_live();
	check(rowan_mls_group_load(p->client[1], view(&blob), &again), "load");
	hash = rowan_mls_group_tree_hash(again);
	printf("| %7u | %-11s | memory %.1f KiB, saved %.1f KiB%s\n",
		p->members, "state", (double)(bench_live() - before) / 1024,
		(double)blob.len / 1024, hash.len == 0 ? "?" : "");
	rowan_mls_group_free(again);
	rowan_mls_buf_free(&blob);
}

/* Everybody says a word in the group of the first, who hears all of them. */
static void speak(struct rowan_mls_group **group, uint32_t members)
{
	static const struct rowan_mls_bytes word = {(const uint8_t *)"x", 1};

	for (uint32_t i = 0; i < members; i++) {
		struct rowan_mls_received *r;
		struct rowan_mls_buf m;

		check(rowan_mls_send(group[i], word, NULL, &m), "send");
		if (i > 0) {
			check(rowan_mls_process(group[0], view(&m), &r),
				"receive");
			rowan_mls_received_free(r);
		}
		rowan_mls_buf_free(&m);
	}
}

/*
 * The most a group holds without anything lost or pending: the ratchets of
 * all members, once each of them has spoken. What is counted is what comes
 * back when the first member's group is freed.
 */
static void measure_spoken(uint32_t members)
{
	struct rowan_mls **who = calloc(members, sizeof *who);
	struct rowan_mls_group **group = calloc(members, sizeof *group);
	struct rowan_mls_buf blob;
	long before;

	check(who == NULL || group == NULL ? ROWAN_E_NOMEM : 0, "crowd");
	for (uint32_t i = 0; i < members; i++)
		who[i] = client(i);
	check(rowan_mls_group_create(who[0], nothing,
		      (struct rowan_mls_extensions){NULL, 0}, &group[0]),
		"create");
	for (uint32_t i = 1; i < members; i++)
		group[i] = grow(group[i - 1], group, i - 1, who[i]);
	speak(group, members);
	check(rowan_mls_group_save(group[0], &blob), "save");
	before = bench_live();
	rowan_mls_group_free(group[0]);
	group[0] = NULL;
	printf("| %7u | all spoke   | memory %.1f KiB, saved %.1f KiB\n",
		members, (double)(before - bench_live()) / 1024,
		(double)blob.len / 1024);
	rowan_mls_buf_free(&blob);
	for (uint32_t i = 0; i < members; i++) {
		rowan_mls_group_free(group[i]);
		rowan_mls_free(who[i]);
	}
	free(group);
	free(who);
}

static void measure_size(struct pair *p)
{
	struct measure package = {.name = "key package"}, add = {.name = "add"};
	struct measure join = {.name = "join"},
		       commit = {.name = "full commit"};
	struct measure process = {.name = "process"};
	struct measure encrypt = {.name = "encrypt 1K"};
	struct measure decrypt = {.name = "decrypt 1K"};
	int rounds = p->members > 100 ? 10 : 30;

	/* Both have had their turn: nobody is unmerged. */
	for (int i = 0; i < 2; i++) {
		struct rowan_mls_committed c;

		check(rowan_mls_commit(p->group[!i], NULL, &c), "commit");
		check(rowan_mls_merge_commit(p->group[!i]), "merge");
		accept(p->group[i], view(&c.commit));
		rowan_mls_committed_free(&c);
	}
	for (int i = 0; i < rounds; i++) {
		measure_key_package(&package, p->members);
		measure_add(p, &add, &join);
		measure_commit(p, &commit, &process);
		measure_messages(p, &encrypt, &decrypt);
	}
	(void)print_row(&package, p->members);
	(void)print_row(&add, p->members);
	(void)print_row(&commit, p->members);
	(void)print_row(&process, p->members);
	(void)print_row(&join, p->members);
	(void)print_row(&encrypt, p->members);
	(void)print_row(&decrypt, p->members);
	measure_state(p);
	/* Each follows each: not for the largest. */
	if (p->members <= CROWD_MAX)
		measure_spoken(p->members);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static const uint32_t sizes[] = {2, 10, 50, 500};
	struct pair p;

	if (sodium_init() < 0)
		return 2;
	bench_units_measure();
	bench_units_print();
	printf("| members | operation   |        us |    bytes |   bare us |"
	       " ratio |   dh | sign | vrfy | hashes |\n"
	       "|---------|-------------|-----------|----------|-----------|"
	       "-------|------|------|------|--------|\n");
	pair_begin(&p);
	if (argc > 1) {
		for (int i = 1; i < argc; i++) {
			pair_grow(&p, (uint32_t)strtoul(argv[i], NULL, 10));
			measure_size(&p);
		}
	} else {
		for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
			pair_grow(&p, sizes[i]);
			measure_size(&p);
		}
	}
	pair_end(&p);
	return 0;
}
