/*
 * A real rowand for a test.
 *
 * Trusts the build it was made with. Ends only the process it started; the
 * folder it removes is the one it made.
 */
#include "lib/rowand_proc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 120000

/* Relative to the folder; what the daemon calls its file. */
#define STORE_NAME "state/rowan.db"

/*
 * Ports that no system gives to whoever connects, and that another test of
 * this machine cannot have: who has a port has a name, until it ends.
 */
#define PORTS_FROM 15000
#define PORTS	   15000

static bool have_name(int port)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int n = snprintf(a.sun_path + 1, sizeof a.sun_path - 1,
		"rowan-test-port-%d", port);

	if (fd >= 0 &&
		bind(fd, (void *)&a,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				    (size_t)n)) == 0)
		return true;
	if (fd >= 0)
		close(fd);
	return false;
}

static bool is_free(int port)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ok = fd >= 0 && bind(fd, (void *)&a, sizeof a) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

int rowand_free_port(void)
{
	static int next;

	if (next == 0)
		next = (int)getpid() * 37 % PORTS;
	for (int i = 0; i < PORTS; i++) {
		int port = PORTS_FROM + next;

		next = (next + 1) % PORTS;
		if (is_free(port) && have_name(port))
			return port;
	}
	return 0;
}

/* The rowand of the build tree that the running program lies in. */
static int find_binary(char *ret, size_t size)
{
	const char *env = getenv("ROWAND");
	char self[ROWAND_PATH_MAX / 2 - 16], *p;
	ssize_t n;

	if (env != NULL)
		return snprintf(ret, size, "%s", env) < (int)size
			       ? 0
			       : ROWAN_E_LIMIT;
	n = readlink("/proc/self/exe", self, sizeof self - 1);
	if (n <= 0)
		return ROWAN_E_IO;
	self[n] = 0;
	while ((p = strrchr(self, '/')) != NULL) {
		*p = 0;
		snprintf(ret, size, "%s/rowand", self);
		if (access(ret, X_OK) == 0)
			return 0;
	}
	return ROWAN_E_NOT_FOUND;
}

int rowand_init(struct rowand_proc *p, const char *binary)
{
	const char *tmp = getenv("TMPDIR");
	char state[sizeof p->dir + 8], text[sizeof p->settings];

	memset(p, 0, sizeof *p);
	if (binary != NULL)
		snprintf(p->binary, sizeof p->binary, "%s", binary);
	else if (find_binary(p->binary, sizeof p->binary))
		return ROWAN_E_NOT_FOUND;
	snprintf(p->dir, sizeof p->dir, "%s/rowand.XXXXXX", tmp ? tmp : "/tmp");
	if (mkdtemp(p->dir) == NULL)
		return ROWAN_E_IO;
	snprintf(state, sizeof state, "%s/state", p->dir);
	if (mkdir(state, 0700))
		return ROWAN_E_IO;
	p->port = rowand_free_port();
	do
		p->enrol_port = rowand_free_port();
	while (p->enrol_port == p->port);
	/* A test machine may have no time source. */
	p->enrol_key = 1;
	rowand_set(p, "clock_need_sync = false;\n");
	snprintf(text, sizeof text,
		"control = \"%s/control\"; backup_dir = \"%s/backups\";\n"
		"backup_key = \"%s/backup.pub\";\n",
		p->dir, p->dir, p->dir);
	rowand_set(p, text);
	return p->port && p->enrol_port ? 0 : ROWAN_E_IO;
}

void rowand_set(struct rowand_proc *p, const char *text)
{
	size_t len = strlen(p->settings);

	snprintf(p->settings + len, sizeof p->settings - len, "%s", text);
}

void rowand_store_path(const struct rowand_proc *p, char *ret, size_t size)
{
	snprintf(ret, size, "%s/" STORE_NAME, p->dir);
}

int rowand_seed(struct rowand_proc *p, const struct seed_clinic *clinic)
{
	char path[ROWAND_PATH_MAX];

	rowand_store_path(p, path, sizeof path);
	return seed_file(path, clinic);
}

static int write_file(struct rowand_proc *p, const char *name, const char *text)
{
	char path[ROWAND_PATH_MAX];
	size_t len = strlen(text);
	int fd, r = ROWAN_E_IO;

	snprintf(path, sizeof path, "%s/%s", p->dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return ROWAN_E_IO;
	if (write(fd, text, len) == (ssize_t)len)
		r = 0;
	if (close(fd))
		r = ROWAN_E_IO;
	return r;
}

static int write_key(
	struct rowand_proc *p, const char *name, const uint8_t key[32])
{
	char hex[66];

	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", key[i]);
	hex[64] = '\n';
	hex[65] = 0;
	return write_file(p, name, hex);
}

static int write_keys(struct rowand_proc *p)
{
	struct seed_server s;
	struct key32 key;
	int r;

	seed_store_key(&key);
	r = write_key(p, "store.key", key.b);
	seed_log_key(&key);
	if (r == 0)
		r = write_key(p, "log.key", key.b);
	seed_server(p->main_key, &s);
	if (r == 0)
		r = write_key(p, "transport.key", s.secret);
	seed_server(p->enrol_key, &s);
	return r ? r : write_key(p, "enrol.key", s.secret);
}

static int write_config(struct rowand_proc *p)
{
	char text[8192];
	int n = snprintf(text, sizeof text,
		"listen = [ \"tcp://127.0.0.1:%d\" ];\n"
		"listen_enrol = [ \"tcp://127.0.0.1:%d\" ];\n"
		"state_dir = \"%.1500s/state\";\n"
		"store_key = \"%.1500s/store.key\";\n"
		"transport_key = \"%.1500s/transport.key\";\n"
		"log_key = \"%.1500s/log.key\";\n"
		"transport_key_enrol = \"%.1500s/enrol.key\";\n"
		"%s",
		p->port, p->enrol_port, p->dir, p->dir, p->dir, p->dir, p->dir,
		p->settings);

	return n > 0 && n < (int)sizeof text
		       ? write_file(p, "rowand.conf", text)
		       : ROWAN_E_LIMIT;
}

/* The socket that the daemon tells READY=1. */
static int notify_socket(struct rowand_proc *p, char *ret_path, size_t size)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd, n = snprintf(ret_path, size, "%s/notify", p->dir);

	if (n < 0 || (size_t)n >= size || (size_t)n >= sizeof a.sun_path)
		return -1;
	memcpy(a.sun_path, ret_path, (size_t)n);
	unlink(ret_path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && bind(fd, (void *)&a, sizeof a)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void run_child(
	struct rowand_proc *p, const char *notify, const char *import)
{
	char conf[ROWAND_PATH_MAX], log[ROWAND_PATH_MAX];
	int fd;

	snprintf(conf, sizeof conf, "%s/rowand.conf", p->dir);
	snprintf(log, sizeof log, "%s/log", p->dir);
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd >= 0) {
		dup2(fd, 1);
		dup2(fd, 2);
		close(fd);
	}
	/* A test that dies takes its daemon along. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	setenv("NOTIFY_SOCKET", notify, 1);
	unsetenv("WATCHDOG_USEC");
	if (p->preload[0])
		setenv("LD_PRELOAD", p->preload, 1);
	if (import != NULL)
		execl(p->binary, "rowand", "--config", conf, "--import", import,
			(char *)NULL);
	else
		execl(p->binary, "rowand", "--log", "text", conf, (char *)NULL);
	_exit(127);
}

static int wait_ready(struct rowand_proc *p, int fd)
{
	char msg[512];

	for (int left = PATIENCE_MS; left > 0; left -= 100) {
		struct pollfd f = {.fd = fd, .events = POLLIN};
		ssize_t n;

		if (poll(&f, 1, 100) > 0) {
			n = recv(fd, msg, sizeof msg - 1, 0);
			msg[n > 0 ? n : 0] = 0;
			if (strstr(msg, "READY=1"))
				return 0;
		}
		if (waitpid(p->pid, NULL, WNOHANG) == p->pid) {
			p->pid = 0;
			return ROWAN_E_IO;
		}
	}
	return ROWAN_E_IO;
}

int rowand_start(struct rowand_proc *p)
{
	char path[108];
	int fd, r;

	r = write_keys(p);
	if (r == 0)
		r = write_config(p);
	if (r)
		return r;
	fd = notify_socket(p, path, sizeof path);
	if (fd < 0)
		return ROWAN_E_IO;
	p->pid = fork();
	if (p->pid == 0)
		run_child(p, path, NULL);
	r = p->pid > 0 ? wait_ready(p, fd) : ROWAN_E_IO;
	close(fd);
	if (r && p->pid > 0)
		rowand_kill(p, SIGKILL);
	return r;
}

int rowand_import(struct rowand_proc *p, const char *path)
{
	int status = -1;
	pid_t pid;

	if (write_keys(p) != 0 || write_config(p) != 0)
		return -1;
	pid = fork();
	if (pid == 0)
		run_child(p, "", path);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

int rowand_kill(struct rowand_proc *p, int sig)
{
	int status = 0;

	if (p->pid <= 0)
		return 0;
	kill(p->pid, sig);
	for (int left = PATIENCE_MS; left > 0; left -= 10) {
		if (waitpid(p->pid, &status, WNOHANG) == p->pid) {
			p->pid = 0;
			return status;
		}
		usleep(10000);
	}
	kill(p->pid, SIGKILL);
	waitpid(p->pid, &status, 0);
	p->pid = 0;
	return status;
}

static int remove_one(
	const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(path);
}

void rowand_end(struct rowand_proc *p)
{
	rowand_kill(p, SIGKILL);
	if (p->dir[0] && getenv("KEEP") == NULL)
		nftw(p->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	p->dir[0] = 0;
}
