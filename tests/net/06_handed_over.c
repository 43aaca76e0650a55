/* A listening socket handed over is served, and a restart keeps who waits. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "net/kit.h"

static int listener;

static pid_t start(const char *names)
{
	char conf[ROWAND_PATH_MAX], pid[16];
	pid_t child = fork();

	if (child != 0)
		return child;
	snprintf(conf, sizeof conf, "%s/rowand.conf", kit_daemon.dir);
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_FDNAMES", names, 1);
	if (listener != 3)
		dup2(listener, 3);
	execl(kit_daemon.binary, "rowand", "--config", conf, (char *)NULL);
	_exit(127);
}

static int end(pid_t child, int sig)
{
	int status = 0;

	kill(child, sig);
	KIT_CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	return WEXITSTATUS(status);
}

int main(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	socklen_t len = sizeof a;
	struct relay_client *c;
	pid_t child;
	int own;

	/* Once by itself: writes keys and configuration. */
	kit_start("");
	own = kit_daemon.port;
	rowand_kill(&kit_daemon, SIGTERM);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	KIT_CHECK(bind(listener, (struct sockaddr *)&a, sizeof a) == 0);
	KIT_CHECK(listen(listener, 16) == 0);
	KIT_CHECK(getsockname(listener, (struct sockaddr *)&a, &len) == 0);
	kit_daemon.port = ntohs(a.sin_port);
	KIT_CHECK(kit_daemon.port != own);

	child = start("tcp");
	c = kit_hello(SEED_SENDER, 0);
	KIT_CHECK(kit_ping(c));
	/* It is the same one here: nobody may have to wait in accept. */
	KIT_CHECK((fcntl(listener, F_GETFL) & O_NONBLOCK) != 0);
	KIT_CHECK(end(child, SIGTERM) == 0);
	relay_close(c);
	/* Nobody serves: the connection waits in the socket that stayed. */
	c = kit_open(SEED_SENDER, 0);
	child = start("tcp");
	KIT_CHECK(relay_hello(c, NULL) == 0);
	KIT_CHECK(end(child, SIGTERM) == 0);
	relay_close(c);
	/* A name that nobody knows is refused: nobody would accept there. */
	child = start("rowand.socket");
	KIT_CHECK(end(child, 0) == 78);
	/* So is what is no listening socket: 78, configuration. */
	close(listener);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	child = start("tcp");
	KIT_CHECK(end(child, 0) == 78);
	/* And one of another kind. */
	close(listener);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(local.sun_path, sizeof local.sun_path, "%.90s/socket",
		kit_daemon.dir);
	KIT_CHECK(bind(listener, (struct sockaddr *)&local, sizeof local) == 0);
	KIT_CHECK(listen(listener, 1) == 0);
	child = start("tcp");
	KIT_CHECK(end(child, 0) == 78);
	KIT_CHECK(unlink(local.sun_path) == 0);
	rowand_end(&kit_daemon);
	return 0;
}
