/*
 * Messages: see rowan/message.h. A struct rowan_message is a snapshot whose
 * texts end with a zero byte.
 */
#include <stdlib.h>
#include <string.h>

#include "sdk/draft.h"
#include "session/message/messages_row.h"

struct rowan_message {
	struct messages_row row;
	struct buf text, file, media, kind;
	uint64_t size, from, until;
};

/* ---- writing ---- */

int rowan_send(struct rowan *r, const uint8_t channel[ROWAN_ID_LEN],
	const struct rowan_draft *draft, uint8_t ret[ROWAN_ID_LEN])
{
	const struct session_parts *p;
	struct messages_draft d;
	struct id16 to, id;
	int rc;

	if (r == NULL || channel == NULL || draft == NULL || ret == NULL)
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	d = (struct messages_draft){.text = buf_view(&draft->text),
		.path = draft->path,
		.name = draft->name,
		.media = draft->media,
		.incident = draft->incident,
		.from = draft->from,
		.until = draft->until,
		.kind = draft->kind,
		.hold = draft->hold,
		.lifetime = draft->lifetime,
		.urgent = draft->urgent};
	to = sdk_id(channel);
	rc = messages_write(p->messages, &to, &d, &id);
	if (rc == 0)
		memcpy(ret, id.b, ID16_LEN);
	return sdk_done(r, rc);
}

/* A call on one message. */
static int on_message(struct rowan *r, const uint8_t *message,
	int (*call)(struct messages *x, const struct id16 *message))
{
	const struct session_parts *p;
	struct id16 id;
	int rc;

	if (r == NULL || message == NULL)
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	id = sdk_id(message);
	return sdk_done(r, call(p->messages, &id));
}

int rowan_cancel(struct rowan *r, const uint8_t message[ROWAN_ID_LEN])
{
	return on_message(r, message, messages_cancel);
}

int rowan_mark_read(struct rowan *r, const uint8_t message[ROWAN_ID_LEN])
{
	return on_message(r, message, messages_mark_read);
}

int rowan_forget(struct rowan *r, const uint8_t message[ROWAN_ID_LEN])
{
	return on_message(r, message, messages_forget);
}

int rowan_fetch_cancel(struct rowan *r, const uint8_t message[ROWAN_ID_LEN])
{
	return on_message(r, message, messages_fetch_cancel);
}

int rowan_fetch(
	struct rowan *r, const uint8_t message[ROWAN_ID_LEN], const char *path)
{
	const struct session_parts *p;
	struct id16 id;
	int rc;

	if (r == NULL || message == NULL || path == NULL || *path == '\0')
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	id = sdk_id(message);
	return sdk_done(r, messages_fetch(p->messages, &id, path));
}

int rowan_set_name(
	struct rowan *r, const uint8_t channel[ROWAN_ID_LEN], const char *name)
{
	const struct session_parts *p;
	struct id16 id;
	int rc;

	if (r == NULL || channel == NULL || name == NULL || *name == '\0')
		return ROWAN_E_INVAL;
	if (strlen(name) > ROWAN_NAME_MAX)
		return ROWAN_E_LIMIT;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	id = sdk_id(channel);
	return sdk_done(r, messages_set_name(p->messages, &id,
				   bytes_of(name, strlen(name))));
}

int rowan_set_read_receipts(struct rowan *r, bool on)
{
	const struct session_parts *p;
	int rc;

	if (r == NULL)
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	return rc == 0 ? messages_read_receipts(p->messages, on) : rc;
}

/* ---- bars ---- */

int rowan_bar(struct rowan *r, const uint8_t case_id[ROWAN_ID_LEN],
	const uint8_t member[ROWAN_ID_LEN], bool barred, const char *reason)
{
	struct content_bar bar = {.barred = barred ? 1 : 0};
	const struct session_parts *p;
	struct id16 team;
	int rc;

	if (r == NULL || case_id == NULL || member == NULL)
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	if (rc == 0)
		rc = rowan_channel_of(r, case_id, ROWAN_CHANNEL_TEAM, team.b);
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_REFUSED : rc;
	bar.member = sdk_id(member);
	if (reason != NULL)
		bar.reason = bytes_of(reason, strlen(reason));
	return sdk_done(r, messages_bar(p->messages, &team, &bar));
}

bool rowan_barred(struct rowan *r, const uint8_t case_id[ROWAN_ID_LEN],
	const uint8_t member[ROWAN_ID_LEN])
{
	const struct session_parts *p;
	struct id16 c, m;
	bool barred = false;

	if (r == NULL || case_id == NULL || member == NULL ||
		sdk_carded(r, &p) != 0)
		return false;
	c = sdk_id(case_id);
	m = sdk_id(member);
	return messages_barred(p->messages, &c, &m, &barred) == 0 && barred;
}

/* ---- reading ---- */

size_t rowan_unread(struct rowan *r, const uint8_t *channel)
{
	const struct session_parts *p;
	struct id16 id;

	if (r == NULL || sdk_carded(r, &p) != 0)
		return 0;
	if (channel == NULL)
		return messages_unread(p->messages, NULL);
	id = sdk_id(channel);
	return messages_unread(p->messages, &id);
}

static int text_of(struct buf *ret, struct bytes text)
{
	int rc = buf_alloc(ret, text.len + 1);

	if (rc == 0 && text.len > 0)
		memcpy(ret->data, text.data, text.len);
	return rc;
}

static int fill(struct rowan_message *m)
{
	const struct content *c = &m->row.content;
	struct bytes text = {0}, file = {0}, media = {0}, kind = {0};
	int rc;

	switch (c->type) {
	case CONTENT_TEXT: text = c->u.text; break;
	case CONTENT_NAME: text = c->u.name; break;
	case CONTENT_BAR: text = c->u.bar.reason; break;
	case CONTENT_ATTACHMENT:
		text = c->u.attachment.text;
		file = c->u.attachment.name;
		media = c->u.attachment.media;
		m->size = c->u.attachment.blob.size;
		break;
	case CONTENT_DIARY:
		text = c->u.diary.text;
		kind = c->u.diary.kind;
		m->from = c->u.diary.from;
		m->until = c->u.diary.until;
		break;
	default: break;
	}
	(void)((rc = text_of(&m->text, text)) ||
		(rc = text_of(&m->file, file)) ||
		(rc = text_of(&m->media, media)) ||
		(rc = text_of(&m->kind, kind)));
	return rc;
}

void rowan_message_free(struct rowan_message *m)
{
	if (m == NULL)
		return;
	messages_row_wipe(&m->row);
	buf_wipe(&m->text);
	buf_wipe(&m->file);
	buf_wipe(&m->media);
	buf_wipe(&m->kind);
	free(m);
}

/* Which one: by id, or by channel and place. */
struct wanted {
	const uint8_t *id;
	uint64_t place;
	int (*along)(struct messages *x, const struct id16 *channel,
		uint64_t place, struct messages_row *ret);
};

static int get(
	struct rowan *r, const struct wanted *w, struct rowan_message **ret)
{
	const struct session_parts *p;
	struct rowan_message *m;
	struct id16 id;
	int rc;

	if (ret == NULL)
		return ROWAN_E_INVAL;
	*ret = NULL;
	if (r == NULL || w->id == NULL)
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	m = calloc(1, sizeof *m);
	if (m == NULL)
		return ROWAN_E_NOMEM;
	id = sdk_id(w->id);
	rc = w->along == NULL ? messages_get(p->messages, &id, &m->row)
			      : w->along(p->messages, &id, w->place, &m->row);
	if (rc == 0)
		rc = fill(m);
	if (rc == 0)
		*ret = m;
	else
		rowan_message_free(m);
	return rc;
}

int rowan_message_get(struct rowan *r, const uint8_t id[ROWAN_ID_LEN],
	struct rowan_message **ret)
{
	const struct wanted w = {.id = id};

	return get(r, &w, ret);
}

int rowan_message_next(struct rowan *r, const uint8_t channel[ROWAN_ID_LEN],
	uint64_t after, struct rowan_message **ret)
{
	const struct wanted w = {channel, after, messages_next};

	return get(r, &w, ret);
}

int rowan_message_last(struct rowan *r, const uint8_t channel[ROWAN_ID_LEN],
	uint64_t before, struct rowan_message **ret)
{
	const struct wanted w = {channel, before, messages_last};

	return get(r, &w, ret);
}

/* ---- getters ---- */

/* One getter: the ${expr} of a message m that is there, else ${none}. */
#define GETTER(type, name, expr, none)                                         \
	type name(const struct rowan_message *m)                               \
	{                                                                      \
		return m == NULL ? (none) : (expr);                            \
	}

GETTER(const uint8_t *, rowan_message_id, m->row.content.id.b, NULL)
GETTER(const uint8_t *, rowan_message_case, m->row.case_id.b, NULL)
GETTER(const uint8_t *, rowan_message_channel, m->row.channel.b, NULL)
GETTER(const uint8_t *, rowan_message_member, m->row.member.b, NULL)
GETTER(const uint8_t *, rowan_message_device, m->row.device.b, NULL)
GETTER(const uint8_t *, rowan_message_author, m->row.author.b, NULL)
GETTER(const uint8_t *, rowan_message_author_device, m->row.author_device.b,
	NULL)
GETTER(uint64_t, rowan_message_place, m->row.place, 0)
GETTER(unsigned, rowan_message_type, messages_row_type(&m->row), 0)
GETTER(unsigned, rowan_message_original, m->row.content.type, 0)
GETTER(enum rowan_message_state, rowan_message_state,
	(enum rowan_message_state)m->row.state, (enum rowan_message_state)0)
GETTER(bool, rowan_message_own, (m->row.flags & MESSAGES_OWN) != 0, false)
GETTER(bool, rowan_message_urgent, (m->row.flags & MESSAGES_URGENT) != 0, false)
GETTER(uint64_t, rowan_message_sent, m->row.content.sent, 0)
GETTER(uint64_t, rowan_message_received, m->row.received, 0)
GETTER(uint64_t, rowan_message_held, m->row.held, 0)
GETTER(const char *, rowan_message_text, (const char *)m->text.data, "")
GETTER(size_t, rowan_message_text_len, m->text.len - 1, 0)
GETTER(const char *, rowan_message_file, (const char *)m->file.data, "")
GETTER(const char *, rowan_message_media, (const char *)m->media.data, "")
GETTER(uint64_t, rowan_message_size, m->size, 0)
GETTER(uint64_t, rowan_message_from, m->from, 0)
GETTER(uint64_t, rowan_message_until, m->until, 0)
GETTER(const char *, rowan_message_kind, (const char *)m->kind.data, "")

int rowan_message_disclosure(
	const struct rowan_message *m, struct rowan_bytes **ret)
{
	struct buf copy;
	int rc;

	if (m == NULL || ret == NULL)
		return ROWAN_E_INVAL;
	*ret = NULL;
	if (m->row.content.type != CONTENT_CONSENT)
		return ROWAN_E_NOT_FOUND;
	rc = buf_copy(&copy, m->row.content.body);
	return rc == 0 ? sdk_bytes(ret, &copy) : rc;
}
