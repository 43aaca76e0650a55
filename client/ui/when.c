/*
 * Times for people: see when.h.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ui/when.h"
#include "ui/words.h"

#define DAY 86400U

static bool local(uint64_t time, struct tm *ret)
{
	time_t t = (time_t)time;

	return localtime_r(&t, ret) != NULL;
}

/* Days of the proleptic Gregorian calendar since 1970-01-01. */
static int64_t days_from(int64_t y, unsigned m, unsigned d)
{
	int64_t era;
	unsigned yoe, doy, doe;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = (unsigned)(y - era * 400);
	doy = (153 * (m + (m > 2 ? -3U : 9U)) + 2) / 5 + d - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + (int64_t)doe - 719468;
}

static bool digits(const char **s, int count, int *ret)
{
	*ret = 0;
	for (int i = 0; i < count; i++) {
		if (!isdigit((unsigned char)**s))
			return false;
		*ret = *ret * 10 + (*(*s)++ - '0');
	}
	return true;
}

/* YYYY-MM-DD, leaving ${s} behind it. */
static bool read_date(const char **s, int *y, int *m, int *d)
{
	static const int longest[] = {
		31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	const char *p = *s;

	if (!digits(&p, 4, y) || *p++ != '-' || !digits(&p, 2, m) ||
		*p++ != '-' || !digits(&p, 2, d))
		return false;
	if (*y < 1970 || *m < 1 || *m > 12 || *d < 1 || *d > longest[*m - 1] ||
		(*m == 2 && *d == 29 &&
			(*y % 4 != 0 || (*y % 100 == 0 && *y % 400 != 0))))
		return false;
	*s = p;
	return true;
}

static bool read_clock(const char *s, int *h, int *min)
{
	if (isdigit((unsigned char)s[0]) && s[1] == ':') {
		*h = *s - '0';
		s++;
	} else if (!digits(&s, 2, h)) {
		return false;
	}
	return *s++ == ':' && digits(&s, 2, min) && *s == '\0' && *h < 24 &&
	       *min < 60;
}

static bool make(const struct tm *parts, uint64_t *ret)
{
	struct tm t = *parts;
	time_t at;

	t.tm_isdst = -1;
	t.tm_sec = 0;
	at = mktime(&t);
	if (at < 0)
		return false;
	*ret = (uint64_t)at;
	return true;
}

static bool read_span(const char *s, uint64_t now, uint64_t *ret)
{
	char *end;
	unsigned long n;
	uint64_t unit;

	if (*s == '+')
		s++;
	if (!isdigit((unsigned char)*s))
		return false;
	n = strtoul(s, &end, 10);
	switch (*end) {
	case 'm': unit = 60; break;
	case 'h': unit = 3600; break;
	case 'd': unit = DAY; break;
	case 'w': unit = 7 * (uint64_t)DAY; break;
	default: return false;
	}
	if (end[1] != '\0' || n > 100000)
		return false;
	*ret = now + n * unit;
	return true;
}

bool when_parse(const char *text, uint64_t now, uint64_t *ret)
{
	int y, m, d, h = 0, min = 0;
	const char *s = text;
	struct tm t;

	*ret = 0;
	if (strcmp(text, "now") == 0) {
		*ret = now;
		return true;
	}
	if (read_span(text, now, ret))
		return true;
	if (!local(now, &t))
		return false;
	if (strncmp(s, "today ", 6) == 0 || strncmp(s, "tomorrow ", 9) == 0) {
		bool later = s[2] == 'm';

		if (!read_clock(s + (later ? 9 : 6), &h, &min))
			return false;
		t.tm_mday += later;
		t.tm_hour = h;
		t.tm_min = min;
		return make(&t, ret);
	}
	if (read_clock(s, &h, &min)) {
		t.tm_hour = h;
		t.tm_min = min;
		if (!make(&t, ret))
			return false;
		if (*ret > now)
			return true;
		t.tm_mday++;
		return make(&t, ret);
	}
	h = min = 0;
	if (!read_date(&s, &y, &m, &d))
		return false;
	if ((*s == ' ' || *s == 'T') && !read_clock(s + 1, &h, &min))
		return false;
	if (*s != '\0' && *s != ' ' && *s != 'T')
		return false;
	t = (struct tm){.tm_year = y - 1900,
		.tm_mon = m - 1,
		.tm_mday = d,
		.tm_hour = h,
		.tm_min = min};
	return make(&t, ret);
}

bool when_day(const char *text, uint64_t now, uint32_t *ret)
{
	int y, m, d;
	struct tm t;

	*ret = 0;
	if (strcmp(text, "today") == 0 || strcmp(text, "yesterday") == 0) {
		if (!local(now, &t))
			return false;
		*ret = (uint32_t)(days_from(t.tm_year + 1900,
					  (unsigned)t.tm_mon + 1,
					  (unsigned)t.tm_mday) -
				  (text[0] == 'y'));
		return true;
	}
	if (!read_date(&text, &y, &m, &d) || *text != '\0')
		return false;
	*ret = (uint32_t)days_from(y, (unsigned)m, (unsigned)d);
	return true;
}

void when_day_text(uint32_t day, char ret[WHEN_LEN])
{
	time_t t = (time_t)day * (time_t)DAY;
	struct tm parts;

	ret[0] = '\0';
	if (gmtime_r(&t, &parts) != NULL)
		(void)strftime(ret, WHEN_LEN, "%Y-%m-%d", &parts);
}

void when_text(uint64_t time, uint64_t now, char ret[WHEN_LEN])
{
	struct tm t, today;

	ret[0] = '\0';
	if (time == 0 || !local(time, &t) || !local(now, &today))
		return;
	if (t.tm_year == today.tm_year && t.tm_yday == today.tm_yday)
		(void)strftime(ret, WHEN_LEN, "%H:%M", &t);
	else if (time < now && now - time < 6 * (uint64_t)DAY)
		(void)strftime(ret, WHEN_LEN, "%a %H:%M", &t);
	else
		(void)strftime(ret, WHEN_LEN, "%Y-%m-%d %H:%M", &t);
}

void when_iso(uint64_t time, char ret[WHEN_LEN])
{
	time_t t = (time_t)time;
	struct tm parts;

	ret[0] = '\0';
	if (gmtime_r(&t, &parts) != NULL)
		(void)strftime(ret, WHEN_LEN, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

void when_exact(uint64_t time, char ret[WHEN_LEN])
{
	struct tm t;

	ret[0] = '\0';
	if (local(time, &t))
		(void)strftime(ret, WHEN_LEN, "%Y-%m-%d %H:%M:%S %z", &t);
}

void when_span(uint64_t s, char ret[WHEN_LEN])
{
	unsigned long long d = s / DAY, h = s / 3600 % 24, m = s / 60 % 60;

	if (d > 0)
		(void)snprintf(ret, WHEN_LEN, _("%llu d %llu h"), d, h);
	else if (h > 0)
		(void)snprintf(ret, WHEN_LEN, _("%llu h %llu min"), h, m);
	else if (m > 0)
		(void)snprintf(ret, WHEN_LEN, _("%llu min"), m);
	else
		(void)snprintf(
			ret, WHEN_LEN, _("%llu s"), (unsigned long long)s);
}
