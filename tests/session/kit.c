/*
 * A clinic whose people are sessions: see kit.h.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "session/kit.h"
#include "session/session_inner.h"
#include "wire/armour.h"
#include "wire/op.h"
#include "wire/servers.h"

#define PATIENCE_MS 180000 /* a test that fails takes long */
#define VALID	    (365 * 86400)

#define PACED_MS 5

struct clinic_of_sessions kit_clinic;
struct sessions_pace kit_pace;

static const struct key32 vault_key = {{4, 5, 6}};
static const struct vault_unlock unlock = {.key = &vault_key};

static uint64_t ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* A little ago: cards are in force by now. */
static uint64_t now(void)
{
	return (uint64_t)time(NULL) - 5;
}

const struct session_parts *parts_of(struct person *p)
{
	return session_parts(p->s);
}

/* ---- the authority ------------------------------------------------------- */

static void append(const char *path, uint8_t kind, struct bytes object)
{
	FILE *f = fopen(path, "a");
	struct writer w;

	KIT_CHECK(f != NULL);
	writer_init(&w, 2 * ARMOUR_OBJECT_MAX);
	KIT_CHECK(armour_write(kind, object, &w) == 0);
	KIT_CHECK(fwrite(w.data, 1, w.len, f) == w.len && fclose(f) == 0);
	writer_wipe(&w);
}

/* Sign a card and log it among what is to be imported. */
static void issue(struct wire_card *card, struct buf *ret)
{
	struct wire_statement s;
	struct writer w;

	card->not_before = card->issued_at = now();
	card->not_after = card->not_before + VALID;
	if (card->role == WIRE_ROLE_DAEMON && kit_clinic.daemon_valid != 0)
		card->not_after = card->not_before + kit_clinic.daemon_valid;
	writer_init(&w, WIRE_CARD_MAX);
	KIT_CHECK(authority_card(kit_clinic.key, buf_view(&kit_clinic.record),
			  card, &w) == 0);
	KIT_CHECK(writer_finish(&w, ret) == 0);
	authority_begin(&kit_clinic.clinic, WIRE_ST_CARD, now(), &s);
	s.u.card = buf_view(ret);
	writer_init(&w, WIRE_STATEMENT_MAX);
	KIT_CHECK(authority_sign(kit_clinic.key, NULL, &s, &w) == 0);
	KIT_CHECK(wire_statement_decode(writer_view(&w), &s) == 0);
	KIT_CHECK(rules_apply_clinic(&kit_clinic.clinic, &s) == 0);
	append(kit_clinic.import, ARMOUR_STATEMENT, writer_view(&w));
	writer_wipe(&w);
}

static void make_authority(void)
{
	struct clinic_of_sessions *k = &kit_clinic;
	struct wire_key next;
	struct id16 id;
	struct writer w;

	randombytes_buf(id.b, sizeof id.b);
	KIT_CHECK(authority_new(&id, &k->key) == 0);
	KIT_CHECK(authority_new(&id, &k->next) == 0);
	authority_public(k->next, &next);
	writer_init(&w, 1024);
	KIT_CHECK(authority_record(k->key, &next, now() - 100, &w) == 0);
	KIT_CHECK(writer_finish(&w, &k->record) == 0);
	KIT_CHECK(clinic_init(&k->clinic, buf_view(&k->record)) == 0);
}

static void card_daemon(void)
{
	struct wire_request q = {.clinic = kit_clinic.clinic.id,
		.role = WIRE_ROLE_DAEMON,
		.agency = bytes_of("clinic", 6)};
	struct seed_server server;
	struct key32 log_key;
	uint8_t seed[32];
	struct wire_card card;
	struct writer w;

	randombytes_buf(q.member.b, ID16_LEN);
	randombytes_buf(q.device.b, ID16_LEN);
	/* Its log is the running daemon's. */
	seed_log_key(&log_key);
	memcpy(seed, log_key.b, sizeof seed);
	seed_server(0, &server);
	memcpy(q.transport_key.b, server.public, sizeof q.transport_key.b);
	writer_init(&w, WIRE_REQUEST_MAX);
	KIT_CHECK(issue_request(&q, seed, &w) == 0);
	writer_wipe(&w);
	issue_begin(&q, &card);
	issue(&card, &kit_clinic.daemon_card);
}

void kit_copy_file(const char *from, const char *to)
{
	static char mem[1 << 16];
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	size_t n;

	KIT_CHECK(in != NULL && out != NULL);
	while ((n = fread(mem, 1, sizeof mem, in)) > 0)
		KIT_CHECK(fwrite(mem, 1, n, out) == n);
	KIT_CHECK(fclose(out) == 0);
	fclose(in);
}

/* Where everybody stands, for whoever sees no more of it than this. */
static void last_words(void)
{
	for (size_t i = 0; i < kit_clinic.count; i++) {
		const struct person *p = kit_clinic.people[i];
		const struct session *s = p->s;

		fprintf(stderr,
			"%s: link %d, phase %d, state %d, daemon %d, follows "
			"%d, mailbox %d, open %zu, dropped %llu; events",
			p->name, (int)session_link(s), (int)s->phase,
			(int)s->state, session_refuses(s),
			s->parts.follow != NULL && follow_busy(s->parts.follow),
			s->mailbox != NULL && mailbox_current(s->mailbox),
			s->requests != NULL ? requests_open(s->requests) : 0,
			s->requests != NULL
				? (unsigned long long)requests_dropped(
					  s->requests)
				: 0ull);
		for (size_t k = 0; k < PERSON_EVENTS; k++)
			if (p->event[k] > 0)
				fprintf(stderr, " %s:%u",
					rowan_event_name((int)k), p->event[k]);
		fprintf(stderr, "\n");
	}
}

void sessions_begin(const char *settings)
{
	char record[ROWAND_PATH_MAX], setting[ROWAND_PATH_MAX + 32];

	kit_last_words = last_words;
	KIT_CHECK(sodium_init() >= 0);
	KIT_CHECK(rowand_init(&kit_daemon, NULL) == 0);
	rowand_set(&kit_daemon, settings);
	make_authority();
	KIT_CHECK(snprintf(record, sizeof record, "%s/authority.txt",
			  kit_daemon.dir) > 0);
	KIT_CHECK(snprintf(kit_clinic.import, sizeof kit_clinic.import,
			  "%s/import.txt", kit_daemon.dir) > 0);
	KIT_CHECK(snprintf(setting, sizeof setting, "authority = \"%s\";\n",
			  record) > 0);
	rowand_set(&kit_daemon, setting);
	append(record, ARMOUR_AUTHORITY_RECORD, buf_view(&kit_clinic.record));
	card_daemon();
}

int sessions_end(void)
{
	while (kit_clinic.count > 0)
		person_close(kit_clinic.people[0]);
	authority_free(kit_clinic.key);
	authority_free(kit_clinic.next);
	buf_wipe(&kit_clinic.record);
	buf_wipe(&kit_clinic.daemon_card);
	return kit_end();
}

/* ---- people -------------------------------------------------------------- */

static void join(struct person *p)
{
	KIT_CHECK(kit_clinic.count < PEOPLE_MAX);
	kit_clinic.people[kit_clinic.count++] = p;
}

void person_create(struct person *p, const char *name)
{
	struct session_options o = {
		.unlock = unlock, .monotonic_ms = kit_pace.ms};

	memset(p, 0, sizeof *p);
	p->name = name;
	KIT_CHECK(snprintf(p->path, sizeof p->path, "%s/%s.vault",
			  kit_daemon.dir, name) > 0);
	o.path = p->path;
	KIT_CHECK(session_create(&p->s, &o) == 0);
	join(p);
}

void person_open(struct person *p)
{
	const struct session_options o = {
		.path = p->path, .unlock = unlock, .monotonic_ms = kit_pace.ms};

	KIT_CHECK(session_open(&p->s, &o) == 0);
	join(p);
	if (parts_of(p)->follow != NULL)
		KIT_CHECK(session_connect(p->s) == 0);
}

void person_close(struct person *p)
{
	struct clinic_of_sessions *k = &kit_clinic;

	session_close(p->s);
	p->s = NULL;
	for (size_t i = 0; i < k->count; i++)
		if (k->people[i] == p)
			k->people[i--] = k->people[--k->count];
}

static const char *kept_of(const struct person *p)
{
	static char path[ROWAND_PATH_MAX + 8];

	snprintf(path, sizeof path, "%s.old", p->path);
	return path;
}

void person_keep(struct person *p)
{
	person_close(p);
	kit_copy_file(p->path, kept_of(p));
	person_open(p);
}

void person_put_back(struct person *p)
{
	KIT_CHECK(p->s == NULL);
	kit_copy_file(kept_of(p), p->path);
}

static void add_servers(struct writer *w)
{
	struct wire_servers s = {.main_count = 1, .enrol_count = 1};
	struct seed_server main_key, enrol_key;
	char at[2][64];
	struct writer raw;

	seed_server(kit_daemon.main_key, &main_key);
	seed_server(kit_daemon.enrol_key, &enrol_key);
	snprintf(at[0], sizeof at[0], "tcp://127.0.0.1:%d", kit_daemon.port);
	snprintf(at[1], sizeof at[1], "tcp://127.0.0.1:%d",
		kit_daemon.enrol_port);
	s.main[0].endpoint = bytes_of(at[0], strlen(at[0]));
	s.enrol[0].endpoint = bytes_of(at[1], strlen(at[1]));
	memcpy(s.main[0].key.b, main_key.public, WIRE_KEY_LEN);
	memcpy(s.enrol[0].key.b, enrol_key.public, WIRE_KEY_LEN);
	writer_init(&raw, WIRE_SERVERS_MAX);
	KIT_CHECK(wire_servers_encode(&s, &raw) == 0);
	KIT_CHECK(armour_write(ARMOUR_SERVERS, writer_view(&raw), w) == 0);
	writer_wipe(&raw);
}

/* What the authority makes of a request. */
void sessions_answer(struct bytes request, struct writer *w)
{
	struct wire_request q;
	struct wire_card card;
	struct buf raw;

	KIT_CHECK(wire_request_decode(request, &q) == 0);
	KIT_CHECK(issue_check(&q) == 0);
	issue_begin(&q, &card);
	if (card.rights & WIRE_RIGHT_ENROL) {
		card.scope.roles =
			1 << WIRE_ROLE_CASEWORKER | 1 << WIRE_ROLE_VICTIM;
		card.scope.validity_max = VALID;
	}
	issue(&card, &raw);
	KIT_CHECK(armour_write(ARMOUR_CARD, buf_view(&raw), w) == 0);
	KIT_CHECK(armour_write(ARMOUR_CARD, buf_view(&kit_clinic.daemon_card),
			  w) == 0);
	add_servers(w);
	buf_wipe(&raw);
}

void person_carded(struct person *p, const char *agency, uint16_t rights)
{
	const struct enrolment_wish wish = {.role = WIRE_ROLE_CASEWORKER,
		.agency = bytes_of(agency, strlen(agency)),
		.rights = rights};
	struct enrolment *e = parts_of(p)->enrolment;
	struct writer w;
	struct buf request;

	writer_init(&w, 1 << 16);
	KIT_CHECK(enrolment_request(e, &wish, &w) == ROWAN_E_STATE);
	KIT_CHECK(armour_write(ARMOUR_AUTHORITY_RECORD,
			  buf_view(&kit_clinic.record), &w) == 0);
	KIT_CHECK(enrolment_install(e, writer_view(&w)) == 0);
	w.len = 0;
	KIT_CHECK(enrolment_request(e, &wish, &w) == 0);
	KIT_CHECK(armour_read(writer_view(&w), ARMOUR_CARD_REQUEST, &request) ==
		  0);
	w.len = 0;
	sessions_answer(buf_view(&request), &w);
	KIT_CHECK(enrolment_install(e, writer_view(&w)) == 0);
	writer_wipe(&w);
	buf_wipe(&request);
	KIT_CHECK(session_step(p->s) == 0);
	KIT_CHECK(parts_of(p)->follow != NULL);
	(void)person_event(p, ROWAN_EVENT_ENROLLED);
}

void sessions_run(void)
{
	KIT_CHECK(rowand_import(&kit_daemon, kit_clinic.import) == 0);
	kit_run();
	for (size_t i = 0; i < kit_clinic.count; i++)
		if (parts_of(kit_clinic.people[i])->follow != NULL)
			KIT_CHECK(
				session_connect(kit_clinic.people[i]->s) == 0);
}

/* ---- working ------------------------------------------------------------- */

static void work(int wait_ms)
{
	struct pollfd fds[PEOPLE_MAX];
	size_t n = kit_clinic.count;
	bool all = false;

	for (size_t i = 0; i < n; i++)
		fds[i] = (struct pollfd){
			.fd = session_fd(kit_clinic.people[i]->s),
			.events = POLLIN};
	if (kit_pace.idle != NULL)
		wait_ms = PACED_MS;
	/* A clock that moved wakes nobody by itself. */
	if (poll(fds, n, wait_ms) == 0 && kit_pace.idle != NULL) {
		kit_pace.idle();
		all = true;
	}
	for (size_t i = 0; i < n; i++)
		if (all || fds[i].revents != 0)
			KIT_CHECK(session_step(kit_clinic.people[i]->s) == 0);
}

bool sessions_until(sessions_done *done, void *ctx)
{
	uint64_t end = ms() + PATIENCE_MS;

	/* What a test does beneath a session wakes nobody. */
	for (size_t i = 0; i < kit_clinic.count; i++)
		KIT_CHECK(session_step(kit_clinic.people[i]->s) == 0);
	while (!done(ctx)) {
		if (ms() > end)
			return false;
		work(100);
	}
	return true;
}

static bool settled(void *ctx)
{
	for (size_t i = 0; i < kit_clinic.count; i++) {
		struct person *p = kit_clinic.people[i];

		if (parts_of(p)->follow != NULL &&
			(session_link(p->s) != SESSION_CURRENT ||
				session_wait(p->s) == 0))
			return false;
	}
	return true;
}

static void ponged(void *ctx, const struct requests_outcome *o)
{
	--*(size_t *)ctx;
}

static bool none_open(void *ctx)
{
	return *(size_t *)ctx == 0;
}

/*
 * What was said to somebody before now is there, and was dealt with: the
 * daemon answers each after it. False: somebody asked more.
 */
static bool nothing_came(void)
{
	uint64_t last[PEOPLE_MAX] = {0};
	static size_t open;
	bool same = true;

	open = 0;
	for (size_t i = 0; i < kit_clinic.count; i++) {
		struct requests *q = kit_clinic.people[i]->s->requests;
		const struct requests_new n = {
			.op = WIRE_OP_PING, .done = ponged, .ctx = &open};

		if (parts_of(kit_clinic.people[i])->follow == NULL)
			continue;
		KIT_CHECK(requests_start(q, &n) == 0);
		KIT_CHECK(session_step(kit_clinic.people[i]->s) == 0);
		last[i] = requests_last(q);
		open++;
	}
	KIT_CHECK(sessions_until(none_open, &open));
	KIT_CHECK(sessions_until(settled, NULL));
	for (size_t i = 0; i < kit_clinic.count; i++)
		same = same &&
		       (last[i] == 0 ||
			       last[i] == requests_last(kit_clinic.people[i]
								->s->requests));
	return same;
}

void sessions_settle(void)
{
	uint64_t end = ms() + PATIENCE_MS;

	do
		KIT_CHECK(ms() < end && sessions_until(settled, NULL));
	while (!nothing_came());
}

/* ---- events -------------------------------------------------------------- */

struct wanted {
	struct person *p;
	uint16_t type;
};

static bool take(void *ctx)
{
	struct wanted *w = ctx;
	struct person *p = w->p;
	struct events *x = parts_of(p)->events;
	struct buf text;
	int rc;

	while ((rc = events_next(x, &p->last, &text)) == 0) {
		snprintf(p->text, sizeof p->text, "%.*s", (int)text.len,
			text.len > 0 ? (const char *)text.data : "");
		p->last.text = (struct bytes){0};
		buf_wipe(&text);
		KIT_CHECK(events_done(x, p->last.number) == 0);
		KIT_CHECK(p->last.type < PERSON_EVENTS);
		p->event[p->last.type]++;
		if (p->last.type == ROWAN_EVENT_ALARM) {
			p->alarms++;
			p->alarm[p->last.code % PERSON_ALARMS]++;
		}
		if (getenv("TRACE") != NULL)
			fprintf(stderr, "%s: %s %d %s\n", p->name,
				rowan_event_name(p->last.type), p->last.code,
				p->text);
		if (p->last.type == w->type)
			return true;
	}
	KIT_CHECK(rc == ROWAN_E_NOT_FOUND);
	return false;
}

void person_drain(struct person *p)
{
	struct wanted w = {p, 0};

	(void)take(&w);
}

const struct event *person_event(struct person *p, uint16_t type)
{
	struct wanted w = {p, type};

	if (!sessions_until(take, &w)) {
		fprintf(stderr, "%s: no event \"%s\"\n", p->name,
			rowan_event_name(type));
		KIT_CHECK(!"an event");
	}
	return &p->last;
}

struct ending {
	struct person *p;
	uint64_t act;
	int code;
};

static bool ended(void *ctx)
{
	struct ending *e = ctx;
	struct wanted w[2] = {
		{e->p, ROWAN_EVENT_DONE}, {e->p, ROWAN_EVENT_FAILED}};
	struct events *x = parts_of(e->p)->events;
	struct event v;
	struct buf text;

	/* One after the other, whatever they are. */
	while (events_next(x, &v, &text) == 0) {
		buf_wipe(&text);
		w[0].type = v.type;
		(void)take(&w[0]);
		if ((v.type == ROWAN_EVENT_DONE ||
			    v.type == ROWAN_EVENT_FAILED) &&
			v.count == e->act) {
			e->code = v.code;
			return true;
		}
	}
	return false;
}

void person_done(struct person *p, uint64_t act)
{
	struct ending e = {p, act, 0};

	KIT_CHECK(session_step(p->s) == 0);
	KIT_CHECK(sessions_until(ended, &e) && e.code == 0);
}

/* ---- invites ------------------------------------------------------------- */

struct inviting {
	struct person *registrar;
	struct enrolment_offer offer;
	struct id16 id;
	struct writer w;
	int rc;
};

/* "Not now" ends when the daemon has told which key its enrolment port has. */
static bool invited(void *ctx)
{
	struct inviting *i = ctx;

	i->rc = enrolment_invite(
		parts_of(i->registrar)->enrolment, &i->offer, &i->id, &i->w);
	return i->rc != ROWAN_E_AGAIN;
}

struct id16 person_invites(struct person *registrar, const struct id16 *case_id,
	struct person *guest)
{
	struct inviting i = {.registrar = registrar,
		.offer = {.role = WIRE_ROLE_CASEWORKER, .lifetime = 3600}};

	if (case_id != NULL) {
		i.offer.case_id = *case_id;
		i.offer.role = WIRE_ROLE_VICTIM;
	}
	writer_init(&i.w, 1024);
	KIT_CHECK(sessions_until(invited, &i) && i.rc == 0);
	KIT_CHECK(i.w.len < sizeof kit_clinic.invite);
	memcpy(kit_clinic.invite, i.w.data, i.w.len);
	kit_clinic.invite[i.w.len] = '\0';
	KIT_CHECK(enrolment_redeem(
			  parts_of(guest)->enrolment, writer_view(&i.w)) == 0);
	KIT_CHECK(session_step(registrar->s) == 0);
	KIT_CHECK(session_step(guest->s) == 0);
	writer_wipe(&i.w);
	return i.id;
}

void people_compare(struct person *registrar, const struct id16 *invite,
	struct person *guest)
{
	(void)person_event(registrar, ROWAN_EVENT_COMPARE);
	KIT_CHECK(id16_eq(&registrar->last.message, invite));
	(void)person_event(guest, ROWAN_EVENT_COMPARE);
	KIT_CHECK(strlen(guest->text) == 11);
	KIT_CHECK(strcmp(registrar->text, guest->text) == 0);
	KIT_CHECK(enrolment_confirm(
			  parts_of(registrar)->enrolment, invite, true) == 0);
	KIT_CHECK(session_step(registrar->s) == 0);
	(void)person_event(guest, ROWAN_EVENT_ENROLLED);
	(void)person_event(registrar, ROWAN_EVENT_ENROLLED);
	KIT_CHECK(
		id16_eq(&registrar->last.device, &parts_of(guest)->me->device));
	KIT_CHECK(session_connect(guest->s) == 0);
}

/* ---- cases ---- */

struct id16 sessions_case(struct person *coordinator)
{
	struct id16 case_id;
	uint64_t act;

	KIT_CHECK(acts_open(parts_of(coordinator)->acts, bytes_of("police", 6),
			  20000, &case_id, &act) == 0);
	person_done(coordinator, act);
	return case_id;
}

struct id16 sessions_channel(
	struct person *p, const struct id16 *case_id, uint8_t kind)
{
	const struct case_state *c = follow_case(parts_of(p)->follow, case_id);

	KIT_CHECK(c != NULL && case_channel(c, kind) != NULL);
	return case_channel(c, kind)->channel;
}

void sessions_assign(struct person *coordinator, const struct id16 *channel,
	struct person *who)
{
	const struct acts_assignment a = {
		.channel = *channel, .member = parts_of(who)->me->member};
	uint64_t act;

	KIT_CHECK(acts_assign(parts_of(coordinator)->acts, &a, &act) == 0);
	person_done(coordinator, act);
}

struct knowing {
	struct person *p;
	const struct id16 *device;
};

static bool knows_card(void *ctx)
{
	const struct knowing *k = ctx;
	struct trust_card card;
	struct buf raw = {0};
	int rc = follow_card(parts_of(k->p)->follow, k->device, &card, &raw);

	buf_wipe(&raw);
	return rc == 0;
}

void sessions_victim(struct person *coordinator, struct person *registrar,
	const struct id16 *case_id, struct person *guest)
{
	struct id16 support =
		sessions_channel(coordinator, case_id, WIRE_CHANNEL_SUPPORT);
	struct id16 invite;

	/* The registrar knows by then that they are on the case. */
	sessions_settle();
	invite = person_invites(registrar, case_id, guest);
	people_compare(registrar, &invite, guest);
	/* Only the registrar has heard of the card for certain. */
	KIT_CHECK(sessions_until(knows_card,
		&(struct knowing){coordinator, &parts_of(guest)->me->device}));
	sessions_assign(coordinator, &support, guest);
}
