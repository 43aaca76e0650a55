/* SIGUSR1 and the end print the counts; SIGHUP takes in a good file, no bad. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "net/kit.h"

/* What the daemon has said so far. */
static const char *log_text(void)
{
	static char text[64 * 1024];
	char path[ROWAND_PATH_MAX];
	size_t n;
	FILE *f;

	snprintf(path, sizeof path, "%s/log", kit_daemon.dir);
	f = fopen(path, "r");
	KIT_CHECK(f != NULL);
	n = fread(text, 1, sizeof text - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

/* Wait until it has said ${words} so many times. */
static void said(const char *words, int times)
{
	for (int i = 0; i < RELAY_PATIENCE_MS / 10; i++) {
		struct timespec t = {.tv_nsec = 10000000};
		const char *p = log_text();
		int n = 0;

		while ((p = strstr(p, words)) != NULL) {
			p++;
			n++;
		}
		if (n == times)
			return;
		KIT_CHECK(n < times);
		nanosleep(&t, NULL);
	}
	fprintf(stderr, "the daemon did not say: %s\n%s", words, log_text());
	KIT_CHECK(!"said");
}

/* Other settings from line 7 of the file on. */
static void settings(const char *text)
{
	char path[ROWAND_PATH_MAX], all[8192];
	size_t len = 0;
	FILE *f;

	snprintf(path, sizeof path, "%s/rowand.conf", kit_daemon.dir);
	f = fopen(path, "r");
	KIT_CHECK(f != NULL);
	for (int line = 0; line < 6; line++) {
		KIT_CHECK(fgets(all + len, (int)(sizeof all - len), f) != NULL);
		len += strlen(all + len);
	}
	fclose(f);
	f = fopen(path, "w");
	KIT_CHECK(f != NULL && fwrite(all, 1, len, f) == len);
	KIT_CHECK(fprintf(f, "clock_need_sync = false;\n%s", text) > 0);
	KIT_CHECK(fclose(f) == 0);
	kill(kit_daemon.pid, SIGHUP);
}

int main(void)
{
	static const char wrong[] = "what is no request";
	struct bytes frames[2] = {bytes_of(wrong, 5), bytes_of(wrong, 9)};
	struct id16 channel = seed_channel(0, 0);
	struct relay_client *s;
	uint8_t header[WIRE_HEADER_LEN];
	uint64_t n = 0;

	kit_start("mailbox = 16; mailbox_urgent = 0;\n");
	s = kit_hello(SEED_SENDER, 0);
	while (n < 16)
		KIT_CHECK(kit_submit(s, channel, ++n, 'm', 9).code == 0);
	KIT_CHECK(kit_submit(s, channel, 17, 'm', 9).code == WIRE_FULL);

	/* Three that are wrong, each in its way. */
	kit_frames(s, frames, 2);
	wire_header_encode(
		&(struct wire_header){WIRE_VERSION_HIGH, 0x7777, 1}, header);
	frames[0] = bytes_of(header, sizeof header);
	kit_frames(s, frames, 2);
	KIT_CHECK(kit_refusal(s).code == WIRE_OPERATION);
	wire_header_encode(
		&(struct wire_header){WIRE_VERSION_HIGH, WIRE_OP_PING, 2},
		header);
	kit_frames(s, frames, 2);
	KIT_CHECK(kit_refusal(s).code == WIRE_MALFORMED);
	kill(kit_daemon.pid, SIGUSR1);
	said("rowand: counters connections=1 ", 1);
	said(" dropped=1 malformed=1 ", 1);
	said(" bad_operation=1 ", 1);
	said(" items_refused=1 ", 1);

	/* A bad file: every problem is said, and nothing changes. */
	settings("mailbox = 17; mailbox_urgent = 0;\nnonsense = 1;\n"
		 "blobs_open = 0;\n");
	said("nonsense", 1);
	said("blobs_open", 1);
	/* Of the reading, and of the act. */
	said("nothing was changed", 2);
	KIT_CHECK(kit_submit(s, channel, 17, 'm', 9).code == WIRE_FULL);
	/* A good one: one more place, and no other port. */
	settings("mailbox = 17; mailbox_urgent = 0;\nbacklog = 99;\n");
	said("mailbox is changed", 1);
	said("backlog needs a restart", 1);
	said(": read again", 1);
	KIT_CHECK(kit_submit(s, channel, 17, 'm', 9).code == WIRE_OK);
	KIT_CHECK(kit_submit(s, channel, 18, 'm', 9).code == WIRE_FULL);
	/* A rate, on an open connection. */
	settings("mailbox = 17; mailbox_urgent = 0;\nbacklog = 99;\n"
		 "rate_requests = 10; burst = \"1 s\";\n");
	said(": read again", 2);
	for (int i = 0; i < 5 && kit_ping(s); i++)
		n = (uint64_t)i;
	KIT_CHECK(n < 4);
	KIT_CHECK(relay_error(s).code == WIRE_QUOTA);
	/* What is no configuration at all: the same as a bad one. */
	settings("mailbox = \n");
	said("nothing was changed", 4);
	relay_close(s);
	kill(kit_daemon.pid, SIGTERM);
	said("rowand: counters ", 2);
	return kit_end();
}
