/*
 * Sample messages: see wire_samples.h.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/wire_samples.h"
#include "lib/wire_samples_log.h"
#include "wire/blob.h"
#include "wire/chain.h"
#include "wire/envelope.h"
#include "wire/group.h"
#include "wire/hello.h"
#include "wire/invite.h"
#include "wire/key.h"
#include "wire/lookup.h"
#include "wire/op.h"

#define TEXT(s)                                                                \
	{                                                                      \
		(const uint8_t *)(s), sizeof(s) - 1                            \
	}
#define NOON 1763985600 /* 2025-11-24 12:00:00 UTC */

/* Ids that a reader of a dump recognises: sixteen times one byte. */
static struct id16 id_of(uint8_t b)
{
	struct id16 id;

	memset(id.b, b, sizeof id.b);
	return id;
}

#define CHANNEL id_of(0xc1)
#define DEVICE	id_of(0xd1)
#define OTHER	id_of(0xd2)
#define MEMBER	id_of(0xe1)
#define CASE	id_of(0xca)
#define BLOB	id_of(0xb1)

static const struct bytes first_frame = TEXT("first sealed envelope");
static const struct bytes second_frame = TEXT("second sealed envelope");
static const struct bytes chunk_frame = TEXT("the last sealed chunk");

static int make_empty(struct writer *w)
{
	struct wire_empty m = {0};

	return wire_empty_encode(&m, w);
}

static int make_error(struct writer *w)
{
	struct wire_error m = {WIRE_QUOTA, 1500};

	return wire_error_encode(&m, w);
}

static int make_hello(struct writer *w)
{
	struct wire_hello m = {{1, 1}};

	return wire_hello_encode(&m, w);
}

static int make_hello_answer(struct writer *w)
{
	struct wire_hello_answer m = {.version = 1,
		.time = {NOON, false},
		.counter = 41,
		.waiting = 3,
		.limits = {.message_bytes = 1048576,
			.envelopes = 64,
			.credit = 256,
			.rate_messages = 600,
			.rate_bytes = 16777216,
			.mailbox = 20000,
			.key_packages = 100,
			.lifetime = 60 * 86400,
			.lifetime_max = 90 * 86400,
			.blob_bytes = 104857600,
			.blob_lifetime_max = 60 * 86400,
			.hold_max = 30 * 86400},
		.overhead = WIRE_ENVELOPE_OVERHEAD,
		.buckets = {1024, 4096, 16384, 65536},
		.bucket_count = 4};

	return wire_hello_answer_encode(&m, w);
}

static int make_time(struct writer *w)
{
	struct wire_time m = {NOON, false};

	return wire_time_encode(&m, w);
}

static int make_key_publish(struct writer *w)
{
	struct wire_key_publish m = {
		.packages = {{0, TEXT("a key package")},
			{WIRE_KEY_LAST_RESORT, TEXT("the last resort")}},
		.count = 2};

	return wire_key_publish_encode(&m, w);
}

static int make_key_stock(struct writer *w)
{
	struct wire_key_stock m = {99, true, false};

	return wire_key_stock_encode(&m, w);
}

static int make_key_claim(struct writer *w)
{
	struct wire_key_claim m = {
		.channel = CHANNEL, .devices = {DEVICE, OTHER}, .count = 2};

	return wire_key_claim_encode(&m, w);
}

static int make_key_claim_answer(struct writer *w)
{
	struct wire_key_claim_answer m = {
		.results = {{.data = TEXT("a key package")},
			{.error = {WIRE_REFUSED, 0}}},
		.count = 2};

	return wire_key_claim_answer_encode(&m, w);
}

static int make_submit(struct writer *w)
{
	struct wire_submit m = {
		.items = {{CHANNEL, 42, 0, 0, first_frame},
			{CHANNEL, 43, WIRE_URGENT, 86400, second_frame}},
		.count = 2};

	return wire_submit_encode(&m, w);
}

static int make_submit_answer(struct writer *w)
{
	struct wire_submit_answer m = {
		.results = {{WIRE_OK, 0}, {WIRE_FULL, 60000}},
		.logged = {{7, NOON + 1800, {0x7e, 0x7e}}},
		.count = 2};

	return wire_submit_answer_encode(&m, w);
}

static int make_subscribe(struct writer *w)
{
	struct wire_subscribe m = {7, 64};

	return wire_subscribe_encode(&m, w);
}

static int make_waiting(struct writer *w)
{
	struct wire_waiting m = {3};

	return wire_waiting_encode(&m, w);
}

static int make_credit(struct writer *w)
{
	struct wire_credit m = {32};

	return wire_credit_encode(&m, w);
}

static const struct wire_push deliveries = {
	.items = {{8,
			  {{0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1,
				  0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1,
				  0xc1}},
			  WIRE_KIND_APPLICATION, 0, NOON,
			  TEXT("first sealed envelope")},
		{10,
			{{0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1,
				0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1, 0xc1}},
			WIRE_KIND_APPLICATION, WIRE_URGENT, NOON + 3600,
			TEXT("second sealed envelope")}},
	.count = 2};

static int make_push(struct writer *w)
{
	return wire_push_encode(&deliveries, w);
}

static int make_fetch(struct writer *w)
{
	struct wire_fetch m = {7, 64};

	return wire_fetch_encode(&m, w);
}

static int make_fetch_answer(struct writer *w)
{
	struct wire_fetch_answer m = {.count = 2, .more = true};

	memcpy(m.items, deliveries.items, sizeof m.items);
	return wire_fetch_answer_encode(&m, w);
}

static int make_ack(struct writer *w)
{
	struct wire_ack m = {
		.ranges = {{1, 8}, {10, 10}}, .count = 2, .credit = 2};

	return wire_ack_encode(&m, w);
}

static int make_blob_begin(struct writer *w)
{
	struct wire_blob_begin m = {
		.channel = CHANNEL, .blob = BLOB, .size = 65536 + 21};

	return wire_blob_begin_encode(&m, w);
}

static int make_blob_next(struct writer *w)
{
	struct wire_blob_next m = {1};

	return wire_blob_next_encode(&m, w);
}

static int make_blob_put(struct writer *w)
{
	struct wire_blob_put m = {
		.blob = BLOB, .first = 1, .chunks = {chunk_frame}, .count = 1};

	return wire_blob_put_encode(&m, w);
}

static int make_blob_id(struct writer *w)
{
	struct wire_blob_id m = {BLOB};

	return wire_blob_id_encode(&m, w);
}

static int make_blob_status(struct writer *w)
{
	struct wire_blob_status m = {
		65536 + 21, 1, NOON + 30 * 86400, NOON + 1800};

	return wire_blob_status_encode(&m, w);
}

static int make_blob_get(struct writer *w)
{
	struct wire_blob_get m = {BLOB, 1, 8};

	return wire_blob_get_encode(&m, w);
}

static int make_blob_get_answer(struct writer *w)
{
	struct wire_blob_get_answer m = {.size = 65536 + 21,
		.first = 1,
		.chunks = {chunk_frame},
		.count = 1};

	return wire_blob_get_answer_encode(&m, w);
}

static int make_devices(struct writer *w)
{
	struct wire_devices m = {.devices = {DEVICE, OTHER}, .count = 2};

	return wire_devices_encode(&m, w);
}

static int make_devices_answer(struct writer *w)
{
	struct wire_devices_answer m = {
		.devices = {{.member = MEMBER,
				    .role = WIRE_ROLE_CASEWORKER,
				    .agency = TEXT("advocacy"),
				    .card = TEXT("a card")},
			{.error = {WIRE_REFUSED, 0}}},
		.count = 2};

	return wire_devices_answer_encode(&m, w);
}

static int make_case(struct writer *w)
{
	struct wire_case m = {CASE};

	return wire_case_encode(&m, w);
}

static int make_case_answer(struct writer *w)
{
	const struct id16 devices[2] = {DEVICE, OTHER};
	struct wire_case_answer m = {.state = WIRE_CASE_OPEN,
		.channels = {{CHANNEL, WIRE_CHANNEL_SUPPORT, 1, devices[0].b,
				     2},
			{id_of(0xc2), WIRE_CHANNEL_TEAM, 1, devices[0].b, 1}},
		.count = 2};

	return wire_case_answer_encode(&m, w);
}

#define INVITE id_of(0x11)

static const struct bytes bundle = TEXT("a sealed bundle");
static const struct bytes card_request = TEXT("a card request");

static struct wire_hash hash_of(uint8_t b)
{
	struct wire_hash h;

	memset(h.b, b, sizeof h.b);
	return h;
}

static struct wire_nonce nonce_of(uint8_t b)
{
	struct wire_nonce n;

	memset(n.b, b, sizeof n.b);
	return n;
}

static const struct bytes statement = TEXT("a statement");

static int make_statement_put(struct writer *w)
{
	struct wire_statement_put m = {statement};

	return wire_statement_put_encode(&m, w);
}

static int make_chain_head(struct writer *w)
{
	struct wire_chain_head m = {5, hash_of(0x55)};

	return wire_chain_head_encode(&m, w);
}

static int make_chain_fetch(struct writer *w)
{
	struct wire_chain_fetch m = {.after = 3, .max = 64};

	return wire_chain_fetch_encode(&m, w);
}

static int make_chain_answer(struct writer *w)
{
	static struct wire_chain_answer m;

	m.first = 4;
	m.items[0] = (struct wire_chain_item){.withheld = true,
		.subject = hash_of(0x50),
		.content = hash_of(0x51),
		.time = NOON};
	m.items[1] = (struct wire_chain_item){.statement = statement};
	m.count = 2;
	m.newest = (struct wire_chain_head){5, hash_of(0x55)};
	return wire_chain_answer_encode(&m, w);
}

static int make_cases_fetch(struct writer *w)
{
	struct wire_cases_fetch m = {{{0}}};

	return wire_cases_fetch_encode(&m, w);
}

static int make_cases_answer(struct writer *w)
{
	static struct wire_cases_answer m;

	m.cases[0] = (struct wire_case_head){CASE, 7};
	m.count = 1;
	return wire_cases_answer_encode(&m, w);
}

static int make_cases_all(struct writer *w)
{
	struct wire_cases_all m = {0};

	return wire_cases_all_encode(&m, w);
}

static int make_cases_all_answer(struct writer *w)
{
	static struct wire_cases_all_answer m;

	m.page.cases[0] = (struct wire_case_head){CASE, 7};
	m.page.count = 1;
	m.page.more = true;
	m.next = 1;
	return wire_cases_all_answer_encode(&m, w);
}

static int make_next_key(struct writer *w)
{
	struct wire_next_key m = {.port = 7412};

	memset(m.key, 0x4e, sizeof m.key);
	return wire_next_key_encode(&m, w);
}

static int make_revocation(struct writer *w)
{
	struct wire_statement_put m = {TEXT("a statement that revokes")};

	return wire_statement_put_encode(&m, w);
}

static int make_restored(struct writer *w)
{
	struct wire_restored m = {.given = WIRE_GIVEN_CLINIC};

	return wire_restored_encode(&m, w);
}

static int make_restored_answer(struct writer *w)
{
	struct wire_restored_answer m = {true, TEXT("a restore")};

	return wire_restored_answer_encode(&m, w);
}

static int make_notice(struct writer *w)
{
	struct wire_notice m = {CASE, {8, hash_of(0x58)}};

	return wire_notice_encode(&m, w);
}

static const struct bytes commit_frame = TEXT("a commit");
static const struct bytes welcome_frame = TEXT("a Welcome");
static const struct bytes info_frame = TEXT("a GroupInfo");
static const struct bytes tree_frame = TEXT("a ratchet tree");

static int make_group_create(struct writer *w)
{
	struct wire_group_create m = {.channel = CHANNEL, .generation = 1};

	return wire_group_create_encode(&m, w);
}

static int make_group_id(struct writer *w)
{
	struct wire_group_id m = {CHANNEL};

	return wire_group_id_encode(&m, w);
}

static int make_group_state(struct writer *w)
{
	struct wire_group_state m = {.generation = 1,
		.exists = true,
		.flags = WIRE_GROUP_MISSING | WIRE_GROUP_MEMBER,
		.epoch = 7,
		.confirmed = hash_of(0xcf),
		.commit = hash_of(0xc7),
		.replace = {DEVICE},
		.replace_count = 1};

	return wire_group_state_encode(&m, w);
}

static int make_commit(struct writer *w)
{
	struct wire_commit m = {.channel = CHANNEL, .welcome = welcome_frame};

	return wire_commit_encode(&m, w);
}

static int make_nack(struct writer *w)
{
	struct wire_nack m = {.channel = CHANNEL,
		.generation = 1,
		.epoch = 6,
		.commit = hash_of(0xc7)};

	memset(m.signature.b, 0x59, sizeof m.signature.b);
	return wire_nack_encode(&m, w);
}

static int make_invite_put(struct writer *w)
{
	struct wire_invite_put m = {INVITE, CASE, 0, bundle};

	return wire_invite_put_encode(&m, w);
}

static int make_invite_put_answer(struct writer *w)
{
	struct wire_invite_put_answer m = {NOON + 86400};

	return wire_invite_put_answer_encode(&m, w);
}

static int make_invite_watch(struct writer *w)
{
	struct wire_invite_watch m = {
		.invites = {INVITE, id_of(0x12), id_of(0x13)}, .count = 3};

	return wire_invite_watch_encode(&m, w);
}

static int make_invite_watch_answer(struct writer *w)
{
	struct wire_invite_watch_answer m = {
		.seen = {{.state = WIRE_INVITE_REVEALED,
				 .expires = NOON + 86400,
				 .commitment = hash_of(0xc0),
				 .nonce = nonce_of(0xd0),
				 .request = card_request},
			{.state = WIRE_INVITE_DONE,
				.flags = WIRE_INVITE_ALARM,
				.expires = NOON},
			{.error = {WIRE_REFUSED, 0}}},
		.count = 3};

	return wire_invite_watch_answer_encode(&m, w);
}

static int make_invite_answer(struct writer *w)
{
	struct wire_invite_answer m = {INVITE, hash_of(0xc0), nonce_of(0xa0)};

	return wire_invite_answer_encode(&m, w);
}

static int make_invite_confirm(struct writer *w)
{
	struct wire_invite_confirm m = {INVITE, true};

	return wire_invite_confirm_encode(&m, w);
}

static int make_redeem(struct writer *w)
{
	struct wire_redeem m = {INVITE};

	return wire_redeem_encode(&m, w);
}

static int make_redeem_get_answer(struct writer *w)
{
	struct wire_redeem_get_answer m = {NOON + 86400, bundle};

	return wire_redeem_get_answer_encode(&m, w);
}

static int make_redeem_commit(struct writer *w)
{
	struct wire_redeem_commit m = {INVITE, hash_of(0xc0)};

	return wire_redeem_commit_encode(&m, w);
}

static int make_redeem_reveal(struct writer *w)
{
	struct wire_redeem_reveal m = {INVITE, nonce_of(0xd0), card_request};

	return wire_redeem_reveal_encode(&m, w);
}

static int make_redeem_result(struct writer *w)
{
	struct wire_redeem_result m = {
		.state = WIRE_INVITE_ANSWERED, .nonce = nonce_of(0xa0)};

	return wire_redeem_result_encode(&m, w);
}

#define ANSWER(op) ((op) | WIRE_ANSWER)

/* clang-format off */
static const struct {
	const char *name;
	uint16_t op;
	uint16_t id;
	int (*make)(struct writer *w);
	const struct bytes *frames[WIRE_SAMPLE_FRAMES];
} samples[] = {
	{"error answer", WIRE_OP_ERROR, 9, make_error, {NULL}},
	{"hello request", WIRE_OP_HELLO, 1, make_hello, {NULL}},
	{"hello answer", ANSWER(WIRE_OP_HELLO), 1, make_hello_answer, {NULL}},
	{"ping request", WIRE_OP_PING, 2, make_empty, {NULL}},
	{"ping answer", ANSWER(WIRE_OP_PING), 2, make_time, {NULL}},
	{"key-publish request", WIRE_OP_KEY_PUBLISH, 3, make_key_publish,
		{NULL}},
	{"key-publish answer", ANSWER(WIRE_OP_KEY_PUBLISH), 3,
		make_key_stock, {NULL}},
	{"key-claim request", WIRE_OP_KEY_CLAIM, 4, make_key_claim, {NULL}},
	{"key-claim answer", ANSWER(WIRE_OP_KEY_CLAIM), 4,
		make_key_claim_answer, {NULL}},
	{"next-key request", WIRE_OP_NEXT_KEY, 37, make_empty, {NULL}},
	{"next-key answer", ANSWER(WIRE_OP_NEXT_KEY), 37, make_next_key,
		{NULL}},
	{"key-count request", WIRE_OP_KEY_COUNT, 5, make_empty, {NULL}},
	{"key-count answer", ANSWER(WIRE_OP_KEY_COUNT), 5, make_key_stock,
		{NULL}},
	{"submit request", WIRE_OP_SUBMIT, 6, make_submit,
		{&first_frame, &second_frame}},
	{"submit answer", ANSWER(WIRE_OP_SUBMIT), 6, make_submit_answer,
		{NULL}},
	{"subscribe request", WIRE_OP_SUBSCRIBE, 7, make_subscribe, {NULL}},
	{"subscribe answer", ANSWER(WIRE_OP_SUBSCRIBE), 7, make_waiting,
		{NULL}},
	{"credit request", WIRE_OP_CREDIT, 0, make_credit, {NULL}},
	{"credit answer", ANSWER(WIRE_OP_CREDIT), 8, make_empty, {NULL}},
	{"push", WIRE_OP_PUSH, 7, make_push, {&first_frame, &second_frame}},
	{"fetch request", WIRE_OP_FETCH, 9, make_fetch, {NULL}},
	{"fetch answer", ANSWER(WIRE_OP_FETCH), 9, make_fetch_answer,
		{&first_frame, &second_frame}},
	{"acknowledge request", WIRE_OP_ACK, 0, make_ack, {NULL}},
	{"acknowledge answer", ANSWER(WIRE_OP_ACK), 10, make_waiting, {NULL}},
	{"blob-begin request", WIRE_OP_BLOB_BEGIN, 11, make_blob_begin,
		{NULL}},
	{"blob-begin answer", ANSWER(WIRE_OP_BLOB_BEGIN), 11, make_blob_next,
		{NULL}},
	{"blob-put request", WIRE_OP_BLOB_PUT, 12, make_blob_put,
		{&chunk_frame}},
	{"blob-put answer", ANSWER(WIRE_OP_BLOB_PUT), 12, make_blob_next,
		{NULL}},
	{"blob-status request", WIRE_OP_BLOB_STATUS, 13, make_blob_id,
		{NULL}},
	{"blob-status answer", ANSWER(WIRE_OP_BLOB_STATUS), 13,
		make_blob_status, {NULL}},
	{"blob-get request", WIRE_OP_BLOB_GET, 14, make_blob_get, {NULL}},
	{"blob-get answer", ANSWER(WIRE_OP_BLOB_GET), 14,
		make_blob_get_answer, {&chunk_frame}},
	{"blob-delete request", WIRE_OP_BLOB_DELETE, 15, make_blob_id,
		{NULL}},
	{"blob-delete answer", ANSWER(WIRE_OP_BLOB_DELETE), 15, make_empty,
		{NULL}},
	{"devices request", WIRE_OP_DEVICES, 16, make_devices, {NULL}},
	{"devices answer", ANSWER(WIRE_OP_DEVICES), 16, make_devices_answer,
		{NULL}},
	{"case request", WIRE_OP_CASE, 17, make_case, {NULL}},
	{"case answer", ANSWER(WIRE_OP_CASE), 17, make_case_answer, {NULL}},
	{"statement-put request", WIRE_OP_STATEMENT_PUT, 32,
		make_statement_put, {NULL}},
	{"statement-put answer", ANSWER(WIRE_OP_STATEMENT_PUT), 32,
		make_chain_head, {NULL}},
	{"chain-fetch request", WIRE_OP_CHAIN_FETCH, 33, make_chain_fetch,
		{NULL}},
	{"chain-fetch answer", ANSWER(WIRE_OP_CHAIN_FETCH), 33,
		make_chain_answer, {NULL}},
	{"cases-fetch request", WIRE_OP_CASES_FETCH, 34, make_cases_fetch,
		{NULL}},
	{"cases-fetch answer", ANSWER(WIRE_OP_CASES_FETCH), 34,
		make_cases_answer, {NULL}},
	{"notice", WIRE_OP_NOTICE, 9, make_notice, {NULL}},
	{"revocation request", WIRE_OP_REVOCATION, 36, make_empty, {NULL}},
	{"revocation answer", ANSWER(WIRE_OP_REVOCATION), 36, make_revocation,
		{NULL}},
	{"restored request", WIRE_OP_RESTORED, 37, make_restored, {NULL}},
	{"restored answer", ANSWER(WIRE_OP_RESTORED), 37, make_restored_answer,
		{NULL}},
	{"cases-all request", WIRE_OP_CASES_ALL, 35, make_cases_all, {NULL}},
	{"cases-all answer", ANSWER(WIRE_OP_CASES_ALL), 35,
		make_cases_all_answer, {NULL}},
	{"group-create request", WIRE_OP_GROUP_CREATE, 40, make_group_create,
		{&info_frame, &tree_frame}},
	{"group-create answer", ANSWER(WIRE_OP_GROUP_CREATE), 40,
		make_group_state, {NULL}},
	{"commit request", WIRE_OP_COMMIT, 41, make_commit,
		{&commit_frame, &welcome_frame}},
	{"commit answer", ANSWER(WIRE_OP_COMMIT), 41, make_group_state,
		{NULL}},
	{"group-state request", WIRE_OP_GROUP_STATE, 42, make_group_id,
		{NULL}},
	{"group-state answer", ANSWER(WIRE_OP_GROUP_STATE), 42,
		make_group_state, {NULL}},
	{"nack request", WIRE_OP_NACK, 43, make_nack, {NULL}},
	{"nack answer", ANSWER(WIRE_OP_NACK), 43, make_group_state, {NULL}},
	{"invite-put request", WIRE_OP_INVITE_PUT, 48, make_invite_put,
		{NULL}},
	{"invite-put answer", ANSWER(WIRE_OP_INVITE_PUT), 48,
		make_invite_put_answer, {NULL}},
	{"invite-watch request", WIRE_OP_INVITE_WATCH, 49, make_invite_watch,
		{NULL}},
	{"invite-watch answer", ANSWER(WIRE_OP_INVITE_WATCH), 49,
		make_invite_watch_answer, {NULL}},
	{"invite-answer request", WIRE_OP_INVITE_ANSWER, 50, make_invite_answer,
		{NULL}},
	{"invite-answer answer", ANSWER(WIRE_OP_INVITE_ANSWER), 50,
		make_empty, {NULL}},
	{"invite-confirm request", WIRE_OP_INVITE_CONFIRM, 51, make_invite_confirm,
		{NULL}},
	{"invite-confirm answer", ANSWER(WIRE_OP_INVITE_CONFIRM), 51,
		make_empty, {NULL}},
	{"redeem-get request", WIRE_OP_REDEEM_GET, 52, make_redeem,
		{NULL}},
	{"redeem-get answer", ANSWER(WIRE_OP_REDEEM_GET), 52,
		make_redeem_get_answer, {NULL}},
	{"redeem-commit request", WIRE_OP_REDEEM_COMMIT, 53, make_redeem_commit,
		{NULL}},
	{"redeem-commit answer", ANSWER(WIRE_OP_REDEEM_COMMIT), 53,
		make_empty, {NULL}},
	{"redeem-reveal request", WIRE_OP_REDEEM_REVEAL, 54, make_redeem_reveal,
		{NULL}},
	{"redeem-reveal answer", ANSWER(WIRE_OP_REDEEM_REVEAL), 54,
		make_empty, {NULL}},
	{"redeem-result request", WIRE_OP_REDEEM_RESULT, 55, make_redeem,
		{NULL}},
	{"redeem-result answer", ANSWER(WIRE_OP_REDEEM_RESULT), 55,
		make_redeem_result, {NULL}},
	{"checkpoint request", WIRE_OP_CHECKPOINT, 60, sample_checkpoint,
		{NULL}},
	{"checkpoint answer", ANSWER(WIRE_OP_CHECKPOINT), 60,
		sample_checkpoint_answer, {NULL}},
	{"log-proof request", WIRE_OP_LOG_PROOF, 61, sample_log_proof,
		{NULL}},
	{"log-proof answer", ANSWER(WIRE_OP_LOG_PROOF), 61,
		sample_log_path, {NULL}},
	{"log-consistency request", WIRE_OP_LOG_CONSISTENCY, 62, sample_log_consistency,
		{NULL}},
	{"log-consistency answer", ANSWER(WIRE_OP_LOG_CONSISTENCY), 62,
		sample_log_path, {NULL}},
	{"receipt request", WIRE_OP_RECEIPT, 63, sample_receipt,
		{NULL}},
	{"receipt answer", ANSWER(WIRE_OP_RECEIPT), 63,
		sample_receipt_answer, {NULL}},
	{"log-find request", WIRE_OP_LOG_FIND, 64, sample_log_find,
		{NULL}},
	{"log-find answer", ANSWER(WIRE_OP_LOG_FIND), 64,
		sample_log_find_answer, {NULL}},
	{"log-entries request", WIRE_OP_LOG_ENTRIES, 65, sample_log_entries,
		{NULL}},
	{"log-entries answer", ANSWER(WIRE_OP_LOG_ENTRIES), 65,
		sample_log_entries_answer, {NULL}},
	{"log-details request", WIRE_OP_LOG_DETAILS, 66, sample_log_details,
		{NULL}},
	{"log-details answer", ANSWER(WIRE_OP_LOG_DETAILS), 66,
		sample_log_details_answer, {NULL}},
	{"cosign request", WIRE_OP_COSIGN, 67, sample_cosign,
		{NULL}},
	{"cosign answer", ANSWER(WIRE_OP_COSIGN), 67,
		make_empty, {NULL}},
	{"erased request", WIRE_OP_ERASED, 68, sample_erased,
		{NULL}},
	{"erased answer", ANSWER(WIRE_OP_ERASED), 68,
		sample_erased_answer, {NULL}},
};
/* clang-format on */

int wire_sample_make(size_t i, struct wire_sample *ret)
{
	struct writer w;

	if (i >= sizeof samples / sizeof *samples)
		return -1;
	memset(ret, 0, sizeof *ret);
	ret->name = samples[i].name;
	ret->header = (struct wire_header){samples[i].op == WIRE_OP_HELLO
						   ? WIRE_VERSION_HELLO
						   : WIRE_VERSION_HIGH,
		samples[i].op, samples[i].id};
	wire_header_encode(&ret->header, ret->header_bytes);
	writer_init_fixed(&w, ret->body, sizeof ret->body);
	if (samples[i].make(&w) != 0)
		abort();
	ret->frames[0] = bytes_of(ret->header_bytes, WIRE_HEADER_LEN);
	ret->frames[1] = writer_view(&w);
	ret->frame_count = 2;
	for (size_t k = 0; k < WIRE_SAMPLE_FRAMES; k++)
		if (samples[i].frames[k] != NULL)
			ret->frames[ret->frame_count++] = *samples[i].frames[k];
	return 0;
}
