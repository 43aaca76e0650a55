/*
 * A companion for somebody who is being stalked: a small terminal program on
 * the public headers of librowan, for developers of real applications to read.
 *
 *	companion FILE
 *
 * Shows nothing when it starts but a prompt; asks for the passphrase; connects
 * only then. It works in a pipe, one command a line, and the passphrase is the
 * first line. Ctrl-C is a quick exit: the screen is cleared and it is gone; so
 * is every other key that would end or suspend it. Never dumps core.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "companion.h"
#include "screen.h"

#define IDLE_LOCK_MS (5 * 60 * 1000) /* then a person must unlock again */
#define LAST_WORD_MS 60000 /* at the end of a pipe: for what is not sent */

static void leave_now(int signal)
{
	static const char clear[] = "\033[H\033[2J\033[3J";

	input_restore();
	/* Nothing of the vault can be half written: it is a transaction. */
	if (isatty(STDOUT_FILENO))
		(void)!write(STDOUT_FILENO, clear, sizeof clear - 1);
	_exit(0);
}

/* What is suspended would lie open to whoever comes next. */
static void harden(void)
{
	static const int leaving[] = {
		SIGINT, SIGQUIT, SIGTSTP, SIGTERM, SIGHUP};
	const struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0);
	for (size_t i = 0; i < sizeof leaving / sizeof *leaving; i++)
		(void)signal(leaving[i], leave_now);
	(void)signal(SIGPIPE, SIG_IGN);
}

/* The time that a closed laptop sleeps counts, too. */
static long long now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* ---- the vault ---- */

static bool open_with(struct companion *c, const char *passphrase, int *ret)
{
	struct rowan_options *o = rowan_options_new();
	bool there = access(c->path, F_OK) == 0;

	*ret = ROWAN_E_NOMEM;
	if (o == NULL)
		return false;
	*ret = rowan_options_passphrase(o, passphrase, strlen(passphrase));
	if (*ret == 0 && c->r != NULL)
		*ret = rowan_unlock(c->r, o);
	else if (*ret == 0 && there)
		*ret = rowan_open(c->path, o, &c->r);
	else if (*ret == 0)
		*ret = rowan_create(c->path, o, &c->r);
	rowan_options_free(o);
	return *ret == 0;
}

bool unlock(struct companion *c)
{
	static char line[LINE_MAX_LEN], again[LINE_MAX_LEN];
	bool fresh = access(c->path, F_OK) != 0;
	bool done = false;
	int rc;

	while (!done &&
		input_secret(&c->in,
			fresh ? "Choose a passphrase: " : "Passphrase: ",
			line)) {
		if (fresh && c->person &&
			(!input_secret(&c->in, "Once more: ", again) ||
				strcmp(line, again) != 0)) {
			say("These are not the same. Please try again.");
			continue;
		}
		done = open_with(c, line, &rc);
		/* What a wipe that was cut short had left is gone now. */
		fresh = access(c->path, F_OK) != 0;
		if (!done && !(rc == ROWAN_E_NOT_FOUND && c->person))
			explain(rc);
		if (!done && !c->person)
			break;
	}
	forget(line, sizeof line);
	forget(again, sizeof again);
	if (done && rowan_enrolled(c->r) && rowan_connect(c->r) != 0)
		done = false;
	return done;
}

/* ---- working ---- */

/* Wait until there is input or the library has something to do. */
static int wait_for(struct companion *c, int ms, bool input)
{
	struct pollfd p[2] = {{.fd = rowan_locked(c->r) ? -1 : rowan_fd(c->r),
				      .events = POLLIN},
		{.fd = input ? STDIN_FILENO : -1, .events = POLLIN}};
	int n = poll(p, 2, ms);

	if (n < 0)
		return errno == EINTR ? 0 : -1;
	if ((p[0].revents & POLLIN) != 0) {
		int rc = rowan_process(c->r);

		if (rc != 0)
			explain(rc);
		tell_events(c);
	}
	return (p[1].revents & (POLLIN | POLLHUP)) != 0;
}

void work(struct companion *c, int ms, bool (*until)(struct companion *c))
{
	long long end = now_ms() + ms;

	while (!rowan_locked(c->r) && (until == NULL || !until(c))) {
		long long left = end - now_ms();

		if (left <= 0 || wait_for(c, (int)left, false) < 0)
			return;
	}
}

/* Nothing of ours waits to be sent. */
static bool all_sent(struct companion *c)
{
	unsigned char channel[ROWAN_ID_LEN];
	struct rowan_message *m = NULL;

	for (int kind = ROWAN_CHANNEL_SUPPORT; kind <= ROWAN_CHANNEL_DIARY;
		kind++) {
		bool waits;

		if (!find_channel(c, (enum rowan_channel_kind)kind, channel) ||
			rowan_message_last(c->r, channel, 0, &m) != 0)
			continue;
		waits = rowan_message_state(m) == ROWAN_STATE_WAITING;
		rowan_message_free(m);
		if (waits)
			return false;
	}
	return true;
}

static void lock_idle(struct companion *c)
{
	clear_screen();
	rowan_lock(c->r);
	c->listed_count = 0;
	c->over = !unlock(c);
}

static void loop(struct companion *c)
{
	static char line[LINE_MAX_LEN];
	long long last = now_ms();

	prompt("> ");
	while (!c->over) {
		int got;

		if (input_line(&c->in, line)) {
			command(c, line);
			forget(line, strlen(line));
			last = now_ms();
			if (!c->over)
				prompt("> ");
			continue;
		}
		if (c->in.ended)
			return;
		got = wait_for(c, c->person ? 1000 : -1, true);
		if (got < 0)
			return;
		if (got > 0)
			input_read(&c->in);
		if (c->person && now_ms() - last > IDLE_LOCK_MS) {
			lock_idle(c);
			last = now_ms();
			prompt("> ");
		}
	}
}

int main(int argc, char **argv)
{
	static struct companion c;
	int rc = EXIT_SUCCESS;

	if (argc != 2 || argv[1][0] == '-') {
		fputs("usage: companion FILE\n", stderr);
		return 64;
	}
	harden();
	c.path = argv[1];
	c.person = isatty(STDIN_FILENO);
	if (unlock(&c)) {
		loop(&c);
		if (!c.over)
			work(&c, LAST_WORD_MS, all_sent);
	} else {
		rc = EXIT_FAILURE;
	}
	if (c.person)
		clear_screen();
	rowan_close(c.r);
	forget(&c, sizeof c);
	return rc;
}
