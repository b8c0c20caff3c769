// Package carrier knows who carries parcels, and what they ask for it.
package carrier

import "time"

// Parcel is what is to be carried.
type Parcel struct {
	Grams int    `json:"grams"`
	To    string `json:"to"`
}

// Price is in cents.
type Price struct {
	Carrier string `json:"carrier"`
	Cents   int    `json:"cents"`
}

// Carrier is somebody who carries parcels.
type Carrier struct {
	Name    string
	PerKilo int
	// Latency is how long the carrier takes to answer.
	Latency time.Duration
}

// Price asks the carrier, which can take its time.
func (c *Carrier) Price(p Parcel) (Price, error) {
	time.Sleep(c.Latency)
	return Price{Carrier: c.Name, Cents: 300 + c.PerKilo*p.Grams/1000}, nil
}
