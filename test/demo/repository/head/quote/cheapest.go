package quote

import (
	"context"
	"sync"

	"example.com/parcels/carrier"
)

// Cheapest asks all carriers at once and returns the lowest price of those that answer in time.
func Cheapest(ctx context.Context, carriers []*carrier.Carrier, parcel carrier.Parcel) (carrier.Price, error) {
	answers := make(chan answer, len(carriers))
	for _, c := range carriers {
		go func() {
			price, err := c.Price(parcel)
			answers <- answer{price, err}
		}()
	}

	var best carrier.Price
	for range carriers {
		select {
		case a := <-answers:
			if a.err == nil && (best.Carrier == "" || a.price.Cents < best.Cents) {
				best = a.price
			}
		case <-ctx.Done():
			return best, ctx.Err()
		}
	}
	return best, nil
}

// All prices many parcels with a few workers.
func All(c *carrier.Carrier, parcels []carrier.Parcel, workers int) []carrier.Price {
	jobs := make(chan int)
	prices := make([]carrier.Price, len(parcels))
	var wg sync.WaitGroup
	for range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range jobs {
				price, err := c.Price(parcels[i])
				if err == nil {
					prices[i] = price
				}
			}
		}()
	}
	for i := range parcels {
		jobs <- i
	}
	close(jobs)
	wg.Wait()
	return prices
}
