/*
 * rowan doctor: what is wrong, in words, and what to do about it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <rowan.h>

#include "cmd/families.h"
#include "cmd/remote.h"
#include "ui/mem.h"
#include "ui/text.h"
#include "ui/words.h"

#define ROOM_LOW    ((uint64_t)64 * 1024 * 1024)
#define CLOCK_APART 300
#define EXPIRES_IN  (30 * 86400)

struct findings {
	const struct run *run;
	json_t *list;
	bool trouble;
};

static void found(
	struct findings *f, bool good, const char *what, const char *advice)
{
	const struct ui *ui = &f->run->ui;
	const char *word = good ? _("good") : _("WRONG");
	size_t yes = text_width(_("good")), no = text_width(_("WRONG"));
	size_t width = yes > no ? yes : no;

	if (!ui->json)
		(void)printf("%s%s%s%*s ",
			ui_style(ui, good ? UI_GOOD : UI_WARN), word,
			ui_style(ui, UI_PLAIN), (int)(width - text_width(word)),
			"");
	ui_beside(ui, width + 1, what);
	if (!good && advice != NULL) {
		if (!ui->json)
			(void)printf("%*s ", (int)width, "");
		ui_beside(ui, width + 1, advice);
	}
	/* One by one: what takes longer comes last. */
	(void)fflush(stdout);
	(void)json_array_append_new(
		f->list, json_pack("{s:b,s:s,s:s*}", "good", (int)good, "what",
				 what, "advice", good ? NULL : advice));
	if (!good)
		f->trouble = true;
}

static void check_folder(struct findings *f)
{
	const char *home = f->run->home;
	struct statvfs v;
	struct stat st;

	if (stat(home, &st) != 0) {
		found(f, false, _("there is no state folder yet"),
			_("rowan setup makes it"));
		return;
	}
	found(f, (st.st_mode & 077) == 0 && st.st_uid == geteuid(),
		_("the state folder is yours alone"),
		_("chmod 700 it; others could copy the sealed vault"));
	if (statvfs(home, &v) == 0)
		found(f, (uint64_t)v.f_bavail * v.f_frsize >= ROOM_LOW,
			_("the disk has room"),
			_("make room: with a full disk nothing can be received "
			  "or written"));
}

static void check_card(struct findings *f, const json_t *s)
{
	json_int_t now = json_number(s, "now"), end = json_number(s, "expires");
	const char *link = json_text(s, "link");

	found(f, json_flag(s, "enrolled"), _("this device has a card"),
		_("rowan setup goes on with an invite, rowan setup --answer "
		  "FILE with what the authority signed"));
	if (!json_flag(s, "enrolled"))
		return;
	if ((now > 0 || json_flag(s, "expired")) && end > 0) {
		const bool valid = !json_flag(s, "expired") && end > now;

		found(f, valid, _("the card is valid"),
			_("ask the authority to renew it: this device takes "
			  "the new one by itself"));
		if (valid)
			found(f, end - now > EXPIRES_IN,
				_("the card is good for another month"),
				_("ask the authority to renew it now"));
	}
	found(f, strcmp(link, "current") == 0 || strcmp(link, "up") == 0,
		_("the daemon answers"),
		*json_text(s, "daemon_card") != '\0'
			? _("its card has ended or was revoked, and nobody "
			    "talks to it: tell whoever runs it; this device "
			    "goes on by itself afterwards")
		: strcmp(link, "refused") == 0
			? _("the daemon does not let this device in: was the "
			    "authority's answer imported there, is its clock "
			    "right, was the device revoked?")
			: _("is there a network, does it allow the port? rowan "
			    "config proxy uses Tor or another proxy"));
	if (now > 0)
		found(f, llabs((long long)time(NULL) - now) < CLOCK_APART,
			_("this machine's clock is right"),
			_("set it; times you type are understood by it"));
	found(f, *json_text(s, "fault") == '\0', _("the vault takes changes"),
		json_text(s, "fault"));
	found(f, !json_flag(s, "revoked"), _("this device was not revoked"),
		_("it was: a colleague with the right to enrol invites a new "
		  "one; rowan wipe removes what is here"));
	found(f, !json_flag(s, "old_copy"), _("the vault is no old copy"),
		_("it is: rowan readmit asks the others to take this device in "
		  "anew"));
}

/* Channels that stand still. */
static void check_channels(struct findings *f, struct run *r)
{
	json_t *ret = NULL, *error = NULL, *one, *channel;
	size_t i, k, frozen = 0;
	char *what;

	(void)remote_try(r, json_pack("{s:s}", "op", "cases"), &ret, &error);
	json_array_foreach (json_object_get(ret, "cases"), i, one) {
		json_array_foreach (
			json_object_get(one, "channels"), k, channel) {
			if (json_flag(channel, "frozen"))
				frozen++;
		}
	}
	json_decref(ret);
	json_decref(error);
	what = frozen == 0
		       ? mem_text(_("no channel stands still"))
		       : mem_print(_("channels that stand still: %zu"), frozen);
	found(f, frozen == 0, what,
		_("rowan cases marks them with !; rowan reset lets one begin "
		  "anew"));
	free(what);
}

static bool on_alarm(struct run *r, const json_t *event, void *ctx)
{
	const char *alarm = json_text(event, "alarm");
	struct findings *f = ctx;
	char *what;

	if (strcmp(json_text(event, "event"), "alarm") != 0)
		return true;
	what = mem_print(_("alarm: %s"), alarm);
	found(f, false, what,
		strcmp(alarm, rowan_alarm_name(ROWAN_ALARM_FORK)) == 0 ||
				strcmp(alarm, rowan_alarm_name(
						      ROWAN_ALARM_ROLLBACK)) ==
					0
			? _("the daemon or a member did something that nothing "
			    "explains: tell your coordinator; rowan conflict "
			    "list may have what the log signed")
			: _("the daemon or a member did something that nothing "
			    "explains: tell your coordinator"));
	free(what);
	return true;
}

/* Acts that were kept without a connection, and came to nothing. */
static void on_refused(struct findings *f, const json_t *event)
{
	const char *alias = json_text(event, "alias");
	char *of = *alias != '\0' ? mem_text(alias)
				  : mem_print("%.8s", json_text(event, "case"));
	char *what = mem_print(
		_("something that was kept without a connection was refused "
		  "later: %s, in case %s"),
		json_text(event, "error"), of);

	found(f, false, what,
		_("rowan cases and rowan case show how things stand: do it "
		  "again if it is still wanted"));
	free(what);
	free(of);
}

/* What the journal has, up to now. */
static void check_alarms(struct findings *f, struct run *r)
{
	json_t *ret = NULL, *error = NULL, *one;
	size_t i;

	if (remote_try(r, json_pack("{s:s}", "op", "alarms"), &ret, &error) ==
		EXIT_DONE) {
		json_array_foreach (json_object_get(ret, "alarms"), i, one) {
			(void)on_alarm(r, one, f);
		}
		if (json_array_size(json_object_get(ret, "alarms")) == 0)
			found(f, true, _("there was no alarm"), NULL);
		json_array_foreach (json_object_get(ret, "refused"), i, one) {
			on_refused(f, one);
		}
	}
	json_decref(ret);
	json_decref(error);
}

static int doctor_run(struct run *r)
{
	struct findings f = {.run = r, .list = json_array()};
	json_t *s = NULL, *error = NULL;
	int code;

	check_folder(&f);
	code = remote_try(r, json_pack("{s:s}", "op", "status"), &s, &error);
	if (code == EXIT_DONE) {
		found(&f, true, _("the agent answers"), NULL);
		found(&f, json_flag(s, "vault"), _("this device is set up"),
			_("rowan setup begins it"));
		if (json_flag(s, "vault"))
			found(&f, !json_flag(s, "locked"),
				_("the vault is open"),
				_("rowan unlock, then ask the doctor again"));
		if (json_flag(s, "vault") && !json_flag(s, "locked")) {
			check_card(&f, s);
			if (json_flag(s, "enrolled")) {
				check_channels(&f, r);
				check_alarms(&f, r);
			}
		}
	}
	json_decref(s);
	json_decref(error);
	ui_json(&r->ui, json_pack("{s:o}", "findings", f.list));
	if (code != EXIT_DONE)
		return code;
	if (f.trouble)
		return EXIT_TROUBLE;
	ui_say(&r->ui, _("Nothing is wrong."));
	return EXIT_DONE;
}

const struct command doctor_commands[] = {
	{"doctor", "", 0, 0, COMMAND_TEXT,
		N_("explain what is wrong, and what to do"), NULL, 0, NULL,
		doctor_run},
	{NULL, NULL, 0, 0, COMMAND_TEXT, NULL, NULL, 0, NULL, NULL}};
