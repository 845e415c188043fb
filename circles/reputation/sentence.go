package reputation

import (
	"fmt"
	"strconv"
	"strings"
)

// The sentences here are the one truthful answer that every page, refusal and message gives, so they
// are made where the answer is. English and Chinese; any other language gets English.

var verbs = map[Action]string{
	Join: "join", Post: "post", PostMedia: "post photos and videos", PostLink: "post links", Comment: "comment",
	React: "react", Downvote: "downvote", StartDM: "start conversations", GiveVouch: "vouch", CreateCircle: "create circles",
}

var verbsZH = map[Action]string{
	Join: "加入", Post: "发帖", PostMedia: "发布图片和视频", PostLink: "发布链接", Comment: "评论",
	React: "点赞", Downvote: "点踩", StartDM: "发起私信", GiveVouch: "担保他人", CreateCircle: "创建圈子",
}

var tiersZH = [...]string{"新人", "成员", "常客", "信任成员"}

func chinese(lang string) bool { return lang == "zh" || strings.HasPrefix(lang, "zh-") }

// text says what a clause asks, as part of a sentence.
func (c Clause) text(lang string) string {
	n := c.Value
	here := c.scope() == ScopeCircle
	if chinese(lang) {
		where := "本站"
		if here {
			where = "本圈"
		}
		switch c.Fact {
		case DaysKnown:
			return fmt.Sprintf("来到本站满 %d 天", n)
		case ActiveDays:
			return fmt.Sprintf("90 天内在本站活跃 %d 天", n)
		case AcceptedCount:
			return fmt.Sprintf("在%s有 %d 篇被接受的内容", where, n)
		case StandingPoints:
			return fmt.Sprintf("在本圈声望达到 %d", n)
		case TierHeld:
			return "在本圈是" + tiersZH[min(max(n, 0), int(Trusted))]
		case VouchesHeld:
			return fmt.Sprintf("获得 %d 次担保", n)
		case ByOperator:
			return "经管理者批准"
		case MembershipDays:
			return fmt.Sprintf("加入本圈满 %d 天", n)
		case StrikesLately:
			return fmt.Sprintf("90 天内在%s被证实的违规不超过 %d 次", where, n)
		}
		return string(c.Fact)
	}
	where := " on this server"
	if here {
		where = " in this circle"
	}
	switch c.Fact {
	case DaysKnown:
		return count(n, "day", "days") + " known here"
	case ActiveDays:
		return count(n, "active day", "active days") + " of the last 90"
	case AcceptedCount:
		return count(n, "accepted contribution", "accepted contributions") + where
	case StandingPoints:
		return fmt.Sprintf("a standing of %d", n)
	case TierHeld:
		t := Tier(min(max(n, 0), int(Trusted)))
		if t == Trusted {
			return "being Trusted"
		}
		return "being a " + title(t)
	case VouchesHeld:
		return count(n, "vouch", "vouches")
	case ByOperator:
		return "an operator's approval"
	case MembershipDays:
		return count(n, "day", "days") + " of membership"
	case StrikesLately:
		return fmt.Sprintf("at most %s%s in 90 days", count(n, "upheld report", "upheld reports"), where)
	}
	return string(c.Fact)
}

func (p Path) text(lang string) string {
	parts := make([]string, len(p))
	for i, c := range p {
		parts[i] = c.text(lang)
	}
	if chinese(lang) {
		return strings.Join(parts, "并且")
	}
	return strings.Join(parts, " and ")
}

func title(t Tier) string { s := t.String(); return strings.ToUpper(s[:1]) + s[1:] }

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// Lines returns what the settings ask before an action, one line for its gate, limit and switch each;
// none for what is open, unlimited and on.
func (s Settings) Lines(a Action, lang string) []string {
	var lines []string
	zh := chinese(lang)
	name, colon := verbs[a], ": "
	if zh {
		name, colon = verbsZH[a], "："
	}
	if s.Off[a] {
		lines = append(lines, name+colon+pick(zh, "switched off", "已关闭"))
	}
	if g := s.Gates[a]; !g.Open() {
		ways := make([]string, len(g.Any))
		for i, p := range g.Any {
			ways[i] = p.text(lang)
		}
		ways = append(ways, otherwise[g.Else][b2i(zh)])
		lines = append(lines, name+colon+strings.Join(ways, pick(zh, "; or ", "；或")))
	}
	if l := s.Limits[a]; l.text(zh) != "" {
		lines = append(lines, name+colon+l.text(zh))
	}
	return lines
}

var otherwise = map[Outcome][2]string{
	"":      {"nothing else", "别无他法"},
	Hold:    {"it is held for an operator", "交由管理者审核"},
	Request: {"it becomes a request", "作为请求发出"},
	Deny:    {"it is refused", "拒绝"},
}

func (l Limit) text(zh bool) string {
	var parts []string
	if l.PerDay > 0 {
		parts = append(parts, fmt.Sprintf(pick(zh, "%d a day", "每天 %d 条"), l.PerDay))
	}
	if l.TextOnly {
		parts = append(parts, pick(zh, "text only", "仅限文字"))
	}
	if l.MaxLinks != nil {
		parts = append(parts, pick(zh, "at most "+count(*l.MaxLinks, "link", "links"), fmt.Sprintf("最多 %d 个链接", *l.MaxLinks)))
	}
	if l.FirstHeld > 0 {
		parts = append(parts, fmt.Sprintf(pick(zh, "the first %d are held", "前 %d 条需审核"), l.FirstHeld))
	}
	if len(parts) == 0 {
		return ""
	}
	text := strings.Join(parts, pick(zh, ", ", "，"))
	if l.Below > Newcomer {
		return pick(zh, "below "+title(l.Below)+" ", tiersZH[l.Below]+"以下：") + text
	}
	return text
}

func pick(second bool, a, b string) string {
	if second {
		return b
	}
	return a
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Explain says in a sentence or two what a decision means to the person it is about, "" if they may.
// To anyone but its owner a gap in standing is told in people, never as a number.
func (d Decision) Explain(a Action, lang string, owner bool) string {
	zh := chinese(lang)
	verb := pick(zh, verbs[a], verbsZH[a])
	switch {
	case d.Allowed:
		return ""
	case d.Off:
		return pick(zh, "Here nobody can "+verb+": it is switched off.", "这里已关闭"+verb+"。")
	}
	var ways []string
	for from := 0; from < len(d.Unmet); {
		to := from
		for to < len(d.Unmet) && d.Unmet[to].Path == d.Unmet[from].Path {
			to++
		}
		ways = append(ways, way(d.Unmet[from:to], zh, owner))
		from = to
	}
	ends := map[Outcome][2]string{
		Hold:    {"Sent now, it is held for an operator and not lost.", "现在发送的内容会保留，等待管理者审核，不会丢失。"},
		Request: {"Until then it becomes a request.", "在此之前会作为请求发出。"},
	}[d.Outcome][b2i(zh)]
	if len(ways) == 0 {
		if d.Outcome == Request {
			return pick(zh, "To "+verb+" here you send a request.", "在这里"+verb+"需要先发出请求。")
		}
		return pick(zh, "At present only those who run this place can "+verb+".", "目前只有管理者可以"+verb+"。")
	}
	if zh && len(ways) == 1 {
		return ways[0] + "即可" + verb + "。" + ends
	}
	if zh {
		return "满足以下任一条件即可" + verb + "：" + strings.Join(ways, "；") + "。" + ends
	}
	return strings.TrimSpace("You can " + verb + " " + strings.Join(ways, ", or ") + ". " + ends)
}

// way says what is missing on one path: the waiting first, then what must be had by then.
func way(missing []Unmet, zh, owner bool) string {
	if u := missing[0]; len(missing) == 1 && u.Fact == TierHeld && u.Need == int(Member) && u.ETA != NoETA {
		return pick(zh, "in "+count(u.ETA, "day", "days")+", or now with one vouch or an operator's approval",
			fmt.Sprintf("再过 %d 天、获得 1 次担保或经管理者批准", u.ETA))
	}
	days := 0
	var with []string
	for _, u := range missing {
		if u.ETA != NoETA {
			days = max(days, u.ETA)
			continue
		}
		with = append(with, u.text(zh, owner))
	}
	switch {
	case zh && days > 0 && len(with) > 0:
		return fmt.Sprintf("再过 %d 天，并且%s", days, strings.Join(with, "、"))
	case zh && days > 0:
		return fmt.Sprintf("再过 %d 天", days)
	case zh:
		return strings.Join(with, "、")
	case days > 0 && len(with) > 0:
		return "in " + count(days, "day", "days") + " with " + strings.Join(with, " and ")
	case days > 0:
		return "in " + count(days, "day", "days")
	}
	now := "now with "
	for _, u := range missing {
		if info, _ := u.Fact.Info(); !info.Human {
			now = "with "
		}
	}
	return now + strings.Join(with, " and ")
}

// pointsEach is what one more person's appreciation is worth about: a rater's cap.
const pointsEach = 3

func (u Unmet) text(zh, owner bool) string {
	gap := u.Need - u.Have
	where := pick(zh, " on this server", "在本站")
	if u.Scope == ScopeCircle {
		where = pick(zh, " in this circle", "在本圈")
	}
	switch u.Fact {
	case AcceptedCount:
		return pick(zh, word(gap)+" more accepted "+plural(gap, "contribution", "contributions")+where, fmt.Sprintf("%s再有 %d 篇被接受的内容", where, gap))
	case StandingPoints:
		if owner {
			return pick(zh, fmt.Sprintf("a standing of %d (yours is %d)", u.Need, u.Have), fmt.Sprintf("声望达到 %d（你现在是 %d）", u.Need, u.Have))
		}
		people := (gap + pointsEach - 1) / pointsEach
		return pick(zh, "the appreciation of about "+word(people)+" more "+plural(people, "person", "people"), fmt.Sprintf("再得到大约 %d 个人的认可", people))
	case VouchesHeld:
		more := ""
		if u.Have > 0 {
			more = "more "
		}
		return pick(zh, word(gap)+" "+more+plural(gap, "vouch", "vouches"), fmt.Sprintf("获得 %d 次担保", gap))
	case StrikesLately:
		return pick(zh, "no more than "+count(u.Need, "upheld report", "upheld reports")+" in 90 days", fmt.Sprintf("90 天内被证实的违规不超过 %d 次", u.Need))
	case MembershipDays:
		return pick(zh, "membership for "+count(u.Need, "day", "days"), fmt.Sprintf("加入本圈满 %d 天", u.Need))
	case TierHeld:
		return pick(zh, "the standing of a "+title(Tier(u.Need))+" in this circle", "成为本圈的"+tiersZH[min(max(u.Need, 0), int(Trusted))])
	}
	lang := "en"
	if zh {
		lang = "zh"
	}
	return Clause{u.Fact, u.Scope, u.Need}.text(lang)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

var words = [...]string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}

func word(n int) string {
	if n >= 0 && n < len(words) {
		return words[n]
	}
	return strconv.Itoa(n)
}

// ForOthers returns the decision without what is for its owner's eyes: the present value of private
// facts becomes −1.
func (d Decision) ForOthers() Decision {
	unmet := make([]Unmet, len(d.Unmet))
	for i, u := range d.Unmet {
		if info, _ := u.Fact.Info(); info.Private {
			u.Have = -1
		}
		unmet[i] = u
	}
	d.Unmet = unmet
	return d
}

// Say says what the clause asks, as part of a sentence.
func (c Clause) Say(lang string) string { return c.text(lang) }
