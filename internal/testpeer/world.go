package testpeer

import (
	"slices"
	"sort"
)

// A Post is what this peer's users see of a post or comment, wherever it was written.
type Post struct {
	ID       string
	Type     string // as it was sent: Page, Note, Article…
	Author   string
	Group    string // "" outside communities
	ReplyTo  string // "" for posts
	Title    string
	HTML     string
	Warning  string // shown in front, hiding the rest
	Link     string // of a link post
	Images   []string
	Language string
	Sent     string // published, as stated
	Edits    int
	Micro    bool   // filed as microblog, outside the community's threads (Mbin)
	Pending  bool   // written here for a remote community that has not announced it yet (Lemmy)
	Gone     string // "deleted" by its author, "removed" by a moderator, or ""
	Why      string // of a removal
	Locked   bool
	Pinned   bool
}

// A Boost is an Announce that users see as one person passing on a post.
type Boost struct{ ID, By, Object string }

// A Removal is what a moderation log holds.
type Removal struct{ Object, By, Reason string }

// A Ban keeps a person out of a community.
type Ban struct{ Person, Group, By, Reason string }

// A Report is a Flag that arrived.
type Report struct{ Object, By, Reason string }

// A Notice is a post that names one of this peer's people, or was written to them alone.
type Notice struct {
	Person, Object string
	Private        bool
}

type follow struct {
	id                 string
	follower, followee string
	state              string // "asked", "accepted", "rejected"
}

type world struct {
	posts    map[string]*Post
	order    []string // ids of posts as they came
	votes    map[string]map[string]int
	acts     map[string]obj // votes, announces, blocks… by id, to be undone
	boosts   []Boost
	follows  []follow
	removals []Removal
	bans     []Ban
	reports  []Report
	warnings []Warning
	notices  []Notice
	answers  map[string][]string // poll answers by post
	moved    map[string]string
}

func newWorld() world {
	return world{posts: map[string]*Post{}, votes: map[string]map[string]int{}, acts: map[string]obj{},
		answers: map[string][]string{}, moved: map[string]string{}}
}

// Post returns what is known under an id.
func (p *Peer) Post(id string) (Post, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if post := p.world.posts[id]; post != nil {
		return *post, true
	}
	return Post{}, false
}

// Posts are the posts of a community that its readers see, oldest first. With "" they are those of
// all communities and none.
func (p *Peer) Posts(group string) []Post {
	return p.selected(func(post *Post) bool {
		return post.ReplyTo == "" && post.Gone == "" && !post.Micro && (group == "" || post.Group == group)
	})
}

// Comments are the visible comments right below a post or comment, oldest first. With "" they are all.
func (p *Peer) Comments(of string) []Post {
	return p.selected(func(post *Post) bool {
		return post.ReplyTo != "" && post.Gone == "" && (of == "" || post.ReplyTo == of)
	})
}

func (p *Peer) selected(keep func(*Post) bool) []Post {
	p.mu.Lock()
	defer p.mu.Unlock()
	var posts []Post
	for _, id := range p.world.order {
		if post := p.world.posts[id]; keep(post) {
			posts = append(posts, *post)
		}
	}
	return posts
}

// Votes counts the likes and dislikes of an object, as seen here.
func (p *Peer) Votes(object string) (up, down int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, v := range p.world.votes[object] {
		if v > 0 {
			up++
		} else {
			down++
		}
	}
	return up, down
}

// Boosts are the boosts that users see, oldest first.
func (p *Peer) Boosts() []Boost {
	return read(p, func() []Boost { return slices.Clone(p.world.boosts) })
}

// Boosted tells whether an object was boosted, by whomever.
func (p *Peer) Boosted(object string) bool {
	return slices.ContainsFunc(p.Boosts(), func(b Boost) bool { return b.Object == object })
}

// Removals is the moderation log.
func (p *Peer) Removals() []Removal {
	return read(p, func() []Removal { return slices.Clone(p.world.removals) })
}

// Bans are those in force.
func (p *Peer) Bans() []Ban { return read(p, func() []Ban { return slices.Clone(p.world.bans) }) }

// Reports are the Flags that arrived.
func (p *Peer) Reports() []Report {
	return read(p, func() []Report { return slices.Clone(p.world.reports) })
}

// Notices are the posts that name an actor of this peer, oldest first.
func (p *Peer) Notices(person string) []Notice {
	return read(p, func() []Notice {
		return slices.DeleteFunc(slices.Clone(p.world.notices), func(n Notice) bool { return n.Person != person })
	})
}

// Answers are the poll answers read for an object.
func (p *Peer) Answers(object string) []string {
	return read(p, func() []string { return slices.Clone(p.world.answers[object]) })
}

// Followers are the accepted followers of an actor, sorted.
func (p *Peer) Followers(actor string) []string {
	return read(p, func() []string { return p.world.followers(actor) })
}

// FollowState is "asked", "accepted" or "rejected", or "" if follower does not follow followee.
func (p *Peer) FollowState(follower, followee string) string {
	return read(p, func() string {
		for _, f := range p.world.follows {
			if f.follower == follower && f.followee == followee {
				return f.state
			}
		}
		return ""
	})
}

// GaveUp tells whether the peer has stopped sending to a host for ever.
func (p *Peer) GaveUp(host string) bool { return read(p, func() bool { return p.gone[host] }) }

// KnowsSite tells whether a Lemmy peer has read the instance actor of a host: without, it does not
// understand that instance's bans.
func (p *Peer) KnowsSite(host string) bool { return read(p, func() bool { return p.sites[host] }) }

// Received is every activity that was sent to this peer, in the order in which it was judged.
func (p *Peer) Received() []Receipt {
	return read(p, func() []Receipt { return slices.Clone(p.received) })
}

// A Complaint is something that this peer refused, ignored or misread.
type Complaint struct {
	Reason Reason
	About  string // id of the activity or actor
	Detail string
}

// Complaints are those since the beginning or the last Mutate: about activities that arrived, repeats
// left out, about actors that were fetched, and about how documents here were asked for. A story that goes well leaves none.
func (p *Peer) Complaints() []Complaint {
	return read(p, func() []Complaint { return slices.Clone(p.complaints) })
}

func (p *Peer) complain(reason Reason, about, detail string) {
	p.update(func() { p.complaints = append(p.complaints, Complaint{reason, about, detail}) })
}

// Complained tells whether there was a complaint of one kind.
func (p *Peer) Complained(reason Reason) bool {
	return slices.ContainsFunc(p.Complaints(), func(c Complaint) bool { return c.Reason == reason })
}

// Asked is every request that others made here, as it came in.
func (p *Peer) Asked() []Question {
	return read(p, func() []Question { return slices.Clone(p.asked) })
}

// Fetched is the address of every GET that this peer made elsewhere.
func (p *Peer) Fetched() []string {
	return read(p, func() []string { return slices.Clone(p.fetched) })
}

func (w *world) followers(actor string) []string {
	var ids []string
	for _, f := range w.follows {
		if f.followee == actor && f.state == "accepted" {
			ids = append(ids, f.follower)
		}
	}
	sort.Strings(ids)
	return ids
}

// setFollow records a follow; an empty state forgets it.
func (w *world) setFollow(f follow) {
	w.follows = slices.DeleteFunc(w.follows, func(old follow) bool {
		return old.follower == f.follower && old.followee == f.followee
	})
	if f.state != "" {
		w.follows = append(w.follows, f)
	}
}

func (w *world) save(post *Post) {
	if w.posts[post.ID] == nil {
		w.order = append(w.order, post.ID)
	}
	w.posts[post.ID] = post
}

func (w *world) vote(object, voter string, v int) {
	m := w.votes[object]
	if m == nil {
		m = map[string]int{}
		w.votes[object] = m
	}
	if v == 0 {
		delete(m, voter)
	} else {
		m[voter] = v
	}
}

func (w *world) banned(person, group string) bool {
	return slices.ContainsFunc(w.bans, func(b Ban) bool { return b.Person == person && (b.Group == group || b.Group == "") })
}
