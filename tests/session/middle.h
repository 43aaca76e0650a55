/*
 * Whoever owns the daemon's keys, between the sessions of a test and the real
 * daemon: sees what passes in the clear, drops it, holds it back, repeats it,
 * changes it, and says what nobody has said.
 *
 * Programs that want it are linked with MIDDLE (session.mk), which puts it
 * into every link that a session makes; nothing of the session knows. The
 * same for the enrolment port.
 *
 * For tests only: what cannot fail ends the program.
 */
#ifndef TESTS_SESSION_MIDDLE_H
#define TESTS_SESSION_MIDDLE_H

#include "session/kit.h"
#include "wire/op.h"

enum middle_way {
	MIDDLE_REQUEST = 1, /* of the device */
	MIDDLE_ANSWER = 2,  /* of the daemon: answers and refusals */
	MIDDLE_PUSH = 3	    /* of the daemon: everything else */
};

/* One message on its way. A hook may change its frames (buf_set). */
struct middle_message {
	enum middle_way way;
	struct person *person; /* NULL: nobody of the kit's */
	struct wire_header header;
	uint16_t op; /* of the question, also in a refusal */
	struct buf frame[WIRE_FRAMES_MAX];
	size_t count;
	struct middle_message *next; /* the middle's */
	void *line;		     /* the middle's */
};

enum middle_fate {
	MIDDLE_PASS = 0,
	MIDDLE_DROP,
	MIDDLE_HOLD, /* until middle_release */
	MIDDLE_TWICE /* and once more, right behind */
};

typedef enum middle_fate middle_hook(void *ctx, struct middle_message *m);

/**
 * middle_set(hook, ctx):
 * From now on; NULL for none. Called inside the person's session: it must not
 * step sessions.
 */
void middle_set(middle_hook *hook, void *ctx);

/**
 * middle_release():
 * Let go what was held, oldest first, past the hook.
 */
void middle_release(void);

/**
 * middle_view(m, ret):
 * The message as wire/ decodes it; borrows from ${m}. False: it is torn.
 */
bool middle_view(struct middle_message *m, struct wire_message *ret);

/**
 * middle_body(m, w):
 * Put what ${w} holds into the place of the body, and wipe ${w}.
 */
void middle_body(struct middle_message *m, struct writer *w);

/**
 * middle_say(p, op, w, frame):
 * Put a push into a person's hands as if the daemon had sent it; wipes ${w}.
 */
void middle_say(struct person *p, uint16_t op, struct writer *w,
	const struct bytes *frame);

/**
 * middle_reply(m, w):
 * Answer a request in the daemon's place, in a hook that then drops it; wipes
 * ${w}.
 */
void middle_reply(const struct middle_message *m, struct writer *w);

/**
 * middle_ask(p, op, w, frames, count):
 * Ask over the connection that ${p} has open, past the session; wipes ${w}.
 * The daemon's word: its error, WIRE_OK for an answer.
 */
struct wire_error middle_ask(struct person *p, uint16_t op, struct writer *w,
	const struct bytes *frames, size_t count);

/**
 * middle_answer(op):
 * What it was, when it was none; valid until the next question.
 */
struct wire_message middle_answer(uint16_t op);

/**
 * middle_unanswered(), middle_trying():
 * How many requests of all lines await an answer; how many lines are being
 * connected.
 */
unsigned middle_unanswered(void);
unsigned middle_trying(void);

#endif
