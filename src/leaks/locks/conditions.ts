import { walk, type Expr } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode, VarObj } from '../../go/scope.ts';
import type { Accesses } from './access.ts';

/** A condition as a question that reads the same wherever it is asked, and whether the condition is its negation. */
export interface Question {
  readonly text: string;
  readonly negated: boolean;
}

/** The question a condition asks; `x != nil` asks `x == nil` and takes the opposite. */
export function questionOf(pkg: GoPackage, accesses: Accesses, cond: Expr): Question {
  const ask = (expr: Expr, negated: boolean): Question => {
    if (expr.kind === 'UnaryExpr' && expr.op === '!') return ask(expr.x, !negated);
    if (expr.kind !== 'BinaryExpr') return { text: accesses.canonical(expr), negated };
    const { op, x, y } = expr;
    if (op === '==' || op === '!=') {
      const flip = negated !== (op === '!=');
      const truth = truthOf(pkg, y);
      if (truth !== undefined) return ask(x, flip !== !truth);
      return { text: equality(accesses, x, y), negated: flip };
    }
    const [left, right] = [accesses.canonical(x), accesses.canonical(y)];
    if (op === '<' || op === '>=') return { text: `(${left}<${right})`, negated: negated !== (op === '>=') };
    if (op === '>' || op === '<=') return { text: `(${right}<${left})`, negated: negated !== (op === '<=') };
    return { text: accesses.canonical(expr), negated };
  };
  return ask(cond, false);
}

export function equality(accesses: Accesses, x: Expr, y: Expr): string {
  return `(${accesses.canonical(x)}==${accesses.canonical(y)})`;
}

/** `true` and `false`. */
export function truthOf(pkg: GoPackage, expr: Expr): boolean | undefined {
  if (expr.kind !== 'Ident' || (expr.name !== 'true' && expr.name !== 'false')) return undefined;
  return pkg.objectOf(expr)?.kind === 'builtin' ? expr.name === 'true' : undefined;
}

/** The marks a variable leaves in questions: whether it is true, and whether it is nil. */
export function marksOf(accesses: Accesses, obj: VarObj): { readonly itself: string; readonly isNil: string; readonly within: string } {
  const itself = `${obj.name}#${accesses.idOf(obj)};`;
  return { itself, isNil: `(${itself}==nil)`, within: `#${accesses.idOf(obj)};` };
}

/** What a question about a number says: `(n==0)`, `(n<3)`, `(0<n)`. */
interface Bound {
  readonly of: string;
  readonly op: '==' | '<' | '>';
  readonly than: number;
}

function boundOf(text: string): Bound | undefined {
  const below = /^\((.+)(==|<)(-?\d+)\)$/u.exec(text);
  if (below) return { of: below[1] ?? '', op: below[2] === '<' ? '<' : '==', than: Number(below[3]) };
  const above = /^\((-?\d+)<(.+)\)$/u.exec(text);
  return above ? { of: above[2] ?? '', op: '>', than: Number(above[1]) } : undefined;
}

/** Questions about one number hang together: what they are all about. */
export function subjectOf(text: string): string | undefined {
  return boundOf(text)?.of;
}

/** The answer to a question that follows from known ones: what is zero is not more than zero. */
export function follows(facts: ReadonlyMap<string, boolean>, text: string): boolean | undefined {
  const asked = boundOf(text);
  if (!asked) return undefined;
  let [least, most] = [-Infinity, Infinity];
  for (const [known, holds] of facts) {
    const bound = boundOf(known);
    if (bound?.of !== asked.of) continue;
    const { op, than } = bound;
    if (op === '==' && holds) [least, most] = [Math.max(least, than), Math.min(most, than)];
    else if (op === '<') [least, most] = holds ? [least, Math.min(most, than - 1)] : [Math.max(least, than), most];
    else if (op === '>') [least, most] = holds ? [Math.max(least, than + 1), most] : [least, Math.min(most, than)];
  }
  const { op, than } = asked;
  if (op === '==') return than < least || than > most ? false : least === most ? true : undefined;
  if (op === '<') return most < than ? true : least >= than ? false : undefined;
  return least > than ? true : most <= than ? false : undefined;
}

/** The questions a function and the literals in it ask, and, where asked for, the numbers they are about, with how often. */
export function questionsOf(pkg: GoPackage, accesses: Accesses, func: FuncNode, withNumbers: boolean): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const note = (text: string): void => {
    for (const one of [text, withNumbers ? subjectOf(text) : undefined]) if (one !== undefined) found.set(one, (found.get(one) ?? 0) + 1);
  };
  const ask = (cond: Expr): void => {
    if (cond.kind === 'BinaryExpr' && (cond.op === '&&' || cond.op === '||')) {
      ask(cond.x);
      ask(cond.y);
      return;
    }
    if (cond.kind === 'UnaryExpr' && cond.op === '!') {
      ask(cond.x);
      return;
    }
    note(questionOf(pkg, accesses, cond).text);
  };
  if (!func.body) return found;
  walk(func.body, (node) => {
    if (node.kind === 'IfStmt') ask(node.cond);
    else if (node.kind === 'ForStmt' && node.cond) ask(node.cond);
    else if (node.kind === 'SwitchStmt') {
      for (const value of node.clauses.flatMap((clause) => clause.list ?? [])) {
        if (node.tag === null) ask(value);
        else note(equality(accesses, node.tag, value));
      }
    }
    return undefined;
  });
  return found;
}
