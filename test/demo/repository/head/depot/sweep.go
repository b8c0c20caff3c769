package depot

import (
	"context"
	"log"
	"time"
)

// Sweep removes expired leases now and then, until the context ends.
func Sweep(ctx context.Context, every time.Duration, sweep func(context.Context) (int, error)) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			removed, err := sweep(ctx)
			if err != nil {
				log.Printf("sweep: %v", err)
				continue
			}
			log.Printf("sweep: %d expired leases", removed)
		case <-ctx.Done():
			return
		}
	}
}
