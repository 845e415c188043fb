package tips

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
)

// A gift is a tip with a label, where a circle wants such. Its note is between payer and payee until the
// payee shows it, without the payer's name or the amount. Whoever may read a note may report it, and the
// circle's moderators may take it away, as they may a comment; the money stays where it went.

// GiftKinds are the labels, which pages translate. They say nothing of an amount: no gift is a rank.
func GiftKinds() []string { return []string{"flower", "tea", "cake", "book", "lantern", "star"} }

const (
	giftsShown = 50 // under one thread, the latest
	giftsWait  = 50 // on a moderator's list, the oldest

	// MaxReport bounds what somebody says against a note, in characters.
	MaxReport = 500
)

// cleanNote makes a note one line of what can be seen: what reverses or hides what stands beside it has
// no place in words that are read next to an amount.
func cleanNote(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u200b', r == '\u2060', r == '\ufeff', r == utf8.RuneError:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}

// gift refuses a label that there is not, or that the circle does not want.
func gift(in Intent, to destination) error {
	switch {
	case in.Gift == "":
		return nil
	case !slices.Contains(GiftKinds(), in.Gift):
		return circles.FieldErrorf(circles.Invalid, "gift", "There is no such gift.").With("refused.gift-kind", nil)
	case !to.gifts():
		return circles.FieldErrorf(circles.Forbidden, "gift", "There are no gifts in this circle.").With("refused.gift-off", nil)
	}
	return nil
}

// gifts reports whether what is given there can be a gift.
func (d destination) gifts() bool { return d.where != nil && d.where.Local() && d.policy.Gifts }

// Gifts returns which of some tips are gifts. Who asks has been shown the tips.
func (t *Tips) Gifts(ctx context.Context, rows []*Row) (all map[int64]*Gift, err error) {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	err = t.store.View(ctx, func(tx *store.Tx) (err error) {
		all, err = ledger.GiftsOf(tx, ids)
		return err
	})
	return all, wrap("gifts", err)
}

// ShownGifts returns what their payees show under some posts, the latest first, without those of people whom the
// viewer blocked or muted. Who asks has been shown the posts.
func (t *Tips) ShownGifts(ctx context.Context, v circles.Viewer, posts []circles.PostID) (all []ShownGift, err error) {
	err = t.store.View(ctx, func(tx *store.Tx) (err error) {
		all, err = ledger.ShownGifts(tx, v.Person, posts, giftsShown)
		return err
	})
	return all, wrap("gifts", err)
}

// giftOf reads a gift with its tip; NotFound if the tip is none.
func giftOf(tx *store.Tx, id int64) (*ledger.Tip, *ledger.Gift, error) {
	none := circles.Errorf(circles.NotFound, "There is no such gift.").With("refused.no-gift", nil)
	all, err := ledger.GiftsOf(tx, []int64{id})
	if err != nil {
		return nil, nil, err
	}
	if all[id] == nil {
		return nil, nil, none
	}
	tip, err := ledger.TipBy(tx, id)
	return tip, all[id], err
}

// ShowGift shows a gift that the viewer got under the post it is for, or takes it from there again.
func (t *Tips) ShowGift(ctx context.Context, v circles.Viewer, id int64, show bool) error {
	return wrap("gift", t.store.Update(ctx, func(tx *store.Tx) error {
		tip, g, err := giftOf(tx, id)
		if err != nil {
			return err
		}
		if !v.SignedIn() || tip.Payee != v.Person {
			return circles.Errorf(circles.NotFound, "There is no such gift.").With("refused.no-gift", nil)
		}
		if show == (g.ShownAt != 0) {
			return nil
		}
		if show {
			p, err := tx.Post(tip.Post)
			if err != nil {
				return err
			}
			to, err := t.post(tx, v, p)
			if err != nil {
				return err
			}
			if !to.gifts() || tip.State != ledger.TipPaid && tip.State != ledger.TipShort {
				return circles.Errorf(circles.Forbidden, "This gift cannot be shown now.").With("refused.gift-show", nil)
			}
		}
		if g.ShownAt = 0; show {
			g.ShownAt = tx.Now()
		}
		return ledger.SaveGift(tx, g)
	}))
}

// Gift returns a gift to who may read it: payer, payee, the moderators of its circle once it was reported,
// and, while it is shown, who may read its post.
func (t *Tips) Gift(ctx context.Context, v circles.Viewer, id int64) (g *ShownGift, err error) {
	err = t.store.View(ctx, func(tx *store.Tx) error {
		tip, found, err := t.mayReadGift(tx, v, id)
		if err != nil {
			return err
		}
		g = &ShownGift{Gift: *found, Note: tip.Note}
		return nil
	})
	return g, wrap("gift", err)
}

func (t *Tips) mayReadGift(tx *store.Tx, v circles.Viewer, id int64) (*ledger.Tip, *ledger.Gift, error) {
	none := circles.Errorf(circles.NotFound, "There is no such gift.").With("refused.no-gift", nil)
	tip, g, err := giftOf(tx, id)
	if err != nil {
		return nil, nil, err
	}
	if v.SignedIn() && (tip.Payer == v.Person || tip.Payee == v.Person) {
		return tip, g, nil
	}
	shown, err := ledger.ShownGifts(tx, v.Person, []circles.PostID{g.Post}, giftsShown)
	if err != nil {
		return nil, nil, err
	}
	if !slices.ContainsFunc(shown, func(s ledger.ShownGift) bool { return s.Tip == id }) {
		return nil, nil, none
	}
	p, err := tx.Post(g.Post)
	if err == nil {
		_, _, err = t.sees(tx, v, p)
	}
	if err != nil {
		return nil, nil, none
	}
	return tip, g, nil
}

// ReportGift takes what somebody says against the note of a gift that they may read. Its circle's
// moderators are told. Once they have decided, or while it waits, saying so again changes nothing.
func (t *Tips) ReportGift(ctx context.Context, v circles.Viewer, id int64, text string) error {
	if text = cleanNote(text); utf8.RuneCountInString(text) > MaxReport {
		return circles.FieldErrorf(circles.TooLarge, "text", "This text is longer than %d characters; shorten it.", MaxReport).With("refused.too-long", map[string]any{"Max": MaxReport})
	}
	if !v.SignedIn() {
		return circles.Errorf(circles.Denied, "Sign in to tip.").With("refused.tip-sign-in", nil)
	}
	return wrap("gift report", t.store.Update(ctx, func(tx *store.Tx) error {
		tip, g, err := t.mayReadGift(tx, v, id)
		if err != nil {
			return err
		}
		switch {
		case tip.Payer == v.Person:
			return circles.Errorf(circles.Forbidden, "The note is your own.").With("refused.gift-own", nil)
		case tip.Note == "" || g.ReportedAt != 0:
			return nil
		}
		g.ReportedAt, g.ReportedBy, g.Report = tx.Now(), v.Person, text
		if err := ledger.SaveGift(tx, g); err != nil {
			return err
		}
		return tx.NotifyOfGifts(g.Circle)
	}))
}

// moderates refuses who does not moderate a circle.
func moderates(tx *store.Tx, v circles.Viewer, circle circles.CircleID) error {
	role, err := tx.Role(circle, v.Person)
	if err != nil {
		return err
	}
	if !v.SignedIn() || !role.Moderates() && !v.Moderates() {
		return circles.Errorf(circles.Forbidden, "Only the moderators of this circle can do that.").With("refused.gift-moderate", nil)
	}
	return nil
}

// ReportedGifts returns the gifts whose notes wait for a moderator of a circle.
func (t *Tips) ReportedGifts(ctx context.Context, v circles.Viewer, circle circles.CircleID) (all []ShownGift, rows []*Row, err error) {
	err = t.store.View(ctx, func(tx *store.Tx) error {
		rows = nil
		err := moderates(tx, v, circle)
		if err != nil {
			return err
		}
		if all, err = ledger.ReportedGifts(tx, circle, giftsWait); err != nil {
			return err
		}
		for _, g := range all {
			tip, err := ledger.TipBy(tx, g.Tip)
			if err != nil {
				return err
			}
			rows = append(rows, tip)
		}
		return nil
	})
	return all, rows, wrap("reported gifts", err)
}

// DecideGift answers a report: the note goes, or stays. The payer is told of what goes, and the
// moderators' log says it, without the words. Nobody decides about their own note.
func (t *Tips) DecideGift(ctx context.Context, v circles.Viewer, id int64, take bool, reason string) error {
	reason = clip(cleanNote(reason), MaxNote)
	return wrap("gift", t.store.Update(ctx, func(tx *store.Tx) error {
		tip, g, err := giftOf(tx, id)
		if err != nil {
			return err
		}
		if err := moderates(tx, v, g.Circle); err != nil {
			return err
		}
		if g.ReportedAt == 0 || g.DecidedAt != 0 {
			return nil
		}
		if tip.Payer == v.Person { // by leaving it, they would let their own words stand for good
			return circles.Errorf(circles.Forbidden, "The note is your own.").With("refused.gift-own", nil)
		}
		g.DecidedAt, g.DecidedBy = tx.Now(), v.Person
		if !take {
			return ledger.SaveGift(tx, g)
		}
		g.Taken = tip.Note
		if err := ledger.SaveGift(tx, g); err != nil {
			return err
		}
		if err := ledger.Reword(tx, id, ""); err != nil {
			return err
		}
		if err := tx.AddModEntry(circles.ModEntry{By: v.Person.Actor(), Action: circles.ModNote, Circle: g.Circle, Post: g.Post, Reason: reason}); err != nil {
			return err
		}
		p, err := tx.Post(g.Post)
		if err != nil {
			return err
		}
		return tx.NotifyOfTip(tip.Payer, store.ToldNote, id, p.Root, 0)
	}))
}
