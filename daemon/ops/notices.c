/*
 * Notices that a chain has grown: see subs.h.
 */
#include <stdlib.h>

#include "ops/batch.h"
#include "ops/subs_inner.h"

/* Chains that one subscriber is told of; the oldest are forgotten. */
#define HEARD_MAX 256

int subs_notice(struct subs *s, const struct notice *notice)
{
	struct notice n = *notice;
	struct id16 *members = NULL;

	if (s->notice_count == s->notice_cap) {
		size_t cap = s->notice_cap == 0 ? 16 : 2 * s->notice_cap;
		struct notice *p = realloc(s->notices, cap * sizeof *p);

		if (p == NULL)
			return ROWAN_E_NOMEM;
		s->notices = p;
		s->notice_cap = cap;
	}
	if (n.member_count > 0) {
		members = calloc(n.member_count, sizeof *members);
		if (members == NULL)
			return ROWAN_E_NOMEM;
		memcpy(members, n.members, n.member_count * sizeof *members);
	}
	n.members = members;
	s->notices[s->notice_count++] = n;
	return 0;
}

void notices_forget(struct subs *s)
{
	for (size_t i = 0; i < s->notice_count; i++)
		free((void *)(uintptr_t)s->notices[i].members);
	s->notice_count = 0;
}

/* The entry of a chain, made when there is none; NULL without memory. */
static struct heard *entry(struct sub *sub, const struct id16 *chain)
{
	struct heard *h = sub->heard;
	size_t cap = sub->heard_cap == 0 ? 4 : 2 * sub->heard_cap;

	for (size_t i = 0; i < sub->heard_count; i++)
		if (id16_eq(&h[i].chain, chain))
			return &h[i];
	if (sub->heard_count == HEARD_MAX) {
		sub->due -= h[0].due ? 1 : 0;
		memmove(h, h + 1, --sub->heard_count * sizeof *h);
	}
	if (sub->heard_count == sub->heard_cap) {
		h = realloc(h, cap * sizeof *h);
		if (h == NULL)
			return NULL;
		sub->heard = h;
		sub->heard_cap = cap;
	}
	h = &sub->heard[sub->heard_count++];
	*h = (struct heard){.chain = *chain};
	return h;
}

static bool is_for(const struct notice *n, const struct sub *sub)
{
	bool member = n->all;

	for (size_t i = 0; !member && i < n->member_count; i++)
		member = id16_eq(&n->members[i], &sub->o.member);
	return member && !peer_ref_eq(n->but, sub->o.peer);
}

void notices_settle(struct subs *s)
{
	for (size_t i = 0; i < s->notice_count; i++) {
		const struct notice *n = &s->notices[i];
		struct sub *sub;
		size_t pos = 0;

		while ((sub = idmap_next(&s->map, &pos)) != NULL) {
			struct heard *h = NULL;

			if (is_for(n, sub))
				h = entry(sub, &n->chain);
			if (h == NULL)
				continue;
			h->newest = n->newest;
			sub->due += h->due ? 0 : 1;
			h->due = true;
		}
	}
	notices_forget(s);
}

void notices_push(struct batch *b, struct sub *sub)
{
	for (size_t i = 0; i < sub->heard_count && sub->due > 0; i++) {
		struct heard *h = &sub->heard[i];
		struct wire_notice n = {h->chain, h->newest};
		struct push to = {.op = WIRE_OP_NOTICE,
			.to = sub->o.peer,
			.device = sub->o.device,
			.id = sub->o.id,
			.version = sub->o.version,
			.after = sub->o.after};

		if (!h->due)
			continue;
		if (sub->o.credit == 0 || batch_notice(b, &to, &n) != 0)
			return;
		sub->o.credit--;
		sub->due--;
		h->due = false;
	}
}

void notices_again(struct sub *sub)
{
	for (size_t i = 0; i < sub->heard_count; i++)
		sub->heard[i].due = true;
	sub->due = sub->heard_count;
}

void notices_drop(struct sub *sub)
{
	free(sub->heard);
	sub->heard = NULL;
	sub->heard_count = sub->heard_cap = sub->due = 0;
}
