package store

import "halqa/circles"

const (
	// postless are the kinds of notification whose object is no post.
	postless = `'follow', 'moved', 'tip', 'tip-failed', 'tip-back', 'payee', 'note', 'gifts', 'packet', 'month', 'banned', 'not-in', 'at-door', 'report', 'appeals', ` + appealKinds

	// whenTip are the branches of told for tips: who gave or got one hears of it whatever became of the post.
	whenTip = ` WHEN 'tip' THEN 1 = 1 WHEN 'tip-failed' THEN 1 = 1 WHEN 'tip-back' THEN 1 = 1 WHEN 'payee' THEN 1 = 1 WHEN 'note' THEN 1 = 1 WHEN 'packet' THEN 1 = 1 WHEN 'month' THEN 1 = 1`

	// tipThread keeps notifications of tips for no post apart from those of followers and moves.
	tipThread = -2

	giftThread = -7 // notes that wait for a moderator
)

// NotifyOfTip tells a person of this instance what became of a tip, or that where they are paid was
// changed. thread is the root of the post that was tipped, 0 if there is none. Telling again tells
// nobody.
func (tx *Tx) NotifyOfTip(person circles.PersonID, kind NotificationKind, tip int64, thread circles.PostID, actor circles.ActorID) error {
	if thread == 0 {
		thread = tipThread
	}
	_, err := tx.exec(`INSERT INTO notification (person, kind, object, thread, actor, at)
		SELECT k.person, CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS BIGINT) FROM account k WHERE k.person = $1
		ON CONFLICT (person, kind, object) DO NOTHING`, person, kind, tip, thread, actor, tx.at)
	return err
}

// NotifyOfGifts tells the moderators of a circle that the note of a gift was reported, folded as
// NotifyOfReport does.
func (tx *Tx) NotifyOfGifts(circle circles.CircleID) error {
	_, err := tx.tellDesk(ToldGifts, giftThread, circle, tx.at)
	return err
}

// stillGifts holds while notes wait in the circle that notification n speaks of, and the person moderates it.
func stillGifts(person string) string {
	return "EXISTS (SELECT 1 FROM membership m WHERE m.circle = n.object AND m.person = " + person + " AND m.role IN " + moderatorRoles + ")" +
		" AND EXISTS (SELECT 1 FROM gift g WHERE g.circle = n.object AND g.reported_at <> 0 AND g.decided_at = 0)"
}
