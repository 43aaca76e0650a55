/*
 * The table of counts: see counters.h. Holds no state.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "net/counters.h"
#include "wire/code.h"

/* clang-format off */
#define NAMED(field, name) {name, offsetof(struct server_counters, field)}
#define COUNT(field)	   NAMED(field, #field)

static const struct counter table[] = {
	NAMED(connections[ZAP_MAIN], "connections"),
	NAMED(connections[ZAP_NEXT], "connections_next"),
	NAMED(connections[ZAP_ENROL], "connections_enrol"),
	NAMED(zap[ZAP_ACCEPT], "handshakes"),
	NAMED(zap[ZAP_BAD_KEY], "unknown_key"),
	NAMED(zap[ZAP_BAD_REVOKED], "revoked_key"),
	NAMED(zap[ZAP_BAD_MECHANISM], "bad_mechanism"),
	NAMED(zap[ZAP_BAD_REQUEST], "bad_zap"),
	NAMED(zap[ZAP_LATER], "not_judged"),
	COUNT(bad_handshakes),
	COUNT(accept_failures),
	COUNT(turned_away),
	COUNT(cut_off),
	COUNT(mute),
	COUNT(bad_routing),
	COUNT(received),
	COUNT(dropped),
	COUNT(malformed),
	COUNT(over_limit),
	COUNT(bad_version),
	COUNT(bad_operation),
	COUNT(over_rate),
	COUNT(not_authorised),
	COUNT(over_quota),
	COUNT(full),
	COUNT(held),
	COUNT(exists),
	COUNT(stale),
	COUNT(again),
	COUNT(items_refused),
	COUNT(unsent_answers),
	COUNT(unsent_pushes),
	COUNT(answers),
	COUNT(pushes),
	COUNT(envelopes),
	COUNT(batches),
	COUNT(operations),
	COUNT(failed_commits),
	COUNT(clock_failures),
};
/* clang-format on */

_Static_assert(sizeof table / sizeof *table * sizeof(uint64_t) ==
		       sizeof(struct server_counters),
	"every count has a name");

const struct counter *counters_at(size_t i)
{
	return i < sizeof table / sizeof *table ? &table[i] : NULL;
}

uint64_t counters_get(
	const struct server_counters *c, const struct counter *counter)
{
	uint64_t n;

	memcpy(&n, (const char *)c + counter->offset, sizeof n);
	return n;
}

uint64_t *counters_of_code(struct server_counters *c, uint16_t code)
{
	switch ((enum wire_code)code) {
	case WIRE_QUOTA: return &c->over_quota;
	case WIRE_FULL: return &c->full;
	case WIRE_HELD: return &c->held;
	case WIRE_STALE:
	case WIRE_MEMBERSHIP:
	case WIRE_COUNTER: return &c->stale;
	case WIRE_MALFORMED: return &c->malformed;
	case WIRE_LIMIT: return &c->over_limit;
	case WIRE_VERSION: return &c->bad_version;
	case WIRE_OPERATION: return &c->bad_operation;
	case WIRE_REFUSED:
	case WIRE_REVOKED: return &c->not_authorised;
	case WIRE_EXISTS: return &c->exists;
	case WIRE_OK:
	case WIRE_RESTORING:
	case WIRE_AGAIN: break;
	}
	return &c->again;
}

void counters_write(const struct server_counters *c, struct writer *w)
{
	char text[64];

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		int n = snprintf(text, sizeof text, "%s%s=%llu",
			i > 0 ? " " : "", table[i].name,
			(unsigned long long)counters_get(c, &table[i]));

		writer_raw(w, text, (size_t)n);
	}
}
