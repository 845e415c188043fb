package federation

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"halqa/circles"
	"halqa/federation/as"
	"halqa/internal/store"
)

// webFinger answers who a name is. Names are compared without case; the subject is what was asked
// for, because peers compare it. // RFC 7033
func (p *Publisher) webFinger(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	resource := r.URL.Query().Get("resource")
	if resource == "" || len(resource) > maxAddress {
		return circles.Errorf(circles.Invalid, "Ask with ?resource=acct:name@%s.", p.site.Host)
	}
	a, subject, err := p.resource(r.Context(), resource)
	if err != nil {
		return err
	}
	address := p.site.ActorAddress(a)
	return send(w, "application/jrd+json", as.WebFinger{
		Subject: subject, Actor: address, Type: typeOf(a.Kind), Page: address,
		Subscribe: p.site.Base + "/authorize_interaction?uri={uri}",
	}.Bytes())
}

// typeOf is what ActivityStreams calls an actor.
func typeOf(kind circles.ActorKind) string {
	switch kind {
	case circles.KindCircle:
		return "Group"
	case circles.KindInstance:
		return "Application"
	case circles.KindService:
		return "Service"
	}
	return "Person"
}

// resource finds a local actor by acct: or by address.
func (p *Publisher) resource(ctx context.Context, resource string) (a *circles.Actor, subject string, err error) {
	name, uri := "", ""
	if acct, ok := strings.CutPrefix(resource, "acct:"); ok {
		local, host, ok := strings.Cut(strings.TrimPrefix(acct, "@"), "@")
		if !ok || !strings.EqualFold(host, p.site.Host) {
			return nil, "", notHere()
		}
		name, subject = strings.ToLower(local), resource
		if strings.EqualFold(local, p.site.Host) {
			name, uri = "", "/"
		}
	} else if p.site.Ours(resource) {
		u, err := url.Parse(resource)
		if err != nil {
			return nil, "", notHere()
		}
		uri = "/" + strings.Trim(strings.ToLower(u.Path), "/")
		uri = strings.Replace(uri, "/@", "/u/", 1)
	} else {
		return nil, "", notHere()
	}
	err = p.store.View(ctx, func(tx *store.Tx) error {
		if name != "" {
			a, err = tx.LocalActor(name)
		} else {
			a, err = tx.ActorByURI(uri)
		}
		if err != nil {
			return err
		}
		return p.shown(tx, a)
	})
	if err == nil && subject == "" {
		subject = "acct:" + a.Name + "@" + p.site.Host
	}
	return a, subject, err
}

// shown refuses actors that other servers are not told of.
func (p *Publisher) shown(tx *store.Tx, a *circles.Actor) error {
	if !a.Local() || a.DeletedAt != 0 || a.SuspendedAt != 0 {
		return notHere()
	}
	if a.Kind != circles.KindCircle {
		return nil
	}
	c, err := tx.Circle(circles.CircleID(a.ID))
	if err == nil && !c.Visibility.Federated() {
		err = notHere()
	}
	return err
}

func (p *Publisher) hostMeta(w http.ResponseWriter, _ *http.Request) error {
	return send(w, "application/xrd+xml", as.HostMeta(p.site.Base+"/.well-known/webfinger?resource={uri}"))
}

func (p *Publisher) nodeInfoLinks(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	return send(w, "application/json", as.NodeInfoLinks(p.site.Base+"/nodeinfo/2.0", p.site.Base+"/nodeinfo/2.1", p.site.Base+"/"))
}

func (p *Publisher) nodeInfo(w http.ResponseWriter, r *http.Request) error {
	schema := r.PathValue("schema")
	if schema != "2.0" && schema != "2.1" {
		return notHere()
	}
	about, err := p.about(r.Context())
	if err != nil {
		return err
	}
	n, err := p.app.Counts(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	return send(w, `application/json; profile="http://nodeinfo.diaspora.software/ns/schema/`+schema+`#"; charset=utf-8`, as.NodeInfo{
		Name: about.Name, Description: about.Description, Version: p.version, Open: about.Open,
		Users: int(n.People), ActiveMonth: int(n.ActiveMonth), ActiveHalfyear: int(n.ActiveHalfYear),
		Posts: int(n.Posts), Comments: int(n.Comments),
	}.Bytes(schema))
}
