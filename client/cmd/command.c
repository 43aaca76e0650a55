/*
 * One run of rowan: from words to a command: see command.h.
 *
 * Trusts nothing on the command line. Secrets are never taken from it.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "cmd/command.h"
#include "cmd/help.h"
#include "ui/mem.h"
#include "ui/words.h"

const struct command_option command_globals[] = {
	{"json", 'j', NULL, N_("print JSON; see docs/cli.md"), COMMAND_TEXT},
	{"no-input", 'n', NULL, N_("never ask; fail where a question comes up"),
		COMMAND_TEXT},
	{"quiet", 'q', NULL, N_("data and errors only"), COMMAND_TEXT},
	{"home", 0, "DIR", N_("state folder instead of $ROWAN_HOME"),
		COMMAND_FOLDER},
	{"passphrase-fd", 0, "N", N_("read a passphrase from descriptor N"),
		COMMAND_TEXT},
	{"passphrase-file", 0, "FILE",
		N_("read a passphrase from the first line of FILE"),
		COMMAND_FILE},
	{"askpass", 0, "PROGRAM", N_("ask for a passphrase with PROGRAM"),
		COMMAND_FILE},
	{"help", 'h', NULL, N_("say how a command is used"), COMMAND_TEXT},
	{"version", 0, NULL, N_("say which version this is"), COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

enum {
	G_JSON,
	G_NO_INPUT,
	G_QUIET,
	G_HOME,
	G_FD,
	G_FILE,
	G_ASKPASS,
	G_HELP,
	G_VERSION,
	GLOBALS
};

static bool is_name(const char *name, char *const *words, int count, int *ret)
{
	size_t len = strcspn(name, " ");

	*ret = 0;
	if (count < 1 || strlen(words[0]) != len ||
		memcmp(words[0], name, len) != 0)
		return false;
	*ret = 1;
	if (name[len] == '\0')
		return true;
	*ret = 2;
	return count > 1 && strcmp(words[1], name + len + 1) == 0;
}

const struct command *command_find(
	char *const *words, int count, int *ret_words)
{
	const struct command *ret = NULL;
	int words_used;

	*ret_words = 0;
	/* "witness sign" before "witness". */
	for (const struct command_group *g = command_groups; g->title != NULL;
		g++)
		for (const struct command *c = g->commands; c->name != NULL;
			c++)
			if (is_name(c->name, words, count, &words_used) &&
				words_used > *ret_words) {
				*ret_words = words_used;
				ret = c;
			}
	return ret;
}

const char *run_option(const struct run *r, const char *name)
{
	const struct command_option *o = r->command->options;

	for (int i = 0; o != NULL && o[i].name != NULL; i++)
		if (strcmp(o[i].name, name) == 0)
			return r->value[i];
	abort(); /* not in its table */
}

int run_number(const struct run *r, const char *name, unsigned long least,
	unsigned long most, unsigned long *ret)
{
	const char *text = run_option(r, name);
	unsigned long n;
	char *end;

	if (text == NULL)
		return EXIT_DONE;
	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || *text == '-' ||
		n < least || n > most)
		return run_usage(r, _("--%s is a number from %lu to %lu"), name,
			least, most);
	*ret = n;
	return EXIT_DONE;
}

int run_usage(const struct run *r, const char *format, ...)
{
	char synopsis[512], *words = NULL, *hint;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&words, format, ap) < 0)
		words = NULL;
	va_end(ap);
	command_synopsis(r->command, synopsis, sizeof synopsis);
	hint = mem_print(_("usage: %s"), synopsis);
	(void)ui_fail(
		&r->ui, EXIT_USAGE, hint, "%s", words != NULL ? words : "");
	free(words);
	free(hint);
	return EXIT_USAGE;
}

/* ---- the words of the command line --------------------------------------- */

struct parse {
	struct run *run;
	const char *globals[GLOBALS];
	char **args; /* what is no option */
	int count;
	bool failed;
};

static const struct command_option *find_option(
	const struct command_option *o, const char *word, size_t len, int *ret)
{
	for (*ret = 0; o != NULL && o[*ret].name != NULL; ++*ret) {
		const struct command_option *x = &o[*ret];

		if (len == 1 ? x->letter == word[0]
			     : strlen(x->name) == len &&
					memcmp(x->name, word, len) == 0)
			return x;
	}
	return NULL;
}

/* The command, once its name has been read. */
static const struct command *known_command(const struct parse *p)
{
	int used;

	return p->count > 0 ? command_find(p->args, p->count, &used) : NULL;
}

/*
 * Take one option at argv[i]; returns how many words it was, 0 for an error
 * that was said.
 */
static int take_option(struct parse *p, int argc, char **argv, int i)
{
	bool is_long = argv[i][1] == '-';
	const char *word = argv[i] + (is_long ? 2 : 1);
	size_t len = is_long ? strcspn(word, "=") : 1;
	const char *inside = word[len] == '\0' ? NULL
			     : is_long	       ? word + len + 1
					       : word + len;
	const struct command *c = known_command(p);
	const struct command_option *o;
	const char **slot;
	int at;

	o = c == NULL ? NULL : find_option(c->options, word, len, &at);
	slot = o != NULL ? &p->run->value[at] : NULL;
	if (o == NULL) {
		o = find_option(command_globals, word, len, &at);
		slot = o != NULL ? &p->globals[at] : NULL;
	}
	if (o == NULL || (o->arg == NULL && inside != NULL)) {
		p->run->command = c;
		(void)ui_fail(&p->run->ui, EXIT_USAGE,
			_("rowan COMMAND --help lists a command's options; "
			  "what follows -- is none"),
			_("there is no option %s here"), argv[i]);
		return 0;
	}
	if (o->arg == NULL) {
		*slot = "";
		return 1;
	}
	if (inside == NULL && i + 1 == argc) {
		p->run->command = c;
		(void)ui_fail(&p->run->ui, EXIT_USAGE,
			_("rowan COMMAND --help lists a command's options; "
			  "what follows -- is none"),
			_("--%s needs %s"), o->name, o->arg);
		return 0;
	}
	*slot = inside != NULL ? inside : argv[i + 1];
	return inside != NULL ? 1 : 2;
}

/* Options may stand anywhere; "--" ends them; "-" is an argument. */
static bool take_words(struct parse *p, int argc, char **argv)
{
	for (int i = 1; i < argc;) {
		int n;

		if (strcmp(argv[i], "--") == 0) {
			while (++i < argc)
				p->args[p->count++] = argv[i];
			return true;
		}
		if (argv[i][0] != '-' || argv[i][1] == '\0') {
			p->args[p->count++] = argv[i++];
			continue;
		}
		n = take_option(p, argc, argv, i);
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

static char *default_home(void)
{
	const char *home = getenv("ROWAN_HOME");
	const char *data = getenv("XDG_DATA_HOME"), *user = getenv("HOME");

	if (home != NULL && *home != '\0')
		return mem_text(home);
	if (data != NULL && *data == '/')
		return mem_print("%s/rowan", data);
	return mem_print(
		"%s/.local/share/rowan", user != NULL && *user ? user : "/");
}

static int set_globals(struct run *r, const struct parse *p)
{
	const char *fd = p->globals[G_FD];
	char *end;
	long n;

	r->ui.no_input = p->globals[G_NO_INPUT] != NULL;
	r->ui.quiet = p->globals[G_QUIET] != NULL;
	r->ui.passphrase_file = p->globals[G_FILE];
	r->ui.askpass = p->globals[G_ASKPASS];
	if (r->ui.askpass == NULL && r->ui.passphrase_file == NULL && !fd)
		r->ui.askpass = getenv("ROWAN_ASKPASS");
	if (fd != NULL) {
		n = strtol(fd, &end, 10);
		if (end == fd || *end != '\0' || n < 0 || n > 1 << 20)
			return ui_fail(&r->ui, EXIT_USAGE,
				_("of a descriptor that the shell opened: "
				  "--passphrase-fd 3 3<FILE"),
				_("--passphrase-fd is a number"));
		r->ui.passphrase_fd = (int)n;
	}
	r->home = p->globals[G_HOME] != NULL ? mem_text(p->globals[G_HOME])
					     : default_home();
	return EXIT_DONE;
}

/* A word that is not quite a command. */
static int unknown(const struct run *r, char *const *words)
{
	const char *near = help_nearest(words[0]);
	char *hint = near != NULL
			     ? mem_print(_("did you mean: rowan %s"), near)
			     : mem_text(_("rowan help lists the commands"));

	(void)ui_fail(&r->ui, EXIT_USAGE, hint, _("there is no command %s"),
		words[0]);
	free(hint);
	return EXIT_USAGE;
}

static int run_words(struct run *r, struct parse *p)
{
	int used, code;

	if (p->globals[G_VERSION] != NULL) {
		ui_say(&r->ui, _("rowan %s"), ROWAN_VERSION);
		ui_json(&r->ui, json_pack("{s:s}", "version", ROWAN_VERSION));
		return EXIT_DONE;
	}
	if (p->count == 0 && p->globals[G_HELP] == NULL)
		return help_begin(&r->ui, r->home);
	if (p->count == 0 || strcmp(p->args[0], "help") == 0)
		return help_show(
			&r->ui, p->args + 1, p->count > 1 ? p->count - 1 : 0);
	r->command = command_find(p->args, p->count, &used);
	if (r->command == NULL && help_is_group(p->args[0]))
		return p->globals[G_HELP] != NULL || p->count == 1
			       ? help_show(&r->ui, p->args, 1)
			       : unknown(r, p->args);
	if (r->command == NULL)
		return unknown(r, p->args);
	if (p->globals[G_HELP] != NULL)
		return help_show(&r->ui, p->args, used);
	r->argv = p->args + used;
	r->argc = p->count - used;
	if (r->argc < r->command->min)
		return run_usage(r, _("something is missing"));
	if (r->command->max >= 0 && r->argc > r->command->max)
		return run_usage(
			r, _("%s is too much"), r->argv[r->command->max]);
	code = r->command->run(r);
	if (r->end != NULL)
		r->end(r);
	return code;
}

int command_main(int argc, char **argv)
{
	static struct run r;
	struct parse p = {.run = &r};
	int code;

	ui_begin(&r.ui);
	if (sodium_init() < 0)
		return ui_fail(&r.ui, EXIT_MACHINE, NULL,
			_("libsodium does not start"));
	/* JSON errors for errors of the command line, too. */
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0 ||
			strcmp(argv[i], "-j") == 0)
			r.ui.json = true;
	p.args = mem_get(((size_t)argc + 1) * sizeof *p.args);
	code = take_words(&p, argc, argv) ? set_globals(&r, &p) : EXIT_USAGE;
	if (code == EXIT_DONE)
		code = run_words(&r, &p);
	code = ui_end(&r.ui, code);
	free(p.args);
	free(r.home);
	return code;
}
