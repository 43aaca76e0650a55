/*
 * The daemon's time: see clock.h.
 *
 * Invariants:
 *	1. ${published} never holds a smaller time than before, but for the
 *	   first trusted time of a new clock, which has done nothing yet.
 *	2. No published time is later than the one in the file, as long as
 *	   clock_save is called when it is due.
 *	3. While there is doubt the wall clock does not move the time.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "clock/clock.h"
#include "clock/clock_file.h"

/* The trusted offset follows slow corrections: one part in so many. */
#define SLEW 100

struct clock {
	struct clock_options options;
	struct clock_source source;
	char *path;
	pthread_mutex_t lock; /* everything below but the two atomics */
	uint64_t time;
	uint64_t sure;	   /* ${time} when there was last no doubt */
	uint64_t boot;	   /* of the last sample */
	int64_t offset;	   /* trusted wall less boot */
	bool offset_known; /* else only clock_accept ends a jump */
	bool fresh;	   /* never had a trusted time */
	uint8_t doubt;
	_Atomic uint64_t saved;	    /* time in the file */
	_Atomic uint64_t last_sure; /* sure, to be read while there is doubt */
	_Atomic uint64_t published; /* time * 4 + doubt */
};

static void publish(struct clock *c)
{
	if (c->doubt == 0)
		c->sure = c->time;
	atomic_store(&c->last_sure, c->sure);
	atomic_store(&c->published, c->time << 2 | c->doubt);
}

static uint64_t distance(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

static int64_t offset_of(const struct clock_sample *s)
{
	return (int64_t)s->wall - (int64_t)s->boot;
}

/* Take the wall clock of ${s} as the truth from now on. */
static void trust(struct clock *c, const struct clock_sample *s)
{
	c->offset = offset_of(s);
	c->offset_known = true;
	c->doubt = 0;
	if (c->fresh)
		c->time = s->wall;
	c->fresh = false;
}

/* Is the wall clock where a machine that was off may find it? */
static bool is_plausible(const struct clock *c, const struct clock_sample *s)
{
	if (c->fresh)
		return true;
	if (s->wall < c->time)
		return c->time - s->wall <= c->options.jump;
	return s->wall - c->time <= CLOCK_GAP_MAX;
}

/* The source has set the clock, or need not: believe it if it can be. */
static void end_unsynced(struct clock *c, const struct clock_sample *s)
{
	if (is_plausible(c, s)) {
		trust(c, s);
	} else {
		c->doubt = CLOCK_JUMPED;
		c->offset_known = false;
	}
}

/* Compare wall and boot time; ${passed} since the last sample. */
static void watch(
	struct clock *c, const struct clock_sample *s, uint64_t passed)
{
	int64_t offset = offset_of(s);
	uint64_t off, step;

	if (!c->offset_known)
		return;
	off = distance(offset, c->offset);
	if (off > c->options.jump) {
		c->doubt = CLOCK_JUMPED;
		return;
	}
	c->doubt = 0;
	step = passed / SLEW < off ? passed / SLEW : off;
	c->offset += offset > c->offset ? (int64_t)step : -(int64_t)step;
}

static void advance(
	struct clock *c, const struct clock_sample *s, uint64_t passed)
{
	if (c->doubt != 0)
		c->time += passed;
	else if (s->wall >= c->time)
		c->time = s->wall;
	else
		c->time += passed / 2;
}

static void take(struct clock *c, const struct clock_sample *s)
{
	uint64_t passed = s->boot > c->boot ? s->boot - c->boot : 0;

	c->boot = s->boot;
	if ((c->doubt & CLOCK_UNSYNCED) == 0)
		watch(c, s, passed);
	else if (s->synced || !c->options.need_sync)
		end_unsynced(c, s);
	advance(c, s, passed);
	publish(c);
}

/* Continue from the file: the same boot if boot time has not fallen. */
static void resume(struct clock *c, const struct clock_file *f,
	const struct clock_sample *s)
{
	c->time = f->time;
	c->sure = f->sure;
	c->boot = s->boot;
	c->doubt = f->doubt;
	if (s->boot >= f->boot) {
		c->offset = f->offset;
		c->offset_known = (f->doubt & CLOCK_UNSYNCED) == 0;
	} else if (f->doubt != CLOCK_JUMPED) {
		/* A doubt about a jump outlives the boot. */
		c->doubt = CLOCK_UNSYNCED;
	}
}

static int start(struct clock *c)
{
	struct clock_sample s;
	struct clock_file f;
	int rc = c->source.read(c->source.ctx, &s);

	if (rc != 0)
		return ROWAN_E_IO;
	rc = clock_file_read(c->path, &f);
	if (rc == ROWAN_E_NOT_FOUND) {
		c->time = s.wall;
		c->boot = s.boot;
		c->fresh = true;
		c->doubt = CLOCK_UNSYNCED;
	} else if (rc == 0) {
		resume(c, &f, &s);
	} else {
		return rc;
	}
	take(c, &s);
	return 0;
}

int clock_open(const char *path, const struct clock_options *options,
	const struct clock_source *source, struct clock **ret)
{
	struct clock *c = calloc(1, sizeof *c);
	int rc = ROWAN_E_NOMEM;

	*ret = NULL;
	if (c == NULL)
		return rc;
	c->options = *options;
	c->source = *source;
	c->path = strdup(path);
	if (c->path == NULL || pthread_mutex_init(&c->lock, NULL) != 0)
		goto out;
	rc = start(c);
	if (rc != 0)
		pthread_mutex_destroy(&c->lock);
out:
	if (rc != 0) {
		free(c->path);
		free(c);
		return rc;
	}
	*ret = c;
	return 0;
}

int clock_tick(struct clock *c)
{
	struct clock_sample s;

	if (c->source.read(c->source.ctx, &s) != 0)
		return ROWAN_E_IO;
	pthread_mutex_lock(&c->lock);
	take(c, &s);
	pthread_mutex_unlock(&c->lock);
	return 0;
}

struct clock_reading clock_read(const struct clock *c)
{
	uint64_t p = atomic_load(&c->published);

	return (struct clock_reading){.now = p >> 2,
		.sure = (p & 3) == 0 ? p >> 2 : atomic_load(&c->last_sure),
		.doubtful = (p & 3) != 0};
}

unsigned clock_doubt(const struct clock *c)
{
	return atomic_load(&c->published) & 3;
}

int clock_accept(struct clock *c)
{
	struct clock_sample s;

	if (c->source.read(c->source.ctx, &s) != 0)
		return ROWAN_E_IO;
	pthread_mutex_lock(&c->lock);
	trust(c, &s);
	take(c, &s);
	pthread_mutex_unlock(&c->lock);
	return 0;
}

int clock_hold(struct clock *c, uint64_t ms)
{
	struct clock_sample s;

	if (c->source.read(c->source.ctx, &s) != 0)
		return ROWAN_E_IO;
	pthread_mutex_lock(&c->lock);
	if (ms > c->time) {
		/* A file that is as good as new knows how the clocks stand. */
		bool lost = ms - c->time > c->options.jump;

		c->time = ms;
		c->fresh = false;
		if (lost && ms > s.wall && ms - s.wall > c->options.jump &&
			c->doubt == 0) {
			c->doubt = CLOCK_JUMPED;
			c->offset_known = false;
		}
		publish(c);
	}
	pthread_mutex_unlock(&c->lock);
	return 0;
}

/* Due at half way, so that a slow disk does not break invariant 2. */
bool clock_save_due(const struct clock *c)
{
	uint64_t saved = atomic_load(&c->saved);

	return clock_read(c).now + c->options.ahead / 2 >= saved;
}

static int save(struct clock *c, uint64_t ahead)
{
	struct clock_file f;
	bool fresh;
	int rc;

	pthread_mutex_lock(&c->lock);
	fresh = c->fresh;
	f = (struct clock_file){.time = c->time + ahead,
		.sure = c->sure,
		.boot = c->boot,
		.offset = c->offset,
		.doubt = c->doubt};
	if (!c->offset_known && f.doubt == CLOCK_JUMPED)
		f.boot = UINT64_MAX; /* no offset to compare with */
	pthread_mutex_unlock(&c->lock);
	if (fresh)
		return 0;
	rc = clock_file_write(c->path, &f);
	if (rc == 0)
		atomic_store(&c->saved, f.time);
	return rc;
}

int clock_save(struct clock *c)
{
	return save(c, c->options.ahead);
}

int clock_close(struct clock *c)
{
	int rc;

	if (c == NULL)
		return 0;
	rc = save(c, 0);
	pthread_mutex_destroy(&c->lock);
	free(c->path);
	free(c);
	return rc;
}
