/*
 * What the vault keeps of the clinic: see follow_inner.h.
 *
 *	CLINIC "state"/0		the clinic, how far changes were told
 *	CLINIC "link"/n			statement n, or its link
 *	CLINIC "record"/n		the authority's record since n
 *	CLINIC "hole"/n			n was withheld
 *	CLINIC "h"+subject/n		the same by subject
 *	CLINIC "x"+chain/n		the head that n must have
 *	CLINIC "restore"/i		the i-th that was heard of
 *	CLINIC "holds"/0		there is a "g" of either kind
 *	CARD "d"+device/0		its first card, where it was logged, and
 *					where the device was revoked
 *	CARD "d"+device/n		the card that renewed it at n
 *	CARD "m"+member/i		the i-th device of a member
 *	CARD "all"/i			the i-th device
 *	CARD "k"+key/0			a key that a card binds
 *	CARD "s"+subject/0		whose subject it is
 *	CARD "g"+device/0		revoked by what a restore lost
 *	CASE "list"/i			the i-th case
 *	CASE "s"+case/0			its state
 *	CASE "l"+case/n			statement n of it
 *	CASE "w"+case/0			the hash of the restore behind which
 *					it went on with another chain last
 *	CASE "g"+case+member/k		out of channel k by what a restore lost:
 *					uint64, when the newest of it was signed
 *
 * What lies in the vault was checked before it was put there; its form is
 * checked again.
 */
#include <stdlib.h>

#include "session/follow/follow_rows.h"
#include "session/vault/identity.h"
#include "trust/attest.h"

#define VERSION	  1
#define LINK_MAX  (256 + WIRE_STATEMENT_MAX)
#define STATE_MAX (64 + CLINIC_SAVED_LEN)
#define CARD_MAX  (64 + WIRE_CARD_MAX)

const struct id16 follow_clinic_chain;

static const struct bytes empty;

/* ---- the clinic ---------------------------------------------------------- */

int follow_begin(struct vault *vault, struct bytes record)
{
	struct clinic c;
	struct buf pinned;
	struct writer w, saved;
	int rc = vault_get(vault, VAULT_CLINIC, text("record"), 0, &pinned);

	if (rc == 0) {
		rc = bytes_eq(buf_view(&pinned), record) ? 0 : ROWAN_E_EXISTS;
		buf_wipe(&pinned);
		return rc;
	}
	if (rc != ROWAN_E_NOT_FOUND)
		return rc;
	rc = clinic_init(&c, record);
	if (rc != 0)
		return rc;
	writer_init(&saved, CLINIC_SAVED_LEN);
	clinic_save(&c, &saved);
	writer_init(&w, STATE_MAX);
	writer_u16(&w, VERSION);
	writer_vec(&w, writer_view(&saved));
	writer_u64(&w, 0);
	writer_u8(&w, 0);
	rc = vault_put(vault, VAULT_CLINIC, text("record"), 0, record);
	if (rc == 0)
		rc = vault_put(
			vault, VAULT_CLINIC, text("state"), 0, writer_view(&w));
	writer_wipe(&w);
	writer_wipe(&saved);
	return rc;
}

int follow_put_state(struct follow *f, const struct clinic *c)
{
	struct writer w, saved;
	int rc;

	writer_init(&saved, CLINIC_SAVED_LEN);
	clinic_save(c, &saved);
	writer_init(&w, STATE_MAX);
	writer_u16(&w, VERSION);
	writer_vec(&w, writer_view(&saved));
	writer_u64(&w, f->told);
	writer_u8(&w, f->current);
	rc = writer_status(&w);
	if (rc == 0)
		rc = vault_put(f->o.vault, VAULT_CLINIC, text("state"), 0,
			writer_view(&w));
	writer_wipe(&w);
	writer_wipe(&saved);
	return rc;
}

static int load_clinic(struct follow *f)
{
	struct buf mem;
	struct bytes saved;
	struct reader r;
	uint16_t version = 0;
	uint8_t current = 0;
	int rc = vault_get(f->o.vault, VAULT_CLINIC, text("state"), 0, &mem);

	if (rc != 0)
		return rc;
	reader_init(&r, buf_view(&mem));
	rc = reader_u16(&r, &version);
	if (rc == 0 && version > VERSION)
		rc = ROWAN_E_TOO_NEW;
	else if (rc != 0 || reader_vec(&r, CLINIC_SAVED_LEN, &saved) != 0 ||
		 reader_u64(&r, &f->told) != 0 ||
		 reader_u8(&r, &current) != 0 || current > 1 ||
		 reader_end(&r) != 0)
		rc = ROWAN_E_CORRUPT;
	else
		rc = clinic_load(&f->clinic, saved);
	f->current = current == 1;
	f->now = f->told;
	buf_wipe(&mem);
	return rc;
}

int follow_put_record(struct follow *f, uint64_t number, struct bytes record)
{
	return vault_put(
		f->o.vault, VAULT_CLINIC, text("record"), number, record);
}

int follow_record(struct follow *f, size_t i, struct buf *ret)
{
	uint64_t at = 0;
	int rc;

	for (size_t k = 0;; k++, at++) {
		rc = vault_next(f->o.vault, VAULT_CLINIC, text("record"), at,
			&at, k == i ? ret : NULL);
		if (rc != 0 || k == i)
			return rc;
	}
}

/* ---- links --------------------------------------------------------------- */

int follow_put_link(struct follow *f, const struct id16 *chain, uint64_t number,
	const struct follow_link *link)
{
	struct name n;
	struct writer w;
	int rc;

	writer_init(&w, LINK_MAX);
	writer_u16(&w, VERSION);
	writer_u8(&w, link->withheld);
	writer_raw(&w, link->link.subject.b, WIRE_HASH_LEN);
	writer_raw(&w, link->link.content.b, WIRE_HASH_LEN);
	writer_u64(&w, link->time);
	writer_raw(&w, link->head.b, WIRE_HASH_LEN);
	writer_vec(&w, link->statement);
	rc = writer_status(&w);
	if (rc == 0)
		rc = vault_put(f->o.vault, link_kind(chain),
			link_name(&n, chain), number, writer_view(&w));
	writer_wipe(&w);
	return rc;
}

static int read_link(struct bytes input, struct follow_link *ret)
{
	uint16_t version = 0;
	uint8_t withheld = 0;
	struct reader r;

	reader_init(&r, input);
	if (reader_u16(&r, &version) != 0)
		return ROWAN_E_CORRUPT;
	if (version > VERSION)
		return ROWAN_E_TOO_NEW;
	if (reader_u8(&r, &withheld) != 0 || withheld > 1 ||
		reader_array(&r, ret->link.subject.b, WIRE_HASH_LEN) != 0 ||
		reader_array(&r, ret->link.content.b, WIRE_HASH_LEN) != 0 ||
		reader_u64(&r, &ret->time) != 0 ||
		reader_array(&r, ret->head.b, WIRE_HASH_LEN) != 0 ||
		reader_vec(&r, WIRE_STATEMENT_MAX, &ret->statement) != 0 ||
		reader_end(&r) != 0)
		return ROWAN_E_CORRUPT;
	ret->withheld = withheld == 1;
	return 0;
}

int follow_get_link(struct follow *f, const struct id16 *chain, uint64_t number,
	struct follow_link *ret, struct buf *ret_raw)
{
	struct name n;
	int rc = vault_get(f->o.vault, link_kind(chain), link_name(&n, chain),
		number, ret_raw);

	memset(ret, 0, sizeof *ret);
	if (rc == 0)
		rc = read_link(buf_view(ret_raw), ret);
	if (rc != 0)
		buf_wipe(ret_raw);
	return rc;
}

int follow_statement(struct follow *f, const struct id16 *chain,
	uint64_t number, struct buf *ret)
{
	struct follow_link link;
	struct buf raw;
	int rc = follow_get_link(f, chain, number, &link, &raw);

	*ret = (struct buf){0};
	if (rc == 0)
		rc = link.withheld ? ROWAN_E_NOT_FOUND
				   : buf_copy(ret, link.statement);
	buf_wipe(&raw);
	return rc;
}

static int first_head(struct follow *f, struct wire_hash *ret)
{
	struct buf record;
	int rc =
		vault_get(f->o.vault, VAULT_CLINIC, text("record"), 0, &record);

	if (rc == 0)
		attest_hash(buf_view(&record), ret);
	buf_wipe(&record);
	return rc;
}

int follow_head(struct follow *f, const struct id16 *case_id, uint64_t number,
	struct wire_hash *ret)
{
	struct follow_link link;
	struct buf raw;
	int rc;

	memset(ret, 0, sizeof *ret);
	if (number == 0)
		return follow_is_clinic(case_id) ? first_head(f, ret) : 0;
	rc = follow_get_link(f, case_id, number, &link, &raw);
	if (rc == 0)
		*ret = link.head;
	buf_wipe(&raw);
	return rc;
}

int follow_clinic_at(struct follow *f, uint64_t number, struct clinic *ret)
{
	struct follow_link before = {0};
	struct buf record = {0}, raw = {0};
	uint64_t at;
	int rc = vault_last(
		f->o.vault, VAULT_CLINIC, text("record"), number, &at, &record);

	memset(ret, 0, sizeof *ret);
	if (rc == 0)
		rc = clinic_init(ret, buf_view(&record));
	if (rc == 0 && number > 1) {
		rc = follow_get_link(
			f, &follow_clinic_chain, number - 1, &before, &raw);
		ret->number = number - 1;
		ret->head = before.head;
		ret->time = before.time;
	}
	buf_wipe(&raw);
	buf_wipe(&record);
	return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_CORRUPT : rc;
}

/* ---- what was withheld --------------------------------------------------- */

int follow_put_hole(
	struct follow *f, uint64_t number, const struct wire_hash *subject)
{
	struct name n;
	int rc = vault_put(
		f->o.vault, VAULT_CLINIC, text("hole"), number, empty);

	return rc != 0 ? rc
		       : vault_put(f->o.vault, VAULT_CLINIC,
				 named(&n, 'h', subject->b, WIRE_HASH_LEN),
				 number, empty);
}

int follow_fill_hole(
	struct follow *f, uint64_t number, const struct wire_hash *subject)
{
	struct name n;
	int rc = vault_delete(f->o.vault, VAULT_CLINIC, text("hole"), number);

	return rc != 0 ? rc
		       : vault_delete(f->o.vault, VAULT_CLINIC,
				 named(&n, 'h', subject->b, WIRE_HASH_LEN),
				 number);
}

int follow_next_hole(struct follow *f, uint64_t from, uint64_t *ret)
{
	return vault_next(
		f->o.vault, VAULT_CLINIC, text("hole"), from, ret, NULL);
}

int follow_hole_of(struct follow *f, const struct wire_hash *subject)
{
	struct name n;

	return vault_next(f->o.vault, VAULT_CLINIC,
		named(&n, 'h', subject->b, WIRE_HASH_LEN), 0, NULL, NULL);
}

/* ---- what must be found -------------------------------------------------- */

int follow_expect(struct vault *vault, const struct id16 *chain,
	const struct follow_heads *at)
{
	struct name n;

	return at->number == 0
		       ? 0
		       : vault_put(vault, VAULT_CLINIC,
				 named(&n, 'x', chain->b, ID16_LEN), at->number,
				 bytes_of(at->head.b, sizeof at->head.b));
}

int follow_told_more(struct follow *f, const struct id16 *chain,
	uint64_t number, uint64_t *ret)
{
	struct name n;

	return vault_next(f->o.vault, VAULT_CLINIC,
		named(&n, 'x', chain->b, ID16_LEN), number + 1, ret, NULL);
}

int follow_expected(struct follow *f, const struct id16 *chain, uint64_t number,
	const struct wire_hash *head)
{
	struct name n;
	struct bytes name = named(&n, 'x', chain->b, ID16_LEN);
	struct buf mem;
	int rc = vault_get(f->o.vault, VAULT_CLINIC, name, number, &mem);

	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	if (!bytes_eq(buf_view(&mem), bytes_of(head->b, sizeof head->b)))
		rc = ROWAN_E_CHAIN;
	else
		rc = vault_delete(f->o.vault, VAULT_CLINIC, name, number);
	buf_wipe(&mem);
	return rc;
}

/* ---- cards --------------------------------------------------------------- */

static int write_card(struct follow *f, const struct id16 *device, uint64_t at,
	const struct card_row *row)
{
	struct name n;
	struct writer w;
	int rc;

	writer_init(&w, CARD_MAX);
	writer_u16(&w, VERSION);
	writer_u64(&w, row->logged);
	writer_u64(&w, row->logged_at);
	writer_u64(&w, row->revoked);
	writer_u64(&w, row->revoked_at);
	writer_vec(&w, row->card);
	rc = writer_status(&w);
	if (rc == 0)
		rc = vault_put(f->o.vault, VAULT_CARD,
			named(&n, 'd', device->b, ID16_LEN), at,
			writer_view(&w));
	writer_wipe(&w);
	follow_forget_cards(f);
	return rc;
}

int follow_read_card(struct bytes input, struct card_row *ret)
{
	uint16_t version = 0;
	struct reader r;

	reader_init(&r, input);
	if (reader_u16(&r, &version) != 0)
		return ROWAN_E_CORRUPT;
	if (version > VERSION)
		return ROWAN_E_TOO_NEW;
	if (reader_u64(&r, &ret->logged) != 0 ||
		reader_u64(&r, &ret->logged_at) != 0 ||
		reader_u64(&r, &ret->revoked) != 0 ||
		reader_u64(&r, &ret->revoked_at) != 0 ||
		reader_vec(&r, WIRE_CARD_MAX, &ret->card) != 0 ||
		reader_end(&r) != 0)
		return ROWAN_E_CORRUPT;
	return 0;
}

/* Add to a list of devices. */
static int append(
	struct follow *f, struct bytes name, const struct id16 *device)
{
	uint64_t last = 0;
	int rc = vault_last(
		f->o.vault, VAULT_CARD, name, UINT64_MAX, &last, NULL);

	if (rc != 0 && rc != ROWAN_E_NOT_FOUND)
		return rc;
	return vault_put(f->o.vault, VAULT_CARD, name, rc == 0 ? last + 1 : 0,
		id16_view(device));
}

int follow_put_card(
	struct follow *f, struct bytes raw, uint64_t logged, uint64_t logged_at)
{
	struct card_row row = {logged, logged_at, 0, 0, raw};
	struct vault *v = f->o.vault;
	struct wire_hash subject;
	struct wire_card c;
	struct name n;
	int rc = wire_card_decode(raw, &c);

	if (rc == 0)
		rc = vault_next(v, VAULT_CARD,
			named(&n, 'd', c.device.b, ID16_LEN), 0, NULL, NULL);
	/* Device, member and keys are known: it was renewed. */
	if (rc != ROWAN_E_NOT_FOUND)
		return rc == 0 ? write_card(f, &c.device, logged, &row) : rc;
	chain_subject(&c.device, &subject);
	if ((rc = write_card(f, &c.device, 0, &row)) ||
		(rc = append(
			 f, named(&n, 'm', c.member.b, ID16_LEN), &c.device)) ||
		(rc = append(f, text("all"), &c.device)) ||
		(rc = vault_put(v, VAULT_CARD,
			 named(&n, 'k', c.signature_key.b, WIRE_KEY_LEN), 0,
			 empty)) ||
		(rc = vault_put(v, VAULT_CARD,
			 named(&n, 'k', c.transport_key.b, WIRE_KEY_LEN), 0,
			 empty)))
		return rc;
	return vault_put(v, VAULT_CARD,
		named(&n, 's', subject.b, WIRE_HASH_LEN), 0,
		id16_view(&c.device));
}

int follow_put_revoked(struct follow *f, const struct id16 *device,
	uint64_t number, uint64_t time)
{
	struct card_row row;
	struct name n;
	struct buf mem;
	int rc = vault_get(f->o.vault, VAULT_CARD,
		named(&n, 'd', device->b, ID16_LEN), 0, &mem);

	if (rc == 0)
		rc = follow_read_card(buf_view(&mem), &row);
	if (rc == 0) {
		row.revoked = number;
		row.revoked_at = time;
		rc = write_card(f, device, 0, &row);
	}
	buf_wipe(&mem);
	return rc;
}

int follow_subject(
	struct follow *f, const struct wire_hash *subject, struct id16 *ret)
{
	struct wire_hash own;
	struct name n;
	struct buf mem;
	int rc;

	chain_subject(&f->device, &own);
	*ret = f->device;
	if (memcmp(&own, subject, sizeof own) == 0)
		return 0;
	rc = vault_get(f->o.vault, VAULT_CARD,
		named(&n, 's', subject->b, WIRE_HASH_LEN), 0, &mem);
	if (rc == 0 && mem.len != ID16_LEN)
		rc = ROWAN_E_CORRUPT;
	if (rc == 0)
		memcpy(ret->b, mem.data, ID16_LEN);
	buf_wipe(&mem);
	return rc;
}

/* ---- struct trust_source ------------------------------------------------- */

void follow_forget_cards(struct follow *f)
{
	f->cards++;
	follow_vouch_again(f);
	for (size_t i = 0; i < FOLLOW_CARDS; i++) {
		buf_wipe(&f->card[i].raw);
		f->card[i].used = false;
	}
}

/* The newest row of a card up to a number; the first has number 0. */
static int card_row_at(struct follow *f, const struct id16 *device,
	uint64_t number, struct buf *ret_raw, struct card_row *ret)
{
	struct bytes name;
	struct card_row first;
	struct name n;
	struct buf mem;
	uint64_t at;
	int rc;

	name = named(&n, 'd', device->b, ID16_LEN);
	rc = vault_last(f->o.vault, VAULT_CARD, name,
		number < CLINIC_NEWEST ? number + 1 : number, &at, ret_raw);
	if (rc == 0)
		rc = follow_read_card(buf_view(ret_raw), ret);
	if (rc != 0 || at == 0)
		return rc;
	rc = vault_get(f->o.vault, VAULT_CARD, name, 0, &mem);
	if (rc == 0)
		rc = follow_read_card(buf_view(&mem), &first);
	ret->revoked = first.revoked;
	ret->revoked_at = first.revoked_at;
	buf_wipe(&mem);
	return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_CORRUPT : rc;
}

/* Into a slot; only the newest card may be found there again. */
static int load_card(struct follow *f, const struct id16 *device,
	uint64_t number, struct card_slot *s)
{
	struct trust_card *t = &s->card;
	struct card_row row = {0};
	int rc;

	s->used = false;
	buf_wipe(&s->raw);
	rc = card_row_at(f, device, number, &s->raw, &row);
	if (rc != 0)
		return rc;
	if (wire_card_decode(row.card, &t->card) != 0 ||
		!id16_eq(&t->card.device, device))
		return ROWAN_E_CORRUPT;
	attest_hash(row.card, &t->hash);
	t->logged = row.logged;
	t->logged_at = row.logged_at;
	t->revoked = row.revoked;
	t->revoked_at = row.revoked_at;
	s->device = *device;
	s->used = number == CLINIC_NEWEST;
	return 0;
}

static int get_slot(struct follow *f, const struct id16 *device,
	uint64_t number, struct trust_card *ret)
{
	struct card_slot *s = &f->card[f->next_card];
	int rc;

	f->next_card = (f->next_card + 1) % FOLLOW_CARDS;
	rc = load_card(f, device, number, s);
	if (rc == 0)
		*ret = s->card;
	return rc;
}

static int get_card(void *ctx, const struct id16 *device, uint64_t number,
	struct trust_card *ret)
{
	struct follow *f = ctx;
	size_t i = 0;
	int rc = 0;

	memset(ret, 0, sizeof *ret);
	while (i < FOLLOW_CARDS &&
		!(f->card[i].used && id16_eq(&f->card[i].device, device)))
		i++;
	if (i < FOLLOW_CARDS)
		*ret = f->card[i].card;
	else
		rc = get_slot(f, device, CLINIC_NEWEST, ret);
	/* Nearly always the newest was the one then, too. */
	if (rc == 0 && ret->logged > number)
		rc = get_slot(f, device, number, ret);
	if (rc == 0 && ret->logged > number)
		rc = ROWAN_E_NOT_FOUND;
	return rc;
}

static int get_listed(
	struct follow *f, struct bytes name, uint64_t i, struct id16 *ret)
{
	struct buf mem;
	int rc = vault_get(f->o.vault, VAULT_CARD, name, i, &mem);

	if (rc == 0 && mem.len != ID16_LEN)
		rc = ROWAN_E_CORRUPT;
	if (rc == 0)
		memcpy(ret->b, mem.data, ID16_LEN);
	buf_wipe(&mem);
	return rc;
}

static int get_device(
	void *ctx, const struct id16 *member, size_t i, struct id16 *ret)
{
	struct name n;

	return get_listed(ctx, named(&n, 'm', member->b, ID16_LEN), i, ret);
}

static int get_key(void *ctx, const struct wire_key *key)
{
	struct follow *f = ctx;
	struct name n;

	return vault_next(f->o.vault, VAULT_CARD,
		named(&n, 'k', key->b, WIRE_KEY_LEN), 0, NULL, NULL);
}

static int get_head(void *ctx, uint64_t number, struct wire_hash *ret)
{
	return follow_head(ctx, &follow_clinic_chain, number, ret);
}

static int get_case(
	void *ctx, const struct id16 *case_id, const struct case_state **ret)
{
	const struct known_case *k = follow_find(ctx, case_id);

	*ret = NULL;
	if (k == NULL || k->c.status == CASE_NONE)
		return ROWAN_E_NOT_FOUND;
	*ret = &k->c;
	return 0;
}

void follow_source_init(struct follow *f)
{
	f->source = (struct trust_source){
		get_card, get_device, get_key, get_head, get_case, f};
}

int follow_devices(struct follow *f, const struct id16 *member,
	struct id16 *ret, size_t max, size_t *ret_len)
{
	struct name n;
	struct bytes name = member == NULL
				    ? text("all")
				    : named(&n, 'm', member->b, ID16_LEN);
	struct id16 device;
	int rc;

	for (*ret_len = 0;; ++*ret_len) {
		rc = get_listed(f, name, *ret_len, &device);
		if (rc != 0)
			return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
		if (*ret_len == max)
			return ROWAN_E_LIMIT;
		ret[*ret_len] = device;
	}
}

/* ---- cases --------------------------------------------------------------- */

int follow_put_case(
	struct follow *f, const struct case_state *c, bool current, bool fresh)
{
	struct name n;
	struct writer w, saved;
	uint64_t last = 0;
	int rc;

	writer_init(&saved, CASE_SAVED_MAX);
	case_save(c, &saved);
	writer_init(&w, CASE_SAVED_MAX + 16);
	writer_u16(&w, VERSION);
	writer_u8(&w, current);
	writer_vec(&w, writer_view(&saved));
	rc = writer_status(&w);
	if (rc == 0)
		rc = vault_put(f->o.vault, VAULT_CASE,
			named(&n, 's', c->id.b, ID16_LEN), 0, writer_view(&w));
	writer_wipe(&w);
	writer_wipe(&saved);
	if (rc != 0 || !fresh)
		return rc;
	rc = vault_last(
		f->o.vault, VAULT_CASE, text("list"), UINT64_MAX, &last, NULL);
	if (rc != 0 && rc != ROWAN_E_NOT_FOUND)
		return rc;
	return vault_put(f->o.vault, VAULT_CASE, text("list"),
		rc == 0 ? last + 1 : 0, id16_view(&c->id));
}

static int load_case(struct follow *f, const struct id16 *id)
{
	struct known_case *k = follow_known(f, id);
	struct name n;
	struct bytes saved;
	struct reader r;
	struct buf mem;
	uint16_t version = 0;
	uint8_t current = 0;
	int rc;

	if (k == NULL)
		return ROWAN_E_NOMEM;
	rc = vault_get(f->o.vault, VAULT_CASE, named(&n, 's', id->b, ID16_LEN),
		0, &mem);
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_CORRUPT : rc;
	reader_init(&r, buf_view(&mem));
	rc = reader_u16(&r, &version);
	if (rc == 0 && version > VERSION)
		rc = ROWAN_E_TOO_NEW;
	else if (rc != 0 || reader_u8(&r, &current) != 0 || current > 1 ||
		 reader_vec(&r, CASE_SAVED_MAX, &saved) != 0 ||
		 reader_end(&r) != 0)
		rc = ROWAN_E_CORRUPT;
	else
		rc = case_load(&k->c, saved);
	k->current = current == 1;
	for (size_t i = 0; rc == 0 && i < k->c.channel_count; i++)
		rc = idmap_put(&f->by_channel, &k->c.channels[i].channel, k);
	if (rc == 0)
		follow_next_change(f, k);
	buf_wipe(&mem);
	return rc;
}

int follow_load(struct follow *f)
{
	struct id16 id;
	struct buf mem;
	uint64_t n;
	int rc = load_clinic(f);

	if (rc == 0) {
		rc = vault_next(
			f->o.vault, VAULT_CLINIC, text("holds"), 0, &n, NULL);
		f->holds = rc == 0;
		rc = rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	}
	for (uint64_t i = 0; rc == 0; i = n + 1) {
		rc = vault_next(
			f->o.vault, VAULT_CASE, text("list"), i, &n, &mem);
		if (rc == ROWAN_E_NOT_FOUND)
			return 0;
		if (rc == 0 && mem.len != ID16_LEN)
			rc = ROWAN_E_CORRUPT;
		if (rc == 0)
			memcpy(id.b, mem.data, ID16_LEN);
		buf_wipe(&mem);
		if (rc == 0)
			rc = load_case(f, &id);
	}
	return rc;
}
