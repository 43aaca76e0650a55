/*
 * Chains of statements over the wire: submit one, follow a chain, learn which
 * cases one takes part in.
 *
 * A chain is named by its case; the zero id names the clinic's. In the
 * clinic's chain the daemon withholds what concerns devices of strangers and
 * gives the link instead (trust/chain.h).
 */
#ifndef WIRE_CHAIN_H
#define WIRE_CHAIN_H

#include "wire/message.h"
#include "wire/statement.h"

struct wire_statement_put {
	struct bytes statement;
};

/* Answer: the head of the chain it went to, itself included. */
struct wire_chain_head {
	uint64_t number;
	struct wire_hash head;
};

struct wire_chain_fetch {
	struct id16 chain;
	uint64_t after; /* number; 0: from the beginning */
	uint16_t max;	/* statements, above 0 */
};

/* One statement, or what stands for it. */
struct wire_chain_item {
	bool withheld;
	struct bytes statement;	  /* unless withheld */
	struct wire_hash subject; /* if withheld */
	struct wire_hash content;
	uint64_t time;
};

struct wire_chain_answer {
	uint64_t first; /* number of the first item; 0: no items */
	struct wire_chain_item items[WIRE_CHAIN_ITEMS_MAX];
	size_t count;
	struct wire_chain_head newest; /* of the chain, now */
};

struct wire_cases_fetch {
	struct id16 after; /* the zero id: from the beginning */
};

struct wire_case_head {
	struct id16 case_id;
	uint64_t number;
};

/* Cases to which the device's member is or was assigned, ascending. */
struct wire_cases_answer {
	struct wire_case_head cases[WIRE_CASES_MAX];
	size_t count;
	bool more;
};

/* For coordinators. ${from}: where the page before ended; 0: the first. */
struct wire_cases_all {
	uint64_t from;
};

/* Cases of the clinic, a page of them, ascending within it. */
struct wire_cases_all_answer {
	struct wire_cases_answer page;
	uint64_t next; /* 0 exactly at the end */
};

/* What a device has given back of what a restore lost. */
enum wire_given {
	WIRE_GIVEN_NOTHING = 0, /* as yet: it asks */
	WIRE_GIVEN_CLINIC = 1,	/* what it has of the clinic's chain */
	WIRE_GIVEN_ALL = 2	/* and of every case */
};

struct wire_restored {
	uint8_t given; /* enum wire_given */
};

struct wire_restored_answer {
	bool on;		/* what was lost is being given back */
	struct bytes statement; /* the latest restore; empty: none ever */
};

/* Pushed to a subscriber when a chain it may read has grown. */
struct wire_notice {
	struct id16 chain;
	struct wire_chain_head newest;
};

ROWAN_MUST int wire_statement_put_decode(
	const struct wire_message *m, struct wire_statement_put *ret);
ROWAN_MUST int wire_statement_put_encode(
	const struct wire_statement_put *p, struct writer *w);

ROWAN_MUST int wire_chain_head_decode(
	const struct wire_message *m, struct wire_chain_head *ret);
ROWAN_MUST int wire_chain_head_encode(
	const struct wire_chain_head *h, struct writer *w);

ROWAN_MUST int wire_chain_fetch_decode(
	const struct wire_message *m, struct wire_chain_fetch *ret);
ROWAN_MUST int wire_chain_fetch_encode(
	const struct wire_chain_fetch *f, struct writer *w);

ROWAN_MUST int wire_chain_answer_decode(
	const struct wire_message *m, struct wire_chain_answer *ret);
ROWAN_MUST int wire_chain_answer_encode(
	const struct wire_chain_answer *a, struct writer *w);

ROWAN_MUST int wire_cases_fetch_decode(
	const struct wire_message *m, struct wire_cases_fetch *ret);
ROWAN_MUST int wire_cases_fetch_encode(
	const struct wire_cases_fetch *f, struct writer *w);

ROWAN_MUST int wire_cases_answer_decode(
	const struct wire_message *m, struct wire_cases_answer *ret);
ROWAN_MUST int wire_cases_answer_encode(
	const struct wire_cases_answer *a, struct writer *w);

ROWAN_MUST int wire_cases_all_decode(
	const struct wire_message *m, struct wire_cases_all *ret);
ROWAN_MUST int wire_cases_all_encode(
	const struct wire_cases_all *f, struct writer *w);

ROWAN_MUST int wire_cases_all_answer_decode(
	const struct wire_message *m, struct wire_cases_all_answer *ret);
ROWAN_MUST int wire_cases_all_answer_encode(
	const struct wire_cases_all_answer *a, struct writer *w);

ROWAN_MUST int wire_restored_decode(
	const struct wire_message *m, struct wire_restored *ret);
ROWAN_MUST int wire_restored_encode(
	const struct wire_restored *g, struct writer *w);

ROWAN_MUST int wire_restored_answer_decode(
	const struct wire_message *m, struct wire_restored_answer *ret);
ROWAN_MUST int wire_restored_answer_encode(
	const struct wire_restored_answer *a, struct writer *w);

ROWAN_MUST int wire_notice_decode(
	const struct wire_message *m, struct wire_notice *ret);
ROWAN_MUST int wire_notice_encode(
	const struct wire_notice *n, struct writer *w);

#endif
