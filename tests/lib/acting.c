/*
 * People who act: see acting.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "clinic/acts.h"
#include "lib/acting.h"

struct ops_kit acting_ops;
struct cast acting_cast;
const struct id16 acting_clinic;
struct wire_chain_head acting_head;

/* What the world accepts the store accepts too. */
static void sink(void *ctx, struct bytes statement)
{
	struct acts_result result;

	acting_ops.kit.now = acting_cast.w.now;
	kit_begin(&acting_ops.kit);
	assert_int_equal(store_mark(acting_ops.kit.st), 0);
	assert_int_equal(acts_put(acting_ops.kit.st, statement,
				 acting_cast.w.now, &result),
		0);
	assert_int_equal(store_keep(acting_ops.kit.st), 0);
	kit_commit(&acting_ops.kit);
}

int acting_setup(void **state)
{
	memset(&acting_ops, 0, sizeof acting_ops);
	memset(&acting_cast, 0, sizeof acting_cast);
	config_defaults(&acting_ops.config);
	ops_kit_start(&acting_ops, 100);
	world_init(&acting_cast.w);
	acting_ops.kit.now = acting_cast.w.now;
	kit_begin(&acting_ops.kit);
	assert_int_equal(
		acts_begin(acting_ops.kit.st, buf_view(&acting_cast.w.record)),
		0);
	kit_commit(&acting_ops.kit);
	acting_cast.w.sink = sink;
	cast_enter(&acting_cast);
	return 0;
}

int acting_teardown(void **state)
{
	kit_check(&acting_ops.kit);
	world_wipe(&acting_cast.w);
	ops_kit_stop(&acting_ops);
	return 0;
}

/* ---- requests ---- */

uint16_t acting_put_as(const struct world_person *who, struct bytes raw)
{
	struct wire_message m;
	uint16_t code;

	acting_ops.request.body.statement_put.statement = raw;
	code = ops_kit_run_as(&acting_ops, WIRE_OP_STATEMENT_PUT, &who->device);
	if (code != WIRE_OK)
		return code;
	m = ops_kit_answer(&acting_ops);
	assert_int_equal(wire_chain_head_decode(&m, &acting_head), 0);
	return code;
}

/* Sign, put over the wire, and keep the world in step. */
uint16_t acting_act_as(const struct world_person *who, struct case_state *c,
	struct wire_statement *s)
{
	struct buf raw;
	uint16_t code;

	world_sign(&acting_cast.w, who, s, &raw);
	code = acting_put_as(who, buf_view(&raw));
	acting_cast.w.sink = NULL;
	if (code == WIRE_OK)
		assert_int_equal(
			world_submit(&acting_cast.w, c, buf_view(&raw)), 0);
	acting_cast.w.sink = sink;
	buf_wipe(&raw);
	return code;
}

void acting_assigns(const struct world_person *member, uint8_t channel,
	struct wire_statement *ret)
{
	world_statement(&acting_cast.w, acting_cast.c, WIRE_ST_ASSIGN, ret);
	ret->u.assign.member = member->member;
	ret->u.assign.channel = channel;
	ret->u.assign.from = acting_cast.w.now;
}

void acting_unassigns(const struct world_person *member, uint8_t channel,
	struct wire_statement *ret)
{
	world_statement(&acting_cast.w, acting_cast.c, WIRE_ST_UNASSIGN, ret);
	ret->u.unassign.member = member->member;
	ret->u.unassign.channel = channel;
}
