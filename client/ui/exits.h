/*
 * Exit codes of rowan. Part of its contract (docs/cli.md, rowan(1)): scripts
 * look at them, so numbers are never reused.
 */
#ifndef UI_EXITS_H
#define UI_EXITS_H

enum exit_code {
	EXIT_DONE = 0,
	EXIT_OTHER = 1,	       /* something that has no code of its own */
	EXIT_USAGE = 2,	       /* wrong command, option or argument */
	EXIT_NO_SETUP = 3,     /* this device has no vault or no card yet */
	EXIT_LOCKED = 4,       /* the vault is locked */
	EXIT_PASSPHRASE = 5,   /* wrong passphrase */
	EXIT_OFFLINE = 6,      /* no connection to the daemon */
	EXIT_NOT_ALLOWED = 7,  /* no right, not assigned, barred */
	EXIT_CARD = 8,	       /* the card has expired or was revoked */
	EXIT_NOT_FOUND = 9,    /* no such case, person, message or file */
	EXIT_TAKEN = 10,       /* it exists already */
	EXIT_LATER = 11,       /* a limit: the same may succeed later */
	EXIT_MACHINE = 12,     /* disk full, file or memory of this machine */
	EXIT_INPUT = 13,       /* what was given in is too long or damaged */
	EXIT_DIFFERENT = 14,   /* codes or fingerprints do not match */
	EXIT_INTERRUPTED = 15, /* a transfer or a wait was broken off */
	EXIT_NEEDS_INPUT = 16, /* a question, and --no-input */
	EXIT_DAMAGED = 17, /* the vault is damaged, too new or an old copy */
	EXIT_TROUBLE = 18, /* doctor or an alarm: something is wrong */
	EXIT_CODES
};

/**
 * exit_name(code), exit_words(code):
 * A name that never changes ("locked", for JSON), and what it means in the
 * reader's language. Static; "other" for what is none.
 */
const char *exit_name(int code);
const char *exit_words(int code);

/**
 * exit_of(error):
 * The exit code for an enum rowan_error; EXIT_DONE for 0.
 */
int exit_of(int error);

#endif
