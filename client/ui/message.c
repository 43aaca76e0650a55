/*
 * Messages for people: see message.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/mem.h"
#include "ui/message.h"
#include "ui/text.h"
#include "ui/when.h"
#include "ui/words.h"

#define INDENT	 4
#define READABLE 100 /* columns of text that are comfortable to read */

static const char *text_of(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

static uint64_t number_of(const json_t *o, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(o, name));
}

static bool is(const json_t *o, const char *name, const char *value)
{
	return strcmp(text_of(o, name), value) == 0;
}

static char *who(const json_t *from)
{
	const char *name = text_of(from, "alias");
	const char *where = text_of(from, "agency");

	if (json_is_true(json_object_get(from, "me")))
		return mem_text(_("you"));
	if (*name == '\0')
		name = text_of(from, "name");
	if (is(from, "role", "victim"))
		where = _("victim");
	if (*name == '\0')
		return mem_print("%.8s (%s)", text_of(from, "member"),
			*where != '\0' ? where : "?");
	return mem_print("%s (%s)", name, *where != '\0' ? where : "?");
}

/* How an own message fares, in words. */
static const char *fate(const json_t *m)
{
	static const struct {
		const char *state, *words;
	} fates[] = {{"waiting", N_("not sent yet")}, {"sent", N_("sent")},
		{"delivered", N_("delivered")}, {"read", N_("read")},
		{"failed", N_("NOT SENT")}};

	for (size_t i = 0; i < sizeof fates / sizeof *fates; i++)
		if (is(m, "state", fates[i].state))
			return _(fates[i].words);
	return is(m, "state", "held") ? _("held") : "";
}

/*
 * When it came in, by the daemon. A victim's is known to the hour only: then
 * the sender's clock says the minute, if it says the same hour.
 */
static uint64_t time_of(const json_t *m)
{
	uint64_t received = number_of(m, "received");
	uint64_t sent = number_of(m, "sent");

	if (received == 0)
		return sent;
	return received % 3600 == 0 && sent > received && sent < received + 3600
		       ? sent
		       : received;
}

/* Who does not get it: ", not to V (victim)"; "" where that is nobody. */
static char *not_to(const struct ui *ui, const json_t *m)
{
	json_t *one, *list = json_object_get(m, "unreached");
	char *ret = NULL;
	size_t i;

	if (is(m, "state", "failed"))
		list = NULL;
	json_array_foreach (list, i, one) {
		char *name = who(one), *safe = ui_safe(ui, name);
		char *more = ret == NULL ? mem_print(_(", not to %s"), safe)
					 : mem_print("%s, %s", ret, safe);

		free(name);
		free(safe);
		free(ret);
		ret = more;
	}
	return ret != NULL ? ret : mem_text("");
}

char *message_head(const struct ui *ui, const json_t *m, uint64_t now)
{
	char *from = who(json_object_get(m, "from")), *safe = ui_safe(ui, from);
	char when[WHEN_LEN], held[WHEN_LEN], *until, *ret,
		*missed = not_to(ui, m);
	const char *state = fate(m);
	bool urgent = json_is_true(json_object_get(m, "urgent"));

	when_text(time_of(m), now, when);
	when_text(number_of(m, "held"), now, held);
	until = mem_print(_("[held until %s]"), held);
	ret = mem_print("#%llu  %s  %s%s%s%s%s%s%s%s",
		(unsigned long long)number_of(m, "number"), when, safe,
		urgent ? "  " : "", urgent ? _("[urgent]") : "",
		*held != '\0' ? "  " : "", *held != '\0' ? until : "",
		*state != '\0' ? "  - " : "", state, missed);
	free(from);
	free(missed);
	free(safe);
	free(until);
	return ret;
}

static char *safe_lines(const struct ui *ui, const char *text)
{
	return text_safe(
		text, strlen(text), TEXT_LINES | (ui->ascii ? TEXT_ASCII : 0));
}

char *message_body(const struct ui *ui, const json_t *m)
{
	char *text = safe_lines(ui, text_of(m, "text")), *part, *ret = NULL;
	char when[WHEN_LEN];

	if (is(m, "type", "attachment")) {
		part = ui_safe(ui, text_of(m, "file"));
		ret = mem_print(
			ngettext("[file] %s, %llu byte; rowan get %llu%s%s",
				"[file] %s, %llu bytes; rowan get %llu%s%s",
				number_of(m, "size")),
			part, (unsigned long long)number_of(m, "size"),
			(unsigned long long)number_of(m, "number"),
			*text != '\0' ? "\n" : "", text);
		free(part);
	} else if (is(m, "type", "diary")) {
		part = ui_safe(ui, text_of(m, "kind"));
		when_text(number_of(m, "happened"),
			number_of(m, "happened") + 365UL * 86400, when);
		ret = mem_print(_("[incident] %s, %s%s%s"), part, when,
			*text != '\0' ? "\n" : "", text);
		free(part);
	} else if (is(m, "type", "name")) {
		ret = mem_print(_("[is called] %s"), text);
	} else if (is(m, "type", "bar")) {
		ret = mem_print(_("[bar list changed] %s"), text);
	} else if (is(m, "type", "consent")) {
		ret = mem_text(_("[an entry of the diary may go out]"));
	} else if (is(m, "type", "history")) {
		ret = mem_text(_("[earlier messages were handed over]"));
	} else if (is(m, "state", "held") && *text == '\0') {
		ret = mem_text(_("[opens at its time]"));
	} else if (!is(m, "type", "text")) {
		ret = mem_text(_("[something a newer rowan has written]"));
	}
	if (ret == NULL)
		return text;
	free(text);
	return ret;
}

void message_print(const struct ui *ui, const json_t *m, uint64_t now)
{
	size_t columns = !ui->out_tty		? SIZE_MAX / 2
			 : ui->width < READABLE ? ui->width
						: READABLE;
	char *head, *body;
	const char *at;
	size_t len, n;

	if (ui->json)
		return;
	head = message_head(ui, m, now);
	body = message_body(ui, m);
	(void)printf("%s%s%s\n", ui_style(ui, UI_BOLD), head,
		ui_style(ui, UI_PLAIN));
	/* In a pipe lines are the sender's. */
	for (at = body;
		(n = text_fold(at,
			 columns > INDENT + 10 ? columns - INDENT : columns,
			 &len)) > 0;
		at += n)
		(void)printf("%*s%.*s\n", INDENT, "", (int)len, at);
	free(head);
	free(body);
}
