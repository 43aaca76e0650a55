/*
 * Preloaded into a server under test: counts fsync and fdatasync, and does
 * them.
 *
 * Trusts nothing; without its environment variable it only passes calls on.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/sync_count.h"

static _Atomic uint64_t *counter;

__attribute__((constructor)) static void map_counter(void)
{
	const char *path = getenv(SYNC_COUNT_ENV);
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *p = MAP_FAILED;

	if (fd < 0)
		return;
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p != MAP_FAILED)
		counter = p;
}

__attribute__((visibility("default"))) int fsync(int fd)
{
	if (counter)
		atomic_fetch_add(counter, 1);
	return (int)syscall(SYS_fsync, fd);
}

__attribute__((visibility("default"))) int fdatasync(int fd)
{
	if (counter)
		atomic_fetch_add(counter, 1);
	return (int)syscall(SYS_fdatasync, fd);
}
