package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"halqa/circles"
	"halqa/circles/ranking"
)

// A planner notes how SQLite means to run each query that reads.
type planner struct {
	querier
	steps   []string
	queries int
}

// exec explains a statement that writes, and changes nothing.
func (p *planner) exec(ctx context.Context, query string, args []any) (sql.Result, error) {
	p.queries++
	rows, err := p.querier.query(ctx, "EXPLAIN QUERY PLAN "+query, args)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			return nil, err
		}
		p.steps = append(p.steps, step)
	}
	return driver.RowsAffected(0), rows.Err()
}

func (p *planner) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	p.queries++
	rows, err := p.querier.query(ctx, "EXPLAIN QUERY PLAN "+query, args)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			return nil, err
		}
		p.steps = append(p.steps, step)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return p.querier.query(ctx, query, args)
}

// TestReadsSearchIndexes sees that no page walks through a whole table, and in how many queries it is
// read.
func TestReadsSearchIndexes(t *testing.T) {
	s, err := Open(t.Context(), Options{DSN: "sqlite:" + filepath.Join(t.TempDir(), "halqa.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	v := circles.Viewer{Person: 5, Role: circles.SiteMember}
	after, posts := Mark{Key: 5, ID: 6}, []circles.PostID{1, 2}

	type read struct {
		name    string
		queries int      // at most
		scans   []string // tables that are walked through, knowingly
		f       func(tx *Tx) error
	}
	reads := []read{
		{"below", 1, nil, func(tx *Tx) error { _, err := tx.Below(posts, ranking.ByHot, 8, 10); return err }},
		{"hidden", 1, nil, func(tx *Tx) error { _, err := tx.HiddenBelow(posts, posts, 10); return err }},
		{"author's answers", 1, nil, func(tx *Tx) error {
			_, _, err := tx.AuthorsAnswers(&circles.Post{ID: 1, Author: 2}, 5, 10, 100)
			return err
		}},
		{"around", 1, nil, func(tx *Tx) error { _, err := tx.Around(posts, 3); return err }},
		{"above", 1, nil, func(tx *Tx) error { _, err := tx.Above(1, 10); return err }},
		{"posts by", 1, nil, func(tx *Tx) error { _, err := tx.PostsBy(v, 1, circles.IsPost, after, 10); return err }},
		{"directory", 1, []string{"c"}, func(tx *Tx) error {
			_, err := tx.DirectoryPage(v, Directory{Limit: 10, After: after}) // local-only circles have no index
			return err
		}},
		{"directory for visitors", 1, []string{"c"}, func(tx *Tx) error {
			_, err := tx.DirectoryPage(circles.Viewer{}, Directory{Limit: 10, After: after})
			return err
		}},
		{"outbox of a person", 1, nil, func(tx *Tx) error { _, err := tx.FederatedPostsBy(1, 10); return err }},
		{"outbox of a circle", 1, nil, func(tx *Tx) error { _, err := tx.FederatedPostsIn(1, 10); return err }},
		{"context", 1, nil, func(tx *Tx) error { _, err := tx.ThreadIDs(1, 5, 10); return err }},
		{"bans", 1, nil, func(tx *Tx) error { _, err := tx.Bans(1, after, 10); return err }},
		{"bans of", 1, nil, func(tx *Tx) error { _, err := tx.BansOf(1, 10); return err }},
		{"next removal", 1, []string{"b USING INDEX block_removing"}, func(tx *Tx) error { // what is under way
			_, err := tx.NextRemoval()
			return err
		}},
		{"standing posts of", 1, nil, func(tx *Tx) error { _, err := tx.StandingPostsOf(1, 2, 10); return err }},
		{"pending followers", 1, nil, func(tx *Tx) error { _, err := tx.PendingFollowers(1, 10); return err }},
		{"reports", 1, nil, func(tx *Tx) error { _, err := tx.Reports(ReportQueue{Circle: 1, After: 5, Limit: 10}); return err }},
		{"decided reports", 1, nil, func(tx *Tx) error {
			_, err := tx.Reports(ReportQueue{Circle: 1, Decided: true, Limit: 10})
			return err
		}},
		{"reports of the site", 1, nil, func(tx *Tx) error { _, err := tx.Reports(ReportQueue{After: 5, Limit: 10}); return err }},
		{"complaints of a server", 1, nil, func(tx *Tx) error { _, err := tx.ComplaintsFrom("far.example", 5); return err }},
		{"modlog of a circle", 1, nil, func(tx *Tx) error { _, err := tx.ModLog(v, 1, 5, 10); return err }},
		{"modlog", 1, nil, func(tx *Tx) error { _, err := tx.ModLog(v, 0, 5, 10); return err }},
		{"active in", 1, []string{"people"}, func(tx *Tx) error { _, err := tx.ActiveIn(1, 5); return err }},
		{"live circles", 1, nil, func(tx *Tx) error { _, err := tx.LiveCircles(5, 1, 10); return err }},
		{"policies", 1, nil, func(tx *Tx) error { _, err := tx.Policies("a", 10); return err }},
		{"moderators", 1, nil, func(tx *Tx) error { _, err := tx.Moderators(1); return err }},
		{"people of a circle", 1, nil, func(tx *Tx) error { _, err := tx.Members(1, after, 10); return err }},
		{"first people of a circle", 1, nil, func(tx *Tx) error { _, err := tx.Members(1, Mark{}, 10); return err }},
		{"standing among people", 1, nil, func(tx *Tx) error { _, err := tx.StandingAmong(1, []circles.PersonID{5, 6}); return err }},
		{"requests to join", 1, nil, func(tx *Tx) error { _, err := tx.Pending(1, 10); return err }},
		{"circles of", 1, nil, func(tx *Tx) error { _, err := tx.CirclesOf(v, 5, false, 10); return err }},
		{"some circles of", 1, nil, func(tx *Tx) error { _, err := tx.SomeCirclesOf(v, 5, 10); return err }},
		{"is a member", 1, nil, func(tx *Tx) error { _, err := tx.IsMember(5); return err }},
		{"followers", 1, nil, func(tx *Tx) error { _, err := tx.FollowerCount(1); return err }},
		{"reached", 1, nil, func(tx *Tx) error {
			_, err := tx.Reached(&circles.Post{CreateSeq: 1, AnnounceSeq: 2, Author: 3, Circle: 4})
			return err
		}},
		{"session", 1, nil, func(tx *Tx) error {
			if _, _, err := tx.SessionAccount("x"); !circles.Is(err, circles.NotFound) {
				return fmt.Errorf("unknown session: %v", err)
			}
			return nil
		}},
		{"leads", 1, nil, func(tx *Tx) error { _, err := tx.PostLeads(posts); return err }},
		{"texts", 1, nil, func(tx *Tx) error { _, err := tx.CommentTexts(1, posts); return err }},
		{"photos", 2, nil, func(tx *Tx) error { _, err := tx.AllPhotos(posts); return err }},
		{"leads of a person", 1, nil, func(tx *Tx) error { _, err := tx.Leads(1, posts); return err }},
		{"readings", 1, nil, func(tx *Tx) error { _, err := tx.Readings(1, posts); return err }},
		{"drafts", 1, nil, func(tx *Tx) error { _, err := tx.Drafts(v, 10); return err }},
		{"quoted that are due", 1, nil, func(tx *Tx) error { _, err := tx.DueQuoted(10); return err }},
		{"quoted that are old", 1, nil, func(tx *Tx) error { _, err := tx.ForgetQuoted(5, 10); return err }},
		{"wanting what is quoted", 1, []string{ /* no further than maxQuoted */ "q USING COVERING INDEX quoted_due"}, func(tx *Tx) error { return tx.WantQuoted("https://example.org/1") }},
		{"old drafts", 1, nil, func(tx *Tx) error { _, err := tx.OldDrafts(5, 10); return err }},
		{"photos of a draft", 1, nil, func(tx *Tx) error { _, err := tx.PhotosOfDraft(1, "x"); return err }},
		{"crossposts", 2, nil, func(tx *Tx) error {
			_, err := tx.Crossposts(v, &circles.Post{ID: 1, URI: "/post/1", Link: "https://a.example", CrossOf: "/post/2"}, []string{"https://h.example/post/1"}, 5)
			return err
		}},
		{"lists of", 1, nil, func(tx *Tx) error { _, err := tx.ListsOf(1, false, 2, 10); return err }},
		{"circles in a list", 1, nil, func(tx *Tx) error { _, err := tx.CirclesIn(v, 1, false, 10); return err }},
		{"saved", 1, nil, func(tx *Tx) error { _, err := tx.SavedPage(v, after, 10); return err }},
		{"notifications", 2, nil, func(tx *Tx) error { _, err := tx.Notifications(v); return err }},
		{"unseen notifications", 2, nil, func(tx *Tx) error { _, err := tx.UnseenNotifications(v, 100); return err }},
		{"popular tags", 1, nil, func(tx *Tx) error { _, err := tx.PopularTags(5, 10); return err }},
		{"wishes about tags", 1, nil, func(tx *Tx) error { _, err := tx.TagWishes(1); return err }},
	}
	for _, o := range ranking.CommentOrders() {
		reads = append(reads, read{"answers by " + string(o), 1, nil, func(tx *Tx) error {
			_, err := tx.Answers(1, 1, o, after, 10)
			return err
		}})
	}
	for _, f := range []Feed{{Scope: FeedAll}, {Scope: FeedCircle, Circle: 4}, {Scope: FeedSubscribed}, {Scope: FeedLocal}, {Scope: FeedTag, Tag: "x"}, {Scope: FeedList, List: 1}, {Scope: FeedList, List: 1, Own: true}} {
		for _, f.Order = range []ranking.Order{ranking.ByHot, ranking.ByActive, ranking.ByNew, ranking.ByTop} {
			for _, f.Window = range []time.Duration{0, time.Hour, 7 * fewDays} {
				f := f
				f.Limit, f.After = 10, after
				reads = append(reads, read{fmt.Sprintf("feed %s by %s of %s", f.Scope, f.Order, f.Window), 5, nil, func(tx *Tx) error {
					_, err := tx.FeedPage(v, f)
					return err
				}})
				if f.Scope == FeedSubscribed || f.Scope == FeedLocal || f.Scope == FeedList {
					scans := []string{"c"} // circles that live here are found among all
					if f.Scope != FeedLocal {
						scans = nil
					}
					reads = append(reads, read{fmt.Sprintf("merged feed %s by %s of %s", f.Scope, f.Order, f.Window), 2, scans, func(tx *Tx) error {
						_, err := tx.FeedMerge(v, f)
						return err
					}})
				}
			}
		}
	}
	// Whoever has wishes of every sort asks the same, with more conditions.
	err = s.Update(t.Context(), func(tx *Tx) error {
		for _, id := range []circles.PersonID{5, 6} {
			if err := tx.AddActor(&circles.Actor{ID: id.Actor(), Kind: circles.KindPerson, Name: id.String(), URI: "/u/" + id.String()}); err != nil {
				return err
			}
		}
		for tag, wish := range map[string]TagWish{"x": FollowTag, "y": BlockTag} {
			if err := tx.SetTagWish(5, tag, wish); err != nil {
				return err
			}
		}
		if err := tx.SetMute(5, 6, true); err != nil {
			return err
		}
		return tx.SetHostBlock(5, "far.example", true)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reads {
		err := s.View(t.Context(), func(tx *Tx) error {
			p := &planner{querier: tx.q}
			tx.q = p
			if err := r.f(tx); err != nil {
				return err
			}
			if p.queries > r.queries {
				t.Errorf("%s takes %d queries, want at most %d", r.name, p.queries, r.queries)
			}
			for _, step := range p.steps {
				table, ok := strings.CutPrefix(step, "SCAN ")
				// What a query makes itself is called t, u, w, x or d here.
				if ok && !slices.Contains([]string{"t", "u", "w", "x", "d", "CONSTANT ROW"}, table) && !slices.Contains(r.scans, table) {
					t.Errorf("%s: %s", r.name, step)
				}
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", r.name, err)
		}
	}
}
