/*
 * What the daemon says to whoever runs it: each kind of message has an id, a
 * level, an event name and a text, in one table (message.c).
 *
 * To the system's journal in its native form where there is one, as lines of
 * JSON on stderr elsewhere, as plain words on a terminal. Never an address, a
 * name, content, or an identifier in the clear (journal_pseudonym).
 *
 * One journal a process: whoever reads the log cannot tell two apart.
 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include "base/id.h"
#include "base/secret.h"
#include "journal/message.h"

/* What ${name} in the text of a message stands for. */
struct journal_field {
	const char *name;
	const char *text; /* NULL: the number */
	uint64_t number;
};

#define JOURNAL_TEXT(name, text)                                               \
	{                                                                      \
		(name), (text), 0                                              \
	}
#define JOURNAL_NUMBER(name, value)                                            \
	{                                                                      \
		(name), NULL, (value)                                          \
	}

enum journal_form { JOURNAL_AUTO, JOURNAL_NATIVE, JOURNAL_JSON, JOURNAL_PLAIN };

/**
 * journal_open(program, form, ret):
 * Begin as ${program}, which must stay. JOURNAL_AUTO: the journal when stderr
 * leads there, words when it is a terminal, else JSON. Before it, and where
 * the journal cannot be reached, messages go to stderr as words.
 */
void journal_open(const char *program, enum journal_form form);

/**
 * journal_key(secret, boot):
 * Derive the key of pseudonyms from a secret and the id of this boot: the
 * same identifier reads the same until the machine starts again. ${boot} NULL:
 * the kernel's. Without a call every process has a random key of its own.
 */
void journal_key(const struct key32 *secret, const char *boot);

/* Text of a pseudonym, with the closing zero. */
#define JOURNAL_PSEUDONYM_LEN 17

/**
 * journal_pseudonym(id, ret):
 * What a log may say instead of ${id}.
 */
void journal_pseudonym(const struct id16 *id, char ret[JOURNAL_PSEUDONYM_LEN]);

/**
 * journal_level(), journal_set_level(level, until):
 * Messages above a level of syslog (0 to 7) are dropped; 6 at first. With
 * ${until} above 0 the level falls back to 6 at that second of the monotonic
 * clock.
 */
int journal_level(void);
void journal_set_level(int level, uint64_t until);

/**
 * journal_say(id, fields, count):
 * Say the message with these fields. From any thread; never fails, never
 * waits for a reader of the journal.
 */
void journal_say(
	enum message_id id, const struct journal_field *fields, size_t count);

/* As journal_say, with the fields written out. */
#define SAY(id, ...)                                                           \
	journal_say((id), (const struct journal_field[]){__VA_ARGS__},         \
		sizeof((const struct journal_field[]){__VA_ARGS__}) /          \
			sizeof(struct journal_field))
#define SAY_ONLY(id) journal_say((id), NULL, 0)

/**
 * journal_render(text, fields, count, ret, size):
 * ${text} with its fields filled in, control characters replaced, cut to
 * ${size}. For journal_say and its tests.
 */
void journal_render(const char *text, const struct journal_field *fields,
	size_t count, char *ret, size_t size);

#endif
