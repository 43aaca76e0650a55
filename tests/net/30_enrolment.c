/*
 * A device that nobody knows comes in by an invite: two ports, two people, one
 * code, and the daemon restarted before the card is logged.
 */
#include "net/invite_kit.h"

static struct invite_kit i;

/* The main port does not let an unknown key say anything. */
static void not_on_the_main_port(void)
{
	struct relay_client *c = NULL;
	struct seed_device d;
	struct relay_options o = {.kind = RELAY_LINK_RAW,
		.port = kit_daemon.port,
		.server = 0,
		.device = &d};

	clinic_kit_device(&i.k.self, &d);
	KIT_CHECK(relay_open(&c, &o) == 0);
	KIT_CHECK(relay_hello(c, NULL) != 0);
	relay_close(c);
}

static void to_the_code(void)
{
	char theirs[COMPARE_CODE_LEN], ours[COMPARE_CODE_LEN];
	struct wire_redeem_get_answer got;
	struct wire_redeem_result result;
	struct wire_invite_seen seen;

	KIT_CHECK(invite_kit_put(&i, 0) == WIRE_OK);
	KIT_CHECK(invite_kit_get(&i, i.enrol, &got) == WIRE_OK);
	KIT_CHECK(bytes_eq(got.bundle, buf_view(&i.sealed)));
	KIT_CHECK(invite_kit_commit(&i, i.enrol, &i.device.commitment) ==
		  WIRE_OK);
	KIT_CHECK(invite_kit_watch(&i, &seen) == WIRE_OK);
	KIT_CHECK(seen.state == WIRE_INVITE_COMMITTED);
	KIT_CHECK(enrol_registrar_commitment(&i.registrar, &seen.commitment,
			  i.clinic.cast.w.now) == 0);
	KIT_CHECK(invite_kit_answer(&i) == WIRE_OK);
	KIT_CHECK(invite_kit_result(&i, i.enrol, &result) == WIRE_OK);
	KIT_CHECK(result.state == WIRE_INVITE_ANSWERED);
	KIT_CHECK(enrol_device_answer(&i.device, &result.nonce) == 0);
	KIT_CHECK(invite_kit_reveal(&i, i.enrol) == WIRE_OK);
	KIT_CHECK(invite_kit_watch(&i, &seen) == WIRE_OK);
	KIT_CHECK(seen.state == WIRE_INVITE_REVEALED);
	KIT_CHECK(enrol_registrar_reveal(&i.registrar, seen.request,
			  &seen.nonce, i.clinic.cast.w.now) == 0);
	KIT_CHECK(enrol_code(&i.registrar, theirs) == 0);
	KIT_CHECK(enrol_code(&i.device, ours) == 0);
	KIT_CHECK(strcmp(theirs, ours) == 0);
}

int main(void)
{
	struct wire_redeem_result result;
	struct relay_client *c;
	struct wire_card card;

	invite_kit_start(&i, "");
	not_on_the_main_port();
	to_the_code();
	KIT_CHECK(invite_kit_confirm(&i, true) == WIRE_REFUSED);
	invite_kit_restart(&i);
	KIT_CHECK(invite_kit_log(&i) == WIRE_OK);
	KIT_CHECK(invite_kit_state(&i) == WIRE_INVITE_REVEALED);
	KIT_CHECK(invite_kit_confirm(&i, true) == WIRE_OK);
	KIT_CHECK(invite_kit_result(&i, i.enrol, &result) == WIRE_OK);
	KIT_CHECK(result.state == WIRE_INVITE_DONE);
	KIT_CHECK(enrol_device_finish(&i.device, result.chain, &card) == 0);
	/* The same key is somebody's now. */
	c = invite_kit_connect(&i.k.self, false);
	KIT_CHECK(kit_ping(c));
	relay_close(c);
	return invite_kit_end(&i);
}
