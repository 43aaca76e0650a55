/*
 * Invites in the store: what is kept, what is gone with the end, when even
 * the name is forgotten, and that nothing can be read in the files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/store_kit.h"

#define DETAIL "a remembered detail"
#define BODY   "a bundle that must be gone"
#define DAY    86400

static int setup(void **state)
{
	static struct kit k;

	if (sodium_init() < 0)
		return -1;
	kit_start(&k, NULL);
	kit_people(&k, 2, 0);
	*state = &k;
	return 0;
}

static struct bytes text(const char *s)
{
	return bytes_of(s, strlen(s));
}

static int put(struct kit *k, uint32_t n, bool ended, const char *body)
{
	struct store_invite i = {.id = kit_id('i', n),
		.owner = kit_id('d', 1),
		.until = k->now + DAY,
		.ended = ended,
		.detail = text(DETAIL),
		.body = text(body)};
	int rc;

	kit_begin(k);
	rc = store_invite_put(k->st, &i);
	kit_commit(k);
	return rc;
}

/* ${body} NULL: there is no such invite; "": it has ended. */
static void assert_invite(struct kit *k, uint32_t n, const char *body)
{
	struct id16 id = kit_id('i', n), owner = kit_id('d', 1);
	struct store_invite i;
	struct buf raw[2];
	int rc = store_invite_get(store_view(k->st), &id, &i, raw);

	assert_int_equal(rc, body == NULL ? ROWAN_E_NOT_FOUND : 0);
	if (body == NULL)
		return;
	assert_true(id16_eq(&i.id, &id));
	assert_true(id16_eq(&i.owner, &owner));
	assert_int_equal(i.ended, body[0] == '\0');
	assert_true(bytes_eq(i.detail, text(DETAIL)));
	assert_true(bytes_eq(i.body, text(body)));
	buf_wipe(&raw[0]);
	buf_wipe(&raw[1]);
}

static void assert_count(struct kit *k, uint32_t device, uint32_t want)
{
	struct id16 id = kit_id('d', device);
	uint32_t n;

	assert_int_equal(store_invite_count(store_view(k->st), &id, &n), 0);
	assert_int_equal(n, want);
}

static void expire(struct kit *k)
{
	struct store_slice s;

	kit_begin(k);
	assert_int_equal(store_expire(k->st, 100, &s), 0);
	kit_commit(k);
}

static void is_kept_and_replaced(void **state)
{
	struct kit *k = *state;

	assert_invite(k, 1, NULL);
	assert_int_equal(put(k, 1, false, BODY), 0);
	assert_int_equal(put(k, 2, false, "another"), 0);
	assert_invite(k, 1, BODY);
	assert_invite(k, 2, "another");
	assert_count(k, 1, 2);
	assert_count(k, 2, 0);
	assert_count(k, 99, 0);
	kit_reopen(k);
	assert_int_equal(put(k, 1, false, "changed"), 0);
	assert_invite(k, 1, "changed");
	assert_count(k, 1, 2);
	assert_false(kit_files_contain(k, BODY, strlen(BODY)));
	assert_false(kit_files_contain(k, DETAIL, strlen(DETAIL)));
	kit_check(k);
}

static void an_end_erases_and_remembers(void **state)
{
	struct kit *k = *state;

	assert_int_equal(put(k, 1, false, BODY), 0);
	assert_int_equal(put(k, 1, true, BODY), ROWAN_E_INVAL);
	assert_invite(k, 1, BODY);
	assert_int_equal(put(k, 1, true, ""), 0);
	assert_invite(k, 1, "");
	assert_count(k, 1, 0);
	/* Noting something more does not keep it longer. */
	assert_int_equal(put(k, 1, true, ""), 0);
	k->now += DAY + STORE_INVITE_MEMORY - 3600;
	expire(k);
	assert_invite(k, 1, "");
	k->now += 2 * 3600;
	expire(k);
	assert_invite(k, 1, NULL);
	kit_check(k);
}

static void time_ends_it_too(void **state)
{
	struct kit *k = *state;

	assert_int_equal(put(k, 1, false, BODY), 0);
	k->now += DAY - 3600;
	expire(k);
	assert_invite(k, 1, BODY);
	k->now += 2 * 3600;
	expire(k);
	assert_invite(k, 1, "");
	assert_count(k, 1, 0);
	k->now += STORE_INVITE_MEMORY;
	expire(k);
	assert_invite(k, 1, NULL);
	kit_check(k);
}

static void what_cannot_be_is_refused(void **state)
{
	struct kit *k = *state;
	static uint8_t big[STORE_INVITE_BODY_MAX + 1];
	struct store_invite i = {.id = kit_id('i', 1),
		.owner = kit_id('d', 9),
		.until = k->now + DAY};

	kit_begin(k);
	assert_int_equal(store_invite_put(k->st, &i), ROWAN_E_REFUSED);
	i.owner = kit_id('d', 1);
	i.body = bytes_of(big, sizeof big);
	assert_int_equal(store_invite_put(k->st, &i), ROWAN_E_INVAL);
	i.body.len--;
	i.detail = bytes_of(big, STORE_INVITE_DETAIL_MAX + 1);
	assert_int_equal(store_invite_put(k->st, &i), ROWAN_E_INVAL);
	i.detail.len--;
	assert_int_equal(store_invite_put(k->st, &i), 0);
	kit_commit(k);
	assert_count(k, 1, 1);
	kit_check(k);
}

static void it_goes_with_its_operation(void **state)
{
	struct kit *k = *state;
	struct store_invite i = {.id = kit_id('i', 1),
		.owner = kit_id('d', 1),
		.until = k->now + DAY,
		.body = text(BODY)};

	kit_begin(k);
	assert_int_equal(store_mark(k->st), 0);
	assert_int_equal(store_invite_put(k->st, &i), 0);
	assert_int_equal(store_undo(k->st), 0);
	kit_commit(k);
	assert_invite(k, 1, NULL);
	assert_int_equal(put(k, 1, false, BODY), 0);
	assert_invite(k, 1, BODY);
	kit_check(k);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, kit_teardown)
	const struct CMUnitTest tests[] = {
		T(is_kept_and_replaced),
		T(an_end_erases_and_remembers),
		T(time_ends_it_too),
		T(what_cannot_be_is_refused),
		T(it_goes_with_its_operation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
