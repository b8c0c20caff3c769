import type { Comparison } from './code.ts';
import { mostTurns, type State, type Value } from './value.ts';

/** Loops whose known bound is larger than this are walked three times: more turns tell nothing new. */
const largestBound = 5;

const swapped: Readonly<Record<Comparison, Comparison>> = { '==': '==', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

/** The outcome of a comparison, as far as values and the facts assumed so far settle it; undefined: either. */
export function decide(state: State, cmp: Comparison, x: Value, y: Value): boolean | undefined {
  if (cmp === '!=') return negate(decide(state, '==', x, y));
  if (cmp === '==') return equal(state, x, y);
  if (x.t === 'int' && y.t === 'int') return counted(cmp, x.v, y.v);
  if (x.t === 'sym' && y.t === 'int') return bounded(state, cmp, x.id, y.v);
  if (x.t === 'int' && y.t === 'sym') return bounded(state, swapped[cmp], y.id, x.v);
  return recorded(state, cmp, x, y);
}

/** Takes a comparison's outcome for a fact from here on. */
export function assume(state: State, cmp: Comparison, x: Value, y: Value, holds: boolean): void {
  if (cmp === '!=') {
    assume(state, '==', x, y, !holds); // one form for one question, so that it is found again
    return;
  }
  const fact = x.t === 'int' && y.t === 'sym' ? { cmp: swapped[cmp], x: y, y: x, holds } : { cmp, x, y, holds };
  if (!state.facts.some((one) => one.cmp === fact.cmp && one.holds === holds && same(one.x, fact.x) && same(one.y, fact.y))) state.facts.push(fact);
}

/** The numbers an unknown size may be, given the facts: what a channel of that capacity, or a loop of that bound, is tried with. */
export function sizesOf(state: State, id: number): number[] {
  const [low, high] = bounds(state, id);
  return [0, 1, 2].filter((n) => n >= low && n <= high && bounded(state, '==', id, n) !== false);
}

/** The number a value must be, where it is one or the facts leave only one. */
export function exactly(state: State, value: Value): number | undefined {
  if (value.t === 'int') return value.v;
  if (value.t !== 'sym') return undefined;
  const [low, high] = bounds(state, value.id);
  return low === high ? low : undefined;
}

function negate(value: boolean | undefined): boolean | undefined {
  return value === undefined ? undefined : !value;
}

function equal(state: State, x: Value, y: Value): boolean | undefined {
  if (x.t === 'nil' || y.t === 'nil') {
    const other = x.t === 'nil' ? y : x;
    // What is known is not nil: an interface holds numbers too, such as error codes.
    if (other.t !== 'sym' && other.t !== 'cmp') return other.t === 'nil';
  }
  if (x.t === 'bool' && y.t === 'bool') return x.v === y.v;
  if (x.t === 'int' && y.t === 'int') return x.v === y.v;
  if (x.t === 'const' && y.t === 'const' && (x.v === y.v || (isLiteral(x) && isLiteral(y)))) return x.v === y.v;
  if (x.t === 'ref' && y.t === 'ref') return x.id === y.id;
  if (x.t === 'sym' && y.t === 'sym' && x.id === y.id) return true;
  if (x.t === 'sym' && y.t === 'int') return bounded(state, '==', x.id, y.v);
  if (y.t === 'sym' && x.t === 'int') return bounded(state, '==', y.id, x.v);
  return recorded(state, '==', x, y);
}

/** Compares two numbers, where a counter that runs towards a large bound counts as having reached it. */
function counted(cmp: Comparison, x: number, y: number): boolean {
  if (y > largestBound && x >= 3 && x <= largestBound && (cmp === '<' || cmp === '<=')) return false;
  if (x > largestBound && y >= 3 && y <= largestBound && (cmp === '>' || cmp === '>=')) return false;
  return ordered(cmp, x, y);
}

/** The large bound that this comparison takes for reached ahead of its time; undefined: it does not. */
function cutShort(cmp: Comparison, x: Value, y: Value): number | undefined {
  if (x.t !== 'int' || y.t !== 'int' || cmp === '==' || cmp === '!=') return undefined;
  return counted(cmp, x.v, y.v) === ordered(cmp, x.v, y.v) ? undefined : Math.max(x.v, y.v);
}

/**
 * Whether a run has lost count: loops with different large bounds were each walked three times, such as two that send ten values
 * and one that receives twenty. Notes the bound on the way.
 */
export function losesCount(state: State, cmp: Comparison, x: Value, y: Value): boolean {
  const bound = cutShort(cmp, x, y);
  if (bound === undefined) return false;
  assume(state, '<', { t: 'int', v: mostTurns }, { t: 'int', v: bound }, false);
  return state.facts.some((fact) => fact.x.t === 'int' && fact.y.t === 'int' && fact.y.v !== bound);
}

function ordered(cmp: Comparison, x: number, y: number): boolean {
  switch (cmp) {
    case '<':
      return x < y;
    case '<=':
      return x <= y;
    case '>':
      return x > y;
    case '>=':
      return x >= y;
    case '==':
      return x === y;
    case '!=':
      return x !== y;
  }
}

/** The interval the facts leave a symbol, from 0 on: it is asked for sizes. */
function bounds(state: State, id: number): readonly [number, number] {
  let low = 0;
  let high = Infinity;
  for (const fact of state.facts) {
    if (fact.x.t !== 'sym' || fact.x.id !== id || fact.y.t !== 'int') continue;
    const n = fact.y.v;
    switch (fact.cmp) {
      case '<':
        if (fact.holds) high = Math.min(high, n - 1);
        else low = Math.max(low, n);
        break;
      case '<=':
        if (fact.holds) high = Math.min(high, n);
        else low = Math.max(low, n + 1);
        break;
      case '>':
        if (fact.holds) low = Math.max(low, n + 1);
        else high = Math.min(high, n);
        break;
      case '>=':
        if (fact.holds) low = Math.max(low, n);
        else high = Math.min(high, n - 1);
        break;
      case '==':
        if (fact.holds) return [n, n];
        if (n === low) low += 1;
        break;
      default:
    }
  }
  return [low, high];
}

function bounded(state: State, cmp: Comparison, id: number, n: number): boolean | undefined {
  const [low, high] = bounds(state, id);
  switch (cmp) {
    case '<':
      return high < n ? true : low >= n ? false : undefined;
    case '<=':
      return high <= n ? true : low > n ? false : undefined;
    case '>':
      if (low > n) return true;
      if (high <= n) return false;
      // A loop counter has come this far: the size is taken to be no larger.
      return n === state.mostTurns && high === Infinity ? false : undefined;
    case '>=':
      return low >= n ? true : high < n ? false : undefined;
    case '==':
      return low === n && high === n ? true : n < low || n > high ? false : undefined;
    case '!=':
      return negate(bounded(state, '==', id, n));
  }
}

function same(x: Value, y: Value): boolean {
  if (x.t !== y.t) return false;
  switch (x.t) {
    case 'sym':
    case 'ref':
      return y.t === x.t && x.id === y.id;
    case 'int':
    case 'bool':
    case 'const':
      return y.t === x.t && x.v === y.v;
    case 'nil':
      return true;
    default:
      return false;
  }
}

function isConstant(value: Value): boolean {
  return value.t === 'nil' || value.t === 'bool' || value.t === 'int' || isLiteral(value);
}

/** Written out, not named: two that are written differently differ. */
function isLiteral(value: Value): boolean {
  return value.t === 'const' && /^["'\d]/u.test(value.v);
}

function recorded(state: State, cmp: Comparison, x: Value, y: Value): boolean | undefined {
  for (const fact of state.facts) {
    if (fact.cmp === cmp && ((same(fact.x, x) && same(fact.y, y)) || (cmp === '==' && same(fact.x, y) && same(fact.y, x)))) return fact.holds;
    if (fact.cmp === swapped[cmp] && same(fact.x, y) && same(fact.y, x)) return fact.holds;
    // A symbol that is one constant is no other; of two booleans, not being one is being the other.
    if (cmp === '==' && fact.cmp === '==' && same(fact.x, x) && isConstant(fact.y) && isConstant(y)) {
      if (fact.holds) return false;
      if (fact.y.t === 'bool' && y.t === 'bool') return true;
    }
  }
  return undefined;
}
