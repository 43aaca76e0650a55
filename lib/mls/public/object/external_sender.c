/*
 * External senders: see external_sender.h.
 */
#include "mls/public/object/extension.h"
#include "mls/public/object/external_sender.h"
#include "mls/public/object/limits.h"

static int read_sender(struct reader *r, struct external_sender *ret)
{
	int rc;

	*ret = (struct external_sender){0};
	if ((rc = reader_vec(r, MLS_KEY_MAX, &ret->signature_key)) != 0)
		return rc;
	return credential_read(r, &ret->credential);
}

bool external_sender_next(struct bytes *list, struct external_sender *ret)
{
	struct reader r;

	reader_init(&r, *list);
	if (reader_left(&r) == 0 || read_sender(&r, ret) != 0) {
		*ret = (struct external_sender){0};
		return false;
	}
	*list = bytes_of(r.pos, reader_left(&r));
	return true;
}

int external_senders_read(struct bytes data, struct bytes *ret)
{
	struct external_sender sender;
	struct bytes list;
	struct reader r;
	size_t n = 0;

	*ret = bytes_of(NULL, 0);
	reader_init(&r, data);
	if (reader_vec(&r, MLS_MESSAGE_MAX, &list) != 0 || reader_end(&r) != 0)
		return ROWAN_E_MLS_EXTENSION;
	reader_init(&r, list);
	while (reader_left(&r) > 0) {
		if (n++ == MLS_SENDERS_MAX || read_sender(&r, &sender) != 0)
			return ROWAN_E_MLS_EXTENSION;
	}
	*ret = list;
	return 0;
}

int external_sender_at(
	struct bytes extensions, uint32_t i, struct external_sender *ret)
{
	struct bytes data;
	struct bytes list;
	int rc;

	*ret = (struct external_sender){0};
	/* 12.1.8: "can only be used if the external_senders extension is
	 * present" */
	if (!extension_find(extensions, EXTENSION_EXTERNAL_SENDERS, &data))
		return ROWAN_E_MLS_SENDER;
	if ((rc = external_senders_read(data, &list)) != 0)
		return rc;
	do {
		if (!external_sender_next(&list, ret))
			return ROWAN_E_MLS_SENDER;
	} while (i-- > 0);
	return 0;
}

void external_sender_write(
	struct writer *w, const struct external_sender *sender)
{
	writer_vec(w, sender->signature_key);
	credential_write(
		w, sender->credential.type, sender->credential.content);
}
