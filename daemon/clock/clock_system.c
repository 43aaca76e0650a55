/*
 * The clocks of this machine: see clock.h. Never sets them.
 */
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "clock/clock.h"

/* Kept by systemd-timesyncd once it has set the clock. */
#define TIMESYNC "/run/systemd/timesync/synchronized"

static int read_ms(clockid_t id, uint64_t *ret)
{
	struct timespec t;

	*ret = 0;
	if (clock_gettime(id, &t) != 0 || t.tv_sec < 0)
		return ROWAN_E_IO;
	*ret = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
	return 0;
}

static bool is_synced(void)
{
	struct timex t = {.modes = 0};
	int state = adjtimex(&t);

	if (state < 0)
		return access(TIMESYNC, F_OK) == 0;
	return state != TIME_ERROR && (t.status & STA_UNSYNC) == 0;
}

static int read_sample(void *ctx, struct clock_sample *ret)
{
	*ret = (struct clock_sample){.synced = is_synced()};
	if (read_ms(CLOCK_REALTIME, &ret->wall) != 0 ||
		read_ms(CLOCK_BOOTTIME, &ret->boot) != 0)
		return ROWAN_E_IO;
	return 0;
}

void clock_system(struct clock_source *ret)
{
	*ret = (struct clock_source){read_sample, NULL};
}
