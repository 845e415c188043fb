package testpeer

// A Mutation is damage done to what our instance sends.
type Mutation struct {
	Name  string
	Apply func(doc map[string]any)
}
