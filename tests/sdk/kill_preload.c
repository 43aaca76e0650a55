/*
 * SIGKILL before the Nth change of a file: KILL_AT counts writes, syncs,
 * truncations and removals from the start of the program, whatever makes
 * them. Preloaded into programs under test.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void count(void)
{
	static long left = -1;
	static int begun;

	if (!begun) {
		const char *at = getenv("KILL_AT");

		begun = 1;
		left = at != NULL ? atol(at) : -1;
	}
	if (left > 0 && --left == 0)
		(void)kill(getpid(), SIGKILL);
}

/* The next function of that name. */
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t at)
{
	count();
	return NEXT(pwrite64)(fd, buf, n, at);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t at)
{
	count();
	return NEXT(pwrite)(fd, buf, n, at);
}

ssize_t write(int fd, const void *buf, size_t n)
{
	if (is_file(fd))
		count();
	return NEXT(write)(fd, buf, n);
}

int fsync(int fd)
{
	count();
	return NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
	count();
	return NEXT(fdatasync)(fd);
}

int ftruncate(int fd, off_t len)
{
	count();
	return NEXT(ftruncate)(fd, len);
}

int ftruncate64(int fd, off64_t len)
{
	count();
	return NEXT(ftruncate64)(fd, len);
}

int unlink(const char *path)
{
	count();
	return NEXT(unlink)(path);
}
