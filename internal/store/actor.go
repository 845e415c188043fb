package store

import (
	"halqa/circles"
)

// actorColumns are the columns of "actor a" in the order that actorDest takes them.
const actorColumns = `a.id, a.kind, a.name, a.host, a.uri, a.url, a.display_name, a.icon_media, a.icon_url,
	a.inbox, a.shared_inbox, a.outbox, a.followers, a.moderators, a.key_id, a.public_key,
	a.bot, a.locked, a.indexable, a.published, a.created_at, a.updated_at, a.fetched_at,
	a.deleted_at, a.suspended_at, a.moved_to, a.also_known_as, a.summary, a.summary_html, a.emoji`

func actorDest(a *circles.Actor) []any {
	return []any{&a.ID, &a.Kind, &a.Name, &a.Host, &a.URI, &a.URL, &a.DisplayName, &a.IconMedia, &a.IconURL,
		&a.Inbox, &a.SharedInbox, &a.Outbox, &a.Followers, &a.Moderators, &a.KeyID, &a.PublicKey,
		&a.Bot, &a.Locked, &a.Indexable, &a.Published, &a.CreatedAt, &a.UpdatedAt, &a.FetchedAt,
		&a.DeletedAt, &a.SuspendedAt, &a.MovedTo, &a.AlsoKnownAs, &a.Summary, &a.SummaryHTML, &a.Emoji}
}

func scanActor(r rowScanner) (*circles.Actor, error) {
	var a circles.Actor
	return &a, r.Scan(actorDest(&a)...)
}

// Actor returns the actor with this id. As with every lookup of a single row, an absent one is a
// circles.Error of kind NotFound.
func (tx *Tx) Actor(id circles.ActorID) (*circles.Actor, error) {
	a, err := tx.kept.actors.read(tx, id, func() (*circles.Actor, error) {
		return one(tx, scanActor, `SELECT `+actorColumns+` FROM actor a WHERE a.id = $1`, id)
	})
	return a, notFound(err, "account")
}

// ActorByURI returns the actor with this id in ActivityPub: a path for local ones.
func (tx *Tx) ActorByURI(uri string) (*circles.Actor, error) {
	a, err := tx.kept.actors.named(tx, uri, func(a *circles.Actor) circles.ActorID { return a.ID }, func() (*circles.Actor, error) {
		return one(tx, scanActor, `SELECT `+actorColumns+` FROM actor a WHERE a.uri = $1`, uri)
	})
	return a, notFound(err, "account")
}

// LocalActor returns the person or circle of this instance that has this name.
func (tx *Tx) LocalActor(name string) (*circles.Actor, error) {
	a, err := one(tx, scanActor, `SELECT `+actorColumns+` FROM actor a WHERE a.name = $1 AND a.host = ''`, name)
	return a, notFound(err, "account")
}

// ActorByHandle returns the actor called name@host. Another server may have given a name twice; the
// one that still lives and was met last is meant.
func (tx *Tx) ActorByHandle(name, host string) (*circles.Actor, error) {
	a, err := one(tx, scanActor, `SELECT `+actorColumns+` FROM actor a WHERE a.host = $1 AND a.name = $2
		ORDER BY a.deleted_at, a.id DESC LIMIT 1`, host, name)
	return a, notFound(err, "account")
}

// A SigningKey is the public key of a remote actor.
type SigningKey struct {
	Owner     string // the actor's address
	PEM       string
	FetchedAt int64 // when its document was last read
}

// SigningKey returns the key with this id.
func (tx *Tx) SigningKey(keyID string) (SigningKey, error) {
	k, err := one(tx, func(r rowScanner) (SigningKey, error) {
		var k SigningKey
		return k, r.Scan(&k.Owner, &k.PEM, &k.FetchedAt)
	}, `SELECT a.uri, a.public_key, a.fetched_at FROM actor a WHERE a.key_id = $1 AND a.key_id <> '' AND a.host <> ''
		ORDER BY a.deleted_at, a.id DESC LIMIT 1`, keyID)
	return k, notFound(err, "key")
}

// AddActor stores a new actor under a.ID.
func (tx *Tx) AddActor(a *circles.Actor) error {
	_, err := tx.exec(`INSERT INTO actor (id, kind, name, host, uri, url, display_name, icon_media, icon_url,
			inbox, shared_inbox, outbox, followers, moderators, key_id, public_key,
			bot, locked, indexable, published, created_at, updated_at, fetched_at,
			deleted_at, suspended_at, moved_to, summary, summary_html, emoji, also_known_as)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
			$22, $23, $24, $25, $26, $27, $28, $29, $30)`,
		a.ID, a.Kind, a.Name, a.Host, a.URI, a.URL, a.DisplayName, a.IconMedia, a.IconURL,
		a.Inbox, a.SharedInbox, a.Outbox, a.Followers, a.Moderators, a.KeyID, a.PublicKey,
		a.Bot, a.Locked, a.Indexable, a.Published, a.CreatedAt, a.UpdatedAt, a.FetchedAt,
		a.DeletedAt, a.SuspendedAt, a.MovedTo, a.Summary, a.SummaryHTML, a.Emoji, a.AlsoKnownAs)
	if err != nil {
		return err
	}
	return tx.indexActor(a.ID)
}

// SaveActor writes everything about an actor that can change: all but its id, host, address, when
// it was first known, and whether it is suspended.
func (tx *Tx) SaveActor(a *circles.Actor) error {
	// Most of the time it is a fresh copy that says the same.
	same, err := tx.exists(`SELECT 1 FROM actor WHERE id = $1 AND kind = $2 AND name = $3 AND display_name = $4 AND summary_html = $5
		AND (deleted_at = 0) = (CAST($6 AS BIGINT) = 0)`, a.ID, a.Kind, a.Name, a.DisplayName, a.SummaryHTML, a.DeletedAt)
	if err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE actor SET kind = $2, name = $3, url = $4, display_name = $5, icon_media = $6, icon_url = $7,
			inbox = $8, shared_inbox = $9, outbox = $10, followers = $11, moderators = $12, key_id = $13, public_key = $14,
			bot = $15, locked = $16, indexable = $17, published = $18, updated_at = $19, fetched_at = $20,
			deleted_at = $21, moved_to = $22, summary = $23, summary_html = $24, emoji = $25, also_known_as = $26
		WHERE id = $1`,
		a.ID, a.Kind, a.Name, a.URL, a.DisplayName, a.IconMedia, a.IconURL,
		a.Inbox, a.SharedInbox, a.Outbox, a.Followers, a.Moderators, a.KeyID, a.PublicKey,
		a.Bot, a.Locked, a.Indexable, a.Published, a.UpdatedAt, a.FetchedAt,
		a.DeletedAt, a.MovedTo, a.Summary, a.SummaryHTML, a.Emoji, a.AlsoKnownAs)
	if err != nil || same {
		return err
	}
	return tx.indexActor(a.ID)
}

// SetSuspended suspends an actor, or lifts the suspension with at = 0.
func (tx *Tx) SetSuspended(id circles.ActorID, at int64) error {
	if _, err := tx.exec(`UPDATE actor SET suspended_at = $2 WHERE id = $1`, id, at); err != nil {
		return err
	}
	return tx.TokensChanged()
}

// A Suspended is an actor that is suspended, since when, and the reason that was given last.
type Suspended struct {
	Actor  circles.ActorID
	At     int64 // UTC microseconds
	Reason string
}

// Suspended returns who and what is suspended, the latest first, behind one of them (0 = from the first), at
// most limit.
func (tx *Tx) Suspended(after circles.ActorID, limit int) ([]Suspended, error) {
	var args []any
	cond := ""
	if after != 0 {
		cond = " AND (a.suspended_at, a.id) < (SELECT z.suspended_at, z.id FROM actor z WHERE z.id = " + arg(&args, after) + ")"
	}
	return list(tx, func(r rowScanner) (Suspended, error) {
		var s Suspended
		return s, r.Scan(&s.Actor, &s.At, &s.Reason)
	}, `SELECT a.id, a.suspended_at, COALESCE((SELECT l.reason FROM modlog l WHERE l.person = a.id AND l.person <> 0 AND l.action = 'suspend'
			ORDER BY l.id DESC LIMIT 1), '')
		FROM actor a WHERE a.suspended_at <> 0`+cond+" ORDER BY a.suspended_at DESC, a.id DESC LIMIT "+arg(&args, limit), args...)
}

// Suspension returns the decision that an actor is suspended by: when, who took it, the reason. It is NotFound
// if they are not.
func (tx *Tx) Suspension(id circles.ActorID) (at int64, by circles.ActorID, reason string, err error) {
	a, err := tx.Actor(id)
	if err != nil {
		return 0, 0, "", err
	}
	if a.SuspendedAt == 0 {
		return 0, 0, "", circles.Errorf(circles.NotFound, "Nobody suspended this.")
	}
	e, err := orNil(one(tx, func(r rowScanner) (*circles.ModEntry, error) {
		var e circles.ModEntry
		return &e, r.Scan(&e.By, &e.Reason)
	}, `SELECT l.actor, l.reason FROM modlog l WHERE l.person = $1 AND l.person <> 0 AND l.action = 'suspend' ORDER BY l.id DESC LIMIT 1`, id))
	if err != nil || e == nil {
		return a.SuspendedAt, 0, "", err
	}
	return a.SuspendedAt, e.By, e.Reason, nil
}

// ClaimName takes a name for a local person or circle and reports whether it was free. A name is
// never given out twice.
func (tx *Tx) ClaimName(name string) (bool, error) {
	n, err := tx.exec(`INSERT INTO name_used (name, at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, tx.Now())
	return n == 1, err
}

// NameUsed reports whether a local person or circle has, or ever had, this name.
func (tx *Tx) NameUsed(name string) (bool, error) {
	return tx.exists(`SELECT 1 FROM name_used WHERE name = $1`, name)
}

// SetPrivateKey keeps the private key of a local actor, in the form that the caller chose.
func (tx *Tx) SetPrivateKey(id circles.ActorID, key []byte) error {
	_, err := tx.exec(`INSERT INTO actor_key (actor, private) VALUES ($1, $2)
		ON CONFLICT (actor) DO UPDATE SET private = excluded.private`, id, key)
	return err
}

// PrivateKey returns the private key of a local actor.
func (tx *Tx) PrivateKey(id circles.ActorID) ([]byte, error) {
	key, err := one(tx, value[[]byte], `SELECT private FROM actor_key WHERE actor = $1`, id)
	return key, notFound(err, "key")
}

// PeerBlocked reports whether this instance exchanges nothing with another host.
func (tx *Tx) PeerBlocked(host string) (bool, error) {
	return tx.exists(`SELECT 1 FROM peer WHERE host = $1 AND policy = 'blocked'`, host)
}

// SetPeerPolicy says what this instance exchanges with another host: "" everything, "limited" or
// "blocked" nothing.
func (tx *Tx) SetPeerPolicy(host, policy string) error {
	_, err := tx.exec(`INSERT INTO peer (host, first_seen_at, policy) VALUES ($1, $2, $3)
		ON CONFLICT (host) DO UPDATE SET policy = excluded.policy`, host, tx.Now(), policy)
	return err
}

// Blocked reports whether actor does not want to hear of target. A circle's blocks are its bans.
func (tx *Tx) Blocked(actor, target circles.ActorID) (bool, error) {
	return tx.exists(`SELECT 1 FROM block WHERE actor = $1 AND target = $2`, actor, target)
}

// SetBlock makes or lifts a block.
func (tx *Tx) SetBlock(actor, target circles.ActorID, blocked bool) error {
	if !blocked {
		_, err := tx.exec(`DELETE FROM block WHERE actor = $1 AND target = $2`, actor, target)
		return err
	}
	_, err := tx.exec(`INSERT INTO block (actor, target, at) VALUES ($1, $2, $3) ON CONFLICT (actor, target) DO NOTHING`,
		actor, target, tx.Now())
	return err
}
