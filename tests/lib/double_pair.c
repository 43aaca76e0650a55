/*
 * Two devices in one channel at the daemon's double: see double_pair.h.
 */
#include "lib/double_line.h"
#include "lib/double_pair.h"

static void put(struct store *st, const struct seed_device *who, uint8_t role,
	const struct id16 *channel)
{
	struct store_device of = {
		.id = who->id, .member = who->member, .role = role};
	struct store_assignment a = {.member = who->member};

	memcpy(of.agency, "police", sizeof "police");
	memcpy(of.transport.b, who->public, sizeof of.transport.b);
	double_must(store_device_put(st, &of, bytes_of("card", 4)));
	double_must(store_assign(st, channel, &a));
}

void double_pair_begin(struct double_pair *p, const struct config *config)
{
	struct store_case c = {.id = seed_case(0)};
	struct store_channel ch = {
		.id = seed_channel(0, 0), .case_id = c.id, .kind = 1};
	struct store *st;

	seed_device(SEED_SENDER, 0, &p->alice);
	seed_device(SEED_MAILBOX, 0, &p->bob);
	p->channel = ch.id;
	p->d = relay_double_new(config);
	st = relay_double_begin(p->d);
	double_must(store_case_put(st, &c));
	double_must(store_channel_put(st, &ch));
	put(st, &p->alice, 1, &ch.id);
	put(st, &p->bob, 2, &ch.id);
	relay_double_commit(p->d);
}

void double_pair_end(struct double_pair *p)
{
	relay_double_free(p->d);
	p->d = NULL;
}
