/*
 * A real rowand for a test: in a folder of its own, on free ports of the
 * loopback, with a seeded store.
 *
 * Linux only. Ends only the process it started.
 */
#ifndef TESTS_LIB_ROWAND_PROC_H
#define TESTS_LIB_ROWAND_PROC_H

#include <sys/types.h>

#include "lib/seed.h"

#define ROWAND_PATH_MAX 4096

struct rowand_proc {
	char dir[ROWAND_PATH_MAX / 2];
	char binary[ROWAND_PATH_MAX / 2];
	char preload[ROWAND_PATH_MAX]; /* LD_PRELOAD of the daemon, or "" */
	int main_key, enrol_key;       /* of seed_server; 0 and 1 */
	char settings[8192];	       /* see rowand_set */
	int port;		       /* main */
	int enrol_port;
	pid_t pid; /* 0: not running */
};

/**
 * rowand_init(p, binary):
 * Make a folder under $TMPDIR and choose ports. ${binary} NULL: $ROWAND, or
 * rowand beside the tests of the build this program came from.
 */
ROWAN_MUST int rowand_init(struct rowand_proc *p, const char *binary);

/**
 * rowand_free_port():
 * A port of the loopback for a daemon, which no other test gets while this
 * program runs; 0 when there is none.
 */
int rowand_free_port(void);

/* Settings under which no limit of one device stands in the way. */
#define ROWAND_NO_LIMITS                                                       \
	"rate_messages = 1000000000; rate_requests = 1000000000;\n"            \
	"rate_bytes = \"1 TiB\"; mailbox = 1000000000;\n"

/**
 * rowand_set(p, text):
 * Append lines to the configuration of the next start. Too many of them make
 * the start fail.
 */
void rowand_set(struct rowand_proc *p, const char *text);

/**
 * rowand_seed(p, clinic):
 * Provision the store while the daemon is not running.
 */
ROWAN_MUST int rowand_seed(
	struct rowand_proc *p, const struct seed_clinic *clinic);

/**
 * rowand_store_path(p, ret, size):
 * Write the path of the store's file to ${ret}.
 */
void rowand_store_path(const struct rowand_proc *p, char *ret, size_t size);

/**
 * rowand_start(p):
 * Write configuration and keys, start, and wait until it says that it is
 * ready. ROWAN_E_IO when it ended or said nothing for two minutes; what it
 * printed is in ${p}->dir/log.
 */
ROWAN_MUST int rowand_start(struct rowand_proc *p);

/**
 * rowand_import(p, path):
 * Let the daemon, which must not be running, take in the statements of a
 * file. Returns the wait status; what it printed is in ${p}->dir/log.
 */
int rowand_import(struct rowand_proc *p, const char *path);

/**
 * rowand_kill(p, sig):
 * Send ${sig} and wait for the end; SIGKILL after two minutes of patience.
 * Returns the wait status.
 */
int rowand_kill(struct rowand_proc *p, int sig);

/**
 * rowand_end(p):
 * Kill what runs and remove the folder, unless $KEEP is set.
 */
void rowand_end(struct rowand_proc *p);

#endif
