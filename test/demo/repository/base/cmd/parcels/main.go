// Command parcels serves quotes.
package main

import (
	"log"
	"net/http"
	"time"

	"example.com/parcels/carrier"
	"example.com/parcels/quote"
)

func main() {
	snail := &carrier.Carrier{Name: "snail", PerKilo: 120, Latency: 300 * time.Millisecond}
	mux := http.NewServeMux()
	mux.Handle("POST /quote", quote.NewHandler(snail))
	log.Fatal(http.ListenAndServe("localhost:8080", mux))
}
