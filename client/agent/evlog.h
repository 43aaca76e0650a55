/*
 * Events as they came, so that `rowan listen` can go on where it was: the
 * last EVLOG_KEEP, each under a cursor that only grows. Sealed. An
 * entry survives a crash once evlog_add returns, a power cut once evlog_sync
 * does: a power cut may take events of the last moment from listen, never a
 * message, which is in the vault.
 */
#ifndef AGENT_EVLOG_H
#define AGENT_EVLOG_H

#include <jansson.h>

#include "base/secret.h"

#define EVLOG_KEEP 10000

struct evlog;

/**
 * evlog_open(path, key, ret), evlog_close(j):
 * Read, or begin one. What a power cut left half written at the end is cut
 * off. ROWAN_E_CORRUPT for anything else that was changed; ROWAN_E_IO.
 */
ROWAN_MUST int evlog_open(
	const char *path, const struct key32 *key, struct evlog **ret);
void evlog_close(struct evlog *j);

/**
 * evlog_add(j, event, ret_cursor):
 * Keep a copy of ${event}. ROWAN_E_FULL, ROWAN_E_IO, ROWAN_E_LIMIT.
 */
ROWAN_MUST int evlog_add(
	struct evlog *j, const json_t *event, uint64_t *ret_cursor);

/**
 * evlog_sync(j):
 * Everything added is on disk. ROWAN_E_FULL, ROWAN_E_IO.
 */
ROWAN_MUST int evlog_sync(struct evlog *j);

/**
 * evlog_next(j, after, ret_cursor):
 * The first event with a cursor above ${after}, owned by the caller; NULL for
 * none. A cursor that is no longer kept goes on with the oldest there is.
 */
json_t *evlog_next(struct evlog *j, uint64_t after, uint64_t *ret_cursor);

/**
 * evlog_newest(j, id):
 * The newest event in which ${id} stands, an id in hexadecimal; owned by the
 * caller; NULL for none.
 */
json_t *evlog_newest(struct evlog *j, const char *id);

/**
 * evlog_last(j):
 * The newest cursor; 0 for none.
 */
uint64_t evlog_last(const struct evlog *j);

#endif
