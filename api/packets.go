package api

import (
	"net/http"

	"halqa/circles"
	"halqa/internal/accounts"
	"halqa/internal/tips"
)

func (s *Server) packetRoutes() []route {
	const tip = accounts.ScopeTip
	const post = http.MethodPost
	return grouped("tips",
		get("/circles/{id}/packets", tip, "The red packets that lie in a circle, for its members.", s.circlePackets, beside("GET /c/:name/packets")),
		get("/packets", tip, "Those that the owner laid down or took from, the latest first.", s.myPackets, beside("GET /packets")),
		send(post, "/packets", tip, "Lay one down. Needs an Idempotency-Key, and is done once for it.", s.layPacket, refuses(http.StatusNotFound, http.StatusConflict), beside("POST /c/:name/packets")),
		get("/packets/{id}", tip, "One of them, with who took from it.", s.onePacket, beside("GET /packets/:id")),
		act(post, "/packets/{id}/take", tip, "Take a share. Taking again takes nothing more.", s.takePacket, refuses(http.StatusConflict), beside("POST /packets/:id/take")),
		act(post, "/packets/{id}/return", tip, "Take one of the owner's back while nobody took from it.", s.returnPacket, beside("POST /packets/:id/return")),
	)
}

// A Packet is credits that a member laid down for others of a circle.
type Packet struct {
	ID     ID      `json:"id"`
	From   *Person `json:"from,omitempty"`
	Circle ID      `json:"circle"`
	Post   ID      `json:"post,omitempty" doc:"That it lies with."`
	Amount Amount  `json:"amount" doc:"For all together."`
	Shares int     `json:"shares"`
	Taken  int     `json:"taken"`
	Split  string  `json:"split" enum:"equal,random" doc:"random: shares differ, none above twice the mean."`
	At     Time    `json:"at"`
	EndsAt Time    `json:"ends_at"`
	Over   bool    `json:"over"`
	Back   string  `json:"back,omitempty" doc:"Minor units that went back."`
	Mine   string  `json:"mine,omitempty" doc:"Minor units that the owner took. Only of one packet, as what follows."`
	May    bool    `json:"may,omitempty" doc:"The owner can take a share."`
	Takers []Taker `json:"takers,omitempty"`
}

// A Taker took a share.
type Taker struct {
	Person *Person `json:"person,omitempty"`
	Minor  string  `json:"minor,omitempty" doc:"Absent where shares differ and it is not the owner's."`
	At     Time    `json:"at"`
}

// Packets are some.
type Packets struct {
	Items []Packet `json:"items"`
}

func (c *call) packetOf(p tips.PacketRow) Packet {
	out := Packet{ID: id(p.ID), From: c.s.person(p.Maker), Circle: id(p.Circle), Amount: amount(p.Total, p.Asset), Shares: p.Shares, Taken: p.Taken, Split: "equal",
		At: at(p.CreatedAt), EndsAt: at(p.EndsAt), Over: p.ClosedAt != 0 || p.EndsAt <= c.s.o.Now().UnixMicro()}
	if p.Random {
		out.Split = "random"
	}
	if p.Post != 0 {
		out.Post = id(p.Post)
	}
	if p.Back > 0 {
		out.Back = amount(p.Back, "").Minor
	}
	return out
}

func (c *call) packets(all []tips.PacketRow, err error) (Packets, error) {
	out := Packets{Items: []Packet{}}
	for _, p := range all {
		out.Items = append(out.Items, c.packetOf(p))
	}
	return out, err
}

func (s *Server) circlePackets(c *call) (Packets, error) {
	id, err := c.circleID()
	if err != nil {
		return Packets{}, err
	}
	if _, err := s.app.CircleByID(c.ctx(), c.who, id); err != nil {
		return Packets{}, err
	}
	return c.packets(s.o.Tips.PacketsIn(c.ctx(), c.who, id))
}

func (s *Server) myPackets(c *call) (Packets, error) {
	return c.packets(s.o.Tips.PacketsOf(c.ctx(), c.who))
}

// A NewPacket is what is to be laid down.
type NewPacket struct {
	Circle ID     `json:"circle,omitempty" doc:"Read only without post."`
	Post   ID     `json:"post,omitempty" doc:"The owner's, that it lies with."`
	Amount Amount `json:"amount" doc:"Of the instance's own credits, for all together."`
	Shares int    `json:"shares" doc:"How many people it is for."`
	Split  string `json:"split,omitempty" enum:"equal,random" doc:"Left out: equal."`
}

func (s *Server) layPacket(c *call, in NewPacket) (Packet, error) {
	once, err := c.formKey()
	if err != nil {
		return Packet{}, err
	}
	p := tips.NewPacket{Shares: in.Shares, Random: in.Split == "random", Once: once}
	if p.Circle, err = idIn[circles.CircleID](in.Circle, "circle"); err != nil {
		return Packet{}, err
	}
	if p.Post, err = idIn[circles.PostID](in.Post, "post"); err != nil {
		return Packet{}, err
	}
	if p.Amount, err = units(in.Amount, "amount"); err != nil {
		return Packet{}, err
	}
	made, err := s.o.Tips.MakePacket(c.ctx(), c.who, p)
	if err != nil {
		return Packet{}, err
	}
	return c.wholePacket(made), nil
}

func (c *call) wholePacket(p *tips.Packet) Packet {
	out := c.packetOf(tips.PacketRow{Packet: p.Packet, Taken: p.Taken, Maker: p.People[p.Maker.Actor()]})
	out.May = p.May == nil && p.Mine == 0
	if p.Mine > 0 {
		out.Mine = amount(p.Mine, "").Minor
	}
	for _, t := range p.Takers {
		row := Taker{Person: c.s.person(p.People[t.Person.Actor()]), At: at(t.At)}
		if t.Amount > 0 {
			row.Minor = amount(t.Amount, "").Minor
		}
		out.Takers = append(out.Takers, row)
	}
	return out
}

func (s *Server) onePacket(c *call) (Packet, error) {
	id, err := c.number("id")
	if err != nil {
		return Packet{}, err
	}
	p, err := s.o.Tips.Packet(c.ctx(), c.who, id)
	if err != nil {
		return Packet{}, err
	}
	return c.wholePacket(p), nil
}

func (s *Server) takePacket(c *call) error {
	id, err := c.number("id")
	if err == nil {
		_, err = s.o.Tips.ClaimPacket(c.ctx(), c.who, id)
	}
	return err
}

func (s *Server) returnPacket(c *call) error {
	id, err := c.number("id")
	if err == nil {
		_, err = s.o.Tips.ReturnPacket(c.ctx(), c.who, id)
	}
	return err
}
