package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/store"
)

// ask writes a post with a poll that is open for a day.
func (h *house) ask(who circles.Viewer, c circles.CircleID, multiple bool, options ...string) *circles.Post {
	h.Helper()
	p, err := h.Post(h.ctx(), who, NewPost{Circle: c, Title: "Which?", Poll: &NewPoll{Options: options, Multiple: multiple, For: 24 * time.Hour}})
	h.must(err)
	return p
}

// reader is a person with an account, who can be told things.
func (h *house) reader(name string) circles.Viewer {
	h.Helper()
	v := h.person(name)
	h.update(func(tx *store.Tx) error {
		return tx.AddAccount(&store.Account{Person: v.Person, Role: circles.SiteMember})
	})
	return v
}

func (h *house) poll(id circles.PostID) (p *circles.Poll) {
	h.Helper()
	h.update(func(tx *store.Tx) (err error) {
		p, err = tx.Poll(id)
		return err
	})
	return p
}

// counts is a poll's result in one line: the voters, then each option's votes.
func (h *house) counts(id circles.PostID) string {
	h.Helper()
	p := h.poll(id)
	if p == nil {
		return "no poll"
	}
	s := fmt.Sprintf("%d:", p.Voters)
	for _, o := range p.Options {
		s += fmt.Sprintf(" %s=%d", o.Text, o.Votes)
	}
	return s
}

func (h *house) wantCounts(id circles.PostID, want string) {
	h.Helper()
	if got := h.counts(id); got != want {
		h.Errorf("the poll stands at %q, want %q", got, want)
	}
}

func TestPollIsRefused(t *testing.T) {
	h := newHouse(t)
	ada := h.person("ada")
	c := h.open(ada, "plants", circles.Public)
	many := strings.Split(strings.TrimSpace(strings.Repeat("o ", 11)), " ")
	for i := range many {
		many[i] += fmt.Sprint(i)
	}
	for _, tt := range []struct {
		why  string
		poll NewPoll
		kind circles.Kind
	}{
		{"one option", NewPoll{Options: []string{"a", " "}, For: time.Hour}, circles.Invalid},
		{"eleven options", NewPoll{Options: many, For: time.Hour}, circles.TooLarge},
		{"the same twice", NewPoll{Options: []string{"a", "b", " a"}, For: time.Hour}, circles.Invalid},
		{"a long option", NewPoll{Options: []string{"a", strings.Repeat("b", 101)}, For: time.Hour}, circles.TooLarge},
		{"four minutes", NewPoll{Options: []string{"a", "b"}, For: 4 * time.Minute}, circles.Invalid},
		{"31 days", NewPoll{Options: []string{"a", "b"}, For: 31 * 24 * time.Hour}, circles.Invalid},
	} {
		_, err := h.Post(h.ctx(), ada, NewPost{Circle: c, Title: "Which?", Poll: &tt.poll})
		wantKind(t, tt.why, err, tt.kind)
	}
}

func TestVotePoll(t *testing.T) {
	h := newHouse(t)
	ada, bo, cy := h.person("ada"), h.person("bob"), h.person("cyd")
	c := h.open(ada, "plants", circles.Public)
	one := h.ask(ada, c, false, "leeks", "beans", "")
	several := h.ask(ada, c, true, "leeks", "beans", "peas")

	for _, tt := range []struct {
		why     string
		post    circles.PostID
		choices []int
		kind    circles.Kind
	}{
		{"nothing", one.ID, nil, circles.Invalid},
		{"two of one", one.ID, []int{0, 1}, circles.Invalid},
		{"no such option", one.ID, []int{2}, circles.Invalid},
		{"a negative one", one.ID, []int{-1}, circles.Invalid},
		{"no such post", 1, []int{0}, circles.NotFound},
		{"no poll", h.write(ada, c, "Hello").ID, []int{0}, circles.NotFound},
	} {
		_, err := h.VotePoll(h.ctx(), bo, tt.post, tt.choices)
		wantKind(t, tt.why, err, tt.kind)
	}
	h.wantCounts(one.ID, "0: leeks=0 beans=0")

	got, err := h.VotePoll(h.ctx(), bo, one.ID, []int{1})
	h.must(err)
	if !slices.Equal(got.Mine, []int{1}) || !got.Open || got.Percent(got.Options[1]) != 100 {
		t.Errorf("bo sees %+v", got)
	}
	_, err = h.VotePoll(h.ctx(), bo, one.ID, []int{0})
	wantKind(t, "voting again", err, circles.Conflict)
	h.wantCounts(one.ID, "1: leeks=0 beans=1")

	_, err = h.VotePoll(h.ctx(), bo, several.ID, []int{2, 0, 2})
	h.must(err)
	_, err = h.VotePoll(h.ctx(), cy, several.ID, []int{0})
	h.must(err)
	h.wantCounts(several.ID, "2: leeks=2 beans=0 peas=1")
	_, err = h.VotePoll(h.ctx(), bo, several.ID, []int{1})
	wantKind(t, "one more later", err, circles.Conflict)

	// Judged as a like is.
	h.must(h.Ban(h.ctx(), ada, NewBan{Circle: c, Person: cy.Person, Reason: "spam"}))
	_, err = h.VotePoll(h.ctx(), cy, one.ID, []int{0})
	wantKind(t, "somebody banned", err, circles.Forbidden)
	_, err = h.VotePoll(h.ctx(), circles.Viewer{}, one.ID, []int{0})
	wantKind(t, "a visitor", err, circles.Denied)

	h.pass(24 * time.Hour)
	_, err = h.VotePoll(h.ctx(), ada, one.ID, []int{0})
	wantKind(t, "after the end", err, circles.Conflict)
	h.wantCounts(one.ID, "1: leeks=0 beans=1")
}

func TestEditPoll(t *testing.T) {
	h := newHouse(t)
	ada, bo := h.person("ada"), h.person("bob")
	c := h.open(ada, "plants", circles.Public)
	p := h.ask(ada, c, false, "leeks", "beans")
	edit := func(options ...string) error {
		_, err := h.Edit(h.ctx(), ada, p.ID, Edit{Title: "Which?", Poll: &NewPoll{Options: options}})
		return err
	}
	ends := h.poll(p.ID).EndsAt
	h.must(edit("leeks", "peas"))
	h.wantCounts(p.ID, "0: leeks=0 peas=0")
	if got := h.poll(p.ID).EndsAt; got != ends {
		t.Errorf("it ends at %d, want %d as before", got, ends)
	}
	_, err := h.VotePoll(h.ctx(), bo, p.ID, []int{1})
	h.must(err)
	h.must(edit("leeks", "peas")) // it says the same
	h.wantCounts(p.ID, "1: leeks=0 peas=1")
	h.must(h.SweepPolls(h.ctx()))
	from := h.mark()
	h.must(edit("leeks", "rye"))
	h.wantCounts(p.ID, "0: leeks=0 rye=0")
	if got := h.since(from); len(got) != 2 || got[0].Kind != circles.PostUpdated || got[1].Detail.Of != got[0].Seq {
		t.Errorf("the new question makes %d entries: %+v", len(got), got)
	}
	if q := h.poll(p.ID); q.SaidVoters != 0 || q.EndsAt != ends || q.SayAt != 0 {
		t.Errorf("the new question stands as %+v", q)
	}
	_, err = h.VotePoll(h.ctx(), bo, p.ID, []int{0}) // who voted may vote again
	h.must(err)
	h.wantCounts(p.ID, "1: leeks=1 rye=0")
	wantKind(t, "a poll taken off", edit("", " "), circles.Invalid)
	wantKind(t, "one option", edit("rye"), circles.Invalid)
	h.pass(25 * time.Hour)
	wantKind(t, "an edit of what is over", edit("rye", "beans"), circles.Conflict)
	h.must(edit("leeks", "rye"))
	h.wantCounts(p.ID, "1: leeks=1 rye=0")
	plain := h.write(ada, c, "Hello")
	_, err = h.Edit(h.ctx(), ada, plain.ID, Edit{Title: "Hello", Poll: &NewPoll{Options: []string{"a", "b"}}})
	wantKind(t, "a poll added later", err, circles.Conflict)
}

// What others are told of counts is folded: one entry for all votes of five minutes, and one at the end.
func TestPollsAreToldNowAndThen(t *testing.T) {
	h := newHouse(t)
	ada, bo, cy := h.person("ada"), h.person("bob"), h.person("cyd")
	c := h.open(ada, "plants", circles.Public)
	p := h.ask(ada, c, false, "leeks", "beans")
	names := map[circles.ActorID]string{ada.Person.Actor(): "ada", c.Actor(): "plants"}
	from := h.mark()
	sweep := func() { h.Helper(); h.must(h.SweepPolls(h.ctx())) }
	vote := func(who circles.Viewer) {
		h.Helper()
		_, err := h.VotePoll(h.ctx(), who, p.ID, []int{0})
		h.must(err)
	}
	vote(bo)
	h.pass(3 * time.Minute)
	sweep()
	vote(cy)
	if n := len(h.since(from)); n != 0 {
		t.Errorf("%d entries within five minutes", n)
	}
	if said := h.poll(p.ID).SaidVoters; said != 0 {
		t.Errorf("others know of %d voters before they are told", said)
	}
	h.pass(3 * time.Minute)
	sweep()
	sweep()
	if got := h.since(from); len(got) != 2 || got[0].Kind != circles.PollCounted || got[0].Signer != ada.Person.Actor() || got[1].Stream != c.Actor() || got[1].Detail.Of != got[0].Seq {
		t.Errorf("after five minutes the log has %v", h.said(from, names))
	}
	if q := h.poll(p.ID); q.SaidVoters != 2 || q.Options[0].Said != 2 {
		t.Errorf("others were told %d voters, %d for leeks, want 2 and 2", q.SaidVoters, q.Options[0].Said)
	}

	from = h.mark()
	h.pass(24 * time.Hour)
	sweep()
	sweep()
	if got := h.since(from); len(got) != 2 || got[0].Kind != circles.PollEnded {
		t.Errorf("after the end the log has %v", h.said(from, names))
	}
	// In a circle that nothing leaves, nothing is said.
	quiet := h.open(ada, "attic", circles.LocalOnly)
	q := h.ask(ada, quiet, false, "a", "b")
	from = h.mark()
	_, err := h.VotePoll(h.ctx(), bo, q.ID, []int{0})
	h.must(err)
	h.pass(48 * time.Hour)
	sweep()
	if got := h.since(from); len(got) != 0 {
		t.Errorf("of a poll that stays here the log has %v", h.said(from, names))
	}
	if h.poll(q.ID).EndedAt == 0 {
		t.Error("it did not end")
	}
}

// Everybody who asked or answered is told once, however many they are.
func TestPollsEndWithNotifications(t *testing.T) {
	h := newHouse(t)
	ada, muted := h.reader("ada"), h.reader("muted")
	c := h.open(ada, "plants", circles.Public)
	p := h.ask(ada, c, false, "leeks", "beans")
	voters := []circles.Viewer{muted}
	for i := range 7 {
		voters = append(voters, h.reader(fmt.Sprintf("voter%d", i)))
	}
	for _, v := range voters {
		_, err := h.VotePoll(h.ctx(), v, p.ID, []int{0})
		h.must(err)
	}
	h.must(h.SetThreadWish(h.ctx(), muted, p.ID, MuteThread))
	h.pass(25 * time.Hour)
	h.update(func(tx *store.Tx) error { return tx.PollSaid(p.ID, tx.Now()) })
	rounds, told := 0, []circles.PersonID(nil)
	for done := false; !done; rounds++ {
		h.update(func(tx *store.Tx) error {
			more, last, err := tx.NotifyOfPoll(p.ID, 3)
			done = last
			told = append(told, more...)
			return err
		})
	}
	if rounds != 3 || len(told) != 8 {
		t.Errorf("%d were told in %d rounds, want 8 in 3", len(told), rounds)
	}
	h.must(h.SweepPolls(h.ctx())) // nothing is left
	for _, v := range append(voters[1:], ada) {
		page, err := h.Notifications(h.ctx(), v, "", 10)
		h.must(err)
		if len(page.Groups) != 1 || page.Groups[0].Count != 1 || page.Groups[0].Shown[0].Kind != ToldPoll || page.Groups[0].Shown[0].Post.ID != p.ID {
			t.Errorf("%d was told %+v", v.Person, page.Groups)
		}
	}
	if n, err := h.UnseenNotifications(h.ctx(), muted); n != 0 || err != nil {
		t.Errorf("who muted the thread was told %d things, %v", n, err)
	}
}

func TestReceivePollVote(t *testing.T) {
	h := newHouse(t)
	ada := h.person("ada")
	far, other := h.stranger("far", "far.example"), h.stranger("other", "other.example")
	c := h.open(ada, "plants", circles.Public)
	one := h.ask(ada, c, false, "leeks", "beans")
	several := h.ask(ada, c, true, "leeks", "beans")
	vote := func(who circles.PersonID, id circles.PostID, name string) Result {
		h.Helper()
		return h.receive(func(tx *store.Tx) (Outcome, error) { return h.ReceivePollVote(tx, Said{By: who}, id, name) }).Result
	}
	for _, tt := range []struct {
		why    string
		who    circles.PersonID
		post   circles.PostID
		option string
		want   Result
	}{
		{"a vote", far, one.ID, "beans", Applied},
		{"the same again", far, one.ID, "beans", Nothing},
		{"another one instead", far, one.ID, "leeks", Nothing},
		{"no such option", other, one.ID, "rye", Nothing},
		{"somebody else", other, one.ID, "beans", Applied},
		{"the first of several", far, several.ID, "beans", Applied},
		{"the second", far, several.ID, "leeks", Applied},
		{"the second again", far, several.ID, "leeks", Nothing},
		{"no poll", far, h.write(ada, c, "Hello").ID, "leeks", Nothing},
	} {
		if got := vote(tt.who, tt.post, tt.option); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.why, got, tt.want)
		}
	}
	h.wantCounts(one.ID, "2: leeks=0 beans=2")
	h.wantCounts(several.ID, "1: leeks=1 beans=1")
	banned := h.stranger("banned", "far.example")
	h.must(h.Ban(h.ctx(), ada, NewBan{Circle: c, Person: banned, Reason: "spam"}))
	if got := vote(banned, one.ID, "leeks"); got != Refused {
		t.Errorf("somebody banned: %s, want refused", got)
	}
	h.pass(25 * time.Hour)
	if got := vote(h.stranger("late", "far.example"), one.ID, "leeks"); got != Refused {
		t.Errorf("late: %s, want refused", got)
	}
	h.wantCounts(one.ID, "2: leeks=0 beans=2")
}

func TestReceivePoll(t *testing.T) {
	h := newHouse(t)
	ada := h.reader("ada")
	far := h.stranger("far", "far.example")
	c := h.open(ada, "plants", circles.Public)
	ends := h.clock().Add(time.Hour).UnixMicro()
	two := func(a, b int) *RemotePoll {
		return &RemotePoll{Options: []RemoteOption{{"leeks", a}, {" beans ", b}}, EndsAt: ends, Voters: a + b}
	}
	n := 0
	receive := func(p *RemotePoll) circles.PostID {
		h.Helper()
		n++
		out := h.receive(func(tx *store.Tx) (Outcome, error) {
			return h.ReceivePost(tx, Said{By: far}, RemotePost{URI: fmt.Sprintf("https://far.example/p/%d", n), Circle: c, HTML: "<p>Which?</p>", Poll: p})
		})
		if out.Result != Applied {
			t.Fatalf("%+v: %s", p, out.Result)
		}
		return out.Post
	}
	many := make([]RemoteOption, 21)
	for i := range many {
		many[i].Name = fmt.Sprint("option ", i)
	}
	for _, tt := range []struct {
		why  string
		poll *RemotePoll
		want string
	}{
		{"a poll", two(3, 1), "4: leeks=3 beans=1"},
		{"21 options", &RemotePoll{Options: many}, "no poll"},
		{"one option", &RemotePoll{Options: many[:1]}, "no poll"},
		{"the same twice", &RemotePoll{Options: []RemoteOption{{"a", 1}, {"a", 2}}}, "no poll"},
		{"an empty one", &RemotePoll{Options: []RemoteOption{{"a", 1}, {" ", 2}}}, "no poll"},
		{"a long one", &RemotePoll{Options: []RemoteOption{{"a", 1}, {strings.Repeat("b", 501), 2}}}, "no poll"},
		{"less than nothing, and far too much", two(-5, 1<<40), "10000000: leeks=0 beans=10000000"},
	} {
		if got := h.counts(receive(tt.poll)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.why, got, tt.want)
		}
	}

	id := receive(two(3, 1))
	uri := fmt.Sprintf("https://far.example/p/%d", n)
	update := func(by circles.PersonID, p *RemotePoll) Result {
		h.Helper()
		return h.receive(func(tx *store.Tx) (Outcome, error) {
			return h.ReceiveUpdate(tx, Said{By: by}, RemotePost{URI: uri, HTML: "<p>Which?</p>", Poll: p})
		}).Result
	}
	// A vote of ours goes to the author as one Note an option, and counts here until the author tells more.
	from := h.mark()
	view, err := h.VotePoll(h.ctx(), ada, id, []int{1})
	h.must(err)
	if view.Options[1].Name() != " beans " {
		t.Errorf("the vote would be for %q", view.Options[1].Name())
	}
	h.wantCounts(id, "5: leeks=3 beans=2")
	if got := h.since(from); len(got) != 1 || got[0].Kind != circles.PollVoted || got[0].Detail.Value != 2 || !slices.Equal(got[0].To, []string{"https://far.example/inbox"}) {
		t.Errorf("the vote is said as %+v", got)
	}
	if got := update(h.stranger("other", "other.example"), two(0, 99)); got != Refused {
		t.Errorf("counts by somebody else: %s", got)
	}
	from = h.mark()
	if got := update(far, two(7, 2)); got != Applied {
		t.Errorf("new counts: %s", got)
	}
	if got := update(far, two(7, 2)); got != Nothing {
		t.Errorf("the same counts again: %s", got)
	}
	h.wantCounts(id, "9: leeks=7 beans=2")
	if got := h.since(from); len(got) != 1 || got[0].Kind != circles.PollCounted || got[0].Stream != c.Actor() {
		t.Errorf("new counts are said as %+v", got)
	}
	if h.post(id).EditedAt != 0 {
		t.Error("new counts make the post an edited one")
	}
	// Another question forgets the answers.
	if got := update(far, &RemotePoll{Options: []RemoteOption{{"rye", 0}, {"oats", 0}}, EndsAt: ends}); got != Applied {
		t.Errorf("another question: %s", got)
	}
	_, err = h.VotePoll(h.ctx(), ada, id, []int{0})
	h.must(err)
	if got := update(far, &RemotePoll{Options: []RemoteOption{{"rye", 4}, {"oats", 0}}, EndsAt: h.clock().Add(-time.Minute).UnixMicro(), Closed: true, Voters: 4}); got != Applied {
		t.Errorf("the end: %s", got)
	}
	_, err = h.VotePoll(h.ctx(), h.person("bob"), id, []int{0})
	wantKind(t, "a vote after the end", err, circles.Conflict)
	h.must(h.SweepPolls(h.ctx()))
	if n, err := h.UnseenNotifications(h.ctx(), ada); n != 1 || err != nil {
		t.Errorf("ada was told %d things, %v; want 1", n, err)
	}
}
