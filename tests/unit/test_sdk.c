/*
 * The C ABI with whatever an application might give it: nothing, the wrong
 * thing, at the wrong time; a vault that locks, relocks and is wiped; a
 * descriptor that is readable exactly while there is something to do.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <rowan.h>

static char dir[64], path[128], other[128];
static struct rowan *r;
static const uint8_t id[ROWAN_ID_LEN] = {1, 2, 3};
static uint8_t ret_id[ROWAN_ID_LEN];

static struct rowan_options *options(const char *passphrase)
{
	static const uint8_t key[32] = {9};
	struct rowan_options *o = rowan_options_new();

	assert_non_null(o);
	if (passphrase == NULL)
		assert_int_equal(rowan_options_key(o, key), 0);
	else
		assert_int_equal(rowan_options_passphrase(
					 o, passphrase, strlen(passphrase)),
			0);
	return o;
}

static int setup(void **state)
{
	struct rowan_options *o = options(NULL);

	snprintf(dir, sizeof dir, "%s/sdk-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/vault", dir);
	snprintf(other, sizeof other, "%s/other", dir);
	assert_int_equal(rowan_create(path, o, &r), 0);
	rowan_options_free(o);
	return 0;
}

static int teardown(void **state)
{
	rowan_close(r);
	(void)!rowan_wipe(path);
	(void)unlink(other);
	assert_int_equal(rmdir(dir), 0);
	return 0;
}

static int readable(void)
{
	struct pollfd p = {.fd = rowan_fd(r), .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void quiet(void)
{
	for (int i = 0; i < 10 && readable(); i++)
		assert_int_equal(rowan_process(r), 0);
	assert_false(readable());
}

/* What is to be done is not forgotten over the events that are looked at. */
static void test_due(void **state)
{
	const struct rowan_event *e;

	quiet();
	rowan_disconnect(r);
	assert_true(readable());
	assert_int_equal(rowan_next_event(r, &e), ROWAN_E_NOT_FOUND);
	assert_true(readable());
	quiet();
}

/* A further device: what is missing, what is no file, what is too early. */
static void test_further(void **state)
{
	static const char file[] = "-----BEGIN ROWAN CARD REQUEST-----\n"
				   "AAAA\n"
				   "-----END ROWAN CARD REQUEST-----\n";
	char text[ROWAN_FINGERPRINT_LEN] = "unset";
	struct rowan_bytes *b = (struct rowan_bytes *)1;

	assert_int_equal(
		rowan_invite_further(NULL, id, 1, ret_id, &b), ROWAN_E_INVAL);
	assert_int_equal(
		rowan_invite_further(r, NULL, 1, ret_id, &b), ROWAN_E_INVAL);
	assert_int_equal(
		rowan_invite_further(r, id, 0, ret_id, &b), ROWAN_E_INVAL);
	assert_int_equal(
		rowan_invite_further(r, id, 1, NULL, &b), ROWAN_E_INVAL);
	assert_int_equal(
		rowan_invite_further(r, id, 1, ret_id, &b), ROWAN_E_STATE);
	assert_null(b);
	assert_int_equal(rowan_enrol_request(r, NULL), ROWAN_E_INVAL);
	assert_int_equal(rowan_enrol_request(r, &b), ROWAN_E_STATE);
	assert_int_equal(rowan_consent(r, NULL, 0, &b), ROWAN_E_INVAL);
	assert_int_equal(
		rowan_consent(r, file, sizeof file - 1, &b), ROWAN_E_STATE);
	assert_int_equal(
		rowan_invite_confirm_with(r, id, NULL, 0), ROWAN_E_INVAL);
	assert_int_equal(
		rowan_invite_confirm_with(r, id, file, 4), ROWAN_E_STATE);
	assert_int_equal(
		rowan_request_further(r, NULL, "police", 0, &b), ROWAN_E_INVAL);
	assert_int_equal(
		rowan_request_further(r, id, "police", 0, &b), ROWAN_E_STATE);
	assert_int_equal(rowan_request_hold(r, id, true, &b), ROWAN_E_STATE);
	assert_int_equal(rowan_request_erase(r, id, &b), ROWAN_E_STATE);
	assert_int_equal(rowan_request_erase(r, NULL, &b), ROWAN_E_INVAL);
	assert_int_equal(rowan_request_erase(r, id, NULL), ROWAN_E_INVAL);
	assert_int_equal(rowan_fingerprint(NULL, 0, text), ROWAN_E_INVAL);
	assert_int_equal(rowan_fingerprint(file, 1, NULL), ROWAN_E_INVAL);
	assert_int_equal(rowan_fingerprint("x", 1, text), ROWAN_E_NOT_FOUND);
	assert_string_equal(text, "");
	assert_int_not_equal(rowan_fingerprint(file, sizeof file - 1, text), 0);
	rowan_lock(r);
	assert_int_equal(rowan_enrol_request(r, &b), ROWAN_E_STATE);
}

/* ---- opening ---- */

static void test_open(void **state)
{
	struct rowan_options *o = options(NULL), *none = rowan_options_new();
	struct rowan_options *pass = options("a passphrase");
	struct rowan *again = r;

	assert_int_equal(rowan_create(path, o, &again), ROWAN_E_EXISTS);
	assert_null(again);
	assert_int_equal(rowan_open(path, o, &again), ROWAN_E_AGAIN);
	assert_int_equal(rowan_wipe(path), ROWAN_E_AGAIN);
	rowan_close(r);
	r = NULL;
	assert_int_equal(rowan_open(path, none, &again), ROWAN_E_INVAL);
	assert_int_equal(rowan_open(path, pass, &again), ROWAN_E_CRYPTO);
	assert_int_equal(rowan_open(other, o, &again), ROWAN_E_NOT_FOUND);
	assert_int_equal(rowan_create(other, none, &again), ROWAN_E_INVAL);
	assert_int_equal(access(other, F_OK), -1);
	assert_int_equal(rowan_options_passphrase(o, "x", 1), 0);
	assert_int_equal(rowan_open(path, o, &again), ROWAN_E_INVAL);
	rowan_options_free(o);
	o = options(NULL);
	assert_int_equal(rowan_open(path, o, &r), 0);
	rowan_options_free(o);
	rowan_options_free(none);
	rowan_options_free(pass);
}

static void test_lock(void **state)
{
	struct rowan_options *o = options(NULL), *pass = options("new words");
	const struct rowan_event *e;
	int fd = rowan_fd(r);

	assert_false(rowan_locked(r));
	assert_int_equal(rowan_unlock(r, o), ROWAN_E_STATE);
	assert_int_equal(rowan_relock(r, pass), 0);
	rowan_lock(r);
	rowan_lock(r);
	assert_true(rowan_locked(r));
	assert_int_equal(rowan_fd(r), fd);
	assert_false(readable());
	assert_int_equal(rowan_process(r), ROWAN_E_STATE);
	assert_int_equal(rowan_next_event(r, &e), ROWAN_E_STATE);
	assert_int_equal(rowan_connect(r), ROWAN_E_STATE);
	assert_int_equal(rowan_relock(r, pass), ROWAN_E_STATE);
	assert_int_equal(rowan_link(r), ROWAN_LINK_DOWN);
	assert_int_equal(rowan_now(r), 0);
	assert_int_equal(rowan_enrol(r, "X"), ROWAN_E_STATE);
	assert_null(rowan_self_device(r));
	/* The old key is of no use any more. */
	assert_int_equal(rowan_unlock(r, o), ROWAN_E_CRYPTO);
	assert_true(rowan_locked(r));
	assert_int_equal(rowan_unlock(r, pass), 0);
	assert_int_equal(rowan_fd(r), fd);
	assert_true(readable());
	quiet();
	rowan_options_free(o);
	rowan_options_free(pass);
}

static void test_wipe(void **state)
{
	struct rowan_options *o = options(NULL);
	struct rowan *again = NULL;

	rowan_close(r);
	r = NULL;
	assert_int_equal(rowan_wipe(path), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(rowan_wipe(path), ROWAN_E_NOT_FOUND);
	assert_int_equal(rowan_open(path, o, &again), ROWAN_E_NOT_FOUND);
	rowan_options_free(o);
}

/* ---- without a card ---- */

static void test_no_card(void **state)
{
	struct rowan_list *l = (struct rowan_list *)1;
	struct rowan_message *m = (struct rowan_message *)1;
	struct rowan_draft *d = rowan_draft_new();
	const struct rowan_event *e;
	char code[ROWAN_CODE_LEN];
	struct rowan_bytes *b;
	uint64_t act = 7;

	quiet();
	assert_false(rowan_enrolled(r));
	assert_null(rowan_self_member(r));
	assert_null(rowan_self_agency(r));
	assert_int_equal(rowan_self_role(r), 0);
	assert_int_equal(rowan_self_rights(r), 0);
	assert_int_equal(rowan_self_expires(r), 0);
	assert_int_equal(rowan_connect(r), ROWAN_E_STATE);
	assert_int_equal(rowan_next_event(r, &e), ROWAN_E_NOT_FOUND);
	assert_null(e);
	assert_int_equal(rowan_enrol(r, "not an invite"), ROWAN_E_MALFORMED);
	assert_int_equal(
		rowan_request(r, ROWAN_ROLE_CASEWORKER, "police", 0, &b),
		ROWAN_E_STATE);
	assert_int_equal(rowan_install(r, "x", 1), ROWAN_E_NOT_FOUND);
	assert_int_equal(rowan_cases(r, &l), ROWAN_E_STATE);
	assert_null(l);
	assert_int_equal(rowan_channels(r, id, &l), ROWAN_E_STATE);
	assert_int_equal(rowan_members(r, id, &l), ROWAN_E_STATE);
	assert_int_equal(rowan_devices(r, id, &l), ROWAN_E_STATE);
	assert_int_equal(rowan_staff(r, &l), ROWAN_E_STATE);
	assert_int_equal(rowan_person(r, id, id, &l), ROWAN_E_STATE);
	assert_int_equal(rowan_code(r, id, code), ROWAN_E_STATE);
	assert_int_equal(rowan_verified(r, id), ROWAN_E_STATE);
	assert_int_equal(rowan_channel_of(r, id, ROWAN_CHANNEL_TEAM, ret_id),
		ROWAN_E_STATE);
	assert_int_equal(rowan_send(r, id, d, ret_id), ROWAN_E_STATE);
	assert_int_equal(rowan_message_get(r, id, &m), ROWAN_E_STATE);
	assert_null(m);
	assert_int_equal(rowan_message_next(r, id, 0, &m), ROWAN_E_STATE);
	assert_int_equal(rowan_message_last(r, id, 0, &m), ROWAN_E_STATE);
	assert_int_equal(rowan_mark_read(r, id), ROWAN_E_STATE);
	assert_int_equal(rowan_forget(r, id), ROWAN_E_STATE);
	assert_int_equal(rowan_cancel(r, id), ROWAN_E_STATE);
	assert_int_equal(rowan_fetch(r, id, other), ROWAN_E_STATE);
	assert_int_equal(rowan_fetch_cancel(r, id), ROWAN_E_STATE);
	assert_int_equal(rowan_set_name(r, id, "x"), ROWAN_E_STATE);
	assert_int_equal(rowan_set_read_receipts(r, true), ROWAN_E_STATE);
	assert_int_equal(rowan_unread(r, NULL), 0);
	assert_int_equal(rowan_unread(r, id), 0);
	assert_false(rowan_barred(r, id, id));
	assert_int_equal(rowan_bar(r, id, id, true, NULL), ROWAN_E_STATE);
	assert_int_equal(rowan_hand_over(r, id, 1), ROWAN_E_STATE);
	assert_int_equal(
		rowan_open_case(r, "police", 1, ret_id, &act), ROWAN_E_STATE);
	assert_int_equal(rowan_assign(r, id, id, 0, 0, &act), ROWAN_E_STATE);
	assert_int_equal(rowan_unassign(r, id, id, &act), ROWAN_E_STATE);
	assert_int_equal(rowan_close_case(r, id, ROWAN_CLOSE_OTHER, &act),
		ROWAN_E_STATE);
	assert_int_equal(rowan_reopen_case(r, id, &act), ROWAN_E_STATE);
	assert_int_equal(rowan_recuse(r, id, &act), ROWAN_E_STATE);
	assert_int_equal(rowan_reset(r, id, &act), ROWAN_E_STATE);
	assert_int_equal(rowan_revoke(r, id, ROWAN_REVOKE_LOST, NULL, &act),
		ROWAN_E_STATE);
	assert_int_equal(rowan_readmit(r), ROWAN_E_STATE);
	assert_int_equal(rowan_log_card(r, "x", 1, &act), ROWAN_E_STATE);
	assert_int_equal(rowan_put_statement(r, "x", 1, &act), ROWAN_E_STATE);
	assert_int_equal(rowan_invite(r, id, ROWAN_ROLE_VICTIM, 1, ret_id, &b),
		ROWAN_E_STATE);
	assert_int_equal(rowan_invite_confirm(r, id, true), ROWAN_E_STATE);
	assert_int_equal(
		rowan_history_export(r, other, NULL, "x", 1), ROWAN_E_STATE);
	assert_int_equal(
		rowan_history_import(r, other, "x", 1, &act), ROWAN_E_STATE);
	assert_int_equal(access(other, F_OK), -1);
	rowan_enrol_cancel(r);
	rowan_disconnect(r);
	assert_int_equal(act, 7);
	rowan_draft_free(d);
}

/* ---- nothing, and the wrong thing ---- */

static void test_nothing(void **state)
{
	struct rowan_list *l;
	struct rowan_message *m;
	struct rowan_bytes *b;
	struct rowan *none = r;
	uint64_t n;

	rowan_close(NULL);
	rowan_lock(NULL);
	rowan_disconnect(NULL);
	rowan_enrol_cancel(NULL);
	rowan_options_free(NULL);
	rowan_draft_free(NULL);
	rowan_message_free(NULL);
	rowan_list_free(NULL);
	rowan_bytes_free(NULL);
	assert_true(rowan_locked(NULL));
	assert_int_equal(rowan_fd(NULL), -1);
	assert_int_equal(rowan_unread(NULL, NULL), 0);
	assert_int_equal(rowan_process(NULL), ROWAN_E_INVAL);
	assert_int_equal(rowan_connect(NULL), ROWAN_E_INVAL);
	assert_int_equal(rowan_wipe(NULL), ROWAN_E_INVAL);
	assert_int_equal(rowan_wipe(""), ROWAN_E_INVAL);
	assert_int_equal(rowan_open(NULL, NULL, NULL), ROWAN_E_INVAL);
	assert_int_equal(rowan_create(path, NULL, &none), ROWAN_E_INVAL);
	assert_null(none);
	assert_int_equal(rowan_next_event(r, NULL), ROWAN_E_INVAL);
	assert_int_equal(rowan_event_done(r, NULL), ROWAN_E_INVAL);
	assert_int_equal(rowan_cases(NULL, &l), ROWAN_E_INVAL);
	assert_int_equal(rowan_cases(r, NULL), ROWAN_E_INVAL);
	assert_int_equal(rowan_send(r, NULL, NULL, NULL), ROWAN_E_INVAL);
	assert_int_equal(rowan_message_get(r, NULL, &m), ROWAN_E_INVAL);
	assert_int_equal(rowan_message_get(r, id, NULL), ROWAN_E_INVAL);
	assert_int_equal(rowan_enrol(r, NULL), ROWAN_E_INVAL);
	assert_int_equal(rowan_install(r, NULL, 5), ROWAN_E_INVAL);
	assert_int_equal(rowan_set_name(r, id, ""), ROWAN_E_INVAL);
	assert_int_equal(rowan_hand_over(r, NULL, 1), ROWAN_E_INVAL);
	assert_int_equal(rowan_invite(r, id, ROWAN_ROLE_VICTIM, 0, ret_id, &b),
		ROWAN_E_INVAL);
	assert_int_equal(
		rowan_invite(r, id, ROWAN_ROLE_VICTIM, 169, ret_id, &b),
		ROWAN_E_INVAL);
	assert_int_equal(
		rowan_history_import(r, NULL, "x", 1, &n), ROWAN_E_INVAL);
	assert_int_equal(
		rowan_history_export(r, other, NULL, "", 0), ROWAN_E_INVAL);
	assert_int_equal(
		rowan_history_seal(r, other, NULL, NULL), ROWAN_E_INVAL);
	assert_int_equal(rowan_assign(r, NULL, id, 0, 0, NULL), ROWAN_E_INVAL);
	assert_int_equal(
		rowan_close_case(r, id, (enum rowan_close_reason)0, NULL),
		ROWAN_E_INVAL);
}

static void test_getters_of_nothing(void **state)
{
	assert_null(rowan_message_id(NULL));
	assert_string_equal(rowan_message_text(NULL), "");
	assert_int_equal(rowan_message_text_len(NULL), 0);
	assert_int_equal(rowan_message_state(NULL), 0);
	assert_null(rowan_event_message(NULL));
	assert_string_equal(rowan_event_text(NULL), "");
	assert_int_equal(rowan_list_count(NULL), 0);
	assert_null(rowan_case_id(NULL, 0));
	assert_string_equal(rowan_member_name(NULL, 3), "");
	assert_null(rowan_bytes_data(NULL));
	assert_string_equal(
		rowan_event_name((enum rowan_event_type)5000), "unknown");
	assert_string_equal(rowan_alarm_name((enum rowan_alarm)0), "unknown");
}

static void test_options(void **state)
{
	static char word[2000];
	struct rowan_options *o = rowan_options_new();

	memset(word, 'x', sizeof word - 1);
	assert_int_equal(rowan_options_passphrase(o, "", 0), ROWAN_E_INVAL);
	assert_int_equal(
		rowan_options_passphrase(o, word, 1025), ROWAN_E_INVAL);
	assert_int_equal(rowan_options_key(o, NULL), ROWAN_E_INVAL);
	assert_int_equal(rowan_options_proxy(o, "http://x"), ROWAN_E_INVAL);
	assert_int_equal(rowan_options_proxy(o, "socks5://"), ROWAN_E_INVAL);
	assert_int_equal(rowan_options_proxy(o, "socks5://h:1"), ROWAN_E_INVAL);
	assert_int_equal(rowan_options_proxy(o, "socks5://[::1]:9050"), 0);
	assert_int_equal(rowan_options_endpoint(o, word), ROWAN_E_INVAL);
	assert_int_equal(rowan_options_endpoint(o, "tcp://h:1"), 0);
	rowan_options_free(o);
}

static void test_drafts(void **state)
{
	static char text[ROWAN_TEXT_MAX + 1];
	struct rowan_draft *d = rowan_draft_new();

	memset(text, 'x', sizeof text);
	assert_int_equal(rowan_draft_text(d, text, sizeof text), ROWAN_E_LIMIT);
	assert_int_equal(rowan_draft_text(d, "\xff", 1), ROWAN_E_INVAL);
	assert_int_equal(rowan_draft_text(d, "a\0b", 3), ROWAN_E_INVAL);
	assert_int_equal(rowan_draft_text(d, NULL, 1), ROWAN_E_INVAL);
	assert_int_equal(
		rowan_draft_attach(d, "/x/..", NULL, NULL), ROWAN_E_INVAL);
	assert_int_equal(
		rowan_draft_attach(d, "/x/", NULL, NULL), ROWAN_E_INVAL);
	assert_int_equal(
		rowan_draft_attach(d, "/x", "a/b", NULL), ROWAN_E_INVAL);
	assert_int_equal(rowan_draft_incident(d, 9, 8, "x"), ROWAN_E_INVAL);
	assert_int_equal(rowan_draft_incident(d, 0, 8, "x"), ROWAN_E_INVAL);
	rowan_draft_free(d);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_open),
		T(test_due),
		T(test_further),
		T(test_lock),
		T(test_wipe),
		T(test_no_card),
		T(test_nothing),
		T(test_getters_of_nothing),
		T(test_options),
		T(test_drafts),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
