package web

import (
	"net/http"
	"net/url"

	"halqa/internal/app"
)

const popularTags = 20 // beside the posts of a tag

// tag is /tag/{tag}: its posts, and what the reader wants of it.
func (s *Server) tag(v *visit) error {
	ctx := v.Request().Context()
	page, err := v.readTag()
	if err != nil {
		return err
	}
	path := tagPath(page.Tag)
	l := v.listing(path)
	feed, err := s.app.Feed(ctx, v.who, app.FeedQuery{Scope: app.Tagged, Tag: page.Tag, Sort: l.sort, Window: l.window,
		Unread: v.hidesRead(l), Cursor: v.QueryParam("after"), Limit: s.options.Rows})
	if err != nil {
		return err
	}
	popular, err := s.app.PopularTags(ctx, v.who, popularTags)
	if err != nil {
		return err
	}
	view := TagView{Page: v.page("#" + page.Tag), Tag: page.Tag, Path: path, Wish: string(page.Wish), Feed: v.feed(l, feed, false)}
	view.Canonical = s.options.Origin + path
	for _, t := range popular {
		view.Popular = append(view.Popular, TagRow{Link: Link{Label: "#" + t.Tag, Href: tagPath(t.Tag)}, People: int(t.People)})
	}
	if v.member != nil {
		followed, _, err := s.app.TagWishes(ctx, v.who)
		if err != nil {
			return err
		}
		for _, t := range followed {
			view.Followed = append(view.Followed, Link{Label: "#" + t, Href: tagPath(t)})
		}
	}
	return v.show(http.StatusOK, "tag", view)
}

func tagPath(tag string) string { return "/tag/" + url.PathEscape(tag) }

func (v *visit) readTag() (*app.TagPage, error) {
	tag, err := url.PathUnescape(v.Param("tag"))
	if err != nil {
		return nil, noPage
	}
	return v.s.app.Tag(v.Request().Context(), v.who, tag)
}

// wishTag follows or blocks a tag, or neither: POST /tag/{tag} with wish follow, block or none.
func (s *Server) wishTag(v *visit) error {
	page, err := v.readTag()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	wish, flash := app.NoTagWish, "flash.tag-none"
	switch f.Get("wish") {
	case "follow":
		wish, flash = app.FollowTag, "flash.tag-followed"
	case "block":
		wish, flash = app.BlockTag, "flash.tag-blocked"
	}
	if err := s.app.SetTagWish(v.Request().Context(), v.who, page.Tag, wish); err != nil {
		return err
	}
	back := tagPath(page.Tag)
	if f.Get("back") != "" {
		back = localPath(f.Get("back"))
	}
	return v.onward(back, flash)
}
