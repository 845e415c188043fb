package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/tips"
)

// unseen counts a member's notifications for the shell. A page without the number is better than none.
func (s *Server) unseen(c echo.Context, who circles.Viewer) int {
	if s.app == nil || c.Request().Method == http.MethodHead {
		return 0
	}
	n, err := s.app.UnseenNotifications(c.Request().Context(), who)
	if err != nil {
		return 0
	}
	return int(n)
}

// notifications is /notifications.
func (s *Server) notifications(v *visit) error {
	page, err := s.app.Notifications(v.Request().Context(), v.who, v.QueryParam("after"), 0)
	if err != nil {
		return err
	}
	view := NotificationsView{Page: v.page(v.l.T("notifications.title")), Latest: page.Latest}
	view.Section, view.NoIndex = "notifications", true
	sums, err := v.toldSums(page)
	if err != nil {
		return err
	}
	months, err := v.toldMonths(page)
	if err != nil {
		return err
	}
	for _, g := range page.Groups {
		view.Unseen = view.Unseen || g.Unseen > 0
		view.Groups = append(view.Groups, v.told(g, sums, months))
	}
	view.Unseen = view.Unseen || view.Viewer.Unseen > 0
	if page.Next != "" {
		view.More = address("/notifications", "after", page.Next)
	}
	return v.show(http.StatusOK, "notifications", view)
}

// toldSums are the amounts of the tips that the reader was told of, in words.
func (v *visit) toldSums(page *app.NotificationPage) (map[int64]string, error) {
	var ids []int64
	for _, g := range page.Groups {
		for _, n := range g.Shown {
			if n.Tip != 0 {
				ids = append(ids, n.Tip)
			}
		}
	}
	if v.s.tips == nil || len(ids) == 0 {
		return nil, nil
	}
	all, err := v.s.tips.Amounts(v.Request().Context(), v.who, ids)
	sums := map[int64]string{}
	for id, t := range all {
		sums[id] = v.sum(t.Amount, t.Asset)
	}
	return sums, err
}

// toldMonths are the months of tips that the reader was told of.
func (v *visit) toldMonths(page *app.NotificationPage) (map[int64]tips.Month, error) {
	since := int64(0)
	for _, g := range page.Groups {
		for _, n := range g.Shown {
			if n.Month != 0 && (since == 0 || n.Month < since) {
				since = n.Month
			}
		}
	}
	if v.s.tips == nil || since == 0 {
		return nil, nil
	}
	return v.s.tips.Months(v.Request().Context(), v.who, since)
}

// toldMonth says what the reader gave in a month, each sum beside their own limit of a day, and where the
// history of that month begins.
func (v *visit) toldMonth(months map[int64]tips.Month, code int64) (words, href string) {
	m, ok := months[code]
	if !ok { // this server has no tips any more
		return v.l.T("tips.title"), ""
	}
	now := v.s.options.Now().UnixMicro()
	var parts []string
	for _, s := range m.Sums {
		limit := int64(-1)
		for _, l := range m.Limits {
			if l.Asset == s.Asset {
				limit = l.At(now)
			}
		}
		if limit < 0 {
			parts = append(parts, v.l.T("notifications.month-free", "Sum", v.sum(s.Minor, s.Asset)))
			continue
		}
		parts = append(parts, v.l.T("notifications.month-sum", "Sum", v.sum(s.Minor, s.Asset), "Limit", v.sum(limit, s.Asset)))
	}
	words = v.l.T("notifications.month", "Count", m.People, "Month", m.Begins.Format(v.l.T("date.month-layout")), "Sums", strings.Join(parts, v.l.T("notifications.month-and")))
	return words, address("/tips", "before", idOf(m.Until))
}

// told is what the reader was told of one thread.
func (v *visit) told(g app.NotificationGroup, sums map[int64]string, months map[int64]tips.Month) NotificationGroup {
	out := NotificationGroup{Latest: g.Latest, Unseen: g.Unseen, Heading: Link{Label: v.l.T("notifications.followers")}}
	if n := g.Count - len(g.Shown); n > 0 {
		out.More = n
	}
	if len(g.Shown) > 0 {
		switch g.Shown[0].Kind {
		case app.ToldFollow:
		case app.ToldMoved:
			out.Heading.Label = v.l.T("notifications.moves")
		case app.ToldNotIn, app.ToldAtDoor:
			out.Heading.Label = v.l.T("notifications.doors")
		case app.ToldBanned:
			out.Heading.Label = v.l.T("notifications.bans")
		case app.ToldReport:
			out.Heading = Link{Label: v.l.T("mod.reports"), Href: "/mod"}
		case app.ToldAppeals:
			out.Heading = Link{Label: v.l.T("appeal.queue"), Href: "/mod"}
		case app.ToldGifts:
			out.Heading = Link{Label: v.l.T("gift.desk"), Href: "/mod"}
		case app.ToldAppealGranted, app.ToldAppealDenied, app.ToldAppealPassed:
			out.Heading = Link{Label: v.l.T("appeal.mine"), Href: "/appeals"}
		case app.ToldTip, app.ToldTipFailed, app.ToldTipBack, app.ToldPayee, app.ToldNote, app.ToldPacket, app.ToldMonth:
			out.Heading.Label = v.l.T("tips.title")
		default:
			out.Heading.Label = v.l.T("notifications.gone")
		}
	}
	if g.Thread != nil {
		out.Thread, out.Heading = g.Thread.ID, Link{Label: g.Thread.Title, Href: g.Thread.Path()}
	}
	if g.Circle != nil {
		ref := v.s.circleRef(g.Circle)
		out.Circle = &ref
	}
	for _, n := range g.Shown {
		row := Notification{At: at(n.At), Seen: n.Seen, Excerpt: n.Excerpt}
		switch n.Kind {
		case app.ToldBanned:
			v.toldOfBan(&row, n)
		case app.ToldNotIn, app.ToldAtDoor:
			row.What = v.l.T("notifications." + string(n.Kind))
			if n.Circle != nil {
				row.Who, row.Href = PersonRef{Name: "!" + v.s.handleOf(&n.Circle.Actor)}, n.Circle.Path()+"#door"
			}
		case app.ToldReport:
			v.toldWaits(&row, n, "/mod/site", "/mod")
		case app.ToldAppeals:
			v.toldWaits(&row, n, "/mod/appeals", "/appeals")
		case app.ToldGifts:
			v.toldWaits(&row, n, "/mod", "/gifts")
		case app.ToldAppealGranted, app.ToldAppealDenied, app.ToldAppealPassed:
			row.What, row.Href = v.l.T("notifications."+string(n.Kind)), "/appeals"
		case app.ToldMonth:
			row.What, row.Href = v.toldMonth(months, n.Month)
		default:
			row.What = v.l.T("notifications." + string(n.Kind))
		}
		if n.Actor != nil && n.Circle == nil {
			row.Who = v.s.person(n.Actor)
		}
		if n.Kind == app.ToldRemoved {
			// Who removed something is for other moderators to know, as in the public log.
			row.Who = PersonRef{Name: v.l.T("notifications.a-moderator")}
			if n.Post != nil && n.Post.Reason != "" {
				row.What = v.l.T("notifications.removed-reason", "Reason", n.Post.Reason)
			}
		}
		if sum := sums[n.Tip]; sum != "" {
			row.What += ": " + sum
		}
		switch {
		case n.Kind == app.ToldNote:
			row.Who, row.Href = PersonRef{Name: v.l.T("notifications.a-moderator")}, "/tips/"+idOf(n.Tip)
		case n.Kind == app.ToldPacket:
			row.Who, row.Href = PersonRef{}, "/packets/"+idOf(n.Packet)
		case n.Kind == app.ToldMonth:
			row.Who = PersonRef{}
		case n.Kind == app.ToldPayee:
			row.Who, row.Href = PersonRef{}, "/settings/tips"
		case n.Tip != 0:
			row.Href = "/tips/" + idOf(n.Tip)
		case n.Post != nil && (n.Kind == app.ToldHeld || n.Kind == app.ToldRefused || n.Kind == app.ToldApproved || n.Kind == app.ToldNoEdit):
			row.Href = "/post/" + n.Post.ID.String() + "/held"
		case n.Post != nil:
			row.Href = placeIn(g.Thread, n.Post)
		case n.Actor != nil && n.Circle == nil:
			row.Href = n.Actor.Path()
		}
		out.Shown = append(out.Shown, row)
	}
	return out
}

// toldOfBan says which circle has shut the reader out, until when and why. Who did it is for other
// moderators to know.
func (v *visit) toldOfBan(row *Notification, n app.Notification) {
	if n.Circle != nil {
		row.Who = PersonRef{Name: "!" + v.s.handleOf(&n.Circle.Actor)}
		row.Href = n.Circle.Path()
		if n.Circle.Local() {
			row.Href = banAppeal(n.Circle)
		}
	}
	row.What, row.Excerpt = v.l.T("notifications.banned"), n.Ban.Reason
	if n.Ban.Until != 0 {
		row.What = v.l.T("notifications.banned-until", "Time", v.l.Date(at(n.Ban.Until)))
	}
}

// toldWaits says how many reports or appeals wait in one list, which is at site, or at desk of a circle. What
// they are about and whose they are is read there.
func (v *visit) toldWaits(row *Notification, n app.Notification, site, desk string) {
	where := v.l.T("mod.site")
	row.Href = site
	if n.Circle != nil {
		where, row.Href = "!"+v.s.handleOf(&n.Circle.Actor), n.Circle.Path()+desk
	}
	row.What = v.l.T("notifications."+string(n.Kind), "Count", int(n.Waiting), "Where", where)
}

// placeIn is where a comment is read: in its whole thread while that fits on a page, so that everything
// new in it is seen at once.
func placeIn(thread, p *circles.Post) string {
	if thread == nil || p.ID == p.Root || thread.Comments > wholeThread || p.Depth > wholeDepth {
		return placeOf(p.Root, p.ID)
	}
	return "/post/" + p.Root.String() + "#c" + p.ID.String()
}

// seeNotifications marks them as seen: POST /notifications with upto, and thread for those of one.
func (s *Server) seeNotifications(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	upTo, err := strconv.ParseInt(f.Get("upto"), 10, 64)
	if err != nil || upTo < 0 {
		return circles.Errorf(circles.Invalid, "This form arrived damaged; open the page again and send it once more.").With("error.form", nil)
	}
	if err := s.app.SeeNotifications(v.Request().Context(), v.who, upTo, parseTo(f.Get("thread"))); err != nil {
		return err
	}
	return v.onward("/notifications", "flash.seen")
}

// watch sets what the reader wants to be told of a thread: POST /post/{id}/watch with wish follow, mute
// or none.
func (s *Server) watch(v *visit) error {
	ctx := v.Request().Context()
	id, err := v.postID()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	wish, flash := app.NoThreadWish, "flash.unwatched"
	switch f.Get("wish") {
	case "follow":
		wish, flash = app.FollowThread, "flash.watched"
	case "mute":
		wish, flash = app.MuteThread, "flash.muted-thread"
	}
	if err := s.app.SetThreadWish(ctx, v.who, id, wish); err != nil {
		return err
	}
	if back := f.Get("back"); back != "" {
		return v.onward(localPath(back), flash)
	}
	root, err := s.app.Root(ctx, v.who, id)
	if err != nil {
		return err
	}
	return v.onward("/post/"+root.String()+"#watch", flash)
}
