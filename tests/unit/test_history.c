/*
 * History out of one vault and into another: what comes back is what was
 * there, once, under the name of whoever said it; an altered file gives
 * nothing.
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

#include "lib/messages_kit.h"
#include "lib/trust_world.h"
#include "session/message/history.h"

#define SUPPORT (&messages_kit_support)
#define TEAM	(&messages_kit_team)

static struct messages_kit a, b;
static struct identity me;
static struct world w;
static struct key32 archive, archive_secret;
static int judged; /* what the clinic says of the card */
static char path[128];

static int judge(void *ctx, struct bytes chain, const struct wire_key *key,
	struct id16 *ret_device)
{
	*ret_device = a.device;
	return judged;
}

static const struct history_lock by_archive = {.archive = &archive};
static const struct history_lock by_secret = {.archive = &archive_secret};

/* The exporting device has a card. */
static void card(void)
{
	struct world_person p;
	struct wire_card c;
	struct buf raw;
	struct writer out;
	struct bytes view;

	world_person(&p, "advocate");
	memcpy(me.signature_seed.b, p.seed, KEY32_LEN);
	p.member = a.member;
	p.device = a.device;
	world_card(&w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &c);
	world_issue(&w, &p, NULL, &c, &raw);
	writer_init(&out, IDENTITY_CHAIN_MAX);
	view = buf_view(&raw);
	assert_int_equal(wire_chain_encode(&view, 1, &out), 0);
	assert_int_equal(writer_finish(&out, &me.chain), 0);
	buf_wipe(&raw);
}

static int setup(void **state)
{
	messages_kit_begin(&a, 1, ROWAN_ROLE_CASEWORKER);
	messages_kit_begin(&b, 2, ROWAN_ROLE_CASEWORKER);
	world_init(&w);
	memset(&me, 0, sizeof me);
	card();
	crypto_box_keypair(archive.b, archive_secret.b);
	judged = 0;
	vault_kit_path(&a.kit, "history", path, sizeof path);
	return 0;
}

static int teardown(void **state)
{
	identity_wipe(&me);
	world_wipe(&w);
	messages_kit_end(&a);
	messages_kit_end(&b);
	return 0;
}

static int export(const struct history_lock *lock, const struct id16 *channel)
{
	const struct history_options o = {a.x, &me, judge, NULL};

	return history_export(&o, path, lock, channel);
}

static int import(
	struct messages_kit *to, const struct history_lock *lock, uint64_t *ret)
{
	const struct history_options o = {to->x, &me, judge, NULL};

	return history_import(&o, path, lock, ret);
}

/* Twenty words each way, names, a bar. */
static void talk(void)
{
	struct content_bar bar = {.member = {{9}}, .barred = 1};
	char text[16];

	assert_int_equal(
		messages_set_name(a.x, SUPPORT, bytes_of("Ann", 3)), 0);
	assert_int_equal(
		messages_set_name(b.x, SUPPORT, bytes_of("Bea", 3)), 0);
	for (unsigned i = 0; i < 20; i++) {
		snprintf(text, sizeof text, "to and fro %u", i);
		messages_kit_text(i % 2 ? &a : &b, SUPPORT, text);
		messages_kit_bring(&b, &a);
		messages_kit_bring(&a, &b);
	}
	assert_int_equal(
		messages_set_name(a.x, SUPPORT, bytes_of("Anna", 4)), 0);
	assert_int_equal(messages_bar(a.x, TEAM, &bar), 0);
	messages_kit_text(&a, SUPPORT, "never sent");
}

/* All of a channel, as one line each. */
static size_t same(struct messages_kit *x, struct messages_kit *y,
	const struct id16 *channel)
{
	struct messages_row m, n;
	uint64_t p = 0, q = 0;
	size_t count = 0;

	for (;; count++) {
		int rc = messages_next(x->x, channel, p, &m);

		assert_int_equal(messages_next(y->x, channel, q, &n), rc);
		if (rc != 0)
			return count;
		assert_true(bytes_eq(m.raw, n.raw));
		assert_true(id16_eq(&m.author, &n.author));
		assert_true(id16_eq(&m.member, &n.member));
		assert_true(id16_eq(&m.case_id, &n.case_id));
		assert_int_equal(m.received, n.received);
		assert_int_equal(m.flags, n.flags);
		p = m.place;
		q = n.place;
		messages_row_wipe(&m);
		messages_row_wipe(&n);
	}
}

static bool has_name(
	struct messages_kit *k, const struct id16 *member, const char *name)
{
	struct buf mem;
	bool ret;

	if (messages_name(k->x, SUPPORT, member, &mem) != 0)
		return false;
	ret = bytes_eq(buf_view(&mem), bytes_of(name, strlen(name)));
	buf_wipe(&mem);
	return ret;
}

static void test_own(void **state)
{
	static struct messages_kit again;
	struct messages_row m;
	uint64_t n;
	bool barred;

	talk();
	assert_int_equal(export(&by_archive, NULL), 0);
	messages_kit_begin(&again, 1, ROWAN_ROLE_CASEWORKER);
	/* A revoked device's history is its member's all the same. */
	judged = ROWAN_E_REVOKED;
	assert_int_equal(import(&again, &by_secret, &n), 0);
	assert_int_equal(n, 25);
	assert_int_equal(same(&a, &again, SUPPORT), 24);
	assert_int_equal(same(&a, &again, TEAM), 1);
	assert_true(has_name(&again, &a.member, "Anna"));
	assert_true(has_name(&again, &b.member, "Bea"));
	assert_int_equal(messages_barred(again.x, &messages_kit_case,
				 &(struct id16){{9}}, &barred),
		0);
	assert_true(barred);
	assert_int_equal(messages_unread(again.x, NULL), 0);
	/* What never left there does not leave from here. */
	assert_int_equal(messages_last(again.x, SUPPORT, 0, &m), 0);
	assert_int_equal(m.state, ROWAN_STATE_FAILED);
	messages_row_wipe(&m);
	/* Twice is once, and what is written now stands behind. */
	assert_int_equal(import(&again, &by_secret, &n), 0);
	assert_int_equal(n, 0);
	messages_kit_text(&again, SUPPORT, "new");
	assert_int_equal(messages_last(again.x, SUPPORT, 0, &m), 0);
	assert_true(bytes_eq(m.content.u.text, bytes_of("new", 3)));
	messages_row_wipe(&m);
	messages_kit_end(&again);
}

/* Another member's export is that member's word. */
static void test_another(void **state)
{
	static struct messages_kit other;
	struct messages_row m;
	bool barred;
	uint64_t n;

	talk();
	messages_kit_begin(&other, 5, ROWAN_ROLE_CASEWORKER);
	assert_int_equal(export(&by_archive, SUPPORT), 0);
	assert_int_equal(import(&other, &by_secret, &n), 0);
	assert_int_equal(n, 24);
	for (uint64_t place = 0;
		messages_next(other.x, SUPPORT, place, &m) == 0;) {
		place = m.place;
		assert_int_equal(messages_row_type(&m), ROWAN_MESSAGE_HISTORY);
		assert_true(id16_eq(&m.member, &a.member));
		assert_int_equal(m.state, ROWAN_STATE_SEEN);
		messages_row_wipe(&m);
	}
	assert_false(has_name(&other, &b.member, "Bea"));
	assert_int_equal(messages_barred(other.x, &messages_kit_case,
				 &(struct id16){{9}}, &barred),
		0);
	assert_false(barred);
	messages_kit_end(&other);
}

/* What was deleted does not come back. */
static void test_forgotten(void **state)
{
	struct id16 id;
	uint64_t n;

	talk();
	assert_int_equal(export(&by_archive, SUPPORT), 0);
	id = messages_kit_text(&b, SUPPORT, "x");
	assert_int_equal(import(&a, &by_secret, &n), 0);
	assert_int_equal(n, 0);
	messages_kit_bring(&a, &b);
	unlink(path);
	assert_int_equal(export(&by_archive, SUPPORT), 0);
	assert_int_equal(messages_forget(a.x, &id), 0);
	assert_int_equal(import(&a, &by_secret, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(messages_get(a.x, &id, &(struct messages_row){0}),
		ROWAN_E_NOT_FOUND);
}

static void test_passphrase(void **state)
{
	const struct history_lock lock = {
		.passphrase = bytes_of("long and dull", 13)};
	const struct history_lock wrong = {.passphrase = bytes_of("short", 5)};
	const struct history_lock none = {.archive = NULL};
	static struct messages_kit again;
	uint64_t n;

	talk();
	messages_kit_begin(&again, 1, ROWAN_ROLE_CASEWORKER);
	assert_int_equal(export(&none, NULL), ROWAN_E_INVAL);
	assert_int_equal(export(&lock, NULL), 0);
	assert_int_equal(export(&lock, NULL), ROWAN_E_EXISTS);
	assert_int_equal(import(&again, &wrong, &n), ROWAN_E_CRYPTO);
	assert_int_equal(import(&again, &by_secret, &n), ROWAN_E_CRYPTO);
	assert_int_equal(import(&again, &none, &n), ROWAN_E_INVAL);
	assert_int_equal(import(&again, &lock, &n), 0);
	assert_int_equal(n, 25);
	unlink(path);
	assert_int_equal(import(&again, &lock, &n), ROWAN_E_NOT_FOUND);
	messages_kit_end(&again);
}

/* Whoever exports must be of the clinic. */
static void test_judged(void **state)
{
	static struct messages_kit again;
	struct identity other = {.chain = me.chain};
	uint64_t n;

	talk();
	messages_kit_begin(&again, 1, ROWAN_ROLE_CASEWORKER);
	assert_int_equal(export(&by_archive, NULL), 0);
	judged = ROWAN_E_UNKNOWN;
	assert_int_equal(import(&again, &by_secret, &n), ROWAN_E_CRYPTO);
	judged = ROWAN_E_AGAIN;
	assert_int_equal(import(&again, &by_secret, &n), ROWAN_E_AGAIN);
	judged = 0;
	/* Somebody else's card in front of a file of one's own. */
	unlink(path);
	memset(other.signature_seed.b, 7, KEY32_LEN);
	assert_int_equal(history_export(&(struct history_options){a.x, &other,
						judge, NULL},
				 path, &by_archive, NULL),
		0);
	assert_int_equal(import(&again, &by_secret, &n), ROWAN_E_CRYPTO);
	assert_int_equal(
		messages_last(again.x, SUPPORT, 0, &(struct messages_row){0}),
		ROWAN_E_NOT_FOUND);
	/* Without a card there is nobody to sign. */
	other.chain = (struct buf){0};
	assert_int_equal(history_export(&(struct history_options){a.x, &other,
						judge, NULL},
				 path, &by_archive, NULL),
		ROWAN_E_STATE);
	messages_kit_end(&again);
}

static size_t read_file(uint8_t **ret)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	*ret = malloc(1 << 20);
	assert_non_null(f);
	assert_non_null(*ret);
	n = fread(*ret, 1, 1 << 20, f);
	fclose(f);
	return n;
}

static void write_file(const uint8_t *mem, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(mem, 1, len, f), len);
	fclose(f);
}

/* Every bit, every cut, one byte more: refused, and nothing taken. */
static void test_altered(void **state)
{
	static struct messages_kit again;
	uint8_t *mem;
	uint64_t n;
	size_t len;

	messages_kit_text(&a, SUPPORT, "one");
	messages_kit_text(&a, SUPPORT, "two");
	assert_int_equal(export(&by_archive, NULL), 0);
	len = read_file(&mem);
	messages_kit_begin(&again, 1, ROWAN_ROLE_CASEWORKER);
	for (size_t i = 0; i < len; i++) {
		mem[i] ^= 0x10;
		write_file(mem, len);
		mem[i] ^= 0x10;
		assert_int_not_equal(import(&again, &by_secret, &n), 0);
		assert_int_equal(n, 0);
		write_file(mem, i);
		assert_int_not_equal(import(&again, &by_secret, &n), 0);
	}
	mem[len] = 0;
	write_file(mem, len + 1);
	assert_int_equal(import(&again, &by_secret, &n), ROWAN_E_MALFORMED);
	assert_int_equal(
		messages_last(again.x, SUPPORT, 0, &(struct messages_row){0}),
		ROWAN_E_NOT_FOUND);
	write_file(mem, len);
	assert_int_equal(import(&again, &by_secret, &n), 0);
	assert_int_equal(n, 2);
	free(mem);
	messages_kit_end(&again);
}

/* Nothing of it in the file: words long enough not to be there by chance. */
static void test_sealed(void **state)
{
	uint8_t *mem;
	size_t len;

	talk();
	assert_int_equal(export(&by_archive, NULL), 0);
	len = read_file(&mem);
	assert_true(len > 2000);
	assert_null(memmem(mem, len, "to and fro", 10));
	assert_null(memmem(mem, len, "never sent", 10));
	assert_null(memmem(mem, len, "advocacy", 8));
	free(mem);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_own),
		T(test_another),
		T(test_forgotten),
		T(test_passphrase),
		T(test_judged),
		T(test_altered),
		T(test_sealed),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
