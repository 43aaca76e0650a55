/*
 * Invites, for the registrar who makes them: put, watch, answer, confirm.
 */
#ifndef OPS_INVITES_H
#define OPS_INVITES_H

#include "ops/table.h"

/**
 * invites_put(o, r), ...:
 * Handlers of the invite- operations of wire/invite.h. Making one needs the
 * right to enrol and, for a case, an assignment to it; all else is for the
 * device that made it.
 */
ROWAN_MUST int invites_put(struct ops *o, struct request *r);
ROWAN_MUST int invites_watch(struct ops *o, struct request *r);
ROWAN_MUST int invites_answer(struct ops *o, struct request *r);
ROWAN_MUST int invites_confirm(struct ops *o, struct request *r);

#endif
