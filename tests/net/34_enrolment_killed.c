/*
 * kill -9 after every step of an enrolment: what was answered is there, and
 * the same request again is a repeat, never a second redemption.
 */
#include "net/invite_kit.h"

static struct invite_kit i;

static uint16_t put(void)
{
	return invite_kit_put(&i, 0);
}

static uint16_t commit(void)
{
	return invite_kit_commit(&i, i.enrol, &i.device.commitment);
}

static uint16_t answer(void)
{
	return invite_kit_answer(&i);
}

static uint16_t reveal(void)
{
	return invite_kit_reveal(&i, i.enrol);
}

static uint16_t withdraw(void)
{
	return invite_kit_confirm(&i, false);
}

int main(void)
{
	static const struct {
		uint16_t (*run)(void);
		uint8_t state;
	} steps[] = {
		{put, WIRE_INVITE_OPEN},
		{commit, WIRE_INVITE_COMMITTED},
		{answer, WIRE_INVITE_ANSWERED},
		{reveal, WIRE_INVITE_REVEALED},
		{withdraw, WIRE_INVITE_WITHDRAWN},
	};

	invite_kit_start(&i, "");
	for (size_t n = 0; n < sizeof steps / sizeof *steps; n++) {
		KIT_CHECK(steps[n].run() == WIRE_OK);
		invite_kit_kill(&i);
		KIT_CHECK(invite_kit_state(&i) == steps[n].state);
		KIT_CHECK(steps[n].run() == WIRE_OK);
		KIT_CHECK(invite_kit_state(&i) == steps[n].state);
	}
	return invite_kit_end(&i);
}
