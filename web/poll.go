package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"halqa/circles"
	"halqa/internal/app"
)

// A PollView is the poll of a post: a form for who may vote, the options for who may not yet, or the
// result.
type PollView struct {
	ID        circles.PostID
	Options   []PollOption
	Several   bool
	Open      bool
	Ends      time.Time // zero = never
	Voters    int
	Result    bool   // show the counts
	Voted     bool   // the reader has
	May       bool   // the reader may vote now
	Login     string // for a visitor: the login page that comes back here
	Show      string // address of the page with the result, for who has not voted
	Back      string // address of the page without it
	Elsewhere string // the server that counts; "" = this one
	Lang      string // of the post
}

// A PollOption is one answer.
type PollOption struct {
	Pos, Votes, Percent int
	Text                string
	Mine                bool
}

// A PollLine is what a list says of a poll.
type PollLine struct {
	Voters int
	Open   bool
}

// pollView is a poll as the reader of a post's page sees it. Without voting the result is one link away.
func (v *visit) pollView(t *app.Thread, here threadPage) *PollView {
	q := t.Poll
	if q == nil {
		return nil
	}
	page := here.href("")
	view := &PollView{ID: t.Post.ID, Several: q.Multiple, Open: q.Open, Ends: at(q.EndsAt), Voters: int(q.Voters), Voted: len(q.Mine) > 0, Lang: t.Post.Language}
	asked := v.QueryParam("results") == "1"
	view.Result = view.Voted || !q.Open || asked
	view.May = q.Open && !view.Voted && t.NoVote == nil && v.member != nil && t.Post.State == circles.Visible
	if q.Open && !view.Voted {
		view.Show, view.Back = address("/post/"+t.Post.ID.String(), "results", "1")+"#poll", page+"#poll"
		if v.member == nil {
			view.Login = "/login?next=" + queryEscape(page)
		}
	}
	if !t.Post.Local() && t.Author != nil {
		view.Elsewhere = t.Author.Host
	}
	for _, o := range q.Options {
		view.Options = append(view.Options, PollOption{Pos: o.Pos, Text: o.Text, Votes: int(o.Votes), Percent: q.Percent(o), Mine: slices.Contains(q.Mine, o.Pos)})
	}
	return view
}

// pollLine is a poll in a list.
func (v *visit) pollLine(p *circles.Poll) *PollLine {
	if p == nil {
		return nil
	}
	return &PollLine{Voters: int(p.Voters), Open: p.Open(v.s.options.Now().UnixMicro())}
}

// votePoll is POST /post/{id}/poll with choice, once or several times.
func (s *Server) votePoll(v *visit) error {
	id, err := v.postID()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	var choices []int
	for _, c := range f["choice"] {
		n, err := strconv.Atoi(c)
		if err != nil || len(choices) == circles.MaxFarPollOptions {
			n = -1 // there is no such option
		}
		choices = append(choices, n)
	}
	if _, err := s.app.VotePoll(v.Request().Context(), v.who, id, choices); err != nil {
		return err
	}
	return v.onward("/post/"+id.String()+"#poll", "flash.poll-voted")
}

// A PollDraft is the part of the composer that asks.
type PollDraft struct {
	Options string // one a line
	Several bool
	For     []Option
	Chosen  string // of For
	Max     int
}

type pollTime struct {
	name string
	time time.Duration
}

// pollTimes are how long a poll may be open, as the composer offers them.
var pollTimes = []pollTime{
	{"5m", 5 * time.Minute}, {"1h", time.Hour}, {"6h", 6 * time.Hour}, {"1d", 24 * time.Hour}, {"3d", 3 * 24 * time.Hour},
	{"7d", 7 * 24 * time.Hour}, {"14d", 14 * 24 * time.Hour}, {"30d", 30 * 24 * time.Hour},
}

const usualPollTime = "3d"

func readPollDraft(f url.Values) PollDraft {
	return PollDraft{Options: f.Get("poll"), Several: checked(f, "poll-several"), Chosen: f.Get("poll-for")}
}

// offered fills in what there is to choose from.
func (v *visit) pollDraft(d PollDraft) PollDraft {
	if d.Chosen == "" {
		d.Chosen = usualPollTime
	}
	d.Max, d.For = circles.MaxPollOptions, nil
	for _, t := range pollTimes {
		d.For = append(d.For, Option{Value: t.name, Label: v.l.T("compose.poll-" + t.name), Selected: t.name == d.Chosen})
	}
	return d
}

// pollDraftOf is a poll that was kept, as the form has it: for at least as long, where its time is not one of
// those that are offered.
func pollDraftOf(p *app.NewPoll) PollDraft {
	if p == nil {
		return PollDraft{}
	}
	d := PollDraft{Options: strings.Join(p.Options, "\n"), Several: p.Multiple, Chosen: usualPollTime}
	if i := slices.IndexFunc(pollTimes, func(t pollTime) bool { return t.time >= p.For }); i >= 0 && p.For > 0 {
		d.Chosen = pollTimes[i].name
	}
	return d
}

// An EditedPoll is the poll of a post that its author edits.
type EditedPoll struct {
	PollDraft
	Over   bool // nothing of it can be changed
	Voters int  // whose votes another question discards
}

// editedPoll is what the edit page says of a post's poll; nil if it has none. sent is what the form has, the
// zero value before it was sent.
func editedPoll(p *app.PollView, sent PollDraft) *EditedPoll {
	if p == nil {
		return nil
	}
	e := &EditedPoll{PollDraft: sent, Over: !p.Open, Voters: int(p.Voters)}
	e.Max = circles.MaxPollOptions
	return e
}

// editedPollDraft is a poll as it stands, for the form.
func editedPollDraft(p *app.PollView) PollDraft {
	if p == nil {
		return PollDraft{}
	}
	var options []string
	for _, o := range p.Options {
		options = append(options, o.Text)
	}
	return PollDraft{Options: strings.Join(options, "\n"), Several: p.Multiple}
}

// ask is the poll that a draft is sent with; nil if it has no options.
func (d PollDraft) ask() *app.NewPoll {
	if strings.TrimSpace(d.Options) == "" {
		return nil
	}
	p := &app.NewPoll{Options: strings.Split(d.Options, "\n"), Multiple: d.Several}
	for _, t := range pollTimes {
		if t.name == d.Chosen {
			p.For = t.time
		}
	}
	return p
}
