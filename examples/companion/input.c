/*
 * Input: see input.h.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "input.h"
#include "screen.h"

static struct termios before;
static volatile sig_atomic_t silenced;

void input_restore(void)
{
	if (silenced)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
	silenced = 0;
}

void forget(void *data, size_t len)
{
	volatile char *p = data;

	while (len-- > 0)
		*p++ = 0;
}

void input_read(struct input *in)
{
	ssize_t n;

	/* A line that is too long is no line. */
	if (in->len == sizeof in->data)
		in->len = 0;
	n = read(STDIN_FILENO, in->data + in->len, sizeof in->data - in->len);
	if (n > 0)
		in->len += (size_t)n;
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		in->ended = true;
}

bool input_line(struct input *in, char *ret)
{
	char *end = memchr(in->data, '\n', in->len);
	size_t len;

	if (end == NULL && in->ended && in->len > 0 &&
		in->len < sizeof in->data)
		end = in->data + in->len;
	if (end == NULL)
		return false;
	len = (size_t)(end - in->data);
	memcpy(ret, in->data, len);
	ret[len] = '\0';
	len += len < in->len;
	memmove(in->data, in->data + len, in->len - len);
	forget(in->data + in->len - len, len);
	in->len -= len;
	return true;
}

bool input_secret(struct input *in, const char *question, char *ret)
{
	struct termios silent;
	bool person = tcgetattr(STDIN_FILENO, &before) == 0, got;

	/* First silence, then the question: an answer may come at once. */
	if (person) {
		silent = before;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		silenced = 1;
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	}
	prompt(question);
	while (!(got = input_line(in, ret)) && !in->ended)
		input_read(in);
	if (person) {
		input_restore();
		prompt("\n");
	}
	return got;
}
