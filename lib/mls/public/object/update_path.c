/*
 * Update paths: see update_path.h.
 */
#include "mls/public/object/update_path.h"

int hpke_ciphertext_read(struct reader *r, struct hpke_ciphertext *ret)
{
	struct reader ahead = *r;
	struct hpke_ciphertext c;
	int rc;

	*ret = (struct hpke_ciphertext){0};
	if ((rc = reader_vec(&ahead, MLS_CIPHERTEXT_MAX, &c.kem_output)) != 0)
		return rc;
	/* A Welcome's group secrets list PSKs: longer than a path secret. */
	if ((rc = reader_vec(&ahead, MLS_MESSAGE_MAX, &c.ciphertext)) != 0)
		return rc;
	*r = ahead;
	*ret = c;
	return 0;
}

void hpke_ciphertext_write(struct writer *w, const struct hpke_ciphertext *c)
{
	writer_vec(w, c->kem_output);
	writer_vec(w, c->ciphertext);
}

int hpke_ciphertext_at(const struct update_path_node *node, size_t i,
	struct hpke_ciphertext *ret)
{
	struct reader r;
	int rc = 0;

	*ret = (struct hpke_ciphertext){0};
	if (i >= node->encrypted_n)
		return ROWAN_E_NOT_FOUND;
	reader_init(&r, node->encrypted);
	for (size_t k = 0; k <= i && rc == 0; k++)
		rc = hpke_ciphertext_read(&r, ret);
	return rc;
}

static int read_node(struct reader *r, struct update_path_node *node)
{
	struct hpke_ciphertext c;
	struct reader list;
	int rc;

	if ((rc = reader_vec(r, MLS_KEY_MAX, &node->encryption_key)) != 0 ||
		(rc = reader_sub(r, MLS_MESSAGE_MAX, &list)) != 0)
		return rc;
	node->encrypted = bytes_of(list.pos, reader_left(&list));
	while (reader_left(&list) > 0) {
		if (++node->encrypted_n > MLS_LEAVES_MAX)
			return ROWAN_E_LIMIT;
		if ((rc = hpke_ciphertext_read(&list, &c)) != 0)
			return rc;
	}
	return 0;
}

static int read_fields(struct reader *r, struct update_path *path)
{
	const uint8_t *start = r->pos;
	struct reader list;
	int rc;

	if ((rc = leaf_node_read(r, &path->leaf_node)) != 0 ||
		(rc = reader_sub(r, MLS_MESSAGE_MAX, &list)) != 0)
		return rc;
	while (reader_left(&list) > 0) {
		if (path->n == MLS_PATH_MAX)
			return ROWAN_E_LIMIT;
		if ((rc = read_node(&list, &path->nodes[path->n])) != 0)
			return rc;
		path->n++;
	}
	path->raw = bytes_of(start, (size_t)(r->pos - start));
	return 0;
}

int update_path_read(struct reader *r, struct update_path *ret)
{
	struct reader ahead = *r;
	int rc;

	*ret = (struct update_path){0};
	if ((rc = read_fields(&ahead, ret)) != 0) {
		update_path_wipe(ret);
		return rc;
	}
	*r = ahead;
	return 0;
}

int update_path_decode(struct bytes raw, struct update_path *ret)
{
	struct reader r;
	int rc;

	reader_init(&r, raw);
	if ((rc = update_path_read(&r, ret)) != 0)
		return rc;
	if ((rc = reader_end(&r)) != 0)
		update_path_wipe(ret);
	return rc;
}

void update_path_wipe(struct update_path *path)
{
	leaf_node_unref(path->leaf_node);
	*path = (struct update_path){0};
}

void update_path_write(struct writer *w, const struct leaf_node *leaf_node,
	const struct update_path_node *nodes, size_t n)
{
	size_t mark;

	writer_raw(w, leaf_node->raw.data, leaf_node->raw.len);
	mark = writer_open(w);
	for (size_t i = 0; i < n; i++) {
		writer_vec(w, nodes[i].encryption_key);
		writer_vec(w, nodes[i].encrypted);
	}
	writer_close(w, mark);
}
