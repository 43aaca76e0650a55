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
 * ROWAN_E_MALFORMED; ROWAN_E_SIGNER on a witness, which waits for no other.
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

/* --- Letting entries of a diary out -------------------------------------- */

#define ROWAN_LET_OUT_MAX 256  /* entries at once */
#define ROWAN_PURPOSE_MAX 1024 /* bytes */

/*
 * rowan_let_out(r, channel, messages, count, purpose):
 * On the victim's device: the entries and attachments ${messages} (ids of
 * ROWAN_ID_LEN bytes, one after the other) of this diary, which this device
 * wrote, may go out for ${purpose}, her words. Signed, and sent to the diary's
 * readers with what proves each to a stranger: the envelope, its receipt, the
 * opening of its commitment. What is not named stays sealed; how many that are
 * is said. It cannot be taken back once somebody has it. ROWAN_E_AGAIN while a
 * receipt is being fetched; ROWAN_E_NOT_FOUND for what this device did not
 * send from here; ROWAN_E_LIMIT for an entry too long to be let out, or too
 * many.
 */
ROWAN_API ROWAN_MUST int rowan_let_out(struct rowan *r,
	const uint8_t channel[ROWAN_ID_LEN], const uint8_t *messages,
	size_t count, const char *purpose);

/*
 * rowan_message_disclosure(m, ret):
 * Of a message of type ROWAN_MESSAGE_CONSENT: what was let out, for "rowan
 * diary export". ROWAN_E_NOT_FOUND for another type.
 */
ROWAN_API ROWAN_MUST int rowan_message_disclosure(
	const struct rowan_message *m, struct rowan_bytes **ret);

/*
 * rowan_sign_bundle(r, digest, ret):
 * This device's signature under a list whose SHA-256 is ${digest} (32 bytes),
 * 64 bytes, and its cards behind it.
 */
ROWAN_API ROWAN_MUST int rowan_sign_bundle(
	struct rowan *r, const uint8_t *digest, struct rowan_bytes **ret);

#endif
