/*
 * make diskfull: what goes on when there is no room.
 *
 *	diskfull
 *
 * Twice: once the page quota is the limit, and, where a tmpfs can be mounted,
 * once the disk is (a foreign file takes the rest of it). Submissions get
 * "try again" with a time; reading, delivery and acknowledgement go on, what
 * expired is not shown; after acknowledgements the store takes envelopes again
 *by itself; a restart on the full disk serves.
 *
 * Trusts nothing of the daemon. Exits 1 with one sentence.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "lib/relay_client.h"
#include "lib/rowand_proc.h"

#define BODY_LEN   (16 * 1024)
#define SHORT_S	   1   /* lifetime of those that are to expire */
#define FEW_N	   100 /* stored before the disk runs out */
#define SHORT_N	   20
#define PATIENCE_S 180

static struct {
	struct rowand_proc daemon;
	struct relay_client *writer, *reader;
	uint64_t counter;
	uint32_t stored; /* waiting for mailbox 0 */
	bool mounted;
} D;

static void unmount(void)
{
	char state[ROWAND_PATH_MAX];

	snprintf(state, sizeof state, "%s/state", D.daemon.dir);
	if (D.mounted)
		umount2(state, MNT_DETACH);
	D.mounted = false;
}

static void fail(const char *what, int r)
{
	fprintf(stderr, "diskfull: %s: %s; see %s/log\n", what,
		rowan_strerror(r), D.daemon.dir);
	if (D.daemon.pid > 0)
		kill(D.daemon.pid, SIGKILL);
	unmount();
	exit(1);
}

static struct relay_client *client(
	enum seed_role role, uint32_t index, struct wire_hello_answer *ret)
{
	struct relay_client *c = NULL;
	struct seed_device d;
	int r;

	seed_device(role, index, &d);
	r = relay_open(&c, &(struct relay_options){.kind = RELAY_LINK_RAW,
				   .port = D.daemon.port,
				   .device = &d});
	if (r == 0)
		r = relay_hello(c, ret);
	if (r)
		fail("a client is not greeted", r);
	return c;
}

static void open_clients(void)
{
	struct wire_hello_answer h;

	D.writer = client(SEED_SENDER, 0, &h);
	D.counter = h.counter;
	D.reader = client(SEED_MAILBOX, 0, NULL);
}

static void close_clients(void)
{
	relay_close(D.writer);
	relay_close(D.reader);
}

/* Submit one; returns the result's code, its time in ${ret_retry}. */
static uint16_t submit(uint32_t to, uint32_t lifetime, uint32_t *ret_retry)
{
	static uint8_t body[BODY_LEN];
	static struct wire_submit s = {.count = 1};
	static struct wire_submit_answer a;
	int r;

	s.items[0] = (struct wire_submit_item){.channel = seed_channel(0, to),
		.counter = D.counter + 1,
		.lifetime = lifetime,
		.envelope = bytes_of(body, BODY_LEN)};
	r = relay_submit(D.writer, &s, &a);
	if (r == ROWAN_E_IO || r == ROWAN_E_MALFORMED)
		fail("submit", r);
	a.results[0] = r ? relay_error(D.writer) : a.results[0];
	if (a.results[0].code == WIRE_OK)
		D.counter++;
	*ret_retry = a.results[0].retry_ms;
	return a.results[0].code;
}

static void fill(void)
{
	uint32_t retry = 0;
	uint16_t code;

	while ((code = submit(0, 0, &retry)) == WIRE_OK)
		D.stored++;
	if (code != WIRE_FULL && code != WIRE_AGAIN)
		fail("a full store said", wire_code_error(code));
	if (retry == 0)
		fail("a full store did not say when to try again",
			ROWAN_E_INTERNAL);
	printf("diskfull: full after %u envelopes of %d bytes: %s, again in "
	       "%u ms\n",
		D.stored, BODY_LEN, wire_code_name(code), retry);
}

/* Everything that waits arrives; half of it is acknowledged. */
static void read_while_full(void)
{
	static struct wire_push p;
	struct wire_ack ack = {.count = 1};
	uint64_t first = 0, middle = 0;
	int r = relay_subscribe(D.reader, 0, 64, NULL);

	for (uint32_t got = 0; r == 0 && got < D.stored;) {
		r = relay_push(D.reader, RELAY_PATIENCE_MS, &p);
		if (r)
			break;
		if (first == 0)
			first = p.items[0].sequence;
		got += (uint32_t)p.count;
		if (got <= D.stored / 2)
			middle = p.items[p.count - 1].sequence;
		/* Credit by itself, so that nothing is acknowledged yet. */
		{
			struct wire_credit credit = {(uint32_t)p.count};
			uint8_t mem[16];
			struct writer w;

			writer_init_fixed(&w, mem, sizeof mem);
			r = wire_credit_encode(&credit, &w);
			if (r == 0)
				r = relay_send(D.reader,
					&(struct relay_request){
						.op = WIRE_OP_CREDIT,
						.quiet = true,
						.body = &w},
					NULL);
		}
	}
	if (r)
		fail("delivery from a full store", r);
	ack.ranges[0] = (struct wire_range){first, middle};
	r = relay_ack(D.reader, &ack);
	if (r)
		fail("acknowledgement in a full store", r);
	D.stored -= (uint32_t)(middle - first + 1);
}

static uint32_t waiting(enum seed_role role, uint32_t index)
{
	struct wire_hello_answer h;

	relay_close(client(role, index, &h));
	return h.waiting;
}

/* The store takes envelopes again without being helped. */
static void wait_for_room(void)
{
	uint32_t retry;

	for (int s = 0; s < PATIENCE_S * 10; s++) {
		if (submit(0, 0, &retry) == WIRE_OK) {
			D.stored++;
			printf("diskfull: room again after %d ms\n", s * 100);
			return;
		}
		usleep(100000);
	}
	fail("no room after acknowledgements", ROWAN_E_FULL);
}

/* What is over its time is not shown, though erased by the hour only. */
static void check_expired(void)
{
	static struct wire_push p;
	struct relay_client *c;
	int r;

	/* The daemon looks at its clock once a second, when it can. */
	sleep(SHORT_S + 3);
	c = client(SEED_MAILBOX, 1, NULL);
	r = relay_subscribe(c, 0, 64, NULL);
	if (r)
		fail("subscribe in a full store", r);
	r = relay_push(c, 500, &p);
	if (r != ROWAN_E_AGAIN)
		fail("an expired envelope was delivered", r);
	relay_close(c);
}

/* A foreign file takes what is left of the disk. */
static void take_the_rest(void)
{
	static char b[65536];
	char path[ROWAND_PATH_MAX];
	int fd;

	snprintf(path, sizeof path, "%s/state/foreign", D.daemon.dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	for (size_t n = sizeof b; fd >= 0 && n > 0;)
		if (write(fd, b, n) <= 0)
			n /= 2;
	if (fd >= 0)
		close(fd);
}

static void scenario(bool disk)
{
	uint32_t retry, left = SHORT_N;

	open_clients();
	for (uint32_t i = 0; i < SHORT_N; i++)
		if (submit(1, SHORT_S, &retry))
			fail("submit", ROWAN_E_REFUSED);
	for (; D.stored < FEW_N; D.stored++)
		if (submit(0, 0, &retry))
			fail("submit", ROWAN_E_REFUSED);
	if (disk)
		take_the_rest();
	fill();
	check_expired();
	close_clients();
	if (rowand_kill(&D.daemon, SIGTERM) || rowand_start(&D.daemon))
		fail("no restart on a full disk", ROWAN_E_FULL);
	open_clients();
	read_while_full();
	wait_for_room();
	left = waiting(SEED_MAILBOX, 0);
	if (left != D.stored)
		fail("the mailbox does not hold what it should",
			ROWAN_E_INTERNAL);
	close_clients();
	if (rowand_kill(&D.daemon, SIGTERM))
		fail("the daemon did not end well", ROWAN_E_INTERNAL);
}

static void start(bool disk)
{
	struct seed_clinic clinic = {.senders = 1, .mailboxes = 2};
	char state[ROWAND_PATH_MAX];

	memset(&D, 0, sizeof D);
	if (rowand_init(&D.daemon, NULL))
		fail("no folder", ROWAN_E_IO);
	snprintf(state, sizeof state, "%s/state", D.daemon.dir);
	if (disk && mount("rowan", state, "tmpfs", 0, "size=24m") == 0)
		D.mounted = true;
	if (rowand_seed(&D.daemon, &clinic))
		fail("no store", ROWAN_E_IO);
	rowand_set(&D.daemon, ROWAND_NO_LIMITS);
	rowand_set(&D.daemon,
		disk ? "store_bytes = \"1 GiB\"; reserve_bytes = \"4 MiB\";\n"
		     : "store_bytes = \"8 MiB\"; reserve_bytes = \"1 MiB\";\n");
}

static void finish(void)
{
	unmount();
	rowand_end(&D.daemon);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int disk = 0; disk < 2; disk++) {
		start(disk);
		if (disk && !D.mounted) {
			printf("diskfull: no tmpfs may be mounted here: the "
			       "second half is left out\n");
			finish();
			break;
		}
		printf("diskfull: %s\n",
			disk ? "a full disk" : "a full page quota");
		if (rowand_start(&D.daemon))
			fail("the daemon does not start", ROWAN_E_IO);
		scenario(disk);
		finish();
	}
	return 0;
}
