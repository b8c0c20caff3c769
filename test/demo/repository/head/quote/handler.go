// Package quote answers what a parcel costs.
package quote

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"example.com/parcels/carrier"
)

// Handler serves POST /quote.
type Handler struct {
	carrier *carrier.Carrier
	timeout time.Duration
}

// NewHandler returns a handler that asks one carrier, and waits for it no longer than the timeout.
func NewHandler(c *carrier.Carrier, timeout time.Duration) *Handler {
	return &Handler{carrier: c, timeout: timeout}
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var parcel carrier.Parcel
	if err := json.NewDecoder(r.Body).Decode(&parcel); err != nil {
		http.Error(w, "a parcel is expected", http.StatusBadRequest)
		return
	}
	price, err := h.price(r.Context(), parcel)
	if err != nil {
		http.Error(w, "the carrier does not answer", http.StatusGatewayTimeout)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(price)
}

type answer struct {
	price carrier.Price
	err   error
}

// price asks the carrier, until the timeout or until the client hangs up.
func (h *Handler) price(ctx context.Context, parcel carrier.Parcel) (carrier.Price, error) {
	ctx, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()

	answers := make(chan answer)
	go func() {
		price, err := h.carrier.Price(parcel)
		answers <- answer{price, err}
	}()

	select {
	case a := <-answers:
		return a.price, a.err
	case <-ctx.Done():
		return carrier.Price{}, ctx.Err()
	}
}
