/*
 * A registrar signs what it may not: a coordinator, a daemon, a witness,
 * another registrar, a duty officer, a card of another agency or for too
 * long, a second device of a colleague or of the victim, a victim of
 * somebody else's case. The real daemon refuses each and knows the key no
 * better than before; and when a daemon shows it all the same, every client
 * refuses it and says so. A victim's card without an assignment opens
 * nothing.
 */
#include <stdio.h>

#include "lib/clinic_kit.h"
#include "session/forge.h"
#include "wire/chain.h"

static const struct id16 of_clinic = {{0}};
static struct bytes smuggled;
static struct wire_chain_head smuggled_head; /* of the chain with it */
static struct person *const clients[] = {
	&scene.coordinator, &scene.officer, &scene.victim};

/* A chain of its own for one client: the truth, and then this. */
static void smuggle(struct wire_chain_answer *a)
{
	const struct clinic *seen = follow_clinic(parts_of(liar.whom)->follow);

	a->newest = smuggled_head;
	if (a->count > 0 || seen->number >= a->newest.number)
		return;
	a->first = a->newest.number;
	a->count = 1;
	a->items[0] = (struct wire_chain_item){.statement = smuggled};
}

static struct relay_client *open_as(const struct forged *d)
{
	struct seed_device k;
	struct relay_options o = {
		.kind = RELAY_LINK_RAW, .port = kit_daemon.port, .device = &k};
	struct relay_client *c = NULL;

	memset(&k, 0, sizeof k);
	k.id = d->device;
	memcpy(k.public, d->transport_key.b, sizeof k.public);
	memcpy(k.secret, d->transport_secret, sizeof k.secret);
	KIT_CHECK(relay_open(&c, &o) == 0);
	return c;
}

static void refused_by_daemon(struct person *by, const struct forged *d)
{
	struct relay_client *c = open_as(d);

	KIT_CHECK(forge_put(by, smuggled) == WIRE_REFUSED);
	/* Nor does it know the key. */
	KIT_CHECK(relay_hello(c, NULL) != 0);
	relay_close(c);
}

/* Begun anew, so that each lie is an alarm of its own. */
static void refused_by(struct person *p, const struct forged *d)
{
	struct trust_card card;
	struct buf raw = {0};
	uint64_t before;

	person_close(p);
	person_open(p);
	sessions_settle();
	forge_ask(p);
	KIT_CHECK(p->alarms == 0);
	before = follow_clinic(parts_of(p)->follow)->number;
	liar = (struct forge_liar){
		.whom = p, .chain = of_clinic, .lie = smuggle, .deaf = true};
	forge_ask(p);
	liar.whom = NULL;
	KIT_CHECK(p->alarms == 1 && p->alarm[ROWAN_ALARM_UNSIGNED] == 1);
	KIT_CHECK(follow_clinic(parts_of(p)->follow)->number == before);
	KIT_CHECK(follow_card(parts_of(p)->follow, &d->device, &card, &raw) ==
		  ROWAN_E_NOT_FOUND);
	p->alarms = 0;
	memset(p->alarm, 0, sizeof p->alarm);
}

/* The card that the registrar signs, logged by the registrar. */
static void log_card(
	struct person *by, const struct forged *d, struct wire_card *card)
{
	struct clinic c = *follow_clinic(parts_of(&scene.coordinator)->follow);
	struct wire_statement s;
	struct chain_link link;
	struct buf raw, raw_card;

	forge_issue(by, d, card, &raw_card);
	forge_statement(NULL, WIRE_ST_CARD, &s);
	s.u.card = buf_view(&raw_card);
	forge_sign(by, NULL, &s, &raw);
	smuggled = forge_keep(buf_view(&raw));
	KIT_CHECK(wire_statement_decode(smuggled, &s) == 0);
	KIT_CHECK(chain_link(&s, &link) == 0);
	clinic_follow(&c, &link, s.time);
	smuggled_head = (struct wire_chain_head){c.number, c.head};
	buf_wipe(&raw_card);
	buf_wipe(&raw);
}

static void refused(
	const char *what, const struct forged *d, struct wire_card *card)
{
	if (getenv("TRACE") != NULL)
		fprintf(stderr, "%s\n", what);
	log_card(&scene.advocate, d, card);
	refused_by_daemon(&scene.advocate, d);
	for (size_t i = 0; i < sizeof clients / sizeof *clients; i++)
		refused_by(clients[i], d);
}

static void staff(struct forged *d, const char *agency, struct wire_card *ret)
{
	forge_device(d);
	forge_card(d, WIRE_ROLE_CASEWORKER, agency, ret);
}

static void cards(void)
{
	struct forged d;
	struct wire_card card;

	staff(&d, "advocacy", &card);
	card.rights = WIRE_RIGHT_COORDINATE;
	refused("a coordinator", &d, &card);
	staff(&d, "advocacy", &card);
	card.rights = WIRE_RIGHT_ENROL;
	card.scope.roles = 1 << WIRE_ROLE_CASEWORKER;
	card.scope.validity_max = 86400;
	refused("a registrar", &d, &card);
	staff(&d, "advocacy", &card);
	card.rights = WIRE_RIGHT_DUTY;
	refused("a duty officer", &d, &card);
	forge_device(&d);
	forge_card(&d, WIRE_ROLE_DAEMON, "advocacy", &card);
	refused("a daemon", &d, &card);
	forge_device(&d);
	forge_card(&d, WIRE_ROLE_WITNESS, "advocacy", &card);
	refused("a witness", &d, &card);
	staff(&d, "health", &card);
	refused("another agency", &d, &card);
	staff(&d, "advocacy", &card);
	card.not_after = card.not_before + 366ull * 86400;
	refused("for too long", &d, &card);
}

/* A further device of a colleague, of the same agency, who knows nothing. */
static void second_device(struct person *colleague)
{
	struct forged d;
	struct wire_card card;

	staff(&d, "advocacy", &card);
	d.member = card.member = *member_of(colleague);
	refused("a second device", &d, &card);
	/* Nor with a consent that the colleague never gave. */
	card.has_consent = true;
	card.consent.device = parts_of(colleague)->me->device;
	memset(&card.consent.signature, 7, sizeof card.consent.signature);
	refused("a false consent", &d, &card);
}

/* Shown with a head that is right: taken for what it is, and not more. */
static void shown_to(struct person *p)
{
	liar = (struct forge_liar){
		.whom = p, .chain = of_clinic, .lie = smuggle, .deaf = true};
	person_drain(p);
	p->alarms = 0;
	forge_ask(p);
	KIT_CHECK(liar.told > 0 && p->alarms == 0);
	KIT_CHECK(follow_clinic(parts_of(p)->follow)->number ==
		  smuggled_head.number);
}

static bool may(struct person *p, const struct id16 *device)
{
	return follow_may(parts_of(p)->follow, &scene.support, device) == 0;
}

/* Of somebody else's case; then of its own: a card, and nothing comes of it. */
static void a_made_up_victim(void)
{
	struct forged d;
	struct wire_card card;
	struct wire_statement s;
	struct relay_client *c;
	struct buf raw;
	static struct wire_chain_answer a;
	size_t in = scene_in(&scene.coordinator, &scene.support);

	forge_device(&d);
	forge_card(&d, WIRE_ROLE_VICTIM, "advocacy", &card);
	card.case_id = sessions_case(&scene.coordinator);
	log_card(&scene.advocate, &d, &card);
	refused_by_daemon(&scene.advocate, &d);

	forge_device(&d);
	forge_card(&d, WIRE_ROLE_VICTIM, "advocacy", &card);
	card.case_id = scene.case_id;
	log_card(&scene.advocate, &d, &card);
	KIT_CHECK(forge_put(&scene.advocate, smuggled) == WIRE_OK);
	c = open_as(&d);
	KIT_CHECK(relay_hello(c, NULL) == 0);
	KIT_CHECK(
		kit_submit(c, scene.support, 1, 1, 1024).code == WIRE_REFUSED);
	KIT_CHECK(clinic_kit_fetch(c, &scene.case_id, 0, &a) == WIRE_REFUSED);
	relay_close(c);
	sessions_settle();
	/* An assignment is a coordinator's to sign. */
	forge_statement(&scene.case_id, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = d.member;
	s.u.assign.channel = WIRE_CHANNEL_SUPPORT;
	s.u.assign.from = s.time;
	forge_sign(&scene.advocate, NULL, &s, &raw);
	KIT_CHECK(forge_put(&scene.advocate, buf_view(&raw)) == WIRE_REFUSED);
	buf_wipe(&raw);
	for (size_t i = 0; i < sizeof clients / sizeof *clients; i++)
		KIT_CHECK(!may(clients[i], &d.device));
	pace_live(3600);
	KIT_CHECK(scene_in(&scene.coordinator, &scene.support) == in);
}

/* In the victim's name, too, while she has a device: hers would be asked. */
static void beside_hers(void)
{
	struct forged d;
	struct wire_card card;

	forge_device(&d);
	d.member = *member_of(&scene.victim);
	forge_card(&d, WIRE_ROLE_VICTIM, "advocacy", &card);
	card.case_id = scene.case_id;
	refused("a second device of the victim", &d, &card);
}

/*
 * Another device in the place of the victim's, by a registrar of the same
 * agency who is not on the case, at a daemon that shows it to the coordinator
 * alone.
 */
static void her_second_device(struct person *outsider)
{
	struct forged d;
	struct wire_card card;

	scene_revoke(&scene.advocate, &scene.victim);
	forge_ask(&scene.coordinator);
	forge_device(&d);
	d.member = *member_of(&scene.victim);
	forge_card(&d, WIRE_ROLE_VICTIM, "advocacy", &card);
	card.case_id = scene.case_id;
	log_card(outsider, &d, &card);
	refused_by_daemon(outsider, &d);
	shown_to(&scene.coordinator);
	KIT_CHECK(!may(&scene.coordinator, &d.device));
}

/*
 * A second device of a colleague whom the officer does not know, and then
 * gets to know: it stays nobody's; and what the officer says next tells the
 * others that there are two histories.
 */
static void of_a_stranger(struct person *stranger)
{
	struct forged d;
	struct wire_card card;
	struct id16 id;

	staff(&d, "advocacy", &card);
	d.member = card.member = *member_of(stranger);
	log_card(&scene.advocate, &d, &card);
	refused_by_daemon(&scene.advocate, &d);
	shown_to(&scene.officer);
	liar.deaf = false;
	scene_assign(&scene.coordinator, &scene.support, &d.member);
	scene_together(&scene.officer, &scene.support, 6);
	KIT_CHECK(may(&scene.officer, &parts_of(stranger)->me->device));
	KIT_CHECK(!may(&scene.officer, &d.device));
	KIT_CHECK(scene.officer.alarms == 0);
	id = scene_say(&scene.officer, &scene.support, "who is that?");
	scene_heard(&scene.victim, &id);
	scene_alarm(&scene.victim, ROWAN_ALARM_HIDDEN);
}

static struct person outsider;

/*
 * What a registrar issued a registrar renews: the same keys for longer, within
 * the scope, with no right more. All take it in, without a word.
 */
static void renewed(void)
{
	struct forged d;
	struct wire_card card, longer;
	struct trust_card got;
	struct buf raw;

	sessions_settle();
	staff(&d, "advocacy", &card);
	log_card(&scene.advocate, &d, &card);
	KIT_CHECK(forge_put(&scene.advocate, smuggled) == WIRE_OK);
	/* What comes next is signed over this one. */
	forge_ask(&scene.advocate);
	forge_ask(&scene.coordinator);
	forge_card(&d, WIRE_ROLE_CASEWORKER, "advocacy", &longer);
	longer.not_after = longer.not_before + 86400 * 400;
	log_card(&scene.advocate, &d, &longer);
	KIT_CHECK(forge_put(&scene.advocate, smuggled) == WIRE_REFUSED);
	forge_card(&d, WIRE_ROLE_CASEWORKER, "advocacy", &longer);
	longer.not_after = card.not_after + 86400;
	longer.rights = WIRE_RIGHT_DUTY;
	log_card(&scene.advocate, &d, &longer);
	KIT_CHECK(forge_put(&scene.advocate, smuggled) == WIRE_REFUSED);
	longer.rights = 0;
	log_card(&scene.advocate, &d, &longer);
	KIT_CHECK(forge_put(&scene.advocate, smuggled) == WIRE_OK);
	sessions_settle();
	for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
		struct follow *f = parts_of(clients[i])->follow;

		forge_ask(clients[i]);
		KIT_CHECK(clients[i]->alarms == 0);
		if (follow_card(f, &d.device, &got, &raw) != 0)
			continue; /* a stranger's, withheld */
		KIT_CHECK(got.card.not_after == card.not_after + 86400);
		buf_wipe(&raw);
	}
	KIT_CHECK(follow_card(parts_of(&scene.coordinator)->follow, &d.device,
			  &got, &raw) == 0);
	KIT_CHECK(got.card.not_after == card.not_after + 86400);
	buf_wipe(&raw);
}

/* A registrar of the same agency, on no case. */
static void outside(void)
{
	person_create(&outsider, "outsider");
	person_carded(&outsider, "advocacy", WIRE_RIGHT_ENROL);
}

static void colleague_of(struct person *p, const char *name)
{
	struct id16 id;

	person_create(p, name);
	id = person_invites(&scene.advocate, NULL, p);
	people_compare(&scene.advocate, &id, p);
}

int main(void)
{
	static struct person colleague, stranger;

	middle_set(forge_hook, NULL);
	scene_early = outside;
	scene_begin(SCENE_SUPPORT, NULL);
	scene_assign(&scene.coordinator, &scene.support,
		member_of(&scene.coordinator));
	scene_assign(
		&scene.coordinator, &scene.support, member_of(&scene.officer));
	colleague_of(&colleague, "colleague");
	colleague_of(&stranger, "stranger");
	scene_assign(&scene.coordinator, &scene.support, member_of(&colleague));
	for (size_t i = 0; i < sizeof clients / sizeof *clients; i++)
		scene_together(clients[i], &scene.support, 5);
	sessions_settle();
	cards();
	second_device(&colleague);
	beside_hers();
	renewed();
	a_made_up_victim();
	of_a_stranger(&stranger);
	her_second_device(&outsider);
	return scene_end();
}
