/*
 * A stand-in for the SDK behind rowan.h, so that the command line can be
 * tested to the letter: a world in memory, seeded from the JSON file that
 * $ROWAN_DOUBLE names. It encrypts nothing, connects to nothing, and what is
 * sent is sent at once.
 *
 *	{"rights": 15, "agency": "advocacy", "enrolled": true, "now":
 *1768480500, "link": "current", "fail": {"send": -102}, "compare": "12345
 *67890", "refused": -355, "again": 2, "stop_at": 50, "staff": [{"name": "Sam",
 *"agency": "police"}], "cases": [{"agency": "police", "day": 20468, "status":
 *1, "support": [{"from": 0, "text": "...", "ago": 60}, ...], "victim": "Vic"}],
 *"generate": {"cases": 200, "messages": 10000}}
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#include "client/sdk_double.h"
#include "sdk/draft.h"
#include "sdk/list.h"
#include "trust/invite.h"
#include "wire/card.h"

static struct world w;
static int wake = -1;

static void must(bool truth)
{
	if (!truth)
		abort();
}

/* ---- the world --------------------------------------------------------------
 */

/* Ids are the same in every run, and told apart by eye. */
static struct id16 make_id(const char *what, size_t n)
{
	struct id16 id;
	char name[64];

	(void)snprintf(name, sizeof name, "%s %zu", what, n);
	(void)crypto_generichash(id.b, sizeof id.b, (const uint8_t *)name,
		strlen(name), NULL, 0);
	return id;
}

static json_int_t number(const json_t *o, const char *name, json_int_t other)
{
	const json_t *v = json_object_get(o, name);

	return json_is_integer(v) ? json_integer_value(v) : other;
}

static const char *text_of(const json_t *o, const char *name, const char *other)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : other;
}

static void set_member(
	struct list_member *m, size_t n, const json_t *o, uint8_t role)
{
	*m = (struct list_member){.member = make_id("member", n),
		.device = make_id("device", n),
		.role = role,
		.present = true};
	(void)snprintf(m->name, sizeof m->name, "%s", text_of(o, "name", ""));
	(void)snprintf(m->agency, sizeof m->agency, "%s",
		text_of(o, "agency", "advocacy"));
}

struct rowan_message *double_add(
	struct world_channel *c, const struct list_member *from)
{
	struct rowan_message *m;

	c->messages = realloc(
		c->messages, (c->message_count + 1) * sizeof *c->messages);
	must(c->messages != NULL);
	m = calloc(1, sizeof *m);
	must(m != NULL);
	c->messages[c->message_count++] = m;
	m->id = make_id("message", ++w.messages);
	m->case_id = c->case_id;
	m->channel = c->id;
	m->place = c->message_count;
	m->type = ROWAN_MESSAGE_TEXT;
	m->state = ROWAN_STATE_NEW;
	if (from != NULL) {
		m->member = from->member;
		m->device = from->device;
		m->own = id16_eq(&from->member, &w.people[0].member);
	}
	if (m->own)
		m->state = ROWAN_STATE_DELIVERED;
	m->sent = m->received = w.now;
	return m;
}

static void add_messages(struct world_channel *c, const json_t *list)
{
	const json_t *o;
	size_t i;

	json_array_foreach (list, i, o) {
		size_t from = (size_t)number(o, "from", 1);
		struct rowan_message *m = double_add(
			c, from == 99 ? &c->victim
				      : &w.people[from % w.person_count]);

		m->text = strdup(text_of(o, "text", ""));
		m->sent = m->received = w.now - (uint64_t)number(o, "ago", 0);
		m->urgent = json_is_true(json_object_get(o, "urgent"));
		if (json_is_true(json_object_get(o, "seen")) && !m->own)
			m->state = ROWAN_STATE_SEEN;
		if (json_is_true(json_object_get(o, "called")))
			m->type = ROWAN_MESSAGE_NAME;
		if (json_object_get(o, "file") != NULL) {
			m->type = ROWAN_MESSAGE_ATTACHMENT;
			m->file = strdup(text_of(o, "file", ""));
			m->size = (uint64_t)number(o, "size", 3);
		}
		if (json_object_get(o, "happened") != NULL) {
			m->type = ROWAN_MESSAGE_DIARY;
			m->from = (uint64_t)number(o, "happened", 0);
			m->kind = strdup(text_of(o, "kind", "other"));
		}
	}
}

static struct world_case *add_case(const char *agency, uint32_t day)
{
	struct world_case *c;

	must(w.case_count < DOUBLE_CASES_MAX);
	c = &w.cases[w.case_count];
	memset(c, 0, sizeof *c);
	c->info = (struct list_case){.id = make_id("case", ++w.case_count),
		.status = ROWAN_CASE_OPEN,
		.day = day};
	(void)snprintf(c->info.agency, sizeof c->info.agency, "%s", agency);
	for (size_t k = 0; k < 3; k++) {
		struct world_channel *ch = &c->channels[k];

		ch->case_id = c->info.id;
		ch->kind = (uint8_t)(k + 1);
		ch->id = make_id("channel", 3 * w.case_count + k);
		ch->on = true;
	}
	return c;
}

static void seed_case(const json_t *o)
{
	static const char *const kinds[] = {"support", "team", "diary"};
	struct world_case *c = add_case(text_of(o, "agency", "police"),
		(uint32_t)number(o, "day", 20468));
	const json_t *victim = json_object_get(o, "victim");

	c->info.status = (uint8_t)number(o, "status", ROWAN_CASE_OPEN);
	for (size_t k = 0; k < 3; k++) {
		struct world_channel *ch = &c->channels[k];

		if (k != 1 && victim != NULL) {
			json_t *v = json_pack("{s:O}", "name", victim);

			set_member(&ch->victim, 1000 + w.case_count, v,
				ROWAN_ROLE_VICTIM);
			json_decref(v);
			ch->has_victim = true;
			ch->gone = json_is_true(json_object_get(o, "gone"));
		}
		ch->on = !json_is_false(json_object_get(o, kinds[k])) &&
			 strcmp(text_of(o, "left", ""), kinds[k]) != 0;
		add_messages(ch, json_object_get(o, kinds[k]));
	}
}

static void generate(const json_t *o)
{
	size_t cases = (size_t)number(o, "cases", 0);
	size_t messages = (size_t)number(o, "messages", 0);

	for (size_t i = 0; i < cases; i++)
		(void)add_case("police", (uint32_t)(20468 + i % 59));
	for (size_t i = 0; cases > 0 && i < messages; i++) {
		struct rowan_message *m =
			double_add(&w.cases[i % cases].channels[i % 2],
				&w.people[1 % w.person_count]);

		m->text = strdup("A message among many others.");
		if (i % 3 != 0)
			m->state = ROWAN_STATE_SEEN;
	}
}

static void tell(const struct event *e, const char *text)
{
	struct rowan_event *to;

	must(w.event_count < DOUBLE_EVENTS_MAX);
	to = &w.events[w.event_count++];
	*to = (struct rowan_event){.event = *e};
	to->event.number = ++w.numbers;
	to->event.time = w.now;
	if (text != NULL)
		must(buf_copy(&to->text, bytes_of(text, strlen(text) + 1)) ==
			0);
	(void)eventfd_write(wake, 1);
}

static void seed(void)
{
	const char *path = getenv("ROWAN_DOUBLE");
	json_t *root = path != NULL ? json_load_file(path, 0, NULL) : NULL;
	json_t *me = json_pack("{s:s,s:s}", "name", "Alex", "agency",
		text_of(root, "agency", "advocacy"));
	const json_t *o;
	size_t i;

	must(path == NULL || root != NULL);
	w = (struct world){.root = root, .seeded = true, .bar_case = NULL};
	w.now = (uint64_t)number(root, "now", 1768480500);
	w.enrolled = !json_is_false(json_object_get(root, "enrolled"));
	w.rights = (unsigned)number(root, "rights", 15);
	set_member(&w.people[w.person_count++], 0, me, ROWAN_ROLE_CASEWORKER);
	json_decref(me);
	json_array_foreach (json_object_get(root, "staff"), i, o)
		if (w.person_count < DOUBLE_PEOPLE_MAX) {
			set_member(&w.people[w.person_count], i + 1, o,
				ROWAN_ROLE_CASEWORKER);
			w.person_count++;
		}
	json_array_foreach (json_object_get(root, "cases"), i, o) {
		seed_case(o);
	}
	if (number(root, "refused", 0) != 0) {
		const struct event e = {.type = ROWAN_EVENT_FAILED,
			.code = (int)number(root, "refused", 0),
			.case_id = w.cases[0].info.id,
			.count = 77};

		tell(&e, NULL);
	}
	generate(json_object_get(root, "generate"));
}

/* The code a call is told to fail with; 0: none. */
static int told(const char *call)
{
	return (int)number(json_object_get(w.root, "fail"), call, 0);
}

static struct world_channel *find_channel(const uint8_t *id)
{
	for (size_t i = 0; i < w.case_count; i++)
		for (size_t k = 0; k < 3; k++)
			if (memcmp(w.cases[i].channels[k].id.b, id, ID16_LEN) ==
				0)
				return &w.cases[i].channels[k];
	return NULL;
}

static struct world_case *find_case(const uint8_t *id)
{
	for (size_t i = 0; i < w.case_count; i++)
		if (memcmp(w.cases[i].info.id.b, id, ID16_LEN) == 0)
			return &w.cases[i];
	return NULL;
}

/* ---- opening ------------------------------------------------------------ */

static int write_vault(const char *path, const struct rowan_options *o)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return ROWAN_E_EXISTS;
	must(write(fd, o->key.b, sizeof o->key.b) == sizeof o->key.b);
	return close(fd) == 0 ? 0 : ROWAN_E_IO;
}

static int start(const char *path, struct rowan **ret)
{
	struct rowan *r = calloc(1, sizeof *r);

	must(r != NULL);
	if (wake < 0)
		wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (!w.seeded)
		seed();
	r->path = strdup(path);
	*ret = r;
	return 0;
}

int rowan_create(
	const char *path, const struct rowan_options *o, struct rowan **ret)
{
	int rc = write_vault(path, o);

	return rc == 0 ? start(path, ret) : rc;
}

int rowan_open(
	const char *path, const struct rowan_options *o, struct rowan **ret)
{
	uint8_t key[32];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return ROWAN_E_NOT_FOUND;
	n = read(fd, key, sizeof key);
	(void)close(fd);
	if (n != sizeof key)
		return ROWAN_E_CORRUPT;
	if (memcmp(key, o->key.b, sizeof key) != 0)
		return ROWAN_E_CRYPTO;
	return start(path, ret);
}

void rowan_close(struct rowan *r)
{
	if (r != NULL)
		free(r->path);
	free(r);
}

int rowan_wipe(const char *path)
{
	return unlink(path) == 0 ? 0 : ROWAN_E_IO;
}

void rowan_disconnect(struct rowan *r)
{
}

int rowan_connect(struct rowan *r)
{
	w.connected = true;
	return 0;
}

int rowan_fd(const struct rowan *r)
{
	return wake;
}

int rowan_process(struct rowan *r)
{
	eventfd_t n;

	if (w.event_count == 0)
		(void)eventfd_read(wake, &n);
	return told("process");
}

enum rowan_link_state rowan_link(const struct rowan *r)
{
	const char *link = text_of(w.root, "link", "current");

	return strcmp(link, "trying") == 0    ? ROWAN_LINK_TRYING
	       : strcmp(link, "refused") == 0 ? ROWAN_LINK_REFUSED
					      : ROWAN_LINK_CURRENT;
}

uint64_t rowan_now(const struct rowan *r)
{
	return w.now;
}

int rowan_next_event(struct rowan *r, const struct rowan_event **ret)
{
	*ret = NULL;
	if (w.event_count == 0)
		return ROWAN_E_NOT_FOUND;
	*ret = &w.events[0];
	return 0;
}

int rowan_event_done(struct rowan *r, const struct rowan_event *e)
{
	must(e == &w.events[0] && w.event_count > 0);
	buf_wipe(&w.events[0].text);
	memmove(w.events, w.events + 1, --w.event_count * sizeof *w.events);
	return 0;
}

/* ---- enrolling ---------------------------------------------------------- */

int rowan_enrol(struct rowan *r, const char *invite)
{
	struct event e = {.type = ROWAN_EVENT_COMPARE};
	struct invite typed;

	if (strncmp(invite, "ROWAN:", 6) != 0 &&
		invite_read(bytes_of(invite, strlen(invite)), &typed, NULL) !=
			0)
		return ROWAN_E_MALFORMED;
	if (w.enrolled)
		return ROWAN_E_EXISTS;
	tell(&e, text_of(w.root, "compare", "12345 67890"));
	w.enrolled = true; /* the other side confirms at once */
	return told("enrol");
}

void rowan_enrol_cancel(struct rowan *r)
{
}

/* The other side confirms as soon as it is asked about. */
bool rowan_enrolled(const struct rowan *r)
{
	return w.enrolled;
}

int rowan_request(struct rowan *r, enum rowan_role role, const char *agency,
	unsigned rights, struct rowan_bytes **ret)
{
	static const char text[] = "-----BEGIN ROWAN CARD REQUEST-----\nAAAA\n"
				   "-----END ROWAN CARD REQUEST-----\n";
	struct buf b;

	must(buf_copy(&b, bytes_of(text, sizeof text - 1)) == 0);
	return sdk_bytes(ret, &b);
}

int rowan_install(struct rowan *r, const void *answer, size_t len)
{
	int rc = told("install");

	if (rc == 0 && memmem(answer, len, "ROWAN CARD-----", 15) != NULL)
		w.enrolled = true;
	return rc;
}

int rowan_invite(struct rowan *r, const uint8_t *case_id, enum rowan_role role,
	unsigned hours, uint8_t ret_id[ROWAN_ID_LEN], struct rowan_bytes **ret)
{
	static const char text[] =
		"ROWAN:074EA0GZ7HCQD4XGSQN0E921BSXG68J1C1ZSXFEWZCD3JP3QJTTX9WR"
		"J6586Z3NDSKNGMAA8CY3ABH07F810/ENROL.CLINIC.EXAMPLE:7411";
	struct event e = {.type = ROWAN_EVENT_COMPARE};
	struct buf b;
	int rc = told("invite");

	if (rc == 0 && ++w.tries <= (size_t)number(w.root, "again", 0))
		rc = ROWAN_E_AGAIN;
	if (rc != 0)
		return rc;
	e.message = make_id("invite", ++w.invites);
	memcpy(ret_id, e.message.b, ID16_LEN);
	must(buf_copy(&b, bytes_of(text, sizeof text - 1)) == 0);
	w.invite = e.message;
	return sdk_bytes(ret, &b);
}

int rowan_invite_confirm(
	struct rowan *r, const uint8_t id[ROWAN_ID_LEN], bool same)
{
	struct event e = {.type = ROWAN_EVENT_ENROLLED};

	memcpy(e.message.b, id, ID16_LEN);
	if (same)
		tell(&e, NULL);
	return 0;
}

const uint8_t *rowan_self_device(const struct rowan *r)
{
	return w.people[0].device.b;
}

const uint8_t *rowan_self_member(const struct rowan *r)
{
	return w.people[0].member.b;
}

enum rowan_role rowan_self_role(const struct rowan *r)
{
	return ROWAN_ROLE_CASEWORKER;
}

const char *rowan_self_agency(const struct rowan *r)
{
	return w.people[0].agency;
}

unsigned rowan_self_rights(const struct rowan *r)
{
	return w.rights;
}

uint64_t rowan_self_expires(const struct rowan *r)
{
	return w.now + 300 * 86400UL;
}

/* ---- looking ------------------------------------------------------------ */

int rowan_cases(struct rowan *r, struct rowan_list **ret)
{
	*ret = list_new(LIST_CASES);
	for (size_t i = 0; i < w.case_count; i++)
		must(list_add(*ret, &w.cases[i].info) == 0);
	return told("cases");
}

int rowan_channels(struct rowan *r, const uint8_t case_id[ROWAN_ID_LEN],
	struct rowan_list **ret)
{
	struct world_case *c = find_case(case_id);

	*ret = list_new(LIST_CHANNELS);
	for (size_t k = 0; c != NULL && k < 3; k++) {
		struct list_channel row = {.id = c->channels[k].id,
			.kind = c->channels[k].kind,
			.joined = true,
			.generation = 1,
			.epoch = 3};

		if (c->channels[k].on)
			must(list_add(*ret, &row) == 0);
	}
	return 0;
}

int rowan_channel_of(struct rowan *r, const uint8_t case_id[ROWAN_ID_LEN],
	enum rowan_channel_kind kind, uint8_t ret[ROWAN_ID_LEN])
{
	struct world_case *c = find_case(case_id);

	if (c == NULL)
		return ROWAN_E_NOT_FOUND;
	memcpy(ret, c->channels[kind - 1].id.b, ID16_LEN);
	return 0;
}

int rowan_members(struct rowan *r, const uint8_t channel[ROWAN_ID_LEN],
	struct rowan_list **ret)
{
	struct world_channel *c = find_channel(channel);

	*ret = list_new(LIST_MEMBERS);
	for (size_t i = 0; i < w.person_count && i < 3; i++) {
		w.people[i].until = i == 2 ? w.now + 72 * 3600 : 0;
		must(list_add(*ret, &w.people[i]) == 0);
	}
	if (c != NULL && c->has_victim && !c->gone)
		must(list_add(*ret, &c->victim) == 0);
	return 0;
}

int rowan_person(struct rowan *r, const uint8_t channel[ROWAN_ID_LEN],
	const uint8_t member[ROWAN_ID_LEN], struct rowan_list **ret)
{
	struct world_channel *c = find_channel(channel);

	*ret = list_new(LIST_MEMBERS);
	if (c != NULL && c->has_victim &&
		memcmp(c->victim.member.b, member, ID16_LEN) == 0)
		must(list_add(*ret, &c->victim) == 0);
	return 0;
}

int rowan_staff(struct rowan *r, struct rowan_list **ret)
{
	*ret = list_new(LIST_MEMBERS);
	for (size_t i = 0; i < w.person_count; i++)
		must(list_add(*ret, &w.people[i]) == 0);
	return 0;
}

int rowan_victims(struct rowan *r, const uint8_t case_id[ROWAN_ID_LEN],
	struct rowan_list **ret)
{
	struct world_case *c = find_case(case_id);

	*ret = list_new(LIST_MEMBERS);
	if (c != NULL && c->channels[0].has_victim)
		must(list_add(*ret, &c->channels[0].victim) == 0);
	return 0;
}

int rowan_devices(struct rowan *r, const uint8_t member[ROWAN_ID_LEN],
	struct rowan_list **ret)
{
	struct list_device row = {.device = make_id("other device", member[0]),
		.logged = w.now - 86400,
		.expires = w.now + 86400 * 90UL,
		.revoked = w.revoked};

	*ret = list_new(LIST_DEVICES);
	must(list_add(*ret, &row) == 0);
	row.device = make_id("old device", member[0]);
	row.revoked = true;
	must(list_add(*ret, &row) == 0);
	return 0;
}

int rowan_code(struct rowan *r, const uint8_t channel[ROWAN_ID_LEN],
	char ret[ROWAN_CODE_LEN])
{
	(void)snprintf(ret, ROWAN_CODE_LEN, "12345 67890 12345 67890");
	return told("code");
}

int rowan_verified(struct rowan *r, const uint8_t channel[ROWAN_ID_LEN])
{
	for (size_t i = 0; i < w.person_count; i++)
		w.people[i].verified = true;
	return 0;
}

/* ---- acting ------------------------------------------------------------- */

/* Each act stands at once, unless the world says otherwise. */
static int act(const char *call, uint64_t *ret)
{
	struct event e = {.type = ROWAN_EVENT_DONE};
	int rc = told(call);

	*ret = 0;
	if (rc != 0)
		return rc;
	e.count = *ret = ++w.acts;
	if (rowan_link(NULL) == ROWAN_LINK_CURRENT)
		tell(&e, NULL);
	return 0;
}

int rowan_open_case(struct rowan *r, const char *agency, uint32_t day,
	uint8_t ret_case[ROWAN_ID_LEN], uint64_t *ret_act)
{
	int rc = wire_agency_ok(bytes_of(agency, strlen(agency)))
			 ? act("open", ret_act)
			 : ROWAN_E_INVAL;

	if (rc == 0)
		memcpy(ret_case, add_case(agency, day)->info.id.b, ID16_LEN);
	return rc;
}

int rowan_close_case(struct rowan *r, const uint8_t case_id[ROWAN_ID_LEN],
	enum rowan_close_reason reason, uint64_t *ret_act)
{
	int rc = act("close", ret_act);

	if (rc == 0)
		find_case(case_id)->info.status = ROWAN_CASE_CLOSED;
	return rc;
}

int rowan_reopen_case(
	struct rowan *r, const uint8_t case_id[ROWAN_ID_LEN], uint64_t *ret_act)
{
	int rc = act("reopen", ret_act);

	if (rc == 0)
		find_case(case_id)->info.status = ROWAN_CASE_OPEN;
	return rc;
}

int rowan_assign(struct rowan *r, const uint8_t channel[ROWAN_ID_LEN],
	const uint8_t member[ROWAN_ID_LEN], uint64_t from, uint64_t until,
	uint64_t *ret_act)
{
	if (w.bar_case != NULL && memcmp(w.barred.b, member, ID16_LEN) == 0)
		return ROWAN_E_RULE;
	return act("assign", ret_act);
}

int rowan_unassign(struct rowan *r, const uint8_t channel[ROWAN_ID_LEN],
	const uint8_t member[ROWAN_ID_LEN], uint64_t *ret_act)
{
	return act("unassign", ret_act);
}

int rowan_recuse(
	struct rowan *r, const uint8_t case_id[ROWAN_ID_LEN], uint64_t *ret_act)
{
	return act("recuse", ret_act);
}

int rowan_reset(
	struct rowan *r, const uint8_t channel[ROWAN_ID_LEN], uint64_t *ret_act)
{
	return act("reset", ret_act);
}

int rowan_revoke(struct rowan *r, const uint8_t device[ROWAN_ID_LEN],
	enum rowan_revoke_reason reason, const uint8_t *case_id,
	uint64_t *ret_act)
{
	w.revoked = true;
	return act("revoke", ret_act);
}

int rowan_log_card(
	struct rowan *r, const void *text, size_t len, uint64_t *ret_act)
{
	*ret_act = 0;
	if (memmem(text, len, "ROWAN CARD-----", 15) == NULL)
		return ROWAN_E_NOT_FOUND;
	return act("log-card", ret_act);
}

int rowan_put_statement(
	struct rowan *r, const void *text, size_t len, uint64_t *ret_act)
{
	return act("put", ret_act);
}

int rowan_readmit(struct rowan *r)
{
	return told("readmit");
}

int rowan_bar(struct rowan *r, const uint8_t case_id[ROWAN_ID_LEN],
	const uint8_t member[ROWAN_ID_LEN], bool barred, const char *reason)
{
	struct world_case *c = find_case(case_id);
	struct rowan_message *m;

	must(c != NULL);
	w.bar_case = barred ? c : NULL;
	memcpy(w.barred.b, member, ID16_LEN);
	m = double_add(&c->channels[1], &w.people[0]);
	m->type = ROWAN_MESSAGE_BAR;
	m->text = strdup(reason);
	return told("bar");
}

bool rowan_barred(struct rowan *r, const uint8_t case_id[ROWAN_ID_LEN],
	const uint8_t member[ROWAN_ID_LEN])
{
	return w.bar_case != NULL && find_case(case_id) == w.bar_case &&
	       memcmp(w.barred.b, member, ID16_LEN) == 0;
}

struct world *double_world(void)
{
	return &w;
}

struct world_channel *double_channel(const uint8_t *id)
{
	return find_channel(id);
}

int double_told(const char *call)
{
	return told(call);
}

void double_tell(const struct event *e, const char *text)
{
	tell(e, text);
}
