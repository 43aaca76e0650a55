/*
 * The public calls with arguments outside their contract, and with messages
 * of another kind than they take: a typed error, no output, the same state.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include <rowan/mls.h>
#include <rowan/mls_public.h>

#define EXPORT_MAX (255 * 32)

static const struct rowan_mls_bytes nothing = {NULL, 0};
static const struct rowan_mls_extensions no_extensions = {NULL, 0};

struct cast {
	struct rowan_mls_options options;
	struct rowan_mls *ann, *bob;
	struct rowan_mls_group *a, *b;
	struct rowan_mls_buf package; /* one of Bob's */
	struct rowan_mls_buf said;    /* by Ann: no key package, nothing */
};

static struct rowan_mls_bytes view(const struct rowan_mls_buf *b)
{
	return (struct rowan_mls_bytes){b->data, b->len};
}

static struct rowan_mls_bytes text(const char *s)
{
	return (struct rowan_mls_bytes){(const uint8_t *)s, strlen(s)};
}

static void new_client(struct cast *t, const char *name, struct rowan_mls **ret)
{
	t->options.credential =
		(struct rowan_mls_credential){ROWAN_MLS_BASIC, text(name)};
	assert_int_equal(rowan_mls_new(&t->options, ret), 0);
}

static int setup(void **state)
{
	static struct cast t;
	struct rowan_mls_proposal p = {.type = ROWAN_MLS_ADD};
	const struct rowan_mls_commit_options o = {
		.proposals = &p, .n = 1, .tree = true};
	struct rowan_mls_committed made;

	memset(&t, 0, sizeof t);
	rowan_mls_host_init(&t.options.host);
	new_client(&t, "ann", &t.ann);
	new_client(&t, "bob", &t.bob);
	assert_int_equal(
		rowan_mls_key_package(t.bob, NULL, &t.package, NULL), 0);
	assert_int_equal(
		rowan_mls_group_create(t.ann, nothing, no_extensions, &t.a), 0);
	p.key_package = view(&t.package);
	assert_int_equal(rowan_mls_commit(t.a, &o, &made), 0);
	assert_int_equal(rowan_mls_merge_commit(t.a), 0);
	assert_int_equal(
		rowan_mls_join(t.bob, view(&made.welcome), NULL, &t.b), 0);
	assert_int_equal(rowan_mls_send(t.a, text("hello"), NULL, &t.said), 0);
	rowan_mls_committed_free(&made);
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	struct cast *t = *state;

	rowan_mls_buf_free(&t->package);
	rowan_mls_buf_free(&t->said);
	rowan_mls_group_free(t->a);
	rowan_mls_group_free(t->b);
	rowan_mls_free(t->ann);
	rowan_mls_free(t->bob);
	return 0;
}

static void clients(void **state)
{
	const uint8_t seed[32] = {1};
	struct cast *t = *state;
	struct rowan_mls_options o = t->options;
	struct rowan_mls *c;

	o.host.validate = NULL;
	assert_int_equal(rowan_mls_new(&o, &c), ROWAN_E_INVAL);
	assert_null(c);
	o = t->options;
	o.host.clock = NULL;
	assert_int_equal(rowan_mls_new(&o, &c), ROWAN_E_INVAL);
	o = t->options;
	o.host.random = NULL;
	assert_int_equal(rowan_mls_new(&o, &c), ROWAN_E_INVAL);
	o = t->options;
	o.signature_seed = (struct rowan_mls_bytes){seed, sizeof seed - 1};
	assert_int_equal(rowan_mls_new(&o, &c), ROWAN_E_INVAL);
	o = t->options;
	o.suite = 0x7777;
	assert_int_equal(rowan_mls_new(&o, &c), ROWAN_E_MLS_SUITE);
	assert_null(c);
}

static void key_packages(void **state)
{
	const struct rowan_mls_key_package_options backwards = {
		.not_before = 2000, .not_after = 1000};
	const uint8_t key[32] = {9};
	const struct rowan_mls_bytes priv = {key, sizeof key};
	struct cast *t = *state;
	struct rowan_mls_buf before, after, out, ref;

	assert_int_equal(rowan_mls_save(t->bob, &before), 0);
	assert_int_equal(rowan_mls_key_package(t->bob, &backwards, &out, &ref),
		ROWAN_E_INVAL);
	assert_null(out.data);
	assert_null(ref.data);
	assert_int_equal(
		rowan_mls_key_package_forget(t->bob, priv), ROWAN_E_NOT_FOUND);
	/* keys of another, too short, of another kind of message */
	assert_int_equal(rowan_mls_key_package_import(
				 t->bob, view(&t->package), priv, priv),
		ROWAN_E_CRYPTO);
	assert_int_equal(rowan_mls_key_package_import(t->bob, view(&t->package),
				 (struct rowan_mls_bytes){key, 31}, priv),
		ROWAN_E_CRYPTO);
	assert_int_equal(rowan_mls_key_package_import(
				 t->bob, view(&t->said), priv, priv),
		ROWAN_E_INVAL);
	assert_int_equal(
		rowan_mls_key_package_check(t->ann, view(&t->said), &ref),
		ROWAN_E_MLS_KEY_PACKAGE);
	assert_null(ref.data);
	assert_int_equal(rowan_mls_save(t->bob, &after), 0);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, before.len);
	rowan_mls_buf_free(&before);
	rowan_mls_buf_free(&after);
}

static void creating(void **state)
{
	static const uint8_t long_id[256];
	const struct rowan_mls_extension odd = {0xfff7, {NULL, 0}};
	const struct rowan_mls_extension twice[] = {
		{0x0a0a, {NULL, 0}}, {0x0a0a, {NULL, 0}}};
	struct cast *t = *state;
	struct rowan_mls_group *g;

	assert_int_equal(rowan_mls_group_create(t->ann,
				 (struct rowan_mls_bytes){long_id, 256},
				 no_extensions, &g),
		ROWAN_E_INVAL);
	assert_null(g);
	/* 13.4: one the creator does not support; 13.4: one twice */
	assert_int_equal(rowan_mls_group_create(t->ann, nothing,
				 (struct rowan_mls_extensions){&odd, 1}, &g),
		ROWAN_E_MLS_EXTENSION);
	assert_null(g);
	assert_int_equal(rowan_mls_group_create(t->ann, nothing,
				 (struct rowan_mls_extensions){twice, 2}, &g),
		ROWAN_E_MLS_EXTENSION);
	assert_null(g);
}

static int propose(struct cast *t, const struct rowan_mls_proposal *p)
{
	struct rowan_mls_buf out, ref;
	int rc = rowan_mls_propose(t->a, p, NULL, &out, &ref);

	if (rc != 0) {
		assert_null(out.data);
		assert_null(ref.data);
	}
	rowan_mls_buf_free(&out);
	rowan_mls_buf_free(&ref);
	return rc;
}

static int commit(struct cast *t, const struct rowan_mls_proposal *p, size_t n)
{
	const struct rowan_mls_commit_options o = {.proposals = p, .n = n};
	struct rowan_mls_committed made;
	int rc = rowan_mls_commit(t->a, &o, &made);

	if (rc != 0) {
		assert_null(made.commit.data);
		assert_null(rowan_mls_staged_commit(t->a));
	}
	rowan_mls_committed_free(&made);
	return rc;
}

static void proposing(void **state)
{
	static struct rowan_mls_proposal many[16385];
	struct cast *t = *state;
	const struct rowan_mls_proposal not_a_package = {
		.type = ROWAN_MLS_ADD, .key_package = view(&t->said)};
	const struct rowan_mls_proposal odd_psk = {
		.type = ROWAN_MLS_PSK, .psk = {9, {NULL, 0}, 0}};
	const struct rowan_mls_proposal init = {
		.type = ROWAN_MLS_EXTERNAL_INIT};
	const struct rowan_mls_proposal none = {.type = 0};
	const struct rowan_mls_proposal update = {.type = ROWAN_MLS_UPDATE};
	const struct rowan_mls_proposal same[] = {
		{.type = ROWAN_MLS_PSK,
			.psk = {ROWAN_MLS_PSK_RESUMPTION, {NULL, 0}, 0}},
		{.type = ROWAN_MLS_PSK,
			.psk = {ROWAN_MLS_PSK_RESUMPTION, {NULL, 0}, 0}}};
	struct rowan_mls_buf before, after;

	assert_int_equal(rowan_mls_group_save(t->a, &before), 0);
	assert_int_equal(propose(t, &not_a_package), ROWAN_E_MLS_KEY_PACKAGE);
	assert_int_equal(propose(t, &odd_psk), ROWAN_E_INVAL);
	assert_int_equal(propose(t, &init), ROWAN_E_MLS_PROPOSAL);
	assert_int_equal(propose(t, &none), ROWAN_E_MLS_PROPOSAL);
	assert_int_equal(commit(t, &not_a_package, 1), ROWAN_E_MLS_KEY_PACKAGE);
	assert_int_equal(commit(t, &init, 1), ROWAN_E_MLS_PROPOSAL);
	/* 12.2: the committer's own update goes in the path */
	assert_int_not_equal(commit(t, &update, 1), 0);
	assert_int_equal(commit(t, same, 2), ROWAN_E_MLS_PROPOSAL_LIST);
	for (size_t i = 0; i < 16385; i++)
		many[i].type = ROWAN_MLS_UPDATE;
	assert_int_equal(commit(t, many, 16385), ROWAN_E_LIMIT);
	assert_int_equal(rowan_mls_group_save(t->a, &after), 0);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, before.len);
	rowan_mls_buf_free(&before);
	rowan_mls_buf_free(&after);
}

static void sending_and_exporting(void **state)
{
	const struct rowan_mls_wire open = {.is_public = true};
	const struct rowan_mls_proposal gone = {
		.type = ROWAN_MLS_REMOVE, .leaf = 1};
	const struct rowan_mls_commit_options o = {.proposals = &gone, .n = 1};
	struct cast *t = *state;
	struct rowan_mls_committed made;
	struct rowan_mls_received *r;
	struct rowan_mls_proposal_view seen;
	struct rowan_mls_buf out;

	assert_int_equal(rowan_mls_send(t->a, text("hello"), &open, &out),
		ROWAN_E_INVAL);
	assert_null(out.data);
	assert_int_equal(
		rowan_mls_group_export(t->a, text("x"), nothing, 0, &out),
		ROWAN_E_INVAL);
	assert_int_equal(rowan_mls_group_export(
				 t->a, text("x"), nothing, EXPORT_MAX, &out),
		0);
	rowan_mls_buf_free(&out);
	assert_int_equal(rowan_mls_group_export(t->a, text("x"), nothing,
				 EXPORT_MAX + 1, &out),
		ROWAN_E_INVAL);
	assert_null(out.data);

	/* Bob is removed: what he has left gives nothing away. */
	assert_int_equal(rowan_mls_commit(t->a, &o, &made), 0);
	assert_int_equal(rowan_mls_process(t->b, view(&made.commit), &r), 0);
	assert_int_equal(rowan_mls_received_proposal(r, 0, &seen), 0);
	assert_int_equal(
		rowan_mls_received_proposal(r, 1, &seen), ROWAN_E_NOT_FOUND);
	assert_int_equal(rowan_mls_accept(t->b, r), 0);
	assert_int_equal(
		rowan_mls_group_export(t->b, text("x"), nothing, 32, &out),
		ROWAN_E_MLS_REMOVED);
	assert_int_equal(rowan_mls_send(t->b, text("x"), NULL, &out),
		ROWAN_E_MLS_REMOVED);
	rowan_mls_received_free(r);
	rowan_mls_committed_free(&made);
}

static void resuming(void **state)
{
	struct cast *t = *state;
	const struct rowan_mls_bytes said = view(&t->said);
	struct rowan_mls_resume_options o = {.kind = 0};
	struct rowan_mls_group *g;
	struct rowan_mls_buf welcome;

	assert_int_equal(
		rowan_mls_resume(t->a, &o, &g, &welcome), ROWAN_E_INVAL);
	assert_null(g);
	assert_null(welcome.data);
	o.kind = ROWAN_MLS_RESUME_BRANCH;
	o.group_id = rowan_mls_group_id(t->a);
	assert_int_equal(
		rowan_mls_resume(t->a, &o, &g, &welcome), ROWAN_E_INVAL);
	o.group_id = text("branch");
	o.key_packages = &said;
	o.n = 1;
	assert_int_equal(rowan_mls_resume(t->a, &o, &g, &welcome),
		ROWAN_E_MLS_KEY_PACKAGE);
	o.kind = ROWAN_MLS_RESUME_REINIT;
	o.n = 0;
	assert_int_equal(
		rowan_mls_resume(t->a, &o, &g, &welcome), ROWAN_E_STATE);
	assert_null(g);
	assert_null(welcome.data);
}

static void from_outside(void **state)
{
	const struct rowan_mls_psk_id inside = {
		ROWAN_MLS_PSK_RESUMPTION, {NULL, 0}, 0};
	const struct rowan_mls_external_join_options with = {
		.psks = &inside, .psks_n = 1};
	const struct rowan_mls_group_info_options all = {true, true};
	const struct rowan_mls_outside at = {.group_id = {NULL, 0}};
	const struct rowan_mls_proposal update = {.type = ROWAN_MLS_UPDATE};
	const struct rowan_mls_proposal psk = {.type = ROWAN_MLS_PSK,
		.psk = {ROWAN_MLS_PSK_RESUMPTION, {NULL, 0}, 0}};
	struct cast *t = *state;
	struct rowan_mls_group *g;
	struct rowan_mls_buf info, out;

	assert_int_equal(
		rowan_mls_external_join(t->bob, view(&t->said), NULL, &g, &out),
		ROWAN_E_REFUSED);
	assert_int_equal(rowan_mls_join(t->bob, view(&t->said), NULL, &g),
		ROWAN_E_REFUSED);
	assert_int_equal(rowan_mls_group_info(t->a, &all, &info), 0);
	assert_int_equal(
		rowan_mls_external_join(t->bob, view(&info), &with, &g, &out),
		ROWAN_E_INVAL);
	assert_null(g);
	assert_null(out.data);
	rowan_mls_buf_free(&info);

	assert_int_equal(
		rowan_mls_external_senders(NULL, 0, &out), ROWAN_E_INVAL);
	assert_int_equal(rowan_mls_external_propose(t->bob, &at, &update, &out),
		ROWAN_E_MLS_PROPOSAL);
	assert_int_equal(rowan_mls_external_propose(t->bob, &at, &psk, &out),
		ROWAN_E_MLS_PROPOSAL);
	assert_null(out.data);
}

static void public_groups_need_their_table(void **state)
{
	const struct rowan_mls_group_info_options all = {true, true};
	struct cast *t = *state;
	struct rowan_mls_public_options o = {.host = t->options.host};
	struct rowan_mls_public *g;
	struct rowan_mls_buf info, blob;

	assert_int_equal(rowan_mls_group_info(t->a, &all, &info), 0);
	assert_int_equal(rowan_mls_public_new(&o, view(&info), nothing, &g), 0);
	assert_int_equal(rowan_mls_public_save(g, &blob), 0);
	rowan_mls_public_free(g);
	o.host.clock = NULL;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			rowan_mls_public_new(&o, view(&info), nothing, &g),
			ROWAN_E_INVAL);
		assert_null(g);
		assert_int_equal(rowan_mls_public_load(&o, view(&blob), &g),
			ROWAN_E_INVAL);
		assert_null(g);
		o.host = t->options.host;
		o.host.validate = NULL;
	}
	rowan_mls_buf_free(&info);
	rowan_mls_buf_free(&blob);
}

static void what_a_message_is_for(void **state)
{
	const struct rowan_mls_group_info_options all = {true, true};
	struct cast *t = *state;
	struct rowan_mls_proposal p = {
		.type = ROWAN_MLS_ADD, .key_package = view(&t->package)};
	const struct rowan_mls_commit_options o = {.proposals = &p, .n = 1};
	struct rowan_mls_committed made;
	struct rowan_mls_peeked peek;
	struct rowan_mls_group *g;
	struct rowan_mls_buf info;

	assert_int_equal(
		rowan_mls_group_create(t->ann, nothing, no_extensions, &g), 0);
	assert_int_equal(rowan_mls_commit(g, &o, &made), 0);
	assert_int_equal(rowan_mls_peek(view(&made.welcome), &peek), 0);
	assert_int_equal(peek.wire_format, ROWAN_MLS_WELCOME);
	assert_int_equal(peek.suite, 3);
	assert_int_equal(rowan_mls_peek(view(&t->package), &peek), 0);
	assert_int_equal(peek.wire_format, ROWAN_MLS_KEY_PACKAGE);
	assert_int_equal(peek.suite, 3);
	assert_int_equal(rowan_mls_group_info(t->a, &all, &info), 0);
	assert_int_equal(rowan_mls_peek(view(&info), &peek), 0);
	assert_int_equal(peek.wire_format, ROWAN_MLS_GROUP_INFO);
	assert_int_equal(peek.suite, 3);
	assert_int_equal(peek.epoch, 1);
	assert_int_equal(rowan_mls_peek(view(&t->said), &peek), 0);
	assert_int_equal(peek.wire_format, ROWAN_MLS_PRIVATE_MESSAGE);
	assert_int_equal(peek.content_type, ROWAN_MLS_KIND_APPLICATION);
	assert_int_equal(peek.suite, 0);
	rowan_mls_buf_free(&info);
	rowan_mls_committed_free(&made);
	rowan_mls_group_free(g);
}

/*
 * 7.2: "a maximum total lifetime": what a client refuses of others it does
 * not send, neither in its key packages nor as the first leaf of a group.
 */
static void own_leaves_live_as_long_as_they_may(void **state)
{
	struct cast *t = *state;
	const struct rowan_mls_key_package_options odd[] = {
		{.not_before = 2, .not_after = 1},
		{.not_after = 1}, /* expired */
		{.not_before = UINT64_MAX - 1}};
	struct rowan_mls_proposal p = {.type = ROWAN_MLS_ADD};
	const struct rowan_mls_commit_options o = {
		.proposals = &p, .n = 1, .tree = true, .no_path = true};
	struct rowan_mls_committed made;
	struct rowan_mls_group *g, *joined;
	struct rowan_mls *cat, *dan;
	struct rowan_mls_buf package;

	t->options.lifetime_max = 600;
	new_client(t, "cat", &cat);
	new_client(t, "dan", &dan);
	assert_int_equal(rowan_mls_key_package(dan, NULL, &package, NULL), 0);
	assert_int_equal(
		rowan_mls_group_create(cat, nothing, no_extensions, &g), 0);
	p.key_package = view(&package);
	/* the creator's first leaf is still in the tree */
	assert_int_equal(rowan_mls_commit(g, &o, &made), 0);
	assert_int_equal(
		rowan_mls_join(dan, view(&made.welcome), NULL, &joined), 0);
	rowan_mls_group_free(joined);
	rowan_mls_committed_free(&made);
	rowan_mls_group_free(g);

	/* Bob's own package would live for longer. */
	assert_int_equal(
		rowan_mls_key_package_check(cat, view(&t->package), NULL),
		ROWAN_E_MLS_LIFETIME);
	rowan_mls_buf_free(&package);
	/* nor one that ends before it begins; those out of time are made */
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		assert_int_equal(
			rowan_mls_key_package(dan, &odd[i], &package, NULL),
			i == 0 ? ROWAN_E_INVAL : 0);
		if (i > 0)
			assert_int_equal(rowan_mls_key_package_check(
						 cat, view(&package), NULL),
				ROWAN_E_MLS_LIFETIME);
		rowan_mls_buf_free(&package);
	}
	rowan_mls_free(cat);
	rowan_mls_free(dan);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(clients),
		TEST(key_packages),
		TEST(creating),
		TEST(proposing),
		TEST(sending_and_exporting),
		TEST(resuming),
		TEST(from_outside),
		TEST(public_groups_need_their_table),
		TEST(what_a_message_is_for),
		TEST(own_leaves_live_as_long_as_they_may),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
