/*
 * One clock for all: see pace.h.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "session/pace.h"

#define STRIDES 60 /* idle turns that pace_live takes at most */
/* Idle turns before a second goes by: a loaded machine answers late. */
#define UNANSWERED 60
#define TRYING	   20

static volatile int64_t *offset; /* seconds; shared with the daemon */
static unsigned quiet;
static int64_t stride = 1; /* seconds in an idle turn */

static uint64_t moved_ms(void *ctx)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)(t.tv_sec + *offset) * 1000 +
	       (uint64_t)t.tv_nsec / 1000000;
}

uint64_t pace_now(void)
{
	return (uint64_t)(time(NULL) + *offset);
}

/* Nobody was woken. */
static void idle(void)
{
	unsigned turns = middle_unanswered() > 0 ? UNANSWERED
			 : middle_trying() > 0	 ? TRYING
						 : 0;

	if (++quiet < turns)
		return;
	quiet = 0;
	*offset += stride;
}

void pace_begin(void)
{
	const char *path = kit_daemon.binary;
	const char *end = strrchr(path, '/');
	char at[ROWAND_PATH_MAX];
	int fd;

	KIT_CHECK(end != NULL);
	KIT_CHECK(snprintf(kit_daemon.preload, sizeof kit_daemon.preload,
			  "%.*s/tests/acceptance/clock_preload.so",
			  (int)(end - path), path) > 0);
	KIT_CHECK(access(kit_daemon.preload, R_OK) == 0);
	KIT_CHECK(snprintf(at, sizeof at, "%s/clock", kit_daemon.dir) > 0);
	fd = open(at, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	KIT_CHECK(fd >= 0 && ftruncate(fd, sizeof *offset) == 0);
	offset = mmap(NULL, sizeof *offset, PROT_READ | PROT_WRITE, MAP_SHARED,
		fd, 0);
	KIT_CHECK(offset != MAP_FAILED && close(fd) == 0);
	KIT_CHECK(setenv("ROWAN_TEST_CLOCK", at, 1) == 0);
	kit_pace = (struct sessions_pace){moved_ms, idle};
}

void pace_join(void)
{
	const char *at = getenv("ROWAN_TEST_CLOCK");
	int fd = at != NULL ? open(at, O_RDWR | O_CLOEXEC) : -1;

	KIT_CHECK(fd >= 0);
	offset = mmap(NULL, sizeof *offset, PROT_READ | PROT_WRITE, MAP_SHARED,
		fd, 0);
	KIT_CHECK(offset != MAP_FAILED && close(fd) == 0);
	kit_pace = (struct sessions_pace){moved_ms, NULL};
}

void pace_pass(uint64_t seconds)
{
	*offset += (int64_t)seconds;
}

static bool is_over(void *ctx)
{
	return pace_now() >= *(uint64_t *)ctx;
}

void pace_live(uint64_t seconds)
{
	uint64_t end = pace_now() + seconds;

	stride = seconds < STRIDES ? 1 : (int64_t)seconds / STRIDES;
	KIT_CHECK(sessions_until(is_over, &end));
	stride = 1;
}

void pace_day(void)
{
	for (int i = 0; i < 5; i++) {
		pace_pass(5 * 3600);
		pace_live(60);
	}
}
