/*
 * A store in a directory of its own. See store_kit.h.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/store_kit.h"

struct id16 kit_id(char kind, uint32_t n)
{
	struct id16 id;

	memset(id.b, 0xc5, sizeof(id.b));
	id.b[0] = (uint8_t)kind;
	memcpy(id.b + 4, &n, sizeof(n));
	return id;
}

static void open_store(struct kit *k)
{
	assert_int_equal(store_open(&k->st, &k->options), 0);
}

void kit_start(struct kit *k, const char *base)
{
	memset(k, 0, sizeof(*k));
	snprintf(k->dir, sizeof(k->dir), "%s/store-XXXXXX",
		base ? base : "/tmp");
	assert_non_null(mkdtemp(k->dir));
	snprintf(k->path, sizeof(k->path), "%s/store.db", k->dir);
	memset(k->key.b, 7, sizeof(k->key.b));
	k->now = KIT_NOW;
	k->options = (struct store_options){.path = k->path,
		.key = &k->key,
		.mailbox_max = 1000,
		.mailbox_reserve = 10};
	open_store(k);
}

void kit_reopen(struct kit *k)
{
	store_close(k->st);
	open_store(k);
}

/* Call for each file of the directory. */
static void each_file(
	struct kit *k, void (*visit)(const char *name, void *arg), void *arg)
{
	char name[PATH_MAX];
	struct dirent *e;
	DIR *d = opendir(k->dir);

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", k->dir, e->d_name);
		visit(name, arg);
	}
	closedir(d);
}

static void remove_file(const char *name, void *arg)
{
	unlink(name);
}

void kit_stop(struct kit *k)
{
	store_close(k->st);
	each_file(k, remove_file, NULL);
	rmdir(k->dir);
}

void kit_begin(struct kit *k)
{
	assert_int_equal(store_begin(k->st, k->now), 0);
}

void kit_commit(struct kit *k)
{
	assert_int_equal(store_commit(k->st), 0);
}

void kit_device(struct kit *k, uint32_t n, uint32_t member)
{
	struct store_device d = {.id = kit_id('d', n),
		.member = kit_id('m', member),
		.role = 1,
		.agency = "police"};

	memset(d.transport.b, 0x3b, sizeof(d.transport.b));
	memcpy(d.transport.b, &n, sizeof(n));
	assert_int_equal(store_device_put(k->st, &d, bytes_of("a card", 6)), 0);
}

void kit_channel(struct kit *k, uint32_t n, const uint32_t *members, size_t len)
{
	struct store_case c = {.id = kit_id('s', n)};
	struct store_channel ch = {
		.id = kit_id('c', n), .case_id = c.id, .kind = 1};

	assert_int_equal(store_case_put(k->st, &c), 0);
	assert_int_equal(store_channel_put(k->st, &ch), 0);
	for (size_t i = 0; i < len; i++) {
		struct store_assignment a = {.member = kit_id('m', members[i])};

		assert_int_equal(store_assign(k->st, &ch.id, &a), 0);
	}
}

void kit_people(struct kit *k, uint32_t devices, uint32_t members)
{
	uint32_t in[16];

	assert_true(members <= devices && members <= 16);
	kit_begin(k);
	for (uint32_t n = 1; n <= devices; n++)
		kit_device(k, n, n);
	for (uint32_t i = 0; i < members; i++)
		in[i] = i + 1;
	if (members > 0)
		kit_channel(k, 1, in, members);
	kit_commit(k);
}

const struct id16 *kit_at(char kind, uint32_t n)
{
	static struct id16 ids[2];
	static int turn;

	turn ^= 1;
	ids[turn] = kit_id(kind, n);
	return &ids[turn];
}

int kit_teardown(void **state)
{
	kit_check(*state);
	kit_stop(*state);
	return 0;
}

struct store_envelope kit_envelope(
	uint32_t channel, uint64_t counter, const char *body)
{
	return (struct store_envelope){.channel = kit_id('c', channel),
		.counter = counter,
		.kind = 1,
		.body = bytes_of(body, strlen(body))};
}

int kit_submit(struct kit *k, uint32_t device, uint32_t channel,
	uint64_t counter, const char *body)
{
	struct store_envelope e = kit_envelope(channel, counter, body);
	struct id16 from = kit_id('d', device);
	struct store_submitted done;

	return store_submit(k->st, &from, &e, &done);
}

size_t kit_waiting(struct kit *k, uint32_t device)
{
	struct store_fetch f = {.device = kit_id('d', device),
		.max_items = UINT32_MAX,
		.max_bytes = UINT32_MAX};
	struct store_batch *b;
	size_t len;
	bool more;

	assert_int_equal(store_batch_new(&b), 0);
	assert_int_equal(store_fetch(store_view(k->st), &f, b, &more), 0);
	assert_false(more);
	store_batch_items(b, &len);
	store_batch_free(b);
	return len;
}

size_t kit_ack(struct kit *k, uint32_t device, uint64_t first, uint64_t last)
{
	struct store_range range = {first, last};
	struct id16 id = kit_id('d', device);
	size_t removed;

	assert_int_equal(store_acknowledge(k->st, &id, &range, 1, &removed), 0);
	return removed;
}

void kit_check(struct kit *k)
{
	const char *problem = NULL;
	int r = store_check(store_view(k->st), &problem);

	if (r != 0)
		fail_msg("%d: %s", r, problem ? problem : "no problem named");
}

struct search {
	const void *data;
	size_t len;
	bool found;
};

static void search_file(const char *name, void *arg)
{
	struct search *s = arg;
	FILE *f = fopen(name, "rb");
	char *data;
	long size;

	if (f == NULL)
		return;
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	size = ftell(f);
	rewind(f);
	data = malloc((size_t)size + 1);
	assert_non_null(data);
	assert_int_equal(fread(data, 1, (size_t)size, f), size);
	if (memmem(data, (size_t)size, s->data, s->len) != NULL)
		s->found = true;
	free(data);
	fclose(f);
}

bool kit_files_contain(struct kit *k, const void *data, size_t len)
{
	struct search s = {data, len, false};

	each_file(k, search_file, &s);
	return s.found;
}
