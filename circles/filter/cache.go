package filter

import "sync"

// maxKept is how many circles' rules stay compiled; the instance with more compiles some again.
const maxKept = 256

// A Cache keeps compiled rules by their JSON. The zero value is empty and ready.
type Cache struct {
	mu   sync.Mutex
	kept map[string]*Filter
}

// Of returns the filter of rules that were checked when they were saved. Rules that cannot be read match
// nothing: they could only come from another version, and a filter must not stop a whole circle.
func (c *Cache) Of(rules string) *Filter {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.kept[rules]; f != nil {
		return f
	}
	f := &Filter{}
	if r, err := Parse([]byte(rules)); err == nil {
		if compiled, err := Compile(r); err == nil {
			f = compiled
		}
	}
	if c.kept == nil || len(c.kept) >= maxKept {
		c.kept = map[string]*Filter{}
	}
	c.kept[rules] = f
	return f
}
