/*
 * For tests of what a power cut leaves: a library that kills its process with
 * SIGKILL right before the $KILL_ATth call that changes something on disk.
 * With $KILL_COUNT each call is a byte at the end of that file: how many there
 * are. With $FULL_AT the disk is full from that write to a file on.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

static void note(const char *path)
{
	long fd = syscall(SYS_openat, AT_FDCWD, path,
		O_WRONLY | O_APPEND | O_CREAT, 0600);

	(void)!syscall(SYS_write, fd, ".", 1);
	(void)syscall(SYS_close, fd);
}

static void step(void)
{
	static long n;
	const char *at = getenv("KILL_AT"), *count = getenv("KILL_COUNT");

	if (count != NULL)
		note(count);
	if (at != NULL && ++n == atol(at))
		raise(SIGKILL);
}

/* Writes to a file alone: pipes and sockets are no disk. */
static bool is_full(int fd)
{
	static long n;
	const char *at = getenv("FULL_AT");
	struct stat st;

	if (at == NULL || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
		fd == STDERR_FILENO || ++n < atol(at))
		return false;
	errno = ENOSPC;
	return true;
}

static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* A function with the same name, arguments and result as the real one. */
#define STEP(type, name, params, args)                                         \
	SHOWN type name params;                                                \
	type name params                                                       \
	{                                                                      \
		type(*real) params;                                            \
                                                                               \
		*(void **)&real = next(#name);                                 \
		step();                                                        \
		return real args;                                              \
	}

/* The same for one that writes to ${fd}. */
#define STEP_WRITE(name, params, args)                                         \
	SHOWN ssize_t name params;                                             \
	ssize_t name params                                                    \
	{                                                                      \
		ssize_t(*real) params;                                         \
                                                                               \
		*(void **)&real = next(#name);                                 \
		step();                                                        \
		return is_full(fd) ? -1 : real args;                           \
	}

STEP_WRITE(write, (int fd, const void *p, size_t n), (fd, p, n))
STEP_WRITE(pwrite, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at))
STEP_WRITE(
	pwrite64, (int fd, const void *p, size_t n, off64_t at), (fd, p, n, at))
STEP(int, fsync, (int fd), (fd))
STEP(int, fdatasync, (int fd), (fd))
STEP(int, ftruncate, (int fd, off_t n), (fd, n))
STEP(int, ftruncate64, (int fd, off64_t n), (fd, n))
STEP(int, rename, (const char *from, const char *to), (from, to))
STEP(int, unlink, (const char *path), (path))
STEP(int, link, (const char *from, const char *to), (from, to))
STEP(int, mkdir, (const char *path, mode_t mode), (path, mode))

/* Opening makes files, too. */
#define STEP_OPEN(name)                                                        \
	SHOWN int name(const char *path, int flags, ...);                      \
	int name(const char *path, int flags, ...)                             \
	{                                                                      \
		int (*real)(const char *, int, ...);                           \
		mode_t mode = 0;                                               \
		va_list ap;                                                    \
                                                                               \
		va_start(ap, flags);                                           \
		if ((flags & O_CREAT) != 0)                                    \
			mode = va_arg(ap, mode_t);                             \
		va_end(ap);                                                    \
		*(void **)&real = next(#name);                                 \
		if ((flags & (O_CREAT | O_TRUNC)) != 0)                        \
			step();                                                \
		return real(path, flags, mode);                                \
	}

STEP_OPEN(open)
STEP_OPEN(open64)
