/*
 * Inside the stand-in for the SDK: the world that its two files share.
 */
#ifndef TESTS_CLIENT_SDK_DOUBLE_H
#define TESTS_CLIENT_SDK_DOUBLE_H

#include <stdio.h>

#include <jansson.h>

#include "sdk/list.h"

#define DOUBLE_CASES_MAX  512
#define DOUBLE_PEOPLE_MAX 64
#define DOUBLE_EVENTS_MAX 4096

struct rowan_message {
	struct id16 id, case_id, channel, member, device;
	uint64_t place, sent, received, held, size, from, until;
	unsigned type;
	enum rowan_message_state state;
	bool own, urgent;
	char *text, *file, *kind, *path;
};

struct world_channel {
	struct id16 id, case_id;
	uint8_t kind;
	bool on, has_victim, gone; /* the victim takes no part any more */
	struct list_member victim;
	struct rowan_message **messages;
	size_t message_count;
};

struct world_case {
	struct list_case info;
	struct world_channel channels[3];
};

struct world {
	json_t *root;
	bool seeded, enrolled, connected, revoked;
	uint64_t now;
	unsigned rights;
	struct list_member people[DOUBLE_PEOPLE_MAX]; /* the first is us */
	size_t person_count;
	struct world_case cases[DOUBLE_CASES_MAX];
	size_t case_count, messages, invites, tries;
	struct rowan_event events[DOUBLE_EVENTS_MAX];
	size_t event_count;
	uint64_t numbers, acts;
	struct id16 invite, barred;
	struct world_case *bar_case;
};

struct rowan_message *double_add(
	struct world_channel *c, const struct list_member *from);

/* What sdk_double_message.c needs of the other file. */
struct world *double_world(void);
struct world_channel *double_channel(const uint8_t *id);
int double_told(const char *call);
void double_tell(const struct event *e, const char *text);

#endif
