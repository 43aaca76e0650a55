/*
 * What rowand and an offline rowanctl need before they can do anything: the
 * configuration, keys, the store, the clock, the authority.
 *
 * Says in the journal why something cannot be had, and returns the code of
 * sysexits that tells the service manager whether trying again helps.
 */
#ifndef PROCESS_PROCESS_H
#define PROCESS_PROCESS_H

#include "clock/clock.h"
#include "config/config.h"
#include "log/head.h"
#include "net/zap.h"
#include "store/store.h"

struct process {
	const char *path; /* of the configuration */
	struct config config;
	struct key32 store_key;
	struct key32 log_key;
	struct key32 keys[ZAP_PORTS];
	const struct key32 *use[ZAP_PORTS];
	struct store *store;
	struct clock *clock;
	struct head *head; /* of the log */
	bool aside; /* not the daemon's own folder: nothing is saved before a
		       migration, and a pending restore is no obstacle */
};

/**
 * process_config(path, ret):
 * Read and check the configuration. EX_OK, EX_CONFIG, EX_OSERR.
 */
ROWAN_MUST int process_config(const char *path, struct config *ret);

/**
 * process_check(path, report):
 * Say in ${report} all that is wrong with a configuration, as config_load
 * does, and which of the files without which rowand does not start are not
 * there: the authority's record, key files. Credentials are the service's, and
 * not looked at. ROWAN_E_NOT_FOUND for such a file, or as config_load.
 */
ROWAN_MUST int process_check(const char *path, struct config_report *report);

/**
 * process_check_said(path):
 * The same, said in the journal. EX_OK, EX_CONFIG, EX_OSERR.
 */
ROWAN_MUST int process_check_said(const char *path);

/**
 * process_key(name, ret):
 * Read one key, from the file or the credential ${name}.
 */
ROWAN_MUST int process_key(const char *name, struct key32 *ret);

/**
 * process_keys(p), process_store(p), process_clock(p), process_authority(p):
 * Each needs what the ones before it gave. The caller wipes the keys and
 * closes store and clock.
 */
ROWAN_MUST int process_keys(struct process *p);
ROWAN_MUST int process_store(struct process *p);
ROWAN_MUST int process_clock(struct process *p);
ROWAN_MUST int process_authority(struct process *p);

/**
 * process_record(p, number, act):
 * The leaf of an act on the files, enum ctl_op ${number}, with the uid it was
 * done under; noted for the next start where the log has not begun. EX_OK, or a
 * code that was said.
 */
ROWAN_MUST int process_record(
	struct process *p, uint16_t number, const char *act);

/**
 * process_log(p, accept):
 * Open the log behind the record of its last signed checkpoint; with
 * ${accept} take it as it is. Wipes the log key. The caller closes the head
 * (head_close) before the store. EX_DATAERR when the database was put back.
 */
ROWAN_MUST int process_log(struct process *p, bool accept);

#endif
