/*
 * Service manager: see notify.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "net/notify.h"

int notify_send(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t len = path == NULL ? 0 : strlen(path);
	ssize_t sent;
	int fd;

	if (len == 0)
		return 0;
	if (len >= sizeof to.sun_path || (path[0] != '/' && path[0] != '@'))
		return ROWAN_E_IO;
	memcpy(to.sun_path, path, len);
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return ROWAN_E_IO;
	sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL,
		(struct sockaddr *)&to,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
	return sent < 0 ? ROWAN_E_IO : 0;
}

int notify_reloading(void)
{
	char text[64];
	struct timespec t;

	/* A service manager wants to know when it began. */
	clock_gettime(CLOCK_MONOTONIC, &t);
	snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%llu",
		(unsigned long long)t.tv_sec * 1000000 +
			(unsigned long long)t.tv_nsec / 1000);
	return notify_send(text);
}

/* A whole decimal number up to ${max}, or 0. */
static unsigned long env_number(const char *name, unsigned long max)
{
	const char *text = getenv(name);
	char *end;
	unsigned long n;

	if (text == NULL || text[0] < '0' || text[0] > '9')
		return 0;
	errno = 0;
	n = strtoul(text, &end, 10);
	return errno != 0 || *end != '\0' || n > max ? 0 : n;
}

static bool env_is_ours(const char *name)
{
	return env_number(name, INT32_MAX) == (unsigned long)getpid();
}

unsigned notify_watchdog_ms(void)
{
	unsigned long usec = env_number("WATCHDOG_USEC", 3600ul * 1000000);

	if (getenv("WATCHDOG_PID") != NULL && !env_is_ours("WATCHDOG_PID"))
		return 0;
	return (unsigned)(usec / 2000);
}

static bool is_tcp_listener(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;
	int type = 0, listening = 0;
	socklen_t n = sizeof type;

	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0 ||
		(ss.ss_family != AF_INET && ss.ss_family != AF_INET6))
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) != 0 ||
		type != SOCK_STREAM)
		return false;
	n = sizeof listening;
	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &n) == 0 &&
	       listening != 0;
}

static bool is_name(const char *name)
{
	return strcmp(name, NOTIFY_MAIN) == 0 ||
	       strcmp(name, NOTIFY_NEXT) == 0 ||
	       strcmp(name, NOTIFY_ENROL) == 0;
}

int notify_listen_fds(struct notify_fds *ret)
{
	const char *names = getenv("LISTEN_FDNAMES");
	unsigned long n = env_number("LISTEN_FDS", 1ul << 20);

	memset(ret, 0, sizeof *ret);
	if (n == 0 || !env_is_ours("LISTEN_PID"))
		return 0;
	if (n > NOTIFY_FDS_MAX)
		return ROWAN_E_INVAL;
	for (size_t i = 0; i < n; i++) {
		int fd = NOTIFY_FDS_START + (int)i;
		size_t len = names == NULL ? 0 : strcspn(names, ":");

		if (!is_tcp_listener(fd) || len > NOTIFY_NAME_MAX ||
			fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
			return ROWAN_E_INVAL;
		ret->at[i].fd = fd;
		if (len > 0)
			memcpy(ret->at[i].name, names, len);
		if (names != NULL)
			names += names[len] == ':' ? len + 1 : len;
		if (!is_name(ret->at[i].name))
			return ROWAN_E_INVAL;
	}
	ret->n = n;
	return 0;
}

int notify_take(struct notify_fds *fds, const char *name)
{
	for (size_t i = 0; i < fds->n; i++) {
		if (fds->at[i].taken || strcmp(fds->at[i].name, name) != 0)
			continue;
		fds->at[i].taken = true;
		return fds->at[i].fd;
	}
	return -1;
}
