/* Fuzz target: armoured files and the card requests in them. */
#include <stdlib.h>

#include "wire/armour.h"
#include "wire/request.h"
#include "wire/servers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What was read is written and read again. */
static void again(uint8_t kind, struct bytes object)
{
	struct writer w;
	struct buf got;

	writer_init(&w, 1 << 20);
	if (armour_write(kind, object, &w) != 0 ||
		armour_read(writer_view(&w), kind, &got) != 0 ||
		!bytes_eq(buf_view(&got), object))
		abort();
	buf_wipe(&got);
	writer_wipe(&w);
}

static void try_request(struct bytes object)
{
	struct wire_request q;
	struct writer w;

	if (wire_request_decode(object, &q) != 0)
		return;
	writer_init(&w, WIRE_REQUEST_MAX);
	if (wire_request_encode(&q, &w) != 0 ||
		!bytes_eq(writer_view(&w), object))
		abort();
	writer_wipe(&w);
}

static void try_consent(struct bytes object)
{
	struct wire_consent_file c;
	struct writer w;

	if (wire_consent_decode(object, &c) != 0)
		return;
	writer_init(&w, WIRE_CONSENT_MAX);
	if (wire_consent_encode(&c, &w) != 0 ||
		!bytes_eq(writer_view(&w), object))
		abort();
	writer_wipe(&w);
}

static void try_servers(struct bytes object)
{
	struct wire_servers s;
	struct writer w;

	if (wire_servers_decode(object, &s) != 0)
		return;
	writer_init(&w, WIRE_SERVERS_MAX);
	if (wire_servers_encode(&s, &w) != 0 ||
		!bytes_eq(writer_view(&w), object))
		abort();
	writer_wipe(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes text = bytes_of(data, len);
	struct buf object;
	uint8_t kind;

	try_request(text);
	try_consent(text);
	try_servers(text);
	while (armour_next(&text, &kind, &object) == 0) {
		again(kind, buf_view(&object));
		try_request(buf_view(&object));
		try_servers(buf_view(&object));
		buf_wipe(&object);
	}
	return 0;
}
