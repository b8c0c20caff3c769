import { nameOf, walk, type CallExpr, type Expr, type FuncDecl, type Node } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import type { VarObj } from '../../go/scope.ts';
import { calleeOf, type Callee } from './callee.ts';
import { localOf } from './local-of.ts';
import type { Obligation } from './obligation.ts';
import { fieldAt, putsOf } from './puts.ts';
import { resource } from './table.ts';
import { isField } from './uses.ts';

/** What makes an object that may work in the background, by its name. */
const makes = /^(?:New|Dial|Connect|Open|Start|Listen|Subscribe|Watch|Join)(?!\p{Ll})/u;

/** What is known to be a connection, with a `Close`, by its name alone. */
const dials = /\.Dial(?:\p{Lu}\w*)?$/u;

/** What else ends a connection. */
const hangsUp: readonly string[] = ['Close', 'CloseNow', 'Quit', 'Disconnect', 'Logoff', 'Logout', 'Shutdown', 'Stop'];

/** What is made of other things than of goroutines. */
const plain = /(?:File|Reader|Writer|Dir|Builder|Error|Request|Logger|Encoder|Decoder|Buffer|Config|Options?|Parser|Scanner|ID|Hash)$/u;

/** Databases in a file, which have no goroutine of their own. Source: db.go of bbolt. */
const silent: ReadonlySet<string> = new Set(['go.etcd.io/bbolt.Open', 'github.com/boltdb/bolt.Open', 'github.com/coreos/bbolt.Open']);

/** What ends an object. */
const ends = /^(?:Close|Stop|Shutdown|Disconnect|Unsubscribe|Release|Destroy|GracefulStop)$/u;

/** What lets go of a lock that a call has given, or takes back a transaction: whoever made it, others wait for it. */
const givesBack = /^(?:Unlock|RUnlock|Rollback)$/u;

/** What begins a transaction, by its name; there, what ends one well shows it as well. */
const begins = /^(?:Begin|Start)|(?:Tx|Txn|Transaction)$/u;
const closes = /^(?:Unlock|RUnlock|Rollback|Commit)$/u;

/**
 * What a constructor of another package owes that the table does not know, by what the package itself does with such an object: this function ends it
 * on another way, or some code ends what is in the field that it is put into; connections need no such sign. Whether goroutines are behind it, only its own package shows.
 */
export function guessedObligation(pkg: GoPackage, decl: FuncDecl, call: CallExpr, targets: readonly Expr[]): Obligation | undefined {
  const { body } = decl;
  const error = targets.at(-1);
  if (targets.length < 2 || error?.kind !== 'Ident' || !/err/iu.test(error.name) || !body) return undefined;
  for (const [result, target] of targets.slice(0, -1).entries()) {
    const held = localOf(pkg, target);
    const end = held && endedIn(body, begins.test(nameOf(call.fun) ?? '') ? closes : givesBack, (expr) => expr.kind === 'Ident' && pkg.objectOf(expr) === held);
    if (end) return { ...resource, result, obtained: [], error: targets.length - 1, carrier: '', released: { kind: 'method', path: null, names: isLockName(end.name) ? [end.name] : ['Rollback', 'Commit', 'Abort'] }, parked: null, guessed: isLockName(end.name) ? 'lock' : 'transaction' };
  }
  const variable = targets[0] && localOf(pkg, targets[0]);
  if (!variable) return undefined;
  const isIt = (expr: Expr): boolean => expr.kind === 'Ident' && pkg.objectOf(expr) === variable;
  const key = constructorOf(pkg, call);
  if (key === undefined) return undefined;
  const end = endedIn(body, ends, isIt) ?? endedByField(pkg, decl, variable) ?? (call.args.length > 0 && dials.test(key) ? { name: 'Close', isBare: true } : undefined);
  if (end === undefined) return undefined;
  return {
    ...resource,
    obtained: [key],
    error: targets.length - 1,
    carrier: '',
    released: { kind: 'method', path: null, names: dials.test(key) ? [end.name, ...hangsUp] : [end.name], ...(end.isBare ? {} : { takes: 'ctx' }) },
    parked: null,
    guessed: 'object',
  };
}

function isLockName(method: string): boolean {
  return method.endsWith('nlock');
}

/** The constructor of another package that a call calls, at once or in a function of this package that it calls, as `import path.Function`. */
function constructorOf(pkg: GoPackage, call: CallExpr): string | undefined {
  const callee = calleeOf(pkg, call);
  if (callee?.kind === 'imported') return isConstructor(callee) ? callee.key : undefined;
  if (callee?.kind !== 'package' || !callee.decl.body) return undefined;
  let key: string | undefined;
  walk(callee.decl.body, (node) => {
    const inner = node.kind === 'AssignStmt' || node.kind === 'ReturnStmt' ? (node.kind === 'AssignStmt' ? node.rhs : node.results)[0] : undefined;
    const made = inner?.kind === 'CallExpr' ? calleeOf(pkg, inner) : undefined;
    if (made?.kind === 'imported' && isConstructor(made)) key ??= made.key;
    return node.kind !== 'FuncLit' && key === undefined;
  });
  return key;
}

function isConstructor({ key, path, name }: Extract<Callee, { kind: 'imported' }>): boolean {
  return path.includes('.') && makes.test(name) && !plain.test(name) && !silent.has(key);
}

/** A method that ends an object, with nothing or, as most that take something, with a context. */
interface End {
  readonly name: string;
  readonly isBare: boolean;
}

/** The method by which some code ends what an expression stands for. */
function endedIn(body: Node, names: RegExp, isIt: (expr: Expr) => boolean): End | undefined {
  let end: End | undefined;
  walk(body, (node) => {
    if (node.kind === 'CallExpr' && node.args.length <= 1 && node.fun.kind === 'SelectorExpr' && names.test(node.fun.sel.name) && isIt(node.fun.x)) end ??= { name: node.fun.sel.name, isBare: node.args.length === 0 };
    return end === undefined;
  });
  return end;
}

/** The method by which the package ends what is in the field that a variable is put into. */
function endedByField(pkg: GoPackage, { body }: FuncDecl, variable: VarObj): End | undefined {
  const put = body && putsOf(pkg, body, variable)[0];
  const field = put && fieldAt(pkg, put);
  if (!field) return undefined;
  for (const { decl } of pkg.mentioning(field.name)) {
    const end = decl.body && endedIn(decl.body, ends, (expr) => isField(pkg, expr, field));
    if (end) return end;
  }
  return undefined;
}
