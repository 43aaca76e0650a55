/*
 * Which cosignatures make a checkpoint believable: a policy file of C2SP
 * tlog-policy, read with these lines:
 *
 *	log VKEY [URL]
 *	witness NAME VKEY [URL]
 *	group NAME any|all|K MEMBER...		witnesses and earlier groups
 *	quorum NAME|none
 *
 * Empty lines and lines that begin with # are skipped; URLs are not looked
 * at; keys of kinds that this project cannot verify are refused. Trusts whoever
 *wrote the file; never guesses what a line may mean.
 */
#ifndef TLOG_POLICY_H
#define TLOG_POLICY_H

#include "tlog/note.h"

#define POLICY_MAX	65536 /* bytes */
#define POLICY_LOGS	32
#define POLICY_PARTIES	64 /* witnesses and groups together */
#define POLICY_NAME_MAX NOTE_NAME_MAX

/* A witness, or a group of parties before it. */
struct policy_party {
	char name[POLICY_NAME_MAX + 1];
	struct note_key key; /* of a witness */
	uint64_t members;    /* of a group: a bit for each; 0: a witness */
	uint8_t threshold;
};

struct policy {
	struct note_key log[POLICY_LOGS];
	size_t log_count;
	struct policy_party party[POLICY_PARTIES];
	size_t party_count;
	bool has_quorum; /* else no cosignature is asked for */
	size_t quorum;
};

/**
 * policy_parse(p, text, ret_line):
 * Read a policy. ROWAN_E_MALFORMED, or ROWAN_E_LIMIT for more than the limits
 * above, with the line (from 1) in ${ret_line}. A file without a quorum line
 * is refused: whoever wants none says so.
 */
ROWAN_MUST int policy_parse(
	struct policy *p, struct bytes text, size_t *ret_line);

/**
 * policy_log(p, k):
 * Whether a log of key ${k} is one of those that ${p} names, or it names none.
 */
bool policy_log(const struct policy *p, const struct note_key *k);

/**
 * policy_check(p, n, oldest):
 * Return 0 iff ${n} has the cosignatures that ${p} asks for, each made at
 * ${oldest} or later. ROWAN_E_NOT_FOUND when there are too few,
 * ROWAN_E_CRYPTO when a known witness's is wrong: then the note is forged.
 */
ROWAN_MUST int policy_check(
	const struct policy *p, const struct note *n, uint64_t oldest);

/**
 * policy_needs(p):
 * The fewest cosignatures with which a note can satisfy ${p}.
 */
size_t policy_needs(const struct policy *p);

#endif
