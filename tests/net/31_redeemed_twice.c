/*
 * An invite belongs to the first who redeems it: a repeat is a repeat, over a
 * new connection too, and anybody else burns it and raises the alarm.
 */
#include <time.h>

#include "net/invite_kit.h"

static struct invite_kit i;

static void by_somebody_else(void)
{
	struct relay_client *thief, *again;
	struct wire_redeem_get_answer got;
	struct wire_redeem_result result;
	struct world_person p;
	struct wire_hash other = {{1}};

	world_person(&p, "thief");
	KIT_CHECK(invite_kit_put(&i, 0) == WIRE_OK);
	KIT_CHECK(invite_kit_commit(&i, i.enrol, &i.device.commitment) ==
		  WIRE_OK);
	/* The line breaks; the same key goes on. */
	again = invite_kit_connect(&i.k.self, true);
	KIT_CHECK(
		invite_kit_commit(&i, again, &i.device.commitment) == WIRE_OK);
	KIT_CHECK(invite_kit_get(&i, again, &got) == WIRE_OK);
	KIT_CHECK(invite_kit_state(&i) == WIRE_INVITE_COMMITTED);
	thief = invite_kit_connect(&p, true);
	KIT_CHECK(invite_kit_result(&i, thief, &result) == WIRE_REFUSED);
	KIT_CHECK(invite_kit_state(&i) == WIRE_INVITE_COMMITTED);
	KIT_CHECK(invite_kit_commit(&i, thief, &other) == WIRE_REFUSED);
	KIT_CHECK(invite_kit_state(&i) == (WIRE_INVITE_BURNT | 0x80));
	KIT_CHECK(invite_kit_answer(&i) == WIRE_REFUSED);
	KIT_CHECK(invite_kit_result(&i, again, &result) == WIRE_OK);
	KIT_CHECK(result.state == WIRE_INVITE_BURNT);
	relay_close(again);
	relay_close(thief);
}

/* By the daemon's clock: started again it may go at half its pace. */
static void wait_for_the_end(void)
{
	const struct timespec t = {.tv_nsec = 100000000};

	for (int n = 0; n < 1200; n++) {
		if (invite_kit_state(&i) == WIRE_INVITE_EXPIRED)
			return;
		nanosleep(&t, NULL);
	}
	KIT_CHECK(false);
}

static void when_it_is_over(void)
{
	struct wire_redeem_get_answer got;
	int tries = 0;

	/* Where the machine is so slow that it is over at once, another one. */
	do {
		i.registrar.invite.b[0]++;
		KIT_CHECK(invite_kit_put(&i, 5) == WIRE_OK);
	} while (invite_kit_get(&i, i.enrol, &got) != WIRE_OK && ++tries < 20);
	KIT_CHECK(tries < 20);
	wait_for_the_end();
	KIT_CHECK(invite_kit_get(&i, i.enrol, &got) == WIRE_REFUSED);
	KIT_CHECK(invite_kit_commit(&i, i.enrol, &i.device.commitment) ==
		  WIRE_REFUSED);
	KIT_CHECK(invite_kit_state(&i) == WIRE_INVITE_EXPIRED);
}

int main(void)
{
	invite_kit_start(&i, "invite_lifetime_max = \"1 d\";\n");
	by_somebody_else();
	/* Started again it is what it was. */
	invite_kit_restart(&i);
	KIT_CHECK(invite_kit_state(&i) == (WIRE_INVITE_BURNT | 0x80));
	when_it_is_over();
	i.registrar.invite.b[1] ^= 1;
	KIT_CHECK(invite_kit_put(&i, 86401) == WIRE_LIMIT);
	KIT_CHECK(invite_kit_put(&i, 86400) == WIRE_OK);
	return invite_kit_end(&i);
}
