/*
 * Idle strangers keep nobody out: above the cap of the enrolment port the
 * oldest one goes, but never one who has named an invite.
 */
#include <stdio.h>

#include "net/invite_kit.h"

#define CAP 3

static struct invite_kit i;

static struct relay_client *stranger(int n)
{
	struct world_person p;
	char name[32];

	snprintf(name, sizeof name, "stranger %d", n);
	world_person(&p, name);
	return invite_kit_connect(&p, true);
}

int main(void)
{
	struct relay_client *c[4 * CAP];
	struct wire_redeem_get_answer got;

	invite_kit_start(&i, "connections_enrol = 3;\n");
	KIT_CHECK(invite_kit_put(&i, 0) == WIRE_OK);
	/* The newcomer's connection, and two that say nothing. */
	c[0] = stranger(0);
	c[1] = stranger(1);
	KIT_CHECK(invite_kit_get(&i, i.enrol, &got) == WIRE_OK);
	for (int n = 2; n < 4 * CAP; n++) {
		c[n] = stranger(n);
		kit_closed(c[n - 2]);
		KIT_CHECK(kit_ping(c[n]));
		KIT_CHECK(kit_ping(i.enrol));
	}
	KIT_CHECK(invite_kit_commit(&i, i.enrol, &i.device.commitment) ==
		  WIRE_OK);
	for (int n = 0; n < 4 * CAP; n++)
		relay_close(c[n]);
	return invite_kit_end(&i);
}
