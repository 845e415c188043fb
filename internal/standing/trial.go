package standing

import (
	"halqa/circles"
	"halqa/circles/reputation"
	"halqa/internal/store"
)

// trialDays is how far back a dry run looks, and how long acts are remembered for it.
const trialDays = 30

// trials judges what people did in a circle by the gates that would change. Only what was let through or
// held is remembered, and nothing that moderators did.
func trials(tx *store.Tx, circle circles.CircleID, now, next reputation.Settings) (map[reputation.Action]reputation.Trial, error) {
	if circle == 0 {
		return nil, nil
	}
	out := map[reputation.Action]reputation.Trial{}
	for _, a := range reputation.Actions() {
		gate, ok := next.Gates[a]
		if !ok || sameGate(now.Gates[a], gate) {
			continue
		}
		past, err := judgedOf(tx, circle, a)
		if err != nil {
			return nil, err
		}
		out[a] = reputation.DryRun(gate, past)
	}
	return out, nil
}

func judgedOf(tx *store.Tx, circle circles.CircleID, a reputation.Action) ([]reputation.Judged, error) {
	var past []reputation.Judged
	since := int64(reputation.DayOf(tx.Now())) - trialDays
	err := tx.JudgedSince(circle, string(a), since, func(j store.Judged) error {
		f, err := decodeFacts(j.Facts)
		if err != nil {
			return err
		}
		for range min(j.N, 10_000) { // what one person can do in a day is bounded long before
			past = append(past, reputation.Judged{Who: reputation.ActorID(j.Person), Facts: f})
		}
		return nil
	})
	return past, err
}
