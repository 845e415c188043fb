package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/gabriel-vasile/mimetype"

	"halqa/circles"
	"halqa/internal/fetch"
	"halqa/internal/media"
)

const (
	remoteFile = "remote" // the last part of the address of a picture that lives elsewhere

	maxRemote    = 16 << 20  // bytes; Mastodon lets its people upload as much
	maxEmojiFile = 512 << 10 // bytes; Mastodon takes 256 KiB of its own
	remoteTotal  = 20 * time.Second
)

// Pictures are those of other servers, fetched once and kept for a while, so that readers show
// themselves to nobody but us.
type Pictures struct {
	Client *fetch.Client
	Cache  *media.Cache
}

// remotePicture answers with a picture of another server to who may see its post.
func (s *Server) remotePicture(v *visit, id circles.MediaID) error {
	page, err := s.app.Photo(v.Request().Context(), v.who, id)
	if err != nil {
		return err
	}
	if page.Photo.RemoteURL == "" || s.options.Pictures == nil {
		return noPage
	}
	f, err := s.options.Pictures.open(v.Request().Context(), page.Photo.RemoteURL, maxRemote)
	if err != nil {
		return err
	}
	defer f.Close()
	v.picture(f.Mime, `"`+string(id)+`"`, page.Public)
	http.ServeContent(v.Response(), v.Request(), "", at(0), f)
	return nil
}

// emoji answers with a small picture that stands in a text: GET /emoji/{id}.
func (s *Server) emoji(v *visit) error {
	if s.options.Pictures == nil {
		return noPage
	}
	id := v.Param("id")
	address, err := s.app.EmojiURL(v.Request().Context(), id)
	if err != nil {
		return err
	}
	f, err := s.options.Pictures.open(v.Request().Context(), address, maxEmojiFile)
	if err != nil {
		return err
	}
	defer f.Close()
	v.picture(f.Mime, `"`+id+`"`, true)
	http.ServeContent(v.Response(), v.Request(), "", at(0), f)
	return nil
}

// open returns the picture at an address, from the cache or from its server.
func (p *Pictures) open(ctx context.Context, address string, most int64) (*media.CachedFile, error) {
	if f, err := p.Cache.Open(address); err == nil {
		return f, nil
	} else if !circles.Is(err, circles.NotFound) {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("picture: %w", err)
	}
	req.Header.Set("Accept", "image/webp, image/jpeg, image/png, image/gif")
	resp, err := p.Client.Do(ctx, req, fetch.Limits{Body: most, Redirects: 3, Total: remoteTotal}, nil)
	if err == nil {
		err = resp.Err()
	}
	if err != nil {
		return nil, &circles.Error{Kind: circles.NotFound, Message: "The other server did not give this picture.", Err: err}
	}
	// What it says it is does not count. A picture that is a page would run as one of ours.
	kind := mimetype.Detect(resp.Body)
	switch kind.String() {
	case "image/jpeg", "image/png", "image/gif", "image/webp", "image/avif":
	default:
		return nil, circles.Errorf(circles.NotFound, "The other server sent something else than a picture.").With("refused.no-picture", nil)
	}
	if err := p.Cache.Put(address, kind.String(), resp.Body); err != nil {
		return nil, err
	}
	return p.Cache.Open(address)
}
