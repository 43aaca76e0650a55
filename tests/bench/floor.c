/*
 * The floor: bare SQLite, and bare CURVE round trips.
 *
 * Trusts the machine to be quiet. Keeps nothing: its file is removed.
 */
#include "bench/floor.h"

#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "bench/bench.h"
#include "lib/relay_link.h"

#define CLIENTS_MAX 1024

static sqlite3 *open_bare(const char *path)
{
	sqlite3 *db = NULL;

	if (sqlite3_open(path, &db) ||
		sqlite3_exec(db,
			"PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;"
			"PRAGMA locking_mode=EXCLUSIVE;"
			"CREATE TABLE m(id INTEGER PRIMARY KEY, b BLOB)",
			NULL, NULL, NULL)) {
		sqlite3_close(db);
		return NULL;
	}
	return db;
}

/* One commit: ${batch} rows come, those of the commit before go. */
static int turn_over(sqlite3_stmt *put, sqlite3_stmt *del, int batch, void *b,
	int size, int64_t *first)
{
	sqlite3 *db = sqlite3_db_handle(put);

	if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL))
		return -1;
	for (int i = 0; i < batch; i++) {
		sqlite3_bind_blob(put, 1, b, size, SQLITE_STATIC);
		if (sqlite3_step(put) != SQLITE_DONE)
			return -1;
		sqlite3_reset(put);
		sqlite3_bind_int64(del, 1, *first + i);
		if (sqlite3_step(del) != SQLITE_DONE)
			return -1;
		sqlite3_reset(del);
	}
	*first = sqlite3_last_insert_rowid(db) - batch + 1;
	return sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) ? -1 : 0;
}

double floor_sqlite(const char *dir, int size, int batch, double secs)
{
	sqlite3_stmt *put = NULL, *del = NULL;
	char path[4096], wal[4100];
	uint64_t start;
	int64_t first = 0;
	double rows = 0;
	void *b = malloc((size_t)size);
	sqlite3 *db;

	snprintf(path, sizeof path, "%s/floor.db", dir);
	snprintf(wal, sizeof wal, "%s-wal", path);
	db = b ? open_bare(path) : NULL;
	if (db == NULL ||
		sqlite3_prepare_v2(
			db, "INSERT INTO m(b) VALUES(?)", -1, &put, NULL) ||
		sqlite3_prepare_v2(
			db, "DELETE FROM m WHERE id=?", -1, &del, NULL))
		goto out;
	randombytes_buf(b, (size_t)size);
	for (start = b_now(); (double)(b_now() - start) < secs * 1e9;
		rows += batch)
		if (turn_over(put, del, batch, b, size, &first)) {
			rows = 0;
			break;
		}
	rows /= (double)(b_now() - start) / 1e9;
out:
	sqlite3_finalize(put);
	sqlite3_finalize(del);
	sqlite3_close(db);
	free(b);
	unlink(path);
	unlink(wal);
	return rows;
}

/* A ROUTER that answers every message with one byte. Never returns. */
static void serve(const char *secret, int port_pipe)
{
	void *ctx = zmq_ctx_new(), *s = zmq_socket(ctx, ZMQ_ROUTER);
	char ep[128];
	size_t len = sizeof ep;
	int one = 1, zero = 0, port;
	zmq_msg_t id, m;

	zmq_setsockopt(s, ZMQ_CURVE_SERVER, &one, sizeof one);
	zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, secret, 41);
	zmq_setsockopt(s, ZMQ_SNDHWM, &zero, sizeof zero);
	if (zmq_bind(s, "tcp://127.0.0.1:*") ||
		zmq_getsockopt(s, ZMQ_LAST_ENDPOINT, ep, &len))
		_exit(1);
	port = atoi(strrchr(ep, ':') + 1);
	if (write(port_pipe, &port, sizeof port) != sizeof port)
		_exit(1);
	zmq_msg_init(&id);
	zmq_msg_init(&m);
	for (;;) {
		if (zmq_msg_recv(&id, s, 0) < 0 || zmq_msg_recv(&m, s, 0) < 0)
			continue;
		zmq_msg_send(&id, s, ZMQ_SNDMORE);
		zmq_send(s, "k", 1, 0);
	}
}

struct trips {
	struct relay_link *link[CLIENTS_MAX];
	struct pollfd poll[CLIENTS_MAX];
	bool busy[CLIENTS_MAX];
	int clients;
	long done;
};

static int trips_turn(struct trips *t, struct bytes body)
{
	struct relay_frames f;

	for (int i = 0; i < t->clients; i++) {
		int r = ROWAN_E_AGAIN;

		if (t->poll[i].revents)
			r = relay_link_recv(t->link[i], &f);
		if (r == 0) {
			t->busy[i] = false;
			t->done++;
		} else if (r != ROWAN_E_AGAIN)
			return r;
		if (!t->busy[i] && relay_link_ready(t->link[i])) {
			r = relay_link_send(t->link[i], &body, 1);
			if (r)
				return r;
			t->busy[i] = true;
		}
		if (relay_link_flush(t->link[i]) == ROWAN_E_IO)
			return ROWAN_E_IO;
	}
	return poll(t->poll, (nfds_t)t->clients, 100) < 0 ? ROWAN_E_IO : 0;
}

static double trips_run(struct trips *t, int size, double secs)
{
	struct buf body;
	uint64_t start = 0;
	double n = 0;

	if (buf_alloc(&body, (size_t)size))
		return 0;
	for (uint64_t begin = b_now();;) {
		if (trips_turn(t, buf_view(&body)))
			break;
		if (start == 0 && b_now() - begin > 500000000u) {
			start = b_now();
			t->done = 0;
		}
		if (start && (double)(b_now() - start) > secs * 1e9) {
			n = (double)t->done / ((double)(b_now() - start) / 1e9);
			break;
		}
	}
	buf_wipe(&body);
	return n;
}

double floor_curve(int clients, int size, double secs)
{
	struct relay_address a = {.kind = RELAY_LINK_RAW};
	struct trips *t = calloc(1, sizeof *t);
	char public[41], secret[41];
	uint8_t server[32], ours[32], ours_secret[32];
	int port = 0, fds[2];
	double n = 0;
	pid_t pid;

	if (t == NULL || clients > CLIENTS_MAX || pipe(fds) ||
		zmq_curve_keypair(public, secret))
		b_die("no floor for CURVE");
	pid = fork();
	if (pid == 0)
		serve(secret, fds[1]);
	if (read(fds[0], &port, sizeof port) != sizeof port)
		b_die("no floor for CURVE");
	close(fds[0]);
	close(fds[1]);
	zmq_z85_decode(server, public);
	crypto_box_keypair(ours, ours_secret);
	a.port = port;
	a.server = server;
	a.public = ours;
	a.secret = ours_secret;
	for (int i = 0; i < clients; i++, t->clients++) {
		if (relay_link_open(&t->link[i], &a))
			b_die("no floor for CURVE");
		t->poll[i].fd = relay_link_fd(t->link[i]);
		t->poll[i].events = POLLIN;
	}
	n = trips_run(t, size, secs);
	for (int i = 0; i < clients; i++)
		relay_link_close(t->link[i]);
	free(t);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return n;
}
