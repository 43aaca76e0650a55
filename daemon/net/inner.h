/*
 * What the files of the network thread share: not for anybody else.
 *
 *	server.c		opening and closing
 *	loop.c		waiting, timers, the end
 *	receive.c	from the socket to the writer
 *	send.c		from the writer to the socket
 *	guard.c		connections: count, cap, cut
 */
#ifndef NET_INNER_H
#define NET_INNER_H

#include <zmq.h>

#include "net/peers.h"
#include "net/server.h"
#include "net/socket.h"
#include "ops/committer.h"

/*
 * What strangers say is short: of any frame on the enrolment port, and of a
 * message before it must have come to its end.
 */
#define ENROL_FRAME_MAX	  4096
#define ENROL_MESSAGE_MAX (16 * 1024)

/* One message on its way; the first member is what the writer sees. */
struct inbound {
	struct request r;
	zmq_msg_t msg[WIRE_FRAMES_MAX];
	size_t msg_count;
	size_t bytes;
	bool large;	      /* counted with its device */
	uint64_t since;	      /* microseconds, monotonic */
	struct inbound *next; /* of the free ones */
};

/* What guard.c knows of a connection, by descriptor. */
struct watched {
	bool open;
	bool cut;     /* by us; the event is on its way */
	uint8_t late; /* ends of earlier owners still to be told */
	uint8_t port;
	bool complete; /* a message was, since the last look */
	bool spoke;    /* ever */
	uint64_t since;
	uint64_t base;	  /* bytes received when the last one was */
	bool lined;	  /* in the line of its port */
	int older, newer; /* there; -1: none */
};

/*
 * Those who may have to go for a newcomer, oldest first: on the main ports
 * whoever has said nothing yet, on the enrolment port whoever has named no
 * invite.
 */
struct guard_line {
	int oldest, newest; /* descriptors; -1: none */
};

/* A connection that ended; what it said before may not have been read yet. */
struct guard_end {
	int fd;
	enum zap_port port;
};

struct server {
	const struct config *config; /* the next one */
	struct config live;
	struct store *store;
	struct store_reader *reader; /* of this thread, for ZAP */
	struct clock *clock;
	void *ctx, *zap;
	struct socket socks[ZAP_PORTS];
	int router_fd[ZAP_PORTS];
	bool look[ZAP_PORTS]; /* may have something, whatever poll says */
	struct lanes lanes;
	struct committer *committer;
	struct ops_counters ops_counters;
	struct server_counters count;
	struct meter answer_time; /* microseconds, from socket to socket */
	struct peers peers;
	struct bucket_rate enrol_rate; /* of all strangers together */
	struct bucket enrol;

	struct inbound *pool; /* all */
	size_t pool_len;
	struct inbound *free;
	struct inbound spare; /* to refuse with when there is none */
	uint64_t full_since;  /* milliseconds; 0: there is room */
	size_t flying;	      /* bytes of frames held by requests */
	struct inbound stop;

	struct watched *watched;   /* by descriptor */
	struct guard_line line[2]; /* main ports, enrolment */
	struct guard_end *ends;	   /* as many as descriptors */
	size_t end_count;
	size_t watched_len;
	int highest_fd;
	uint64_t connected[ZAP_PORTS];
	uint32_t blocked; /* connections with unsent pushes */
	size_t gone;	  /* connections since memory was given back */
	uint64_t trim_at; /* not before */
	bool pressed;	  /* did not receive all it could since the last look */

	uint64_t now; /* milliseconds, monotonic, of this turn */
	uint64_t now_us;
	uint64_t poll_at; /* microseconds */
	uint64_t tick_at, clock_at;
	uint64_t watchdog_at;
	unsigned watchdog_ms;
	uint64_t beats_seen;
	_Atomic int stop_asked, call_asked;
	server_called *called;
	void *cookie;
	bool draining, stopped, damaged;
	uint64_t drain_until;
	int stop_fd; /* eventfd */

	struct jobs *jobs;
};

/*
 * receive.c: take what waits on a port, at most ${max}; return how many, and
 * in ${ret_end} whether nothing waits any more.
 */
size_t receive_some(
	struct server *r, enum zap_port port, size_t max, bool *ret_end);
/* There is room, or there was none for so long that all are refused. */
bool receive_may(struct server *r);
struct inbound *receive_slot(struct server *r);
void receive_done(struct server *r, struct inbound *in);

struct wire_time server_time(struct server *r);

/* send.c */
void send_refusal(struct server *r, struct peer *peer,
	const struct wire_header *h, const struct wire_error *e);
void send_answer(struct server *r, struct peer *peer, struct request *q);
void send_batch(struct server *r, struct batch *b);
void send_unsent(struct server *r);

/* guard.c */
int guard_init(struct server *r, size_t fds);
void guard_wipe(struct server *r);
/* What the monitor tells; but for ends, which wait... */
void guard_events(struct server *r, enum zap_port port);
/* ...until all that was said before them has been read. */
void guard_ends(struct server *r, enum zap_port port);
void guard_look(struct server *r);
void guard_complete(struct server *r, int fd);
void guard_proven(struct server *r, int fd);
void guard_cut(struct server *r, int fd);
/* More waits for it than a connection may leave unread: nothing large now. */
bool guard_full(struct peer *peer);
/* It has taken most of that. */
bool guard_drained(struct peer *peer);
void guard_gone(struct server *r, struct peer *peer);
void guard_device(struct server *r, struct device *device);

/* jobs.c */
int jobs_new(struct jobs **ret);
void jobs_free(struct jobs *j);
void jobs_hand_over(struct server *r);
void jobs_done(struct server *r, struct request *q);
/* The writer has one, or will. */
bool jobs_given(struct server *r);
/* Not those: only once it has stopped. */
void jobs_refuse_all(struct server *r);

#endif
