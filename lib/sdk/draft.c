/*
 * Drafts: see rowan/message.h.
 */
#include <stdlib.h>
#include <string.h>

#include "sdk/draft.h"
#include "session/channel/content.h"

struct rowan_draft *rowan_draft_new(void)
{
	return calloc(1, sizeof(struct rowan_draft));
}

static void wipe_text(char **text)
{
	if (*text != NULL)
		mem_free(*text, strlen(*text));
	*text = NULL;
}

void rowan_draft_free(struct rowan_draft *d)
{
	if (d == NULL)
		return;
	buf_wipe(&d->text);
	wipe_text(&d->path);
	wipe_text(&d->name);
	wipe_text(&d->media);
	wipe_text(&d->kind);
	free(d);
}

/* A copy of at most ${max} bytes of text; "" counts as text. */
static int copy_text(char **ret, const char *text, size_t max)
{
	size_t len = strlen(text);
	char *copy;

	*ret = NULL;
	if (len > max)
		return ROWAN_E_LIMIT;
	if (!content_text_ok(bytes_of(text, len)))
		return ROWAN_E_INVAL;
	copy = strdup(text);
	if (copy == NULL)
		return ROWAN_E_NOMEM;
	*ret = copy;
	return 0;
}

int rowan_draft_text(struct rowan_draft *d, const char *text, size_t len)
{
	if (d == NULL || (text == NULL && len > 0))
		return ROWAN_E_INVAL;
	if (len > ROWAN_TEXT_MAX)
		return ROWAN_E_LIMIT;
	if (!content_text_ok(bytes_of(text, len)))
		return ROWAN_E_INVAL;
	return buf_set(&d->text, bytes_of(text, len));
}

/* The last part of a path; what is left may still not be a file's name. */
static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

int rowan_draft_attach(struct rowan_draft *d, const char *path,
	const char *name, const char *media)
{
	char *new_path = NULL, *new_name = NULL, *new_media = NULL;
	int rc;

	if (d == NULL || path == NULL || *path == '\0')
		return ROWAN_E_INVAL;
	if (name == NULL)
		name = last_part(path);
	if (!content_file_ok(bytes_of(name, strlen(name))))
		return ROWAN_E_INVAL;
	new_path = strdup(path);
	rc = new_path == NULL ? ROWAN_E_NOMEM : 0;
	if (rc == 0)
		rc = copy_text(&new_name, name, ROWAN_FILE_MAX);
	if (rc == 0)
		rc = copy_text(&new_media, media == NULL ? "" : media,
			CONTENT_MEDIA_MAX);
	if (rc != 0) {
		wipe_text(&new_path);
		wipe_text(&new_name);
		return rc;
	}
	wipe_text(&d->path);
	wipe_text(&d->name);
	wipe_text(&d->media);
	d->path = new_path;
	d->name = new_name;
	d->media = new_media;
	return 0;
}

int rowan_draft_incident(
	struct rowan_draft *d, uint64_t from, uint64_t until, const char *kind)
{
	char *copy;
	int rc;

	if (d == NULL || from == 0 || until < from)
		return ROWAN_E_INVAL;
	rc = copy_text(&copy, kind == NULL ? "" : kind, CONTENT_NAME_MAX);
	if (rc != 0)
		return rc;
	wipe_text(&d->kind);
	d->kind = copy;
	d->incident = true;
	d->from = from;
	d->until = until;
	return 0;
}

int rowan_draft_hold(struct rowan_draft *d, uint64_t until)
{
	if (d == NULL)
		return ROWAN_E_INVAL;
	d->hold = until;
	return 0;
}

int rowan_draft_lifetime(struct rowan_draft *d, uint32_t seconds)
{
	if (d == NULL)
		return ROWAN_E_INVAL;
	d->lifetime = seconds;
	return 0;
}

int rowan_draft_urgent(struct rowan_draft *d, bool urgent)
{
	if (d == NULL)
		return ROWAN_E_INVAL;
	d->urgent = urgent;
	return 0;
}
