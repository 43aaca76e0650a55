/*
 * Redeeming an invite, for a device that nobody knows yet: get, commit,
 * reveal, result.
 */
#ifndef OPS_REDEEM_H
#define OPS_REDEEM_H

#include "ops/table.h"

/**
 * redeem_get(o, r), ...:
 * Handlers of the redeem- operations of wire/invite.h. Who asks is known by
 * ${r}->key alone. What is refused may have changed the invite: a second
 * redemption burns it, and that stays.
 */
ROWAN_MUST int redeem_get(struct ops *o, struct request *r);
ROWAN_MUST int redeem_commit(struct ops *o, struct request *r);
ROWAN_MUST int redeem_reveal(struct ops *o, struct request *r);
ROWAN_MUST int redeem_result(struct ops *o, struct request *r);

#endif
