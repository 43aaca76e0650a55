/*
 * A caseworker's client is patched to add a device that nobody has assigned:
 * the real daemon refuses. Then the daemon is in it, too, and lets them in:
 * every client refuses, who is in the channel and who comes into it with the
 * same commit, and nothing is said to the intruder.
 */
#include <signal.h>
#include <stdlib.h>

#include "session/scene.h"
#include "store/store.h"
#include "wire/envelope.h"
#include "wire/group.h"
#include "wire/key.h"

#define PROPOSALS 8

static bool patched;	   /* the advocate's client */
static struct buf package; /* of the officer's, who gave it to the advocate */
static unsigned made, refused, accepted;
static unsigned said, leaked; /* since then: in all, where it can be read */
static struct id16 spoiled;   /* that the intruder is in */

int __real_rowan_mls_commit(struct rowan_mls_group *group,
	const struct rowan_mls_commit_options *options,
	struct rowan_mls_committed *ret);
int __wrap_rowan_mls_commit(struct rowan_mls_group *group,
	const struct rowan_mls_commit_options *options,
	struct rowan_mls_committed *ret);

/* One more is added, whatever is committed. */
int __wrap_rowan_mls_commit(struct rowan_mls_group *group,
	const struct rowan_mls_commit_options *options,
	struct rowan_mls_committed *ret)
{
	struct rowan_mls_commit_options o = *options;
	struct rowan_mls_proposal p[PROPOSALS];

	if (!patched || !scene_owns(&scene.advocate, group))
		return __real_rowan_mls_commit(group, options, ret);
	KIT_CHECK(o.n < PROPOSALS);
	for (size_t i = 0; i < o.n; i++)
		p[i] = o.proposals[i];
	p[o.n++] = (struct rowan_mls_proposal){.type = ROWAN_MLS_ADD,
		.key_package = {package.data, package.len}};
	o.proposals = p;
	made++;
	return __real_rowan_mls_commit(group, &o, ret);
}

static void take_package(struct middle_message *m)
{
	struct wire_key_publish p;
	struct wire_message w;

	if (middle_view(m, &w) && wire_key_publish_decode(&w, &p) == 0)
		for (size_t i = 0; i < p.count && package.len == 0; i++)
			if ((p.packages[i].flags & WIRE_KEY_LAST_RESORT) == 0)
				KIT_CHECK(buf_copy(&package,
						  p.packages[i].data) == 0);
}

/* Is anything of an honest client sealed where the intruder is? */
static void look_at(struct middle_message *m)
{
	static struct wire_submit s;
	struct rowan_mls_peeked peek;
	struct wire_message w;

	if (!middle_view(m, &w) || wire_submit_decode(&w, &s) != 0)
		return;
	for (size_t i = 0; i < s.count; i++) {
		const struct bytes e = s.items[i].envelope;

		KIT_CHECK(
			rowan_mls_peek((struct rowan_mls_bytes){e.data, e.len},
				&peek) == 0);
		said++;
		leaked += m->person != &scene.advocate &&
			  bytes_eq(bytes_of(peek.group_id.data,
					   peek.group_id.len),
				  id16_view(&spoiled));
	}
}

static enum middle_fate watch(void *ctx, struct middle_message *m)
{
	struct wire_error e;
	struct wire_message w;

	if (m->way == MIDDLE_REQUEST && m->op == WIRE_OP_KEY_PUBLISH &&
		m->person == &scene.officer)
		take_package(m);
	if (m->way == MIDDLE_REQUEST && m->op == WIRE_OP_SUBMIT && accepted > 0)
		look_at(m);
	if (m->way != MIDDLE_ANSWER || m->op != WIRE_OP_COMMIT || !patched ||
		m->person != &scene.advocate)
		return MIDDLE_PASS;
	if (m->header.op != WIRE_OP_ERROR) {
		accepted++;
	} else if (middle_view(m, &w) && wire_error_decode(&w, &e) == 0) {
		KIT_CHECK(e.code == WIRE_REFUSED);
		refused++;
	}
	return MIDDLE_PASS;
}

static bool is_refused(void *ctx)
{
	return refused > 2;
}

static bool is_accepted(void *ctx)
{
	return accepted > 0;
}

/* As a daemon that lets in whom no statement has assigned. */
static void patch_daemon(const struct id16 *member)
{
	const struct store_assignment a = {.member = *member};
	struct store_options o = {
		.mailbox_max = 1000, .mailbox_reserve = 10, .skip_check = true};
	char path[ROWAND_PATH_MAX];
	struct store *st = NULL;
	struct key32 key;

	KIT_CHECK(rowand_kill(&kit_daemon, SIGTERM) == 0);
	rowand_store_path(&kit_daemon, path, sizeof path);
	seed_store_key(&key);
	o.path = path;
	o.key = &key;
	KIT_CHECK(store_open(&st, &o) == 0);
	KIT_CHECK(store_begin(st, pace_now()) == 0);
	KIT_CHECK(store_assign(st, &scene.support, &a) == 0);
	KIT_CHECK(store_commit(st) == 0);
	store_close(st);
	kit_run();
}

static bool is_reset(void *ctx)
{
	static struct person *const all[] = {
		&scene.victim, &scene.advocate, &scene.coordinator};

	for (size_t i = 0; i < 3; i++)
		if (scene_info(all[i], &scene.support).generation != 2 ||
			scene_in(all[i], &scene.support) != 3)
			return false;
	return true;
}

static bool she_knows(void *ctx)
{
	struct follow *f = parts_of(&scene.victim)->follow;

	return case_assigned(follow_case(f, &scene.case_id),
		member_of(&scene.coordinator), WIRE_CHANNEL_SUPPORT,
		follow_now(f));
}

int main(void)
{
	struct scene *s = &scene;
	struct id16 id;

	middle_set(watch, NULL);
	scene_begin(SCENE_SUPPORT, NULL);
	KIT_CHECK(package.len > 0);
	spoiled = case_channel(
		follow_case(parts_of(&s->coordinator)->follow, &s->case_id),
		WIRE_CHANNEL_SUPPORT)
			  ->group_id;
	person_close(&s->victim);

	/* By the daemon. */
	patched = true;
	scene_assign(&s->coordinator, &s->support, member_of(&s->coordinator));
	KIT_CHECK(sessions_until(is_refused, NULL));
	KIT_CHECK(made >= refused && accepted == 0);
	KIT_CHECK(scene_in(&s->advocate, &s->support) == 2);
	KIT_CHECK(scene_in(&s->coordinator, &s->support) == 0);

	/* By each client, when the daemon lets them in. */
	patch_daemon(member_of(&s->officer));
	KIT_CHECK(sessions_until(is_accepted, NULL));
	patched = false;
	scene_alarm(&s->coordinator, ROWAN_ALARM_INTRUDER);
	KIT_CHECK(scene_in(&s->coordinator, &s->support) == 0);
	person_open(&s->victim);
	/* She knows of the coordinator by then, and writes for both. */
	KIT_CHECK(sessions_until(she_knows, NULL));
	id = scene_say(&s->victim, &s->support, "not for strangers");
	scene_alarm(&s->victim, ROWAN_ALARM_INTRUDER);
	/* Nor does the intruder's own client believe that it may be there. */
	KIT_CHECK(scene_in(&s->officer, &s->support) == 0);

	/* It begins anew, without the intruder; what she said is said there. */
	KIT_CHECK(sessions_until(is_reset, NULL));
	scene_heard(&s->advocate, &id);
	scene_heard(&s->coordinator, &id);
	KIT_CHECK(said > 0 && leaked == 0);
	KIT_CHECK(!scene_has(&s->officer, &id));
	KIT_CHECK(scene_in(&s->officer, &s->support) == 0);
	buf_wipe(&package);
	return scene_end();
}
