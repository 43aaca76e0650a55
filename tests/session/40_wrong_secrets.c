/*
 * A member commits with path secrets that are wrong: signatures, tree hashes
 * and parent hashes are right, so the real daemon accepts. Who cannot apply it
 * says so, the channel begins anew, and nothing that was acknowledged is lost.
 *
 * The advocate's client is patched: what it seals for the others' nodes of
 * the update path is garbage (RFC 9420 section 7.5), and nothing else is.
 */
#include <string.h>

#include "crypto/hpke.h"
#include "session/scene.h"
#include "wire/group.h"

static bool lies;   /* from the next commit of the advocate's on */
static bool making; /* ... which is being made */
static unsigned garbage, accepted, nacks, frozen;

int __real_hpke_encrypt_label(
	const struct hpke_to *to, struct bytes plain, struct writer *w);
int __wrap_hpke_encrypt_label(
	const struct hpke_to *to, struct bytes plain, struct writer *w);
int __real_rowan_mls_commit(struct rowan_mls_group *group,
	const struct rowan_mls_commit_options *options,
	struct rowan_mls_committed *ret);
int __wrap_rowan_mls_commit(struct rowan_mls_group *group,
	const struct rowan_mls_commit_options *options,
	struct rowan_mls_committed *ret);

int __wrap_hpke_encrypt_label(
	const struct hpke_to *to, struct bytes plain, struct writer *w)
{
	uint8_t other[64];

	if (!making || strcmp(to->label, "UpdatePathNode") != 0)
		return __real_hpke_encrypt_label(to, plain, w);
	KIT_CHECK(plain.len <= sizeof other);
	for (size_t i = 0; i < plain.len; i++)
		other[i] = plain.data[i] ^ 0x55;
	garbage++;
	return __real_hpke_encrypt_label(to, bytes_of(other, plain.len), w);
}

int __wrap_rowan_mls_commit(struct rowan_mls_group *group,
	const struct rowan_mls_commit_options *options,
	struct rowan_mls_committed *ret)
{
	int rc;

	making = lies && scene_owns(&scene.advocate, group);
	rc = __real_rowan_mls_commit(group, options, ret);
	making = false;
	return rc;
}

/* What the daemon makes of it. */
static enum middle_fate watch(void *ctx, struct middle_message *m)
{
	struct wire_group_state s;
	struct wire_message w;

	if (m->way != MIDDLE_ANSWER || !middle_view(m, &w))
		return MIDDLE_PASS;
	if (m->op == WIRE_OP_COMMIT && m->person == &scene.advocate && lies)
		accepted += m->header.op != WIRE_OP_ERROR;
	if (m->op == WIRE_OP_NACK)
		nacks += m->header.op != WIRE_OP_ERROR;
	if (m->op == WIRE_OP_NACK && m->header.op != WIRE_OP_ERROR &&
		wire_group_state_decode(&w, &s) == 0)
		frozen += (s.flags & WIRE_GROUP_FROZEN) != 0;
	return MIDDLE_PASS;
}

static bool is_reset(void *ctx)
{
	for (size_t i = 0; i < kit_clinic.count; i++) {
		struct channel_info info =
			scene_info(kit_clinic.people[i], &scene.support);

		if (info.generation != 2 || !info.joined || info.frozen)
			return false;
	}
	return true;
}

int main(void)
{
	struct scene *s = &scene;
	struct id16 before, good, bad, after;

	scene_begin(SCENE_SUPPORT, NULL);
	scene_assign(&s->coordinator, &s->support, member_of(&s->officer));
	scene_together(&s->officer, &s->support, 3);
	scene_together(&s->victim, &s->support, 3);
	sessions_settle();
	before = scene_say(&s->victim, &s->support, "before");
	scene_heard(&s->officer, &before);

	/* The others are away: one word before the lie, one after it. */
	person_close(&s->officer);
	person_close(&s->victim);
	good = scene_say(&s->advocate, &s->support, "before the lie");
	(void)person_event(&s->advocate, ROWAN_EVENT_SENT);
	middle_set(watch, NULL);
	lies = true;
	scene_assign(&s->coordinator, &s->support, member_of(&s->coordinator));
	scene_together(&s->coordinator, &s->support, 4);
	lies = false;
	KIT_CHECK(accepted == 1 && garbage > 0);
	bad = scene_say(&s->advocate, &s->support, "acknowledged");
	(void)person_event(&s->advocate, ROWAN_EVENT_SENT);
	/* Whoever came in by its Welcome has the right secrets. */
	scene_heard(&s->coordinator, &bad);
	KIT_CHECK(nacks == 0);

	person_open(&s->victim);
	person_open(&s->officer);
	KIT_CHECK(sessions_until(is_reset, NULL));
	KIT_CHECK(nacks > 0 && frozen == nacks);
	scene_heard(&s->victim, &bad);
	scene_heard(&s->officer, &bad);
	scene_heard(&s->victim, &good);
	scene_heard(&s->officer, &good);
	person_drain(&s->victim);
	person_drain(&s->officer);
	person_drain(&s->advocate);
	KIT_CHECK(s->advocate.event[ROWAN_EVENT_FROZEN] > 0);
	KIT_CHECK(s->victim.event[ROWAN_EVENT_FROZEN] > 0);
	KIT_CHECK(s->victim.event[ROWAN_EVENT_RESET] > 0);

	after = scene_say(&s->victim, &s->support, "after");
	scene_heard(&s->officer, &after);
	scene_heard(&s->coordinator, &after);
	scene_heard(&s->advocate, &after);
	sessions_settle();
	for (size_t i = 0; i < kit_clinic.count; i++) {
		struct person *p = kit_clinic.people[i];

		KIT_CHECK(scene_count(p, &s->support, "acknowledged") == 1);
		KIT_CHECK(scene_count(p, &s->support, "after") == 1);
	}
	KIT_CHECK(scene_count(&s->victim, &s->support, "before the lie") == 1);
	KIT_CHECK(scene_count(&s->officer, &s->support, "before the lie") == 1);
	KIT_CHECK(scene_count(&s->officer, &s->support, "before") == 1);
	/* Who came after a word does not get it, reset or not. */
	KIT_CHECK(scene_count(&s->coordinator, &s->support, "before the lie") ==
		  0);
	scene_quiet();
	return scene_end();
}
