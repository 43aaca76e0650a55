/*
 * What a person keeps about their cases on this device only: private aliases,
 * the numbers that listings gave, and which of their messages did not come to
 * everybody they were for. Sealed; written whole.
 *
 * An alias never leaves this device: it may be a name. Cases, persons, devices
 * and messages keep their numbers: what stands on one terminal stays true
 * whatever is listed on another, and nothing goes to another case, and no other
 * message is deleted, than somebody has before their eyes.
 */
#ifndef AGENT_BOOK_H
#define AGENT_BOOK_H

#include <jansson.h>

#include "base/id.h"
#include "base/secret.h"

#define BOOK_ALIAS_MAX	64 /* bytes */
#define BOOK_LIST_MAX	10000
#define BOOK_MISSED_MAX 1000 /* messages, the newest */

/* What has numbers and aliases. */
enum book_kind {
	BOOK_CASE = 0,
	BOOK_PERSON,
	BOOK_DEVICE,
	BOOK_MESSAGE,
	BOOK_KINDS
};

/* What this device has been told about itself, until it is no longer so. */
enum book_mark {
	BOOK_OLD_COPY = 0, /* the vault is older than the daemon knows it */
	BOOK_REVOKED,
	BOOK_MARKS
};

struct book;

/**
 * book_open(path, key, ret), book_close(b):
 * Read, or begin one where there is no file. ROWAN_E_CORRUPT, ROWAN_E_IO.
 * Closing saves the numbers of the last listing as far as it can.
 */
ROWAN_MUST int book_open(
	const char *path, const struct key32 *key, struct book **ret);
void book_close(struct book *b);

/**
 * book_alias(b, kind, id), book_set_alias(b, kind, id, alias):
 * The alias, or NULL; set or with NULL take away, on disk when it returns.
 * ROWAN_E_INVAL for one that could be a number or an id, is empty or longer
 * than BOOK_ALIAS_MAX; ROWAN_E_EXISTS when another has it.
 */
const char *book_alias(
	const struct book *b, enum book_kind kind, const struct id16 *id);
ROWAN_MUST int book_set_alias(struct book *b, enum book_kind kind,
	const struct id16 *id, const char *alias);

/**
 * book_mark(b, mark), book_set_mark(b, mark, on):
 * On disk when it returns.
 */
bool book_mark(const struct book *b, enum book_mark mark);
ROWAN_MUST int book_set_mark(struct book *b, enum book_mark mark, bool on);

/**
 * book_name(b), book_set_name(b, name):
 * What this person wants to be called wherever they take part; NULL: not said.
 */
const char *book_name(const struct book *b);
ROWAN_MUST int book_set_name(struct book *b, const char *name);

/* A message of one's own that somebody does not get. */
struct book_missed {
	struct id16 channel, message;
	const struct id16 *member; /* who; NULL: it is sent to nobody */
	bool told;		   /* the person knows */
};

/**
 * book_missed_add(b, m):
 * Keep it, on disk when it returns. What nobody needs to be told is kept no
 * longer than BOOK_MISSED_MAX messages.
 */
ROWAN_MUST int book_missed_add(struct book *b, const struct book_missed *m);

/**
 * book_missed_by(b, message, at, ret):
 * The member number ${at}, from 0, who does not get ${message}; false: there
 * are no more.
 */
bool book_missed_by(const struct book *b, const struct id16 *message, size_t at,
	struct id16 *ret);

/**
 * book_untold(b, channel, at, ret):
 * The message number ${at}, from 0, of a channel of which the person has not
 * been told yet; false: there are no more.
 */
bool book_untold(const struct book *b, const struct id16 *channel, size_t at,
	struct id16 *ret);

/**
 * book_told(b, channel, message):
 * The person has been told, of all messages of the channel with NULL. On disk
 * as numbers are.
 */
void book_told(
	struct book *b, const struct id16 *channel, const struct id16 *message);

/**
 * book_list_add(b, kind, id):
 * The number that ${id} has, or else the next one, from 1. When BOOK_LIST_MAX
 * are given, messages begin again at 1 and their old numbers name nothing; of
 * other kinds it is 0 then.
 */
size_t book_list_add(
	struct book *b, enum book_kind kind, const struct id16 *id);

/**
 * book_keep(b):
 * Write down numbers that were given since, so that they are the same after a
 * crash. As far as it can.
 */
void book_keep(struct book *b);

/**
 * book_listed(b, kind):
 * Whether there was a listing.
 */
bool book_listed(const struct book *b, enum book_kind kind);

/**
 * book_has(b, kind, id):
 * Whether ${id} has a number.
 */
bool book_has(const struct book *b, enum book_kind kind, const struct id16 *id);

/**
 * book_find(b, kind, text, ret):
 * What ${text} names: an alias, or a number that a listing gave.
 * ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int book_find(const struct book *b, enum book_kind kind,
	const char *text, struct id16 *ret);

#endif
