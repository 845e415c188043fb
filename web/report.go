package web

import (
	"net/http"
	"strconv"

	"halqa/circles"
	"halqa/internal/moderation"
	"halqa/internal/text"
)

// A complaint is what a form of reports is about.
type complaint struct {
	target    circles.ReportTarget
	title     string
	subject   string // plain text
	back      string
	elsewhere string            // the server that is told as well; "" = none
	letter    circles.MessageID // a private message, which is not among the targets
}

func (v *visit) aboutPost() (complaint, error) {
	id, err := v.postID()
	if err != nil {
		return complaint{}, err
	}
	p, err := v.s.app.Source(v.Request().Context(), v.who, id)
	if err != nil {
		return complaint{}, err
	}
	if p.Notice {
		return complaint{}, noPage
	}
	c := complaint{target: circles.ReportTarget{Post: id}, title: v.l.T("report.post"), subject: p.Post.Title, back: placeOf(p.Post.Root, id)}
	if p.Post.Kind == circles.IsComment {
		c.title, c.subject = v.l.T("report.comment"), text.ExcerptHTML(p.Post.BodyHTML, blurbLen)
	}
	switch {
	case p.Circle != nil && !p.Circle.Local():
		c.elsewhere = p.Circle.Host
	case p.Author != nil && !p.Author.Local():
		c.elsewhere = p.Author.Host
	}
	return c, nil
}

func (v *visit) aboutPerson() (complaint, error) {
	p, err := v.readPerson()
	if err != nil {
		return complaint{}, err
	}
	return complaint{target: circles.ReportTarget{Person: circles.PersonID(p.ID)}, title: v.l.T("report.person", "Name", v.s.person(p).Label()),
		back: p.Path(), elsewhere: p.Host}, nil
}

func (v *visit) aboutACircle() (complaint, error) {
	page, err := v.readCircle()
	if err != nil {
		return complaint{}, err
	}
	c := page.Circle
	return complaint{target: circles.ReportTarget{Circle: c.CircleID()}, title: v.l.T("report.circle", "Name", c.Title()), back: c.Path(), elsewhere: c.Host}, nil
}

// reportForm and sendReport make the handlers of /post/{id}/report, /u/{name}/report and /c/{name}/report.
func (s *Server) reportForm(about func(*visit) (complaint, error)) func(*visit) error {
	return func(v *visit) error {
		if s.moderation == nil {
			return noPage
		}
		c, err := about(v)
		if err != nil {
			return err
		}
		return v.show(http.StatusOK, "report", v.reportView(c, "", ""))
	}
}

func (v *visit) reportView(c complaint, category, words string) ReportView {
	view := ReportView{Page: v.page(c.title), Action: v.Request().URL.Path, Subject: c.subject, Back: Link{Href: c.back}, Elsewhere: c.elsewhere, Words: words, Letter: c.letter != 0}
	view.NoIndex = true
	for _, k := range circles.ReportCategories() {
		view.Categories = append(view.Categories, Option{Value: string(k), Label: v.l.T("moderation.category." + string(k)), Selected: string(k) == category})
	}
	return view
}

func (s *Server) sendReport(about func(*visit) (complaint, error)) func(*visit) error {
	return func(v *visit) error {
		if s.moderation == nil {
			return noPage
		}
		c, err := about(v)
		if err != nil {
			return err
		}
		f, err := v.form()
		if err != nil {
			return err
		}
		if c.letter != 0 {
			err = s.moderation.ReportMessage(v.Request().Context(), v.who, c.letter, circles.ReportCategory(f.Get("category")), f.Get("text"))
		} else {
			err = s.moderation.Report(v.Request().Context(), v.who, moderation.NewReport{Target: c.target,
				Category: circles.ReportCategory(f.Get("category")), Text: f.Get("text")})
		}
		if err == nil {
			return v.onward(c.back, "flash.reported")
		}
		view := v.reportView(c, f.Get("category"), f.Get("text"))
		status, err := v.refused(&view.Form, err, nil)
		if err != nil {
			return err
		}
		return v.show(status, "report", view)
	}
}

// parseNumber reads a positive number that one of our own forms carries.
func parseNumber(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return 0, circles.Errorf(circles.Invalid, "This form arrived damaged; open the page again and send it once more.").With("error.form", nil)
	}
	return n, nil
}
