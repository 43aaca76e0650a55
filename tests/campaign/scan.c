/*
 * make scan: what must not be found is looked for.
 *
 *	scan [ENVELOPES]
 *
 * Plants canaries as content (envelopes, a blob, a key package), known ids
 * and an address to come from. Then:
 *   at rest   no canary, no id, no address in database, log of the database,
 *             reserve file or what the daemon printed
 *   gone      after acknowledgement the sealed bytes of the envelopes are
 *             nowhere in those files either, free pages included
 *   core      after acknowledgement no canary in the daemon's memory
 * Keys in memory, and the address of a client that left, are counted.
 *
 * Trusts nothing of the daemon. Exits 1 and names what was found where.
 */
#include <signal.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "campaign/haystack.h"
#include "lib/relay_client.h"
#include "lib/rowand_proc.h"
#include "wire/key.h"

#define SOURCE	   "127.9.8.7"
#define BODY_LEN   1024
#define TAG_LEN	   24
#define PATIENCE_S 180 /* for the log of the database to be cut */
#define PIECE_LEN  32  /* of sealed bytes that are looked for */
#define PIECES_MAX 4096

struct needle {
	const char *what;
	struct bytes bytes;
	bool content; /* not even in memory, once acknowledged */
};

static struct {
	struct rowand_proc daemon;
	uint8_t tag[TAG_LEN];
	struct needle needles[64];
	size_t needle_count;
	uint8_t ids[16][ID16_LEN];
	size_t id_count;
	uint8_t pieces[PIECES_MAX][PIECE_LEN];
	size_t piece_count;
	size_t found;
	bool quiet; /* count, say nothing */
	bool in_core;
} S;

static void fail(const char *what, int r)
{
	fprintf(stderr, "scan: %s: %s; see %s\n", what, rowan_strerror(r),
		S.daemon.dir);
	if (S.daemon.pid > 0)
		kill(S.daemon.pid, SIGKILL);
	exit(1);
}

static void needle(const char *what, const void *p, size_t n, bool content)
{
	S.needles[S.needle_count++] =
		(struct needle){what, bytes_of(p, n), content};
}

static void needle_id(const char *what, struct id16 id)
{
	uint8_t *copy = S.ids[S.id_count++];

	memcpy(copy, id.b, ID16_LEN);
	needle(what, copy, ID16_LEN, false);
}

static void each(void *cookie, const char *name, struct bytes hay)
{
	/* Our own configuration and keys lie there too. */
	if (!S.in_core && (strstr(name, ".conf") || strstr(name, ".key")))
		return;
	for (size_t i = 0; i < S.needle_count; i++) {
		struct needle *k = &S.needles[i];
		size_t n;

		if (S.in_core && !k->content)
			continue;
		n = haystack_count(hay, k->bytes);
		if (n > 0 && !S.quiet)
			printf("FOUND %s: %zu times in %s\n", k->what, n, name);
		S.found += n;
	}
}

/* Each sealed piece must be nowhere; a first byte table makes it quick. */
static void each_piece(void *cookie, const char *name, struct bytes hay)
{
	static uint16_t first[65536];
	static uint16_t next[PIECES_MAX];

	memset(first, 0, sizeof first);
	for (size_t i = 0; i < S.piece_count; i++) {
		unsigned h = S.pieces[i][0] | (unsigned)S.pieces[i][1] << 8;

		next[i] = first[h];
		first[h] = (uint16_t)(i + 1);
	}
	for (size_t p = 0; p + PIECE_LEN <= hay.len; p++) {
		unsigned h = hay.data[p] | (unsigned)hay.data[p + 1] << 8;

		for (uint16_t i = first[h]; i; i = next[i - 1])
			if (memcmp(hay.data + p, S.pieces[i - 1], PIECE_LEN) ==
				0)
				S.found++;
	}
}

static struct relay_client *client(enum seed_role role, uint32_t index)
{
	struct relay_client *c = NULL;
	struct seed_device d;
	int r;

	seed_device(role, index, &d);
	r = relay_open(&c, &(struct relay_options){.kind = RELAY_LINK_RAW,
				   .port = S.daemon.port,
				   .device = &d,
				   .source = SOURCE});
	if (r == 0)
		r = relay_hello(c, NULL);
	if (r)
		fail("client", r);
	return c;
}

static void compose(uint8_t body[BODY_LEN], uint32_t n)
{
	randombytes_buf(body, BODY_LEN);
	for (size_t at = 8; at + TAG_LEN + 8 < BODY_LEN; at += 200) {
		memcpy(body + at, S.tag, TAG_LEN);
		memcpy(body + at + TAG_LEN, &n, sizeof n);
	}
}

static void plant_envelopes(
	struct relay_client *c, uint32_t to, uint32_t n, uint64_t *counter)
{
	static uint8_t bodies[WIRE_ENVELOPES_MAX][BODY_LEN];
	static struct wire_submit s;
	static struct wire_submit_answer a;

	for (uint32_t done = 0; done < n; done += (uint32_t)s.count) {
		int r;

		s.count = n - done < 32 ? n - done : 32;
		for (size_t i = 0; i < s.count; i++) {
			compose(bodies[i], done + (uint32_t)i);
			s.items[i] = (struct wire_submit_item){
				.channel = seed_channel(0, to),
				.counter = ++*counter,
				.envelope = bytes_of(bodies[i], BODY_LEN)};
		}
		r = relay_submit(c, &s, &a);
		for (size_t i = 0; r == 0 && i < a.count; i++)
			r = wire_code_error(a.results[i].code);
		if (r)
			fail("submit", r);
	}
}

static void call(struct relay_client *c, uint16_t op, struct writer *w,
	const struct bytes *frame, const char *what)
{
	struct wire_message m;
	int r = relay_call(c,
		&(struct relay_request){.op = op,
			.body = w,
			.frames = frame,
			.frame_count = frame != NULL},
		&m);

	writer_wipe(w);
	if (r)
		fail(what, r);
}

/* A blob of one chunk, and a key package. */
static void plant_others(struct relay_client *c)
{
	static uint8_t chunk[4096];
	static struct wire_blob_put put = {.count = 1};
	static struct wire_key_publish publish = {.count = 1};
	struct wire_blob_begin begin = {
		.channel = seed_channel(0, 1), .size = sizeof chunk};
	struct bytes frame = bytes_of(chunk, sizeof chunk);
	struct writer w;

	compose(chunk, 1);
	compose(chunk + 2048, 2);
	randombytes_buf(begin.blob.b, ID16_LEN);
	needle_id("blob id", begin.blob);
	writer_init(&w, 4096);
	if (wire_blob_begin_encode(&begin, &w))
		fail("blob begin", ROWAN_E_INVAL);
	call(c, WIRE_OP_BLOB_BEGIN, &w, NULL, "blob begin");
	put.blob = begin.blob;
	put.chunks[0] = frame;
	writer_init(&w, 4096);
	if (wire_blob_put_encode(&put, &w))
		fail("blob put", ROWAN_E_INVAL);
	call(c, WIRE_OP_BLOB_PUT, &w, &frame, "blob put");
	publish.packages[0].data = bytes_of(chunk, 1000);
	writer_init(&w, 4096);
	if (wire_key_publish_encode(&publish, &w))
		fail("publish", ROWAN_E_INVAL);
	frame = publish.packages[0].data;
	call(c, WIRE_OP_KEY_PUBLISH, &w, NULL, "publish");
}

static void read_and_acknowledge(struct relay_client *c, uint32_t n)
{
	static struct wire_push p;
	struct wire_ack ack = {.count = 1};
	int r = relay_subscribe(c, 0, 64, NULL);

	for (uint32_t got = 0; r == 0 && got < n; got += (uint32_t)p.count) {
		r = relay_push(c, RELAY_PATIENCE_MS, &p);
		if (r)
			break;
		for (size_t i = 0; i < p.count; i++)
			if (haystack_count(p.items[i].envelope,
				    bytes_of(S.tag, TAG_LEN)) == 0)
				fail("an envelope without canary",
					ROWAN_E_INTERNAL);
		ack.credit = (uint32_t)p.count;
		ack.ranges[0].first = p.items[0].sequence;
		ack.ranges[0].last = p.items[p.count - 1].sequence;
		r = relay_ack(c, &ack);
	}
	if (r)
		fail("read and acknowledge", r);
}

/* Remember a piece of every sealed value of an envelope's length. */
static void take_pieces(sqlite3 *db, const char *table)
{
	sqlite3_stmt *q = NULL;
	char sql[256];

	snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"", table);
	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL))
		return;
	while (sqlite3_step(q) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(q); i++) {
			int n = sqlite3_column_bytes(q, i);
			const uint8_t *b = sqlite3_column_blob(q, i);

			if (sqlite3_column_type(q, i) == SQLITE_BLOB &&
				n >= BODY_LEN && n < BODY_LEN + 200 &&
				S.piece_count < PIECES_MAX)
				memcpy(S.pieces[S.piece_count++], b + n / 2,
					PIECE_LEN);
		}
	sqlite3_finalize(q);
}

static void copy_file(const char *from, const char *to)
{
	char b[65536];
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");
	size_t n;

	while (in && out && (n = fread(b, 1, sizeof b, in)) > 0)
		fwrite(b, 1, n, out);
	if (in)
		fclose(in);
	if (out)
		fclose(out);
}

/*
 * From a copy, so that the daemon's locks do not matter. The log stays for
 * ever and has no byte of an envelope: the canaries are looked for in it, too.
 */
static void learn_sealed(void)
{
	char from[ROWAND_PATH_MAX], to[ROWAND_PATH_MAX];
	sqlite3_stmt *q = NULL;
	sqlite3 *db = NULL;

	rowand_store_path(&S.daemon, from, sizeof from);
	snprintf(to, sizeof to, "%s.copy", S.daemon.dir);
	copy_file(from, to);
	strncat(from, "-wal", sizeof from - strlen(from) - 1);
	strncat(to, "-wal", sizeof to - strlen(to) - 1);
	copy_file(from, to);
	to[strlen(to) - 4] = 0;
	if (sqlite3_open(to, &db) ||
		sqlite3_prepare_v2(db,
			"SELECT name FROM sqlite_schema WHERE type='table' "
			"AND name <> 'log'",
			-1, &q, NULL))
		fail("the copy of the store", ROWAN_E_IO);
	while (sqlite3_step(q) == SQLITE_ROW)
		take_pieces(db, (const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	sqlite3_close(db);
	unlink(to);
	strncat(to, "-wal", sizeof to - strlen(to) - 1);
	unlink(to);
	memcpy(to + strlen(to) - 4, "-shm", 4);
	unlink(to);
}

/* Run ${look} until it finds nothing; what is left after the patience. */
static size_t wait_clean(int (*look)(void), int *ret_seconds)
{
	for (int s = 0;; s++) {
		int r;

		S.found = 0;
		r = look();
		if (r)
			fail("looking", r);
		*ret_seconds = s;
		if (S.found == 0 || s == PATIENCE_S)
			return S.found;
		sleep(1);
	}
}

static int look_files(void)
{
	return haystack_dir(S.daemon.dir, each, NULL);
}

static int look_pieces(void)
{
	return haystack_dir(S.daemon.dir, each_piece, NULL);
}

static int look_core(void)
{
	int r;

	S.in_core = true;
	r = haystack_core(S.daemon.pid, each, NULL);
	S.in_core = false;
	return r;
}

struct count {
	struct bytes needle;
	size_t n;
};

static void each_count(void *cookie, const char *name, struct bytes hay)
{
	struct count *k = cookie;

	k->n += haystack_count(hay, k->needle);
}

static size_t count_in_core(struct bytes needle)
{
	struct count k = {needle, 0};

	if (haystack_core(S.daemon.pid, each_count, &k))
		fail("core", ROWAN_E_IO);
	return k.n;
}

/*
 * Printed, not judged: libzmq keeps the transport key in plain memory, and
 * an address in a slot of its event queue until later events take the place.
 */
static void count_secrets(void)
{
	struct seed_server server;
	struct key32 store;

	seed_store_key(&store);
	seed_server(0, &server);
	printf("scan: in a core afterwards: store key %zu, transport key %zu, "
	       "address of a client that left %zu times\n",
		count_in_core(key32_view(&store)),
		count_in_core(bytes_of(server.secret, 32)),
		count_in_core(bytes_of(SOURCE, strlen(SOURCE))));
}

static void check(const char *what, size_t left, int seconds)
{
	printf("scan: %-48s %s after %d s\n", what,
		left ? "NOT CLEAN" : "clean", seconds);
	if (left)
		fail(what, ROWAN_E_CORRUPT);
}

static void plant_needles(void)
{
	struct seed_device d;

	randombytes_buf(S.tag, sizeof S.tag);
	needle("canary", S.tag, TAG_LEN, true);
	needle("address", SOURCE, strlen(SOURCE), false);
	for (uint32_t i = 0; i < 2; i++) {
		seed_device(i ? SEED_MAILBOX : SEED_SENDER, 0, &d);
		needle_id("device id", d.id);
		needle_id("member id", d.member);
		needle_id("channel id", seed_channel(0, i));
	}
	needle_id("case id", seed_case(0));
}

int main(int argc, char **argv)
{
	uint32_t n = argc > 1 ? (uint32_t)atoi(argv[1]) : 1000;
	struct seed_clinic clinic = {.senders = 1, .mailboxes = 2};
	struct relay_client *writer, *reader;
	uint64_t counter = 0;
	int s = 0;
	size_t left;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (sodium_init() < 0 || rowand_init(&S.daemon, NULL) ||
		rowand_seed(&S.daemon, &clinic))
		fail("no store", ROWAN_E_IO);
	rowand_set(&S.daemon, ROWAND_NO_LIMITS);
	if (rowand_start(&S.daemon))
		fail("the daemon does not start", ROWAN_E_IO);
	plant_needles();
	writer = client(SEED_SENDER, 0);
	plant_envelopes(writer, 0, n, &counter);
	learn_sealed();
	if (S.piece_count < n)
		fail("not every envelope lies sealed in the store",
			ROWAN_E_INTERNAL);
	plant_envelopes(writer, 1, 20, &counter);
	plant_others(writer);
	look_files();
	check("canaries, ids, address at rest, while waiting", S.found, 0);

	reader = client(SEED_MAILBOX, 0);
	read_and_acknowledge(reader, n);
	left = wait_clean(look_pieces, &s);
	check("sealed bytes of what was acknowledged", left, s);
	left = wait_clean(look_files, &s);
	check("canaries, ids, address at rest, afterwards", left, s);
	S.quiet = true;
	left = wait_clean(look_core, &s);
	S.quiet = false;
	if (left)
		look_core();
	check("canaries in a core, clients connected", left, s);
	relay_close(writer);
	relay_close(reader);
	S.quiet = true;
	left = wait_clean(look_core, &s);
	if (left) {
		S.quiet = false;
		look_core();
	}
	check("canaries in a core, clients gone", left, s);
	count_secrets();
	rowand_end(&S.daemon);
	return 0;
}
