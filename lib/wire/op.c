/*
 * The operation table: see op.h.
 */
#include <string.h>

#include "wire/blob.h"
#include "wire/chain.h"
#include "wire/code.h"
#include "wire/envelope.h"
#include "wire/group.h"
#include "wire/hello.h"
#include "wire/invite.h"
#include "wire/key.h"
#include "wire/log.h"
#include "wire/lookup.h"
#include "wire/op.h"

/* Define recode_NAME: decode into a struct wire_NAME and encode it again. */
#define RECODE(name)                                                           \
	static int recode_##name(                                              \
		const struct wire_message *m, struct writer *w)                \
	{                                                                      \
		struct wire_##name value;                                      \
		int rc;                                                        \
                                                                               \
		memset(&value, 0, sizeof value);                               \
		rc = wire_##name##_decode(m, &value);                          \
		if (rc == 0)                                                   \
			rc = wire_##name##_encode(&value, w);                  \
		return rc;                                                     \
	}

RECODE(empty)
RECODE(error)
RECODE(hello)
RECODE(hello_answer)
RECODE(next_key)
RECODE(time)
RECODE(key_publish)
RECODE(key_stock)
RECODE(key_claim)
RECODE(key_claim_answer)
RECODE(submit)
RECODE(submit_answer)
RECODE(subscribe)
RECODE(waiting)
RECODE(credit)
RECODE(push)
RECODE(fetch)
RECODE(fetch_answer)
RECODE(ack)
RECODE(blob_begin)
RECODE(blob_next)
RECODE(blob_put)
RECODE(blob_id)
RECODE(blob_status)
RECODE(blob_get)
RECODE(blob_get_answer)
RECODE(devices)
RECODE(devices_answer)
RECODE(case)
RECODE(case_answer)
RECODE(statement_put)
RECODE(chain_head)
RECODE(chain_fetch)
RECODE(chain_answer)
RECODE(cases_fetch)
RECODE(cases_answer)
RECODE(notice)
RECODE(cases_all)
RECODE(cases_all_answer)
RECODE(restored)
RECODE(restored_answer)
RECODE(group_create)
RECODE(group_id)
RECODE(group_state)
RECODE(commit)
RECODE(nack)
RECODE(invite_put)
RECODE(invite_put_answer)
RECODE(invite_watch)
RECODE(invite_watch_answer)
RECODE(invite_answer)
RECODE(invite_confirm)
RECODE(redeem)
RECODE(redeem_get_answer)
RECODE(redeem_commit)
RECODE(redeem_reveal)
RECODE(redeem_result)
RECODE(checkpoint)
RECODE(checkpoint_answer)
RECODE(log_proof)
RECODE(log_consistency)
RECODE(log_path)
RECODE(receipt)
RECODE(receipt_answer)
RECODE(log_find)
RECODE(log_find_answer)
RECODE(log_entries)
RECODE(log_entries_answer)
RECODE(log_details)
RECODE(log_details_answer)
RECODE(cosign)
RECODE(erased)
RECODE(erased_answer)

/* clang-format off */
static const struct wire_op_info table[] = {
	/* number, name, flags, frames there and back, request, answer */
	{WIRE_OP_HELLO, "hello", WIRE_OP_ENROL, 0, 0,
		recode_hello, recode_hello_answer},
	{WIRE_OP_PING, "ping", WIRE_OP_ENROL, 0, 0,
		recode_empty, recode_time},
	{WIRE_OP_NEXT_KEY, "next-key", 0, 0, 0,
		recode_empty, recode_next_key},

	{WIRE_OP_KEY_PUBLISH, "key-publish", 0, 0, 0,
		recode_key_publish, recode_key_stock},
	{WIRE_OP_KEY_CLAIM, "key-claim", 0, 0, 0,
		recode_key_claim, recode_key_claim_answer},
	{WIRE_OP_KEY_COUNT, "key-count", 0, 0, 0,
		recode_empty, recode_key_stock},

	{WIRE_OP_SUBMIT, "submit", 0, WIRE_ENVELOPES_MAX, 0,
		recode_submit, recode_submit_answer},
	{WIRE_OP_SUBSCRIBE, "subscribe", 0, 0, 0,
		recode_subscribe, recode_waiting},
	{WIRE_OP_CREDIT, "credit", WIRE_OP_QUIET, 0, 0,
		recode_credit, recode_empty},
	{WIRE_OP_PUSH, "push", WIRE_OP_PUSHED, WIRE_ENVELOPES_MAX, 0,
		recode_push, NULL},
	{WIRE_OP_FETCH, "fetch", 0, 0, WIRE_ENVELOPES_MAX,
		recode_fetch, recode_fetch_answer},
	{WIRE_OP_ACK, "acknowledge", WIRE_OP_QUIET, 0, 0,
		recode_ack, recode_waiting},

	{WIRE_OP_BLOB_BEGIN, "blob-begin", 0, 0, 0,
		recode_blob_begin, recode_blob_next},
	{WIRE_OP_BLOB_PUT, "blob-put", 0, WIRE_CHUNKS_MAX, 0,
		recode_blob_put, recode_blob_next},
	{WIRE_OP_BLOB_STATUS, "blob-status", 0, 0, 0,
		recode_blob_id, recode_blob_status},
	{WIRE_OP_BLOB_GET, "blob-get", 0, 0, WIRE_CHUNKS_MAX,
		recode_blob_get, recode_blob_get_answer},
	{WIRE_OP_BLOB_DELETE, "blob-delete", 0, 0, 0,
		recode_blob_id, recode_empty},

	{WIRE_OP_DEVICES, "devices", 0, 0, 0,
		recode_devices, recode_devices_answer},
	{WIRE_OP_CASE, "case", 0, 0, 0,
		recode_case, recode_case_answer},

	{WIRE_OP_STATEMENT_PUT, "statement-put", 0, 0, 0,
		recode_statement_put, recode_chain_head},
	{WIRE_OP_CHAIN_FETCH, "chain-fetch", 0, 0, 0,
		recode_chain_fetch, recode_chain_answer},
	{WIRE_OP_CASES_FETCH, "cases-fetch", 0, 0, 0,
		recode_cases_fetch, recode_cases_answer},
	{WIRE_OP_NOTICE, "notice", WIRE_OP_PUSHED, 0, 0,
		recode_notice, NULL},
	{WIRE_OP_CASES_ALL, "cases-all", 0, 0, 0,
		recode_cases_all, recode_cases_all_answer},
	{WIRE_OP_REVOCATION, "revocation", 0, 0, 0,
		recode_empty, recode_statement_put},
	{WIRE_OP_RESTORED, "restored", 0, 0, 0,
		recode_restored, recode_restored_answer},

	{WIRE_OP_GROUP_CREATE, "group-create", 0, 2, 0,
		recode_group_create, recode_group_state},
	{WIRE_OP_COMMIT, "commit", 0, 2, 0,
		recode_commit, recode_group_state},
	{WIRE_OP_GROUP_STATE, "group-state", 0, 0, 0,
		recode_group_id, recode_group_state},
	{WIRE_OP_NACK, "nack", 0, 0, 0,
		recode_nack, recode_group_state},

	{WIRE_OP_INVITE_PUT, "invite-put", 0, 0, 0,
		recode_invite_put, recode_invite_put_answer},
	{WIRE_OP_INVITE_WATCH, "invite-watch", 0, 0, 0,
		recode_invite_watch, recode_invite_watch_answer},
	{WIRE_OP_INVITE_ANSWER, "invite-answer", 0, 0, 0,
		recode_invite_answer, recode_empty},
	{WIRE_OP_INVITE_CONFIRM, "invite-confirm", 0, 0, 0,
		recode_invite_confirm, recode_empty},

	{WIRE_OP_REDEEM_GET, "redeem-get", WIRE_OP_STRANGER, 0, 0,
		recode_redeem, recode_redeem_get_answer},
	{WIRE_OP_REDEEM_COMMIT, "redeem-commit", WIRE_OP_STRANGER, 0, 0,
		recode_redeem_commit, recode_empty},
	{WIRE_OP_REDEEM_REVEAL, "redeem-reveal", WIRE_OP_STRANGER, 0, 0,
		recode_redeem_reveal, recode_empty},
	{WIRE_OP_REDEEM_RESULT, "redeem-result", WIRE_OP_STRANGER, 0, 0,
		recode_redeem, recode_redeem_result},

	{WIRE_OP_CHECKPOINT, "checkpoint", 0, 0, 0,
		recode_checkpoint, recode_checkpoint_answer},
	{WIRE_OP_LOG_PROOF, "log-proof", 0, 0, 0,
		recode_log_proof, recode_log_path},
	{WIRE_OP_LOG_CONSISTENCY, "log-consistency", 0, 0, 0,
		recode_log_consistency, recode_log_path},
	{WIRE_OP_RECEIPT, "receipt", 0, 0, 0,
		recode_receipt, recode_receipt_answer},
	{WIRE_OP_LOG_FIND, "log-find", 0, 0, 0,
		recode_log_find, recode_log_find_answer},
	{WIRE_OP_LOG_ENTRIES, "log-entries", 0, 0, 0,
		recode_log_entries, recode_log_entries_answer},
	{WIRE_OP_LOG_DETAILS, "log-details", 0, 0, 0,
		recode_log_details, recode_log_details_answer},
	{WIRE_OP_COSIGN, "cosign", 0, 0, 0,
		recode_cosign, recode_empty},
	{WIRE_OP_ERASED, "erased", 0, 0, 0,
		recode_erased, recode_erased_answer},
};
/* clang-format on */

#define TABLE_LEN (sizeof table / sizeof *table)

const struct wire_op_info *wire_op_find(uint16_t op)
{
	op &= (uint16_t)~WIRE_ANSWER;
	for (size_t i = 0; i < TABLE_LEN; i++)
		if (table[i].op == op)
			return &table[i];
	return NULL;
}

const struct wire_op_info *wire_op_at(size_t i)
{
	return i < TABLE_LEN ? &table[i] : NULL;
}

int wire_op_recode(const struct wire_message *m, struct writer *w)
{
	const struct wire_op_info *info = wire_op_find(m->header.op);
	wire_recode *recode;

	if (m->header.op == WIRE_OP_ERROR)
		return recode_error(m, w);
	if (info == NULL)
		return ROWAN_E_NOT_FOUND;
	recode = (m->header.op & WIRE_ANSWER) != 0 ? info->answer
						   : info->request;
	return recode != NULL ? recode(m, w) : ROWAN_E_NOT_FOUND;
}
