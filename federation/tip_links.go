package federation

import (
	"net/http"
	"slices"
	"strings"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/fetch"
	"halqa/internal/store"
	"halqa/internal/tips"
)

// Where people can be paid: what documents of ours say of it, and what is read in those of others. // FEP-0ea0

// payments are the links of a member who asked for them to be shown. The first is a page for people, and for
// an instance of our kind where it sends its intents.
func (s Site) payments(tx *store.Tx, a *circles.Actor) ([]as.Payment, error) {
	if a.Kind != circles.KindPerson || a.DeletedAt != 0 || a.SuspendedAt != 0 {
		return nil, nil
	}
	shown, err := tips.ShownOf(tx, circles.PersonID(a.ID))
	if err != nil || !shown.Open {
		return nil, err
	}
	all := []as.Payment{{Rel: []string{as.RelPayment, as.RelEndpoint}, Name: "Tip", Href: s.ActorAddress(a) + "/tip"}}
	if shown.Served {
		shown.Lightning = a.Name + "@" + s.Host
	}
	if shown.Lightning != "" {
		all = append(all, as.Payment{Rel: []string{as.RelPayment}, Name: "Lightning", Href: "lightning:" + shown.Lightning})
	}
	return all, nil
}

const (
	maxPayLink = 512 // bytes of a link; longer ones are not kept
	maxPayName = 64
)

// paymentsOf reads the payment links of an actor elsewhere. An endpoint counts only on the actor's own server;
// what else there is leads away and is shown to people with its host, never fetched.
func paymentsOf(a *as.Actor) []tips.Link {
	var all []tips.Link
	for _, f := range a.Fields {
		pays, takes := slices.Contains(f.Rel, as.RelPayment), slices.Contains(f.Rel, as.RelEndpoint)
		if f.Type != "Link" || !pays && !takes || len(f.URL) > maxPayLink || len(all) == tips.MaxLinks {
			continue
		}
		l := tips.Link{Href: f.URL, Name: f.Name}
		if len(l.Name) > maxPayName {
			l.Name = ""
		}
		rest, lightning := strings.CutPrefix(strings.ToLower(f.URL), "lightning:")
		_, err := fetch.Host(f.URL)
		switch {
		case takes && fetch.SameHost(f.URL, a.ID):
			l.Kind = tips.LinkEndpoint
		case !pays:
			continue
		case lightning && lightningAddress(rest):
			l.Kind, l.Href = tips.LinkLightning, "lightning:"+rest
		case err == nil:
			l.Kind = tips.LinkPage
		default:
			continue
		}
		if !slices.ContainsFunc(all, func(o tips.Link) bool { return o.Href == l.Href }) {
			all = append(all, l)
		}
	}
	return all
}

// lightningAddress reports whether s is name@host as LUD-16 has it.
func lightningAddress(s string) bool {
	name, host, ok := strings.Cut(s, "@")
	if !ok || name == "" || len(name) > 64 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.+") != "" {
		return false
	}
	got, err := fetch.Host("https://" + host)
	return err == nil && got == host && strings.Contains(host, ".")
}

// keepPayments stores what an actor's own server says of tips.
func keepPayments(tx *store.Tx, a *circles.Actor, p portrait) error {
	switch a.Kind {
	case circles.KindPerson:
		return tips.KeepLinks(tx, a.ID, p.links)
	case circles.KindCircle:
		return tips.KeepPolicy(tx, circles.CircleID(a.ID), p.policy)
	case circles.KindInstance:
		endpoint := ""
		for _, l := range p.links {
			if l.Kind == tips.LinkEndpoint {
				endpoint = l.Href
			}
		}
		return tips.KeepOrigin(tx, a.Host, endpoint)
	}
	return nil
}

// tipped says how many people tipped a post, and neither who nor how much.
func (p *Publisher) tipped(w http.ResponseWriter, r *http.Request) error {
	n := 0
	err := p.store.View(r.Context(), func(tx *store.Tx) error {
		v, err := p.local(tx, r)
		if err != nil {
			return err
		}
		if v.tips == "" || v.tips == tips.PolicyOff {
			return notHere()
		}
		n, err = tips.CountOf(tx, v.post.ID)
		return err
	})
	if err != nil {
		return err
	}
	return sendDoc(w, as.CountCollection(p.site.Base+r.URL.Path, n))
}

// sensitive reports whether a post, or what it hangs below, is shown behind a warning.
func (v *postView) sensitive() bool {
	return v.post.Sensitive || v.root.Sensitive || v.circle != nil && v.circle.Sensitive
}
