package ledger

import (
	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/internal/key"
)

// A Gift is what makes a tip a gift: its label, and what became of the words beside it.
type Gift struct {
	Tip        int64
	Post       circles.PostID
	Circle     circles.CircleID
	Kind       string
	ShownAt    int64 // 0 = payer and payee alone see it
	ReportedAt int64 // 0 = nobody reported its note
	ReportedBy circles.PersonID
	Report     string
	DecidedAt  int64 // about the report; 0 = nobody has
	DecidedBy  circles.PersonID
	Taken      string // the note that a moderator took away; "" = none
}

const giftColumns = `g.tip, g.post, g.circle, g.kind, g.shown_at, g.reported_at, g.reported_by, g.report, g.decided_at, g.decided_by, g.taken`

func (g *Gift) fields() []any {
	return []any{&g.Tip, &g.Post, &g.Circle, &g.Kind, &g.ShownAt, &g.ReportedAt, &g.ReportedBy, &g.Report, &g.DecidedAt, &g.DecidedBy, &g.Taken}
}

// AddGift labels a tip that was just stored.
func AddGift(tx *store.Tx, g Gift) error {
	_, err := tx.Statements(key.SQL{}).Exec(`INSERT INTO gift (tip, post, circle, kind) VALUES ($1, $2, $3, $4)`, g.Tip, g.Post, g.Circle, g.Kind)
	return err
}

// SaveGift stores what became of one.
func SaveGift(tx *store.Tx, g *Gift) error {
	_, err := tx.Statements(key.SQL{}).Exec(`UPDATE gift SET shown_at = $2, reported_at = $3, reported_by = $4, report = $5, decided_at = $6, decided_by = $7, taken = $8
		WHERE tip = $1`, g.Tip, g.ShownAt, g.ReportedAt, g.ReportedBy, g.Report, g.DecidedAt, g.DecidedBy, g.Taken)
	return err
}

// Reword puts other words beside a tip.
func Reword(tx *store.Tx, tip int64, note string) error {
	_, err := tx.Statements(key.SQL{}).Exec(`UPDATE tip SET note = $2 WHERE id = $1`, tip, note)
	return err
}

// GiftsOf returns which of some tips are gifts.
func GiftsOf(tx *store.Tx, tips []int64) (map[int64]*Gift, error) {
	s := tx.Statements(key.SQL{})
	in := make([]circles.PostID, len(tips)) // InIDs takes ids of one type
	for i, id := range tips {
		in[i] = circles.PostID(id)
	}
	list, args := s.InIDs(nil, in)
	all := map[int64]*Gift{}
	err := s.Rows(`SELECT `+giftColumns+` FROM gift g WHERE g.tip IN (`+list+`)`, args, func(r store.Row) error {
		var g Gift
		err := r.Scan(g.fields()...)
		all[g.Tip] = &g
		return err
	})
	return all, err
}

// A ShownGift is one that its payee shows, without who gave it and how much.
type ShownGift struct {
	Gift
	Note string
}

// ShownGifts returns what is shown under some posts to a reader (0 = a visitor), the latest first, at most limit:
// what was paid, went round in no ring, stands where gifts are still wanted, and is of nobody whom the reader does
// not want to meet.
func ShownGifts(tx *store.Tx, reader circles.PersonID, posts []circles.PostID, limit int) ([]ShownGift, error) {
	s := tx.Statements(key.SQL{})
	list, args := s.InIDs([]any{limit, reader}, posts)
	return shownGifts(s, `SELECT `+giftColumns+`, t.note FROM gift g CROSS JOIN tip t CROSS JOIN tip_policy x CROSS JOIN circle c CROSS JOIN post p
		WHERE g.shown_at <> 0 AND g.post IN (`+list+`) AND t.id = g.tip AND t.state IN ('paid', 'short') AND t.hidden = 0
		AND x.circle = g.circle AND x.policy = 'on' AND x.gifts = 1 AND c.id = g.circle AND c.sensitive = 0
		AND p.id = g.post AND p.state = 'visible' AND p.sensitive = 0
		AND NOT EXISTS (SELECT 1 FROM block b WHERE b.actor = $2 AND b.target IN (t.payer, t.payee))
		AND NOT EXISTS (SELECT 1 FROM mute u WHERE u.person = $2 AND u.target IN (t.payer, t.payee))
		AND NOT EXISTS (SELECT 1 FROM host_block h CROSS JOIN actor z WHERE h.person = $2 AND z.id IN (t.payer, t.payee) AND z.host = h.host)
		ORDER BY g.tip DESC LIMIT $1`, args...)
}

// ReportedGifts returns those of a circle whose notes were reported and nobody has decided about, the
// oldest first, at most limit.
func ReportedGifts(tx *store.Tx, circle circles.CircleID, limit int) ([]ShownGift, error) {
	return shownGifts(tx.Statements(key.SQL{}), `SELECT `+giftColumns+`, t.note FROM gift g CROSS JOIN tip t
		WHERE g.circle = $1 AND g.reported_at <> 0 AND g.decided_at = 0 AND t.id = g.tip ORDER BY g.tip LIMIT $2`, circle, limit)
}

func shownGifts(s store.Statements, query string, args ...any) (all []ShownGift, err error) {
	err = s.Rows(query, args, func(r store.Row) error {
		var g ShownGift
		err := r.Scan(append(g.fields(), &g.Note)...)
		all = append(all, g)
		return err
	})
	return all, err
}
