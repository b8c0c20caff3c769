import { contains, walk, type Expr, type ForStmt, type RangeStmt } from '../../go/ast.ts';
import { constantOf } from '../../go/constant-of.ts';
import type { GoPackage } from '../../go/package.ts';
import { deref } from '../../go/type.ts';
import { targets, type Code } from './code.ts';

/**
 * The turns of a loop. `data`: as many as there is data of, such as elements of a list, and `most` where code bounds them by a number;
 * `stream`: until something ends it.
 */
interface Turns {
  readonly loop: ForStmt | RangeStmt;
  readonly by: 'data' | 'stream';
  readonly most: number;
}

/** Tells how often code comes to its instructions. */
export class Repetition {
  readonly #pkg: GoPackage;
  readonly #loops = new Map<Code, readonly Turns[]>();
  readonly #again = new Map<Code, Map<number, boolean>>();

  constructor(pkg: GoPackage) {
    this.#pkg = pkg;
  }

  /** Whether a loop may lead from an instruction at `pc`, gone on with at one of `from`, to it again more than `room` times, by what it takes its turns; null where none does. */
  of(code: Code, pc: number, from: readonly number[], room: number): 'data' | 'stream' | null {
    const pos = code.instrs[pc]?.pos ?? -1;
    const around = this.#loopsOf(code).filter(({ loop, most }) => loop.pos <= pos && pos < loop.end && most > room);
    if (around.length === 0 || !from.some((next) => this.#leads(code, next, pc))) return null;
    return around.some(({ by }) => by === 'stream') ? 'stream' : 'data';
  }

  #leads(code: Code, from: number, to: number): boolean {
    const known = this.#again.get(code) ?? new Map<number, boolean>();
    this.#again.set(code, known);
    const key = from * code.instrs.length + to;
    const answer = known.get(key) ?? leads(code, from, to);
    known.set(key, answer);
    return answer;
  }

  #loopsOf(code: Code): readonly Turns[] {
    const known = this.#loops.get(code);
    if (known) return known;
    const found: Turns[] = [];
    if (code.func.body) {
      walk(code.func.body, (node) => {
        if (node.kind === 'ForStmt' || node.kind === 'RangeStmt') found.push(this.#turnsOf(node));
        return node.kind !== 'FuncLit';
      });
    }
    this.#loops.set(code, found);
    return found;
  }

  #turnsOf(loop: ForStmt | RangeStmt): Turns {
    if (loop.kind === 'RangeStmt') {
      if (loop.x.kind === 'CompositeLit') return { loop, by: 'data', most: loop.x.elts.length };
      const type = deref(this.#pkg.infer.underlying(this.#pkg.typeOf(loop.x)));
      return { loop, by: type.kind === 'chan' || type.kind === 'func' ? 'stream' : 'data', most: this.#numberOf(loop.x) };
    }
    const { cond } = loop;
    if (cond?.kind !== 'BinaryExpr' || loop.post === null) return { loop, by: 'stream', most: Infinity };
    return { loop, by: 'data', most: this.#numberOf(cond.y) };
  }

  /** What bounds a loop, where it is a number; none where it is taken from the room that a channel has. */
  #numberOf(bound: Expr): number {
    if (contains(bound, (node) => node.kind === 'CallExpr' && node.fun.kind === 'Ident' && node.fun.name === 'cap')) return 0;
    return constantOf(this.#pkg, bound) ?? Infinity;
  }
}

function leads(code: Code, from: number, to: number): boolean {
  const seen = new Set([from]);
  for (const pc of seen) {
    if (pc === to) return true;
    const instr = code.instrs[pc];
    if (instr) for (const next of targets(instr, pc)) seen.add(next);
  }
  return false;
}
