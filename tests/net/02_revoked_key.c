/* Revocation takes effect on the next message of an open connection. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sodium.h>

#include "clock/clock.h"
#include "net/kit.h"
#include "net/server.h"
#include "ops/ops.h"

static struct server *server;

static int read_clock(void *ctx, struct clock_sample *ret)
{
	*ret = (struct clock_sample){1800000000000u, 1000, true};
	return 0;
}

static void *serve(void *cookie)
{
	int *rc = cookie;

	*rc = server_run(server);
	return NULL;
}

static int revoke_job(void *cookie, struct ops *o)
{
	const struct id16 *id = cookie;
	int rc = store_device_revoke(o->store, id);

	return rc != 0 ? rc : ops_revoked(o, id);
}

static int fail_job(void *cookie, struct ops *o)
{
	int rc = revoke_job(cookie, o);

	return rc != 0 ? rc : ROWAN_E_REFUSED;
}

/* As kit_open, at the port the server chose. */
static struct relay_client *open_at(
	int port, enum seed_role role, uint32_t index)
{
	kit_daemon.port = port;
	return kit_open(role, index);
}

int main(void)
{
	struct seed_clinic clinic = {.senders = 2, .mailboxes = 2};
	char path[] = "/tmp/revoked.XXXXXX", file[64], clock_file[64];
	struct store_options so = {.path = file, .mailbox_max = 1000};
	struct clock_options co = {.jump = 1000, .ahead = 1000};
	struct clock_source source = {read_clock, NULL};
	struct server_options o = {0};
	struct config config;
	struct key32 store_key, transport;
	struct seed_server key;
	struct seed_device gone, other;
	struct relay_client *c, *s, *again;
	struct server_counters counters;
	static struct wire_push p;
	struct clock *clock;
	struct store *store;
	pthread_t thread;
	int rc = -1, port = 0;

	KIT_CHECK(sodium_init() >= 0 && mkdtemp(path) != NULL);
	snprintf(file, sizeof file, "%s/db", path);
	snprintf(clock_file, sizeof clock_file, "%s/clock", path);
	seed_store_key(&store_key);
	so.key = &store_key;
	KIT_CHECK(store_open(&store, &so) == 0);
	KIT_CHECK(seed_put(store, &clinic) == 0);
	KIT_CHECK(clock_open(clock_file, &co, &source, &clock) == 0);
	config_defaults(&config);
	config.connections = 64;
	config.connections_enrol = 16;
	config.listen.count = 1;
	strcpy(config.listen.item[0], "tcp://127.0.0.1:*");
	config.listen_enrol.count = 0;
	seed_server(0, &key);
	memcpy(transport.b, key.secret, KEY32_LEN);
	o.config = &config;
	o.store = store;
	o.clock = clock;
	o.keys[ZAP_MAIN] = &transport;
	KIT_CHECK(server_open(&server, &o) == 0);
	KIT_CHECK(sscanf(server_endpoint(server, ZAP_MAIN),
			  "tcp://127.0.0.1:%d", &port) == 1);
	KIT_CHECK(server_endpoint(server, ZAP_ENROL) == NULL);
	KIT_CHECK(pthread_create(&thread, NULL, serve, &rc) == 0);

	seed_device(SEED_MAILBOX, 0, &gone);
	seed_device(SEED_MAILBOX, 1, &other);
	c = open_at(port, SEED_MAILBOX, 0);
	KIT_CHECK(relay_hello(c, NULL) == 0);
	KIT_CHECK(relay_subscribe(c, 0, 10, NULL) == 0);
	s = open_at(port, SEED_SENDER, 0);
	KIT_CHECK(relay_hello(s, NULL) == 0);
	KIT_CHECK(kit_submit(s, seed_channel(0, 0), 1, 'a', 1024).code == 0);
	KIT_CHECK(relay_push(c, RELAY_PATIENCE_MS, &p) == 0);

	/* A job that fails leaves everything as it was. */
	KIT_CHECK(server_job(server, fail_job, &gone.id) == ROWAN_E_REFUSED);
	KIT_CHECK(kit_ping(c));
	KIT_CHECK(server_job(server, revoke_job, &gone.id) == 0);
	/* The open connection gets nothing any more, not even a push. */
	KIT_CHECK(kit_submit(s, seed_channel(0, 0), 2, 'b', 1024).code == 0);
	KIT_CHECK(relay_push(c, 500, &p) != 0);
	KIT_CHECK(!kit_ping(c));
	kit_closed(c);
	/* A new one is told so, and gets nothing; everybody else goes on. */
	again = open_at(port, SEED_MAILBOX, 0);
	KIT_CHECK(relay_hello(again, NULL) == ROWAN_E_REVOKED);
	KIT_CHECK(!kit_ping(again));
	KIT_CHECK(relay_subscribe(again, 0, 10, NULL) == ROWAN_E_REVOKED);
	KIT_CHECK(kit_ping(s));
	/* A sender is refused too, on the connection that sent before. */
	seed_device(SEED_SENDER, 0, &other);
	KIT_CHECK(server_job(server, revoke_job, &other.id) == 0);
	KIT_CHECK(!kit_ping(s));

	server_stop(server);
	pthread_join(thread, NULL);
	KIT_CHECK(rc == 0);
	server_counters(server, &counters);
	KIT_CHECK(counters.zap[ZAP_BAD_REVOKED] >= 1);
	KIT_CHECK(server_job(server, revoke_job, &gone.id) == ROWAN_E_STATE);
	server_free(server);
	relay_close(c);
	relay_close(s);
	relay_close(again);
	store_close(store);
	KIT_CHECK(clock_close(clock) == 0);
	unlink(clock_file);
	KIT_CHECK(snprintf(file, sizeof file, "rm -r %s", path) > 0 &&
		  system(file) == 0);
	return 0;
}
