/*
 * What the application has not taken yet. An event is written in the vault's
 * transaction that brought it about, and stays until it is acknowledged: a
 * crash neither loses one nor makes one up.
 *
 * Belongs to the session's thread.
 */
#ifndef SESSION_EVENTS_H
#define SESSION_EVENTS_H

#include <rowan/event.h>

#include "session/vault/vault.h"
#include "base/id.h"
#include "base/reader.h"
#include "base/writer.h"

/* Zero what a type does not need. */
struct event {
	uint64_t number; /* given by events_add */
	uint16_t type;	 /* enum rowan_event_type */
	int32_t code;	 /* enum rowan_error or enum rowan_alarm, by type */
	uint64_t time;	 /* daemon's time, seconds since 1970 */
	struct id16 case_id;
	struct id16 channel;
	struct id16 member;
	struct id16 device;
	struct id16 message;
	uint64_t count; /* by type */
	uint64_t total;
	struct bytes text; /* by type, UTF-8, at most EVENT_TEXT_MAX */
};

/*
 * As it is kept:
 *
 *	struct {
 *		uint16 version = 1;
 *		uint16 type;
 *		uint32 code;		two's complement
 *		uint64 time;
 *		opaque case_id[16], channel[16], member[16], device[16];
 *		opaque message[16];
 *		uint64 count, total;
 *		opaque text<V>;
 *	} Event;
 */
#define EVENT_TEXT_MAX 1024

struct events;

/**
 * events_new(ret, vault), events_free(x):
 * Read where the vault's events stand. ${vault} is borrowed.
 */
ROWAN_MUST int events_new(struct events **ret, struct vault *vault);
void events_free(struct events *x);

/**
 * events_add(x, e):
 * Keep one, inside the caller's transaction. ${e}->number is not looked at.
 */
ROWAN_MUST int events_add(struct events *x, const struct event *e);

/**
 * events_next(x, ret, ret_text):
 * The oldest that is not acknowledged; ${ret}->text borrows from
 * ${ret_text}, which the caller owns. ROWAN_E_NOT_FOUND when there is none.
 */
ROWAN_MUST int events_next(
	struct events *x, struct event *ret, struct buf *ret_text);

/**
 * events_any(x):
 * Whether events_next may give one: what it says needs no look at the vault.
 */
bool events_any(const struct events *x);

/**
 * events_done(x, number):
 * Acknowledge everything up to ${number}, in a transaction of its own.
 * ROWAN_E_INVAL for a number no event has had.
 */
ROWAN_MUST int events_done(struct events *x, uint64_t number);

/**
 * events_aborted(x):
 * The transaction that events_add was called in did not happen.
 */
void events_aborted(struct events *x);

/**
 * events_encode(e, w), events_decode(input, ret):
 * The kept form; views borrow from ${input}. ROWAN_E_INVAL for an event
 * without type or with too long a text; ROWAN_E_TOO_NEW, ROWAN_E_MALFORMED,
 * ROWAN_E_LIMIT.
 */
ROWAN_MUST int events_encode(const struct event *e, struct writer *w);
ROWAN_MUST int events_decode(struct bytes input, struct event *ret);

#endif
