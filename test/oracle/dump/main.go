// Command dump says what Go's own tools know of the packages below directories: one line of JSON a package.
// The comparer beside it (oracle.ts) holds Goleash's front end against it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: dump DIR…")
		os.Exit(2)
	}
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for _, dir := range os.Args[1:] {
		roots, err := modules(dir)
		if err == nil && len(roots) == 0 {
			err = fmt.Errorf("%s: no go.mod below it", dir)
		}
		for _, root := range roots {
			if err == nil {
				err = dumpModule(root, func(unit *Unit) error { return encoder.Encode(unit) })
			}
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "dump:", err)
			os.Exit(1)
		}
	}
	if err := out.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, "dump:", err)
		os.Exit(1)
	}
}

// modules finds the directories with a go.mod, vendored and test data apart.
func modules(dir string) ([]string, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	var found []string
	err = filepath.WalkDir(absolute, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != absolute {
			// as `go list ./...` does
			if name := entry.Name(); name == "vendor" || name == "testdata" || name == "node_modules" || name[0] == '.' || name[0] == '_' {
				return fs.SkipDir
			}
		}
		if entry.Name() == "go.mod" {
			found = append(found, filepath.Dir(path))
		}
		return nil
	})
	sort.Strings(found)
	return found, err
}
