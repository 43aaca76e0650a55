/*
 * The load generator and what it asks of a driver: one process, one thread,
 * one epoll loop. Publishers send in closed loop, one message outstanding
 * each; a consumer per mailbox takes and acknowledges.
 *
 * The driver's part has the names that the comparison with other servers
 * uses, so that peers/drv_rowan.c compiles against either generator.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

/* What a run is. Set before the first drv_ call. */
struct opt {
	const char *host;
	const char *extra; /* for the driver */
	const char *dir;   /* the server's folder, for its disk */
	int port;
	int npub;
	int nbox;
	int noff; /* mailboxes nobody reads */
	int size; /* bytes of a message */
	double secs;
	double warm;
	double rate; /* messages a second, 0: as fast as it goes */
	long preload;
	int window; /* outstanding messages of a publisher (preload) */
	int spid;   /* the server */
};

extern struct opt O;

/* What a driver implements. All may run the loop until they are done. */
void drv_setup(void);
void drv_pub_open(int pub);
void drv_con_open(int box);
void drv_idle_open(int i);
void drv_publish(int pub, int box, const char *body, int len);
void drv_tick(void); /* once a turn of the loop */

/* What a driver calls. */
void b_acked(int pub);
void b_delivered(int box, const void *body, size_t len);
void b_consumed(int n);
uint64_t b_now(void);
void b_die(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

struct ev {
	int fd;
	void (*cb)(void *arg, unsigned events);
	void *arg;
	unsigned mask;
};
void b_watch(struct ev *e, unsigned mask);
void b_poll(int timeout_ms);

/* What one measured run gave. */
struct run {
	double msgs_per_s;
	double ack_p50_us, ack_p99_us;
	double e2e_p50_us, e2e_p99_us;
	double server_cpu_s_per_1k;
	double client_cpu_s_per_1k;
	double syncs_per_msg;
	double disk_b_per_msg;
	long rss_kib;
	long sent, acked, delivered, consumed;
};

/**
 * gen_open():
 * Open O.npub publishers and O.nbox consumers, once.
 */
void gen_open(void);

/**
 * gen_run(ret):
 * Warm up, measure, and wait until everything sent was consumed.
 */
void gen_run(struct run *ret);

/**
 * gen_preload(ret_per_s):
 * Fill the O.noff offline mailboxes with O.preload messages.
 */
void gen_preload(double *ret_per_s);

/**
 * gen_idle(n):
 * Open ${n} connections that say nothing; return KiB of memory of the
 * server for each thousand.
 */
double gen_idle(int n);

#endif
