/*
 * The daemon without sockets and threads: connections, and what happens to
 * messages between. See relay_double.h.
 */
#include <stdlib.h>

#include "lib/double_line.h"

void relay_double_hook(struct relay_double *d, double_hook *hook, void *ctx)
{
	d->hook = hook;
	d->hook_ctx = ctx;
}

static void message_free(struct double_message *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->count; i++)
		buf_wipe(&m->frame[i]);
	free(m);
}

static void messages_free(struct double_message *m)
{
	while (m != NULL) {
		struct double_message *next = m->next;

		message_free(m);
		m = next;
	}
}

void double_lines_free(struct relay_double *d)
{
	while (d->lines != NULL) {
		struct double_line *l = d->lines;

		d->lines = l->next;
		messages_free(l->first);
		message_free(l->taken);
		free(l);
	}
	messages_free(d->held);
}

struct double_message *double_message_of(enum double_way way,
	const struct id16 *device, const struct bytes *frames, size_t count)
{
	struct double_message *m = calloc(1, sizeof *m);

	if (m == NULL || count > WIRE_FRAMES_MAX)
		abort();
	m->way = way;
	m->device = *device;
	m->count = count;
	for (size_t i = 0; i < count; i++)
		double_must(buf_copy(&m->frame[i], frames[i]));
	if (count > 0 && wire_header_decode(frames[0], &m->header) != 0)
		memset(&m->header, 0, sizeof m->header);
	return m;
}

static struct double_message *copy_message(const struct double_message *m)
{
	struct bytes frames[WIRE_FRAMES_MAX];

	for (size_t i = 0; i < m->count; i++)
		frames[i] = buf_view(&m->frame[i]);
	return double_message_of(m->way, &m->device, frames, m->count);
}

/* Where it was going; takes it over. */
static void arrive(struct relay_double *d, struct double_message *m)
{
	struct double_line *l = double_line_of(d, &m->device);

	if (m->way == DOUBLE_REQUEST) {
		double_run(d, m);
		message_free(m);
	} else if (l->up) {
		*l->last = m;
		l->last = &m->next;
	} else {
		message_free(m);
	}
}

void double_deliver(struct relay_double *d, struct double_message *m)
{
	enum double_fate fate =
		d->hook != NULL ? d->hook(d->hook_ctx, m) : DOUBLE_PASS;
	struct double_message *copy;

	switch (fate) {
	case DOUBLE_PASS: arrive(d, m); break;
	case DOUBLE_DROP: message_free(m); break;
	case DOUBLE_HOLD:
		*d->held_last = m;
		d->held_last = &m->next;
		break;
	case DOUBLE_TWICE:
		copy = copy_message(m);
		arrive(d, m);
		arrive(d, copy);
		break;
	case DOUBLE_CUT:
		double_line_cut(d, double_line_of(d, &m->device));
		message_free(m);
		break;
	}
}

void relay_double_release(struct relay_double *d)
{
	struct double_message *m = d->held, *next;

	d->held = NULL;
	d->held_last = &d->held;
	for (; m != NULL; m = next) {
		next = m->next;
		m->next = NULL;
		arrive(d, m);
	}
}

void relay_double_say(struct relay_double *d, const struct id16 *device,
	const struct bytes *frames, size_t count)
{
	arrive(d, double_message_of(DOUBLE_ANSWER, device, frames, count));
}

void relay_double_request(struct relay_double *d, const struct id16 *device,
	const struct bytes *frames, size_t count)
{
	arrive(d, double_message_of(DOUBLE_REQUEST, device, frames, count));
}

/* ---- a device's side ---- */

static int line_send(void *ctx, const struct bytes *frames, size_t count)
{
	struct double_line *l = ctx;

	if (!l->up)
		return ROWAN_E_AGAIN;
	double_deliver(l->d,
		double_message_of(DOUBLE_REQUEST, &l->device, frames, count));
	return 0;
}

static int line_recv(void *ctx, struct transport_frames *ret)
{
	struct double_line *l = ctx;
	struct double_message *m = l->first;

	message_free(l->taken);
	l->taken = NULL;
	ret->count = 0;
	if (m == NULL)
		return ROWAN_E_AGAIN;
	l->first = m->next;
	if (l->first == NULL)
		l->last = &l->first;
	m->next = NULL;
	l->taken = m;
	ret->count = m->count;
	for (size_t i = 0; i < m->count; i++)
		ret->frame[i] = buf_view(&m->frame[i]);
	return 0;
}

/* Does the daemon know the key? What ZAP asks the store. */
static bool known(struct double_line *l)
{
	struct store_device device;
	int rc;

	if (l->stranger)
		return true;
	rc = store_device_by_id(l->d->ops.view, &l->device, &device);
	return rc == 0;
}

static enum transport_state line_step(void *ctx, uint64_t now_ms)
{
	struct double_line *l = ctx;

	if (l->up)
		return TRANSPORT_UP;
	if (l->offline)
		return TRANSPORT_TRYING;
	if (!known(l))
		return TRANSPORT_REFUSED;
	l->up = true;
	l->connection++;
	return TRANSPORT_UP;
}

static uint64_t line_wait(void *ctx, uint64_t now_ms)
{
	const struct double_line *l = ctx;

	if (l->first != NULL || (!l->up && !l->offline))
		return 0;
	return UINT64_MAX;
}

static uint64_t line_connection(void *ctx)
{
	const struct double_line *l = ctx;

	return l->connection;
}

struct double_line *double_line_of(
	struct relay_double *d, const struct id16 *device)
{
	struct double_line *l = d->lines;

	while (l != NULL && !id16_eq(&l->device, device))
		l = l->next;
	if (l != NULL)
		return l;
	l = calloc(1, sizeof *l);
	if (l == NULL)
		abort();
	l->d = d;
	l->device = *device;
	l->slot = d->line_count++;
	l->last = &l->first;
	l->transport = (struct transport){
		line_send, line_recv, line_step, line_wait, line_connection, l};
	l->next = d->lines;
	d->lines = l;
	return l;
}

void double_line_cut(struct relay_double *d, struct double_line *l)
{
	struct peer_ref peer = {l->slot, (uint32_t)l->connection};

	if (!l->up)
		return;
	l->up = false;
	subs_drop(&d->ops.subs, &l->device, &peer);
	messages_free(l->first);
	l->first = NULL;
	l->last = &l->first;
}

const struct transport *relay_double_transport(
	struct relay_double *d, const struct id16 *device)
{
	return &double_line_of(d, device)->transport;
}

const struct transport *relay_double_stranger(
	struct relay_double *d, const struct id16 *name, const uint8_t key[32])
{
	struct double_line *l = double_line_of(d, name);

	l->stranger = true;
	memcpy(l->key.b, key, sizeof l->key.b);
	return &l->transport;
}

void relay_double_cut(struct relay_double *d, const struct id16 *device)
{
	for (struct double_line *l = d->lines; l != NULL; l = l->next)
		if (device == NULL || id16_eq(&l->device, device))
			double_line_cut(d, l);
}

void relay_double_offline(
	struct relay_double *d, const struct id16 *device, bool offline)
{
	struct double_line *l = double_line_of(d, device);

	l->offline = offline;
	if (offline)
		double_line_cut(d, l);
}
