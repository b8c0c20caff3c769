// Package quote answers what a parcel costs.
package quote

import (
	"encoding/json"
	"net/http"

	"example.com/parcels/carrier"
)

// Handler serves POST /quote.
type Handler struct {
	carrier *carrier.Carrier
}

// NewHandler returns a handler that asks one carrier.
func NewHandler(c *carrier.Carrier) *Handler {
	return &Handler{carrier: c}
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var parcel carrier.Parcel
	if err := json.NewDecoder(r.Body).Decode(&parcel); err != nil {
		http.Error(w, "a parcel is expected", http.StatusBadRequest)
		return
	}
	price, err := h.carrier.Price(parcel)
	if err != nil {
		http.Error(w, "the carrier does not answer", http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(price)
}
