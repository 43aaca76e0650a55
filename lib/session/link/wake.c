/*
 * One descriptor to wait on: see wake.h.
 */
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "session/link/wake.h"

/* A month: further ahead nobody looks. */
#define AHEAD_MAX_MS (31ull * 86400 * 1000)

struct wake {
	int epoll;
	int timer;
	int event;
	bool rung;
};

int wake_new(struct wake **ret)
{
	struct wake *w = calloc(1, sizeof *w);

	*ret = NULL;
	if (w == NULL)
		return ROWAN_E_NOMEM;
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	w->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	w->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->epoll < 0 || w->timer < 0 || w->event < 0 ||
		wake_watch(w, w->timer) != 0 || wake_watch(w, w->event) != 0) {
		wake_free(w);
		return ROWAN_E_IO;
	}
	*ret = w;
	return 0;
}

void wake_free(struct wake *w)
{
	if (w == NULL)
		return;
	if (w->event >= 0)
		close(w->event);
	if (w->timer >= 0)
		close(w->timer);
	if (w->epoll >= 0)
		close(w->epoll);
	free(w);
}

int wake_fd(const struct wake *w)
{
	return w->epoll;
}

int wake_watch(struct wake *w, int fd)
{
	struct epoll_event e = {.events = EPOLLIN, .data = {.fd = fd}};

	return epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &e) == 0 ? 0 : ROWAN_E_IO;
}

int wake_want(struct wake *w, int fd, bool in, bool out)
{
	struct epoll_event e = {.events = (in ? (uint32_t)EPOLLIN : 0) |
					  (out ? (uint32_t)EPOLLOUT : 0),
		.data = {.fd = fd}};

	return epoll_ctl(w->epoll, EPOLL_CTL_MOD, fd, &e) == 0 ? 0 : ROWAN_E_IO;
}

void wake_unwatch(struct wake *w, int fd)
{
	(void)epoll_ctl(w->epoll, EPOLL_CTL_DEL, fd, NULL);
}

static void ring(struct wake *w, bool on)
{
	uint64_t n = 1;
	ssize_t done;

	if (w->rung == on)
		return;
	/* An eventfd of ours: one number goes in or comes out. */
	done = on ? write(w->event, &n, sizeof n)
		  : read(w->event, &n, sizeof n);
	if (done == (ssize_t)sizeof n)
		w->rung = on;
}

void wake_set(struct wake *w, uint64_t ms)
{
	struct itimerspec t = {0};

	ring(w, ms == 0);
	if (ms != 0 && ms != UINT64_MAX) {
		if (ms > AHEAD_MAX_MS)
			ms = AHEAD_MAX_MS;
		t.it_value.tv_sec = (time_t)(ms / 1000);
		t.it_value.tv_nsec = (long)(ms % 1000) * 1000000;
	}
	/* Setting it again makes it unreadable. */
	(void)timerfd_settime(w->timer, 0, &t, NULL);
}
