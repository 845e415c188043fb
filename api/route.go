package api

import (
	"net/http"
	"reflect"
	"slices"
	"strings"

	"halqa/circles/reputation"
	"halqa/internal/accounts"
)

// A route is one thing that a program can ask for. Everything about it stands here.
type route struct {
	method string
	path   string // {id} for what is filled in
	group  string
	about  string // one sentence
	scope  accounts.Scope
	open   string   // "" = a token with scope is needed; else why not
	pages  []string // the page actions beside it
	query  []param
	paged  bool
	sized  bool         // a page's length may be chosen
	in     reflect.Type // of the body; nil = there is none
	form   bool         // the body may be a form, too
	upload bool         // the body is a file
	out    reflect.Type // nil = no body
	binary bool         // out is a file
	any    bool         // what its path names need not exist
	lasts  bool         // it answers alike while the circle that its path is about is suspended
	status int
	also   []int               // further refusals than those that every route of its kind has
	gates  []reputation.Action // the acts that a gate may stand before
	raw    bool                // it answers by itself: OAuth has forms of its own
	do     func(*call) (any, error)
}

// A param is a value behind the question mark.
type param struct {
	name, about string
	values      []string // nil = any
	number      bool
	flag        bool // true or false
}

type option func(*route)

// beside names the page actions that a route stands beside.
func beside(pages ...string) option { return func(r *route) { r.pages = append(r.pages, pages...) } }

// visitors lets those without a token in, too; a token still needs the scope.
func visitors(r *route) { r.open = "as on the pages, anybody may read what is public" }

// unscoped is for what is the same for everybody. why stands in the document.
func unscoped(why string) option { return func(r *route) { r.scope, r.open = "", why } }

func with(params ...param) option { return func(r *route) { r.query = append(r.query, params...) } }

// gated names the acts of a route that a gate may stand before. Whoever is refused there reads the access in
// the problem. A test plays every route with every gate shut and holds this list against what it meets.
func gated(acts ...reputation.Action) option {
	return func(r *route) { r.gates = append(r.gates, acts...) }
}

// refuses names statuses that only some routes answer.
func refuses(also ...int) option { return func(r *route) { r.also = append(r.also, also...) } }

func choice[T ~string](name, about string, values ...T) param {
	p := param{name: name, about: about}
	for _, v := range values {
		p.values = append(p.values, string(v))
	}
	return p
}

func word(name, about string) param   { return param{name: name, about: about} }
func number(name, about string) param { return param{name: name, about: about, number: true} }
func flag(name, about string) param   { return param{name: name, about: about, flag: true} }

// nothing is the type of a body that is not there.
type nothing struct{}

func typeOf[T any]() reflect.Type {
	t := reflect.TypeFor[T]()
	if t == reflect.TypeFor[nothing]() {
		return nil
	}
	return t
}

func newRoute(method, path string, scope accounts.Scope, about string, opts []option) route {
	r := route{method: method, path: Prefix + path, scope: scope, about: about, status: http.StatusOK}
	for _, o := range opts {
		o(&r)
	}
	return r
}

// get is a route that changes nothing.
func get[Out any](path string, scope accounts.Scope, about string, do func(*call) (Out, error), opts ...option) route {
	r := newRoute(http.MethodGet, path, scope, about, opts)
	r.out = typeOf[Out]()
	r.do = func(c *call) (any, error) { return do(c) }
	return r
}

// A Page is a part of a list.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"The cursor of the page after; absent on the last. The Link header has its address."`
}

// pageOf makes one of a list and its cursor.
func pageOf[T any](items []T, next string) Page[T] {
	if items == nil {
		items = []T{}
	}
	return Page[T]{items, next}
}

func (p Page[T]) next() string { return p.Next }

// list is a get that answers with a page and takes a cursor.
func list[T any](path string, scope accounts.Scope, about string, do func(*call) (Page[T], error), opts ...option) route {
	r := get(path, scope, about, do, opts...)
	r.paged = true
	return r
}

// anyName says that whatever the path names will do.
func anyName(r *route) { r.any = true }

// lasts says that a suspension of the circle that the path is about changes nothing.
func lasts(r *route) { r.lasts = true }

// mayBeGone reports whether the path is about a circle, or about something in one, that may be suspended.
func (r route) mayBeGone() bool {
	return !r.lasts && (strings.HasPrefix(r.path, Prefix+"/circles/{id}") || strings.HasPrefix(r.path, Prefix+"/posts/{id}"))
}

// sized lets the length of a page be chosen.
func sized(r *route) { r.sized = true }

// send is a route that takes a body.
func send[In, Out any](method, path string, scope accounts.Scope, about string, do func(*call, In) (Out, error), opts ...option) route {
	r := newRoute(method, path, scope, about, opts)
	r.in, r.out = typeOf[In](), typeOf[Out]()
	if method == http.MethodPost && r.out != nil {
		r.status = http.StatusCreated
	}
	if r.out == nil {
		r.status = http.StatusNoContent
	}
	r.do = func(c *call) (any, error) {
		var in In
		if r.in != nil {
			if err := c.body(&in); err != nil {
				return nil, err
			}
		}
		return do(c, in)
	}
	return r
}

// act is a route without bodies: it does one thing to what its path names.
func act(method, path string, scope accounts.Scope, about string, do func(*call) error, opts ...option) route {
	return send(method, path, scope, about, func(c *call, _ nothing) (nothing, error) { return nothing{}, do(c) }, opts...)
}

// grouped names the chapter of routes.
func grouped(group string, all ...route) []route {
	for i := range all {
		all[i].group = group
	}
	return all
}

// params are the names in a route's path.
func (r route) params() []string {
	var names []string
	for _, part := range strings.Split(r.path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}

// named reports whether something has to exist for the route to work.
func (r route) named() bool { return len(r.params()) > 0 && !r.any }

// statuses are all that a route answers, the success first.
func (r route) statuses() []int {
	all := []int{r.status}
	if r.raw {
		return append(all, r.also...)
	}
	if r.method == http.MethodGet && !r.binary {
		all = append(all, http.StatusNotModified)
	}
	all = append(all, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests)
	if r.scope == "" {
		all = []int{r.status, http.StatusNotModified, http.StatusTooManyRequests}
	}
	all = append(all, http.StatusUnprocessableEntity) // a name behind the question mark that is none
	if r.named() {
		all = append(all, http.StatusNotFound)
	}
	if r.mayBeGone() {
		all = append(all, http.StatusGone)
	}
	if r.in != nil || r.upload {
		all = append(all, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if r.in != nil {
		all = append(all, http.StatusBadRequest)
	}
	if r.method == http.MethodPost {
		all = append(all, http.StatusConflict)
	}
	for _, s := range r.also {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}
