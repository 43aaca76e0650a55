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
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "clinic/import.h"
#include "clinic/tombstones.h"
#include "ctl/ctl.h"
#include "journal/journal.h"
#include "net/keyfile.h"
#include "net/notify.h"
#include "net/server.h"
#include "process/noted.h"
#include "process/process.h"
#include "process/request.h"
#include "process/settings.h"
#include "process/version.h"

#define DEFAULT_CONFIG "/etc/rowan/rowand.conf"

static const char usage[] =
	"usage: rowand [--config FILE]\n"
	"       rowand --check-config FILE\n"
	"       rowand [--config FILE] --print-config\n"
	"       rowand --new-key FILE\n"
	"       rowand [--config FILE] --import FILE...\n"
	"       rowand [--config FILE] --accept-log\n"
	"       rowand [--config FILE] --card-request AUTHORITY AGENCY\n"
	"\n"
	"  -c, --config FILE        read settings from FILE (default\n"
	"                           " DEFAULT_CONFIG ")\n"
	"      --check-config FILE  say everything that is wrong with FILE\n"
	"      --print-config       print every setting in force\n"
	"      --new-key FILE       make a secret key, print its public key\n"
	"      --import FILE...     take in statements that were signed\n"
	"                           offline, while no rowand runs\n"
	"      --accept-log         take the log as the database has it,\n"
	"                           though it is not what was signed last\n"
	"      --card-request AUTHORITY AGENCY\n"
	"                           ask for the daemon's card: the record of\n"
	"                           the authority, the agency that runs it\n"
	"      --log FORM           auto, journal, json or text (on stderr)\n"
	"      --version            print the version\n"
	"  -h, --help               print this\n";

/* What a signal handler may reach. */
static struct server *running;
static struct ctl *administered;
static volatile sig_atomic_t report_asked;

struct daemon {
	struct process p;
	struct notify_fds fds;
	struct server *relay;
	struct ctl *ctl;
	struct key32 publics[ZAP_PORTS];
	bool unburied; /* an erased case has no tombstone */
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

static void on_hangup(int sig)
{
	(void)sig;
	ctl_hangup(administered);
}

static void on_report(int sig)
{
	(void)sig;
	report_asked = 1;
	server_call(running);
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

static int print_request(
	const char *path, const char *record, const char *agency)
{
	static struct config config;
	struct request_options o = {
		.config = &config, .authority = record, .agency = agency};
	char fingerprint[ISSUE_FINGERPRINT_LEN];
	struct writer w;
	int code = sodium_init() < 0 ? EX_OSERR : process_config(path, &config);

	writer_init(&w, 4096);
	if (code == EX_OK)
		code = request_write(&o, &w, fingerprint);
	if (code == EX_OK && fwrite(w.data, 1, w.len, stdout) != w.len)
		code = EX_IOERR;
	if (code == EX_OK)
		say("fingerprint: %s", fingerprint);
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

/* Also once libzmq has its copies. */
static void wipe_keys(struct daemon *d)
{
	for (int i = 0; i < ZAP_PORTS; i++)
		key32_wipe(&d->p.keys[i]);
}

static int open_relay(struct daemon *d)
{
	const struct config *c = &d->p.config;
	struct server_options o = {.config = c,
		.store = d->p.store,
		.clock = d->p.clock,
		.head = d->p.head,
		.fds = &d->fds,
		.unburied = d->unburied,
		.called = called,
		.cookie = d};
	int rc;

	memcpy(o.keys, d->p.use, sizeof o.keys);
	for (int i = 0; i < ZAP_PORTS; i++)
		if (o.keys[i] != NULL)
			(void)crypto_scalarmult_base(
				d->publics[i].b, o.keys[i]->b);
	rc = server_open(&d->relay, &o);
	wipe_keys(d);
	switch (rc) {
	case 0: return EX_OK;
	case ROWAN_E_LIMIT:
		SAY(MSG_TOO_FEW_FILES,
			JOURNAL_NUMBER("connections",
				c->connections + c->connections_enrol));
		return EX_CONFIG;
	case ROWAN_E_IO: return EX_UNAVAILABLE; /* socket.c said which */
	}
	SAY(MSG_START_FAILED, JOURNAL_TEXT("why", rowan_strerror(rc)));
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
	writer_u8(&w, 0);
	if (writer_status(&w) == 0)
		SAY(MSG_COUNTERS,
			JOURNAL_TEXT("counters", (const char *)w.data));
	writer_wipe(&w);
}

static void say_changes(const char *path, const struct config_change *change,
	struct ctl_answer *a)
{
	for (size_t i = 0; i < change->taken_count; i++)
		SAY(MSG_SETTING_TAKEN, JOURNAL_TEXT("path", path),
			JOURNAL_TEXT("setting", change->taken[i]));
	for (size_t i = 0; i < change->left_count; i++)
		SAY(MSG_SETTING_LEFT, JOURNAL_TEXT("path", path),
			JOURNAL_TEXT("setting", change->left[i]));
	for (size_t i = 0; i < change->taken_count; i++) {
		ctl_row(a);
		ctl_text(a, "setting", change->taken[i]);
		ctl_text(a, "state", "changed");
	}
	for (size_t i = 0; i < change->left_count; i++) {
		ctl_row(a);
		ctl_text(a, "setting", change->left[i]);
		ctl_text(a, "state", "needs a restart");
	}
}

/*
 * What may change of the configuration. The whole file is checked first; a
 * file with anything wrong in it changes nothing.
 */
static void reload(void *cookie, struct ctl_answer *a)
{
	static struct config fresh;
	struct daemon *d = cookie;
	const char *path = d->p.path;
	struct config_change change;
	int rc = process_config(path, &fresh) == EX_OK
			 ? server_config(d->relay, &fresh, &change)
			 : ROWAN_E_INVAL;

	if (rc != 0) {
		SAY(MSG_RELOAD_REFUSED, JOURNAL_TEXT("path", path));
		ctl_say(a, EX_CONFIG,
			"%s: nothing was changed; rowanctl check-config says "
			"why",
			path);
		return;
	}
	say_changes(path, &change, a);
	SAY(MSG_RELOADED, JOURNAL_TEXT("path", path));
	ctl_say(a, EX_OK, "%s: read again", path);
}

/* In the serving thread, after a signal. */
static void called(void *cookie)
{
	struct daemon *d = cookie;

	if (report_asked) {
		report_asked = 0;
		say_counters(d->relay);
	}
}

/* Without its socket the daemon serves all the same, and says so. */
static void open_control(struct daemon *d)
{
	struct timespec t;
	struct ctl_options o = {.path = d->p.config.control,
		.relay = d->relay,
		.store = d->p.store,
		.clock = d->p.clock,
		.config_path = d->p.path,
		.reload = reload,
		.cookie = d};
	int rc;

	clock_gettime(CLOCK_MONOTONIC, &t);
	o.started = (uint64_t)t.tv_sec;
	memcpy(o.publics, d->publics, sizeof o.publics);
	rc = ctl_open(&d->ctl, &o);
	if (rc == 0)
		return;
	SAY(MSG_CONTROL_FAILED, JOURNAL_TEXT("path", o.path),
		JOURNAL_TEXT("why", rowan_strerror(rc)));
	o.path = "";
	if (ctl_open(&d->ctl, &o) != 0)
		d->ctl = NULL;
}

/* Those that ask for something while it starts wait until it serves. */
static void mask_questions(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(how, &set, NULL);
}

/* Signals reach this thread only, and only when there is a relay. */
static int serve(struct daemon *d)
{
	struct sigaction stop = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
	struct sigaction hangup = {
		.sa_handler = on_hangup, .sa_flags = SA_RESTART};
	struct sigaction report = {
		.sa_handler = on_report, .sa_flags = SA_RESTART};
	sigset_t all, old;
	int code, rc;

	signal(SIGPIPE, SIG_IGN);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	code = open_relay(d);
	if (code != EX_OK)
		return code;
	open_control(d);
	running = d->relay;
	administered = d->ctl;
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGHUP, &hangup, NULL);
	sigaction(SIGUSR1, &report, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	mask_questions(SIG_UNBLOCK);
	SAY_ONLY(MSG_SERVING);
	(void)notify_send("READY=1\nSTATUS=serving");
	rc = server_run(d->relay);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	(void)notify_send("STOPPING=1");
	ctl_close(d->ctl);
	say_counters(d->relay);
	if (rc == ROWAN_E_CORRUPT) {
		SAY_ONLY(MSG_DAMAGED);
		return EX_DATAERR;
	}
	SAY(MSG_STOPPED, JOURNAL_TEXT("why", "asked to"));
	return EX_OK;
}

/* Keys live here: no core files, no other process looking in. */
static void shut_in(void)
{
	struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0);
	umask(077);
}

/*
 * A thread that is woken waits until a processor is free, where it would take
 * one from the thread that woke it: each then finds more to do at a time. Who
 * is alone with an idle machine does not notice. Inherited by every thread.
 */
static void give_way(void)
{
	const struct sched_param none = {0};

	/* Refused, the daemon costs a tenth more. */
	if (sched_setscheduler(0, SCHED_BATCH, &none) != 0)
		return;
}

/*
 * What is imported is signed at once. Into a database that was put back only
 * the import goes on: it may bring the authority's word on the restore, and
 * the next start judges again.
 */
static int import_and_sign(struct process *p, char *const *files)
{
	int code;

	if (process_log(p, false) != EX_OK)
		SAY_ONLY(MSG_LOG_UNSIGNED);
	code = import(p, files);
	if (code == EX_OK)
		code = process_record(p, CTL_IMPORT, "cards import");
	if (p->head != NULL &&
		head_settle(p->head, clock_read(p->clock).now / 1000) != 0)
		SAY(MSG_GUARD_UNUSABLE, JOURNAL_TEXT("path", "log-guard"),
			JOURNAL_TEXT("why", "not written"));
	return code;
}

/* Words for the journal: the leaf is made. */
static void said_act(void *cookie, const struct noted_act *act)
{
	char who[NOTED_TEXT_MAX + 1];
	const char *what = strstr(act->text, ": ");
	time_t when = (time_t)act->time;
	char words[64] = "noted while no rowand could write it down";
	struct tm tm;

	(void)cookie;
	if (gmtime_r(&when, &tm) != NULL)
		(void)strftime(words, sizeof words,
			"noted %Y-%m-%d %H:%M:%S UTC, while none served", &tm);
	snprintf(who, sizeof who, "%.*s",
		what != NULL ? (int)(what - act->text) : 0, act->text);
	SAY(MSG_ADMIN, JOURNAL_TEXT("who", what != NULL ? who : "somebody"),
		JOURNAL_TEXT("act", what != NULL ? what + 2 : act->text),
		JOURNAL_TEXT("result", words));
}

/*
 * Acts on the files become leaves before anybody is served. On a full disk
 * they wait for the next start, as everything that is new does.
 */
static int take_noted(struct process *p)
{
	uint64_t now = clock_read(p->clock).now / 1000;
	int rc = noted_take(p->store, p->config.state_dir, now, said_act, NULL);

	if (rc == 0)
		return EX_OK;
	SAY(MSG_NOT_NOTED, JOURNAL_TEXT("why", rowan_strerror(rc)));
	return rc == ROWAN_E_CORRUPT ? EX_DATAERR : EX_OK;
}

/* Settings that come into force with this start are an act as well. */
static int take_settings(struct process *p)
{
	const struct noted_act act = {CTL_SETTINGS,
		clock_read(p->clock).now / 1000, "start: settings"};
	struct settings_change change;
	int rc = settings_begin(p->store, &p->config, &act, &change);

	for (size_t i = 0; i < change.count; i++)
		SAY(MSG_SETTING_TAKEN, JOURNAL_TEXT("path", p->path),
			JOURNAL_TEXT("setting", change.name[i]));
	if (change.any)
		SAY(MSG_ADMIN, JOURNAL_TEXT("who", "start"),
			JOURNAL_TEXT("act", "settings"),
			JOURNAL_TEXT("result", "in force"));
	if (rc == 0)
		return EX_OK;
	SAY(MSG_NOT_NOTED, JOURNAL_TEXT("why", rowan_strerror(rc)));
	return rc == ROWAN_E_CORRUPT ? EX_DATAERR : EX_OK;
}

static int work(struct daemon *d, char *const *files, bool accept_log)
{
	int code = EX_OK;

	if (files != NULL)
		return import_and_sign(&d->p, files);
	/* Whoever takes an old log for good says so in it. */
	if (accept_log)
		code = process_record(&d->p, CTL_ACCEPT_LOG, "accept-log");
	if (code != EX_OK)
		return code;
	code = process_log(&d->p, accept_log);
	if (code == EX_OK)
		code = take_noted(&d->p);
	if (code == EX_OK && !accept_log)
		code = take_settings(&d->p);
	d->unburied = code == EX_OK && d->p.config.backup_dir[0] != '\0' &&
		      tombstones_settle(d->p.config.backup_dir,
			      store_view(d->p.store)) != 0;
	return code == EX_OK && !accept_log ? serve(d) : code;
}

/* Serve, or with ${files} take these in. */
static int run(const char *path, char *const *files, bool accept_log)
{
	static struct daemon d;
	struct process *p = &d.p;
	int code;

	mask_questions(SIG_BLOCK);
	code = process_config(path, &p->config);
	p->path = path;
	shut_in();
	give_way();
	if (code == EX_OK && notify_listen_fds(&d.fds) != 0) {
		SAY_ONLY(MSG_HANDED_BAD);
		code = EX_CONFIG;
	}
	if (code == EX_OK)
		code = process_keys(p);
	if (code == EX_OK)
		code = process_store(p);
	journal_key(&p->store_key, NULL);
	key32_wipe(&p->store_key);
	if (code == EX_OK)
		code = process_clock(p);
	if (code == EX_OK)
		code = process_authority(p);
	if (code == EX_OK)
		code = work(&d, files, accept_log);
	server_free(d.relay);
	head_close(p->head);
	store_close(p->store);
	if (clock_close(p->clock) != 0)
		SAY_ONLY(MSG_CLOCK_UNSAVED);
	wipe_keys(&d);
	key32_wipe(&p->log_key);
	return code;
}

/* A person is there when statements are imported, a log when it serves. */
static bool open_log(const char *form, bool person)
{
	static const char *const forms[] = {[JOURNAL_AUTO] = "auto",
		[JOURNAL_NATIVE] = "journal",
		[JOURNAL_JSON] = "json",
		[JOURNAL_PLAIN] = "text"};

	if (form == NULL)
		form = person ? "text" : "auto";
	for (int i = JOURNAL_AUTO; i <= JOURNAL_PLAIN; i++) {
		if (strcmp(forms[i], form) != 0)
			continue;
		journal_open("rowand", (enum journal_form)i);
		return true;
	}
	fputs(usage, stderr);
	return false;
}

int main(int argc, char **argv)
{
	enum {
		CHECK = 256,
		PRINT,
		NEW_KEY,
		IMPORT,
		ACCEPT,
		REQUEST,
		LOG,
		VERSION
	};
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"check-config", required_argument, NULL, CHECK},
		{"print-config", no_argument, NULL, PRINT},
		{"new-key", required_argument, NULL, NEW_KEY},
		{"import", no_argument, NULL, IMPORT},
		{"accept-log", no_argument, NULL, ACCEPT},
		{"card-request", required_argument, NULL, REQUEST},
		{"log", required_argument, NULL, LOG},
		{"version", no_argument, NULL, VERSION},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	static struct config config;
	const char *path = DEFAULT_CONFIG, *check = NULL, *key = NULL;
	const char *log = NULL, *record = NULL;
	bool print = false, files = false, accept = false;
	int opt, code;

	while ((opt = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (opt) {
		case 'c': path = optarg; break;
		case CHECK: check = optarg; break;
		case PRINT: print = true; break;
		case NEW_KEY: key = optarg; break;
		case IMPORT: files = true; break;
		case ACCEPT: accept = true; break;
		case REQUEST: record = optarg; break;
		case LOG: log = optarg; break;
		case VERSION: puts("rowand " ROWAND_VERSION); return EX_OK;
		case 'h': fputs(usage, stdout); return EX_OK;
		default: fputs(usage, stderr); return EX_USAGE;
		}
	}
	if (record != NULL && optind == argc - 1)
		return print_request(path, record, argv[optind]);
	if (!files && record == NULL && optind == argc - 1)
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
		return process_check_said(check);
	if (!print && !open_log(log, files || accept))
		return EX_USAGE;
	if (!print)
		return run(path, files ? &argv[optind] : NULL, accept);
	code = process_config(path, &config);
	return code == EX_OK ? print_config(&config) : code;
}
