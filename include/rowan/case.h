/*
 * Rowan: cases, channels, who takes part, and the signed acts that change
 * it. Included by rowan.h.
 */
#ifndef ROWAN_CASE_H
#define ROWAN_CASE_H

#ifndef ROWAN_H
#error "include <rowan.h>"
#endif

enum rowan_channel_kind {
	ROWAN_CHANNEL_SUPPORT = 1, /* the victim and who may speak with them */
	ROWAN_CHANNEL_TEAM = 2,	   /* staff only */
	ROWAN_CHANNEL_DIARY = 3	   /* the victim's incident record */
};

enum rowan_case_status {
	ROWAN_CASE_OPEN = 1,
	ROWAN_CASE_CLOSED = 2,
	ROWAN_CASE_ERASED = 3
};

/* --- Looking ---------------------------------------------------------------
 *
 * Lists are snapshots, freed with rowan_list_free; what getters point to goes
 * with its list. Getters take an index below rowan_list_count, and give NULL, 0
 * or "" past it or for another kind of list. Ids are ROWAN_ID_LEN bytes, times
 * seconds since 1970.
 */
struct rowan_list;
ROWAN_API void rowan_list_free(struct rowan_list *list);
ROWAN_API size_t rowan_list_count(const struct rowan_list *list);

/*
 * Coordinators: get to know every case of the clinic, from now on. Each new one
 * comes as ROWAN_EVENT_CASE and is in rowan_cases then; being shown a case
 * gives no part in its channels. ROWAN_E_SIGNER for others, ROWAN_E_STATE
 * before there is a card. Takes effect with a connection.
 */
ROWAN_API ROWAN_MUST int rowan_follow_all(struct rowan *r);

/* Cases this device takes or took part in, newest referral first. */
ROWAN_API ROWAN_MUST int rowan_cases(struct rowan *r, struct rowan_list **ret);
ROWAN_API const uint8_t *rowan_case_id(const struct rowan_list *l, size_t i);
ROWAN_API enum rowan_case_status rowan_case_status(
	const struct rowan_list *l, size_t i);
ROWAN_API const char *rowan_case_agency(const struct rowan_list *l, size_t i);
/* Of the referral: days since 1 January 1970. */
ROWAN_API uint32_t rowan_case_day(const struct rowan_list *l, size_t i);
/* Under legal hold: it cannot be erased. */
ROWAN_API bool rowan_case_hold(const struct rowan_list *l, size_t i);

/* The case's channels in which this device takes part. */
ROWAN_API ROWAN_MUST int rowan_channels(struct rowan *r,
	const uint8_t case_id[ROWAN_ID_LEN], struct rowan_list **ret);
ROWAN_API const uint8_t *rowan_channel_id(const struct rowan_list *l, size_t i);
ROWAN_API enum rowan_channel_kind rowan_channel_kind(
	const struct rowan_list *l, size_t i);
/* Joined: what others write can be read; false while waiting to be added. */
ROWAN_API bool rowan_channel_joined(const struct rowan_list *l, size_t i);
/* Frozen: somebody could not follow a commit; nothing is said until a reset. */
ROWAN_API bool rowan_channel_frozen(const struct rowan_list *l, size_t i);
ROWAN_API uint32_t rowan_channel_generation(
	const struct rowan_list *l, size_t i);
ROWAN_API uint64_t rowan_channel_epoch(const struct rowan_list *l, size_t i);

/* The channel's devices: in it, or assigned and not in it yet. */
ROWAN_API ROWAN_MUST int rowan_members(struct rowan *r,
	const uint8_t channel[ROWAN_ID_LEN], struct rowan_list **ret);
ROWAN_API const uint8_t *rowan_member_id(const struct rowan_list *l, size_t i);
ROWAN_API const uint8_t *rowan_member_device(
	const struct rowan_list *l, size_t i);
ROWAN_API enum rowan_role rowan_member_role(
	const struct rowan_list *l, size_t i);
ROWAN_API const char *rowan_member_agency(const struct rowan_list *l, size_t i);
/* What they call themselves; "" until they have said. */
ROWAN_API const char *rowan_member_name(const struct rowan_list *l, size_t i);
/* In the group: what is written can be read there. */
ROWAN_API bool rowan_member_present(const struct rowan_list *l, size_t i);
/* When the assignment ends; 0: until it is ended. */
ROWAN_API uint64_t rowan_member_until(const struct rowan_list *l, size_t i);
/* The code was compared (rowan_verified) with this device in the channel. */
ROWAN_API bool rowan_member_verified(const struct rowan_list *l, size_t i);

/* All devices of a member this device knows of, revoked ones included. */
ROWAN_API ROWAN_MUST int rowan_devices(struct rowan *r,
	const uint8_t member[ROWAN_ID_LEN], struct rowan_list **ret);
ROWAN_API const uint8_t *rowan_device_id(const struct rowan_list *l, size_t i);
ROWAN_API bool rowan_device_revoked(const struct rowan_list *l, size_t i);
/* When its card came into the clinic's log, and until when it is good; 0: not
 * by date. */
ROWAN_API uint64_t rowan_device_logged(const struct rowan_list *l, size_t i);
ROWAN_API uint64_t rowan_device_expires(const struct rowan_list *l, size_t i);

/*
 * rowan_person(r, channel, member, ret):
 * One person as this device knows them, in the channel or not any more: whose
 * phone was revoked, who was unassigned. At most one line, with the getters of
 * rowan_members; present, until and verified are 0. None: nobody it knows.
 */
ROWAN_API ROWAN_MUST int rowan_person(struct rowan *r,
	const uint8_t channel[ROWAN_ID_LEN], const uint8_t member[ROWAN_ID_LEN],
	struct rowan_list **ret);

/*
 * rowan_staff(r, ret):
 * The clinic's staff as this device knows them, a line for each device, with
 * the getters of rowan_members; present, until and verified are 0. For whom
 * to assign.
 */
ROWAN_API ROWAN_MUST int rowan_staff(struct rowan *r, struct rowan_list **ret);

/*
 * rowan_victims(r, case_id, ret):
 * The same for the devices that enrolled as the victim of a case, assigned
 * already or not: whom a coordinator lets in after an invite. Revoked ones
 * are not among them.
 */
ROWAN_API ROWAN_MUST int rowan_victims(struct rowan *r,
	const uint8_t case_id[ROWAN_ID_LEN], struct rowan_list **ret);

/*
 * rowan_code(r, channel, ret):
 * The channel's verification code in groups of digits: equal for all members
 * of the same epoch. Compared aloud it shows that nobody is in between.
 * rowan_verified keeps that it was, for the devices that are in it now.
 */
#define ROWAN_CODE_LEN 72 /* bytes, the ending zero included */
ROWAN_API ROWAN_MUST int rowan_code(struct rowan *r,
	const uint8_t channel[ROWAN_ID_LEN], char ret[ROWAN_CODE_LEN]);
ROWAN_API ROWAN_MUST int rowan_verified(
	struct rowan *r, const uint8_t channel[ROWAN_ID_LEN]);

/* --- Acting ------------------------------------------------------------------
 *
 * Each makes a statement, signs and keeps it, and gives the number under
 * which DONE or FAILED will speak of it. What cannot be right is refused at
 * once with the codes of cards and statements (rowan/error.h).
 */

/*
 * rowan_channel_of(r, case_id, kind, ret):
 * The id of a channel of a case, whether this device takes part in it or not:
 * what a coordinator assigns to. ROWAN_E_NOT_FOUND for a case that is not
 * known, or without such a channel.
 */
ROWAN_API ROWAN_MUST int rowan_channel_of(struct rowan *r,
	const uint8_t case_id[ROWAN_ID_LEN], enum rowan_channel_kind kind,
	uint8_t ret[ROWAN_ID_LEN]);

/*
 * rowan_log_card(r, text, len, ret_act):
 * As coordinator: make a card that the authority signed by file known to the
 * clinic. ${text} has one armoured CARD of a device that is not logged yet;
 * other blocks are passed over. ROWAN_E_NOT_FOUND without one.
 */
ROWAN_API ROWAN_MUST int rowan_log_card(
	struct rowan *r, const void *text, size_t len, uint64_t *ret_act);

/*
 * rowan_request_hold(r, case_id, on, ret),
 * rowan_request_erase(r, case_id, ret):
 * As coordinator: begin a legal hold, its end, or the erasure of a case, each
 * of which the authority signs, too. ${ret} is a file for it, good for 7 days
 * and only as long as nothing else is done in the case: rowan authority
 * countersign answers it, rowan_put_statement brings the answer. ROWAN_E_AGAIN
 * while an act of this device waits in the case; nothing is erased under a
 * legal hold (ROWAN_E_RULE).
 */
ROWAN_API ROWAN_MUST int rowan_request_hold(struct rowan *r,
	const uint8_t case_id[ROWAN_ID_LEN], bool on, struct rowan_bytes **ret);
ROWAN_API ROWAN_MUST int rowan_request_erase(struct rowan *r,
	const uint8_t case_id[ROWAN_ID_LEN], struct rowan_bytes **ret);

/*
 * rowan_put_statement(r, text, len, ret_act):
 * Bring a statement that was signed elsewhere: ${text} has one armoured
 * STATEMENT (a legal hold signed by coordinator and authority, for instance).
 */
ROWAN_API ROWAN_MUST int rowan_put_statement(
	struct rowan *r, const void *text, size_t len, uint64_t *ret_act);

/* A referral: ${agency} referred on ${day}. Opens all three channels. */
ROWAN_API ROWAN_MUST int rowan_open_case(struct rowan *r, const char *agency,
	uint32_t day, uint8_t ret_case[ROWAN_ID_LEN], uint64_t *ret_act);
enum rowan_close_reason {
	ROWAN_CLOSE_RESOLVED = 1,
	ROWAN_CLOSE_MOVED = 2,
	ROWAN_CLOSE_REQUEST = 3,
	ROWAN_CLOSE_OTHER = 4
};
ROWAN_API ROWAN_MUST int rowan_close_case(struct rowan *r,
	const uint8_t case_id[ROWAN_ID_LEN], enum rowan_close_reason reason,
	uint64_t *ret_act);
ROWAN_API ROWAN_MUST int rowan_reopen_case(struct rowan *r,
	const uint8_t case_id[ROWAN_ID_LEN], uint64_t *ret_act);

/*
 * rowan_assign(r, channel, member, from, until, ret_act):
 * Seconds since 1970; ${from} 0: now; ${until} 0: until ended. Refused with
 * ROWAN_E_RULE for a member whom the team channel's bar list names, with
 * ROWAN_E_LIMIT when the channel has no place for the member's devices.
 */
ROWAN_API ROWAN_MUST int rowan_assign(struct rowan *r,
	const uint8_t channel[ROWAN_ID_LEN], const uint8_t member[ROWAN_ID_LEN],
	uint64_t from, uint64_t until, uint64_t *ret_act);
ROWAN_API ROWAN_MUST int rowan_unassign(struct rowan *r,
	const uint8_t channel[ROWAN_ID_LEN], const uint8_t member[ROWAN_ID_LEN],
	uint64_t *ret_act);
/* Out of all channels of a case, oneself. */
ROWAN_API ROWAN_MUST int rowan_recuse(struct rowan *r,
	const uint8_t case_id[ROWAN_ID_LEN], uint64_t *ret_act);
/* A new group for the channel, from who is assigned now: see FROZEN. */
ROWAN_API ROWAN_MUST int rowan_reset(struct rowan *r,
	const uint8_t channel[ROWAN_ID_LEN], uint64_t *ret_act);

enum rowan_revoke_reason {
	ROWAN_REVOKE_LOST = 1,
	ROWAN_REVOKE_LEFT = 2,
	ROWAN_REVOKE_OTHER = 3
};
/* ${case_id}: an advocate's, for a victim's device; else NULL. */
ROWAN_API ROWAN_MUST int rowan_revoke(struct rowan *r,
	const uint8_t device[ROWAN_ID_LEN], enum rowan_revoke_reason reason,
	const uint8_t *case_id, uint64_t *ret_act);

/*
 * rowan_readmit(r):
 * After READMIT_NEEDED: forget the old copy's keys and ask, in every case, to
 * be taken in anew. Shown to all members.
 */
ROWAN_API ROWAN_MUST int rowan_readmit(struct rowan *r);

/*
 * rowan_bar(r, case_id, member, barred, reason), rowan_barred(...):
 * The bar list: sealed in the team channel, so only who is in it can say or
 * know.
 */
ROWAN_API ROWAN_MUST int rowan_bar(struct rowan *r,
	const uint8_t case_id[ROWAN_ID_LEN], const uint8_t member[ROWAN_ID_LEN],
	bool barred, const char *reason);
ROWAN_API bool rowan_barred(struct rowan *r,
	const uint8_t case_id[ROWAN_ID_LEN],
	const uint8_t member[ROWAN_ID_LEN]);

#endif
