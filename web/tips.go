package web

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"halqa/circles"
	"halqa/internal/tips"
	"halqa/wallet"
)

var errTooMuch = errors.New("more than may be sent")

// readAtMost reads all of r, errTooMuch if that is more than n bytes.
func readAtMost(r io.Reader, n int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, n+1))
	if err == nil && int64(len(b)) > n {
		err = errTooMuch
	}
	return b, err
}

func idOf(n int64) string { return strconv.FormatInt(n, 10) }

func (v *visit) tipID() (int64, error) {
	id, err := strconv.ParseInt(v.Param("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, noPage
	}
	return id, nil
}

// tipPage is /tips/{id}, a receipt once it is paid.
func (s *Server) tipPage(v *visit) error { return v.showTip(http.StatusOK, nil, url.Values{}) }

func (v *visit) showTip(status int, form *Form, typed url.Values) error {
	ctx := v.Request().Context()
	id, err := v.tipID()
	if err != nil {
		return err
	}
	tip, err := v.s.tips.Tip(ctx, v.who, id)
	if err != nil {
		return err
	}
	people, posts, err := v.s.tips.Faces(ctx, v.who, []*tips.Row{&tip.Tip})
	if err != nil {
		return err
	}
	view := TipPageView{
		Page: v.page(v.l.T("tip.page")), ID: idOf(id), Gave: tip.Payer == v.who.Person,
		Payer: v.s.person(people[tip.Payer.Actor()]), Payee: v.s.person(people[tip.Payee.Actor()]), On: v.tipOn(tip.Post, posts),
		Sum: v.sum(tip.Amount, tip.Asset), Asking: tip.Asking, Late: tip.Late, At: at(tip.CreatedAt), PaidAt: at(tip.PaidAt),
		Wallet: tip.Adapter, RailRef: tip.RailRef, Note: tip.Note, UndoEnds: at(tip.UndoEnds), Reason: typed.Get("reason"), Host: v.s.host,
	}
	view.NoIndex = true
	if err := v.tipGift(&view, tip); err != nil {
		return err
	}
	view.State, view.Class = v.stateOf(&tip.Tip, view.Gave, view.Payee)
	if tip.Beyond != nil {
		view.Wallet = tip.Adapter + " · " + tip.Beyond.Host
		if view.Gave {
			view.Wallet, view.Beyond = v.l.T("tip.far-wallet", "Wallet", tip.Beyond.Wallet, "Host", tip.Beyond.Host), tip.Beyond.Host
		}
	}
	view.Look = tip.State == tips.Open
	if view.Prove = tip.Proves; tip.Proves && (tip.Asking || tip.State == tips.Expired) {
		view.State, view.Class, view.Asking = v.l.T("tip.state-unproven"), "warn", false
	}
	if form != nil {
		view.Form = *form
	}
	if tip.Net != 0 {
		view.Net = v.sum(tip.Net, tip.Asset)
	}
	if tip.Fee > 0 {
		view.Fee = v.sum(tip.Fee, tip.Asset)
	}
	for _, a := range tip.Actions {
		if shown, ok := v.tipAction(a); ok {
			view.Pay = append(view.Pay, shown)
		}
	}
	slices.SortStableFunc(view.Pay, func(a, b TipAction) int { return order(a.Other, b.Other) })
	view.MayStop = tip.MayStop
	if err := v.lookAgain(&view, tip); err != nil {
		return err
	}
	if !view.Gave && tip.Net > 0 && v.s.refunds(tip.Adapter) {
		if view.Refund = typed.Get("amount"); view.Refund == "" {
			view.Refund = tips.Plain(tip.Net, tip.Exponent)
		}
	}
	for _, r := range tip.Refunds {
		view.Back = append(view.Back, TipRefund{Sum: v.sum(r.Amount, tip.Asset), State: v.refundState(r.State), Reason: r.Reason, At: at(r.CreatedAt)})
	}
	return v.show(status, "tip-page", view)
}

const (
	// looks is how often a page looks again by itself, lookEvery seconds apart: two minutes in all.
	looks     = 24
	lookEvery = 5
)

// lookAgain asks the wallet, and has the page look again by itself, for a payer who comes back from where
// they pay: the address says look=1 then, and whatever else stands there was written by others and is not
// read. It does so without script, and ends by itself; before the payer left nothing of it happens.
func (v *visit) lookAgain(view *TipPageView, tip *tips.Tip) error {
	n, err := strconv.Atoi(v.QueryParam("look"))
	if err != nil || n < 1 || !view.Gave || tip.State != tips.Open {
		return nil
	}
	if err := v.s.tips.Ask(v.Request().Context(), v.who, tip.ID); err != nil {
		return err
	}
	if view.Looking = n < looks; view.Looking {
		v.Response().Header().Set("Refresh", fmt.Sprintf("%d; url=/tips/%d?look=%d", lookEvery, tip.ID, n+1))
	}
	return nil
}

// order puts what is not so before what is.
func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// phone reports whether the reader seems to hold one. A guess: what it decides is offered first, no more.
func (v *visit) phone() bool {
	h := v.Request().Header
	return h.Get("Sec-CH-UA-Mobile") == "?1" || strings.Contains(h.Get("User-Agent"), "Mobile")
}

// tipGift fills in what makes a tip a gift.
func (v *visit) tipGift(view *TipPageView, tip *tips.Tip) error {
	all, err := v.s.tips.Gifts(v.Request().Context(), []*tips.Row{&tip.Tip})
	g := all[tip.ID]
	if err != nil || g == nil {
		return err
	}
	view.Gift, view.Shown, view.NoteTaken = v.giftLabel(g.Kind), g.ShownAt != 0, g.Taken != ""
	if !view.Gave && tip.Net > 0 {
		view.MayShow = true
		if tip.Note != "" && g.ReportedAt == 0 {
			view.Report = "/gifts/" + view.ID + "/report"
		}
	}
	return nil
}

func (s *Server) refunds(adapter string) bool {
	for _, d := range s.tips.Rails() {
		if d.Name == adapter {
			return d.Can(wallet.CapRefund)
		}
	}
	return false
}

func (v *visit) tipOn(id circles.PostID, posts map[circles.PostID]*circles.Post) Link {
	p := posts[id]
	switch {
	case id == 0:
		return Link{}
	case p == nil:
		return Link{Label: v.l.T("tip.post-gone")}
	case p.Title == "":
		return Link{Label: v.l.T("tip.comment"), Href: "/comment/" + id.String()}
	}
	return Link{Label: p.Title, Href: "/comment/" + id.String()}
}

// tipState says what became of a tip, and how the notice looks.
func (v *visit) tipState(s tips.State, gave bool) (words, class string) {
	switch s {
	case tips.Open:
		return v.l.T("tip.state-open"), ""
	case tips.Held:
		return v.l.T("tip.state-held"), ""
	case tips.Paid:
		return v.l.T("tip.state-paid"), "ok"
	case tips.Short:
		return v.l.T("tip.state-short"), "warn"
	case tips.Expired:
		return v.l.T("tip.state-expired"), "warn"
	case tips.Canceled:
		return v.l.T("tip.state-canceled"), ""
	case tips.Returned:
		return v.l.T("tip.state-returned"), "warn"
	}
	return v.l.T("tip.state-failed"), "warn"
}

func (v *visit) refundState(s string) string {
	switch wallet.State(s) {
	case wallet.Settled:
		return v.l.T("tip.refund-done")
	case wallet.Failed:
		return v.l.T("tip.refund-failed")
	}
	return v.l.T("tip.refund-pending")
}

// tipAction is a way of paying as the page shows it; false for one that no page of ours would lead to.
// Everything in it is a wallet's, which may be another program.
func (v *visit) tipAction(a wallet.Action) (TipAction, bool) {
	switch a.Kind {
	case wallet.ActQR, wallet.ActAddress:
		out := TipAction{Text: a.Text}
		scheme, _, ok := strings.Cut(a.URI, ":")
		if ok && wallet.PayScheme(scheme) {
			out.QR, out.URI = qrCode(qrText(a.URI), v.l.T("tip.qr")), a.URI
		} else if a.Text != "" {
			out.QR = qrCode(a.Text, v.l.T("tip.qr"))
		}
		return out, out.QR != "" || out.URI != "" || out.Text != ""
	case wallet.ActRedirect:
		u, err := url.Parse(a.URI)
		if err != nil || !payHost.MatchString(u.Host) || u.User != nil || u.Scheme != "https" && !(u.Scheme == "http" && v.s.options.LocalOnly) || v.ours(u) {
			return TipAction{}, false
		}
		out := TipAction{URI: a.URI, Host: u.Host, Post: a.Method == http.MethodPost, For: oneOf(a.For, wallet.OnPhone, wallet.OnComputer)}
		out.Other = out.For != "" && v.phone() != (out.For == wallet.OnPhone)
		if out.Post {
			for name, value := range a.Fields {
				out.Fields = append(out.Fields, TipField{name, value})
			}
			v.Response().Header().Set("Content-Security-Policy", contentPolicyWith(u.Scheme+"://"+u.Host))
		}
		return out, true
	}
	return TipAction{}, false
}

// payHost are hosts in plain letters, as a policy can name them: url.Parse lets signs through that end a
// directive there, and letters that a browser turns into others.
var payHost = regexp.MustCompile(`^(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z.-]+)(:[0-9]+)?$`)

// ours reports whether an address is on this server. No payment is made here, and a form of a wallet's own
// making would act in the reader's name: it comes from our origin, which is all that the guard asks.
func (v *visit) ours(u *url.URL) bool {
	bare := func(host string) string {
		host = strings.ToLower(host)
		return strings.TrimSuffix(strings.TrimSuffix(host, ":443"), ":80")
	}
	host := bare(u.Host)
	return host == bare(v.Request().Host) || host == bare(v.s.host)
}

// qrText is a link as a code carries it: an invoice means the same in capitals, which take half the room.
func qrText(uri string) string {
	if rest, ok := strings.CutPrefix(uri, "lightning:"); ok && !strings.ContainsAny(rest, "?&=") {
		return strings.ToUpper(uri)
	}
	return uri
}

// lookAtTip asks the wallet now, for who has just paid: POST /tips/{id}/look.
func (s *Server) lookAtTip(v *visit) error {
	id, err := v.tipID()
	if err != nil {
		return err
	}
	tip, err := s.tips.Look(v.Request().Context(), v.who, id)
	if err != nil {
		return v.refuseTip(err, url.Values{})
	}
	told := ""
	if tip.State == tips.Open { // nothing came, or the wallet does not answer: who has paid must not pay again
		told = "flash.tip-looked"
	}
	return v.onward("/tips/"+idOf(id), told)
}

// proveTip takes what the payer's wallet shows of the payment: POST /tips/{id}/prove.
func (s *Server) proveTip(v *visit) error {
	id, err := v.tipID()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	if _, err := s.tips.Prove(v.Request().Context(), v.who, id, f.Get("preimage")); err != nil {
		return v.refuseTip(err, f)
	}
	return v.onward("/tips/"+idOf(id), "flash.tip-proven")
}

// undoTip takes it back: POST /tips/{id}/undo.
func (s *Server) undoTip(v *visit) error {
	id, err := v.tipID()
	if err != nil {
		return err
	}
	if _, err := s.tips.Undo(v.Request().Context(), v.who, id); err != nil {
		return v.refuseTip(err, url.Values{})
	}
	return v.onward("/tips/"+idOf(id), "flash.tip-undone")
}

// refundTip gives some of it back, by who got it: POST /tips/{id}/refund.
func (s *Server) refundTip(v *visit) error {
	ctx := v.Request().Context()
	id, err := v.tipID()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	tip, err := s.tips.Tip(ctx, v.who, id)
	if err != nil {
		return err
	}
	amount, err := wallet.ParseDecimal(strings.TrimSpace(f.Get("amount")), tip.Asset, tip.Exponent)
	if err != nil {
		return v.refuseTip(circles.FieldErrorf(circles.Invalid, "amount", "Write the amount as a number, such as 5.").With("refused.tip-amount", nil), f)
	}
	if err := s.tips.Refund(ctx, v.who, id, amount.Minor, f.Get("reason")); err != nil {
		return v.refuseTip(err, f)
	}
	return v.onward("/tips/"+idOf(id), "flash.tip-refund")
}

func (v *visit) refuseTip(cause error, typed url.Values) error {
	var form Form
	status, err := v.refused(&form, cause, nil)
	if err != nil {
		return err
	}
	return v.showTip(status, &form, typed)
}

const tipsPage = 40

// tipHistory is /tips, with ?before=.
func (s *Server) tipHistory(v *visit) error {
	ctx := v.Request().Context()
	before, _ := strconv.ParseInt(v.QueryParam("before"), 10, 64)
	all, err := s.tips.History(ctx, v.who, before, tipsPage+1)
	if err != nil {
		return err
	}
	view := TipsView{Page: v.page(v.l.T("tips.title"))}
	view.NoIndex = true
	if len(all) > tipsPage {
		all = all[:tipsPage]
		view.More = address("/tips", "before", idOf(all[tipsPage-1].ID))
	}
	if code := s.credits(); code != "" {
		n, err := s.tips.Balance(ctx, v.who.Person, code)
		if err != nil {
			return err
		}
		view.Have = append(view.Have, v.sum(n, code))
	}
	people, posts, err := s.tips.Faces(ctx, v.who, all)
	if err != nil {
		return err
	}
	gifts, err := s.tips.Gifts(ctx, all)
	if err != nil {
		return err
	}
	for _, t := range all {
		row := TipRow{Href: "/tips/" + idOf(t.ID), Gave: t.Payer == v.who.Person, Sum: v.sum(t.Amount, t.Asset), At: at(t.CreatedAt), On: v.tipOn(t.Post, posts)}
		row.State, _ = v.stateOf(t, row.Gave, s.person(people[t.Payee.Actor()]))
		if g := gifts[t.ID]; g != nil {
			row.Gift = v.giftLabel(g.Kind)
		}
		other := t.Payer
		if row.Gave {
			other = t.Payee
		}
		row.Other = s.person(people[other.Actor()])
		view.Rows = append(view.Rows, row)
	}
	return v.show(http.StatusOK, "tips", view)
}

// csvPages bounds one file: so many pages of csvPage tips.
const csvPages, csvPage = 100, 500

// tipCSV is /tips.csv: everything one gave and got, for one's own books.
func (s *Server) tipCSV(v *visit) error {
	ctx := v.Request().Context()
	h := v.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="tips.csv"`)
	w := csv.NewWriter(v.Response())
	w.UseCRLF = true // as spreadsheets expect
	if err := w.Write([]string{"id", "time", "direction", "person", "amount", "asset", "wallet", "state", "post", "note", "gift"}); err != nil {
		return err
	}
	before := int64(0)
	for range csvPages {
		all, err := s.tips.History(ctx, v.who, before, csvPage)
		if err != nil || len(all) == 0 {
			break // the head of the file is out; what is cut off is seen by its end
		}
		people, _, err := s.tips.Faces(ctx, v.who, all)
		if err != nil {
			break
		}
		gifts, err := s.tips.Gifts(ctx, all)
		if err != nil {
			break
		}
		for _, t := range all {
			gift := ""
			if g := gifts[t.ID]; g != nil {
				gift = g.Kind
			}
			direction, other, post := "got", t.Payer, ""
			if t.Payer == v.who.Person {
				direction, other = "gave", t.Payee
			}
			if t.Post != 0 {
				post = s.options.Origin + "/comment/" + t.Post.String()
			}
			amount := wallet.Amount{Minor: t.Amount, Asset: t.Asset}.Decimal(s.tips.Exponent(t.Asset))
			if err := w.Write([]string{idOf(t.ID), at(t.CreatedAt).Format(time.RFC3339), direction, s.person(people[other.Actor()]).Name, amount, t.Asset,
				walletCell(t, s.person(people[other.Actor()])), string(t.State), post, plainCell(t.Note), gift}); err != nil {
				return err
			}
			before = t.ID
		}
		if len(all) < csvPage {
			break
		}
	}
	w.Flush()
	return w.Error()
}

// walletCell is what a tip went over; of one to another instance, whose word its state is.
func walletCell(t *tips.Row, other PersonRef) string {
	if t.Adapter == tips.Abroad {
		return t.Adapter + ":" + other.Host()
	}
	return t.Adapter
}

// plainCell keeps a spreadsheet from running what somebody wrote.
func plainCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
