/*
 * A device that may talk to the daemon and is on no case tries every operation
 * there is on a foreign case, channel, device, blob and invite: each answer has
 * the same bytes as for one that does not exist.
 */
#include <stdio.h>
#include <time.h>

#include "lib/clinic_kit.h"
#include "net/kit.h"
#include "wire/log.h"
#include "wire/code.h"
#include "wire/group.h"
#include "wire/invite.h"
#include "wire/key.h"
#include "wire/lookup.h"

#define VARIANTS 6 /* of what is asked, for operations that have some */

static struct clinic_kit k;
static const struct world_person *asker;

/* The ids an operation is tried on: what there is, or nothing. */
struct ids {
	struct id16 case_id, channel, device, blob, invite;
};

static const struct ids nothing = {
	{{0x91}}, {{0x92}}, {{0x93}}, {{0x94}}, {{0x95}}};

static uint8_t mem[2 * WIRE_FRAME_MAX];
static struct bytes frames[WIRE_FRAMES_MAX];
static size_t frame_count;
static const struct bytes sealed = {(const uint8_t *)"sealed", 6};

/* A statement that the asker signs itself. */
static int statement(const struct ids *on, int variant, struct writer *w)
{
	static const uint8_t kinds[VARIANTS] = {WIRE_ST_ASSIGN, WIRE_ST_ASSIGN,
		WIRE_ST_UNASSIGN, WIRE_ST_RECUSE, WIRE_ST_READMIT,
		WIRE_ST_REVOKE};
	struct wire_statement_put p;
	struct wire_statement s;
	struct buf raw;
	int rc;

	world_statement(&k.cast.w,
		kinds[variant] == WIRE_ST_REVOKE ? NULL : k.cast.c,
		kinds[variant], &s);
	if (kinds[variant] != WIRE_ST_REVOKE)
		s.case_id = on->case_id;
	switch (variant) {
	case 0:
		s.number = 1; /* taken */
	/* FALLTHROUGH */
	case 1:
		s.u.assign.member = asker->member;
		s.u.assign.channel = WIRE_CHANNEL_TEAM;
		s.u.assign.from = k.cast.w.now;
		break;
	case 2:
		s.u.unassign.member = k.cast.officer.member;
		s.u.unassign.channel = WIRE_CHANNEL_TEAM;
		break;
	case 5:
		s.u.revoke.device = on->device;
		s.u.revoke.reason = WIRE_REVOKE_LOST;
		s.u.revoke.case_id = on->case_id;
		break;
	default: break;
	}
	world_sign(&k.cast.w, asker, &s, &raw);
	p.statement = buf_view(&raw);
	rc = wire_statement_put_encode(&p, w);
	buf_wipe(&raw);
	return rc;
}

#define ENCODE(name, ...)                                                      \
	wire_##name##_encode(&(struct wire_##name){__VA_ARGS__}, w)
#define OWN 1 /* asks about nothing but the asker's own */

/* The body of ${op}, or OWN. Every operation has its line. */
static int fill(
	uint16_t op, const struct ids *on, int variant, struct writer *w)
{
	static struct wire_submit submit;

	frame_count = 0;
	frames[0] = frames[1] = sealed;
	switch ((enum wire_op)op) {
	case WIRE_OP_HELLO:
	case WIRE_OP_PING:
	case WIRE_OP_NEXT_KEY:
	case WIRE_OP_KEY_PUBLISH:
	case WIRE_OP_KEY_COUNT:
	case WIRE_OP_SUBSCRIBE:
	case WIRE_OP_CREDIT:
	case WIRE_OP_FETCH:
	case WIRE_OP_ACK:
	case WIRE_OP_CASES_FETCH:
	case WIRE_OP_LOG_FIND: return OWN;
	/* For those who are revoked. */
	case WIRE_OP_REVOCATION: return OWN;
	/* For everybody: the authority's own words. */
	case WIRE_OP_RESTORED: return OWN;
	/* For coordinators, who see all. */
	case WIRE_OP_CASES_ALL: return OWN;
	/* For everybody: hashes and signatures. */
	case WIRE_OP_CHECKPOINT:
	case WIRE_OP_LOG_PROOF:
	case WIRE_OP_LOG_CONSISTENCY: return OWN;
	/* For auditors, who see all; one asker is one. */
	case WIRE_OP_LOG_ENTRIES:
		return asker != &k.cast.stranger
			       ? OWN
			       : ENCODE(log_entries, (uint64_t)variant, 5);
	case WIRE_OP_LOG_DETAILS:
		return asker != &k.cast.stranger
			       ? OWN
			       : ENCODE(log_details, .max = 5,
					 .case_id = on->case_id,
					 .device =
						 variant % 2 == 0
							 ? on->device
							 : (struct id16){{0}});
	/* From the daemon only. */
	case WIRE_OP_PUSH:
	case WIRE_OP_NOTICE: return OWN;
	/* Of another port, on this one. */
	case WIRE_OP_REDEEM_GET:
	case WIRE_OP_REDEEM_RESULT: return ENCODE(redeem, on->invite);
	case WIRE_OP_REDEEM_COMMIT:
		return ENCODE(redeem_commit, on->invite, {{(uint8_t)variant}});
	case WIRE_OP_REDEEM_REVEAL:
		return ENCODE(redeem_reveal, on->invite, {{0}}, sealed);

	case WIRE_OP_KEY_CLAIM:
		return ENCODE(key_claim, .channel = on->channel,
			.devices = {on->device}, .count = 1);
	case WIRE_OP_SUBMIT:
		submit.items[0] =
			(struct wire_submit_item){.channel = on->channel,
				.counter = 1 + (uint64_t)variant,
				.envelope = sealed};
		submit.count = frame_count = 1;
		return wire_submit_encode(&submit, w);
	case WIRE_OP_BLOB_BEGIN:
		return ENCODE(blob_begin, .blob = {{7, (uint8_t)variant}},
			.channel = on->channel, .size = 10);
	case WIRE_OP_BLOB_PUT:
		frame_count = 1;
		return ENCODE(blob_put, .blob = on->blob,
			.first = (uint32_t)variant, .chunks = {sealed},
			.count = 1);
	case WIRE_OP_BLOB_STATUS:
	case WIRE_OP_BLOB_DELETE: return ENCODE(blob_id, on->blob);
	case WIRE_OP_BLOB_GET:
		return ENCODE(blob_get, on->blob, (uint32_t)variant, 1);
	case WIRE_OP_DEVICES:
		return ENCODE(devices, .devices = {on->device}, .count = 1);
	case WIRE_OP_CASE: return ENCODE(case, on->case_id);
	case WIRE_OP_STATEMENT_PUT: return statement(on, variant, w);
	case WIRE_OP_CHAIN_FETCH:
		return ENCODE(
			chain_fetch, on->case_id, (uint64_t)variant * 3, 9);
	case WIRE_OP_GROUP_CREATE:
		frame_count = 2;
		return ENCODE(group_create, on->channel, 1, sealed, sealed);
	case WIRE_OP_COMMIT:
		frame_count = 1;
		return ENCODE(commit, on->channel, sealed, {NULL, 0});
	case WIRE_OP_GROUP_STATE: return ENCODE(group_id, on->channel);
	case WIRE_OP_NACK:
		return ENCODE(nack, .channel = on->channel, .generation = 1);
	case WIRE_OP_INVITE_PUT:
		return ENCODE(invite_put, .invite = {{3, (uint8_t)variant}},
			.case_id = on->case_id, .bundle = sealed);
	case WIRE_OP_INVITE_WATCH:
		return ENCODE(
			invite_watch, .invites = {on->invite}, .count = 1);
	case WIRE_OP_INVITE_ANSWER:
		return ENCODE(invite_answer, .invite = on->invite);
	case WIRE_OP_INVITE_CONFIRM:
		return ENCODE(invite_confirm, on->invite, variant % 2 == 0);
	case WIRE_OP_RECEIPT:
		return ENCODE(receipt,
			on == &nothing ? UINT64_C(1) << 40 : (uint64_t)variant);
	case WIRE_OP_COSIGN: return ENCODE(cosign, (uint64_t)variant, sealed);
	case WIRE_OP_ERASED: return ENCODE(erased, (uint64_t)variant);
	default: KIT_CHECK(!"an operation without a line here");
	}
	return OWN;
}

/* Header without its id, body and frames, as one string of bytes. */
static size_t ask(struct relay_client *c, uint16_t op, const struct writer *w,
	uint8_t *ret, size_t size)
{
	struct relay_request q = {.op = op, .body = w, .frames = frames};
	struct wire_message m;
	size_t n = 0;
	uint64_t id = 0;

	q.frame_count = frame_count;
	KIT_CHECK(relay_send(c, &q, &id) == 0);
	KIT_CHECK(relay_next(c, RELAY_PATIENCE_MS, &m) == 0);
	KIT_CHECK(m.header.id == id && m.body.len + 2 <= size);
	KIT_CHECK(m.frame_count == 0);
	ret[n++] = (uint8_t)(m.header.op >> 8);
	ret[n++] = (uint8_t)m.header.op;
	if (m.body.len > 0)
		memcpy(ret + n, m.body.data, m.body.len);
	return n + m.body.len;
}

static bool is_refusal(uint16_t op, const uint8_t *answer, size_t len)
{
	/*
	 * Nonsense, and what another port serves, may be refused for that; so
	 * may a cosignature, which is of no case.
	 */
	if (op == WIRE_OP_COSIGN ||
		(op >= WIRE_OP_GROUP_CREATE && op <= WIRE_OP_NACK) ||
		(op >= WIRE_OP_REDEEM_GET && op <= WIRE_OP_REDEEM_RESULT))
		return len == 8 && answer[0] == 0x80 && answer[2] == 3;
	/* In the error, or in the one item. */
	return memmem(answer, len, "\x03\x05\0\0\0\0", 6) != NULL;
}

static void try_all(struct relay_client *c, const struct ids *foreign)
{
	const struct wire_op_info *info;
	uint8_t one[512], two[512];
	struct writer w;

	for (size_t i = 0; (info = wire_op_at(i)) != NULL; i++)
		for (int v = 0; v < VARIANTS; v++) {
			size_t n, m;

			writer_init_fixed(&w, mem, sizeof mem);
			if (fill(info->op, foreign, v, &w) == OWN)
				break;
			KIT_CHECK(writer_status(&w) == 0);
			n = ask(c, info->op, &w, one, sizeof one);
			writer_init_fixed(&w, mem, sizeof mem);
			KIT_CHECK(fill(info->op, &nothing, v, &w) == 0);
			m = ask(c, info->op, &w, two, sizeof two);
			if (n == m && memcmp(one, two, n) == 0 &&
				is_refusal(info->op, one, n))
				continue;
			fprintf(stderr, "%s, variant %d\n", info->name, v);
			KIT_CHECK(!"the answers tell the two apart");
		}
}

/* What must be there to be tried on: a blob and an invite. */
static void prepare(struct ids *ret)
{
	struct relay_client *advocate =
		clinic_kit_connect(&k, &k.cast.advocate);
	struct relay_client *registrar =
		clinic_kit_connect(&k, &k.cast.registrar);
	struct writer body, *w = &body;
	struct relay_request q = {.op = WIRE_OP_BLOB_BEGIN, .body = w};
	struct wire_message m;

	*ret = (struct ids){.case_id = k.cast.c->id,
		.channel =
			case_channel(k.cast.c, WIRE_CHANNEL_SUPPORT)->channel,
		.device = k.cast.victim.device,
		.blob = {{0x81}},
		.invite = {{0x82}}};
	writer_init_fixed(w, mem, sizeof mem);
	KIT_CHECK(ENCODE(blob_begin, .blob = ret->blob, .channel = ret->channel,
			  .size = 6) == 0);
	KIT_CHECK(relay_call(advocate, &q, &m) == 0);
	writer_init_fixed(w, mem, sizeof mem);
	KIT_CHECK(ENCODE(blob_put, .blob = ret->blob, .chunks = {sealed},
			  .count = 1) == 0);
	q.op = WIRE_OP_BLOB_PUT;
	q.frames = &sealed;
	q.frame_count = 1;
	KIT_CHECK(relay_call(advocate, &q, &m) == 0);
	writer_init_fixed(w, mem, sizeof mem);
	KIT_CHECK(ENCODE(invite_put, .invite = ret->invite,
			  .case_id = ret->case_id, .bundle = sealed) == 0);
	q = (struct relay_request){.op = WIRE_OP_INVITE_PUT, .body = w};
	KIT_CHECK(relay_call(registrar, &q, &m) == 0);
	relay_close(advocate);
	relay_close(registrar);
}

/* Another agency's registrar, whom the coordinator logs. */
static void second_registrar(
	struct relay_client *coordinator, struct world_person *ret)
{
	struct wire_statement s;
	struct wire_card card;
	struct buf raw;

	world_person(ret, "registrar of another agency");
	world_card(&k.cast.w, ret, WIRE_ROLE_CASEWORKER, "health", &card);
	card.rights = WIRE_RIGHT_ENROL | WIRE_RIGHT_AUDIT | WIRE_RIGHT_DUTY;
	card.scope.roles = 1 << WIRE_ROLE_CASEWORKER | 1 << WIRE_ROLE_VICTIM;
	card.scope.validity_max = 86400 * 365;
	world_issue(&k.cast.w, ret, NULL, &card, &raw);
	world_statement(&k.cast.w, NULL, WIRE_ST_CARD, &s);
	s.u.card = buf_view(&raw);
	KIT_CHECK(clinic_kit_act(&k, coordinator, NULL, &s,
			  &k.cast.coordinator) == WIRE_OK);
	buf_wipe(&raw);
}

int main(void)
{
	struct relay_client *coordinator, *c;
	struct world_person other;
	struct ids foreign;

	KIT_CHECK(rowand_init(&kit_daemon, NULL) == 0);
	clinic_kit_begin(&k, &kit_daemon, (uint64_t)time(NULL) - 5);
	kit_run();
	coordinator = clinic_kit_connect(&k, &k.cast.coordinator);
	second_registrar(coordinator, &other);
	prepare(&foreign);

	asker = &k.cast.stranger;
	c = clinic_kit_connect(&k, asker);
	try_all(c, &foreign);
	relay_close(c);
	asker = &other;
	c = clinic_kit_connect(&k, asker);
	try_all(c, &foreign);
	relay_close(c);
	/* None of it did anything. */
	KIT_CHECK(clinic_kit_in_step(&k, coordinator));
	relay_close(coordinator);
	clinic_kit_wipe(&k);
	return kit_end();
}
