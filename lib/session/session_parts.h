/*
 * The parts of a session, for lib/sdk, which gives them their C ABI. NULL
 * until the device has a card, but for those that need none.
 */
#ifndef SESSION_SESSION_PARTS_H
#define SESSION_SESSION_PARTS_H

#include "session/acts/acts.h"
#include "session/channel/channel.h"
#include "session/enrolment/enrolment.h"
#include "session/message/messages.h"
#include "session/message/outbox.h"
#include "session/proof/proofs.h"
#include "session/acts/readmit.h"
#include "session/session.h"
#include "session/transfer/transfer.h"

struct session_parts {
	/* Always. */
	struct vault *vault;
	struct events *events;
	struct identity *me;
	struct enrolment *enrolment;
	/* With a card. */
	struct follow *follow;
	struct acts *acts;
	struct readmit *readmit;
	struct transfer *transfer;
	struct channels *channels;
	struct messages *messages;
	struct outbox *outbox;
	struct proofs *proofs;
};

/**
 * session_parts(s):
 * Valid until the next call on ${s}.
 */
const struct session_parts *session_parts(struct session *s);

/**
 * session_fd(s):
 * Readable, level-triggered, while session_step has something to do.
 */
int session_fd(const struct session *s);

/**
 * session_now(s):
 * The daemon's time, going on since it was heard; 0 before.
 */
uint64_t session_now(struct session *s);

/**
 * session_aborted(s):
 * A transaction with changes by any of the parts did not happen.
 */
void session_aborted(struct session *s);

#endif
