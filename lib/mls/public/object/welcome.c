/*
 * Welcome and GroupSecrets: see welcome.h.
 */
#include "mls/public/object/welcome.h"

int encrypted_group_secrets_read(
	struct reader *r, struct encrypted_group_secrets *ret)
{
	struct encrypted_group_secrets e;
	struct reader ahead = *r;
	int rc;

	*ret = (struct encrypted_group_secrets){0};
	if ((rc = reader_vec(&ahead, MLS_MAC_MAX, &e.new_member)) != 0 ||
		(rc = hpke_ciphertext_read(&ahead, &e.secrets)) != 0)
		return rc;
	*r = ahead;
	*ret = e;
	return 0;
}

static int count_secrets(struct bytes list, size_t *ret)
{
	struct encrypted_group_secrets e;
	struct reader r;
	int rc;

	reader_init(&r, list);
	while (reader_left(&r) > 0) {
		if (++*ret > MLS_LEAVES_MAX)
			return ROWAN_E_LIMIT;
		if ((rc = encrypted_group_secrets_read(&r, &e)) != 0)
			return rc;
	}
	return 0;
}

static int read_welcome(struct reader *r, struct welcome *ret)
{
	struct reader ahead = *r;
	struct welcome w = {0};
	int rc;

	*ret = w;
	if ((rc = reader_u16(&ahead, &w.cipher_suite)) != 0 ||
		(rc = reader_vec(&ahead, MLS_MESSAGE_MAX, &w.secrets)) != 0 ||
		(rc = count_secrets(w.secrets, &w.secrets_n)) != 0 ||
		(rc = reader_vec(&ahead, MLS_MESSAGE_MAX,
			 &w.encrypted_group_info)) != 0)
		return rc;
	w.raw = bytes_of(r->pos, (size_t)(ahead.pos - r->pos));
	*r = ahead;
	*ret = w;
	return 0;
}

int welcome_decode(struct bytes raw, struct welcome *ret)
{
	struct reader r;
	int rc;

	reader_init(&r, raw);
	if ((rc = read_welcome(&r, ret)) != 0)
		return rc;
	if ((rc = reader_end(&r)) != 0)
		*ret = (struct welcome){0};
	return rc;
}

int welcome_find(const struct welcome *w, struct bytes new_member,
	struct encrypted_group_secrets *ret)
{
	struct encrypted_group_secrets e;
	struct reader r;
	int rc;

	*ret = (struct encrypted_group_secrets){0};
	reader_init(&r, w->secrets);
	while (reader_left(&r) > 0) {
		if ((rc = encrypted_group_secrets_read(&r, &e)) != 0)
			return rc;
		if (bytes_eq(e.new_member, new_member)) {
			*ret = e;
			return 0;
		}
	}
	return ROWAN_E_MLS_NOT_FOR_US;
}

void welcome_write(struct writer *w, const struct welcome *fields)
{
	writer_u16(w, fields->cipher_suite);
	writer_vec(w, fields->secrets);
	writer_vec(w, fields->encrypted_group_info);
}

static int count_psks(struct bytes list, size_t *ret)
{
	struct psk_id id;
	struct reader r;
	int rc;

	reader_init(&r, list);
	while (reader_left(&r) > 0) {
		if (++*ret > MLS_PSKS_MAX)
			return ROWAN_E_LIMIT;
		if ((rc = psk_id_read(&r, &id)) != 0)
			return rc;
	}
	return 0;
}

int group_secrets_decode(struct bytes raw, struct group_secrets *ret)
{
	struct group_secrets s = {0};
	struct reader r;
	uint8_t present;
	int rc;

	*ret = s;
	reader_init(&r, raw);
	if ((rc = reader_vec(&r, MLS_MAC_MAX, &s.joiner_secret)) != 0 ||
		(rc = reader_u8(&r, &present)) != 0)
		return rc;
	if (present > 1)
		return ROWAN_E_MALFORMED;
	s.has_path_secret = present == 1;
	if (s.has_path_secret &&
		(rc = reader_vec(&r, MLS_MAC_MAX, &s.path_secret)) != 0)
		return rc;
	if ((rc = reader_vec(&r, MLS_MESSAGE_MAX, &s.psks)) != 0 ||
		(rc = count_psks(s.psks, &s.psks_n)) != 0 ||
		(rc = reader_end(&r)) != 0)
		return rc;
	*ret = s;
	return 0;
}

void group_secrets_write(struct writer *w, const struct group_secrets *s)
{
	writer_vec(w, s->joiner_secret);
	writer_u8(w, s->has_path_secret);
	if (s->has_path_secret)
		writer_vec(w, s->path_secret);
	writer_vec(w, s->psks);
}
