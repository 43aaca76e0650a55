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

/* Ask until it is too much; how often it was not. */
static int exhaust(struct relay_client *c)
{
	struct wire_redeem_get_answer got;
	uint16_t code = WIRE_OK;
	int n = -1;

	for (; n < 100 && code != WIRE_QUOTA; n++)
		code = invite_kit_get(&i, c, &got);
	KIT_CHECK(code == WIRE_QUOTA && relay_error(c).retry_ms > 0);
	return n;
}

/*
 * A stranger has a few tries, all strangers together some more, and whoever
 * has named an invite is held up by neither.
 */
static void allowances(void)
{
	struct wire_redeem_get_answer got;
	struct relay_client *c[3], *good;
	struct world_person p;
	char name[] = "stranger 0";

	i.registrar.invite.b[0] ^= 1;
	KIT_CHECK(invite_kit_put(&i, 0) == WIRE_OK);
	good = invite_kit_connect(&i.k.self, true);
	KIT_CHECK(invite_kit_get(&i, good, &got) == WIRE_OK);
	i.registrar.invite.b[0] ^= 1;
	for (int n = 0; n < 3; n++) {
		name[9]++;
		world_person(&p, name);
		c[n] = invite_kit_connect(&p, true);
		/* The last one pays for the others. */
		KIT_CHECK(exhaust(c[n]) < (n < 2 ? 12 : 9));
		/* hello and ping go on, and so do the devices. */
		KIT_CHECK(kit_ping(c[n]));
		KIT_CHECK(kit_ping(i.main));
	}
	i.registrar.invite.b[0] ^= 1;
	for (int n = 0; n < 20; n++)
		KIT_CHECK(invite_kit_get(&i, good, &got) == WIRE_OK);
	relay_close(good);
	for (int n = 0; n < 3; n++)
		relay_close(c[n]);
}

/* Strangers say short things. */
static void no_long_message(void)
{
	static uint8_t mem[8192];
	struct relay_request q = {.op = WIRE_OP_REDEEM_REVEAL};
	struct relay_client *c;
	struct world_person p;
	struct writer w;

	world_person(&p, "talker");
	c = invite_kit_connect(&p, true);
	writer_init_fixed(&w, mem, sizeof mem);
	writer_raw(&w, (uint8_t[5000]){0}, 5000);
	q.body = &w;
	KIT_CHECK(relay_send(c, &q, NULL) == 0);
	kit_closed(c);
	relay_close(c);
	KIT_CHECK(kit_ping(i.main));
}

int main(void)
{
	invite_kit_start(&i, "rate_enrol = 30;\n");
	each_port_its_own();
	one_refusal();
	no_long_message();
	allowances();
	return invite_kit_end(&i);
}
