/*
 * Rowan: receipts, and the watch over the clinic's log. Included by rowan.h.
 *
 * The daemon writes down what it takes in, in a log that it cannot change
 * afterwards. For every message of this device the library fetches, checks
 * and keeps a receipt by itself; it looks at the log regularly and raises
 * ROWAN_ALARM_FORK, ROWAN_ALARM_ROLLBACK or ROWAN_ALARM_STALE.
 */
#ifndef ROWAN_PROOF_H
#define ROWAN_PROOF_H

#ifndef ROWAN_H
#error "include <rowan.h>"
#endif

/*
 * rowan_receipt(r, message, ret):
 * The receipt of a message this device has sent: a text file that proves to
 * anybody, with the authority's key alone, that the daemon has received it
 * and when ("rowan receipt verify"). ROWAN_E_AGAIN while it is being fetched,
 * ROWAN_E_NOT_FOUND when there is none. Freed by rowan_bytes_free.
 */
ROWAN_API ROWAN_MUST int rowan_receipt(struct rowan *r,
	const uint8_t message[ROWAN_ID_LEN], struct rowan_bytes **ret);

/*
 * rowan_set_witnesses(r, policy, len):
 * From now on believe the log only with the cosignatures that a policy file
 * asks for (C2SP tlog-policy); an empty one asks for none. Kept in the vault.
 * ROWAN_E_MALFORMED.
 */
ROWAN_API ROWAN_MUST int rowan_set_witnesses(
	struct rowan *r, const void *policy, size_t len);

/*
 * rowan_log(r, ret_size, ret_time):
 * How many entries the log had when it was verified last, and when the daemon
 * signed that; both 0 before.
 */
ROWAN_API ROWAN_MUST int rowan_log(
	struct rowan *r, uint64_t *ret_size, uint64_t *ret_time);

#endif
