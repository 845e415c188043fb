package store

import (
	"strconv"

	"halqa/circles"
)

// A NotificationKind says what somebody was told of.
type NotificationKind string

const (
	ToldAnswer  NotificationKind = "answer"  // somebody answered a post or comment of theirs
	ToldMention NotificationKind = "mention" // somebody named them
	ToldThread  NotificationKind = "thread"  // something new in a thread they follow
	ToldRemoved NotificationKind = "removed" // a moderator removed something of theirs
	ToldFollow  NotificationKind = "follow"  // somebody follows them
	ToldMoved   NotificationKind = "moved"   // whom they followed lives elsewhere now, and they follow there
	ToldPoll    NotificationKind = "poll"    // a poll of theirs, or one they voted in, is over
	ToldBanned  NotificationKind = "banned"  // a circle has shut them out
	ToldReport  NotificationKind = "report"  // reports wait in a circle that they moderate
	ToldAppeals NotificationKind = "appeals" // appeals wait in a circle that they moderate

	ToldHeld     NotificationKind = "held"     // a circle elsewhere holds what they wrote
	ToldRefused  NotificationKind = "refused"  // a circle did not take what they wrote
	ToldApproved NotificationKind = "approved" // a circle took what it held
	ToldNoEdit   NotificationKind = "no-edit"  // a circle elsewhere did not take a change of what they wrote
	ToldNotIn    NotificationKind = "not-in"   // a circle elsewhere did not let them in
	ToldAtDoor   NotificationKind = "at-door"  // a circle elsewhere decides whether it lets them in

	ToldAppealGranted NotificationKind = "appeal-granted" // an appeal of theirs was answered
	ToldAppealDenied  NotificationKind = "appeal-denied"
	ToldAppealPassed  NotificationKind = "appeal-passed" // nobody answered it, and a gate is open for a while

	ToldTip       NotificationKind = "tip"        // somebody tipped them
	ToldTipFailed NotificationKind = "tip-failed" // a tip of theirs was not paid after all
	ToldTipBack   NotificationKind = "tip-back"   // some of a tip that they gave or got went back
	ToldPayee     NotificationKind = "payee"      // where they are paid was changed
	ToldNote      NotificationKind = "note"       // a moderator took away what they wrote beside a gift
	ToldGifts     NotificationKind = "gifts"      // notes of gifts that were reported wait in a circle that they moderate
	ToldPacket    NotificationKind = "packet"     // a red packet of theirs is over
	ToldMonth     NotificationKind = "month"      // what they gave last month
)

// NotificationsKept is how many notifications a person has at most; older ones make room.
const NotificationsKept = 500

// A Notification is something that a person of this instance was told.
type Notification struct {
	ID     int64
	Kind   NotificationKind
	Post   circles.PostID   // what was written or removed; 0 for what is about no post
	Tip    int64            // of the kinds that are of one
	Packet int64            // of ToldPacket
	Month  int64            // of ToldMonth: 202611
	Thread circles.PostID   // its root; 0 or less with Post 0
	Actor  circles.ActorID  // who wrote, removed or follows; nobody for what comes from an office
	Circle circles.CircleID // of ToldBanned, ToldNotIn, ToldAtDoor, ToldGifts, ToldReport and ToldAppeals; 0 of the latter two = the whole instance
	At     int64            // UTC microseconds
	Seen   bool
}

// wanted is whether the person r.person wants to hear of something by author in circle c and may read
// it. The placeholders are those of the author and the circle.
func wanted(author, circle string) string {
	return notBlocked("r.person", author+", "+circle) + " AND " + notFrom("r.person", author+", "+circle) +
		" AND (p.circle = 0 AND " + looseFor("r.person") + " OR p.circle <> 0 AND " + inUse("p.circle") + " AND (c.visibility IN ('public', 'unlisted', 'local') OR k.role = 'admin' OR EXISTS (SELECT 1 FROM membership m" +
		" WHERE m.circle = c.id AND m.person = r.person AND m.role IN " + memberRoles + ")))"
}

// NotifyOfPost tells those whom a visible post or comment concerns: who is answered, who is named, who
// follows the thread; each once and for the first of these reasons, and nobody who may not read it, has
// muted the thread or does not want to hear of the author or the circle. It returns who was told now.
// Telling again tells nobody.
func (tx *Tx) NotifyOfPost(p *circles.Post) ([]circles.PersonID, error) {
	return list(tx, value[circles.PersonID], `INSERT INTO notification (person, kind, object, thread, actor, at)
		SELECT r.person, CASE r.why WHEN 1 THEN 'answer' WHEN 2 THEN 'mention' ELSE 'thread' END, p.id, p.root, p.author, CAST($2 AS BIGINT)
		FROM (SELECT t.person, MIN(t.why) AS why FROM (
				SELECT q.author AS person, 1 AS why FROM post p CROSS JOIN post q WHERE p.id = $1 AND q.id = p.parent
				UNION ALL SELECT actor, 2 FROM mention WHERE post = $1
				UNION ALL SELECT w.person, 3 FROM post p CROSS JOIN thread_wish w WHERE p.id = $1 AND w.post = p.root AND w.wish = 'follow'
			) AS t GROUP BY t.person) AS r
			CROSS JOIN account k CROSS JOIN post p LEFT JOIN circle c ON c.id = p.circle
		WHERE k.person = r.person AND p.id = $1 AND p.state = 'visible' AND r.person <> p.author
			AND NOT EXISTS (SELECT 1 FROM thread_wish w WHERE w.person = r.person AND w.post = p.root AND w.wish = 'mute')
			AND NOT EXISTS (SELECT 1 FROM post_tag y CROSS JOIN tag_wish w WHERE y.post = p.id AND w.person = r.person
				AND w.tag = y.tag AND w.wish = 'block' AND r.why = 3)
			AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.person = r.person AND n.object = p.id
				AND n.kind IN ('answer', 'mention', 'thread'))
			AND `+wanted("p.author", "p.circle")+`
		ON CONFLICT (person, kind, object) DO NOTHING RETURNING person`, p.ID, tx.at)
}

// NotifyOfRemoval tells the author of a post or comment, if they are of this instance, that somebody
// else removed it.
func (tx *Tx) NotifyOfRemoval(p *circles.Post) ([]circles.PersonID, error) {
	return list(tx, value[circles.PersonID], `INSERT INTO notification (person, kind, object, thread, actor, at)
		SELECT p.author, 'removed', p.id, p.root, p.removed_by, CAST($2 AS BIGINT) FROM post p CROSS JOIN account k
		WHERE p.id = $1 AND k.person = p.author AND p.state = 'removed' AND p.removed_by <> p.author
		ON CONFLICT (person, kind, object) DO UPDATE SET actor = excluded.actor, at = excluded.at, seen = 0
			WHERE notification.at < (SELECT q.removed_at FROM post q WHERE q.id = notification.object)
		RETURNING person`, p.ID, tx.at)
}

// NotifyOfFollow tells a person of this instance that somebody follows them.
func (tx *Tx) NotifyOfFollow(f *circles.Follow) ([]circles.PersonID, error) {
	return list(tx, value[circles.PersonID], `INSERT INTO notification (person, kind, object, thread, actor, at)
		SELECT r.person, 'follow', f.follower, 0, f.follower, $2 FROM follow f CROSS JOIN account r
		WHERE f.id = $1 AND f.state = 'accepted' AND r.person = f.followee AND `+
		notBlocked("r.person", "f.follower")+` AND `+notFrom("r.person", "f.follower")+`
		ON CONFLICT (person, kind, object) DO NOTHING RETURNING person`, f.ID, tx.at)
}

// TrimNotifications drops what a person has beyond NotificationsKept, the oldest first.
func (tx *Tx) TrimNotifications(person circles.PersonID) error {
	_, err := tx.exec(`DELETE FROM notification WHERE person = $1 AND id <=
		(SELECT id FROM notification WHERE person = $1 ORDER BY id DESC LIMIT 1 OFFSET `+strconv.Itoa(NotificationsKept)+`)`, person)
	return err
}

// told is the FROM and WHERE for the notifications n of the viewer that they may still read and want to
// hear of: what was deleted or closed to them since is left out, and what was put back after a removal.
func (tx *Tx) told(v circles.Viewer, args *[]any) (string, error) {
	w, err := tx.wishesOf(v)
	if err != nil {
		return "", err
	}
	me := arg(args, v.Person)
	cond := " FROM notification n LEFT JOIN post p ON p.id = n.object AND n.kind NOT IN (" + postless + ") LEFT JOIN circle c ON c.id = p.circle" +
		" LEFT JOIN actor f ON f.id = n.object AND n.kind IN ('follow', 'moved') WHERE n.person = " + me +
		" AND CASE n.kind WHEN 'follow' THEN f.deleted_at = 0 AND f.suspended_at = 0 WHEN 'moved' THEN f.suspended_at = 0 WHEN 'banned' THEN " + stillBanned(me, arg(args, tx.at)) +
		" WHEN 'report' THEN " + stillReported(v, me) + " WHEN 'appeals' THEN " + stillAppealed(v, me) + " WHEN 'not-in' THEN 1 = 1 WHEN 'at-door' THEN 1 = 1 WHEN 'gifts' THEN " + stillGifts(me) + whenAppeal + whenTip + " WHEN 'removed' THEN p.state = 'removed' AND " +
		mayFind(v, args) + " WHEN 'refused' THEN p.state IN ('visible', 'refused') AND " + mayFind(v, args) + " ELSE p.state = 'visible' AND " + mayFind(v, args) +
		" AND NOT EXISTS (SELECT 1 FROM thread_wish w WHERE w.person = " + me + " AND w.post = n.thread AND w.wish = 'mute') END"
	// What one wrote oneself was removed, whoever did it.
	if hidden := w.hide(v, args, "n.actor, COALESCE(p.circle, 0)", ""); hidden != "" {
		cond += " AND (n.kind IN ('removed', 'banned', 'report', 'appeals', 'gifts') OR 1 = 1" + hidden + ")"
	}
	return cond, nil
}

// Notifications returns what the viewer was told, the latest first.
func (tx *Tx) Notifications(v circles.Viewer) ([]Notification, error) {
	var args []any
	from, err := tx.told(v, &args)
	if err != nil {
		return nil, err
	}
	return list(tx, func(r rowScanner) (Notification, error) {
		var n Notification
		var object int64
		err := r.Scan(&n.ID, &n.Kind, &object, &n.Thread, &n.Actor, &n.At, &n.Seen)
		switch n.Kind {
		case ToldFollow, ToldMoved, ToldAppealGranted, ToldAppealDenied, ToldAppealPassed:
		case ToldTip, ToldTipFailed, ToldTipBack, ToldPayee, ToldNote:
			n.Tip = object
		case ToldPacket:
			n.Packet = object
		case ToldMonth:
			n.Month = object
		case ToldBanned, ToldNotIn, ToldAtDoor, ToldReport, ToldAppeals, ToldGifts:
			n.Circle = circles.CircleID(object)
		default:
			n.Post = circles.PostID(object)
		}
		return n, err
	}, "SELECT n.id, n.kind, n.object, n.thread, n.actor, n.at, n.seen"+from+" ORDER BY n.id DESC LIMIT "+
		strconv.Itoa(NotificationsKept), args...)
}

// UnseenNotifications counts what the viewer was told and has not seen, at most to limit.
func (tx *Tx) UnseenNotifications(v circles.Viewer, limit int) (int64, error) {
	var args []any
	from, err := tx.told(v, &args)
	if err != nil {
		return 0, err
	}
	return one(tx, value[int64], "SELECT COUNT(*) FROM (SELECT 1 AS one"+from+" AND n.seen = 0 LIMIT "+arg(&args, limit)+") AS u", args...)
}

// SeeNotifications marks as seen what a person was told up to an id, of one thread or, with 0, of all.
func (tx *Tx) SeeNotifications(person circles.PersonID, upTo int64, thread circles.PostID) error {
	_, err := tx.exec(`UPDATE notification SET seen = 1 WHERE person = $1 AND seen = 0 AND id <= $2 AND
		(CAST($3 AS BIGINT) = 0 OR thread = $3)`, person, upTo, thread)
	return err
}

// UnseenOf reports whether a person was told something of a thread until then and has not seen it.
func (tx *Tx) UnseenOf(person circles.PersonID, thread circles.PostID, until int64) (bool, error) {
	return tx.exists(`SELECT 1 FROM notification WHERE person = $1 AND seen = 0 AND thread = $2 AND at <= $3`, person, thread, until)
}

// SeeThread marks as seen what a person was told of a thread until then.
func (tx *Tx) SeeThread(person circles.PersonID, thread circles.PostID, until int64) error {
	_, err := tx.exec(`UPDATE notification SET seen = 1 WHERE person = $1 AND seen = 0 AND thread = $2 AND at <= $3`, person, thread, until)
	return err
}

// A ThreadWish is what a person wants of a thread.
type ThreadWish string

const (
	NoThreadWish ThreadWish = ""
	FollowThread ThreadWish = "follow" // to be told of every comment
	MuteThread   ThreadWish = "mute"   // to be told of nothing in it
)

// SetThreadWish sets what a person wants of a thread; NoThreadWish forgets it.
func (tx *Tx) SetThreadWish(person circles.PersonID, root circles.PostID, wish ThreadWish) error {
	if wish == NoThreadWish {
		_, err := tx.exec(`DELETE FROM thread_wish WHERE person = $1 AND post = $2`, person, root)
		return err
	}
	_, err := tx.exec(`INSERT INTO thread_wish (person, post, wish, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (person, post) DO UPDATE SET wish = excluded.wish, at = excluded.at`, person, root, wish, tx.Now())
	return err
}

// ThreadWish returns what a person wants of a thread.
func (tx *Tx) ThreadWish(person circles.PersonID, root circles.PostID) (ThreadWish, error) {
	all, err := list(tx, value[ThreadWish], `SELECT wish FROM thread_wish WHERE person = $1 AND post = $2`, person, root)
	if err != nil || len(all) == 0 {
		return NoThreadWish, err
	}
	return all[0], nil
}
