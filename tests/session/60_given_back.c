/*
 * The database is lost and a backup comes back: an assignment, an
 * unassignment, a revocation and a card are younger than it, and nobody has
 * them but clients. Those who were shut out by what was lost come first, with
 * copies of their vaults that do not know of it, and get nothing: not a group,
 * not a word. Then the others come, and all of it is back by itself. A file
 * that was sent meanwhile is lost, and whoever fetches it is told so.
 */
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "session/loss.h"
#include "session/message/messages_row.h"
#include "trust/attest.h"
#include "wire/group.h"

static struct person newcomer;
static struct clinic then; /* when the backup was made */
static struct id16 photo;

static bool three_in(void *ctx)
{
	return scene_in(&loss.coordinator, &loss.team) == 3 &&
	       scene_in(&loss.advocate, &loss.team) == 3 &&
	       scene_in(&loss.nurse, &loss.team) == 3;
}

static int write_to(struct person *p, const char *text)
{
	const struct messages_draft d = {.text = bytes_of(text, strlen(text))};
	struct id16 id;

	return messages_write(parts_of(p)->messages, &loss.team, &d, &id);
}

static bool knows_restore(void *ctx)
{
	struct person *p = ctx;

	person_drain(p);
	return p->event[ROWAN_EVENT_CLINIC] > 0;
}

static bool a_while(void *ctx)
{
	return time(NULL) >= *(time_t *)ctx;
}

static void week(void)
{
	const struct messages_draft file = {.path = loss_at("rowand.conf"),
		.name = "photo.jpg",
		.media = "image/jpeg"};
	struct loss_who who;
	struct follow *f;
	struct wire_card card;

	who = loss_who(&loss.officer);
	loss_take_out(&who);
	who = loss_who(&loss.thief);
	loss_revoke(&who);
	person_create(&newcomer, "newcomer");
	person_carded(&newcomer, "health", 0);
	KIT_CHECK(identity_card(parts_of(&newcomer)->me, &card) == 0);
	loss_log_card(card.raw);
	sessions_assign(&loss.coordinator, &loss.team, &loss.nurse);
	KIT_CHECK(sessions_until(three_in, NULL));
	f = parts_of(&loss.coordinator)->follow;
	KIT_CHECK(follow_clinic(f)->number == then.number + 2);
	KIT_CHECK(messages_write(parts_of(&loss.advocate)->messages, &loss.team,
			  &file, &photo) == 0);
	KIT_CHECK(sessions_until(loss_unread, &loss.nurse));
	KIT_CHECK(sessions_until(loss_unread, &loss.coordinator));
	KIT_CHECK(messages_mark_read(parts_of(&loss.nurse)->messages, &photo) ==
		  0);
	KIT_CHECK(messages_mark_read(
			  parts_of(&loss.coordinator)->messages, &photo) == 0);
}

/* It was never fetched, and the daemon has it no more. */
static void photo_is_lost(void)
{
	KIT_CHECK(messages_fetch(parts_of(&loss.nurse)->messages, &photo,
			  loss_at("photo.jpg")) == 0);
	KIT_CHECK(session_step(loss.nurse.s) == 0);
	KIT_CHECK(person_event(&loss.nurse, ROWAN_EVENT_FETCH_FAILED)->code ==
		  ROWAN_E_REFUSED);
	KIT_CHECK(access(loss_at("photo.jpg"), F_OK) != 0);
}

/*
 * What would take the place of the lost unassignment for ever: signed by one
 * who was on the case as far as the daemon knows, in the name of yesterday.
 */
static void backdate(struct person *p)
{
	struct follow *f = parts_of(p)->follow;
	const struct case_state *c = follow_case(f, &loss.case_id);
	struct wire_statement s = {.clinic = then.id,
		.case_id = loss.case_id,
		.number = c->number + 1,
		.previous = c->head,
		.clinic_number = follow_clinic(f)->number,
		.clinic_head = follow_clinic(f)->head,
		.time = c->time,
		.signer_count = 1,
		.kind = WIRE_ST_RESET};
	struct writer w;
	uint64_t act;

	s.signers[0].kind = WIRE_SIGNER_DEVICE;
	s.signers[0].device = parts_of(p)->me->device;
	s.u.reset.channel = WIRE_CHANNEL_TEAM;
	s.u.reset.generation =
		case_channel(c, WIRE_CHANNEL_TEAM)->generation + 1;
	memset(&s.u.reset.group_id, 0x66, sizeof s.u.reset.group_id);
	writer_init(&w, WIRE_STATEMENT_MAX);
	KIT_CHECK(wire_statement_encode_tbs(&s, &w) == 0);
	KIT_CHECK(attest_sign(ATTEST_STATEMENT, writer_view(&w),
			  parts_of(p)->me->signature_seed.b,
			  &s.signatures[0]) == 0);
	w.len = 0;
	KIT_CHECK(wire_statement_encode(&s, &w) == 0);
	KIT_CHECK(acts_submit(parts_of(p)->acts, writer_view(&w), &act) == 0);
	KIT_CHECK(session_step(p->s) == 0);
	writer_wipe(&w);
}

/* What the daemon says to the device itself, whatever its client thinks. */
static uint16_t ask(struct person *p, uint16_t op, const struct writer *body)
{
	const struct identity *me = parts_of(p)->me;
	struct seed_device device = {.id = me->device, .member = me->member};
	const struct relay_options o = {.kind = RELAY_LINK_RAW,
		.port = kit_daemon.port,
		.device = &device};
	const struct relay_request q = {.op = op, .body = body};
	struct relay_client *c = NULL;
	struct wire_message m;
	uint16_t code = WIRE_OK;

	memcpy(device.secret, me->transport_secret.b, sizeof device.secret);
	crypto_scalarmult_base(device.public, device.secret);
	KIT_CHECK(relay_open(&c, &o) == 0 && relay_hello(c, NULL) == 0);
	if (relay_call(c, &q, &m) != 0)
		code = relay_error(c).code;
	relay_close(c);
	return code;
}

static uint16_t ask_group(struct person *p)
{
	const struct wire_group_id q = {.channel = loss.team};
	uint8_t mem[32];
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	KIT_CHECK(wire_group_id_encode(&q, &w) == 0);
	return ask(p, WIRE_OP_GROUP_STATE, &w);
}

/* They have all the time they want. */
static void first_the_wrong_ones(void)
{
	time_t until = time(NULL) + 4;

	person_open(&loss.officer);
	person_open(&loss.thief);
	KIT_CHECK(sessions_until(knows_restore, &loss.officer));
	KIT_CHECK(sessions_until(knows_restore, &loss.thief));
	KIT_CHECK(write_to(&loss.officer, "let me in") == 0);
	backdate(&loss.officer);
	KIT_CHECK(sessions_until(a_while, &until));
	/* On the case as far as it knows, and nothing of it is served. */
	KIT_CHECK(ask_group(&loss.officer) == WIRE_RESTORING);
	KIT_CHECK(ask_group(&loss.thief) == WIRE_RESTORING);
	KIT_CHECK(loss.officer.event[ROWAN_EVENT_RESET] == 0 &&
		  loss.thief.event[ROWAN_EVENT_RESET] == 0);
}

static bool all_is_back(void *ctx)
{
	uint64_t clinic = then.number + 3; /* and the restore */
	const struct case_state *c;

	for (size_t i = 0; i < kit_clinic.count; i++) {
		struct person *p = kit_clinic.people[i];
		struct follow *f = parts_of(p)->follow;

		person_drain(p);
		if (p == &loss.thief)
			continue;
		if (follow_clinic(f)->number != clinic)
			return false;
	}
	c = follow_case(parts_of(&loss.officer)->follow, &loss.case_id);
	return loss.thief.event[ROWAN_EVENT_SELF_REVOKED] > 0 &&
	       !case_assigned(c, &parts_of(&loss.officer)->me->member,
		       WIRE_CHANNEL_TEAM, (uint64_t)time(NULL)) &&
	       three_in(NULL);
}

int main(void)
{
	struct person *all[] = {&loss.coordinator, &loss.advocate,
		&loss.officer, &loss.thief, &loss.nurse, &newcomer};

	loss_begin(ROWAND_NO_LIMITS);
	loss_run(NULL);
	then = *follow_clinic(parts_of(&loss.coordinator)->follow);
	loss_ctl("backup now");
	person_keep(&loss.officer);
	person_keep(&loss.thief);

	week();
	for (size_t i = 0; i < 6; i++)
		person_close(all[i]);
	person_put_back(&loss.officer);
	person_put_back(&loss.thief);
	loss_restore(&then);

	first_the_wrong_ones();
	for (size_t i = 0; i < 6; i++)
		if (all[i] != &loss.officer && all[i] != &loss.thief)
			person_open(all[i]);
	KIT_CHECK(sessions_until(all_is_back, NULL));
	KIT_CHECK(write_to(&loss.advocate, "not for the officer") == 0);
	KIT_CHECK(sessions_until(loss_unread, &loss.nurse));
	KIT_CHECK(sessions_until(loss_unread, &loss.coordinator));
	photo_is_lost();
	KIT_CHECK(ask_group(&loss.officer) == WIRE_REFUSED);
	KIT_CHECK(ask_group(&loss.nurse) == WIRE_OK);
	KIT_CHECK(messages_unread(
			  parts_of(&loss.officer)->messages, &loss.team) == 0);
	KIT_CHECK(messages_unread(
			  parts_of(&loss.thief)->messages, &loss.team) == 0);
	for (size_t i = 0; i < 6; i++)
		KIT_CHECK(all[i]->alarms == 0);
	return sessions_end();
}
