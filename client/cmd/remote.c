/*
 * Commands and the agent: see remote.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/line.h"
#include "cmd/families.h"
#include "cmd/remote.h"
#include "ui/mem.h"
#include "ui/pass.h"
#include "ui/words.h"

#define PATIENCE_MS (120 * 1000) /* beyond what a request asked to wait */
#define START_MS    20000	 /* an agent that ends closes its vault first */
#define AGENTS_MAX  100 /* that somebody ends before they have answered */

struct remote {
	struct line line;
	struct places places;
	json_int_t last_id;
	bool no_start;
	bool late; /* it lives, perhaps, and says nothing */
	bool breakable, breaking;
	sigset_t mask; /* while breaking: the one to wait with */
	struct sigaction before;
};

const char *json_text(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

json_int_t json_number(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

bool json_flag(const json_t *o, const char *name)
{
	return json_is_true(json_object_get(o, name));
}

/* ---- the connection ----------------------------------------------------- */

static void close_remote(struct run *r)
{
	struct remote *c = r->link;

	if (c == NULL)
		return;
	line_close(&c->line);
	places_free(&c->places);
	free(c);
	r->link = NULL;
}

static struct remote *remote_of(struct run *r)
{
	struct remote *c = r->link;

	if (c != NULL)
		return c;
	line_wipe_memory();
	c = mem_get(sizeof *c);
	c->line.fd = -1;
	if (places_set(&c->places, r->home) != 0)
		c->places.socket[0] = '\0';
	r->link = c;
	r->end = close_remote;
	return c;
}

void remote_start_allowed(struct run *r, bool allowed)
{
	remote_of(r)->no_start = !allowed;
}

static int connect_at(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(at.sun_path, path, strlen(path) + 1);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) != 0) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

/* A shell with another $XDG_RUNTIME_DIR, or none, has the same agent. */
static int try_connect(const struct remote *c)
{
	char path[PLACES_SOCKET_MAX + 1];
	int fd = connect_at(c->places.socket);

	if (fd < 0 && places_served(&c->places, path) == 0)
		fd = connect_at(path);
	return fd;
}

/* The same program as agent, in a session of its own. Never returns. */
static void become_agent(const struct run *r, int ready)
{
	char number[16];
	int null = open("/dev/null", O_RDWR);

	(void)setsid();
	for (int i = 0; i < 3; i++)
		(void)dup2(null, i);
	(void)snprintf(number, sizeof number, "%d", ready);
	(void)fcntl(ready, F_SETFD, 0);
	if (chdir("/") == 0)
		(void)execl("/proc/self/exe", "rowan", "agent", "run", "--home",
			r->home, "--ready-fd", number, (char *)NULL);
	_exit(127);
}

/* EXIT_TAKEN: there is another, which begins or ends. */
static int start_agent(const struct run *r)
{
	int ends[2];
	char c = 0;
	pid_t pid;
	ssize_t n;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return ui_fail(
			&r->ui, EXIT_MACHINE, NULL, "%s", strerror(errno));
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0)
		become_agent(r, ends[1]);
	(void)close(ends[1]);
	do
		n = read(ends[0], &c, 1);
	while (n < 0 && errno == EINTR);
	(void)close(ends[0]);
	if (pid > 0 && n == 1)
		return c == *AGENT_TAKEN ? EXIT_TAKEN : EXIT_DONE;
	return ui_fail(&r->ui, EXIT_MACHINE,
		_("the state folder must be yours alone, on a disk with room: "
		  "--home or $ROWAN_HOME names it"),
		_("the agent does not start in %s"), r->home);
}

/* One that serves, after at most START_MS. */
static int begin_agent(struct run *r, int *ret_fd)
{
	struct remote *c = remote_of(r);
	int code = EXIT_TAKEN;

	for (useconds_t ms = 10, spent = 0;
		*ret_fd < 0 && spent < START_MS &&
		(code == EXIT_DONE || code == EXIT_TAKEN);
		spent += ms, ms = ms < 300 ? 2 * ms : ms) {
		code = start_agent(r);
		/* Its folder may have been made just now. */
		places_free(&c->places);
		if (places_set(&c->places, r->home) != 0)
			break;
		*ret_fd = try_connect(c);
		if (*ret_fd < 0)
			(void)usleep(ms * 1000);
	}
	if (*ret_fd < 0 && (code == EXIT_DONE || code == EXIT_TAKEN))
		return ui_fail(&r->ui, EXIT_MACHINE,
			_("if it hangs, end the process: rowan agent run"),
			_("the agent does not answer"));
	return *ret_fd < 0 ? code : EXIT_DONE;
}

static int connect_agent(struct run *r)
{
	struct remote *c;
	char *home = absolute_path(r->home);
	int fd, code = EXIT_DONE;

	free(r->home);
	r->home = home;
	c = remote_of(r);
	if (c->line.fd >= 0)
		return EXIT_DONE;
	if (c->places.socket[0] == '\0')
		return ui_fail(&r->ui, EXIT_USAGE,
			_("choose a shorter one with --home"),
			_("the name of the state folder is too long"));
	fd = try_connect(c);
	if (fd < 0 && c->no_start)
		return EXIT_OFFLINE;
	if (fd < 0)
		code = begin_agent(r, &fd);
	if (code == EXIT_DONE)
		line_init(&c->line, fd);
	return code;
}

int remote_fd(struct run *r)
{
	return connect_agent(r) == EXIT_DONE ? remote_of(r)->line.fd : -1;
}

/* ---- interrupts --------------------------------------------------------- */

static volatile sig_atomic_t broken_off;

static void on_interrupt(int number)
{
	broken_off = number;
}

/* Until break_end an interrupt arrives in wait_line and nowhere else. */
static void break_begin(struct remote *c)
{
	struct sigaction noted = {.sa_handler = on_interrupt};
	sigset_t held;

	if (!c->breakable || sigaction(SIGINT, NULL, &c->before) != 0 ||
		c->before.sa_handler == SIG_IGN)
		return;
	(void)sigemptyset(&held);
	(void)sigaddset(&held, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &held, &c->mask);
	(void)sigaction(SIGINT, &noted, NULL);
	c->breaking = true;
}

static void break_end(struct remote *c)
{
	if (!c->breaking)
		return;
	(void)sigaction(SIGINT, &c->before, NULL);
	(void)sigprocmask(SIG_SETMASK, &c->mask, NULL);
	c->breaking = false;
}

void remote_breakable(struct run *r)
{
	remote_of(r)->breakable = true;
}

void remote_broken_off(struct run *r, const char *hint)
{
	if (broken_off == 0)
		return;
	(void)ui_fail(&r->ui, EXIT_INTERRUPTED, hint,
		_("you no longer wait for it, but it goes on by itself"));
	/* So that a shell's loop ends, too. */
	(void)signal(SIGINT, SIG_DFL);
	(void)raise(SIGINT);
}

/* ---- asking ------------------------------------------------------------- */

int remote_send(struct run *r, json_t *request, json_int_t *ret_id)
{
	struct remote *c = remote_of(r);
	int rc;

	*ret_id = ++c->last_id;
	(void)json_object_set_new(request, "id", json_integer(c->last_id));
	rc = line_put(&c->line, request);
	if (rc == 0)
		rc = line_flush(&c->line);
	json_decref(request);
	return rc == 0 ? EXIT_DONE : EXIT_INTERRUPTED;
}

int remote_next(struct run *r, json_t **ret)
{
	struct remote *c = remote_of(r);
	struct pollfd f = {c->line.fd, POLLIN, 0};
	int rc = line_take(&c->line, ret);

	while (rc == ROWAN_E_NOT_FOUND && poll(&f, 1, 0) > 0) {
		if (line_fill(&c->line) != 0 || c->line.ended)
			return EXIT_INTERRUPTED;
		rc = line_take(&c->line, ret);
	}
	return rc == 0 || rc == ROWAN_E_NOT_FOUND ? EXIT_DONE
						  : EXIT_INTERRUPTED;
}

/*
 * The next line, waiting for it. EXIT_DONE without one: whoever reads our
 * stdout has gone.
 */
static int wait_line(struct run *r, int timeout_ms, json_t **ret)
{
	struct remote *c = remote_of(r);
	const struct timespec limit = {
		timeout_ms / 1000, timeout_ms % 1000 * 1000000L};

	for (;;) {
		struct pollfd f[2] = {
			{c->line.fd, POLLIN, 0}, {STDOUT_FILENO, 0, 0}};
		int code = remote_next(r, ret), n;

		if (code != EXIT_DONE || *ret != NULL)
			return code;
		n = ppoll(f, timeout_ms < 0 ? 2 : 1,
			timeout_ms < 0 ? NULL : &limit,
			c->breaking ? &c->mask : NULL);
		if (broken_off != 0)
			return EXIT_INTERRUPTED;
		c->late = n == 0;
		if (n == 0 || (n < 0 && errno != EINTR))
			return EXIT_INTERRUPTED;
		if (n > 0 && f[1].revents != 0)
			return EXIT_DONE;
	}
}

/* Nobody can tell whether it was done. */
static int gone(struct run *r)
{
	if (remote_of(r)->late)
		return ui_fail(&r->ui, EXIT_INTERRUPTED,
			_("it may be done all the same. If it hangs, end the "
			  "process: rowan agent run"),
			_("the agent does not answer"));
	return ui_fail(&r->ui, EXIT_INTERRUPTED,
		_("it may be done all the same: look before you do it again"),
		_("the agent has gone away"));
}

/*
 * Lines until the answer to ${id}. EXIT_OTHER with ${ret_error} set; EXIT_LATER
 * when the agent has ended before it did anything for it.
 */
static int hear(struct run *r, json_int_t id, remote_event *on_event, void *ctx,
	int timeout_ms, json_t **ret, json_t **ret_error)
{
	for (;;) {
		json_t *line = NULL, *part;
		int code = wait_line(r, timeout_ms, &line);

		if (code != EXIT_DONE)
			return broken_off != 0 ? code : gone(r);
		if (json_number(line, "id") != id) {
			/* An error without a request, and the end. */
			part = json_object_get(line, "error");
			if (json_flag(line, "ended"))
				code = EXIT_LATER;
			else if (json_number(line, "id") == 0 && part != NULL)
				code = EXIT_OTHER;
			if (code == EXIT_OTHER)
				*ret_error = json_incref(part);
			json_decref(line);
			if (code != EXIT_DONE)
				return code;
			continue;
		}
		part = json_object_get(line, "event");
		if (part != NULL) {
			bool more = on_event == NULL || on_event(r, part, ctx);

			json_decref(line);
			if (!more)
				return EXIT_DONE;
			continue;
		}
		part = json_object_get(line, "error");
		if (part != NULL) {
			*ret_error = json_incref(part);
			code = EXIT_OTHER;
		} else {
			*ret = json_incref(json_object_get(line, "ok"));
		}
		json_decref(line);
		return code;
	}
}

static int ask(struct run *r, json_t *request, remote_event *on_event,
	void *ctx, json_t **ret, json_t **ret_error)
{
	json_int_t seconds = json_number(request, "wait"), id;
	int timeout = PATIENCE_MS, code = EXIT_LATER;

	*ret = *ret_error = NULL;
	/* JSON takes no other words. */
	if (request == NULL)
		return ui_fail(&r->ui, EXIT_INPUT,
			_("words on the command line are UTF-8"),
			_("that is not text"));
	if (seconds > 0 && seconds < 1000000)
		timeout += (int)seconds * 1000;
	/* One that ends has not done what it did not answer: the next is asked.
	 */
	for (int i = 0; code == EXIT_LATER && i < AGENTS_MAX; i++) {
		code = connect_agent(r);
		if (code != EXIT_DONE)
			break;
		break_begin(remote_of(r));
		code = remote_send(r, json_incref(request), &id);
		/* Not a whole line has arrived. */
		code = code != EXIT_DONE ? EXIT_LATER
					 : hear(r, id, on_event, ctx, timeout,
						   ret, ret_error);
		break_end(remote_of(r));
		if (code == EXIT_LATER)
			line_close(&remote_of(r)->line);
	}
	json_decref(request);
	return code == EXIT_LATER ? gone(r) : code;
}

int remote_say_error(const struct run *r, const json_t *error)
{
	const char *words = json_text(error, "words");
	const char *hint = json_text(error, "hint");
	const char *detail = json_text(error, "detail");
	int code = (int)json_number(error, "exit");

	return ui_fail(&r->ui,
		code > 0 && code < EXIT_CODES ? code : EXIT_OTHER,
		*hint != '\0' ? _(hint) : NULL, "%s%s%s",
		*words != '\0' ? _(words) : "", *detail != '\0' ? ": " : "",
		detail);
}

static bool can_ask(const struct run *r)
{
	const struct ui *ui = &r->ui;

	return ui->passphrase_fd >= 0 || ui->passphrase_file != NULL ||
	       ui->askpass != NULL || (ui->in_tty && !ui->no_input);
}

int remote_unlock(struct run *r)
{
	struct pass pass;
	json_t *request, *ret = NULL, *error = NULL;
	int code = pass_get(&r->ui, _("Passphrase:"), &pass);

	if (code != EXIT_DONE)
		return code;
	request = json_pack(
		"{s:s,s:s%}", "op", "unlock", "passphrase", pass.b, pass.len);
	pass_wipe(&pass);
	code = ask(r, request, NULL, NULL, &ret, &error);
	if (code == EXIT_OTHER && error != NULL)
		code = remote_say_error(r, error);
	json_decref(ret);
	json_decref(error);
	return code;
}

int remote_open(struct run *r, bool *ret_vault)
{
	json_t *ret = NULL;
	int code = remote_call(r, json_pack("{s:s}", "op", "status"), &ret);
	bool locked = json_flag(ret, "locked");

	*ret_vault = json_flag(ret, "vault");
	json_decref(ret);
	return code == EXIT_DONE && *ret_vault && locked ? remote_unlock(r)
							 : code;
}

int remote_stream(struct run *r, json_t *request, remote_event *on_event,
	void *ctx, json_t **ret)
{
	json_t *again = json_copy(request), *error = NULL;
	bool breakable = remote_of(r)->breakable;
	int code = ask(r, request, on_event, ctx, ret, &error);

	if (error != NULL && json_number(error, "exit") == EXIT_LOCKED &&
		can_ask(r)) {
		json_decref(error);
		error = NULL;
		/* What was asked for is nowhere yet. */
		remote_of(r)->breakable = false;
		code = remote_unlock(r);
		remote_of(r)->breakable = breakable;
		if (code == EXIT_DONE)
			code = ask(r, json_incref(again), on_event, ctx, ret,
				&error);
	}
	if (error != NULL)
		code = remote_say_error(r, error);
	json_decref(error);
	json_decref(again);
	return code;
}

int remote_call(struct run *r, json_t *request, json_t **ret)
{
	return remote_stream(r, request, NULL, NULL, ret);
}

int remote_try(struct run *r, json_t *request, json_t **ret, json_t **ret_error)
{
	int code = ask(r, request, NULL, NULL, ret, ret_error);

	return *ret_error != NULL ? (int)json_number(*ret_error, "exit") : code;
}

int remote_listen(
	struct run *r, json_int_t after, remote_event *on_event, void *ctx)
{
	json_t *request = json_pack("{s:s}", "op", "listen"), *ret = NULL;
	json_int_t id;
	int code;

	if (after >= 0)
		(void)json_object_set_new(
			request, "after", json_integer(after));
	code = remote_call(r, request, &ret);
	json_decref(ret);
	if (code != EXIT_DONE)
		return code;
	id = remote_of(r)->last_id;
	for (;;) {
		json_t *line = NULL;
		bool more = true;

		if (wait_line(r, -1, &line) != EXIT_DONE)
			return ui_fail(&r->ui, EXIT_INTERRUPTED,
				_("--after CURSOR goes on behind what you "
				  "have"),
				_("the agent has gone away"));
		if (line == NULL)
			return EXIT_DONE;
		if (json_number(line, "id") == id &&
			json_object_get(line, "event") != NULL)
			more = on_event(r, json_object_get(line, "event"), ctx);
		json_decref(line);
		if (!more)
			return EXIT_DONE;
	}
}

char *person_text(const json_t *o)
{
	const char *alias = json_text(o, "alias"), *name = json_text(o, "name");
	const char *member = json_text(o, "member");
	const char *where = json_text(o, "agency");
	const char *what = *alias != '\0' ? alias : name;

	if (strcmp(json_text(o, "role"), "victim") == 0)
		where = _("victim");
	if (*what == '\0')
		return mem_print(
			"%.8s (%s)", member, *where != '\0' ? where : "?");
	return *where != '\0' ? mem_print("%s (%s)", what, where)
			      : mem_text(what);
}

char *absolute_path(const char *path)
{
	char *cwd, *ret;

	if (*path == '/')
		return mem_text(path);
	cwd = getcwd(NULL, 0);
	ret = mem_print("%s/%s", cwd != NULL ? cwd : ".", path);
	free(cwd);
	return ret;
}
