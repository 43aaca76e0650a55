/*
 * The sender data of an envelope: see sniff.h.
 */
#include "mls/member/group/group.h"
#include "mls/member/keys/message_protect.h"
#include "session/sniff.h"

struct sniffer sniffer_of(const struct rowan_mls_group *g)
{
	return (struct sniffer){.epoch = rowan_mls_group_epoch(g),
		.suite = g->suite,
		.sender_data = g->secrets.sender_data};
}

bool sniff(const struct sniffer *s, struct bytes envelope, struct sniffed *ret)
{
	struct message_sender sender;
	struct mls_message m;
	bool ours = false;

	if (mls_message_decode(envelope, &m) != 0)
		return false;
	if (m.wire_format == WIRE_FORMAT_PRIVATE_MESSAGE &&
		m.private_message.epoch == s->epoch &&
		message_open_sender(s->suite, &s->sender_data,
			&m.private_message, &sender) == 0) {
		*ret = (struct sniffed){m.private_message.epoch, sender.leaf,
			sender.generation};
		ours = true;
	}
	mls_message_wipe(&m);
	return ours;
}
