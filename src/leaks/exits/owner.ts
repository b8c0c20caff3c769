import { childrenOf, walk, type CallExpr, type Expr, type File, type FuncDecl, type Node, type SendStmt } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import type { VarObj } from '../../go/scope.ts';
import { deref, isNamed } from '../../go/type.ts';
import { doesSomething } from '../teardown.ts';
import type { Body, Goroutines } from './goroutines.ts';
import { thingOf, type Thing } from './things.ts';

/** How a method that ends an object tells the object's goroutines. */
export interface Signal {
  readonly how: 'close' | 'cancel' | 'send';
  /** The channel that is closed or sent on, or the function that cancels. */
  readonly thing: Thing;
  readonly file: File;
  readonly node: CallExpr | SendStmt;
}

/** A method that says by its name that it ends its object. */
export interface Ending {
  readonly typeName: string;
  readonly decl: FuncDecl;
  readonly file: File;
  readonly signals: readonly Signal[];
}

const names = /^(?:close|stop|shutdown|quit|terminate|destroy|dispose|teardown|halt|kill|gracefulstop|closeall|stopall)$/iu;

/** Types of the package that a goroutine belongs to: its receiver's, and those of what it is given or captures. */
export function ownersOf(pkg: GoPackage, body: Body): readonly string[] {
  const owners = new Set<string>();
  const add = (obj: VarObj): void => {
    const type = deref(pkg.infer.typeOfVar(obj));
    if (type.kind === 'named' && type.path === '') owners.add(type.name);
  };
  const recv = body.decl.recv?.names[0];
  const receiver = recv && pkg.objectOf(recv);
  if (receiver?.kind === 'var' && body.func === body.decl) add(receiver);
  if (body.func.body) {
    walk(body.func.body, (node) => {
      const obj = node.kind === 'Ident' ? pkg.objectOf(node) : undefined;
      // What the goroutine itself declares are its subjects, not its owners.
      if (obj?.kind === 'var' && obj.role !== 'package' && obj.role !== 'const' && (obj.role !== 'local' || obj.func !== body.func)) add(obj);
      return undefined;
    });
  }
  return [...owners];
}

/** The methods of a type that end it. Empty ones end nothing. */
export function endingsOf(pkg: GoPackage, goroutines: Goroutines, typeName: string): readonly Ending[] {
  const found: Ending[] = [];
  for (const [name, { decl, file }] of pkg.infer.methodsOf(typeName)) {
    // What ends the process ends no object in it.
    if (!names.test(name) || !doesSomething(decl) || pkg.endingOfDecl(decl) === 'process' || decl.type.params.some((field) => !isNamed(pkg.infer.typeExpr(field.type), 'context', 'Context'))) continue;
    found.push({ typeName, decl, file, signals: signalsIn(pkg, goroutines, decl, file, 1) });
  }
  return found;
}

function signalsIn(pkg: GoPackage, goroutines: Goroutines, decl: FuncDecl, file: File, depth: number): Signal[] {
  const found: Signal[] = [];
  const note = (how: Signal['how'], expr: Expr, node: Signal['node']): void => {
    const thing = thingOf(pkg, goroutines, expr);
    if (thing !== undefined) found.push({ how, thing, file, node });
  };
  const visit = (node: Node): void => {
    if (node.kind === 'SendStmt') note('send', node.chan, node);
    if (node.kind === 'CallExpr') {
      const [arg] = node.args;
      if (node.fun.kind === 'Ident' && node.fun.name === 'close' && arg) note('close', arg, node);
      else if (node.fun.kind === 'SelectorExpr' && isCancel(pkg, node.fun)) note('cancel', node.fun, node);
      else if (depth > 0) {
        const callee = goroutines.functionOf(node.fun);
        const home = callee?.kind === 'FuncDecl' && callee !== decl ? goroutines.home(callee) : undefined;
        if (home) found.push(...signalsIn(pkg, goroutines, home.decl, home.file, depth - 1));
      }
    }
    for (const child of childrenOf(node)) visit(child);
  };
  if (decl.body) visit(decl.body);
  return found;
}

/** A field that holds a function which cancels a context. */
function isCancel(pkg: GoPackage, fun: Expr): boolean {
  if (fun.kind !== 'SelectorExpr') return false;
  const selection = pkg.infer.select(fun);
  if (selection?.kind !== 'field') return false;
  return isNamed(selection.type, 'context', 'CancelFunc') || isNamed(selection.type, 'context', 'CancelCauseFunc') || (selection.type.kind === 'func' && /cancel/iu.test(fun.sel.name));
}

/** Where a goroutine listens, turn by turn, to a signal. */
export function listensTo(pkg: GoPackage, goroutines: Goroutines, signal: Signal, body: Body): Expr | undefined {
  let found: Expr | undefined;
  const visit = (node: Node, inLoop: boolean): void => {
    if (found || node.kind === 'FuncLit') return;
    if (node.kind === 'RangeStmt' && signal.how === 'close' && thingOf(pkg, goroutines, node.x) === signal.thing) found = node.x;
    if (inLoop && node.kind === 'UnaryExpr' && node.op === '<-' && (signal.how === 'cancel' ? isContextDone(pkg, node.x) : thingOf(pkg, goroutines, node.x) === signal.thing)) found = node.x;
    const inside = inLoop || node.kind === 'ForStmt' || node.kind === 'RangeStmt';
    for (const child of childrenOf(node)) visit(child, inside);
  };
  if (body.func.body) visit(body.func.body, false);
  return found;
}

/** `ctx.Done()`. What other packages' methods named Context return is one, though their types are not seen: of gRPC's streams, HTTP's requests. */
export function isContextDone(pkg: GoPackage, expr: Expr): expr is CallExpr & { readonly fun: { readonly kind: 'SelectorExpr'; readonly x: Expr } } {
  if (expr.kind !== 'CallExpr' || expr.fun.kind !== 'SelectorExpr' || expr.fun.sel.name !== 'Done') return false;
  const { x } = expr.fun;
  const type = pkg.typeOf(x);
  return isNamed(type, 'context', 'Context') || (type.kind === 'unknown' && x.kind === 'CallExpr' && x.args.length === 0 && x.fun.kind === 'SelectorExpr' && x.fun.sel.name === 'Context');
}
