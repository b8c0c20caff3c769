// Command parcels serves quotes.
package main

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"example.com/parcels/carrier"
	"example.com/parcels/quote"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()

	snail := &carrier.Carrier{Name: "snail", PerKilo: 120, Latency: 300 * time.Millisecond}
	mux := http.NewServeMux()
	mux.Handle("POST /quote", quote.NewHandler(snail, time.Second))
	server := &http.Server{Addr: "localhost:8080", Handler: mux}

	failed := make(chan error, 1)
	go func() {
		failed <- server.ListenAndServe()
	}()

	select {
	case err := <-failed:
		if !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	case <-ctx.Done():
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			log.Print(err)
		}
	}
}
