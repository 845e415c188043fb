package api

import (
	"context"
	"reflect"
	"strconv"

	"halqa/circles"
	"halqa/circles/ranking"
	"halqa/internal/i18n"
)

func (c *call) ctx() context.Context { return c.echo.Request().Context() }

func (c *call) words() *i18n.Localizer {
	return c.s.words.Localizer(c.echo.Request().Header.Get("Accept-Language"))
}

// query is a value behind the question mark, "" if it is not there. checkQuery has looked at it.
func (c *call) query(name string) string { return c.echo.QueryParam(name) }

func (c *call) cursor() string { return c.query("cursor") }

// limit of a page; 0 = not said.
func (c *call) size() int {
	n, _ := strconv.Atoi(c.query("limit"))
	return n
}

func (c *call) order(offered []ranking.Order) ranking.Order {
	return ranking.ParseOrder(c.query("sort"), offered)
}

// number reads an id in the path: decimal, no sign, no leading zero.
func (c *call) number(name string) (int64, error) {
	n, err := parseID(ID(c.echo.Param(name)))
	if err != nil {
		return 0, circles.Errorf(circles.NotFound, "There is nothing with this id.").With("refused.no-id", nil)
	}
	return n, nil
}

func parseID(s ID) (int64, error) {
	p, err := circles.ParsePostID(string(s)) // all ids are written alike
	return int64(p), err
}

func (c *call) post() (circles.PostID, error) {
	n, err := c.number("id")
	return circles.PostID(n), err
}

func (c *call) circleID() (circles.CircleID, error) {
	n, err := c.number("id")
	return circles.CircleID(n), err
}

func (c *call) actor() (circles.ActorID, error) {
	n, err := c.number("id")
	return circles.ActorID(n), err
}

// idIn reads an id of a body; "" is 0.
func idIn[T ~int64](s ID, field string) (T, error) {
	if s == "" {
		return 0, nil
	}
	n, err := parseID(s)
	if err != nil {
		return 0, circles.FieldErrorf(circles.Invalid, field, "%s must be an id: a string of digits.", field).With("refused.bad-id", map[string]any{"Field": field})
	}
	return T(n), nil
}

// jsonWord says what JSON a Go type takes.
func jsonWord(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "an array"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return "a number"
}
