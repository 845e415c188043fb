package testpeer

import "context"

// Asking makes a post a poll in which one option can be chosen.
func Asking(ends string, options ...string) Edit {
	return func(o map[string]any) {
		var all []any
		for _, name := range options {
			all = append(all, map[string]any{"type": "Note", "name": name, "replies": map[string]any{"type": "Collection", "totalItems": 0}})
		}
		o["type"], o["oneOf"], o["endTime"], o["votersCount"] = "Question", all, ends, 0
	}
}

// ChooseOption votes for an option of a poll, by its words. PieFed has an activity of its own, which goes
// to the community (P app/shared/tasks/likes.py); the others do as Choose does.
func (a *Actor) ChooseOption(ctx context.Context, poll, option string) Sent {
	p := a.peer
	p.t.Helper()
	group := a.about(ctx, poll).group
	if p.Persona != PieFed || group == "" {
		return a.Choose(ctx, poll, option)
	}
	return a.act(ctx, a.activity("PollVote", poll, obj{"choice_text": option, "audience": group}), []string{group})
}
