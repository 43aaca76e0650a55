/*
 * The people of the tests of trust: see trust_cast.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/trust_cast.h"
#include "trust/attest.h"

int cast_setup(void **state)
{
	static struct cast t;

	memset(&t, 0, sizeof t);
	world_init(&t.w);
	cast_enter(&t);
	*state = &t;
	return 0;
}

int cast_teardown(void **state)
{
	struct cast *t = *state;

	world_wipe(&t->w);
	return 0;
}

/* Everything a refusal must not change. */
void cast_snapshot(const struct cast *t, struct buf *ret)
{
	struct writer w;

	writer_init(&w, 1 << 20);
	clinic_save(&t->w.clinic, &w);
	writer_u64(&w, t->w.card_count);
	for (size_t i = 0; i < t->w.card_count; i++)
		writer_u64(&w, t->w.card[i].revoked);
	for (size_t i = 0; i < t->w.case_count; i++)
		case_save(&t->w.cases[i], &w);
	assert_int_equal(writer_finish(&w, ret), 0);
}

void cast_unchanged(const struct cast *t, struct buf *before)
{
	struct buf after;

	cast_snapshot(t, &after);
	assert_true(bytes_eq(buf_view(before), buf_view(&after)));
	buf_wipe(&after);
	buf_wipe(before);
}

int cast_entitled(const struct cast *t, const struct world_person *p,
	uint8_t channel, uint64_t time)
{
	struct rules_context ctx = {
		&t->w.clinic, &t->w.source, t->c, true, time};

	return rules_entitled(&ctx, &p->device, channel, time, NULL);
}

/* A possible statement of each kind. */
void cast_fill(
	struct cast *t, uint8_t kind, uint8_t channel, struct wire_statement *s)
{
	world_statement(
		&t->w, wire_statement_of_case(kind) ? t->c : NULL, kind, s);
	switch (kind) {
	case WIRE_ST_REVOKE:
		s->u.revoke.device = t->victim.device;
		s->u.revoke.reason = WIRE_REVOKE_LOST;
		s->u.revoke.case_id = t->c->id;
		break;
	case WIRE_ST_ASSIGN:
		s->u.assign.member = t->stranger.member;
		s->u.assign.channel = channel;
		s->u.assign.from = t->w.now;
		break;
	case WIRE_ST_UNASSIGN:
		s->u.unassign.member = t->advocate.member;
		s->u.unassign.channel = channel;
		break;
	case WIRE_ST_CLOSE: s->u.close.reason = WIRE_CLOSE_RESOLVED; break;
	case WIRE_ST_RESET:
		s->u.reset.channel = channel;
		s->u.reset.generation = 2;
		s->u.reset.group_id.b[0] = 9;
		break;
	case WIRE_ST_HOLD: s->u.hold.on = 1; break;
	default: break;
	}
}
