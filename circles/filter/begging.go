package filter

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Begging is what words look like that ask for money past everything this program knows of it: a payment
// handle, a code to scan, an address of coins. There nothing can be undone, limited or given back, and
// circles that let it stand have ended as places to be paid in. It is guessed from wording, in English
// and Chinese, so that what it finds is for a person to look at. That somebody paid, or how paying works, is
// nothing it minds.

const (
	services = `(?:pay ?pal|venmo|cash ?app|zelle|revolut|alipay|we ?chat(?: pay)?|google pay|apple pay|wise|m-?pesa|gcash|upi|pix|bitcoin|btc|usdt|monero|crypto)`
	asks     = `(?:send|pay|tip|transfer|wire|donate|drop|spare|lend)`
	zhPay    = `(?:微信|薇信|威信|v信|vx|wx|wechat|支付宝|支付寶|zfb|alipay)`
	zhGive   = `(?:打钱|打款|转钱|转账|轉賬|轉帳|转帐|汇款|匯款|打赏|打賞|赞赏|讚賞|付款|发红包|發紅包|红包|紅包)`
)

// Words of which a text must have one for an expression to match it, in lower case. Most texts have none,
// and to look for words takes a small part of the time.
const (
	aService = iota
	aGift
	aMe
	aMy
	aScan
	anAsk
	anAddress
	aZhScan
	aZhMe
	aZhCode
	lists
)

var clues = [lists][]string{
	aService: {"paypal", "pay pal", "venmo", "cashapp", "cash app", "zelle", "revolut", "alipay", "wechat", "we chat", "google pay", "apple pay",
		"wise", "mpesa", "m-pesa", "gcash", "upi", "pix", "bitcoin", "btc", "usdt", "monero", "crypto"},
	aGift:     {"打钱", "打款", "转钱", "转账", "轉賬", "轉帳", "转帐", "汇款", "匯款", "打赏", "打賞", "赞赏", "讚賞", "付款", "红包", "紅包"},
	aMe:       {"me"},
	aMy:       {"my"},
	aScan:     {"scan"},
	anAsk:     {"donat", "tip", "send", "support"},
	anAddress: {"bc1", "0x", "4", "lnurl1"},
	aZhScan:   {"扫", "掃"},
	aZhMe:     {"给我", "給我", "向我"},
	aZhCode:   {"收款", "赞赏码", "讚賞碼", "打赏码", "支付宝"},
}

// A wording is an expression, with the lists of which a text must have one word each.
type wording struct {
	re    *regexp.Regexp
	needs []int
}

// beggings are the wordings; each is bounded, and RE2 makes none slow.
var beggings = []wording{
	// "Send me 5 on PayPal", "please tip me via Cash App"
	{regexp.MustCompile(`(?i)(?:^|[.!?\n,;:]\s*|\b(?:please|pls|plz|just|can you|could you|would you|you can|feel free to|and|or)\s+)` + asks +
		`\s+(?:it |money |some(?:thing)? |cash |a (?:few|couple|little)(?: of)? \w+ )?(?:to )?me\b[^.!?\n]{0,40}\b(?:on|via|by|through|at|with|over|to)\b[^.!?\n]{0,20}\b` + services + `\b`), []int{aMe, aService}},
	// "My Venmo is @ann-9", "my paypal: ann@example.org"
	{regexp.MustCompile(`(?i)\bmy\s+` + services + `(?:\s+(?:handle|tag|account|link|address|id|name|number|wallet))?\s*(?:is\b|:|=|→|->|@|\$)`), []int{aMy, aService}},
	// "Cash App $ann", "venmo: @ann"
	{regexp.MustCompile(`(?i)\b(?:venmo|cash ?app|zelle|pay ?pal)\s*(?::|=|-|is|at|me|me at)?\s*(?:\$[a-z]\w{2,}|@\w{3,})`), []int{aService}},
	// "Scan my QR to tip", "tips: scan the code below"
	{regexp.MustCompile(`(?i)\bscan\s+(?:my|our)\b[^.!?\n]{0,20}\b(?:qr|code)\b|\bscan\s+(?:the|this)\b[^.!?\n]{0,20}\b(?:qr|code)\b[^.!?\n]{0,20}\bto\s+(?:tip|donate to|support|pay|send)\s+me\b|\b(?:tips?|donations?)\s*[:,]?\s*(?:please\s+)?scan\b`), []int{aScan}},
	// "Donate: bc1q…", "tips to 0x…"
	{regexp.MustCompile(`(?i)\b(?:donat\w*|tips?|send|support)\b[^.!?\n]{0,60}\b(?:bc1[a-z0-9]{20,80}|0x[0-9a-f]{40}|4[0-9ab][1-9a-hj-np-z]{90,110}|lnurl1[a-z0-9]{20,})`), []int{anAsk, anAddress}},
	// 加微信转账, 扫码打赏, 支付宝打赏我
	{regexp.MustCompile(`(?i)(?:加|扫|掃|用|走)我?的?.{0,3}` + zhPay + `.{0,8}` + zhGive + `(?:给|給)?我`), []int{aGift}},
	{regexp.MustCompile(`(?i)加我?.{0,2}` + zhPay + `.{0,8}` + zhGive), []int{aGift}},
	{regexp.MustCompile(`(?:扫码|掃碼|扫一扫|掃一掃|扫描|扫图|扫下方|扫我)[^。！？\n]{0,12}(?:打赏|打賞|赞赏|支持我|打钱|给我|給我|发红包|發紅包)`), []int{aZhScan}},
	// 给我打钱, 求打赏到支付宝, 转账给我
	{regexp.MustCompile(`(?:(?:请|求|麻烦|大家|快来|都来)[^。！？，\n]{0,6}|^|[。！？，\n])(?:给我|給我|向我)(?:打钱|打款|转钱|转账|轉賬|转帐|汇款|匯款|发红包|發紅包|微信|支付宝转)`), []int{aZhMe}},
	{regexp.MustCompile(`(?i)` + zhGive + `(?:请|可以)?(?:到|至|发|發|转|給|给)?我?的?` + zhPay + `(?:号|號|账号|帳號|账户|:|：)`), []int{aGift}},
	{regexp.MustCompile(`(?i)我的?(?:收款码|收款碼|收款二维码|赞赏码|讚賞碼|打赏码|支付宝(?:账号|帐号|号)?\s*(?:是|:|：)|微信收款)`), []int{aZhCode}},
	// 支付宝: ann@example.org, 微信号：ann_2026 (with a word for money near)
	{regexp.MustCompile(`(?i)(?:打赏|打賞|赞赏|打钱|转账|红包)[^。！？\n]{0,20}` + zhPay + `(?:号|號|账号|帳號)?\s*[:：]\s*[\w@.+-]{5,}`), []int{aGift}},
}

// beggingHosts are those whose links pay one person and nothing else.
var beggingHosts = []string{"paypal.me", "cash.app", "venmo.com", "revolut.me", "monzo.me", "qr.alipay.com", "wxp.tenpay.com"}

// Begging returns the words, or the host of a link, that ask for a direct transfer; "" if none do.
func Begging(s Said) Hit {
	text := s.Text[:min(len(s.Text), maxText)]
	c := clued{low: strings.ReplaceAll(strings.ToLower(text), "ſ", "s")} // which (?i) takes for one
	for _, w := range beggings {
		if !c.may(w) {
			continue
		}
		if at := w.re.FindString(text); at != "" {
			return Hit(shorten(at))
		}
	}
	for _, link := range s.Links {
		host := hostOf(link)
		for _, h := range beggingHosts {
			if host == h || strings.HasSuffix(host, "."+h) {
				return Hit(h)
			}
		}
	}
	return ""
}

// A clued is a text with which of the lists it has a word of.
type clued struct {
	low    string // in lower case
	looked [lists]bool
	has    [lists]bool
}

// may reports whether an expression can match the text.
func (c *clued) may(w wording) bool {
	for _, list := range w.needs {
		if !c.looked[list] {
			c.looked[list] = true
			c.has[list] = slices.ContainsFunc(clues[list], func(word string) bool { return strings.Contains(c.low, word) })
		}
		if !c.has[list] {
			return false
		}
	}
	return true
}

// shorten bounds what an explanation repeats of somebody's words.
func shorten(s string) string {
	s = strings.Join(strings.Fields(strings.TrimLeft(s, ".!?,;:。！？，")), " ")
	if utf8.RuneCountInString(s) > 60 {
		s = string([]rune(s)[:60]) + "…"
	}
	return s
}
