/*
 * ZAP: see zap.h.
 */
#include <string.h>

#include <sodium.h>
#include <zmq.h>

#include "journal/journal.h"
#include "net/zap.h"

#define ENDPOINT "inproc://zeromq.zap.01"

static const char *const domains[ZAP_PORTS] = {
	[ZAP_MAIN] = "main", [ZAP_NEXT] = "next", [ZAP_ENROL] = "enrol"};

const char *zap_domain(enum zap_port port)
{
	return domains[port];
}

static bool is(struct bytes b, const char *text)
{
	return bytes_eq(b, bytes_of(text, strlen(text)));
}

static bool find_port(struct bytes domain, enum zap_port *ret)
{
	for (size_t i = 0; i < ZAP_PORTS; i++) {
		if (is(domain, domains[i])) {
			*ret = (enum zap_port)i;
			return true;
		}
	}
	return false;
}

enum zap_verdict zap_decide(const struct zap_directory *dir,
	const struct bytes *frame, size_t n, char ret_user[ZAP_USER_MAX])
{
	enum zap_port port = ZAP_MAIN;
	struct key32 key;
	struct id16 device;

	memset(ret_user, 0, ZAP_USER_MAX);
	memset(&device, 0, sizeof device);
	if (n < ZAP_F_MECHANISM + 1 || !is(frame[ZAP_F_VERSION], "1.0") ||
		!find_port(frame[ZAP_F_DOMAIN], &port))
		return ZAP_BAD_REQUEST;
	if (!is(frame[ZAP_F_MECHANISM], "CURVE"))
		return ZAP_BAD_MECHANISM;
	if (n != ZAP_FRAMES || frame[ZAP_F_CREDENTIAL].len != KEY32_LEN)
		return ZAP_BAD_REQUEST;
	memcpy(key.b, frame[ZAP_F_CREDENTIAL].data, KEY32_LEN);
	switch (dir->lookup(dir->cookie, &key, &device)) {
	case ZAP_REVOKED:
		/* Every request of it is refused, as its own. */
		if (port != ZAP_ENROL)
			sodium_bin2hex(
				ret_user, ZAP_USER_MAX, device.b, ID16_LEN);
		return ZAP_BAD_REVOKED;
	case ZAP_NO_ANSWER: return ZAP_LATER;
	case ZAP_UNKNOWN:
		if (port != ZAP_ENROL)
			return ZAP_BAD_KEY;
		break;
	case ZAP_KNOWN: break;
	}
	if (port == ZAP_ENROL)
		sodium_bin2hex(ret_user, ZAP_USER_MAX, key.b, KEY32_LEN);
	else
		sodium_bin2hex(ret_user, ZAP_USER_MAX, device.b, ID16_LEN);
	return ZAP_ACCEPT;
}

int zap_open(void *ctx, void **ret)
{
	int none = 0;
	void *sock = zmq_socket(ctx, ZMQ_REP);

	*ret = NULL;
	if (sock == NULL)
		return ROWAN_E_INTERNAL;
	if (zmq_setsockopt(sock, ZMQ_LINGER, &none, sizeof none) != 0 ||
		zmq_bind(sock, ENDPOINT) != 0) {
		zmq_close(sock);
		return ROWAN_E_INTERNAL;
	}
	*ret = sock;
	return 0;
}

void zap_close(void *sock)
{
	if (sock != NULL)
		zmq_close(sock);
}

/* Take one whole request; false when none waits. */
static bool take(void *sock, zmq_msg_t *msg, size_t *ret_n)
{
	size_t n = 0;
	bool more = true;

	while (more) {
		zmq_msg_t extra, *m = n < ZAP_FRAMES ? &msg[n] : &extra;

		zmq_msg_init(m);
		if (zmq_msg_recv(m, sock, ZMQ_DONTWAIT) < 0) {
			zmq_msg_close(m);
			break;
		}
		more = zmq_msg_more(m) != 0;
		if (m == &extra)
			zmq_msg_close(m);
		n++;
	}
	*ret_n = n;
	return n > 0;
}

/* Nobody is named: whose key it is may be a victim's. */
static void say_refused(enum zap_verdict v, struct bytes domain)
{
	static const char *const why[ZAP_VERDICTS] = {
		[ZAP_BAD_KEY] = "nobody's key",
		[ZAP_BAD_REVOKED] = "the key of a revoked device",
		[ZAP_BAD_MECHANISM] = "it is not encrypted",
		[ZAP_BAD_REQUEST] = "it is malformed",
		[ZAP_LATER] =
			"it comes too often, or the store cannot be read"};
	enum zap_port port = ZAP_MAIN;

	if (why[v] != NULL && find_port(domain, &port))
		SAY(MSG_HANDSHAKE_REFUSED, JOURNAL_TEXT("port", domains[port]),
			JOURNAL_TEXT("why", why[v]));
}

/* Version, request id, status, text, user id, metadata. */
static void reply(
	void *sock, struct bytes id, enum zap_verdict v, const char *user)
{
	const char *status = user[0] != '\0'  ? "200"
			     : v == ZAP_LATER ? "300"
					      : "400";

	/*
	 * libzmq drops what is for a connection that has gone meanwhile; there
	 * is nothing to do about any other failure but to let the handshake
	 * time out.
	 */
	if (zmq_send(sock, "1.0", 3, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
		return;
	zmq_send(sock, id.data, id.len, ZMQ_SNDMORE | ZMQ_DONTWAIT);
	zmq_send(sock, status, 3, ZMQ_SNDMORE | ZMQ_DONTWAIT);
	zmq_send(sock, "", 0, ZMQ_SNDMORE | ZMQ_DONTWAIT);
	zmq_send(sock, user, strlen(user), ZMQ_SNDMORE | ZMQ_DONTWAIT);
	zmq_send(sock, "", 0, ZMQ_DONTWAIT);
}

void zap_serve(void *sock, const struct zap_directory *dir,
	uint64_t count[ZAP_VERDICTS])
{
	zmq_msg_t msg[ZAP_FRAMES];
	size_t n;

	while (take(sock, msg, &n)) {
		struct bytes frame[ZAP_FRAMES];
		size_t have = n < ZAP_FRAMES ? n : ZAP_FRAMES;
		char user[ZAP_USER_MAX];
		enum zap_verdict v;

		for (size_t i = 0; i < have; i++)
			frame[i] = bytes_of(
				zmq_msg_data(&msg[i]), zmq_msg_size(&msg[i]));
		v = zap_decide(dir, frame, n, user);
		count[v]++;
		say_refused(v, have > ZAP_F_DOMAIN ? frame[ZAP_F_DOMAIN]
						   : bytes_of("", 0));
		reply(sock, have > ZAP_F_ID ? frame[ZAP_F_ID] : bytes_of("", 0),
			v, user);
		for (size_t i = 0; i < have; i++)
			zmq_msg_close(&msg[i]);
	}
}
