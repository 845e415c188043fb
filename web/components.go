package web

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// ComponentsView is page "components": each part of the design once, for those who work on it.
type ComponentsView struct {
	Page
	Form
	Circles  []CircleRef
	People   []PersonRef
	Votes    []Vote
	Row      PostRow
	Thread   []Comment
	Delivery Delivery
	Links    []Tab
	Slot     MediaSlot
}

// components shows the parts with made-up content. It is served in development only.
func (s *Server) components(c echo.Context) error {
	v := ComponentsView{Page: s.page(c, "Components")}
	now := s.options.Now()
	for _, name := range []string{"gardening", "astronomy", "breadmaking", "音乐", "rivers", "type"} {
		v.Circles = append(v.Circles, CircleRef{Actor: s.options.Origin + "/c/" + name, Name: name, Href: "#"})
	}
	ada := PersonRef{Actor: s.options.Origin + "/u/ada", Name: "ada", Display: "Ada", Href: "#", Moderator: true}
	bo := PersonRef{Actor: s.options.Origin + "/u/bo", Name: "bo@example.org", Href: "#"}
	v.People = []PersonRef{ada, bo}
	v.Votes = []Vote{{ID: 1, Up: 3, May: true}, {ID: 2, Up: 4, May: true, Mine: 1}, {ID: 3, Up: 4, Down: 2, May: true, Mine: -1}, {ID: 4, Up: 12, Login: "/login"}, {ID: 5, Up: 1200}}
	v.Row = PostRow{ID: 6, Href: "#", Title: "A title that is long enough to need a second line on most telephones", Excerpt: "What it says.", Circle: &v.Circles[0], Author: ada, At: now.Add(-3 * time.Hour), Vote: Vote{ID: 6, Up: 3, May: true}, Comments: 4, Pinned: true, LinkHost: "example.org", LinkHref: "#"}
	v.Thread = []Comment{{ID: 7, Href: "#", Author: bo, At: now.Add(-time.Hour), Body: "<p>First voice.</p>", Vote: Vote{ID: 7, Up: 2, May: true}, Level: 1, Reply: "#", Below: 1,
		Kids: []Comment{{ID: 8, Href: "#", Author: ada, OP: true, At: now, Body: "<p>An answer.</p>", Vote: Vote{ID: 8, May: true}, Level: 2, Reply: "#", Menu: []Action{{Label: "Edit", Href: "#"}, {Label: "Delete", Href: "#", Danger: true}}}}}}
	v.Delivery = Delivery{Done: 3, Total: 5, Hosts: []DeliveryHost{{Host: "slow.example", Error: "It did not answer in time.", Next: now.Add(time.Minute)}, {Host: "gone.example", Error: "It refused the post."}}}
	v.Links = []Tab{{Label: "One", Href: "#", Current: true}, {Label: "Two", Href: "#"}, {Label: "Three", Href: "#"}}
	v.Slot = MediaSlot{File: "holiday.tiff", Problem: "This is not a JPEG, PNG, WebP or GIF."}
	v.Refuse("sample", "This name is taken; choose another.")
	return s.render(c, http.StatusOK, "components", v)
}
