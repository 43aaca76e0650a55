/*
 * A channel's group as the store keeps it: what must be known for every
 * message in front, the public group of RFC 9420 behind it.
 *
 *	struct {
 *		uint16 version = 2;
 *		uint32 generation;
 *		Bool frozen;
 *		uint64 epoch;
 *		opaque confirmed[32];	confirmed transcript hash
 *		opaque commit[32];	SHA-256 of the last one, or zero
 *		opaque created[32];	SHA-256 of the first GroupInfo
 *		opaque group_id<1..255>;
 *		Leaf leaves<V>;		ascending
 *		Id parked<V>;		since version 2; ascending
 *		opaque mls<V>;		rowan_mls_public_save
 *	} GroupRow;
 *
 *	struct {
 *		uint32 leaf;
 *		opaque device[16];
 *		Bool replace;		its device has lost its state
 *	} Leaf;
 */
#ifndef CLINIC_GROUP_ROW_H
#define CLINIC_GROUP_ROW_H

#include "base/id.h"
#include "base/reader.h"
#include "base/writer.h"
#include "wire/card.h"

#define GROUP_ROW_LEAVES_MAX WIRE_CHANNEL_DEVICES_MAX

struct group_leaf {
	uint32_t leaf;
	struct id16 device;
	bool replace;
};

struct group_row {
	uint32_t generation;
	bool frozen;
	uint64_t epoch;
	struct wire_hash confirmed;
	struct wire_hash commit;
	struct wire_hash created;
	struct bytes group_id;
	size_t leaf_count;
	struct group_leaf leaves[GROUP_ROW_LEAVES_MAX];
	/* Were away for long: they are out until they ask to be readmitted. */
	size_t parked_count;
	struct id16 parked[GROUP_ROW_LEAVES_MAX];
	struct bytes mls;
};

/**
 * group_row_read(input, ret), group_row_write(row, w):
 * Views borrow from ${input}. ROWAN_E_TOO_NEW, ROWAN_E_CORRUPT. Writing fails
 * with the writer's status only.
 */
ROWAN_MUST int group_row_read(struct bytes input, struct group_row *ret);
ROWAN_MUST int group_row_write(const struct group_row *row, struct writer *w);

/**
 * group_row_leaf(row, device):
 * The leaf of a device, or NULL.
 */
struct group_leaf *group_row_leaf(
	struct group_row *row, const struct id16 *device);

/**
 * group_row_parked(row, device), group_row_park(row, device),
 * group_row_unpark(row, device):
 * Whether a device is parked; park it, harmless without room; let it in
 * again: whether it was parked.
 */
bool group_row_parked(const struct group_row *row, const struct id16 *device);
void group_row_park(struct group_row *row, const struct id16 *device);
bool group_row_unpark(struct group_row *row, const struct id16 *device);

#endif
