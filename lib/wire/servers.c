/*
 * Where the daemon listens: see servers.h.
 */
#include <string.h>

#include "wire/servers.h"

#define SERVER_MAX (WIRE_SERVER_ENDPOINT_MAX + 2 + WIRE_KEY_LEN)

static bool endpoint_ok(struct bytes e)
{
	static const char scheme[] = "tcp://";

	if (e.len < sizeof scheme || e.len > WIRE_SERVER_ENDPOINT_MAX ||
		memcmp(e.data, scheme, sizeof scheme - 1) != 0)
		return false;
	for (size_t i = 0; i < e.len; i++)
		if (e.data[i] <= 0x20 || e.data[i] > 0x7e)
			return false;
	return true;
}

static int read_list(struct reader *r, struct wire_server *ret, size_t max,
	size_t *ret_count)
{
	struct reader list;
	int rc = reader_sub(r, max * SERVER_MAX, &list);

	while (rc == 0 && reader_left(&list) > 0) {
		struct wire_server *s = &ret[*ret_count];

		if (*ret_count == max)
			return ROWAN_E_LIMIT;
		rc = reader_vec(&list, WIRE_SERVER_ENDPOINT_MAX, &s->endpoint);
		if (rc == 0)
			rc = reader_array(&list, s->key.b, sizeof s->key.b);
		if (rc == 0 && !endpoint_ok(s->endpoint))
			rc = ROWAN_E_MALFORMED;
		++*ret_count;
	}
	return rc;
}

int wire_servers_decode(struct bytes input, struct wire_servers *ret)
{
	struct reader r;
	uint16_t version;
	int rc;

	memset(ret, 0, sizeof *ret);
	if (input.len > WIRE_SERVERS_MAX)
		return ROWAN_E_LIMIT;
	reader_init(&r, input);
	rc = reader_u16(&r, &version);
	if (rc == 0 && version != WIRE_SERVERS_VERSION)
		return ROWAN_E_VERSION;
	if (rc == 0)
		rc = read_list(
			&r, ret->main, WIRE_SERVERS_MAIN_MAX, &ret->main_count);
	if (rc == 0)
		rc = read_list(&r, ret->enrol, WIRE_SERVERS_ENROL_MAX,
			&ret->enrol_count);
	if (rc == 0)
		rc = reader_end(&r);
	if (rc == 0 && ret->main_count == 0)
		rc = ROWAN_E_MALFORMED;
	if (rc != 0)
		memset(ret, 0, sizeof *ret);
	return rc;
}

static int write_list(
	const struct wire_server *s, size_t count, struct writer *w)
{
	size_t mark = writer_open(w);

	for (size_t i = 0; i < count; i++) {
		if (!endpoint_ok(s[i].endpoint))
			return ROWAN_E_INVAL;
		writer_vec(w, s[i].endpoint);
		writer_raw(w, s[i].key.b, sizeof s[i].key.b);
	}
	writer_close(w, mark);
	return 0;
}

int wire_servers_encode(const struct wire_servers *s, struct writer *w)
{
	int rc;

	if (s->main_count == 0 || s->main_count > WIRE_SERVERS_MAIN_MAX ||
		s->enrol_count > WIRE_SERVERS_ENROL_MAX)
		return ROWAN_E_INVAL;
	writer_u16(w, WIRE_SERVERS_VERSION);
	rc = write_list(s->main, s->main_count, w);
	if (rc == 0)
		rc = write_list(s->enrol, s->enrol_count, w);
	return rc == 0 ? writer_status(w) : rc;
}
