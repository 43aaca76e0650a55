/*
 * What auditors and witnesses may do with the log, each alone: whose question
 * is answered, how much of it at once, whose signature counts that comes by
 * file, and which erasures a witness is told of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "clinic/acts.h"
#include "lib/acting.h"
#include "log/entry.h"
#include "tlog/origin.h"
#include "wire/log.h"

static struct ops_kit *const w = &acting_ops;
static struct cast *const t = &acting_cast;
static struct world_person auditor, witness;
static struct buf shown; /* the checkpoint that is cosigned */

static void enrol(
	struct world_person *p, const char *name, uint8_t role, uint16_t rights)
{
	struct wire_card card;

	world_person(p, name);
	world_card(&t->w, p, role, "police", &card);
	card.rights = rights;
	assert_int_equal(world_enrol(&t->w, p, NULL, &card), 0);
}

/* So many entries of one transaction, by ${who}, in a case or none. */
static void happen(
	const struct world_person *who, const struct id16 *of, size_t n)
{
	struct log_entry e = {.act = WIRE_ACT_READ,
		.time = w->kit.now,
		.device = who->device,
		.case_id = *of};

	kit_begin(&w->kit);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(entry_add(w->kit.st, &e, NULL), 0);
	kit_commit(&w->kit);
}

static int setup(void **state)
{
	(void)acting_setup(state);
	enrol(&auditor, "auditor", WIRE_ROLE_CASEWORKER, WIRE_RIGHT_AUDIT);
	enrol(&witness, "witness", WIRE_ROLE_WITNESS, 0);
	/* So that no number is zero by itself. */
	happen(&t->officer, &(struct id16){{0}}, 3);
	assert_int_equal(head_settle(w->ops.head, w->kit.now), 0);
	return 0;
}

static int teardown(void **state)
{
	buf_wipe(&shown);
	return acting_teardown(state);
}

static uint16_t run(uint16_t op, const struct world_person *who)
{
	return ops_kit_run_as(w, op, &who->device);
}

static uint64_t size_of(void)
{
	uint64_t size;

	assert_int_equal(store_log_size(w->ops.view, &size), 0);
	return size;
}

/* The last entry of the log, which is of ${act}. */
static void last_entry(uint8_t act, struct wire_detail *ret)
{
	struct buf raw;

	assert_int_equal(store_log_detail(w->ops.view, size_of() - 1, &raw), 0);
	assert_int_equal(wire_detail_read(buf_view(&raw), ret), 0);
	assert_int_equal(ret->act, act);
	buf_wipe(&raw);
}

/* ---- cosignatures ---- */

/* The word of ${key} for it, behind what ${ret} has. */
static void word(const struct world_person *p, const struct note_key *key,
	struct writer *ret)
{
	uint8_t pk[crypto_sign_PUBLICKEYBYTES], sk[crypto_sign_SECRETKEYBYTES];
	struct note n;

	(void)crypto_sign_seed_keypair(pk, sk, p->seed);
	assert_int_equal(note_parse(&n, buf_view(&shown)), 0);
	assert_int_equal(cosignature_sign(ret, n.text, w->kit.now, key, sk), 0);
}

static void key_of(const struct world_person *p, struct note_key *ret)
{
	assert_int_equal(
		origin_witness(&p->device, p->signature_key.b, ret), 0);
}

/* What is given to a witness: a line by itself must be for that. */
static void look(void)
{
	struct wire_checkpoint_answer a;
	struct wire_message m;

	w->request.body.checkpoint = (struct wire_checkpoint){0};
	assert_int_equal(run(WIRE_OP_CHECKPOINT, &witness), WIRE_OK);
	m = ops_kit_answer(w);
	assert_int_equal(wire_checkpoint_answer_decode(&m, &a), 0);
	assert_int_equal(buf_set(&shown, a.note), 0);
}

/* How large it is. */
static uint64_t shown_size(void)
{
	struct checkpoint c;
	struct note n;

	assert_int_equal(note_parse(&n, buf_view(&shown)), 0);
	assert_int_equal(checkpoint_parse(&c, n.text), 0);
	return c.size;
}

static uint16_t bring(
	const struct world_person *who, uint64_t size, struct bytes line)
{
	w->request.body.cosign = (struct wire_cosign){size, line};
	return run(WIRE_OP_COSIGN, who);
}

/* ${by}'s word as a line by itself, brought by ${who}. */
static uint16_t bring_line(
	const struct world_person *who, const struct world_person *by)
{
	struct writer line;
	struct note_key key;
	uint16_t code;

	key_of(by, &key);
	writer_init(&line, WIRE_NOTE_MAX);
	word(by, &key, &line);
	code = bring(who, shown_size(), writer_view(&line));
	writer_wipe(&line);
	return code;
}

/* The checkpoint as a file, with the words of so many. */
static uint16_t bring_file(const struct world_person *who,
	const struct world_person *const *by, const struct note_key *keys,
	size_t count)
{
	struct writer file;
	uint16_t code;

	writer_init(&file, WIRE_NOTE_MAX);
	writer_raw(&file, shown.data, shown.len);
	for (size_t i = 0; i < count; i++)
		word(by[i], &keys[i], &file);
	code = bring(who, 0, writer_view(&file));
	writer_wipe(&file);
	return code;
}

static uint16_t bring_file_of(
	const struct world_person *who, const struct world_person *by)
{
	struct note_key key;

	key_of(by, &key);
	return bring_file(who, &by, &key, 1);
}

/* The same with another name for the key. */
static uint16_t bring_named(const struct world_person *by, const char *name)
{
	struct note_key key;

	assert_int_equal(note_key_init(&key, name, NOTE_COSIGNATURE,
				 by->signature_key.b),
		0);
	return bring_file(&auditor, &by, &key, 1);
}

/* How many words the checkpoint has that has most. */
static size_t words(void)
{
	struct buf note;
	size_t n = 0;

	while (head_cosigned(w->ops.head, n + 1, &note) == 0) {
		buf_wipe(&note);
		n++;
	}
	return n;
}

/* ---- who may ---- */

static uint16_t ask_entries(const struct world_person *who)
{
	w->request.body.log_entries = (struct wire_log_entries){0, 1};
	return run(WIRE_OP_LOG_ENTRIES, who);
}

static uint16_t ask_details(const struct world_person *who)
{
	w->request.body.log_details = (struct wire_log_details){.max = 1};
	return run(WIRE_OP_LOG_DETAILS, who);
}

static uint16_t ask_erased(const struct world_person *who)
{
	w->request.body.erased = (struct wire_erased){0};
	return run(WIRE_OP_ERASED, who);
}

static void to_each_what_is_theirs(void **state)
{
	const struct world_person *neither[] = {&t->coordinator, &t->registrar,
		&t->advocate, &t->stranger, &t->victim};

	look();
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(ask_entries(neither[i]), WIRE_REFUSED);
		assert_int_equal(ask_details(neither[i]), WIRE_REFUSED);
		assert_int_equal(ask_erased(neither[i]), WIRE_REFUSED);
		assert_int_equal(
			bring_line(neither[i], &witness), WIRE_REFUSED);
		assert_int_equal(
			bring_file_of(neither[i], &witness), WIRE_REFUSED);
	}
	/* A witness sees leaves, not what they open to. */
	assert_int_equal(ask_entries(&witness), WIRE_OK);
	assert_int_equal(ask_details(&witness), WIRE_REFUSED);
	assert_int_equal(ask_erased(&witness), WIRE_OK);
	assert_int_equal(ask_entries(&auditor), WIRE_OK);
	assert_int_equal(ask_details(&auditor), WIRE_OK);
	assert_int_equal(ask_erased(&auditor), WIRE_REFUSED);
	assert_int_equal(words(), 0);
}

/* A line by itself is by whoever brings it, who is a witness. */
static void a_line_is_a_witnesses_own(void **state)
{
	struct wire_detail d;

	look();
	assert_int_equal(bring_line(&auditor, &witness), WIRE_REFUSED);
	assert_int_equal(bring_line(&auditor, &auditor), WIRE_REFUSED);
	assert_int_equal(bring_line(&witness, &auditor), WIRE_REFUSED);
	assert_int_equal(words(), 0);
	assert_int_equal(bring_line(&witness, &witness), WIRE_OK);
	assert_int_equal(words(), 1);
	last_entry(WIRE_ACT_WITNESS, &d);
	assert_int_equal(d.number, shown_size());
	assert_true(id16_eq(&d.device, &witness.device));
}

/* A relay without a log has nothing to cosign, nor to show. */
static void without_a_head_nothing_is_cosigned(void **state)
{
	look();
	head_close(w->ops.head);
	w->ops.head = NULL;
	assert_int_equal(bring_line(&witness, &witness), WIRE_REFUSED);
	assert_int_equal(bring_file_of(&auditor, &witness), WIRE_REFUSED);
	w->request.body.checkpoint = (struct wire_checkpoint){0};
	assert_int_equal(run(WIRE_OP_CHECKPOINT, &witness), WIRE_REFUSED);
	w->request.body.receipt = (struct wire_receipt){0};
	assert_int_equal(run(WIRE_OP_RECEIPT, &auditor), WIRE_REFUSED);
}

/* By file whoever may brings it, of those who are witnesses. */
static void a_file_counts_for_witnesses(void **state)
{
	const struct world_person *by[3] = {NULL, &t->officer, &witness};
	struct world_person gone;
	struct wire_statement s;
	struct note_key keys[3];
	char hex[2 * ID16_LEN + 1], name[80];
	struct wire_detail d;

	enrol(&gone, "a witness who goes", WIRE_ROLE_WITNESS, 0);
	by[0] = &gone;
	world_statement(&t->w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = gone.device;
	s.u.revoke.reason = WIRE_REVOKE_LOST;
	assert_int_equal(world_act(&t->w, NULL, &s, NULL), 0);
	look();

	assert_int_equal(bring_file(&auditor, NULL, NULL, 0), WIRE_MALFORMED);
	assert_int_equal(bring_file_of(&auditor, &gone), WIRE_MALFORMED);
	assert_int_equal(bring_file_of(&auditor, &t->officer), WIRE_MALFORMED);
	world_person(&gone, "nobody");
	assert_int_equal(bring_file_of(&auditor, &gone), WIRE_MALFORMED);
	/* Names that are nearly one. */
	sodium_bin2hex(hex, sizeof hex, witness.device.b, ID16_LEN);
	assert_int_equal(bring_named(&witness, hex), WIRE_MALFORMED);
	snprintf(name, sizeof name, ORIGIN_LOG "%s", hex);
	assert_int_equal(bring_named(&witness, name), WIRE_MALFORMED);
	snprintf(name, sizeof name, ORIGIN_WITNESS "%.31s", hex);
	assert_int_equal(bring_named(&witness, name), WIRE_MALFORMED);
	snprintf(name, sizeof name, ORIGIN_WITNESS "%.31s-", hex);
	assert_int_equal(bring_named(&witness, name), WIRE_MALFORMED);
	snprintf(name, sizeof name, ORIGIN_WITNESS "%s00", hex);
	assert_int_equal(bring_named(&witness, name), WIRE_MALFORMED);
	assert_int_equal(words(), 0);

	/* Among others; and theirs do not count. */
	for (size_t i = 0; i < 3; i++)
		key_of(by[i], &keys[i]);
	assert_int_equal(bring_file(&auditor, by, keys, 3), WIRE_OK);
	assert_int_equal(words(), 1);
	last_entry(WIRE_ACT_WITNESS, &d);
	assert_int_equal(d.number, shown_size());
	assert_int_equal(bring_file_of(&witness, &witness), WIRE_OK);
}

/* ---- how much at once ---- */

static void so_many_entries_and_no_more(void **state)
{
	const struct id16 none = {{0}};
	struct wire_log_entries_answer a;
	struct wire_log_entries *q = &w->request.body.log_entries;
	struct wire_message m;
	struct wire_detail d;
	uint64_t size;

	happen(&t->officer, &none, WIRE_ENTRIES_MAX + 7);
	*q = (struct wire_log_entries){5, UINT16_MAX};
	assert_int_equal(run(WIRE_OP_LOG_ENTRIES, &auditor), WIRE_OK);
	m = ops_kit_answer(w);
	assert_int_equal(wire_log_entries_answer_decode(&m, &a), 0);
	assert_int_equal(a.count, WIRE_ENTRIES_MAX);
	last_entry(WIRE_ACT_AUDIT, &d);
	assert_int_equal(d.number, 5);
	*q = (struct wire_log_entries){5, 3};
	assert_int_equal(run(WIRE_OP_LOG_ENTRIES, &auditor), WIRE_OK);
	m = ops_kit_answer(w);
	assert_int_equal(wire_log_entries_answer_decode(&m, &a), 0);
	assert_int_equal(a.count, 3);
	/* Where nothing was read there is nothing to tell. */
	size = size_of();
	*q = (struct wire_log_entries){size, 3};
	assert_int_equal(run(WIRE_OP_LOG_ENTRIES, &auditor), WIRE_OK);
	m = ops_kit_answer(w);
	assert_int_equal(wire_log_entries_answer_decode(&m, &a), 0);
	assert_int_equal(a.count, 0);
	assert_int_equal(size_of(), size);
}

static struct wire_log_details_answer found;

/* What the auditor is told of ${of} and ${by}; NULL: of any. */
static size_t details(uint64_t from, uint16_t max, const struct id16 *of,
	const struct world_person *by)
{
	struct wire_log_details *q = &w->request.body.log_details;
	struct wire_opening open;
	struct wire_message m;
	struct wire_detail d;

	*q = (struct wire_log_details){.from = from, .max = max};
	if (of != NULL)
		q->case_id = *of;
	if (by != NULL)
		q->device = by->device;
	assert_int_equal(run(WIRE_OP_LOG_DETAILS, &auditor), WIRE_OK);
	m = ops_kit_answer(w);
	assert_int_equal(wire_log_details_answer_decode(&m, &found), 0);
	for (size_t i = 0; i < found.count; i++) {
		assert_int_equal(
			wire_opening_read(found.items[i].opening, &open), 0);
		assert_int_equal(wire_detail_read(open.detail, &d), 0);
		if (of != NULL)
			assert_true(id16_eq(&d.case_id, of));
		if (by != NULL)
			assert_true(id16_eq(&d.device, &by->device));
	}
	return found.count;
}

static void what_is_asked_for_and_no_other(void **state)
{
	const struct id16 one = kit_id('s', 1), two = kit_id('s', 2);
	struct wire_detail d;
	uint64_t from = size_of(), size;

	happen(&t->officer, &one, 2);
	happen(&t->advocate, &one, 3);
	happen(&t->officer, &two, 5);
	size = size_of();
	assert_int_equal(details(from, 100, NULL, NULL), 10);
	assert_int_equal(details(from, 100, &one, NULL), 5);
	last_entry(WIRE_ACT_AUDIT, &d);
	assert_true(id16_eq(&d.case_id, &one));
	assert_int_equal(d.number, from);
	assert_int_equal(details(from, 100, NULL, &t->officer), 7);
	assert_int_equal(details(from, 100, &one, &t->officer), 2);
	assert_int_equal(details(from, 100, &two, &t->advocate), 0);
	/* From there, and so many. */
	assert_int_equal(details(from + 1, 100, &one, &t->officer), 1);
	assert_int_equal(details(from, 2, &one, &t->advocate), 2);
	assert_int_equal(found.next, from + 4);
	/* Beyond the end, of which nothing is told either. */
	size = size_of();
	assert_int_equal(details(size + 100, 100, NULL, NULL), 0);
	assert_int_equal(found.next, size);
	assert_int_equal(size_of(), size);
}

static void so_many_details_and_no_more(void **state)
{
	const struct id16 one = kit_id('s', 1), two = kit_id('s', 2);
	uint64_t from = size_of();

	happen(&t->officer, &one, WIRE_OPENINGS_MAX + 7);
	assert_int_equal(
		details(from, UINT16_MAX, &one, NULL), WIRE_OPENINGS_MAX);
	assert_int_equal(found.next, from + WIRE_OPENINGS_MAX);
	/* One question looks through so much, and says how far it came. */
	from = size_of();
	for (int i = 0; i < 40; i++)
		happen(&t->officer, &one, 1);
	happen(&t->officer, &two, 1);
	assert_int_equal(details(from, 100, &two, NULL), 0);
	assert_int_equal(found.next, from + 32);
	assert_int_equal(details(found.next, 100, &two, NULL), 1);
}

/* What is erased is opened no more, though it is not swept yet. */
static void of_an_erased_case_nothing_is_told(void **state)
{
	const struct id16 one = kit_id('s', 1), two = kit_id('s', 2);
	uint64_t from = size_of();

	happen(&t->officer, &two, 1);
	happen(&t->officer, &one, 3);
	happen(&t->officer, &two, 2);
	assert_int_equal(details(from, 100, NULL, &t->officer), 6);
	kit_begin(&w->kit);
	assert_int_equal(acts_erase(w->kit.st, &one), 0);
	kit_commit(&w->kit);
	assert_int_equal(details(from, 100, &one, NULL), 0);
	assert_int_equal(details(from, 100, NULL, &t->officer), 3);
}

/* ---- what was erased ---- */

static struct wire_erased_answer gone;

static void erased(uint64_t from)
{
	struct wire_message m;

	w->request.body.erased = (struct wire_erased){from};
	assert_int_equal(run(WIRE_OP_ERASED, &witness), WIRE_OK);
	m = ops_kit_answer(w);
	assert_int_equal(wire_erased_answer_decode(&m, &gone), 0);
}

static void erase(struct case_state *c, struct buf *ret)
{
	struct wire_statement s;

	world_statement(&t->w, c, WIRE_ST_ERASE, &s);
	s.signer_count = 2;
	s.signers[0].kind = WIRE_SIGNER_AUTHORITY;
	s.signers[1].kind = WIRE_SIGNER_DEVICE;
	s.signers[1].device = t->coordinator.device;
	world_sign(&t->w, &t->coordinator, &s, ret);
	assert_int_equal(world_submit(&t->w, c, buf_view(ret)), 0);
}

/* Sixteen at a time, and on from there; nothing that is not erased. */
static void erasures_come_by_the_page(void **state)
{
	struct buf raw[WIRE_ERASED_MAX + 1];
	char name[32];
	uint64_t size;
	int rc;

	for (size_t i = 0; i <= WIRE_ERASED_MAX; i++) {
		snprintf(name, sizeof name, "case %zu", i);
		erase(world_open(&t->w, name, &t->coordinator, &rc), &raw[i]);
		assert_int_equal(rc, 0);
	}
	size = size_of();
	erased(0);
	assert_int_equal(gone.count, WIRE_ERASED_MAX);
	assert_true(gone.next != 0);
	for (size_t i = 0; i < WIRE_ERASED_MAX; i++)
		assert_true(bytes_eq(gone.statements[i], buf_view(&raw[i])));
	erased(gone.next);
	assert_int_equal(gone.count, 1);
	assert_true(
		bytes_eq(gone.statements[0], buf_view(&raw[WIRE_ERASED_MAX])));
	assert_int_equal(gone.next, 0);
	erased(UINT64_MAX);
	assert_int_equal(gone.count, 0);
	assert_int_equal(gone.next, 0);
	/* What a witness reads is not told (docs/log.md). */
	assert_int_equal(size_of(), size);
	for (size_t i = 0; i <= WIRE_ERASED_MAX; i++)
		buf_wipe(&raw[i]);
}

/* Of those without a statement there is none; and an empty page goes on. */
static void an_empty_page_is_not_the_last(void **state)
{
	struct store_case row = {{{0}}, false};
	struct case_state *c;
	struct buf raw;
	int rc;

	/* By its tombstone, as after a restore. */
	c = world_open(&t->w, "erased before", &t->coordinator, &rc);
	assert_int_equal(rc, 0);

	kit_begin(&w->kit);
	for (uint32_t i = 0; i < 300; i++) {
		row.id = kit_id('e', i);
		assert_int_equal(store_case_put(w->kit.st, &row), 0);
		if (i == 150)
			assert_int_equal(acts_erase(w->kit.st, &row.id), 0);
	}
	assert_int_equal(acts_erase(w->kit.st, &c->id), 0);
	kit_commit(&w->kit);
	erase(t->c, &raw);
	erased(0);
	assert_int_equal(gone.count, 1);
	assert_true(bytes_eq(gone.statements[0], buf_view(&raw)));
	assert_true(gone.next != 0);
	erased(gone.next);
	assert_int_equal(gone.count, 0);
	assert_int_equal(gone.next, 0);
	buf_wipe(&raw);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(to_each_what_is_theirs),
		T(a_line_is_a_witnesses_own),
		T(without_a_head_nothing_is_cosigned),
		T(a_file_counts_for_witnesses),
		T(so_many_entries_and_no_more),
		T(what_is_asked_for_and_no_other),
		T(so_many_details_and_no_more),
		T(of_an_erased_case_nothing_is_told),
		T(erasures_come_by_the_page),
		T(an_empty_page_is_not_the_last),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
