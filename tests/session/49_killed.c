/*
 * kill -9 of a client before any change of its files, at the real daemon: no
 * message is lost, none is there twice, and no key is used twice.
 *
 * The victim's device runs in a process of its own, this program again, under
 * tests/sdk/kill_preload.c. Whatever it puts on the wire is noted before it
 * leaves; a member who reads the sender data (RFC 9420 section 6.3.2) then
 * compares place by place: one leaf, one epoch, one generation, one message.
 * Of every epoch: after so many messages both update their leaves, and the
 * victim's device is killed over its commit, too.
 *
 *	49_killed [STRIDE]	1: before every change there is
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "session/channel/channel_inner.h"
#include "session/scene.h"
#include "session/sniff.h"
#include "trust/attest.h"
#include "wire/envelope.h"

#define STRIDE	  41
#define NOTES_MAX 4096
#define TEXTS	  2
#define EPOCHS	  64

/* ---- the process that is killed -------------------------------------------
 */

static int notes_fd = -1;

/* In one write each: a killed process leaves whole ones. */
static void note(struct bytes envelope)
{
	static uint8_t mem[4 + WIRE_ENVELOPE_MAX];

	mem[0] = (uint8_t)(envelope.len >> 24);
	mem[1] = (uint8_t)(envelope.len >> 16);
	mem[2] = (uint8_t)(envelope.len >> 8);
	mem[3] = (uint8_t)envelope.len;
	memcpy(mem + 4, envelope.data, envelope.len);
	KIT_CHECK(write(notes_fd, mem, envelope.len + 4) ==
		  (ssize_t)envelope.len + 4);
}

static enum middle_fate leaves(void *ctx, struct middle_message *m)
{
	static struct wire_submit s;
	struct wire_message w;

	if (m->way == MIDDLE_REQUEST && m->op == WIRE_OP_SUBMIT &&
		middle_view(m, &w) && wire_submit_decode(&w, &s) == 0)
		for (size_t i = 0; i < s.count; i++)
			note(s.items[i].envelope);
	return MIDDLE_PASS;
}

struct work {
	struct person *p;
	struct id16 channel;
	struct id16 sent[TEXTS];
	struct timespec quiet; /* since then */
};

static bool is_sent(struct person *p, const struct id16 *message)
{
	struct messages_row row;
	bool sent = messages_get(parts_of(p)->messages, message, &row) == 0 &&
		    row.state != ROWAN_STATE_WAITING;

	messages_row_wipe(&row);
	return sent;
}

/* Nothing of ours waits, and nothing has come for a while. */
static bool is_idle(void *ctx)
{
	struct work *w = ctx;
	struct timespec now;
	unsigned before = w->p->event[ROWAN_EVENT_MESSAGE];

	clock_gettime(CLOCK_MONOTONIC, &now);
	person_drain(w->p);
	if (session_link(w->p->s) != SESSION_CURRENT ||
		before != w->p->event[ROWAN_EVENT_MESSAGE] ||
		!is_sent(w->p, &w->sent[0]) || !is_sent(w->p, &w->sent[1])) {
		w->quiet = now;
		return false;
	}
	return (now.tv_sec - w->quiet.tv_sec) * 1000 +
		       (now.tv_nsec - w->quiet.tv_nsec) / 1000000 >
	       100;
}

/* worker VAULT CHANNEL NOTES TEXT TEXT */
static int worker(char **argv)
{
	static struct person p = {.name = "victim"};
	struct work w = {.p = &p};

	KIT_CHECK(sodium_hex2bin(w.channel.b, ID16_LEN, argv[1], 2 * ID16_LEN,
			  NULL, NULL, NULL) == 0);
	notes_fd =
		open(argv[2], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	KIT_CHECK(notes_fd >= 0);
	pace_join();
	snprintf(p.path, sizeof p.path, "%s", argv[0]);
	middle_set(leaves, NULL);
	person_open(&p);
	for (int i = 0; i < TEXTS; i++)
		w.sent[i] = scene_say(&p, &w.channel, argv[3 + i]);
	clock_gettime(CLOCK_MONOTONIC, &w.quiet);
	KIT_CHECK(sessions_until(is_idle, &w));
	person_close(&p);
	return 0;
}

/* ---- the clinic ------------------------------------------------------------
 */

static char notes[ROWAND_PATH_MAX], preload[ROWAND_PATH_MAX];
static char vault[ROWAND_PATH_MAX];

static pid_t start(char *self, unsigned at, char texts[TEXTS][32])
{
	char hex[2 * ID16_LEN + 1], n[16];
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	sodium_bin2hex(hex, sizeof hex, scene.support.b, ID16_LEN);
	if (at > 0) {
		snprintf(n, sizeof n, "%u", at);
		setenv("KILL_AT", n, 1);
		setenv("LD_PRELOAD", preload, 1);
	}
	execl(self, self, "worker", vault, hex, notes, texts[0], texts[1],
		(char *)NULL);
	_exit(127);
}

struct running {
	pid_t pid;
	int status;
};

static bool is_over(void *ctx)
{
	struct running *r = ctx;

	return waitpid(r->pid, &r->status, WNOHANG) == r->pid;
}

/* True: it was killed; false: it came to its end. */
static bool run(char *self, unsigned at, unsigned n)
{
	struct running r;
	char texts[TEXTS][32];

	for (unsigned i = 0; i < TEXTS; i++)
		snprintf(texts[i], sizeof texts[i], "from %u/%u", n, i);
	r.pid = start(self, at, texts);
	KIT_CHECK(r.pid > 0 && sessions_until(is_over, &r));
	KIT_CHECK(WIFSIGNALED(r.status) ? WTERMSIG(r.status) == SIGKILL
					: WEXITSTATUS(r.status) == 0);
	return WIFSIGNALED(r.status);
}

/* ---- the epochs there were --------------------------------------------------
 */

int __real_rowan_mls_accept(
	struct rowan_mls_group *group, struct rowan_mls_received *received);
int __wrap_rowan_mls_accept(
	struct rowan_mls_group *group, struct rowan_mls_received *received);

static struct sniffer epochs[EPOCHS];
static size_t epoch_count;

/* Support is the only group that the advocate is in. */
static void in_epoch(struct rowan_mls_group *group)
{
	const struct sniffer now = sniffer_of(group);

	if (scene.advocate.s == NULL || !scene_owns(&scene.advocate, group) ||
		(epoch_count > 0 && epochs[epoch_count - 1].epoch == now.epoch))
		return;
	KIT_CHECK(epoch_count < EPOCHS);
	epochs[epoch_count++] = now;
}

int __wrap_rowan_mls_accept(
	struct rowan_mls_group *group, struct rowan_mls_received *received)
{
	int rc = __real_rowan_mls_accept(group, received);

	if (rc == 0)
		in_epoch(group);
	return rc;
}

/* The one that it begins with. */
static void first_epoch(void)
{
	struct channel *c;

	KIT_CHECK(channel_find(parts_of(&scene.advocate)->channels,
			  &scene.support, &c) == 0 &&
		  channel_load(c) == 0 && c->group != NULL);
	in_epoch(c->group);
}

/* ---- what left it -----------------------------------------------------------
 */

static struct place {
	struct sniffed at;
	struct wire_hash envelope;
} places[NOTES_MAX];
static size_t place_count;

static void look(struct bytes envelope)
{
	struct place p = {0};
	bool opened = false;

	for (size_t i = 0; !opened && i < epoch_count; i++)
		opened = sniff(&epochs[i], envelope, &p.at);
	KIT_CHECK(opened);
	attest_hash(envelope, &p.envelope);
	for (size_t i = 0; i < place_count; i++) {
		const struct place *q = &places[i];

		if (q->at.epoch != p.at.epoch || q->at.leaf != p.at.leaf ||
			q->at.generation != p.at.generation)
			continue;
		/* Sent again is the same, byte for byte. */
		KIT_CHECK(memcmp(&q->envelope, &p.envelope,
				  sizeof p.envelope) == 0);
		return;
	}
	KIT_CHECK(place_count < NOTES_MAX);
	places[place_count++] = p;
}

static size_t compare_places(void)
{
	static uint8_t mem[WIRE_ENVELOPE_MAX];
	FILE *f = fopen(notes, "rb");
	uint8_t head[4];
	size_t n = 0;

	KIT_CHECK(f != NULL);
	while (fread(head, 1, 4, f) == 4) {
		size_t len = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
			     (size_t)head[2] << 8 | head[3];

		KIT_CHECK(len <= sizeof mem && fread(mem, 1, len, f) == len);
		look(bytes_of(mem, len));
		n++;
	}
	fclose(f);
	return n;
}

static void nothing_lost(unsigned runs, struct id16 *to_her, size_t count)
{
	char text[32];

	for (size_t i = 0; i < count; i++)
		scene_heard(&scene.victim, &to_her[i]);
	/* What rowan_send returned for is there; and nothing is twice. */
	for (unsigned n = 0; n < runs; n++)
		for (unsigned i = 0; i < TEXTS; i++) {
			size_t hers, ours;

			snprintf(text, sizeof text, "from %u/%u", n, i);
			hers = scene_count(&scene.victim, &scene.support, text);
			ours = scene_count(
				&scene.advocate, &scene.support, text);
			KIT_CHECK(hers <= 1 && hers == ours);
		}
}

int main(int argc, char **argv)
{
	static struct id16 to_her[NOTES_MAX];
	const char *last = strrchr(kit_daemon.binary, '/');
	unsigned stride = STRIDE, at, n = 0, killed = 0;
	struct scene *s = &scene;
	size_t left;

	if (argc > 6 && strcmp(argv[1], "worker") == 0)
		return worker(argv + 2);
	if (argc > 1)
		stride = (unsigned)atoi(argv[1]);
	KIT_CHECK(stride > 0);
	scene_begin(SCENE_SUPPORT, NULL);
	last = strrchr(kit_daemon.binary, '/');
	snprintf(preload, sizeof preload, "%.*s/tests/sdk/kill_preload.so",
		(int)(last - kit_daemon.binary), kit_daemon.binary);
	KIT_CHECK(access(preload, R_OK) == 0);
	snprintf(notes, sizeof notes, "%s/notes", kit_daemon.dir);
	memcpy(vault, s->victim.path, sizeof vault);
	epoch_count = 0;
	first_epoch();
	person_close(&s->victim);
	/* From now on time goes by itself: somebody else is at work. */
	kit_pace.idle = NULL;
	for (at = 1 + stride / 2;; at += stride, n++) {
		KIT_CHECK(n < NOTES_MAX);
		to_her[n] = scene_say(&s->advocate, &s->support, "to her");
		if (!run(argv[0], at, n))
			break;
		killed++;
	}
	KIT_CHECK(!run(argv[0], 0, n + 1));
	person_open(&s->victim);
	nothing_lost(n + 2, to_her, n + 1);
	left = compare_places();
	KIT_CHECK(killed > 2 && left >= TEXTS && place_count >= TEXTS);
	KIT_CHECK(scene_count(&s->advocate, &s->support, "from 0/0") <= 1);
	scene_quiet();
	printf("  session: %u kills, %zu envelopes left, %zu keys, %zu "
	       "epochs\n",
		killed, left, place_count, epoch_count);
	return scene_end();
}
