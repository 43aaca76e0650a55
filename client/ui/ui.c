/*
 * The terminal of one run: see ui.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/utf8.h"
#include "ui/mem.h"
#include "ui/text.h"
#include "ui/ui.h"
#include "ui/words.h"

#define LINE_MAX_LEN ((size_t)64 * 1024)
#define WIDTH_MIN    20

#ifndef ROWAN_LOCALEDIR
#define ROWAN_LOCALEDIR "/usr/share/locale"
#endif

static size_t width_of(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize w;
	size_t n = 80;

	if (columns != NULL && atoi(columns) > 0)
		n = (size_t)atoi(columns);
	else if (ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
		n = w.ws_col;
	return n < WIDTH_MIN ? WIDTH_MIN : n;
}

/*
 * One of the first three that was handed to us closed would be the number of
 * the next file or socket we open, and our words would go there. What is put
 * in its place refuses them.
 */
static void hold_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)open("/dev/null",
				fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void ui_begin(struct ui *ui)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	const char *dir = getenv("ROWAN_LOCALEDIR");
	bool utf8;

	*ui = (struct ui){
		.passphrase_fd = -1, .width = SIZE_MAX, .err_width = SIZE_MAX};
	hold_descriptors();
	(void)setlocale(LC_ALL, "");
	utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	if (!utf8)
		(void)setlocale(LC_CTYPE, "C.UTF-8");
	(void)bindtextdomain(ROWAN_DOMAIN, dir != NULL ? dir : ROWAN_LOCALEDIR);
	(void)bind_textdomain_codeset(ROWAN_DOMAIN, "UTF-8");
	(void)textdomain(ROWAN_DOMAIN);
	ui->out_tty = isatty(STDOUT_FILENO) == 1;
	ui->err_tty = isatty(STDERR_FILENO) == 1;
	ui->in_tty = isatty(STDIN_FILENO) == 1;
	ui->dumb = term == NULL || *term == '\0' || strcmp(term, "dumb") == 0;
	ui->ascii = ui->out_tty && !utf8;
	ui->colour = ui->out_tty && !ui->dumb &&
		     (no_color == NULL || *no_color == '\0');
	if (ui->out_tty)
		ui->width = width_of(STDOUT_FILENO);
	if (ui->err_tty)
		ui->err_width = width_of(STDERR_FILENO);
	/* A closed pipe is an error of write, not a death. */
	(void)signal(SIGPIPE, SIG_IGN);
}

char *ui_safe(const struct ui *ui, const char *text)
{
	if (text == NULL)
		text = "";
	return text_safe(text, strlen(text), ui->ascii ? TEXT_ASCII : 0);
}

/* Words for a person, folded between words; without the last line's end. */
static void print_folded(FILE *f, const char *text, size_t columns)
{
	size_t len, used;

	for (; columns != SIZE_MAX && *text != '\0'; text += used) {
		used = text_fold(text, columns, &len);
		if (text[used] == '\0' && (used == 0 || text[used - 1] != '\n'))
			break;
		(void)fprintf(f, "%.*s\n", (int)len, text);
	}
	(void)fputs(text, f);
}

void ui_say(const struct ui *ui, const char *format, ...)
{
	va_list ap;

	if (ui->json)
		return;
	va_start(ap, format);
	(void)vprintf(format, ap);
	va_end(ap);
	(void)putchar('\n');
}

void ui_beside(const struct ui *ui, size_t indent, const char *text)
{
	size_t room = ui->width > indent ? ui->width - indent : 1, len, used;

	if (ui->json)
		return;
	if (ui->width == SIZE_MAX) {
		(void)puts(text);
		return;
	}
	for (; (used = text_fold(text, room, &len)) > 0; text += used) {
		(void)printf("%.*s\n", (int)len, text);
		if (text[used] != '\0')
			(void)printf("%*s", (int)indent, "");
	}
}

__attribute__((format(printf, 2, 0))) static void note(
	const struct ui *ui, const char *format, va_list ap)
{
	char *words = NULL;

	(void)fflush(stdout);
	if (vasprintf(&words, format, ap) < 0)
		words = NULL;
	print_folded(stderr, words != NULL ? words : "", ui->err_width);
	(void)fputc('\n', stderr);
	free(words);
}

void ui_note(const struct ui *ui, const char *format, ...)
{
	va_list ap;

	if (ui->json || ui->quiet)
		return;
	va_start(ap, format);
	note(ui, format, ap);
	va_end(ap);
}

void ui_lead(const struct ui *ui, const char *format, ...)
{
	va_list ap;

	if ((ui->json || ui->quiet) && (ui->no_input || !ui->in_tty))
		return;
	va_start(ap, format);
	note(ui, format, ap);
	va_end(ap);
}

/* "error: what is wrong", folded as a whole. */
static void print_titled(const struct ui *ui, const char *title, const char *s)
{
	char *line = mem_print("%s %s", title, s);

	print_folded(stderr, line, ui->err_width);
	(void)fputc('\n', stderr);
	free(line);
}

/* It may be a terminal that reads it. */
static bool print_json(FILE *f, const json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT), *safe;

	if (text == NULL)
		return false;
	safe = text_json(text);
	(void)fprintf(f, "%s\n", safe);
	mem_wipe_text(safe);
	mem_wipe_text(text);
	return fflush(f) == 0;
}

bool ui_json_line(const json_t *object)
{
	return print_json(stdout, object);
}

void ui_json(const struct ui *ui, json_t *object)
{
	if (ui->json)
		(void)print_json(stdout, object);
	json_decref(object);
}

int ui_fail(const struct ui *ui, int code, const char *hint, const char *format,
	...)
{
	char *raw = NULL, *words, *safe_hint;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&raw, format, ap) < 0)
		raw = NULL;
	va_end(ap);
	(void)fflush(stdout);
	words = ui_safe(ui, raw);
	safe_hint = ui_safe(ui, hint);
	if (ui->json) {
		json_t *e = json_pack("{s:{s:s,s:i,s:s,s:s*}}", "error", "code",
			exit_name(code), "exit", code, "message", words, "hint",
			hint != NULL ? safe_hint : NULL);

		(void)print_json(stderr, e);
		json_decref(e);
	} else {
		print_titled(ui, _("error:"), words);
		if (hint != NULL)
			print_titled(ui, _("hint:"), safe_hint);
	}
	free(raw);
	free(words);
	free(safe_hint);
	return code;
}

/* Whoever read has had enough: the pipe's or socket's other end is closed. */
static bool reader_gone(void)
{
	struct pollfd f = {STDOUT_FILENO, 0, 0};

	return poll(&f, 1, 0) > 0 && (f.revents & POLLERR) != 0;
}

int ui_end(const struct ui *ui, int code)
{
	int flushed, error;

	errno = 0;
	flushed = fflush(stdout);
	error = errno;
	if (flushed == 0 && !ferror(stdout))
		return code;
	/* That is no failure of ours. */
	if (error == EPIPE || reader_gone() || code != EXIT_DONE)
		return code;
	/* An earlier flush has met it, and kept no number. */
	return ui_fail(ui, EXIT_MACHINE,
		_("where the answer was to go takes nothing more: is the disk "
		  "full?"),
		_("cannot write: %s"), strerror(error != 0 ? error : EIO));
}

const char *ui_style(const struct ui *ui, enum ui_style style)
{
	static const char *const codes[] = {
		"\033[0m", "\033[1m", "\033[2m", "\033[1;31m", "\033[32m"};

	return ui->colour ? codes[style] : "";
}

/* Nobody answers. */
static int unanswered(
	const struct ui *ui, const char *prompt, const char *option)
{
	char *hint = mem_print(_("there is nobody to ask; %s answers"), option);
	int code = ui_fail(ui, EXIT_NEEDS_INPUT, hint, "%s", prompt);

	free(hint);
	return code;
}

int ui_line(
	const struct ui *ui, const char *prompt, const char *option, char **ret)
{
	size_t cap = 0, len;
	char *line = NULL;
	ssize_t n;

	*ret = NULL;
	if (ui->no_input)
		return unanswered(ui, prompt, option);
	if (ui->in_tty) {
		(void)fflush(stdout);
		print_folded(stderr, prompt, ui->err_width);
		(void)fputc(' ', stderr);
		(void)fflush(stderr);
	}
	n = getline(&line, &cap, stdin);
	if (n < 0) {
		free(line);
		return unanswered(ui, prompt, option);
	}
	len = (size_t)n;
	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		line[--len] = '\0';
	if (len > LINE_MAX_LEN || strlen(line) != len ||
		!utf8_valid(bytes_of(line, len))) {
		free(line);
		return ui_fail(ui, EXIT_INPUT, _("the same command asks again"),
			_("that is too long, or not text"));
	}
	*ret = line;
	return EXIT_DONE;
}

int ui_ask(const struct ui *ui, const char *question, const char *option,
	bool *ret)
{
	/* The letters a translator chooses. */
	const char *yes = _("yes"), *no = _("no");
	char *prompt = mem_print("%s [%s/%s]", question, yes, no);
	char *line = NULL;
	int code;

	*ret = false;
	for (;;) {
		code = ui_line(ui, prompt, option, &line);
		if (code != EXIT_DONE)
			break;
		*ret = strcasecmp(line, yes) == 0 || strcasecmp(line, "y") == 0;
		if (*ret || strcasecmp(line, no) == 0 ||
			strcasecmp(line, "n") == 0)
			break;
		free(line);
		line = NULL;
		ui_note(ui, _("please answer %s or %s"), yes, no);
	}
	free(line);
	free(prompt);
	return code;
}
