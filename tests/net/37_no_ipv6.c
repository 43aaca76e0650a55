/* Where the kernel has no IPv6 the default endpoint serves IPv4 all the same.
 */
#include <dlfcn.h>
#include <errno.h>

#include <sys/socket.h>

#include "net/inside.h"

static size_t asked;

/* libzmq finds this one: a kernel that was started with ipv6.disable=1. */
__attribute__((visibility("default"))) int socket(
	int domain, int type, int protocol)
{
	static int (*real)(int, int, int);

	if (domain == AF_INET6) {
		asked++;
		errno = EAFNOSUPPORT;
		return -1;
	}
	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "socket");
	return real(domain, type, protocol);
}

int main(void)
{
	struct relay_client *c;
	struct inside in;

	inside_prepare(&in);
	strcpy(in.config.listen.item[0], "tcp://[::]:0");
	inside_run(&in);
	KIT_CHECK(asked > 0);
	c = kit_hello(SEED_SENDER, 0);
	KIT_CHECK(kit_ping(c));
	inside_stop(&in);
	relay_close(c);
	return inside_end(&in);
}
