package main

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/ctrlflow"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/cfg"
)

// neverReturns carries ctrlflow's facts, which functions do not return, from package to package.
type neverReturns struct{ facts map[types.Object]bool }

func newNeverReturns() *neverReturns { return &neverReturns{map[types.Object]bool{}} }

// graphs builds the control-flow graphs of a package's functions; nil where ctrlflow cannot (ill-typed code).
func (n *neverReturns) graphs(fset *token.FileSet, unit *checked) (graphs *ctrlflow.CFGs) {
	defer func() {
		if recover() != nil {
			graphs = nil
		}
	}()
	result, err := ctrlflow.Analyzer.Run(&analysis.Pass{
		Analyzer:         ctrlflow.Analyzer,
		Fset:             fset,
		Files:            unit.files,
		Pkg:              unit.pkg,
		TypesInfo:        unit.info,
		ResultOf:         map[*analysis.Analyzer]any{inspect.Analyzer: inspector.New(unit.files)},
		ImportObjectFact: func(object types.Object, _ analysis.Fact) bool { return n.facts[object] },
		ExportObjectFact: func(object types.Object, _ analysis.Fact) { n.facts[object] = true },
	})
	if err != nil {
		return nil
	}
	return result.(*ctrlflow.CFGs)
}

// reachable says of each statement of the package's functions whether control can get there.
func (d *describer) reachable(graphs *ctrlflow.CFGs) {
	for index, file := range d.unit.files {
		flows := &d.out.Files[index].Flow
		note := func(graph *cfg.CFG, body *ast.BlockStmt) {
			if graph == nil || body == nil {
				return
			}
			for _, block := range graph.Blocks {
				for _, node := range block.Nodes {
					// The return at the closing brace is made up.
					if _, ok := node.(*ast.EmptyStmt); ok {
						continue
					}
					if _, ok := node.(ast.Stmt); ok && node.Pos() < body.Rbrace {
						live := 0
						if block.Live {
							live = 1
						}
						*flows = append(*flows, d.offset(node.Pos()), live)
					}
				}
			}
		}
		ast.Inspect(file, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.FuncDecl:
				if _, ok := d.unit.info.Defs[node.Name].(*types.Func); ok {
					note(graphs.FuncDecl(node), node.Body)
				}
			case *ast.FuncLit:
				note(graphs.FuncLit(node), node.Body)
			}
			return true
		})
	}
}
