// Package hosted is the rail of Alipay's own pages: a payer is sent to Alipay, by page pay at a computer or
// WAP pay on a phone, and the money goes from their account into the payee's. Each payee is a merchant of
// Alipay with an application of their own, named in the configuration with its keys; nothing passes through
// the instance, and nobody can be paid who is not named.
//
// Nothing is believed but what alipay.trade.query and alipay.trade.fastpay.refund.query answer under Alipay's
// signature. A notice only says "look again", after its signature and our own checks of application, seller,
// order and amount; the address that a browser comes back to says nothing at all.
//
// Alipay knows an order only from when its payer opened it, so what was asked for is booked in a [Book] before
// the payer gets a link, and what was found out once is booked there, too. A charge is read off its record
// alone: that is only ever added to, so the counters cannot shrink, and the revision is how much it has.
//
// What it will not do: it has no list of changes to read (Alipay's is a file a day), it learns of refunds
// that a merchant makes on Alipay's pages from notices or when a trade is closed, and it cannot tell a
// complaint that Alipay decided from any other refund. It logs nothing.
//
// Begin reading at [New], then charge.go; notice.go has the checks of notices, gateway.go those of answers.
package hosted
