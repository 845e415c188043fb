package app

import (
	"cmp"
	"context"
	"slices"

	"halqa/circles"
	"halqa/circles/ranking"
	"halqa/internal/standing"
	"halqa/internal/store"
)

const (
	// A page of a thread takes answers to the post, each with what hangs below it, until it has
	// fullThread comments. maxThread bounds it when a single answer brings more.
	fullThread = 300
	maxThread  = 500

	// maxLevel is how deep a page shows comments; what hangs lower has its own page.
	maxLevel = 8

	maxAnswers = 200  // answers that are looked at for one page
	maxTwigs   = 1500 // comments whose place is read before the page is chosen from them
	maxAbove   = 10   // comments shown above the one in focus
	maxHidden  = 1000 // how far comments that are not shown are counted
)

// A ThreadQuery says which comments of a post a page holds.
type ThreadQuery struct {
	Sort   ranking.Order  // of ranking.CommentOrders; an unknown one is Hot
	Author bool           // only what the author of the post said, the oldest first, with what it answers; Sort and Focus say nothing then
	Focus  circles.PostID // only this comment, what is above it and below it; 0 = the whole thread
	Cursor string         // Thread.Next of the page before, with the same Sort and Focus
}

// A FullPost is a post or comment with everything its own page shows.
type FullPost struct {
	Post   *circles.Post // without Body
	Notice bool          // the viewer gets no text: only Post's ids, State, Reason and times are set
	Author *circles.Actor
	Circle *circles.Circle
	Photos []*circles.Photo
	Tags   []string   // without their #
	Vote   int        // the viewer's own: 1, -1 or 0
	Saved  bool       // by the viewer
	Helped bool       // the author of the thread, or who runs the circle, called it helpful
	Poll   *PollView  // nil = none
	Quote  *QuoteCard // nil = none; only on the page of its thread

	seenAt int64
	quotes bool // something, for addQuotes
}

// A CommentNode is a comment of a thread with what hangs below it.
type CommentNode struct {
	Post      *circles.Post  // without Body
	Notice    bool           // in its place only a notice is shown: only ids, State, Reason and times are set
	Blocked   bool           // the notice is there because the viewer has blocked the author
	Author    *circles.Actor // nil for a notice
	Photos    []*circles.Photo
	Vote      int        // the viewer's own: 1, -1 or 0
	Saved     bool       // by the viewer
	Helped    bool       // the author of the thread, or who runs the circle, called it helpful
	Quote     *QuoteCard // nil = none
	New       bool       // came since the viewer last looked at the thread, from somebody else
	MoreAbove bool       // it answers a comment that is not on the page
	Level     int        // 1 = an answer to the post, or the comment in focus
	Kids      []*CommentNode
	Below     int64 // visible comments below it, shown or not; counted to some thousand
	Hidden    int64 // of these, the ones that hang below this comment and are not on the page: a page with Focus has them

	quotes bool // something, for addQuotes
}

// A Thread is a page of comments with their post.
type Thread struct {
	FullPost
	Role      circles.Role   // the viewer's place in the circle
	Wish      ThreadWish     // what the viewer wants to be told of it
	SeenAt    int64          // when the viewer last looked at the thread, UTC microseconds; 0 = never
	ReadAt    int64          // the time of this look, for MarkRead
	Above     []*CommentNode // with Focus: the comments above it, the outermost first
	MoreAbove bool           // there are more between the post and Above
	Comments  []*CommentNode
	Next      string      // the cursor of the page after; "" = this is the last
	Also      []Crosspost // posts about the same, on the first page of the whole thread

	NoComment *circles.Error // why the viewer may not comment on the post; nil = they may
	NoVote    *circles.Error // why the viewer may not vote here; nil = they may

	Ruled map[circles.PostID]Ruling // of what the viewer wrote on this page in a circle elsewhere: what its moderators have not let through

	CommentGate *standing.Access // what gates and limits say about a comment; nil = nothing
}

// Thread returns a post and a page of its comments. A post that was deleted or removed is a Notice to
// those who may not read it any more; one that never became visible is NotFound to them.
func (a *App) Thread(ctx context.Context, v circles.Viewer, id circles.PostID, q ThreadQuery) (*Thread, error) {
	var t *Thread
	err := a.view(ctx, "thread "+id.String(), func(tx *store.Tx) (err error) {
		t, err = readThread(tx, v, id, q, a.origin)
		return err
	})
	return t, err
}

// Root returns the post that a comment hangs below, or the post itself, to whoever may enter its circle.
func (a *App) Root(ctx context.Context, v circles.Viewer, id circles.PostID) (circles.PostID, error) {
	root, _, err := a.Place(ctx, v, id)
	return root, err
}

// Place is Root, and whether nothing is left of the comment or post but its place: it was deleted or removed.
func (a *App) Place(ctx context.Context, v circles.Viewer, id circles.PostID) (root circles.PostID, gone bool, err error) {
	err = a.view(ctx, "place of "+id.String(), func(tx *store.Tx) error {
		p, _, _, err := readable(tx, v, id)
		if err == nil {
			root, gone = p.Root, p.State == circles.Deleted || p.State == circles.Removed
		}
		return err
	})
	return root, gone, err
}

func readThread(tx *store.Tx, v circles.Viewer, id circles.PostID, q ThreadQuery, origin string) (*Thread, error) {
	p, c, role, err := readable(tx, v, id)
	if err != nil {
		return nil, err
	}
	if p.Kind != circles.IsPost {
		return nil, errNoPost()
	}
	t := &Thread{Role: role, ReadAt: tx.Now()}
	if t.FullPost, err = fullPost(tx, v, p, c, role); err != nil {
		return nil, err
	}
	t.SeenAt = t.seenAt
	if t.NoComment, t.NoVote, t.CommentGate, err = mayAnswer(tx, v, p, c); err != nil {
		return nil, err
	}
	if v.SignedIn() {
		if t.Wish, err = tx.ThreadWish(v.Person, p.ID); err != nil {
			return nil, err
		}
	}
	b := &branches{tx: tx, viewer: v, seenAt: t.SeenAt, role: role, root: p, order: ranking.ParseOrder(string(q.Sort), ranking.CommentOrders())}
	choose := b.choose
	if q.Author {
		choose = b.chooseAuthors
	}
	if err := choose(q); err != nil {
		return nil, err
	}
	if err := b.fill(); err != nil {
		return nil, err
	}
	t.Comments, t.Above, t.MoreAbove, t.Next = b.tops, b.above, b.moreAbove, b.next
	if err := addQuotes(tx, v, t); err != nil {
		return nil, err
	}
	if err := addRulings(tx, v, t); err != nil {
		return nil, err
	}
	if !t.Notice && q.Focus == 0 && q.Cursor == "" {
		t.Also, err = tx.Crossposts(v, p, addressesOf(p, origin), maxCrossposts)
	}
	return t, err
}

// fullPost completes a post, or makes a notice of it.
func fullPost(tx *store.Tx, v circles.Viewer, p *circles.Post, c *circles.Circle, role circles.Role) (FullPost, error) {
	f := FullPost{Post: p, Circle: c}
	if !circles.MaySeePost(v, role, p) {
		if p.State != circles.Deleted && p.State != circles.Removed {
			return f, errNoPost()
		}
		f.Post, f.Notice = noticeOf(p), true
		return f, nil
	}
	p.Body = ""
	people, err := tx.ActorCards([]circles.ActorID{p.Author.Actor()})
	if err != nil {
		return f, err
	}
	f.Author = people[p.Author.Actor()]
	photos, err := tx.AllPhotos([]circles.PostID{p.ID})
	if err != nil {
		return f, err
	}
	f.Photos = photos[p.ID]
	if f.Tags, err = tx.Tags(p.ID); err != nil {
		return f, err
	}
	marks, err := tx.MarksOf(v.Person, p.ID)
	if err != nil {
		return f, err
	}
	f.Vote, f.Saved, f.Helped, f.quotes = marks.Vote, marks.Saved, marks.Helped, marks.Quotes
	if f.Poll, err = pollView(tx, v, p.ID); err != nil {
		return f, err
	}
	readings, err := tx.Readings(v.Person, []circles.PostID{p.ID})
	f.seenAt = readings[p.ID].SeenAt
	return f, err
}

// noticeOf keeps what a notice may say: that something was here, and what became of it.
func noticeOf(p *circles.Post) *circles.Post {
	return &circles.Post{ID: p.ID, URI: p.URI, Kind: p.Kind, Circle: p.Circle, Root: p.Root, Parent: p.Parent, Depth: p.Depth,
		State: p.State, Absent: p.Absent, Reason: p.Reason, RemovedAt: p.RemovedAt, DeletedAt: p.DeletedAt, Published: p.Published,
		Comments: p.Comments, LocalTo: p.LocalTo, Rev: p.Rev}
}

// mayAnswer returns why the viewer may not comment on the post, why not vote in its thread, and what the
// circle's gate says about a comment.
func mayAnswer(tx *store.Tx, v circles.Viewer, p *circles.Post, c *circles.Circle) (comment, vote *circles.Error, gate *standing.Access, err error) {
	for _, ask := range []struct {
		action standing.Action
		answer **circles.Error
	}{{standing.Comment, &comment}, {standing.React, &vote}} {
		d, err := standing.Judge(tx, standing.Question{Who: v, Action: ask.action, Circle: c, Post: p, Root: p})
		if err != nil {
			return nil, nil, nil, err
		}
		if ask.action == standing.Comment {
			gate = d.Gate
		}
		if d.Outcome == standing.Deny {
			*ask.answer = d.Refusal
		}
	}
	return comment, vote, gate, nil
}

// branches chooses the comments of a page and builds their tree.
type branches struct {
	tx     *store.Tx
	viewer circles.Viewer
	seenAt int64 // when the viewer last looked; 0 = never
	role   circles.Role
	root   *circles.Post
	order  ranking.Order

	nodes     map[circles.PostID]*CommentNode // all that are shown, Above included
	shown     []circles.PostID
	unsure    []circles.PostID // shown ones below which there may be more
	tops      []*CommentNode
	focus     *CommentNode // what tops hang below; nil = the post
	above     []*CommentNode
	moreAbove bool
	next      string
}

// choose reads the places of comments and settles which are shown.
func (b *branches) choose(q ThreadQuery) error {
	b.nodes = map[circles.PostID]*CommentNode{}
	list := string(b.order[:1]) + "t-"
	parent := b.root.ID
	if q.Focus != 0 {
		if err := b.lookUp(q.Focus); err != nil {
			return err
		}
		parent = q.Focus
	}
	after, err := decodeMark(list, q.Cursor)
	if err != nil {
		return err
	}
	tops, err := b.tx.Answers(b.root.ID, parent, b.order, after, maxAnswers+1)
	if err != nil {
		return err
	}
	more := len(tops) > maxAnswers
	if more {
		tops = tops[:maxAnswers]
	}
	if len(tops) == 0 {
		return nil
	}
	ids := make([]circles.PostID, len(tops))
	for i, t := range tops {
		ids[i] = t.ID
	}
	below, err := b.tx.Below(ids, b.order, maxLevel, maxTwigs)
	if err != nil {
		return err
	}
	authors := make([]circles.ActorID, 0, len(tops)+len(below))
	for _, t := range slices.Concat(tops, below) {
		authors = append(authors, t.Author.Actor())
	}
	blocked, err := b.tx.BlockedBy(b.viewer.Person, unique(authors))
	if err != nil {
		return err
	}

	tree := newTwigs(b.order, tops, below, func(t store.Twig) bool {
		return !blocked[t.Author.Actor()] && circles.MaySeePost(b.viewer, b.role, &circles.Post{State: t.State, Author: t.Author})
	})
	for i, top := range tops {
		if len(b.shown) >= fullThread {
			more = true
			tops = tops[:i]
			break
		}
		if n := b.take(tree, top, maxThread-len(b.shown)); n != nil {
			n.Blocked = n.Notice && blocked[top.Author.Actor()]
			b.tops = append(b.tops, n)
		}
	}
	for _, t := range below {
		if n := b.nodes[t.ID]; n != nil && n.Notice {
			n.Blocked = blocked[t.Author.Actor()]
		}
	}
	if more {
		b.next = encodeMark(list, tops[len(tops)-1].Mark())
	}
	return nil
}

// lookUp chooses the comment in focus and those above it.
func (b *branches) lookUp(id circles.PostID) error {
	p, err := b.tx.Post(id)
	if err != nil {
		return err
	}
	if p.Root != b.root.ID || p.Kind != circles.IsComment {
		return errNoPost()
	}
	twigs, err := b.tx.Above(id, maxAbove+1)
	if err != nil {
		return err
	}
	if b.moreAbove = len(twigs) > maxAbove; b.moreAbove {
		twigs = twigs[:maxAbove]
	}
	slices.Reverse(twigs)
	for _, t := range twigs {
		b.above = append(b.above, b.show(t, circles.MaySeePost(b.viewer, b.role, &circles.Post{State: t.State, Author: t.Author})))
	}
	b.focus = b.show(store.Twig{ID: p.ID, Parent: p.Parent, Level: 1}, circles.MaySeePost(b.viewer, b.role, p))
	return nil
}

func (b *branches) show(t store.Twig, readable bool) *CommentNode {
	n := &CommentNode{Post: &circles.Post{ID: t.ID, Parent: t.Parent}, Notice: !readable, Level: t.Level}
	b.nodes[t.ID] = n
	b.shown = append(b.shown, t.ID)
	return n
}

// take shows a comment and what hangs below it level by level, at most limit in all. It returns nil if
// there is nothing to show.
func (b *branches) take(tree *twigs, top store.Twig, limit int) *CommentNode {
	if !tree.alive[top.ID] {
		return nil
	}
	first := b.show(top, tree.readable[top.ID])
	queue := []*CommentNode{first}
	for count := 1; len(queue) > 0; queue = queue[1:] {
		n := queue[0]
		if tree.unsure(n.Post.ID, n.Level) {
			b.unsure = append(b.unsure, n.Post.ID)
		}
		for _, t := range tree.kids[n.Post.ID] {
			if !tree.alive[t.ID] {
				continue
			}
			if count == limit {
				if len(b.unsure) == 0 || b.unsure[len(b.unsure)-1] != n.Post.ID {
					b.unsure = append(b.unsure, n.Post.ID)
				}
				break
			}
			kid := b.show(t, tree.readable[t.ID])
			n.Kids = append(n.Kids, kid)
			queue = append(queue, kid)
			count++
		}
	}
	return first
}

// twigs are comments by parent, siblings in order.
type twigs struct {
	kids     map[circles.PostID][]store.Twig
	readable map[circles.PostID]bool
	alive    map[circles.PostID]bool // readable, or something may hang below that is
	complete int                     // below comments of this level and deeper ones not all were read
}

func newTwigs(o ranking.Order, tops, below []store.Twig, readable func(store.Twig) bool) *twigs {
	t := &twigs{kids: map[circles.PostID][]store.Twig{}, readable: map[circles.PostID]bool{}, alive: map[circles.PostID]bool{}, complete: maxLevel}
	if len(below) == maxTwigs {
		t.complete = below[len(below)-1].Level - 1
	}
	for _, b := range below {
		t.kids[b.Parent] = append(t.kids[b.Parent], b)
	}
	for _, kids := range t.kids {
		slices.SortFunc(kids, func(a, b store.Twig) int {
			if o == ranking.ByOld {
				return cmp.Compare(a.ID, b.ID)
			}
			return cmp.Or(cmp.Compare(b.Key, a.Key), cmp.Compare(b.ID, a.ID))
		})
	}
	// Deeper levels stand later, so whatever keeps a parent alive is known before the parent.
	for _, b := range slices.Backward(slices.Concat(tops, below)) {
		t.readable[b.ID] = readable(b)
		t.alive[b.ID] = t.readable[b.ID] || t.unsure(b.ID, b.Level) ||
			slices.ContainsFunc(t.kids[b.ID], func(kid store.Twig) bool { return t.alive[kid.ID] })
	}
	return t
}

// unsure reports whether more may hang below a comment than was read.
func (t *twigs) unsure(id circles.PostID, level int) bool { return level >= t.complete }

// fill loads what the chosen comments say, counts what is not shown, and drops notices with nothing
// below them.
func (b *branches) fill() error {
	if len(b.shown) == 0 {
		return nil
	}
	hidden, err := b.tx.HiddenBelow(b.unsure, b.shown, maxHidden)
	if err != nil {
		return err
	}
	posts, err := b.tx.CommentTexts(b.viewer.Person, b.shown)
	if err != nil {
		return err
	}
	var authors []circles.ActorID
	var pictured []circles.PostID
	for _, id := range b.shown {
		p, n := posts[id], b.nodes[id]
		if p == nil {
			n.Notice = true
			continue
		}
		if n.Hidden = hidden[id]; n.Notice {
			n.Post = noticeOf(&p.Post)
			continue
		}
		n.Post, n.Vote, n.Saved, n.Helped, n.quotes = &p.Post, p.Vote, p.Saved, p.Helped, p.Quotes
		n.New = b.seenAt != 0 && p.CreatedAt > b.seenAt && p.Author != b.viewer.Person
		authors = append(authors, p.Author.Actor())
		if p.PhotoN > 0 {
			pictured = append(pictured, id)
		}
	}
	people, err := b.tx.ActorCards(unique(authors))
	if err != nil {
		return err
	}
	photos, err := b.tx.AllPhotos(pictured)
	if err != nil {
		return err
	}
	for id, n := range b.nodes {
		if !n.Notice {
			n.Author, n.Photos = people[n.Post.Author.Actor()], photos[id]
		}
	}
	b.tops = tidy(b.tops)
	if b.focus != nil {
		lower(b.tops)
		b.focus.Kids = b.tops
		b.focus.Below = below(b.tops)
		b.tops = []*CommentNode{b.focus}
	}
	return nil
}

// tidy drops notices with nothing below them, and adds up what is below each comment.
func tidy(nodes []*CommentNode) []*CommentNode {
	kept := nodes[:0]
	for _, n := range nodes {
		n.Kids = tidy(n.Kids)
		n.Below = n.Hidden + below(n.Kids)
		if !n.Notice || n.Below > 0 {
			kept = append(kept, n)
		}
	}
	return kept
}

// below counts visible comments among siblings and below them.
func below(nodes []*CommentNode) int64 {
	var count int64
	for _, n := range nodes {
		count += n.Below
		if !n.Notice {
			count++
		}
	}
	return count
}

// lower moves comments down a level.
func lower(nodes []*CommentNode) {
	for _, n := range nodes {
		n.Level++
		lower(n.Kids)
	}
}
