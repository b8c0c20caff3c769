// Command prove runs one fixture function several times and writes down which goroutines it leaves behind.
// The generated file beside this one fills functions. Each run is one line of JSON on file descriptor 3.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"runtime"
	"runtime/pprof"
	"sort"
	"strings"
	"time"
)

// observation is what one call of the function left behind.
type observation struct {
	// Stacks are the survivors' stacks, as the runtime prints them.
	Stacks []string `json:"stacks"`
	// Leaked are the ids of the survivors in the goroutineleak profile; null where the runtime has no such profile.
	Leaked []string `json:"leaked"`
}

var header = regexp.MustCompile(`^goroutine (\d+) .*?\[([^\],]+)`)

func main() {
	name := flag.String("function", "", "the function to run")
	repeats := flag.Int("repeats", 5, "how often to run it")
	settle := flag.Duration("settle", 300*time.Millisecond, "how long goroutines must stay as they are")
	limit := flag.Duration("limit", 5*time.Second, "how long to wait for that")
	flag.Parse()
	out := json.NewEncoder(os.NewFile(3, "observations"))
	for i := 0; i < *repeats; i++ {
		o, spins := observe(functions[*name], *settle, *limit)
		if err := out.Encode(o); err != nil {
			panic(err)
		}
		if spins {
			return // What spins would disturb the next run.
		}
	}
}

// observe calls f in a goroutine of its own and waits until nothing it started is left or what is left stays parked.
// What is not parked when the limit is over spins, or sleeps again and again.
func observe(f func(), settle, limit time.Duration) (o observation, spins bool) {
	before := stacks()
	go f()
	start := time.Now()
	since, last := start, ""
	for pause := time.Millisecond; ; pause += time.Millisecond {
		if pause > 10*time.Millisecond {
			pause = 10 * time.Millisecond
		}
		time.Sleep(pause)
		left := stacks()
		for id := range before {
			delete(left, id)
		}
		enough := settle
		if len(left) == 0 {
			enough = settle / 3 // Not at once: a timer may start one yet.
		}
		parked, picture := true, make([]string, 0, len(left))
		for _, stack := range left {
			parked = parked && isParked(stack)
			picture = append(picture, stack)
		}
		sort.Strings(picture)
		if now := strings.Join(picture, "\n\n"); now != last || !parked {
			since, last = time.Now(), now
		}
		if over := time.Since(start) > limit; over || time.Since(since) >= enough {
			return observation{Stacks: picture, Leaked: leaked(left)}, over && !parked
		}
	}
}

// isParked reports whether the goroutine waits for another one, as far as its state tells.
func isParked(stack string) bool {
	m := header.FindStringSubmatch(stack)
	if m == nil {
		return false
	}
	switch m[2] {
	case "running", "runnable", "sleep", "syscall", "preempted", "copystack", "waiting":
		return false
	}
	return !strings.HasPrefix(m[2], "GC ")
}

// stacks returns the stacks of all goroutines but the calling one, by id.
func stacks() map[string]string {
	buf := make([]byte, 64<<10)
	n := runtime.Stack(buf, true)
	for n == len(buf) {
		buf = make([]byte, 2*len(buf))
		n = runtime.Stack(buf, true)
	}
	all := strings.Split(strings.TrimSpace(string(buf[:n])), "\n\n")
	byID := make(map[string]string, len(all))
	for _, stack := range all[1:] { // The first one is the caller.
		if m := header.FindStringSubmatch(stack); m != nil {
			byID[m[1]] = stack
		}
	}
	return byID
}

// leaked asks the goroutineleak profile which of the survivors can never be woken.
func leaked(survivors map[string]string) []string {
	profile := pprof.Lookup("goroutineleak")
	if profile == nil {
		return nil
	}
	ids := []string{}
	if len(survivors) == 0 {
		return ids
	}
	var text bytes.Buffer
	if err := profile.WriteTo(&text, 2); err != nil {
		panic(err)
	}
	for _, stack := range strings.Split(text.String(), "\n\n") {
		m := header.FindStringSubmatch(strings.TrimSpace(stack))
		if m == nil || !strings.Contains(m[2], "(leaked)") {
			continue
		}
		if _, ok := survivors[m[1]]; ok {
			ids = append(ids, m[1])
		}
	}
	sort.Strings(ids)
	return ids
}
