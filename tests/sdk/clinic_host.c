/*
 * A clinic for programs that have the public library only: an authority and a
 * real daemon, driven by lines on standard input.
 *
 *	record			-> the folder and the authority record's file
 *	sign REQUEST ANSWER	answer a card request, from a file into a file
 *	run			import what was signed, start the daemon
 *	stop, start		the daemon, with its store
 *	kill			SIGKILL, without a word
 *	end
 *
 * Each is answered with one line, "ok" first. For tests only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>

#include "session/kit.h"
#include "wire/armour.h"

#define LINE 4096

static void read_file(const char *path, struct buf *ret)
{
	FILE *f = fopen(path, "rb");
	uint8_t *mem = malloc(1 << 18);
	size_t n;

	KIT_CHECK(f != NULL && mem != NULL);
	n = fread(mem, 1, 1 << 18, f);
	fclose(f);
	KIT_CHECK(buf_copy(ret, bytes_of(mem, n)) == 0);
	free(mem);
}

static void write_file(const char *path, struct bytes text)
{
	FILE *f = fopen(path, "wb");

	KIT_CHECK(f != NULL);
	KIT_CHECK(fwrite(text.data, 1, text.len, f) == text.len);
	KIT_CHECK(fclose(f) == 0);
}

static void sign(const char *request, const char *answer)
{
	struct buf text, object;
	struct writer w;

	read_file(request, &text);
	KIT_CHECK(armour_read(buf_view(&text), ARMOUR_CARD_REQUEST, &object) ==
		  0);
	writer_init(&w, 1 << 18);
	sessions_answer(buf_view(&object), &w);
	write_file(answer, writer_view(&w));
	writer_wipe(&w);
	buf_wipe(&text);
	buf_wipe(&object);
}

static void record(void)
{
	char path[LINE];
	struct writer w;

	snprintf(path, sizeof path, "%s/record.txt", kit_daemon.dir);
	writer_init(&w, 1 << 16);
	KIT_CHECK(armour_write(ARMOUR_AUTHORITY_RECORD,
			  buf_view(&kit_clinic.record), &w) == 0);
	write_file(path, writer_view(&w));
	writer_wipe(&w);
	printf("ok %s %s\n", kit_daemon.dir, path);
}

static void serve(char *line)
{
	char *verb = strtok(line, " \n"), *a = strtok(NULL, " \n"),
	     *b = strtok(NULL, " \n");

	KIT_CHECK(verb != NULL);
	if (strcmp(verb, "record") == 0) {
		record();
		return;
	}
	if (strcmp(verb, "sign") == 0)
		sign(a, b);
	else if (strcmp(verb, "run") == 0)
		sessions_run();
	else if (strcmp(verb, "stop") == 0)
		KIT_CHECK(rowand_kill(&kit_daemon, SIGTERM) == 0);
	else if (strcmp(verb, "kill") == 0)
		(void)rowand_kill(&kit_daemon, SIGKILL);
	else if (strcmp(verb, "start") == 0)
		kit_run();
	else
		KIT_CHECK(!"a known verb");
	printf("ok\n");
}

int main(void)
{
	char line[LINE];

	sessions_begin(ROWAND_NO_LIMITS);
	while (fgets(line, sizeof line, stdin) != NULL &&
		strcmp(line, "end\n") != 0) {
		serve(line);
		fflush(stdout);
	}
	return sessions_end();
}
