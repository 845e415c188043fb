package web

import (
	"net/http"
	"strings"

	"halqa/circles"
	"halqa/internal/app"
)

// mediaPage is /media/{id}: a photo with its description, whole.
func (s *Server) mediaPage(v *visit) error {
	page, err := s.app.Photo(v.Request().Context(), v.who, circles.MediaID(v.Param("id")))
	if err != nil {
		return err
	}
	if !strings.Contains(v.Request().Header.Get("Accept"), "text/html") { // the text of a post embeds it
		return v.Redirect(http.StatusFound, s.photo(page.Photo).Largest())
	}
	view := MediaView{Page: v.page(v.l.T("media.title")), Photo: s.photo(page.Photo)}
	view.NoIndex = true
	if p := page.Post; p != nil {
		view.Post = &Link{Label: p.Title, Href: placeOf(p.Root, p.ID)}
		if p.Title == "" {
			view.Post.Label = v.l.T("history.of-comment")
		}
	}
	return v.show(http.StatusOK, "media", view)
}

// mediaFile is /media/{id}/{file}: the picture itself. The bytes behind an address never change, so who
// has a public one may keep it for good; what only some may see is asked for each time.
func (s *Server) mediaFile(v *visit) error {
	id, name := circles.MediaID(v.Param("id")), v.Param("file")
	if name == remoteFile {
		return s.remotePicture(v, id)
	}
	f, err := s.app.PhotoFile(v.Request().Context(), v.who, id, name)
	if err != nil {
		return err
	}
	defer f.Close()
	v.picture(f.Mime, `"`+f.Hash[:32]+`"`, f.Public)
	http.ServeContent(v.Response(), v.Request(), "", at(0), f.File)
	return nil
}

// picture sets the headers of a picture's bytes.
func (v *visit) picture(mime, etag string, public bool) {
	h := v.Response().Header()
	h.Set("Content-Type", mime)
	h.Set("ETag", etag)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // people elsewhere see photos of public circles
	if public {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Del("Vary")
		return
	}
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// photo makes the view of a photo. One of another server comes through us, or is a link.
func (s *Server) photo(p *circles.Photo) Photo {
	out := photo(p)
	out.Proxied = out.Remote != "" && s.options.Pictures != nil
	return out
}

// thumb is the first photo of a line in a list; nil for one that we cannot show.
func (s *Server) thumb(c app.PostCard) *Photo {
	if c.Photo == nil {
		return nil
	}
	p := s.photo(c.Photo)
	if p.Remote != "" && !p.Proxied {
		return nil
	}
	return &p
}
