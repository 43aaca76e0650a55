/*
 * rowand, but what it answers about its log is what the word in the file
 * $ROWAN_TEST_LIE says: linked in the place of the encoders of those answers
 * (acceptance.mk). Without the file it tells the truth.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/log.h"

#define LEAVES_ROOM ((size_t)WIRE_ENTRIES_MAX * WIRE_LEAF_LEN)

int __real_wire_log_path_encode(const struct wire_log_path *, struct writer *);
int __real_wire_log_entries_answer_encode(
	const struct wire_log_entries_answer *, struct writer *);
int __real_wire_log_details_answer_encode(
	const struct wire_log_details_answer *, struct writer *);
int __real_wire_checkpoint_answer_encode(
	const struct wire_checkpoint_answer *, struct writer *);

int __wrap_wire_log_path_encode(const struct wire_log_path *, struct writer *);
int __wrap_wire_log_entries_answer_encode(
	const struct wire_log_entries_answer *, struct writer *);
int __wrap_wire_log_details_answer_encode(
	const struct wire_log_details_answer *, struct writer *);
int __wrap_wire_checkpoint_answer_encode(
	const struct wire_checkpoint_answer *, struct writer *);

static bool told(const char *lie)
{
	const char *path = getenv("ROWAN_TEST_LIE");
	FILE *f = path != NULL ? fopen(path, "r") : NULL;
	char word[64] = "";

	if (f == NULL)
		return false;
	if (fscanf(f, "%63s", word) != 1)
		word[0] = '\0';
	(void)fclose(f);
	return strcmp(word, lie) == 0;
}

int __wrap_wire_log_path_encode(const struct wire_log_path *v, struct writer *w)
{
	struct wire_log_path p = *v;

	if (told("path-bit"))
		for (size_t i = 0; i < p.count; i++)
			p.hash[i].b[7] ^= 1;
	if (told("path-less") && p.count > 0)
		p.count--;
	if (told("path-none"))
		p.count = 0;
	if (told("path-more") && p.count < WIRE_PATH_MAX)
		memset(&p.hash[p.count++], 1, sizeof p.hash[0]);
	if (told("path-longest"))
		p.count = WIRE_PATH_MAX;
	return __real_wire_log_path_encode(&p, w);
}

int __wrap_wire_log_entries_answer_encode(
	const struct wire_log_entries_answer *v, struct writer *w)
{
	static uint8_t mem[LEAVES_ROOM];
	struct wire_log_entries_answer a = *v;
	uint8_t one[WIRE_LEAF_LEN];

	memcpy(mem, a.leaves.data, a.leaves.len);
	a.leaves.data = mem;
	if (told("leaves-bit"))
		mem[a.leaves.len - 1] ^= 1;
	if (told("leaves-swapped") && a.count > 1) {
		memcpy(one, mem, sizeof one);
		memcpy(mem, mem + sizeof one, sizeof one);
		memcpy(mem + sizeof one, one, sizeof one);
	}
	if (told("leaves-missing") && a.count > 1) {
		a.leaves.data += WIRE_LEAF_LEN;
		a.leaves.len -= WIRE_LEAF_LEN;
		a.count--;
	}
	if (told("leaves-none"))
		a = (struct wire_log_entries_answer){.size = a.size};
	return __real_wire_log_entries_answer_encode(&a, w);
}

int __wrap_wire_log_details_answer_encode(
	const struct wire_log_details_answer *v, struct writer *w)
{
	struct wire_log_details_answer *a = malloc(sizeof *a);
	struct bytes one;
	int rc;

	if (a == NULL)
		abort();
	*a = *v;
	if (told("details-more"))
		a->count = a->next = a->size = 0;
	if (told("details-swapped") && a->count > 1) {
		one = a->items[0].opening;
		a->items[0].opening = a->items[1].opening;
		a->items[1].opening = one;
	}
	if (told("details-twice") && a->count > 1)
		a->items[1].opening = a->items[0].opening;
	if (told("details-less") && a->count > 1)
		a->count--;
	rc = __real_wire_log_details_answer_encode(a, w);
	free(a);
	return rc;
}

int __wrap_wire_checkpoint_answer_encode(
	const struct wire_checkpoint_answer *v, struct writer *w)
{
	static uint8_t old[WIRE_NOTE_MAX], mem[WIRE_NOTE_MAX];
	static size_t old_len;
	struct wire_checkpoint_answer a = *v;

	/* The first one since it began. */
	if (old_len == 0) {
		memcpy(old, a.note.data, a.note.len);
		old_len = a.note.len;
	}
	if (told("note-old"))
		a.note = bytes_of(old, old_len);
	if (told("note-bit")) {
		memcpy(mem, a.note.data, a.note.len);
		mem[a.note.len / 2] ^= 1;
		a.note.data = mem;
	}
	if (told("note-none"))
		a.note = bytes_of("all is well\n", 12);
	return __real_wire_checkpoint_answer_encode(&a, w);
}
