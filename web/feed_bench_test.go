package web

import (
	"database/sql"
	"fmt"
	"html/template"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/circles/ranking"
	"halqa/internal/store"
)

// What the instance of BenchmarkFeedOf500 holds. Circles are as busy as Zipf's law has them.
const (
	benchCircles = 2_000
	benchPosts   = 100_000
	benchPeople  = 1_000
	benchJoined  = 500
	benchRows    = 50
)

// BenchmarkFeedOf500 is the home page of a member of 500 circles with 50 posts on it, from the session
// to the last byte, on an instance of 100,000 posts in 2,000 circles. One member is in every fourth
// circle, one in the 500 quietest.
//
// The limit is what no program could leave out: one search of an index for each of the circles and the
// rows of the posts, their authors and circles by their ids, in three statements prepared beforehand
// on a connection of its own; and the page's bytes, escaped once.
func BenchmarkFeedOf500(b *testing.B) {
	h := newHouseWith(b, func(o *Options) { o.Rows = benchRows })
	if h.db.Engine() != "sqlite" {
		b.Skip("the limit is measured on SQLite")
	}
	h.now = time.Now()
	cookies := map[string]string{"busy": h.signedIn("busy"), "quiet": h.signedIn("quiet")}
	h.fillFeeds(memberOf(h, "busy").Person, memberOf(h, "quiet").Person)
	limits := openLimits(b, h)
	for _, c := range []struct{ name, path, who string }{
		{"busy/hot", "/", "busy"}, {"busy/new", "/?sort=new", "busy"}, {"busy/top-week", "/?sort=top&t=week", "busy"},
		{"quiet/hot", "/", "quiet"}, {"quiet/new", "/?sort=new", "quiet"}, {"quiet/top", "/?sort=top&t=all", "quiet"}, {"quiet/top-week", "/?sort=top&t=week", "quiet"},
	} {
		b.Run(c.name, func(b *testing.B) {
			page := do(h.Server, "GET", c.path, "", "Cookie", cookies[c.who])
			html, err := io.ReadAll(page.Body)
			if err != nil {
				b.Fatal(err)
			}
			rows := strings.Count(string(html), `<article class="post`)
			if rows != benchRows && c.path != "/?sort=top&t=week" {
				b.Fatalf("%d posts on the page", rows)
			}
			limit := limits.measure(b, memberOf(h, c.who).Person, string(html))
			from := cpu(b)
			for b.Loop() {
				if resp := do(h.Server, "GET", c.path, "", "Cookie", cookies[c.who]); resp.StatusCode != 200 {
					b.Fatal(resp.StatusCode)
				}
			}
			each := float64(cpu(b)-from) / 1e6 / float64(b.N)
			b.ReportMetric(each, "cpu-ms/op")
			b.ReportMetric(limit, "cpu-ms-limit")
			b.ReportMetric(each/limit, "×limit")
			b.ReportMetric(float64(rows), "posts")
			b.ReportMetric(float64(len(html)>>10), "KiB")
		})
	}
}

// limits are the statements of the limit.
type limits struct{ heads, posts, people *sql.Stmt }

func openLimits(b *testing.B, h *house) *limits {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(h.dsn, "sqlite:")+"?_pragma=query_only(1)")
	h.must(err)
	b.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	prepare := func(query string) *sql.Stmt {
		s, err := db.Prepare(query)
		h.must(err)
		b.Cleanup(func() { s.Close() })
		return s
	}
	ids := strings.TrimSuffix(strings.Repeat("?,", benchRows), ",")
	return &limits{
		heads: prepare(`SELECT MAX(id) FROM (SELECT (SELECT p.id FROM post p WHERE p.circle = s.circle AND p.kind = 'post' AND p.state = 'visible'
			ORDER BY p.hot DESC, p.id DESC LIMIT 1) AS id FROM membership s WHERE s.person = ?)`),
		posts:  prepare(`SELECT id, title, author, circle, published, score, comments, substr(body_html, 1, 1200) FROM post WHERE id IN (` + ids + `)`),
		people: prepare(`SELECT id, name, host, display_name FROM actor WHERE id IN (` + ids + `)`),
	}
}

// measure returns the CPU time of the limit in milliseconds.
func (l *limits) measure(b *testing.B, person circles.PersonID, html string) float64 {
	b.Helper()
	var posts, actors []any
	at := html
	for range benchRows {
		_, rest, found := strings.Cut(at, `<article class="post`)
		if !found {
			break
		}
		at = rest
		_, id, _ := strings.Cut(at, `id="p`)
		id, _, _ = strings.Cut(id, `"`)
		n, err := circles.ParsePostID(id)
		if err != nil {
			b.Fatal(err)
		}
		posts = append(posts, int64(n))
	}
	for len(posts) < benchRows {
		posts = append(posts, int64(0))
	}
	once := func() {
		var head sql.NullInt64
		if err := l.heads.QueryRow(int64(person)).Scan(&head); err != nil {
			b.Fatal(err)
		}
		actors = actors[:0]
		each(b, l.posts, posts, 8, func(v []any) { actors = append(actors, v[2], v[3]) })
		for len(actors) < 2*benchRows {
			actors = append(actors, int64(0))
		}
		each(b, l.people, actors[:benchRows], 4, func([]any) {})
		each(b, l.people, actors[benchRows:], 4, func([]any) {})
		template.HTMLEscape(io.Discard, []byte(html))
	}
	const rounds = 20
	once()
	from := cpu(b)
	for range rounds {
		once()
	}
	return float64(cpu(b)-from) / 1e6 / rounds
}

// each reads the rows of a query.
func each(b *testing.B, s *sql.Stmt, args []any, columns int, f func([]any)) {
	rows, err := s.Query(args...)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	values, into := make([]any, columns), make([]any, columns)
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			b.Fatal(err)
		}
		f(values)
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
}

// fillFeeds makes circles and posts of one year.
func (h *house) fillFeeds(busy, quiet circles.PersonID) {
	h.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	now := h.clock()
	first := now.Add(-365 * 24 * time.Hour)
	person := func(i int) int64 { return int64(i+1) << 12 }
	circle := func(i int) circles.CircleID { return circles.CircleID(benchPeople+i+1) << 12 }
	h.must(h.db.Update(h.ctx(), func(tx *store.Tx) error {
		for i := range benchPeople {
			a := &circles.Actor{ID: circles.ActorID(person(i)), Kind: circles.KindPerson, Name: fmt.Sprint("person", i), DisplayName: fmt.Sprint("Person ", i)}
			a.URI = "/u/" + a.Name
			if i%2 == 0 {
				a.Host = "far.example"
				a.URI = "https://far.example" + a.URI
			}
			if err := tx.AddActor(a); err != nil {
				return err
			}
		}
		for i := range benchCircles {
			c := &circles.Circle{Actor: circles.Actor{ID: circle(i).Actor(), Kind: circles.KindCircle, Name: fmt.Sprint("circle", i), DisplayName: fmt.Sprint("Circle ", i),
				SummaryHTML: "<p>" + strings.Repeat("What this circle is about. ", 20) + "</p>"}, Visibility: circles.Public, Posting: circles.PostingOpen}
			c.URI = "/c/" + c.Name
			if i%10 != 0 {
				c.Host = "far.example"
				c.URI = "https://far.example" + c.URI
			}
			if err := tx.AddCircle(c); err != nil {
				return err
			}
			if i%(benchCircles/benchJoined) == 1 {
				if err := tx.SetRole(circle(i), busy, circles.RoleMember); err != nil {
					return err
				}
			}
			if i >= benchCircles-benchJoined {
				if err := tx.SetRole(circle(i), quiet, circles.RoleMember); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	body := "<p>" + strings.Repeat("words about an interest ", 60) + "</p>"
	zipf := rand.NewZipf(rng, 1.1, 1, benchCircles-1)
	for at := 0; at < benchPosts; {
		h.must(h.db.Update(h.ctx(), func(tx *store.Tx) error {
			for end := min(at+5000, benchPosts); at < end; at++ {
				c := int(zipf.Uint64())
				when := first.Add(time.Duration(float64(at) / benchPosts * float64(now.Sub(first)))).UnixMicro()
				score := int64(rng.ExpFloat64() * 20)
				id := circles.IDFloor(time.UnixMicro(when)) + int64(at%4096)
				p := &circles.Post{ID: circles.PostID(id), URI: fmt.Sprint("/post/", id), Kind: circles.IsPost, Circle: circle(c), Author: circles.PersonID(person(rng.IntN(benchPeople))),
					Root: circles.PostID(id), State: circles.Visible, Title: "A title about something that somebody found", Body: body, BodyHTML: body,
					Listed: true, LocalTo: c%10 == 0, Published: when, CreatedAt: when, Ups: score, Score: score, Hot: ranking.Hot(score, when),
					Scaled: ranking.Scaled(score, when, 50), Active: ranking.Active(score, when, when+3600e6), Controversy: ranking.Controversial(score, score/3)}
				if err := tx.AddPost(p); err != nil {
					return err
				}
				if err := tx.SavePostScore(p); err != nil {
					return err
				}
				if err := tx.BumpCircle(p.Circle, store.CircleChange{Posts: 1, PostedAt: when}); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}
