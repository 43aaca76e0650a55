/*
 * Memory runs out at every possible place of a join, a commit, and a message,
 * sent and received: the answer is ROWAN_E_NOMEM, nothing leaks, the group is
 * unchanged to the byte, and the same call works as soon as there is memory.
 *
 * Linked so that every allocation of ours goes through the functions here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include <rowan/mls.h>
#include <rowan/mls_public.h>

#define STEPS_MAX 20000

/* A sanitizer's library looks for them from outside. */
#pragma GCC visibility push(default)
void *__real_malloc(size_t len);
void *__real_calloc(size_t n, size_t len);
void *__real_realloc(void *p, size_t len);
void __real_free(void *p);
void *__real_sodium_malloc(size_t len);
void __real_sodium_free(void *p);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t n, size_t len);
void *__wrap_realloc(void *p, size_t len);
void __wrap_free(void *p);
void *__wrap_sodium_malloc(size_t len);
void __wrap_sodium_free(void *p);
#pragma GCC visibility pop

static size_t countdown; /* 0: nothing fails */
static bool fired;
static long live; /* blocks handed out and not yet freed */

static bool refuse(void)
{
	if (countdown == 0 || --countdown > 0)
		return false;
	fired = true;
	return true;
}

static void *counted(void *p)
{
	if (p != NULL)
		live++;
	return p;
}

void *__wrap_malloc(size_t len)
{
	return refuse() ? NULL : counted(__real_malloc(len));
}

void *__wrap_calloc(size_t n, size_t len)
{
	return refuse() ? NULL : counted(__real_calloc(n, len));
}

void *__wrap_realloc(void *p, size_t len)
{
	if (refuse())
		return NULL;
	if (p == NULL)
		return counted(__real_realloc(p, len));
	return __real_realloc(p, len);
}

void __wrap_free(void *p)
{
	if (p != NULL)
		live--;
	__real_free(p);
}

void *__wrap_sodium_malloc(size_t len)
{
	return refuse() ? NULL : counted(__real_sodium_malloc(len));
}

void __wrap_sodium_free(void *p)
{
	if (p != NULL)
		live--;
	__real_sodium_free(p);
}

/* --- Two members and a third to come ------------------------------------- */

struct setting {
	struct rowan_mls *ann, *bob, *cleo;
	struct rowan_mls_group *ann_group, *bob_group;
	struct rowan_mls_buf cleo_package;
	struct rowan_mls_buf commit, welcome, message, blob;
};

static struct rowan_mls_bytes view(const struct rowan_mls_buf *b)
{
	return (struct rowan_mls_bytes){b->data, b->len};
}

static const struct rowan_mls_bytes nothing = {NULL, 0};

static int some_psk(
	void *ctx, struct rowan_mls_bytes id, uint8_t *ret, size_t *len)
{
	memset(ret, 7, 32);
	*len = 32;
	return 0;
}

static struct rowan_mls *client(const char *name)
{
	struct rowan_mls_options o = {
		.credential = {ROWAN_MLS_BASIC,
			{(const uint8_t *)name, strlen(name)}}};
	struct rowan_mls *ret;

	rowan_mls_host_init(&o.host);
	o.host.psk = some_psk;
	assert_int_equal(rowan_mls_new(&o, &ret), 0);
	return ret;
}

static void add(struct setting *s, struct rowan_mls_buf *package, bool merge)
{
	struct rowan_mls_proposal p[2] = {
		{.type = ROWAN_MLS_ADD, .key_package = view(package)},
		{.type = ROWAN_MLS_PSK,
			.psk = {ROWAN_MLS_PSK_EXTERNAL,
				{(const uint8_t *)"psk", 3}, 0}}};
	struct rowan_mls_commit_options o = {
		.proposals = p, .n = 2, .tree = true};
	struct rowan_mls_committed c;

	assert_int_equal(rowan_mls_commit(s->ann_group, &o, &c), 0);
	if (merge)
		assert_int_equal(rowan_mls_merge_commit(s->ann_group), 0);
	s->commit = c.commit;
	s->welcome = c.welcome;
	rowan_mls_buf_free(&c.group_info);
}

static void begin(struct setting *s)
{
	struct rowan_mls_buf package;

	*s = (struct setting){.ann = client("ann"),
		.bob = client("bob"),
		.cleo = client("cleo")};
	assert_int_equal(
		rowan_mls_group_create(s->ann, nothing,
			(struct rowan_mls_extensions){NULL, 0}, &s->ann_group),
		0);
	assert_int_equal(
		rowan_mls_key_package(s->bob, NULL, &package, NULL), 0);
	add(s, &package, true);
	assert_int_equal(
		rowan_mls_join(s->bob, view(&s->welcome), NULL, &s->bob_group),
		0);
	rowan_mls_buf_free(&package);
	rowan_mls_buf_free(&s->commit);
	rowan_mls_buf_free(&s->welcome);
	assert_int_equal(
		rowan_mls_key_package(s->cleo, NULL, &s->cleo_package, NULL),
		0);
}

static void end(struct setting *s)
{
	rowan_mls_group_free(s->ann_group);
	rowan_mls_group_free(s->bob_group);
	rowan_mls_free(s->ann);
	rowan_mls_free(s->bob);
	rowan_mls_free(s->cleo);
	rowan_mls_buf_free(&s->cleo_package);
	rowan_mls_buf_free(&s->commit);
	rowan_mls_buf_free(&s->welcome);
	rowan_mls_buf_free(&s->message);
	rowan_mls_buf_free(&s->blob);
}

/* One call; on success it leaves nothing behind but what it changed. */
typedef int call_fn(struct setting *s);

/* Everything that could have been changed by half. */
static void snapshot(struct setting *s, struct rowan_mls_buf ret[4])
{
	memset(ret, 0, 4 * sizeof *ret);
	assert_int_equal(rowan_mls_group_save(s->ann_group, &ret[0]), 0);
	assert_int_equal(rowan_mls_group_save(s->bob_group, &ret[1]), 0);
	assert_int_equal(rowan_mls_save(s->bob, &ret[2]), 0);
	assert_int_equal(rowan_mls_save(s->cleo, &ret[3]), 0);
}

static void assert_unchanged(struct setting *s, struct rowan_mls_buf before[4])
{
	struct rowan_mls_buf after[4];

	snapshot(s, after);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(after[i].len, before[i].len);
		assert_memory_equal(
			after[i].data, before[i].data, before[i].len);
		rowan_mls_buf_free(&after[i]);
	}
}

/* Make allocation 1, 2, 3, ... of ${call} fail until none is left to. */
static void exhaust(struct setting *s, call_fn *call)
{
	struct rowan_mls_buf before[4];
	size_t n;
	int rc = ROWAN_E_NOMEM;

	snapshot(s, before);
	for (n = 1; n < STEPS_MAX; n++) {
		long live_before = live;

		fired = false;
		countdown = n;
		rc = call(s);
		countdown = 0;
		if (!fired)
			break;
		assert_int_equal(rc, ROWAN_E_NOMEM);
		assert_int_equal(live, live_before);
		assert_unchanged(s, before);
	}
	assert_int_equal(rc, 0);
	assert_true(n > 1 && n < STEPS_MAX);
	for (int i = 0; i < 4; i++)
		rowan_mls_buf_free(&before[i]);
}

static int call_join(struct setting *s)
{
	struct rowan_mls_group *group;
	int rc = rowan_mls_join(s->cleo, view(&s->welcome), NULL, &group);

	rowan_mls_group_free(group);
	return rc;
}

static void join_without_memory(void **state)
{
	struct setting s;

	begin(&s);
	add(&s, &s.cleo_package, true);
	exhaust(&s, call_join);
	end(&s);
}

static int call_commit(struct setting *s)
{
	struct rowan_mls_proposal p[3] = {
		{.type = ROWAN_MLS_ADD, .key_package = view(&s->cleo_package)},
		{.type = ROWAN_MLS_PSK,
			.psk = {ROWAN_MLS_PSK_EXTERNAL,
				{(const uint8_t *)"psk", 3}, 0}},
		{.type = ROWAN_MLS_REMOVE, .leaf = 1}};
	struct rowan_mls_commit_options o = {
		.proposals = p, .n = 3, .tree = true, .group_info = true};
	struct rowan_mls_committed c;
	int rc = rowan_mls_commit(s->ann_group, &o, &c);

	rowan_mls_committed_free(&c);
	return rc;
}

static void commit_without_memory(void **state)
{
	struct setting s;

	begin(&s);
	exhaust(&s, call_commit);
	end(&s);
}

static int call_process(struct setting *s)
{
	struct rowan_mls_received *r;
	int rc = rowan_mls_process(s->bob_group, view(&s->message), &r);

	rowan_mls_received_free(r);
	return rc;
}

static void process_commit_without_memory(void **state)
{
	struct setting s;

	begin(&s);
	add(&s, &s.cleo_package, true);
	s.message = s.commit;
	s.commit = (struct rowan_mls_buf){NULL, 0};
	exhaust(&s, call_process);
	end(&s);
}

static int call_accept(struct setting *s)
{
	struct rowan_mls_received *r;
	int rc = rowan_mls_process(s->bob_group, view(&s->message), &r);

	if (rc == 0)
		rc = rowan_mls_accept(s->bob_group, r);
	rowan_mls_received_free(r);
	return rc;
}

static void accept_commit_without_memory(void **state)
{
	struct setting s;

	begin(&s);
	add(&s, &s.cleo_package, true);
	s.message = s.commit;
	s.commit = (struct rowan_mls_buf){NULL, 0};
	exhaust(&s, call_accept);
	assert_int_equal(rowan_mls_group_epoch(s.bob_group), 2);
	end(&s);
}

static int call_propose(struct setting *s)
{
	struct rowan_mls_proposal p = {.type = ROWAN_MLS_UPDATE};
	struct rowan_mls_buf message, ref;
	int rc = rowan_mls_propose(s->ann_group, &p, NULL, &message, &ref);

	rowan_mls_buf_free(&message);
	rowan_mls_buf_free(&ref);
	return rc;
}

static void propose_without_memory(void **state)
{
	struct setting s;

	begin(&s);
	exhaust(&s, call_propose);
	end(&s);
}

static void accept_proposal_without_memory(void **state)
{
	struct rowan_mls_proposal p = {.type = ROWAN_MLS_UPDATE};
	struct rowan_mls_wire wire = {.is_public = true};
	struct setting s;

	begin(&s);
	assert_int_equal(
		rowan_mls_propose(s.ann_group, &p, &wire, &s.message, NULL), 0);
	exhaust(&s, call_accept);
	assert_int_equal(rowan_mls_pending_count(s.bob_group), 1);
	end(&s);
}

static int call_send(struct setting *s)
{
	struct rowan_mls_buf message;
	int rc = rowan_mls_send(s->ann_group,
		(struct rowan_mls_bytes){(const uint8_t *)"word", 4}, NULL,
		&message);

	rowan_mls_buf_free(&message);
	return rc;
}

static void send_without_memory(void **state)
{
	struct setting s;

	begin(&s);
	exhaust(&s, call_send);
	end(&s);
}

static void receive_without_memory(void **state)
{
	struct setting s;

	begin(&s);
	assert_int_equal(
		rowan_mls_send(s.ann_group,
			(struct rowan_mls_bytes){(const uint8_t *)"word", 4},
			NULL, &s.message),
		0);
	exhaust(&s, call_process);
	end(&s);
}

static int call_load(struct setting *s)
{
	struct rowan_mls_group *group;
	int rc = rowan_mls_group_load(s->ann, view(&s->blob), &group);

	rowan_mls_group_free(group);
	return rc;
}

static void load_without_memory(void **state)
{
	struct setting s;

	begin(&s);
	assert_int_equal(call_propose(&s), 0);
	assert_int_equal(rowan_mls_group_save(s.ann_group, &s.blob), 0);
	exhaust(&s, call_load);
	end(&s);
}

static int call_follow(struct setting *s)
{
	struct rowan_mls_public_options o = {0};
	struct rowan_mls_public *group;
	struct rowan_mls_public_received *r = NULL;
	int rc;

	rowan_mls_host_init(&o.host);
	rc = rowan_mls_public_new(&o, view(&s->blob), nothing, &group);
	if (rc == 0)
		rc = rowan_mls_public_process(group, view(&s->message), &r);
	if (rc == 0)
		rc = rowan_mls_public_accept(group, r);
	rowan_mls_public_received_free(r);
	rowan_mls_public_free(group);
	return rc;
}

static void follow_without_memory(void **state)
{
	struct rowan_mls_group_info_options info = {.tree = true};
	struct rowan_mls_proposal p = {.type = ROWAN_MLS_ADD};
	struct rowan_mls_commit_options o = {
		.proposals = &p, .n = 1, .wire = {.is_public = true}};
	struct rowan_mls_committed c;
	struct setting s;

	begin(&s);
	p.key_package = view(&s.cleo_package);
	assert_int_equal(rowan_mls_group_info(s.ann_group, &info, &s.blob), 0);
	assert_int_equal(rowan_mls_commit(s.ann_group, &o, &c), 0);
	s.message = c.commit;
	c.commit = (struct rowan_mls_buf){NULL, 0};
	rowan_mls_committed_free(&c);
	exhaust(&s, call_follow);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(join_without_memory),
		cmocka_unit_test(commit_without_memory),
		cmocka_unit_test(process_commit_without_memory),
		cmocka_unit_test(accept_commit_without_memory),
		cmocka_unit_test(propose_without_memory),
		cmocka_unit_test(accept_proposal_without_memory),
		cmocka_unit_test(send_without_memory),
		cmocka_unit_test(receive_without_memory),
		cmocka_unit_test(load_without_memory),
		cmocka_unit_test(follow_without_memory),
	};

	return cmocka_run_group_tests_name("mls_nomem", tests, NULL, NULL);
}
