/*
 * Opening, locking, working, events: see rowan.h.
 */
#include <stdlib.h>
#include <string.h>

#include "sdk/handle.h"

/* ---- opening ---- */

static int open_session(struct rowan *r, const struct rowan_options *o,
	int (*how)(struct session **, const struct session_options *))
{
	struct session_options s = {.path = r->path,
		.unlock = {.passphrase = buf_view(&o->passphrase)},
		.proxy = o->proxy,
		.endpoint = o->endpoint};
	int rc;

	if (o->has_key)
		s.unlock.key = &o->key;
	rc = how(&r->session, &s);
	if (rc == 0)
		rc = wake_watch(r->wake, session_fd(r->session));
	if (rc != 0) {
		session_close(r->session);
		r->session = NULL;
		return rc;
	}
	r->due = true;
	wake_set(r->wake, 0);
	return 0;
}

static int make(const char *path, const struct rowan_options *options,
	struct rowan **ret,
	int (*how)(struct session **, const struct session_options *))
{
	struct rowan *r;
	int rc;

	if (ret == NULL)
		return ROWAN_E_INVAL;
	*ret = NULL;
	if (path == NULL || *path == '\0' || options == NULL)
		return ROWAN_E_INVAL;
	r = calloc(1, sizeof *r);
	if (r == NULL)
		return ROWAN_E_NOMEM;
	r->why = ROWAN_E_AGAIN;
	r->path = strdup(path);
	rc = r->path == NULL ? ROWAN_E_NOMEM : wake_new(&r->wake);
	if (rc == 0)
		rc = open_session(r, options, how);
	if (rc != 0) {
		rowan_close(r);
		return rc;
	}
	*ret = r;
	return 0;
}

int rowan_create(const char *path, const struct rowan_options *options,
	struct rowan **ret)
{
	return make(path, options, ret, session_create);
}

int rowan_open(const char *path, const struct rowan_options *options,
	struct rowan **ret)
{
	return make(path, options, ret, session_open);
}

static void wipe_event(struct rowan_event *e)
{
	buf_wipe(&e->text);
	memset(e, 0, sizeof *e);
}

void rowan_lock(struct rowan *r)
{
	if (r == NULL || r->session == NULL)
		return;
	wake_unwatch(r->wake, session_fd(r->session));
	wake_set(r->wake, UINT64_MAX);
	session_close(r->session);
	r->session = NULL;
	wipe_event(&r->event);
	r->given = r->due = false;
	r->why = ROWAN_E_AGAIN;
	r->link_news = 0;
	memset(r->agency, 0, sizeof r->agency);
}

void rowan_close(struct rowan *r)
{
	if (r == NULL)
		return;
	rowan_lock(r);
	wake_free(r->wake);
	free(r->path);
	free(r);
}

int rowan_unlock(struct rowan *r, const struct rowan_options *options)
{
	if (r == NULL || options == NULL)
		return ROWAN_E_INVAL;
	if (r->session != NULL)
		return ROWAN_E_STATE;
	return open_session(r, options, session_open);
}

bool rowan_locked(const struct rowan *r)
{
	return r == NULL || r->session == NULL;
}

int rowan_relock(struct rowan *r, const struct rowan_options *options)
{
	struct vault_unlock unlock = {0};

	if (r == NULL || options == NULL)
		return ROWAN_E_INVAL;
	if (r->session == NULL)
		return ROWAN_E_STATE;
	unlock.passphrase = buf_view(&options->passphrase);
	if (options->has_key)
		unlock.key = &options->key;
	return vault_relock(session_parts(r->session)->vault, &unlock);
}

int rowan_wipe(const char *path)
{
	return path == NULL || *path == '\0' ? ROWAN_E_INVAL
					     : vault_destroy(path);
}

/* ---- working ---- */

const struct session_parts *sdk_parts(struct rowan *r)
{
	return r->session == NULL ? NULL : session_parts(r->session);
}

int sdk_carded(struct rowan *r, const struct session_parts **ret)
{
	*ret = sdk_parts(r);
	return *ret == NULL || (*ret)->follow == NULL ? ROWAN_E_STATE : 0;
}

/* Readable while something is to be done, or an event was not given yet. */
static void set_wake(struct rowan *r)
{
	const struct session_parts *p = sdk_parts(r);
	bool any = p != NULL && !r->given &&
		   (r->link_news != 0 || events_any(p->events));

	wake_set(r->wake, any || r->due ? 0 : UINT64_MAX);
}

int sdk_done(struct rowan *r, int rc)
{
	if (rc == 0) {
		r->due = true;
		wake_set(r->wake, 0);
	}
	return rc;
}

int rowan_connect(struct rowan *r)
{
	if (r == NULL)
		return ROWAN_E_INVAL;
	if (r->session == NULL)
		return ROWAN_E_STATE;
	return sdk_done(r, session_connect(r->session));
}

void rowan_disconnect(struct rowan *r)
{
	if (r == NULL || r->session == NULL)
		return;
	session_disconnect(r->session);
	(void)!sdk_done(r, 0);
}

int rowan_fd(const struct rowan *r)
{
	return r == NULL ? -1 : wake_fd(r->wake);
}

enum rowan_link_state rowan_link(const struct rowan *r)
{
	if (r == NULL || r->session == NULL)
		return ROWAN_LINK_DOWN;
	switch (session_link(r->session)) {
	case SESSION_DOWN: return ROWAN_LINK_DOWN;
	case SESSION_TRYING: return ROWAN_LINK_TRYING;
	case SESSION_UP: return ROWAN_LINK_UP;
	case SESSION_CURRENT: return ROWAN_LINK_CURRENT;
	case SESSION_REFUSED: return ROWAN_LINK_REFUSED;
	}
	return ROWAN_LINK_DOWN;
}

uint64_t rowan_now(const struct rowan *r)
{
	return r == NULL || r->session == NULL ? 0 : session_now(r->session);
}

/* Why there is no connection; 0: there is one. */
static int why_not(const struct rowan *r)
{
	enum rowan_link_state state = rowan_link(r);
	int code = session_refuses(r->session);

	if (state == ROWAN_LINK_UP || state == ROWAN_LINK_CURRENT)
		return 0;
	if (state == ROWAN_LINK_REFUSED)
		return ROWAN_E_REFUSED;
	return state == ROWAN_LINK_DOWN || code == 0 ? ROWAN_E_AGAIN : code;
}

/* A new state of the connection takes the place of one not told yet. */
static void look_at_link(struct rowan *r)
{
	int why = why_not(r);

	if (why == r->why)
		return;
	r->link_news = why == 0 ? ROWAN_EVENT_ONLINE : ROWAN_EVENT_OFFLINE;
	/* That it begins to try is no news. */
	if (why == ROWAN_E_AGAIN && r->why != 0)
		r->link_news = 0;
	r->link_code = why;
	r->why = why;
}

int rowan_process(struct rowan *r)
{
	int rc;

	if (r == NULL)
		return ROWAN_E_INVAL;
	if (r->session == NULL)
		return ROWAN_E_STATE;
	r->due = false;
	rc = session_step(r->session);
	look_at_link(r);
	set_wake(r);
	return rc;
}

/* ---- events ---- */

static int give_link(struct rowan *r)
{
	wipe_event(&r->event);
	r->event.event.type = (uint16_t)r->link_news;
	r->event.event.code = r->link_code;
	r->event.event.time = session_now(r->session);
	r->link_news = 0;
	return 0;
}

static int give_kept(struct rowan *r)
{
	const struct session_parts *p = sdk_parts(r);
	struct buf text = {0}, copy = {0};
	struct event e;
	int rc = events_next(p->events, &e, &text);

	if (rc != 0)
		return rc;
	rc = buf_alloc(&copy, text.len + 1);
	if (rc == 0) {
		wipe_event(&r->event);
		if (text.len > 0)
			memcpy(copy.data, text.data, text.len);
		e.text = bytes_of(copy.data, text.len);
		r->event = (struct rowan_event){e, copy, true};
	}
	buf_wipe(&text);
	return rc;
}

int rowan_next_event(struct rowan *r, const struct rowan_event **ret)
{
	int rc = 0;

	if (r == NULL || ret == NULL)
		return ROWAN_E_INVAL;
	*ret = NULL;
	if (r->session == NULL)
		return ROWAN_E_STATE;
	if (!r->given)
		rc = r->link_news != 0 ? give_link(r) : give_kept(r);
	if (rc == 0) {
		r->given = true;
		*ret = &r->event;
	}
	/* Given, or there is none. */
	if (rc == 0 || rc == ROWAN_E_NOT_FOUND)
		set_wake(r);
	return rc;
}

int rowan_event_done(struct rowan *r, const struct rowan_event *event)
{
	int rc = 0;

	if (r == NULL || event == NULL)
		return ROWAN_E_INVAL;
	if (r->session == NULL)
		return ROWAN_E_STATE;
	if (event != &r->event || !r->given)
		return ROWAN_E_INVAL;
	if (r->event.kept)
		rc = events_done(sdk_parts(r)->events, r->event.event.number);
	if (rc != 0)
		return rc;
	wipe_event(&r->event);
	r->given = false;
	set_wake(r);
	return 0;
}
