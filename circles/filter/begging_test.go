package filter

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestBegging(t *testing.T) {
	for _, begs := range []string{
		"Send me 5 dollars on PayPal and I post more", "Rent is due. Please tip me via Cash App!", "my Venmo is @ann-9", "My PayPal: ann@example.org",
		"CashApp $annleeks", "venmo: @annleeks", "Scan my QR code for more pictures", "Tips: scan below", "Scan this code to tip me",
		"Donations welcome: bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "tips to 0x52908400098527886E0F7030069857D2E4169EE7",
		"加我微信转账", "扫码打赏，谢谢", "喜欢就扫一扫支持我", "请给我打钱", "大家给我发红包吧", "打赏请到支付宝账号 ann", "我的收款码在主页", "这是我的收款二维码", "打赏支付宝：ann@example.org", "加vx发红包看更多",
	} {
		hit := Begging(Said{Text: begs})
		if hit == "" || utf8.RuneCountInString(string(hit)) > 61 {
			t.Errorf("%q: hit %q", begs, hit)
		}
	}
	for _, plain := range []string{
		"That is the tip of the iceberg.", "Tip: water leeks in the morning.", "A tip for you: never pay in advance.", "I paid by PayPal and it took a week.",
		"How do I send money to my mother via PayPal?", "WeChat Pay is not accepted in this shop.", "My boss pays me via PayPal.", "Which is cheaper, Venmo or Zelle?",
		"Scan the QR code at the museum to pay for your ticket.", "Bitcoin is a bubble, if you ask me.", "They send me spam about crypto on WeChat.", "Send me a picture of your leeks!",
		"Please send me an email.", "The tips of the leaves turn brown.", "Donate blood on Friday.", "He lives at 0x7f, the ninth house.", "My favourite is cash; apps break.",
		"冰山一角而已。", "小贴士：早上浇水。", "我用支付宝付款买了一棵树。", "微信转账有限额吗？", "红包的历史很长。", "扫码进站坐地铁很方便。", "银行转账要三天。", "过年给孩子发红包。", "打赏功能在哪里？", "加微信群要审核。",
		"请给我一些建议。", "我的微信打不开了。", "妈妈给我转账交学费。",
	} {
		if hit := Begging(Said{Text: plain, Links: []string{"https://example.org/paypal.me", "https://notpaypal.me/"}}); hit != "" {
			t.Errorf("%q begs, by %q", plain, hit)
		}
	}
	for link, want := range map[string]Hit{"https://paypal.me/ann": "paypal.me", "https://www.venmo.com/u/ann": "venmo.com", "https://QR.alipay.com/fkx": "qr.alipay.com", "https://en.wikipedia.org/wiki/PayPal": ""} {
		if got := Begging(Said{Text: "Look.", Links: []string{link}}); got != want {
			t.Errorf("%s: %q, want %q", link, got, want)
		}
	}
	if hit := Begging(Said{Text: strings.Repeat("给", 200_000) + "我打钱"}); hit != "" {
		t.Errorf("past the end of what is looked at: %q", hit)
	}
}

// What is looked for first must never hide what an expression would find.
func TestBeggingLooksForWordsFirst(t *testing.T) {
	pieces := strings.Fields(`Send send SEND pay tip Tips: donate donations transfer please just and it money some to me My my on via by with PayPal pay pal Venmo venmo: @ann-9
		Cash cash App CASHAPP caſhapp $annleeks Zelle WeChat we chat Pay wise otherwise pix UPI m-pesa BTC crypto handle is : = -> . ! , ; scan Scan the this our QR code
		support bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq 0x52908400098527886E0F7030069857D2E4169EE7 lnurl1dp68gurn8ghj7um9wfmxjcm99e3k7mf0
		加 我 的 用 走 微信 v信 VX wx zfb 支付宝 支付寶 打钱 打款 转账 轉賬 汇款 打赏 讚賞 付款 发红包 红包 给我 給我 向我 扫码 掃一掃 扫下方 请 求 大家 到 发 号 账号 ： 收款码 赞赏码 收款二维码 微信收款 。 ， ？ 是 在 番茄`)
	found := 0
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for _, piece := range rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 12).Draw(t, "pieces") {
			b.WriteString(piece)
			b.WriteString(rapid.SampledFrom([]string{"", " ", "\n"}).Draw(t, "between"))
		}
		text, want := b.String(), Hit("")
		for _, w := range beggings {
			if at := w.re.FindString(text); at != "" {
				want = Hit(shorten(at))
				found++
				break
			}
		}
		if got := Begging(Said{Text: text}); got != want {
			t.Fatalf("%q: hit %q, want %q", text, got, want)
		}
	})
	if found == 0 {
		t.Error("none of the texts begged")
	}
}

func BenchmarkBegging(b *testing.B) {
	said := Said{Text: "I have thought about it for 40 days, and I would water them less. See here."}
	for b.Loop() {
		if hit := Begging(said); hit != "" {
			b.Fatalf("hit %q", hit)
		}
	}
}
