package app

import (
	"fmt"
	"net/url"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/text"
)

// An AbsentPost is what the server of a post or comment says of one that is gone: where it stood, and
// nothing of what it said or who said it.
type AbsentPost struct {
	URI       string
	Circle    circles.CircleID // of a post; a comment is where its parent is
	Parent    circles.PostID   // 0 = a post
	Published int64            // UTC microseconds, as claimed; 0 = not said
	Deleted   int64            // likewise
}

// ReceiveAbsent keeps the place of a post or comment that was gone before it came here, so that what
// hangs below it can stand where it does elsewhere. In that place a notice is shown; ReceivePost fills
// it if what was there comes back. One that is here already stays as it is. Nobody is told of it.
func (a *App) ReceiveAbsent(tx *store.Tx, in AbsentPost) (Outcome, error) {
	if p, err := tx.PostByURI(in.URI); !circles.Is(err, circles.NotFound) {
		if err != nil {
			return Outcome{}, err
		}
		return Outcome{Result: Nothing, Post: p.ID}, nil
	}
	p := &circles.Post{URI: in.URI, Kind: circles.IsPost, Circle: in.Circle, State: circles.Deleted, Absent: true, CreatedAt: tx.Now()}
	if in.Parent != 0 {
		above, err := tx.Post(in.Parent)
		if err != nil {
			return refused(0, err)
		}
		p.Kind, p.Circle, p.Parent, p.Root, p.Depth = circles.IsComment, above.Circle, above.ID, above.Root, above.Depth+1
	}
	if p.Circle == 0 {
		return refused(0, circles.Errorf(circles.Invalid, "What is gone and was in no circle has no place here."))
	}
	c, err := tx.Circle(p.Circle)
	if err != nil {
		return refused(0, err)
	}
	if c.DeletedAt != 0 || c.SuspendedAt != 0 || !c.Visibility.Federated() {
		return refused(0, circles.Errorf(circles.Gone, "The circle takes nothing."))
	}
	nobody, err := a.noteServer(tx, in.URI)
	if err != nil {
		return refused(0, err)
	}
	p.Author, p.LocalTo = circles.PersonID(nobody.ID), c.Local()
	p.Published = clampTime(in.Published, tx.Now())
	p.DeletedAt = max(clampTime(in.Deleted, tx.Now()), p.Published)
	if p.ID, err = tx.NewPostIDAt(p.Published); err != nil {
		return Outcome{}, fmt.Errorf("receive %s: %w", in.URI, err)
	}
	if p.Kind == circles.IsPost {
		p.Root = p.ID
	}
	return done(p.ID, true, tx.AddAbsent(p))
}

// fill reports whether a post that arrives has its place here already, and checks that it is this one.
func fill(absent, p *circles.Post) (bool, error) {
	switch {
	case absent == nil:
		return false, nil
	case absent.RemovedAt != 0:
		return true, circles.Errorf(circles.Forbidden, "A moderator removed it.")
	case absent.Circle != p.Circle || absent.Parent != p.Parent:
		return true, circles.Errorf(circles.Conflict, "Its own server said that it stood elsewhere.")
	}
	return true, nil
}

// noteServer returns the actor that a server itself is, which stands for whoever wrote what is gone. One
// that was never heard of is noted by its address alone, as people are.
func (a *App) noteServer(tx *store.Tx, uri string) (*circles.Actor, error) {
	u, err := url.Parse(uri)
	if err != nil || remoteURL(uri) == "" {
		return nil, circles.Errorf(circles.Invalid, "The address of a post cannot be read.")
	}
	host, err := text.Host(u.Host)
	if err != nil {
		return nil, err
	}
	if host == a.host {
		return nil, circles.Errorf(circles.NotFound, "There is nothing here at that address.")
	}
	root := u.Scheme + "://" + host + "/"
	known, err := tx.ActorByURI(root)
	if err == nil && known.Kind != circles.KindInstance {
		err = circles.Errorf(circles.Conflict, "%s is somebody.", root) // theirs it need not have been
	}
	if !circles.Is(err, circles.NotFound) {
		return known, err
	}
	noted := &circles.Actor{
		ID: circles.ActorID(tx.NewID()), Kind: circles.KindInstance, Name: host, Host: host, URI: root,
		Published: tx.Now(), CreatedAt: tx.Now(), UpdatedAt: tx.Now(),
	}
	return noted, tx.AddActor(noted)
}
