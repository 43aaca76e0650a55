/*
 * A device's identity: made, kept, read back, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/trust_world.h"
#include "lib/vault_kit.h"
#include "session/vault/identity.h"

static struct vault_kit k;

static int setup(void **state)
{
	vault_kit_begin(&k);
	return 0;
}

static int teardown(void **state)
{
	vault_kit_end(&k);
	return 0;
}

static int put(const struct identity *me)
{
	int rc = vault_begin(k.vault);

	assert_int_equal(rc, 0);
	rc = identity_put(k.vault, me);
	if (rc == 0)
		return vault_commit(k.vault);
	vault_abort(k.vault);
	return rc;
}

static void make(struct identity *me)
{
	assert_int_equal(identity_make(me, NULL), 0);
	assert_int_equal(buf_copy(&me->record, bytes_of("record", 6)), 0);
	strcpy(me->servers[0].endpoint, "tcp://relay.example:7410");
	strcpy(me->servers[1].endpoint, "tcp://[::1]:1");
	me->servers[1].key.b[31] = 9;
	me->server_count = 2;
}

static void test_fresh(void **state)
{
	struct id16 member = {{5}};
	struct identity a, b;

	assert_int_equal(identity_make(&a, NULL), 0);
	assert_int_equal(identity_make(&b, &member), 0);
	assert_memory_not_equal(
		a.signature_seed.b, b.signature_seed.b, KEY32_LEN);
	assert_memory_not_equal(
		a.signature_seed.b, a.transport_secret.b, KEY32_LEN);
	assert_false(id16_eq(&a.device, &b.device));
	assert_false(id16_eq(&a.member, &a.device));
	assert_true(id16_eq(&b.member, &member));
	identity_wipe(&a);
	identity_wipe(&b);
	assert_int_equal(a.signature_seed.b[0] | a.transport_secret.b[31], 0);
}

static void test_kept(void **state)
{
	struct identity a, b;

	assert_int_equal(identity_get(k.vault, &b), ROWAN_E_NOT_FOUND);
	make(&a);
	assert_int_equal(put(&a), 0);
	vault_kit_again(&k);
	assert_int_equal(identity_get(k.vault, &b), 0);
	assert_memory_equal(a.signature_seed.b, b.signature_seed.b, KEY32_LEN);
	assert_memory_equal(
		a.transport_secret.b, b.transport_secret.b, KEY32_LEN);
	assert_true(id16_eq(&a.member, &b.member));
	assert_true(id16_eq(&a.device, &b.device));
	assert_true(bytes_eq(buf_view(&a.record), buf_view(&b.record)));
	assert_int_equal(b.chain.len, 0);
	assert_int_equal(b.server_count, 2);
	assert_memory_equal(a.servers, b.servers, sizeof a.servers);
	identity_wipe(&a);
	identity_wipe(&b);
}

static void test_card(void **state)
{
	struct world_person p;
	struct identity me;
	struct wire_card card;
	struct buf raw = {0};
	struct bytes view;
	struct world w;
	struct writer out;

	make(&me);
	assert_int_equal(identity_card(&me, &card), ROWAN_E_NOT_FOUND);
	world_init(&w);
	world_person(&p, "someone");
	world_card(&w, &p, WIRE_ROLE_CASEWORKER, "police", &card);
	world_issue(&w, &p, NULL, &card, &raw);
	view = buf_view(&raw);
	writer_init(&out, 8192);
	assert_int_equal(wire_chain_encode(&view, 1, &out), 0);
	assert_int_equal(writer_finish(&out, &me.chain), 0);
	assert_int_equal(identity_card(&me, &card), 0);
	assert_true(id16_eq(&card.device, &p.device));
	me.chain.data[0] ^= 0xff;
	assert_int_equal(identity_card(&me, &card), ROWAN_E_CORRUPT);
	assert_null(card.raw.data);
	buf_wipe(&raw);
	world_wipe(&w);
	identity_wipe(&me);
}

static void test_not_kept(void **state)
{
	struct identity a, b;

	make(&a);
	a.server_count = IDENTITY_SERVERS_MAX + 1;
	assert_int_equal(put(&a), ROWAN_E_INVAL);
	a.server_count = 2;
	a.servers[0].endpoint[0] = 0;
	assert_int_equal(put(&a), ROWAN_E_INVAL);
	strcpy(a.servers[0].endpoint, "tcp://a b:1");
	assert_int_equal(put(&a), ROWAN_E_INVAL);
	/* Without a closing zero. */
	memset(a.servers[0].endpoint, 'x', sizeof a.servers[0].endpoint);
	assert_int_equal(put(&a), ROWAN_E_INVAL);
	assert_int_equal(identity_get(k.vault, &b), ROWAN_E_NOT_FOUND);
	identity_wipe(&a);
}

static void test_damaged(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		int rc;
	} bad[] = {{"", 0, ROWAN_E_CORRUPT}, {"\0\1", 2, ROWAN_E_CORRUPT},
		{"\0\0", 2, ROWAN_E_CORRUPT}, {"\0\2", 2, ROWAN_E_TOO_NEW}};
	struct identity b;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(vault_begin(k.vault), 0);
		assert_int_equal(
			vault_put(k.vault, VAULT_IDENTITY, bytes_of("self", 4),
				0, bytes_of(bad[i].data, bad[i].len)),
			0);
		assert_int_equal(vault_commit(k.vault), 0);
		assert_int_equal(identity_get(k.vault, &b), bad[i].rc);
		assert_int_equal(b.server_count, 0);
	}
}

/* Every cut, every byte more; nothing of a refused one stays. */
static void test_form(void **state)
{
	static const struct identity zero;
	struct identity a, b;
	struct writer w;

	make(&a);
	writer_init(&w, 4096);
	assert_int_equal(identity_encode(&a, &w), 0);
	for (size_t i = 0; i < w.len; i++) {
		assert_int_equal(identity_decode(bytes_of(w.data, i), &b),
			ROWAN_E_MALFORMED);
		assert_memory_equal(&b, &zero, sizeof b);
	}
	writer_u8(&w, 0);
	assert_int_equal(
		identity_decode(writer_view(&w), &b), ROWAN_E_MALFORMED);
	writer_wipe(&w);
	identity_wipe(&a);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_fresh),
		T(test_kept),
		T(test_card),
		T(test_not_kept),
		T(test_damaged),
		T(test_form),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
