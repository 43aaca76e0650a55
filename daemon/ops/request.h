/*
 * What travels between the two threads: requests one way, batches of answers
 * and pushes the other.
 *
 * A request belongs to whoever holds the pointer: the network thread fills
 * and sends, the writer decides in between. Frames are borrowed from memory
 * that the network thread keeps with the request until its batch is sent.
 */
#ifndef OPS_REQUEST_H
#define OPS_REQUEST_H

#include "base/secret.h"
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

/* A connection, by its place in the network thread's table. */
struct peer_ref {
	uint32_t slot;
	uint32_t generation; /* above 0; of what is in that place */
};

static inline bool peer_ref_eq(struct peer_ref a, struct peer_ref b)
{
	return a.slot == b.slot && a.generation == b.generation;
}

/* The decoded body of any request. */
union request_body {
	struct wire_empty empty;
	struct wire_hello hello;
	struct wire_key_publish key_publish;
	struct wire_key_claim key_claim;
	struct wire_submit submit;
	struct wire_subscribe subscribe;
	struct wire_credit credit;
	struct wire_fetch fetch;
	struct wire_ack ack;
	struct wire_blob_begin blob_begin;
	struct wire_blob_put blob_put;
	struct wire_blob_id blob_id;
	struct wire_blob_get blob_get;
	struct wire_devices devices;
	struct wire_case case_id;
	struct wire_statement_put statement_put;
	struct wire_chain_fetch chain_fetch;
	struct wire_cases_fetch cases_fetch;
	struct wire_cases_all cases_all;
	struct wire_restored restored;
	struct wire_group_create group_create;
	struct wire_group_id group_id;
	struct wire_commit commit;
	struct wire_nack nack;
	struct wire_invite_put invite_put;
	struct wire_invite_watch invite_watch;
	struct wire_invite_answer invite_answer;
	struct wire_invite_confirm invite_confirm;
	struct wire_redeem redeem;
	struct wire_redeem_commit redeem_commit;
	struct wire_redeem_reveal redeem_reveal;
	struct wire_checkpoint checkpoint;
	struct wire_log_proof log_proof;
	struct wire_log_consistency log_consistency;
	struct wire_receipt receipt;
	struct wire_log_find log_find;
	struct wire_log_entries log_entries;
	struct wire_log_details log_details;
	struct wire_cosign cosign;
	struct wire_erased erased;
};

enum request_kind {
	REQUEST_MESSAGE, /* from a client */
	REQUEST_GONE,	 /* the connection ${from} is no more */
	REQUEST_UNSENT,	 /* pushes of subscription ${header.id} did not leave */
	REQUEST_JOB,	 /* ours: ${job} runs in a transaction of its own */
	REQUEST_STOP	 /* nothing follows */
};

struct ops;
struct table_entry;

/**
 * request_job:
 * An administrative act on the writer's thread, inside a transaction. What it
 * returns becomes the request's ${result}, unless the commit fails.
 */
typedef int request_job(void *cookie, struct ops *o);

struct request {
	enum request_kind kind;
	struct peer_ref from;
	struct id16 device; /* whom the transport authenticated */
	bool stranger;	    /* came in on the enrolment port: no device */
	struct key32 key;   /* of a stranger, proven by the transport */
	struct wire_header header;
	const struct table_entry *entry;
	union request_body body;
	struct bytes frames[WIRE_FRAMES_MAX]; /* all, header first */
	size_t frame_count;
	/* Of submitted envelopes, where ${hashed}; else the writer makes them.
	 */
	bool hashed;
	struct wire_hash content[WIRE_ENVELOPES_MAX];

	/* REQUEST_UNSENT */
	uint64_t unsent_after;
	uint32_t credit;
	/* REQUEST_JOB */
	request_job *job;
	void *cookie;

	/* The answer. */
	struct wire_error error; /* WIRE_OK: ${out} is the answer's body */
	int result;		 /* of a job */
	struct writer out;
	struct buf answer[WIRE_ENVELOPES_MAX]; /* opaque frames, owned */
	size_t answer_count;
};

/* One opaque frame of a push: of a request, or owned by the batch. */
struct push_frame {
	struct request *owner; /* whose frame ${index} it is, or NULL */
	size_t index;
	struct bytes bytes;
};

/*
 * One push message to one connection: envelopes, or a notice, which takes one
 * of the credit and has no frames.
 */
struct push {
	uint16_t op; /* WIRE_OP_PUSH or WIRE_OP_NOTICE */
	struct peer_ref to;
	struct id16 device;
	uint64_t id; /* of the subscription */
	uint16_t version;
	uint64_t after;		  /* sequence before its first envelope */
	size_t body_at, body_len; /* in the batch's bytes */
	size_t frame_at;
	size_t frame_count;
};

struct batch {
	struct request **requests;
	size_t request_count, request_cap;
	struct push *pushes;
	size_t push_count, push_cap;
	struct push_frame *frames;
	size_t frame_count, frame_cap;
	struct writer bytes; /* bodies of pushes */
	struct buf *owned;   /* memory that frames borrow from */
	size_t owned_count, owned_cap;
	struct id16 *revoked; /* devices whose connections end */
	size_t revoked_count, revoked_cap;
	bool stopped; /* the writer's last word */
	bool fatal;   /* ...because the store is damaged */
};

#endif
