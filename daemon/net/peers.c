/*
 * Connections and devices: see peers.h.
 */
#include <stdlib.h>

#include <sodium.h>

#include "net/peers.h"

#define FIRST_CAP 64

/* Some tries to name an invite; whoever has may ask as a device may. */
const struct bucket_rate peers_first_rate = {30, 10};
/* More than a thousand a second is no client that means well. */
const struct bucket_rate peers_vain_rate = {60000, 1000};
/* A phone between two networks comes back often, but not every second. */
const struct bucket_rate peers_connect_rate = {60, 60};

static struct bucket_rate rate(uint64_t per_minute, uint64_t burst)
{
	return (struct bucket_rate){per_minute, burst};
}

int peers_init(struct peers *p, const struct config *config, size_t fds)
{
	memset(p, 0, sizeof *p);
	idmap_init(&p->devices);
	p->generation = 1;
	p->fd_cap = fds;
	p->by_fd = calloc(fds, sizeof *p->by_fd);
	p->stale = calloc(fds, sizeof *p->stale);
	p->hash_mask = 1024 - 1;
	p->hash = calloc(p->hash_mask + 1, sizeof *p->hash);
	if (p->by_fd == NULL || p->stale == NULL || p->hash == NULL) {
		peers_wipe(p);
		return ROWAN_E_NOMEM;
	}
	peers_rates(p, config);
	return 0;
}

void peers_rates(struct peers *p, const struct config *config)
{
	p->rates = (struct rates){
		.requests = rate(config->rate_requests,
			config->rate_requests * config->burst / 60000),
		.messages = rate(config->rate_messages,
			config->rate_messages * config->burst / 60000),
		.bytes = rate(config->rate_bytes,
			config->rate_bytes * config->burst / 60000)};
}

void peers_wipe(struct peers *p)
{
	struct device *d;
	size_t pos = 0;

	for (uint32_t i = 0; i < p->cap; i++)
		free(p->at[i]);
	while ((d = idmap_next(&p->devices, &pos)) != NULL)
		free(d);
	idmap_wipe(&p->devices);
	free(p->at);
	free(p->hash);
	free(p->by_fd);
	free(p->stale);
	memset(p, 0, sizeof *p);
}

/* Generated ids count up, so their low bits spread by themselves. */
static uint32_t *bucket_of(
	struct peers *p, enum zap_port port, const uint8_t *routing)
{
	uint32_t n = (uint32_t)routing[1] << 24 | (uint32_t)routing[2] << 16 |
		     (uint32_t)routing[3] << 8 | routing[4];

	return &p->hash[(n * 3 + (uint32_t)port) & p->hash_mask];
}

struct peer *peers_find(
	struct peers *p, enum zap_port port, const uint8_t *routing)
{
	uint32_t i = *bucket_of(p, port, routing);

	while (i != 0) {
		struct peer *peer = p->at[i - 1];

		if (peer->port == port &&
			memcmp(peer->routing, routing, PEER_ROUTING_LEN) == 0)
			return peer;
		i = peer->next;
	}
	return NULL;
}

struct peer *peers_at(struct peers *p, struct peer_ref ref)
{
	struct peer *peer = ref.slot < p->cap ? p->at[ref.slot] : NULL;

	return peer != NULL && ref.generation != 0 &&
			       peer->ref.generation == ref.generation
		       ? peer
		       : NULL;
}

static int more_slots(struct peers *p)
{
	uint32_t cap = p->cap == 0 ? FIRST_CAP : 2 * p->cap;
	struct peer **at = realloc(p->at, cap * sizeof(*at));

	if (at == NULL)
		return ROWAN_E_NOMEM;
	p->at = at;
	for (; p->cap < cap; p->cap++) {
		at[p->cap] = calloc(1, sizeof **at);
		if (at[p->cap] == NULL)
			return p->free_head != 0 ? 0 : ROWAN_E_NOMEM;
		at[p->cap]->ref.slot = p->cap;
		at[p->cap]->next = p->free_head;
		p->free_head = p->cap + 1;
	}
	return 0;
}

static int more_hash(struct peers *p)
{
	uint32_t mask = 2 * p->hash_mask + 1;
	uint32_t *old = p->hash, *fresh = calloc(mask + 1, sizeof *fresh);

	if (fresh == NULL)
		return ROWAN_E_NOMEM;
	p->hash = fresh;
	p->hash_mask = mask;
	free(old);
	for (uint32_t i = 0; i < p->cap; i++) {
		struct peer *peer = p->at[i];
		uint32_t *b;

		if (peer->ref.generation == 0)
			continue;
		b = bucket_of(p, peer->port, peer->routing);
		peer->next = *b;
		*b = i + 1;
	}
	return 0;
}

static void fill_up(const struct peers *p, struct allowance *a, uint64_t now)
{
	bucket_init(&a->requests, &p->rates.requests, now);
	bucket_init(&a->messages, &p->rates.messages, now);
	bucket_init(&a->bytes, &p->rates.bytes, now);
}

struct device *peers_device(struct peers *p, const struct id16 *id)
{
	return idmap_get(&p->devices, id);
}

static int read_key(const char *user, struct key32 *ret)
{
	/* All of that many digits, or an error. */
	return sodium_hex2bin(ret->b, KEY32_LEN, user, ZAP_USER_KEY_LEN, NULL,
		       NULL, NULL) == 0
		       ? 0
		       : ROWAN_E_MALFORMED;
}

void peers_key(const struct peer *peer, struct key32 *ret)
{
	/* It was looked at when the connection was added. */
	if (read_key(peer->user, ret) != 0)
		memset(ret, 0, sizeof *ret);
}

static int parse_user(const char *user, enum zap_port port, struct id16 *ret)
{
	size_t len = strlen(user);
	struct key32 key;

	memset(ret, 0, sizeof *ret);
	if (port == ZAP_ENROL)
		return len == ZAP_USER_KEY_LEN && read_key(user, &key) == 0
			       ? 0
			       : ROWAN_E_MALFORMED;
	return len == ZAP_USER_DEVICE_LEN &&
			       sodium_hex2bin(ret->b, ID16_LEN, user, len, NULL,
				       NULL, NULL) == 0
		       ? 0
		       : ROWAN_E_MALFORMED;
}

int peers_know(struct peers *p, const struct id16 *id, uint64_t now,
	struct device **ret)
{
	struct device *d = peers_device(p, id);

	*ret = NULL;
	if (d == NULL) {
		d = calloc(1, sizeof *d);
		if (d == NULL)
			return ROWAN_E_NOMEM;
		d->id = *id;
		fill_up(p, &d->allowance, now);
		bucket_init(&d->connect, &peers_connect_rate, now);
		if (idmap_put(&p->devices, id, d) != 0) {
			free(d);
			return ROWAN_E_NOMEM;
		}
	}
	*ret = d;
	return 0;
}

int peers_add(struct peers *p, const struct peer_options *o, struct peer **ret)
{
	struct device *device = NULL;
	struct peer *peer;
	struct id16 id;
	uint32_t *b, slot;
	int rc = parse_user(o->user, o->port, &id);

	*ret = NULL;
	if (rc == 0 && o->port != ZAP_ENROL)
		rc = peers_know(p, &id, o->now, &device);
	if (rc == 0 && p->free_head == 0)
		rc = more_slots(p);
	if (rc == 0 && p->count > p->hash_mask)
		rc = more_hash(p);
	if (rc != 0)
		return rc;
	slot = p->free_head - 1;
	peer = p->at[slot];
	p->free_head = peer->next;
	memset(peer, 0, sizeof *peer);
	peer->ref = (struct peer_ref){slot, p->generation++};
	if (p->generation == 0)
		p->generation = 1;
	peer->port = o->port;
	memcpy(peer->routing, o->routing, PEER_ROUTING_LEN);
	memcpy(peer->user, o->user, strlen(o->user) + 1);
	peer->device = device;
	if (device != NULL)
		device->connections++;
	if (device == NULL) {
		fill_up(p, &peer->own, o->now);
		bucket_init(&peer->first, &peers_first_rate, o->now);
	}
	bucket_init(&peer->vain, &peers_vain_rate, o->now);
	peer->fd = -1;
	if (o->fd >= 0 && (size_t)o->fd < p->fd_cap) {
		p->by_fd[o->fd] = slot + 1;
		peer->fd = o->fd;
	}
	b = bucket_of(p, peer->port, peer->routing);
	peer->next = *b;
	*b = slot + 1;
	p->count++;
	*ret = peer;
	return 0;
}

void peers_remove(struct peers *p, struct peer *peer)
{
	uint32_t *b = bucket_of(p, peer->port, peer->routing);

	while (*b != peer->ref.slot + 1)
		b = &p->at[*b - 1]->next;
	*b = peer->next;
	if (peer->fd >= 0)
		p->by_fd[peer->fd] = 0;
	if (peer->device != NULL)
		peer->device->connections--;
	peer->ref.generation = 0;
	peer->next = p->free_head;
	p->free_head = peer->ref.slot + 1;
	p->count--;
}

struct peer *peers_surplus(
	struct peers *p, const struct device *device, uint64_t max)
{
	struct peer *oldest = NULL;
	uint64_t open = 0;

	if (device->connections <= max)
		return NULL;
	for (uint32_t i = 0; i < p->cap; i++) {
		struct peer *peer = p->at[i];

		if (peer->ref.generation == 0 || peer->device != device ||
			peer->closing)
			continue;
		open++;
		/* Generations wrap around. */
		if (oldest == NULL || (int32_t)(peer->ref.generation -
						oldest->ref.generation) < 0)
			oldest = peer;
	}
	return open > max ? oldest : NULL;
}

struct peer *peers_displace(struct peers *p, int fd)
{
	if (fd < 0 || (size_t)fd >= p->fd_cap || p->by_fd[fd] == 0)
		return NULL;
	p->stale[fd]++;
	return p->at[p->by_fd[fd] - 1];
}

struct peer *peers_disconnected(struct peers *p, int fd)
{
	if (fd < 0 || (size_t)fd >= p->fd_cap)
		return NULL;
	if (p->stale[fd] > 0) {
		p->stale[fd]--;
		return NULL;
	}
	return p->by_fd[fd] == 0 ? NULL : p->at[p->by_fd[fd] - 1];
}

uint64_t peers_wait(struct peers *p, struct peer *peer, uint64_t messages,
	uint64_t bytes, uint64_t now)
{
	struct allowance *a =
		peer->device != NULL ? &peer->device->allowance : &peer->own;
	const struct rates *r = &p->rates;
	uint64_t wait = bucket_wait(&a->requests, &r->requests, 1, now);
	uint64_t w2 = bucket_wait(&a->messages, &r->messages, messages, now);
	uint64_t w3 = bucket_wait(&a->bytes, &r->bytes, bytes, now);

	wait = wait > w2 ? wait : w2;
	wait = wait > w3 ? wait : w3;
	if (wait != 0)
		return wait;
	bucket_take(&a->requests, &r->requests, 1);
	bucket_take(&a->messages, &r->messages, messages);
	bucket_take(&a->bytes, &r->bytes, bytes);
	return 0;
}
