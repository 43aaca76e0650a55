/*
 * Witness policies: see policy.h.
 */
#include <string.h>

#include "tlog/cosignature.h"
#include "tlog/policy.h"
#include "tlog/text.h"

/* The next word of a line, which then begins after it; empty at the end. */
static struct bytes word(struct bytes *line)
{
	struct bytes w = {line->data, 0};

	while (line->len > 0 && (line->data[0] == ' ' || line->data[0] == '\t'))
		*line = bytes_of(line->data + 1, line->len - 1);
	w.data = line->data;
	while (line->len > 0 && line->data[0] != ' ' && line->data[0] != '\t') {
		*line = bytes_of(line->data + 1, line->len - 1);
		w.len++;
	}
	return w;
}

static bool is(struct bytes w, const char *text)
{
	return bytes_eq(w, bytes_of(text, strlen(text)));
}

/* The party of that name, or the number of parties. */
static size_t find(const struct policy *p, struct bytes name)
{
	size_t i;

	for (i = 0; i < p->party_count; i++)
		if (is(name, p->party[i].name))
			break;
	return i;
}

static int name_party(struct policy *p, struct bytes name)
{
	struct policy_party *party = &p->party[p->party_count];

	if (name.len == 0 || name.len > POLICY_NAME_MAX || is(name, "none") ||
		memchr(name.data, 0, name.len) != NULL)
		return ROWAN_E_MALFORMED;
	if (find(p, name) != p->party_count)
		return ROWAN_E_MALFORMED;
	if (p->party_count == POLICY_PARTIES)
		return ROWAN_E_LIMIT;
	memset(party, 0, sizeof *party);
	memcpy(party->name, name.data, name.len);
	return 0;
}

static int parse_log(struct policy *p, struct bytes line)
{
	int rc;

	if (p->log_count == POLICY_LOGS)
		return ROWAN_E_LIMIT;
	rc = note_key_parse(&p->log[p->log_count], word(&line));
	if (rc == 0 && p->log[p->log_count].type != NOTE_ED25519)
		rc = ROWAN_E_MALFORMED;
	for (size_t i = 0; rc == 0 && i < p->log_count; i++)
		if (memcmp(p->log[i].pk, p->log[p->log_count].pk,
			    sizeof p->log[i].pk) == 0)
			rc = ROWAN_E_MALFORMED;
	(void)word(&line); /* a URL */
	if (rc == 0 && word(&line).len > 0)
		rc = ROWAN_E_MALFORMED;
	p->log_count += rc == 0;
	return rc;
}

static int parse_witness(struct policy *p, struct bytes line)
{
	struct policy_party *party = &p->party[p->party_count];
	int rc = name_party(p, word(&line));

	if (rc == 0)
		rc = note_key_parse(&party->key, word(&line));
	if (rc == 0 && party->key.type != NOTE_COSIGNATURE)
		rc = ROWAN_E_MALFORMED;
	/* One key twice would count twice. */
	for (size_t i = 0; rc == 0 && i < p->party_count; i++)
		if (p->party[i].members == 0 &&
			memcmp(p->party[i].key.pk, party->key.pk,
				sizeof party->key.pk) == 0)
			rc = ROWAN_E_MALFORMED;
	(void)word(&line);
	if (rc == 0 && word(&line).len > 0)
		rc = ROWAN_E_MALFORMED;
	p->party_count += rc == 0;
	return rc;
}

static int parse_group(struct policy *p, struct bytes line)
{
	struct policy_party *party = &p->party[p->party_count];
	int rc = name_party(p, word(&line));
	struct bytes k = word(&line), member;
	uint64_t threshold = 0;
	size_t members = 0;

	while (rc == 0 && (member = word(&line)).len > 0) {
		size_t i = find(p, member);

		if (i == p->party_count || (party->members >> i & 1) != 0)
			return ROWAN_E_MALFORMED;
		party->members |= UINT64_C(1) << i;
		members++;
	}
	if (rc != 0)
		return rc;
	if (is(k, "any"))
		threshold = 1;
	else if (is(k, "all"))
		threshold = members;
	else
		rc = text_u64(k, &threshold);
	if (rc != 0 || threshold == 0 || threshold > members)
		return ROWAN_E_MALFORMED;
	party->threshold = (uint8_t)threshold;
	p->party_count++;
	return 0;
}

static int parse_quorum(struct policy *p, struct bytes line, bool *ret_seen)
{
	struct bytes name = word(&line);

	if (*ret_seen || word(&line).len > 0)
		return ROWAN_E_MALFORMED;
	*ret_seen = true;
	if (is(name, "none"))
		return 0;
	p->quorum = find(p, name);
	p->has_quorum = true;
	return p->quorum < p->party_count ? 0 : ROWAN_E_MALFORMED;
}

/* Of control characters tabs alone, as the format has it. */
static bool plain(struct bytes line)
{
	for (size_t i = 0; i < line.len; i++)
		if ((line.data[i] < ' ' && line.data[i] != '\t') ||
			line.data[i] == 0x7f)
			return false;
	return true;
}

static int parse_line(struct policy *p, struct bytes line, bool *ret_seen)
{
	bool ok = plain(line);
	struct bytes first = word(&line);

	if (!ok)
		return ROWAN_E_MALFORMED;
	if (first.len == 0 || first.data[0] == '#')
		return 0;
	if (is(first, "log"))
		return parse_log(p, line);
	if (is(first, "witness"))
		return parse_witness(p, line);
	if (is(first, "group"))
		return parse_group(p, line);
	if (is(first, "quorum"))
		return parse_quorum(p, line, ret_seen);
	return ROWAN_E_MALFORMED;
}

int policy_parse(struct policy *p, struct bytes text, size_t *ret_line)
{
	bool seen = false;
	int rc = text.len <= POLICY_MAX ? 0 : ROWAN_E_LIMIT;

	memset(p, 0, sizeof *p);
	*ret_line = 0;
	while (rc == 0 && text.len > 0) {
		struct bytes line = text;
		const uint8_t *end = memchr(text.data, '\n', text.len);

		++*ret_line;
		if (end != NULL)
			line.len = (size_t)(end - text.data);
		rc = parse_line(p, line, &seen);
		text = end == NULL ? bytes_of(NULL, 0)
				   : bytes_of(end + 1, text.len - line.len - 1);
	}
	if (rc == 0 && !seen)
		rc = ROWAN_E_MALFORMED;
	if (rc != 0)
		memset(p, 0, sizeof *p);
	return rc;
}

bool policy_log(const struct policy *p, const struct note_key *k)
{
	for (size_t i = 0; i < p->log_count; i++)
		if (strcmp(p->log[i].name, k->name) == 0 &&
			memcmp(p->log[i].pk, k->pk, sizeof k->pk) == 0)
			return true;
	return p->log_count == 0;
}

int policy_check(const struct policy *p, const struct note *n, uint64_t oldest)
{
	uint64_t good = 0; /* groups come after their members */

	for (size_t i = 0; i < p->party_count; i++) {
		const struct policy_party *party = &p->party[i];
		uint64_t time;
		int rc;

		if (party->members != 0) {
			if (__builtin_popcountll(good & party->members) >=
				party->threshold)
				good |= UINT64_C(1) << i;
			continue;
		}
		rc = cosignature_verify(n, &party->key, &time);
		if (rc != 0 && rc != ROWAN_E_NOT_FOUND)
			return rc;
		if (rc == 0 && time >= oldest)
			good |= UINT64_C(1) << i;
	}
	return !p->has_quorum || (good >> p->quorum & 1) != 0
		       ? 0
		       : ROWAN_E_NOT_FOUND;
}

size_t policy_needs(const struct policy *p)
{
	size_t needs[POLICY_PARTIES] = {0};

	for (size_t i = 0; i < p->party_count; i++) {
		const struct policy_party *party = &p->party[i];
		uint64_t left = party->members;

		needs[i] = party->members == 0 ? 1 : 0;
		/* The cheapest members, as many as are asked for. */
		for (uint8_t k = 0; k < party->threshold; k++) {
			size_t best = POLICY_PARTIES;

			for (size_t m = 0; m < i; m++)
				if ((left >> m & 1) != 0 &&
					(best == POLICY_PARTIES ||
						needs[m] < needs[best]))
					best = m;
			/* policy_parse saw to it that there are enough. */
			if (best == POLICY_PARTIES)
				break;
			left &= ~(UINT64_C(1) << best);
			needs[i] += needs[best];
		}
	}
	return p->has_quorum ? needs[p->quorum] : 0;
}
