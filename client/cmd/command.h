/*
 * The subcommands of rowan: one table of them all, with options, arguments,
 * help and the right a person needs. Help, completion and the synopsis of
 * rowan(1) are made from it or checked against it.
 *
 * Only what works stands in the table. Each family of commands has a file of
 * its own, which exports nothing but its entries' run functions.
 */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include <stdint.h>

#include "ui/ui.h"

#define COMMAND_OPTIONS_MAX 16

/* What an argument is, for completion. */
enum command_kind {
	COMMAND_TEXT = 0,
	COMMAND_FILE,
	COMMAND_FOLDER,
	COMMAND_CASE,
	COMMAND_PERSON,
	COMMAND_CHANNEL,
	COMMAND_SHELL,
	COMMAND_COMMAND
};

struct command_option {
	const char *name; /* "until"; NULL ends a list */
	char letter;	  /* 'u', or 0 */
	const char *arg;  /* "TIME", or NULL for a switch */
	const char *help;
	enum command_kind kind;
};

struct run;

struct command {
	const char *name;	/* "inbox", "authority create" */
	const char *args;	/* "CASE [TEXT]"; "" for none */
	int min, max;		/* how many arguments; max -1: any number */
	enum command_kind kind; /* of the arguments */
	const char *help;	/* one line */
	const char *more;	/* paragraphs, or NULL */
	unsigned rights;	/* enum rowan_right; 0: none */
	const struct command_option *options;
	int (*run)(struct run *r); /* returns an enum exit_code */
};

/* Groups of the table, in the order help shows them. */
struct command_group {
	const char *title;
	const struct command *commands; /* ends with a NULL name */
};

extern const struct command_group command_groups[]; /* ends with NULL title */
extern const struct command_option command_globals[];

/* One run of one command. */
struct run {
	struct ui ui;
	char *home; /* the state folder */
	const struct command *command;
	int argc;
	char **argv;				/* arguments, NULL at the end */
	const char *value[COMMAND_OPTIONS_MAX]; /* of its options */
	void *link; /* of remote.h, where a command spoke with the agent */
	void (*end)(struct run *r); /* called after the command, or NULL */
};

/**
 * command_find(words, count, ret_words):
 * The command that the first one or two of ${words} name; NULL for none.
 * ${ret_words}: how many it took.
 */
const struct command *command_find(
	char *const *words, int count, int *ret_words);

/**
 * command_main(argc, argv):
 * Parse, run, and return the exit code.
 */
int command_main(int argc, char **argv);

/**
 * run_option(r, name):
 * The value of an option of this command ("" for a switch), or NULL. The
 * option must be in the command's table.
 */
const char *run_option(const struct run *r, const char *name);

/**
 * run_number(r, name, least, most, ret):
 * The option as a number; ${ret} stays when it was not given. EXIT_USAGE, said.
 */
int run_number(const struct run *r, const char *name, unsigned long least,
	unsigned long most, unsigned long *ret);

/**
 * run_usage(r, format, ...):
 * Say what is wrong with the arguments and how the command is written.
 * Returns EXIT_USAGE.
 */
int run_usage(const struct run *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * command_synopsis(c, ret, size):
 * "rowan send [--hold TIME] CASE [TEXT]" as help and manual have it.
 */
void command_synopsis(const struct command *c, char *ret, size_t size);

#endif
