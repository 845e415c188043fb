package web

import (
	"errors"
	"net/http"
	"net/netip"
	"strconv"

	"github.com/labstack/echo/v4"

	"halqa/circles"
)

// What strangers may have made of members' nodes in a second, over all members: each invoice stays in its node's
// database. Looking asks the node, too, and keeps nothing. Wallets that many people share ask from one network.
const (
	billRate, billBurst   = 0.5, 15 // of one network
	billsRate, billsBurst = 4, 100  // of all together
	paidRate, paidBurst   = 5, 40
	paidsRate, paidsBurst = 40, 200
)

// addressOffer is GET /.well-known/lnurlp/{name}: what any Lightning wallet reads of name@host (LUD-06, LUD-16).
func (s *Server) addressOffer(c echo.Context) error {
	o, err := s.tips.AddressOffer(c.Request().Context(), c.Param("name"))
	if err != nil {
		return s.addressRefused(c, err)
	}
	return addressSays(c, http.StatusOK, map[string]any{
		"tag": "payRequest", "callback": s.addressPath(c, "/callback"), "minSendable": o.Min, "maxSendable": o.Max, "metadata": o.Metadata,
	})
}

// addressBill is its callback, ?amount= in millisatoshi: an invoice, and where to ask what became of it (LUD-21).
func (s *Server) addressBill(c echo.Context) error {
	minor, err := strconv.ParseInt(c.QueryParam("amount"), 10, 64)
	if err != nil {
		return s.addressRefused(c, circles.Errorf(circles.Invalid, "amount must be a whole number of millisatoshi."))
	}
	if !s.bills.admit(visitor(c)) {
		return s.addressRefused(c, circles.Errorf(circles.Limited, "Too many invoices were asked for; wait a minute."))
	}
	b, err := s.tips.AddressBill(c.Request().Context(), c.Param("name"), minor)
	if err != nil {
		return s.addressRefused(c, err)
	}
	return addressSays(c, http.StatusOK, map[string]any{"pr": b.Invoice, "routes": []string{}, "verify": s.addressPath(c, "/verify/"+b.ID)})
}

// addressPaid says whether an invoice was paid, and shows the preimage then: its payer has it already, and
// nobody else can name the invoice (LUD-21).
func (s *Server) addressPaid(c echo.Context) error {
	if !s.paid.admit(visitor(c)) {
		return s.addressRefused(c, circles.Errorf(circles.Limited, "Too many questions; wait a minute."))
	}
	b, err := s.tips.AddressPaid(c.Request().Context(), c.Param("name"), c.Param("id"))
	if err != nil {
		return s.addressRefused(c, err)
	}
	said := map[string]any{"status": "OK", "settled": b.Settled, "preimage": nil, "pr": b.Invoice}
	if b.Settled {
		said["preimage"] = b.Preimage
	}
	return addressSays(c, http.StatusOK, said)
}

// visitor is where a request comes from; what cannot be read is one source.
func visitor(c echo.Context) netip.Addr {
	from, _ := netip.ParseAddr(c.RealIP())
	return from
}

func (s *Server) addressPath(c echo.Context, rest string) string {
	return s.options.Origin + "/.well-known/lnurlp/" + c.Param("name") + rest
}

// addressRefused answers as wallets expect it: a reason, whatever the status.
func (s *Server) addressRefused(c echo.Context, err error) error {
	kind := circles.KindOf(err)
	reason := "Something went wrong."
	var said *circles.Error
	if kind != circles.Internal && errors.As(err, &said) {
		reason = said.Message
	} else {
		s.log.Error("a Lightning Address could not be served", "error", err)
	}
	return addressSays(c, kind.Status(), map[string]any{"status": "ERROR", "reason": reason})
}

// addressSays lets wallets in browsers read it from anywhere.
func addressSays(c echo.Context, status int, answer any) error {
	h := c.Response().Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cache-Control", "no-store")
	return c.JSON(status, answer)
}
