/*
 * Commands that look: status, health, sessions, metrics. Counts and sizes
 * only: never who, never from where.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <sys/statvfs.h>

#include "clock/clock.h"
#include "backup/folder.h"
#include "ctl/call.h"
#include "ctl/health.h"
#include "ctl/metrics.h"
#include "ctl/snapshot.h"
#include "process/version.h"

void ctl_status(struct ctl_call *c)
{
	struct ctl_snapshot s;
	int rc = snapshot_take(c, &s);

	if (rc != 0) {
		ctl_fail(c, rc);
		return;
	}
	ctl_row(c->a);
	ctl_text(c->a, "version", ROWAND_VERSION);
	ctl_number(c->a, "pid", (uint64_t)getpid());
	ctl_text(c->a, "state", s.relay.draining ? "draining" : "serving");
	ctl_number(c->a, "up_seconds", s.up);
	ctl_text(c->a, "clock", s.doubt != 0 ? "doubtful" : "trusted");
	ctl_text(c->a, "restoring", restoring_word(&s));
	ctl_number(c->a, "restoring_devices", s.relay.restoring_missing);
	ctl_time(c->a, "restoring_until", restoring_until(&s));
	ctl_number(c->a, "connections",
		s.relay.count.connections[ZAP_MAIN] +
			s.relay.count.connections[ZAP_NEXT]);
	ctl_number(c->a, "queue", s.relay.queue);
	ctl_number(c->a, "devices", s.store.devices);
	ctl_number(c->a, "channels", s.store.channels);
	ctl_number(c->a, "envelopes", s.store.envelopes);
	ctl_time(c->a, "urgent_since", s.log.urgent);
	ctl_number(c->a, "blobs", s.store.blobs);
	ctl_number(c->a, "schema", (uint64_t)store_schema_newest());
	ctl_number(c->a, "store_bytes", s.store.pages * s.store.page_size);
	ctl_number(c->a, "store_bytes_most", s.relay.config.store_bytes);
	ctl_number(c->a, "wal_bytes", s.store.log_bytes);
	ctl_number(c->a, "disk_free_bytes", s.disk_free);
	ctl_flag(c->a, "takes_new", s.room);
	ctl_number(c->a, "log_leaves", s.log.size);
	ctl_time(c->a, "log_cosigned", s.log.cosigned_at);
	ctl_time(c->a, "card_until", s.card_until);
	ctl_time(c->a, "last_backup", s.backup_at);
	ctl_time(c->a, "last_drill", s.drill_at);
}

/* ---- health: the exit codes that monitoring systems know ---- */

void ctl_health(struct ctl_call *c)
{
	struct ctl_snapshot s;
	struct health h;
	int rc = snapshot_take(c, &s);

	if (rc != 0) {
		ctl_say(c->a, HEALTH_UNKNOWN, "%s", rowan_strerror(rc));
		return;
	}
	health_judge(&s, &h);
	for (size_t i = 0; i < h.count; i++) {
		ctl_row(c->a);
		ctl_text(c->a, "check", h.at[i].name);
		ctl_text(c->a, "state", health_word(h.at[i].state));
		ctl_text(c->a, "words", h.at[i].words);
	}
	ctl_say(c->a, (uint8_t)h.worst, "%s", health_word(h.worst));
}

/* ---- sessions ---- */

void ctl_sessions(struct ctl_call *c)
{
	static const char *const ports[ZAP_PORTS] = {[ZAP_MAIN] = "main",
		[ZAP_NEXT] = "next",
		[ZAP_ENROL] = "enrolment"};
	struct server_state s;
	int rc = ctl_state(c, &s);

	if (rc != 0) {
		ctl_fail(c, rc);
		return;
	}
	for (int p = 0; p < ZAP_PORTS; p++) {
		ctl_row(c->a);
		ctl_text(c->a, "port", ports[p]);
		ctl_number(c->a, "connections", s.count.connections[p]);
	}
}

void ctl_metrics(struct ctl_call *c)
{
	struct ctl_snapshot s;
	struct writer w;
	int rc = snapshot_take(c, &s);

	if (rc != 0) {
		ctl_fail(c, rc);
		return;
	}
	writer_init(&w, CTL_VALUE_MAX);
	metrics_write(&s, (c->q.flags & CTL_ALL) != 0, &w);
	writer_u8(&w, 0);
	if (writer_status(&w) == 0) {
		ctl_row(c->a);
		ctl_text(c->a, "text", (const char *)w.data);
	} else {
		ctl_fail(c, writer_status(&w));
	}
	writer_wipe(&w);
}
