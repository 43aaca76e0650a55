/*
 * A person of the demonstration: see person.h.
 *
 * The Welcome travels as an envelope here: the daemon is told nothing of what
 * an envelope is. Every envelope is filled up to one of the announced sizes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "demo/person.h"
#include "wire/key.h"

#define BUCKET	 1024 /* the smallest announced size */
#define WELCOMED 4096
#define TRIES	 100

static _Noreturn void fail(const struct person *p, const char *what, int rc)
{
	fprintf(stderr, "demo: %s: %s: %s\n", p->name, what,
		rowan_strerror(rc));
	exit(1);
}

static void must(const struct person *p, const char *what, int rc)
{
	if (rc != 0)
		fail(p, what, rc);
}

static struct rowan_mls_bytes mls_view(struct bytes b)
{
	return (struct rowan_mls_bytes){b.data, b.len};
}

void person_start(
	struct person *p, const char *name, enum seed_role role, int port)
{
	struct rowan_mls_options options = {
		.credential = {ROWAN_MLS_BASIC,
			mls_view(bytes_of(name, strlen(name)))},
		.pad_until = BUCKET};
	const struct relay_options where = {
		.kind = RELAY_LINK_DEALER, .port = port, .device = &p->device};

	memset(p, 0, sizeof *p);
	p->name = name;
	p->channel = seed_channel(0, 0);
	seed_device(role, 0, &p->device);
	rowan_mls_host_init(&options.host);
	must(p, "keys", rowan_mls_new(&options, &p->mls));
	must(p, "connect", relay_open(&p->relay, &where));
	must(p, "hello", relay_hello(p->relay, NULL));
	must(p, "subscribe", relay_subscribe(p->relay, 0, 8, NULL));
}

void person_end(struct person *p)
{
	rowan_mls_group_free(p->group);
	rowan_mls_free(p->mls);
	relay_close(p->relay);
}

static int call(struct person *p, uint16_t op, const struct writer *body,
	struct wire_message *ret)
{
	const struct relay_request request = {.op = op, .body = body};

	return relay_call(p->relay, &request, ret);
}

void person_publish(struct person *p)
{
	struct wire_key_publish publish = {.count = 1};
	struct rowan_mls_buf kp;
	struct wire_message answer;
	struct writer w;

	must(p, "key package", rowan_mls_key_package(p->mls, NULL, &kp, NULL));
	publish.packages[0].data = bytes_of(kp.data, kp.len);
	writer_init(&w, WIRE_FRAME_MAX);
	must(p, "publish", wire_key_publish_encode(&publish, &w));
	must(p, "publish", call(p, WIRE_OP_KEY_PUBLISH, &w, &answer));
	writer_wipe(&w);
	rowan_mls_buf_free(&kp);
}

static void submit(struct person *p, struct bytes envelope)
{
	const struct wire_submit s = {.items = {{.channel = p->channel,
					      .counter = ++p->counter,
					      .envelope = envelope}},
		.count = 1};
	struct wire_submit_answer answer;

	must(p, "submit", relay_submit(p->relay, &s, &answer));
	must(p, "submit", wire_code_error(answer.results[0].code));
}

/* One key package of ${other}, as soon as there is one. */
static void claim(struct person *p, const struct id16 *other, struct buf *ret)
{
	const struct wire_key_claim c = {
		.channel = p->channel, .devices = {*other}, .count = 1};
	struct wire_key_claim_answer got;
	struct wire_message answer;
	struct writer w;

	writer_init(&w, WIRE_FRAME_MAX);
	must(p, "claim", wire_key_claim_encode(&c, &w));
	for (int i = 0; i < TRIES; i++) {
		must(p, "claim", call(p, WIRE_OP_KEY_CLAIM, &w, &answer));
		must(p, "claim", wire_key_claim_answer_decode(&answer, &got));
		if (got.results[0].error.code == WIRE_OK)
			break;
		(void)usleep(20000);
	}
	writer_wipe(&w);
	must(p, "claim", wire_code_error(got.results[0].error.code));
	must(p, "claim", buf_copy(ret, got.results[0].data));
}

/* A length, the Welcome, and zeros up to the size. */
static void send_welcome(struct person *p, struct bytes welcome)
{
	struct writer w;
	struct buf padded;

	writer_init(&w, WIRE_FRAME_MAX);
	writer_vec(&w, welcome);
	while (writer_status(&w) == 0 && w.len < WELCOMED)
		writer_u8(&w, 0);
	must(p, "welcome", writer_finish(&w, &padded));
	submit(p, buf_view(&padded));
	buf_wipe(&padded);
}

void person_invite(struct person *p, const struct id16 *other)
{
	struct rowan_mls_proposal add = {.type = ROWAN_MLS_ADD};
	const struct rowan_mls_commit_options options = {
		.proposals = &add, .n = 1, .tree = true};
	struct rowan_mls_committed made;
	struct buf package;

	must(p, "group",
		rowan_mls_group_create(p->mls, mls_view(id16_view(&p->channel)),
			(struct rowan_mls_extensions){NULL, 0}, &p->group));
	claim(p, other, &package);
	add.key_package = mls_view(buf_view(&package));
	must(p, "commit", rowan_mls_commit(p->group, &options, &made));
	must(p, "merge", rowan_mls_merge_commit(p->group));
	send_welcome(p, bytes_of(made.welcome.data, made.welcome.len));
	rowan_mls_committed_free(&made);
	buf_wipe(&package);
}

/* The next envelope; acknowledged once it has been dealt with. */
static struct wire_delivery wait_for(struct person *p, struct wire_push *push)
{
	must(p, "wait", relay_push(p->relay, RELAY_PATIENCE_MS, push));
	if (push->count != 1)
		fail(p, "wait", ROWAN_E_LIMIT);
	return push->items[0];
}

void person_join(struct person *p)
{
	static struct wire_push push;
	struct wire_delivery d = wait_for(p, &push);
	struct bytes welcome;
	struct reader r;

	reader_init(&r, d.envelope);
	must(p, "welcome", reader_vec(&r, WIRE_FRAME_MAX, &welcome));
	must(p, "join",
		rowan_mls_join(p->mls, mls_view(welcome), NULL, &p->group));
	must(p, "acknowledge", relay_ack_one(p->relay, d.sequence, 1));
}

void person_say(struct person *p, const char *words)
{
	struct rowan_mls_buf sealed;

	must(p, "seal",
		rowan_mls_send(p->group,
			mls_view(bytes_of(words, strlen(words))), NULL,
			&sealed));
	printf("  %-9s sends %zu sealed bytes\n", p->name, sealed.len);
	fflush(stdout);
	submit(p, bytes_of(sealed.data, sealed.len));
	rowan_mls_buf_free(&sealed);
}

void person_hear(struct person *p)
{
	static struct wire_push push;
	struct wire_delivery d = wait_for(p, &push);
	struct rowan_mls_received *r;
	struct rowan_mls_bytes words;

	must(p, "open", rowan_mls_process(p->group, mls_view(d.envelope), &r));
	words = rowan_mls_received_data(r);
	printf("  %-9s reads \"%.*s\"\n", p->name, (int)words.len,
		(const char *)words.data);
	fflush(stdout);
	rowan_mls_received_free(r);
	must(p, "acknowledge", relay_ack_one(p->relay, d.sequence, 1));
}
