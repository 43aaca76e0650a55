/*
 * Runs every official MLS test vector of a folder.
 *
 *     mls_vectors DIR
 *
 * Knows a file by its content, not by its name. Trusts nothing in it. A file
 * it does not know, or without a single case, counts as failed; a case of a
 * cipher suite outside the table is named and skipped; an absent folder is
 * skipped. Nothing that was not checked is ever counted as passed. Closes with
 * `N passed, N failed`.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lib/suites.h"
#include "vectors/vec.h"

struct format {
	const char *name;
	const char *key; /* a field that only this format has */
	bool suite;	 /* its cases name a cipher suite that must be ours */
	void (*run)(struct vec *v);
};

static const struct format formats[] = {
	{"tree-math", "n_leaves", false, fmt_tree_math},
	{"crypto-basics", "ref_hash", true, fmt_crypto_basics},
	{"deserialization", "vlbytes_header", false, fmt_deserialization},
	{"key-schedule", "initial_init_secret", true, fmt_key_schedule},
	{"psk_secret", "psks", true, fmt_psk_secret},
	{"tree-operations", "tree_before", true, fmt_tree_operations},
	{"treekem", "update_paths", true, fmt_treekem},
	{"message-protection", "application_priv", true, fmt_protection},
	{"secret-tree", "sender_data", true, fmt_secret_tree},
	{"welcome", "signer_pub", true, fmt_welcome},
	{"messages", "mls_group_info", false, fmt_messages},
	{"transcript-hashes", "confirmed_transcript_hash_after", true,
		fmt_transcript},
	{"tree-validation", "resolutions", true, fmt_tree_validation},
	{"passive-client", "initial_epoch_authenticator", true, fmt_passive},
};

#define N_FORMATS (sizeof formats / sizeof *formats)

struct tally {
	unsigned passed;
	unsigned failed;
	unsigned skipped;
};

static const struct format *format_of(const json_t *file)
{
	const json_t *first = json_array_get(file, 0);

	for (size_t i = 0; i < N_FORMATS; i++)
		if (json_object_get(first, formats[i].key) != NULL)
			return &formats[i];
	return NULL;
}

/* Whether the case is of a suite we do not have; sets the one we do. */
static bool other_suite(const struct format *f, struct vec *v, unsigned *id)
{
	if (!f->suite)
		return false;
	*id = (unsigned)vec_uint(v, v->json, "cipher_suite");
	v->suite = suites_find((uint16_t)*id);
	return !v->failed && v->suite == NULL;
}

static void run_case(const struct format *f, const char *name, size_t i,
	const json_t *json, struct tally *t)
{
	struct vec v = {.json = json};
	unsigned id = 0;

	if (other_suite(f, &v, &id)) {
		printf("    %s[%zu] skipped: cipher suite %u\n", name, i, id);
		t->skipped++;
		return;
	}
	if (!v.failed)
		f->run(&v);
	(void)vec_want(&v, v.checks > 0, "nothing was checked");
	if (v.failed) {
		printf("    %s[%zu] FAILED: %s\n", name, i, v.why);
		t->failed++;
	} else {
		t->passed++;
	}
	arena_free(&v.arena);
}

static void run_file(const char *dir, const char *name, struct tally *total)
{
	struct tally t = {0};
	const struct format *f;
	json_error_t error;
	json_t *file;
	char path[4096];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	file = json_load_file(path, 0, &error);
	f = format_of(file);
	if (file == NULL)
		printf("    %s: not readable as JSON: %s\n", name, error.text);
	else if (f == NULL)
		printf("    %s: not a format this runner knows\n", name);
	for (size_t i = 0; f != NULL && i < json_array_size(file); i++)
		run_case(f, name, i, json_array_get(file, i), &t);
	if (f == NULL)
		t.failed = 1;
	printf("  %-44s %4u passed %4u failed %4u skipped\n", name, t.passed,
		t.failed, t.skipped);
	fflush(stdout);
	total->passed += t.passed;
	total->failed += t.failed;
	total->skipped += t.skipped;
	json_decref(file);
}

/* Everything but hidden files and what is there to be read by people. */
static int wanted(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' &&
	       (dot == NULL || strcmp(dot, ".md") != 0);
}

int main(int argc, char **argv)
{
	struct tally total = {0};
	struct dirent **names;
	int n;

	if (argc != 2 || sodium_init() < 0) {
		fprintf(stderr, "usage: mls_vectors DIR\n");
		return 2;
	}
	n = scandir(argv[1], &names, wanted, alphasort);
	if (n < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		printf("vectors: %s is absent, 1 folder skipped\n", argv[1]);
		printf("0 passed, 0 failed\n");
		return 0;
	}
	if (n <= 0) {
		printf("vectors: nothing to run in %s\n", argv[1]);
		printf("0 passed, 1 failed\n");
		return 1;
	}
	for (int i = 0; i < n; i++) {
		run_file(argv[1], names[i]->d_name, &total);
		free(names[i]);
	}
	free(names);
	if (total.skipped > 0)
		printf("%u cases skipped, their cipher suites are not built\n",
			total.skipped);
	printf("%u passed, %u failed\n", total.passed, total.failed);
	return total.failed > 0;
}
