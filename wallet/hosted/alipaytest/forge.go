package alipaytest

import (
	"crypto/rsa"
	"net/url"
	"time"
)

// A Lie changes a notice of success about a trade.
type Lie struct {
	Change  func(url.Values) // before it is signed
	Alter   func(url.Values) // after
	Key     *rsa.PrivateKey  // nil = the gateway's own
	Over    func(url.Values) string
	At      time.Duration // how far from now it says it was sent
	Rewrite func(body string) string
}

// Forge returns the body of a notice that says that a trade, or one that never was, is paid. With a zero
// Lie it is a good one.
func (g *Gateway) Forge(app App, no string, minor int64, l Lie) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.find(no)
	if t == nil {
		t = &trade{app: app, no: no, id: "2026112222001999999999999999", subject: "Tip", created: g.now()}
	}
	said := *t
	said.app, said.total, said.status, said.paid = app, minor, "TRADE_SUCCESS", g.now()
	v := g.notice(&said, nil)
	v.Set("notify_time", g.stamp(g.now().Add(l.At)))
	if l.Change != nil {
		l.Change(v)
	}
	key := l.Key
	if key == nil {
		key = g.key
	}
	over := NoticeString
	if l.Over != nil {
		over = l.Over
	}
	v.Set("sign", Sign(key, over(v)))
	if l.Alter != nil {
		l.Alter(v)
	}
	body := v.Encode()
	if l.Rewrite != nil {
		body = l.Rewrite(body)
	}
	return body
}

func (g *Gateway) signed(key *rsa.PrivateKey, v url.Values) string {
	v.Set("sign", Sign(key, NoticeString(v)))
	return v.Encode()
}
