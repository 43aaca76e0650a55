/*
 * A channel of as many devices as it takes, each with the largest leaf there
 * may be and the tree full of keys: a Welcome to it is one frame still, or
 * nobody could be added any more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <rowan/mls.h>

#include "wire/limits.h"

#define MANY WIRE_CHANNEL_DEVICES_MAX
#define LAST WIRE_CLAIMS_MAX /* come together in the end */
#define PAD  0xfff1

static const uint16_t supported = PAD;
static uint8_t zeros[WIRE_KEY_PACKAGE_MAX];

struct device {
	struct rowan_mls *mls;
	struct rowan_mls_buf package;
	struct rowan_mls_group *group;
};

static struct device devices[MANY];

static struct rowan_mls_bytes view(const struct rowan_mls_buf *b)
{
	return (struct rowan_mls_bytes){b->data, b->len};
}

static void package(struct device *d, size_t pad)
{
	const struct rowan_mls_extension e = {PAD, {zeros, pad}};
	const struct rowan_mls_key_package_options o = {
		.last_resort = true, .leaf_extensions = {&e, 1}};

	rowan_mls_buf_free(&d->package);
	assert_int_equal(
		rowan_mls_key_package(d->mls, &o, &d->package, NULL), 0);
}

/* With a key package that fills its limit to the last byte. */
static void begin(struct device *d)
{
	struct rowan_mls_options o = {
		.credential = {ROWAN_MLS_BASIC, {zeros, 700}},
		.extensions = {&supported, 1}};

	rowan_mls_host_init(&o.host);
	assert_int_equal(rowan_mls_new(&o, &d->mls), 0);
	package(d, 100);
	package(d, 100 + WIRE_KEY_PACKAGE_MAX - d->package.len);
	assert_int_equal(d->package.len, WIRE_KEY_PACKAGE_MAX);
}

static void add(struct device *by, struct device *who, size_t n,
	struct rowan_mls_committed *ret)
{
	struct rowan_mls_proposal p[LAST];
	struct rowan_mls_commit_options o = {.proposals = p,
		.n = n,
		.tree = true,
		.wire = {.is_public = true}};

	for (size_t i = 0; i < n; i++)
		p[i] = (struct rowan_mls_proposal){.type = ROWAN_MLS_ADD,
			.key_package = view(&who[i].package)};
	assert_int_equal(rowan_mls_commit(by->group, &o, ret), 0);
}

/* Each adds the next one, so that each has had a path. */
static void one_by_one(struct rowan_mls_committed *ret)
{
	size_t i;

	assert_int_equal(rowan_mls_group_create(devices[0].mls,
				 (struct rowan_mls_bytes){zeros, 16},
				 (struct rowan_mls_extensions){NULL, 0},
				 &devices[0].group),
		0);
	for (i = 0; i + 1 < MANY - LAST; i++) {
		add(&devices[i], &devices[i + 1], 1, ret);
		rowan_mls_group_free(devices[i].group);
		devices[i].group = NULL;
		assert_int_equal(
			rowan_mls_join(devices[i + 1].mls, view(&ret->welcome),
				NULL, &devices[i + 1].group),
			0);
		rowan_mls_committed_free(ret);
	}
	add(&devices[i], &devices[i + 1], LAST, ret);
	assert_int_equal(rowan_mls_merge_commit(devices[i].group), 0);
}

static void a_welcome_is_one_frame(void **state)
{
	struct rowan_mls_group *g;
	struct rowan_mls_committed made;
	struct rowan_mls_member m;
	size_t largest = 0;

	for (size_t i = 0; i < MANY; i++)
		begin(&devices[i]);
	one_by_one(&made);
	print_message("[          ] Welcome %zu, commit %zu bytes\n",
		made.welcome.len, made.commit.len);
	assert_true(made.welcome.len <= WIRE_WELCOME_MAX);
	assert_true(made.commit.len <= WIRE_FRAME_MAX);
	/* No smaller than what such a tree needs. */
	assert_true(made.welcome.len > MANY * (WIRE_LEAF_MAX - 40));
	g = devices[MANY - LAST - 1].group;
	assert_int_equal(rowan_mls_group_member_count(g), MANY);
	for (uint32_t leaf = 0; rowan_mls_group_next_member(g, &leaf, &m);
		leaf++)
		if (m.leaf_node.len > largest)
			largest = m.leaf_node.len;
	assert_in_range(largest, WIRE_LEAF_MAX - 40, WIRE_LEAF_MAX);
	rowan_mls_committed_free(&made);
	for (size_t i = 0; i < MANY; i++) {
		rowan_mls_group_free(devices[i].group);
		rowan_mls_buf_free(&devices[i].package);
		rowan_mls_free(devices[i].mls);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_welcome_is_one_frame)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
