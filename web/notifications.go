package web

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"halqa/circles"
	"halqa/internal/app"
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
	for _, g := range page.Groups {
		view.Unseen = view.Unseen || g.Unseen > 0
		view.Groups = append(view.Groups, v.told(g))
	}
	view.Unseen = view.Unseen || view.Viewer.Unseen > 0
	if page.Next != "" {
		view.More = address("/notifications", "after", page.Next)
	}
	return v.show(http.StatusOK, "notifications", view)
}

// told is what the reader was told of one thread.
func (v *visit) told(g app.NotificationGroup) NotificationGroup {
	out := NotificationGroup{Latest: g.Latest, Unseen: g.Unseen, Heading: Link{Label: v.l.T("notifications.followers")}}
	if n := g.Count - len(g.Shown); n > 0 {
		out.More = n
	}
	of := len(g.Shown) > 0 && g.Shown[0].Kind != app.ToldFollow
	switch {
	case of && g.Shown[0].Kind == app.ToldMoved:
		out.Heading.Label = v.l.T("notifications.moves")
	case of:
		out.Heading.Label = v.l.T("notifications.gone")
	}
	if g.Thread != nil {
		out.Thread, out.Heading = g.Thread.ID, Link{Label: g.Thread.Title, Href: g.Thread.Path()}
	}
	if g.Circle != nil {
		ref := v.s.circleRef(g.Circle)
		out.Circle = &ref
	}
	for _, n := range g.Shown {
		row := Notification{At: at(n.At), Seen: n.Seen, Excerpt: n.Excerpt, What: v.l.T("notifications." + string(n.Kind))}
		if n.Actor != nil {
			row.Who = v.s.person(n.Actor)
		}
		if n.Kind == app.ToldRemoved {
			// Who removed something is for other moderators to know, as in the public log.
			row.Who = PersonRef{Name: v.l.T("notifications.a-moderator")}
			if n.Post != nil && n.Post.Reason != "" {
				row.What = v.l.T("notifications.removed-reason", "Reason", n.Post.Reason)
			}
		}
		switch {
		case n.Post != nil:
			row.Href = placeIn(g.Thread, n.Post)
		case n.Actor != nil:
			row.Href = n.Actor.Path()
		}
		out.Shown = append(out.Shown, row)
	}
	return out
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
