/*
 * Memory runs out at every possible place of opening a handle and of a
 * history's way out and in: ROWAN_E_NOMEM, no file half made, nothing taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/faulty_memory.h"
#include "lib/messages_kit.h"
#include "lib/trust_world.h"
#include "session/message/history.h"

#define MOST 3000

/*
 * Try ${call} with the 1st, 2nd, ... allocation failing until none does.
 * ${after} is what must hold after each failure.
 */
#define EXHAUST(call, after)                                                   \
	for (uint64_t n = 1;; n++) {                                           \
		bool hit;                                                      \
		int rc;                                                        \
                                                                               \
		assert_true(n < MOST);                                         \
		faulty_memory_after(n);                                        \
		rc = (call);                                                   \
		hit = faulty_memory_hit();                                     \
		faulty_memory_after(0);                                        \
		if (!hit || rc == 0) {                                         \
			assert_int_equal(rc, 0);                               \
			assert_true(n > 1);                                    \
			break;                                                 \
		}                                                              \
		assert_int_equal(rc, ROWAN_E_NOMEM);                           \
		after;                                                         \
	}

static struct messages_kit a, b;
static struct identity me;
static struct world w;
static struct key32 archive, secret;
static char path[128];

static int judge(void *ctx, struct bytes chain, const struct wire_key *key,
	struct id16 *ret_device)
{
	*ret_device = a.device;
	return 0;
}

static void card(void)
{
	struct world_person p;
	struct wire_card c;
	struct buf raw;
	struct bytes view;
	struct writer out;

	world_person(&p, "advocate");
	memcpy(me.signature_seed.b, p.seed, KEY32_LEN);
	p.member = a.member;
	p.device = a.device;
	world_card(&w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &c);
	world_issue(&w, &p, NULL, &c, &raw);
	view = buf_view(&raw);
	writer_init(&out, IDENTITY_CHAIN_MAX);
	assert_int_equal(wire_chain_encode(&view, 1, &out), 0);
	assert_int_equal(writer_finish(&out, &me.chain), 0);
	buf_wipe(&raw);
}

static int out(void)
{
	const struct history_options o = {a.x, &me, judge, NULL};
	const struct history_lock lock = {.archive = &archive};

	return history_export(&o, path, &lock, NULL);
}

static int in(uint64_t *n)
{
	const struct history_options o = {b.x, &me, judge, NULL};
	const struct history_lock lock = {.archive = &secret};

	return history_import(&o, path, &lock, n);
}

static void test_history(void **state)
{
	uint64_t taken = 0;

	messages_kit_begin(&a, 1, ROWAN_ROLE_CASEWORKER);
	messages_kit_begin(&b, 1, ROWAN_ROLE_CASEWORKER);
	world_init(&w);
	card();
	crypto_box_keypair(archive.b, secret.b);
	vault_kit_path(&a.kit, "history", path, sizeof path);
	assert_int_equal(messages_set_name(a.x, &messages_kit_support,
				 bytes_of("Ann", 3)),
		0);
	messages_kit_text(&a, &messages_kit_support, "one");
	EXHAUST(out(), assert_int_equal(access(path, F_OK), -1));
	EXHAUST(in(&taken),
		assert_int_equal(messages_last(b.x, &messages_kit_support, 0,
					 &(struct messages_row){0}),
			ROWAN_E_NOT_FOUND));
	assert_int_equal(taken, 2);
	identity_wipe(&me);
	world_wipe(&w);
	messages_kit_end(&a);
	messages_kit_end(&b);
}

static void test_handle(void **state)
{
	static const uint8_t key[32] = {1};
	struct rowan_options *o = rowan_options_new();
	char dir[] = "/tmp/handle-XXXXXX", vault[64];
	const struct rowan_event *e;
	struct rowan *r = NULL;

	assert_non_null(mkdtemp(dir));
	snprintf(vault, sizeof vault, "%s/vault", dir);
	assert_int_equal(rowan_options_key(o, key), 0);
	EXHAUST(rowan_create(vault, o, &r), {
		assert_null(r);
		assert_int_equal(access(vault, F_OK), -1);
	});
	rowan_lock(r);
	EXHAUST(rowan_unlock(r, o), assert_true(rowan_locked(r)));
	assert_int_equal(rowan_next_event(r, &e), ROWAN_E_NOT_FOUND);
	rowan_close(r);
	EXHAUST(rowan_open(vault, o, &r), assert_null(r));
	rowan_close(r);
	assert_int_equal(rowan_wipe(vault), 0);
	assert_int_equal(rmdir(dir), 0);
	rowan_options_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_handle),
	};

	faulty_memory_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
