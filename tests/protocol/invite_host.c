/*
 * The registrar's side of an enrolment, with a real daemon, for a stranger
 * that speaks for the device: prints the invite and the code, waits to hear
 * that they are the same, and lets the card be logged.
 *
 *	invite ROWAN:...
 *	code 12345 67890
 *			<- same
 *	done
 *	coordinator SECRET	the transport key of somebody who may see all
 *cases
 *			<- device id in hexadecimal: revoke it
 *	revoked
 *			<- (end of input)
 */
#include <stdio.h>
#include <time.h>

#include <sodium.h>

#include "net/invite_kit.h"
#include "trust/invite.h"

#define PATIENCE 2400 /* times 50 ms */

static struct invite_kit i;

static void say(const char *what, const char *value)
{
	printf("%s %s\n", what, value);
	fflush(stdout);
}

static void make_invite(void)
{
	static char endpoint[64];
	char text[INVITE_TEXT_MAX + 1];
	struct invite invite = {.endpoint_count = 1};
	struct seed_server server;

	seed_server(0, &server);
	snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d",
		kit_daemon.port);
	enrol_kit_serve(&i.k, server.public, endpoint);
	enrol_wipe(&i.registrar);
	buf_wipe(&i.sealed);
	KIT_CHECK(enrol_kit_registrar(&i.k, &i.registrar, &i.sealed) == 0);
	KIT_CHECK(invite_kit_put(&i, 600) == WIRE_OK);
	seed_server(1, &server);
	memcpy(invite.server.b, server.public, sizeof invite.server.b);
	invite.secret = i.k.secret;
	snprintf(invite.endpoint[0], sizeof invite.endpoint[0], "127.0.0.1:%d",
		kit_daemon.enrol_port);
	KIT_CHECK(invite_write(&invite, text) == 0);
	say("invite", text);
}

/* Until the invite has come so far. */
static void await(uint8_t state, struct wire_invite_seen *ret)
{
	struct timespec t = {.tv_nsec = 50000000};

	for (int n = 0; n < PATIENCE; n++) {
		KIT_CHECK(invite_kit_watch(&i, ret) == WIRE_OK);
		KIT_CHECK(ret->state <= state);
		if (ret->state == state)
			return;
		nanosleep(&t, NULL);
	}
	KIT_CHECK(!"in time");
}

static void call(uint16_t op, struct writer *body)
{
	struct wire_message m;

	KIT_CHECK(invite_kit_call(i.main, op, body, &m) == WIRE_OK);
	writer_wipe(body);
}

static void answer(void)
{
	struct wire_invite_answer a;
	struct wire_invite_seen seen;
	struct writer w;

	await(WIRE_INVITE_COMMITTED, &seen);
	KIT_CHECK(enrol_registrar_commitment(&i.registrar, &seen.commitment,
			  i.clinic.cast.w.now) == 0);
	KIT_CHECK(enrol_registrar_answer(&i.registrar, &a) == 0);
	writer_init(&w, 256);
	KIT_CHECK(wire_invite_answer_encode(&a, &w) == 0);
	call(WIRE_OP_INVITE_ANSWER, &w);
}

static void show_code(void)
{
	char code[COMPARE_CODE_LEN];
	struct wire_invite_seen seen;

	await(WIRE_INVITE_REVEALED, &seen);
	KIT_CHECK(enrol_registrar_reveal(&i.registrar, seen.request,
			  &seen.nonce, i.clinic.cast.w.now) == 0);
	KIT_CHECK(enrol_code(&i.registrar, code) == 0);
	say("code", code);
}

/* Whoever may see all cases, and ends what the registrar has begun. */
static void revoke(const char *hex)
{
	const struct world_person *by = &i.clinic.cast.coordinator;
	struct relay_client *c = clinic_kit_connect(&i.clinic, by);
	struct wire_statement s;
	size_t n;

	world_statement(&i.clinic.cast.w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.reason = WIRE_REVOKE_LOST;
	KIT_CHECK(sodium_hex2bin(s.u.revoke.device.b, ID16_LEN, hex,
			  2 * ID16_LEN, NULL, &n, NULL) == 0 &&
		  n == ID16_LEN);
	KIT_CHECK(clinic_kit_act(&i.clinic, c, NULL, &s, by) == WIRE_OK);
	relay_close(c);
}

static void name_coordinator(void)
{
	char hex[2 * 32 + 1];
	struct seed_device d;

	clinic_kit_device(&i.clinic.cast.coordinator, &d);
	say("coordinator", sodium_bin2hex(hex, sizeof hex, d.secret, 32));
}

int main(void)
{
	char line[64];

	invite_kit_start(&i, "");
	make_invite();
	answer();
	show_code();
	KIT_CHECK(fgets(line, sizeof line, stdin) != NULL);
	KIT_CHECK(strcmp(line, "same\n") == 0);
	KIT_CHECK(invite_kit_log(&i) == WIRE_OK);
	KIT_CHECK(invite_kit_confirm(&i, true) == WIRE_OK);
	say("done", "");
	name_coordinator();
	KIT_CHECK(fgets(line, sizeof line, stdin) != NULL);
	revoke(line);
	say("revoked", "");
	while (fgets(line, sizeof line, stdin) != NULL)
		;
	return invite_kit_end(&i);
}
