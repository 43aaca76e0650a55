/*
 * What each port serves: strangers nothing but their own operations, devices
 * none of these, and all strangers together no more than the port allows.
 */
#include "net/invite_kit.h"

static struct invite_kit i;

static uint16_t ask(struct relay_client *c, uint16_t op)
{
	struct wire_message m;
	uint8_t mem[16];
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	return invite_kit_call(c, op, &w, &m);
}

/* An empty body is none of these operations' form, where they are served. */
static void each_port_its_own(void)
{
	const struct wire_op_info *op;

	for (size_t n = 0; (op = wire_op_at(n)) != NULL; n++) {
		bool stranger = (op->flags & WIRE_OP_STRANGER) != 0;
		bool both = (op->flags & WIRE_OP_ENROL) != 0;
		bool pushed = (op->flags & WIRE_OP_PUSHED) != 0;

		if (both)
			continue;
		KIT_CHECK(ask(i.enrol, op->op) ==
			  (stranger ? WIRE_MALFORMED : WIRE_OPERATION));
		if (stranger || pushed)
			KIT_CHECK(ask(i.main, op->op) == WIRE_OPERATION);
	}
}

/* "Unknown" and "not yours" are the same bytes. */
static void one_refusal(void)
{
	struct wire_redeem_get_answer got;
	struct wire_error a, b;

	KIT_CHECK(invite_kit_get(&i, i.enrol, &got) == WIRE_REFUSED);
	a = relay_error(i.enrol);
	KIT_CHECK(invite_kit_put(&i, 0) == WIRE_OK);
	KIT_CHECK(invite_kit_confirm(&i, false) == WIRE_OK);
	KIT_CHECK(invite_kit_get(&i, i.enrol, &got) == WIRE_REFUSED);
	b = relay_error(i.enrol);
	KIT_CHECK(a.code == b.code && a.retry_ms == b.retry_ms);
}

/* Connecting again gains nothing. */
static void one_allowance(void)
{
	struct wire_redeem_get_answer got;
	struct relay_client *c;
	struct world_person p;
	uint16_t code = WIRE_OK;
	int n = 0;

	for (; n < 200 && code != WIRE_QUOTA; n++)
		code = invite_kit_get(&i, i.enrol, &got);
	KIT_CHECK(code == WIRE_QUOTA && n < 110);
	KIT_CHECK(relay_error(i.enrol).retry_ms > 0);
	world_person(&p, "another stranger");
	c = invite_kit_connect(&p, true);
	KIT_CHECK(invite_kit_get(&i, c, &got) == WIRE_QUOTA);
	/* hello and ping go on, and so do the devices. */
	KIT_CHECK(kit_ping(c));
	KIT_CHECK(kit_ping(i.main));
	relay_close(c);
}

int main(void)
{
	invite_kit_start(&i, "rate_enrol = 100;\n");
	each_port_its_own();
	one_refusal();
	one_allowance();
	return invite_kit_end(&i);
}
