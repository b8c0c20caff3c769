package main

import (
	"go/types"
	"strings"
)

// notation writes a type as the front end's typeString does: own package without path, literals of structs, functions and interfaces by kind.
func notation(typ types.Type, own *types.Package) string {
	write := func(typ types.Type) string { return notation(typ, own) }
	switch typ := types.Unalias(typ).(type) {
	case *types.Basic:
		return typ.Name()
	case *types.TypeParam:
		return typ.Obj().Name()
	case *types.Pointer:
		return "*" + write(typ.Elem())
	case *types.Slice:
		return "[]" + write(typ.Elem())
	case *types.Array:
		return "[N]" + write(typ.Elem())
	case *types.Map:
		return "map[" + write(typ.Key()) + "]" + write(typ.Elem())
	case *types.Chan:
		return map[types.ChanDir]string{types.SendRecv: "chan ", types.SendOnly: "chan<- ", types.RecvOnly: "<-chan "}[typ.Dir()] + write(typ.Elem())
	case *types.Struct:
		return "struct"
	case *types.Signature:
		return "func"
	case *types.Interface:
		return "interface"
	case *types.Tuple:
		var parts []string
		for i := range typ.Len() {
			parts = append(parts, write(typ.At(i).Type()))
		}
		return "(" + strings.Join(parts, ", ") + ")"
	case *types.Named:
		name := typ.Obj().Name()
		if pkg := typ.Obj().Pkg(); pkg != nil && pkg != own {
			name = pkg.Path() + "." + name
		}
		if args := typ.TypeArgs(); args.Len() > 0 {
			var parts []string
			for i := range args.Len() {
				parts = append(parts, write(args.At(i)))
			}
			name += "[" + strings.Join(parts, ", ") + "]"
		}
		return name
	default:
		return typ.String()
	}
}
