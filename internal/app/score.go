package app

import (
	"halqa/circles"
	"halqa/circles/ranking"
)

// rankNew computes the ranks of something that has no votes and no comments yet.
func rankNew(p *circles.Post, monthlyActive int64) {
	p.Active = ranking.Active(0, p.Published, 0)
	p.Hot = p.Active
	rank(p, monthlyActive)
}

// rank computes the ranks anew after p.Ups or p.Downs changed.
func rank(p *circles.Post, monthlyActive int64) {
	// Hot and Active are times moved by the same weight of the score, so their difference is how long
	// after publication the last comment came; no row keeps that.
	lastComment := p.Published + p.Active - p.Hot
	p.Score = p.Ups - p.Downs
	p.Hot = ranking.Hot(p.Score, p.Published)
	p.Scaled = ranking.Scaled(p.Score, p.Published, monthlyActive)
	p.Active = ranking.Active(p.Score, p.Published, lastComment)
	p.Controversy = ranking.Controversial(p.Ups, p.Downs)
}

// monthlyActive is the size of a circle that ranks are scaled by; 0 for what is in none.
func monthlyActive(c *circles.Circle) int64 {
	if c == nil {
		return 0
	}
	return c.ActiveMonth
}
