/*
 * Append leaves to the log of a store that nobody serves.
 *
 *	log_leaves STORE KEYFILE COUNT
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sodium.h>

#include "log/entry.h"
#include "net/keyfile.h"

int main(int argc, char **argv)
{
	struct log_entry e = {.act = WIRE_ACT_ADMIN};
	struct store_options o = {.skip_check = true};
	struct store *st = NULL;
	struct key32 key;
	int rc;

	if (argc != 4 || sodium_init() < 0)
		return 64;
	o.path = argv[1];
	o.key = &key;
	e.time = (uint64_t)time(NULL);
	rc = keyfile_read(argv[2], NULL, &key);
	if (rc == 0)
		rc = store_open(&st, &o);
	if (rc == 0)
		rc = store_begin(st, e.time);
	for (int i = atoi(argv[3]); rc == 0 && i > 0; i--)
		rc = entry_add(st, &e, NULL);
	if (rc == 0)
		rc = store_commit(st);
	store_close(st);
	if (rc != 0)
		fprintf(stderr, "log_leaves: %s\n", rowan_strerror(rc));
	return rc == 0 ? 0 : 1;
}
