/*
 * A word belongs to whom the transport names with it, not to who was last seen
 * under its routing id; and whoever was last seen on its descriptor is gone.
 */
#include <sodium.h>

#include "net/inner.h"
#include "net/inside.h"

static struct inside in;

static struct peer *peer_of(struct peers *p, uint32_t sender)
{
	struct seed_device d;

	seed_device(SEED_SENDER, sender, &d);
	for (uint32_t i = 0; i < p->cap; i++)
		if (p->at[i]->ref.generation != 0 &&
			id16_eq(&p->at[i]->device->id, &d.id))
			return p->at[i];
	return NULL;
}

/* The first one's routing id was the other's, who has not been missed yet. */
static void rename_it(void *cookie)
{
	struct peers *p = &in.server->peers;
	struct peer *first = peer_of(p, 0), *other = peer_of(p, 1);

	(void)cookie;
	KIT_CHECK(p->count == 2 && first != NULL && other != NULL);
	first->device->connections--;
	first->device = other->device;
	first->device->connections++;
	memcpy(first->user, other->user, sizeof first->user);
	p->by_fd[first->fd] = 0;
	first->fd = -1;
}

/* Somebody else had the first one's descriptor, and has not been missed yet. */
static void move_it(void *cookie)
{
	struct peers *p = &in.server->peers;
	struct peer *first = peer_of(p, 0);
	struct peer_options o = {.port = ZAP_MAIN,
		.routing = (const uint8_t *)"\0gone",
		.fd = first->fd};
	char user[ZAP_USER_MAX];

	(void)cookie;
	memcpy(user, first->user, sizeof user);
	o.user = user;
	peers_remove(p, first);
	KIT_CHECK(peers_add(p, &o, &first) == 0 && p->count == 2);
}

static void count(void *cookie)
{
	*(uint32_t *)cookie = in.server->peers.count;
}

int main(void)
{
	struct relay_client *first, *other;
	uint32_t n = 0;

	inside_prepare(&in);
	inside_run(&in);
	first = kit_hello(SEED_SENDER, 0);
	other = kit_hello(SEED_SENDER, 1);
	/* In the first one's own channel, where the other is not. */
	KIT_CHECK(server_here(in.server, rename_it, NULL) == 0);
	KIT_CHECK(kit_submit(first, seed_channel(0, 0), 1, 1, 1024).code ==
		  WIRE_OK);
	KIT_CHECK(server_here(in.server, count, &n) == 0 && n == 2);
	KIT_CHECK(server_here(in.server, move_it, NULL) == 0);
	KIT_CHECK(kit_ping(first));
	KIT_CHECK(server_here(in.server, count, &n) == 0 && n == 2);
	KIT_CHECK(kit_ping(other));
	inside_stop(&in);
	relay_close(first);
	relay_close(other);
	return inside_end(&in);
}
