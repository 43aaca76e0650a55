/*
 * The daemon's request for its card, which the offline authority signs.
 *
 * The card binds the transport key and the log key; member and device are
 * random. Writes public halves and signatures only.
 */
#ifndef PROCESS_REQUEST_H
#define PROCESS_REQUEST_H

#include "process/process.h"
#include "trust/issue.h"

struct request_options {
	const struct config *config;
	const char *authority; /* path of the record; NULL: as configured */
	const char *agency;    /* that runs the daemon */
	bool next;	       /* for the next keys */
};

/**
 * request_write(o, w, ret_fingerprint):
 * Write the armoured request, and what two people compare. EX_OK, or a code of
 * sysexits with the reason said.
 */
ROWAN_MUST int request_write(const struct request_options *o, struct writer *w,
	char ret_fingerprint[ISSUE_FINGERPRINT_LEN]);

#endif
