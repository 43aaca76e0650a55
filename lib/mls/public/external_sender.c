/*
 * External senders: see external_sender.h.
 */
#include "mls/public/extension.h"
#include "mls/public/external_sender.h"
#include "mls/public/limits.h"

static int read_sender(struct reader *r, struct external_sender *ret)
{
	int rc;

	if ((rc = reader_vec(r, MLS_KEY_MAX, &ret->signature_key)) != 0)
		return rc;
	return credential_read(r, &ret->credential);
}

/* Walk the list; copy entry ${want} to ${ret} and count the entries. */
static int walk(struct bytes data, size_t want, struct external_sender *ret,
	size_t *ret_n)
{
	struct external_sender sender;
	struct reader all;
	struct reader r;
	size_t n = 0;

	reader_init(&all, data);
	if (reader_sub(&all, MLS_MESSAGE_MAX, &r) != 0 || reader_end(&all) != 0)
		return ROWAN_E_MLS_EXTENSION;
	while (reader_left(&r) > 0) {
		if (n == MLS_SENDERS_MAX || read_sender(&r, &sender) != 0)
			return ROWAN_E_MLS_EXTENSION;
		if (n == want)
			*ret = sender;
		n++;
	}
	*ret_n = n;
	return 0;
}

int external_senders_check(struct bytes data)
{
	struct external_sender ignored;
	size_t n;

	return walk(data, MLS_SENDERS_MAX, &ignored, &n);
}

int external_sender_at(
	struct bytes extensions, uint32_t i, struct external_sender *ret)
{
	struct external_sender sender = {0};
	struct bytes data;
	size_t n;
	int rc;

	*ret = sender;
	/* 12.1.8: "can only be used if the external_senders extension is
	 * present" */
	if (!extension_find(extensions, EXTENSION_EXTERNAL_SENDERS, &data))
		return ROWAN_E_MLS_SENDER;
	if ((rc = walk(data, i, &sender, &n)) != 0)
		return rc;
	if (i >= n)
		return ROWAN_E_MLS_SENDER;
	*ret = sender;
	return 0;
}

void external_sender_write(
	struct writer *w, const struct external_sender *sender)
{
	writer_vec(w, sender->signature_key);
	credential_write(
		w, sender->credential.type, sender->credential.content);
}
