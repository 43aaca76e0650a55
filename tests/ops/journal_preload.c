/*
 * For tests of the log: a library that leads what is meant for the journal's
 * socket to the one at $TEST_JOURNAL.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define JOURNAL "/run/systemd/journal/socket"

__attribute__((visibility("default"))) int connect(
	int fd, const struct sockaddr *to, socklen_t len)
{
	int (*real)(int, const struct sockaddr *, socklen_t);
	struct sockaddr_un other = {.sun_family = AF_UNIX};
	const char *path = getenv("TEST_JOURNAL");

	*(void **)&real = dlsym(RTLD_NEXT, "connect");
	if (path == NULL || to->sa_family != AF_UNIX ||
		strncmp(((const struct sockaddr_un *)to)->sun_path, JOURNAL,
			sizeof JOURNAL) != 0)
		return real(fd, to, len);
	snprintf(other.sun_path, sizeof other.sun_path, "%s", path);
	return real(fd, (const struct sockaddr *)&other, sizeof other);
}
