package api

import (
	"net/http"
	"time"

	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/accounts"
	"halqa/internal/app"
	"halqa/internal/moderation"
)

func (s *Server) manageRoutes() []route {
	const run, mod = accounts.ScopeCircles, accounts.ScopeModerate
	const post, put, del = http.MethodPost, http.MethodPut, http.MethodDelete
	return append(grouped("circles",
		send(post, "/circles", run, "Open a circle. Whoever opens it owns it.", s.newCircle, gated(reputation.CreateCircle), beside("POST /circles/new")),
		send(put, "/circles/{id}", run, "Say how a circle is to be from now on.", s.editCircle, beside("POST /c/:name/settings")),
		list("/circles/{id}/asking", run, "Who waits to be let into a circle.", s.asking),
		send(put, "/circles/{id}/roles/{person}", run, "Give a person another role in a circle; member also lets in who asked, none puts them out.", s.setRole, beside("POST /c/:name/roles")),
		list("/circles/{id}/webhooks", run, "Where a circle's operators are told of what happens in it.", s.webhooks, beside("GET /c/:name/webhooks")),
		send(post, "/circles/{id}/webhooks", run, "Be told of what happens in a circle: signed POSTs as of standardwebhooks.com. The secret is in this answer alone.", s.newWebhook, beside("POST /c/:name/webhooks")),
		act(del, "/circles/{id}/webhooks/{hook}", run, "Be told no more.", hookAct((*app.App).RemoveWebhook), beside("POST /c/:name/webhooks")),
		act(post, "/circles/{id}/webhooks/{hook}/resume", run, "Try an address again that failed.", s.resumeWebhook, beside("POST /c/:name/webhooks")),
	), grouped("moderate",
		send(post, "/posts/{id}/remove", mod, "Hide a post or comment, for a reason that everyone can read.", s.remove, beside("POST /post/:id/remove")),
		act(post, "/posts/{id}/return", mod, "Undo a removal.", c1((*app.App).Return), beside("POST /post/:id/return")),
		act(put, "/posts/{id}/lock", mod, "Close a thread to comments.", c1((*app.App).Lock), beside("POST /post/:id/lock")),
		act(del, "/posts/{id}/lock", mod, "Open it again.", c1((*app.App).Unlock), beside("POST /post/:id/unlock")),
		act(put, "/posts/{id}/pin", mod, "Show a post first in its circle.", c1((*app.App).Pin), beside("POST /post/:id/pin")),
		act(del, "/posts/{id}/pin", mod, "Put it back among the others.", c1((*app.App).Unpin), beside("POST /post/:id/unpin")),
		list("/circles/{id}/bans", mod, "Who is banned from a circle.", s.bans, beside("GET /c/:name/bans")),
		send(put, "/circles/{id}/bans/{person}", mod, "Shut a person out of a circle.", s.ban, beside("POST /c/:name/bans")),
		act(del, "/circles/{id}/bans/{person}", mod, "Lift a ban.", s.unban, beside("POST /c/:name/bans")),
		list("/moderation/desks", mod, "The lists of reports that the owner decides.", s.desks, beside("GET /mod")),
		list("/moderation/reports", mod, "Reports: of a circle, or those that the people who run the instance decide.", s.reports, refuses(http.StatusNotFound),
			with(word("circle", "The id of the circle; absent = the instance."), flag("decided", "Those that were decided.")), beside("GET /mod/site", "GET /c/:name/mod"), refuses(http.StatusGone)),
		send(post, "/moderation/reports/{id}/decision", mod, "Decide a report.", s.decide, beside("POST /mod/site", "POST /c/:name/mod"), refuses(http.StatusGone)),
		send(put, "/actors/{id}/suspension", mod, "Take a person or a circle out of use on this instance.", s.suspend, beside("POST /u/:name/suspend", "GET /u/:name/suspend", "POST /c/:name/suspend", "GET /c/:name/suspend")),
		list("/moderation/suspensions", mod, "Who and what is out of use on this instance, the latest first.", s.suspensions, beside("GET /mod/suspended")),
		act(del, "/actors/{id}/suspension", mod, "Lift a suspension.", s.unsuspend, beside("POST /u/:name/suspend", "POST /c/:name/suspend")),
	)...)
}

// A NewCircle is what somebody says about a circle that they open.
type NewCircle struct {
	Name        string             `json:"name" doc:"3 to 30 of a to z, 0 to 9 and _; it never changes."`
	Title       string             `json:"title,omitempty"`
	Topic       string             `json:"topic,omitempty" doc:"One line."`
	Language    string             `json:"language,omitempty" doc:"BCP 47."`
	Description string             `json:"description,omitempty" doc:"Markdown."`
	Rules       string             `json:"rules,omitempty" doc:"Markdown."`
	Visibility  circles.Visibility `json:"visibility,omitempty" enum:"public,unlisted,local,members"`
	Posting     circles.Posting    `json:"posting,omitempty" enum:"open,operators"`
	Sensitive   bool               `json:"sensitive,omitempty"`
	Hue         int                `json:"hue,omitempty" doc:"0 to 11."`
}

func (s *Server) newCircle(c *call, in NewCircle) (CircleView, error) {
	made, err := s.app.CreateCircle(c.ctx(), c.who, app.NewCircle{Name: in.Name, Title: in.Title, Topic: in.Topic, Language: in.Language, Description: in.Description,
		Rules: in.Rules, Visibility: in.Visibility, Posting: in.Posting, Sensitive: in.Sensitive, Hue: in.Hue})
	if err != nil {
		return CircleView{}, err
	}
	return c.readCircle(made.CircleID())
}

// A CircleEdit is how a circle is to be, as a whole.
type CircleEdit struct {
	Title       string             `json:"title"`
	Topic       string             `json:"topic"`
	Language    string             `json:"language"`
	Description string             `json:"description"`
	Rules       string             `json:"rules"`
	Visibility  circles.Visibility `json:"visibility" enum:"public,unlisted,local,members"`
	Posting     circles.Posting    `json:"posting" enum:"open,operators"`
	Sensitive   bool               `json:"sensitive"`
	Hue         int                `json:"hue"`
	Icon        string             `json:"icon,omitempty" doc:"The id of an upload; absent = none."`
}

func (s *Server) editCircle(c *call, in CircleEdit) (CircleView, error) {
	id, err := c.circleID()
	if err != nil {
		return CircleView{}, err
	}
	_, err = s.app.EditCircle(c.ctx(), c.who, id, app.CircleEdit{Title: in.Title, Topic: in.Topic, Language: in.Language, Description: in.Description, Rules: in.Rules,
		Visibility: in.Visibility, Posting: in.Posting, Sensitive: in.Sensitive, Hue: in.Hue, Icon: circles.MediaID(in.Icon)})
	if err != nil {
		return CircleView{}, err
	}
	return c.readCircle(id)
}

func (s *Server) asking(c *call) (Page[Person], error) {
	id, err := c.circleID()
	if err != nil {
		return Page[Person]{}, err
	}
	all, err := s.app.Asking(c.ctx(), c.who, id)
	if err != nil {
		return Page[Person]{}, err
	}
	return none(c, s.people(all))
}

// A NewRole is what somebody is to be in a circle.
type NewRole struct {
	Role string `json:"role" enum:"none,member,moderator,operator,owner"`
}

func (c *call) pair() (circles.CircleID, circles.PersonID, error) {
	circle, err := c.circleID()
	if err != nil {
		return 0, 0, err
	}
	person, err := c.number("person")
	return circle, circles.PersonID(person), err
}

func (s *Server) setRole(c *call, in NewRole) (nothing, error) {
	circle, person, err := c.pair()
	if err != nil {
		return nothing{}, err
	}
	role := circles.Role(in.Role)
	switch {
	case in.Role == "none":
		role = circles.NoRole
	case !role.Member():
		return nothing{}, circles.FieldErrorf(circles.Invalid, "role", "A role must be owner, operator, moderator, member or none.")
	}
	return nothing{}, s.app.SetRole(c.ctx(), c.who, circle, person, role)
}

// A Reason is why something is done; everyone can read it.
type Reason struct {
	Reason string `json:"reason"`
}

func (s *Server) remove(c *call, in Reason) (nothing, error) {
	id, err := c.post()
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.app.Remove(c.ctx(), c.who, id, in.Reason)
}

// A Ban shuts a person out of a circle.
type Ban struct {
	Person *Person `json:"person,omitempty"`
	By     *Person `json:"by,omitempty"`
	At     Time    `json:"at"`
	Until  Time    `json:"until,omitempty" doc:"Absent = for good."`
	Reason string  `json:"reason,omitempty"`
}

func (s *Server) bans(c *call) (Page[Ban], error) {
	id, err := c.circleID()
	if err != nil {
		return Page[Ban]{}, err
	}
	all, next, err := s.app.Bans(c.ctx(), c.who, id, c.cursor())
	if err != nil {
		return Page[Ban]{}, err
	}
	var out []Ban
	for _, b := range all {
		out = append(out, Ban{Person: s.person(b.Who), By: s.person(b.By), At: at(b.At), Until: at(b.Until), Reason: b.Reason})
	}
	return pageOf(out, next), nil
}

// A NewBan is how a person is to be shut out.
type NewBan struct {
	Reason string `json:"reason" doc:"Shown to everyone."`
	Until  Time   `json:"until,omitempty" doc:"Absent = for good."`
	Remove bool   `json:"remove,omitempty" doc:"What they wrote in the circle is removed, too."`
}

// until reads when something ends.
func until(t Time) (int64, error) {
	if t == "" {
		return 0, nil
	}
	end, err := time.Parse(time.RFC3339Nano, string(t))
	if err != nil {
		return 0, circles.FieldErrorf(circles.Invalid, "until", "until must be a moment such as 2030-01-31T12:00:00Z.")
	}
	return end.UnixMicro(), nil
}

func (s *Server) ban(c *call, in NewBan) (nothing, error) {
	circle, person, err := c.pair()
	if err != nil {
		return nothing{}, err
	}
	end, err := until(in.Until)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.app.Ban(c.ctx(), c.who, app.NewBan{Circle: circle, Person: person, Reason: in.Reason, Until: end, Remove: in.Remove})
}

func (s *Server) unban(c *call) error {
	circle, person, err := c.pair()
	if err != nil {
		return err
	}
	return s.app.Unban(c.ctx(), c.who, circle, person)
}

// A Desk is a list of reports that somebody decides.
type Desk struct {
	Circle *Circle `json:"circle,omitempty" doc:"Absent = that of the instance."`
	Open   int64   `json:"open"`
}

func (s *Server) desks(c *call) (Page[Desk], error) {
	all, err := s.moderation.Desks(c.ctx(), c.who)
	if err != nil {
		return Page[Desk]{}, err
	}
	var out []Desk
	for _, d := range all {
		out = append(out, Desk{s.circle(d.Circle), d.Open})
	}
	return none(c, out)
}

// A Report is everything that was said against one thing.
type Report struct {
	ID         ID                     `json:"id"`
	State      circles.ReportState    `json:"state" enum:"open,dismissed,upheld"`
	Category   circles.ReportCategory `json:"category" enum:"spam,harassment,illegal,intimate,impersonation,rules,other"`
	Count      int64                  `json:"count" doc:"People who reported it."`
	FirstAt    Time                   `json:"first_at"`
	LastAt     Time                   `json:"last_at"`
	Post       *Post                  `json:"post,omitempty"`
	Person     *Person                `json:"person,omitempty" doc:"Who wrote it, or who is reported."`
	Circle     *Circle                `json:"circle,omitempty"`
	Complaints []Complaint            `json:"complaints" doc:"The first of them."`
	DecidedBy  *Person                `json:"decided_by,omitempty"`
	DecidedAt  Time                   `json:"decided_at,omitempty"`
	Decision   circles.ModAction      `json:"decision,omitempty"`
	Note       string                 `json:"note,omitempty"`
}

// A Complaint is what one person said.
type Complaint struct {
	By       *Person                `json:"by,omitempty"`
	At       Time                   `json:"at"`
	Category circles.ReportCategory `json:"category"`
	Text     string                 `json:"text,omitempty"`
}

func (s *Server) reports(c *call) (Page[Report], error) {
	circle, err := idIn[circles.CircleID](ID(c.query("circle")), "circle")
	if err != nil {
		return Page[Report]{}, err
	}
	cases, next, err := s.moderation.Reports(c.ctx(), c.who, circle, c.query("decided") == "true", c.cursor())
	if err != nil {
		return Page[Report]{}, err
	}
	var out []Report
	for _, r := range cases {
		row := Report{ID: id(r.ID), State: r.State, Category: r.Category, Count: r.Count, FirstAt: at(r.FirstAt), LastAt: at(r.LastAt), Person: s.person(r.Person),
			Circle: s.circle(r.Circle), Complaints: []Complaint{}, DecidedBy: s.person(r.DecidedBy), DecidedAt: at(r.DecidedAt), Decision: r.Decision, Note: r.Note}
		if r.Post != nil {
			row.Post = s.post(r.Post)
		}
		for _, x := range r.Complaints {
			row.Complaints = append(row.Complaints, Complaint{By: s.person(x.Who), At: at(x.At), Category: x.Category, Text: x.Text})
		}
		out = append(out, row)
	}
	return pageOf(out, next), nil
}

// A Decision closes a report.
type Decision struct {
	Do       string           `json:"do" enum:"dismiss,uphold,remove,ban" doc:"Nothing is wrong; it is right and was dealt with; remove what is reported; ban who wrote it."`
	Severity circles.Severity `json:"severity,omitempty" enum:"minor,serious" doc:"How grave it is, of all but a dismissal and reports about circles: what the person's standing in the circle loses, 5 or 15."`
	Reason   string           `json:"reason,omitempty" doc:"Of a removal and a ban, for everyone; else a note for moderators."`
	Until    Time             `json:"until,omitempty" doc:"Of a ban."`
	Remove   bool             `json:"remove,omitempty" doc:"Of a ban: what they wrote goes, too."`
}

func (s *Server) decide(c *call, in Decision) (nothing, error) {
	id, err := c.number("id")
	if err != nil {
		return nothing{}, err
	}
	m, ctx := s.moderation, c.ctx()
	switch in.Do {
	case "dismiss":
		err = m.Dismiss(ctx, c.who, id, in.Reason)
	case "uphold":
		err = m.Uphold(ctx, c.who, id, in.Severity, in.Reason)
	case "remove":
		err = m.Remove(ctx, c.who, id, in.Severity, in.Reason)
	case "ban":
		var end int64
		if end, err = until(in.Until); err == nil {
			err = m.Ban(ctx, c.who, id, in.Severity, app.NewBan{Reason: in.Reason, Until: end, Remove: in.Remove})
		}
	default:
		err = circles.FieldErrorf(circles.Invalid, "do", "do must be dismiss, uphold, remove or ban.")
	}
	return nothing{}, err
}

func (s *Server) suspend(c *call, in Reason) (nothing, error) {
	id, err := c.actor()
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.moderation.Suspend(c.ctx(), c.who, id, in.Reason)
}

func (s *Server) unsuspend(c *call) error {
	id, err := c.actor()
	if err != nil {
		return err
	}
	return s.moderation.Unsuspend(c.ctx(), c.who, id)
}

func (s *Server) adminRoutes() []route {
	const admin = accounts.ScopeAdmin
	return grouped("admin",
		get("/admin/site", admin, "What the instance says about itself.", s.site, beside("GET /admin")),
		send(http.MethodPut, "/admin/site", admin, "Set it.", s.setSite, beside("POST /admin")),
		list("/admin/people", admin, "Accounts, in the order of their making.", s.adminPeople, beside("GET /admin/people")),
		send(http.MethodPut, "/admin/people/{name}", admin, "Give an account a role.", s.giveRole, beside("POST /admin/people")),
		list("/admin/peers", admin, "Other servers, and how delivering to them goes.", s.peers, beside("GET /admin/peers")),
		send(http.MethodPut, "/admin/peers/{host}", admin, "Say what is exchanged with a server.", s.setPeer, anyName, beside("POST /admin/peers")),
	)
}

// mustAdmin hides what is the admins' from everybody else, as the pages do.
func (c *call) mustAdmin() error {
	if c.who.Role != circles.SiteAdmin {
		return circles.Errorf(circles.Forbidden, "Only an admin can do that.").With("refused.not-an-admin", nil)
	}
	return nil
}

// A Site is what an instance says about itself.
type Site struct {
	Name         string                `json:"name"`
	Description  string                `json:"description"`
	Registration accounts.Registration `json:"registration" enum:"open,closed"`
}

func (s *Server) site(c *call) (Site, error) {
	if err := c.mustAdmin(); err != nil {
		return Site{}, err
	}
	site, err := s.accounts.Site(c.ctx())
	return Site{site.Name, site.Description, site.Registration}, err
}

func (s *Server) setSite(c *call, in Site) (nothing, error) {
	return nothing{}, s.accounts.SetSite(c.ctx(), c.who, accounts.Site{Name: in.Name, Description: in.Description, Registration: in.Registration})
}

// An Account is one of the instance's.
type Account struct {
	ID        ID               `json:"id"`
	Name      string           `json:"name"`
	Title     string           `json:"title"`
	Role      circles.SiteRole `json:"role" enum:"member,moderator,admin"`
	Suspended bool             `json:"suspended"`
	CreatedAt Time             `json:"created_at"`
	SeenAt    Time             `json:"seen_at,omitempty" doc:"To the hour."`
}

func (s *Server) adminPeople(c *call) (Page[Account], error) {
	after, err := idIn[circles.PersonID](ID(c.cursor()), "cursor")
	if err != nil {
		return Page[Account]{}, errCursor()
	}
	all, next, err := s.accounts.People(c.ctx(), c.who, after)
	if err != nil {
		return Page[Account]{}, err
	}
	var out []Account
	for _, p := range all {
		out = append(out, Account{id(p.Person), p.Name, p.Title, p.Role, p.Suspended, at(p.CreatedAt), at(p.SeenAt)})
	}
	return pageOf(out, string(id(next))), nil
}

// A SiteRole is what an account may do on the instance.
type SiteRole struct {
	Role circles.SiteRole `json:"role" enum:"member,moderator,admin"`
}

func (s *Server) giveRole(c *call, in SiteRole) (nothing, error) {
	return nothing{}, s.accounts.GiveRole(c.ctx(), c.who, c.echo.Param("name"), in.Role)
}

// A Peer is another server.
type Peer struct {
	Host         string            `json:"host"`
	Software     string            `json:"software,omitempty"`
	Version      string            `json:"version,omitempty"`
	Policy       moderation.Policy `json:"policy" enum:",limited,blocked" doc:"Empty = everything is exchanged."`
	Reason       string            `json:"reason,omitempty"`
	Trusted      bool              `json:"trusted" doc:"In standing."`
	HeardAt      Time              `json:"heard_at,omitempty"`
	ReachedAt    Time              `json:"reached_at,omitempty"`
	FailingSince Time              `json:"failing_since,omitempty"`
	NextTryAt    Time              `json:"next_try_at,omitempty"`
	LastStatus   int               `json:"last_status,omitempty"`
	LastError    string            `json:"last_error,omitempty"`
	Pending      int               `json:"pending" doc:"Entries that wait for it."`
	Dormant      bool              `json:"dormant"`
}

func (s *Server) peers(c *call) (Page[Peer], error) {
	all, next, err := s.moderation.Peers(c.ctx(), c.who, c.cursor())
	if err != nil {
		return Page[Peer]{}, err
	}
	var out []Peer
	for _, p := range all {
		row := Peer{Host: p.Host, Software: p.Software, Version: p.Version, Policy: p.Policy, Reason: p.Reason, Trusted: p.Trusted, HeardAt: at(p.HeardAt), ReachedAt: at(p.ReachedAt),
			FailingSince: at(p.FailingSince), NextTryAt: at(p.NextTryAt), LastStatus: p.LastStatus, LastError: p.LastError}
		if p.Queue != nil {
			row.Pending, row.Dormant = p.Queue.Pending, p.Queue.Dormant
		}
		out = append(out, row)
	}
	return pageOf(out, next), nil
}

// A NewPolicy is what is to be exchanged with a server.
type NewPolicy struct {
	Policy moderation.Policy `json:"policy" enum:",limited,blocked" doc:"Empty = everything."`
	Reason string            `json:"reason,omitempty" doc:"Everyone can read it."`
}

func (s *Server) setPeer(c *call, in NewPolicy) (nothing, error) {
	return nothing{}, s.moderation.SetPeer(c.ctx(), c.who, c.echo.Param("host"), in.Policy, in.Reason)
}
