/*
 * Details as they lie in a row: what an earlier detail of the same row says
 * too is said once, and zeros are not said at all.
 *
 *	struct {
 *		uint8 flags;		below; 0xff: erased, and nothing follows
 *		Head head;		act, grain, time, operation, code
 *		opaque exact[32];	if EXACT
 *		Part device;
 *		Part place;		case and channel
 *		Number number;
 *		opaque content[32];	if CONTENT
 *		Number leaves<>;	if LIST: uint8 count, then each
 *	} Packed;
 *
 * A part is its bytes when it is new, and counted; else uint8, the number of
 * an earlier one of its kind. A Number is uint8, how many bytes, and these.
 *
 * Trusts what it packs to be an encoded detail (wire/leaf.h) and what it
 * unpacks to have been sealed by us, but for its form: no byte of it leads out
 * of the row.
 */
#include "store/internal.h"

#include <assert.h>

#include "store/log.h"

enum { HEAD, DEVICE, PLACE };

enum {
	NEW_HEAD = 1 << 0,
	EXACT = 1 << 1,
	CONTENT = 1 << 2,
	LIST = 1 << 3,
	DEVICE_SHIFT = 4, /* two bits each: */
	PLACE_SHIFT = 6,
	ABSENT = 0,
	NEW = 1,
	AGAIN = 2,
	ERASED = 0xff
};

/* Where a detail has what. */
#define AT_EXACT   10
#define AT_OP	   42
#define AT_DEVICE  46
#define AT_PLACE   62
#define AT_NUMBER  94
#define AT_CONTENT 102
#define AT_LIST	   134

#define WHEN_LEN  AT_EXACT /* act, grain, time */
#define HEAD_LEN  (WHEN_LEN + AT_DEVICE - AT_OP)
#define PLACE_LEN (2 * ID16_LEN)
#define HASH_LEN  32

static_assert(AT_LIST + 1 == WIRE_DETAIL_LEN, "detail");
static_assert(HEAD_LEN <= PLACE_LEN, "the longest part");

static const size_t part_len[LOG_PARTS] = {HEAD_LEN, ID16_LEN, PLACE_LEN};
static const uint8_t zero[PLACE_LEN];

/* ---- packing ---- */

void log_packer_init(struct log_packer *p, struct writer *w)
{
	memset(p->slot, 0, sizeof(p->slot));
	memset(p->parts.count, 0, sizeof(p->parts.count));
	p->w = w;
}

/* Ids are random; of heads there are few. */
static size_t slot_of(int kind, const uint8_t *value)
{
	size_t h = 0;

	if (kind != HEAD)
		return value[kind == PLACE ? ID16_LEN : 0] % LOG_SLOTS;
	for (size_t i = 0; i < HEAD_LEN; i++)
		h += value[i];
	return h % LOG_SLOTS;
}

/* True iff the row has it already, as ${ret}. */
static bool find(
	struct log_packer *p, int kind, const uint8_t *value, uint8_t *ret)
{
	uint8_t *slot = &p->slot[kind][slot_of(kind, value)];
	struct log_parts *parts = &p->parts;

	*ret = *slot;
	if (*slot < parts->count[kind] &&
		memcmp(parts->at[kind][*slot], value, part_len[kind]) == 0)
		return true;
	*slot = (uint8_t)parts->count[kind];
	return false;
}

/* The writer's memory is fixed: it can be referred to. */
static void put_part(struct log_packer *p, int kind, bool known, uint8_t which,
	const uint8_t *value)
{
	struct log_parts *parts = &p->parts;
	const uint8_t *at = p->w->data + p->w->len;

	if (known) {
		writer_u8(p->w, which);
		return;
	}
	if (parts->count[kind] == LOG_ROW_MAX)
		p->w->error = ROWAN_E_LIMIT;
	writer_raw(p->w, value, part_len[kind]);
	if (writer_status(p->w) == 0)
		parts->at[kind][parts->count[kind]++] = at;
}

static void put_number(struct writer *w, const uint8_t be[8])
{
	size_t skip = 0;

	while (skip < 8 && be[skip] == 0)
		skip++;
	writer_u8(w, (uint8_t)(8 - skip));
	writer_raw(w, be + skip, 8 - skip);
}

static unsigned state_of(bool absent, bool known)
{
	return absent ? ABSENT : known ? AGAIN : NEW;
}

void log_pack(struct log_packer *p, struct bytes detail)
{
	const uint8_t *d = detail.data;
	bool known[LOG_PARTS], device, place, exact, content;
	uint8_t head[HEAD_LEN], which[LOG_PARTS];
	size_t leaves;

	if (detail.len == 0) {
		writer_u8(p->w, ERASED);
		return;
	}
	memcpy(head, d, WHEN_LEN);
	memcpy(head + WHEN_LEN, d + AT_OP, HEAD_LEN - WHEN_LEN);
	exact = memcmp(d + AT_EXACT, zero, HASH_LEN) != 0;
	device = memcmp(d + AT_DEVICE, zero, ID16_LEN) != 0;
	place = memcmp(d + AT_PLACE, zero, PLACE_LEN) != 0;
	content = memcmp(d + AT_CONTENT, zero, HASH_LEN) != 0;
	leaves = (detail.len - WIRE_DETAIL_LEN) / 8;
	known[HEAD] = find(p, HEAD, head, &which[HEAD]);
	known[DEVICE] =
		device && find(p, DEVICE, d + AT_DEVICE, &which[DEVICE]);
	known[PLACE] = place && find(p, PLACE, d + AT_PLACE, &which[PLACE]);

	writer_u8(p->w,
		(uint8_t)((known[HEAD] ? 0 : NEW_HEAD) | (exact ? EXACT : 0) |
			  (content ? CONTENT : 0) | (leaves > 0 ? LIST : 0) |
			  state_of(!device, known[DEVICE]) << DEVICE_SHIFT |
			  state_of(!place, known[PLACE]) << PLACE_SHIFT));
	put_part(p, HEAD, known[HEAD], which[HEAD], head);
	if (exact)
		writer_raw(p->w, d + AT_EXACT, HASH_LEN);
	if (device)
		put_part(
			p, DEVICE, known[DEVICE], which[DEVICE], d + AT_DEVICE);
	if (place)
		put_part(p, PLACE, known[PLACE], which[PLACE], d + AT_PLACE);
	put_number(p->w, d + AT_NUMBER);
	if (content)
		writer_raw(p->w, d + AT_CONTENT, HASH_LEN);
	if (leaves == 0)
		return;
	writer_u8(p->w, (uint8_t)leaves);
	for (size_t i = leaves; i > 0; i--)
		put_number(p->w, d + detail.len - 8 * i);
}

/* ---- unpacking ---- */

void log_cursor_init(struct log_cursor *c, struct bytes packed)
{
	memset(c, 0, sizeof(*c));
	reader_init(&c->in, packed);
}

static int get_part(struct log_cursor *c, struct log_parts *p, int kind,
	unsigned state, const uint8_t **ret)
{
	struct bytes value;
	uint8_t which = 0;

	*ret = zero;
	if (state == ABSENT)
		return 0;
	if (state == AGAIN) {
		if (reader_u8(&c->in, &which) != 0 || which >= c->count[kind])
			return ROWAN_E_CORRUPT;
	} else {
		if (state != NEW || c->count[kind] == LOG_ROW_MAX ||
			reader_view(&c->in, part_len[kind], &value) != 0)
			return ROWAN_E_CORRUPT;
		which = (uint8_t)c->count[kind]++;
		p->at[kind][which] = value.data;
	}
	*ret = p->at[kind][which];
	return 0;
}

static int get_number(struct reader *r, uint8_t be[8])
{
	uint8_t len = 0;
	struct bytes value;

	memset(be, 0, 8);
	if (reader_u8(r, &len) != 0 || len > 8 ||
		reader_view(r, len, &value) != 0)
		return ROWAN_E_CORRUPT;
	if (len > 0)
		memcpy(be + 8 - len, value.data, len);
	return 0;
}

static int get_hash(struct reader *r, bool there, uint8_t *ret)
{
	memset(ret, 0, HASH_LEN);
	return there && reader_array(r, ret, HASH_LEN) != 0 ? ROWAN_E_CORRUPT
							    : 0;
}

/* The list of leaves that ends a detail, behind its header. */
static int get_list(struct reader *r, uint8_t *mem, size_t *ret_len)
{
	struct writer w;
	uint8_t count = 0;

	if (reader_u8(r, &count) != 0 || count == 0 || count > WIRE_READS_MAX)
		return ROWAN_E_CORRUPT;
	writer_init_fixed(&w, mem + AT_LIST, WIRE_DETAIL_MAX - AT_LIST);
	writer_header(&w, 8 * (size_t)count);
	*ret_len = AT_LIST + w.len;
	for (; count > 0; count--, *ret_len += 8)
		if (get_number(r, mem + *ret_len) != 0)
			return ROWAN_E_CORRUPT;
	return 0;
}

int log_unpack(struct log_cursor *c, struct log_parts *p,
	uint8_t mem[WIRE_DETAIL_MAX], struct bytes *ret)
{
	const uint8_t *head, *device, *place;
	size_t len = WIRE_DETAIL_LEN;
	uint8_t flags = 0;

	*ret = bytes_of(mem, 0);
	if (reader_u8(&c->in, &flags) != 0)
		return ROWAN_E_CORRUPT;
	if (flags == ERASED)
		return 0;
	if (get_part(c, p, HEAD, flags & NEW_HEAD ? NEW : AGAIN, &head) != 0 ||
		get_hash(&c->in, flags & EXACT, mem + AT_EXACT) != 0 ||
		get_part(c, p, DEVICE, flags >> DEVICE_SHIFT & 3, &device) !=
			0 ||
		get_part(c, p, PLACE, flags >> PLACE_SHIFT & 3, &place) != 0 ||
		get_number(&c->in, mem + AT_NUMBER) != 0 ||
		get_hash(&c->in, flags & CONTENT, mem + AT_CONTENT) != 0)
		return ROWAN_E_CORRUPT;
	memcpy(mem, head, WHEN_LEN);
	memcpy(mem + AT_OP, head + WHEN_LEN, HEAD_LEN - WHEN_LEN);
	memcpy(mem + AT_DEVICE, device, ID16_LEN);
	memcpy(mem + AT_PLACE, place, PLACE_LEN);
	mem[AT_LIST] = 0;
	if (flags & LIST && get_list(&c->in, mem, &len) != 0)
		return ROWAN_E_CORRUPT;
	*ret = bytes_of(mem, len);
	return 0;
}
