package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"halqa/circles"
	"halqa/circles/ranking"
)

// BenchmarkFeed reads one page of 50 places and the cards for it on an instance of 100,000 posts in
// 2,000 circles, as a member of 500 of them. Circles are as busy as Zipf's law has them.
func BenchmarkFeed(b *testing.B) {
	s := openBench(b)
	busy, quiet := fillFeeds(b, s, 2_000, 100_000)
	for _, c := range []struct {
		name   string
		viewer circles.PersonID
		feed   Feed
	}{
		{"all/hot", busy, Feed{Scope: FeedAll, Order: ranking.ByHot}},
		{"all/new", busy, Feed{Scope: FeedAll, Order: ranking.ByNew}},
		{"all/top-day", busy, Feed{Scope: FeedAll, Order: ranking.ByTop, Window: 24 * time.Hour}},
		{"all/top-week", busy, Feed{Scope: FeedAll, Order: ranking.ByTop, Window: 7 * 24 * time.Hour}},
		{"all/top", busy, Feed{Scope: FeedAll, Order: ranking.ByTop}},
		{"all/controversial-week", busy, Feed{Scope: FeedAll, Order: ranking.ByControversial, Window: 7 * 24 * time.Hour}},
		{"all/scaled", busy, Feed{Scope: FeedAll, Order: ranking.ByScaled}},
		{"local/hot", busy, Feed{Scope: FeedLocal, Order: ranking.ByHot}},
		{"circle/hot", busy, Feed{Scope: FeedCircle, Circle: 5 << 12, Order: ranking.ByHot}},
		{"subscribed-busy/hot", busy, Feed{Scope: FeedSubscribed, Order: ranking.ByHot}},
		{"subscribed-busy/new", busy, Feed{Scope: FeedSubscribed, Order: ranking.ByNew}},
		{"subscribed-quiet/hot", quiet, Feed{Scope: FeedSubscribed, Order: ranking.ByHot}},
		{"subscribed-quiet/active", quiet, Feed{Scope: FeedSubscribed, Order: ranking.ByActive}},
		{"subscribed-quiet/new", quiet, Feed{Scope: FeedSubscribed, Order: ranking.ByNew}},
		{"subscribed-quiet/top-week", quiet, Feed{Scope: FeedSubscribed, Order: ranking.ByTop, Window: 7 * 24 * time.Hour}},
		{"subscribed-quiet/top", quiet, Feed{Scope: FeedSubscribed, Order: ranking.ByTop}},
		{"list-quiet/hot", busy, Feed{Scope: FeedList, List: 1, Order: ranking.ByHot}},
		{"list-quiet/new", busy, Feed{Scope: FeedList, List: 1, Order: ranking.ByNew}},
		{"list-quiet/top-week", busy, Feed{Scope: FeedList, List: 1, Order: ranking.ByTop, Window: 7 * 24 * time.Hour}},
	} {
		c.feed.Limit = 50
		v := circles.Viewer{Person: c.viewer, Role: circles.SiteMember}
		b.Run(c.name, func(b *testing.B) {
			before := cpuTime()
			n := 0
			for b.Loop() {
				err := s.View(context.Background(), func(tx *Tx) error {
					page, err := tx.FeedPage(v, c.feed)
					n = len(page)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(cpuTime()-before)/1e6/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(n), "posts")
		})
	}
	b.Run("merge-only", func(b *testing.B) {
		benchPart(b, s, busy, func(tx *Tx, q feedQuery) ([]Mark, error) { return tx.feedMerge(q) })
	})
	b.Run("walk-only-quiet", func(b *testing.B) {
		benchPart(b, s, quiet, func(tx *Tx, q feedQuery) ([]Mark, error) { return tx.feedWalk(q, Mark{}) })
	})
}

func benchPart(b *testing.B, s *Store, person circles.PersonID, f func(*Tx, feedQuery) ([]Mark, error)) {
	q := feedQuery{Feed: Feed{Scope: FeedSubscribed, Order: ranking.ByHot, Limit: 50}, viewer: circles.Viewer{Person: person, Role: circles.SiteMember}, key: "hot"}
	before := cpuTime()
	n := 0
	for b.Loop() {
		if err := s.View(context.Background(), func(tx *Tx) error {
			page, err := f(tx, q)
			n = len(page)
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpuTime()-before)/1e6/float64(b.N), "cpu-ms/op")
	b.ReportMetric(float64(n), "posts")
}

func openBench(b *testing.B) *Store {
	b.Helper()
	s, err := Open(context.Background(), Options{DSN: "sqlite:" + filepath.Join(b.TempDir(), "bench.db")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// cpuTime is what this process has used, in nanoseconds.
func cpuTime() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// fillFeeds makes circles and posts of one year, and two people: one is in every fourth circle, busy
// and quiet alike, one in the 500 quietest.
func fillFeeds(b *testing.B, s *Store, circleN, postN int) (busy, quiet circles.PersonID) {
	b.Helper()
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(1, 2))
	start := time.Now().Add(-365 * 24 * time.Hour)
	const people = 1000
	body := "<p>"
	for range 60 {
		body += "words about an interest "
	}
	person := func(i int) int64 { return int64(1_000_000+i) << 12 }
	err := s.Update(ctx, func(tx *Tx) error {
		for i := range people {
			name := fmt.Sprintf("person%d", i)
			if err := tx.AddActor(&circles.Actor{ID: circles.ActorID(person(i)), Kind: circles.KindPerson, Name: name, URI: "/u/" + name}); err != nil {
				return err
			}
		}
		if err := tx.AddList(&circles.List{ID: 1, Person: circles.PersonID(person(1)), Slug: "quiet", Title: "Quiet", Public: true}); err != nil {
			return err
		}
		for i := range circleN {
			id := circles.ActorID(i+1) << 12
			c := &circles.Circle{Actor: circles.Actor{ID: id, Kind: circles.KindCircle, Name: fmt.Sprintf("circle%d", i), URI: fmt.Sprintf("/c/circle%d", i)},
				Visibility: circles.Public, Posting: circles.PostingOpen}
			if i%10 != 0 {
				c.Host, c.URI = "far.example", "https://far.example"+c.URI
			}
			if err := tx.AddCircle(c); err != nil {
				return err
			}
			if i%4 == 1 {
				if err := tx.SetRole(c.CircleID(), circles.PersonID(person(0)), circles.RoleMember); err != nil {
					return err
				}
			}
			if i >= circleN-100 {
				if err := tx.PutInList(1, c.CircleID(), true); err != nil {
					return err
				}
			}
			if i >= circleN-500 {
				if err := tx.SetRole(c.CircleID(), circles.PersonID(person(1)), circles.RoleMember); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	zipf := rand.NewZipf(rng, 1.1, 1, uint64(circleN-1))
	for at := 0; at < postN; {
		err := s.Update(ctx, func(tx *Tx) error {
			for end := min(at+5000, postN); at < end; at++ {
				c := int64(zipf.Uint64())
				when := start.Add(time.Duration(float64(at) / float64(postN) * float64(365*24*time.Hour))).UnixMicro()
				score := int64(rng.ExpFloat64() * 20)
				id := circles.IDFloor(time.UnixMicro(when)) + int64(at%4096)
				p := &circles.Post{ID: circles.PostID(id), URI: fmt.Sprintf("/post/%d", id), Kind: circles.IsPost, Circle: circles.CircleID((c + 1) << 12),
					Author: circles.PersonID(person(rng.IntN(people))), Root: circles.PostID(id), State: circles.Visible, Title: "A title about something",
					Body: body, BodyHTML: body, Listed: true, LocalTo: c%10 == 0, Published: when, CreatedAt: when,
					Hot: ranking.Hot(score, when), Scaled: ranking.Scaled(score, when, 50), Active: ranking.Active(score, when, when+3600e6),
					Controversy: ranking.Controversial(score, score/3)}
				if err := tx.AddPost(p); err != nil {
					return err
				}
				p.Ups, p.Score = score, score
				if err := tx.SavePostScore(p); err != nil {
					return err
				}
				if err := tx.BumpCircle(p.Circle, CircleChange{Posts: 1, PostedAt: when}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return circles.PersonID(person(0)), circles.PersonID(person(1))
}
