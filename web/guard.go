package web

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// contentPolicy lets a page load its own files and nothing else. blob: is for the previews of photos
// that were chosen and not yet sent; only our own script can make such an address.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// contentPolicyWith is contentPolicy of a page whose form may end at this source, too.
func contentPolicyWith(source string) string {
	return strings.Replace(contentPolicy, "form-action 'self'", "form-action 'self' "+source, 1)
}

// headers sets what every answer of the browser edge carries.
func headers(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "private, no-cache")
		h.Add("Vary", "Accept, Cookie, Accept-Language")
		return next(c)
	}
}

// requestID names each request for the log and the error page. What a client sends is not taken over:
// the operator searches the log by it.
func requestID(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		var b [8]byte
		rand.Read(b[:])
		c.Response().Header().Set(echo.HeaderXRequestID, hex.EncodeToString(b[:]))
		return next(c)
	}
}

// sameOrigin refuses forms that another site sends in the name of a reader. With the SameSite=Lax of
// our cookies it takes the place of tokens in forms. origin is the one people see, when a proxy in
// front hides it.
func sameOrigin(origin string) (echo.MiddlewareFunc, error) {
	guard := http.NewCrossOriginProtection()
	if origin != "" {
		if err := guard.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	// A wallet signs what it sends, and nobody's session counts there.
	guard.AddInsecureBypassPattern("POST /wallet/{adapter}/webhook")
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := guard.Check(c.Request()); err != nil {
				return crossOrigin
			}
			return next(c)
		}
	}, nil
}
