/*
 * A clock that a test moves: preloaded into real programs, it adds the 64-bit
 * number of seconds in the file $ROWAN_TEST_CLOCK to every clock that goes
 * on by itself. The file is mapped: a change is seen at once by everybody.
 *
 * For tests only. Does nothing where the variable is not set.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define VISIBLE __attribute__((visibility("default")))

VISIBLE int clock_gettime(clockid_t id, struct timespec *t);
VISIBLE time_t time(time_t *t);
VISIBLE int gettimeofday(struct timeval *restrict t, void *restrict zone);

static const volatile int64_t *offset;
static int (*real)(clockid_t id, struct timespec *t);

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("ROWAN_TEST_CLOCK");
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *p;

	*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	if (fd < 0)
		return;
	p = mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (p != MAP_FAILED)
		offset = p;
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	int rc;

	if (real == NULL)
		begin();
	rc = real(id, t);
	if (rc == 0 && offset != NULL && id != CLOCK_PROCESS_CPUTIME_ID &&
		id != CLOCK_THREAD_CPUTIME_ID)
		t->tv_sec += *offset;
	return rc;
}

time_t time(time_t *ret)
{
	struct timespec t = {0, 0};

	(void)clock_gettime(CLOCK_REALTIME, &t);
	if (ret != NULL)
		*ret = t.tv_sec;
	return t.tv_sec;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	struct timespec now = {0, 0};

	(void)clock_gettime(CLOCK_REALTIME, &now);
	t->tv_sec = now.tv_sec;
	t->tv_usec = now.tv_nsec / 1000;
	return 0;
}
