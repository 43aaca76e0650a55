/*
 * Names and bars: the newest word on something, with its time. See
 * messages.h.
 *
 *	struct { uint64 time; opaque value[]; } Said;
 */
#include <string.h>

#include "session/message/messages_inner.h"

#define TIME_LEN 8

static int said_get(struct messages *x, const struct messages_name *name,
	uint64_t *ret_time, struct buf *ret)
{
	struct buf mem = {0};
	struct reader r;
	int rc = vault_get(
		x->o.vault, VAULT_MESSAGE, messages_key_view(name), 0, &mem);

	*ret_time = 0;
	*ret = (struct buf){0};
	if (rc != 0)
		return rc;
	reader_init(&r, buf_view(&mem));
	rc = messages_damaged(reader_u64(&r, ret_time));
	if (rc == 0)
		rc = buf_copy(ret, bytes_of(r.pos, reader_left(&r)));
	buf_wipe(&mem);
	return rc;
}

static int said_put(struct messages *x, const struct messages_name *name,
	uint64_t time, struct bytes value)
{
	struct writer w;
	int rc;

	writer_init(&w, CONTENT_NAME_MAX + TIME_LEN);
	writer_u64(&w, time);
	writer_raw(&w, value.data, value.len);
	rc = writer_status(&w);
	if (rc == 0)
		rc = vault_put(x->o.vault, VAULT_MESSAGE,
			messages_key_view(name), 0, writer_view(&w));
	writer_wipe(&w);
	return rc;
}

/* Put it, unless what is known is newer. */
static int said(struct messages *x, const struct messages_name *name,
	struct bytes value, struct messages_said s, bool *ret_changed)
{
	struct buf known;
	uint64_t time;
	int rc = said_get(x, name, &time, &known);
	bool has = rc == 0;

	if (rc == ROWAN_E_NOT_FOUND)
		rc = 0;
	*ret_changed = rc == 0 &&
		       (!has || ((s.live || s.time >= time) &&
					!bytes_eq(buf_view(&known), value)));
	buf_wipe(&known);
	if (rc != 0 || !*ret_changed)
		return rc;
	return said_put(x, name, s.time > time ? s.time : time, value);
}

int messages_name_put(struct messages *x, const struct id16 *channel,
	const struct id16 *member, struct bytes name, struct messages_said s,
	bool *ret_changed)
{
	static const struct id16 anywhere;
	struct messages_name key = messages_key('n', channel, member);
	bool changed;
	int rc = said(x, &key, name, s, ret_changed);

	/* As they were called last, wherever that was. */
	key = messages_key('n', &anywhere, member);
	return rc == 0 ? said(x, &key, name, s, &changed) : rc;
}

int messages_name(struct messages *x, const struct id16 *channel,
	const struct id16 *member, struct buf *ret)
{
	struct messages_name key = messages_key('n', channel, member);
	uint64_t time;

	return said_get(x, &key, &time, ret);
}

static int bar_list(struct messages *x, const struct id16 *case_id,
	const struct id16 *member)
{
	struct messages_name list = messages_key('b', case_id, NULL);
	uint64_t n = 0;
	int rc = vault_last(x->o.vault, VAULT_MESSAGE, messages_key_view(&list),
		UINT64_MAX, &n, NULL);

	if (rc != 0 && rc != ROWAN_E_NOT_FOUND)
		return rc;
	return vault_put(x->o.vault, VAULT_MESSAGE, messages_key_view(&list),
		n + 1, id16_view(member));
}

int messages_bar_put(struct messages *x, const struct id16 *case_id,
	const struct content_bar *bar, struct messages_said s,
	bool *ret_changed)
{
	struct messages_name key = messages_key('b', case_id, &bar->member);
	int rc = vault_next(x->o.vault, VAULT_MESSAGE, messages_key_view(&key),
		0, NULL, NULL);
	bool listed = rc == 0;

	*ret_changed = false;
	if (rc != 0 && rc != ROWAN_E_NOT_FOUND)
		return rc;
	/* Nobody is barred who never was. */
	if (!listed && bar->barred == 0)
		return 0;
	rc = said(x, &key, bytes_of(&bar->barred, 1), s, ret_changed);
	if (rc == 0 && !listed)
		rc = bar_list(x, case_id, &bar->member);
	return rc;
}

int messages_barred(struct messages *x, const struct id16 *case_id,
	const struct id16 *member, bool *ret)
{
	struct messages_name key = messages_key('b', case_id, member);
	struct buf value;
	uint64_t time;
	int rc = said_get(x, &key, &time, &value);

	*ret = rc == 0 && value.len == 1 && value.data[0] == 1;
	if (rc == 0 && value.len != 1)
		rc = ROWAN_E_CORRUPT;
	buf_wipe(&value);
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}
