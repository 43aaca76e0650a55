/*
 * Asking the daemon: see client.h.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/un.h>

#include "ctl/client.h"

#define LOOK_SECONDS 5
#define ACT_SECONDS  30

/* Where many wait already for a daemon that hangs, connecting hangs, too. */
static void be_patient(int fd, int option, time_t seconds)
{
	struct timeval t = {.tv_sec = seconds};

	(void)setsockopt(fd, SOL_SOCKET, option, &t, sizeof t);
}

static int connect_to(const char *path, int *ret)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int rc = 0;

	*ret = -1;
	if (strlen(path) >= sizeof at.sun_path)
		return ROWAN_E_INVAL;
	memcpy(at.sun_path, path, strlen(path));
	*ret = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*ret < 0)
		return ROWAN_E_IO;
	be_patient(*ret, SO_SNDTIMEO, LOOK_SECONDS);
	if (connect(*ret, (struct sockaddr *)&at, sizeof at) != 0)
		rc = errno == EACCES || errno == EPERM ? ROWAN_E_REFUSED
		     : errno == EAGAIN		       ? ROWAN_E_AGAIN
						       : ROWAN_E_NOT_FOUND;
	if (rc != 0) {
		close(*ret);
		*ret = -1;
	}
	return rc;
}

bool client_gone(const char *path)
{
	int fd, rc = connect_to(path, &fd);

	if (rc == 0)
		close(fd);
	return rc != 0 && rc != ROWAN_E_AGAIN;
}

static int send_all(int fd, const uint8_t *at, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return ROWAN_E_AGAIN;
		if (n < 0)
			return ROWAN_E_IO;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

/*
 * Patience is counted in waits of a second each: of a machine that stood still
 * meanwhile, daemon and all, one has passed.
 */
static int receive_all(int fd, uint8_t *at, size_t len, time_t *patience)
{
	while (len > 0) {
		ssize_t n = recv(fd, at, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			if (--*patience > 0)
				continue;
			return ROWAN_E_AGAIN;
		}
		if (n <= 0)
			return ROWAN_E_IO;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int receive(int fd, time_t patience, struct buf *ret)
{
	uint8_t head[4];
	uint32_t len;
	int rc = receive_all(fd, head, sizeof head, &patience);

	if (rc != 0)
		return rc;
	len = (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 |
	      (uint32_t)head[2] << 8 | head[3];
	if (len > CTL_ANSWER_MAX)
		return ROWAN_E_LIMIT;
	rc = buf_alloc(ret, len);
	return rc == 0 ? receive_all(fd, ret->data, len, &patience) : rc;
}

/* How long an answer may take before something is wrong; 0: for ever. */
static time_t patience(uint16_t op)
{
	switch (op) {
	case CTL_STATUS:
	case CTL_HEALTH:
	case CTL_METRICS:
	case CTL_SESSIONS:
	case CTL_CLOCK:
	case CTL_BACKUP_KEYGEN:
	case CTL_BACKUP_VERIFY:
	case CTL_BACKUP_RESTORE:
	case CTL_KEY_ROTATE:
	case CTL_KEY_RETIRE: return LOOK_SECONDS;
	case CTL_IMPORT:
	case CTL_REVOKE:
	case CTL_RETENTION_RUN:
	case CTL_BACKUP_NOW:
	case CTL_STORE_CHECK:
	case CTL_STORE_VACUUM:
	case CTL_AUDIT_VERIFY: return 0;
	}
	return ACT_SECONDS;
}

static int call(const char *path, const struct ctl_request *q, struct buf *ret)
{
	time_t seconds = patience(q->op);
	uint8_t head[4];
	struct writer w;
	int fd, rc;

	*ret = (struct buf){NULL, 0};
	rc = connect_to(path, &fd);
	if (rc != 0)
		return rc;
	be_patient(fd, SO_RCVTIMEO, seconds > 0);
	writer_init(&w, CTL_REQUEST_MAX);
	rc = ctl_request_encode(q, &w);
	for (int i = 0; i < 4; i++)
		head[i] = (uint8_t)(w.len >> (24 - 8 * i));
	if (rc == 0)
		rc = send_all(fd, head, sizeof head);
	if (rc == 0)
		rc = send_all(fd, w.data, w.len);
	writer_wipe(&w);
	/* Turned away at the door: with words, or closed without. */
	if (rc == ROWAN_E_IO)
		rc = receive(fd, seconds, ret) == 0 ? 0 : ROWAN_E_REFUSED;
	else if (rc == 0)
		rc = receive(fd, seconds, ret);
	close(fd);
	if (rc != 0)
		buf_wipe(ret);
	return rc;
}

/* Whether it lets anybody in: who is not, and has no limit, waits for ever. */
static int knock(const char *path, uint32_t uid)
{
	struct ctl_request q = {.op = CTL_STATUS, .uid = uid};
	struct buf raw;
	int rc = call(path, &q, &raw);

	buf_wipe(&raw);
	return rc;
}

int client_call(const char *path, const struct ctl_request *q, struct buf *ret)
{
	int rc = patience(q->op) == 0 ? knock(path, q->uid) : 0;

	*ret = (struct buf){NULL, 0};
	return rc == 0 ? call(path, q, ret) : rc;
}
