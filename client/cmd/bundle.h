/*
 * An export of a diary as a folder: what stands in it, and under what rules
 * its list is written and read.
 *
 *	bundle.txt		the list, signed; below
 *	signature		"signature HEX\ncards BASE64\n", of its SHA-256
 *	index.html		for people; follows from the entries alone
 *	checkpoint		of the log, the newest
 *	entries/N.disclosure	trust/disclosure.h
 *	files/N-NAME		an attachment
 *
 *	rowan bundle 1
 *	clinic HEX
 *	case HEX
 *	exported TIME
 *	log SIZE
 *	entry N LEAF TIME second|hour
 *	omitted N REASON		an attachment that is not here
 *	file SHA256 SIZE PATH
 *
 * Trusts no byte of a folder; nothing in it is followed out of it.
 */
#ifndef CMD_BUNDLE_H
#define CMD_BUNDLE_H

#include "trust/disclosure.h"
#include "ui/ui.h"

#define BUNDLE_ENTRIES_MAX 4096
#define BUNDLE_FILES_MAX   (3 * BUNDLE_ENTRIES_MAX)
#define BUNDLE_LIST_MAX	   (4 * 1024 * 1024)
#define BUNDLE_PATH_MAX	   320

struct bundle_entry {
	unsigned n; /* from 1 */
	uint64_t leaf, time;
	bool exact;
	bool omitted; /* its attachment is not here */
	char *file;   /* the attachment's path in the folder, or NULL */
	struct buf data;
	struct disclosed *x; /* checked, borrows from ${data} */
	enum disclosure_fault fault;
};

struct bundle_file {
	uint8_t hash[32];
	uint64_t size;
	char *path;
	bool seen;
};

struct bundle {
	struct id16 clinic, case_id;
	uint64_t exported, size;
	struct bundle_entry *entries;
	size_t entry_count;
	struct bundle_file *files;
	size_t file_count;
};

void bundle_free(struct bundle *b);

/**
 * bundle_file_name(n, name):
 * Where the attachment of entry ${n}, called ${name}, lies in the folder. The
 * caller frees it.
 */
char *bundle_file_name(unsigned n, struct bytes name);

/**
 * bundle_entry_add(b, ret), bundle_file_add(b, path, data):
 * One more; the caller fills it in. ROWAN_E_LIMIT, ROWAN_E_NOMEM.
 */
ROWAN_MUST int bundle_entry_add(struct bundle *b, struct bundle_entry **ret);
ROWAN_MUST int bundle_file_add(
	struct bundle *b, const char *path, struct bytes data);

/**
 * bundle_again(b, e), bundle_count(b):
 * Whether an entry before ${e} in the list is the same entry of the log, let
 * out another time: it is shown once, and its file lies there once. How many
 * there are without those.
 */
bool bundle_again(const struct bundle *b, const struct bundle_entry *e);
size_t bundle_count(const struct bundle *b);

/**
 * bundle_write(b, w), bundle_read(b, text):
 * The list. ROWAN_E_MALFORMED for any other form; paths that leave the folder
 * are another form.
 */
ROWAN_MUST int bundle_write(const struct bundle *b, struct writer *w);
ROWAN_MUST int bundle_read(struct bundle *b, struct bytes text);

/**
 * bundle_page(b, ret):
 * The page for people, out of the entries' disclosures alone: the same bytes
 * wherever it is made. Everything in it is escaped; it refers to nothing but
 * files of the folder. The caller frees.
 */
char *bundle_page(const struct bundle *b);

#endif
