//go:build !pgx

package store

import (
	"context"

	"halqa/circles"
)

func openPostgres(context.Context, *Store, string, migrations) (database, error) {
	return nil, circles.Errorf(circles.Invalid, "This program was built without PostgreSQL.")
}
