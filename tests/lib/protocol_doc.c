/*
 * The generated parts of docs/protocol.md: see protocol_doc.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/content_samples.h"
#include "lib/protocol_doc.h"
#include "lib/wire_samples.h"
#include "wire/chain.h"
#include "wire/code.h"
#include "wire/invite.h"
#include "wire/log.h"
#include "wire/op.h"

#define MARK	"<!-- "
#define EXAMPLE "<!-- example: "
#define CONTENT "<!-- content: "

__attribute__((format(printf, 2, 3))) static void print(
	struct writer *w, const char *format, ...)
{
	char text[400];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	writer_raw(w, text, (size_t)n);
}

/* Rows of 16 bytes, the first one with ${name} in front. */
static void print_bytes(struct writer *w, const char *name, struct bytes b)
{
	if (b.len == 0)
		print(w, "    %-8s(empty)\n", name);
	for (size_t i = 0; i < b.len; i += 16) {
		print(w, "    %-8s", i == 0 ? name : "");
		for (size_t k = i; k < b.len && k < i + 16; k++)
			print(w, "%s%02x", k == i ? "" : " ", b.data[k]);
		print(w, "\n");
	}
}

static bool print_example(struct writer *w, const char *name, size_t len)
{
	struct wire_sample s;

	for (size_t i = 0; wire_sample_make(i, &s) == 0; i++) {
		if (strlen(s.name) != len || memcmp(s.name, name, len) != 0)
			continue;
		print(w, "Example: %s\n\n", s.name);
		print_bytes(w, "header", s.frames[0]);
		print_bytes(w, "body", s.frames[1]);
		for (size_t k = 2; k < s.frame_count; k++)
			print_bytes(w, "opaque", s.frames[k]);
		return true;
	}
	return false;
}

static bool print_content(struct writer *w, const char *name, size_t len)
{
	struct content c;
	const char *is;

	for (size_t i = 0; (is = content_sample(i, &c)) != NULL; i++) {
		struct writer out;
		bool ok;

		if (strlen(is) != len || memcmp(is, name, len) != 0)
			continue;
		writer_init(&out, CONTENT_MAX);
		ok = content_encode(&c, &out) == 0;
		print(w, "Example: %s\n\n", is);
		print_bytes(w, "content", writer_view(&out));
		writer_wipe(&out);
		return ok;
	}
	return false;
}

static void print_codes(struct writer *w)
{
	static const struct {
		uint16_t code;
		const char *means;
	} codes[] = {
		{WIRE_AGAIN, "not now: busy, stopping, or the disk failed"},
		{WIRE_QUOTA, "a limit of this device is used up"},
		{WIRE_FULL, "no room: in a recipient's mailbox or on disk"},
		{WIRE_HELD, "the blob is withheld until its time"},
		{WIRE_RESTORING, "after a restore: statements only, as yet"},
		{WIRE_STALE, "another came first: fetch it, then do it anew"},
		{WIRE_MEMBERSHIP, "a leaf of the group must be removed first"},
		{WIRE_COUNTER, "the counter is too far below the highest one"},
		{WIRE_MALFORMED, "not the one encoding of the operation"},
		{WIRE_LIMIT, "well formed, but more than is allowed"},
		{WIRE_VERSION, "no common version, or one not served"},
		{WIRE_OPERATION, "no such operation here"},
		{WIRE_REFUSED, "unknown, or not yours"},
		{WIRE_EXISTS, "the id is taken by something else"},
		{WIRE_REVOKED,
			"this device was revoked: `revocation` says why"},
	};

	print(w, "| code | name | means |\n|---|---|---|\n");
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		char name[20];
		size_t n = 0;

		/* Names are lower case in the code. */
		for (const char *p = wire_code_name(codes[i].code); *p != '\0';
			p++)
			name[n++] = (char)(*p - 'a' + 'A');
		name[n] = '\0';
		print(w, "| 0x%04x | `%s` | %s |\n", codes[i].code, name,
			codes[i].means);
	}
}

static void print_limits(struct writer *w)
{
	static const struct {
		const char *what;
		unsigned long long value;
	} limits[] = {
		{"bytes of a header frame, exactly", WIRE_HEADER_LEN},
		{"bytes of one frame", WIRE_FRAME_MAX},
		{"bytes of all frames of a message", WIRE_MESSAGE_MAX},
		{"frames of a message, header and body included",
			WIRE_FRAMES_MAX},
		{"envelopes in one message", WIRE_ENVELOPES_MAX},
		{"bytes of a submitted envelope", WIRE_ENVELOPE_MAX},
		{"padding buckets announced", WIRE_BUCKETS_MAX},
		{"ranges in one acknowledge", WIRE_ACK_RANGES_MAX},
		{"credit in one grant", WIRE_CREDIT_MAX},
		{"key packages in one publish", WIRE_KEY_PACKAGES_MAX},
		{"bytes of a key package", WIRE_KEY_PACKAGE_MAX},
		{"devices in one claim", WIRE_CLAIMS_MAX},
		{"bytes of a chunk, exactly but for the last", WIRE_CHUNK_LEN},
		{"chunks in one message", WIRE_CHUNKS_MAX},
		{"bytes of a blob", WIRE_BLOB_MAX},
		{"devices in one look-up", WIRE_LOOKUP_MAX},
		{"bytes of a card with its chain", WIRE_CARD_MAX},
		{"bytes of an agency code", WIRE_AGENCY_MAX},
		{"channels of a case", WIRE_CASE_CHANNELS_MAX},
		{"devices of a channel", WIRE_CHANNEL_DEVICES_MAX},
		{"bytes of a leaf in a channel's group", WIRE_LEAF_MAX},
		{"bytes of a statement", WIRE_STATEMENT_MAX},
		{"statements in one answer", WIRE_CHAIN_ITEMS_MAX},
		{"cases in one answer", WIRE_CASES_MAX},
		{"invites in one watch", WIRE_INVITES_MAX},
		{"bytes of an invite's bundle", WIRE_BUNDLE_MAX},
		{"seconds an invite lives", WIRE_INVITE_LIFE_MAX},
		{"bytes of a card request", WIRE_REQUEST_MAX},
		{"bytes of a checkpoint", WIRE_NOTE_MAX},
		{"hashes of a proof", WIRE_PATH_MAX},
		{"leaves in one answer", WIRE_ENTRIES_MAX},
		{"openings in one answer", WIRE_OPENINGS_MAX},
	};

	print(w, "| limit | at most |\n|---|---|\n");
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		print(w, "| %s | %llu |\n", limits[i].what, limits[i].value);
}

static void print_operations(struct writer *w)
{
	const struct wire_op_info *op;

	print(w, "| number | name | from | opaque frames | remarks |\n"
		 "|---|---|---|---|---|\n");
	for (size_t i = 0; (op = wire_op_at(i)) != NULL; i++) {
		bool push = (op->flags & WIRE_OP_PUSHED) != 0;
		char answer[8] = "-";

		if (!push)
			snprintf(
				answer, sizeof answer, "%u", op->answer_frames);
		print(w, "| 0x%04x | [%s](#%s) | %s | %u / %s | %s |\n", op->op,
			op->name, op->name, push ? "daemon" : "client",
			op->request_frames, answer,
			push ? "no answer"
			: (op->flags & WIRE_OP_QUIET) != 0
				? "request id 0: no answer"
			: (op->flags & WIRE_OP_ENROL) != 0
				? "on the enrolment port too"
			: (op->flags & WIRE_OP_STRANGER) != 0
				? "on the enrolment port only"
				: "");
	}
}

static bool is_line(struct bytes line, const char *text)
{
	return bytes_eq(line, bytes_of(text, strlen(text)));
}

/* Write what belongs behind the marker ${line}. */
static bool print_block(struct writer *w, struct bytes line)
{
	size_t skip = strlen(EXAMPLE), tail = strlen(" -->");

	/* The two beginnings are of one length. */
	if (line.len > skip + tail && memcmp(line.data, CONTENT, skip) == 0)
		return print_content(w, (const char *)line.data + skip,
			line.len - skip - tail);

	if (line.len > skip + tail && memcmp(line.data, EXAMPLE, skip) == 0)
		return print_example(w, (const char *)line.data + skip,
			line.len - skip - tail);
	if (is_line(line, "<!-- codes (generated) -->"))
		print_codes(w);
	else if (is_line(line, "<!-- limits (generated) -->"))
		print_limits(w);
	else if (is_line(line, "<!-- operations (generated) -->"))
		print_operations(w);
	else
		return false;
	return true;
}

/* Cut the first line off ${in}; its newline is not part of ${ret}. */
static bool next_line(struct bytes *in, struct bytes *ret)
{
	const uint8_t *end;

	if (in->len == 0)
		return false;
	end = memchr(in->data, '\n', in->len);
	ret->data = in->data;
	ret->len = end != NULL ? (size_t)(end - in->data) : in->len;
	end = end != NULL ? end + 1 : in->data + in->len;
	in->len -= (size_t)(end - in->data);
	in->data = end;
	return true;
}

/* What stood behind the marker: tables, example lines, dumps. */
static bool is_generated(struct bytes line)
{
	static const char *const starts[] = {"|", "    ", "Example: "};

	for (size_t i = 0; i < 3; i++) {
		size_t len = strlen(starts[i]);

		if (line.len >= len && memcmp(line.data, starts[i], len) == 0)
			return true;
	}
	return false;
}

/* Drop the old block: generated lines and the empty lines between them. */
static void skip_block(struct bytes *in)
{
	struct bytes ahead = *in, line;

	while (next_line(&ahead, &line)) {
		if (is_generated(line))
			*in = ahead;
		else if (line.len > 0)
			return;
	}
}

void protocol_doc_render(struct bytes in, struct writer *w, size_t *ret_unknown)
{
	size_t mark = strlen(MARK);
	struct bytes line;

	*ret_unknown = 0;
	while (next_line(&in, &line)) {
		writer_raw(w, line.data, line.len);
		print(w, "\n");
		if (line.len < mark || memcmp(line.data, MARK, mark) != 0)
			continue;
		print(w, "\n");
		if (!print_block(w, line))
			++*ret_unknown;
		skip_block(&in);
	}
}
