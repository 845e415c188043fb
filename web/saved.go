package web

import (
	"net/http"

	"halqa/internal/app"
)

// items makes rows of a list of posts and comments. here is the page they stand on.
func (v *visit) items(all []app.Item, here string) []ItemRow {
	out := make([]ItemRow, 0, len(all))
	for _, x := range all {
		switch {
		case x.Post != nil:
			row := v.row(*x.Post, here, false)
			out = append(out, ItemRow{Post: &row})
		case x.Comment != nil:
			said := v.saying(*x.Comment)
			said.By = v.s.person(x.Comment.Author)
			said.Saver = Saver{ID: x.Comment.Comment.ID, Saved: x.Comment.Saved, May: v.member != nil, Back: here}
			out = append(out, ItemRow{Said: &said})
		}
	}
	v.countItems(out)
	return out
}

// saved is /saved.
func (s *Server) saved(v *visit) error {
	page, err := s.app.Saved(v.Request().Context(), v.who, v.QueryParam("after"), 0)
	if err != nil {
		return err
	}
	view := SavedView{Page: v.page(v.l.T("saved.title"))}
	view.NoIndex = true
	view.Items = v.items(page.Items, address("/saved", "after", v.QueryParam("after")))
	if page.Next != "" {
		view.More = address("/saved", "after", page.Next)
	}
	return v.show(http.StatusOK, "saved", view)
}

// save keeps a post or comment in the reader's list, unsave lets it go: POST /post/{id}/save. A script
// gets the button alone.
func (s *Server) save(v *visit) error   { return v.setSaved(true) }
func (s *Server) unsave(v *visit) error { return v.setSaved(false) }

func (v *visit) setSaved(saved bool) error {
	ctx := v.Request().Context()
	id, err := v.postID()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	set, flash := v.s.app.Save, "flash.saved-post"
	if !saved {
		set, flash = v.s.app.Unsave, "flash.unsaved-post"
	}
	if err := set(ctx, v.who, id); err != nil {
		return err
	}
	back := f.Get("back")
	if v.swapped() && back != "" {
		return v.HTML(http.StatusOK, string(v.s.pages.saver(v.l)(Saver{ID: id, Saved: saved, May: true, Back: back})))
	}
	if back != "" {
		return v.onward(localPath(back), flash)
	}
	root, err := v.s.app.Root(ctx, v.who, id)
	if err != nil {
		return v.onward("/saved", flash)
	}
	return v.onward(placeOf(root, id), flash)
}
