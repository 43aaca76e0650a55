/*
 * Times and days as people write and read them, in the local time zone.
 */
#ifndef UI_WHEN_H
#define UI_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#define WHEN_LEN 48

/**
 * when_parse(text, now, ret):
 * A moment as seconds since 1970: "now", "72h", "3d", "30m" (from now),
 * "12:30" (the next time it is), "tomorrow 12:30", "2026-01-15" (its first
 * second), "2026-01-15 12:30", with an optional T. False for anything else.
 */
bool when_parse(const char *text, uint64_t now, uint64_t *ret);

/**
 * when_day(text, now, ret), when_day_text(day, ret):
 * A day as days since 1970: "today", "yesterday", "2026-01-15"; and back.
 */
bool when_day(const char *text, uint64_t now, uint32_t *ret);
void when_day_text(uint32_t day, char ret[WHEN_LEN]);

/**
 * when_text(time, now, ret), when_iso(time, ret):
 * "14:05" today, "Tue 14:05" within six days, else "2026-01-15 14:05"; "" for
 * 0. In UTC as "2026-01-15T14:05:00Z", for JSON.
 *
 * when_exact(time, ret):
 * "2026-10-25 01:05:09 +0100": in an hour that comes twice, too.
 */
void when_text(uint64_t time, uint64_t now, char ret[WHEN_LEN]);
void when_iso(uint64_t time, char ret[WHEN_LEN]);
void when_exact(uint64_t time, char ret[WHEN_LEN]);

/**
 * when_span(seconds, ret):
 * "3 d 4 h", "5 h 12 min", "40 s".
 */
void when_span(uint64_t seconds, char ret[WHEN_LEN]);

#endif
