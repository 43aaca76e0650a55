/*
 * History: see rowan/history.h.
 */
#include <string.h>

#include "sdk/handle.h"
#include "session/message/history.h"

static int judge(void *ctx, struct bytes chain, const struct wire_key *key,
	struct id16 *ret_device)
{
	return follow_identity(ctx, chain, key, ret_device);
}

static struct history_options options_of(const struct session_parts *p)
{
	return (struct history_options){p->messages, p->me, judge, p->follow};
}

static int export(struct rowan *r, const char *path,
	const struct history_lock *lock, const uint8_t *channel)
{
	const struct session_parts *p;
	struct history_options o;
	struct id16 id;
	int rc;

	if (r == NULL || path == NULL || *path == '\0')
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	o = options_of(p);
	if (channel == NULL)
		return history_export(&o, path, lock, NULL);
	id = sdk_id(channel);
	return history_export(&o, path, lock, &id);
}

static int import(struct rowan *r, const char *path,
	const struct history_lock *lock, uint64_t *ret)
{
	const struct session_parts *p;
	struct history_options o;
	uint64_t taken = 0;
	int rc;

	if (r == NULL || path == NULL || ret == NULL)
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	o = options_of(p);
	rc = history_import(&o, path, lock, &taken);
	if (rc == 0)
		*ret = taken;
	return sdk_done(r, rc);
}

int rowan_history_export(struct rowan *r, const char *path,
	const uint8_t *channel, const void *passphrase, size_t len)
{
	const struct history_lock lock = {
		.passphrase = bytes_of(passphrase, len)};

	if (passphrase == NULL || len == 0 || len > SDK_PASSPHRASE_MAX)
		return ROWAN_E_INVAL;
	return export(r, path, &lock, channel);
}

int rowan_history_seal(struct rowan *r, const char *path,
	const uint8_t *channel, const uint8_t archive[32])
{
	struct key32 key;
	const struct history_lock lock = {.archive = &key};

	if (archive == NULL)
		return ROWAN_E_INVAL;
	memcpy(key.b, archive, KEY32_LEN);
	return export(r, path, &lock, channel);
}

int rowan_history_import(struct rowan *r, const char *path,
	const void *passphrase, size_t len, uint64_t *ret)
{
	const struct history_lock lock = {
		.passphrase = bytes_of(passphrase, len)};

	if (passphrase == NULL || len == 0 || len > SDK_PASSPHRASE_MAX)
		return ROWAN_E_INVAL;
	return import(r, path, &lock, ret);
}

int rowan_history_unseal(struct rowan *r, const char *path,
	const uint8_t archive_secret[32], uint64_t *ret)
{
	struct key32 key;
	const struct history_lock lock = {.archive = &key};
	int rc;

	if (archive_secret == NULL)
		return ROWAN_E_INVAL;
	memcpy(key.b, archive_secret, KEY32_LEN);
	rc = import(r, path, &lock, ret);
	key32_wipe(&key);
	return rc;
}

int rowan_hand_over(struct rowan *r, const uint8_t *messages, size_t count)
{
	const struct session_parts *p;
	int rc;

	if (r == NULL || messages == NULL || count == 0)
		return ROWAN_E_INVAL;
	rc = sdk_carded(r, &p);
	/* struct id16 is its 16 bytes. */
	return rc == 0 ? sdk_done(r,
				 messages_hand_over(p->messages,
					 (const struct id16 *)messages, count))
		       : rc;
}
