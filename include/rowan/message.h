/*
 * Rowan: writing, reading, attachments, receipts. Included by rowan.h.
 */
#ifndef ROWAN_MESSAGE_H
#define ROWAN_MESSAGE_H

#ifndef ROWAN_H
#error "include <rowan.h>"
#endif

#define ROWAN_TEXT_MAX (60 * 1024) /* bytes of a message's text */
#define ROWAN_NAME_MAX 128	   /* bytes of a person's name */
#define ROWAN_FILE_MAX 255	   /* bytes of a file name */
#define ROWAN_ATTACH_MAX                                                       \
	(100 * 1024 * 1024) /* bytes; the daemon may allow less */

enum rowan_message_type {
	ROWAN_MESSAGE_TEXT = 1,
	ROWAN_MESSAGE_ATTACHMENT = 2,
	ROWAN_MESSAGE_NAME = 3,
	ROWAN_MESSAGE_DIARY = 7,
	ROWAN_MESSAGE_HISTORY = 8,
	ROWAN_MESSAGE_BAR = 9,
	ROWAN_MESSAGE_CONSENT = 10 /* diary: an entry that may go out */
	/* and numbers a newer application made: show that there is one */
};

/* --- Writing ------------------------------------------------------------- */

/*
 * What is about to be sent, the caller's to free; NULL from rowan_draft_new
 * without memory. What is set is copied; ROWAN_E_LIMIT when it is too long,
 * ROWAN_E_INVAL for text that is not UTF-8. Times are seconds since 1970.
 */
struct rowan_draft;
ROWAN_API struct rowan_draft *rowan_draft_new(void);
ROWAN_API void rowan_draft_free(struct rowan_draft *draft);

ROWAN_API ROWAN_MUST int rowan_draft_text(
	struct rowan_draft *draft, const char *text, size_t len);
/* Read when sent; ${name} NULL: the last part of the path. */
ROWAN_API ROWAN_MUST int rowan_draft_attach(struct rowan_draft *draft,
	const char *path, const char *name, const char *media);
/* In the diary channel: when it happened, and what kind of thing. */
ROWAN_API ROWAN_MUST int rowan_draft_incident(struct rowan_draft *draft,
	uint64_t from, uint64_t until, const char *kind);
/*
 * Withheld by the daemon until then. Before its time the receiving library
 * gives nothing of it away: no event, no count, no row.
 */
ROWAN_API ROWAN_MUST int rowan_draft_hold(
	struct rowan_draft *draft, uint64_t until);
/* Gone from the daemon after so many seconds, delivered or not. */
ROWAN_API ROWAN_MUST int rowan_draft_lifetime(
	struct rowan_draft *draft, uint32_t seconds);
ROWAN_API ROWAN_MUST int rowan_draft_urgent(
	struct rowan_draft *draft, bool urgent);

/*
 * rowan_send(r, channel, draft, ret):
 * Keep it to be sent, an attachment's bytes included; ${ret} names the
 * message. It leaves as soon as the channel allows: SENT, then DELIVERED for
 * each device, or UNSENT. ROWAN_E_REFUSED for a channel this device does not
 * take part in, ROWAN_E_LIMIT, ROWAN_E_QUOTA while too much waits.
 */
ROWAN_API ROWAN_MUST int rowan_send(struct rowan *r,
	const uint8_t channel[ROWAN_ID_LEN], const struct rowan_draft *draft,
	uint8_t ret[ROWAN_ID_LEN]);

/*
 * rowan_cancel(r, message):
 * Take back what has not left. ROWAN_E_STATE when it has.
 */
ROWAN_API ROWAN_MUST int rowan_cancel(
	struct rowan *r, const uint8_t message[ROWAN_ID_LEN]);

/* What others see in the channel as this member's name. */
ROWAN_API ROWAN_MUST int rowan_set_name(
	struct rowan *r, const uint8_t channel[ROWAN_ID_LEN], const char *name);

/* --- Reading ------------------------------------------------------------- */

/*
 * A message as it was when it was asked for, the caller's to free; what its
 * getters point to goes with it. Times are seconds since 1970, sizes bytes.
 */
struct rowan_message;
ROWAN_API void rowan_message_free(struct rowan_message *m);

/*
 * rowan_message_get(r, id, ret):
 * One message, sent or received. ROWAN_E_NOT_FOUND.
 */
ROWAN_API ROWAN_MUST int rowan_message_get(struct rowan *r,
	const uint8_t id[ROWAN_ID_LEN], struct rowan_message **ret);

/*
 * rowan_message_next(r, channel, after, ret), rowan_message_last(r, channel,
 * before, ret):
 * In the order of the channel: the first with a place above ${after}, the
 * last with one below ${before} (0: the newest). ROWAN_E_NOT_FOUND.
 */
ROWAN_API ROWAN_MUST int rowan_message_next(struct rowan *r,
	const uint8_t channel[ROWAN_ID_LEN], uint64_t after,
	struct rowan_message **ret);
ROWAN_API ROWAN_MUST int rowan_message_last(struct rowan *r,
	const uint8_t channel[ROWAN_ID_LEN], uint64_t before,
	struct rowan_message **ret);

enum rowan_message_state {
	ROWAN_STATE_WAITING = 1,   /* own, not sent yet */
	ROWAN_STATE_SENT = 2,	   /* own, durable at the daemon */
	ROWAN_STATE_DELIVERED = 3, /* own, on at least one other device */
	ROWAN_STATE_READ = 4,	   /* own, read by somebody */
	ROWAN_STATE_FAILED = 5,	   /* own, will not be sent */
	ROWAN_STATE_NEW = 6,	   /* received */
	ROWAN_STATE_SEEN = 7	   /* received and marked as read */
};

ROWAN_API const uint8_t *rowan_message_id(const struct rowan_message *m);
ROWAN_API const uint8_t *rowan_message_case(const struct rowan_message *m);
ROWAN_API const uint8_t *rowan_message_channel(const struct rowan_message *m);
ROWAN_API const uint8_t *rowan_message_member(const struct rowan_message *m);
ROWAN_API const uint8_t *rowan_message_device(const struct rowan_message *m);
/*
 * Of type ROWAN_MESSAGE_HISTORY, which member handed over or exported: who is
 * said to have written it, and its type then. Else member, device and type.
 */
ROWAN_API const uint8_t *rowan_message_author(const struct rowan_message *m);
ROWAN_API const uint8_t *rowan_message_author_device(
	const struct rowan_message *m);
ROWAN_API unsigned rowan_message_original(const struct rowan_message *m);
ROWAN_API uint64_t rowan_message_place(const struct rowan_message *m);
ROWAN_API unsigned rowan_message_type(const struct rowan_message *m);
ROWAN_API enum rowan_message_state rowan_message_state(
	const struct rowan_message *m);
ROWAN_API bool rowan_message_own(const struct rowan_message *m);
ROWAN_API bool rowan_message_urgent(const struct rowan_message *m);
/* The sender's clock; the daemon's hour when it came in (0: not sent yet). */
ROWAN_API uint64_t rowan_message_sent(const struct rowan_message *m);
ROWAN_API uint64_t rowan_message_received(const struct rowan_message *m);
/* Own and held: until when. */
ROWAN_API uint64_t rowan_message_held(const struct rowan_message *m);
/* Text, name, reason or diary entry; "" for none. */
ROWAN_API const char *rowan_message_text(const struct rowan_message *m);
ROWAN_API size_t rowan_message_text_len(const struct rowan_message *m);
ROWAN_API const char *rowan_message_file(const struct rowan_message *m);
ROWAN_API const char *rowan_message_media(const struct rowan_message *m);
ROWAN_API uint64_t rowan_message_size(const struct rowan_message *m);
/* Diary entries. */
ROWAN_API uint64_t rowan_message_from(const struct rowan_message *m);
ROWAN_API uint64_t rowan_message_until(const struct rowan_message *m);
ROWAN_API const char *rowan_message_kind(const struct rowan_message *m);

/*
 * rowan_unread(r, channel):
 * Received messages not marked as read; channel NULL: of all channels.
 */
ROWAN_API size_t rowan_unread(struct rowan *r, const uint8_t *channel);

/*
 * rowan_mark_read(r, message):
 * Here; and the sender is told, if read receipts are on. They are for staff
 * and not for victims, until rowan_set_read_receipts says otherwise.
 */
ROWAN_API ROWAN_MUST int rowan_mark_read(
	struct rowan *r, const uint8_t message[ROWAN_ID_LEN]);
ROWAN_API ROWAN_MUST int rowan_set_read_receipts(struct rowan *r, bool on);

/*
 * rowan_forget(r, message):
 * Delete a message from this device. Nobody is told, and it does not count
 * as read. ROWAN_E_AGAIN for an own one that is just leaving.
 */
ROWAN_API ROWAN_MUST int rowan_forget(
	struct rowan *r, const uint8_t message[ROWAN_ID_LEN]);

/* --- Attachments --------------------------------------------------------- */

/*
 * rowan_fetch(r, message, path):
 * Bring a message's attachment into a new file, which is never overwritten:
 * ROWAN_E_EXISTS. PROGRESS, then FETCHED or FETCH_FAILED. Goes on after a
 * restart; called again with the same path it is the same fetch.
 */
ROWAN_API ROWAN_MUST int rowan_fetch(
	struct rowan *r, const uint8_t message[ROWAN_ID_LEN], const char *path);
ROWAN_API ROWAN_MUST int rowan_fetch_cancel(
	struct rowan *r, const uint8_t message[ROWAN_ID_LEN]);

#endif
