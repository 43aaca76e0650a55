/*
 * The files of the store as the file system has them. The reserve file beside
 * the store: a lock that keeps a second daemon away, and bytes kept back for
 * the day the disk is full. And whether database and log are still those that
 * were opened: what is written to a file that somebody has removed is gone
 * with the process.
 *
 * While the reserve is laid down the store may grow. When a write finds no
 * room the reserve is given up: then deletions, which need some log to write
 * to, still succeed, and the store takes nothing new until the reserve could
 * be laid down again.
 */
#ifndef STORE_DISK_H
#define STORE_DISK_H

#include "base/bytes.h"

/* One file, known by what no other file has at the same time. */
struct disk_file {
	bool known;
	uint64_t device, inode;
};

struct disk {
	int fd; /* -1: closed */
	uint64_t bytes;
	bool laid;
	struct disk_file database, log;
};

/**
 * disk_open(d, path, bytes):
 * Lock "${path}-reserve", made when it is not there, and lay ${bytes} down.
 * A disk too full for that is no error. ROWAN_E_AGAIN when another one holds
 * the lock, ROWAN_E_IO when the file cannot be made or written.
 */
ROWAN_MUST int disk_open(struct disk *d, const char *path, uint64_t bytes);
void disk_close(struct disk *d);

/**
 * disk_give_up(d), disk_lay(d):
 * Free the reserve; lay it down again. disk_lay returns whether it is laid.
 */
void disk_give_up(struct disk *d);
bool disk_lay(struct disk *d);

/**
 * disk_note(d, path), disk_there(d, path):
 * Note which files are the database ${path} and its log, those of them that
 * are there; and return whether all that were noted still are.
 */
void disk_note(struct disk *d, const char *path);
bool disk_there(const struct disk *d, const char *path);

#endif
