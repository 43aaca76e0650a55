/*
 * Replays a corpus through a fuzz target without a fuzzer: every file of the
 * folder given, once. Fails if the folder is missing or empty.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

/* Read all of ${f} and run it. */
static int replay_stream(FILE *f)
{
	unsigned char *data;
	long len;
	int rc = -1;

	if (fseek(f, 0, SEEK_END) != 0 || (len = ftell(f)) < 0)
		return -1;
	rewind(f);
	data = malloc(len > 0 ? (size_t)len : 1);
	if (data != NULL && fread(data, 1, (size_t)len, f) == (size_t)len) {
		LLVMFuzzerTestOneInput(data, (size_t)len);
		rc = 0;
	}
	free(data);
	return rc;
}

static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	int rc;

	if (f == NULL)
		return -1;
	rc = replay_stream(f);
	fclose(f);
	return rc;
}

int main(int argc, char **argv)
{
	char path[4096];
	struct dirent *entry;
	unsigned count = 0;
	DIR *dir;

	if (argc != 2 || sodium_init() < 0)
		return 2;
	dir = opendir(argv[1]);
	if (dir == NULL) {
		fprintf(stderr, "replay: no corpus %s\n", argv[1]);
		return 1;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
		if (replay_file(path) != 0) {
			fprintf(stderr, "replay: cannot read %s\n", path);
			return 1;
		}
		count++;
	}
	closedir(dir);
	printf("  %-40s %u inputs\n", argv[1], count);
	return count == 0;
}
