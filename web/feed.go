package web

import (
	"net/http"

	"halqa/circles"
	"halqa/circles/ranking"
	"halqa/internal/app"
)

// A listing is what the address of a page with a list of posts asks for.
type listing struct {
	path   string
	feed   string // of the home page: "mine", "local" or "all"
	sort   ranking.Order
	window app.Window
	read   bool // what was read is shown although the reader leaves it out elsewhere
}

// listing reads the sort and the window. What is unknown is the default.
func (v *visit) listing(path string) listing {
	l := listing{path: path, sort: ranking.ParseOrder(v.QueryParam("sort"), ranking.FeedOrders()), window: "day", read: v.QueryParam("read") == "1"}
	for _, w := range app.Windows() {
		if string(w) == v.QueryParam("t") {
			l.window = w
		}
	}
	return l
}

// href is the address of this list, its first page or the one after a cursor.
func (l listing) href(after string) string {
	sort, window := string(l.sort), ""
	if l.sort == ranking.ByTop || l.sort == ranking.ByControversial {
		if window = string(l.window); window == "day" {
			window = ""
		}
	}
	if l.sort == ranking.ByHot {
		sort = ""
	}
	read := ""
	if l.read {
		read = "1"
	}
	return address(l.path, "feed", l.feed, "sort", sort, "t", window, "read", read, "after", after)
}

// feed makes the list with its tabs. in says that it is a circle's own.
func (v *visit) feed(l listing, page *app.FeedPage, in bool) Feed {
	f := Feed{}
	for _, o := range ranking.FeedOrders() {
		other := l
		other.sort = o
		f.Sorts = append(f.Sorts, Tab{Label: v.l.T("sort." + string(o)), Href: other.href(""), Current: o == l.sort})
	}
	if l.sort == ranking.ByTop || l.sort == ranking.ByControversial {
		for _, w := range app.Windows() {
			other := l
			other.window = w
			f.Windows = append(f.Windows, Tab{Label: v.l.T("window." + string(w)), Href: other.href(""), Current: w == l.window})
		}
	}
	here := l.href(v.QueryParam("after"))
	for _, c := range page.Posts {
		v.shows(c.Circle)
		f.Posts = append(f.Posts, v.row(c, here, in))
	}
	v.countTips(f.Posts)
	if page.Next != "" {
		f.More = l.href(page.Next)
	}
	if v.hidesRead(l) {
		all := l
		all.read = true
		f.ShowAll = all.href("")
	}
	return f
}

// hidesRead reports whether this list leaves out what its reader has read.
func (v *visit) hidesRead(l listing) bool {
	return v.member != nil && v.member.Settings.HideRead && !l.read
}

const (
	marginCircles = 12 // circles beside a feed
	openCircles   = 6  // of them to write in
)

// home is "/": what this place is for a visitor, the feeds for a member.
func (s *Server) home(v *visit) error {
	ctx := v.Request().Context()
	view := HomeView{Page: v.page(""), Fresh: s.accounts != nil && !s.siteNow(ctx).SetUp}
	view.Section, view.Canonical = "home", s.options.Origin+"/"
	view.About = view.Site.About
	own, joined, err := s.app.MarginCircles(ctx, v.who, 2*marginCircles) // one may write in some of them only
	if err != nil {
		return err
	}
	view.Joined = joined
	l := v.listing("/")
	q := app.FeedQuery{Sort: l.sort, Window: l.window, Unread: v.hidesRead(l), Cursor: v.QueryParam("after"), Limit: s.options.Rows}
	feeds := []string{"local", "all"}
	first := "all"
	if v.member != nil {
		feeds = []string{"mine", "local", "all"}
		if view.Joined {
			first = "mine"
		}
	}
	chosen := oneOf(v.QueryParam("feed"), feeds...)
	if chosen == "" {
		chosen = first
	}
	for _, f := range feeds {
		other := l
		if f != first {
			other.feed = f
		}
		view.Tabs = append(view.Tabs, Tab{Label: v.l.T("home." + f), Href: other.href(""), Current: f == chosen})
	}
	if chosen != first {
		l.feed = chosen
	}
	q.Scope = map[string]app.Scope{"mine": app.Subscribed, "local": app.Local, "all": app.All}[chosen]
	page, err := s.app.Feed(ctx, v.who, q)
	if err != nil {
		return err
	}
	if v.member != nil {
		if view.Lists, err = v.ownLists(0); err != nil {
			return err
		}
	}
	tabs := view.Tabs
	view.Feed = v.feed(l, page, false)
	view.Tabs = tabs
	if view.Joined {
		view.Circles = v.directoryRows(own[:min(len(own), marginCircles)])
		for _, r := range own {
			if len(view.Open) < openCircles && mayStart(r) {
				view.Open = append(view.Open, s.circleRef(r.Circle))
			}
		}
		return v.show(http.StatusOK, "home", view)
	}
	lively, err := s.app.Directory(ctx, v.who, app.DirectoryQuery{Limit: marginCircles})
	if err != nil {
		return err
	}
	for _, r := range lively.Rows {
		v.shows(r.Circle)
	}
	view.Circles = v.directoryRows(lively.Rows)
	return v.show(http.StatusOK, "home", view)
}

// mayStart guesses whether a member may start posts in one of their circles; the composer knows.
func mayStart(r app.CircleRow) bool {
	return r.Role.Member() && (r.Circle.Posting == circles.PostingOpen || r.Role.Operates())
}
