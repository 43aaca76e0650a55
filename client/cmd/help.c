/*
 * Help: see help.h. Says only what the table says.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rowan.h>

#include "cmd/help.h"
#include "ui/mem.h"
#include "ui/text.h"
#include "ui/words.h"

#define BESIDE_MIN 24 /* columns: with fewer left it goes below */

static size_t columns_of(const struct ui *ui)
{
	return ui->width < 80 ? ui->width : 80;
}

static void print_text(const struct ui *ui, const char *text)
{
	size_t len, n;

	while ((n = text_fold(text, columns_of(ui), &len)) > 0) {
		ui_say(ui, "%.*s", (int)len, text);
		text += n;
	}
}

/* What it is in a column of ${width}, and what it does beside it or below. */
static void print_pair(
	const struct ui *ui, const char *left, size_t width, const char *text)
{
	bool below =
		columns_of(ui) < width + BESIDE_MIN || text_width(left) > width;
	size_t indent = below ? 6 : width + 3, len, n;

	if (below)
		ui_say(ui, "  %s", left);
	while ((n = text_fold(text, columns_of(ui) - indent, &len)) > 0) {
		ui_say(ui, "  %-*s%.*s", (int)indent - 2, below ? "" : left,
			(int)len, text);
		left = "";
		text += n;
	}
}

static void print_option(const struct ui *ui, const struct command_option *o)
{
	char left[64];

	(void)snprintf(left, sizeof left, "%c%c %s--%s%s%s",
		o->letter != 0 ? '-' : ' ', o->letter != 0 ? o->letter : ' ',
		"", o->name, o->arg != NULL ? " " : "",
		o->arg != NULL ? o->arg : "");
	print_pair(ui, left, 28, _(o->help));
}

void command_synopsis(const struct command *c, char *ret, size_t size)
{
	size_t at = (size_t)snprintf(ret, size, "rowan %s", c->name);

	for (const struct command_option *o = c->options;
		o != NULL && o->name != NULL && at < size; o++)
		at += (size_t)snprintf(ret + at, size - at, " [--%s%s%s]",
			o->name, o->arg != NULL ? " " : "",
			o->arg != NULL ? o->arg : "");
	if (at < size && *c->args != '\0')
		(void)snprintf(ret + at, size - at, " %s", c->args);
}

static void print_rights(const struct ui *ui, unsigned rights)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {{ROWAN_RIGHT_ENROL, "enrol"},
		{ROWAN_RIGHT_COORDINATE, "coordinate"},
		{ROWAN_RIGHT_DUTY, "duty"}, {ROWAN_RIGHT_AUDIT, "audit"}};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if ((rights & names[i].bit) != 0)
			ui_say(ui, _("\nNeeds a card with the right: %s"),
				names[i].name);
}

static int show_command(const struct ui *ui, const struct command *c)
{
	char synopsis[512];

	command_synopsis(c, synopsis, sizeof synopsis);
	(void)fputs(ui_style(ui, UI_BOLD), stdout);
	print_text(ui, synopsis);
	ui_say(ui, "%s", ui_style(ui, UI_PLAIN));
	print_text(ui, _(c->help));
	if (c->more != NULL) {
		ui_say(ui, "%s", "");
		print_text(ui, _(c->more));
	}
	if (c->options != NULL)
		ui_say(ui, _("\nOptions:"));
	for (const struct command_option *o = c->options;
		o != NULL && o->name != NULL; o++)
		print_option(ui, o);
	print_rights(ui, c->rights);
	ui_say(ui, _("\nOptions of every command: rowan help"));
	return EXIT_DONE;
}

static void list_commands(const struct ui *ui, const char *only)
{
	for (const struct command_group *g = command_groups; g->title != NULL;
		g++) {
		bool said = false;

		for (const struct command *c = g->commands; c->name != NULL;
			c++) {
			if (only != NULL &&
				strncmp(c->name, only, strlen(only)) != 0)
				continue;
			if (!said)
				ui_say(ui, "\n%s%s%s", ui_style(ui, UI_BOLD),
					_(g->title), ui_style(ui, UI_PLAIN));
			said = true;
			print_pair(ui, c->name, 20, _(c->help));
		}
	}
}

static json_t *option_json(const struct command_option *o)
{
	json_t *list = json_array();

	for (; o != NULL && o->name != NULL; o++)
		(void)json_array_append_new(
			list, json_pack("{s:s,s:s*,s:s}", "name", o->name,
				      "arg", o->arg, "help", _(o->help)));
	return list;
}

/* The whole table, for programs that make something of it. */
static void show_json(const struct ui *ui)
{
	json_t *list = json_array(), *exits = json_array();

	for (const struct command_group *g = command_groups; g->title != NULL;
		g++)
		for (const struct command *c = g->commands; c->name != NULL;
			c++)
			(void)json_array_append_new(list,
				json_pack("{s:s,s:s,s:s,s:s,s:s*,s:i,s:o}",
					"name", c->name, "group", g->title,
					"args", c->args, "help", _(c->help),
					"more",
					c->more != NULL ? _(c->more) : NULL,
					"rights", (int)c->rights, "options",
					option_json(c->options)));
	for (int code = 0; code < EXIT_CODES; code++)
		(void)json_array_append_new(exits,
			json_pack("{s:i,s:s,s:s}", "exit", code, "code",
				exit_name(code), "words", exit_words(code)));
	ui_json(ui, json_pack("{s:o,s:o,s:o}", "commands", list, "options",
			    option_json(command_globals), "exits", exits));
}

int help_show(const struct ui *ui, char *const *words, int count)
{
	const struct command *c;
	int used;

	c = count > 0 ? command_find(words, count, &used) : NULL;
	if (ui->json) {
		show_json(ui);
		return EXIT_DONE;
	}
	if (c != NULL)
		return show_command(ui, c);
	if (count > 0 && help_is_group(words[0])) {
		ui_say(ui, _("usage: rowan %s COMMAND ..."), words[0]);
		list_commands(ui, words[0]);
		return EXIT_DONE;
	}
	if (count > 0)
		return ui_fail(ui, EXIT_USAGE,
			_("rowan help lists the commands"),
			_("there is no command %s"), words[0]);
	ui_say(ui, _("usage: rowan COMMAND [OPTIONS] [ARGUMENTS]"));
	list_commands(ui, NULL);
	ui_say(ui, _("\n%sOptions of every command%s"), ui_style(ui, UI_BOLD),
		ui_style(ui, UI_PLAIN));
	for (const struct command_option *o = command_globals; o->name != NULL;
		o++)
		print_option(ui, o);
	ui_say(ui, _("\nMore about one of them: rowan help COMMAND\n"
		     "In danger, call 999. Rowan is not an emergency "
		     "service."));
	return EXIT_DONE;
}

int help_begin(const struct ui *ui, const char *home)
{
	char *vault = mem_print("%s/vault", home);
	bool known = access(vault, F_OK) == 0;

	free(vault);
	if (ui->json)
		return help_show(ui, NULL, 0);
	ui_say(ui, _("usage: rowan COMMAND [OPTIONS] [ARGUMENTS]\n"));
	if (!known)
		ui_say(ui, _("This device is not set up yet:\n"
			     "  rowan setup        make it yours\n"));
	ui_say(ui, _("Every day:\n"
		     "  rowan inbox        what is unread, by case\n"
		     "  rowan read 1       read the case with that number\n"
		     "  rowan send 1       write to the victim and the support "
		     "channel\n"
		     "  rowan team 1       write to the team, apart from the "
		     "victim\n"
		     "  rowan chat 1       a conversation\n"
		     "When something is wrong:\n"
		     "  rowan doctor       explains it\n"
		     "\nrowan help lists all commands, rowan help COMMAND "
		     "explains one.\n"
		     "In danger, call 999. Rowan is not an emergency "
		     "service."));
	return EXIT_DONE;
}

bool help_is_group(const char *word)
{
	size_t len = strlen(word);

	for (const struct command_group *g = command_groups; g->title != NULL;
		g++)
		for (const struct command *c = g->commands; c->name != NULL;
			c++)
			if (strncmp(c->name, word, len) == 0 &&
				c->name[len] == ' ')
				return true;
	return false;
}

const char *help_nearest(const char *word)
{
	const char *best = NULL;
	size_t least = 3;

	for (const struct command_group *g = command_groups; g->title != NULL;
		g++)
		for (const struct command *c = g->commands; c->name != NULL;
			c++) {
			size_t d = text_distance(word, c->name);

			if (d < least) {
				least = d;
				best = c->name;
			}
		}
	return best;
}
