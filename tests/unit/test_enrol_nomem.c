/*
 * Memory runs out at every possible place of an enrolment and of reading the
 * authority's files: the answer is ROWAN_E_NOMEM, the state is as before, and
 * the same call works as soon as there is memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/enrol_kit.h"
#include "lib/faulty_memory.h"
#include "trust/authority.h"
#include "wire/armour.h"

#define MOST 1000

static struct cast cast;
static struct enrol_kit k;

/* What ${e} is, as bytes; with memory. */
static void snapshot(const struct enrol *e, struct buf *ret)
{
	struct writer w;

	writer_init(&w, ENROL_SAVED_MAX);
	enrol_save(e, &w);
	assert_int_equal(writer_finish(&w, ret), 0);
}

static void unchanged(const struct enrol *e, const struct buf *before)
{
	struct buf after;

	snapshot(e, &after);
	assert_true(bytes_eq(buf_view(before), buf_view(&after)));
	buf_wipe(&after);
}

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
		if (!hit) {                                                    \
			assert_int_equal(rc, 0);                               \
			assert_true(n > 1);                                    \
			break;                                                 \
		}                                                              \
		assert_int_equal(rc, ROWAN_E_NOMEM);                           \
		after;                                                         \
	}

static void both_sides(void **state)
{
	struct buf sealed, before, saved, card;
	struct enrol registrar, device, copy;
	struct wire_redeem_reveal r;

	EXHAUST(enrol_kit_registrar(&k, &registrar, &sealed),
		assert_null(sealed.data);
		assert_int_equal(registrar.step, ENROL_NONE));
	EXHAUST(enrol_kit_device(&k, buf_view(&sealed), &device),
		assert_null(device.plain.data);
		assert_int_equal(device.step, ENROL_NONE));
	assert_int_equal(enrol_registrar_commitment(
				 &registrar, &device.commitment, cast.w.now),
		0);
	assert_int_equal(enrol_device_answer(&device, &registrar.registrar), 0);
	assert_int_equal(enrol_device_reveal(&device, &r), 0);
	snapshot(&registrar, &before);
	EXHAUST(enrol_registrar_reveal(
			&registrar, r.request, &r.nonce, cast.w.now),
		unchanged(&registrar, &before));
	buf_wipe(&before);
	EXHAUST(enrol_kit_card(&k, &registrar, &card), assert_null(card.data));
	snapshot(&device, &saved);
	EXHAUST(enrol_load(&copy, buf_view(&saved)),
		assert_null(copy.plain.data);
		assert_int_equal(copy.step, ENROL_NONE));
	enrol_wipe(&copy);
	buf_wipe(&saved);
	buf_wipe(&card);
	buf_wipe(&sealed);
	enrol_wipe(&registrar);
	enrol_wipe(&device);
}

/* One attempt; what was written is dropped. */
static int seal(const struct authority_key *key, struct buf *ret)
{
	const struct passphrase_cost cheap = {1, 8192};
	struct writer w;
	int rc;

	*ret = (struct buf){NULL, 0};
	writer_init(&w, 1 << 16);
	rc = authority_seal(key, bytes_of("secret", 6), &cheap, &w);
	if (rc == 0)
		rc = writer_finish(&w, ret);
	writer_wipe(&w);
	return rc;
}

static void the_authority_s_files(void **state)
{
	struct authority_key *key, *again;
	struct bytes pass = bytes_of("secret", 6);
	struct buf file, object;

	assert_int_equal(authority_new(&cast.w.clinic.id, &key), 0);
	EXHAUST(seal(key, &file), assert_null(file.data));
	EXHAUST(armour_read(buf_view(&file), ARMOUR_AUTHORITY_KEY, &object),
		assert_null(object.data));
	EXHAUST(authority_open(buf_view(&file), pass, &again),
		assert_null(again));
	authority_free(again);
	authority_free(key);
	buf_wipe(&object);
	buf_wipe(&file);
}

static int setup(void **state)
{
	memset(&cast, 0, sizeof cast);
	world_init(&cast.w);
	cast_enter(&cast);
	enrol_kit_start(&k, &cast, "newcomer");
	return 0;
}

static int teardown(void **state)
{
	enrol_kit_stop(&k);
	world_wipe(&cast.w);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_sides),
		cmocka_unit_test(the_authority_s_files),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
