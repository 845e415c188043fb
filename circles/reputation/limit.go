package reputation

import "fmt"

// An Act is what a limit looks at, after the gate let it through.
type Act struct {
	Tier  Tier // of who acts
	Today int  // how many of this action they did today (UTC), this one not counted
	Media bool
	Links int
	Ever  int // how many of this action were let through or approved before, in this circle
}

// A LimitHit says which limit an act ran into; "" = none.
type LimitHit string

const (
	HitPerDay    LimitHit = "per_day"    // tomorrow there is room again
	HitTextOnly  LimitHit = "text_only"  // without the media it may go
	HitMaxLinks  LimitHit = "max_links"  // with fewer links it may go
	HitFirstHeld LimitHit = "first_held" // held for an operator
)

// Judge returns what a limit does with an act, the outcome Hold only for HitFirstHeld.
func (l Limit) Judge(a Act) (Outcome, LimitHit) {
	switch {
	case !l.Concerns(a.Tier):
		return Allow, ""
	case l.PerDay > 0 && a.Today >= l.PerDay:
		return Deny, HitPerDay
	case l.TextOnly && a.Media:
		return Deny, HitTextOnly
	case l.MaxLinks != nil && a.Links > *l.MaxLinks:
		return Deny, HitMaxLinks
	case a.Ever < l.FirstHeld:
		return Hold, HitFirstHeld
	}
	return Allow, ""
}

// Concerns reports whether the limit is for people of a tier. One that names no tier is for everyone.
func (l Limit) Concerns(t Tier) bool { return l.Below == Newcomer || t < l.Below }

// Sentences say by language which limit an act ran into and what would help; with hit "" what the limit
// asks, for whoever has not run into it.
func (l Limit) Sentences(hit LimitHit, a Action) map[string]string {
	en, zh := "", ""
	switch hit {
	case "":
		if en, zh = l.text(false), l.text(true); en == "" {
			return nil
		}
		return map[string]string{"en": "For now, " + verbs[a] + ": " + en + ".", "zh": "目前" + verbsZH[a] + "：" + zh + "。"}
	case HitPerDay:
		en = "You can " + verbs[a] + " here " + times(l.PerDay) + " a day and have done so today. Tomorrow (UTC) there is room again"
		zh = fmt.Sprintf("你今天在这里已经%s %d 次，达到每天的上限；明天（UTC）可以继续", verbsZH[a], l.PerDay)
	case HitTextOnly:
		en, zh = "For now you can "+verbs[a]+" here in text only; leave the photos and videos out", "目前在这里"+verbsZH[a]+"仅限文字，请去掉图片和视频"
	case HitMaxLinks:
		en = "For now at most " + count(*l.MaxLinks, "link", "links") + " may be in it; leave the others out"
		zh = fmt.Sprintf("目前最多可以包含 %d 个链接，请去掉多余的链接", *l.MaxLinks)
	case HitFirstHeld:
		en = "The first " + word(l.FirstHeld) + " of each person are held for an operator here, whoever writes them. It is not lost"
		zh = fmt.Sprintf("每个人在这里的前 %d 篇都会保留，等待管理者审核，不会丢失", l.FirstHeld)
	}
	if l.Below > Newcomer {
		en += ". This ends when you are a " + title(l.Below)
		zh += "。成为本圈的" + tiersZH[l.Below] + "后不再受限"
	}
	return map[string]string{"en": en + ".", "zh": zh + "。"}
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return word(n) + " times"
}
