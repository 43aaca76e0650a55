/*
 * One end of a conversation between a command and the agent: JSON objects,
 * one a line, over a local socket (docs/cli.md).
 *
 * Trusts the other end to be the same user and no further: a line beyond
 * LINE_CAP, or one that is no JSON object, ends the conversation.
 */
#ifndef AGENT_LINE_H
#define AGENT_LINE_H

#include <jansson.h>

#include "base/bytes.h"

#define LINE_CAP ((size_t)4 * 1024 * 1024) /* bytes of one line */

struct line {
	int fd; /* -1: none */
	char *in;
	size_t in_len, in_cap, in_seen;
	char *out;
	size_t out_len, out_cap, out_at;
	bool ended; /* the other end has closed */
};

/**
 * line_init(l, fd), line_close(l):
 * Take over a connected socket. Closing wipes what was read and not sent.
 */
void line_init(struct line *l, int fd);
void line_close(struct line *l);

/**
 * line_put(l, object), line_flush(l):
 * Queue one object; send what is queued as far as it goes. ROWAN_E_NOMEM;
 * ROWAN_E_IO when the other end is gone. line_waits: something is unsent.
 */
ROWAN_MUST int line_put(struct line *l, const json_t *object);
ROWAN_MUST int line_flush(struct line *l);
static inline bool line_waits(const struct line *l)
{
	return l->out_at < l->out_len;
}

/**
 * line_fill(l):
 * Read what has come. ROWAN_E_AGAIN for nothing new, ROWAN_E_IO; sets ended.
 */
ROWAN_MUST int line_fill(struct line *l);

/**
 * line_take(l, ret):
 * The next object, owned by the caller. ROWAN_E_NOT_FOUND for none yet,
 * ROWAN_E_LIMIT, ROWAN_E_MALFORMED.
 */
ROWAN_MUST int line_take(struct line *l, json_t **ret);

/**
 * line_wipe_memory():
 * From now on jansson wipes what it frees. Call once, before any use of it.
 */
void line_wipe_memory(void);

#endif
