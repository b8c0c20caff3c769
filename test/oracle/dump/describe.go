package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
)

// Unit is what is said of one package. Numbers come in flat lists, because there are millions of them; all offsets are bytes.
type Unit struct {
	Dir   string
	Name  string
	Names []string // what `Idents` and `Types` refer to
	Files []File
}

// File is what is said of one file.
type File struct {
	Name string
	// Idents: offset, class, then a file and an offset (own declarations) or a name and 0.
	Idents []int
	// Types of expressions a goroutine may wait on: offset, end, name.
	Types []int
	// Invalid: offset and end of expressions whose type is not known for want of an import.
	Invalid []int
	// Flow: offset of a statement, and 1 where control can get there.
	Flow []int
}

// Classes of identifiers.
const (
	local         = iota // declared in a function: file, offset
	packageLevel         // declared in this package: file, offset
	member               // field or method declared in this package: file, offset
	imported             // package-level of another package: name `path.Name`
	importedField        // field or method declared elsewhere: name of the declaring package
	packageName          // name of the import path
	universal            // predeclared: name
)

type describer struct {
	fset  *token.FileSet
	unit  *checked
	out   *Unit
	files map[string]int
	names map[string]int
}

func (l *loader) describe(dir string, unit *checked) *Unit {
	d := &describer{l.fset, unit, &Unit{Dir: dir, Name: unit.pkg.Name()}, map[string]int{}, map[string]int{}}
	for index, file := range unit.files {
		name := filepath.Base(d.position(file.FileStart).Filename)
		d.files[name] = index
		d.out.Files = append(d.out.Files, File{Name: name, Idents: []int{}, Types: []int{}, Invalid: []int{}, Flow: []int{}})
	}
	for index, file := range unit.files {
		d.describeFile(file, &d.out.Files[index])
	}
	if graphs := l.ends.graphs(l.fset, unit); graphs != nil {
		d.reachable(graphs)
	}
	return d.out
}

func (d *describer) position(pos token.Pos) token.Position { return d.fset.PositionFor(pos, false) }

func (d *describer) offset(pos token.Pos) int { return d.position(pos).Offset }

func (d *describer) name(text string) int {
	index, ok := d.names[text]
	if !ok {
		index = len(d.out.Names)
		d.names[text] = index
		d.out.Names = append(d.out.Names, text)
	}
	return index
}

func (d *describer) describeFile(file *ast.File, out *File) {
	// passed over: what a type switch binds (each clause has its own), and names of parameters in types of functions, which nothing uses
	passed := map[ast.Node]bool{file.Name: true}
	coded := map[*ast.FuncType]bool{}
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.FuncDecl:
			coded[node.Type] = true
		case *ast.FuncLit:
			coded[node.Type] = true
		case *ast.FuncType:
			if !coded[node] {
				for _, fields := range []*ast.FieldList{node.Params, node.Results} {
					for _, field := range fieldsOf(fields) {
						for _, name := range field.Names {
							passed[name] = true
						}
					}
				}
			}
		case *ast.TypeSwitchStmt:
			if assign, ok := node.Assign.(*ast.AssignStmt); ok {
				passed[assign.Lhs[0]] = true
			}
		case *ast.Ident:
			if !passed[node] {
				d.ident(node, out)
			}
		}
		if expr, ok := node.(ast.Expr); ok && !passed[node] {
			d.expr(expr, out)
		}
		return true
	})
}

func fieldsOf(list *ast.FieldList) []*ast.Field {
	if list == nil {
		return nil
	}
	return list.List
}

func (d *describer) ident(ident *ast.Ident, out *File) {
	object := d.unit.info.Uses[ident]
	if object == nil {
		object = d.unit.info.Defs[ident]
	}
	if object == nil || ident.Name == "_" {
		return
	}
	offset := d.offset(ident.Pos())
	named := func(class int, name string) { out.Idents = append(out.Idents, offset, class, d.name(name), 0) }
	own := func(class int) {
		at := d.position(object.Pos())
		out.Idents = append(out.Idents, offset, class, d.files[filepath.Base(at.Filename)], at.Offset)
	}
	switch object := object.(type) {
	case *types.PkgName:
		named(packageName, object.Imported().Path())
		return
	case *types.Label:
		return // labels are compared by where jumps lead
	case *types.Var:
		if object.IsField() {
			if object.Pkg() == d.unit.pkg {
				own(member)
			} else if object.Pkg() != nil {
				named(importedField, object.Pkg().Path())
			}
			return
		}
	case *types.Func:
		if object.Signature().Recv() != nil {
			if object.Pkg() == d.unit.pkg {
				own(member)
			} else if object.Pkg() != nil {
				named(importedField, object.Pkg().Path())
			}
			return
		}
	}
	switch {
	case object.Pkg() == nil || object.Pkg() == types.Unsafe:
		if object.Pkg() == nil {
			named(universal, object.Name())
		} else {
			named(imported, "unsafe."+object.Name())
		}
	case object.Pkg() != d.unit.pkg:
		named(imported, object.Pkg().Path()+"."+object.Name())
	case object.Parent() == d.unit.pkg.Scope() || object.Parent() == nil && isFunc(object):
		own(packageLevel)
	default:
		own(local)
	}
}

// isFunc: `init` and `_` have no parent scope.
func isFunc(object types.Object) bool {
	_, ok := object.(*types.Func)
	return ok
}

func (d *describer) expr(expr ast.Expr, out *File) {
	if _, ok := expr.(*ast.ParenExpr); ok {
		return
	}
	var typ types.Type
	if value, ok := d.unit.info.Types[expr]; ok {
		if !value.IsValue() {
			return
		}
		typ = value.Type
		if tuple, ok := typ.(*types.Tuple); ok && !isCall(expr) && tuple.Len() == 2 {
			typ = tuple.At(0).Type() // v, ok := x
		}
	} else if ident, ok := expr.(*ast.Ident); ok {
		object := d.unit.info.Defs[ident]
		if object == nil {
			object = d.unit.info.Uses[ident]
		}
		variable, ok := object.(*types.Var)
		if !ok || variable.IsField() {
			return
		}
		typ = variable.Type()
	}
	offset, end := d.offset(expr.Pos()), d.offset(expr.End())
	if typ == nil || strings.Contains(types.TypeString(typ, nil), "invalid type") {
		out.Invalid = append(out.Invalid, offset, end)
		return
	}
	if waits(typ) {
		out.Types = append(out.Types, offset, end, d.name("type "+notation(typ, d.unit.pkg)))
	}
}

func isCall(expr ast.Expr) bool {
	_, ok := expr.(*ast.CallExpr)
	return ok
}

// waited are the types, channels apart, that goroutines wait on or are told by to stop.
var waited = map[string]bool{
	"context.Context": true, "context.CancelFunc": true, "context.CancelCauseFunc": true,
	"time.Timer": true, "time.Ticker": true,
	"sync.Mutex": true, "sync.RWMutex": true, "sync.WaitGroup": true, "sync.Cond": true, "sync.Locker": true,
	"golang.org/x/sync/errgroup.Group": true, "golang.org/x/sync/semaphore.Weighted": true,
}

func waits(typ types.Type) bool {
	typ = types.Unalias(typ)
	if pointer, ok := typ.(*types.Pointer); ok {
		typ = types.Unalias(pointer.Elem())
	}
	if named, ok := typ.(*types.Named); ok && named.Obj().Pkg() != nil {
		if waited[named.Obj().Pkg().Path()+"."+named.Obj().Name()] {
			return true
		}
	}
	if _, ok := typ.(*types.TypeParam); ok {
		return false
	}
	_, ok := typ.Underlying().(*types.Chan)
	return ok
}
