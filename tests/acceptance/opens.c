/*
 * What somebody who holds a phone can open of all that waits at the daemon:
 * each envelope, sealed as it is, taken out of the daemon's own store and
 * given to the group whose keys are in the phone's vault.
 *
 * usage: opens STATE_DIR STORE_KEY VAULT PASSPHRASE. The daemon and the phone
 * do not run; nothing of either is changed. One line an envelope: "opened
 * TEXT", or "closed CODE" and the epochs of envelope and vault.
 *
 * For tests only: what cannot fail ends the program.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/keyfile.h"
#include "session/channel/channel_inner.h"
#include "session/session_parts.h"
#include "store/store.h"

#define MUST(x)                                                                \
	do {                                                                   \
		int rc_ = (x);                                                 \
		if (rc_ != 0) {                                                \
			fprintf(stderr, "%s: %d\n", #x, rc_);                  \
			exit(2);                                               \
		}                                                              \
	} while (0)

static void text_of(struct rowan_mls_received *r)
{
	struct content content;

	if (rowan_mls_received_kind(r) != ROWAN_MLS_KIND_APPLICATION ||
		content_decode(channel_bytes(rowan_mls_received_data(r)),
			&content) != 0 ||
		content.type != CONTENT_TEXT) {
		puts("opened");
		return;
	}
	printf("opened %.*s\n", (int)content.u.text.len,
		(const char *)content.u.text.data);
}

static void try_one(struct channels *x, const struct store_item *item)
{
	struct rowan_mls_received *r = NULL;
	struct rowan_mls_peeked peek;
	struct channel *c;
	int rc = channel_find(x, &item->channel, &c);

	MUST(rowan_mls_peek(channel_mls(item->body), &peek));
	if (rc == 0)
		rc = channel_load(c);
	if (rc != 0 || c->group == NULL) {
		printf("closed %d without a group\n", rc);
		return;
	}
	rc = rowan_mls_process(c->group, channel_mls(item->body), &r);
	if (rc == 0)
		text_of(r);
	else
		printf("closed %d epoch %llu keys of %llu\n", rc,
			(unsigned long long)peek.epoch,
			(unsigned long long)rowan_mls_group_epoch(c->group));
	rowan_mls_received_free(r);
}

static void try_all(struct store_reader *rd, struct channels *x)
{
	struct store_batch *batch;
	struct store_device device;
	int64_t row = 0;

	MUST(store_batch_new(&batch));
	while (store_device_next(rd, &row, &device) == 0) {
		struct store_fetch f = {.device = device.id,
			.max_items = 1000,
			.max_bytes = 64 << 20};
		const struct store_item *items;
		size_t n;
		bool more;

		MUST(store_fetch(rd, &f, batch, &more));
		MUST(more);
		items = store_batch_items(batch, &n);
		for (size_t i = 0; i < n; i++)
			try_one(x, &items[i]);
	}
	store_batch_free(batch);
}

int main(int argc, char **argv)
{
	struct store_options so = {.mailbox_max = 1000};
	struct session_options o;
	struct session *s;
	struct store *st;
	struct key32 key;
	char path[PATH_MAX];

	if (argc != 5)
		return 2;
	memset(&o, 0, sizeof o);
	o.path = argv[3];
	o.unlock.passphrase = bytes_of(argv[4], strlen(argv[4]));
	snprintf(path, sizeof path, "%s/rowan.db", argv[1]);
	MUST(keyfile_read(argv[2], NULL, &key));
	so.path = path;
	so.key = &key;
	MUST(store_open(&st, &so));
	MUST(session_open(&s, &o));
	MUST(session_parts(s)->channels == NULL);
	try_all(store_view(st), session_parts(s)->channels);
	session_close(s);
	store_close(st);
	key32_wipe(&key);
	return 0;
}
