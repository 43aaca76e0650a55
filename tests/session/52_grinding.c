/*
 * A daemon that knows the whole invite sits between a registrar and a new
 * device, puts a device of its own in between, and tries keys and nonces
 * against the short code after each step: it does no better than to guess
 * once. What it would have to know when it chooses comes only after it chose.
 *
 * The registrar, the device and the relay are the real ones; the daemon's
 * lies are told on the way. To show that its grinding works and only the order
 * defeats it, the same search is made once more with what it could not know.
 */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "session/scene.h"
#include "trust/enrol.h"
#include "trust/invite.h"
#include "wire/invite.h"

#define TRIES (1u << 16) /* after a step */
#define BITS  12	 /* of the code that it would be content with */

enum plan {
	HONEST = 0,
	DEVICE_LAST,   /* the registrar's code is known first */
	REGISTRAR_LAST /* the device's is */
};

static struct {
	enum plan plan;
	struct person *guest;
	struct id16 invite;
	uint64_t watch; /* request of the registrar's that watches it */
	size_t place;	/* in that request */

	struct bundle_secret secret;
	struct buf sealed;
	struct enrol own; /* the device that is put in between */
	struct wire_nonce own_device, own_registrar;

	/* What was said, in the order in which it may be known. */
	bool has_commitment, has_device, has_registrar, answered, committed;
	struct wire_hash commitment;
	struct wire_nonce device, registrar;
	struct buf request;
	bool twice; /* another answer than before */
	unsigned tries;
} daemon_;

/* The code, of which BITS bits will do. */
static uint64_t code(const struct compare *c)
{
	struct wire_hash h;
	uint64_t n = 0;

	compare_transcript(c, &h);
	for (int i = 0; i < 8; i++)
		n = n << 8 | h.b[i];
	return n % UINT64_C(10000000000);
}

static bool same(uint64_t a, uint64_t b)
{
	return ((a ^ b) & ((1u << BITS) - 1)) == 0;
}

/* As the device sees it, and as the registrar does. */
static struct compare at_device(const struct wire_nonce *device)
{
	return (struct compare){.invite = daemon_.invite,
		.bundle = buf_view(&daemon_.own.plain),
		.request = buf_view(&daemon_.request),
		.commitment = daemon_.commitment,
		.device = *device,
		.registrar = daemon_.own_registrar};
}

static struct compare at_registrar(const struct wire_nonce *registrar)
{
	struct compare c = {.invite = daemon_.invite,
		.bundle = buf_view(&daemon_.own.plain),
		.request = buf_view(&daemon_.own.request),
		.device = daemon_.own_device,
		.registrar = *registrar};

	KIT_CHECK(compare_commit(c.request, &c.device, &c.commitment) == 0);
	return c;
}

static void next_nonce(struct wire_nonce *n)
{
	sodium_increment(n->b, sizeof n->b);
	daemon_.tries++;
}

/*
 * A nonce for the device under which it shows the registrar's code, if its
 * own is ${device}. Its request is not known either: any will do.
 */
static bool grind_device(
	const struct wire_nonce *device, const struct wire_nonce *registrar)
{
	struct compare c = at_registrar(registrar);
	uint64_t goal = code(&c);

	for (unsigned i = 0; i < TRIES; i++) {
		next_nonce(&daemon_.own_registrar);
		c = at_device(device);
		if (same(code(&c), goal))
			return true;
	}
	return false;
}

/* A nonce of its own device under which the registrar shows her code. */
static bool grind_registrar(
	const struct wire_nonce *registrar, const struct wire_nonce *device)
{
	struct compare c = at_device(device);
	uint64_t goal = code(&c);

	for (unsigned i = 0; i < TRIES; i++) {
		next_nonce(&daemon_.own_device);
		c = at_registrar(registrar);
		if (same(code(&c), goal))
			return true;
	}
	return false;
}

/* ---- towards the device ---------------------------------------------------
 */

static void begin_between(void)
{
	struct enrol_self self = {.device = {{0x66}}};
	static uint8_t seed[ATTEST_SEED_LEN];

	if (daemon_.own.step != ENROL_NONE)
		return;
	randombytes_buf(seed, sizeof seed);
	self.seed = seed;
	/* The relay in between is an honest one and looks at the transport. */
	KIT_CHECK(
		crypto_scalarmult_base(self.transport_key.b,
			parts_of(daemon_.guest)->me->transport_secret.b) == 0);
	randombytes_buf(&daemon_.own_device, sizeof daemon_.own_device);
	randombytes_buf(&daemon_.own_registrar, sizeof daemon_.own_registrar);
	KIT_CHECK(enrol_device_begin(&daemon_.own, &daemon_.secret,
			  buf_view(&daemon_.sealed), &self) == 0);
}

static void got_bundle(struct middle_message *m)
{
	struct wire_redeem_get_answer a;
	struct wire_message w;

	KIT_CHECK(middle_view(m, &w) &&
		  wire_redeem_get_answer_decode(&w, &a) == 0);
	KIT_CHECK(buf_set(&daemon_.sealed, a.bundle) == 0);
	begin_between();
}

/* Its commitment in the place of the device's; or kept back for now. */
static enum middle_fate commits(struct middle_message *m)
{
	struct wire_redeem_commit q;
	struct wire_message w;
	struct writer out;
	struct compare c;

	KIT_CHECK(middle_view(m, &w) && wire_redeem_commit_decode(&w, &q) == 0);
	daemon_.commitment = q.commitment;
	daemon_.has_commitment = true;
	writer_init(&out, 1024);
	if (daemon_.plan == REGISTRAR_LAST) {
		middle_reply(m, &out);
		return MIDDLE_DROP;
	}
	c = at_registrar(&daemon_.registrar);
	q.commitment = c.commitment;
	KIT_CHECK(wire_redeem_commit_encode(&q, &out) == 0);
	middle_body(m, &out);
	return MIDDLE_PASS;
}

/* The answer to the device: what was looked for. */
static enum middle_fate asks_result(struct middle_message *m)
{
	struct wire_redeem_result a = {.state = WIRE_INVITE_ANSWERED};
	static const struct wire_nonce guess = {{1}};
	struct writer out;

	if (!daemon_.has_commitment)
		return MIDDLE_PASS;
	writer_init(&out, 1024);
	/* Asked now, the real one could have the true answer by then. */
	if (daemon_.plan == DEVICE_LAST && !daemon_.has_registrar) {
		a.state = WIRE_INVITE_COMMITTED;
		KIT_CHECK(wire_redeem_result_encode(&a, &out) == 0);
		middle_reply(m, &out);
		return MIDDLE_DROP;
	}
	if (!daemon_.answered && daemon_.plan == DEVICE_LAST) {
		KIT_CHECK(!daemon_.has_device);
		KIT_CHECK(grind_device(&guess, &daemon_.registrar));
	}
	daemon_.answered = true;
	a.nonce = daemon_.own_registrar;
	if (daemon_.twice)
		a.nonce.b[9] ^= 1;
	KIT_CHECK(wire_redeem_result_encode(&a, &out) == 0);
	middle_reply(m, &out);
	return MIDDLE_DROP;
}

static enum middle_fate reveals(struct middle_message *m)
{
	static const struct wire_nonce guess = {{1}};
	struct wire_redeem_reveal q;
	struct wire_message w;
	struct writer out;

	KIT_CHECK(middle_view(m, &w) && wire_redeem_reveal_decode(&w, &q) == 0);
	/* Nothing is revealed before the daemon has chosen. */
	KIT_CHECK(daemon_.answered);
	daemon_.device = q.nonce;
	KIT_CHECK(buf_set(&daemon_.request, q.request) == 0);
	writer_init(&out, 2 * WIRE_REQUEST_MAX);
	if (daemon_.plan == REGISTRAR_LAST) {
		if (!daemon_.has_device) {
			KIT_CHECK(!daemon_.has_registrar);
			KIT_CHECK(grind_registrar(&guess, &daemon_.device));
		}
		daemon_.has_device = daemon_.committed = true;
		middle_reply(m, &out);
		return MIDDLE_DROP;
	}
	daemon_.has_device = true;
	q.nonce = daemon_.own_device;
	q.request = buf_view(&daemon_.own.request);
	KIT_CHECK(wire_redeem_reveal_encode(&q, &out) == 0);
	middle_body(m, &out);
	return MIDDLE_PASS;
}

static enum middle_fate with_device(struct middle_message *m)
{
	if (m->way == MIDDLE_ANSWER)
		return m->op == WIRE_OP_REDEEM_GET &&
				       m->header.op != WIRE_OP_ERROR
			       ? (got_bundle(m), MIDDLE_PASS)
			       : MIDDLE_PASS;
	switch (m->op) {
	case WIRE_OP_REDEEM_COMMIT: return commits(m);
	case WIRE_OP_REDEEM_RESULT: return asks_result(m);
	case WIRE_OP_REDEEM_REVEAL: return reveals(m);
	default: return MIDDLE_PASS;
	}
}

/* ---- towards the registrar ------------------------------------------------
 */

static void watches(struct middle_message *m)
{
	struct wire_invite_watch q;
	struct wire_message w;

	KIT_CHECK(middle_view(m, &w) && wire_invite_watch_decode(&w, &q) == 0);
	for (size_t i = 0; i < q.count; i++)
		if (id16_eq(&q.invites[i], &daemon_.invite)) {
			daemon_.watch = m->header.id;
			daemon_.place = i;
		}
}

/* What the registrar is shown of the device that is put in between. */
static void seen(struct middle_message *m)
{
	static struct wire_invite_watch_answer a;
	struct wire_invite_seen *s = &a.seen[daemon_.place];
	struct wire_message w;
	struct writer out;
	struct compare c;

	if (!daemon_.committed || m->header.id != daemon_.watch)
		return;
	c = at_registrar(&daemon_.registrar);
	KIT_CHECK(middle_view(m, &w) &&
		  wire_invite_watch_answer_decode(&w, &a) == 0);
	s->state = WIRE_INVITE_COMMITTED;
	s->commitment = c.commitment;
	if (daemon_.has_registrar) {
		s->state = WIRE_INVITE_REVEALED;
		s->nonce = daemon_.own_device;
		s->request = buf_view(&daemon_.own.request);
	}
	writer_init(&out, WIRE_FRAME_MAX);
	KIT_CHECK(wire_invite_watch_answer_encode(&a, &out) == 0);
	middle_body(m, &out);
}

static enum middle_fate answers(struct middle_message *m)
{
	struct wire_invite_answer q;
	struct wire_message w;
	struct writer out;

	KIT_CHECK(middle_view(m, &w) && wire_invite_answer_decode(&w, &q) == 0);
	/* No nonce before it was shown a commitment: ours. */
	KIT_CHECK(daemon_.has_commitment);
	daemon_.registrar = q.nonce;
	daemon_.has_registrar = true;
	if (daemon_.plan != REGISTRAR_LAST)
		return MIDDLE_PASS;
	KIT_CHECK(daemon_.committed);
	writer_init(&out, 64);
	middle_reply(m, &out);
	return MIDDLE_DROP;
}

static enum middle_fate between(void *ctx, struct middle_message *m)
{
	if (daemon_.plan == HONEST || m->person == NULL)
		return MIDDLE_PASS;
	if (m->person == daemon_.guest)
		return with_device(m);
	if (m->person != &scene.advocate)
		return MIDDLE_PASS;
	if (m->op == WIRE_OP_INVITE_WATCH && m->way == MIDDLE_REQUEST)
		watches(m);
	if (m->op == WIRE_OP_INVITE_WATCH && m->way == MIDDLE_ANSWER &&
		m->header.op != WIRE_OP_ERROR)
		seen(m);
	if (m->op == WIRE_OP_INVITE_ANSWER && m->way == MIDDLE_REQUEST)
		return answers(m);
	return MIDDLE_PASS;
}

/* ---- */

static void invite(struct person *guest, enum plan plan)
{
	struct invite i;

	memset(&daemon_, 0, sizeof daemon_);
	person_create(guest, plan == DEVICE_LAST ? "she" : "she again");
	daemon_.guest = guest;
	daemon_.plan = plan;
	daemon_.invite = person_invites(&scene.advocate, &scene.case_id, guest);
	KIT_CHECK(invite_read(bytes_of(kit_clinic.invite,
				      strlen(kit_clinic.invite)),
			  &i, NULL) == 0);
	daemon_.secret = i.secret;
	invite_wipe(&i);
}

/* Two codes, and people who say so. */
static void compared(struct person *guest)
{
	(void)person_event(&scene.advocate, ROWAN_EVENT_COMPARE);
	(void)person_event(guest, ROWAN_EVENT_COMPARE);
	KIT_CHECK(strlen(guest->text) == 11);
	KIT_CHECK(strcmp(scene.advocate.text, guest->text) != 0);
	KIT_CHECK(daemon_.tries > 0);
}

static void end(struct person *guest)
{
	KIT_CHECK(enrolment_confirm(parts_of(&scene.advocate)->enrolment,
			  &daemon_.invite, false) == 0);
	KIT_CHECK(session_step(scene.advocate.s) == 0);
	daemon_.plan = HONEST;
	person_close(guest);
	enrol_wipe(&daemon_.own);
	buf_wipe(&daemon_.sealed);
	buf_wipe(&daemon_.request);
}

int main(void)
{
	static struct person first, second;

	middle_set(between, NULL);
	scene_begin(0, NULL);
	scene_assign(
		&scene.coordinator, &scene.support, member_of(&scene.advocate));
	sessions_settle();

	invite(&first, DEVICE_LAST);
	compared(&first);
	/* With her nonce in hand the same search finds what it looks for. */
	KIT_CHECK(grind_device(&daemon_.device, &daemon_.registrar));
	/* A second try with her is no guess more: she is done with it. */
	daemon_.twice = true;
	(void)person_event(&first, ROWAN_EVENT_ENROL_FAILED);
	end(&first);

	invite(&second, REGISTRAR_LAST);
	compared(&second);
	KIT_CHECK(grind_registrar(&daemon_.registrar, &daemon_.device));
	end(&second);
	return scene_end();
}
