/*
 * Channels' groups at the daemon: what it follows, what it refuses, and that
 * messages wait for whoever must leave. Real members, real statements.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/groups_kit.h"
#include "wire/code.h"

/* ---- the usual way ---------------------------------------------------------
 */

static void people_talk(void **state)
{
	struct groups_kit *t = *state;
	struct wire_group_state s;

	assert_int_equal(member_state(&t->advocate, &s), WIRE_OK);
	assert_false(s.exists);
	assert_int_equal(s.generation, 1);
	groups_kit_everybody(t);
	assert_int_equal(member_state(&t->victim, &s), WIRE_OK);
	assert_true(s.exists);
	assert_int_equal(s.epoch, 2);
	assert_int_equal(s.flags, WIRE_GROUP_MEMBER);
	assert_int_equal(member_say(&t->victim, "hello"), WIRE_OK);
	member_read(&t->advocate);
	member_read(&t->registrar);
	assert_string_equal(t->advocate.heard[0], "hello");
	assert_string_equal(t->registrar.heard[0], "hello");
	assert_int_equal(t->victim.heard_count, 0);
	/* own commits come back, a Welcome goes to who was added */
	assert_int_equal(t->advocate.handshakes, 2);
	assert_int_equal(t->victim.handshakes, 1);
	assert_int_equal(t->victim.welcomes, 1);
	assert_int_equal(t->registrar.handshakes, 0);
	assert_int_equal(t->registrar.welcomes, 1);
}

/* Words from before are for who was in then, and nobody waits for others. */
static void those_not_in_yet_get_nothing(void **state)
{
	struct groups_kit *t = *state;

	assert_int_equal(member_create(&t->advocate, 1, &t->group), WIRE_OK);
	assert_int_equal(member_add(&t->advocate, &t->victim), WIRE_OK);
	member_read(&t->advocate);
	assert_int_equal(groups_kit_flags(&t->advocate), WIRE_GROUP_MISSING);
	assert_int_equal(member_say(&t->advocate, "early"), WIRE_OK);
	member_read(&t->victim);
	assert_int_equal(t->victim.heard_count, 1);
	assert_int_equal(member_add(&t->advocate, &t->registrar), WIRE_OK);
	member_read(&t->registrar);
	assert_int_equal(t->registrar.heard_count, 0);
}

/* ---- creation --------------------------------------------------------------
 */

static void creation_is_judged(void **state)
{
	struct groups_kit *t = *state;
	const struct id16 other = {{1}};
	struct member outsider;

	member_begin(&outsider, &t->c, &t->c.cast.officer, &t->channel);
	assert_int_equal(member_create(&outsider, 1, &t->group), WIRE_REFUSED);
	member_end(&outsider);
	assert_int_equal(member_create(&t->advocate, 1, &other), WIRE_REFUSED);
	assert_int_equal(member_create(&t->advocate, 2, &t->group), WIRE_STALE);
	assert_int_equal(member_create(&t->advocate, 1, &t->group), WIRE_OK);
	/* somebody else was first */
	assert_int_equal(member_create(&t->victim, 1, &t->group), WIRE_STALE);
	/* and before there is a group nobody says anything */
	assert_int_equal(groups_kit_flags(&t->advocate), WIRE_GROUP_MISSING);
}

/* Something in the context; somebody in it already; another's signature. */
static void groups_begin_plain(void **state)
{
	struct groups_kit *t = *state;
	const uint8_t wants[] = {0, 0, 0};
	const struct rowan_mls_extension required = {3, {wants, sizeof wants}};
	struct rowan_mls_proposal add = {.type = ROWAN_MLS_ADD};
	struct member *m = &t->advocate;
	const struct rowan_mls_bytes id = {t->group.b, ID16_LEN};
	const struct rowan_mls_extensions none = {NULL, 0};
	struct rowan_mls_committed made;
	struct rowan_mls_buf package;

	assert_int_equal(
		rowan_mls_group_create(m->mls, id,
			(struct rowan_mls_extensions){&required, 1}, &m->group),
		0);
	assert_int_equal(member_offer(m, 1), WIRE_REFUSED);
	rowan_mls_group_free(m->group);

	/* not in its first epoch any more */
	assert_int_equal(
		rowan_mls_group_create(m->mls, id, none, &m->group), 0);
	member_commit(m, NULL, 0, &made);
	assert_int_equal(rowan_mls_merge_commit(m->group), 0);
	assert_int_equal(member_offer(m, 1), WIRE_REFUSED);
	rowan_mls_committed_free(&made);
	/* and with another in it */
	assert_int_equal(
		rowan_mls_key_package(t->victim.mls, NULL, &package, NULL), 0);
	add.key_package = (struct rowan_mls_bytes){package.data, package.len};
	member_commit(m, &add, 1, &made);
	assert_int_equal(rowan_mls_merge_commit(m->group), 0);
	assert_int_equal(member_offer(m, 1), WIRE_REFUSED);
	rowan_mls_committed_free(&made);
	rowan_mls_buf_free(&package);
}

/* One bit of her registrar's card is another than what was logged. */
static void credentials_are_as_logged(void **state)
{
	struct groups_kit *t = *state;
	struct rowan_mls_proposal add = {.type = ROWAN_MLS_ADD};
	const struct rowan_mls_key_package_options single = {
		.last_resort = false};
	struct member other;
	struct rowan_mls_buf package;

	t->victim.chain.data[t->victim.chain.len - 1] ^= 1;
	member_begin_as(&other, &t->victim, buf_view(&t->victim.chain));
	assert_int_equal(member_create(&other, 1, &t->group), WIRE_REFUSED);
	/* nor does anybody bring her in under it */
	assert_int_equal(member_create(&t->advocate, 1, &t->group), WIRE_OK);
	assert_int_equal(
		rowan_mls_key_package(other.mls, &single, &package, NULL), 0);
	add.key_package = (struct rowan_mls_bytes){package.data, package.len};
	groups_kit_refused(&t->advocate, &add, 1, WIRE_REFUSED);
	rowan_mls_buf_free(&package);
	member_end(&other);
}

static void nothing_is_said_without_a_group(void **state)
{
	struct groups_kit *t = *state;

	assert_int_equal(member_create(&t->advocate, 1, &t->group), WIRE_OK);
	assert_int_equal(member_say(&t->advocate, "alone"), WIRE_OK);
	/* the victim made the same group for herself: not the daemon's */
	assert_int_equal(member_create(&t->victim, 1, &t->group), WIRE_STALE);
	assert_int_equal(member_say(&t->victim, "apart"), WIRE_REFUSED);
}

/* A client whose leaf is larger by two bytes for each type it lists. */
static void speaks(struct member *m, size_t types)
{
	static uint16_t list[WIRE_LEAF_MAX / 2];
	struct rowan_mls_options o = {
		.credential = {ROWAN_MLS_BASIC, {m->chain.data, m->chain.len}},
		.signature_seed = {m->person->seed, sizeof m->person->seed},
		.extensions = {list, types}};

	for (size_t i = 0; i < types; i++)
		list[i] = (uint16_t)(0xf000 + i);
	rowan_mls_host_init(&o.host);
	o.host.ctx = m;
	o.host.clock = m->clock;
	rowan_mls_group_free(m->group);
	rowan_mls_free(m->mls);
	m->group = NULL;
	assert_int_equal(rowan_mls_new(&o, &m->mls), 0);
}

static size_t leaf_len(const struct member *m)
{
	struct rowan_mls_member of;
	uint32_t leaf = 0;

	assert_true(rowan_mls_group_next_member(m->group, &leaf, &of));
	return of.leaf_node.len;
}

/* Else what adds somebody would be more than a frame, some day. */
static void leaves_have_a_largest_size(void **state)
{
	struct groups_kit *t = *state;
	struct member *m = &t->advocate;
	struct rowan_mls_proposal add = {.type = ROWAN_MLS_ADD};
	size_t types = 64;
	struct buf package;

	do {
		speaks(m, ++types);
		assert_int_equal(
			rowan_mls_group_create(m->mls,
				(struct rowan_mls_bytes){t->group.b, ID16_LEN},
				(struct rowan_mls_extensions){NULL, 0},
				&m->group),
			0);
	} while (leaf_len(m) <= WIRE_LEAF_MAX);
	assert_int_equal(member_offer(m, 1), WIRE_LIMIT);
	speaks(m, --types);
	assert_int_equal(member_create(m, 1, &t->group), WIRE_OK);
	assert_in_range(leaf_len(m), WIRE_LEAF_MAX - 1, WIRE_LEAF_MAX);
	/* A commit's leaf has a parent hash instead of a lifetime. */
	assert_int_equal(
		member_claim(m, &t->c.cast.victim.device, &package), WIRE_OK);
	add.key_package = (struct rowan_mls_bytes){package.data, package.len};
	groups_kit_refused(m, &add, 1, WIRE_LIMIT);
	buf_wipe(&package);
}

/* ---- races -----------------------------------------------------------------
 */

static void the_first_commit_wins(void **state)
{
	struct groups_kit *t = *state;
	struct rowan_mls_committed one, two;
	struct wire_group_state s, again;

	groups_kit_everybody(t);
	member_commit(&t->advocate, NULL, 0, &one);
	member_commit(&t->victim, NULL, 0, &two);
	assert_int_equal(member_send(&t->advocate, &one, &s), WIRE_OK);
	assert_int_equal(s.epoch, 3);
	assert_int_equal(member_send(&t->victim, &two, &again), WIRE_STALE);
	/* the answer was lost: the same again */
	assert_int_equal(member_send(&t->advocate, &one, &again), WIRE_OK);
	assert_memory_equal(&s, &again, sizeof s);
	/* old words do not get in any more */
	assert_int_equal(member_say(&t->victim, "late"), WIRE_STALE);
	member_read(&t->victim);
	member_read(&t->advocate);
	member_read(&t->registrar);
	assert_int_equal(member_say(&t->victim, "in time"), WIRE_OK);
	member_read(&t->registrar);
	assert_string_equal(t->registrar.heard[0], "in time");
	assert_int_equal(t->advocate.handshakes, 3);
	rowan_mls_committed_free(&one);
	rowan_mls_committed_free(&two);
}

/* ---- who must leave --------------------------------------------------------
 */

static void who_must_leave_leaves_first(void **state)
{
	struct groups_kit *t = *state;

	groups_kit_everybody(t);
	groups_kit_unassign(t, &t->c.cast.registrar);
	assert_int_equal(groups_kit_flags(&t->victim), WIRE_GROUP_MUST_GO);
	assert_int_equal(member_say(&t->victim, "wait"), WIRE_MEMBERSHIP);
	/* whoever left has nothing to say or ask any more */
	assert_int_equal(member_say(&t->registrar, "still?"), WIRE_REFUSED);
	assert_int_equal(member_remove(&t->victim,
				 member_leaf(&t->victim, &t->c.cast.registrar)),
		WIRE_OK);
	member_read(&t->victim);
	member_read(&t->advocate);
	assert_int_equal(groups_kit_flags(&t->victim), 0);
	assert_int_equal(member_say(&t->victim, "among us"), WIRE_OK);
	member_read(&t->advocate);
	assert_string_equal(t->advocate.heard[0], "among us");
	member_read(&t->registrar);
	assert_true(t->registrar.removed);
	assert_int_equal(t->registrar.heard_count, 0);
}

/* An assignment that ends by itself does the same, at its second. */
static void time_ends_assignments(void **state)
{
	struct groups_kit *t = *state;
	struct wire_statement s;

	world_statement(&t->c.cast.w, t->c.cast.c, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = t->c.cast.registrar.member;
	s.u.assign.channel = WIRE_CHANNEL_SUPPORT;
	s.u.assign.from = relay_double_now(t->c.d);
	s.u.assign.until = relay_double_now(t->c.d) + 100;
	assert_int_equal(world_act(&t->c.cast.w, t->c.cast.c, &s,
				 &t->c.cast.coordinator),
		0);
	groups_kit_everybody(t);
	assert_int_equal(member_say(&t->victim, "before"), WIRE_OK);
	relay_double_pass(t->c.d, 99 * 1000);
	assert_int_equal(member_say(&t->victim, "just"), WIRE_OK);
	relay_double_pass(t->c.d, 1000);
	assert_int_equal(member_say(&t->victim, "after"), WIRE_MEMBERSHIP);
}

/* ---- policy ----------------------------------------------------------------
 */

static void only_those_go_who_must(void **state)
{
	struct groups_kit *t = *state;
	const struct rowan_mls_proposal gone = {
		.type = ROWAN_MLS_REMOVE, .leaf = 1};

	groups_kit_everybody(t);
	groups_kit_refused(&t->advocate, &gone, 1, WIRE_REFUSED);
}

static void heads(struct member *m, const struct wire_heads *h)
{
	struct writer w;

	buf_wipe(&m->aad);
	writer_init(&w, 128);
	assert_int_equal(wire_heads_put(&w, h), 0);
	assert_int_equal(writer_finish(&w, &m->aad), 0);
}

/*
 * Nothing, cut short, another form; a statement that there is not, or not
 * yet; another history. Members would refuse each, and need a reset.
 */
static void commits_say_where_the_chains_stood(void **state)
{
	struct groups_kit *t = *state;
	struct member *m = &t->advocate;
	struct wire_heads right, h;

	groups_kit_everybody(t);
	member_heads(m, &right);
	m->no_aad = true;
	groups_kit_refused(m, NULL, 0, WIRE_REFUSED);
	heads(m, &right);
	m->aad.len--;
	groups_kit_refused(m, NULL, 0, WIRE_REFUSED);
	m->aad.len++;
	m->aad.data[1] = 2;
	groups_kit_refused(m, NULL, 0, WIRE_REFUSED);
	for (int i = 0; i < 6; i++) {
		h = right;
		switch (i) {
		case 0: h.clinic_number++; break;
		case 1: h.clinic_number = 0; break;
		case 2: h.clinic.b[31] ^= 1; break;
		case 3: h.case_number++; break;
		case 4: h.case_number = 0; break;
		case 5: h.of_case.b[0] ^= 1; break;
		}
		heads(m, &h);
		groups_kit_refused(m, NULL, 0, WIRE_REFUSED);
	}
	/* Right, but of another place. */
	h = right;
	h.case_number--;
	heads(m, &h);
	groups_kit_refused(m, NULL, 0, WIRE_REFUSED);
	buf_wipe(&m->aad);
}

/* A committer may know less than the daemon. */
static void heads_may_be_behind(void **state)
{
	struct groups_kit *t = *state;
	struct rowan_mls_committed made;
	struct wire_group_state s;
	struct wire_heads h;

	groups_kit_everybody(t);
	member_heads(&t->advocate, &h);
	heads(&t->advocate, &h);
	groups_kit_unassign(t, &t->c.cast.registrar);
	member_commit(&t->advocate, NULL, 0, &made);
	assert_int_equal(member_send(&t->advocate, &made, &s), WIRE_OK);
	rowan_mls_committed_free(&made);
	buf_wipe(&t->advocate.aad);
}

/* A package that never was in the directory; a person who is not assigned. */
static void only_those_come_who_may(void **state)
{
	struct groups_kit *t = *state;
	struct rowan_mls_proposal add = {.type = ROWAN_MLS_ADD};
	struct rowan_mls_buf package;
	struct member outsider;
	struct buf none;

	groups_kit_everybody(t);
	member_begin(&outsider, &t->c, &t->c.cast.officer, &t->channel);
	member_publish(&outsider, 1);
	assert_int_equal(
		member_claim(&t->advocate, &t->c.cast.officer.device, &none),
		WIRE_REFUSED);
	assert_int_equal(
		rowan_mls_key_package(outsider.mls, NULL, &package, NULL), 0);
	add.key_package = (struct rowan_mls_bytes){package.data, package.len};
	groups_kit_refused(&t->advocate, &add, 1, WIRE_REFUSED);
	rowan_mls_buf_free(&package);
	member_end(&outsider);
}

static void packages_come_from_the_directory(void **state)
{
	struct groups_kit *t = *state;
	struct rowan_mls_proposal add = {.type = ROWAN_MLS_ADD};
	struct rowan_mls_buf package;

	assert_int_equal(member_create(&t->advocate, 1, &t->group), WIRE_OK);
	assert_int_equal(
		rowan_mls_key_package(t->victim.mls, NULL, &package, NULL), 0);
	add.key_package = (struct rowan_mls_bytes){package.data, package.len};
	groups_kit_refused(&t->advocate, &add, 1, WIRE_REFUSED);
	rowan_mls_buf_free(&package);
}

static void claims_are_for_members(void **state)
{
	struct groups_kit *t = *state;
	struct buf got;

	/* no group yet; then: not in it; then: in it already */
	assert_int_equal(
		member_claim(&t->advocate, &t->c.cast.victim.device, &got),
		WIRE_REFUSED);
	assert_int_equal(member_create(&t->advocate, 1, &t->group), WIRE_OK);
	assert_int_equal(
		member_claim(&t->registrar, &t->c.cast.victim.device, &got),
		WIRE_REFUSED);
	assert_int_equal(member_add(&t->advocate, &t->victim), WIRE_OK);
	member_read(&t->advocate);
	assert_int_equal(
		member_claim(&t->advocate, &t->c.cast.victim.device, &got),
		WIRE_REFUSED);
}

static void nothing_but_adds_and_removes(void **state)
{
	const struct rowan_mls_proposal odd[] = {
		{.type = ROWAN_MLS_GROUP_CONTEXT_EXTENSIONS},
		{.type = ROWAN_MLS_REINIT},
		{.type = ROWAN_MLS_PSK,
			.psk = {ROWAN_MLS_PSK_RESUMPTION, {NULL, 0}, 2}},
	};
	struct groups_kit *t = *state;

	groups_kit_everybody(t);
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
		groups_kit_refused(&t->advocate, &odd[i], 1, WIRE_REFUSED);
}

/* A Welcome for others than those who are added, or for nobody. */
static void welcomes_fit_their_commit(void **state)
{
	struct groups_kit *t = *state;
	struct rowan_mls_proposal two[2] = {
		{.type = ROWAN_MLS_ADD}, {.type = ROWAN_MLS_ADD}};
	struct rowan_mls_committed made, other, both;
	struct rowan_mls_buf kept;
	struct wire_group_state s;
	struct buf a, b;

	assert_int_equal(member_create(&t->advocate, 1, &t->group), WIRE_OK);
	assert_int_equal(
		member_claim(&t->advocate, &t->c.cast.victim.device, &a),
		WIRE_OK);
	assert_int_equal(
		member_claim(&t->advocate, &t->c.cast.registrar.device, &b),
		WIRE_OK);
	two[0].key_package = (struct rowan_mls_bytes){a.data, a.len};
	two[1].key_package = (struct rowan_mls_bytes){b.data, b.len};
	member_commit(&t->advocate, two, 2, &both);
	member_commit(&t->advocate, &two[1], 1, &other);
	member_commit(&t->advocate, &two[0], 1, &made);
	kept = made.welcome;
	made.welcome = other.welcome;
	assert_int_equal(member_send(&t->advocate, &made, &s), WIRE_REFUSED);
	made.welcome = (struct rowan_mls_buf){NULL, 0};
	assert_int_equal(member_send(&t->advocate, &made, &s), WIRE_REFUSED);
	/* for two, of whom one is added */
	made.welcome = both.welcome;
	assert_int_equal(member_send(&t->advocate, &made, &s), WIRE_REFUSED);
	made.welcome = kept;
	assert_int_equal(member_send(&t->advocate, &made, &s), WIRE_OK);
	rowan_mls_committed_free(&both);
	rowan_mls_committed_free(&made);
	rowan_mls_committed_free(&other);
	buf_wipe(&a);
	buf_wipe(&b);
}

/* A member hands in what another made. */
static void commits_are_ones_own(void **state)
{
	struct groups_kit *t = *state;
	struct rowan_mls_committed made;
	struct wire_group_state s;

	groups_kit_everybody(t);
	member_commit(&t->advocate, NULL, 0, &made);
	assert_int_equal(member_send(&t->victim, &made, &s), WIRE_REFUSED);
	rowan_mls_committed_free(&made);
}

static void messages_are_application_data(void **state)
{
	struct groups_kit *t = *state;
	struct rowan_mls_group *real;

	groups_kit_everybody(t);
	/* of another group with the same people */
	real = t->advocate.group;
	t->advocate.group = NULL;
	assert_int_equal(
		rowan_mls_group_create(t->advocate.mls,
			(struct rowan_mls_bytes){(const uint8_t *)"odd", 3},
			(struct rowan_mls_extensions){NULL, 0},
			&t->advocate.group),
		0);
	assert_int_equal(member_say(&t->advocate, "elsewhere"), WIRE_STALE);
	rowan_mls_group_free(t->advocate.group);
	t->advocate.group = real;
	assert_int_equal(member_say(&t->advocate, "here"), WIRE_OK);
}

/* What no member could read is not kept: cut short, or with more behind it. */
static void messages_are_whole(void **state)
{
	struct groups_kit *t = *state;
	const struct rowan_mls_bytes text = {(const uint8_t *)"whole", 5};
	struct rowan_mls_buf sealed;
	uint8_t frame[2048] = {0};

	groups_kit_everybody(t);
	assert_int_equal(
		rowan_mls_send(t->advocate.group, text, NULL, &sealed), 0);
	assert_true(sealed.len < sizeof frame);
	memcpy(frame, sealed.data, sealed.len);
	for (size_t len = 0; len < sealed.len; len += 1 + len / 32)
		if (len > 0)
			assert_int_equal(member_submit(&t->advocate,
						 bytes_of(frame, len)),
				WIRE_MALFORMED);
	assert_int_equal(
		member_submit(&t->advocate, bytes_of(frame, sealed.len + 1)),
		WIRE_MALFORMED);
	assert_int_equal(
		member_submit(&t->advocate, bytes_of(frame, sealed.len)),
		WIRE_OK);
	rowan_mls_buf_free(&sealed);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(                                       \
		name, groups_kit_setup_published, groups_kit_teardown)
	const struct CMUnitTest tests[] = {
		TEST(people_talk),
		TEST(those_not_in_yet_get_nothing),
		TEST(creation_is_judged),
		TEST(groups_begin_plain),
		TEST(leaves_have_a_largest_size),
		TEST(credentials_are_as_logged),
		TEST(nothing_is_said_without_a_group),
		TEST(the_first_commit_wins),
		TEST(who_must_leave_leaves_first),
		TEST(time_ends_assignments),
		TEST(only_those_go_who_must),
		TEST(only_those_come_who_may),
		TEST(commits_say_where_the_chains_stood),
		TEST(heads_may_be_behind),
		TEST(packages_come_from_the_directory),
		TEST(claims_are_for_members),
		TEST(nothing_but_adds_and_removes),
		TEST(welcomes_fit_their_commit),
		TEST(commits_are_ones_own),
		TEST(messages_are_application_data),
		TEST(messages_are_whole),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
