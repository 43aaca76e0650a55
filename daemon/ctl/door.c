/*
 * The control socket: see ctl.h. Accepts, asks the kernel who it is, reads one
 * request, has it done, answers.
 *
 *	accept ---> who? ---> read ---> one of a kind? ---> run ---> answer
 *	            refused   refused   "busy"
 *
 * A peer has so long to send its whole request, and so long to take the whole
 * answer: who says nothing, or a byte now and then, keeps a place no longer.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "backup/loss.h"
#include "ctl/call.h"
#include "ctl/watch.h"
#include "journal/journal.h"
#include "net/notify.h"

#define PATIENCE_MS 10000 /* for a whole request, and for a whole answer */
#define WATCH_MS    5000
#define STACK	    (512 * 1024)

struct guest {
	struct ctl *ctl;
	int fd; /* -1: a free place */
	pthread_t thread;
	bool joinable, done;
	struct ctl_peer peer;
	long until; /* milliseconds, monotonic: then its patience is over */
};

struct ctl {
	struct ctl_options o;
	char path[108];
	int fd, bell; /* listening; rung to end */
	int hup;      /* rung by SIGHUP */
	pthread_t thread, hearer;
	bool hears; /* there is a hearer */
	pthread_attr_t attr;
	pthread_mutex_t lock;
	_Atomic int stop;
	bool labour; /* a long command runs */
	struct watch watch;
	long watch_at; /* milliseconds, monotonic */
	/* Up to which erasure of a case the list of losses is crossed out. */
	uint64_t crossed;
	struct guest guests[CTL_CONNECTIONS];
};

bool ctl_allowed(const struct ctl_peer *peer, uid_t self)
{
	return peer->uid == 0 || peer->uid == self || peer->group;
}

/* Our group among those of the peer: supplementary ones are asked for too. */
static bool in_group(int fd, gid_t peer)
{
	gid_t groups[256];
	socklen_t len = sizeof groups;

	if (peer == getegid())
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) != 0)
		return false;
	for (size_t i = 0; i < len / sizeof *groups; i++)
		if (groups[i] == getegid())
			return true;
	return false;
}

static bool who(int fd, struct ctl_peer *ret)
{
	struct ucred c;
	socklen_t len = sizeof c;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &len) != 0)
		return false;
	*ret = (struct ctl_peer){c.uid, in_group(fd, c.gid)};
	return ctl_allowed(ret, geteuid());
}

/* ---- bytes ---- */

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* From now on the peer has so long for all that it is about to send or take. */
static void be_patient(struct guest *g)
{
	g->until = now_ms() + PATIENCE_MS;
}

/* All of ${len}, while the daemon runs and there is time. */
static bool move(struct guest *g, void *data, size_t len, short events)
{
	uint8_t *at = data;

	while (len > 0) {
		struct pollfd p[2] = {
			{g->fd, events, 0}, {g->ctl->bell, POLLIN, 0}};
		long left = g->until - now_ms();
		ssize_t n;

		if (left <= 0 ||
			poll(p, events == POLLIN ? 2 : 1, (int)left) <= 0 ||
			(events == POLLIN && p[1].revents != 0))
			return false;
		n = events == POLLIN
			    ? recv(g->fd, at, len, MSG_DONTWAIT)
			    : send(g->fd, at, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static bool read_request(struct guest *g, struct buf *ret)
{
	uint8_t head[4];
	uint32_t len;

	be_patient(g);
	if (!move(g, head, sizeof head, POLLIN))
		return false;
	len = (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 |
	      (uint32_t)head[2] << 8 | head[3];
	if (len > CTL_REQUEST_MAX || buf_alloc(ret, len) != 0)
		return false;
	return move(g, ret->data, len, POLLIN);
}

static void write_answer(struct guest *g, struct ctl_answer *a)
{
	uint8_t head[4];
	struct writer w;

	writer_init(&w, CTL_ANSWER_MAX);
	if (ctl_answer_encode(a, &w) != 0) {
		ctl_answer_wipe(a);
		ctl_answer_init(a);
		ctl_say(a, EX_OSERR, "the answer is too long");
		writer_wipe(&w);
		writer_init(&w, CTL_ANSWER_MAX);
		if (ctl_answer_encode(a, &w) != 0)
			goto out;
	}
	for (int i = 0; i < 4; i++)
		head[i] = (uint8_t)(w.len >> (24 - 8 * i));
	be_patient(g);
	if (move(g, head, sizeof head, POLLOUT))
		(void)move(g, w.data, w.len, POLLOUT);
out:
	writer_wipe(&w);
}

/* ---- one command ---- */

static bool is_long(const struct ctl_entry *e)
{
	return e->kind == CTL_LONG || e->kind == CTL_LABOUR;
}

static bool begin_labour(struct ctl *c, bool want)
{
	bool mine;

	pthread_mutex_lock(&c->lock);
	mine = !want || !c->labour;
	c->labour = c->labour || want;
	pthread_mutex_unlock(&c->lock);
	return mine;
}

static void end_labour(struct ctl *c, bool was)
{
	pthread_mutex_lock(&c->lock);
	c->labour = c->labour && !was;
	pthread_mutex_unlock(&c->lock);
}

/* What the kernel knows counts; a member of the group says who it is. */
static void name_peer(const struct guest *g, struct ctl_call *c)
{
	uid_t uid = g->peer.uid;

	if (uid == 0 || uid == geteuid() || uid == c->q.uid)
		snprintf(c->who, sizeof c->who, "uid %u", (unsigned)uid);
	else
		snprintf(c->who, sizeof c->who, "uid %u (says so)",
			(unsigned)c->q.uid);
}

static bool dry(const struct ctl_call *c)
{
	return (c->q.flags & CTL_DRY_RUN) != 0;
}

static void do_it(struct ctl_call *c)
{
	bool first = c->entry->kind == CTL_DEED || c->entry->kind == CTL_NOTE;

	if (first && ctl_record(c) != 0)
		ctl_say(c->a, EX_TEMPFAIL,
			"this is an act for the audit log, which cannot be "
			"written now: nothing was done");
	else
		c->entry->run(c);
}

static const char *result(const struct ctl_call *c)
{
	if (c->a->code != 0)
		return c->a->words;
	return c->entry->kind == CTL_NOTE ? "begun" : "done";
}

static void run_entry(struct ctl_call *c)
{
	const struct ctl_entry *e = c->entry;
	bool act = e->kind != CTL_LOOK && e->kind != CTL_LONG;
	int rc = store_reader_open(&c->rd, c->o->store);

	if (rc == 0) {
		store_reader_stop(c->rd, c->stop);
		do_it(c);
	} else {
		ctl_say(c->a, rc == ROWAN_E_CORRUPT ? EX_DATAERR : EX_OSERR,
			rc == ROWAN_E_CORRUPT ? "the database is damaged"
					      : "the store cannot be read now");
	}
	store_reader_close(c->rd);
	if (act && c->a->code == 0 && !dry(c) && ctl_record(c) != 0)
		ctl_say(c->a, EX_TEMPFAIL,
			"done, but it could not be written into the audit log");
	if (act)
		SAY(MSG_ADMIN, JOURNAL_TEXT("who", c->who),
			JOURNAL_TEXT("act", e->name),
			JOURNAL_TEXT("result", result(c)));
}

static void run(struct guest *g, struct ctl_call *c)
{
	const struct ctl_entry *e = ctl_find(c->q.op);

	name_peer(g, c);
	c->entry = e;
	if (e == NULL) {
		ctl_say(c->a, EX_PROTOCOL,
			"this rowand does not know that command; is rowanctl "
			"of another version?");
		return;
	}
	if (!begin_labour(g->ctl, is_long(e))) {
		ctl_say(c->a, EX_TEMPFAIL,
			"another long command runs: try again later");
		return;
	}
	run_entry(c);
	end_labour(g->ctl, is_long(e));
}

static void *serve(void *cookie)
{
	struct guest *g = cookie;
	struct buf raw = {NULL, 0};
	struct ctl_answer a;
	struct ctl_call c = {.o = &g->ctl->o, .a = &a, .stop = &g->ctl->stop};
	int rc;

	ctl_answer_init(&a);
	if (read_request(g, &raw)) {
		rc = ctl_request_decode(buf_view(&raw), &c.q);
		if (rc == 0)
			run(g, &c);
		else
			ctl_say(&a, EX_PROTOCOL, "the request: %s",
				rowan_strerror(rc));
		write_answer(g, &a);
	}
	ctl_answer_wipe(&a);
	buf_wipe(&raw);
	(void)shutdown(g->fd, SHUT_RDWR);
	pthread_mutex_lock(&g->ctl->lock);
	close(g->fd);
	g->fd = -1;
	g->done = true;
	pthread_mutex_unlock(&g->ctl->lock);
	return NULL;
}

/* ---- the door ---- */

/* One answer, unasked; nobody waits for it to be read. */
static void turn_away(int fd, uint8_t code, const char *words)
{
	struct ctl_answer a;
	struct writer w;

	ctl_answer_init(&a);
	ctl_say(&a, code, "%s", words);
	writer_init(&w, 1024);
	writer_u32(&w, 0);
	if (ctl_answer_encode(&a, &w) == 0) {
		w.data[3] = (uint8_t)(w.len - 4);
		(void)!send(fd, w.data, w.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	writer_wipe(&w);
	ctl_answer_wipe(&a);
	close(fd);
}

static void welcome(struct ctl *c, int fd, const struct ctl_peer *peer)
{
	for (size_t i = 0; i < CTL_CONNECTIONS; i++) {
		struct guest *g = &c->guests[i];
		bool free_place;

		pthread_mutex_lock(&c->lock);
		free_place = g->fd < 0;
		pthread_mutex_unlock(&c->lock);
		if (!free_place)
			continue;
		if (g->joinable)
			pthread_join(g->thread, NULL);
		*g = (struct guest){.ctl = c, .fd = fd, .peer = *peer};
		if (pthread_create(&g->thread, &c->attr, serve, g) == 0) {
			g->joinable = true;
			return;
		}
		g->fd = -1;
		break;
	}
	turn_away(fd, EX_TEMPFAIL, "too many ask at once: try again");
}

/* After a start, and whenever a case was erased. */
static void cross_out(
	struct ctl *c, const struct ctl_snapshot *s, struct store_reader *rd)
{
	if (s->relay.erasures != c->crossed &&
		loss_cross_out(rd, s->relay.config.state_dir) == 0)
		c->crossed = s->relay.erasures;
}

/* Every few seconds, visitors or not. */
static void watch(struct ctl *c)
{
	struct ctl_call call = {.o = &c->o, .stop = &c->stop};
	struct ctl_snapshot s;
	int rc;

	if (now_ms() < c->watch_at)
		return;
	c->watch_at = now_ms() + WATCH_MS;
	rc = store_reader_open(&call.rd, c->o.store);
	if (rc == 0) {
		store_reader_stop(call.rd, call.stop);
		rc = snapshot_take(&call, &s);
	}
	if (rc == 0) {
		watch_step(&c->watch, &s);
		cross_out(c, &s, call.rd);
	}
	store_reader_close(call.rd);
	/* What it would still take nobody could read after the next start. */
	if (rc == ROWAN_E_CORRUPT)
		ctl_damaged(c->o.relay);
}

static void *accept_all(void *cookie)
{
	struct ctl *c = cookie;

	for (;;) {
		struct pollfd p[2] = {{c->fd, POLLIN, 0}, {c->bell, POLLIN, 0}};
		struct ctl_peer peer;
		int fd;

		if (poll(p, 2, WATCH_MS) < 0 && errno != EINTR)
			return NULL;
		if (atomic_load(&c->stop))
			return NULL;
		watch(c);
		if ((p[0].revents & POLLIN) == 0)
			continue;
		fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0) {
			/* No descriptors: not at full speed. */
			if (errno == EMFILE || errno == ENFILE)
				usleep(100000);
			continue;
		}
		if (who(fd, &peer)) {
			welcome(c, fd, &peer);
		} else {
			SAY_ONLY(MSG_ADMIN_REFUSED);
			turn_away(fd, EX_NOPERM,
				"you may not: root and the members of rowand's "
				"group may");
		}
	}
}

/* ---- signals ---- */

static void reload_by_signal(struct ctl *c)
{
	struct ctl_answer a;
	struct ctl_call call = {.o = &c->o,
		.a = &a,
		.stop = &c->stop,
		.who = "SIGHUP",
		.entry = ctl_find(CTL_RELOAD)};

	(void)notify_reloading();
	ctl_answer_init(&a);
	run_entry(&call);
	ctl_answer_wipe(&a);
	(void)notify_send("READY=1");
}

/* In a thread of its own: an act waits for the disk. */
static void *hear(void *cookie)
{
	struct ctl *c = cookie;
	uint64_t times;

	for (;;) {
		struct pollfd p[2] = {
			{c->hup, POLLIN, 0}, {c->bell, POLLIN, 0}};

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return NULL;
		if (atomic_load(&c->stop))
			return NULL;
		if (read(c->hup, &times, sizeof times) == sizeof times)
			reload_by_signal(c);
	}
}

void ctl_hangup(struct ctl *c)
{
	const uint64_t one = 1;
	int before = errno;

	/* Full it is rung already. */
	if (c != NULL)
		(void)!write(c->hup, &one, sizeof one);
	errno = before;
}

/* A socket file may be left from a crash; one that answers is somebody's. */
static int bind_path(struct ctl *c)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int probe;

	memcpy(at.sun_path, c->path, strlen(c->path));
	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (probe < 0)
		return ROWAN_E_IO;
	if (connect(probe, (struct sockaddr *)&at, sizeof at) == 0) {
		close(probe);
		return ROWAN_E_EXISTS;
	}
	close(probe);
	if (unlink(c->path) != 0 && errno != ENOENT)
		return ROWAN_E_IO;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return ROWAN_E_IO;
	/* Before anybody can connect: the file is born with this mode. */
	if (fchmod(c->fd, 0660) != 0 ||
		bind(c->fd, (struct sockaddr *)&at, sizeof at) != 0 ||
		chmod(c->path, 0660) != 0 || listen(c->fd, 16) != 0)
		return ROWAN_E_IO;
	return 0;
}

static void ctl_free(struct ctl *c)
{
	if (c->fd >= 0)
		close(c->fd);
	if (c->bell >= 0)
		close(c->bell);
	if (c->hup >= 0)
		close(c->hup);
	pthread_attr_destroy(&c->attr);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

int ctl_open(struct ctl **ret, const struct ctl_options *options)
{
	struct ctl *c;
	int rc;

	*ret = NULL;
	if (strlen(options->path) >= sizeof c->path)
		return ROWAN_E_LIMIT;
	c = calloc(1, sizeof *c);
	if (c == NULL)
		return ROWAN_E_NOMEM;
	c->o = *options;
	strcpy(c->path, options->path);
	for (size_t i = 0; i < CTL_CONNECTIONS; i++)
		c->guests[i].fd = -1;
	pthread_mutex_init(&c->lock, NULL);
	pthread_attr_init(&c->attr);
	(void)pthread_attr_setstacksize(&c->attr, STACK);
	c->crossed = UINT64_MAX;
	c->fd = -1;
	c->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->hup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = c->bell < 0 || c->hup < 0 ? ROWAN_E_IO : 0;
	if (rc == 0 && c->path[0] != '\0')
		rc = bind_path(c);
	if (rc == 0 && pthread_create(&c->thread, &c->attr, accept_all, c) != 0)
		rc = ROWAN_E_NOMEM;
	if (rc != 0) {
		ctl_free(c);
		return rc;
	}
	c->hears = pthread_create(&c->hearer, &c->attr, hear, c) == 0;
	*ret = c;
	return 0;
}

void ctl_close(struct ctl *c)
{
	uint64_t one = 1;

	if (c == NULL)
		return;
	atomic_store(&c->stop, 1);
	/* Never full. */
	while (write(c->bell, &one, sizeof one) < 0 && errno == EINTR)
		;
	pthread_join(c->thread, NULL);
	if (c->hears)
		pthread_join(c->hearer, NULL);
	for (size_t i = 0; i < CTL_CONNECTIONS; i++)
		if (c->guests[i].joinable)
			pthread_join(c->guests[i].thread, NULL);
	if (c->fd >= 0)
		(void)unlink(c->path);
	ctl_free(c);
}
