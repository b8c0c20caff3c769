package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
)

// listed is a package as `go list` describes it.
type listed struct {
	ImportPath   string
	Dir          string
	Name         string
	DepOnly      bool
	ForTest      string
	GoFiles      []string
	CgoFiles     []string
	TestGoFiles  []string
	XTestGoFiles []string
	ImportMap    map[string]string
	Module       *struct{ GoVersion string }
}

// loader type-checks packages from source. Errors are passed over: what does not check is unknown and is left out of the comparison.
type loader struct {
	fset     *token.FileSet
	listed   map[string]*listed
	imported map[string]*types.Package
	ends     *neverReturns
}

// checked is a package with its syntax.
type checked struct {
	pkg   *types.Package
	files []*ast.File
	info  *types.Info
}

func dumpModule(root string, emit func(*Unit) error) error {
	packages, err := list(root)
	if err != nil {
		fmt.Fprintln(os.Stderr, "dump: left out:", err)
		return nil
	}
	loader := &loader{
		fset:     token.NewFileSet(),
		listed:   map[string]*listed{},
		imported: map[string]*types.Package{"unsafe": types.Unsafe},
		ends:     newNeverReturns(),
	}
	var targets []*listed
	for _, one := range packages {
		if strings.HasSuffix(one.ImportPath, ".test") || one.ForTest != "" {
			continue
		}
		loader.listed[one.ImportPath] = one
		if !one.DepOnly {
			targets = append(targets, one)
		}
	}
	sort.Slice(targets, func(i, j int) bool { return targets[i].ImportPath < targets[j].ImportPath })
	for _, target := range targets {
		files := concat(target.GoFiles, target.CgoFiles, target.TestGoFiles)
		var self *types.Package
		if len(files) > 0 {
			unit := loader.check(target, target.ImportPath, files, nil)
			self = unit.pkg
			if err := emit(loader.describe(target.Dir, unit)); err != nil {
				return err
			}
		}
		if len(target.XTestGoFiles) > 0 {
			unit := loader.check(target, target.ImportPath+"_test", target.XTestGoFiles, self)
			if err := emit(loader.describe(target.Dir, unit)); err != nil {
				return err
			}
		}
	}
	return nil
}

func list(root string) ([]*listed, error) {
	command := exec.Command("go", "list", "-e", "-deps", "-test", "-json=ImportPath,Dir,Name,DepOnly,ForTest,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles,ImportMap,Module", "./...")
	command.Dir = root
	command.Env = append(os.Environ(), "CGO_ENABLED=1")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	text, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go list in %s: %w\n%s", root, err, stderr.String())
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	var all []*listed
	for {
		one := new(listed)
		if err := decoder.Decode(one); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
}

// check parses and checks files as one package. self is what the package imports under its own path, where it is an external test.
func (l *loader) check(meta *listed, path string, names []string, self *types.Package) *checked {
	result := &checked{info: &types.Info{
		Types:      map[ast.Expr]types.TypeAndValue{},
		Defs:       map[*ast.Ident]types.Object{},
		Uses:       map[*ast.Ident]types.Object{},
		Implicits:  map[ast.Node]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
		Instances:  map[*ast.Ident]types.Instance{},
		Scopes:     map[ast.Node]*types.Scope{},
	}}
	for _, name := range names {
		file, _ := parser.ParseFile(l.fset, filepath.Join(meta.Dir, name), nil, parser.SkipObjectResolution)
		if file != nil {
			result.files = append(result.files, file)
		}
	}
	config := types.Config{
		Importer:    &importer{l, meta, self},
		Error:       func(error) {},
		FakeImportC: true,
		Sizes:       types.SizesFor("gc", runtime.GOARCH),
	}
	if meta.Module != nil && meta.Module.GoVersion != "" {
		config.GoVersion = "go" + meta.Module.GoVersion
	}
	result.pkg, _ = config.Check(path, l.fset, result.files, result.info)
	return result
}

type importer struct {
	loader *loader
	meta   *listed
	self   *types.Package
}

func (i *importer) Import(path string) (*types.Package, error) { return i.ImportFrom(path, "", 0) }

func (i *importer) ImportFrom(path, _ string, _ types.ImportMode) (*types.Package, error) {
	if i.self != nil && path == i.meta.ImportPath {
		return i.self, nil
	}
	if mapped, ok := i.meta.ImportMap[path]; ok {
		path = mapped
	}
	if pkg, ok := i.loader.imported[path]; ok {
		if pkg == nil {
			return nil, fmt.Errorf("import cycle through %s", path)
		}
		return pkg, nil
	}
	meta := i.loader.listed[path]
	if meta == nil {
		meta = i.loader.listed["vendor/"+path]
	}
	files := []string(nil)
	if meta != nil {
		files = concat(meta.GoFiles, meta.CgoFiles)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s is not there", path)
	}
	i.loader.imported[path] = nil
	result := i.loader.check(meta, meta.ImportPath, files, nil)
	i.loader.ends.graphs(i.loader.fset, result)
	i.loader.imported[path] = result.pkg
	return result.pkg, nil
}

func concat(lists ...[]string) []string {
	var all []string
	for _, one := range lists {
		all = append(all, one...)
	}
	return all
}
