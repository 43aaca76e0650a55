/*
 * The loss of a database and its restore: see loss.h.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/stat.h>

#include "backup/restore.h"
#include "session/loss.h"
#include "wire/armour.h"

struct loss loss;

void loss_ctl(const char *args)
{
	char command[3 * ROWAND_PATH_MAX], path[ROWAND_PATH_MAX];
	char *slash;

	snprintf(path, sizeof path, "%.2000s", kit_daemon.binary);
	slash = strrchr(path, '/');
	snprintf(slash == NULL ? path : slash + 1, 16, "rowanctl");
	snprintf(command, sizeof command,
		"cd '%.2000s' && '%s' --config rowand.conf %s >>log 2>&1",
		kit_daemon.dir, path, args);
	KIT_CHECK(system(command) == 0);
}

const char *loss_at(const char *name)
{
	static char path[ROWAND_PATH_MAX];

	snprintf(path, sizeof path, "%.2000s/%s", kit_daemon.dir, name);
	return path;
}

/* The authority signs what is pending, behind the backup's chain. */
static void sign_restore(const struct clinic *then)
{
	struct restore_pending p;
	struct wire_statement s;
	struct writer w, text;
	FILE *f;

	KIT_CHECK(restore_pending_read(loss_at("restored"), &p) == 0);
	KIT_CHECK(p.heads.lost_size > p.heads.size);
	authority_begin(then, WIRE_ST_RESTORE, (uint64_t)time(NULL), &s);
	s.u.restore = p.heads;
	writer_init(&w, WIRE_STATEMENT_MAX);
	KIT_CHECK(authority_sign(kit_clinic.key, NULL, &s, &w) == 0);
	writer_init(&text, 2 * ARMOUR_OBJECT_MAX);
	KIT_CHECK(armour_write(ARMOUR_STATEMENT, writer_view(&w), &text) == 0);
	f = fopen(loss_at("signed"), "w");
	KIT_CHECK(f != NULL && fwrite(text.data, 1, text.len, f) == text.len &&
		  fclose(f) == 0);
	writer_wipe(&text);
	writer_wipe(&w);
}

void loss_restore(const struct clinic *then)
{
	char command[3 * ROWAND_PATH_MAX];

	KIT_CHECK(rowand_kill(&kit_daemon, SIGKILL) != 0);
	loss_ctl("backup restore --key backup.key --into restored"
		 " --last state/log-guard backups/*.backup");
	sign_restore(then);
	loss_ctl("backup finish restored signed");
	snprintf(command, sizeof command,
		"cd '%.2000s' && rm -r state && mv restored state",
		kit_daemon.dir);
	KIT_CHECK(system(command) == 0);
	kit_run();
}

/* ---- people -------------------------------------------------------------- */

void loss_begin(const char *settings)
{
	struct loss *l = &loss;

	sessions_begin(settings);
	KIT_CHECK(mkdir(loss_at("backups"), 0700) == 0);
	person_create(&l->coordinator, "coordinator");
	person_create(&l->advocate, "advocate");
	person_create(&l->officer, "officer");
	person_create(&l->thief, "thief");
	person_create(&l->nurse, "nurse");
	person_carded(&l->coordinator, "clinic", WIRE_RIGHT_COORDINATE);
	person_carded(&l->advocate, "advocacy", 0);
	person_carded(&l->officer, "police", 0);
	person_carded(&l->thief, "police", 0);
	person_carded(&l->nurse, "health", 0);
}

void loss_run(struct person *also)
{
	struct person *in[] = {&loss.coordinator, &loss.advocate, &loss.officer,
		&loss.thief, also};
	size_t n = also == NULL ? 4 : 5;

	sessions_run();
	loss_ctl("backup keygen backup.key backup.pub");
	sessions_settle();
	loss.case_id = sessions_case(&loss.coordinator);
	loss.team = sessions_channel(
		&loss.coordinator, &loss.case_id, WIRE_CHANNEL_TEAM);
	for (size_t i = 0; i < n; i++)
		sessions_assign(&loss.coordinator, &loss.team, in[i]);
	for (size_t i = 0; i < n; i++)
		scene_together(in[i], &loss.team, n);
	sessions_settle();
}

struct loss_who loss_who(struct person *p)
{
	const struct identity *me = parts_of(p)->me;

	return (struct loss_who){me->member, me->device};
}

int loss_may(struct person *at, const struct loss_who *who)
{
	return follow_may(parts_of(at)->follow, &loss.team, &who->device);
}

void loss_take_out(const struct loss_who *who)
{
	scene_unassign(&loss.coordinator, &loss.team, &who->member);
}

void loss_revoke(const struct loss_who *who)
{
	const struct acts_revocation lost = {
		.device = who->device, .reason = WIRE_REVOKE_LOST};
	uint64_t act;

	KIT_CHECK(acts_revoke(parts_of(&loss.coordinator)->acts, &lost, &act) ==
		  0);
	person_done(&loss.coordinator, act);
}

void loss_log_card(struct bytes card)
{
	uint64_t act;

	KIT_CHECK(acts_log_card(
			  parts_of(&loss.coordinator)->acts, card, &act) == 0);
	person_done(&loss.coordinator, act);
}

bool loss_unread(void *p)
{
	return messages_unread(parts_of(p)->messages, &loss.team) > 0;
}
