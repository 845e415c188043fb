package app

import (
	"fmt"
	"testing"

	"halqa/circles"
	"halqa/internal/store"
)

// One founder cannot put a word over the directory, with however many circles.
func TestTopicsNeedFounders(t *testing.T) {
	h := newHouse(t)
	found := func(who circles.Viewer, name, topic string, v circles.Visibility) circles.CircleID {
		t.Helper()
		c, err := h.CreateCircle(h.ctx(), who, NewCircle{Name: name, Topic: topic, Visibility: v})
		h.must(err)
		return c.CircleID()
	}
	people := []circles.Viewer{h.person("ann"), h.person("bob"), h.person("cid")}
	for i := range 10 {
		found(people[0], fmt.Sprint("spam", i), "buy here", circles.Public)
	}
	for i, p := range people {
		found(p, fmt.Sprint("tea", i), "茶", circles.Public)
		v := circles.Public
		if i == 0 {
			v = circles.Unlisted
		}
		found(p, fmt.Sprint("knit", i), "knitting", v)
	}
	var got []Topic
	h.update(func(tx *store.Tx) (err error) {
		got, err = tx.Topics(topicFounders, maxTopics)
		return err
	})
	if len(got) != 1 || got[0] != (Topic{Name: "茶", Circles: 3}) {
		t.Errorf("topics %+v, want 茶 alone", got)
	}
}
