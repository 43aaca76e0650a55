/*
 * A case was erased, the backup is from before, and the tombstones beside the
 * backups are lost with the damaged folder: it comes back, unless a witness
 * brings what it has kept. Then it is erased before anybody is served; and
 * what is no witness's file is refused, in words.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backup/restore.h"
#include "clinic/import.h"
#include "ops/restoring.h"
#include "wire/armour.h"
#include "wire/log.h"

static struct world_person witness;
static struct buf carded;

static const char *in(const char *name)
{
	static char path[4][ROWAND_PATH_MAX];
	static int n;

	n = (n + 1) % 4;
	snprintf(path[n], sizeof path[n], "%.2000s/%s", kit_daemon.dir, name);
	return path[n];
}

static void write_file(const char *name, struct bytes text)
{
	FILE *f = fopen(in(name), "w");

	KIT_CHECK(f != NULL && fwrite(text.data, 1, text.len, f) == text.len);
	KIT_CHECK(fclose(f) == 0);
}

/* By the authority, and brought by the coordinator: behind the backup. */
static void card_witness(void)
{
	struct cast *t = &restoring.cast;
	struct relay_client *c =
		clinic_kit_connect(&restoring, &t->coordinator);
	struct wire_statement s;
	struct wire_card card;
	struct buf raw;

	t->w.now = (uint64_t)time(NULL);
	world_person(&witness, "a witness");
	world_card(&t->w, &witness, WIRE_ROLE_WITNESS, "police", &card);
	/* Whatever the second is at the daemon. */
	card.not_before -= 3600;
	world_issue(&t->w, &witness, NULL, &card, &raw);
	world_statement(&t->w, NULL, WIRE_ST_CARD, &s);
	s.u.card = buf_view(&raw);
	world_sign(&t->w, NULL, &s, &carded);
	KIT_CHECK(clinic_kit_act(&restoring, c, NULL, &s, NULL) == WIRE_OK);
	relay_close(c);
	buf_wipe(&raw);
}

/* What is served of erased cases; the first statement's armour. */
static int asked(
	const struct world_person *by, size_t *ret_count, struct writer *text)
{
	struct relay_client *c = clinic_kit_connect(&restoring, by);
	struct wire_erased_answer a = {.count = 0};
	struct relay_request q = {.op = WIRE_OP_ERASED};
	struct wire_message m;
	uint8_t mem[16];
	struct writer w;
	int rc;

	writer_init_fixed(&w, mem, sizeof mem);
	KIT_CHECK(wire_erased_encode(&(struct wire_erased){0}, &w) == 0);
	q.body = &w;
	rc = relay_call(c, &q, &m);
	if (rc == 0) {
		KIT_CHECK(wire_erased_answer_decode(&m, &a) == 0);
		KIT_CHECK(a.next == 0);
	}
	*ret_count = a.count;
	if (a.count > 0 && text != NULL)
		KIT_CHECK(armour_write(ARMOUR_STATEMENT, a.statements[0],
				  text) == 0);
	relay_close(c);
	return rc;
}

static void witness_keeps(void)
{
	struct writer text;
	struct buf raw;
	size_t n;

	writer_init(&text, 2 * ARMOUR_OBJECT_MAX);
	KIT_CHECK(asked(&witness, &n, NULL) == 0 && n == 0);
	KIT_CHECK(restoring_erase() == WIRE_OK);
	KIT_CHECK(asked(&restoring.cast.officer, &n, NULL) == ROWAN_E_REFUSED);
	KIT_CHECK(asked(&restoring.cast.coordinator, &n, NULL) ==
		  ROWAN_E_REFUSED);
	KIT_CHECK(asked(&witness, &n, &text) == 0 && n == 1);
	write_file("erased", writer_view(&text));
	/* Cut off, empty, and changed. */
	write_file("cut", bytes_of(text.data, text.len - 30));
	write_file("empty", bytes_of("", 0));
	KIT_CHECK(armour_read(writer_view(&text), ARMOUR_STATEMENT, &raw) == 0);
	raw.data[raw.len - 1] ^= 1;
	text.len = 0;
	KIT_CHECK(armour_write(ARMOUR_STATEMENT, buf_view(&raw), &text) == 0);
	write_file("changed", writer_view(&text));
	buf_wipe(&raw);
	writer_wipe(&text);
}

/* Lost statements and the restore: what the authority's file brings. */
static void sign(const char *folder)
{
	struct restore_pending p;
	struct writer text;
	struct buf last;

	KIT_CHECK(restore_pending_read(folder, &p) == 0);
	restoring_sign(in("restore.txt"), &p.heads, NULL);
	KIT_CHECK(import_read(in("restore.txt"), &last) == 0);
	writer_init(&text, 4 * ARMOUR_OBJECT_MAX);
	KIT_CHECK(
		armour_write(ARMOUR_STATEMENT, buf_view(&carded), &text) == 0);
	writer_raw(&text, last.data, last.len);
	KIT_CHECK(writer_status(&text) == 0);
	write_file("restore.txt", writer_view(&text));
	writer_wipe(&text);
	buf_wipe(&last);
}

static int finish(const char *folder, const char *erased)
{
	char args[4 * ROWAND_PATH_MAX];

	snprintf(args, sizeof args,
		"--json backup finish '%.2000s' '%.2000s' %.2000s", folder,
		in("restore.txt"), erased == NULL ? "" : in(erased));
	return restoring_run(args);
}

static void restore(const char *folder)
{
	char args[2 * ROWAND_PATH_MAX];

	restoring_args(folder, args, sizeof args);
	KIT_CHECK(restoring_run(args) == 0);
	sign(folder);
}

static void refuses(const char *folder, const char *name, const char *words)
{
	struct restore_pending p;

	KIT_CHECK(finish(folder, name) == 65);
	KIT_CHECK(restoring_said(words));
	KIT_CHECK(restore_pending_read(folder, &p) == 0);
}

static void serve(const char *folder, const char *old)
{
	KIT_CHECK(rename(in("state"), in(old)) == 0);
	KIT_CHECK(rename(folder, in("state")) == 0);
	kit_run();
	KIT_CHECK(restoring_run("--json devices list victim") == 0);
}

int main(void)
{
	char with[ROWAND_PATH_MAX], without[ROWAND_PATH_MAX];
	size_t n;

	restoring_begin();
	snprintf(with, sizeof with, "%.2000s/with", kit_daemon.dir);
	snprintf(without, sizeof without, "%.2000s/without", kit_daemon.dir);
	card_witness();
	witness_keeps();
	KIT_CHECK(rowand_kill(&kit_daemon, SIGTERM) == 0);
	KIT_CHECK(restoring_in_file("backups/tombstones", "case "));
	KIT_CHECK(unlink(in("backups/tombstones")) == 0);
	restore(without);
	restore(with);
	refuses(with, "cut",
		"/cut: statement 1 of the witness's file is "
		"damaged or missing; nothing was finished");
	refuses(with, "empty",
		"/empty: statement 1 of the witness's file is "
		"damaged or missing");
	refuses(with, "changed",
		"/changed: statement 1 of the witness's file "
		"has a wrong signature");
	refuses(with, "restore.txt",
		"/restore.txt: statement 1 of the "
		"witness's file erases no case");

	/* Nobody brings anything: the case is back. */
	KIT_CHECK(finish(without, NULL) == 0);
	KIT_CHECK(restoring_said("\"cases_erased_by_witness\":0"));
	serve(without, "state.lost");
	KIT_CHECK(!restoring_said("\"standing\":\"revoked\""));
	KIT_CHECK(asked(&witness, &n, NULL) == 0 && n == 0);
	KIT_CHECK(rowand_kill(&kit_daemon, SIGTERM) == 0);

	KIT_CHECK(finish(with, "erased") == 0);
	KIT_CHECK(restoring_said("\"cases_erased_by_witness\":1"));
	serve(with, "state.without");
	KIT_CHECK(restoring_said("\"standing\":\"revoked\""));
	/* Others see why, and the next witness has it, too. */
	KIT_CHECK(asked(&witness, &n, NULL) == 0 && n == 1);
	KIT_CHECK(restoring_in_file("backups/tombstones", "case "));
	KIT_CHECK(restoring_run("store check") == 0);
	KIT_CHECK(restoring_run("audit verify") == 0);
	buf_wipe(&carded);
	clinic_kit_wipe(&restoring);
	return kit_end();
}
