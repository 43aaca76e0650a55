/*
 * The folder of an offline authority, and what was signed with it.
 *
 *	authority.key	the key, sealed under a passphrase
 *	next.key	its successor; belongs somewhere else
 *	authority.txt	the first record: what daemon and devices pin
 *	records.txt	all records, the first to the present one
 *	statements.txt	the clinic's chain: what was signed here, and by others
 *	daemon.txt	the daemon's card and where it listens
 *
 * Trusts nothing in these files: records, cards and statements are checked as
 * any device checks them. Speaks with no network and no agent.
 */
#ifndef CMD_AUTHORITY_H
#define CMD_AUTHORITY_H

#include "cmd/command.h"
#include "trust/authority.h"
#include "trust/bundle.h"
#include "trust/chain.h"

#define AUTHORITY_FILE_MAX ((size_t)32 * 1024 * 1024)

/* A statement of the chain, or of an erased one its link alone. */
struct authority_item {
	struct buf raw; /* empty: withheld */
	uint64_t number, time;
	struct chain_link link;
};

/* The folder, read and checked. */
struct authority_book {
	const struct ui *ui;
	const char *dir;
	struct buf records; /* text of records.txt */
	struct buf record[BUNDLE_RECORDS_MAX];
	size_t record_count;
	struct clinic clinic; /* after the last statement */
	struct authority_item *statements;
	size_t statement_count;
	struct trust_card *cards; /* views borrow from statements */
	size_t card_count;
	struct buf daemon; /* text of daemon.txt; empty: not signed yet */
};

/**
 * authority_book_open(ui, dir, ret), authority_book_close(b):
 * Read and check a folder. EXIT_DONE, or said. Closing is harmless for one
 * that is zeroed.
 */
int authority_book_open(
	const struct ui *ui, const char *dir, struct authority_book *ret);
void authority_book_close(struct authority_book *b);

/**
 * authority_book_path(dir, name):
 * A file of the folder; the caller frees.
 */
char *authority_book_path(const char *dir, const char *name);

/**
 * authority_book_check(b, raw, now):
 * Whether the clinic would take the encoded statement next. Codes of
 * rules_check.
 */
ROWAN_MUST int authority_book_check(
	struct authority_book *b, struct bytes raw, uint64_t now);

/**
 * authority_book_add(b, raw):
 * Check as of its own time and append a statement, in the file and in ${b}.
 * EXIT_DONE, or said.
 */
int authority_book_add(struct authority_book *b, struct bytes raw);

/**
 * authority_book_card(b, key, card, block):
 * Sign ${card} as of its issued_at, log it, and append its block to ${block}.
 * EXIT_DONE, or said.
 */
int authority_book_card(struct authority_book *b,
	const struct authority_key *key, struct wire_card *card,
	struct writer *block);

/**
 * authority_item_next(text, ret), authority_item_copy(ret, from):
 * The next item of a chain as text, which then begins behind it; a copy. The
 * caller owns ${ret}->raw. ROWAN_E_NOT_FOUND at the end, ROWAN_E_MALFORMED,
 * ROWAN_E_NOMEM.
 */
ROWAN_MUST int authority_item_next(
	struct bytes *text, struct authority_item *ret);
ROWAN_MUST int authority_item_copy(
	struct authority_item *ret, const struct authority_item *from);

/**
 * authority_book_take(b, item), authority_book_cut(b, count),
 * authority_book_write(b):
 * Append an item of others, a statement if the rules allow it, in ${b} alone;
 * go back to the first ${count}; write the file anew. Codes of rules_check;
 * EXIT_DONE, or said.
 */
ROWAN_MUST int authority_book_take(
	struct authority_book *b, const struct authority_item *item);
ROWAN_MUST int authority_book_cut(struct authority_book *b, size_t count);
int authority_book_write(const struct authority_book *b);

/**
 * authority_follow(b, text, ret_new):
 * Take over the clinic's chain, armoured, and sign again what was signed here
 * and came too late. EXIT_DONE, or said.
 */
int authority_follow(
	struct authority_book *b, struct bytes text, size_t *ret_new);

/**
 * authority_book_key(b, name, ret):
 * Ask for the passphrase and open a key of the folder. EXIT_DONE, or said.
 */
int authority_book_key(const struct authority_book *b, const char *name,
	struct authority_key **ret);

/**
 * authority_book_named(b, text, ret):
 * The newest card of a device: "daemon" (one that was not revoked), its number
 * in the list, or the beginning of its id. EXIT_DONE, or said.
 */
#define AUTHORITY_PREFIX_MIN 8 /* characters of an id */
int authority_book_named(const struct authority_book *b, const char *text,
	const struct trust_card **ret);

/**
 * authority_rights(rights, ret), authority_rights_read(text, ret):
 * "enrol,coordinate" and back; "-" for none.
 */
#define AUTHORITY_RIGHTS_LEN 48
void authority_rights(unsigned rights, char ret[AUTHORITY_RIGHTS_LEN]);
bool authority_rights_read(const char *text, unsigned *ret);

/* "caseworker", for words_said. */
const char *authority_role(uint8_t role);

extern const struct command authority_commands[];

/* In authority_sign.c. */
extern const struct command_option authority_sign_options[];
extern const struct command_option authority_daemon_options[];
int authority_sign_run(struct run *r);
int authority_daemon_run(struct run *r);

extern const struct command_option authority_succeed_options[];
int authority_succeed_run(struct run *r); /* authority_succeed.c */

/* Entries of the table that stand in authority_revoke.c. */
int authority_restore_run(struct run *r);
int authority_revoke_run(struct run *r);
int authority_follow_run(struct run *r); /* authority_follow.c */

extern const struct command_option authority_countersign_options[];
int authority_countersign_run(struct run *r); /* authority_countersign.c */

extern const struct command_option authority_renew_options[];
int authority_renew_run(struct run *r); /* authority_renew.c */

#endif
