/*
 * The daemon's next transport key: see session_inner.h.
 *
 *	present key K0 at host:port, next key K1 announced at port p
 *	servers: K0 as they are, K1 at host:p, K1 at host:port
 *
 * K1 counts only when a daemon's card in the clinic's chain binds it: so
 * nobody but the authority names servers. While K0 serves the list stays; when
 * it serves no more the link goes on to K1, where it listens now or where K0
 * did. What belongs to neither the key that serves nor the one announced goes.
 */
#include <string.h>

#include "session/session_inner.h"
#include "wire/op.h"

struct list {
	struct identity_server at[IDENTITY_SERVERS_MAX];
	size_t count;
};

static void add(struct list *l, const struct identity_server *s)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->at[i].endpoint, s->endpoint) == 0 &&
			memcmp(&l->at[i].key, &s->key, sizeof s->key) == 0)
			return;
	if (l->count < IDENTITY_SERVERS_MAX)
		l->at[l->count++] = *s;
}

/* The same host at another port. */
static bool moved(struct identity_server *s, uint16_t port)
{
	char *colon = strrchr(s->endpoint, ':');
	size_t room = colon == NULL ? 0
				    : sizeof s->endpoint -
					      (size_t)(colon - s->endpoint);

	return room >= sizeof ":65535" &&
	       snprintf(colon, room, ":%u", (unsigned)port) > 0;
}

static int make(
	struct session *s, const struct wire_next_key *k, struct list *ret)
{
	const struct identity_server *now = link_server(s->link);
	struct identity_server next;
	struct daemon_cards cards;
	struct wire_key key;
	int rc;

	ret->count = 0;
	add(ret, now);
	for (size_t i = 0; i < s->me.server_count; i++)
		if (memcmp(&s->me.servers[i].key, &now->key, sizeof now->key) ==
			0)
			add(ret, &s->me.servers[i]);
	memcpy(key.b, k->key, sizeof key.b);
	if (k->port == 0 || memcmp(&key, &now->key, sizeof key) == 0)
		return 0;
	rc = session_daemon_cards(s, &key, follow_now(s->parts.follow), &cards);
	if (rc != 0 || !cards.begun)
		return rc;
	/* Room for both, whatever else there is. */
	if (ret->count > IDENTITY_SERVERS_MAX - 2)
		ret->count = IDENTITY_SERVERS_MAX - 2;
	next = *now;
	next.key = key;
	add(ret, &next);
	if (moved(&next, k->port)) {
		add(ret, &next);
		/* Where it is served already comes before where it will be. */
		next = ret->at[ret->count - 1];
		ret->at[ret->count - 1] = ret->at[ret->count - 2];
		ret->at[ret->count - 2] = next;
	}
	return 0;
}

static bool same(const struct session *s, const struct list *l)
{
	if (l->count != s->me.server_count)
		return false;
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->at[i].endpoint, s->me.servers[i].endpoint) != 0 ||
			memcmp(&l->at[i].key, &s->me.servers[i].key,
				sizeof l->at[i].key) != 0)
			return false;
	return true;
}

static int take(struct session *s, const struct list *l)
{
	struct identity_server had[IDENTITY_SERVERS_MAX];
	size_t count = s->me.server_count;
	struct vault *v = s->parts.vault;
	int rc = vault_begin(v);

	if (rc != 0)
		return rc;
	memcpy(had, s->me.servers, sizeof had);
	memset(s->me.servers, 0, sizeof s->me.servers);
	memcpy(s->me.servers, l->at, l->count * sizeof *l->at);
	s->me.server_count = l->count;
	rc = identity_put(v, &s->me);
	if (rc == 0)
		rc = vault_commit(v);
	if (rc != 0) {
		vault_abort(v);
		memcpy(s->me.servers, had, sizeof had);
		s->me.server_count = count;
		return rc;
	}
	return link_servers(s->link, l->at, l->count);
}

static void told(void *ctx, const struct requests_outcome *o)
{
	struct session *s = ctx;
	const struct wire_key *now;
	struct wire_next_key k;
	struct list l;
	bool told;

	if (s->link == NULL || s->state != TRANSPORT_UP)
		return;
	now = &link_server(s->link)->key;
	told = o->rc == 0 && wire_next_key_decode(o->answer, &k) == 0;
	enrolment_served(s->parts.enrolment, now,
		told && k.port != 0 && memcmp(k.key, now, sizeof k.key) == 0
			? ENROLMENT_KEY_NEXT
			: ENROLMENT_KEY_PRESENT);
	/* An older daemon does not know the question. */
	if (!told)
		return;
	memset(&l, 0, sizeof l);
	s->fault = make(s, &k, &l);
	if (s->fault == 0 && !same(s, &l))
		s->fault = take(s, &l);
}

void session_ask_next(struct session *s)
{
	const struct requests_new n = {
		.op = WIRE_OP_NEXT_KEY, .done = told, .ctx = s};

	/* With another transport, or a place that the host names, as told. */
	if (s->link == NULL || s->endpoint != NULL)
		return;
	/* Too much is open: with the next connection. */
	(void)!requests_start(s->requests, &n);
}
