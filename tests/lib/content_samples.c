/*
 * Samples of content: see content_samples.h.
 */
#include <string.h>

#include "lib/content_samples.h"

static const uint8_t ids[2 * ID16_LEN] = {0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1,
	0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa2, 0xa2,
	0xa2, 0xa2, 0xa2, 0xa2, 0xa2, 0xa2, 0xa2, 0xa2, 0xa2, 0xa2, 0xa2, 0xa2,
	0xa2, 0xa2};

#define FILLED(field, byte) memset((field).b, (byte), sizeof(field).b)

static struct bytes text(const char *s)
{
	return bytes_of(s, strlen(s));
}

static void blob(struct content_blob *b)
{
	FILLED(b->blob, 0xb1);
	FILLED(b->key, 0xbe);
	b->size = 70000;
	FILLED(b->digest, 0xbd);
}

static void say_text(struct content *c)
{
	c->u.text = text("I am at the door.");
}

static void say_attachment(struct content *c)
{
	blob(&c->u.attachment.blob);
	c->u.attachment.name = text("gate.jpg");
	c->u.attachment.media = text("image/jpeg");
	c->u.attachment.text = text("the gate");
}

static void say_name(struct content *c)
{
	c->u.name = text("Zo\xc3\xab");
}

static void say_receipt(struct content *c)
{
	c->u.receipt = (struct content_receipt){CONTENT_READ, ids, 2};
}

static void say_heads(struct content *c)
{
}

static void say_held(struct content *c)
{
	blob(&c->u.held.blob);
	c->u.held.release = 1764000000;
}

static void say_diary(struct content *c)
{
	c->u.diary = (struct content_diary){.from = 1763980000,
		.until = 1763983600,
		.kind = text("following"),
		.text = text("The same car again.")};
}

static void say_history(struct content *c)
{
	FILLED(c->u.history.member, 0xe1);
	FILLED(c->u.history.device, 0xd1);
	c->u.history.received = 1763980000;
	c->u.history.message = text("a whole Content");
}

static void say_bar(struct content *c)
{
	FILLED(c->u.bar.member, 0xe2);
	c->u.bar.barred = 1;
	c->u.bar.reason = text("knows him");
}

static void say_unknown(struct content *c)
{
	c->body = text("whatever it is");
}

static const struct {
	const char *name;
	uint16_t type;
	void (*say)(struct content *c);
} samples[] = {
	{"text", CONTENT_TEXT, say_text},
	{"attachment", CONTENT_ATTACHMENT, say_attachment},
	{"name", CONTENT_NAME, say_name},
	{"receipt", CONTENT_RECEIPT, say_receipt},
	{"heads", CONTENT_HEADS, say_heads},
	{"held", CONTENT_HELD, say_held},
	{"diary entry", CONTENT_DIARY, say_diary},
	{"history", CONTENT_HISTORY, say_history},
	{"bar", CONTENT_BAR, say_bar},
	{"of an unknown type", 900, say_unknown},
};

const char *content_sample(size_t i, struct content *ret)
{
	memset(ret, 0, sizeof *ret);
	if (i >= sizeof samples / sizeof *samples)
		return NULL;
	FILLED(ret->id, 0x1d);
	ret->sent = 1763987400;
	ret->heads.clinic_number = 12;
	FILLED(ret->heads.clinic, 0xc1);
	ret->heads.case_number = 5;
	FILLED(ret->heads.of_case, 0xca);
	ret->heads.epoch = 7;
	FILLED(ret->heads.authenticator, 0xaa);
	ret->type = samples[i].type;
	samples[i].say(ret);
	return samples[i].name;
}
