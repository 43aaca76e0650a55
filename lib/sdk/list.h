/*
 * Lists: snapshots of rows of one kind. The getters of rowan/case.h read
 * them.
 */
#ifndef SDK_LIST_H
#define SDK_LIST_H

#include "sdk/handle.h"
#include "wire/card.h"

enum list_kind { LIST_CASES = 1, LIST_CHANNELS, LIST_MEMBERS, LIST_DEVICES };

struct list_case {
	struct id16 id;
	uint8_t status;
	uint32_t day;
	bool hold;
	char agency[WIRE_AGENCY_MAX + 1];
};

struct list_channel {
	struct id16 id;
	uint8_t kind;
	bool joined, frozen;
	uint32_t generation;
	uint64_t epoch;
};

struct list_member {
	struct id16 member;
	struct id16 device;
	uint8_t role;
	char agency[WIRE_AGENCY_MAX + 1];
	char name[ROWAN_NAME_MAX + 1];
	bool present, verified;
	uint64_t until;
};

struct list_device {
	struct id16 device;
	bool revoked;
	uint64_t logged, expires;
};

struct rowan_list {
	enum list_kind kind;
	size_t row_len;
	size_t count, room;
	uint8_t *rows;
};

/**
 * list_new(kind), list_add(l, row):
 * An empty list; a copy of a row of its kind at its end, or NULL when out of
 * memory. ${row} is a struct list_ of the list's kind.
 */
struct rowan_list *list_new(enum list_kind kind);
ROWAN_MUST int list_add(struct rowan_list *l, const void *row);

/**
 * list_sort(l, cmp):
 * Order as qsort does.
 */
void list_sort(struct rowan_list *l, int (*cmp)(const void *, const void *));

#endif
