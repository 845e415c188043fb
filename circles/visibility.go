package circles

// MaySee reports whether a viewer with this role in the circle may read what is in it. The one
// query in store that lists posts repeats exactly this rule; a property test compares the two.
func MaySee(v Viewer, visibility Visibility, role Role) bool {
	switch visibility {
	case Public, Unlisted:
		return true
	case LocalOnly:
		return v.SignedIn()
	case MembersOnly:
		return v.SignedIn() && (role.Member() || v.Role == SiteAdmin)
	}
	return false
}

// MaySeeLoose reports whether a viewer may read what a person elsewhere wrote in no circle, and what was
// answered to it: what is public, anyone; what its author keeps out of lists, who follows the author here.
// What is for followers alone, or for nobody here, is not kept at all.
func MaySeeLoose(v Viewer, listed, follows bool) bool { return listed || v.SignedIn() && follows }

// MaySeePost reports whether a viewer who may see the circle gets the text of this post or comment.
// Who may not is shown a notice in its place where something hangs below it, and nothing elsewhere.
func MaySeePost(v Viewer, role Role, p *Post) bool {
	switch p.State {
	case Visible:
		return true
	case Held, Refused:
		return v.Person != 0 && (v.Person == p.Author || role.Moderates() || v.Moderates())
	case Removed:
		return v.Person != 0 && (v.Person == p.Author || role.Moderates() || v.Moderates())
	case Deleted:
		return v.Person != 0 && v.Person == p.Author
	}
	return false
}
