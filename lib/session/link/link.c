/*
 * The connection to the daemon: see link.h. When to connect, and to whom.
 *
 * Each attempt has a socket of its own. A lost one stays until the next
 * attempt, so that what had come before the end can still be read.
 */
#include <string.h>

#include <sodium.h>

#include "session/link/link.h"
#include "session/link/link_socket.h"

#define NEVER	   UINT64_MAX
#define NEWS_TURNS 64 /* in one step */
#define PROXY_MAX  255

struct link {
	struct transport transport;
	struct key32 secret;
	uint8_t public[KEY32_LEN];
	struct identity_server servers[IDENTITY_SERVERS_MAX];
	size_t server_count;
	char proxy[PROXY_MAX + 1]; /* "host:port", or "" */
	uint32_t (*below)(void *ctx, uint32_t n);
	void *ctx;

	enum transport_state state;
	uint64_t connection;
	uint64_t at; /* TRYING: of the next attempt, or of this one's end */
	uint64_t up_at;
	uint64_t backoff; /* upper end of the next pause */
	size_t server;	  /* of this or the next attempt */
	unsigned attempts;
	bool trying; /* the socket's handshake is not over */
	bool refused;
	struct link_socket socket;
};

/*
 * Names are tried as IPv4 first and then in turn: libzmq takes the first
 * address of a family and nothing else.
 */
static bool wants_ipv6(const struct link *l, const char *endpoint)
{
	return strchr(endpoint, '[') != NULL ||
	       (l->attempts / l->server_count) % 2 == 1;
}

static uint32_t random_below(void *ctx, uint32_t n)
{
	return randombytes_uniform(n);
}

/* Half of the pause is certain, so that nobody hammers a daemon. */
static void pause_for(struct link *l, uint64_t now_ms)
{
	uint32_t half = (uint32_t)(l->backoff / 2);

	l->at = now_ms + half + l->below(l->ctx, half + 1);
	l->backoff *= 2;
	if (l->backoff > LINK_BACKOFF_MAX_MS)
		l->backoff = LINK_BACKOFF_MAX_MS;
}

static void failed(struct link *l, uint64_t now_ms)
{
	bool was_up = l->state == TRANSPORT_UP;

	if (was_up && now_ms - l->up_at >= LINK_STEADY_MS)
		l->backoff = LINK_BACKOFF_MIN_MS;
	else
		l->server = (l->server + 1) % l->server_count;
	l->trying = false;
	l->state = l->refused ? TRANSPORT_REFUSED : TRANSPORT_TRYING;
	pause_for(l, now_ms);
}

static void attempt(struct link *l, uint64_t now_ms)
{
	const struct identity_server *s = &l->servers[l->server];
	const struct link_target t = {.server = s,
		.public = l->public,
		.secret = &l->secret,
		.ipv6 = wants_ipv6(l, s->endpoint),
		.proxy = l->proxy[0] != '\0' ? l->proxy : NULL,
		.patience_ms = LINK_ATTEMPT_MS};

	link_socket_close(&l->socket);
	l->attempts++;
	l->at = now_ms + LINK_ATTEMPT_MS;
	l->trying = link_socket_open(&l->socket, &t) == 0;
	if (!l->trying)
		failed(l, now_ms);
}

static void happened(struct link *l, enum link_news news, uint64_t now_ms)
{
	if (news == LINK_CONNECTED && l->trying) {
		l->trying = false;
		l->refused = false;
		l->state = TRANSPORT_UP;
		l->up_at = now_ms;
		l->at = NEVER;
		l->connection++;
	} else if (news != LINK_CONNECTED &&
		   (l->trying || l->state == TRANSPORT_UP)) {
		l->refused = news == LINK_UNKNOWN;
		failed(l, now_ms);
	}
}

static enum transport_state link_step(void *ctx, uint64_t now_ms)
{
	struct link *l = ctx;
	enum link_news news;

	for (int i = 0; i < NEWS_TURNS &&
			(news = link_socket_news(&l->socket)) != LINK_NOTHING;
		i++)
		happened(l, news, now_ms);
	if (l->state == TRANSPORT_DOWN || now_ms < l->at)
		return l->state;
	if (l->trying) {
		link_socket_close(&l->socket);
		failed(l, now_ms);
	} else if (l->state != TRANSPORT_UP) {
		attempt(l, now_ms);
	}
	return l->state;
}

static int link_send(void *ctx, const struct bytes *frames, size_t count)
{
	struct link *l = ctx;

	return l->state == TRANSPORT_UP
		       ? link_socket_send(&l->socket, frames, count)
		       : ROWAN_E_AGAIN;
}

static int link_recv(void *ctx, struct transport_frames *ret)
{
	struct link *l = ctx;

	return link_socket_recv(&l->socket, ret);
}

static uint64_t link_wait(void *ctx, uint64_t now_ms)
{
	struct link *l = ctx;

	if (link_socket_waits(&l->socket))
		return 0;
	if (l->state == TRANSPORT_DOWN || l->at == NEVER)
		return NEVER;
	return l->at > now_ms ? l->at - now_ms : 0;
}

static uint64_t link_connection(void *ctx)
{
	const struct link *l = ctx;

	return l->connection;
}

static bool take_servers(struct link *l, const struct link_options *o)
{
	if (o->server_count == 0 || o->server_count > IDENTITY_SERVERS_MAX)
		return false;
	for (size_t i = 0; i < o->server_count; i++) {
		const char *e = o->servers[i].endpoint;

		/* "tcp://source;host" would choose where it comes from. */
		if (strncmp(e, "tcp://", 6) != 0 || strrchr(e, ':') == e + 3 ||
			strchr(e, ';') != NULL)
			return false;
		l->servers[i] = o->servers[i];
	}
	l->server_count = o->server_count;
	return true;
}

/* SOCKS5, and a name of a daemon is the proxy's to find. */
static bool take_proxy(struct link *l, const char *proxy)
{
	static const char scheme[] = "socks5://";
	size_t skip = sizeof scheme - 1;

	if (proxy == NULL)
		return true;
	if (strncmp(proxy, scheme, skip) != 0 ||
		strlen(proxy + skip) > PROXY_MAX ||
		!tunnel_is_proxy(proxy + skip))
		return false;
	memcpy(l->proxy, proxy + skip, strlen(proxy + skip) + 1);
	return true;
}

int link_new(struct link **ret, const struct link_options *options)
{
	struct link *l;

	*ret = NULL;
	if (sodium_init() < 0)
		return ROWAN_E_INTERNAL;
	l = secret_new(sizeof *l);
	if (l == NULL)
		return ROWAN_E_NOMEM;
	l->socket.dealer_fd = l->socket.monitor_fd = -1;
	l->secret = *options->secret;
	l->socket.wake = options->wake;
	l->below = options->below != NULL ? options->below : random_below;
	l->ctx = options->ctx;
	l->transport = (struct transport){
		link_send, link_recv, link_step, link_wait, link_connection, l};
	if (!take_servers(l, options) || !take_proxy(l, options->proxy) ||
		crypto_scalarmult_base(l->public, l->secret.b) != 0) {
		secret_free(l);
		return ROWAN_E_INVAL;
	}
	*ret = l;
	return 0;
}

void link_free(struct link *l)
{
	if (l == NULL)
		return;
	link_socket_end(&l->socket);
	secret_free(l);
}

void link_open(struct link *l)
{
	if (l->state != TRANSPORT_DOWN)
		return;
	l->state = TRANSPORT_TRYING;
	l->backoff = LINK_BACKOFF_MIN_MS;
	l->at = 0;
}

void link_close(struct link *l)
{
	link_socket_close(&l->socket);
	l->state = TRANSPORT_DOWN;
	l->trying = l->refused = false;
}

void link_next(struct link *l, uint64_t now_ms)
{
	if (l->state == TRANSPORT_DOWN)
		return;
	link_socket_close(&l->socket);
	l->server = (l->server + 1) % l->server_count;
	l->trying = l->refused = false;
	l->state = TRANSPORT_TRYING;
	pause_for(l, now_ms);
}

const struct transport *link_transport(struct link *l)
{
	return &l->transport;
}

const struct identity_server *link_server(const struct link *l)
{
	return &l->servers[l->server];
}

int link_servers(
	struct link *l, const struct identity_server *servers, size_t count)
{
	const struct link_options o = {
		.servers = servers, .server_count = count};

	if (!take_servers(l, &o))
		return ROWAN_E_INVAL;
	l->server = 0;
	return 0;
}
