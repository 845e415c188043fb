package testpeer

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
)

// A Receipt is an activity that arrived and what became of it.
type Receipt struct {
	Verdict Verdict
	Reason  Reason // "" if all is as it should be
	Detail  string
	Status  int    // what was answered
	Inbox   string // path
	ID      string
	Actor   string
	Shape   string // types from the outside in, such as Announce{Create{Page}}; an id shows as {…}
	Body    []byte // as received
	Header  http.Header
}

// String is one line for a person who reads why a test failed.
func (r Receipt) String() string {
	s := fmt.Sprintf("%-8s %d %s %s by %s at %s", r.Verdict, r.Status, r.Shape, r.ID, r.Actor, r.Inbox)
	if r.Reason != "" {
		s += " (" + string(r.Reason) + ": " + r.Detail + ")"
	}
	return s
}

// A ruling is a verdict with its reason.
type ruling struct {
	verdict Verdict
	reason  Reason
	detail  string
	status  int // 0 = the usual one
}

func accepted() ruling                               { return ruling{verdict: Accepted} }
func ignored(reason Reason, detail string) ruling    { return ruling{Ignored, reason, detail, 0} }
func refused(reason Reason, detail string) ruling    { return ruling{Refused, reason, detail, 0} }
func refusedFor(why *denial) ruling                  { return refused(why.reason, why.detail) }
func (r ruling) answering(status int) ruling         { r.status = status; return r }
func acceptedAs(reason Reason, detail string) ruling { return ruling{Accepted, reason, detail, 0} }

// post reads one POST. What it does besides, such as sending an Accept, goes on after the answer.
func (p *Peer) post(w http.ResponseWriter, r *http.Request) {
	if !p.isInbox(r.URL.Path) {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	rec := Receipt{Inbox: r.URL.Path, Header: r.Header.Clone()}
	rule := p.judge(r, &rec)
	rec.Verdict, rec.Reason, rec.Detail, rec.Status = rule.verdict, rule.reason, rule.detail, p.statusOf(rule)
	p.update(func() { p.received = append(p.received, rec) })
	if rec.Reason != "" && rec.Reason != ReasonRepeated {
		p.complain(rec.Reason, rec.ID, rec.Detail)
	}
	if rule.verdict == Refused && rec.Status >= 400 {
		reply(w, rec.Status, "application/json", obj{"error": string(rule.reason) + ": " + rule.detail})
		return
	}
	w.WriteHeader(rec.Status)
}

func (p *Peer) isInbox(path string) bool {
	if path == p.traits.sharedInbox && path != "" {
		return true
	}
	return read(p, func() bool {
		for _, a := range p.actors {
			if a.Inbox() == p.URL+path {
				return true
			}
		}
		return false
	})
}

func (p *Peer) statusOf(rule ruling) int {
	transport := []Reason{ReasonUnsigned, ReasonMalformedSig, ReasonCoverage, ReasonDigestMissing, ReasonDigest,
		ReasonClock, ReasonNoDate, ReasonAlgorithm, ReasonKeyForm, ReasonKeyUnavailable, ReasonKeyOwner, ReasonBadSignature}
	switch {
	case rule.status != 0:
		return rule.status
	case rule.reason == ReasonTooLarge:
		return http.StatusRequestEntityTooLarge
	case rule.verdict == Refused && p.Persona == Lemmy: // F: every error is a 400
		return http.StatusBadRequest
	case rule.verdict == Refused && slices.Contains(transport, rule.reason):
		return http.StatusUnauthorized
	case rule.verdict == Refused && !p.traits.late:
		return http.StatusBadRequest
	case p.Persona == Lemmy || p.Persona == PieFed:
		return http.StatusOK
	}
	return http.StatusAccepted
}

func (p *Peer) judge(r *http.Request, rec *Receipt) ruling {
	body, err := io.ReadAll(io.LimitReader(r.Body, p.traits.maxBody+1))
	if err != nil {
		return refused(ReasonNotJSON, err.Error())
	}
	if rec.Body = body; int64(len(body)) > p.traits.maxBody {
		return refused(ReasonTooLarge, fmt.Sprintf("over %d bytes", p.traits.maxBody))
	}
	typ, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || typ != activityJSON && typ != "application/ld+json" {
		return refused(ReasonContentType, r.Header.Get("Content-Type")).answering(http.StatusUnsupportedMediaType)
	}
	a, err := parse(body)
	if err != nil {
		return refused(ReasonNotJSON, err.Error()).answering(http.StatusBadRequest)
	}
	rec.ID, rec.Actor, rec.Shape = a.str("id"), a.ref("actor"), shapeOf(a)
	ctx, cancel := context.WithTimeout(p.life, patience)
	defer cancel()
	signer, why := p.verify(ctx, r, body, a)
	if why != nil && p.Persona == PieFed && (a.typ() == "Create" || a.typ() == "Update") {
		if o, err := p.object(ctx, a.ref("object")); err == nil { // what its own host says is as good
			in := &reading{ctx: ctx, p: p, signer: o.ref("attributedTo")}
			in.noting(ReasonReadAtOrigin, string(why.reason))
			return in.activity(obj{"id": a.str("id"), "type": a.typ(), "actor": o.ref("attributedTo"),
				"to": o["to"], "cc": o["cc"], "object": map[string]any(o)})
		}
	}
	if why != nil {
		return refusedFor(why)
	}
	if why := p.signedBy(signer, a); why != nil {
		return refusedFor(why)
	}
	p.damage(a)
	rec.Shape = shapeOf(a)
	reading := &reading{ctx: ctx, p: p, signer: signer}
	return reading.activity(a)
}

// verify checks the signature of a POST and returns the id of the key's owner.
func (p *Peer) verify(ctx context.Context, r *http.Request, body []byte, a obj) (string, *denial) {
	sig, why := p.traits.sigs.check(r, body, p.now())
	if why != nil {
		return "", why
	}
	if p.Persona == Lemmy {
		// F: the key is that of the actor in the body, whatever keyId says.
		actor, why := p.actorOf(ctx, a.ref("actor"))
		if why != nil {
			return "", why
		}
		key, err := parseKey(actor.sub("publicKey").str("publicKeyPem"))
		if err != nil {
			return "", deny(ReasonActorShape, err.Error())
		}
		if !sig.matches(key) {
			return "", deny(ReasonBadSignature, "by "+sig.keyID+" for "+actor.str("id"))
		}
		return actor.str("id"), nil
	}
	owner, key, why := p.keyOf(ctx, sig.keyID)
	if why == nil && !sig.matches(key) {
		why = deny(ReasonBadSignature, "by "+sig.keyID)
		if p.traits.sigs.refetchKey {
			p.forget(owner)
			if _, key, again := p.keyOf(ctx, sig.keyID); again == nil && sig.matches(key) {
				why = nil
			}
		}
	}
	if why == nil {
		_, why = p.actorOf(ctx, owner)
	}
	return owner, why
}

// verifyGet asks for a signature on a GET, as secure-mode servers do.
func (p *Peer) verifyGet(r *http.Request) *denial {
	sig, why := p.traits.sigs.check(r, nil, p.now())
	if why != nil {
		return why
	}
	ctx, cancel := context.WithTimeout(p.life, patience)
	defer cancel()
	_, key, why := p.keyOf(ctx, sig.keyID)
	if why == nil && !sig.matches(key) {
		why = deny(ReasonBadSignature, "by "+sig.keyID)
	}
	return why
}

// signedBy compares who signed with who is said to act.
func (p *Peer) signedBy(signer string, a obj) *denial {
	actor := a.ref("actor")
	if p.traits.sigs.ownKey && !sameHost(signer, a.str("id"), actor) {
		return deny(ReasonSignerHost, signer+" signed "+a.str("id")+" of "+actor)
	}
	if signer != actor {
		return deny(ReasonSignerNotActor, signer+" signed for "+actor)
	}
	return nil
}

// shapeOf writes the types of an activity from the outside in.
func shapeOf(a obj) string {
	var b strings.Builder
	depth := 0
	for ; a != nil && depth < 5; depth++ {
		if depth > 0 {
			b.WriteByte('{')
		}
		b.WriteString(a.typ())
		switch next := a["object"].(type) {
		case map[string]any:
			a = next
		case []any:
			b.WriteString("{list}")
			a = nil
		case string:
			b.WriteString("{…}")
			a = nil
		default:
			a = nil
		}
	}
	return b.String() + strings.Repeat("}", max(depth-1, 0))
}
