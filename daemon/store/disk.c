/*
 * The reserve file, and files that go away. See disk.h.
 */
#include "store/disk.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int disk_open(struct disk *d, const char *path, uint64_t bytes)
{
	char name[PATH_MAX];
	int n = snprintf(name, sizeof(name), "%s-reserve", path);

	*d = (struct disk){.fd = -1, .bytes = bytes};
	if (n < 0 || (size_t)n >= sizeof(name) || bytes > INT64_MAX / 2)
		return ROWAN_E_INVAL;
	d->fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (d->fd < 0)
		return ROWAN_E_IO;
	if (flock(d->fd, LOCK_EX | LOCK_NB) != 0) {
		disk_close(d);
		return ROWAN_E_AGAIN;
	}
	(void)disk_lay(d);
	return 0;
}

void disk_close(struct disk *d)
{
	if (d->fd >= 0)
		(void)close(d->fd);
	d->fd = -1;
}

void disk_give_up(struct disk *d)
{
	if (!d->laid)
		return;
	d->laid = false;
	if (d->bytes > 0)
		(void)!ftruncate(d->fd, 0);
}

/*
 * Half as much again must be free: a reserve that takes the last bytes would
 * be given up with the next commit.
 */
bool disk_lay(struct disk *d)
{
	off_t bytes = (off_t)d->bytes;

	if (d->laid)
		return true;
	if (bytes > 0) {
		d->laid = posix_fallocate(d->fd, 0, bytes + bytes / 2) == 0;
		/* What is too much, or was got of what is not enough. */
		(void)!ftruncate(d->fd, d->laid ? bytes : 0);
		return d->laid;
	}
	d->laid = true;
	return true;
}

static struct disk_file look(const char *path, const char *suffix)
{
	struct disk_file f = {.known = false};
	char name[PATH_MAX];
	struct stat st;
	int n = snprintf(name, sizeof(name), "%s%s", path, suffix);

	if (n < 0 || (size_t)n >= sizeof(name) || stat(name, &st) != 0)
		return f;
	return (struct disk_file){
		true, (uint64_t)st.st_dev, (uint64_t)st.st_ino};
}

void disk_note(struct disk *d, const char *path)
{
	d->database = look(path, "");
	d->log = look(path, "-wal");
}

static bool same(const struct disk_file *was, struct disk_file is)
{
	return !was->known ||
	       (is.known && is.device == was->device && is.inode == was->inode);
}

bool disk_there(const struct disk *d, const char *path)
{
	return same(&d->database, look(path, "")) &&
	       same(&d->log, look(path, "-wal"));
}
