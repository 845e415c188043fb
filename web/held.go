package web

import (
	"net/http"
	"net/url"
	"strconv"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/text"
)

// held is /c/{name}/held: what waits for a moderator, the longest first.
func (s *Server) held(v *visit) error { return v.showHeld(http.StatusOK, nil, Form{}) }

func (v *visit) showHeld(status int, typed url.Values, form Form) error {
	id, c, err := v.gatePlace()
	if err != nil || c == nil {
		return orNoPage(err)
	}
	all, next, err := v.s.app.HeldIn(v.Request().Context(), v.who, id, v.QueryParam("after"))
	if err != nil {
		return err
	}
	view := HeldView{Page: v.page(v.l.T("held.title")), Form: form, Circle: v.s.circleRef(c), Tabs: v.deskTabs(c.CircleID(), c.Path()+"/mod", "held")}
	view.NoIndex = true
	for i := range all {
		row := v.heldRow(&all[i])
		if typed.Get("post") == row.ID {
			row.Reason, row.Problem = typed.Get("reason"), form.Problem("reason-"+row.ID)
		}
		view.Rows = append(view.Rows, row)
	}
	if next != "" {
		view.More = address(c.Path()+"/held", "after", next)
	}
	return v.show(status, "held", view)
}

func (v *visit) heldRow(h *app.Held) HeldRow {
	p := h.Post
	row := HeldRow{ID: p.ID.String(), Base: strconv.FormatInt(p.Rev, 10), What: Link{Label: p.Title, Href: placeOf(p.Root, p.ID)}, Excerpt: text.ExcerptHTML(p.BodyHTML, blurbLen), At: at(h.At),
		Until: at(h.Until), Why: h.Why.Say(v.l.Tag()), Mine: p.Author == v.who.Person, Note: h.Note, Edit: h.Edit}
	if h.Author != nil {
		row.Author = v.s.person(h.Author)
	}
	if row.What.Label == "" {
		row.What.Label = v.l.T("modlog.a-comment")
	}
	if row.Mine && !h.Elsewhere && (p.State == circles.Held || p.State == circles.Refused) {
		row.Appeal = appealPath(circles.AppealHeld, p.ID)
	}
	row.May = !row.Mine && !h.Decided && p.State == circles.Held
	switch {
	case !h.Decided:
	case !h.Refused:
		row.State = v.l.T("held.approved")
	case h.By == nil:
		row.State = v.l.T("held.unanswered")
	case h.Edit:
		row.State = v.l.T("held.edit-refused")
	default:
		row.State = v.l.T("held.refused")
	}
	return row
}

// heldPost is /post/{id}/held: why something waits, or waited, for its author and the moderators.
func (s *Server) heldPost(v *visit) error { return v.showHeldPost(http.StatusOK, "", Form{}) }

func (v *visit) showHeldPost(status int, reason string, form Form) error {
	id, err := v.postID()
	if err != nil {
		return err
	}
	h, err := v.s.app.Held(v.Request().Context(), v.who, id)
	if err != nil {
		return err
	}
	view := HeldView{Page: v.page(v.l.T("held.one")), Form: form}
	view.NoIndex = true
	row := v.heldRow(h)
	row.Reason, row.Problem = reason, form.Problem("reason-"+row.ID)
	view.Rows = []HeldRow{row}
	if row.Edit {
		view.Title = v.l.T("held.edit-refused")
	}
	return v.show(status, "heldpost", view)
}

// decideHeld lets something through or not: POST /post/{id}/held with do = approve or refuse, and reason.
func (s *Server) decideHeld(v *visit) error {
	id, err := v.postID()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	ctx := v.Request().Context()
	flash := "flash.approved"
	var base *int64
	if rev, err := strconv.ParseInt(f.Get("base"), 10, 64); err == nil {
		base = &rev
	}
	if f.Get("do") == "approve" {
		_, err = s.app.Approve(ctx, v.who, id, base)
	} else {
		flash, err = "flash.refused", s.app.Refuse(ctx, v.who, id, f.Get("reason"), base)
	}
	if err != nil {
		var form Form
		field := "reason-" + id.String()
		status, err := v.refused(&form, err, map[string]string{"reason": field, "": field})
		if err != nil {
			return err
		}
		return v.showHeldPost(status, f.Get("reason"), form)
	}
	if back := localPath(f.Get("back")); back != "/" {
		return v.onward(back, flash)
	}
	return v.onward("/post/"+id.String()+"/held", flash)
}
