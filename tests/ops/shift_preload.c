/*
 * For tests of the clock: a library that moves the wall clock of one process
 * by the seconds that stand in the file $SHIFT, read again at each call.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#define SHOWN __attribute__((visibility("default")))

SHOWN int clock_gettime(clockid_t id, struct timespec *ret);
SHOWN time_t time(time_t *ret);

static long shift(void)
{
	const char *path = getenv("SHIFT");
	FILE *f = path == NULL ? NULL : fopen(path, "re");
	long n = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%ld", &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
	static int (*real)(clockid_t, struct timespec *);
	int rc;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	rc = real(id, ret);
	if (rc == 0 && id == CLOCK_REALTIME)
		ret->tv_sec += shift();
	return rc;
}

time_t time(time_t *ret)
{
	struct timespec t;

	if (clock_gettime(CLOCK_REALTIME, &t) != 0)
		return -1;
	if (ret != NULL)
		*ret = t.tv_sec;
	return t.tv_sec;
}
