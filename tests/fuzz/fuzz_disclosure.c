/*
 * Fuzz target: what is let out of a diary, and the list of an exported one.
 * Nothing that the authority did not card is ever genuine; what was read is
 * written and read again.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void try_disclosure(struct bytes in)
{
	static const struct anchor nobody = {
		.count = 1, .pinned = 1, .key = {{{0x42}}}};
	static struct disclosed x;
	struct writer w;

	if (disclosure_check(&x, in, &nobody) == DISCLOSURE_GOOD)
		abort();
	if (disclosure_read(in, &x.d) != 0)
		return;
	writer_init(&w, DISCLOSURE_MAX + 64);
	if (disclosure_write(&x.d, &w) != 0 || !bytes_eq(writer_view(&w), in))
		abort();
	writer_wipe(&w);
}

static void try_consent(struct bytes in)
{
	struct consent c;
	struct writer w;

	if (consent_read(in, &c) != 0)
		return;
	writer_init(&w, 4096);
	if (consent_write(&c, &w) != 0 || !bytes_eq(writer_view(&w), in))
		abort();
	writer_wipe(&w);
}

static void try_said(struct bytes in)
{
	struct said_entry e;
	struct bytes marked;
	struct said s;
	char *path;

	(void)!said_of_envelope(in, &marked);
	if (said_read(in, &s) != 0 || said_entry_read(&s, &e) != 0)
		return;
	path = bundle_file_name(1, e.name);
	if (strncmp(path, "files/0001-", 11) != 0 ||
		strchr(path + 6, '/') != NULL || strchr(path, '\n') != NULL)
		abort();
	free(path);
}

static void try_list(struct bytes in)
{
	struct bundle b, again;
	struct writer w;

	if (bundle_read(&b, in) != 0)
		return;
	writer_init(&w, 4 * BUNDLE_LIST_MAX);
	if (bundle_write(&b, &w) != 0 ||
		bundle_read(&again, writer_view(&w)) != 0 ||
		again.entry_count != b.entry_count ||
		again.file_count != b.file_count)
		abort();
	bundle_free(&again);
	bundle_free(&b);
	writer_wipe(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes in = bytes_of(data, len);

	try_disclosure(in);
	try_consent(in);
	try_said(in);
	try_list(in);
	return 0;
}
