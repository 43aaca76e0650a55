/*
 * The stand-in's messages: see sdk_double.c. A file that is attached is
 * remembered by its path and fetched by copying; the victim answers what ends
 * with a question mark.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/sdk_double.h"
#include "sdk/draft.h"

static struct rowan_message *find(const uint8_t *id, struct world_channel **ret)
{
	struct world *w = double_world();

	for (size_t i = 0; i < w->case_count; i++)
		for (size_t k = 0; k < 3; k++) {
			struct world_channel *c = &w->cases[i].channels[k];

			for (size_t n = 0; n < c->message_count; n++)
				if (memcmp(c->messages[n]->id.b, id,
					    ID16_LEN) == 0) {
					*ret = c;
					return c->messages[n];
				}
		}
	return NULL;
}

static struct rowan_message *copy(const struct rowan_message *m)
{
	struct rowan_message *ret = malloc(sizeof *ret);

	if (ret == NULL)
		abort();
	*ret = *m;
	return ret;
}

static struct event about(const struct rowan_message *m, uint16_t type)
{
	return (struct event){.type = type,
		.case_id = m->case_id,
		.channel = m->channel,
		.member = m->member,
		.message = m->id};
}

static void reply(struct world_channel *c, const char *text)
{
	struct rowan_message *m = double_add(c, &c->victim);
	struct event e = about(m, ROWAN_EVENT_MESSAGE);
	char words[256];

	(void)snprintf(words, sizeof words, "You asked: %.200s", text);
	m->text = strdup(words);
	double_tell(&e, NULL);
}

int rowan_send(struct rowan *r, const uint8_t channel[ROWAN_ID_LEN],
	const struct rowan_draft *d, uint8_t ret[ROWAN_ID_LEN])
{
	struct world *w = double_world();
	struct world_channel *c = double_channel(channel);
	struct rowan_message *m;
	struct stat st;
	struct event e;
	int rc = double_told("send");

	if (rc != 0)
		return rc;
	if (c == NULL)
		return ROWAN_E_REFUSED;
	if (d->path != NULL && stat(d->path, &st) != 0)
		return ROWAN_E_IO;
	m = double_add(c, &w->people[0]);
	m->text = d->text.data != NULL
			  ? strndup((const char *)d->text.data, d->text.len)
			  : strdup("");
	m->urgent = d->urgent;
	m->held = d->hold;
	m->state = ROWAN_STATE_WAITING;
	if (d->path != NULL) {
		m->type = ROWAN_MESSAGE_ATTACHMENT;
		m->file = strdup(d->name);
		m->path = strdup(d->path);
		m->size = (uint64_t)st.st_size;
	}
	if (d->incident) {
		m->type = ROWAN_MESSAGE_DIARY;
		m->from = d->from;
		m->kind = strdup(d->kind != NULL ? d->kind : "");
	}
	memcpy(ret, m->id.b, ROWAN_ID_LEN);
	if (rowan_link(r) != ROWAN_LINK_CURRENT)
		return 0;
	m->state = ROWAN_STATE_SENT;
	e = about(m, ROWAN_EVENT_SENT);
	double_tell(&e, NULL);
	if (m->text[0] != '\0' && m->text[strlen(m->text) - 1] == '?')
		reply(c, m->text);
	return 0;
}

int rowan_cancel(struct rowan *r, const uint8_t message[ROWAN_ID_LEN])
{
	return ROWAN_E_STATE;
}

int rowan_set_name(
	struct rowan *r, const uint8_t channel[ROWAN_ID_LEN], const char *name)
{
	struct list_member *me = &double_world()->people[0];

	(void)snprintf(me->name, sizeof me->name, "%s", name);
	return 0;
}

int rowan_set_read_receipts(struct rowan *r, bool on)
{
	return 0;
}

void rowan_message_free(struct rowan_message *m)
{
	free(m);
}

int rowan_message_get(struct rowan *r, const uint8_t id[ROWAN_ID_LEN],
	struct rowan_message **ret)
{
	struct world_channel *c;
	struct rowan_message *m = find(id, &c);

	*ret = m != NULL ? copy(m) : NULL;
	return m != NULL ? 0 : ROWAN_E_NOT_FOUND;
}

int rowan_message_next(struct rowan *r, const uint8_t channel[ROWAN_ID_LEN],
	uint64_t after, struct rowan_message **ret)
{
	struct world_channel *c = double_channel(channel);

	*ret = NULL;
	if (c == NULL || after >= c->message_count)
		return ROWAN_E_NOT_FOUND;
	*ret = copy(c->messages[after]);
	return 0;
}

int rowan_message_last(struct rowan *r, const uint8_t channel[ROWAN_ID_LEN],
	uint64_t before, struct rowan_message **ret)
{
	struct world_channel *c = double_channel(channel);
	size_t n = c == NULL ? 0 : c->message_count;

	*ret = NULL;
	if (before != 0 && before <= n)
		n = before - 1;
	if (n == 0)
		return ROWAN_E_NOT_FOUND;
	*ret = copy(c->messages[n - 1]);
	return 0;
}

#define GETTER(type, name, expr)                                               \
	type name(const struct rowan_message *m)                               \
	{                                                                      \
		return expr;                                                   \
	}

static const char *or_empty(const char *s)
{
	return s != NULL ? s : "";
}

GETTER(const uint8_t *, rowan_message_id, m->id.b)
GETTER(const uint8_t *, rowan_message_case, m->case_id.b)
GETTER(const uint8_t *, rowan_message_channel, m->channel.b)
GETTER(const uint8_t *, rowan_message_member, m->member.b)
GETTER(const uint8_t *, rowan_message_device, m->device.b)
GETTER(uint64_t, rowan_message_place, m->place)
GETTER(unsigned, rowan_message_type, m->type)
GETTER(enum rowan_message_state, rowan_message_state, m->state)
GETTER(bool, rowan_message_own, m->own)
GETTER(bool, rowan_message_urgent, m->urgent)
GETTER(uint64_t, rowan_message_sent, m->sent)
GETTER(uint64_t, rowan_message_received, m->received)
GETTER(uint64_t, rowan_message_held, m->held)
GETTER(const char *, rowan_message_text, or_empty(m->text))
GETTER(size_t, rowan_message_text_len, strlen(or_empty(m->text)))
GETTER(const char *, rowan_message_file, or_empty(m->file))
GETTER(const char *, rowan_message_media, "")
GETTER(uint64_t, rowan_message_size, m->size)
GETTER(uint64_t, rowan_message_from, m->from)
GETTER(uint64_t, rowan_message_until, m->until)
GETTER(const char *, rowan_message_kind, or_empty(m->kind))

size_t rowan_unread(struct rowan *r, const uint8_t *channel)
{
	struct world *w = double_world();
	size_t sum = 0;

	for (size_t i = 0; i < w->case_count; i++)
		for (size_t k = 0; k < 3; k++) {
			struct world_channel *c = &w->cases[i].channels[k];

			if (channel != NULL &&
				memcmp(c->id.b, channel, ID16_LEN) != 0)
				continue;
			for (size_t n = 0; n < c->message_count; n++)
				sum += c->messages[n]->state == ROWAN_STATE_NEW;
		}
	return sum;
}

int rowan_mark_read(struct rowan *r, const uint8_t message[ROWAN_ID_LEN])
{
	struct world_channel *c;
	struct rowan_message *m = find(message, &c);

	if (m == NULL)
		return ROWAN_E_NOT_FOUND;
	m->state = ROWAN_STATE_SEEN;
	return 0;
}

int rowan_forget(struct rowan *r, const uint8_t message[ROWAN_ID_LEN])
{
	return 0;
}

int rowan_receipt(struct rowan *r, const uint8_t message[ROWAN_ID_LEN],
	struct rowan_bytes **ret)
{
	*ret = NULL;
	return ROWAN_E_AGAIN;
}

int rowan_fetch(
	struct rowan *r, const uint8_t message[ROWAN_ID_LEN], const char *path)
{
	struct world_channel *c;
	struct rowan_message *m = find(message, &c);
	struct event e;
	int fd;

	if (m == NULL || m->type != ROWAN_MESSAGE_ATTACHMENT)
		return ROWAN_E_NOT_FOUND;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == EEXIST ? ROWAN_E_EXISTS : ROWAN_E_IO;
	if (write(fd, "abc", 3) != 3)
		abort();
	(void)close(fd);
	e = about(m, ROWAN_EVENT_PROGRESS);
	e.total = m->size;
	for (e.count = 0; e.count <= e.total; e.count += e.total / 2 + 1)
		double_tell(&e, NULL);
	/* One that never comes to its end. */
	e.count = (uint64_t)json_integer_value(
		json_object_get(double_world()->root, "stop_at"));
	if (e.count > 0) {
		e.total = 100;
		double_tell(&e, NULL);
		return 0;
	}
	e = about(m, ROWAN_EVENT_FETCHED);
	e.code = double_told("fetched");
	if (e.code != 0)
		e.type = ROWAN_EVENT_FETCH_FAILED;
	double_tell(&e, NULL);
	return 0;
}

int rowan_fetch_cancel(struct rowan *r, const uint8_t message[ROWAN_ID_LEN])
{
	return 0;
}

int rowan_history_export(struct rowan *r, const char *path,
	const uint8_t *channel, const void *passphrase, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd >= 0 && close(fd) == 0 ? 0 : ROWAN_E_EXISTS;
}

int rowan_history_import(struct rowan *r, const char *path,
	const void *passphrase, size_t len, uint64_t *ret)
{
	*ret = 2;
	return access(path, R_OK) == 0 ? 0 : ROWAN_E_NOT_FOUND;
}

int rowan_hand_over(struct rowan *r, const uint8_t *messages, size_t count)
{
	return double_told("hand-over");
}
