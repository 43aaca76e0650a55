/*
 * A clinic whose people are sessions, at a running daemon: the authority
 * signs what they ask for in files, the first statements are imported, and
 * everything else goes over the wire.
 *
 * For tests only: what cannot fail ends the program.
 */
#ifndef TESTS_SESSION_KIT_H
#define TESTS_SESSION_KIT_H

#include "net/kit.h"
#include "session/message/messages_row.h"
#include "session/session_parts.h"
#include "trust/authority.h"
#include "trust/rules.h"

#define PEOPLE_MAX    72
#define PERSON_ALARMS 16
#define PERSON_EVENTS 100

/* One person's device. */
struct person {
	const char *name;
	char path[ROWAND_PATH_MAX];
	struct session *s;
	struct event last; /* that person_event took */
	char text[EVENT_TEXT_MAX + 1];
	unsigned alarms;	       /* taken so far */
	unsigned alarm[PERSON_ALARMS]; /* of each enum rowan_alarm */
	unsigned event[PERSON_EVENTS]; /* of each type */
};

struct clinic_of_sessions {
	struct authority_key *key, *next;
	struct clinic clinic; /* as the authority knows it */
	struct buf record;
	struct buf daemon_card;
	uint64_t daemon_valid;	      /* seconds; 0: as long as the others */
	char import[ROWAND_PATH_MAX]; /* statements to be imported */
	struct person *people[PEOPLE_MAX];
	size_t count;
	char invite[256]; /* the text of the last one */
};

extern struct clinic_of_sessions kit_clinic;

/* How time goes for the sessions (pace.h); zero: by itself. */
struct sessions_pace {
	uint64_t (*ms)(void *ctx);
	void (*idle)(void); /* nobody was woken; the clock may have moved */
};

extern struct sessions_pace kit_pace;

/**
 * kit_copy_file(from, to):
 * Copy one file over another.
 */
void kit_copy_file(const char *from, const char *to);

/**
 * sessions_begin(settings), sessions_end():
 * An authority, and a daemon with a card that does not run yet. End returns
 * 0, for main.
 */
void sessions_begin(const char *settings);
int sessions_end(void);

/**
 * person_create(p, name), person_open(p), person_close(p):
 * A device with a fresh vault, or the one it has; one of the people from now
 * on, or no more.
 */
void person_create(struct person *p, const char *name);
void person_open(struct person *p);
void person_close(struct person *p);

/**
 * person_carded(p, agency, rights):
 * Enrol by files; the card is among the statements to be imported.
 */
void person_carded(struct person *p, const char *agency, uint16_t rights);

/**
 * sessions_answer(request, w):
 * What the authority makes of a card request: the file with its answer. The
 * card is among the statements to be imported.
 */
void sessions_answer(struct bytes request, struct writer *w);

/**
 * sessions_run():
 * Import, start the daemon, connect everybody who has a card.
 */
void sessions_run(void);

/**
 * sessions_until(done, ctx):
 * Let everybody work until ${done} says true; false when that takes some
 * minutes.
 */
typedef bool sessions_done(void *ctx);
bool sessions_until(sessions_done *done, void *ctx);

/**
 * sessions_settle():
 * Until everybody is current, has nothing to do, and has been told whatever the
 * daemon had to tell them.
 */
void sessions_settle(void);

/**
 * person_event(p, type):
 * Wait until ${p} has an event of that type, taking those before it.
 */
const struct event *person_event(struct person *p, uint16_t type);

/**
 * person_drain(p):
 * Take all events there are, and count them.
 */
void person_drain(struct person *p);

/**
 * person_done(p, act):
 * Let an act that was begun be on its way, and wait for its end, which must be
 * well.
 */
void person_done(struct person *p, uint64_t act);

/**
 * person_keep(p), person_put_back(p):
 * Put a copy of the vault aside, as a phone's backup does, and go on; the copy
 * takes the place of the vault, which must be closed.
 */
void person_keep(struct person *p);
void person_put_back(struct person *p);

/* Short for the parts of a person's session. */
const struct session_parts *parts_of(struct person *p);

/**
 * person_invites(registrar, case_id, guest), people_compare(registrar,
 * guest):
 * Invite; the guest redeems. Both see the code, and the registrar says
 * whether it was the same: it must be.
 */
struct id16 person_invites(struct person *registrar, const struct id16 *case_id,
	struct person *guest);
void people_compare(struct person *registrar, const struct id16 *invite,
	struct person *guest);

/**
 * sessions_case(coordinator), sessions_channel(p, case_id, kind),
 * sessions_assign(coordinator, channel, who):
 * Open a case; one of its channels; assign somebody from now on.
 */
struct id16 sessions_case(struct person *coordinator);
struct id16 sessions_channel(
	struct person *p, const struct id16 *case_id, uint8_t kind);
void sessions_assign(struct person *coordinator, const struct id16 *channel,
	struct person *who);

/**
 * sessions_victim(coordinator, registrar, case_id, guest):
 * The guest comes by an invite and is assigned to support.
 */
void sessions_victim(struct person *coordinator, struct person *registrar,
	const struct id16 *case_id, struct person *guest);

#endif
