/*
 * Where a person's rowan keeps things.
 *
 *	HOME/vault		the SDK's vault
 *	HOME/keys		what opens it, sealed under the passphrase
 *	HOME/book, events	aliases and the like, sealed
 *	HOME/config.json	settings
 *	HOME/agent.lock		held by the agent; its socket's path
 *	RUNTIME/rowan/ID.sock	the agent's socket, 0600
 *
 * RUNTIME is $XDG_RUNTIME_DIR, else HOME/run; ID stands for the home folder,
 * so several homes have an agent each.
 */
#ifndef AGENT_PLACES_H
#define AGENT_PLACES_H

#include "base/bytes.h"

#define PLACES_SOCKET_MAX 107

struct places {
	char *home, *vault, *keys, *book, *events, *config, *lock;
	char *runtime; /* folder of the socket */
	char socket[PLACES_SOCKET_MAX + 1];
};

/**
 * places_set(p, home), places_free(p):
 * Name them; makes nothing. ROWAN_E_LIMIT when the socket's path is too long.
 */
ROWAN_MUST int places_set(struct places *p, const char *home);
void places_free(struct places *p);

/**
 * places_make(p):
 * The folders, 0700. ROWAN_E_IO; ROWAN_E_REFUSED when one is another user's
 * or others may look into it.
 */
ROWAN_MUST int places_make(const struct places *p);

/**
 * places_tell(p, lock), places_served(p, ret):
 * Write where the agent that holds ${lock} serves; where the last one did.
 * ROWAN_E_NOT_FOUND; ROWAN_E_IO.
 */
ROWAN_MUST int places_tell(const struct places *p, int lock);
ROWAN_MUST int places_served(
	const struct places *p, char ret[PLACES_SOCKET_MAX + 1]);

#endif
