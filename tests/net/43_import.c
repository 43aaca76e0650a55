/*
 * The clinic from files: imported whole or not at all, as often as one likes,
 * however long ago it was signed, and under one authority.
 */
#include <stdio.h>
#include <time.h>

#include <sys/wait.h>

#include "lib/clinic_kit.h"
#include "net/kit.h"
#include "wire/armour.h"

static struct clinic_kit k;

static int import(const char *path)
{
	int status = rowand_import(&kit_daemon, path);

	KIT_CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void write_block(
	const char *path, const char *mode, uint8_t kind, struct bytes object)
{
	FILE *f = fopen(path, mode);
	struct writer w;

	writer_init(&w, 2 * ARMOUR_OBJECT_MAX);
	KIT_CHECK(armour_write(kind, object, &w) == 0);
	KIT_CHECK(f != NULL && fwrite(w.data, 1, w.len, f) == w.len);
	KIT_CHECK(fclose(f) == 0);
	writer_wipe(&w);
}

static void sign_close(struct buf *ret)
{
	struct wire_statement s;

	world_statement(&k.cast.w, k.cast.c, WIRE_ST_CLOSE, &s);
	s.u.close.reason = WIRE_CLOSE_RESOLVED;
	world_sign(&k.cast.w, &k.cast.coordinator, &s, ret);
}

/* A good statement before a bad one is not taken either. */
static void whole_or_not_at_all(void)
{
	char path[ROWAND_PATH_MAX];
	struct buf good;

	snprintf(path, sizeof path, "%.2000s/more.txt", kit_daemon.dir);
	sign_close(&good);
	write_block(path, "w", ARMOUR_STATEMENT, buf_view(&good));
	good.data[good.len - 1] ^= 1;
	write_block(path, "a", ARMOUR_STATEMENT, buf_view(&good));
	KIT_CHECK(import(path) == 65);
	good.data[good.len - 1] ^= 1;
	write_block(path, "w", ARMOUR_STATEMENT, buf_view(&good));
	write_block(path, "a", ARMOUR_CARD, buf_view(&good));
	KIT_CHECK(import(path) == 65);
	write_block(
		path, "w", ARMOUR_STATEMENT, bytes_of(good.data, good.len - 1));
	KIT_CHECK(import(path) == 65);
	KIT_CHECK(fclose(fopen(path, "w")) == 0);
	KIT_CHECK(import(path) == 65);
	KIT_CHECK(import("/nowhere/at/all") == 65);
	buf_wipe(&good);
}

static void one_authority(void)
{
	char path[ROWAND_PATH_MAX];
	struct world other;

	world_init_at(&other, k.cast.w.now + 1);
	snprintf(path, sizeof path, "%.2000s/authority.txt", kit_daemon.dir);
	write_block(
		path, "w", ARMOUR_AUTHORITY_RECORD, buf_view(&other.record));
	KIT_CHECK(import(k.path) == 78);
	KIT_CHECK(rowand_start(&kit_daemon) != 0);
	write_block(path, "w", ARMOUR_STATEMENT, buf_view(&other.record));
	KIT_CHECK(import(k.path) == 78);
	write_block(
		path, "w", ARMOUR_AUTHORITY_RECORD, buf_view(&k.cast.w.record));
	KIT_CHECK(import(k.path) == 0);
	world_wipe(&other);
}

int main(void)
{
	struct relay_client *c;
	struct wire_statement s;

	KIT_CHECK(rowand_init(&kit_daemon, NULL) == 0);
	/* Signed three days ago. */
	clinic_kit_begin(&k, &kit_daemon, (uint64_t)time(NULL) - 3 * 86400);
	KIT_CHECK(import(k.path) == 0);
	whole_or_not_at_all();
	one_authority();
	kit_run();
	/* The store is the daemon's now. */
	KIT_CHECK(import(k.path) == 73);
	c = clinic_kit_connect(&k, &k.cast.coordinator);
	KIT_CHECK(clinic_kit_in_step(&k, c));
	/* Over the wire the old time is too old. */
	world_statement(&k.cast.w, k.cast.c, WIRE_ST_CLOSE, &s);
	s.u.close.reason = WIRE_CLOSE_RESOLVED;
	KIT_CHECK(clinic_kit_act(&k, c, k.cast.c, &s, &k.cast.coordinator) ==
		  WIRE_REFUSED);
	k.cast.w.now = (uint64_t)time(NULL);
	world_statement(&k.cast.w, k.cast.c, WIRE_ST_CLOSE, &s);
	s.u.close.reason = WIRE_CLOSE_RESOLVED;
	KIT_CHECK(clinic_kit_act(&k, c, k.cast.c, &s, &k.cast.coordinator) ==
		  WIRE_OK);
	KIT_CHECK(clinic_kit_in_step(&k, c));
	relay_close(c);
	clinic_kit_wipe(&k);
	return kit_end();
}
