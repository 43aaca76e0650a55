/*
 * Passphrases: see pass.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/utf8.h"
#include "ui/pass.h"
#include "ui/text.h"
#include "ui/words.h"

void pass_wipe(struct pass *p)
{
	secret_free(p->b);
	*p = (struct pass){NULL, 0};
}

/* Up to the first line end or the end of what ${fd} gives. */
static int read_line(const struct ui *ui, int fd, struct pass *ret)
{
	ssize_t n;
	char c;

	ret->len = 0;
	ret->b = secret_new(PASS_MAX + 1);
	if (ret->b == NULL)
		return ui_fail(
			ui, EXIT_MACHINE, NULL, _("no locked memory left"));
	while ((n = read(fd, &c, 1)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || c == '\n')
			break;
		if (ret->len == PASS_MAX) {
			ret->len++;
			break;
		}
		ret->b[ret->len++] = c;
	}
	if (ret->len > 0 && ret->len <= PASS_MAX &&
		ret->b[ret->len - 1] == '\r')
		ret->len--;
	if (n >= 0 && ret->len > 0 && ret->len <= PASS_MAX &&
		memchr(ret->b, 0, ret->len) == NULL &&
		utf8_valid(bytes_of(ret->b, ret->len)))
		return EXIT_DONE;
	pass_wipe(ret);
	return EXIT_INPUT;
}

static int say_input(const struct ui *ui, int code)
{
	if (code == EXIT_INPUT)
		(void)ui_fail(ui, code,
			_("it is one line of text; what comes after it is not "
			  "read"),
			_("the passphrase is empty, too long or not text"));
	return code;
}

static int from_file(const struct ui *ui, const char *path, struct pass *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), code;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0) {
		code = ui_fail(ui, EXIT_NOT_FOUND,
			_("check its name, and that you may read it"),
			_("cannot open the passphrase file %s: %s"), path,
			strerror(errno));
	} else if (S_ISREG(st.st_mode) && (st.st_mode & 077) != 0) {
		code = ui_fail(ui, EXIT_INPUT,
			_("make it yours alone: chmod 600 FILE"),
			_("others may read the passphrase file %s"), path);
	} else {
		code = say_input(ui, read_line(ui, fd, ret));
	}
	if (fd >= 0)
		(void)close(fd);
	return code;
}

static int from_program(const struct ui *ui, const char *program,
	const char *prompt, struct pass *ret)
{
	int ends[2], status = 0, code;
	pid_t pid;

	(void)fflush(NULL);
	if (pipe2(ends, O_CLOEXEC) != 0)
		return ui_fail(ui, EXIT_MACHINE, NULL, "%s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)execlp(program, program, prompt, (char *)NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	code = pid < 0 ? ui_fail(ui, EXIT_MACHINE, NULL, "%s", strerror(errno))
		       : read_line(ui, ends[0], ret);
	(void)close(ends[0]);
	if (pid > 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	if (status == 0)
		return say_input(ui, code);
	pass_wipe(ret);
	return ui_fail(ui, EXIT_NEEDS_INPUT,
		_("ROWAN_ASKPASS names a program that prints it"),
		_("%s gave no passphrase"), program);
}

static int from_terminal(
	const struct ui *ui, const char *prompt, struct pass *ret)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC), code;
	struct termios was, quiet;
	sigset_t block, old;

	if (ui->no_input || fd < 0 || tcgetattr(fd, &was) != 0) {
		if (fd >= 0)
			(void)close(fd);
		return ui_fail(ui, EXIT_NEEDS_INPUT,
			_("give it with --passphrase-fd, --passphrase-file or "
			  "--askpass"),
			_("a passphrase is needed, and there is nobody to "
			  "ask"));
	}
	(void)fflush(stdout);
	/* Whatever happens the terminal shows again what is typed. */
	(void)sigemptyset(&block);
	(void)sigaddset(&block, SIGINT);
	(void)sigaddset(&block, SIGTERM);
	(void)sigaddset(&block, SIGTSTP);
	(void)sigprocmask(SIG_BLOCK, &block, &old);
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	quiet.c_lflag |= ICANON;
	/* First silence, then the question: an answer may come at once. */
	(void)tcsetattr(fd, TCSAFLUSH, &quiet);
	(void)dprintf(fd, "%s ", prompt);
	code = read_line(ui, fd, ret);
	(void)tcsetattr(fd, TCSADRAIN, &was);
	(void)dprintf(fd, "\n");
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	(void)close(fd);
	/* Ctrl-C arrives as a character while ISIG is off. */
	if (code == EXIT_DONE && memchr(ret->b, 3, ret->len) != NULL) {
		pass_wipe(ret);
		code = EXIT_INTERRUPTED;
	}
	return say_input(ui, code);
}

static bool asks_person(const struct ui *ui)
{
	return ui->passphrase_fd < 0 && ui->passphrase_file == NULL &&
	       ui->askpass == NULL;
}

int pass_get(const struct ui *ui, const char *prompt, struct pass *ret)
{
	*ret = (struct pass){NULL, 0};
	if (ui->passphrase_fd >= 0)
		return say_input(ui, read_line(ui, ui->passphrase_fd, ret));
	if (ui->passphrase_file != NULL)
		return from_file(ui, ui->passphrase_file, ret);
	if (ui->askpass != NULL)
		return from_program(ui, ui->askpass, prompt, ret);
	return from_terminal(ui, prompt, ret);
}

static size_t characters(const struct pass *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->len; i++)
		if ((p->b[i] & 0xc0) != 0x80)
			n++;
	return n;
}

int pass_new(const struct ui *ui, const char *prompt, struct pass *ret)
{
	struct pass again;
	int code = pass_get(ui, prompt, ret);

	if (code != EXIT_DONE)
		return code;
	if (characters(ret) < PASS_MIN) {
		pass_wipe(ret);
		return ui_fail(ui, EXIT_INPUT,
			_("four or more words that do not belong together are "
			  "easy to remember and hard to guess"),
			_("a passphrase has at least %d characters"), PASS_MIN);
	}
	if (!asks_person(ui))
		return EXIT_DONE;
	code = pass_get(ui, _("The same again:"), &again);
	if (code == EXIT_DONE &&
		(again.len != ret->len ||
			!secret_eq(bytes_of(again.b, again.len),
				bytes_of(ret->b, ret->len))))
		code = ui_fail(ui, EXIT_DIFFERENT,
			_("nothing was changed: begin again"),
			_("these were two different passphrases"));
	pass_wipe(&again);
	if (code != EXIT_DONE)
		pass_wipe(ret);
	return code;
}
