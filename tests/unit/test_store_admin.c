/*
 * Administration of the store: walking, counting, what a restore voids, copies,
 * and since when something urgent waits.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>
#include <sys/stat.h>

#include "backup/make.h"
#include "lib/store_kit.h"
#include "store/internal.h"

static int setup(void **state)
{
	static struct kit k;

	if (sodium_init() < 0)
		return -1;
	kit_start(&k, NULL);
	kit_people(&k, 2, 2);
	*state = &k;
	return 0;
}

static void devices(void **state)
{
	struct kit *k = *state;
	struct store_reader *rd = store_view(k->st);
	struct id16 one = kit_id('d', 1), two = kit_id('d', 2);
	struct store_device d;
	int64_t row = 0;

	assert_int_equal(store_device_next(rd, &row, &d), 0);
	assert_true(id16_eq(&d.id, &one));
	assert_int_equal(store_device_next(rd, &row, &d), 0);
	assert_true(id16_eq(&d.id, &two));
	assert_int_equal(store_device_next(rd, &row, &d), ROWAN_E_NOT_FOUND);
}

static int put_urgent(struct kit *k, uint64_t counter)
{
	struct store_envelope e = kit_envelope(1, counter, "urgent");
	struct id16 from = kit_id('d', 1);
	struct store_submitted done;

	e.urgent = true;
	return store_submit(k->st, &from, &e, &done);
}

static uint64_t oldest(struct kit *k)
{
	uint64_t since;

	assert_int_equal(store_urgent(k->st, &since), 0);
	return since;
}

static void urgent(void **state)
{
	struct kit *k = *state;
	uint64_t first;

	assert_int_equal(oldest(k), 0);
	kit_begin(k);
	assert_int_equal(kit_submit(k, 1, 1, 1, "can wait"), 0);
	kit_commit(k);
	assert_int_equal(oldest(k), 0);
	/* One that was taken back was never there. */
	kit_begin(k);
	assert_int_equal(store_mark(k->st), 0);
	assert_int_equal(put_urgent(k, 2), 0);
	assert_int_equal(store_undo(k->st), 0);
	kit_commit(k);
	assert_int_equal(oldest(k), 0);
	first = k->now;
	kit_begin(k);
	assert_int_equal(put_urgent(k, 3), 0);
	kit_commit(k);
	k->now += 100;
	kit_begin(k);
	assert_int_equal(put_urgent(k, 4), 0);
	kit_commit(k);
	assert_int_equal(oldest(k), first);
	/* Fetched: the next one is the oldest, then there is none. */
	kit_begin(k);
	assert_int_equal(kit_ack(k, 2, 1, 1000), 3);
	kit_commit(k);
	kit_begin(k);
	assert_int_equal(store_sweep(k->st, 100, &(struct store_slice){0}), 0);
	kit_commit(k);
	assert_int_equal(oldest(k), 0);
}

/* What waited before a restart waits still, known to the hour. */
static void urgent_before(void **state)
{
	struct store_urgent_found f;
	struct kit *k = *state;
	uint64_t hour;

	kit_begin(k);
	assert_int_equal(kit_submit(k, 1, 1, 1, "can wait"), 0);
	assert_int_equal(put_urgent(k, 2), 0);
	kit_commit(k);
	hour = k->now - k->now % 3600;
	store_close(k->st);
	k->now += 5000;
	assert_int_equal(store_open(&k->st, &k->options), 0);
	assert_false(store_urgent_known(k->st));
	assert_int_equal(oldest(k), 0);
	assert_int_equal(store_urgent_find(store_view(k->st), &f), 0);
	assert_int_equal(f.len, 1);
	store_urgent_take(k->st, &f);
	store_urgent_take(k->st, &f);
	assert_true(store_urgent_known(k->st));
	assert_int_equal(oldest(k), hour);
	kit_begin(k);
	assert_int_equal(kit_ack(k, 2, 1, 100000), 2);
	assert_int_equal(store_sweep(k->st, 100, &(struct store_slice){0}), 0);
	kit_commit(k);
	assert_int_equal(oldest(k), 0);
	assert_int_equal(store_urgent_find(store_view(k->st), &f), 0);
	assert_int_equal(f.len, 0);
}

static void put_invite(struct kit *k, uint32_t n)
{
	struct store_invite i = {.id = kit_id('i', n),
		.owner = kit_id('d', 1),
		.until = k->now + 86400,
		.detail = bytes_of("detail", 6),
		.body = bytes_of("a bundle", 8)};

	assert_int_equal(store_invite_put(k->st, &i), 0);
}

static void invites(void **state)
{
	struct kit *k = *state;
	struct store_reader *rd = store_view(k->st);
	struct id16 owner = kit_id('d', 1);
	struct store_invite_row i;
	int64_t row = 0, first;
	uint32_t open;

	kit_begin(k);
	put_invite(k, 1);
	put_invite(k, 2);
	kit_commit(k);
	assert_int_equal(store_invite_next(rd, &row, &i), 0);
	first = row;
	assert_false(i.ended);
	assert_true(id16_eq(&i.owner, &owner));
	kit_begin(k);
	assert_int_equal(store_invite_end(k->st, first), 0);
	assert_int_equal(store_invite_end(k->st, first), ROWAN_E_NOT_FOUND);
	assert_int_equal(store_invite_end(k->st, 999), ROWAN_E_NOT_FOUND);
	kit_commit(k);
	assert_int_equal(store_invite_count(rd, &owner, &open), 0);
	assert_int_equal(open, 1);
	assert_int_equal(store_invite_next(rd, &row, &i), 0);
	assert_int_equal(store_invite_next(rd, &row, &i), ROWAN_E_NOT_FOUND);
}

static void voided(void **state)
{
	struct kit *k = *state;
	struct store_package p = {.body = bytes_of("package", 7),
		.hash = {1},
		.until = k->now + 1000};
	struct id16 id = kit_id('d', 2);
	struct store_voided done;
	struct store_stock stock;

	kit_begin(k);
	assert_int_equal(store_package_put(k->st, &id, &p, 10), 0);
	p.hash[0] = 2;
	p.last_resort = true;
	assert_int_equal(store_package_put(k->st, &id, &p, 10), 0);
	put_invite(k, 1);
	kit_commit(k);
	kit_begin(k);
	assert_int_equal(store_void(k->st, &done), 0);
	kit_commit(k);
	assert_int_equal(done.packages, 2);
	assert_int_equal(done.invites, 1);
	assert_int_equal(
		store_package_count(store_view(k->st), &id, &stock), 0);
	assert_int_equal(stock.available, 0);
	assert_false(stock.last_resort);
	/* What was published once is not published again. */
	kit_begin(k);
	assert_int_equal(store_package_put(k->st, &id, &p, 10), ROWAN_E_EXISTS);
	kit_commit(k);
	kit_check(k);
}

/* Where the one envelope of now went. */
static uint64_t sequence_of(struct kit *k, uint64_t number)
{
	struct store_envelope e = kit_envelope(1, number, "one more");
	struct id16 from = kit_id('d', 1);
	struct store_submitted done;
	uint64_t ret;

	kit_begin(k);
	assert_int_equal(store_submit(k->st, &from, &e, &done), 0);
	assert_true(done.deliveries_len > 0);
	ret = done.deliveries[0].seq;
	kit_commit(k);
	return ret;
}

/* Two restores of the same backup give no sequence twice, to nobody. */
static void sequences_are_new_after_each_restore(void **state)
{
	struct kit *k = *state;
	struct store_voided done;
	uint64_t first, second;
	int64_t fresh;

	assert_int_equal(sequence_of(k, 1), 1);
	assert_int_equal(mailbox_first(k->st, &fresh), 0);
	assert_int_equal(fresh, 1);
	kit_begin(k);
	assert_int_equal(store_void(k->st, &done), 0);
	kit_commit(k);
	first = sequence_of(k, 2);
	assert_true(first >= k->now << 20);
	/* A device whose card comes back later, too. */
	assert_int_equal(mailbox_first(k->st, &fresh), 0);
	assert_int_equal(fresh, k->now << 20);
	/* Later, and as if what came after the first were not there. */
	k->now += 2;
	kit_begin(k);
	assert_int_equal(store_void(k->st, &done), 0);
	kit_commit(k);
	second = sequence_of(k, 3);
	assert_true(second >= k->now << 20);
	assert_true(second > first + (1u << 20));
	kit_check(k);
}

static void due(void **state)
{
	struct kit *k = *state;
	struct store_envelope e = kit_envelope(1, 1, "soon over");
	struct id16 from = kit_id('d', 1);
	struct store_submitted done;
	struct store_due d;

	e.expires = k->now + 7200;
	kit_begin(k);
	assert_int_equal(store_submit(k->st, &from, &e, &done), 0);
	kit_commit(k);
	assert_int_equal(store_due(store_view(k->st), k->now, &d), 0);
	assert_int_equal(d.envelopes, 0);
	assert_int_equal(store_due(store_view(k->st), k->now + 20000, &d), 0);
	assert_int_equal(d.envelopes, 1);
}

/* Into ${path}, by way of a file that has no name. */
static void take_copy(struct kit *k, const char *path)
{
	struct store_copying c = {.store = k->st, .path = path};
	uint8_t part[4096];
	int from, to;
	ssize_t n;

	assert_int_equal(store_copy(&c, &from), 0);
	assert_int_not_equal(access(path, F_OK), 0);
	to = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	lseek(from, 0, SEEK_SET);
	while ((n = read(from, part, sizeof part)) > 0)
		assert_int_equal(write(to, part, (size_t)n), n);
	close(from);
	close(to);
	assert_int_equal(store_copy(&c, &from), ROWAN_E_EXISTS);
	assert_int_equal(from, -1);
}

/* Told to, a copy that takes long is given up, and nothing is left of it. */
static void copy_gives_up(void **state)
{
	struct kit *k = *state;
	_Atomic int stop = 0;
	char path[128];
	struct store_copying c = {.store = k->st, .path = path, .stop = &stop};
	int fd;

	snprintf(path, sizeof path, "%s/copy.db", k->dir);
	kit_begin(k);
	for (uint64_t i = 1; i <= 400; i++)
		assert_int_equal(kit_submit(k, 1, 1, i, "many"), 0);
	kit_commit(k);
	assert_int_equal(store_copy(&c, &fd), 0);
	close(fd);
	stop = 1;
	assert_int_equal(store_copy(&c, &fd), ROWAN_E_AGAIN);
	assert_int_equal(fd, -1);
	assert_int_not_equal(access(path, F_OK), 0);
}

/* So does looking through all there is; it is not damaged for that. */
static void reader_gives_up(void **state)
{
	struct kit *k = *state;
	struct store_reader *rd;
	const char *problem;
	_Atomic int stop = 0;

	kit_begin(k);
	for (uint64_t i = 1; i <= 400; i++)
		assert_int_equal(kit_submit(k, 1, 1, i, "many"), 0);
	kit_commit(k);
	assert_int_equal(store_reader_open(&rd, k->st), 0);
	store_reader_stop(rd, &stop);
	assert_int_equal(store_check(rd, &problem), 0);
	stop = 1;
	assert_int_equal(store_check(rd, &problem), ROWAN_E_AGAIN);
	assert_null(problem);
	store_reader_close(rd);
}

/* A backup as well: nothing of it is left in its folder. */
static void backup_gives_up(void **state)
{
	struct kit *k = *state;
	_Atomic int stop = 1;
	char folder[128], pub[160], file[200];
	struct backup_making m = {.store = k->st,
		.dir = folder,
		.key = pub,
		.now = 1700000000,
		.stop = &stop};
	struct backup_entry e;
	struct key32 key = {{9}};

	snprintf(folder, sizeof folder, "%s/backups", k->dir);
	assert_int_equal(mkdir(folder, 0700), 0);
	snprintf(pub, sizeof pub, "%s/pub", k->dir);
	assert_int_equal(backup_key_write(pub, &key), 0);
	assert_int_equal(backup_make(&m, &e), ROWAN_E_STATE);
	/* Only an empty folder can be removed. */
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
	stop = 0;
	assert_int_equal(backup_make(&m, &e), 0);
	snprintf(file, sizeof file, "%s/%s", folder, e.name);
	assert_int_equal(access(file, F_OK), 0);
	assert_int_equal(backup_newest(folder, &e), 0);
	assert_true(e.noted);
}

static void copies(void **state)
{
	struct kit *k = *state;
	struct store_options o = k->options;
	struct store *copy;
	char path[128];
	int64_t schema;

	snprintf(path, sizeof path, "%s/copy.db", k->dir);
	kit_begin(k);
	assert_int_equal(kit_submit(k, 1, 1, 1, "in the copy"), 0);
	kit_commit(k);
	take_copy(k, path);
	assert_int_equal(store_schema(path, &schema), 0);
	assert_int_equal(schema, store_schema_newest());
	kit_begin(k);
	assert_int_equal(kit_submit(k, 1, 1, 2, "not in it"), 0);
	kit_commit(k);
	o.path = path;
	assert_int_equal(store_open(&copy, &o), 0);
	{
		struct id16 to = kit_id('d', 2);
		uint64_t waiting;

		assert_int_equal(
			store_waiting(store_view(copy), &to, &waiting), 0);
		assert_int_equal(waiting, 1);
	}
	store_close(copy);
	/* Not while a transaction is open; afterwards all is there. */
	kit_begin(k);
	assert_int_equal(store_vacuum(k->st), ROWAN_E_STATE);
	kit_commit(k);
	assert_int_equal(store_vacuum(k->st), 0);
	assert_int_equal(kit_waiting(k, 2), 2);
	kit_check(k);
	assert_int_equal(store_schema("/no/such/file", &schema), 0);
	assert_int_equal(schema, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(devices, setup, kit_teardown),
		cmocka_unit_test_setup_teardown(urgent, setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
			urgent_before, setup, kit_teardown),
		cmocka_unit_test_setup_teardown(invites, setup, kit_teardown),
		cmocka_unit_test_setup_teardown(voided, setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
			sequences_are_new_after_each_restore, setup,
			kit_teardown),
		cmocka_unit_test_setup_teardown(due, setup, kit_teardown),
		cmocka_unit_test_setup_teardown(copies, setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
			copy_gives_up, setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
			reader_gives_up, setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
			backup_gives_up, setup, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
