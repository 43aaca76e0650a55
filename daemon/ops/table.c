/*
 * The operation table: see table.h.
 */
#include "ops/audits.h"
#include "ops/blobs.h"
#include "ops/envelopes.h"
#include "ops/greeting.h"
#include "ops/groups.h"
#include "ops/invites.h"
#include "ops/lookups.h"
#include "ops/packages.h"
#include "ops/proofs.h"
#include "ops/redeem.h"
#include "ops/restored.h"
#include "ops/statements.h"
#include "ops/table.h"

/* One decoder of the wire, made to fit the table. */
#define DECODER(name, member)                                                  \
	static int decode_##name(                                              \
		const struct wire_message *m, union request_body *ret)         \
	{                                                                      \
		return wire_##name##_decode(m, &ret->member);                  \
	}

DECODER(hello, hello)
DECODER(empty, empty)
DECODER(key_publish, key_publish)
DECODER(key_claim, key_claim)
DECODER(submit, submit)
DECODER(subscribe, subscribe)
DECODER(credit, credit)
DECODER(fetch, fetch)
DECODER(ack, ack)
DECODER(blob_begin, blob_begin)
DECODER(blob_put, blob_put)
DECODER(blob_id, blob_id)
DECODER(blob_get, blob_get)
DECODER(devices, devices)
DECODER(case, case_id)
DECODER(statement_put, statement_put)
DECODER(chain_fetch, chain_fetch)
DECODER(cases_fetch, cases_fetch)
DECODER(cases_all, cases_all)
DECODER(restored, restored)
DECODER(group_create, group_create)
DECODER(group_id, group_id)
DECODER(commit, commit)
DECODER(nack, nack)
DECODER(invite_put, invite_put)
DECODER(invite_watch, invite_watch)
DECODER(invite_answer, invite_answer)
DECODER(invite_confirm, invite_confirm)
DECODER(redeem, redeem)
DECODER(redeem_commit, redeem_commit)
DECODER(redeem_reveal, redeem_reveal)
DECODER(checkpoint, checkpoint)
DECODER(log_proof, log_proof)
DECODER(log_consistency, log_consistency)
DECODER(receipt, receipt)
DECODER(log_find, log_find)
DECODER(log_entries, log_entries)
DECODER(log_details, log_details)
DECODER(cosign, cosign)
DECODER(erased, erased)

#define NONE	  TABLE_NONE
#define ACT(kind) WIRE_ACT_##kind

/* A right, a cost, an effect and an act, or it does not compile. */
#define OP(number, right, cost, effect, act, decoder, handler)                 \
	{                                                                      \
		number, TABLE_##right, TABLE_##cost, TABLE_##effect, act,      \
			decode_##decoder, handler                              \
	}

static const struct table_entry table[] = {
	OP(WIRE_OP_HELLO, DEVICE, REQUEST, READS, NONE, hello, greeting_hello),
	OP(WIRE_OP_PING, DEVICE, REQUEST, READS, NONE, empty, greeting_ping),
	OP(WIRE_OP_NEXT_KEY, DEVICE, REQUEST, READS, NONE, empty,
		greeting_next_key),

	OP(WIRE_OP_KEY_PUBLISH, DEVICE, REQUEST, WRITES, ACT(KEYS), key_publish,
		packages_publish),
	OP(WIRE_OP_KEY_CLAIM, CHANNEL, REQUEST, ITEMS, ACT(CLAIM), key_claim,
		packages_claim),
	OP(WIRE_OP_KEY_COUNT, DEVICE, REQUEST, READS, NONE, empty,
		packages_count),

	OP(WIRE_OP_SUBMIT, CHANNEL, ENVELOPES, ITEMS, ACT(SUBMIT), submit,
		envelopes_submit),
	OP(WIRE_OP_SUBSCRIBE, DEVICE, REQUEST, READS, NONE, subscribe,
		envelopes_subscribe),
	OP(WIRE_OP_CREDIT, DEVICE, REQUEST, READS, NONE, credit,
		envelopes_credit),
	OP(WIRE_OP_FETCH, DEVICE, LARGE, READS, ACT(READ), fetch,
		envelopes_fetch),
	OP(WIRE_OP_ACK, DEVICE, REQUEST, ONE, ACT(ACK), ack, envelopes_ack),

	OP(WIRE_OP_BLOB_BEGIN, CHANNEL, REQUEST, WRITES, ACT(BLOB), blob_begin,
		blobs_begin),
	OP(WIRE_OP_BLOB_PUT, CHANNEL, REQUEST, WRITES, ACT(BLOB), blob_put,
		blobs_put),
	OP(WIRE_OP_BLOB_STATUS, CHANNEL, REQUEST, READS, NONE, blob_id,
		blobs_status),
	OP(WIRE_OP_BLOB_GET, CHANNEL, LARGE, READS, ACT(BLOB_READ), blob_get,
		blobs_get),
	OP(WIRE_OP_BLOB_DELETE, CHANNEL, REQUEST, WRITES, ACT(BLOB), blob_id,
		blobs_delete),

	OP(WIRE_OP_DEVICES, CASE, LARGE, READS, ACT(CARDS), devices,
		lookups_devices),
	OP(WIRE_OP_CASE, CASE, REQUEST, READS, ACT(CARDS), case, lookups_case),

	OP(WIRE_OP_STATEMENT_PUT, SIGNED, REQUEST, WRITES, ACT(STATEMENT),
		statement_put, statements_put),
	OP(WIRE_OP_CHAIN_FETCH, CASE, LARGE, READS, ACT(CARDS), chain_fetch,
		statements_fetch),
	OP(WIRE_OP_CASES_FETCH, DEVICE, REQUEST, READS, NONE, cases_fetch,
		statements_cases),
	OP(WIRE_OP_CASES_ALL, CASE, LARGE, READS, ACT(CARDS), cases_all,
		statements_all),
	OP(WIRE_OP_REVOCATION, REVOKED, REQUEST, READS, NONE, empty,
		statements_revocation),
	OP(WIRE_OP_RESTORED, DEVICE, REQUEST, READS, NONE, restored,
		restored_tell),

	OP(WIRE_OP_GROUP_CREATE, CHANNEL, REQUEST, WRITES, ACT(GROUP),
		group_create, groups_op_create),
	OP(WIRE_OP_COMMIT, CHANNEL, ENVELOPES, WRITES, ACT(GROUP), commit,
		groups_op_commit),
	OP(WIRE_OP_GROUP_STATE, CHANNEL, LARGE, READS, NONE, group_id,
		groups_op_state),
	OP(WIRE_OP_NACK, CHANNEL, REQUEST, WRITES, ACT(GROUP), nack,
		groups_op_nack),

	OP(WIRE_OP_INVITE_PUT, DEVICE, REQUEST, WRITES, ACT(INVITE), invite_put,
		invites_put),
	OP(WIRE_OP_INVITE_WATCH, DEVICE, REQUEST, READS, NONE, invite_watch,
		invites_watch),
	OP(WIRE_OP_INVITE_ANSWER, DEVICE, REQUEST, WRITES, ACT(INVITE),
		invite_answer, invites_answer),
	OP(WIRE_OP_INVITE_CONFIRM, DEVICE, REQUEST, WRITES, ACT(INVITE),
		invite_confirm, invites_confirm),

	OP(WIRE_OP_REDEEM_GET, STRANGER, REQUEST, ITEMS, ACT(REDEEM), redeem,
		redeem_get),
	OP(WIRE_OP_REDEEM_COMMIT, STRANGER, REQUEST, ITEMS, ACT(REDEEM),
		redeem_commit, redeem_commit),
	OP(WIRE_OP_REDEEM_REVEAL, STRANGER, REQUEST, ITEMS, ACT(REDEEM),
		redeem_reveal, redeem_reveal),
	OP(WIRE_OP_REDEEM_RESULT, STRANGER, REQUEST, READS, NONE, redeem,
		redeem_result),

	OP(WIRE_OP_CHECKPOINT, DEVICE, REQUEST, READS, NONE, checkpoint,
		proofs_checkpoint),
	OP(WIRE_OP_LOG_PROOF, DEVICE, REQUEST, READS, NONE, log_proof,
		proofs_inclusion),
	OP(WIRE_OP_LOG_CONSISTENCY, DEVICE, REQUEST, READS, NONE,
		log_consistency, proofs_consistency),
	OP(WIRE_OP_RECEIPT, DEVICE, REQUEST, READS, NONE, receipt,
		proofs_receipt),
	OP(WIRE_OP_LOG_FIND, DEVICE, REQUEST, READS, NONE, log_find,
		proofs_find),
	OP(WIRE_OP_LOG_ENTRIES, AUDIT, LARGE, READS, ACT(AUDIT), log_entries,
		audits_entries),
	OP(WIRE_OP_LOG_DETAILS, AUDIT, LARGE, READS, ACT(AUDIT), log_details,
		audits_details),
	OP(WIRE_OP_COSIGN, AUDIT, REQUEST, WRITES, ACT(WITNESS), cosign,
		audits_cosign),
	OP(WIRE_OP_ERASED, AUDIT, LARGE, READS, NONE, erased, audits_erased),
};

#define ENTRIES (sizeof table / sizeof table[0])

const struct table_entry *table_at(size_t i)
{
	return i < ENTRIES ? &table[i] : NULL;
}

const struct table_entry *table_find(uint16_t op)
{
	size_t low = 0, high = ENTRIES;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (table[mid].op == op)
			return &table[mid];
		if (table[mid].op < op)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}
