/*
 * Rowan: checking the clinic's log, and cosigning it. Included by rowan.h.
 *
 * For devices whose card has the right to audit: is the log what was signed,
 * who did what in a case and when. Nothing here opens a message: an auditor
 * sees acts, never content, and the daemon writes down what was read.
 */
#ifndef ROWAN_AUDIT_H
#define ROWAN_AUDIT_H

#ifndef ROWAN_H
#error "include <rowan.h>"
#endif

#define ROWAN_AGENCY_LEN 17 /* bytes of an agency's code, with its end */

/* One question to the log. */
struct rowan_audit;
ROWAN_API void rowan_audit_free(struct rowan_audit *audit);

/*
 * rowan_audit_verify(r, from, ret):
 * Hash all entries from number ${from} on, in bounded memory, see that no
 * time goes back, and hold them against a checkpoint that is signed, cosigned
 * as rowan_set_witnesses asks, and grown out of the one this device verified
 * last. Needs ROWAN_RIGHT_AUDIT, or to be a witness.
 */
ROWAN_API ROWAN_MUST int rowan_audit_verify(
	struct rowan *r, uint64_t from, struct rowan_audit **ret);

/*
 * rowan_audit_read(r, case_id, device, from, ret):
 * The entries from ${from} on as those with ROWAN_RIGHT_AUDIT see them, of a
 * case, of a device, or with NULL of any. Each one is proved to stand in the
 * log before it is given. What belongs to an erased case is not there.
 */
ROWAN_API ROWAN_MUST int rowan_audit_read(struct rowan *r,
	const uint8_t *case_id, const uint8_t *device, uint64_t from,
	struct rowan_audit **ret);

/*
 * rowan_audit_renew(r, receipt, len, ret):
 * A receipt (rowan_receipt) of anybody's, led to the newest checkpoint that
 * may be believed: one entry, whose proof is the new receipt.
 */
ROWAN_API ROWAN_MUST int rowan_audit_renew(struct rowan *r, const void *receipt,
	size_t len, struct rowan_audit **ret);

/*
 * rowan_audit_renew_at(r, receipt, len, checkpoint, checkpoint_len, ret):
 * The same, led to the checkpoint that an earlier renewal was held against
 * (rowan_audit_checkpoint): several under one.
 */
ROWAN_API ROWAN_MUST int rowan_audit_renew_at(struct rowan *r,
	const void *receipt, size_t len, const void *checkpoint,
	size_t checkpoint_len, struct rowan_audit **ret);

/*
 * rowan_audit_request(r, known, ret):
 * What a witness that has verified ${known} entries is to sign, as a file of
 * C2SP tlog-witness (rowan_witness): one item, whose proof it is.
 */
ROWAN_API ROWAN_MUST int rowan_audit_request(
	struct rowan *r, uint64_t known, struct rowan_audit **ret);

/*
 * rowan_audit_cosigned(r, note, len, ret):
 * A checkpoint of a request, with the signature line with which a witness
 * (rowan_witness, or any tool of C2SP tlog-witness) answered it behind it, to
 * the daemon, which shows it to everybody from then on: no entry, and then it
 * is done. ROWAN_E_STALE: not of this clinic's log; ROWAN_E_MALFORMED: signed
 * by no witness of the clinic. Needs the right to audit, or a witness's card.
 */
ROWAN_API ROWAN_MUST int rowan_audit_cosigned(struct rowan *r, const void *note,
	size_t len, struct rowan_audit **ret);

/*
 * rowan_audit_next(audit):
 * The next entry; the getters speak of it until the next call. ROWAN_E_AGAIN:
 * it was asked for, call again after rowan_process; ROWAN_E_NOT_FOUND: that
 * was all, and all was well; ROWAN_E_CHAIN: the daemon contradicts what it
 * signed; ROWAN_E_RULE: of rowan_audit_verify, the log is what was signed, and
 * rowan_audit_entry names the first entry that says an earlier time than one
 * before it (rowan_audit_size: the checkpoint does): it was backdated;
 * ROWAN_E_STATE: there is no checkpoint with the cosignatures that
 * are asked for, or the library was locked; ROWAN_E_SIGNER: without the right.
 */
ROWAN_API ROWAN_MUST int rowan_audit_next(struct rowan_audit *audit);

/* Of rowan_audit_verify: how many entries have been hashed. */
ROWAN_API uint64_t rowan_audit_entry(const struct rowan_audit *audit);
/* What kind of act: a word of docs/log.md, "submit", "read". */
ROWAN_API const char *rowan_audit_act(const struct rowan_audit *audit);
/* Seconds since 1970; of a victim's act the hour it was in. */
ROWAN_API uint64_t rowan_audit_time(const struct rowan_audit *audit);
ROWAN_API bool rowan_audit_hour(const struct rowan_audit *audit);
/* The operation's number in docs/protocol.md, 0: none; and a refusal's code. */
ROWAN_API unsigned rowan_audit_operation(const struct rowan_audit *audit);
ROWAN_API unsigned rowan_audit_code(const struct rowan_audit *audit);
/* NULL: the daemon itself or a stranger; no case; no channel. */
ROWAN_API const uint8_t *rowan_audit_device(const struct rowan_audit *audit);
ROWAN_API const uint8_t *rowan_audit_case(const struct rowan_audit *audit);
ROWAN_API const uint8_t *rowan_audit_channel(const struct rowan_audit *audit);
/* By act: docs/log.md. */
ROWAN_API uint64_t rowan_audit_number(const struct rowan_audit *audit);
/* Entries of the submissions that were read; ${i} counts from 0. */
ROWAN_API size_t rowan_audit_reads(const struct rowan_audit *audit);
ROWAN_API uint64_t rowan_audit_read_entry(
	const struct rowan_audit *audit, size_t i);
/*
 * The file that proves the entry to anybody with the authority's key alone
 * ("rowan receipt verify"). NULL when out of memory; freed by
 * rowan_bytes_free.
 */
ROWAN_API struct rowan_bytes *rowan_audit_proof(
	const struct rowan_audit *audit);
/* The size of the log it all is held against, and the checkpoint itself. */
ROWAN_API uint64_t rowan_audit_size(const struct rowan_audit *audit);
ROWAN_API struct rowan_bytes *rowan_audit_checkpoint(
	const struct rowan_audit *audit);

/*
 * rowan_audit_who(r, device, ret_member, ret_role, ret_agency):
 * Whose device that is, as its card says. ROWAN_E_NOT_FOUND.
 */
ROWAN_API ROWAN_MUST int rowan_audit_who(struct rowan *r,
	const uint8_t device[ROWAN_ID_LEN], uint8_t ret_member[ROWAN_ID_LEN],
	enum rowan_role *ret_role, char ret_agency[ROWAN_AGENCY_LEN]);

/*
 * rowan_conflict(r, n, ret):
 * When the log has signed two histories (ROWAN_ALARM_FORK,
 * ROWAN_ALARM_ROLLBACK), both signed checkpoints are kept in a file that
 * anybody can check with the authority's key alone ("rowan conflict verify").
 * The one number ${n}, from 0. ROWAN_E_NOT_FOUND: there are no more.
 */
ROWAN_API ROWAN_MUST int rowan_conflict(
	struct rowan *r, uint64_t n, struct rowan_bytes **ret);

/* --- Witnesses ------------------------------------------------------------ */

/*
 * A device whose card is a witness's follows and cosigns by itself while it
 * is connected. Without a connection it answers files.
 *
 * rowan_witness(r, request, len, ret):
 * Answer a request of C2SP tlog-witness ("add-checkpoint") with a signature
 * line. What was verified is in the vault before the answer is made.
 * ROWAN_E_SIGNER: this device is no witness; ROWAN_E_MALFORMED;
 * ROWAN_E_UNKNOWN: another log; ROWAN_E_CRYPTO: not signed by the log;
 * ROWAN_E_STALE: the request begins elsewhere than what this witness knows,
 * whose size rowan_log says; ROWAN_E_CHAIN: the log has forked or shrunk.
 */
ROWAN_API ROWAN_MUST int rowan_witness(struct rowan *r, const void *request,
	size_t len, struct rowan_bytes **ret);

/*
 * rowan_witness_key(r, ret):
 * This device's verifier key as policy files have it. ROWAN_E_SIGNER.
 */
ROWAN_API ROWAN_MUST int rowan_witness_key(
	struct rowan *r, struct rowan_bytes **ret);

/*
 * rowan_witness_erased(r, ret):
 * The statements, armoured, that erased cases, as far as this witness has seen
 * them: it asks for some at each look at the log, until it has all. With them
 * a daemon that comes back from an older backup erases those cases again.
 * ROWAN_E_SIGNER.
 */
ROWAN_API ROWAN_MUST int rowan_witness_erased(
	struct rowan *r, struct rowan_bytes **ret);

/*
 * rowan_look(r):
 * Look at the log now and not at the next turn.
 */
ROWAN_API ROWAN_MUST int rowan_look(struct rowan *r);

#endif
