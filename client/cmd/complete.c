/*
 * rowan completion: a script for the shell, from the table of commands, so it
 * never knows a command or option that is not there. It starts no agent and
 * asks nothing while somebody types.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/complete.h"
#include "ui/words.h"

/* ---- bash ------------------------------------------------------------------
 */

static void bash_options(const struct command_option *o)
{
	for (; o != NULL && o->name != NULL; o++)
		(void)printf(" --%s", o->name);
}

/* One pattern of a case statement for each command. */
static void bash_commands(void)
{
	for (const struct command_group *g = command_groups; g->title != NULL;
		g++)
		for (const struct command *c = g->commands; c->name != NULL;
			c++) {
			(void)printf(
				"\t'%s')\n\t\toptions=\"$globals", c->name);
			bash_options(c->options);
			(void)printf("\"\n\t\tkind=%d ;;\n", (int)c->kind);
		}
}

/* Words that may follow ${first}, or with NULL first words, each once. */
static void words(const char *first)
{
	const char *last = "";
	size_t last_len = 0;

	for (const struct command_group *g = command_groups; g->title != NULL;
		g++)
		for (const struct command *c = g->commands; c->name != NULL;
			c++) {
			size_t len = strcspn(c->name, " ");

			if (first != NULL) {
				if (strncmp(c->name, first, strlen(first)) ==
						0 &&
					c->name[strlen(first)] == ' ')
					(void)printf(" %s",
						c->name + strlen(first) + 1);
				continue;
			}
			if (len == last_len && memcmp(c->name, last, len) == 0)
				continue;
			(void)printf(" %.*s", (int)len, c->name);
			last = c->name;
			last_len = len;
		}
}

static void bash_groups(void)
{
	char last[32] = "";

	for (const struct command_group *g = command_groups; g->title != NULL;
		g++)
		for (const struct command *c = g->commands; c->name != NULL;
			c++) {
			size_t len = strcspn(c->name, " ");

			if (c->name[len] == '\0' || len >= sizeof last ||
				(strlen(last) == len &&
					memcmp(last, c->name, len) == 0))
				continue;
			memcpy(last, c->name, len);
			last[len] = '\0';
			(void)printf("\t%s) second=\"", last);
			words(last);
			(void)printf("\" ;;\n");
		}
}

static void bash(void)
{
	(void)printf("# bash completion for rowan; made by: rowan completion "
		     "bash\n_rowan() {\n"
		     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} first= second= "
		     "name= options= kind=1 word globals\n"
		     "\tglobals=\"");
	bash_options(command_globals);
	(void)printf("\"\n\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; "
		     "do\n\t\tcase $word in -*) continue ;; esac\n"
		     "\t\tif [ -z \"$first\" ]; then first=$word; else "
		     "name=\"$first $word\"; break; fi\n\tdone\n"
		     "\tCOMPREPLY=()\n"
		     "\tif [ -z \"$first\" ] && [[ $cur != -* ]]; then\n"
		     "\t\tCOMPREPLY=($(compgen -W \"");
	words(NULL);
	(void)printf(" help\" -- \"$cur\")); return\n\tfi\n"
		     "\tcase $first in\n");
	bash_groups();
	(void)printf("\tesac\n"
		     "\tif [ -n \"$second\" ] && [ -z \"$name\" ] && "
		     "[[ $cur != -* ]]; then\n"
		     "\t\tCOMPREPLY=($(compgen -W \"$second\" -- \"$cur\")); "
		     "return\n\tfi\n"
		     "\t[ -n \"$second\" ] && [ -n \"$name\" ] || name=$first\n"
		     "\tcase $name in\n");
	bash_commands();
	(void)printf("\t*) options=$globals ;;\n\tesac\n"
		     "\tif [[ $cur == -* ]]; then\n"
		     "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
		     "\telif [ $kind = %d ]; then\n"
		     "\t\tCOMPREPLY=($(compgen -d -- \"$cur\"))\n"
		     "\telif [ $kind = %d ]; then\n"
		     "\t\tCOMPREPLY=($(compgen -W \"bash zsh\" -- \"$cur\"))\n"
		     "\telif [ $kind = %d ]; then\n"
		     "\t\tcompopt -o filenames 2>/dev/null\n"
		     "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
		     "\tfi\n}\ncomplete -F _rowan rowan\n",
		(int)COMMAND_FOLDER, (int)COMMAND_SHELL, (int)COMMAND_FILE);
}

/* ---- zsh -------------------------------------------------------------------
 */

/* Text inside '...' in an _arguments or _describe entry. */
static void zsh_text(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			(void)fputs("'\\''", stdout);
		else if (strchr("[]:\\", *s) != NULL)
			(void)printf("\\%c", *s);
		else
			(void)putchar(*s);
	}
}

static void zsh_options(const struct command_option *o)
{
	for (; o != NULL && o->name != NULL; o++) {
		(void)printf(" '--%s%s[", o->name, o->arg != NULL ? "=" : "");
		zsh_text(_(o->help));
		(void)printf("]");
		if (o->arg != NULL)
			(void)printf(":%s:%s", o->arg,
				o->kind == COMMAND_FILE	    ? "_files"
				: o->kind == COMMAND_FOLDER ? "_files -/"
							    : " ");
		(void)printf("'");
	}
}

static void zsh_describe(void)
{
	for (const struct command_group *g = command_groups; g->title != NULL;
		g++)
		for (const struct command *c = g->commands; c->name != NULL;
			c++) {
			(void)printf("\t\t'");
			zsh_text(c->name);
			(void)printf(":");
			zsh_text(_(c->help));
			(void)printf("'\n");
		}
}

static void zsh_commands(void)
{
	for (const struct command_group *g = command_groups; g->title != NULL;
		g++)
		for (const struct command *c = g->commands; c->name != NULL;
			c++) {
			(void)printf("\t'%s') _arguments $globals", c->name);
			zsh_options(c->options);
			(void)printf(" '*:argument:%s' ;;\n",
				c->kind == COMMAND_FILE	    ? "_files"
				: c->kind == COMMAND_FOLDER ? "_files -/"
				: c->kind == COMMAND_SHELL  ? "(bash zsh)"
							    : " ");
		}
}

static void zsh(void)
{
	(void)printf("#compdef rowan\n# zsh completion for rowan; made by: "
		     "rowan completion zsh\n_rowan() {\n"
		     "\tlocal -a globals commands plain\n\tlocal name w\n"
		     "\tglobals=(");
	zsh_options(command_globals);
	(void)printf(")\n\tcommands=(\n");
	zsh_describe();
	(void)printf("\t)\n"
		     "\tplain=(${words[2,CURRENT-1]:#-*})\n"
		     "\tfor w in \"$plain[1] $plain[2]\" \"$plain[1]\"; do\n"
		     "\t\tif (( ${commands[(I)${(b)w}:*]} )) && [[ -n $w ]]; "
		     "then name=$w; break; fi\n\tdone\n"
		     "\tif [[ -z $name ]]; then\n"
		     "\t\tif [[ -n $plain[1] ]]; then\n"
		     "\t\t\tcommands=(${${(M)commands:#$plain[1] *}#$plain[1] "
		     "})\n\t\tfi\n"
		     "\t\t_describe command commands; return\n\tfi\n"
		     "\tcase $name in\n");
	zsh_commands();
	(void)printf("\tesac\n}\n_rowan \"$@\"\n");
}

static int complete_run(struct run *r)
{
	const char *shell = r->argv[0];

	if (strcmp(shell, "bash") == 0)
		bash();
	else if (strcmp(shell, "zsh") == 0)
		zsh();
	else
		return run_usage(r, _("there is completion for bash and zsh"));
	return EXIT_DONE;
}

const struct command complete_commands[] = {
	{"completion", "bash|zsh", 1, 1, COMMAND_SHELL,
		N_("print a completion script for the shell"),
		N_("In bash: source <(rowan completion bash). In zsh: rowan "
		   "completion zsh >~/.zfunc/_rowan, with that folder in "
		   "fpath."),
		0, NULL, complete_run},
	{NULL, NULL, 0, 0, COMMAND_TEXT, NULL, NULL, 0, NULL, NULL}};
