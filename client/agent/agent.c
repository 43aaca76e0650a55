/*
 * The agent's loop: see agent.h. One thread; waits in poll for its socket, its
 * peers and rowan_fd().
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/inner.h"
#include "ui/mem.h"

#define LOCKED_LIFE_MS (10 * 60 * 1000) /* locked and unused: it ends */
#define STEP_MAX       64		/* of rowan_process in one turn */
#define LOOK_MS	       30000		/* whether its home is there */

static volatile sig_atomic_t told_to_stop;

uint64_t agent_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void on_stop(int sig)
{
	told_to_stop = 1;
}

/* ---- the socket -------------------------------------------------------------
 */

/*
 * One agent a home: whoever holds the lock may replace a dead socket. Returns
 * an enum exit_code.
 */
static int take_lock(struct agent *a)
{
	int code;

	a->lock = open(a->places.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (a->lock < 0)
		return EXIT_MACHINE;
	if (flock(a->lock, LOCK_EX | LOCK_NB) == 0)
		return EXIT_DONE;
	code = errno == EWOULDBLOCK ? EXIT_TAKEN : EXIT_MACHINE;
	(void)close(a->lock);
	a->lock = -1;
	return code;
}

static int listen_at(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask = umask(0177);

	memcpy(at.sun_path, path, strlen(path) + 1);
	(void)unlink(path);
	if (fd >= 0 && (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
			       listen(fd, AGENT_PEERS_MAX) != 0)) {
		(void)close(fd);
		fd = -1;
	}
	(void)umask(mask);
	return fd;
}

static bool is_us(int fd)
{
	struct ucred who;
	socklen_t len = sizeof who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
	       who.uid == geteuid();
}

/* Returns false when there is nobody. */
static bool accept_peer(struct agent *a)
{
	int fd = accept4(a->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct peer *p;

	if (fd < 0)
		return false;
	if (!is_us(fd)) {
		(void)close(fd);
		return true;
	}
	p = mem_get(sizeof *p);
	line_init(&p->line, fd);
	p->next = a->peers;
	a->peers = p;
	a->peer_count++;
	return true;
}

static void drop_peer(struct agent *a, struct peer **at)
{
	struct peer *p = *at;

	wait_peer_gone(a, p);
	*at = p->next;
	a->peer_count--;
	line_close(&p->line);
	free(p);
}

/* Take what a peer sent; false when it is to be dropped. */
static bool serve_peer(struct agent *a, struct peer *p)
{
	json_t *in;
	int rc = line_fill(&p->line);

	if (rc != 0 && rc != ROWAN_E_AGAIN)
		return false;
	rc = 0;
	while (!a->stop && (rc = line_take(&p->line, &in)) == 0) {
		serve_request(a, p, in);
		json_decref(in);
	}
	if (rc != 0 && rc != ROWAN_E_NOT_FOUND) {
		serve_error(p, 0, rc, NULL);
		p->close = true;
	}
	return !p->line.ended;
}

/* ---- the loop ---------------------------------------------------------------
 */

/* Let the SDK do what is due, and hear what it has to say. */
static void work(struct agent *a)
{
	struct pollfd f;
	int rc = 0;

	for (int i = 0; a->rowan != NULL && i < STEP_MAX; i++) {
		f = (struct pollfd){rowan_fd(a->rowan), POLLIN, 0};
		rc = rowan_process(a->rowan);
		if (rc == 0)
			rc = events_take(a);
		if (rc != 0 || poll(&f, 1, 0) <= 0)
			break;
	}
	a->vault_error = rc;
}

/* Milliseconds until the loop must turn without being woken. */
static int patience(struct agent *a)
{
	uint64_t idle = agent_ms() - a->used, life;
	int wait = wait_due(a);
	int left;

	if (a->vault_error != 0)
		return 1000; /* the disk may have room again */
	life = a->rowan == NULL ? LOCKED_LIFE_MS
				: (uint64_t)a->settings.lock_minutes * 60000;
	left = life == 0 || life > idle + LOOK_MS ? LOOK_MS
	       : idle >= life			  ? 0
						  : (int)(life - idle);
	return wait < 0 || left < wait ? left : wait;
}

/* Nobody has used it for long: lock, then end. Nor for a home that is gone. */
static void rest(struct agent *a)
{
	uint64_t idle = agent_ms() - a->used;
	struct stat st;

	if (fstat(a->lock, &st) != 0 || st.st_nlink == 0)
		a->stop = true;
	if (a->rowan != NULL && a->settings.lock_minutes != 0 &&
		idle >= (uint64_t)a->settings.lock_minutes * 60000) {
		owner_lock(a);
		a->used = agent_ms();
	} else if (a->rowan == NULL && a->peers == NULL &&
		   idle >= LOCKED_LIFE_MS) {
		a->stop = true;
	}
}

static size_t set_polls(const struct agent *a, struct pollfd *f)
{
	size_t n = 0;

	/* Whoever finds no place waits for one. */
	f[n++] = (struct pollfd){
		a->peer_count < AGENT_PEERS_MAX ? a->listener : -1, POLLIN, 0};
	f[n++] = (struct pollfd){-1, POLLIN, 0};
	if (a->rowan != NULL && a->vault_error == 0)
		f[1].fd = rowan_fd(a->rowan);
	for (const struct peer *p = a->peers; p != NULL; p = p->next)
		f[n++] = (struct pollfd){p->line.fd,
			(short)(line_waits(&p->line) ? POLLIN | POLLOUT
						     : POLLIN),
			0};
	return n;
}

/* A piece at a time, as long as it is taken; true when the peer is gone. */
static bool feed(struct agent *a, struct peer *p)
{
	uint64_t before;

	do {
		if (!p->listens || line_waits(&p->line))
			return false;
		before = p->cursor;
		events_feed(a, p);
		if (line_flush(&p->line) != 0)
			return true;
	} while (p->cursor != before);
	return false;
}

static void turn(struct agent *a)
{
	struct pollfd f[AGENT_PEERS_MAX + 2];
	size_t n = set_polls(a, f), i = 2;
	int ready = poll(f, n, patience(a));

	if (ready < 0 && errno != EINTR)
		a->stop = true;
	/* A machine that slept is locked before anybody is heard. */
	rest(a);
	for (struct peer **at = &a->peers; ready > 0 && !a->stop && *at != NULL;
		i++) {
		struct peer *p = *at;
		bool keep = true;

		if ((f[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
			keep = serve_peer(a, p);
		if (keep)
			at = &p->next;
		else
			drop_peer(a, at);
	}
	if (ready > 0 && !a->stop && (f[0].revents & POLLIN) != 0)
		(void)accept_peer(a);
	if (a->rowan != NULL)
		work(a);
	(void)wait_due(a);
	/* The answer to a stop leaves when nothing is open any more. */
	for (struct peer **at = &a->peers; !a->stop && *at != NULL;) {
		struct peer *p = *at;
		bool gone = line_flush(&p->line) != 0 ||
			    (p->close && !line_waits(&p->line));

		gone = gone || feed(a, p);
		if (gone)
			drop_peer(a, at);
		else
			at = &p->next;
	}
	rest(a);
}

static void harden(void)
{
	struct rlimit none = {0, 0};
	struct sigaction stop = {.sa_handler = on_stop};

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)sigaction(SIGTERM, &stop, NULL);
	(void)sigaction(SIGINT, &stop, NULL);
	(void)sigaction(SIGHUP, &stop, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)umask(077);
}

/* What a peer is still owed, and that nothing else was done for it. */
static void say_last(struct agent *a, struct peer *p)
{
	const struct timeval patience = {.tv_sec = 1};
	int flags = fcntl(p->line.fd, F_GETFL);

	serve_ended(p);
	if (flags >= 0)
		(void)fcntl(p->line.fd, F_SETFL, flags & ~O_NONBLOCK);
	(void)setsockopt(p->line.fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
		sizeof patience);
	(void)!line_flush(&p->line);
}

/*
 * In this order nobody is left without an answer: whoever comes too late is
 * told so, and may start the next agent at once.
 */
static void end(struct agent *a)
{
	if (a->listener >= 0) {
		(void)shutdown(a->listener, SHUT_RDWR);
		(void)unlink(a->places.socket);
		while (accept_peer(a))
			;
		(void)close(a->listener);
	}
	owner_lock(a);
	if (a->lock >= 0)
		(void)close(a->lock);
	while (a->peers != NULL) {
		say_last(a, a->peers);
		drop_peer(a, &a->peers);
	}
}

int agent_run(const char *home, int ready_fd)
{
	static struct agent a = {.lock = -1, .listener = -1};
	int code;

	harden();
	a.used = agent_ms();
	if (places_set(&a.places, home) != 0 || places_make(&a.places) != 0) {
		places_free(&a.places);
		return EXIT_MACHINE;
	}
	code = take_lock(&a);
	if (code == EXIT_DONE)
		a.listener = listen_at(a.places.socket);
	if (code == EXIT_DONE && a.listener < 0)
		code = EXIT_MACHINE;
	/* Without it only our own $XDG_RUNTIME_DIR finds us. */
	if (code == EXIT_DONE)
		(void)!places_tell(&a.places, a.lock);
	a.stop = code != EXIT_DONE;
	(void)!settings_load(&a);
	/* Where it failed its end says so. */
	if (ready_fd >= 0 && code != EXIT_MACHINE)
		(void)!write(ready_fd,
			code == EXIT_DONE ? AGENT_SERVES : AGENT_TAKEN, 1);
	if (ready_fd >= 0)
		(void)close(ready_fd);
	while (!a.stop && !told_to_stop)
		turn(&a);
	end(&a);
	free(a.settings.proxy);
	free(a.settings.endpoint);
	places_free(&a.places);
	return code;
}
