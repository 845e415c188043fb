package web

import "time"

// tipSamples are the pages of tips, wallets and what is decided about them.
func tipSamples() []sample {
	soon := sampleNow.Add(8 * time.Minute)
	ways := []TipWay{{Value: "credits:CRD", Label: "Credits", Range: "1 to 200 Credits.", Usual: "5", Have: "40", Undo: 10, Selected: true},
		{Value: "lightning:BTC", Label: "lightning · BTC", Range: "0.00000001 to 0.0003 BTC.", Usual: "0.00001", Test: true, Refunds: true}}
	form := TipView{Page: samplePage("Tip Lin", true), Action: "/post/7/tip", Payee: lin, On: Link{Label: "When do you start tomatoes?", Href: "/post/7"}, Back: "/post/7", Ways: ways, Amount: "500", NoteMax: 500}
	form.Refuse("amount", "A tip is 1 to 200 CRD.")
	sure := form
	sure.Form, sure.Confirm, sure.Way, sure.Sum, sure.Left, sure.Note, sure.Amount, sure.Once = Form{}, true, ways[0], "5 credits", "35 credits", "For the leggy ones.", "5", "x"
	person := TipView{Page: samplePage("Tip Lin", true), Action: "/u/lin/tip", Payee: lin, Back: "/u/lin", Confirm: true, Way: ways[1], Sum: "0.00001 BTC", Amount: "0.00001", Once: "x"}
	far := TipView{Page: samplePage("Tip Bo", true), Action: "/post/7/tip", Payee: bo, Back: "/post/7", Confirm: true, Amount: "5", Once: "x", Sum: "5.000 XTS",
		Way: TipWay{Value: "abroad:XTS", Label: "fake at pond.example · XTS", Host: "pond.example", Test: true}}
	farPaid := TipPageView{Page: samplePage("Tip", true), ID: "80", Gave: true, Payer: ada, Payee: bo, Sum: "5.000 XTS", State: "Waits to be paid.", At: sampleNow,
		Wallet: "fake at pond.example", Host: "halqa.test", Beyond: "pond.example", Pay: []TipAction{{URI: "lightning:lnbc1", Text: "lnbc1"}}}
	held := TipPageView{Page: samplePage("Tip", true), ID: "77", Gave: true, Payer: ada, Payee: lin, On: Link{Label: "When do you start tomatoes?", Href: "/comment/7"}, Sum: "5 credits",
		State: "Held: it can still be undone.", At: sampleNow, Wallet: "credits", UndoEnds: soon, Host: "halqa.test", Note: "For the leggy ones."}
	pay := TipPageView{Page: samplePage("Tip", true), ID: "78", Gave: true, Payer: ada, Payee: lin, Sum: "0.00001 BTC", State: "Waits to be paid.", At: sampleNow, Wallet: "lightning", Host: "halqa.test", Asking: true, Look: true, Prove: true,
		Pay: []TipAction{{QR: qrCode("LIGHTNING:LNBC10U1PJEXAMPLE", "Payment code to scan"), URI: "lightning:lnbc10u1pjexample", Text: "lnbc10u1pjexample"},
			{URI: "https://pay.example/start", Host: "pay.example", Post: true, Fields: []TipField{{"sign", "abc"}}}, {URI: "https://pay.example/go", Host: "pay.example"},
			{URI: "https://pay.example/phone", Host: "pay.example", For: "phone"}, {URI: "https://pay.example/computer", Host: "pay.example", For: "computer", Other: true}}, MayStop: true, Looking: true}
	paid := TipPageView{Page: samplePage("Tip", true), ID: "79", Payer: bo, Payee: ada, Sum: "10.00 CNY", Net: "7.00 CNY", Fee: "0.06 CNY", State: "Paid.", Class: "ok", At: sampleNow.Add(-time.Hour), PaidAt: sampleNow,
		Wallet: "alipay", RailRef: "2026112222001", Late: true, Host: "halqa.test", Refund: "7.00", Back: []TipRefund{{Sum: "3.00 CNY", State: "done", Reason: "Too much.", At: sampleNow}}}
	paid.Refuse("amount", "More than what is left of the tip cannot be given back.")
	rows := []TipRow{{Href: "/tips/79", Other: bo, Sum: "10.00 CNY", State: "Paid.", At: sampleNow}, {Href: "/tips/77", Gave: true, Other: lin, Sum: "5 credits", State: "Held.", At: sampleNow, Gift: "A cup of tea", On: Link{Label: "When do you start tomatoes?", Href: "/comment/7"}}}
	settings := TipSettingsView{Page: samplePage("Settings", true), Tabs: []Tab{{Label: "Tips", Href: "/settings/tips", Current: true}}, Quiet: true, Abroad: true, MayAbroad: true, Address: "ada@halqa.test", Served: true,
		Takes:  []Option{{Value: "all", Label: "Everybody here", Selected: true}, {Value: "none", Label: "Nobody"}},
		Limits: []TipLimit{{Asset: "CRD", Value: "20", Later: "50", At: soon}, {Asset: "BTC"}},
		Payees: []TipPayee{{Adapter: "lightning", Kinds: []Option{{Value: "ln-address", Label: "ln-address"}, {Value: "node", Label: "node"}}, Typed: "ada@wallet.example", Next: "ada@other.example", At: soon}}}
	circle := CircleTipsView{Page: samplePage("Tips in this circle", true), Circle: plant, Tabs: []Tab{{Label: "Settings", Href: "/c/gardening/settings"}, {Label: "Gates", Href: "/c/gardening/gates"}, {Label: "Filter", Href: "/c/gardening/filter"}, {Label: "Tips", Href: "/c/gardening/tips", Current: true}, {Label: "Webhooks", Href: "/c/gardening/webhooks"}, {Label: "Reports", Href: "/c/gardening/mod"}}, Sensitive: true, Gifts: true, Policies: []Option{{Value: "on", Label: "On", Selected: true}, {Value: "off", Label: "Off"}}, Bounds: []TipBounds{{"CRD", "1", "5", "20"}}}
	circle.Refuse("tips-CRD", "The least, the usual and the most of a tip must rise.")
	audit := AuditRow{ID: 5, What: "Tips that go round; they are not counted", Who: ada, Other: lin, N: 2, Last: sampleNow}
	desk := WalletsView{Page: samplePage("Run this place", true), Tabs: []Tab{{Label: "Wallets", Href: "/admin/wallets", Current: true}}, Credits: "CRD", Once: "x", Bookings: 1204, Head: "9f86d081884c7d65", Checked: 1200, At: sampleNow.Add(-time.Hour),
		Wallets: []WalletRow{{Name: "credits", Version: "1", Assets: "CRD", Open: 2, Kit: "conformance kit: 20 of 49 passed, 29 do not apply, level 3"}, {Name: "lightning", Version: "1", Assets: "BTC", Health: "The node does not answer.", Test: true, Kit: "conformance kit: 45 of 49 passed, 0 do not apply, level 3", KitBad: true}},
		Review:  []AuditRow{audit}, Audits: []AuditRow{audit, {ID: 6, What: "An account to be paid at was changed", Who: lin, N: 1, Last: sampleNow, Detail: "lightning"}},
		Problems: []ProblemRow{{Key: "tip_77_a1", Wallet: "lightning", Problem: "The wallet does not answer at the moment", At: sampleNow, Next: soon}},
		Grants:   []CreditRow{{To: ada, By: lin, Sum: "40 credits", Reason: "A good harvest", At: sampleNow}, {To: lin, Sum: "10 credits", Reason: "Welcome", At: sampleNow}}}
	desk.Refuse("reason", "A grant needs a reason of at most 500 characters.")
	present := sure
	present.Gift, present.GiftLabel = "tea", "A cup of tea"
	choose := form
	choose.Form, choose.Gifts = Form{}, []Option{{Label: "No gift, a tip", Selected: true}, {Value: "tea", Label: "A cup of tea"}}
	got := paid
	got.Form, got.Gift, got.Note, got.MayShow, got.Report = Form{}, "A cup of tea", "For the leggy ones.", true, "/gifts/79/report"
	taken := held
	taken.Gift, taken.Note, taken.NoteTaken, taken.Shown, taken.UndoEnds = "A cup of tea", "", true, true, time.Time{}
	report := GiftReportView{Page: samplePage("Report the note of a gift", true), Action: "/gifts/79/report", Label: "A cup of tea", Note: "For the leggy ones.", Max: 500, Back: "/comment/7"}
	reported := report
	reported.Reported = true
	giftDesk := GiftDeskView{Page: samplePage("Notes of gifts", true), Circle: plant, Tabs: []Tab{{Label: "Reports", Href: "/c/gardening/mod"}, {Label: "Bans", Href: "/c/gardening/bans"}},
		Rows: []GiftCase{{ID: "79", Label: "A cup of tea", Note: "For the leggy ones.", Payer: bo, Payee: ada, On: Link{Label: "When do you start tomatoes?", Href: "/comment/7"}, Report: "Rude.", At: sampleNow, Shown: true}}}
	line := PacketLine{Href: "/packets/80", Maker: bo, Sum: "20 credits", Taken: 2, Shares: 5, Random: true, Ends: soon}
	past := line
	past.Over, past.Random = true, false
	lay := PacketsView{Page: samplePage("Red packets", true), Circle: plant, Action: "/c/gardening/packets", Rows: []PacketLine{line, past}, May: true, Have: "40 credits", Range: "2 credits to 200 credits.", Most: 100, Hours: 24,
		On: Link{Label: "When do you start tomatoes?", Href: "/post/7"}, Post: "7", Amount: "500", Shares: "5", Random: true}
	lay.Refuse("amount", "A tip is 2 to 200 CRD.")
	laid := lay
	laid.Form, laid.Confirm, laid.Sum, laid.Once, laid.Amount = Form{}, true, "20 credits", "x", "20"
	packet := PacketView{Page: samplePage("Red packet", true), ID: "80", Circle: plant, On: Link{Label: "With a post", Href: "/comment/7"}, Maker: bo, Sum: "20 credits", Shares: 5, Taken: 1, Random: true, Ends: soon, May: true,
		Takers: []TakerRow{{Person: ada, At: sampleNow}}}
	took := packet
	took.May, took.Mine, took.Taken, took.Takers = false, "3 credits", 2, []TakerRow{{Person: ada, At: sampleNow}, {Person: lin, Sum: "3 credits", At: sampleNow}}
	ownPacket := packet
	ownPacket.May, ownPacket.Own, ownPacket.MayReturn, ownPacket.Taken, ownPacket.Takers = false, true, true, 0, nil
	overPacket := packet
	overPacket.May, overPacket.Over, overPacket.Back = false, true, "17 credits"
	overPacket.Refuse("", "This red packet is over.")
	return []sample{
		{"packets", "packets", lay, PacketsView{}},
		{"packets-sure", "packets", laid, PacketsView{}},
		{"packets-own", "packets", PacketsView{Page: samplePage("Red packets", true), Own: true, Rows: []PacketLine{past}}, PacketsView{}},
		{"packets-none", "packets", PacketsView{Page: samplePage("Red packets", true), Circle: plant, WhyNot: "There are no red packets in this circle."}, PacketsView{}},
		{"packet", "packet", packet, PacketView{}},
		{"packet-took", "packet", took, PacketView{}},
		{"packet-own", "packet", ownPacket, PacketView{}},
		{"packet-over", "packet", overPacket, PacketView{}},
		{"tip-gift", "tip", choose, TipView{}},
		{"tip-gift-sure", "tip", present, TipView{}},
		{"tip-gift-got", "tip-page", got, TipPageView{}},
		{"tip-gift-taken", "tip-page", taken, TipPageView{}},
		{"gift-report", "gift-report", report, GiftReportView{}},
		{"gift-reported", "gift-report", reported, GiftReportView{}},
		{"gift-desk", "gift-desk", giftDesk, GiftDeskView{}},
		{"gift-desk-none", "gift-desk", GiftDeskView{Page: samplePage("Notes of gifts", true), Circle: plant}, GiftDeskView{}},
		{"tip-far", "tip", far, TipView{}},
		{"tip-far-pay", "tip-page", farPaid, TipPageView{}},
		{"tip", "tip", form, TipView{}},
		{"tip-sure", "tip", sure, TipView{}},
		{"tip-person", "tip", person, TipView{}},
		{"tip-held", "tip-page", held, TipPageView{}},
		{"tip-pay", "tip-page", pay, TipPageView{}},
		{"tip-paid", "tip-page", paid, TipPageView{}},
		{"tips", "tips", TipsView{Page: samplePage("Tips", true), Have: []string{"40 credits"}, Rows: rows, More: "/tips?before=77"}, TipsView{}},
		{"tips-none", "tips", TipsView{Page: samplePage("Tips", true)}, TipsView{}},
		{"settings-tips", "tip-settings", settings, TipSettingsView{}},
		{"circle-tips", "circle-tips", circle, CircleTipsView{}},
		{"wallets", "wallets", desk, WalletsView{}},
	}
}
