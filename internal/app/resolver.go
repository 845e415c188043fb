package app

import (
	"context"

	"halqa/circles"
)

// A Resolver finds what lives on other servers and brings it here. The federation edge is one; an
// instance that is not federated has none. What cannot be found or read is a *circles.Error.
type Resolver interface {
	// Lookup finds who name@host is. kind is empty where the handle does not say.
	Lookup(ctx context.Context, kind circles.ActorKind, name, host string) (*circles.Actor, error)
	// FetchActor finds the person or circle at an address.
	FetchActor(ctx context.Context, address string) (*circles.Actor, error)
	// FetchPost finds the post or comment at an address.
	FetchPost(ctx context.Context, address string) (circles.PostID, error)
}
