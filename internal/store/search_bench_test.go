package store

import (
	"context"
	"fmt"
	"testing"

	"halqa/circles"
	"halqa/internal/text"
)

// BenchmarkSearch looks for words in 50,000 posts: one that every post has, one of few, a pair of
// Chinese characters, and one that only a circle closed to the reader has.
func BenchmarkSearch(b *testing.B) {
	s := openBench(b)
	ctx := context.Background()
	const postN = 50_000
	must := func(f func(*Tx) error) {
		if err := s.Update(ctx, f); err != nil {
			b.Fatal(err)
		}
	}
	must(func(tx *Tx) error {
		if err := tx.AddActor(&circles.Actor{ID: 1, Kind: circles.KindPerson, Name: "ann", URI: "/u/ann"}); err != nil {
			return err
		}
		for id, v := range map[circles.ActorID]circles.Visibility{2: circles.Public, 3: circles.MembersOnly} {
			c := &circles.Circle{Actor: circles.Actor{ID: id, Kind: circles.KindCircle, Name: fmt.Sprint("c", id), URI: fmt.Sprint("/c/", id)}, Visibility: v, Posting: circles.PostingOpen}
			if err := tx.AddCircle(c); err != nil {
				return err
			}
		}
		return nil
	})
	for from := 0; from < postN; from += 500 {
		must(func(tx *Tx) error {
			for i := from; i < from+500; i++ {
				id := circles.PostID(i+10) << 12
				p := &circles.Post{ID: id, URI: fmt.Sprint("/post/", id), Kind: circles.IsPost, Circle: 2, Author: 1, Root: id, State: circles.Visible, Title: "x"}
				words := fmt.Sprintf("every word%d 第%d天的园艺日记", i%1000, i%97)
				if i%10 == 0 {
					p.Circle, words = 3, words+" hidden"
				}
				if err := tx.AddPost(p); err != nil {
					return err
				}
				if err := tx.IndexPost(WordsOf(p, words)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for _, query := range []string{"every", "word7", "园艺", "hidden", `"every word7"`, "every -word7 园艺"} {
		b.Run(query, func(b *testing.B) {
			for b.Loop() {
				err := s.View(ctx, func(tx *Tx) error {
					_, _, err := tx.SearchPosts(circles.Viewer{}, PostSearch{Terms: text.Query(query), Kind: circles.IsPost, Limit: 25})
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("index", func(b *testing.B) {
		i := 0
		for b.Loop() {
			must(func(tx *Tx) error {
				for range 100 {
					i++
					if err := tx.IndexPost(WordsOf(&circles.Post{ID: circles.PostID(i+10) << 12, Kind: circles.IsPost}, fmt.Sprintf("every word%d 第%d天的园艺日记", i, i))); err != nil {
						return err
					}
				}
				return nil
			})
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*100), "µs/post")
	})
}
