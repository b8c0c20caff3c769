package badpark

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

type connector struct{}

func (connector) Connect(context.Context) (driver.Conn, error) { return nil, driver.ErrBadConn }

func (connector) Driver() driver.Driver { return nil }

// LeakStarted leaves the goroutine that opens connections, and is marked right.
func LeakStarted() {
	sql.OpenDB(connector{}) // want "unclosed" // started
}

// LeakNotStarted leaves it, too, and is marked as if it waited here.
func LeakNotStarted() {
	sql.OpenDB(connector{}) // want "unclosed"
}

// SafeClosed closes it.
func SafeClosed() error {
	return sql.OpenDB(connector{}).Close()
}
