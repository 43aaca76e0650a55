/*
 * Devices at work at the daemon's double: vault, chains, channels, mailbox
 * and outbox, put together as a session does it, with the little of messages
 * that shows what was said to whom. Everything is in the vault, so that a
 * device can be killed anywhere and begun again.
 *
 * For tests only: what cannot fail aborts.
 */
#ifndef TESTS_LIB_CHANNEL_KIT_H
#define TESTS_LIB_CHANNEL_KIT_H

#include "lib/double_clinic.h"
#include "lib/vault_kit.h"
#include "session/message/outbox.h"
#include "session/channel/mailbox.h"

#define CHANNEL_KIT_TEXT 64

struct channel_kit {
	struct double_clinic *clinic;
	const struct world_person *person;
	struct vault_kit vault;
	struct identity me;
	struct events *events;
	struct requests *requests;
	struct follow *follow;
	struct transfer *transfer;
	struct channels *channels;
	struct mailbox *mailbox;
	struct outbox *outbox;
	uint64_t connection, again_ms;
	bool begun, up, greeting, greeted, subscribed;
	bool no_resets; /* does not sign any */
	bool no_time;	/* is not told how late it is */
	/* Set before channel_kit_begin: as channels_options.below. */
	uint32_t (*below)(void *ctx, uint32_t n);
	unsigned sent, unsent, resets, readmits, errors;
	int error;
};

/**
 * channel_kit_begin(k, c, person), channel_kit_end(k):
 * A device with a card and an empty vault; its end.
 */
void channel_kit_begin(struct channel_kit *k, struct double_clinic *c,
	const struct world_person *person);
void channel_kit_end(struct channel_kit *k);

/**
 * channel_kit_kill(k), channel_kit_again(k):
 * Everything in memory is gone; the vault is opened again.
 */
void channel_kit_kill(struct channel_kit *k);
void channel_kit_again(struct channel_kit *k);

/**
 * channel_kit_step(k), channel_kit_run(k, n, ms):
 * One step of one; all of ${n} until ${ms} have passed.
 */
void channel_kit_step(struct channel_kit *k);
void channel_kit_run(struct channel_kit *const *k, size_t n, uint64_t ms);

/**
 * channel_kit_say(k, channel, text):
 * Put a text into the outbox.
 */
void channel_kit_say(
	struct channel_kit *k, const struct id16 *channel, const char *text);

/**
 * channel_kit_try_say(k, channel, text):
 * The same on a device whose disk may fail: the code.
 */
int channel_kit_try_say(
	struct channel_kit *k, const struct id16 *channel, const char *text);

/**
 * channel_kit_attach(k, channel, text, data):
 * A text that does not leave before ${data} is at the daemon as a blob.
 */
void channel_kit_attach(struct channel_kit *k, const struct id16 *channel,
	const char *text, struct bytes data);

/**
 * channel_kit_heard(k, text), channel_kit_count(k):
 * How often a text was shown; how many messages were, in all.
 */
size_t channel_kit_heard(struct channel_kit *k, const char *text);
size_t channel_kit_count(struct channel_kit *k);

/**
 * channel_kit_events(k, type, code):
 * How many events of a type (and code, unless 0) there are.
 */
size_t channel_kit_events(struct channel_kit *k, uint16_t type, int code);
#define channel_kit_alarms(k, code)                                            \
	channel_kit_events(k, ROWAN_EVENT_ALARM, code)

/**
 * channel_kit_act(c, s, of_case, signer):
 * Sign a statement and bring it to the double over the signer's connection,
 * so that everybody is told. Returns what the world says.
 */
int channel_kit_act(struct double_clinic *c, struct case_state *of_case,
	struct wire_statement *s, const struct world_person *signer);
void channel_kit_assign(struct double_clinic *c, uint8_t channel,
	const struct world_person *who, const struct world_person *signer);
void channel_kit_unassign(struct double_clinic *c, uint8_t channel,
	const struct world_person *who, const struct world_person *signer);
void channel_kit_revoke(struct double_clinic *c, const struct world_person *who,
	const struct world_person *signer);

/**
 * channel_kit_info(k, channel):
 * How it stands.
 */
struct channel_info channel_kit_info(
	struct channel_kit *k, const struct id16 *channel);
bool channel_kit_in(struct channel_kit *k, const struct id16 *channel,
	const struct world_person *who);

#endif
