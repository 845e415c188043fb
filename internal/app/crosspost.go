package app

import (
	"context"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/text"
)

const (
	// maxCrossposts is how many posts about the same are named on a post's page.
	maxCrossposts = 5

	// maxCrossText is how much of a post is quoted in a crosspost, in runes; the rest is a click away.
	maxCrossText = 10_000
)

// A Crosspost is a post that is about the same as another: it has the same link, or says that it was taken
// over from it.
type Crosspost = store.Crosspost

// addressesOf are the whole addresses under which somebody may link to a post.
func addressesOf(p *circles.Post, origin string) []string {
	if p.Local() {
		return []string{origin + p.URI}
	}
	if p.URL != "" && p.URL != p.URI {
		return []string{p.URI, p.URL}
	}
	return []string{p.URI}
}

// Crosspost returns what a post begins with that takes another one over into a circle that is yet to be
// chosen. One's own words are taken as they are, another's are quoted, and below that stands where they are
// from. What was said among few stays there, in a closed circle or among somebody's followers: only its author
// takes it further.
func (a *App) Crosspost(ctx context.Context, v circles.Viewer, id circles.PostID) (*NewPost, error) {
	if !v.SignedIn() {
		return nil, errSignIn()
	}
	var out *NewPost
	err := a.view(ctx, "crosspost "+id.String(), func(tx *store.Tx) error {
		p, c, role, err := readable(tx, v, id)
		if err != nil {
			return err
		}
		own := p.Author == v.Person
		switch {
		case p.Kind != circles.IsPost || p.State != circles.Visible || !circles.MaySeePost(v, role, p):
			return errNoPost()
		case !own && p.Circle == 0 && !p.Listed:
			return circles.Errorf(circles.Forbidden, "This was written for those who follow its author; only its author can take it further.").With("refused.crosspost-quiet", nil)
		case !own && !c.Visibility.Federated():
			return circles.Errorf(circles.Forbidden, "What is said in this circle stays in it; only its author can take it further.").With("refused.crosspost", nil)
		}
		out = &NewPost{Title: p.Title, Link: p.Link, Body: p.Body, Language: p.Language, Sensitive: p.Sensitive || c.Sensitive, Warning: p.Warning}
		if own {
			return nil
		}
		if out.Body == "" {
			out.Body = text.Plain(p.BodyHTML)
		}
		from := addressesOf(p, a.origin)[0]
		out.Body = text.Crossposted(from, text.CleanBlock(out.Body, maxCrossText))
		return nil
	})
	return out, err
}
