/*
 * The main job in a few seconds: a victim and an advocate, each a process of
 * its own, talk through the real daemon, which is killed in between; then a
 * look into its files.
 *
 * Devices and channel are seeded: enrolment and assignments come with cards.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "demo/person.h"
#include "lib/rowand_proc.h"
#include "store/store.h"

static const char question[] = "Are you safe to talk?";
static const char reply[] = "Yes, until four. He drove past again.";
static const char later[] = "I have told the officer. Call 999 if he is near.";

static struct rowand_proc d;

/* Clean up in the one process that started the daemon. */
static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "demo: %s\n", what);
	rowand_end(&d);
	exit(1);
}

static void interrupted(int sig)
{
}

/* Her device comes second, so her key package waits for the advocate. */
static void victim(int port, int restarted)
{
	struct person p;
	char c;

	person_start(&p, "victim", SEED_MAILBOX, port);
	person_publish(&p);
	person_join(&p);
	person_hear(&p);
	person_say(&p, reply);
	/* She goes offline; what comes now waits for her. */
	relay_close(p.relay);
	p.relay = NULL;
	if (read(restarted, &c, 1) != 1)
		exit(1);
	{
		const struct relay_options where = {.kind = RELAY_LINK_DEALER,
			.port = port,
			.device = &p.device};

		if (relay_open(&p.relay, &where) != 0 ||
			relay_hello(p.relay, NULL) != 0 ||
			relay_subscribe(p.relay, 0, 8, NULL) != 0)
			exit(1);
	}
	person_hear(&p);
	person_end(&p);
}

static void advocate(int port, int told)
{
	struct seed_device her;
	struct person p;

	seed_device(SEED_MAILBOX, 0, &her);
	person_start(&p, "advocate", SEED_SENDER, port);
	person_invite(&p, &her.id);
	person_say(&p, question);
	person_hear(&p);
	person_say(&p, later);
	if (write(told, "x", 1) != 1)
		exit(1);
	person_end(&p);
}

static void wait_well(pid_t pid, const char *who)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status != 0)
		fail(who);
}

/* Is any of these words anywhere in the daemon's folder? */
static bool folder_has(const char *words)
{
	char command[ROWAND_PATH_MAX];

	(void)snprintf(
		command, sizeof command, "grep -arqF -- '%s' %s", words, d.dir);
	return system(command) == 0;
}

static void count(const char *when)
{
	struct store_options options = {.skip_check = true};
	char path[ROWAND_PATH_MAX];
	struct store_stats stats;
	struct key32 key;
	struct store *st;

	rowand_store_path(&d, path, sizeof path);
	seed_store_key(&key);
	options.path = path;
	options.key = &key;
	if (store_open(&st, &options) != 0 ||
		store_stats(store_view(st), &stats) != 0)
		fail("the store does not open");
	printf("  %s: %llu envelopes wait\n", when,
		(unsigned long long)stats.envelopes);
	store_close(st);
}

static void look(void)
{
	const char *const words[] = {
		question, reply, later, "He drove past", "safe to talk"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (folder_has(words[i]))
			fail("the daemon's files hold something that was said");
	/* The search finds what is there. */
	if (!folder_has("CREATE TABLE"))
		fail("the search finds nothing at all");
	printf("  none of the words is in its files, log or database\n");
}

/* ${keep} is the end of the pipe that is this person's, ${other} is not. */
static pid_t start(void (*person)(int, int), int port, int keep, int other)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();

	if (pid < 0)
		fail("no more processes");
	if (pid == 0) {
		(void)close(other);
		person(port, keep);
		exit(0);
	}
	(void)close(keep);
	return pid;
}

int main(void)
{
	const struct seed_clinic clinic = {.senders = 1, .mailboxes = 1};
	int told[2], restarted[2];
	pid_t victim_pid, advocate_pid;
	char c;

	/* Whatever happens to the reader or at the keyboard: clean up. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigaction(
		SIGINT, &(struct sigaction){.sa_handler = interrupted}, NULL);
	if (rowand_init(&d, NULL) != 0 || rowand_seed(&d, &clinic) != 0 ||
		rowand_start(&d) != 0 || pipe(told) != 0 ||
		pipe(restarted) != 0)
		fail("the daemon does not start");
	printf("A relay, one channel, two people. They talk:\n");
	fflush(stdout);
	victim_pid = start(victim, d.port, restarted[0], restarted[1]);
	advocate_pid = start(advocate, d.port, told[1], told[0]);
	if (read(told[0], &c, 1) != 1)
		fail("the advocate has not written");
	wait_well(advocate_pid, "the advocate failed");

	printf("She is offline, and the daemon is killed (SIGKILL):\n");
	(void)rowand_kill(&d, SIGKILL);
	count("in its database");
	look();
	if (rowand_start(&d) != 0)
		fail("the daemon does not start again");
	printf("It starts again, and she comes back:\n");
	fflush(stdout);
	if (write(restarted[1], "x", 1) != 1)
		fail("nobody listens");
	wait_well(victim_pid, "the victim failed");
	(void)rowand_kill(&d, SIGTERM);
	count("once she has read it");
	rowand_end(&d);
	printf("Nothing is left.\n");
	return 0;
}
