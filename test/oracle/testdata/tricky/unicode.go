// Über: ein Byte-Order-Mark, CRLF und Zeichen außerhalb von ASCII.
package tricky

var π = map[string]chan string{"Ω🙂": 世界}

var 世界 = make(chan string)

/* 🙂 */ func größe(ñ chan<- string) {
	ñ <- "🙂" + <-π["Ω🙂"]
	for é := range 世界 {
		ñ <- é
	}
}
