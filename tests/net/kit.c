/*
 * Shared by the tests of the running relay: see kit.h.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "net/kit.h"

#define LOG_SHOWN 3000

struct rowand_proc kit_daemon;
void (*kit_last_words)(void);

/* The end of the daemon's log, and how it is: another machine keeps neither. */
static void show_daemon(void)
{
	static char text[LOG_SHOWN + 1];
	char path[ROWAND_PATH_MAX];
	int status = 0;
	bool gone = kit_daemon.pid > 0 &&
		    waitpid(kit_daemon.pid, &status, WNOHANG) == kit_daemon.pid;
	size_t n;
	FILE *f;

	snprintf(path, sizeof path, "%s/log", kit_daemon.dir);
	f = fopen(path, "r");
	if (f == NULL)
		return;
	if (fseek(f, -(long)LOG_SHOWN, SEEK_END) != 0)
		rewind(f);
	n = fread(text, 1, LOG_SHOWN, f);
	text[n] = '\0';
	fclose(f);
	if (gone)
		kit_daemon.pid = 0;
	fprintf(stderr, "rowand %s (%d):\n%s\n",
		gone		     ? "ended by itself"
		: kit_daemon.pid > 0 ? "runs"
				     : "does not run",
		status, text);
}

_Noreturn void kit_fail(const char *file, int line, const char *what)
{
	void (*words)(void) = kit_last_words;

	/* They may fail, too. */
	kit_last_words = NULL;
	if (words != NULL)
		words();
	if (kit_daemon.dir[0] != '\0') {
		show_daemon();
		rowand_end(&kit_daemon);
	}
	/* Last, where it is found. */
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
	exit(1);
}

void kit_prepare(const char *settings)
{
	struct seed_clinic clinic = {.senders = 2, .mailboxes = 2, .idle = 1};

	KIT_CHECK(rowand_init(&kit_daemon, NULL) == 0);
	rowand_set(&kit_daemon, settings);
	KIT_CHECK(rowand_seed(&kit_daemon, &clinic) == 0);
}

void kit_run(void)
{
	KIT_CHECK(rowand_start(&kit_daemon) == 0);
}

void kit_start(const char *settings)
{
	kit_prepare(settings);
	kit_run();
}

void kit_key(const char *name, int server)
{
	struct seed_server k;
	char path[ROWAND_PATH_MAX], hex[66];
	FILE *f;

	seed_server(server, &k);
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", k.secret[i]);
	snprintf(path, sizeof path, "%s/%s", kit_daemon.dir, name);
	f = fopen(path, "w");
	KIT_CHECK(f != NULL && fprintf(f, "%s\n", hex) == 65);
	KIT_CHECK(fclose(f) == 0 && chmod(path, 0600) == 0);
}

int kit_free_port(void)
{
	int port = rowand_free_port();

	KIT_CHECK(port != 0);
	return port;
}

int kit_end(void)
{
	int status = rowand_kill(&kit_daemon, SIGTERM);

	KIT_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	rowand_end(&kit_daemon);
	return 0;
}

struct relay_client *kit_open(enum seed_role role, uint32_t index)
{
	struct relay_client *c = NULL;
	struct seed_device d;
	struct relay_options o = {.kind = RELAY_LINK_RAW,
		.port = kit_daemon.port,
		.server = 0,
		.device = &d};

	seed_device(role, index, &d);
	KIT_CHECK(relay_open(&c, &o) == 0);
	return c;
}

struct relay_client *kit_hello(enum seed_role role, uint32_t index)
{
	struct relay_client *c = kit_open(role, index);

	KIT_CHECK(relay_hello(c, NULL) == 0);
	return c;
}

struct wire_error kit_submit(struct relay_client *c, struct id16 channel,
	uint64_t counter, int fill, size_t len)
{
	static uint8_t body[WIRE_ENVELOPE_MAX];
	static struct wire_submit s;
	static struct wire_submit_answer a;

	memset(body, fill, len);
	s.count = 1;
	s.items[0] = (struct wire_submit_item){.channel = channel,
		.counter = counter,
		.envelope = bytes_of(body, len)};
	KIT_CHECK(relay_submit(c, &s, &a) == 0);
	KIT_CHECK(a.count == 1);
	return a.results[0];
}

void kit_no_push(struct relay_client *c, int ms)
{
	static struct wire_push p;

	KIT_CHECK(relay_push(c, ms, &p) == ROWAN_E_AGAIN);
}

void kit_frames(
	struct relay_client *c, const struct bytes *frames, size_t count)
{
	struct relay_link *l = relay_link(c);
	int rc = relay_link_send(l, frames, count);

	KIT_CHECK(rc == 0);
	for (int i = 0; i < RELAY_PATIENCE_MS; i++) {
		struct timespec t = {.tv_nsec = 1000000};

		rc = relay_link_flush(l);
		if (rc != ROWAN_E_AGAIN)
			return;
		nanosleep(&t, NULL);
	}
}

struct wire_error kit_refusal(struct relay_client *c)
{
	struct wire_message m;
	struct wire_error e;

	KIT_CHECK(relay_next(c, RELAY_PATIENCE_MS, &m) == 0);
	KIT_CHECK(m.header.op == WIRE_OP_ERROR);
	KIT_CHECK(wire_error_decode(&m, &e) == 0);
	return e;
}

void kit_closed(struct relay_client *c)
{
	struct wire_message m;
	int rc = 0;

	for (int i = 0; i < RELAY_PATIENCE_MS / 100; i++) {
		rc = relay_next(c, 100, &m);
		if (rc != 0 && rc != ROWAN_E_AGAIN)
			return;
	}
	KIT_CHECK(rc == ROWAN_E_IO);
}

bool kit_ping(struct relay_client *c)
{
	struct relay_request q = {.op = WIRE_OP_PING};
	struct wire_message m;
	struct wire_time t;

	return relay_call(c, &q, &m) == 0 && wire_time_decode(&m, &t) == 0 &&
	       t.now > 0;
}

int kit_dial(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_port = htons((uint16_t)kit_daemon.port);
	KIT_CHECK(fd >= 0);
	KIT_CHECK(connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
	return fd;
}

struct zmtp *kit_zmtp(enum seed_role role, uint32_t index, int server)
{
	struct zmtp_keys keys;
	struct seed_device d;
	struct seed_server s;
	struct zmtp *z;

	seed_device(role, index, &d);
	seed_server(server, &s);
	memcpy(keys.public, d.public, 32);
	memcpy(keys.secret, d.secret, 32);
	memcpy(keys.server, s.public, 32);
	z = zmtp_new(&keys);
	KIT_CHECK(z != NULL);
	return z;
}

bool kit_pump(int fd, struct zmtp *z, struct bytes *ret)
{
	bool more;

	for (int i = 0; i < RELAY_PATIENCE_MS / 50; i++) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		struct bytes out = zmtp_out(z);
		uint8_t in[4096];
		ssize_t n;

		if (out.len > 0) {
			n = write(fd, out.data, out.len);
			KIT_CHECK(n > 0);
			zmtp_sent(z, (size_t)n);
		}
		if (ret == NULL && zmtp_ready(z) && zmtp_out(z).len == 0)
			return true;
		if (ret != NULL && zmtp_recv(z, ret, &more) == 0)
			return true;
		if (poll(&p, 1, 50) <= 0)
			continue;
		n = read(fd, in, sizeof in);
		if (n <= 0)
			return false;
		KIT_CHECK(zmtp_feed(z, bytes_of(in, (size_t)n)) == 0);
	}
	return false;
}
