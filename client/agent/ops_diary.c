/*
 * Operations of an export: what victims have let out of their diaries, and
 * this device's signature under a list.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "agent/inner.h"
#include "ui/hex.h"

#define PAGE	   16 /* disclosures in one answer */
#define BASE64	   sodium_base64_VARIANT_ORIGINAL
#define DIGEST_LEN 32

static json_t *base64(const uint8_t *data, size_t len)
{
	size_t room = sodium_base64_encoded_len(len, BASE64);
	char *text = malloc(room);
	json_t *ret = NULL;

	if (text != NULL)
		ret = json_string(
			sodium_bin2base64(text, room, data, len, BASE64));
	free(text);
	return ret;
}

static int add(json_t *list, const struct rowan_message *m)
{
	struct rowan_bytes *made = NULL;
	int rc = rowan_message_disclosure(m, &made);

	if (rc == 0 && json_array_append_new(
			       list, base64(rowan_bytes_data(made),
					     rowan_bytes_len(made))) != 0)
		rc = ROWAN_E_NOMEM;
	rowan_bytes_free(made);
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int op_disclosures(struct request *q)
{
	uint64_t after = (uint64_t)arg_number(q, "after", 0);
	json_t *list = json_array();
	struct rowan_message *m;
	struct id16 of_case = {{0}}, channel;
	int rc = name_case(q, arg_text(q, "case"), &of_case);

	if (rc == 0)
		rc = name_channel(q, &of_case, ROWAN_CHANNEL_DIARY, &channel);
	while (rc == 0 && json_array_size(list) < PAGE) {
		rc = rowan_message_next(q->agent->rowan, channel.b, after, &m);
		if (rc != 0)
			break;
		after = rowan_message_place(m);
		rc = add(list, m);
		rowan_message_free(m);
	}
	(void)json_object_set_new(
		q->out, "more", json_boolean(rc != ROWAN_E_NOT_FOUND));
	(void)json_object_set_new(
		q->out, "place", json_integer((json_int_t)after));
	(void)json_object_set_new(q->out, "disclosures", list);
	(void)json_object_set_new(q->out, "case", show_id(of_case.b));
	(void)json_object_set_new(q->out, "now",
		json_integer((json_int_t)rowan_now(q->agent->rowan)));
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int op_sign_bundle(struct request *q)
{
	const char *text = arg_text(q, "digest");
	uint8_t digest[DIGEST_LEN];
	struct rowan_bytes *made = NULL;
	int rc = text != NULL && hex_read(text, digest, sizeof digest)
			 ? rowan_sign_bundle(q->agent->rowan, digest, &made)
			 : ROWAN_E_INVAL;

	if (rc == 0)
		(void)json_object_set_new(q->out, "signature",
			base64(rowan_bytes_data(made), rowan_bytes_len(made)));
	rowan_bytes_free(made);
	return rc;
}

const struct agent_operation ops_diary[] = {
	{"disclosures", OP_CARD, false, op_disclosures},
	{"sign-bundle", OP_CARD, false, op_sign_bundle},
	{NULL, OP_ANY, false, NULL}};
