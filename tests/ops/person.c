/*
 * People of a clinic for the tests of administration, from the command line.
 * Whoever has the same name has the same keys, so nothing is kept.
 *
 *	person request RECORD NAME AGENCY RIGHTS	a card request
 *	person ping KEY PORT NAME SECONDS	be connected, and served
 *	person send PORT FIRST LAST [urgent]	submit; print how many were
 *					accepted
 *	person card STORE-FILE DAYS	the daemon has a card for so long
 *
 * The last two are of a seeded clinic (lib/seed.h).
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "clinic/import.h"
#include "lib/relay_client.h"
#include "lib/seed.h"
#include "lib/trust_world.h"
#include "trust/issue.h"
#include "wire/armour.h"
#include "wire/lookup.h"

#define PATIENCE_MS 3000 /* then it asks again */
#define AT_ONCE	    16
#define LONGEST_MS  60000 /* nobody waits longer */

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "person: %s\n", what);
	exit(1);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- requests ---- */

static int request(char **a)
{
	struct wire_request q = {.role = WIRE_ROLE_CASEWORKER,
		.agency = bytes_of(a[2], strlen(a[2])),
		.rights = (uint16_t)atoi(a[3])};
	char fingerprint[ISSUE_FINGERPRINT_LEN];
	struct world_person p;
	struct buf text, record;
	struct clinic c;
	struct writer w, raw;

	if (import_read(a[0], &text) != 0 ||
		armour_read(buf_view(&text), ARMOUR_AUTHORITY_RECORD,
			&record) != 0 ||
		clinic_init(&c, buf_view(&record)) != 0)
		fail("no record");
	world_person(&p, a[1]);
	q.clinic = c.id;
	q.member = p.member;
	q.device = p.device;
	q.transport_key = p.transport_key;
	writer_init(&raw, WIRE_REQUEST_MAX);
	writer_init(&w, 4096);
	if (issue_request(&q, p.seed, &raw) != 0 ||
		armour_write(ARMOUR_CARD_REQUEST, writer_view(&raw), &w) != 0)
		fail("no request");
	issue_fingerprint(writer_view(&raw), fingerprint);
	(void)fwrite(w.data, 1, w.len, stdout);
	fprintf(stderr, "fingerprint: %s\n", fingerprint);
	buf_wipe(&text);
	buf_wipe(&record);
	writer_wipe(&w);
	writer_wipe(&raw);
	return 0;
}

/* ---- connected ---- */

static void ask(struct relay_link *l, uint16_t op, uint64_t id,
	const struct writer *body)
{
	uint8_t header[WIRE_HEADER_LEN];
	struct bytes frames[2] = {
		bytes_of(header, sizeof header), writer_view(body)};

	wire_header_encode(
		&(struct wire_header){WIRE_VERSION_HIGH, op, id}, header);
	if (relay_link_send(l, frames, 2) != 0)
		fail("cannot send");
}

static bool answered(struct relay_link *l, uint64_t id, uint64_t until)
{
	struct relay_frames f;

	for (;;) {
		struct pollfd p = {relay_link_fd(l), POLLIN, 0};
		struct wire_header h;
		uint64_t now = now_ms();

		while (relay_link_recv(l, &f) == 0)
			if (wire_header_decode(f.frame[0], &h) == 0 &&
				h.id == id && h.op != WIRE_OP_ERROR)
				return true;
		if (now >= until)
			return false;
		(void)poll(&p, 1, until - now < 50 ? (int)(until - now) : 50);
	}
}

static int ping(char **a)
{
	struct relay_address at = {
		.kind = RELAY_LINK_DEALER, .port = atoi(a[1])};
	uint64_t end = now_ms() + 1000 * (uint64_t)atoi(a[3]), longest = 0;
	uint64_t id = 0, served = 0;
	uint8_t server[32];
	struct world_person p;
	struct relay_link *l;
	struct writer none;

	if (sodium_hex2bin(server, 32, a[0], 64, NULL, NULL, NULL) != 0)
		fail("a key is 64 digits");
	world_person(&p, a[2]);
	at.server = server;
	at.public = p.transport_key.b;
	at.secret = p.transport_secret;
	if (relay_link_open(&l, &at) != 0)
		fail("no link");
	writer_init(&none, 16);
	while (now_ms() < end) {
		uint64_t since = now_ms();
		struct timespec t = {.tv_nsec = 100000000};
		bool done = false;

		while (!done && now_ms() < since + LONGEST_MS) {
			ask(l, WIRE_OP_PING, ++id, &none);
			done = answered(l, id, now_ms() + PATIENCE_MS);
		}
		if (!done)
			fail("not served any more");
		if (now_ms() - since > longest)
			longest = now_ms() - since;
		served++;
		nanosleep(&t, NULL);
	}
	printf("%llu served, the longest after %llu ms\n",
		(unsigned long long)served, (unsigned long long)longest);
	relay_link_close(l);
	return 0;
}

/* ---- a seeded clinic ---- */

static struct relay_client *connect_as(enum seed_role role, const char *port)
{
	struct relay_options o = {.kind = RELAY_LINK_RAW, .port = atoi(port)};
	struct seed_device d;
	struct relay_client *c;

	seed_device(role, 0, &d);
	o.device = &d;
	if (relay_open(&c, &o) != 0 || relay_hello(c, NULL) != 0)
		fail("not let in");
	return c;
}

static int send_all(char **a)
{
	struct relay_client *c = connect_as(SEED_SENDER, a[0]);
	uint64_t first = (uint64_t)atoi(a[1]), last = (uint64_t)atoi(a[2]);
	uint64_t accepted = 0;

	while (first <= last) {
		static uint8_t body[4096];
		static struct wire_submit s;
		static struct wire_submit_answer r;
		uint64_t before = accepted;

		for (s.count = 0; s.count < AT_ONCE && first <= last; first++)
			s.items[s.count++] = (struct wire_submit_item){
				.channel = seed_channel(0, 0),
				.counter = first,
				.flags = a[3] != NULL ? WIRE_URGENT : 0,
				.envelope = bytes_of(body, sizeof body)};
		if (relay_submit(c, &s, &r) != 0)
			break;
		for (size_t i = 0; i < r.count; i++)
			accepted += r.results[i].code == WIRE_OK;
		if (accepted != before + s.count)
			break;
	}
	printf("%llu\n", (unsigned long long)accepted);
	relay_close(c);
	return 0;
}

static int give_card(char **a)
{
	struct store_device d = {.id = {{0xda}},
		.member = {{0xdb}},
		.role = WIRE_ROLE_DAEMON,
		.agency = "clinic"};
	struct store_options o = {.path = a[0], .mailbox_max = 1000};
	struct seed_server server;
	struct key32 key;
	struct store *st;
	uint64_t now = (uint64_t)time(NULL);

	seed_store_key(&key);
	seed_server(0, &server);
	o.key = &key;
	memcpy(d.transport.b, server.public, sizeof d.transport.b);
	d.until = now + 86400 * (uint64_t)atoi(a[1]);
	if (store_open(&st, &o) != 0 || store_begin(st, now) != 0 ||
		store_device_put(st, &d, bytes_of("card", 4)) != 0 ||
		store_commit(st) != 0)
		fail("no card");
	store_close(st);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (sodium_init() < 0)
		return 1;
	if (strcmp(what, "request") == 0 && argc == 6)
		return request(argv + 2);
	if (strcmp(what, "ping") == 0 && argc == 6)
		return ping(argv + 2);
	if (strcmp(what, "card") == 0 && argc == 4)
		return give_card(argv + 2);
	if (strcmp(what, "send") == 0 && (argc == 5 || argc == 6))
		return send_all(argv + 2);
	fprintf(stderr, "person: see the file's beginning\n");
	return 64;
}
