/*
 * The table of messages: see message.h. Holds no state.
 */
#include <string.h>

#include "journal/message.h"

#define CATALOG_WIDTH 72

/* clang-format off */
static const struct message messages[MSG_COUNT] = {
	[MSG_SERVING] = {"29d00f5e728b9648e8d9adc26f4e7d84", 6, "serving",
		"serving",
		"rowand is ready: its sockets are open and the store was "
		"checked."},
	[MSG_STOPPED] = {"ecbceb4ecc66e6988704c275181ba736", 6, "stopped",
		"stopped: {why}",
		"rowand has answered what it had taken and ended. Nothing "
		"that was acknowledged is lost."},
	[MSG_COUNTERS] = {"f1c0fa3ae62abc2ea11893afec3074fa", 6, "counters",
		"counters {counters}",
		"Counts since the start, asked for by SIGUSR1 or said at the "
		"end. docs/operations.md says what each one counts."},
	[MSG_RELOADED] = {"19eb624cc5aa7d5fdd8065d7ddaff0fb", 6, "reloaded",
		"{path}: read again",
		"The settings that may change while rowand runs are those of "
		"the file now. Others that differ are named in messages of "
		"their own and need: systemctl restart rowand"},
	[MSG_SETTING_TAKEN] = {"3d8f98470575a5d715ab3e454f9e453d", 6, "setting-taken",
		"{path}: {setting} is changed",
		"This setting holds from the next request on."},
	[MSG_SETTING_LEFT] = {"59551935af893ec71e0f6773cf6c54ba", 5, "setting-left",
		"{path}: {setting} needs a restart",
		"The old value stays in force. When it suits: systemctl "
		"restart rowand. Clients wait and lose nothing."},
	[MSG_RELOAD_REFUSED] = {"43ef5b9a1456a2542c8ae2d49eb3f79e", 3, "reload-refused",
		"{path}: nothing was changed",
		"The configuration has problems, each in a message of its "
		"own; the settings in force stay. Correct the file, then: "
		"rowanctl check-config, rowanctl reload --wait"},
	[MSG_CONFIG_PROBLEM] = {"0350bba201166c88f757a354cee834e6", 3, "config-problem",
		"{path}: {problem}",
		"A line of the configuration cannot be used. conf/rowand.conf "
		"shows every setting with its range. Check with: rowanctl "
		"check-config"},
	[MSG_CONFIG_PROBLEM_AT] = {"6b5465782a291fadbb07cfb32007c65e", 3, "config-problem-at",
		"{path}:{line}: {problem}",
		"A line of the configuration cannot be used. conf/rowand.conf "
		"shows every setting with its range. Check with: rowanctl "
		"check-config"},
	[MSG_KEY_MISSING] = {"7f4df1b58f9cc61be40ee045d2fadd70", 2, "key-missing",
		"no key file {key}: its copy belongs here; only a new clinic "
		"makes one (rowand --new-key)",
		"A credential that rowand needs is not there, so it does not "
		"start. If it was there before, get it back from the key "
		"ceremony's copies (docs/operations.md, \"A key is "
		"missing\"). Do not make a new store key: the database cannot "
		"be read with another one."},
	[MSG_KEY_EXPOSED] = {"f61fe7faceb41a64c46dafb750b69d6c", 2, "key-exposed",
		"key file {key} must be ours and nobody else's to read (chmod "
		"600)",
		"Others could read this key. Ask who could have; if it may "
		"have been read, change it (rowanctl key rotate; "
		"docs/operations.md). Then: chmod 600"},
	[MSG_KEY_BAD] = {"08dcd2f83f88fa8e8b7a1d4ec6440edb", 2, "key-bad",
		"key file {key} is not 64 hexadecimal digits and a newline",
		"The credential is damaged or another file. Get it back from "
		"the key ceremony's copies (docs/operations.md, \"A key is "
		"missing\")."},
	[MSG_KEY_UNREADABLE] = {"97a505180f77317603c2cb8c7c3d82f6", 2, "key-unreadable",
		"key file {key} cannot be read",
		"The disk or the service manager did not hand the key over. "
		"See the messages of systemd for this unit: journalctl -u "
		"rowand"},
	[MSG_STORE_NEWER] = {"1787e2135f25d711e34d17750ec14e2c", 2, "store-newer",
		"{path} was written by a newer rowand: install that one",
		"An older rowand refuses what it might misread. Install the "
		"newer package again. Before each change of schema a backup "
		"was made; going back means restoring it (docs/operations.md, "
		"\"Restore\")."},
	[MSG_STORE_OLD] = {"5d0c1f7be0a94c7e9e2f6a41b87d3c15", 2, "store-old",
		"{path} was written before rowand's first release, in a form "
		"that is not read any more",
		"Nothing is damaged and nothing was changed. The rows of its "
		"log cannot be brought into today's form. Move the folder "
		"aside and begin anew, or look at it with the rowand that "
		"wrote it."},
	[MSG_STORE_MISSING] = {"c1a7f0b92d5e4c0f8b6637da50e2947d", 2, "store-missing",
		"{path} is not there, and there was one before",
		"The record of the last signed head or the backups tell that "
		"this clinic has a database. An empty one in its place would "
		"turn everybody away, so rowand does not start: mount its "
		"volume, or put the folder back; docs/operations.md, \"The "
		"database is not there\"."},
	[MSG_STORE_OTHER_KEY] = {"108bb1fb6f619cef7652d5fc9bda7d30", 2, "store-other-key",
		"{path} was made with another store key",
		"The store key credential is not the one this database was "
		"made with. Nothing is damaged. Get the right key from the "
		"key ceremony's copies (docs/operations.md, \"A key is "
		"missing\")."},
	[MSG_STORE_DAMAGED] = {"4f1e6f9c5e07a392b00b605c58718ad0", 2, "store-damaged",
		"{path} is damaged: restore it from a backup",
		"Stored bytes are not what was written: a fault of disk, "
		"memory or file system, or somebody's hand. Do not start "
		"again and again. Copy the folder aside, look at the kernel's "
		"messages, then follow docs/operations.md, \"The database is "
		"damaged\"."},
	[MSG_STORE_UNUSABLE] = {"7cd49d5f8a14f120c9ae3f1e91bae6cb", 2, "store-unusable",
		"{path} cannot be opened: {why}",
		"Look who uses the folder (a second rowand, an offline "
		"rowanctl), whether it is mounted and writable for the user "
		"rowand, and whether the disk is full."},
	[MSG_VOLUME_SMALL] = {"7191745ed723f335e1e4fdf587dd5343", 4, "volume-small",
		"warning: store_bytes, the log and the reserve together are "
		"more than the volume of {path} holds",
		"rowand survives a full disk, but other users of this volume "
		"may then be in the way. Lower store_bytes or enlarge the "
		"volume."},
	[MSG_MIGRATED] = {"38c9971b980bf8a8ac8d1116f2bad6a6", 5, "migrated",
		"the database is of schema {version} now, it was {before}",
		"A newer rowand has changed the database. The backup made "
		"before it is named in the message before this one. Older "
		"versions refuse this database from now on."},
	[MSG_CLOCK_UNUSABLE] = {"639f209f4627522a8f03531a3a829bed", 2, "clock-unusable",
		"{path}: {why}",
		"The file in which the time is written down, so that it never "
		"goes back, is damaged or not writable. docs/operations.md, "
		"\"The clock's file is damaged\", says when it may be "
		"removed."},
	[MSG_CLOCK_DOUBTFUL] = {"b2a7328515dd99c11a073ff16e063d4a", 4, "clock-doubtful",
		"the clock is doubtful: {why}",
		"Nothing is released, started or expired until it is trusted; "
		"assignments still end. Compare the time with another source "
		"(chronyc tracking, timedatectl). When it is right: rowanctl "
		"clock accept"},
	[MSG_CLOCK_SURE] = {"73541a52d6be83a790d8875e0fe84579", 5, "clock-sure",
		"the clock is trusted",
		"Held messages, lifetimes and starts go on."},
	[MSG_CLOCK_UNSAVED] = {"75a1cccfe8604958a46929dad6fdaccc", 3, "clock-unsaved",
		"the time could not be written down",
		"After a crash the time might repeat up to clock_persist. "
		"Look whether the state folder is writable."},
	[MSG_AUTHORITY_OTHER] = {"fdf3fb17d8a89ad36c92400aaab01d02", 2, "authority-other",
		"{path}: not the authority this database began with",
		"The record in the configuration is another clinic's or an "
		"older one. Put the right record back. rowand never changes "
		"its root of trust by itself."},
	[MSG_AUTHORITY_BAD] = {"ef84f074d76b1984a5e822a40b0cc120", 2, "authority-bad",
		"{path}: {why}",
		"The record of the authority cannot be read. It is a text "
		"file made by the authority: fetch it again."},
	[MSG_TOO_FEW_FILES] = {"c926037a62174a1c1a4b5c0cd7948f42", 2, "too-few-files",
		"the limit of open files is too low for {connections} "
		"connections (LimitNOFILE, ulimit -n)",
		"Raise LimitNOFILE in a drop-in (systemctl edit rowand), or "
		"lower connections in the configuration."},
	[MSG_ENDPOINT] = {"fb830c6b83df5c5e478129822093fff8", 2, "endpoint",
		"{endpoint} cannot be bound: {why}",
		"Another process listens there (ss -ltnp), or the address is "
		"not on this machine. With socket units: systemctl status "
		"rowand.socket"},
	[MSG_HANDED_BAD] = {"bf63a9fd394835bc6dd283623d4cb127", 2, "handed-bad",
		"a descriptor handed over is not a listening TCP socket, or "
		"its name is not tcp, next or enrol",
		"A socket unit with another type than ListenStream=PORT, or "
		"with another FileDescriptorName= than tcp, next or enrol, is "
		"among Sockets= of rowand.service."},
	[MSG_START_FAILED] = {"f4c225a62b98a03b905eba07ac6bf729", 2, "start-failed",
		"cannot start: {why}",
		"Memory, threads or another resource of this machine was "
		"refused. See MemoryMax= and TasksMax= of the unit and the "
		"kernel's messages."},
	[MSG_DISK_FULL] = {"f34761bc730993415e0c52a39731d44f", 2, "disk-full",
		"the disk is full: nothing new is taken; delivery, deletion "
		"and expiry go on",
		"Messages that are refused are kept by their senders and "
		"tried again; nothing acknowledged is lost. Make room on the "
		"volume or enlarge it; rowand notices by itself. rowanctl "
		"status shows what takes the room."},
	[MSG_DISK_ROOM] = {"39c357bd5731830ecbeab874d7bae736", 5, "disk-room",
		"there is room on the disk again",
		"New messages are taken."},
	[MSG_COMMIT_FAILED] = {"72fca8e9f8a6829079ec3aff89b37b83", 3, "commit-failed",
		"transactions fail: {count} since the last message",
		"The disk refuses writes. Clients are told to try again and "
		"nothing acknowledged is lost. Look at the kernel's messages "
		"and the volume at once."},
	[MSG_DAMAGED] = {"be6bc5b39016eb422bced7fbc9619db6", 0, "damaged",
		"the store is damaged: stopped serving",
		"As for a database that is found damaged at the start: "
		"docs/operations.md, \"The database is damaged\"."},
	[MSG_CARD_EXPIRES] = {"964224e8d86f384bae4908a232031f23", 4, "card-expires",
		"the daemon's card ends in {days} days",
		"Clients refuse a daemon without a card in force. Have the "
		"authority renew it (docs/operations.md, \"RowanCardEnds\"), "
		"then: rowanctl cards import FILE"},
	[MSG_CARD_EXPIRED] = {"5b420143418c7f37b25659677e9ecfaa", 1, "card-expired",
		"the daemon's card has expired: clients refuse to connect",
		"Have the authority renew it now (docs/operations.md, "
		"\"RowanCardExpired\"), then: rowanctl cards import FILE. "
		"Messages wait on the devices and are not lost."},
	[MSG_ADMIN] = {"a7d3d17a9580f0f5a1ba522dcf73c52a", 5, "admin",
		"{who}: {act}: {result}",
		"Somebody used rowanctl. The act is in the audit log too."},
	[MSG_ADMIN_REFUSED] = {"4618ac96fba4cf8ddb04033b5c0a5dea", 4, "admin-refused",
		"somebody who may not administer was turned away from the "
		"control socket",
		"Members of the group rowand and root may use rowanctl. If "
		"nobody of you tried, find out who is on this machine."},
	[MSG_CONTROL_FAILED] = {"4c76f761fd33846d59a6acc0632de8f4", 3, "control-failed",
		"{path}: the control socket cannot be opened: {why}",
		"rowanctl does not work until rowand is restarted; everything "
		"else does. Look whether /run/rowand is there and writable "
		"for the user rowand."},
	[MSG_BACKUP_DONE] = {"51bce924f2c2127d9ba2e6c3e56d6a4b", 5, "backup-done",
		"backup {name} is complete, {bytes} bytes",
		"Carry it to another place. rowanctl backup verify tries it "
		"out."},
	[MSG_BACKUP_FAILED] = {"af777c26f29af89e06952b08ae3f5309", 2, "backup-failed",
		"no backup was made: {why}",
		"Yesterday's backup is what a restore would come back to. "
		"Look whether the backup folder is there, writable for the "
		"user rowand and has room, and whether /etc/rowan/backup.pub "
		"is a recipient key; then: rowanctl backup now"},
	[MSG_BACKUP_COPY] = {"5b1e0f6ad2c84e0c9a37c5f14d6b8e21", 4, "backup-copy",
		"the older database was copied to {path}",
		"It could not be made a backup, for want of a key at backup_key."
		" Delete the copy when the new version has proved itself: it"
		" holds what is deleted from the database later."},
	[MSG_BACKUP_OLD] = {"d6b1e7e830a92f12ad0a85e8bab79d10", 3, "backup-old",
		"the newest backup is {hours} hours old",
		"Look at the timer: systemctl list-timers rowan-backup.timer, "
		"journalctl -u rowan-backup; then: rowanctl backup now"},
	[MSG_LOGLEVEL] = {"f8e2f9c77ddca2d1a7b3ed2b03533bd6", 5, "loglevel",
		"the log level is {level} for {seconds} seconds",
		"It falls back by itself. No level says more about people: "
		"ids stay hashed, and addresses and content are never said."},
	[MSG_RESTORE_PENDING] = {"d7ceb9ad0ac1363be3c2fbef26a2d1ed", 1, "restore-pending",
		"a restore has begun and the authority has not signed it: "
		"rowand does not serve",
		"Have the authority sign the restore (docs/operations.md, "
		"\"Restore\"), then: rowan-offline backup finish FOLDER FILE"},
	[MSG_RESTORE_WAITS] = {"5db3e8d202a45cd0cf2def7160addfd4", 4, "restore-waits",
		"restored: waits for what {devices} devices have of what was "
		"lost",
		"A case takes nothing but statements until then, restore_wait "
		"at most. Ask coordinators to connect first, then the "
		"others. Who knows that what is missing is gone for good ends "
		"it: docs/operations.md, \"RowanRestoring\"."},
	[MSG_RESTORE_OVER] = {"ccec31f5fdc4a917609e7386b85ae56a", 5, "restore-over",
		"the restore is over: every case is served",
		"What was not given back until now is lost. Put restore_wait "
		"back if you had changed it."},
	[MSG_RESTORE_REFUSED] = {"148bcd44b8512070c36674d1fee08157", 2, "restore-refused",
		"who signed the restore is not the authority any more",
		"Devices gave back that another took its place meanwhile. Have "
		"the authority of now sign the same restore-pending, then: "
		"rowanctl cards import FILE"},
	[MSG_UNBURIED] = {"8b6a383bb0216e7e8bf002cb8bd5d90b", 3, "unburied",
		"a tombstone could not be written beside the backups",
		"A case was erased, and a restore of an older backup would "
		"bring it back. Look whether backup_dir is there and writable; "
		"it is tried again every few seconds. docs/operations.md, "
		"\"RowanUnburied\"."},
	[MSG_DELIVERY_LATE] = {"70bf17ba0a97b8a6b79cc36cbf6621c2", 4, "delivery-late",
		"an urgent message waits for {minutes} minutes",
		"A device that should be on has not fetched it: see whether "
		"the duty desk's devices are connected (rowanctl sessions)."},
	[MSG_LOG_UNRECORDED] = {"831fc9537f98b5667a8f59ab404c300e", 2, "log-unrecorded",
		"the log has {leaves} leaves and {path} no record of what was "
		"signed last",
		"The record of the last signed checkpoint was lost or removed, "
		"or the database was put here from elsewhere, so rowand does "
		"not start. If nothing was restored: rowan-offline rowand "
		"--accept-log. See docs/operations.md, \"The record of the "
		"log is lost\"."},
	[MSG_LOG_BEHIND] = {"3fe0569927519c6680b6e1c401ec87e2", 2, "log-behind",
		"the log has {leaves} leaves and a checkpoint of {signed} was "
		"signed: the database is an older copy",
		"A backup or a snapshot was put back. What was signed since "
		"would be denied, so rowand does not start. If the newer "
		"database is still somewhere put that one back; else restore "
		"a backup: docs/operations.md, \"Restore\". See docs/log.md, "
		"\"Behind the last signed checkpoint\"."},
	[MSG_LOG_FORKED] = {"a00d4a20ad1778313994897f55e3cb86", 2, "log-forked",
		"the log is not the one whose checkpoint of {signed} leaves "
		"was signed",
		"The database was put back earlier and has grown since, or is "
		"another one. Find the right one, or restore a backup: "
		"docs/operations.md, \"Restore\". See docs/log.md, \"Behind "
		"the last signed checkpoint\"."},
	[MSG_LOG_UNSIGNED] = {"b400e93b3cd8b7a5ce8bcbe1b0cba185", 4, "log-unsigned",
		"the files are taken in all the same; nothing is signed",
		"The log is not as it was signed last. A restore statement may "
		"be among the files; the next start judges again."},
	[MSG_GUARD_DAMAGED] = {"8387e117d29282c64b43bbe8fec3b266", 2, "guard-damaged",
		"{path} or the database is damaged",
		"The record of the last signed checkpoint cannot be read. "
		"Check the disk. If the database is whole (rowan-offline "
		"store check) and nothing was restored: move the record away, "
		"then: rowan-offline rowand --accept-log."},
	[MSG_GUARD_UNUSABLE] = {"48d64c1d37819c15c73f70699754bd12", 2, "guard-unusable",
		"{path}: {why}",
		"The record of the last signed checkpoint cannot be written. "
		"It must lie where rowand may write, outside of what is backed "
		"up and restored (setting log_guard)."},
	[MSG_LOG_ACCEPTED] = {"c07814dfd3223fc7491290c8381417e3", 4, "log-accepted",
		"the log is taken as it is, with {leaves} leaves",
		"Clients and witnesses that knew a longer or another log will "
		"raise an alarm. Tell them why."},
	[MSG_NOT_NOTED] = {"0f6f2c3d8b1e4a5796d0c4e8a17b3925", 3, "not-noted",
		"an act is not in the audit log yet: {why}",
		"Something was done to the files while no rowand ran, and "
		"noted in the state folder, or this start brings other "
		"settings into force. It cannot be written into the log now, "
		"and rowand serves all the same. The next start tries again: "
		"look whether there is room on the disk, then: systemctl "
		"restart rowand"},
	[MSG_KEYS_MOVED] = {"e06b7f2d94c84b0fa1d35c7e8892b641", 3, "keys-moved",
		"{key} has taken the place of the key before it",
		"A change of keys was cut off, or is done and the settings of "
		"the next keys are still there. rowanctl key retire goes on "
		"with it, or says that it is done. Then clear "
		"transport_key_next, log_key_next and listen_next, and: "
		"systemctl restart rowand"},
	[MSG_HANDSHAKE_REFUSED] = {"25d366bf69a45ca066a168b984cee245", 7,
		"handshake-refused",
		"a connection to the port {port} was refused: {why}",
		"Said at the level debug alone. Nobody's key: the card of that "
		"device was never imported, or it belongs to another clinic. "
		"rowanctl devices list says which devices there are."},
	[MSG_DEVICE_REFUSED] = {"43722b9da84a55525bc23d275d057985", 7, "device-refused",
		"{device}: operation {operation} was refused: {code}",
		"Said at the level debug alone, of devices of staff. rowanctl "
		"devices list shows under in_log which device it is; "
		"docs/protocol.md, sections on operations and errors, says "
		"what was asked for and why it was refused."},
};
/* clang-format on */

const struct message *message_at(enum message_id id)
{
	return &messages[id];
}

static void put(struct writer *w, const char *text)
{
	writer_raw(w, text, strlen(text));
}

/* Words of ${text} in lines. */
static void fold(struct writer *w, const char *text)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		if (column > 0 && column + 1 + len > CATALOG_WIDTH) {
			put(w, "\n");
			column = 0;
		} else if (column > 0) {
			put(w, " ");
			column++;
		}
		writer_raw(w, text, len);
		column += len;
		text += len;
		text += strspn(text, " ");
	}
	put(w, "\n");
}

/* {field} is @ROWAN_FIELD@ in a catalog. */
static void subject(struct writer *w, const char *text)
{
	bool inside = false;

	for (; *text != '\0'; text++) {
		char c = *text;

		if (c == '{' || c == '}') {
			put(w, c == '{' ? "@ROWAN_" : "@");
			inside = c == '{';
			continue;
		}
		if (inside && c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		writer_raw(w, &c, 1);
	}
}

void message_catalog(struct writer *w)
{
	put(w, "# Made from daemon/journal/message.c: make catalog\n");
	for (size_t i = 0; i < MSG_COUNT; i++) {
		const struct message *m = &messages[i];

		put(w, "\n-- ");
		put(w, m->id);
		put(w, "\nSubject: rowand: ");
		subject(w, m->text);
		put(w, "\nDefined-By: Rowan\nDocumentation: man:rowand(8)\n\n");
		fold(w, m->advice);
	}
}
