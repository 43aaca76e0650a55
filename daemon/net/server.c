/*
 * Opening and closing the relay: see server.h.
 */
#include <stdlib.h>
#include <unistd.h>

#include <sys/eventfd.h>
#include <sys/resource.h>

#include <sodium.h>

#include "net/inner.h"

/* Besides connections: libzmq's own, the store's, sockets, spare. */
#define OWN_FDS	  128
#define LINGER_MS 1000

/*
 * Declared by libzmq among what is not stable yet, and served by all of 4.3.
 * Where it is not nothing is lost but memory.
 */
#ifndef ZMQ_ZERO_COPY_RECV
#define ZMQ_ZERO_COPY_RECV 10
#endif

static const char *const fd_names[ZAP_PORTS] = {[ZAP_MAIN] = NOTIFY_MAIN,
	[ZAP_NEXT] = NOTIFY_NEXT,
	[ZAP_ENROL] = NOTIFY_ENROL};

/*
 * One descriptor a connection, and half as many again for those that are being
 * turned away: what is accepted beyond the limit makes libzmq spin.
 */
static int check_limits(const struct config *c, size_t *ret)
{
	uint64_t want = c->connections + c->connections_enrol;
	struct rlimit lim;

	want = want + want / 2 + OWN_FDS;
	if (getrlimit(RLIMIT_NOFILE, &lim) != 0)
		return ROWAN_E_INTERNAL;
	if (lim.rlim_cur < want && lim.rlim_max >= want) {
		lim.rlim_cur = want;
		if (setrlimit(RLIMIT_NOFILE, &lim) != 0)
			return ROWAN_E_LIMIT;
	}
	if (lim.rlim_cur < want)
		return ROWAN_E_LIMIT;
	*ret = lim.rlim_cur < (1u << 20) ? (size_t)lim.rlim_cur : 1u << 20;
	return 0;
}

static int open_context(struct server *r)
{
	r->ctx = zmq_ctx_new();
	if (r->ctx == NULL)
		return ROWAN_E_INTERNAL;
	if (zmq_ctx_set(r->ctx, ZMQ_IO_THREADS, (int)r->config->io_threads) !=
			0 ||
		zmq_ctx_set(r->ctx, ZMQ_MAX_SOCKETS, 64) != 0)
		return ROWAN_E_INTERNAL;
	/*
	 * A short message would hold the whole buffer it was read into, 18 KiB,
	 * which is overwritten when it goes.
	 */
	(void)zmq_ctx_set(r->ctx, ZMQ_ZERO_COPY_RECV, 0);
	return zap_open(r->ctx, &r->zap);
}

static int open_port(struct server *r, const struct server_options *o,
	enum zap_port port, const struct config_list *list)
{
	const char *endpoints[CONFIG_LIST_MAX];
	int fds[NOTIFY_FDS_MAX];
	struct socket_options s = {.ctx = r->ctx,
		.port = port,
		.secret = o->keys[port],
		.endpoints = endpoints,
		.fds = fds,
		.backlog = (int)r->config->backlog,
		.handshake_ms = (int)r->config->handshake_time,
		.heartbeat_ms = (int)r->config->heartbeat_interval,
		.heartbeat_timeout_ms = (int)r->config->heartbeat_timeout,
		.send_hwm = (int)r->config->send_queue,
		.max_frame = (int64_t)r->config->message_bytes};
	int fd;

	while (o->fds != NULL && s.fd_count < NOTIFY_FDS_MAX &&
		(fd = notify_take(o->fds, fd_names[port])) >= 0)
		fds[s.fd_count++] = fd;
	for (size_t i = 0; i < list->count; i++)
		endpoints[s.endpoint_count++] = list->item[i];
	if (s.secret == NULL || s.fd_count + s.endpoint_count == 0)
		return 0;
	if (s.max_frame > WIRE_FRAME_MAX)
		s.max_frame = WIRE_FRAME_MAX;
	if (port == ZAP_ENROL)
		s.max_frame = ENROL_FRAME_MAX;
	/* libzmq looks at a frame as it came, sealed. */
	s.max_frame += WIRE_FRAME_SEAL;
	return socket_open(&s, &r->socks[port]);
}

static int open_pool(struct server *r)
{
	r->pool_len = (size_t)r->config->request_queue;
	r->pool = calloc(r->pool_len, sizeof *r->pool);
	if (r->pool == NULL)
		return ROWAN_E_NOMEM;
	for (size_t i = r->pool_len; i > 0; i--) {
		r->pool[i - 1].next = r->free;
		r->free = &r->pool[i - 1];
		writer_init(&r->pool[i - 1].r.out, WIRE_MESSAGE_MAX);
	}
	writer_init(&r->spare.r.out, WIRE_MESSAGE_MAX);
	return 0;
}

static int open_ports(struct server *r, const struct server_options *o)
{
	const struct config *c = r->config;
	int rc = open_port(r, o, ZAP_MAIN, &c->listen);

	if (rc == 0)
		rc = open_port(r, o, ZAP_NEXT, &c->listen_next);
	if (rc == 0)
		rc = open_port(r, o, ZAP_ENROL, &c->listen_enrol);
	return rc;
}

static struct bucket_rate enrol_rate(const struct config *c)
{
	uint64_t burst = c->rate_enrol * c->burst / 60000;

	return (struct bucket_rate){c->rate_enrol, burst > 0 ? burst : 1};
}

/* Where clients find the next key: its port is that of the socket. */
static void next_key(const struct server *r, const struct server_options *o,
	struct wire_next_key *ret)
{
	const char *endpoint = server_endpoint(r, ZAP_NEXT);
	const char *port = endpoint != NULL ? strrchr(endpoint, ':') : NULL;

	*ret = (struct wire_next_key){.port = 0};
	if (port == NULL || o->keys[ZAP_NEXT] == NULL ||
		crypto_scalarmult_base(ret->key, o->keys[ZAP_NEXT]->b) != 0)
		return;
	ret->port = (uint16_t)strtoul(port + 1, NULL, 10);
	if (ret->port == 0)
		*ret = (struct wire_next_key){.port = 0};
}

int server_open(struct server **ret, const struct server_options *o)
{
	struct server *r = calloc(1, sizeof *r);
	struct committer_options w;
	size_t fds = 0;
	int rc;

	*ret = NULL;
	if (r == NULL)
		return ROWAN_E_NOMEM;
	r->live = *o->config;
	r->config = &r->live;
	r->store = o->store;
	r->clock = o->clock;
	r->called = o->called;
	r->cookie = o->cookie;
	r->stop_fd = -1;
	r->lanes.writer.fd = r->lanes.network.fd = -1;
	r->watchdog_ms = notify_watchdog_ms();
	r->enrol_rate = enrol_rate(r->config);
	bucket_init(&r->enrol, &r->enrol_rate, 0);
	if ((rc = check_limits(r->config, &fds)) != 0 ||
		(rc = lanes_init(&r->lanes, r->config->request_queue)) != 0 ||
		(rc = open_pool(r)) != 0 || (rc = guard_init(r, fds)) != 0 ||
		(rc = peers_init(&r->peers, r->config, fds)) != 0 ||
		(rc = jobs_new(&r->jobs)) != 0 ||
		(rc = store_reader_open(&r->reader, r->store)) != 0)
		goto out;
	r->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = r->stop_fd < 0 ? ROWAN_E_INTERNAL : 0;
	if (rc == 0)
		rc = open_context(r);
	if (rc == 0)
		rc = open_ports(r, o);
	w = (struct committer_options){.store = r->store,
		.clock = r->clock,
		.head = o->head,
		.config = r->config,
		.lanes = &r->lanes,
		.counters = &r->ops_counters,
		.unburied = o->unburied};
	next_key(r, o, &w.next);
	if (rc == 0)
		rc = committer_start(&r->committer, &w);
out:
	if (rc == 0)
		*ret = r;
	else
		server_free(r);
	return rc;
}

/* The writer may be waiting: for a stop, or for an empty batch. */
static void end_writer(struct server *r)
{
	void *b;

	if (r->committer == NULL)
		return;
	if (!r->draining) {
		r->stop.r.kind = REQUEST_STOP;
		if (ring_put(&r->lanes.requests, &r->stop.r))
			wake_ring(&r->lanes.writer);
	}
	while (!r->stopped) {
		while (ring_take(&r->lanes.batches, &b, 1) == 1) {
			r->stopped = r->stopped || ((struct batch *)b)->stopped;
			if (ring_put(&r->lanes.used, b))
				wake_ring(&r->lanes.writer);
		}
		if (!r->stopped)
			usleep(1000);
	}
	committer_join(r->committer);
}

void server_free(struct server *r)
{
	if (r == NULL)
		return;
	end_writer(r);
	for (int p = 0; p < ZAP_PORTS; p++)
		socket_close(&r->socks[p], LINGER_MS);
	for (size_t i = 0; i < r->pool_len && r->pool != NULL; i++) {
		struct inbound *in = &r->pool[i];

		for (size_t k = 0; k < in->msg_count; k++)
			zmq_msg_close(&in->msg[k]);
		for (size_t k = 0; k < in->r.answer_count; k++)
			buf_wipe(&in->r.answer[k]);
		writer_wipe(&in->r.out);
	}
	writer_wipe(&r->spare.r.out);
	/* Last: a handshake may still be asking. */
	zap_close(r->zap);
	if (r->ctx != NULL)
		zmq_ctx_term(r->ctx);
	store_reader_close(r->reader);
	peers_wipe(&r->peers);
	guard_wipe(r);
	jobs_free(r->jobs);
	lanes_wipe(&r->lanes);
	free(r->pool);
	if (r->stop_fd >= 0)
		close(r->stop_fd);
	free(r);
}

const char *server_endpoint(const struct server *r, enum zap_port port)
{
	return r->socks[port].router == NULL ? NULL : r->socks[port].endpoint;
}

int server_config(
	struct server *r, const struct config *fresh, struct config_change *ret)
{
	int rc = lanes_config(&r->lanes, fresh);

	if (rc != 0)
		return rc;
	config_change(&r->live, fresh, ret);
	peers_rates(&r->peers, r->config);
	r->enrol_rate = enrol_rate(r->config);
	return 0;
}

void server_counters(const struct server *r, struct server_counters *ret)
{
	*ret = r->count;
	for (int p = 0; p < ZAP_PORTS; p++)
		ret->connections[p] = r->connected[p];
	ret->items_refused = atomic_load(&r->ops_counters.items_refused);
	ret->batches = atomic_load(&r->ops_counters.batches);
	ret->operations = atomic_load(&r->ops_counters.operations);
	ret->failed_commits = atomic_load(&r->ops_counters.failed_commits);
}

void server_state(struct server *r, struct server_state *ret)
{
	server_counters(r, &ret->count);
	ret->config = r->live;
	ret->queue = ring_count(&r->lanes.requests);
	ret->draining = r->draining;
	ret->failed_at = atomic_load(&r->ops_counters.failed_at);
	ret->room = !atomic_load(&r->ops_counters.full);
	ret->unburied = atomic_load(&r->ops_counters.unburied);
	ret->erasures = atomic_load(&r->ops_counters.erasures);
	ret->restoring = atomic_load(&r->ops_counters.restoring);
	ret->restore_refused = atomic_load(&r->ops_counters.restore_refused);
	ret->restoring_missing =
		atomic_load(&r->ops_counters.restoring_missing);
	ret->restoring_since = atomic_load(&r->ops_counters.restoring_since);
	meter_read(&r->answer_time, &ret->answer_time);
	meter_read(&r->ops_counters.batch_size, &ret->batch_size);
	meter_read(&r->ops_counters.commit_time, &ret->commit_time);
}
