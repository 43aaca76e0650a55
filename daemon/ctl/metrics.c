/*
 * The text: see metrics.h. Every family is announced once, before its samples.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clock/clock.h"
#include "ctl/metrics.h"
#include "process/version.h"

/* The text so far, and whether it is for a reader that knows no OpenMetrics. */
struct out {
	struct writer *w;
	bool plain;
};

__attribute__((format(printf, 2, 3))) static void put(
	struct out *w, const char *fmt, ...)
{
	char line[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	writer_raw(w->w, line,
		n < 0			  ? 0
		: (size_t)n < sizeof line ? (size_t)n
					  : sizeof line - 1);
}

/* Where OpenMetrics has a family, the older form knows its samples only. */
static void family(
	struct out *w, const char *name, const char *type, const char *help)
{
	const char *end =
		w->plain && strcmp(type, "counter") == 0 ? "_total" : "";

	put(w, "# HELP rowan_%s%s %s\n# TYPE rowan_%s%s %s\n", name, end, help,
		name, end, type);
}

static void gauge(
	struct out *w, const char *name, const char *help, uint64_t value)
{
	family(w, name, "gauge", help);
	put(w, "rowan_%s %llu\n", name, (unsigned long long)value);
}

static void counter(
	struct out *w, const char *name, const char *help, uint64_t value)
{
	family(w, name, "counter", help);
	put(w, "rowan_%s_total %llu\n", name, (unsigned long long)value);
}

/* Microseconds as seconds, exactly. */
static void seconds(struct out *w, uint64_t us)
{
	put(w, "%llu.%06llu", (unsigned long long)(us / 1000000),
		(unsigned long long)(us % 1000000));
}

struct histogram {
	const char *name, *help;
	const uint64_t *bounds;
	bool time; /* in microseconds, shown in seconds */
};

static void histogram(
	struct out *w, const struct histogram *h, const struct meter_view *m)
{
	uint64_t sum = 0;

	family(w, h->name, "histogram", h->help);
	for (size_t i = 0; i < METER_BUCKETS; i++) {
		sum += m->bucket[i];
		put(w, "rowan_%s_bucket{le=\"", h->name);
		if (i == METER_BUCKETS - 1)
			put(w, "+Inf");
		else if (h->time)
			seconds(w, h->bounds[i]);
		else
			put(w, "%llu.0", (unsigned long long)h->bounds[i]);
		put(w, "\"} %llu\n", (unsigned long long)sum);
	}
	put(w, "rowan_%s_sum ", h->name);
	if (h->time)
		seconds(w, m->sum);
	else
		put(w, "%llu", (unsigned long long)m->sum);
	put(w, "\nrowan_%s_count %llu\n", h->name, (unsigned long long)sum);
}

/* Counts that are one family with a label: refusals by kind. */
static const char *const refusals[] = {"malformed", "over_limit", "bad_version",
	"bad_operation", "over_rate", "not_authorised", "over_quota", "full",
	"held", "exists", "stale", "again"};

static bool is_refusal(const char *name)
{
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		if (strcmp(refusals[i], name) == 0)
			return true;
	return false;
}

static bool is_gauge(const char *name)
{
	return strncmp(name, "connections", 11) == 0;
}

static void counts(struct out *w, const struct server_counters *c)
{
	const struct counter *n;

	family(w, "refused", "counter", "Requests refused, by kind.");
	for (size_t i = 0; (n = counters_at(i)) != NULL; i++)
		if (is_refusal(n->name))
			put(w, "rowan_refused_total{kind=\"%s\"} %llu\n",
				n->name,
				(unsigned long long)counters_get(c, n));
	family(w, "open_connections", "gauge", "Connections now, by port.");
	for (size_t i = 0; (n = counters_at(i)) != NULL; i++)
		if (is_gauge(n->name))
			put(w, "rowan_open_connections{port=\"%s\"} %llu\n",
				n->name[11] == '_' ? n->name + 12 : "main",
				(unsigned long long)counters_get(c, n));
	for (size_t i = 0; (n = counters_at(i)) != NULL; i++)
		if (!is_refusal(n->name) && !is_gauge(n->name))
			counter(w, n->name, "See docs/operations.md, Counts.",
				counters_get(c, n));
}

static void disk(struct out *w, const struct ctl_snapshot *s)
{
	gauge(w, "store_bytes", "Size of the database.",
		s->store.pages * s->store.page_size);
	gauge(w, "store_limit_bytes", "What it may grow to: store_bytes.",
		s->relay.config.store_bytes);
	gauge(w, "store_free_bytes", "Of it, free to be used again.",
		s->store.pages_free * s->store.page_size);
	gauge(w, "wal_bytes", "Size of the write-ahead log.",
		s->store.log_bytes);
	gauge(w, "takes_new", "1 while new messages find room.", s->room);
	gauge(w, "disk_free_bytes", "Free on the volume.", s->disk_free);
	gauge(w, "reserve_bytes", "Kept back for a full disk.",
		s->room ? s->relay.config.reserve_bytes : 0);
	gauge(w, "urgent_oldest_seconds",
		"How long the oldest urgent envelope waits; 0: none does.",
		s->log.urgent == 0 || s->now < s->log.urgent
			? 0
			: s->now - s->log.urgent);
	gauge(w, "envelopes_waiting", "Envelopes not yet fetched by all.",
		s->store.envelopes);
}

static void restore(struct out *w, const struct ctl_snapshot *s)
{
	gauge(w, "restoring",
		"After a restore: 1 nobody can write, 2 some cases wait.",
		s->relay.restoring);
	gauge(w, "restoring_devices",
		"Devices that it waits for, at first coordinators' alone.",
		s->relay.restoring_missing);
	gauge(w, "restoring_until_seconds",
		"When that is over at the latest; 0: nothing waits.",
		restoring_until(s));
	gauge(w, "restore_refused",
		"1 when whoever signed it is not the authority any more.",
		s->relay.restore_refused);
	gauge(w, "unburied",
		"1 while an erased case has no tombstone beside the backups.",
		s->relay.unburied);
}

static void audit(struct out *w, const struct ctl_snapshot *s)
{
	gauge(w, "log_leaves", "Leaves of the audit log under its signed head.",
		s->log.size);
	gauge(w, "log_cosigned_leaves", "Of these, cosigned by a witness.",
		s->log.cosigned);
	gauge(w, "log_cosigned_seconds",
		"Time of the newest cosignature; 0: none.", s->log.cosigned_at);
}

static void times(struct out *w, const struct ctl_snapshot *s)
{
	gauge(w, "clock_doubtful", "1 while nothing expires or is released.",
		s->doubt != 0);
	gauge(w, "clock_jumped", "1 after the clock jumped.",
		(s->doubt & CLOCK_JUMPED) != 0);
	gauge(w, "time_seconds", "The daemon's time.", s->now);
	gauge(w, "card_until_seconds", "End of the daemon's card; 0: none.",
		s->card_until);
	gauge(w, "card_revoked", "1 when that card was revoked.",
		s->card_revoked);
	gauge(w, "drill_seconds",
		"Time of the last restore drill here; 0: none.", s->drill_at);
	gauge(w, "backup_seconds", "Time of the newest backup; 0: none.",
		s->backup_at);
	gauge(w, "backup_bytes", "Its size.", s->backup_bytes);
}

void metrics_write(const struct ctl_snapshot *s, bool plain, struct writer *to)
{
	struct out out = {to, plain}, *w = &out;
	static const struct histogram answer = {"answer_seconds",
		"From a request's arrival to its answer.", meter_times, true};
	static const struct histogram batch = {"batch_operations",
		"Requests in one transaction.", meter_sizes, false};
	static const struct histogram commit = {"commit_seconds",
		"Commits, the flush of the disk included.", meter_times, true};

	family(w, plain ? "build_info" : "build", plain ? "gauge" : "info",
		"Version.");
	put(w, "rowan_build_info{version=\"%s\"} 1\n", ROWAND_VERSION);
	gauge(w, "up_seconds", "Since the start.", s->up);
	gauge(w, "draining", "1 while it stops.", s->relay.draining);
	gauge(w, "queue", "Requests that wait for the writer.", s->relay.queue);
	gauge(w, "queue_limit", "How many may: request_queue.",
		s->relay.config.request_queue);
	histogram(w, &answer, &s->relay.answer_time);
	histogram(w, &batch, &s->relay.batch_size);
	histogram(w, &commit, &s->relay.commit_time);
	counts(w, &s->relay.count);
	disk(w, s);
	times(w, s);
	restore(w, s);
	audit(w, s);
	if (!plain)
		put(w, "# EOF\n");
}
