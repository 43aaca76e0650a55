/*
 * PreSharedKeyID (RFC 9420 section 8.4): the name of a PSK, never its value.
 */
#ifndef MLS_PSK_ID_H
#define MLS_PSK_ID_H

#include "base/reader.h"
#include "base/writer.h"

enum psk_type { PSK_EXTERNAL = 1, PSK_RESUMPTION = 2 };

enum psk_usage {
	PSK_USAGE_APPLICATION = 1,
	PSK_USAGE_REINIT = 2,
	PSK_USAGE_BRANCH = 3
};

struct psk_id {
	uint8_t type;	    /* enum psk_type */
	uint8_t usage;	    /* resumption: enum psk_usage */
	struct bytes id;    /* external: the id; resumption: the group id */
	uint64_t psk_epoch; /* resumption */
	struct bytes nonce;
	struct bytes raw;
};

/**
 * psk_id_read(r, ret):
 * Read one; views borrow from the input of ${r}.
 */
ROWAN_MUST int psk_id_read(struct reader *r, struct psk_id *ret);

/**
 * psk_id_write(w, id):
 * Append ${id} from its fields; ${raw} is not looked at.
 */
void psk_id_write(struct writer *w, const struct psk_id *id);

#endif
