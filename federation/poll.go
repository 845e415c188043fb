package federation

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/store"
)

// A pollForm is how a post with a poll is said. All forms have one id; which one a server gets depends
// on nothing but what it runs, so it never gets two.
type pollForm int

const (
	// pollListed is a Page that lists the options and says where to vote: Lemmy refuses a Question, Mbin
	// files it as a microblog's post, NodeBB leaves out the options; everybody reads a Page. Counts are in it when they do not change any more, since
	// those servers call every Update an edit.
	pollListed pollForm = iota
	// pollTitled is the Page as a Question, for servers with threads that read one.
	pollTitled
	// pollToot is a Question whose content begins with the title: microblogs show no name of a post, and
	// GoToSocial takes it for a content warning.
	pollToot
)

// pollForm is the form that a class reads.
func (c class) pollForm() pollForm {
	switch c {
	case asking:
		return pollTitled
	case microblog, misskey:
		return pollToot
	}
	return pollListed
}

const (
	maxAgent       = 256 // bytes of a User-Agent that are looked at
	maxAgentTokens = 8
)

// classOfAgent reads from a User-Agent what a server runs. Mastodon, whose boosts are fetched, wrote its
// name behind that of its HTTP library once ("http.rb/5.1.1 (Mastodon/4.2.1; +https://…)"), so the first
// word that is known counts. It decides how a post looks and nothing else, so it need not be proven.
func classOfAgent(agent string) class {
	agent = strings.ToLower(agent[:min(len(agent), maxAgent)])
	words := strings.FieldsFunc(agent, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_')
	})
	for _, w := range words[:min(len(words), maxAgentTokens)] {
		if c, ok := classes[w]; ok {
			return c
		}
	}
	return unknown
}

// pollFormFor is the form for who asks for a document, by what it says it is; a browser or a program of
// unknown name gets the one that everybody reads.
func pollFormFor(r *http.Request) pollForm { return classOfAgent(r.UserAgent()).pollForm() }

// variesByAgent notes that caches must not give one server another's form.
func variesByAgent(w http.ResponseWriter) { w.Header().Set("Vary", "Accept, User-Agent") }

// putPoll makes a Page what the form says. now is set, in UTC microseconds, for who asks for the document
// and gets the counts of this moment; in activities they are what the log said last, so that what is
// sent again is the same.
func (s Site) putPoll(doc *as.Page, v *postView, form pollForm, now int64) {
	p := v.poll
	closed := p.EndedAt != 0 || now != 0 && !p.Open(now)
	if form == pollListed {
		html, markdown := pollList(p, doc.ID, v.post.Language, p.EndedAt != 0)
		doc.Content += html
		doc.Markdown = strings.TrimSpace(doc.Markdown + "\n\n" + markdown)
		return
	}
	b := &as.Ballot{Multiple: p.Multiple, Ends: moment(p.EndsAt), Closed: closed, Voters: int(p.SaidVoters)}
	if now != 0 {
		b.Voters = int(p.Voters)
	}
	for _, o := range p.Options {
		votes := o.Said
		if now != 0 {
			votes = o.Votes
		}
		b.Options = append(b.Options, as.BallotOption{Name: o.Name(), Votes: int(votes)})
	}
	doc.Poll = b
	if form == pollToot {
		doc.Content = "<p>" + escapeHTML(doc.Name) + "</p>" + doc.Content
		doc.Name = ""
	}
}

// pollWords are what a listed poll says around its options.
type pollWords struct{ open, until, closed, several, voted string }

func wordsFor(language string) pollWords {
	if language == "zh" || strings.HasPrefix(language, "zh-") {
		return pollWords{"投票", "截止时间：", "投票已结束，参与人数：", "（可多选）", "在此投票："}
	}
	return pollWords{"Poll", "Open until ", "The poll is over. People who voted: ", " (choose one or more)", "Vote at "}
}

// pollList is a poll for readers who cannot vote where they are, as HTML and as markdown.
func pollList(p *circles.Poll, page, language string, counts bool) (html, markdown string) {
	w := wordsFor(language)
	head := w.open
	if p.Multiple {
		head += w.several
	}
	var h, m strings.Builder
	h.WriteString("<p><strong>" + escapeHTML(head) + "</strong></p><ul>")
	m.WriteString("**" + head + "**\n\n")
	for _, o := range p.Options {
		votes := ""
		if counts {
			votes = ": " + strconv.FormatInt(o.Said, 10)
		}
		h.WriteString("<li>" + escapeHTML(o.Text) + votes + "</li>")
		m.WriteString("- " + escapeMarkdown(o.Text) + votes + "\n")
	}
	h.WriteString("</ul><p>")
	m.WriteString("\n")
	foot := ""
	if counts {
		foot = w.closed + strconv.FormatInt(p.SaidVoters, 10)
	} else if p.EndsAt != 0 {
		foot = w.until + time.UnixMicro(p.EndsAt).UTC().Format("2006-01-02 15:04") + " UTC"
	}
	h.WriteString(foot)
	m.WriteString(foot)
	if !counts {
		h.WriteString(`<br>` + w.voted + `<a href="` + escapeHTML(page) + `">` + escapeHTML(page) + `</a>`)
		m.WriteString("  \n" + w.voted + "<" + page + ">")
	}
	h.WriteString("</p>")
	return h.String(), m.String()
}

func escapeHTML(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;").Replace(s)
}

// escapeMarkdown makes a line mean nothing but itself.
func escapeMarkdown(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 0x80 && strings.ContainsRune("\\`*_{}[]()<>#+-.!|~:@", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// pollVote is the choice of a person of ours in somebody's poll, for its author's server.
func (s speaker) pollVote(ev circles.Event, signer *circles.Actor, form string) (saying, error) {
	if form != formMain {
		return saying{}, errNoForm
	}
	v, err := loadPost(s.tx, circles.PostID(ev.Object))
	if err != nil {
		return saying{}, gone(err)
	}
	pos := ev.Detail.Value - 1
	if !v.federated() || v.poll == nil || pos < 0 || pos >= len(v.poll.Options) {
		return saying{}, errVoid
	}
	chosen, err := s.tx.PollChoices(v.post.ID, circles.PersonID(signer.ID))
	if err != nil {
		return saying{}, err
	}
	for _, c := range chosen {
		if c == pos {
			act := as.Act{ID: s.site.activityPath(ev.Seq, formMain), Actor: s.site.ActorAddress(signer), To: []string{s.site.ActorAddress(v.author)}}
			note := s.site.activityPath(ev.Seq, formInner)
			vote := as.PollVote(act, note, s.site.Address(v.post.URI), v.poll.Options[pos].Name())
			return saying{doc: vote, signer: signer.ID, reader: act.To[0]}, nil
		}
	}
	return saying{}, errVoid // the question became another one
}

// ballot counts a choice in a poll of ours that a person elsewhere made. What is no vote in a poll here is
// let go: it is never a comment, and never worth a fetch.
func (in *Inbox) ballot(tx *store.Tx, a act) error {
	post, err := tx.PostByURI(in.site.URI(a.content.InReplyTo))
	if circles.Is(err, circles.NotFound) || err == nil && !post.Local() {
		return nil
	}
	if err != nil {
		return err
	}
	voter, err := in.actorOf(tx, a.Actor)
	if err != nil {
		return err
	}
	return in.outcome(a)(in.app.ReceivePollVote(tx, said(voter, a), post.ID, a.content.Name))
}

// pollVote counts the same in PieFed's own form, which its communities pass on as they do likes.
func (in *Inbox) pollVote(tx *store.Tx, a act) error {
	post, err := in.votedOn(tx, a, a.Object.ID)
	if err != nil {
		return err
	}
	if !post.Local() || a.Choice == "" {
		return nil
	}
	voter, err := in.voter(tx, a)
	if err != nil {
		return err
	}
	return in.outcome(a)(in.app.ReceivePollVote(tx, said(voter, a), post.ID, a.Choice))
}
