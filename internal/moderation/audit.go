package moderation

import (
	"context"

	"halqa/circles"
	"halqa/internal/standing"
	"halqa/internal/store"
)

const (
	auditPage   = 20
	auditPeople = 50 // of one finding in a list
)

// A Finding is what the nightly audit of ratings found, with who is in it.
type Finding struct {
	store.AuditFinding
	Circle *circles.Circle // as CircleCards has it
	People []FoundPerson   // at most 50, those found first
	Days   int             // until it lapses by itself; of open ones
}

// A FoundPerson is somebody in a finding.
type FoundPerson struct {
	*circles.Actor      // as ActorCards has it
	Found          bool // by the audit; else brought in by somebody who was
	Cut            bool // their introduction was taken back and is to be reviewed
}

// Findings returns what the audit found, the latest first, with the cursor of the next page, "" at the end. It
// is for admins: nobody else learns who is suspected.
func (m *Moderation) Findings(ctx context.Context, who circles.Viewer, cursor string) (found []Finding, next string, err error) {
	before, err := decodeCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	err = m.view(ctx, "findings", func(tx *store.Tx) error {
		found, next = nil, ""
		if _, err := allow(tx, standing.Question{Who: who, Action: standing.DecideAudits}); err != nil {
			return err
		}
		rows, err := tx.Audits(before, auditPage+1)
		if err != nil {
			return err
		}
		rows, next = cut(rows, auditPage, func(a store.AuditFinding) int64 { return a.ID })
		found, err = fillFindings(tx, rows)
		return err
	})
	return found, next, err
}

func fillFindings(tx *store.Tx, rows []store.AuditFinding) ([]Finding, error) {
	var ids []int64
	var in []circles.CircleID
	for _, r := range rows {
		ids, in = append(ids, r.ID), append(in, r.Circle)
	}
	people, err := tx.AuditedOf(ids, auditPeople)
	if err != nil {
		return nil, err
	}
	var who []circles.ActorID
	for _, of := range people {
		for _, p := range of {
			who = append(who, p.Person)
		}
	}
	actors, err := tx.ActorCards(who)
	if err != nil {
		return nil, err
	}
	around, err := tx.CircleCards(in)
	if err != nil {
		return nil, err
	}
	found := make([]Finding, len(rows))
	for i, r := range rows {
		found[i] = Finding{AuditFinding: r, Circle: around[r.Circle], Days: standing.AuditDaysLeft(r, tx.Now())}
		for _, p := range people[r.ID] {
			if a := actors[p.Person]; a != nil {
				found[i].People = append(found[i].People, FoundPerson{a, p.Found, p.Cut})
			}
		}
	}
	return found, nil
}

// DecideFinding says whether what the audit found is abuse. Confirming leaves its ratings without effect, cuts
// off whom those found brought in within 90 days, and takes vouching for 90 days from who brought them in;
// dismissing gives all back. Either needs a reason, which stands in the public log without the names. Nobody
// decides about a finding that they are in.
func (m *Moderation) DecideFinding(ctx context.Context, who circles.Viewer, id int64, confirmed bool, reason string) error {
	reason, err := reasonFor(reason)
	if err != nil {
		return err
	}
	return m.update(ctx, "decide about a finding", func(tx *store.Tx) error {
		d, err := allow(tx, standing.Question{Who: who, Action: standing.DecideAudits})
		if err != nil {
			return err
		}
		if own, err := tx.FoundIn(id, who.Person); err != nil || own {
			if own {
				err = circles.Errorf(circles.Forbidden, "The audit found you among these people, so somebody else who runs this instance decides; if nobody does, it lapses by itself.").With("refused.audit-own", nil)
			}
			return err
		}
		f, err := standing.DecideAudit(tx, id, who.Person, confirmed, reason)
		if err != nil {
			return err
		}
		action := circles.ModAuditDismiss
		if confirmed {
			action = circles.ModAuditConfirm
		}
		return tx.AddModEntry(circles.ModEntry{By: d.Actor.ID, Action: action, Circle: f.Circle, Reason: reason})
	})
}
