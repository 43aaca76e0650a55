/*
 * Whether the daemon may be spoken with: see session_inner.h.
 *
 *	connected -> its key is revoked, as we know it: not a word
 *	          -> hello, chains -> its card has ended or was revoked: no more
 *	          -> trusted, until its card ends or news of the chain say so
 *
 * The server's key was pinned or bound by a card; here that card is judged by
 * the clinic's chain, as it is known now. A card that has ended is renewed in
 * the chain that only this daemon shows, so it is asked for that much, and for
 * nothing else. Time is the daemon's own, the newest checkpoint's and the
 * newest statement's, whichever is later: none of them goes back.
 */
#include <stdlib.h>
#include <string.h>

#include "session/session_inner.h"
#include "trust/signer.h"

#define DEVICES_MAX 65536

static void look_at(const struct trust_card *t, const struct wire_key *key,
	uint64_t now, struct daemon_cards *ret)
{
	const struct wire_card *c = &t->card;

	if (c->role != WIRE_ROLE_DAEMON ||
		memcmp(&c->transport_key, key, sizeof *key) != 0)
		return;
	ret->known = true;
	if (t->revoked != 0)
		return;
	ret->unrevoked = true;
	if (c->not_after <= now)
		return;
	ret->alive = true;
	ret->begun = ret->begun || signer_begun(t, now);
	if (c->not_after > ret->ends)
		ret->ends = c->not_after;
}

int session_daemon_cards(struct session *s, const struct wire_key *key,
	uint64_t now, struct daemon_cards *ret)
{
	struct follow *f = s->parts.follow;
	struct id16 *all = calloc(DEVICES_MAX, sizeof *all);
	struct trust_card card;
	struct buf raw;
	size_t len = 0;
	int rc = all == NULL ? ROWAN_E_NOMEM
			     : follow_devices(f, NULL, all, DEVICES_MAX, &len);

	*ret = (struct daemon_cards){.known = false};
	if (rc == ROWAN_E_LIMIT)
		rc = 0;
	for (size_t i = 0; rc == 0 && i < len; i++) {
		rc = follow_card(f, &all[i], &card, &raw);
		if (rc == 0)
			look_at(&card, key, now, ret);
		buf_wipe(&raw);
	}
	free(all);
	return rc;
}

/* Never logged: the card that came with the file, if one did. */
static int file_card(struct session *s, const struct wire_key *key,
	uint64_t now, struct daemon_cards *ret)
{
	struct trust_card t = {.revoked = 0};
	struct buf raw;
	int rc = vault_get(
		s->parts.vault, VAULT_INVITE, bytes_of("daemon", 6), 0, &raw);

	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	if (wire_card_decode(buf_view(&raw), &t.card) == 0)
		look_at(&t, key, now, ret);
	buf_wipe(&raw);
	return 0;
}

static uint64_t latest(struct session *s)
{
	uint64_t now = session_now(s);
	struct watch w;

	proofs_watch(s->parts.proofs, &w);
	if (w.time > now)
		now = w.time;
	if (follow_clinic(s->parts.follow)->time > now)
		now = follow_clinic(s->parts.follow)->time;
	return now;
}

static const struct wire_key *key_of(const struct session *s)
{
	return s->link != NULL ? &link_server(s->link)->key
			       : &s->me.servers[0].key;
}

/* Somebody answers under a key that is no more: people should look. */
static int accuse(struct session *s)
{
	const struct event e = {.type = ROWAN_EVENT_ALARM,
		.code = ROWAN_ALARM_DAEMON,
		.time = session_now(s)};
	int rc;

	if (s->accused)
		return 0;
	rc = vault_begin(s->parts.vault);
	if (rc != 0)
		return rc;
	rc = events_add(s->parts.events, &e);
	if (rc == 0)
		rc = vault_commit(s->parts.vault);
	if (rc != 0) {
		vault_abort(s->parts.vault);
		events_aborted(s->parts.events);
		return rc;
	}
	s->accused = true;
	return 0;
}

int session_daemon_judge(struct session *s, bool whole)
{
	struct daemon_cards cards;
	uint64_t now = latest(s);
	int rc = session_daemon_cards(s, key_of(s), now, &cards);

	if (rc == 0 && !cards.known)
		rc = file_card(s, key_of(s), now, &cards);
	if (rc != 0)
		return rc;
	s->daemon_ends = cards.alive ? cards.ends : UINT64_MAX;
	if (cards.known && !cards.unrevoked)
		s->daemon_code = ROWAN_E_REVOKED;
	/* While its clock is in doubt nothing ends. */
	else if (whole && cards.known && !cards.alive && !s->doubtful)
		s->daemon_code = ROWAN_E_EXPIRED;
	/* That of another server is not held against this one. */
	else if (whole || s->daemon_code == ROWAN_E_REVOKED)
		s->daemon_code = 0;
	s->trusted = whole && s->daemon_code == 0;
	s->judge = false;
	return s->daemon_code == ROWAN_E_REVOKED ? accuse(s) : 0;
}

bool session_daemon_due(struct session *s)
{
	return s->judge || (!s->doubtful && session_now(s) >= s->daemon_ends);
}
