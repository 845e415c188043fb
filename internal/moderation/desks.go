package moderation

import (
	"context"

	"halqa/circles"
)

// A Desk is a list of reports that somebody decides.
type Desk struct {
	Circle *circles.Circle // nil = that of the whole instance
	Open   int64           // reports that wait
}

// Desks returns the lists that the viewer decides: the instance's first, then those of circles of ours
// that they moderate, by name.
func (m *Moderation) Desks(ctx context.Context, who circles.Viewer) ([]Desk, error) {
	joined, err := m.app.JoinedCircles(ctx, who)
	if err != nil {
		return nil, err
	}
	var desks []Desk
	var ids []circles.CircleID
	if who.Moderates() {
		desks, ids = append(desks, Desk{}), append(ids, 0)
	}
	for _, r := range joined {
		if r.Role.Moderates() && r.Circle.Local() {
			desks, ids = append(desks, Desk{Circle: r.Circle}), append(ids, r.Circle.CircleID())
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	open, err := m.OpenReports(ctx, who, ids)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		desks[i].Open = open[id]
	}
	return desks, nil
}
