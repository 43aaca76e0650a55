/*
 * Enrolment by invite: both sides agree, and whoever sits between them, with
 * the secret in hand, swaps and replays in vain.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/enrol_kit.h"

struct scene {
	struct cast *cast;
	struct enrol_kit k;
	struct enrol registrar, device;
	struct buf sealed;
};

static struct scene *begin(void **state)
{
	static struct scene s;

	memset(&s, 0, sizeof s);
	s.cast = *state;
	enrol_kit_start(&s.k, s.cast, "newcomer");
	assert_int_equal(enrol_kit_registrar(&s.k, &s.registrar, &s.sealed), 0);
	assert_int_equal(
		enrol_kit_device(&s.k, buf_view(&s.sealed), &s.device), 0);
	return &s;
}

static void end(struct scene *s)
{
	enrol_wipe(&s->registrar);
	enrol_wipe(&s->device);
	buf_wipe(&s->sealed);
	enrol_kit_stop(&s->k);
}

/* Away and back, as after a crash between any two steps. */
static void rest(struct enrol *e)
{
	struct writer w;

	writer_init(&w, ENROL_SAVED_MAX);
	enrol_save(e, &w);
	enrol_wipe(e);
	assert_int_equal(enrol_load(e, writer_view(&w)), 0);
	writer_wipe(&w);
}

static uint64_t now(const struct scene *s)
{
	return s->cast->w.now;
}

static int commit(struct scene *s)
{
	return enrol_registrar_commitment(
		&s->registrar, &s->device.commitment, now(s));
}

static int answer(struct scene *s)
{
	struct wire_invite_answer a;

	assert_int_equal(enrol_registrar_answer(&s->registrar, &a), 0);
	assert_memory_equal(&a.commitment, &s->device.commitment, 32);
	return enrol_device_answer(&s->device, &a.nonce);
}

static int reveal_to(struct scene *s, const struct wire_redeem_reveal *r)
{
	return enrol_registrar_reveal(
		&s->registrar, r->request, &r->nonce, now(s));
}

static int reveal(struct scene *s)
{
	struct wire_redeem_reveal r;

	assert_int_equal(enrol_device_reveal(&s->device, &r), 0);
	return reveal_to(s, &r);
}

/* What the device would reveal, whatever its step. */
static struct wire_redeem_reveal early(const struct scene *s)
{
	return (struct wire_redeem_reveal){.invite = s->device.invite,
		.nonce = s->device.device,
		.request = buf_view(&s->device.request)};
}

static void codes_agree(struct scene *s)
{
	char a[COMPARE_CODE_LEN], b[COMPARE_CODE_LEN];

	assert_int_equal(enrol_code(&s->registrar, a), 0);
	assert_int_equal(enrol_code(&s->device, b), 0);
	assert_string_equal(a, b);
	assert_int_equal(strlen(a), 11);
	assert_int_equal(a[5], ' ');
}

static void both_sides_see_one_code(void **state)
{
	struct scene *s = begin(state);
	char code[COMPARE_CODE_LEN];
	struct wire_statement st;
	struct buf card, chain, raw;
	struct wire_card got;

	assert_int_equal(enrol_code(&s->registrar, code), ROWAN_E_STATE);
	assert_int_equal(enrol_code(&s->device, code), ROWAN_E_STATE);
	/* Every step twice, and a restart between any two. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(commit(s), 0);
		rest(&s->registrar);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(answer(s), 0);
		rest(&s->device);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(reveal(s), 0);
		rest(&s->registrar);
	}
	codes_agree(s);

	assert_int_equal(enrol_kit_card(&s->k, &s->registrar, &card), 0);
	world_statement(&s->cast->w, NULL, WIRE_ST_CARD, &st);
	st.u.card = buf_view(&card);
	world_sign(&s->cast->w, &s->cast->registrar, &st, &raw);
	assert_int_equal(world_submit(&s->cast->w, NULL, buf_view(&raw)), 0);
	enrol_kit_chain(&s->k, buf_view(&card), &chain);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			enrol_device_finish(&s->device, buf_view(&chain), &got),
			0);
		assert_true(id16_eq(&got.device, &s->k.self.device));
		rest(&s->device);
	}
	codes_agree(s);
	buf_wipe(&raw);
	buf_wipe(&card);
	buf_wipe(&chain);
	end(s);
}

/* As far as the codes, for a colleague: of ${member}, or a new one. */
static struct scene *colleague(void **state, const struct id16 *member)
{
	struct scene *s = begin(state);
	struct bundle *b = &s->k.bundle;

	enrol_wipe(&s->registrar);
	enrol_wipe(&s->device);
	buf_wipe(&s->sealed);
	b->role = WIRE_ROLE_CASEWORKER;
	memset(&b->case_id, 0, sizeof b->case_id);
	memset(&b->case_head, 0, sizeof b->case_head);
	b->case_number = 0;
	if (member != NULL)
		b->member = *member;
	assert_int_equal(
		enrol_kit_registrar(&s->k, &s->registrar, &s->sealed), 0);
	assert_int_equal(
		enrol_kit_device(&s->k, buf_view(&s->sealed), &s->device), 0);
	assert_int_equal(commit(s), 0);
	assert_int_equal(answer(s), 0);
	assert_int_equal(reveal(s), 0);
	codes_agree(s);
	return s;
}

/* Sign ${card} as the registrar, log it, and show it to the device. */
static int grant(struct scene *s, struct wire_card *card)
{
	struct issuer by = {.kind = WIRE_SIGNER_DEVICE,
		.device = s->cast->registrar.device,
		.seed = s->cast->registrar.seed};
	struct wire_statement st;
	struct buf raw, chain;
	struct wire_card got;
	struct writer w;
	int rc;

	attest_hash(buf_view(&s->k.registrar_card), &by.hash);
	card->issued_at = card->not_before = now(s);
	card->not_after = now(s) + 86400;
	writer_init(&w, WIRE_CARD_MAX);
	assert_int_equal(issue_sign(&by, card, &w), 0);
	world_statement(&s->cast->w, NULL, WIRE_ST_CARD, &st);
	st.u.card = writer_view(&w);
	world_sign(&s->cast->w, &s->cast->registrar, &st, &raw);
	rc = world_submit(&s->cast->w, NULL, buf_view(&raw));
	if (rc == 0) {
		enrol_kit_chain(&s->k, writer_view(&w), &chain);
		assert_int_equal(
			enrol_device_finish(&s->device, buf_view(&chain), &got),
			0);
		buf_wipe(&chain);
	}
	writer_wipe(&w);
	buf_wipe(&raw);
	return rc;
}

static void a_colleague_is_enrolled_too(void **state)
{
	struct scene *s = colleague(state, NULL);
	struct wire_card card;

	assert_int_equal(enrol_registrar_grant(&s->registrar, &card), 0);
	assert_int_equal(grant(s, &card), 0);
	end(s);
}

/* A second device of a colleague: not without one of theirs. */
static void a_further_device_needs_consent(void **state)
{
	const struct cast *t = *state;
	struct scene *s = colleague(state, &t->advocate.member);
	struct wire_request q;
	struct wire_card card;

	assert_int_equal(enrol_registrar_grant(&s->registrar, &card), 0);
	assert_int_equal(grant(s, &card), ROWAN_E_SIGNER);
	/* Not of somebody else, nor for another request. */
	assert_int_equal(
		wire_request_decode(buf_view(&s->registrar.request), &q), 0);
	card.has_consent = true;
	assert_int_equal(issue_consent(&q, &t->officer.device, t->officer.seed,
				 &card.consent),
		0);
	assert_int_equal(grant(s, &card), ROWAN_E_SIGNER);
	q.device.b[0] ^= 1;
	assert_int_equal(issue_consent(&q, &t->advocate.device,
				 t->advocate.seed, &card.consent),
		0);
	assert_int_equal(grant(s, &card), ROWAN_E_CRYPTO);
	q.device.b[0] ^= 1;
	assert_int_equal(issue_consent(&q, &t->advocate.device,
				 t->advocate.seed, &card.consent),
		0);
	assert_int_equal(grant(s, &card), 0);
	end(s);
}

static void a_second_redemption_spoils_the_registrar(void **state)
{
	struct scene *s = begin(state);
	struct wire_redeem_reveal r = early(s);
	struct wire_invite_answer a;
	struct wire_hash other;

	assert_int_equal(commit(s), 0);
	other = s->device.commitment;
	other.b[31] ^= 1;
	assert_int_equal(
		enrol_registrar_commitment(&s->registrar, &other, now(s)),
		ROWAN_E_REFUSED);
	assert_int_equal(s->registrar.step, ENROL_SPOILED);
	/* The first one comes too late as well, and so it stays. */
	rest(&s->registrar);
	assert_int_equal(commit(s), ROWAN_E_REFUSED);
	assert_int_equal(
		enrol_registrar_answer(&s->registrar, &a), ROWAN_E_STATE);
	assert_int_equal(reveal_to(s, &r), ROWAN_E_REFUSED);
	end(s);
}

static void a_second_nonce_spoils_the_device(void **state)
{
	struct scene *s = begin(state);
	struct wire_nonce other = s->registrar.registrar;
	struct wire_redeem_reveal r;
	char code[COMPARE_CODE_LEN];

	assert_int_equal(commit(s), 0);
	assert_int_equal(answer(s), 0);
	other.b[0] ^= 1;
	assert_int_equal(
		enrol_device_answer(&s->device, &other), ROWAN_E_REFUSED);
	rest(&s->device);
	assert_int_equal(answer(s), ROWAN_E_REFUSED);
	assert_int_equal(enrol_code(&s->device, code), ROWAN_E_STATE);
	assert_int_equal(enrol_device_reveal(&s->device, &r), ROWAN_E_STATE);
	end(s);
}

static void another_reveal_spoils_the_registrar(void **state)
{
	for (int what = 0; what < 4; what++) {
		struct scene *s = begin(state);
		struct wire_nonce nonce = s->device.device;
		struct buf request;
		int rc;

		assert_int_equal(
			buf_copy(&request, buf_view(&s->device.request)), 0);
		assert_int_equal(commit(s), 0);
		assert_int_equal(answer(s), 0);
		if (what == 3)
			assert_int_equal(reveal(s), 0);
		if (what == 0)
			nonce.b[31] ^= 1;
		else
			request.data[request.len - (size_t)what] ^= 1;
		rc = enrol_registrar_reveal(
			&s->registrar, buf_view(&request), &nonce, now(s));
		assert_int_equal(rc, ROWAN_E_CRYPTO);
		assert_int_equal(s->registrar.step, ENROL_SPOILED);
		assert_int_equal(reveal(s), ROWAN_E_REFUSED);
		buf_wipe(&request);
		end(s);
	}
}

/* A request that was committed to, but is not what the invite says. */
static void reveal_of(struct scene *s, struct wire_request *q,
	const uint8_t seed[32], bool forged, int want)
{
	struct wire_nonce nonce = {{9}};
	struct wire_hash commitment;
	struct writer w;

	writer_init(&w, WIRE_REQUEST_MAX);
	assert_int_equal(issue_request(q, seed, &w), 0);
	if (forged)
		w.data[w.len - 1] ^= 1;
	assert_int_equal(
		compare_commit(writer_view(&w), &nonce, &commitment), 0);
	assert_int_equal(
		enrol_registrar_commitment(&s->registrar, &commitment, now(s)),
		0);
	assert_int_equal(enrol_registrar_reveal(&s->registrar, writer_view(&w),
				 &nonce, now(s)),
		want);
	if (want != 0)
		assert_int_equal(s->registrar.step, ENROL_SPOILED);
	writer_wipe(&w);
}

static void only_who_was_invited_is_enrolled(void **state)
{
	for (int what = 0; what < 7; what++) {
		struct scene *s = begin(state);
		struct wire_request q;
		int want = ROWAN_E_RULE;

		assert_int_equal(
			wire_request_decode(buf_view(&s->device.request), &q),
			0);
		switch (what) {
		case 0: want = 0; break;
		case 1: q.member.b[0] ^= 1; break;
		case 2: q.clinic.b[0] ^= 1; break;
		case 3: q.case_id.b[0] ^= 1; break;
		case 4: q.agency = bytes_of("police", 6); break;
		case 5:
			q.role = WIRE_ROLE_CASEWORKER;
			memset(&q.case_id, 0, sizeof q.case_id);
			break;
		case 6: want = ROWAN_E_CRYPTO; break;
		}
		reveal_of(s, &q, s->k.self.seed, what == 6, want);
		end(s);
	}
}

static void an_invite_is_over_when_the_registrar_says_so(void **state)
{
	struct scene *s = begin(state);
	uint64_t late = now(s) + 3600;

	assert_int_equal(enrol_registrar_commitment(
				 &s->registrar, &s->device.commitment, late),
		ROWAN_E_EXPIRED);
	assert_int_equal(enrol_registrar_commitment(&s->registrar,
				 &s->device.commitment, late - 1),
		0);
	assert_int_equal(
		enrol_registrar_reveal(&s->registrar,
			buf_view(&s->device.request), &s->device.device, late),
		ROWAN_E_EXPIRED);
	assert_int_equal(s->registrar.step, ENROL_COMMITTED);
	end(s);
}

static void steps_have_an_order(void **state)
{
	struct scene *s = begin(state);
	struct wire_redeem_reveal r;
	struct wire_invite_answer a;
	struct wire_card card;
	struct buf none;

	/* Nothing is said before its time. */
	assert_int_equal(enrol_device_reveal(&s->device, &r), ROWAN_E_STATE);
	assert_int_equal(
		enrol_registrar_answer(&s->registrar, &a), ROWAN_E_STATE);
	r = early(s);
	assert_int_equal(reveal_to(s, &r), ROWAN_E_STATE);
	assert_int_equal(
		enrol_registrar_grant(&s->registrar, &card), ROWAN_E_STATE);
	assert_int_equal(
		enrol_kit_card(&s->k, &s->registrar, &none), ROWAN_E_STATE);
	assert_int_equal(
		enrol_device_finish(&s->device, buf_view(&s->sealed), &card),
		ROWAN_E_STATE);
	/* Each side is one side. */
	assert_int_equal(enrol_device_answer(&s->registrar, &s->device.device),
		ROWAN_E_STATE);
	end(s);
}

/* ---- the card ----------------------------------------------------------- */

/* A card of ${who}, changed by ${what}, signed by ${by}. */
static void forge(struct scene *s, int what, const struct world_person *by,
	struct buf *ret_chain)
{
	struct issuer i = {.kind = WIRE_SIGNER_DEVICE,
		.device = by->device,
		.seed = by->seed};
	struct wire_card card;
	struct writer w;
	struct wire_request q;

	assert_int_equal(
		wire_request_decode(buf_view(&s->device.request), &q), 0);
	issue_begin(&q, &card);
	attest_hash(buf_view(&s->k.registrar_card), &i.hash);
	switch (what) {
	case 1: card.member.b[0] ^= 1; break;
	case 2: card.device.b[0] ^= 1; break;
	case 3: card.signature_key.b[0] ^= 1; break;
	case 4: card.transport_key.b[0] ^= 1; break;
	case 5: card.case_id.b[0] ^= 1; break;
	case 6: i.device.b[0] ^= 1; break;
	case 7: i.hash.b[0] ^= 1; break;
	case 8: card.possession.b[0] ^= 1; break;
	default: break;
	}
	writer_init(&w, WIRE_CARD_MAX);
	assert_int_equal(issue_sign(&i, &card, &w), 0);
	enrol_kit_chain(&s->k, writer_view(&w), ret_chain);
	writer_wipe(&w);
}

static void another_card_is_refused(void **state)
{
	struct scene *s = begin(state);
	struct wire_card card;
	struct buf chain;

	assert_int_equal(commit(s), 0);
	assert_int_equal(answer(s), 0);
	for (int what = 1; what <= 8; what++) {
		forge(s, what, &s->cast->registrar, &chain);
		assert_int_equal(enrol_device_finish(
					 &s->device, buf_view(&chain), &card),
			what == 6 || what == 7 ? ROWAN_E_SIGNER : ROWAN_E_RULE);
		buf_wipe(&chain);
	}
	/* Another hand under the registrar's name. */
	forge(s, 0, &s->cast->officer, &chain);
	assert_int_equal(
		enrol_device_finish(&s->device, buf_view(&chain), &card),
		ROWAN_E_SIGNER);
	buf_wipe(&chain);
	for (size_t i = 0; i < 2; i++) {
		forge(s, 0, &s->cast->registrar, &chain);
		if (i == 0)
			chain.data[70] ^= 1;
		assert_int_equal(enrol_device_finish(&s->device,
					 buf_view(&chain), &card) == 0,
			i == 1);
		buf_wipe(&chain);
	}
	assert_int_equal(s->device.step, ENROL_FINISHED);
	end(s);
}

/* ---- at rest ------------------------------------------------------------ */

static void a_saved_state_that_is_damaged_is_refused(void **state)
{
	struct scene *s = begin(state);
	struct enrol e;
	struct writer w;

	writer_init(&w, ENROL_SAVED_MAX);
	enrol_save(&s->device, &w);
	for (size_t len = 0; len < w.len; len++)
		assert_int_equal(
			enrol_load(&e, bytes_of(w.data, len)), ROWAN_E_CORRUPT);
	writer_u8(&w, 0);
	assert_int_equal(enrol_load(&e, writer_view(&w)), ROWAN_E_CORRUPT);
	w.len--;
	w.data[1]++;
	assert_int_equal(enrol_load(&e, writer_view(&w)), ROWAN_E_TOO_NEW);
	w.data[1]--;
	w.data[2] = 77;
	assert_int_equal(enrol_load(&e, writer_view(&w)), ROWAN_E_CORRUPT);
	assert_null(e.plain.data);
	writer_wipe(&w);
	end(s);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, cast_setup, cast_teardown)
	const struct CMUnitTest tests[] = {
		T(both_sides_see_one_code),
		T(a_colleague_is_enrolled_too),
		T(a_further_device_needs_consent),
		T(a_second_redemption_spoils_the_registrar),
		T(a_second_nonce_spoils_the_device),
		T(another_reveal_spoils_the_registrar),
		T(only_who_was_invited_is_enrolled),
		T(an_invite_is_over_when_the_registrar_says_so),
		T(steps_have_an_order),
		T(another_card_is_refused),
		T(a_saved_state_that_is_damaged_is_refused),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
