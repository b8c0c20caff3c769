import { type CallExpr, type Expr } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode, VarObj } from '../../go/scope.ts';
import { isNamed } from '../../go/type.ts';
import { paramsOf, type Body, type Goroutines } from './goroutines.ts';

/** What an expression stands for, whoever asks: a variable, or a field of a type of the package (`Type.field`). */
export type Thing = VarObj | string;

/** The thing an expression names; undefined for what has no one name. A variable that only renames a field is that field. */
export function thingOf(pkg: GoPackage, goroutines: Goroutines, expr: Expr): Thing | undefined {
  switch (expr.kind) {
    case 'Ident': {
      const obj = pkg.objectOf(expr);
      if (obj?.kind !== 'var' || obj.role === 'const') return undefined;
      const { origin } = obj;
      if (origin.kind !== 'expr' || origin.expr.kind !== 'SelectorExpr' || goroutines.isReassigned(obj)) return obj;
      return thingOf(pkg, goroutines, origin.expr) ?? obj;
    }
    case 'SelectorExpr': {
      const selection = pkg.infer.select(expr);
      return selection?.kind === 'field' && selection.owner?.path === '' ? `${selection.owner.name}.${expr.sel.name}` : undefined;
    }
    case 'StarExpr':
      return thingOf(pkg, goroutines, expr.x);
    case 'UnaryExpr':
      return expr.op === '&' ? thingOf(pkg, goroutines, expr.x) : undefined;
    default:
      return undefined;
  }
}

/** The things an expression in a goroutine can stand for: itself, and, where it is a parameter, what the goroutine is given for it. */
export function thingsOf(pkg: GoPackage, goroutines: Goroutines, expr: Expr, { func, starts, through }: Body): readonly Thing[] {
  const own = thingOf(pkg, goroutines, expr);
  if (own === undefined) return [];
  const given = (thing: Thing, to: FuncNode, call: CallExpr | null): Thing[] => {
    const arg = typeof thing === 'string' ? undefined : call?.args[paramsOf(to).indexOf(thing.ident)];
    const found = arg && thingOf(pkg, goroutines, arg);
    return found === undefined ? [] : [found];
  };
  if (through === null) return [own, ...starts.flatMap((start) => given(own, func, start.call))];
  const passed = given(own, func, through.node);
  return [own, ...passed, ...passed.flatMap((thing) => starts.flatMap((start) => given(thing, through.func, start.call)))];
}

/** What a channel's ticker or timer is, where it is one's: `x` of `x.C`. */
export function tickerOf(pkg: GoPackage, channel: Expr): Expr | undefined {
  if (channel.kind === 'SelectorExpr' && channel.sel.name === 'C') {
    const type = pkg.typeOf(channel.x);
    return isNamed(type, 'time', 'Ticker') || isNamed(type, 'time', 'Timer') ? channel.x : undefined;
  }
  const origin = originOf(pkg, channel);
  return origin ? tickerOf(pkg, origin) : undefined;
}

/** Whether nobody can close a channel: it is a ticker's or a timer's. */
export function isTimers(pkg: GoPackage, channel: Expr): boolean {
  if (tickerOf(pkg, channel)) return true;
  const made = channel.kind === 'CallExpr' ? channel : originOf(pkg, channel);
  if (made?.kind !== 'CallExpr' || made.fun.kind !== 'SelectorExpr') return false;
  const selection = pkg.infer.select(made.fun);
  return selection?.kind === 'imported' && selection.path === 'time' && (selection.name === 'Tick' || selection.name === 'After');
}

/** What a local variable was declared with. */
function originOf(pkg: GoPackage, expr: Expr): Expr | undefined {
  const obj = expr.kind === 'Ident' ? pkg.objectOf(expr) : undefined;
  return obj?.kind === 'var' && obj.role === 'local' && obj.origin.kind === 'expr' ? obj.origin.expr : undefined;
}
