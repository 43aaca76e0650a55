/* Who may connect, key files, handed-over sockets, connections, rates. */
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
#include <sys/stat.h>

#include "net/keyfile.h"
#include "net/notify.h"
#include "net/peers.h"
#include "net/zap.h"
#include "ops/bucket.h"
#include "ops/table.h"

/* ---- ZAP ---- */

static enum zap_known answer;

static enum zap_known look_up(
	void *cookie, const struct key32 *key, struct id16 *ret)
{
	(*(int *)cookie)++;
	memset(ret->b, key->b[0], ID16_LEN);
	return answer;
}

static struct bytes text(const char *s)
{
	return bytes_of(s, strlen(s));
}

static void test_zap(void **state)
{
	static const uint8_t key[33] = {0xab};
	int asked = 0;
	struct zap_directory dir = {look_up, &asked};
	struct bytes f[ZAP_FRAMES] = {text("1.0"), text("1"), text("main"),
		text("192.0.2.1"), text(""), text("CURVE"), bytes_of(key, 32)};
	char user[ZAP_USER_MAX];

	answer = ZAP_KNOWN;
	assert_int_equal(zap_decide(&dir, f, 7, user), ZAP_ACCEPT);
	assert_string_equal(user, "abababababababababababababababab");
	f[ZAP_F_DOMAIN] = text("next");
	assert_int_equal(zap_decide(&dir, f, 7, user), ZAP_ACCEPT);
	answer = ZAP_REVOKED;
	/* Let in, to be told so. */
	assert_int_equal(zap_decide(&dir, f, 7, user), ZAP_BAD_REVOKED);
	assert_string_equal(user, "abababababababababababababababab");
	answer = ZAP_UNKNOWN;
	assert_int_equal(zap_decide(&dir, f, 7, user), ZAP_BAD_KEY);
	answer = ZAP_NO_ANSWER;
	assert_int_equal(zap_decide(&dir, f, 7, user), ZAP_LATER);
	/* Enrolment: unknown keys, under their own name; never revoked ones. */
	f[ZAP_F_DOMAIN] = text("enrol");
	answer = ZAP_UNKNOWN;
	assert_int_equal(zap_decide(&dir, f, 7, user), ZAP_ACCEPT);
	assert_int_equal(strlen(user), ZAP_USER_KEY_LEN);
	answer = ZAP_REVOKED;
	assert_int_equal(zap_decide(&dir, f, 7, user), ZAP_BAD_REVOKED);
	assert_string_equal(user, "");

	/* What is wrong in itself is refused without asking anybody. */
	answer = ZAP_KNOWN;
	asked = 0;
	f[ZAP_F_MECHANISM] = text("NULL");
	assert_int_equal(zap_decide(&dir, f, 6, user), ZAP_BAD_MECHANISM);
	f[ZAP_F_MECHANISM] = text("PLAIN");
	assert_int_equal(zap_decide(&dir, f, 7, user), ZAP_BAD_MECHANISM);
	f[ZAP_F_MECHANISM] = text("CURVE");
	assert_int_equal(zap_decide(&dir, f, 6, user), ZAP_BAD_REQUEST);
	assert_int_equal(zap_decide(&dir, f, 8, user), ZAP_BAD_REQUEST);
	assert_int_equal(zap_decide(&dir, f, 1, user), ZAP_BAD_REQUEST);
	assert_int_equal(zap_decide(&dir, f, 0, user), ZAP_BAD_REQUEST);
	f[ZAP_F_CREDENTIAL] = bytes_of(key, 31);
	assert_int_equal(zap_decide(&dir, f, 7, user), ZAP_BAD_REQUEST);
	f[ZAP_F_CREDENTIAL] = bytes_of(key, 33);
	assert_int_equal(zap_decide(&dir, f, 7, user), ZAP_BAD_REQUEST);
	f[ZAP_F_CREDENTIAL] = bytes_of(key, 32);
	f[ZAP_F_DOMAIN] = text("mainly");
	assert_int_equal(zap_decide(&dir, f, 7, user), ZAP_BAD_REQUEST);
	f[ZAP_F_DOMAIN] = text("");
	assert_int_equal(zap_decide(&dir, f, 7, user), ZAP_BAD_REQUEST);
	f[ZAP_F_DOMAIN] = text("main");
	f[ZAP_F_VERSION] = text("1.1");
	assert_int_equal(zap_decide(&dir, f, 7, user), ZAP_BAD_REQUEST);
	assert_int_equal(asked, 0);
}

/* ---- key files ---- */

static void put(const char *path, const char *content, size_t len, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(content, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static int read_as(const char *dir, const char *hex, size_t len, mode_t mode)
{
	char path[128];
	struct key32 k;
	int rc;

	snprintf(path, sizeof path, "%s/key", dir);
	put(path, hex, len, mode);
	memset(&k, 1, sizeof k);
	rc = keyfile_read(path, NULL, &k);
	if (rc != 0)
		assert_true(sodium_is_zero(k.b, sizeof k.b));
	unlink(path);
	return rc;
}

static void test_keyfile(void **state)
{
	char dir[] = "/tmp/keyfile.XXXXXX", path[128], hex[80];
	struct key32 made, got;

	assert_non_null(mkdtemp(dir));
	memset(hex, 'a', sizeof hex);
	hex[64] = '\n';
	assert_int_equal(read_as(dir, hex, 65, 0600), 0);
	assert_int_equal(read_as(dir, hex, 65, 0400), 0);
	assert_int_equal(read_as(dir, hex, 65, 0640), ROWAN_E_REFUSED);
	assert_int_equal(read_as(dir, hex, 65, 0604), ROWAN_E_REFUSED);
	assert_int_equal(read_as(dir, hex, 64, 0600), ROWAN_E_MALFORMED);
	assert_int_equal(read_as(dir, hex, 66, 0600), ROWAN_E_MALFORMED);
	assert_int_equal(read_as(dir, hex, 0, 0600), ROWAN_E_MALFORMED);
	hex[3] = 'A';
	assert_int_equal(read_as(dir, hex, 65, 0600), ROWAN_E_MALFORMED);
	hex[3] = 'g';
	assert_int_equal(read_as(dir, hex, 65, 0600), ROWAN_E_MALFORMED);
	memset(hex, '0', 64);
	assert_int_equal(read_as(dir, hex, 65, 0600), ROWAN_E_MALFORMED);
	assert_int_equal(keyfile_read(dir, NULL, &got), ROWAN_E_REFUSED);
	snprintf(path, sizeof path, "%s/none", dir);
	assert_int_equal(keyfile_read(path, NULL, &got), ROWAN_E_NOT_FOUND);

	snprintf(path, sizeof path, "%s/fresh", dir);
	assert_int_equal(keyfile_create(path, &made), 0);
	assert_int_equal(keyfile_create(path, &got), ROWAN_E_EXISTS);
	/* A bare name is looked for among the credentials. */
	assert_int_equal(keyfile_read("fresh", dir, &got), 0);
	assert_memory_equal(got.b, made.b, KEY32_LEN);
	unlink(path);
	rmdir(dir);
}

/* ---- handed-over sockets ---- */

static void test_listen_fds(void **state)
{
	struct notify_fds fds;
	char pid[16];

	unsetenv("LISTEN_FDS");
	assert_int_equal(notify_listen_fds(&fds), 0);
	assert_int_equal(fds.n, 0);
	/* For another process: not ours. */
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_PID", "1", 1);
	assert_int_equal(notify_listen_fds(&fds), 0);
	assert_int_equal(fds.n, 0);
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "9", 1);
	assert_int_equal(notify_listen_fds(&fds), ROWAN_E_INVAL);
	setenv("LISTEN_FDS", "-1", 1);
	assert_int_equal(notify_listen_fds(&fds), 0);
	assert_int_equal(fds.n, 0);
	assert_int_equal(notify_take(&fds, "tcp"), -1);
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	setenv("NOTIFY_SOCKET", "not a path", 1);
	assert_int_equal(notify_send("READY=1"), ROWAN_E_IO);
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify_send("READY=1"), 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	assert_int_equal(notify_watchdog_ms(), 15000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_watchdog_ms(), 0);
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
}

/* ---- connections ---- */

static int add(struct peers *p, uint32_t n, const char *user, int fd,
	struct peer **ret)
{
	uint8_t routing[PEER_ROUTING_LEN] = {0, (uint8_t)(n >> 24),
		(uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
	struct peer_options o = {
		.port = ZAP_MAIN, .routing = routing, .user = user, .fd = fd};

	return peers_add(p, &o, ret);
}

static void test_peers(void **state)
{
	static const char user[] = "00112233445566778899aabbccddeeff";
	static struct config config;
	struct peer *a, *b, *c;
	struct peer_ref ref;
	struct peers p;
	uint8_t routing[PEER_ROUTING_LEN] = {0, 0, 0, 0, 1};

	config_defaults(&config);
	assert_int_equal(peers_init(&p, &config, 64), 0);
	assert_int_equal(add(&p, 1, "", 5, &a), ROWAN_E_MALFORMED);
	assert_int_equal(add(&p, 1, "zz", 5, &a), ROWAN_E_MALFORMED);
	assert_int_equal(add(&p, 1, user, 5, &a), 0);
	assert_ptr_equal(peers_find(&p, ZAP_MAIN, routing), a);
	assert_null(peers_find(&p, ZAP_NEXT, routing));
	ref = a->ref;
	assert_ptr_equal(peers_at(&p, ref), a);
	/* A second one of the same device shares what it may do. */
	assert_int_equal(add(&p, 2, user, 6, &b), 0);
	assert_ptr_equal(a->device, b->device);
	assert_int_equal(a->device->connections, 2);
	/* The descriptor comes again before its DISCONNECTED event. */
	assert_ptr_equal(peers_displace(&p, 5), a);
	peers_remove(&p, a);
	assert_int_equal(add(&p, 3, user, 5, &c), 0);
	assert_null(peers_at(&p, ref));
	assert_null(peers_find(&p, ZAP_MAIN, routing));
	assert_null(peers_disconnected(&p, 5)); /* the old owner's */
	assert_ptr_equal(peers_disconnected(&p, 5), c);
	assert_null(peers_disconnected(&p, 7));
	assert_null(peers_disconnected(&p, -1));
	assert_null(peers_disconnected(&p, 64));
	/* Many, so that every table grows. */
	for (uint32_t i = 10; i < 5000; i++)
		assert_int_equal(add(&p, i, user, -1, &a), 0);
	for (uint32_t i = 10; i < 5000; i++) {
		routing[3] = (uint8_t)(i >> 8);
		routing[4] = (uint8_t)i;
		a = peers_find(&p, ZAP_MAIN, routing);
		assert_non_null(a);
		peers_remove(&p, a);
		assert_null(peers_find(&p, ZAP_MAIN, routing));
	}
	assert_int_equal(c->device->connections, 2);
	peers_wipe(&p);
}

static int add_at(struct peers *p, enum zap_port port, const char *user)
{
	static const uint8_t routing[PEER_ROUTING_LEN] = {0, 7, 7, 7, 7};
	struct peer_options o = {
		.port = port, .routing = routing, .user = user, .fd = -1};
	struct peer *peer;
	int rc = peers_add(p, &o, &peer);

	if (rc == 0)
		peers_remove(p, peer);
	return rc;
}

/* A User-Id is a device's on the main ports, a key on the other, in full. */
static void test_users(void **state)
{
	static const char key[] = "00112233445566778899aabbccddeeff"
				  "00112233445566778899aabbccddeeff";
	static struct config config;
	char text[ZAP_USER_MAX + 2];
	struct key32 got, zero = {{0}};
	struct peer *peer;
	struct peers p;

	config_defaults(&config);
	assert_int_equal(peers_init(&p, &config, 64), 0);
	for (size_t len = 0; len <= ZAP_USER_KEY_LEN; len++) {
		snprintf(text, sizeof text, "%.*s", (int)len, key);
		assert_int_equal(add_at(&p, ZAP_MAIN, text),
			len == ZAP_USER_DEVICE_LEN ? 0 : ROWAN_E_MALFORMED);
		assert_int_equal(add_at(&p, ZAP_NEXT, text),
			len == ZAP_USER_DEVICE_LEN ? 0 : ROWAN_E_MALFORMED);
		assert_int_equal(add_at(&p, ZAP_ENROL, text),
			len == ZAP_USER_KEY_LEN ? 0 : ROWAN_E_MALFORMED);
	}
	snprintf(text, sizeof text, "%sff", key);
	assert_int_equal(add_at(&p, ZAP_ENROL, text), ROWAN_E_MALFORMED);
	snprintf(text, sizeof text, "%.63s!", key);
	assert_int_equal(add_at(&p, ZAP_ENROL, text), ROWAN_E_MALFORMED);
	snprintf(text, sizeof text, "%.31s!", key);
	assert_int_equal(add_at(&p, ZAP_MAIN, text), ROWAN_E_MALFORMED);
	assert_int_equal(p.count, 0);
	/* Whose key it is can be told, and it has an allowance of its own. */
	assert_int_equal(
		peers_add(&p,
			&(struct peer_options){.port = ZAP_ENROL,
				.routing = (const uint8_t[]){0, 0, 0, 0, 1},
				.user = key,
				.fd = -1},
			&peer),
		0);
	peers_key(peer, &got);
	assert_int_equal(got.b[31], 0xff);
	assert_memory_not_equal(got.b, zero.b, KEY32_LEN);
	assert_null(peer->device);
	assert_int_equal(peers_wait(&p, peer, 1, 100, 0), 0);
	peers_wipe(&p);
}

/* One routing id on two ports is two connections; no place has number 0. */
static void test_places(void **state)
{
	static const char user[] = "00112233445566778899aabbccddeeff";
	static const uint8_t routing[PEER_ROUTING_LEN] = {0, 0, 0, 0, 3};
	static struct config config;
	struct peer_options o = {
		.port = ZAP_MAIN, .routing = routing, .user = user, .fd = 64};
	struct peer *on[ZAP_PORTS], *far;
	struct peers p;

	config_defaults(&config);
	assert_int_equal(peers_init(&p, &config, 64), 0);
	/* So few chains that all three lie in one. */
	p.hash_mask = 0;
	assert_int_equal(peers_add(&p, &o, &on[ZAP_MAIN]), 0);
	/* A descriptor above all that are watched. */
	assert_int_equal(on[ZAP_MAIN]->fd, -1);
	assert_null(peers_displace(&p, 64));
	o.port = ZAP_NEXT;
	o.fd = 63;
	assert_int_equal(peers_add(&p, &o, &on[ZAP_NEXT]), 0);
	assert_int_equal(on[ZAP_NEXT]->fd, 63);
	for (int i = ZAP_MAIN; i <= ZAP_NEXT; i++)
		assert_ptr_equal(
			peers_find(&p, (enum zap_port)i, routing), on[i]);
	assert_null(peers_find(&p, ZAP_ENROL, routing));

	/* Generations go around, past the one that says "free". */
	p.generation = UINT32_MAX;
	assert_int_equal(add(&p, 4, user, -1, &far), 0);
	assert_int_equal(far->ref.generation, UINT32_MAX);
	assert_int_equal(add(&p, 5, user, -1, &far), 0);
	assert_int_equal(far->ref.generation, 1);
	peers_remove(&p, far);
	assert_null(peers_at(&p, (struct peer_ref){far->ref.slot, 0}));
	assert_null(peers_at(&p, (struct peer_ref){p.cap, 1}));
	peers_wipe(&p);
}

/* The oldest goes, whatever its number; who is going already does not count. */
static void test_surplus(void **state)
{
	static const char user[] = "00112233445566778899aabbccddeeff";
	static const char else_[] = "ff112233445566778899aabbccddeeff";
	static struct config config;
	struct peer *c[4], *other;
	struct peers p;

	config_defaults(&config);
	assert_int_equal(peers_init(&p, &config, 64), 0);
	p.generation = UINT32_MAX - 1;
	assert_int_equal(add(&p, 9, else_, -1, &other), 0);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(add(&p, i, user, -1, &c[i]), 0);
	assert_true(c[3]->ref.generation < c[0]->ref.generation);
	assert_null(peers_surplus(&p, c[0]->device, 4));
	assert_ptr_equal(peers_surplus(&p, c[0]->device, 3), c[0]);
	c[0]->closing = true;
	assert_null(peers_surplus(&p, c[0]->device, 3));
	assert_ptr_equal(peers_surplus(&p, c[0]->device, 2), c[1]);
	peers_wipe(&p);
}

/* Connecting again does not fill the allowance up. */
static void test_rates(void **state)
{
	static const char user[] = "00112233445566778899aabbccddeeff";
	static struct config config;
	struct peer *a;
	struct peers p;

	config_defaults(&config);
	config.rate_messages = 60;
	config.burst = 10000;
	assert_int_equal(peers_init(&p, &config, 64), 0);
	assert_int_equal(add(&p, 1, user, 5, &a), 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(peers_wait(&p, a, 1, 100, 0), 0);
	assert_int_equal(peers_wait(&p, a, 1, 100, 0), 1000);
	/* What is refused takes nothing, of no kind. */
	assert_int_equal(peers_wait(&p, a, 1, 100, 400), 600);
	assert_int_equal(peers_wait(&p, a, 0, 100, 400), 0);
	peers_remove(&p, a);
	assert_int_equal(add(&p, 2, user, 6, &a), 0);
	assert_int_equal(peers_wait(&p, a, 1, 100, 400), 600);
	assert_int_equal(peers_wait(&p, a, 1, 100, 1000), 0);
	peers_wipe(&p);

	/* Bytes are counted as messages are, and so are requests. */
	config.rate_bytes = 6000;
	config.rate_requests = 60;
	config.rate_messages = 6000;
	assert_int_equal(peers_init(&p, &config, 64), 0);
	assert_int_equal(add(&p, 1, user, 5, &a), 0);
	assert_int_equal(peers_wait(&p, a, 1, 1000, 0), 0);
	assert_int_equal(peers_wait(&p, a, 1, 100, 0), 1000);
	for (int i = 0; i < 9; i++)
		assert_int_equal(peers_wait(&p, a, 1, 0, 0), 0);
	assert_int_equal(peers_wait(&p, a, 1, 0, 0), 1000);
	peers_wipe(&p);
}

static void test_bucket(void **state)
{
	struct bucket_rate r = {60, 3}, open = {0, 0};
	struct bucket b;

	bucket_init(&b, &r, 100);
	assert_int_equal(bucket_wait(&b, &r, 3, 100), 0);
	bucket_take(&b, &r, 3);
	assert_int_equal(bucket_wait(&b, &r, 1, 100), 1000);
	assert_int_equal(bucket_wait(&b, &r, 2, 600), 1500);
	/* More than fits in counts as what fits in. */
	assert_int_equal(bucket_wait(&b, &r, UINT64_MAX, 3100), 0);
	bucket_take(&b, &r, UINT64_MAX);
	/* Time that goes back gives nothing and takes nothing. */
	assert_int_equal(bucket_wait(&b, &r, 1, 50), 1000);
	/* A very long pause fills it and no more. */
	assert_int_equal(bucket_wait(&b, &r, 3, UINT64_MAX), 0);
	bucket_take(&b, &r, 3);
	assert_int_equal(bucket_wait(&b, &r, 1, UINT64_MAX), 1000);
	assert_int_equal(bucket_wait(&b, &open, 1000, 0), 0);
}

/* ---- the operation table ---- */

static void test_table(void **state)
{
	const struct wire_op_info *w;
	const struct table_entry *e;
	uint16_t last = 0;
	size_t n = 0;

	for (size_t i = 0; (e = table_at(i)) != NULL; i++, n++) {
		assert_true(e->op > last);
		last = e->op;
		assert_ptr_equal(table_find(e->op), e);
		assert_true(e->right >= TABLE_STRANGER && e->cost > 0);
		assert_true(e->effect > 0);
		assert_non_null(e->decode);
		assert_non_null(e->handle);
		w = wire_op_find(e->op);
		assert_non_null(w);
		assert_int_equal(w->flags & WIRE_OP_PUSHED, 0);
		assert_int_equal(e->right == TABLE_STRANGER,
			(w->flags & WIRE_OP_STRANGER) != 0);
	}
	assert_true(n > 0);
	assert_null(table_find(0));
	assert_null(table_find(WIRE_OP_PUSH));
	assert_null(table_find(WIRE_OP_PING | WIRE_ANSWER));
	assert_null(table_find(UINT16_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zap),
		cmocka_unit_test(test_keyfile),
		cmocka_unit_test(test_listen_fds),
		cmocka_unit_test(test_peers),
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_surplus),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_bucket),
		cmocka_unit_test(test_table),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
