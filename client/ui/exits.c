/*
 * Exit codes by name: see exits.h.
 */
#include <rowan/error.h>

#include "ui/exits.h"
#include "ui/words.h"

static const struct {
	const char *name, *words;
} codes[EXIT_CODES] = {
	[EXIT_DONE] = {"done", N_("it was done")},
	[EXIT_OTHER] = {"other", N_("something else went wrong")},
	[EXIT_USAGE] = {"usage", N_("wrong command, option or argument")},
	[EXIT_NO_SETUP] = {"no-setup", N_("this device is not set up")},
	[EXIT_LOCKED] = {"locked", N_("the vault is locked")},
	[EXIT_PASSPHRASE] = {"passphrase", N_("wrong passphrase")},
	[EXIT_OFFLINE] = {"offline", N_("no connection to the daemon")},
	[EXIT_NOT_ALLOWED] = {"not-allowed",
		N_("no right to do this, not assigned, or barred")},
	[EXIT_CARD] = {"card",
		N_("this device's card has expired or was revoked")},
	[EXIT_NOT_FOUND] = {"not-found",
		N_("no such case, person, message or file")},
	[EXIT_TAKEN] = {"taken", N_("it exists already")},
	[EXIT_LATER] = {"later",
		N_("a limit was reached; the same may succeed later")},
	[EXIT_MACHINE] = {"machine",
		N_("disk full, or another fault of this machine")},
	[EXIT_INPUT] = {"input", N_("the input is too long, or damaged")},
	[EXIT_DIFFERENT] = {"different",
		N_("codes or fingerprints do not match")},
	[EXIT_INTERRUPTED] = {"interrupted",
		N_("a transfer or a wait was broken off")},
	[EXIT_NEEDS_INPUT] = {"needs-input",
		N_("a question must be answered, and there is --no-input")},
	[EXIT_DAMAGED] = {"damaged",
		N_("the vault is damaged, too new, or an old copy")},
	[EXIT_TROUBLE] = {"trouble", N_("something is wrong; see the output")},
};

const char *exit_name(int code)
{
	if (code < 0 || code >= EXIT_CODES)
		code = EXIT_OTHER;
	return codes[code].name;
}

const char *exit_words(int code)
{
	if (code < 0 || code >= EXIT_CODES)
		code = EXIT_OTHER;
	return _(codes[code].words);
}

int exit_of(int error)
{
	switch (error) {
	case ROWAN_OK: return EXIT_DONE;
	case ROWAN_E_INVAL: return EXIT_USAGE;
	case ROWAN_E_STATE: return EXIT_OTHER;
	case ROWAN_E_NOMEM:
	case ROWAN_E_IO:
	case ROWAN_E_FULL: return EXIT_MACHINE;
	case ROWAN_E_CORRUPT:
	case ROWAN_E_TOO_OLD:
	case ROWAN_E_TOO_NEW: return EXIT_DAMAGED;
	case ROWAN_E_AGAIN:
	case ROWAN_E_QUOTA:
	case ROWAN_E_STALE:
	case ROWAN_E_RESTORING:
	case ROWAN_E_MEMBERSHIP: return EXIT_LATER;
	case ROWAN_E_MALFORMED:
	case ROWAN_E_LIMIT:
	case ROWAN_E_VERSION: return EXIT_INPUT;
	case ROWAN_E_CRYPTO: return EXIT_DIFFERENT;
	case ROWAN_E_REFUSED:
	case ROWAN_E_SIGNER:
	case ROWAN_E_RULE: return EXIT_NOT_ALLOWED;
	case ROWAN_E_REVOKED:
	case ROWAN_E_EXPIRED: return EXIT_CARD;
	case ROWAN_E_UNKNOWN:
	case ROWAN_E_NOT_FOUND: return EXIT_NOT_FOUND;
	case ROWAN_E_EXISTS: return EXIT_TAKEN;
	default: return EXIT_OTHER;
	}
}
