/*
 * What the vault keeps of a channel, the group itself apart.
 *
 *	MLS "client"/0		rowan_mls_save: credential, key packages
 *	MLS "packages"/n	Package: one that was published
 *	MLS "c"+channel/0	Channel
 *	MLS "g"+channel/n	rowan_mls_group_save of generation n
 *	MLS "s"+channel/0	Staged: our commit that is on its way
 *	MLS "u"+KeyPackageRef/0	a single-use package we have added once
 *
 *	struct {
 *		uint16 version = 1;
 *		opaque case_id[16];
 *		uint8 kind;
 *		uint8 stand;		enum channel_stand
 *		uint32 generation;	of the group; 0: none
 *		opaque group_id[16];
 *		uint32 older;		kept until nothing of it can come
 *		opaque older_id[16];
 *		uint64 epoch;
 *		uint64 since;		stands so since then
 *		uint64 updated;		our leaf
 *		uint32 sent;		messages since
 *		uint64 clinic_number, case_number;  of the newest commit
 *		Seen seen<V>;		in the order of leaves
 *	} Channel;
 *
 *	struct {
 *		uint32 leaf;
 *		opaque device[16];
 *		uint64 heard;		when something of it last came
 *		uint64 added;		number of the case then
 *		uint32 next;		generation of its next message
 *	} Seen;
 *
 *	struct {
 *		uint16 version = 1;
 *		uint64 epoch;		that it ends
 *		ChainHeads marks;	its authenticated data
 *		opaque commit<V>;
 *		opaque welcome<V>;
 *	} Staged;
 *
 *	struct {
 *		uint16 version = 1;
 *		opaque ref<V>;
 *		uint64 until;		its private keys are kept
 *		Bool last_resort;
 *	} Package;
 */
#ifndef SESSION_CHANNEL_ROW_H
#define SESSION_CHANNEL_ROW_H

#include "base/id.h"
#include "base/reader.h"
#include "base/writer.h"
#include "session/channel/content.h"
#include "wire/group.h"
#include "wire/limits.h"

#define CHANNEL_ROW_MAX	   (256 + WIRE_CHANNEL_DEVICES_MAX * 40)
#define CHANNEL_STAGED_MAX (2 * WIRE_FRAME_MAX + 256)

enum channel_stand {
	CHANNEL_WAITING = 1,  /* to be added, or to create */
	CHANNEL_CREATING = 2, /* a group that the daemon may not have yet */
	CHANNEL_IN = 3,
	CHANNEL_FROZEN = 4, /* until a reset */
	CHANNEL_LOST = 5,   /* until readmitted */
	CHANNEL_OUT = 6	    /* removed */
};

struct channel_seen {
	uint32_t leaf;
	struct id16 device;
	uint64_t heard;
	uint64_t added;
	uint32_t next;
};

struct channel_row {
	struct id16 case_id;
	uint8_t kind;
	uint8_t stand;
	uint32_t generation;
	struct id16 group_id;
	uint32_t older;
	struct id16 older_id;
	uint64_t epoch;
	uint64_t since;
	uint64_t updated;
	uint32_t sent;
	uint64_t clinic_number;
	uint64_t case_number;
	size_t seen_count;
	struct channel_seen seen[WIRE_CHANNEL_DEVICES_MAX];
};

struct channel_staged {
	uint64_t epoch;
	struct wire_heads marks;
	struct bytes commit;
	struct bytes welcome;
};

struct channel_package {
	struct bytes ref;
	uint64_t until;
	bool last_resort;
};

/**
 * channel_row_put, channel_staged_put, channel_package_put(w, row),
 * channel_row_get, channel_staged_get, channel_package_get(input, ret):
 * Write and read; views borrow from ${input}. ROWAN_E_TOO_NEW,
 * ROWAN_E_CORRUPT.
 */
ROWAN_MUST int channel_row_put(struct writer *w, const struct channel_row *row);
ROWAN_MUST int channel_row_get(struct bytes input, struct channel_row *ret);
ROWAN_MUST int channel_staged_put(
	struct writer *w, const struct channel_staged *s);
ROWAN_MUST int channel_staged_get(
	struct bytes input, struct channel_staged *ret);
ROWAN_MUST int channel_package_put(
	struct writer *w, const struct channel_package *p);
ROWAN_MUST int channel_package_get(
	struct bytes input, struct channel_package *ret);

#endif
