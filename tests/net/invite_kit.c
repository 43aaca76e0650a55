/*
 * Enrolment against a running daemon: see invite_kit.h.
 */
#include <signal.h>
#include <time.h>

#include <sys/wait.h>

#include "net/invite_kit.h"

#define BODY_MAX (WIRE_BUNDLE_MAX + 256)

struct relay_client *invite_kit_connect(
	const struct world_person *p, bool enrol)
{
	struct relay_client *c = NULL;
	struct seed_device d;
	struct relay_options o = {.kind = RELAY_LINK_RAW,
		.port = enrol ? kit_daemon.enrol_port : kit_daemon.port,
		.server = enrol ? 1 : 0,
		.device = &d};

	clinic_kit_device(p, &d);
	KIT_CHECK(relay_open(&c, &o) == 0);
	KIT_CHECK(relay_hello(c, NULL) == 0);
	return c;
}

static void connect_both(struct invite_kit *i)
{
	i->main = invite_kit_connect(&i->clinic.cast.registrar, false);
	i->enrol = invite_kit_connect(&i->k.self, true);
}

void invite_kit_start(struct invite_kit *i, const char *settings)
{
	memset(i, 0, sizeof *i);
	KIT_CHECK(rowand_init(&kit_daemon, NULL) == 0);
	rowand_set(&kit_daemon, settings);
	/* A little ago: cards are in force by now. */
	clinic_kit_begin(&i->clinic, &kit_daemon, (uint64_t)time(NULL) - 5);
	enrol_kit_start(&i->k, &i->clinic.cast, "newcomer");
	KIT_CHECK(enrol_kit_registrar(&i->k, &i->registrar, &i->sealed) == 0);
	KIT_CHECK(
		enrol_kit_device(&i->k, buf_view(&i->sealed), &i->device) == 0);
	kit_run();
	connect_both(i);
}

static void disconnect(struct invite_kit *i)
{
	relay_close(i->main);
	relay_close(i->enrol);
	i->main = i->enrol = NULL;
}

static void again(struct invite_kit *i)
{
	disconnect(i);
	kit_run();
	connect_both(i);
}

void invite_kit_restart(struct invite_kit *i)
{
	int status = rowand_kill(&kit_daemon, SIGTERM);

	KIT_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	again(i);
}

void invite_kit_kill(struct invite_kit *i)
{
	int status = rowand_kill(&kit_daemon, SIGKILL);

	KIT_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	again(i);
}

int invite_kit_end(struct invite_kit *i)
{
	disconnect(i);
	enrol_wipe(&i->registrar);
	enrol_wipe(&i->device);
	buf_wipe(&i->sealed);
	enrol_kit_stop(&i->k);
	clinic_kit_wipe(&i->clinic);
	return kit_end();
}

uint16_t invite_kit_call(struct relay_client *c, uint16_t op,
	const struct writer *body, struct wire_message *ret)
{
	struct relay_request q = {.op = op, .body = body};
	int rc = relay_call(c, &q, ret);

	if (rc == 0)
		return WIRE_OK;
	/* Anything but a refusal is not what the tests are about. */
	KIT_CHECK(rc == wire_code_error(relay_error(c).code));
	return relay_error(c).code;
}

#define CALL(c, op, name, ...)                                                 \
	static uint8_t mem[BODY_MAX];                                          \
	struct wire_##name q = {__VA_ARGS__};                                  \
	struct wire_message m;                                                 \
	struct writer w;                                                       \
	uint16_t code;                                                         \
                                                                               \
	writer_init_fixed(&w, mem, sizeof mem);                                \
	KIT_CHECK(wire_##name##_encode(&q, &w) == 0);                          \
	code = invite_kit_call(c, op, &w, &m)

uint16_t invite_kit_put(struct invite_kit *i, uint32_t lifetime)
{
	CALL(i->main, WIRE_OP_INVITE_PUT, invite_put, i->registrar.invite,
		i->clinic.cast.c->id, lifetime, buf_view(&i->sealed));

	return code;
}

uint16_t invite_kit_watch(struct invite_kit *i, struct wire_invite_seen *ret)
{
	static struct wire_invite_watch_answer a;
	CALL(i->main, WIRE_OP_INVITE_WATCH, invite_watch, {i->registrar.invite},
		1);

	KIT_CHECK(code == WIRE_OK);
	KIT_CHECK(wire_invite_watch_answer_decode(&m, &a) == 0);
	*ret = a.seen[0];
	return ret->error.code;
}

uint8_t invite_kit_state(struct invite_kit *i)
{
	struct wire_invite_seen seen;

	KIT_CHECK(invite_kit_watch(i, &seen) == WIRE_OK);
	return (uint8_t)(seen.state |
			 (seen.flags & WIRE_INVITE_ALARM ? 0x80 : 0));
}

uint16_t invite_kit_answer(struct invite_kit *i)
{
	CALL(i->main, WIRE_OP_INVITE_ANSWER, invite_answer, i->registrar.invite,
		i->device.commitment, i->k.nonce);

	return code;
}

uint16_t invite_kit_confirm(struct invite_kit *i, bool accepted)
{
	CALL(i->main, WIRE_OP_INVITE_CONFIRM, invite_confirm,
		i->registrar.invite, accepted);

	return code;
}

uint16_t invite_kit_get(struct invite_kit *i, struct relay_client *c,
	struct wire_redeem_get_answer *ret)
{
	CALL(c, WIRE_OP_REDEEM_GET, redeem, i->registrar.invite);

	if (code == WIRE_OK)
		KIT_CHECK(wire_redeem_get_answer_decode(&m, ret) == 0);
	return code;
}

uint16_t invite_kit_commit(struct invite_kit *i, struct relay_client *c,
	const struct wire_hash *commitment)
{
	CALL(c, WIRE_OP_REDEEM_COMMIT, redeem_commit, i->registrar.invite,
		*commitment);

	return code;
}

uint16_t invite_kit_reveal(struct invite_kit *i, struct relay_client *c)
{
	CALL(c, WIRE_OP_REDEEM_REVEAL, redeem_reveal, i->registrar.invite,
		i->device.device, buf_view(&i->device.request));

	return code;
}

uint16_t invite_kit_result(struct invite_kit *i, struct relay_client *c,
	struct wire_redeem_result *ret)
{
	CALL(c, WIRE_OP_REDEEM_RESULT, redeem, i->registrar.invite);

	if (code == WIRE_OK)
		KIT_CHECK(wire_redeem_result_decode(&m, ret) == 0);
	return code;
}

uint16_t invite_kit_log(struct invite_kit *i)
{
	struct world *w = &i->clinic.cast.w;
	struct wire_statement s;
	struct buf card;
	uint16_t code;

	KIT_CHECK(enrol_kit_card(&i->k, &i->registrar, &card) == 0);
	world_statement(w, NULL, WIRE_ST_CARD, &s);
	s.u.card = buf_view(&card);
	code = clinic_kit_act(
		&i->clinic, i->main, NULL, &s, &i->clinic.cast.registrar);
	buf_wipe(&card);
	return code;
}
