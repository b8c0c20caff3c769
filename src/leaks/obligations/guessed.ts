import { contains, walk, type CallExpr, type Expr, type FuncDecl, type Node } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import type { VarObj } from '../../go/scope.ts';
import { calleeOf } from './callee.ts';
import type { Obligation } from './obligation.ts';
import { fieldAt, putsOf } from './puts.ts';
import { isField } from './uses.ts';

/** What makes an object that may work in the background, by its name. */
const makes = /^(?:New|Dial|Connect|Open|Start|Listen|Subscribe|Watch|Join)(?!\p{Ll})/u;

/** What is made of other things than of goroutines. */
const plain = /(?:File|Reader|Writer|Dir|Builder|Error|Request|Logger|Encoder|Decoder|Buffer|Config|Options?|Parser|Scanner|ID|Hash)$/u;

/** Databases in a file, which have no goroutine of their own. Source: db.go of bbolt. */
const silent: ReadonlySet<string> = new Set(['go.etcd.io/bbolt.Open', 'github.com/boltdb/bolt.Open', 'github.com/coreos/bbolt.Open']);

/** What ends an object. */
const ends = /^(?:Close|Stop|Shutdown|Disconnect|Unsubscribe|Release|Destroy|GracefulStop)$/u;

/**
 * What a constructor of another package owes that the table does not know, by what the package itself does with such an object: this function ends it
 * on another way, or some code ends what is in the field that it is put into. Whether goroutines are behind it, only its own package shows.
 */
export function guessedObligation(pkg: GoPackage, decl: FuncDecl, call: CallExpr, targets: readonly Expr[]): Obligation | undefined {
  const [target, ...others] = targets;
  const error = others.at(-1);
  if (target?.kind !== 'Ident' || error?.kind !== 'Ident' || !/err/iu.test(error.name) || !decl.body) return undefined;
  const callee = calleeOf(pkg, call);
  if (callee?.kind !== 'imported' || !callee.path.includes('.') || !makes.test(callee.name) || plain.test(callee.name) || silent.has(callee.key)) return undefined;
  const variable = pkg.objectOf(target);
  if (variable?.kind !== 'var' || variable.role === 'package') return undefined;
  const name = endedIn(decl.body, (expr) => expr.kind === 'Ident' && pkg.objectOf(expr) === variable) ?? endedByField(pkg, decl, variable);
  if (name === undefined) return undefined;
  return {
    rule: 'unclosed-resource',
    obtained: [callee.key],
    result: 0,
    error: others.length,
    carrier: '',
    released: { kind: 'method', path: null, names: [name] },
    until: 'ever',
    drained: { calls: [], methods: [] },
    borrowed: { calls: [], names: null },
    since: null,
    parked: null,
    isGuess: true,
  };
}

/** The method by which some code ends what an expression stands for. */
function endedIn(body: Node, isIt: (expr: Expr) => boolean): string | undefined {
  let name: string | undefined;
  walk(body, (node) => {
    if (node.kind === 'CallExpr' && node.args.length === 0 && node.fun.kind === 'SelectorExpr' && ends.test(node.fun.sel.name) && isIt(node.fun.x)) name ??= node.fun.sel.name;
    return name === undefined;
  });
  return name;
}

/** The method by which the package ends what is in the field that a variable is put into. */
function endedByField(pkg: GoPackage, { body }: FuncDecl, variable: VarObj): string | undefined {
  const put = body && putsOf(pkg, body, variable)[0];
  const field = put && fieldAt(pkg, put);
  if (!field) return undefined;
  for (const { decl } of pkg.mentioning(field.name)) {
    const name = decl.body && contains(decl.body, (node) => node.kind === 'SelectorExpr' && node.sel.name === field.name) ? endedIn(decl.body, (expr) => isField(pkg, expr, field)) : undefined;
    if (name) return name;
  }
  return undefined;
}
