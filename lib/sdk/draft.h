/*
 * What an application is about to send: a struct rowan_draft.
 */
#ifndef SDK_DRAFT_H
#define SDK_DRAFT_H

#include "sdk/handle.h"

struct rowan_draft {
	struct buf text;
	char *path; /* of the attachment, or NULL */
	char *name;
	char *media;
	char *kind; /* of the incident, or NULL */
	bool incident;
	uint64_t from, until;
	uint64_t hold; /* seconds since 1970; 0: not held */
	uint32_t lifetime;
	bool urgent;
};

#endif
