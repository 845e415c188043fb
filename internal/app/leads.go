package app

import (
	"github.com/maypok86/otter/v2"

	"halqa/circles"
	"halqa/internal/store"
)

const (
	// leadsKept bounds the memory of the posts that lists showed lately, in bytes: some thousands of posts, while
	// the first pages of busy feeds have hundreds.
	leadsKept = 4 << 20

	// leadSize is about what one takes besides its texts.
	leadSize = 900
)

// leads keep what rows of lists show of posts that others were shown before, the excerpt with it. What is kept
// is the same for every reader and belongs to one Rev of its post; the Rev, the counts that move without it,
// and all that depends on the reader are read anew each time, in one statement. So nothing has to be told to
// leads when a post changes, whichever process changes it.
type leads struct {
	kept *otter.Cache[circles.PostID, *keptLead]
}

type keptLead struct {
	post    circles.Post // as PostLeads has it, without BodyHTML; nobody changes it
	excerpt string
}

func newLeads() leads {
	return leads{otter.Must(&otter.Options[circles.PostID, *keptLead]{
		MaximumWeight: leadsKept,
		Weigher: func(_ circles.PostID, k *keptLead) uint32 {
			p := &k.post
			return uint32(leadSize + len(k.excerpt) + len(p.URI) + len(p.URL) + len(p.Title) + len(p.Link) + len(p.Reason) + len(p.Warning))
		},
	})}
}

// A leadRow is a post as a row of a list shows it to one person.
type leadRow struct {
	post    circles.Post // the reader's own copy, without texts but the title
	excerpt string
	lead    *store.Lead
}

// read returns these posts as far as they are there.
func (l leads) read(tx *store.Tx, person circles.PersonID, ids []circles.PostID) (map[circles.PostID]*leadRow, error) {
	now, err := tx.Leads(person, ids)
	if err != nil {
		return nil, err
	}
	rows := make([]leadRow, len(now))
	of := make(map[circles.PostID]*leadRow, len(now))
	var missing []circles.PostID
	for i := range now {
		lead := &now[i]
		rows[i].lead = lead
		of[lead.ID] = &rows[i]
		if k, ok := l.kept.GetIfPresent(lead.ID); ok && k.post.Rev == lead.Rev {
			rows[i].post, rows[i].excerpt = k.post, k.excerpt
		} else {
			missing = append(missing, lead.ID)
		}
	}
	if len(missing) > 0 {
		fresh, err := tx.PostLeads(missing)
		if err != nil {
			return nil, err
		}
		for id, p := range fresh {
			k := &keptLead{excerpt: excerptOf(p)}
			k.post = *p // excerptOf took the text out
			of[id].post, of[id].excerpt = k.post, k.excerpt
			if tx.Committed() {
				l.kept.Set(id, k)
			}
		}
	}
	for i := range rows {
		p, lead := &rows[i].post, rows[i].lead
		p.Listed, p.Ups, p.Downs, p.Score, p.Comments = lead.Listed, lead.Ups, lead.Downs, lead.Score, lead.Comments
	}
	return of, nil
}
