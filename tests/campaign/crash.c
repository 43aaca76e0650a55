/*
 * make crash: kill -9 at random moments under load.
 *
 *	crash [ROUNDS] [SEED]
 *
 * Every round starts the daemon on what the last one left, lets senders and
 * readers go on where they were, and kills it after a random time. Promises
 * checked: what was answered arrives; a repeat is stored once; what was
 * acknowledged, and confirmed, never comes again; the high-water mark is
 * never behind an answer. The last round is not killed and must empty
 * everything.
 *
 * Trusts nothing the daemon says twice. Exits 1 with one sentence.
 */
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/relay_link.h"
#include "lib/rowand_proc.h"
#include "wire/code.h"
#include "wire/envelope.h"
#include "wire/hello.h"
#include "wire/op.h"

#define SENDERS	    6
#define READERS	    5
#define CLIENTS	    (SENDERS + READERS)
#define LETTERS_MAX 2000000 /* of one sender in a whole campaign */
#define WINDOW	    16	    /* envelopes a sender has under way */
#define BODY_LEN    1024
#define REQUESTS    256 /* requests of one client that are remembered */

enum fate {
	SENT = 0x01,	 /* left at least once */
	ANSWERED = 0x02, /* the daemon promised */
	ARRIVED = 0x04,
	TOLD = 0x08,	 /* we acknowledged it */
	CONFIRMED = 0x10 /* and that was answered */
};

struct letter {
	uint64_t sequence;
	uint8_t reader;
	uint8_t fate;
};

/* One that a reader has and has not acknowledged yet. */
struct arrival {
	uint64_t sequence;
	uint64_t counter;
	uint8_t sender;
};

/* What a request carried: counters first.. of a sender, or arrivals. */
struct request {
	uint64_t id;
	uint64_t first;
	uint64_t count;
	struct arrival arrivals[WINDOW * SENDERS];
};

struct client {
	struct relay_link *link;
	int index;
	bool sender;
	bool greeted;
	uint64_t id;
	struct request requests[REQUESTS];

	struct letter *letters; /* by counter */
	uint64_t top;		/* highest counter ever sent */
	uint64_t next;		/* next one to send on this connection */
	uint64_t under_way;

	uint64_t last;	  /* sequence that came last on this connection */
	uint32_t waiting; /* in its mailbox, when it asked last */
	struct arrival arrived[WINDOW * SENDERS];
	size_t arrived_len;
};

static struct {
	struct rowand_proc daemon;
	struct client clients[CLIENTS];
	bool finishing;
	uint64_t answered, confirmed, sent_again;
} C;

static void fail(const char *fmt, ...)
{
	va_list a;

	va_start(a, fmt);
	fprintf(stderr, "crash: ");
	vfprintf(stderr, fmt, a);
	fprintf(stderr, "; the store is in %s\n", C.daemon.dir);
	va_end(a);
	if (C.daemon.pid > 0)
		kill(C.daemon.pid, SIGKILL);
	exit(1);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The content of a letter, known to both ends. */
static void compose(uint8_t body[BODY_LEN], int sender, uint64_t counter)
{
	memset(body, (int)(counter * 31 + (uint64_t)sender), BODY_LEN);
	body[0] = (uint8_t)sender;
	memcpy(body + 1, &counter, sizeof counter);
}

static struct request *request_new(struct client *c)
{
	struct request *q = &c->requests[++c->id % REQUESTS];

	q->id = c->id;
	q->count = 0;
	return q;
}

static void transmit(struct client *c, uint16_t op, const struct writer *w,
	const struct bytes *more, size_t n)
{
	struct wire_header h = {WIRE_VERSION_HIGH, op, c->id};
	struct bytes frames[2 + WINDOW];
	uint8_t head[WIRE_HEADER_LEN];

	if (op == WIRE_OP_HELLO)
		h.version = WIRE_VERSION_HELLO;
	wire_header_encode(&h, head);
	frames[0] = bytes_of(head, sizeof head);
	frames[1] = writer_view(w);
	for (size_t i = 0; i < n; i++)
		frames[2 + i] = more[i];
	if (writer_status(w) || relay_link_send(c->link, frames, 2 + n))
		fail("cannot send");
}

static void send_hello(struct client *c)
{
	struct wire_hello h = {{WIRE_VERSION_LOW, WIRE_VERSION_HIGH}};
	uint8_t mem[64];
	struct writer w;

	request_new(c);
	writer_init_fixed(&w, mem, sizeof mem);
	if (wire_hello_encode(&h, &w))
		fail("hello");
	transmit(c, WIRE_OP_HELLO, &w, NULL, 0);
}

static void send_subscribe(struct client *c)
{
	struct wire_subscribe s = {.credit = 50};
	uint8_t mem[64];
	struct writer w;

	request_new(c);
	writer_init_fixed(&w, mem, sizeof mem);
	if (wire_subscribe_encode(&s, &w))
		fail("subscribe");
	transmit(c, WIRE_OP_SUBSCRIBE, &w, NULL, 0);
}

/* The next one to four letters: what was not answered before, then new ones. */
static void send_letters(struct client *c)
{
	static uint8_t bodies[4][BODY_LEN];
	struct wire_submit s = {.count = 0};
	struct bytes frames[4];
	struct request *q;
	uint8_t mem[512];
	struct writer w;
	uint64_t want = 1 + (uint64_t)rand() % 4;

	while (c->next <= c->top && c->letters[c->next].fate & ANSWERED)
		c->next++;
	if (C.finishing && c->next > c->top)
		return;
	q = request_new(c);
	q->first = c->next;
	for (; s.count < want; s.count++, c->next++) {
		struct letter *l = &c->letters[c->next];
		struct wire_submit_item *item = &s.items[s.count];

		if (c->next > c->top ? C.finishing : (l->fate & ANSWERED) != 0)
			break;
		if (c->next + 1 >= LETTERS_MAX)
			fail("more letters than there is room for");
		if (l->fate & SENT)
			C.sent_again++;
		else
			l->reader = (uint8_t)(rand() % READERS);
		l->fate |= SENT;
		if (c->next > c->top)
			c->top = c->next;
		compose(bodies[s.count], c->index, c->next);
		frames[s.count] = bytes_of(bodies[s.count], BODY_LEN);
		item->channel = seed_channel((uint32_t)c->index, l->reader);
		item->counter = c->next;
		item->envelope = frames[s.count];
	}
	q->count = s.count;
	c->under_way += s.count;
	writer_init_fixed(&w, mem, sizeof mem);
	if (wire_submit_encode(&s, &w))
		fail("submit");
	transmit(c, WIRE_OP_SUBMIT, &w, frames, s.count);
}

static void send_ack(struct client *c)
{
	struct wire_ack a = {.credit = (uint32_t)c->arrived_len};
	uint8_t mem[WIRE_ACK_RANGES_MAX * 16 + 64];
	struct request *q = request_new(c);
	struct writer w;
	size_t i;

	for (i = 0; i < c->arrived_len; i++) {
		uint64_t seq = c->arrived[i].sequence;

		if (a.count > 0 && a.ranges[a.count - 1].last + 1 == seq)
			a.ranges[a.count - 1].last = seq;
		else if (a.count < WIRE_ACK_RANGES_MAX)
			a.ranges[a.count++] = (struct wire_range){seq, seq};
		else
			break;
	}
	a.credit = (uint32_t)i;
	memcpy(q->arrivals, c->arrived, i * sizeof q->arrivals[0]);
	for (size_t k = 0; k < i; k++)
		C.clients[c->arrived[k].sender]
			.letters[c->arrived[k].counter]
			.fate |= TOLD;
	q->count = i;
	c->arrived_len -= i;
	memmove(c->arrived, c->arrived + i,
		c->arrived_len * sizeof c->arrived[0]);
	writer_init_fixed(&w, mem, sizeof mem);
	if (wire_ack_encode(&a, &w))
		fail("ack");
	transmit(c, WIRE_OP_ACK, &w, NULL, 0);
}

static void take_hello(struct client *c, const struct wire_message *m)
{
	struct wire_hello_answer a;

	if (wire_hello_answer_decode(m, &a))
		fail("the answer to hello does not decode");
	if (!c->sender && c->greeted) {
		c->waiting = a.waiting;
		return;
	}
	c->greeted = true;
	if (!c->sender) {
		send_subscribe(c);
		return;
	}
	for (uint64_t i = a.counter + 1; i <= c->top; i++)
		if (c->letters[i].fate & ANSWERED)
			fail("sender %d: %llu was answered, the mark is %llu",
				c->index, (unsigned long long)i,
				(unsigned long long)a.counter);
	if (a.counter > c->top)
		fail("sender %d: the mark is ahead of all that was sent",
			c->index);
}

static void take_submitted(struct client *c, const struct wire_message *m)
{
	struct request *q = &c->requests[m->header.id % REQUESTS];
	struct wire_submit_answer a;

	if (wire_submit_answer_decode(m, &a) || q->id != m->header.id ||
		a.count != q->count)
		fail("an answer does not fit its request");
	c->under_way -= q->count;
	for (size_t i = 0; i < a.count; i++) {
		struct letter *l = &c->letters[q->first + i];

		if (a.results[i].code == WIRE_OK) {
			C.answered += (l->fate & ANSWERED) == 0;
			l->fate |= ANSWERED;
		} else if (wire_code_retryable(a.results[i].code)) {
			if (q->first + i < c->next)
				c->next = q->first + i;
		} else
			fail("a letter was refused: %s",
				wire_code_name(a.results[i].code));
	}
}

static void take_item(struct client *c, const struct wire_delivery *d)
{
	uint8_t body[BODY_LEN];
	struct client *from;
	struct letter *l;
	uint64_t counter;

	if (d->envelope.len != BODY_LEN || d->envelope.data[0] >= SENDERS)
		fail("something arrived that nobody sent");
	from = &C.clients[d->envelope.data[0]];
	memcpy(&counter, d->envelope.data + 1, sizeof counter);
	if (counter == 0 || counter > from->top)
		fail("a letter arrived that was never sent");
	compose(body, from->index, counter);
	l = &from->letters[counter];
	if (memcmp(body, d->envelope.data, BODY_LEN))
		fail("a letter arrived changed");
	if (l->reader != c->index)
		fail("a letter arrived at somebody else's");
	if (l->fate & CONFIRMED)
		fail("a letter came again after its acknowledgement");
	if (l->fate & ARRIVED && l->sequence != d->sequence)
		fail("a letter was stored twice");
	if (d->sequence <= c->last)
		fail("letters out of order");
	if (c->arrived_len == WINDOW * SENDERS)
		fail("more pushed than credit was granted");
	c->last = d->sequence;
	l->fate |= ARRIVED;
	l->sequence = d->sequence;
	c->arrived[c->arrived_len++] =
		(struct arrival){d->sequence, counter, (uint8_t)from->index};
}

static void take_acked(struct client *c, const struct wire_message *m)
{
	struct request *q = &c->requests[m->header.id % REQUESTS];

	if (q->id != m->header.id)
		fail("an answer does not fit its request");
	for (uint64_t i = 0; i < q->count; i++) {
		struct arrival *a = &q->arrivals[i];

		C.clients[a->sender].letters[a->counter].fate |= CONFIRMED;
	}
	C.confirmed += q->count;
	q->count = 0;
}

static void take(struct client *c, const struct relay_frames *f)
{
	static struct wire_push p;
	struct wire_message m;
	struct wire_error e = {0};

	if (wire_message_assemble(f->frame, f->count, &m))
		fail("a message does not assemble");
	switch (m.header.op) {
	case WIRE_OP_HELLO | WIRE_ANSWER: take_hello(c, &m); break;
	case WIRE_OP_SUBMIT | WIRE_ANSWER: take_submitted(c, &m); break;
	case WIRE_OP_ACK | WIRE_ANSWER: take_acked(c, &m); break;
	case WIRE_OP_SUBSCRIBE | WIRE_ANSWER: break;
	case WIRE_OP_PUSH:
		if (wire_push_decode(&m, &p))
			fail("a push does not decode");
		for (size_t i = 0; i < p.count; i++)
			take_item(c, &p.items[i]);
		break;
	default:
		if (m.header.op == WIRE_OP_ERROR)
			(void)!wire_error_decode(&m, &e);
		fail("unexpected operation %#x, %s", m.header.op,
			wire_code_name(e.code));
	}
}

/* Returns false once the connection is over; everything before is taken. */
static bool receive(struct client *c)
{
	struct relay_frames f;
	int r;

	while ((r = relay_link_recv(c->link, &f)) == 0)
		take(c, &f);
	return r == ROWAN_E_AGAIN;
}

static void talk(struct client *c)
{
	if (c->id == 0 && relay_link_ready(c->link))
		send_hello(c);
	if (!c->greeted)
		return;
	while (c->sender && c->under_way < WINDOW) {
		uint64_t before = c->under_way;

		send_letters(c);
		if (c->under_way == before)
			break;
	}
	/* Sometimes late, so that a kill finds some unacknowledged. */
	if (!c->sender && c->arrived_len > 0 && rand() % 4)
		send_ack(c);
}

static void open_clients(void)
{
	struct seed_server server;

	seed_server(0, &server);
	for (int i = 0; i < CLIENTS; i++) {
		struct client *c = &C.clients[i];
		struct relay_address a = {.kind = RELAY_LINK_RAW,
			.port = C.daemon.port,
			.server = server.public};
		struct seed_device d;

		seed_device(c->sender ? SEED_SENDER : SEED_MAILBOX,
			(uint32_t)c->index, &d);
		a.public = d.public;
		a.secret = d.secret;
		if (relay_link_open(&c->link, &a))
			fail("cannot connect");
		c->greeted = false;
		c->id = 0;
		c->next = 1;
		while (c->sender && c->next <= c->top &&
			c->letters[c->next].fate & ANSWERED)
			c->next++;
		c->under_way = c->last = c->arrived_len = 0;
		c->waiting = UINT32_MAX;
	}
}

/* Answers that left before the kill are promises too: read to the end. */
static void close_clients(void)
{
	for (int i = 0; i < CLIENTS; i++) {
		struct client *c = &C.clients[i];
		struct pollfd p = {relay_link_fd(c->link), POLLIN, 0};

		while (receive(c) && poll(&p, 1, 1000) > 0)
			;
		relay_link_close(c->link);
		c->link = NULL;
	}
}

/*
 * Through: an acknowledgement whose answer a kill took may have counted or
 * not; if it did not the letter comes again and is told again.
 */
static bool through(const struct letter *l)
{
	uint8_t all = SENT | ANSWERED | ARRIVED | TOLD;

	return (l->fate & all) == all;
}

static bool all_done(void)
{
	for (int i = 0; i < SENDERS; i++) {
		struct client *c = &C.clients[i];

		for (uint64_t n = 1; n <= c->top; n++)
			if (!through(&c->letters[n]))
				return false;
	}
	return true;
}

/* Ask the daemon too: nothing may wait any more. */
static bool all_empty(void)
{
	bool empty = true;

	for (int i = SENDERS; i < CLIENTS; i++) {
		struct client *c = &C.clients[i];

		if (c->waiting > 0)
			empty = false;
		if (c->greeted)
			send_hello(c);
	}
	return empty;
}

/* Name the first letter that is not through. */
static void fail_unfinished(void)
{
	for (int i = 0; i < SENDERS; i++) {
		struct client *c = &C.clients[i];

		for (uint64_t n = 1; n <= c->top; n++) {
			struct letter *l = &c->letters[n];

			if (through(l))
				continue;
			fail("sender %d, letter %llu of %llu to reader %d: %s",
				i, (unsigned long long)n,
				(unsigned long long)c->top, l->reader,
				(l->fate & ANSWERED) == 0
					? "not answered in the end"
				: (l->fate & ARRIVED) == 0
					? "answered and never arrived"
					: "arrived and not acknowledged");
		}
	}
	fail("everything is through and mailboxes are not empty");
}

/* Run for ${ms}; with C.finishing until everything is through. */
static void run(int64_t ms)
{
	struct pollfd p[CLIENTS];
	int64_t end = now_ms() + ms, check = 0;

	for (int64_t t = now_ms(); t < end; t = now_ms()) {
		for (int i = 0; i < CLIENTS; i++) {
			struct client *c = &C.clients[i];
			int r;

			if (!receive(c))
				fail("the daemon dropped a connection");
			talk(c);
			r = relay_link_flush(c->link);
			p[i].fd = relay_link_fd(c->link);
			p[i].events = POLLIN;
			if (r == ROWAN_E_AGAIN)
				p[i].events |= POLLOUT;
			else if (r)
				fail("the daemon dropped a connection");
		}
		if (C.finishing && t > check) {
			if (all_done() && all_empty())
				return;
			check = t + 100;
		}
		poll(p, CLIENTS, end - t > 10 ? 10 : (int)(end - t));
	}
	if (C.finishing)
		fail_unfinished();
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 200;
	unsigned seed =
		argc > 2 ? (unsigned)atoi(argv[2]) : (unsigned)time(NULL);
	struct seed_clinic clinic = {.senders = SENDERS, .mailboxes = READERS};
	int64_t start = now_ms();

	srand(seed);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < CLIENTS; i++) {
		struct client *c = &C.clients[i];

		c->sender = i < SENDERS;
		c->index = c->sender ? i : i - SENDERS;
		if (c->sender)
			c->letters = calloc(LETTERS_MAX, sizeof *c->letters);
	}
	if (rowand_init(&C.daemon, NULL) || rowand_seed(&C.daemon, &clinic))
		fail("cannot make a store");
	rowand_set(&C.daemon, ROWAND_NO_LIMITS);
	for (int i = 0; i <= rounds; i++) {
		if (rowand_start(&C.daemon))
			fail("round %d, seed %u: the daemon does not start", i,
				seed);
		open_clients();
		C.finishing = i == rounds;
		run(C.finishing ? 60000 : 5 + rand() % 300);
		if (!C.finishing)
			rowand_kill(&C.daemon, SIGKILL);
		else if (rowand_kill(&C.daemon, SIGTERM))
			fail("the daemon did not end well");
		close_clients();
	}
	rowand_end(&C.daemon);
	printf("crash: %d kills, seed %u: %llu envelopes answered, %llu "
	       "confirmed, %llu sent again, none lost, none twice, %.1f s\n",
		rounds, seed, (unsigned long long)C.answered,
		(unsigned long long)C.confirmed,
		(unsigned long long)C.sent_again,
		(double)(now_ms() - start) / 1000);
	return 0;
}
