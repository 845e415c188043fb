package federation

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/store"
)

// quotes lets the worker fetch for a while.
func (n *neighbourhood) quotes(q *quotes) {
	n.Helper()
	for range 30 {
		if _, err := q.round(context.Background()); err != nil {
			n.Fatal(err)
		}
		n.clock.forward(quotedPoll)
	}
}

// quoting lets bob post something in the circle that quotes an address.
func (n *neighbourhood) quoting(i int, address string) *circles.Post {
	n.Helper()
	uri := fmt.Sprintf("/post/%d", 1000+i)
	n.trees.announces(n.bob.says("Create", n.bob.page(uri, n.trees.id, "Look", obj{"quote": address})))
	n.resume()
	return n.wantPost(n.bob.base + uri)
}

func (n *neighbourhood) card(who circles.Viewer, p *circles.Post) *app.QuoteCard {
	n.Helper()
	t, err := n.app.Thread(context.Background(), who, p.ID, app.ThreadQuery{})
	if err != nil {
		n.Fatal(err)
	}
	return t.Quote
}

// TestQuotedPostIsFetched: what is not here is asked for once and shown; what it quotes in turn is not.
func TestQuotedPostIsFetched(t *testing.T) {
	n := newNeighbourhood(t)
	q := &quotes{in: n.inbox}
	third := n.carol.put(n.carol.page("/post/3", n.carol.base+"/c/other", "The third"))
	second := n.carol.put(n.carol.page("/post/2", n.carol.base+"/c/other", "The second", obj{"quote": third["id"]}))
	p := n.quoting(1, second["id"].(string))
	if c := n.card(n.olga, p); c == nil || c.Away != second["id"] {
		t.Errorf("before: %+v, want a link", c)
	}
	n.quoting(2, second["id"].(string))
	n.quotes(q)
	if c := n.card(circles.Viewer{}, p); c == nil || c.Post == nil || c.Post.Title != "The second" || c.Author == nil {
		t.Fatalf("after: %+v, want a card of the second", c)
	}
	if c := n.card(n.olga, n.wantPost(second["id"].(string))); c == nil || c.Away != third["id"] {
		t.Errorf("what is quoted in turn: %+v, want a link", c)
	}
	if hits := n.carol.far.seen("/post/2"); hits != 1 {
		t.Errorf("it was asked for %d times, want once", hits)
	}
	if hits := n.carol.far.seen("/post/3"); hits != 0 {
		t.Errorf("what it quotes was asked for %d times, want never", hits)
	}

	// Its author's blocks, the reader's and their policy hold for it as for any other.
	carol := n.actor(n.carol.id)
	if err := n.app.SetBlock(t.Context(), n.olga, carol.ID, true); err != nil {
		t.Fatal(err)
	}
	if c := n.card(n.olga, p); c == nil || !c.Gone {
		t.Errorf("for who blocked its author: %+v", c)
	}
	private := n.carol.put(n.carol.page("/post/4", n.carol.base+"/c/other", "Mine", obj{
		"interactionPolicy": obj{"canQuote": obj{"automaticApproval": arr{n.carol.id}}}}))
	closed := n.carol.put(n.carol.page("/post/5", n.carol.base+"/c/other", "For followers", obj{"to": arr{n.carol.id + "/followers"}, "audience": nil}))
	mine, few := n.quoting(3, private["id"].(string)), n.quoting(4, closed["id"].(string))
	n.quotes(q)
	if c := n.card(circles.Viewer{}, mine); c == nil || !c.Gone || c.Post != nil {
		t.Errorf("what must not be quoted: %+v", c)
	}
	if c := n.card(circles.Viewer{}, few); c == nil || c.Away == "" {
		t.Errorf("what is not for everyone: %+v, want a link", c)
	}
	n.wantNoPost(closed["id"].(string))

	// A page for people that leads to the id.
	page := n.carol.base + "/@carol/6"
	six := n.carol.page("/post/6", n.carol.base+"/c/other", "The sixth", obj{"url": page})
	n.carol.put(six)
	n.carol.answer("/@carol/6", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, six["id"].(string), http.StatusFound)
	})
	byPage := n.quoting(5, page)
	n.quotes(q)
	if c := n.card(circles.Viewer{}, byPage); c == nil || c.Post == nil || c.Post.Title != "The sixth" {
		t.Errorf("quoted by its page: %+v", c)
	}
}

// TestQuotedPostThatIsNotHad: an answer that it is not there holds, silence is asked again and then not, and a
// host has few visitors an hour.
func TestQuotedPostThatIsNotHad(t *testing.T) {
	n := newNeighbourhood(t)
	q := &quotes{in: n.inbox}
	gone, silent := n.carol.base+"/post/404", n.carol.base+"/post/500"
	n.carol.answer("/post/500", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	n.quoting(1, gone)
	p := n.quoting(2, silent)
	for range 20 {
		n.quotes(q)
		n.clock.forward(quotedAgain)
	}
	n.quoting(3, gone)
	n.quoting(4, silent)
	n.quotes(q)
	if hits := n.carol.far.seen("/post/404"); hits != 1 {
		t.Errorf("what is not there was asked for %d times, want once", hits)
	}
	if hits := n.carol.far.seen("/post/500"); hits != quotedTries {
		t.Errorf("what is silent was asked for %d times, want %d", hits, quotedTries)
	}
	if c := n.card(n.olga, p); c == nil || c.Away != silent {
		t.Errorf("its card is %+v, want a link", c)
	}

	n.clock.forward(time.Hour)
	before := n.carol.far.total()
	n.update(func(tx *store.Tx) error {
		for i := range 3 * quotedHourly {
			if err := tx.WantQuoted(fmt.Sprintf("%s/post/many%d", n.carol.base, i)); err != nil {
				return err
			}
		}
		return nil
	})
	for range 4 {
		n.quotes(q) // 2.5 minutes each
	}
	if got := n.carol.far.total() - before; got > quotedHourly {
		t.Errorf("a host was asked %d times within an hour, want at most %d", got, quotedHourly)
	}

	blocked := newNeighbourhood(t)
	host, err := hostOf(blocked.carol.id)
	if err != nil {
		t.Fatal(err)
	}
	blocked.block(host)
	blocked.quoting(1, blocked.carol.base+"/post/2")
	blocked.quotes(&quotes{in: blocked.inbox})
	if hits := blocked.carol.far.total(); hits != 0 {
		t.Errorf("a blocked server was asked %d times", hits)
	}
}

// TestQuotesOfOursTellNothing: who may not read something of ours gets no card for it into what they write,
// from here or from elsewhere, whether it is there or not.
func TestQuotesOfOursTellNothing(t *testing.T) {
	n := newNeighbourhood(t)
	ann := n.person("ann")
	open, closed := n.circle(ann, "garden", circles.Public), n.circle(ann, "board", circles.MembersOnly)
	seen, secret := n.write(ann, open, "Seen"), n.write(ann, closed, "Secret")
	if c := n.card(ann, n.quoting(1, n.postAddress(seen))); c == nil || c.Post == nil {
		t.Errorf("a quote of what everyone may read: %+v", c)
	}
	for i, address := range []string{n.postAddress(secret), n.site.Base + "/post/12345"} {
		if c := n.card(ann, n.quoting(2+i, address)); c != nil {
			t.Errorf("a quote of %s from elsewhere has the card %+v", address, c)
		}
		p, err := n.app.Post(t.Context(), n.olga, app.NewPost{Circle: open.CircleID(), Title: "Probe", Body: "See " + address})
		if err != nil {
			t.Fatal(err)
		}
		if c := n.card(n.olga, p); c != nil {
			t.Errorf("a link of a stranger to %s has the card %+v", address, c)
		}
	}
	p, err := n.app.Post(t.Context(), ann, app.NewPost{Circle: open.CircleID(), Title: "For members", Body: "See " + n.postAddress(secret)})
	if err != nil {
		t.Fatal(err)
	}
	if c := n.card(ann, p); c == nil || c.Post == nil {
		t.Errorf("a member's link has the card %+v", c)
	}
	if err := n.app.SetBlock(t.Context(), ann, n.olga.Person.Actor(), true); err != nil {
		t.Fatal(err)
	}
	again, err := n.app.Edit(t.Context(), n.olga, n.write(n.olga, open, "Blocked").ID, app.Edit{Title: "Blocked", Body: "See " + n.postAddress(seen)})
	if err != nil {
		t.Fatal(err)
	}
	if c := n.card(n.olga, again); c != nil {
		t.Errorf("a link of somebody whom its author blocked has the card %+v", c)
	}
}
