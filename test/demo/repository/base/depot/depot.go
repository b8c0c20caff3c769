package depot

// Depot is where parcels wait for a carrier.
type Depot struct {
	Name    string
	Carrier string
}
