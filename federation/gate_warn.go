package federation

import (
	"regexp"
	"strconv"
	"strings"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/app"
	"halqa/internal/standing"
	"halqa/internal/store"
)

// Lemmy since 1.0.0-beta.1 shows a person what became of their post at the post itself, if a circle announces
// the Warn of somebody of its own host. It also writes it into its public log, so it goes to the author's
// server alone, and says nothing of the author that the circle's page would not tell anybody.

const (
	formWarn      = "warn"       // the circle's Announce
	formWarnInner = "warn-inner" // what it announces
)

var lemmyVersion = regexp.MustCompile(`^([1-9][0-9]*)\.([0-9]+)\.([0-9]+)(?:-([a-z]+)\.([0-9]+))?(?:-[0-9].*|\+.*)?$`)

// warned reports whether a server reads a Warn: Lemmy from 1.0.0-beta.1 on. A version that does not read like
// one is taken for an older server, which still gets a message.
func warned(peer as.Software) bool {
	m := lemmyVersion.FindStringSubmatch(peer.Version)
	if peer.Name != "lemmy" || m == nil {
		return false
	}
	if m[1] != "1" || m[2] != "0" || m[3] != "0" {
		return true
	}
	switch n, err := strconv.Atoi(m[5]); m[4] {
	case "":
		return true
	case "beta":
		return err == nil && n >= 1
	case "rc":
		return true
	}
	return false
}

// warning is a notice as a Warn, or the Announce of it. // Lemmy 1.0: community/warn.rs
func (s speaker) warning(ev circles.Event, n *store.GateNotice, l *noticeLetter, form string) (saying, error) {
	if !n.Told || n.About == store.GateOfFollow {
		return saying{}, errNoForm
	}
	gate, err := s.tx.ActorByURI("/u/" + app.GateName)
	if err != nil {
		return saying{}, gone(err)
	}
	summary, err := s.openly(n, l)
	if err != nil {
		return saying{}, err
	}
	inner := as.Warn(as.Act{ID: s.site.activityPath(ev.Seq, formWarnInner), Actor: s.site.ActorAddress(gate), To: []string{l.author.URI},
		Audience: s.site.ActorAddress(l.circle)}, n.Object, summary)
	if form == formWarnInner {
		return saying{doc: inner, signer: gate.ID, reader: l.author.URI}, nil
	}
	// Lemmy takes nothing of a public community that does not name Public, wherever it goes.
	act := as.Act{ID: s.site.activityPath(ev.Seq, formWarn), Actor: s.site.ActorAddress(l.circle), To: []string{public}}
	return saying{doc: as.Announce(act, inner), signer: l.circle.ID, reader: l.author.URI}, nil
}

// openly is a notice for a place where everybody reads it: where its sentences count from what only its person
// may know, it says what the circle asks of all instead.
func (s speaker) openly(n *store.GateNotice, l *noticeLetter) (string, error) {
	if l.why.Open() {
		return l.plain, nil
	}
	c, err := s.tx.Circle(n.Circle)
	if err != nil {
		return "", gone(err)
	}
	asked, err := standing.AsksBefore(s.tx, c, l.why.Action, n.Language)
	if err != nil {
		return "", err
	}
	all := strings.Join(asked, "; ")
	switch {
	case all == "":
	case chinese(n.Language):
		all = "对所有人的要求：" + all + "。"
	default:
		all = "Asked of everyone: " + all + "."
	}
	return strings.Join(l.lines(n, all, l.why.SetLine(n.Language)), " "), nil
}
