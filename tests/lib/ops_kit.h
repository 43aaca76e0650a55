/*
 * The daemon's operations without a network: a store with people in it, and
 * requests that run one after the other as the writer would run them.
 *
 * For tests only: failures end the test.
 */
#ifndef LIB_OPS_KIT_H
#define LIB_OPS_KIT_H

#include "lib/store_kit.h"
#include "ops/batch.h"
#include "ops/ops.h"
#include "wire/card.h"

struct ops_kit {
	struct kit kit;
	struct config config;
	struct ops_counters counters;
	struct ops ops;
	struct request request;		 /* fill ${request.body} before a run */
	struct batch *batch;		 /* what the last run pushed */
	uint32_t peer;			 /* the connection requests come from */
	const struct table_entry *entry; /* NULL: the table's */
	struct key32 log_key;
	char guard[96];
};

/**
 * ops_kit_start(k, mailbox), ops_kit_stop(k):
 * Devices 1, 2 and 3 of members 1, 2 and 3; channel 1 of case 1 with members
 * 1 and 2, channel 2 of case 2 with all three. Set ${k->config} before, or
 * config_defaults. Mailboxes hold ${mailbox} envelopes.
 */
void ops_kit_start(struct ops_kit *k, uint32_t mailbox);
void ops_kit_stop(struct ops_kit *k);

/**
 * ops_kit_head(k):
 * Open the head of the log anew: after the store has learnt its clinic.
 */
void ops_kit_head(struct ops_kit *k);

/**
 * ops_kit_run(k, op, device):
 * Run ${k->request} as ${op} of ${device} in a transaction of its own, push
 * what follows from it, and return the code of the answer.
 */
uint16_t ops_kit_run(struct ops_kit *k, uint16_t op, uint32_t device);

/**
 * ops_kit_run_as(k, op, device), ops_kit_run_stranger(k, op, key):
 * The same as any device; on the enrolment port with a key.
 */
uint16_t ops_kit_run_as(
	struct ops_kit *k, uint16_t op, const struct id16 *device);
uint16_t ops_kit_run_stranger(
	struct ops_kit *k, uint16_t op, const struct wire_key *key);

/**
 * ops_kit_answer(k):
 * The answer as a message, opaque frames included; valid until the next run.
 */
struct wire_message ops_kit_answer(struct ops_kit *k);

/**
 * ops_kit_serve(k):
 * Let those who are behind be served from the store into ${k->batch}.
 */
void ops_kit_serve(struct ops_kit *k);

/**
 * ops_kit_item(k, i, channel, counter, text):
 * Make item ${i}, the last one, of a submission.
 */
void ops_kit_item(struct ops_kit *k, size_t i, uint32_t channel,
	uint64_t counter, const char *text);

/**
 * ops_kit_submit(k, device, channel, counter, text):
 * Submit one envelope and return its result.
 */
uint16_t ops_kit_submit(struct ops_kit *k, uint32_t device, uint32_t channel,
	uint64_t counter, const char *text);

#endif
