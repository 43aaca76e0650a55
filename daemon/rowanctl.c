/*
 * rowanctl: administration of rowand. Options and the choice of a command;
 * what each does stands in ctl/.
 *
 * Trusts nothing the daemon answers. Holds a key only for the commands that
 * work on files, and prints none.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <sodium.h>

#include "config/config.h"
#include "ctl/offline.h"
#include "ctl/tool.h"
#include "journal/journal.h"
#include "process/version.h"

#define DEFAULT_CONFIG "/etc/rowan/rowand.conf"
#define WORDS_MAX      64

enum {
	JSON = 256,
	DRY,
	ALL,
	WAIT,
	NEWEST,
	NEXT,
	YES,
	OUTPUT,
	INTO,
	KEY,
	LAST,
	LOST,
	FOR,
	VERSION
};

static const struct option options[] = {
	{"config", required_argument, NULL, 'c'},
	{"socket", required_argument, NULL, 's'},
	{"json", no_argument, NULL, JSON}, {"dry-run", no_argument, NULL, DRY},
	{"all", no_argument, NULL, ALL}, {"wait", no_argument, NULL, WAIT},
	{"newest", no_argument, NULL, NEWEST},
	{"next", no_argument, NULL, NEXT}, {"yes", no_argument, NULL, YES},
	{"output", required_argument, NULL, OUTPUT},
	{"into", required_argument, NULL, INTO},
	{"key", required_argument, NULL, KEY},
	{"last", required_argument, NULL, LAST},
	{"lost", required_argument, NULL, LOST},
	{"for", required_argument, NULL, FOR},
	{"version", no_argument, NULL, VERSION},
	{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};

static void usage(FILE *to)
{
	const struct tool_command *c;

	fputs("usage: rowanctl [--config FILE] [--socket PATH] [--json] "
	      "COMMAND\n\n",
		to);
	for (size_t i = 0; (c = tool_at(i)) != NULL; i++) {
		fprintf(to, "  %s%s%s\n      %s\n", c->words,
			c->args[0] != '\0' ? " " : "", c->args, c->help);
	}
	fputs("\nrowanctl(8) says what each does and with which code it "
	      "leaves.\n",
		to);
}

/* "90 s", "10min", "2 h", "30 d", or seconds. */
static bool read_time(const char *text, uint64_t *ret)
{
	static const struct {
		const char *name;
		uint64_t seconds;
	} units[] = {{"", 1}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
	char *end = NULL;
	unsigned long long n;

	if (*text < '0' || *text > '9')
		return false;
	n = strtoull(text, &end, 10);
	while (*end == ' ')
		end++;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (strcmp(units[i].name, end) != 0 || n > 1000000000)
			continue;
		*ret = n * units[i].seconds;
		return true;
	}
	return false;
}

/* How many arguments the words of ${c} are, when they are these. */
static int match(const struct tool_command *c, char **args, int count)
{
	char words[WORDS_MAX] = "";
	int n = strchr(c->words, ' ') != NULL ? 2 : 1;

	if (count < n)
		return 0;
	snprintf(words, sizeof words, "%s%s%s", args[0], n == 2 ? " " : "",
		n == 2 ? args[1] : "");
	return strcmp(words, c->words) == 0 ? n : 0;
}

/* An option that a command ignores would be a lie: --dry-run above all. */
static bool takes(const struct tool_command *c, unsigned given)
{
	char name[WORDS_MAX];

	for (const struct option *o = options; o->name != NULL; o++) {
		if (o->val <= JSON || (given & 1u << (o->val - JSON)) == 0)
			continue;
		snprintf(name, sizeof name, "--%s", o->name);
		if (strstr(c->args, name) != NULL)
			continue;
		fprintf(stderr, "rowanctl: %s takes no %s\n", c->words, name);
		return false;
	}
	return true;
}

static int run(struct tool *t, unsigned given, char **args, int count)
{
	const struct tool_command *c;

	for (size_t i = 0; (c = tool_at(i)) != NULL; i++) {
		struct ctl_request q = {.op = c->op};
		int n = match(c, args, count);

		if (n == 0)
			continue;
		t->args = args + n;
		t->count = count - n;
		if (t->count < c->min || t->count > c->max) {
			fprintf(stderr, "usage: rowanctl %s %s\n", c->words,
				c->args);
			return EX_USAGE;
		}
		if (!takes(c, given))
			return EX_USAGE;
		return c->run != NULL ? c->run(t) : tool_ask(t, &q);
	}
	usage(stderr);
	return EX_USAGE;
}

/* A file with a mistake in it may still say where the socket is. */
static void guess_socket(const char *path, char ret[CONFIG_TEXT_MAX])
{
	char line[512], value[CONFIG_TEXT_MAX];
	FILE *f = fopen(path, "re");

	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		if (sscanf(line, " control = \"%255[^\"]\"", value) == 1)
			strcpy(ret, value);
	if (f != NULL)
		fclose(f);
}

/* Where the socket is says the configuration. */
static void find_socket(struct tool *t)
{
	static struct config_report report;
	static struct config config;

	config_defaults(&config);
	if (access(t->config, R_OK) == 0 &&
		config_load(t->config, &config, &report) != 0)
		guess_socket(t->config, config.control);
	t->socket = config.control;
}

/* EX_OK, or what to leave with; ${ret_given}: a bit for each option. */
static int read_options(
	struct tool *t, int argc, char **argv, unsigned *ret_given)
{
	int opt;

	*ret_given = 0;
	while ((opt = getopt_long(argc, argv, "c:s:h", options, NULL)) != -1) {
		if (opt >= JSON)
			*ret_given |= 1u << (opt - JSON);
		switch (opt) {
		case 'c': t->config = optarg; break;
		case 's': t->socket = optarg; break;
		case JSON: t->json = true; break;
		case DRY: t->dry = true; break;
		case ALL: t->all = true; break;
		case WAIT: t->wait = true; break;
		case NEWEST: t->newest = true; break;
		case NEXT: t->next = true; break;
		case YES: t->yes = true; break;
		case OUTPUT: t->output = optarg; break;
		case INTO: t->into = optarg; break;
		case KEY: t->key = optarg; break;
		case LAST: t->last = optarg; break;
		case LOST: t->lost = optarg; break;
		case FOR:
			if (read_time(optarg, &t->seconds))
				break;
			fputs("rowanctl: a time such as \"10 min\"\n", stderr);
			return EX_USAGE;
		case VERSION: puts("rowanctl " ROWAND_VERSION); exit(EX_OK);
		case 'h': usage(stdout); exit(EX_OK);
		default: usage(stderr); return EX_USAGE;
		}
	}
	return EX_OK;
}

int main(int argc, char **argv)
{
	struct tool t = {.config = DEFAULT_CONFIG};
	unsigned given;
	int code = read_options(&t, argc, argv, &given);

	if (code != EX_OK)
		return code;
	if (sodium_init() < 0)
		return EX_OSERR;
	journal_open("rowanctl", JOURNAL_PLAIN);
	if (t.socket == NULL)
		find_socket(&t);
	code = run(&t, given, argv + optind, argc - optind);
	/* Whoever reads JSON gets some, whatever went wrong. */
	if (t.json && code != EX_OK && !t.shown)
		code = offline_answer(&t, code, "standard error says why");
	return code;
}
