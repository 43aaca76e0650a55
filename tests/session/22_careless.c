/*
 * The C ABI in the hands of a careless or hostile application, on a device
 * that has a card, at the running daemon: twice acknowledged, lengths without
 * end, kinds that are cut down, calls while locked, after a wipe and on what
 * outlives its handle, two handles on one vault. And a renewed card of a
 * colleague, brought by rowan_log_card. Most of its worth is under sanitizers:
 *
 *	make B=build/asan SAN=address,undefined CFLAGS='-O1 -g' \
 *		build/asan/tests/session/22_careless
 */
#include <stdio.h>
#include <stdlib.h>

#include "session/kit.h"
#include "wire/armour.h"

#define ENDLESS SIZE_MAX

static struct rowan *r;
static struct person officer;
static struct rowan_options *options;
static char path[ROWAND_PATH_MAX], out[ROWAND_PATH_MAX + 8];
static uint8_t case_id[ROWAN_ID_LEN], team[ROWAN_ID_LEN];
static const uint8_t id[ROWAN_ID_LEN] = {7};
static const uint8_t digest[32] = {8};

struct ending {
	enum rowan_event_type type;
	uint64_t act; /* 0: any */
	int code;
};

static bool ended(void *ctx)
{
	struct ending *x = ctx;
	const struct rowan_event *e;
	bool found = false;

	KIT_CHECK(rowan_process(r) == 0);
	while (!found && rowan_next_event(r, &e) == 0) {
		found = rowan_event_type(e) == x->type &&
			(x->act == 0 || rowan_event_count(e) == x->act);
		x->code = rowan_event_code(e);
		KIT_CHECK(rowan_event_type(e) != ROWAN_EVENT_ALARM);
		KIT_CHECK(rowan_event_done(r, e) == 0);
		/* Once more: it is given no more. */
		KIT_CHECK(rowan_event_done(r, e) == ROWAN_E_INVAL);
	}
	return found;
}

static void until(enum rowan_event_type type, uint64_t act)
{
	struct ending x = {type, act, 0};

	KIT_CHECK(sessions_until(ended, &x));
}

static bool is_current(void *ctx)
{
	KIT_CHECK(rowan_process(r) == 0);
	return rowan_link(r) == ROWAN_LINK_CURRENT;
}

static void current(void)
{
	KIT_CHECK(rowan_connect(r) == 0);
	KIT_CHECK(sessions_until(is_current, NULL));
}

static void enrol(void)
{
	const unsigned rights =
		ROWAN_RIGHT_COORDINATE | ROWAN_RIGHT_ENROL | ROWAN_RIGHT_AUDIT;
	struct rowan_bytes *request;
	struct writer w;
	struct buf raw;

	KIT_CHECK(rowan_create(path, options, &r) == 0);
	writer_init(&w, 1 << 18);
	KIT_CHECK(armour_write(ARMOUR_AUTHORITY_RECORD,
			  buf_view(&kit_clinic.record), &w) == 0);
	KIT_CHECK(rowan_install(r, w.data, w.len) == 0);
	KIT_CHECK(rowan_request(r, ROWAN_ROLE_CASEWORKER, "police", rights,
			  &request) == 0);
	KIT_CHECK(armour_read(bytes_of(rowan_bytes_data(request),
				      rowan_bytes_len(request)),
			  ARMOUR_CARD_REQUEST, &raw) == 0);
	w.len = 0;
	sessions_answer(buf_view(&raw), &w);
	KIT_CHECK(rowan_install(r, w.data, w.len) == 0);
	rowan_bytes_free(request);
	buf_wipe(&raw);
	writer_wipe(&w);
}

static void begin(void)
{
	static const uint8_t key[32] = {5};
	uint64_t act;

	sessions_begin(ROWAND_NO_LIMITS);
	snprintf(path, sizeof path, "%s/careless.vault", kit_daemon.dir);
	snprintf(out, sizeof out, "%s.out", path);
	options = rowan_options_new();
	KIT_CHECK(rowan_options_key(options, key) == 0);
	enrol();
	person_create(&officer, "officer");
	person_carded(&officer, "police", 0);
	sessions_run();
	current();
	sessions_settle();
	KIT_CHECK(rowan_open_case(r, "police", 20000, case_id, &act) == 0);
	until(ROWAN_EVENT_DONE, act);
}

/* ---- what does not fit ----------------------------------------------------
 */

static void kinds(void)
{
	static const int none[] = {0, -1, 256, 257, 258, 259, -255};

	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		KIT_CHECK(rowan_channel_of(r, case_id,
				  (enum rowan_channel_kind)none[i],
				  team) == ROWAN_E_INVAL);
	KIT_CHECK(rowan_channel_of(r, case_id, (enum rowan_channel_kind)9,
			  team) == ROWAN_E_NOT_FOUND);
	KIT_CHECK(rowan_channel_of(r, case_id, ROWAN_CHANNEL_TEAM, team) == 0);
	KIT_CHECK(rowan_close_case(r, case_id, (enum rowan_close_reason)257,
			  NULL) == ROWAN_E_INVAL);
	KIT_CHECK(rowan_revoke(r, id, (enum rowan_revoke_reason)258, NULL,
			  NULL) == ROWAN_E_INVAL);
}

/* Not one byte of these is there to be read. */
static void lengths(void)
{
	struct rowan_draft *d = rowan_draft_new();
	struct rowan_audit *audit;
	struct rowan_bytes *b;
	uint64_t n;
	char text[ROWAN_FINGERPRINT_LEN];

	KIT_CHECK(rowan_draft_text(d, "x", ENDLESS) == ROWAN_E_LIMIT);
	KIT_CHECK(rowan_history_export(r, out, NULL, "x", ENDLESS) ==
		  ROWAN_E_INVAL);
	KIT_CHECK(rowan_history_import(r, out, "x", ENDLESS, &n) ==
		  ROWAN_E_INVAL);
	KIT_CHECK(rowan_options_passphrase(options, "x", ENDLESS) ==
		  ROWAN_E_INVAL);
	KIT_CHECK(rowan_install(r, "x", ENDLESS) == ROWAN_E_LIMIT);
	KIT_CHECK(rowan_log_card(r, "x", ENDLESS, &n) == ROWAN_E_LIMIT);
	KIT_CHECK(rowan_put_statement(r, "x", ENDLESS, &n) == ROWAN_E_LIMIT);
	KIT_CHECK(rowan_consent(r, "x", ENDLESS, &b) == ROWAN_E_LIMIT);
	KIT_CHECK(rowan_invite_confirm_with(r, id, "x", ENDLESS) ==
		  ROWAN_E_LIMIT);
	KIT_CHECK(rowan_fingerprint("x", ENDLESS, text) == ROWAN_E_LIMIT);
	KIT_CHECK(rowan_set_witnesses(r, "x", ENDLESS) == ROWAN_E_LIMIT);
	KIT_CHECK(rowan_witness(r, "x", ENDLESS, &b) != 0 && b == NULL);
	KIT_CHECK(rowan_audit_renew(r, "x", ENDLESS, &audit) != 0);
	KIT_CHECK(rowan_audit_cosigned(r, "x", ENDLESS, &audit) != 0);
	KIT_CHECK(audit == NULL);
	KIT_CHECK(rowan_hand_over(r, id, ENDLESS) == ROWAN_E_LIMIT);
	KIT_CHECK(rowan_let_out(r, team, id, ENDLESS, "x") == ROWAN_E_LIMIT);
	rowan_draft_free(d);
}

static void texts(void)
{
	size_t len = (size_t)1 << 20;
	char *endless = malloc(len + 1);
	uint8_t ret[ROWAN_ID_LEN];
	struct rowan_draft *d = rowan_draft_new();
	struct rowan *none = r;
	struct rowan_bytes *b;

	KIT_CHECK(endless != NULL);
	memset(endless, 'x', len);
	endless[len] = '\0';
	KIT_CHECK(rowan_open_case(r, endless, 20000, ret, NULL) != 0);
	KIT_CHECK(rowan_open_case(r, "", 20000, ret, NULL) != 0);
	KIT_CHECK(rowan_bar(r, case_id, id, true, endless) != 0);
	KIT_CHECK(rowan_bar(r, case_id, id, true, "\xff") != 0);
	KIT_CHECK(rowan_set_name(r, team, endless) == ROWAN_E_LIMIT);
	KIT_CHECK(rowan_set_name(r, team, "\xc0\xaf") != 0);
	KIT_CHECK(rowan_let_out(r, team, id, 1, endless) == ROWAN_E_LIMIT);
	KIT_CHECK(rowan_enrol(r, endless) != 0);
	KIT_CHECK(rowan_request(r, ROWAN_ROLE_CASEWORKER, endless, 0, &b) != 0);
	KIT_CHECK(rowan_draft_attach(d, endless, NULL, NULL) != 0);
	KIT_CHECK(rowan_draft_attach(d, "/x", "y", endless) == ROWAN_E_LIMIT);
	KIT_CHECK(rowan_draft_incident(d, 1, 2, endless) == ROWAN_E_LIMIT);
	KIT_CHECK(rowan_fetch(r, id, endless) != 0);
	KIT_CHECK(rowan_history_export(r, endless, NULL, "x", 1) != 0);
	KIT_CHECK(rowan_options_proxy(options, endless) == ROWAN_E_INVAL);
	KIT_CHECK(rowan_create(endless, options, &none) != 0 && none == NULL);
	rowan_draft_free(d);
	free(endless);
}

/* Nowhere, of no kind, and past the end. */
static void rows(void)
{
	struct rowan_list *cases, *members;

	KIT_CHECK(rowan_cases(r, &cases) == 0 && rowan_list_count(cases) == 1);
	KIT_CHECK(rowan_members(r, team, &members) == 0);
	KIT_CHECK(rowan_case_id(cases, 1) == NULL);
	KIT_CHECK(rowan_case_id(cases, ENDLESS) == NULL);
	KIT_CHECK(rowan_member_id(cases, 0) == NULL);
	KIT_CHECK(rowan_device_expires(cases, 0) == 0);
	KIT_CHECK(*rowan_member_name(members, ENDLESS / 2) == '\0');
	rowan_list_free(members);
	rowan_list_free(cases);
}

/* An event that is none of ours. */
static void events(void)
{
	const struct rowan_event *e = NULL;

	while (rowan_next_event(r, &e) == 0)
		KIT_CHECK(rowan_event_done(r, e) == 0);
	KIT_CHECK(rowan_event_done(r, (const struct rowan_event *)options) ==
		  ROWAN_E_INVAL);
	KIT_CHECK(rowan_event_done(r, NULL) == ROWAN_E_INVAL);
}

/* ---- a colleague's card ----------------------------------------------------
 */

/* The same for longer, in a file; with ${other} its keys are another's. */
static void renewal(uint64_t days, bool other, struct writer *w)
{
	struct trust_card known;
	struct wire_card card;
	struct writer raw;
	struct buf mem;

	KIT_CHECK(follow_card(parts_of(&officer)->follow,
			  &parts_of(&officer)->me->device, &known, &mem) == 0);
	card = known.card;
	card.not_before = card.issued_at = known.card.issued_at + 1;
	card.not_after += days * 86400;
	if (other)
		card.transport_key.b[0] ^= 1;
	writer_init(&raw, WIRE_CARD_MAX);
	w->len = 0;
	KIT_CHECK(authority_card(kit_clinic.key, buf_view(&kit_clinic.record),
			  &card, &raw) == 0);
	KIT_CHECK(armour_write(ARMOUR_CARD, writer_view(&raw), w) == 0);
	writer_wipe(&raw);
	buf_wipe(&mem);
}

static void renewed_card(void)
{
	uint64_t act = 0, ends;
	struct wire_card mine;
	struct writer w;

	writer_init(&w, 1 << 14);
	KIT_CHECK(identity_card(parts_of(&officer)->me, &mine) == 0);
	ends = mine.not_after;
	/* No longer than it is: nothing to be brought. */
	renewal(0, false, &w);
	KIT_CHECK(rowan_log_card(r, w.data, w.len, &act) == ROWAN_E_NOT_FOUND);
	renewal(30, true, &w);
	KIT_CHECK(rowan_log_card(r, w.data, w.len, &act) != 0);
	KIT_CHECK(act == 0);
	renewal(30, false, &w);
	KIT_CHECK(rowan_log_card(r, w.data, w.len, &act) == 0);
	until(ROWAN_EVENT_DONE, act);
	(void)person_event(&officer, ROWAN_EVENT_RENEWED);
	KIT_CHECK(officer.last.time == ends + 30 * 86400);
	KIT_CHECK(identity_card(parts_of(&officer)->me, &mine) == 0);
	KIT_CHECK(mine.not_after == ends + 30 * 86400);
	/* The same file again. */
	KIT_CHECK(rowan_log_card(r, w.data, w.len, &act) == ROWAN_E_NOT_FOUND);
	writer_wipe(&w);
}

/* ---- locked, closed, wiped -------------------------------------------------
 */

static void locked(void)
{
	const struct rowan_event *e;
	struct rowan_draft *d = rowan_draft_new();
	struct rowan_message *m;
	struct rowan_audit *a;
	struct rowan_bytes *b;
	struct rowan_list *l;
	uint8_t ret[ROWAN_ID_LEN];
	char code[ROWAN_CODE_LEN];
	uint64_t n, t;

	KIT_CHECK(rowan_draft_text(d, "x", 1) == 0);
	KIT_CHECK(rowan_send(r, team, d, ret) == ROWAN_E_STATE);
	KIT_CHECK(rowan_cases(r, &l) == ROWAN_E_STATE && l == NULL);
	KIT_CHECK(rowan_channels(r, case_id, &l) == ROWAN_E_STATE);
	KIT_CHECK(rowan_members(r, team, &l) == ROWAN_E_STATE);
	KIT_CHECK(rowan_victims(r, case_id, &l) == ROWAN_E_STATE);
	KIT_CHECK(rowan_staff(r, &l) == ROWAN_E_STATE);
	KIT_CHECK(rowan_person(r, case_id, case_id, &l) == ROWAN_E_STATE);
	KIT_CHECK(rowan_devices(r, id, &l) == ROWAN_E_STATE);
	KIT_CHECK(rowan_code(r, team, code) == ROWAN_E_STATE);
	KIT_CHECK(rowan_message_get(r, id, &m) == ROWAN_E_STATE && m == NULL);
	KIT_CHECK(rowan_receipt(r, id, &b) == ROWAN_E_STATE && b == NULL);
	KIT_CHECK(rowan_log(r, &n, &t) == ROWAN_E_STATE && n == 0 && t == 0);
	KIT_CHECK(rowan_look(r) == ROWAN_E_STATE);
	KIT_CHECK(rowan_audit_verify(r, 0, &a) == ROWAN_E_STATE && a == NULL);
	KIT_CHECK(rowan_sign_bundle(r, digest, &b) == ROWAN_E_STATE);
	KIT_CHECK(rowan_follow_all(r) == ROWAN_E_STATE);
	KIT_CHECK(rowan_assign(r, team, id, 0, 0, &n) == ROWAN_E_STATE);
	KIT_CHECK(rowan_next_event(r, &e) == ROWAN_E_STATE && e == NULL);
	KIT_CHECK(rowan_process(r) == ROWAN_E_STATE);
	KIT_CHECK(!rowan_enrolled(r) && rowan_self_member(r) == NULL);
	KIT_CHECK(!rowan_barred(r, case_id, id) && rowan_unread(r, NULL) == 0);
	rowan_enrol_cancel(r);
	rowan_disconnect(r);
	rowan_draft_free(d);
}

static bool asked(void *ctx)
{
	struct rowan_audit *a = ctx;
	int rc = rowan_audit_next(a);

	KIT_CHECK(rc == 0 || rc == ROWAN_E_AGAIN || rc == ROWAN_E_NOT_FOUND);
	KIT_CHECK(rowan_process(r) == 0);
	return rc != ROWAN_E_AGAIN;
}

/* Questions to the log and snapshots, after what they came from. */
static void outlived(void)
{
	struct rowan_audit *a, *b;
	struct rowan_list *l;
	struct rowan *second = r;

	KIT_CHECK(rowan_audit_verify(r, 0, &a) == 0);
	KIT_CHECK(sessions_until(asked, a));
	KIT_CHECK(rowan_cases(r, &l) == 0);
	KIT_CHECK(rowan_open(path, options, &second) == ROWAN_E_AGAIN);
	KIT_CHECK(second == NULL && rowan_wipe(path) == ROWAN_E_AGAIN);
	rowan_lock(r);
	locked();
	KIT_CHECK(rowan_audit_next(a) == ROWAN_E_STATE);
	KIT_CHECK(rowan_unlock(r, options) == 0);
	KIT_CHECK(rowan_unlock(r, options) == ROWAN_E_STATE);
	KIT_CHECK(rowan_audit_next(a) == ROWAN_E_STATE);
	current();
	KIT_CHECK(rowan_audit_read(r, NULL, NULL, 0, &b) == 0);
	KIT_CHECK(sessions_until(asked, b));
	(void)!rowan_audit_next(b);
	rowan_close(r);
	r = NULL;
	KIT_CHECK(rowan_audit_next(b) == ROWAN_E_STATE);
	KIT_CHECK(rowan_audit_next(a) == ROWAN_E_STATE);
	KIT_CHECK(*rowan_audit_act(a) != '\0' && rowan_audit_reads(b) == 0);
	rowan_audit_free(b);
	rowan_audit_free(a);
	KIT_CHECK(memcmp(rowan_case_id(l, 0), case_id, ROWAN_ID_LEN) == 0);
	rowan_list_free(l);
}

/* While it is locked somebody wipes it. */
static void wiped(void)
{
	KIT_CHECK(rowan_open(path, options, &r) == 0);
	rowan_lock(r);
	KIT_CHECK(rowan_wipe(path) == 0);
	KIT_CHECK(rowan_unlock(r, options) == ROWAN_E_NOT_FOUND);
	KIT_CHECK(rowan_locked(r));
	locked();
	rowan_close(r);
}

int main(void)
{
	begin();
	kinds();
	lengths();
	texts();
	rows();
	renewed_card();
	events();
	outlived();
	wiped();
	rowan_options_free(options);
	KIT_CHECK(officer.alarms == 0);
	return sessions_end();
}
