package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	fewKills  = 6
	manyKills = 50 // in the slow tier
	settled   = 3 * time.Minute
	pace      = 20 * time.Millisecond // of one person's deeds
	silence   = 2 * time.Second       // after which nothing is on its way any more
)

// crashPlan is how often a crash test kills, and the seed of what it plays, which is logged.
func crashPlan(t *testing.T) (kills int, seed uint64) {
	t.Helper()
	kills, seed = fewKills, uint64(time.Now().UnixNano())
	if os.Getenv("HALQA_TEST_SLOW") != "" {
		kills = manyKills
	}
	if s := os.Getenv("HALQA_TEST_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed %d, %d kills", seed, kills)
	return kills, seed
}

// Two instances exchange posts, comments, votes, edits and deletions, and now one, now the other is
// killed in the middle of it. When they have settled they show the same; whatever a person was told
// was done is there; what was sent again is the same to the byte, and no deletion overtook what it
// deletes.
//
// HALQA_TEST_SEED plays a seed again, as far as two processes do; HALQA_TEST_SLOW=1 kills more often.
func TestCrash(t *testing.T) {
	kills, seed := crashPlan(t)
	chance := rand.New(rand.NewPCG(seed, 0))

	here, there := newChild(t), newChild(t)
	sides := []*child{here, there}
	for i, c := range sides {
		c.start()
		c.must(deed{Verb: "person", Who: crashPeople[i][0]})
		c.must(deed{Verb: "person", Who: crashPeople[i][1]})
		c.must(deed{Verb: "circle", Who: crashPeople[i][0], Circle: crashCircles[i]})
		c.must(deed{Verb: "join", Who: crashPeople[i][1], Circle: crashCircles[i] + "@" + c.host()})
	}
	for i, c := range sides {
		other := sides[1-i]
		for _, who := range crashPeople[i] {
			c.must(deed{Verb: "join", Who: who, Circle: crashCircles[1-i] + "@" + other.host()})
		}
	}

	s := &saga{circles: []string{crashCircles[0] + "@" + here.host(), crashCircles[1] + "@" + there.host()}}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var people sync.WaitGroup
	var writers []*writer
	for i, c := range sides {
		for j, name := range crashPeople[i] {
			w := &writer{saga: s, child: c, name: name, chance: rand.New(rand.NewPCG(seed, uint64(1+2*i+j))), votes: map[string]*choice{}}
			writers = append(writers, w)
			people.Go(func() { w.work(ctx) })
		}
	}
	pause := func(most time.Duration) {
		select {
		case <-time.After(time.Duration(chance.Int64N(int64(most)))):
		case <-ctx.Done():
		}
	}
	for n := range kills {
		within(settled, func() bool { return s.written() >= 5*(n+1) }) // however busy the machine is
		pause(500 * time.Millisecond)
		one := sides[chance.IntN(2)]
		one.kill()
		if chance.IntN(4) == 0 {
			pause(300 * time.Millisecond) // it stays away
		}
		one.start()
	}
	pause(500 * time.Millisecond)
	stop()
	people.Wait()
	for _, w := range writers {
		if w.failed != nil {
			t.Fatal(w.failed)
		}
	}

	// While they settle nobody is killed.
	var diff string
	agree := within(settled, func() bool {
		diff = difference(t, here, there)
		return diff == "" && here.quiet(silence) && there.quiet(silence)
	})
	if !agree {
		t.Fatalf("after %v the two show:\n%s", settled, diff)
	}
	for _, c := range sides {
		c.kill()
		c.intact()
	}
	for i, c := range sides {
		all := c.shown()
		counted(t, all)
		for _, w := range writers[2*i : 2*i+2] {
			w.compare(t, all)
		}
	}
	told, again := len(here.got)+len(there.got), here.check(t)+there.check(t)
	t.Logf("%d things were written, %d deliveries made, %d of them repeated", s.written(), told, again)
	if s.written() < 5*kills || told < s.written() {
		t.Errorf("too little happened to say anything")
	}
}

var (
	crashPeople  = [2][2]string{{"anna", "arno"}, {"bela", "boris"}}
	crashCircles = [2]string{"alpha", "beta"}
)

// A saga is what all writers know.
type saga struct {
	circles []string

	mu  sync.Mutex
	all []string // addresses
}

func (s *saga) add(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, address)
}

func (s *saga) written() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all)
}

// any returns something that was written, rather of late; "" if nothing was.
func (s *saga) any(chance *rand.Rand) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) == 0 {
		return ""
	}
	return s.all[len(s.all)-1-chance.IntN(min(len(s.all), 12))]
}

// A choice is what a text or a vote may be: the last that was answered, and those after it that were
// not.
type choice struct{ may []string }

func (c *choice) tell(v string, answered bool) {
	if answered {
		c.may = nil
	}
	c.may = append(c.may, v)
}

// A writer is a person who writes as long as the story lasts.
type writer struct {
	*saga
	child  *child
	name   string
	chance *rand.Rand
	failed error

	n     int
	own   []*written
	votes map[string]*choice // by address
}

// A written is a post or comment of a writer's.
type written struct {
	address string
	text    choice
	gone    choice // "deleted" or ""
}

func (w *writer) work(ctx context.Context) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for w.failed == nil {
		select {
		case <-tick.C:
			w.act(ctx)
		case <-ctx.Done():
			return
		}
	}
}

func (w *writer) act(ctx context.Context) {
	w.n++
	text := fmt.Sprintf("%s says %d.", w.name, w.n)
	mine := (*written)(nil)
	if len(w.own) > 0 {
		// Mostly the last one, whose Create may be under way.
		mine = w.own[len(w.own)-1-w.chance.IntN(min(len(w.own), 4))*w.chance.IntN(2)]
	}
	at := w.any(w.chance)
	switch dice := w.chance.IntN(100); {
	case dice < 25 || at == "":
		w.write(ctx, deed{Verb: "post", Circle: w.circles[w.chance.IntN(2)], Title: text, Text: text})
	case dice < 55:
		w.write(ctx, deed{Verb: "comment", At: at, Text: text})
	case dice < 67:
		v := w.chance.IntN(3) - 1
		answer, sure := w.do(ctx, deed{Verb: "vote", At: at, Value: v})
		if answer.Refused == "" {
			if w.votes[at] == nil {
				w.votes[at] = &choice{may: []string{"0"}}
			}
			w.votes[at].tell(strconv.Itoa(v), sure)
		}
	case mine == nil:
	case dice < 78:
		if answer, sure := w.do(ctx, deed{Verb: "edit", At: mine.address, Text: text}); answer.Refused == "" {
			mine.text.tell(text, sure)
		}
	default:
		if answer, sure := w.do(ctx, deed{Verb: "delete", At: mine.address}); answer.Refused == "" {
			mine.gone.tell("deleted", sure)
		}
	}
}

func (w *writer) write(ctx context.Context, d deed) {
	answer, sure := w.do(ctx, d)
	if answer.Refused != "" || !sure {
		return // whether it is there nobody can ask: its address is not known
	}
	w.own = append(w.own, &written{address: answer.Address, text: choice{[]string{d.Text}}, gone: choice{[]string{""}}})
	w.add(answer.Address)
}

// do reports whether the deed was answered; if not, it may have been done all the same.
func (w *writer) do(ctx context.Context, d deed) (answer done, sure bool) {
	d.Who = w.name
	answer, err := w.child.do(context.WithoutCancel(ctx), d)
	if errors.Is(err, errNoAnswer) {
		return done{}, false
	}
	if err != nil {
		w.failed = fmt.Errorf("%s: %w", w.name, err)
	}
	return answer, true
}

// compare asks whether everything that the writer was told was done is there.
func (w *writer) compare(t *testing.T, all map[string]row) {
	t.Helper()
	for _, p := range w.own {
		r, ok := all[p.address]
		switch {
		case !ok:
			t.Errorf("%s wrote %s and it is lost", w.name, p.address)
		case !slices.Contains(p.gone.may, strings.TrimPrefix(r.state, "visible")):
			t.Errorf("%s is %s, want one of %q", p.address, r.state, p.gone.may)
		case !slices.Contains(p.text.may, r.text):
			t.Errorf("%s says %q, want one of %q", p.address, r.text, p.text.may)
		}
	}
	for at, c := range w.votes {
		if r, ok := all[at]; ok && !slices.Contains(c.may, strconv.Itoa(r.votes[w.name])) {
			t.Errorf("%s voted %d on %s, want one of %q", w.name, r.votes[w.name], at, c.may)
		}
	}
}

// A row is a post or comment as an instance shows it.
type row struct {
	state, circle, parent, author, title, text string
	ups, downs, comments                       int
	votes                                      map[string]int // by name
}

func (r row) String() string {
	if r.state != "visible" {
		return fmt.Sprintf("%s in %s below %q, %d comments", r.state, r.circle, r.parent, r.comments)
	}
	return fmt.Sprintf("%s %q %q by %s in %s below %q, %d comments, +%d -%d by %v", r.state, r.title, r.text, r.author, r.circle, r.parent,
		r.comments, r.ups, r.downs, r.votes)
}

// open reads the child's database beside it.
func (c *child) open() *sql.DB {
	c.t.Helper()
	if c.dsn != "" {
		db, err := sql.Open("pgx", c.dsn)
		if err != nil {
			c.t.Fatal(err)
		}
		return db
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(c.data, "halqa.db")+"?_pragma=busy_timeout(10000)&_pragma=query_only(1)")
	if err != nil {
		c.t.Fatal(err)
	}
	return db
}

// shown returns everything that was written, by address.
func (c *child) shown() map[string]row {
	c.t.Helper()
	db := c.open()
	defer db.Close()
	tx, err := db.BeginTx(c.t.Context(), &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		c.t.Fatal(err)
	}
	defer tx.Rollback()
	address := func(uri string) string {
		if strings.HasPrefix(uri, "/") {
			return c.base + uri
		}
		return uri
	}
	all := map[string]row{}
	each(c.t, tx, `SELECT p.uri, p.state, c.uri, COALESCE(u.uri, ''), a.uri, p.title, p.body, p.ups, p.downs, p.comments
		FROM post p JOIN actor c ON c.id = p.circle JOIN actor a ON a.id = p.author LEFT JOIN post u ON u.id = p.parent`, func(scan func(...any) error) error {
		var uri string
		var r row
		err := scan(&uri, &r.state, &r.circle, &r.parent, &r.author, &r.title, &r.text, &r.ups, &r.downs, &r.comments)
		r.circle, r.parent, r.author, r.votes = address(r.circle), address(r.parent), address(r.author), map[string]int{}
		all[address(uri)] = r
		return err
	})
	each(c.t, tx, `SELECT p.uri, a.name, v.value FROM vote v JOIN post p ON p.id = v.post JOIN actor a ON a.id = v.actor`, func(scan func(...any) error) error {
		var uri, name string
		var value int
		err := scan(&uri, &name, &value)
		all[address(uri)].votes[name] = value
		return err
	})
	return all
}

func each(t *testing.T, tx *sql.Tx, query string, row func(scan func(...any) error) error) {
	t.Helper()
	rows, err := tx.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// intact asks SQLite whether the file of the killed process is whole. PostgreSQL was not killed.
func (c *child) intact() {
	c.t.Helper()
	if c.dsn != "" {
		return
	}
	db := c.open()
	defer db.Close()
	var verdict string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		c.t.Errorf("%s: integrity_check says %q, %v", c.data, verdict, err)
	}
	rows, err := db.Query("PRAGMA foreign_key_check")
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	if rows.Next() {
		c.t.Errorf("%s: a reference leads nowhere", c.data)
	}
}

// difference says where two instances do not show the same.
func difference(t *testing.T, here, there *child) string {
	t.Helper()
	one, two := here.shown(), there.shown()
	for _, all := range []map[string]row{one, two} {
		unseen(all)
	}
	both := maps.Clone(two)
	maps.Copy(both, one)
	var b strings.Builder
	for _, a := range slices.Sorted(maps.Keys(both)) {
		r, s := one[a], two[a]
		if r.String() != s.String() {
			fmt.Fprintf(&b, "%s\n  here  %s\n  there %s\n", a, r, s)
		}
	}
	return b.String()
}

// unseen takes out what nobody is shown: what was deleted is a notice in its thread as long as something
// below it stands, and nothing otherwise. A server that had not heard of it by then never does.
func unseen(all map[string]row) {
	seen := map[string]bool{}
	for a, r := range all {
		for r.state == "visible" && a != "" && !seen[a] {
			seen[a] = true
			a = all[a].parent
		}
	}
	maps.DeleteFunc(all, func(a string, _ row) bool { return !seen[a] })
}

// counted compares what an instance has counted with what there is.
func counted(t *testing.T, all map[string]row) {
	t.Helper()
	comments := map[string]int{}
	for a, r := range all {
		if r.parent == "" || r.state != "visible" {
			continue
		}
		root := a
		for all[root].parent != "" {
			root = all[root].parent
		}
		comments[root]++
	}
	for a, r := range all {
		ups, downs := 0, 0
		for _, v := range r.votes {
			ups += (v + 1) / 2
			downs += (1 - v) / 2
		}
		if r.ups != ups || r.downs != downs || r.parent == "" && r.comments != comments[a] {
			t.Errorf("%s counts +%d -%d and %d comments, there are +%d -%d and %d", a, r.ups, r.downs, r.comments, ups, downs, comments[a])
		}
	}
}
