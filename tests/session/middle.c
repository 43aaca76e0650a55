/*
 * In the middle between sessions and daemon: see middle.h.
 *
 * Takes the place of link_new, link_free and link_transport when linked with
 * --wrap: the transport that a session is given is this one, around the
 * link's own.
 */
#include <stdlib.h>

#include "session/link/link.h"
#include "session/middle.h"

#define LINES  (2 * PEOPLE_MAX)
#define ASKED  256
#define OWN_ID (UINT64_C(1) << 62)

struct asked {
	uint64_t id;
	uint16_t op;
};

struct line {
	struct link *link; /* NULL: free */
	struct key32 secret;
	const struct transport *real;
	struct transport transport;
	uint64_t connection;
	uint64_t subscription; /* the id of its request: pushes carry it */
	enum transport_state state;
	struct asked asked[ASKED];
	size_t asked_count;
	struct middle_message *first, **last; /* for the session to take */
	struct middle_message *lent;
};

static struct line lines[LINES];
static middle_hook *hook;
static void *hook_ctx;
static struct middle_message *held, **held_last = &held;

/* The answer that middle_ask waits for. */
static struct {
	uint64_t id;
	bool done;
	struct wire_error error;
	struct buf body;
} own;

int __real_link_new(struct link **ret, const struct link_options *options);
void __real_link_free(struct link *l);
const struct transport *__real_link_transport(struct link *l);
int __wrap_link_new(struct link **ret, const struct link_options *options);
void __wrap_link_free(struct link *l);
const struct transport *__wrap_link_transport(struct link *l);

/* ---- messages ------------------------------------------------------------ */

static void message_free(struct middle_message *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->count; i++)
		buf_wipe(&m->frame[i]);
	free(m);
}

static struct middle_message *message_of(
	struct line *l, const struct bytes *frames, size_t count)
{
	struct middle_message *m = calloc(1, sizeof *m);

	KIT_CHECK(m != NULL && count <= WIRE_FRAMES_MAX);
	m->line = l;
	m->count = count;
	for (size_t i = 0; i < count; i++)
		KIT_CHECK(buf_copy(&m->frame[i], frames[i]) == 0);
	if (count > 0)
		(void)!wire_header_decode(frames[0], &m->header);
	for (size_t i = 0; i < kit_clinic.count; i++) {
		struct person *p = kit_clinic.people[i];

		if (p->s != NULL &&
			memcmp(parts_of(p)->me->transport_secret.b, l->secret.b,
				sizeof l->secret.b) == 0)
			m->person = p;
	}
	return m;
}

static struct middle_message *again(const struct middle_message *m)
{
	struct middle_message *n = calloc(1, sizeof *n);

	KIT_CHECK(n != NULL);
	*n = *m;
	n->next = NULL;
	for (size_t i = 0; i < m->count; i++) {
		n->frame[i] = (struct buf){0};
		KIT_CHECK(buf_copy(&n->frame[i], buf_view(&m->frame[i])) == 0);
	}
	return n;
}

bool middle_view(struct middle_message *m, struct wire_message *ret)
{
	static struct bytes frames[WIRE_FRAMES_MAX];

	for (size_t i = 0; i < m->count; i++)
		frames[i] = buf_view(&m->frame[i]);
	return wire_message_assemble(frames, m->count, ret) == 0;
}

void middle_body(struct middle_message *m, struct writer *w)
{
	KIT_CHECK(writer_status(w) == 0 && m->count > 1);
	KIT_CHECK(buf_set(&m->frame[1], writer_view(w)) == 0);
	writer_wipe(w);
}

/* ---- what is asked ------------------------------------------------------- */

static void ask(struct line *l, uint64_t id, uint16_t op)
{
	if (id == 0)
		return;
	for (size_t i = 0; i < l->asked_count; i++)
		if (l->asked[i].id == id)
			return;
	KIT_CHECK(l->asked_count < ASKED);
	l->asked[l->asked_count++] = (struct asked){id, op};
}

static uint16_t answered(struct line *l, uint64_t id)
{
	for (size_t i = 0; i < l->asked_count; i++)
		if (l->asked[i].id == id) {
			uint16_t op = l->asked[i].op;

			l->asked[i] = l->asked[--l->asked_count];
			return op;
		}
	return 0;
}

unsigned middle_unanswered(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < LINES; i++)
		if (lines[i].link != NULL)
			n += (unsigned)lines[i].asked_count;
	return n;
}

unsigned middle_trying(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < LINES; i++)
		n += lines[i].link != NULL &&
		     lines[i].state == TRANSPORT_TRYING;
	return n;
}

/* ---- the transport ------------------------------------------------------- */

static int pass(struct line *l, const struct middle_message *m)
{
	struct bytes frames[WIRE_FRAMES_MAX];

	for (size_t i = 0; i < m->count; i++)
		frames[i] = buf_view(&m->frame[i]);
	return l->real->send(l->real->ctx, frames, m->count);
}

static void hold(struct middle_message *m)
{
	*held_last = m;
	held_last = &m->next;
}

static int line_send(void *ctx, const struct bytes *frames, size_t count)
{
	struct line *l = ctx;
	struct middle_message *m;
	enum middle_fate fate = MIDDLE_PASS;
	int rc = 0;

	if (l->state != TRANSPORT_UP)
		return ROWAN_E_AGAIN;
	m = message_of(l, frames, count);
	m->way = MIDDLE_REQUEST;
	m->op = m->header.op;
	if (hook != NULL)
		fate = hook(hook_ctx, m);
	if (fate == MIDDLE_PASS || fate == MIDDLE_TWICE)
		rc = pass(l, m);
	if (rc == 0 && fate == MIDDLE_TWICE)
		rc = pass(l, m);
	if (rc == 0 && fate != MIDDLE_DROP)
		ask(l, m->header.id, m->header.op);
	if (m->op == WIRE_OP_SUBSCRIBE)
		l->subscription = m->header.id;
	if (fate == MIDDLE_HOLD)
		hold(m);
	else
		message_free(m);
	return rc;
}

static void put(struct line *l, struct middle_message *m)
{
	m->next = NULL;
	*l->last = m;
	l->last = &m->next;
}

/* True: it was the answer to a question of our own. */
static bool is_own(struct middle_message *m)
{
	struct wire_message w;

	if (own.id == 0 || m->header.id != own.id)
		return false;
	own.error = (struct wire_error){0};
	if (m->header.op == WIRE_OP_ERROR)
		KIT_CHECK(middle_view(m, &w) &&
			  wire_error_decode(&w, &own.error) == 0);
	KIT_CHECK(m->count > 1 &&
		  buf_set(&own.body, buf_view(&m->frame[1])) == 0);
	own.done = true;
	return true;
}

/* Everything that the daemon has sent, through the hook. */
static void take_in(struct line *l)
{
	struct transport_frames f;

	while (l->real->recv(l->real->ctx, &f) == 0) {
		struct middle_message *m = message_of(l, f.frame, f.count);
		enum middle_fate fate = MIDDLE_PASS;
		const uint16_t op = m->header.op;

		m->way = (op & WIRE_ANSWER) != 0 ? MIDDLE_ANSWER : MIDDLE_PUSH;
		m->op = m->way == MIDDLE_ANSWER ? answered(l, m->header.id)
						: op;
		if (is_own(m)) {
			message_free(m);
			continue;
		}
		if (hook != NULL)
			fate = hook(hook_ctx, m);
		if (fate == MIDDLE_TWICE)
			put(l, again(m));
		if (fate == MIDDLE_DROP)
			message_free(m);
		else if (fate == MIDDLE_HOLD)
			hold(m);
		else
			put(l, m);
	}
}

static void unlend(struct line *l)
{
	message_free(l->lent);
	l->lent = NULL;
}

static int line_recv(void *ctx, struct transport_frames *ret)
{
	struct line *l = ctx;
	struct middle_message *m;

	unlend(l);
	take_in(l);
	m = l->first;
	if (m == NULL)
		return ROWAN_E_AGAIN;
	l->first = m->next;
	if (l->first == NULL)
		l->last = &l->first;
	l->lent = m;
	ret->count = m->count;
	for (size_t i = 0; i < m->count; i++)
		ret->frame[i] = buf_view(&m->frame[i]);
	return 0;
}

static void drop_all(struct line *l)
{
	while (l->first != NULL) {
		struct middle_message *m = l->first;

		l->first = m->next;
		message_free(m);
	}
	l->last = &l->first;
	l->asked_count = 0;
}

static enum transport_state line_step(void *ctx, uint64_t now_ms)
{
	struct line *l = ctx;

	l->state = l->real->step(l->real->ctx, now_ms);
	/* What was on its way in the old connection is lost. */
	if (l->real->connection(l->real->ctx) != l->connection) {
		l->connection = l->real->connection(l->real->ctx);
		drop_all(l);
	}
	if (l->state != TRANSPORT_UP)
		l->asked_count = 0;
	return l->state;
}

static uint64_t line_wait(void *ctx, uint64_t now_ms)
{
	struct line *l = ctx;

	return l->first != NULL ? 0 : l->real->wait(l->real->ctx, now_ms);
}

static uint64_t line_connection(void *ctx)
{
	return ((struct line *)ctx)->connection;
}

/* ---- in the place of the link -------------------------------------------- */

static struct line *line_of(const struct link *link)
{
	for (size_t i = 0; i < LINES; i++)
		if (lines[i].link == link)
			return &lines[i];
	return NULL;
}

int __wrap_link_new(struct link **ret, const struct link_options *options)
{
	int rc = __real_link_new(ret, options);
	struct line *l;

	if (rc != 0)
		return rc;
	l = line_of(NULL);
	KIT_CHECK(l != NULL);
	memset(l, 0, sizeof *l);
	l->link = *ret;
	l->secret = *options->secret;
	l->real = __real_link_transport(*ret);
	l->last = &l->first;
	l->transport = (struct transport){
		line_send, line_recv, line_step, line_wait, line_connection, l};
	return 0;
}

static void unhold(const struct line *l)
{
	for (struct middle_message **m = &held; *m != NULL;) {
		struct middle_message *gone = *m;

		if (gone->line != l) {
			m = &gone->next;
			continue;
		}
		*m = gone->next;
		message_free(gone);
	}
	held_last = &held;
	while (*held_last != NULL)
		held_last = &(*held_last)->next;
}

void __wrap_link_free(struct link *link)
{
	struct line *l = link != NULL ? line_of(link) : NULL;

	if (l != NULL) {
		unhold(l);
		unlend(l);
		drop_all(l);
		memset(l, 0, sizeof *l);
	}
	__real_link_free(link);
}

const struct transport *__wrap_link_transport(struct link *link)
{
	struct line *l = line_of(link);

	return l != NULL ? &l->transport : __real_link_transport(link);
}

/* ---- for tests ----------------------------------------------------------- */

void middle_set(middle_hook *h, void *ctx)
{
	hook = h;
	hook_ctx = ctx;
}

void middle_release(void)
{
	struct middle_message *m = held, *next;

	held = NULL;
	held_last = &held;
	for (; m != NULL; m = next) {
		struct line *l = m->line;

		next = m->next;
		m->next = NULL;
		if (m->way == MIDDLE_REQUEST) {
			KIT_CHECK(pass(l, m) == 0);
			message_free(m);
		} else {
			put(l, m);
		}
	}
	for (size_t i = 0; i < kit_clinic.count; i++)
		KIT_CHECK(session_step(kit_clinic.people[i]->s) == 0);
}

/* The main line of a person: it is up. */
static struct line *main_line(struct person *p)
{
	for (size_t i = 0; i < LINES; i++)
		if (lines[i].link != NULL && lines[i].state == TRANSPORT_UP &&
			memcmp(lines[i].secret.b,
				parts_of(p)->me->transport_secret.b,
				sizeof lines[i].secret.b) == 0)
			return &lines[i];
	KIT_CHECK(!"a line that is up");
	return NULL;
}

static size_t frames_of(uint16_t op, uint64_t id, const struct writer *w,
	uint8_t head[WIRE_HEADER_LEN], struct bytes *ret)
{
	const struct wire_header h = {WIRE_VERSION_HIGH, op, id};

	KIT_CHECK(writer_status(w) == 0);
	wire_header_encode(&h, head);
	ret[0] = bytes_of(head, WIRE_HEADER_LEN);
	ret[1] = writer_view(w);
	return 2;
}

void middle_say(struct person *p, uint16_t op, struct writer *w,
	const struct bytes *frame)
{
	struct line *l = main_line(p);
	struct bytes frames[3];
	uint8_t head[WIRE_HEADER_LEN];
	size_t n = frames_of(op, l->subscription, w, head, frames);

	if (frame != NULL)
		frames[n++] = *frame;
	put(l, message_of(l, frames, n));
	writer_wipe(w);
	KIT_CHECK(session_step(p->s) == 0);
}

void middle_reply(const struct middle_message *m, struct writer *w)
{
	struct line *l = m->line;
	struct bytes frames[2];
	uint8_t head[WIRE_HEADER_LEN];
	size_t n =
		frames_of(m->op | WIRE_ANSWER, m->header.id, w, head, frames);

	put(l, message_of(l, frames, n));
	writer_wipe(w);
}

struct wire_message middle_answer(uint16_t op)
{
	return (struct wire_message){
		.header = {WIRE_VERSION_HIGH, op | WIRE_ANSWER, 1},
		.body = buf_view(&own.body)};
}

static bool own_done(void *ctx)
{
	return own.done;
}

struct wire_error middle_ask(struct person *p, uint16_t op, struct writer *w,
	const struct bytes *frames, size_t count)
{
	static uint64_t next = OWN_ID;
	struct line *l = main_line(p);
	struct bytes all[WIRE_FRAMES_MAX];
	uint8_t head[WIRE_HEADER_LEN];
	size_t n;

	own.id = ++next;
	own.done = false;
	n = frames_of(op, own.id, w, head, all);
	for (size_t i = 0; i < count; i++)
		all[n++] = frames[i];
	KIT_CHECK(l->real->send(l->real->ctx, all, n) == 0);
	ask(l, own.id, op);
	KIT_CHECK(sessions_until(own_done, NULL));
	own.id = 0;
	writer_wipe(w);
	return own.error;
}
