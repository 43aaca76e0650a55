/*
 * rowand: the relay's process. Options, configuration, keys, store, signals;
 * what it does all day is in net/ and ops/.
 *
 * Never root's business: it forks nothing, changes no user, writes below its
 * state folder only. Says on stderr why it will not start, and leaves with the
 * code of sysexits that tells the service manager whether trying again helps.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "clinic/import.h"
#include "clock/clock.h"
#include "config/config.h"
#include "net/keyfile.h"
#include "net/notify.h"
#include "net/server.h"
#include "store/store.h"

#ifndef ROWAND_VERSION
#define ROWAND_VERSION "0.1"
#endif

#define DEFAULT_CONFIG "/etc/rowan/rowand.conf"
#define LOG_BYTES      (64ull << 20) /* what the write-ahead log may take */

static const char usage[] =
	"usage: rowand [--config FILE]\n"
	"       rowand --check-config FILE\n"
	"       rowand [--config FILE] --print-config\n"
	"       rowand --new-key FILE\n"
	"       rowand [--config FILE] --import FILE...\n"
	"\n"
	"  -c, --config FILE        read settings from FILE (default\n"
	"                           " DEFAULT_CONFIG ")\n"
	"      --check-config FILE  say everything that is wrong with FILE\n"
	"      --print-config       print every setting in force\n"
	"      --new-key FILE       make a secret key, print its public key\n"
	"      --import FILE...     take in statements that were signed\n"
	"                           offline, while no rowand runs\n"
	"      --version            print the version\n"
	"  -h, --help               print this\n";

/* What a signal handler may reach. */
static struct server *running;
static volatile sig_atomic_t reload_asked, report_asked;

struct process {
	const char *path; /* of the configuration */
	struct config config;
	struct key32 store_key;
	struct key32 keys[ZAP_PORTS];
	const struct key32 *use[ZAP_PORTS];
	struct notify_fds fds;
	struct store *store;
	struct clock *clock;
	struct server *relay;
};

__attribute__((format(printf, 1, 2))) static void say(const char *fmt, ...)
{
	va_list ap;

	fputs("rowand: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static void on_stop(int sig)
{
	(void)sig;
	server_stop(running);
}

static void on_ask(int sig)
{
	if (sig == SIGHUP)
		reload_asked = 1;
	else
		report_asked = 1;
	server_call(running);
}

static void say_report(const char *path, const struct config_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct config_problem *p = &report->problems[i];

		if (p->line != 0)
			say("%s:%u: %s", path, p->line, p->text);
		else
			say("%s: %s", path, p->text);
	}
	if (report->dropped > 0)
		say("%s: and %zu more", path, report->dropped);
}

static int load_config(const char *path, struct config *ret)
{
	static struct config_report report;
	int rc = config_load(path, ret, &report);

	if (rc == 0)
		return EX_OK;
	say_report(path, &report);
	return rc == ROWAN_E_NOMEM ? EX_OSERR : EX_CONFIG;
}

static int print_config(const struct config *config)
{
	struct writer w;
	int code = EX_OK;

	writer_init(&w, 1u << 20);
	config_print(config, &w);
	if (writer_status(&w) != 0 ||
		fwrite(w.data, 1, w.len, stdout) != w.len ||
		fflush(stdout) != 0)
		code = EX_IOERR;
	writer_wipe(&w);
	return code;
}

static int make_key(const char *path)
{
	struct key32 secret, public;
	char text[2 * KEY32_LEN + 1];
	int rc = keyfile_create(path, &secret);

	if (rc == ROWAN_E_EXISTS) {
		say("%s is there already, nothing was changed", path);
		return EX_CANTCREAT;
	}
	if (rc != 0) {
		say("%s: %s", path, rowan_strerror(rc));
		return EX_CANTCREAT;
	}
	(void)crypto_scalarmult_base(public.b, secret.b);
	printf("%s\n", sodium_bin2hex(text, sizeof text, public.b, KEY32_LEN));
	key32_wipe(&secret);
	return EX_OK;
}

static int read_key(const char *name, struct key32 *ret)
{
	int rc = keyfile_read(name, getenv("CREDENTIALS_DIRECTORY"), ret);

	switch (rc) {
	case 0: return EX_OK;
	case ROWAN_E_NOT_FOUND:
		say("no key file %s; rowand --new-key makes one", name);
		return EX_CONFIG;
	case ROWAN_E_REFUSED:
		say("key file %s must be ours and nobody else's to read "
		    "(chmod 600)",
			name);
		return EX_NOPERM;
	case ROWAN_E_MALFORMED:
		say("key file %s is not 64 hexadecimal digits and a newline",
			name);
		return EX_CONFIG;
	}
	say("key file %s cannot be read", name);
	return EX_NOPERM;
}

static int read_keys(struct process *p)
{
	const struct config *c = &p->config;
	int code = read_key(c->store_key, &p->store_key);

	if (code == EX_OK)
		code = read_key(c->transport_key, &p->keys[ZAP_MAIN]);
	if (code != EX_OK)
		return code;
	p->use[ZAP_MAIN] = &p->keys[ZAP_MAIN];
	p->use[ZAP_ENROL] = &p->keys[ZAP_MAIN];
	if (c->transport_key_next[0] != '\0') {
		code = read_key(c->transport_key_next, &p->keys[ZAP_NEXT]);
		p->use[ZAP_NEXT] = &p->keys[ZAP_NEXT];
	}
	if (code == EX_OK && c->transport_key_enrol[0] != '\0') {
		code = read_key(c->transport_key_enrol, &p->keys[ZAP_ENROL]);
		p->use[ZAP_ENROL] = &p->keys[ZAP_ENROL];
	}
	return code;
}

/* A database that may outgrow its volume is worth a word, not a refusal. */
static void check_volume(const struct config *c)
{
	uint64_t want = c->store_bytes + LOG_BYTES + c->reserve_bytes +
			c->reserve_bytes / 2;
	struct statvfs v;

	if (statvfs(c->state_dir, &v) != 0)
		return;
	if ((uint64_t)v.f_blocks * v.f_frsize < want)
		say("warning: store_bytes, the log and the reserve together "
		    "are more than the volume of %s holds",
			c->state_dir);
}

static int open_store(struct process *p)
{
	const struct config *c = &p->config;
	char path[PATH_MAX];
	struct store_options o = {.path = path,
		.key = &p->store_key,
		.max_bytes = c->store_bytes,
		.reserve_bytes = c->reserve_bytes,
		.mailbox_max = (uint32_t)c->mailbox,
		.mailbox_reserve = (uint32_t)c->mailbox_urgent,
		.blob_open_time = c->blob_open_time / 1000};
	int rc;

	snprintf(path, sizeof path, "%s/rowan.db", c->state_dir);
	rc = store_open(&p->store, &o);
	switch (rc) {
	case 0: check_volume(c); return EX_OK;
	case ROWAN_E_TOO_NEW:
		say("%s was written by a newer rowand: install that one", path);
		return EX_CONFIG;
	case ROWAN_E_CRYPTO:
		say("%s was made with another store key", path);
		return EX_CONFIG;
	case ROWAN_E_CORRUPT:
		say("%s is damaged: restore it from a backup", path);
		return EX_DATAERR;
	}
	say("%s cannot be opened, or another process uses it: %s", path,
		rowan_strerror(rc));
	return EX_CANTCREAT;
}

static int open_clock(struct process *p)
{
	const struct config *c = &p->config;
	struct clock_options o = {.jump = c->clock_jump,
		.ahead = c->clock_persist,
		.need_sync = c->clock_need_sync};
	struct clock_source source;
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof path, "%s/clock", c->state_dir);
	clock_system(&source);
	rc = clock_open(path, &o, &source, &p->clock);
	if (rc == 0)
		return EX_OK;
	say("%s: %s", path, rowan_strerror(rc));
	return rc == ROWAN_E_CORRUPT ? EX_DATAERR : EX_CANTCREAT;
}

/* What the clinic's chain begins with. */
static int pin_authority(struct process *p)
{
	const char *path = p->config.authority;
	int rc;

	if (path[0] == '\0')
		return EX_OK;
	rc = import_authority(p->store, path, clock_read(p->clock).now / 1000);
	switch (rc) {
	case 0: return EX_OK;
	case ROWAN_E_REFUSED:
		say("%s: not the authority this database began with", path);
		return EX_CONFIG;
	case ROWAN_E_CORRUPT:
		say("the store is damaged: restore it from a backup");
		return EX_DATAERR;
	}
	say("%s: %s", path, rowan_strerror(rc));
	return rc == ROWAN_E_FULL || rc == ROWAN_E_AGAIN ? EX_CANTCREAT
							 : EX_CONFIG;
}

static int import(struct process *p, char *const *files)
{
	uint64_t now = clock_read(p->clock).now / 1000;
	struct import_result done;

	for (; *files != NULL; files++) {
		int rc = import_statements(p->store, *files, now, &done);

		if (rc != 0 && done.at > 0)
			say("%s: statement %zu: %s; nothing of this file was "
			    "taken",
				*files, done.at, rowan_strerror(rc));
		else if (rc != 0)
			say("%s: %s", *files, rowan_strerror(rc));
		if (rc != 0)
			return EX_DATAERR;
		printf("%s: %zu taken, %zu known\n", *files, done.taken,
			done.known);
	}
	return EX_OK;
}

static server_called called;

static int open_relay(struct process *p)
{
	struct server_options o = {.config = &p->config,
		.store = p->store,
		.clock = p->clock,
		.fds = &p->fds,
		.called = called,
		.cookie = p};
	int rc;

	memcpy(o.keys, p->use, sizeof o.keys);
	rc = server_open(&p->relay, &o);
	/* libzmq has its copies. */
	for (int i = 0; i < ZAP_PORTS; i++)
		key32_wipe(&p->keys[i]);
	switch (rc) {
	case 0: return EX_OK;
	case ROWAN_E_LIMIT:
		say("the limit of open files is too low for %llu connections "
		    "(LimitNOFILE, ulimit -n)",
			(unsigned long long)(p->config.connections +
					     p->config.connections_enrol));
		return EX_CONFIG;
	case ROWAN_E_IO:
		say("an endpoint cannot be bound: in use, or not ours");
		return EX_UNAVAILABLE;
	}
	say("cannot start: %s", rowan_strerror(rc));
	return EX_OSERR;
}

/* One line for whoever reads the log: names and numbers. */
static void say_counters(const struct server *relay)
{
	struct server_counters c;
	struct writer w;

	server_counters(relay, &c);
	writer_init(&w, 8192);
	counters_write(&c, &w);
	if (writer_status(&w) == 0)
		say("counters %.*s", (int)w.len, (const char *)w.data);
	writer_wipe(&w);
}

/*
 * What may change of the configuration. The whole file is checked first; a
 * file with anything wrong in it changes nothing.
 */
static void reload(struct process *p)
{
	static struct config fresh;
	struct config_change change;

	if (load_config(p->path, &fresh) != EX_OK) {
		say("%s: nothing was changed", p->path);
		return;
	}
	if (server_config(p->relay, &fresh, &change) != 0) {
		say("no memory: nothing was changed");
		return;
	}
	for (size_t i = 0; i < change.taken_count; i++)
		say("%s: %s is changed", p->path, change.taken[i]);
	for (size_t i = 0; i < change.left_count; i++)
		say("%s: %s needs a restart", p->path, change.left[i]);
	say("%s: read again", p->path);
}

/* In the serving thread, after a signal. */
static void called(void *cookie)
{
	struct process *p = cookie;

	if (report_asked) {
		report_asked = 0;
		say_counters(p->relay);
	}
	if (reload_asked) {
		reload_asked = 0;
		(void)notify_reloading();
		reload(p);
		(void)notify_send("READY=1");
	}
}

/* Signals reach this thread only, and only when there is a relay. */
static int serve(struct process *p)
{
	struct sigaction stop = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
	struct sigaction ask = {.sa_handler = on_ask, .sa_flags = SA_RESTART};
	sigset_t all, old;
	int code, rc;

	signal(SIGPIPE, SIG_IGN);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	code = open_relay(p);
	if (code != EX_OK)
		return code;
	running = p->relay;
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGHUP, &ask, NULL);
	sigaction(SIGUSR1, &ask, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	(void)notify_send("READY=1\nSTATUS=serving");
	rc = server_run(p->relay);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	(void)notify_send("STOPPING=1");
	say_counters(p->relay);
	if (rc == ROWAN_E_CORRUPT) {
		say("the store is damaged: stopped serving");
		return EX_DATAERR;
	}
	return EX_OK;
}

/* Serve, or with ${files} take these in. */
static int run(const char *path, char *const *files)
{
	static struct process p;
	struct rlimit none = {0, 0};
	int code = load_config(path, &p.config);

	p.path = path;
	/* Keys live here: no core files, no other process looking in. */
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0);
	umask(077);
	if (code == EX_OK && notify_listen_fds(&p.fds) != 0) {
		say("a descriptor handed over is not a listening TCP socket");
		code = EX_CONFIG;
	}
	if (code == EX_OK)
		code = read_keys(&p);
	if (code == EX_OK)
		code = open_store(&p);
	key32_wipe(&p.store_key);
	if (code == EX_OK)
		code = open_clock(&p);
	if (code == EX_OK)
		code = pin_authority(&p);
	if (code == EX_OK)
		code = files != NULL ? import(&p, files) : serve(&p);
	server_free(p.relay);
	store_close(p.store);
	if (clock_close(p.clock) != 0)
		say("the time could not be written down");
	for (int i = 0; i < ZAP_PORTS; i++)
		key32_wipe(&p.keys[i]);
	return code;
}

int main(int argc, char **argv)
{
	enum { CHECK = 256, PRINT, NEW_KEY, IMPORT, VERSION };
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"check-config", required_argument, NULL, CHECK},
		{"print-config", no_argument, NULL, PRINT},
		{"new-key", required_argument, NULL, NEW_KEY},
		{"import", no_argument, NULL, IMPORT},
		{"version", no_argument, NULL, VERSION},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	static struct config config;
	const char *path = DEFAULT_CONFIG, *check = NULL, *key = NULL;
	bool print = false, files = false;
	int opt, code;

	while ((opt = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (opt) {
		case 'c': path = optarg; break;
		case CHECK: check = optarg; break;
		case PRINT: print = true; break;
		case NEW_KEY: key = optarg; break;
		case IMPORT: files = true; break;
		case VERSION: puts("rowand " ROWAND_VERSION); return EX_OK;
		case 'h': fputs(usage, stdout); return EX_OK;
		default: fputs(usage, stderr); return EX_USAGE;
		}
	}
	if (!files && optind == argc - 1)
		path = argv[optind++];
	if (files ? optind == argc : optind != argc) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	if (sodium_init() < 0) {
		say("libsodium does not start");
		return EX_OSERR;
	}
	if (key != NULL)
		return make_key(key);
	if (check != NULL)
		return load_config(check, &config);
	if (!print)
		return run(path, files ? &argv[optind] : NULL);
	code = load_config(path, &config);
	return code == EX_OK ? print_config(&config) : code;
}
