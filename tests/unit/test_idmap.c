/* The map from ids to pointers against a plain array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/idmap.h"

enum { N = 500 };

static struct id16 id_of(unsigned n)
{
	struct id16 id = {{0}};

	memcpy(id.b, &n, sizeof(n));
	return id;
}

static void test_model(void **state)
{
	static int values[N];
	void *model[N] = {0};
	struct idmap m;
	size_t len = 0, pos, seen;

	idmap_init(&m);
	for (unsigned step = 0; step < 20000; step++) {
		unsigned n = randombytes_uniform(N);
		struct id16 id = id_of(n);

		if (randombytes_uniform(2)) {
			assert_int_equal(idmap_put(&m, &id, &values[n]), 0);
			len += model[n] == NULL;
			model[n] = &values[n];
		} else {
			idmap_del(&m, &id);
			len -= model[n] != NULL;
			model[n] = NULL;
		}
		assert_int_equal(m.n, len);
		if (step % 500)
			continue;
		for (unsigned i = 0; i < N; i++) {
			id = id_of(i);
			assert_ptr_equal(idmap_get(&m, &id), model[i]);
		}
		for (pos = seen = 0; idmap_next(&m, &pos) != NULL;)
			seen++;
		assert_int_equal(seen, len);
	}
	idmap_wipe(&m);
}

static void test_empty(void **state)
{
	struct id16 id = id_of(1);
	struct idmap m;
	size_t pos = 0;

	idmap_init(&m);
	assert_null(idmap_get(&m, &id));
	idmap_del(&m, &id);
	assert_null(idmap_next(&m, &pos));
	assert_int_equal(m.n, 0);
	idmap_wipe(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_empty),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
