/*
 * Rowan: the library an application of the clinic is built on.
 *
 * One handle is one device: its vault, its connection, the channels it takes
 * part in. The library starts no thread, calls nothing back, prints nothing
 * and logs nothing; whatever it has to say is an event.
 *
 *	open -> connect -> poll rowan_fd() -> rowan_process()
 *	     -> rowan_next_event() ... rowan_event_done() -> poll again
 *
 * A handle and all that came from it belong to one thread at a time. Handles
 * are opaque; ..._free(NULL) and rowan_close(NULL) are harmless. Ids are
 * ROWAN_ID_LEN bytes. Text is UTF-8, ends with a zero byte where it is a
 * const char *, and has no zero byte inside. What a getter returns borrows
 * from its handle until that goes or, for a struct rowan, until the next call
 * on it. Inputs are copied.
 *
 * Fallible calls return 0 or a negative enum rowan_error, whose range says
 * what to do (rowan/error.h); every one may return ROWAN_E_NOMEM,
 * ROWAN_E_INVAL for an argument outside its contract, ROWAN_E_STATE while the
 * handle is locked or without a card, and ROWAN_E_IO, ROWAN_E_FULL and
 * ROWAN_E_CORRUPT from the vault. A call that fails has changed nothing.
 * Calls that change something return when the vault has it; the daemon is
 * told by rowan_process, now or when there is a connection again.
 */
#ifndef ROWAN_H
#define ROWAN_H

#include <stdbool.h>

#include <rowan/api.h>
#include <rowan/error.h>
#include <rowan/event.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ROWAN_ID_LEN 16

struct rowan;

/* --- Opening and closing ------------------------------------------------ */

/*
 * How to open. A key comes from the platform's key store; a passphrase from
 * the person, and goes through Argon2id (about half a second). Exactly one
 * must be set.
 */
struct rowan_options;

ROWAN_API struct rowan_options *rowan_options_new(void);
ROWAN_API void rowan_options_free(struct rowan_options *options);
ROWAN_API ROWAN_MUST int rowan_options_key(
	struct rowan_options *options, const uint8_t key[32]);
ROWAN_API ROWAN_MUST int rowan_options_passphrase(
	struct rowan_options *options, const void *passphrase, size_t len);
/*
 * "socks5://host:port", of Tor for instance: host is an address, an IPv6 one
 * in brackets, or localhost. Everything goes through it, names too.
 */
ROWAN_API ROWAN_MUST int rowan_options_proxy(
	struct rowan_options *options, const char *url);
/* Connect there instead of where the enrolment said; for tests. */
ROWAN_API ROWAN_MUST int rowan_options_endpoint(
	struct rowan_options *options, const char *endpoint);

/*
 * rowan_create(path, options, ret), rowan_open(path, options, ret):
 * Make a vault in a new file, with fresh keys and no card; open one.
 * ROWAN_E_EXISTS; ROWAN_E_NOT_FOUND, ROWAN_E_CRYPTO for the wrong key or
 * passphrase, ROWAN_E_AGAIN while another process has it open,
 * ROWAN_E_TOO_NEW.
 */
ROWAN_API ROWAN_MUST int rowan_create(const char *path,
	const struct rowan_options *options, struct rowan **ret);
ROWAN_API ROWAN_MUST int rowan_open(const char *path,
	const struct rowan_options *options, struct rowan **ret);
ROWAN_API void rowan_close(struct rowan *r);

/*
 * rowan_lock(r), rowan_unlock(r, options):
 * Close connection and vault and wipe all that is in memory, but keep the
 * handle; open it again. Errors of unlock as of rowan_open.
 */
ROWAN_API void rowan_lock(struct rowan *r);
ROWAN_API ROWAN_MUST int rowan_unlock(
	struct rowan *r, const struct rowan_options *options);
ROWAN_API bool rowan_locked(const struct rowan *r);

/*
 * rowan_relock(r, options):
 * From now on the vault opens with this key or passphrase only.
 */
ROWAN_API ROWAN_MUST int rowan_relock(
	struct rowan *r, const struct rowan_options *options);

/*
 * rowan_wipe(path):
 * Make a closed vault unreadable for ever and remove it. Needs no key.
 * ROWAN_E_AGAIN while a process has it open. What is cut short is ended by
 * the next rowan_open.
 */
ROWAN_API ROWAN_MUST int rowan_wipe(const char *path);

/* --- Working ------------------------------------------------------------- */

/*
 * rowan_connect(r), rowan_disconnect(r):
 * Keep a connection up from now on; end it. Opening connects to nothing by
 * itself: a phone that may be watched is silent until it is told.
 * ROWAN_E_STATE before there is a card.
 */
ROWAN_API ROWAN_MUST int rowan_connect(struct rowan *r);
ROWAN_API void rowan_disconnect(struct rowan *r);

/*
 * rowan_fd(r):
 * A descriptor that is readable, level-triggered, while rowan_process or
 * rowan_next_event has something to do; timers included. The same for the
 * life of the handle. Not to be read or closed.
 */
ROWAN_API int rowan_fd(const struct rowan *r);

/*
 * rowan_process(r):
 * Do what is due, without waiting: receive, open, store, acknowledge, send.
 * Bounded work for each call. An error is this machine's (ROWAN_E_IO,
 * ROWAN_E_FULL, ROWAN_E_NOMEM, ROWAN_E_CORRUPT): call again once it is
 * mended; the peer's doings come as events.
 */
ROWAN_API ROWAN_MUST int rowan_process(struct rowan *r);

enum rowan_link_state {
	ROWAN_LINK_DOWN = 0, /* not asked to connect */
	ROWAN_LINK_TRYING = 1,
	ROWAN_LINK_UP = 2,	/* greeted; catching up */
	ROWAN_LINK_CURRENT = 3, /* nothing is known to be missing */
	ROWAN_LINK_REFUSED = 4	/* the daemon does not know this device */
};
ROWAN_API enum rowan_link_state rowan_link(const struct rowan *r);

/*
 * rowan_now(r):
 * The clinic's time as last heard, going on since then; 0 before.
 */
ROWAN_API uint64_t rowan_now(const struct rowan *r);

/* --- Events --------------------------------------------------------------- */

struct rowan_event;

/*
 * rowan_next_event(r, ret):
 * The oldest event that was not acknowledged; the same again until it is,
 * over restarts, too. ROWAN_E_NOT_FOUND when there is none.
 */
ROWAN_API ROWAN_MUST int rowan_next_event(
	struct rowan *r, const struct rowan_event **ret);
/*
 * rowan_event_done(r, event):
 * Acknowledge the event that rowan_next_event gave.
 */
ROWAN_API ROWAN_MUST int rowan_event_done(
	struct rowan *r, const struct rowan_event *event);

/* What an event does not have is NULL, 0 or "". */
ROWAN_API uint64_t rowan_event_number(const struct rowan_event *e);
ROWAN_API enum rowan_event_type rowan_event_type(const struct rowan_event *e);
ROWAN_API int rowan_event_code(const struct rowan_event *e);
ROWAN_API uint64_t rowan_event_time(const struct rowan_event *e);
ROWAN_API const uint8_t *rowan_event_case(const struct rowan_event *e);
ROWAN_API const uint8_t *rowan_event_channel(const struct rowan_event *e);
ROWAN_API const uint8_t *rowan_event_member(const struct rowan_event *e);
ROWAN_API const uint8_t *rowan_event_device(const struct rowan_event *e);
ROWAN_API const uint8_t *rowan_event_message(const struct rowan_event *e);
ROWAN_API uint64_t rowan_event_count(const struct rowan_event *e);
ROWAN_API uint64_t rowan_event_total(const struct rowan_event *e);
ROWAN_API const char *rowan_event_text(const struct rowan_event *e);

/* Short English names, for logs and developers: "message", "fork". */
ROWAN_API const char *rowan_event_name(enum rowan_event_type type);
ROWAN_API const char *rowan_alarm_name(enum rowan_alarm alarm);

#include <rowan/enrol.h>
#include <rowan/case.h>
#include <rowan/message.h>
#include <rowan/history.h>
#include <rowan/proof.h>
#include <rowan/audit.h>

#ifdef __cplusplus
}
#endif

#endif
