/*
 * Who this device is: see identity.h.
 *
 * Trusts the vault to open only what was put there, and checks its form all
 * the same. Keys leave only into the structs of the caller.
 */
#include <string.h>

#include <sodium.h>

#include "session/vault/identity.h"

#define VERSION	     1
#define ENCODED_MAX  (IDENTITY_RECORD_MAX + IDENTITY_CHAIN_MAX + 2048)
#define SERVERS_SIZE (IDENTITY_SERVERS_MAX * (IDENTITY_ENDPOINT_MAX + 40))

static struct bytes name_self(void)
{
	return bytes_of("self", 4);
}

int identity_make(struct identity *ret, const struct id16 *member)
{
	memset(ret, 0, sizeof *ret);
	if (sodium_init() < 0)
		return ROWAN_E_INTERNAL;
	randombytes_buf(ret->signature_seed.b, KEY32_LEN);
	randombytes_buf(ret->transport_secret.b, KEY32_LEN);
	randombytes_buf(ret->device.b, ID16_LEN);
	if (member != NULL)
		ret->member = *member;
	else
		randombytes_buf(ret->member.b, ID16_LEN);
	return 0;
}

void identity_wipe(struct identity *me)
{
	buf_wipe(&me->record);
	buf_wipe(&me->chain);
	sodium_memzero(me, sizeof *me);
}

/* ---- form ---- */

/* Printable ASCII without blanks: nothing else names a host. */
static bool endpoint_ok(struct bytes e)
{
	if (e.len == 0 || e.len > IDENTITY_ENDPOINT_MAX)
		return false;
	for (size_t i = 0; i < e.len; i++)
		if (e.data[i] <= 0x20 || e.data[i] > 0x7e)
			return false;
	return true;
}

static int write_servers(const struct identity *me, struct writer *w)
{
	size_t mark = writer_open(w);

	for (size_t i = 0; i < me->server_count; i++) {
		const struct identity_server *s = &me->servers[i];
		struct bytes e = bytes_of(
			s->endpoint, strnlen(s->endpoint, sizeof s->endpoint));

		if (!endpoint_ok(e))
			return ROWAN_E_INVAL;
		writer_vec(w, e);
		writer_raw(w, s->key.b, sizeof s->key.b);
	}
	writer_close(w, mark);
	return 0;
}

int identity_encode(const struct identity *me, struct writer *w)
{
	int rc;

	if (me->server_count > IDENTITY_SERVERS_MAX ||
		me->record.len > IDENTITY_RECORD_MAX ||
		me->chain.len > IDENTITY_CHAIN_MAX)
		return ROWAN_E_INVAL;
	writer_u16(w, VERSION);
	writer_raw(w, me->signature_seed.b, KEY32_LEN);
	writer_raw(w, me->transport_secret.b, KEY32_LEN);
	writer_raw(w, me->member.b, ID16_LEN);
	writer_raw(w, me->device.b, ID16_LEN);
	writer_vec(w, buf_view(&me->record));
	writer_vec(w, buf_view(&me->chain));
	rc = write_servers(me, w);
	return rc != 0 ? rc : writer_status(w);
}

static int read_servers(struct reader *list, struct identity *ret)
{
	while (reader_left(list) > 0) {
		struct identity_server *s;
		struct bytes e;
		int rc;

		if (ret->server_count == IDENTITY_SERVERS_MAX)
			return ROWAN_E_LIMIT;
		s = &ret->servers[ret->server_count];
		if ((rc = reader_vec(list, IDENTITY_ENDPOINT_MAX, &e)) != 0 ||
			(rc = reader_array(list, s->key.b, sizeof s->key.b)) !=
				0)
			return rc;
		if (!endpoint_ok(e))
			return ROWAN_E_MALFORMED;
		memcpy(s->endpoint, e.data, e.len);
		ret->server_count++;
	}
	return 0;
}

int identity_decode(struct bytes input, struct identity *ret)
{
	struct bytes record = {0}, chain = {0};
	struct reader r, list;
	uint16_t version = 0;
	int rc;

	memset(ret, 0, sizeof *ret);
	reader_init(&r, input);
	rc = reader_u16(&r, &version);
	if (rc == 0 && version != VERSION)
		return version > VERSION ? ROWAN_E_TOO_NEW : ROWAN_E_MALFORMED;
	if (rc != 0 ||
		(rc = reader_array(&r, ret->signature_seed.b, KEY32_LEN)) ||
		(rc = reader_array(&r, ret->transport_secret.b, KEY32_LEN)) ||
		(rc = reader_array(&r, ret->member.b, ID16_LEN)) ||
		(rc = reader_array(&r, ret->device.b, ID16_LEN)) ||
		(rc = reader_vec(&r, IDENTITY_RECORD_MAX, &record)) ||
		(rc = reader_vec(&r, IDENTITY_CHAIN_MAX, &chain)) ||
		(rc = reader_sub(&r, SERVERS_SIZE, &list)) ||
		(rc = read_servers(&list, ret)) || (rc = reader_end(&r)) ||
		(rc = buf_copy(&ret->record, record)) ||
		(rc = buf_copy(&ret->chain, chain)))
		identity_wipe(ret);
	return rc;
}

/* ---- vault ---- */

int identity_put(struct vault *vault, const struct identity *me)
{
	struct writer w;
	int rc;

	writer_init(&w, ENCODED_MAX);
	rc = identity_encode(me, &w);
	if (rc == 0)
		rc = vault_put(
			vault, VAULT_IDENTITY, name_self(), 0, writer_view(&w));
	writer_wipe(&w);
	return rc;
}

int identity_get(struct vault *vault, struct identity *ret)
{
	struct buf mem = {0};
	int rc = vault_get(vault, VAULT_IDENTITY, name_self(), 0, &mem);

	memset(ret, 0, sizeof *ret);
	if (rc == 0)
		rc = identity_decode(buf_view(&mem), ret);
	if (rc == ROWAN_E_MALFORMED || rc == ROWAN_E_LIMIT)
		rc = ROWAN_E_CORRUPT;
	buf_wipe(&mem);
	return rc;
}

int identity_card(const struct identity *me, struct wire_card *ret)
{
	struct wire_chain chain;
	int rc;

	memset(ret, 0, sizeof *ret);
	if (me->chain.len == 0)
		return ROWAN_E_NOT_FOUND;
	rc = wire_chain_decode(buf_view(&me->chain), &chain);
	if (rc != 0)
		return ROWAN_E_CORRUPT;
	*ret = chain.card[0];
	return 0;
}
