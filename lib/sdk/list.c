/*
 * Lists and their getters: see list.h.
 */
#include <stdlib.h>
#include <string.h>

#include "sdk/list.h"

static size_t row_len(enum list_kind kind)
{
	switch (kind) {
	case LIST_CASES: return sizeof(struct list_case);
	case LIST_CHANNELS: return sizeof(struct list_channel);
	case LIST_MEMBERS: return sizeof(struct list_member);
	case LIST_DEVICES: return sizeof(struct list_device);
	}
	return 0;
}

struct rowan_list *list_new(enum list_kind kind)
{
	struct rowan_list *l = calloc(1, sizeof *l);

	if (l != NULL) {
		l->kind = kind;
		l->row_len = row_len(kind);
	}
	return l;
}

int list_add(struct rowan_list *l, const void *row)
{
	if (l->count == l->room) {
		size_t room = l->room == 0 ? 8 : 2 * l->room;
		uint8_t *rows = calloc(room, l->row_len);

		if (rows == NULL)
			return ROWAN_E_NOMEM;
		/* Not realloc: the old rows hold names. */
		if (l->count > 0)
			memcpy(rows, l->rows, l->count * l->row_len);
		mem_free(l->rows, l->room * l->row_len);
		l->rows = rows;
		l->room = room;
	}
	memcpy(l->rows + l->count++ * l->row_len, row, l->row_len);
	return 0;
}

void list_sort(struct rowan_list *l, int (*cmp)(const void *, const void *))
{
	if (l->count > 1)
		qsort(l->rows, l->count, l->row_len, cmp);
}

void rowan_list_free(struct rowan_list *l)
{
	if (l == NULL)
		return;
	mem_free(l->rows, l->room * l->row_len);
	free(l);
}

size_t rowan_list_count(const struct rowan_list *l)
{
	return l == NULL ? 0 : l->count;
}

static const void *row_at(
	const struct rowan_list *l, enum list_kind kind, size_t i)
{
	if (l == NULL || l->kind != kind || i >= l->count)
		return NULL;
	return l->rows + i * l->row_len;
}

/* One getter: of a list of ${kind}, the ${expr} of its row r, or ${none}. */
#define GETTER(type, name, kind, row, expr, none)                              \
	type name(const struct rowan_list *l, size_t i)                        \
	{                                                                      \
		const struct row *r = row_at(l, kind, i);                      \
                                                                               \
		return r == NULL ? (none) : (expr);                            \
	}

GETTER(const uint8_t *, rowan_case_id, LIST_CASES, list_case, r->id.b, NULL)
GETTER(enum rowan_case_status, rowan_case_status, LIST_CASES, list_case,
	(enum rowan_case_status)r->status, (enum rowan_case_status)0)
GETTER(const char *, rowan_case_agency, LIST_CASES, list_case, r->agency, "")
GETTER(uint32_t, rowan_case_day, LIST_CASES, list_case, r->day, 0)
GETTER(bool, rowan_case_hold, LIST_CASES, list_case, r->hold, false)

GETTER(const uint8_t *, rowan_channel_id, LIST_CHANNELS, list_channel, r->id.b,
	NULL)
GETTER(enum rowan_channel_kind, rowan_channel_kind, LIST_CHANNELS, list_channel,
	(enum rowan_channel_kind)r->kind, (enum rowan_channel_kind)0)
GETTER(bool, rowan_channel_joined, LIST_CHANNELS, list_channel, r->joined,
	false)
GETTER(bool, rowan_channel_frozen, LIST_CHANNELS, list_channel, r->frozen,
	false)
GETTER(uint32_t, rowan_channel_generation, LIST_CHANNELS, list_channel,
	r->generation, 0)
GETTER(uint64_t, rowan_channel_epoch, LIST_CHANNELS, list_channel, r->epoch, 0)

GETTER(const uint8_t *, rowan_member_id, LIST_MEMBERS, list_member, r->member.b,
	NULL)
GETTER(const uint8_t *, rowan_member_device, LIST_MEMBERS, list_member,
	r->device.b, NULL)
GETTER(enum rowan_role, rowan_member_role, LIST_MEMBERS, list_member,
	(enum rowan_role)r->role, (enum rowan_role)0)
GETTER(const char *, rowan_member_agency, LIST_MEMBERS, list_member, r->agency,
	"")
GETTER(const char *, rowan_member_name, LIST_MEMBERS, list_member, r->name, "")
GETTER(bool, rowan_member_present, LIST_MEMBERS, list_member, r->present, false)
GETTER(bool, rowan_member_verified, LIST_MEMBERS, list_member, r->verified,
	false)
GETTER(uint64_t, rowan_member_until, LIST_MEMBERS, list_member, r->until, 0)

GETTER(const uint8_t *, rowan_device_id, LIST_DEVICES, list_device, r->device.b,
	NULL)
GETTER(bool, rowan_device_revoked, LIST_DEVICES, list_device, r->revoked, false)
GETTER(uint64_t, rowan_device_logged, LIST_DEVICES, list_device, r->logged, 0)
GETTER(uint64_t, rowan_device_expires, LIST_DEVICES, list_device, r->expires, 0)
