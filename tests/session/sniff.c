/*
 * The sender data of an envelope: see sniff.h.
 */
#include "mls/member/group/group.h"
#include "mls/member/keys/message_protect.h"
#include "session/sniff.h"

bool sniff(const struct rowan_mls_group *g, struct bytes envelope,
	struct sniffed *ret)
{
	struct message_sender sender;
	struct mls_message m;
	bool ours = false;

	if (mls_message_decode(envelope, &m) != 0)
		return false;
	if (m.wire_format == WIRE_FORMAT_PRIVATE_MESSAGE &&
		m.private_message.epoch == rowan_mls_group_epoch(g) &&
		message_open_sender(g->suite, &g->secrets.sender_data,
			&m.private_message, &sender) == 0) {
		*ret = (struct sniffed){m.private_message.epoch, sender.leaf,
			sender.generation};
		ours = true;
	}
	mls_message_wipe(&m);
	return ours;
}
