package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"halqa/circles"
	"halqa/internal/accounts"
	"halqa/internal/tips"
	"halqa/wallet"
)

func (s *Server) tipRoutes() []route {
	const tip, account, run = accounts.ScopeTip, accounts.ScopeAccount, accounts.ScopeCircles
	const post, put = http.MethodPost, http.MethodPut
	return grouped("tips",
		get("/posts/{id}/tip", tip, "How the owner could tip the author of a post or comment.", s.offerOnPost, beside("GET /post/:id/tip"), lasts),
		get("/people/{id}/tip", tip, "How the owner could tip a person.", s.offerToPerson, beside("GET /u/:name/tip")),
		send(post, "/tips", tip, "Give a tip. Needs an Idempotency-Key, and is given once for it, however often and late it is sent.", s.giveTip, refuses(http.StatusNotFound),
			beside("POST /post/:id/tip", "POST /u/:name/tip")),
		list("/tips", tip, "What the owner gave and got, the latest first.", s.tips, beside("GET /tips", "GET /tips.csv")),
		get("/tips/{id}", tip, "A tip of the owner's, with what is still to be done to pay it.", s.oneTip, beside("GET /tips/:id")),
		act(post, "/tips/{id}/undo", tip, "Take a tip back while that can be done.", s.undoTip, beside("POST /tips/:id/undo")),
		act(post, "/tips/{id}/look", tip, "Ask the wallet about a tip now, instead of waiting for the clock.", s.lookAtTip, beside("POST /tips/:id/look")),
		send(post, "/tips/{id}/prove", tip, "Show that a tip was paid, where the wallet cannot know: the preimage that the payer's own wallet got for the money.", s.proveTip, refuses(http.StatusNotFound), beside("POST /tips/:id/prove")),
		send(post, "/tips/{id}/refund", tip, "Give back some of a tip that the owner got.", s.refundTip, beside("POST /tips/:id/refund")),
		get("/me/credits", tip, "How many of the instance's own credits the owner has.", s.credits),
		get("/me/tip-wish", account, "Who may tip the owner, and what the owner lets themselves give.", s.tipWish, beside("GET /settings/tips")),
		send(put, "/me/tip-wish", account, "Set it. A higher limit holds later. Where tips are paid to is set at a browser, with the password.", s.setTipWish, beside("POST /settings/tips")),
		get("/circles/{id}/tips", run, "Whether a circle takes tips, and how much.", s.circleTips, beside("GET /c/:name/tips")),
		send(put, "/circles/{id}/tips", run, "Set it.", s.setCircleTips, beside("POST /c/:name/tips"), lasts),
	)
}

// An Amount is a whole number of minor units of one asset.
type Amount struct {
	Minor string `json:"minor" doc:"A string: it may be larger than what some languages' numbers hold."`
	Asset string `json:"asset"`
}

func amount(minor int64, asset string) Amount { return Amount{strconv.FormatInt(minor, 10), asset} }

// units reads an amount as the contract with wallets has it.
func units(a Amount, field string) (out wallet.Amount, err error) {
	b, err := json.Marshal(a)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		err = circles.FieldErrorf(circles.Invalid, field, "%s must have minor, whole units as a string of digits, and asset.", field)
	}
	return out, err
}

// An Offer is what the owner can give to somebody.
type Offer struct {
	Person *Person  `json:"person,omitempty"`
	Ways   []TipWay `json:"ways"`
	Gifts  bool     `json:"gifts" doc:"It can be a gift."`
}

// A TipWay is one asset over one wallet.
type TipWay struct {
	Wallet     string `json:"wallet"`
	Asset      string `json:"asset"`
	Exponent   int    `json:"exponent" doc:"Decimals of one whole: of 2, minor 100 is 1.00."`
	Min        string `json:"min" doc:"Minor units, as all amounts."`
	Usual      string `json:"usual"`
	Max        string `json:"max"`
	Step       string `json:"step" doc:"An amount is a multiple of it."`
	Have       string `json:"have,omitempty" doc:"What the owner has, of the instance's own credits."`
	Undo       int    `json:"undo" doc:"Seconds in which it can be taken back; 0 = not."`
	Refunds    bool   `json:"refunds" doc:"Who gets it can give it back."`
	Reversible bool   `json:"reversible" doc:"The payment can be taken back from who got it."`
	Test       bool   `json:"test" doc:"No real money moves."`
	Host       string `json:"host,omitempty" doc:"The other instance that says how it is paid, and whether it was."`
	There      string `json:"wallet_there,omitempty" doc:"What that instance calls its wallet."`
}

func (s *Server) offer(c *call, post circles.PostID, person circles.PersonID) (Offer, error) {
	o, err := s.o.Tips.Offer(c.ctx(), c.who, post, person)
	if err != nil {
		return Offer{}, err
	}
	say := func(n int64) string { return strconv.FormatInt(n, 10) }
	out := Offer{Person: s.person(o.Payee), Ways: []TipWay{}, Gifts: o.Gifts}
	for _, w := range o.Ways {
		row := TipWay{Wallet: w.Adapter, Asset: w.Asset, Exponent: int(w.Exponent), Min: say(w.Min), Usual: say(w.Usual), Max: say(w.Max), Step: say(w.Step),
			Undo: int(w.Undo / time.Second), Refunds: w.Refunds, Reversible: w.Reversible, Test: w.TestMode, Host: w.Host, There: w.Wallet}
		if w.Credits {
			row.Have = say(w.Have)
		}
		out.Ways = append(out.Ways, row)
	}
	return out, nil
}

func (s *Server) offerOnPost(c *call) (Offer, error) {
	id, err := c.post()
	if err != nil {
		return Offer{}, err
	}
	return s.offer(c, id, 0)
}

func (s *Server) offerToPerson(c *call) (Offer, error) {
	id, err := c.number("id")
	if err != nil {
		return Offer{}, err
	}
	return s.offer(c, 0, circles.PersonID(id))
}

// A NewTip is what is to be given for a post, or to a person.
type NewTip struct {
	Post   ID     `json:"post,omitempty" doc:"Its author gets it."`
	Person ID     `json:"person,omitempty" doc:"Read only without post."`
	Wallet string `json:"wallet"`
	Amount Amount `json:"amount"`
	Note   string `json:"note,omitempty" doc:"Who gets it reads it."`
	Gift   string `json:"gift,omitempty" enum:"flower,tea,cake,book,lantern,star" doc:"Where the circle wants gifts; who gets it may show it with its note, without your name."`
}

// formKey makes the name of a form of an Idempotency-Key: what moves money has to have one.
func (c *call) formKey() (string, error) {
	key := c.echo.Request().Header.Get("Idempotency-Key")
	if key == "" {
		return "", because(circles.Invalid, "key-invalid", "Send an Idempotency-Key: what is sent twice must not be paid twice.")
	}
	sum := sha256.Sum256([]byte(key))
	return "key:" + hex.EncodeToString(sum[:16]), nil
}

func (s *Server) giveTip(c *call, in NewTip) (Tip, error) {
	once, err := c.formKey()
	if err != nil {
		return Tip{}, err
	}
	intent := tips.Intent{Adapter: in.Wallet, Note: in.Note, Gift: in.Gift, Once: once, Locale: c.words().Tag()}
	if intent.Post, err = idIn[circles.PostID](in.Post, "post"); err != nil {
		return Tip{}, err
	}
	if intent.Payee, err = idIn[circles.PersonID](in.Person, "person"); err != nil {
		return Tip{}, err
	}
	if intent.Amount, err = units(in.Amount, "amount"); err != nil {
		return Tip{}, err
	}
	t, err := s.o.Tips.Start(c.ctx(), c.who, intent)
	if err != nil {
		return Tip{}, err
	}
	return c.wholeTip(t)
}

// A Tip is what somebody gave somebody.
type Tip struct {
	ID        ID          `json:"id"`
	State     tips.State  `json:"state" enum:"open,held,paid,short,expired,canceled,failed,returned" doc:"open = waits for who pays or for the wallet, held = can be undone, short = less came than was meant."`
	From      *Person     `json:"from,omitempty"`
	To        *Person     `json:"to,omitempty"`
	Post      ID          `json:"post,omitempty"`
	Wallet    string      `json:"wallet" doc:"abroad = another instance's: the state is its word."`
	Host      string      `json:"host,omitempty" doc:"The other instance, of a tip between two. Only of one tip."`
	Amount    Amount      `json:"amount"`
	Exponent  int         `json:"exponent" doc:"Decimals of the asset."`
	Note      string      `json:"note,omitempty"`
	Gift      string      `json:"gift,omitempty"`
	Shown     bool        `json:"shown,omitempty" doc:"Of a gift: it stands under its post."`
	At        Time        `json:"at"`
	PaidAt    Time        `json:"paid_at,omitempty"`
	UndoUntil Time        `json:"undo_until,omitempty" doc:"Until when it can be taken back. Only of one tip, as what follows."`
	Net       string      `json:"net,omitempty" doc:"Minor units that came of it."`
	Asking    bool        `json:"asking,omitempty" doc:"The wallet has not answered; it is asked again."`
	Reference string      `json:"reference,omitempty" doc:"The wallet's, for support."`
	Pay       []TipAction `json:"pay,omitempty" doc:"Ways of paying; one is enough."`
	Refunds   []TipRefund `json:"refunds,omitempty"`
}

// A TipAction is one way of paying. All of it is the wallet's: show it to a person before it is followed.
type TipAction struct {
	Kind   wallet.ActionKind `json:"kind" enum:"none,qr,redirect,address"`
	URI    string            `json:"uri,omitempty"`
	Method string            `json:"method,omitempty" doc:"Of a redirect: GET or POST."`
	Fields map[string]string `json:"fields,omitempty" doc:"Of a POST."`
	Text   string            `json:"text,omitempty" doc:"An address to pay to."`
	For    string            `json:"for,omitempty" doc:"Where it is meant for: phone or computer; without it, anywhere."`
}

// A TipRefund is one giving back.
type TipRefund struct {
	Amount Amount `json:"amount"`
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
	At     Time   `json:"at"`
}

// tipRows shows tips as lists do.
func (c *call) tipRows(all []*tips.Row) ([]Tip, error) {
	people, posts, err := c.s.o.Tips.Faces(c.ctx(), c.who, all)
	if err != nil {
		return nil, err
	}
	gifts, err := c.s.o.Tips.Gifts(c.ctx(), all)
	if err != nil {
		return nil, err
	}
	var out []Tip
	for _, t := range all {
		row := Tip{ID: id(t.ID), State: t.State, From: c.s.person(people[t.Payer.Actor()]), To: c.s.person(people[t.Payee.Actor()]), Wallet: t.Adapter,
			Amount: amount(t.Amount, t.Asset), Exponent: int(c.s.o.Tips.Exponent(t.Asset)), Note: t.Note, At: at(t.CreatedAt), PaidAt: at(t.PaidAt)}
		row.Gift, row.Shown = giftOf(gifts, t.ID)
		if posts[t.Post] != nil {
			row.Post = id(t.Post)
		}
		out = append(out, row)
	}
	return out, nil
}

func (c *call) wholeTip(t *tips.Tip) (Tip, error) {
	rows, err := c.tipRows([]*tips.Row{&t.Tip})
	if err != nil {
		return Tip{}, err
	}
	out := rows[0]
	out.UndoUntil, out.Net, out.Asking, out.Reference = at(t.UndoEnds), strconv.FormatInt(t.Net, 10), t.Asking, t.RailRef
	if t.Beyond != nil {
		out.Host, out.Exponent = t.Beyond.Host, int(t.Exponent)
	}
	for _, a := range t.Actions {
		out.Pay = append(out.Pay, TipAction{a.Kind, a.URI, a.Method, a.Fields, a.Text, a.For})
	}
	for _, r := range t.Refunds {
		out.Refunds = append(out.Refunds, TipRefund{amount(r.Amount, t.Asset), r.State, r.Reason, at(r.CreatedAt)})
	}
	return out, nil
}

const tipsPage = 40

func (s *Server) tips(c *call) (Page[Tip], error) {
	before, err := idIn[circles.PostID](ID(c.cursor()), "cursor")
	if err != nil {
		return Page[Tip]{}, errCursor()
	}
	all, err := s.o.Tips.History(c.ctx(), c.who, int64(before), tipsPage+1)
	if err != nil {
		return Page[Tip]{}, err
	}
	next := ""
	if len(all) > tipsPage {
		all = all[:tipsPage]
		next = string(id(all[tipsPage-1].ID))
	}
	rows, err := c.tipRows(all)
	return pageOf(rows, next), err
}

func (s *Server) oneTip(c *call) (Tip, error) {
	id, err := c.number("id")
	if err != nil {
		return Tip{}, err
	}
	t, err := s.o.Tips.Tip(c.ctx(), c.who, id)
	if err != nil {
		return Tip{}, err
	}
	return c.wholeTip(t)
}

func (s *Server) undoTip(c *call) error {
	id, err := c.number("id")
	if err == nil {
		_, err = s.o.Tips.Undo(c.ctx(), c.who, id)
	}
	return err
}

func (s *Server) lookAtTip(c *call) error {
	id, err := c.number("id")
	if err == nil {
		_, err = s.o.Tips.Look(c.ctx(), c.who, id)
	}
	return err
}

// A NewProof is what a payer's wallet shows of a payment.
type NewProof struct {
	Preimage string `json:"preimage" doc:"64 hexadecimal digits."`
}

func (s *Server) proveTip(c *call, in NewProof) (nothing, error) {
	id, err := c.number("id")
	if err == nil {
		_, err = s.o.Tips.Prove(c.ctx(), c.who, id, in.Preimage)
	}
	return nothing{}, err
}

// A NewRefund is what is to go back of a tip.
type NewRefund struct {
	Minor  string `json:"minor" doc:"Minor units of the tip's asset."`
	Reason string `json:"reason,omitempty"`
}

func (s *Server) refundTip(c *call, in NewRefund) (nothing, error) {
	id, err := c.number("id")
	if err != nil {
		return nothing{}, err
	}
	t, err := s.o.Tips.Tip(c.ctx(), c.who, id)
	if err != nil {
		return nothing{}, err
	}
	back, err := units(Amount{in.Minor, t.Asset}, "minor")
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.o.Tips.Refund(c.ctx(), c.who, id, back.Minor, in.Reason)
}

// Credits are what somebody has.
type Credits struct {
	Items []Amount `json:"items" doc:"Of each kind of the instance's own credits."`
}

func (s *Server) credits(c *call) (Credits, error) {
	out := Credits{Items: []Amount{}}
	for _, code := range s.creditCodes() {
		n, err := s.o.Tips.Balance(c.ctx(), c.who.Person, code)
		if err != nil {
			return Credits{}, err
		}
		out.Items = append(out.Items, amount(n, code))
	}
	return out, nil
}

func (s *Server) creditCodes() (codes []string) {
	for _, d := range s.o.Tips.Rails() {
		if d.Custody != wallet.CustodyClosedLoop {
			continue
		}
		for _, a := range d.Assets {
			codes = append(codes, a.Code)
		}
	}
	return codes
}
