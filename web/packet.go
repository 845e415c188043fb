package web

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/tips"
	"halqa/wallet"
)

// packetRoutes lays out the addresses of red packets.
func (s *Server) packetRoutes() {
	e := s.echo
	e.GET("/packets", s.visit(s.members(s.myPackets)))
	e.GET("/c/:name/packets", s.visit(s.members(s.circlePackets)))
	e.POST("/c/:name/packets", s.visit(s.members(s.layPacket)))
	e.GET("/packets/:id", s.visit(s.members(s.packet)))
	e.POST("/packets/:id/take", s.visit(s.members(s.takePacket)))
	e.POST("/packets/:id/return", s.visit(s.members(s.returnPacket)))
}

// circlePackets is /c/{name}/packets: those that lie there, and the form for one more, with ?post= for one
// that lies with a post.
func (s *Server) circlePackets(v *visit) error {
	return v.showPackets(http.StatusOK, PacketsView{Post: v.QueryParam("post")}, nil)
}

func (v *visit) showPackets(status int, view PacketsView, form *Form) error {
	ctx := v.Request().Context()
	page, err := v.readCircle()
	if err != nil {
		return err
	}
	view.Page, view.Circle = v.page(v.l.T("packet.title")), v.s.circleRef(page.Circle)
	view.Section, view.NoIndex = "circles", true
	view.Action = page.Circle.Path() + "/packets"
	if form != nil {
		view.Form = *form
	}
	g, err := v.s.tips.PacketGround(ctx, v.who, page.Circle.CircleID(), postNumber(view.Post))
	switch {
	case err != nil && circles.KindOf(err) == circles.Forbidden:
		view.WhyNot = v.l.Error(err)
	case err != nil:
		return err
	default:
		view.May, view.Have = true, v.sum(g.Have, g.Asset)
		view.Range = v.l.T("packet.range", "Min", v.sum(g.Min, g.Asset), "Max", v.sum(g.Max, g.Asset))
		view.Most, view.Hours, view.NoRandom = g.Most, int(g.Life.Hours()), g.RandomNot != nil
		if g.Post != nil {
			view.On = Link{Label: g.Post.Title, Href: placeOf(g.Post.Root, g.Post.ID)}
			if view.On.Label == "" {
				view.On.Label = v.l.T("tip.comment")
			}
		}
	}
	if !view.Confirm {
		rows, err := v.s.tips.PacketsIn(ctx, v.who, page.Circle.CircleID())
		if err != nil {
			return err
		}
		view.Rows = v.packetRows(rows)
	}
	return v.show(status, "packets", view)
}

func postNumber(raw string) circles.PostID {
	n, _ := strconv.ParseInt(raw, 10, 64)
	return circles.PostID(max(n, 0))
}

func (v *visit) packetRows(all []tips.PacketRow) (rows []PacketLine) {
	now := v.s.options.Now().UnixMicro()
	for _, p := range all {
		row := PacketLine{Href: "/packets/" + idOf(p.ID), Maker: v.s.person(p.Maker), Sum: v.sum(p.Total, p.Asset), Taken: p.Taken, Shares: p.Shares, Random: p.Random, Ends: at(p.EndsAt)}
		row.Over = p.ClosedAt != 0 || p.EndsAt <= now
		rows = append(rows, row)
	}
	return rows
}

// layPacket says what will happen, and with do=give lets it: POST /c/{name}/packets.
func (s *Server) layPacket(v *visit) error {
	ctx := v.Request().Context()
	page, err := v.readCircle()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	view := PacketsView{Post: f.Get("post"), Amount: strings.TrimSpace(f.Get("amount")), Shares: strings.TrimSpace(f.Get("shares")), Random: f.Get("split") == "random", Once: f.Get("once")}
	in := tips.NewPacket{Circle: page.Circle.CircleID(), Post: postNumber(view.Post), Random: view.Random, Once: view.Once}
	if in.Amount, err = wallet.ParseDecimal(view.Amount, s.credits(), s.tips.Exponent(s.credits())); err != nil {
		err = circles.FieldErrorf(circles.Invalid, "amount", "Write the amount as a number, such as 5.").With("refused.tip-amount", nil)
	} else if in.Shares, err = strconv.Atoi(view.Shares); err != nil {
		err = circles.FieldErrorf(circles.Invalid, "shares", "Write the amount as a number, such as 5.").With("refused.tip-amount", nil)
	}
	switch {
	case f.Get("do") == "back":
		return v.showPackets(http.StatusOK, view, nil)
	case err == nil && f.Get("do") == "give" && view.Once != "":
		var p *tips.Packet
		if p, err = s.tips.MakePacket(ctx, v.who, in); err == nil {
			return v.onward("/packets/"+idOf(p.ID), "")
		}
	case err == nil:
		if _, err = s.tips.CheckPacket(ctx, v.who, in); err == nil {
			view.Confirm, view.Sum, view.Once = true, v.sum(in.Amount.Minor, s.credits()), rand.Text()
			return v.showPackets(http.StatusOK, view, nil)
		}
	}
	var form Form
	status, err := v.refused(&form, err, nil)
	if err != nil {
		return err
	}
	return v.showPackets(status, view, &form)
}

// packet is /packets/{id}: who took from one, and how it ended.
func (s *Server) packet(v *visit) error { return v.showPacket(http.StatusOK, nil) }

func (v *visit) showPacket(status int, form *Form) error {
	id, err := v.tipID()
	if err != nil {
		return err
	}
	p, err := v.s.tips.Packet(v.Request().Context(), v.who, id)
	if err != nil {
		return err
	}
	view := PacketView{Page: v.page(v.l.T("packet.one")), ID: idOf(id), Circle: v.s.circleRef(p.Around), Maker: v.s.person(p.People[p.Maker.Actor()]), Own: p.Maker == v.who.Person,
		Sum: v.sum(p.Total, p.Asset), Shares: p.Shares, Taken: p.Taken, Random: p.Random, Ends: at(p.EndsAt)}
	view.NoIndex = true
	view.Over = p.ClosedAt != 0 || p.EndsAt <= v.s.options.Now().UnixMicro()
	if form != nil {
		view.Form = *form
	}
	if p.Post != 0 {
		view.On = Link{Label: v.l.T("packet.with-post"), Href: "/comment/" + p.Post.String()}
	}
	switch {
	case p.Mine > 0:
		view.Mine = v.sum(p.Mine, p.Asset)
	case view.Own:
		view.MayReturn = !view.Over && p.Taken == 0
	case p.May != nil && !view.Over:
		view.WhyNot = v.l.Error(p.May)
	case p.May == nil:
		view.May = true
	}
	if p.Back > 0 {
		view.Back = v.sum(p.Back, p.Asset)
	}
	for _, t := range p.Takers {
		row := TakerRow{Person: v.s.person(p.People[t.Person.Actor()]), At: at(t.At)}
		if t.Amount > 0 {
			row.Sum = v.sum(t.Amount, p.Asset)
		}
		view.Takers = append(view.Takers, row)
	}
	return v.show(status, "packet", view)
}

// takePacket takes one share, returnPacket takes back what nobody took from: POST /packets/{id}/take.
func (s *Server) takePacket(v *visit) error   { return v.onPacket(s.tips.ClaimPacket) }
func (s *Server) returnPacket(v *visit) error { return v.onPacket(s.tips.ReturnPacket) }

func (v *visit) onPacket(do func(ctx context.Context, who circles.Viewer, id int64) (*tips.Packet, error)) error {
	id, err := v.tipID()
	if err != nil {
		return err
	}
	if _, err := do(v.Request().Context(), v.who, id); err != nil {
		var form Form
		status, err := v.refused(&form, err, nil)
		if err != nil {
			return err
		}
		return v.showPacket(status, &form)
	}
	return v.onward("/packets/"+idOf(id), "")
}

// myPackets is /packets: those that the reader laid down or took from.
func (s *Server) myPackets(v *visit) error {
	all, err := s.tips.PacketsOf(v.Request().Context(), v.who)
	if err != nil {
		return err
	}
	view := PacketsView{Page: v.page(v.l.T("packet.title")), Rows: v.packetRows(all), Own: true}
	view.NoIndex = true
	return v.show(http.StatusOK, "packets", view)
}

// packets fills in the red packets that lie with a post, and where its author lays one down. A page without
// them is better than none.
func (v *visit) packets(view *PostView, t *app.Thread) {
	if v.s.tips == nil || v.member == nil || t.Notice || t.Post.Circle == 0 || t.Circle == nil || !t.Circle.Local() {
		return
	}
	ctx := v.Request().Context()
	rows, err := v.s.tips.PacketsOn(ctx, v.who, t.Post)
	if err != nil {
		v.s.log.Warn("red packets were not shown", "err", err)
		return
	}
	view.Packets = v.packetRows(rows)
	if t.Post.Author == v.who.Person && t.Post.State == circles.Visible && len(rows) == 0 {
		if v.packetsWanted(t.Circle, t.Role) {
			view.Menu = append(view.Menu, Action{Label: v.l.T("packet.lay"), Href: t.Circle.Path() + "/packets?" + url.Values{"post": {t.Post.ID.String()}}.Encode()})
		}
	}
}

// packetsWanted reports whether the reader finds red packets in a circle.
func (v *visit) packetsWanted(c *circles.Circle, role circles.Role) bool {
	if v.s.tips == nil || v.member == nil || !c.Local() || c.Sensitive || !role.Member() {
		return false
	}
	p, err := v.s.tips.Policy(v.Request().Context(), c.CircleID())
	return err == nil && p.Packets && p.Policy == tips.PolicyOn
}
