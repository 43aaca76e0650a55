/*
 * The agent: one process a person, the owner of vault and connection, so that
 * commands are quick and never fight over the file.
 *
 *	started on demand -> locked -> unlock -> serves -> idle or lock
 *	-> locked -> ...                            stop, or no use -> ends
 *
 * Listens on a local socket that only this user can open, and checks who is
 * at the other end. Trusts those processes as it trusts the person: whoever
 * may run as them may read with them. Never writes plaintext to a file unless
 * a command asks for one by name; never dumps core.
 */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include "agent/places.h"

/* What agent_run writes: it can be asked; another agent serves this home, or
 * is about to end. */
#define AGENT_SERVES "y"
#define AGENT_TAKEN  "t"

/**
 * agent_run(home, ready_fd):
 * Serve until told to stop. Writes one byte to ${ready_fd} (-1: none) when
 * the socket is there, or when another agent is. Returns an enum exit_code.
 */
int agent_run(const char *home, int ready_fd);

#endif
