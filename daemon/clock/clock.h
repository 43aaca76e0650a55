/*
 * The daemon's time: never backwards, not even over a crash, and doubtful
 * when there is reason to doubt it.
 *
 * Trusts CLOCK_BOOTTIME for what passes, the wall clock for where it started,
 * and the wall clock only after a time source has set it since boot.
 *
 *	           source set the clock
 *	UNSYNCED ------------------------> SURE
 *	   |                              |    ^ back within the jump,
 *	   | clock_accept                 v    | or clock_accept
 *	   +---------> SURE              JUMPED
 *
 * While doubtful, time runs on by CLOCK_BOOTTIME: assignments still end by
 * it; nothing is released, started or expired. A wall clock that is behind
 * lets time run at half speed until it has caught up.
 *
 * The file may be lost, or be an older copy: clock_hold brings time up to what
 * the log has signed.
 */
#ifndef CLOCK_CLOCK_H
#define CLOCK_CLOCK_H

#include "base/bytes.h"

/* A machine that was off for longer needs clock_accept. */
#define CLOCK_GAP_MAX (30ULL * 86400000)

struct clock_sample {
	uint64_t wall; /* milliseconds since 1970 */
	uint64_t boot; /* milliseconds since boot, suspension included */
	bool synced;   /* a time source has set the wall clock since boot */
};

/* Where samples come from; tests bring their own. */
struct clock_source {
	int (*read)(void *ctx, struct clock_sample *ret);
	void *ctx;
};

struct clock_options {
	uint64_t jump;	/* ms; a step beyond is doubtful */
	uint64_t ahead; /* ms that may pass between two clock_save */
	bool need_sync;
};

enum clock_doubt { CLOCK_UNSYNCED = 0x01, CLOCK_JUMPED = 0x02 };

/*
 * What ends, ends by ${now}. What starts, is released or expires does so by
 * ${sure}: the time when the clock was last sure, and the same as ${now} while
 * it is.
 */
struct clock_reading {
	uint64_t now;  /* milliseconds since 1970 */
	uint64_t sure; /* never later than that */
	bool doubtful; /* clock_doubt says why */
};

struct clock;

/**
 * clock_system(ret):
 * Set ${ret} to the clocks of this machine. Whether a time source is at work
 * comes from adjtimex or, where that is not permitted, from the file
 * systemd-timesyncd keeps.
 */
void clock_system(struct clock_source *ret);

/**
 * clock_open(path, options, source, ret):
 * Continue the time kept in the file ${path}; without one, begin. Takes the
 * first sample. ROWAN_E_CORRUPT when the file is damaged, ROWAN_E_IO when it
 * or the source cannot be read. The caller owns ${ret} (clock_close).
 */
ROWAN_MUST int clock_open(const char *path, const struct clock_options *options,
	const struct clock_source *source, struct clock **ret);

/**
 * clock_tick(c):
 * Take a sample; about once a second, from one thread. ROWAN_E_IO when the
 * source fails, which changes nothing.
 */
ROWAN_MUST int clock_tick(struct clock *c);

/**
 * clock_read(c):
 * The time of the last tick. Any thread, at any moment, without waiting.
 */
struct clock_reading clock_read(const struct clock *c);

/**
 * clock_doubt(c):
 * Return the reasons for doubt (enum clock_doubt), 0 for none. Any thread.
 */
unsigned clock_doubt(const struct clock *c);

/**
 * clock_accept(c):
 * A person vouches for the wall clock: doubt ends with the current sample.
 * Time does not go back for it.
 */
ROWAN_MUST int clock_accept(struct clock *c);

/**
 * clock_hold(c, ms):
 * Something was signed at ${ms}: time has not been earlier since, whatever
 * became of the file. When the file is further behind than a jump, a wall clock
 * that is, too, is doubtful.
 */
ROWAN_MUST int clock_hold(struct clock *c, uint64_t ms);

/**
 * clock_save_due(c), clock_save(c):
 * Write down a time that is ${ahead} in the future, so that a crash before
 * the next save cannot turn time back. clock_save waits for the disk and may
 * run in another thread than clock_tick. ROWAN_E_IO leaves the old file. A
 * clock that never had a trusted time writes nothing.
 */
bool clock_save_due(const struct clock *c);
ROWAN_MUST int clock_save(struct clock *c);

/**
 * clock_close(c):
 * Write down the exact time and free ${c}. NULL is harmless. Returns what
 * clock_save would.
 */
int clock_close(struct clock *c);

#endif
