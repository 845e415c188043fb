package standing

import "halqa/circles"

// A Reason says in one word why something was refused. It is stored and shown to moderators, so it
// never changes its meaning.
type Reason string

const (
	NotSignedIn    Reason = "not-signed-in"
	NoAccount      Reason = "no-account"
	NotAPerson     Reason = "not-a-person"
	Suspended      Reason = "suspended"
	PeerBlocked    Reason = "peer-blocked"
	NotVisible     Reason = "not-visible"
	CircleGone     Reason = "circle-gone"
	CircleMoved    Reason = "circle-moved"
	Banned         Reason = "banned"
	BlockedBy      Reason = "blocked-by"
	NotAMember     Reason = "not-a-member"
	OperatorsOnly  Reason = "operators-only"
	Locked         Reason = "locked"
	PostGone       Reason = "post-gone"
	NotTheAuthor   Reason = "not-the-author"
	NotAModerator  Reason = "not-a-moderator"
	NotAnOperator  Reason = "not-an-operator"
	RankTooLow     Reason = "rank-too-low"
	LastOwner      Reason = "last-owner"
	Elsewhere      Reason = "elsewhere"
	RemovedAlready Reason = "removed-already"
	Oneself        Reason = "oneself"
	PeerLimited    Reason = "peer-limited"
	NotSiteStaff   Reason = "not-site-staff"
	RanksHigher    Reason = "ranks-higher"
	NotTheThreads  Reason = "not-the-threads"

	VouchSelf      Reason = "vouch-self"
	VouchOperator  Reason = "vouch-operator"
	VouchTier      Reason = "vouch-tier"
	VouchTwice     Reason = "vouch-twice"
	VouchBack      Reason = "vouch-back"
	VouchQuota     Reason = "vouch-quota"
	VouchSuspended Reason = "vouch-suspended"
	VouchFull      Reason = "vouch-full"
	VouchDomain    Reason = "vouch-domain"
	VouchUnknown   Reason = "vouch-not-known"
	VouchNone      Reason = "vouch-none"
	NotWanted      Reason = "not-wanted"
	Gated          Reason = "gate" // its sentence is made of what is missing
)

// refusals holds the sentence of each reason. "refused." and the reason is its key in the catalogues.
var refusals = map[Reason]struct {
	kind    circles.Kind
	message string
}{
	NotSignedIn:    {circles.Denied, "Sign in to do that."},
	NoAccount:      {circles.Denied, "This account no longer exists; sign in with another one."},
	NotAPerson:     {circles.Forbidden, "Only people can do that."},
	Suspended:      {circles.Forbidden, "This account is suspended; write to the people who run this instance."},
	PeerBlocked:    {circles.Forbidden, "This instance exchanges nothing with that one; ask the people who run it why."},
	NotVisible:     {circles.NotFound, "There is no such circle or post; check the address."},
	CircleGone:     {circles.Gone, "This circle is closed; nothing can be changed in it any more."},
	CircleMoved:    {circles.Gone, "This circle has moved; its page says where to."},
	Banned:         {circles.Forbidden, "You are banned from this circle; its moderators can lift that."},
	BlockedBy:      {circles.Forbidden, "This person does not want to hear from you; write somewhere else."},
	NotAMember:     {circles.Forbidden, "Only members can do that; join the circle first."},
	OperatorsOnly:  {circles.Forbidden, "Only the operators of this circle start posts; you can comment on theirs."},
	Locked:         {circles.Forbidden, "A moderator has locked this thread; nobody can comment on it now."},
	PostGone:       {circles.Gone, "This post was deleted or removed; nothing can be added to it."},
	NotTheAuthor:   {circles.Forbidden, "Only its author can do that."},
	NotAModerator:  {circles.Forbidden, "Only a moderator can do that; report the post to one."},
	NotAnOperator:  {circles.Forbidden, "Only the operators of this circle can do that; ask one of them."},
	RankTooLow:     {circles.Forbidden, "You can give and take only roles below your own; ask an owner."},
	LastOwner:      {circles.Conflict, "A circle needs an owner; make somebody else an owner first."},
	Elsewhere:      {circles.Forbidden, "This circle lives on another instance; do that there."},
	RemovedAlready: {circles.Conflict, "A moderator removed this; ask the moderators of the circle to return it."},
	PeerLimited:    {circles.Forbidden, "This instance takes from that one only what people here follow, and what its people do in circles that they are in already."},
	NotSiteStaff:   {circles.Forbidden, "Only the people who run this instance can do that; ask one of them."},
	RanksHigher:    {circles.Forbidden, "This person runs the circle or the instance as you do; ask somebody above you both."},
	NotTheThreads:  {circles.Forbidden, "Only who began the thread and the operators of the circle can call an answer helpful."},
	VouchSelf:      {circles.Invalid, "Nobody can vouch for themselves."},
	VouchOperator:  {circles.Conflict, "This person runs the circle; nobody needs to vouch for them."},
	VouchTier:      {circles.Forbidden, "Only Regulars of this circle and those who run it can vouch for people."},
	VouchTwice:     {circles.Conflict, "You vouch for this person already."},
	VouchBack:      {circles.Forbidden, "This person brought you into the circle, so your word for them counts nothing."},
	VouchQuota:     {circles.Limited, "You have vouched for as many people as you may: ten in a year, or twenty in a month for those who run the circle."},
	VouchSuspended: {circles.Forbidden, "You vouched for somebody who turned out to abuse the circle, and cannot vouch for 90 days."},
	VouchFull:      {circles.Conflict, "Ten people vouch for this person already."},
	VouchDomain:    {circles.Forbidden, "Your server is too new here, or limited, to vouch for people."},
	VouchUnknown:   {circles.Conflict, "This person has done nothing here yet; vouch for them when they have."},
	VouchNone:      {circles.Conflict, "You do not vouch for this person, or no longer."},
	NotWanted:      {circles.Forbidden, "This person does not take messages from everyone; comment on something of theirs instead."},
	Gated:          {circles.Forbidden, "This circle asks for something first; its page of gates says what."},
	Oneself:        {circles.Invalid, "You cannot do that to yourself; choose somebody else."},
}

// refuse is the answer that says no, for this reason.
func refuse(r Reason) Decision {
	s := refusals[r]
	e := circles.Errorf(s.kind, "%s", s.message).With("refused."+string(r), nil)
	e.Reason = string(r)
	return Decision{Outcome: Deny, Reason: r, Refusal: e}
}
