/*
 * What people write for a case, a person, a device or a message: see inner.h.
 * Aliases and numbers first, then the beginning of an id, which must name one
 * thing only.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/inner.h"
#include "ui/hex.h"
#include "ui/mem.h"

#define PREFIX_MIN 4 /* characters of an id */

static bool prefix_of(const uint8_t *id, const char *text)
{
	char hex[2 * ID16_LEN + 1];
	size_t len = strlen(text);

	hex_write(id, ID16_LEN, hex);
	return len >= PREFIX_MIN && len <= 2 * ID16_LEN &&
	       memcmp(hex, text, len) == 0;
}

typedef const uint8_t *id_getter(const struct rowan_list *l, size_t i);

/* The one entry of a list whose id begins so; the list is freed. */
static int search(struct rowan_list *list, id_getter *get, const char *text,
	struct id16 *ret)
{
	int found = 0;

	for (size_t i = 0; i < rowan_list_count(list); i++) {
		const uint8_t *id = get(list, i);

		if (id == NULL || !prefix_of(id, text))
			continue;
		if (found > 0 && memcmp(ret->b, id, ID16_LEN) == 0)
			continue;
		memcpy(ret->b, id, ID16_LEN);
		found++;
	}
	rowan_list_free(list);
	return found == 1 ? 0 : found == 0 ? ROWAN_E_NOT_FOUND : ROWAN_E_EXISTS;
}

static int unknown(struct request *q, int rc, const char *text,
	const char *words, const char *hint)
{
	q->detail = mem_text(text);
	if (rc == ROWAN_E_EXISTS)
		return refuse(q, EXIT_USAGE,
			N_("more than one begins like that"), hint);
	return refuse(q, EXIT_NOT_FOUND, words, hint);
}

/* Before any listing: numbered as rowan cases would. */
static void number_open(struct agent *a, const struct rowan_list *l)
{
	for (size_t i = 0; i < rowan_list_count(l); i++) {
		struct id16 id;

		memcpy(id.b, rowan_case_id(l, i), ID16_LEN);
		if (rowan_case_status(l, i) == ROWAN_CASE_OPEN)
			(void)book_list_add(a->book, BOOK_CASE, &id);
	}
}

static int find_case(struct request *q, const char *text, struct id16 *ret)
{
	static const char hint[] = N_("rowan cases numbers them; rowan alias "
				      "gives one a private name");
	struct agent *a = q->agent;
	struct rowan_list *list;
	int rc;

	if (text == NULL)
		return refuse(q, EXIT_USAGE, N_("which case?"), hint);
	if (book_find(a->book, BOOK_CASE, text, ret) == 0)
		return 0;
	rc = rowan_cases(a->rowan, &list);
	if (rc != 0)
		return rc;
	if (!book_listed(a->book, BOOK_CASE)) {
		number_open(a, list);
		if (book_find(a->book, BOOK_CASE, text, ret) == 0) {
			rowan_list_free(list);
			return 0;
		}
	}
	rc = search(list, rowan_case_id, text, ret);
	if (rc == ROWAN_E_NOT_FOUND && strlen(text) == 2 * ID16_LEN &&
		hex_read(text, ret->b, ID16_LEN) &&
		book_has(a->book, BOOK_CASE, ret))
		return 0; /* opened here, and not there yet */
	return rc == 0 ? 0
		       : unknown(q, rc, text, N_("there is no such case"),
				 hint);
}

int name_case(struct request *q, const char *text, struct id16 *ret)
{
	int rc = find_case(q, text, ret);

	q->has_case = rc == 0;
	if (rc == 0)
		q->of_case = *ret;
	return rc;
}

int name_absent(struct request *q, int rc)
{
	struct rowan_list *list;
	bool there = false;

	if (!q->has_case || rowan_cases(q->agent->rowan, &list) != 0)
		return rc;
	for (size_t i = 0; i < rowan_list_count(list); i++)
		there = there || memcmp(rowan_case_id(list, i), q->of_case.b,
					 ID16_LEN) == 0;
	rowan_list_free(list);
	return there ? rc
		     : refuse(q, EXIT_NOT_FOUND,
			       N_("this case has not reached the clinic yet"),
			       N_("it was opened without a connection and goes "
				  "by itself: do this again once rowan status "
				  "says connected. rowan doctor tells if it "
				  "was "
				  "refused"));
}

int name_person(struct request *q, const char *text, struct id16 *ret)
{
	static const char hint[] =
		N_("rowan people numbers them; rowan alias --person gives one "
		   "a private name");
	struct agent *a = q->agent;
	struct rowan_list *list;
	int rc;

	if (text == NULL)
		return refuse(q, EXIT_USAGE, N_("which person?"), hint);
	if (strcmp(text, "me") == 0) {
		memcpy(ret->b, rowan_self_member(a->rowan), ID16_LEN);
		return 0;
	}
	if (book_find(a->book, BOOK_PERSON, text, ret) == 0)
		return 0;
	rc = rowan_staff(a->rowan, &list);
	if (rc != 0)
		return rc;
	rc = search(list, rowan_member_id, text, ret);
	return rc == 0 ? 0
		       : unknown(q, rc, text, N_("there is no such person"),
				 hint);
}

int name_member(struct request *q, const char *text, const struct id16 *case_id,
	struct id16 *ret)
{
	struct rowan_list *l;
	int rc;

	if (text == NULL || strcmp(text, "victim") != 0)
		return name_person(q, text, ret);
	rc = rowan_victims(q->agent->rowan, case_id->b, &l);
	if (rc != 0)
		return rc;
	if (rowan_list_count(l) == 0)
		rc = refuse(q, EXIT_NOT_FOUND,
			N_("the victim of this case has no valid device: "
			   "nobody has enrolled, or it was revoked"),
			N_("somebody on the case with the right to enrol "
			   "invites them: rowan invite"));
	else
		memcpy(ret->b, rowan_member_id(l, 0), ID16_LEN);
	rowan_list_free(l);
	return rc;
}

int name_device(struct request *q, const char *text, struct id16 *ret)
{
	static const char hint[] = N_("rowan devices numbers them");
	struct agent *a = q->agent;

	if (text != NULL && book_find(a->book, BOOK_DEVICE, text, ret) == 0)
		return 0;
	if (text != NULL && strlen(text) == 2 * ID16_LEN &&
		hex_read(text, ret->b, ID16_LEN))
		return 0;
	return unknown(q, ROWAN_E_NOT_FOUND, text != NULL ? text : "",
		N_("there is no such device"), hint);
}

int name_message(struct request *q, const char *text, struct id16 *ret)
{
	static const char hint[] = N_("rowan read numbers them");
	struct agent *a = q->agent;
	struct rowan_message *m;

	if (text != NULL && *text == '#')
		text++;
	if (text != NULL && book_find(a->book, BOOK_MESSAGE, text, ret) == 0)
		return 0;
	if (text != NULL && strlen(text) == 2 * ID16_LEN &&
		hex_read(text, ret->b, ID16_LEN) &&
		rowan_message_get(a->rowan, ret->b, &m) == 0) {
		rowan_message_free(m);
		return 0;
	}
	return unknown(q, ROWAN_E_NOT_FOUND, text != NULL ? text : "",
		N_("there is no such message"), hint);
}

int name_kind(struct request *q, const char *text, enum rowan_channel_kind *ret)
{
	if (text == NULL || strcmp(text, "support") == 0)
		*ret = ROWAN_CHANNEL_SUPPORT;
	else if (strcmp(text, "team") == 0)
		*ret = ROWAN_CHANNEL_TEAM;
	else if (strcmp(text, "diary") == 0)
		*ret = ROWAN_CHANNEL_DIARY;
	else
		return refuse(q, EXIT_USAGE,
			N_("a channel is support, team or diary"), NULL);
	return 0;
}

const char *name_way_in(const struct agent *a)
{
	return (rowan_self_rights(a->rowan) & ROWAN_RIGHT_COORDINATE) != 0
		       ? N_("rowan assign CASE me support,team lets you in; "
			    "one of the two if that is enough")
		       : N_("ask a coordinator to assign you");
}

int name_channel(struct request *q, const struct id16 *case_id,
	enum rowan_channel_kind kind, struct id16 *ret)
{
	struct rowan_list *list;
	bool on_team = false;
	int rc = rowan_channels(q->agent->rowan, case_id->b, &list);

	if (rc != 0)
		return rc;
	rc = ROWAN_E_REFUSED;
	for (size_t i = 0; i < rowan_list_count(list); i++) {
		on_team = on_team ||
			  rowan_channel_kind(list, i) == ROWAN_CHANNEL_TEAM;
		if (rowan_channel_kind(list, i) == kind) {
			memcpy(ret->b, rowan_channel_id(list, i), ID16_LEN);
			rc = 0;
		}
	}
	rowan_list_free(list);
	if (rc == 0)
		return 0;
	return kind == ROWAN_CHANNEL_SUPPORT
		       ? refuse(q, EXIT_NOT_ALLOWED,
				 N_("you are not assigned to the support "
				    "channel of this case"),
				 on_team ? N_("rowan team writes to the team "
					      "apart from the victim; rowan "
					      "read --channel team reads it")
					 : name_way_in(q->agent))
	       : kind == ROWAN_CHANNEL_TEAM
		       ? refuse(q, EXIT_NOT_ALLOWED,
				 N_("you are not assigned to the team of this "
				    "case"),
				 name_way_in(q->agent))
		       : refuse(q, EXIT_NOT_ALLOWED,
				 N_("you may not read the diary of this case"),
				 N_("the victim chooses who reads it"));
}
