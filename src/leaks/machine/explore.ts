import { comparedWithNil, textOf } from '../../go/ast.ts';
import { components } from './components.ts';
import { encode, shapeOf } from './encode.ts';
import { Budget, nextStep, type Machine, type Step } from './machine.ts';
import type { Code } from './code.ts';
import type { Event, State } from './value.ts';

/**
 * What one exploration may cost before it is given up: kept states, and small steps. Steps are to lead to states: all but `credit` are
 * earned, `perState` by each. A walk that comes to few is lost in questions about data.
 */
export interface Limits {
  readonly states: number;
  readonly steps: number;
  readonly credit: number;
  readonly perState: number;
}

/** A goroutine that waits in a state from which no run ever wakes it. */
export interface Stuck {
  readonly state: State;
  readonly proc: number;
  readonly step: Step;
  /** The function under study waits for good in the same state. */
  readonly withRoot: boolean;
  /** The places of all goroutines of the state that wait for good in it. */
  readonly waiting: readonly number[];
  /** What happened on the way to that state, oldest first. */
  readonly events: readonly Event[];
}

export interface Exploration {
  readonly stuck: readonly Stuck[];
  /** Why the exploration was given up, if it was; what was found until then is not reported. */
  readonly exhausted: boolean;
  readonly states: number;
  /** How many calls were nested at most. */
  readonly nested: number;
  /** Where some run panics: on a channel that is closed already, or nil. */
  readonly crashes: readonly Event[];
}

interface Edge {
  readonly to: number;
  readonly moved: readonly number[];
  /** For each goroutine of the state before, its place after; -1 where it has ended, `elsewhere` where another edge leads to it. */
  readonly map: readonly number[];
}

/** The place of a goroutine that goes on in another part of a state that was split. */
const elsewhere = -2;

interface Vertex {
  readonly state: State;
  readonly edges: Edge[];
  /** The state this one was first reached from, -1 for a first one, and what happened in between. */
  readonly from: number;
  readonly events: readonly Event[];
}

/**
 * Walks every state a function and the goroutines it starts can be in, and finds the goroutines that are parked for good:
 * those that stand at an operation in a state from which no continuation at all moves them.
 */
export function explore(machine: Machine, code: Code, limits: Limits): Exploration {
  const budget = new Budget(limits.steps, limits.credit);
  const vertices: Vertex[] = [];
  const known = new Map<string, number>();
  const crashes: Event[] = [];
  const add = (state: State, from: number): { at: number; map: readonly number[] } => {
    const map = compact(state);
    const crash = state.trace.at(-1);
    if (crash?.kind === 'crash') crashes.push(crash);
    const key = encode(state);
    const found = known.get(key);
    if (found !== undefined) return { at: found, map };
    const at = vertices.length;
    budget.earn(limits.perState);
    known.set(key, at);
    vertices.push({ state, edges: [], from, events: state.trace });
    state.trace = [];
    return { at, map };
  };
  const initial = machine.start(code);
  for (const state of machine.settle(initial, budget)) add(state, -1);
  for (let at = 0; at < vertices.length; at += 1) {
    const vertex = vertices[at];
    if (!vertex || vertex.state.exited) continue;
    if (vertices.length > limits.states || budget.exhausted) return { stuck: [], exhausted: true, states: vertices.length, nested: machine.nested, crashes: [] };
    // While main runs, its end may come to everybody's aid.
    const parts = machine.endsWithRoot(code) && vertex.state.procs.some((proc) => proc.uid === 0) ? [] : components(vertex.state, machine.withLocks);
    if (parts.length > 1) {
      for (const part of parts) {
        const { at: to, map } = add(only(vertex.state, part), at);
        vertex.edges.push({ to, moved: [], map: vertex.state.procs.map((_, index) => (part.includes(index) ? (map[part.indexOf(index)] ?? -1) : elsewhere)) });
      }
      continue;
    }
    for (let index = 0; index < vertex.state.procs.length; index += 1) {
      for (const transition of machine.transitions(vertex.state, index)) {
        for (const after of machine.settle(transition.state, budget)) {
          const { at: to, map } = add(after, at);
          vertex.edges.push({ to, moved: transition.moved, map });
        }
      }
    }
  }
  if (budget.exhausted) return { stuck: [], exhausted: true, states: vertices.length, nested: machine.nested, crashes: [] };
  return { stuck: findStuck(vertices), exhausted: false, states: vertices.length, nested: machine.nested, crashes };
}

/**
 * Drops goroutines that have ended and puts the rest in an order of their own, so that states in which goroutines of one kind
 * have changed places are one; answers where each one went.
 */
function compact(state: State): number[] {
  const alive = state.procs.map((proc, place) => ({ proc, place, shape: proc.uid === 0 ? '' : shapeOf(proc) })).filter(({ proc }) => proc.frames.length > 0);
  alive.sort((a, b) => (a.shape < b.shape ? -1 : a.shape > b.shape ? 1 : a.place - b.place));
  const map = state.procs.map(() => -1);
  for (const [to, { place }] of alive.entries()) map[place] = to;
  state.procs = alive.map(({ proc }) => proc);
  return map;
}

/** A state with some of its goroutines only. */
function only(state: State, part: readonly number[]): State {
  const copy = state.copy();
  copy.procs = copy.procs.filter((_, index) => part.includes(index));
  return copy;
}

function findStuck(vertices: readonly Vertex[]): Stuck[] {
  // progress[v][p]: from state v some run moves goroutine p, or ends the process and p with it.
  const progress = vertices.map((vertex) => vertex.state.procs.map(() => vertex.state.exited));
  const reverse = vertices.map((): number[] => []);
  for (const [from, vertex] of vertices.entries()) for (const edge of vertex.edges) reverse[edge.to]?.push(from);
  const work = vertices.map((_, index) => index);
  const queued = new Set(work);
  for (let at = work.pop(); at !== undefined; at = work.pop()) {
    queued.delete(at);
    const mine = progress[at];
    const vertex = vertices[at];
    if (!mine || !vertex) continue;
    let changed = false;
    for (const edge of vertex.edges) {
      const theirs = progress[edge.to];
      const exits = vertices[edge.to]?.state.exited === true;
      for (const [proc, can] of mine.entries()) {
        if (can) continue;
        const place = edge.map[proc] ?? -1;
        if (exits || place === -1 || edge.moved.includes(proc) || (place >= 0 && theirs?.[place] === true)) {
          mine[proc] = true;
          changed = true;
        }
      }
    }
    if (changed) {
      for (const from of reverse[at] ?? []) {
        if (!queued.has(from)) {
          queued.add(from);
          work.push(from);
        }
      }
    }
  }
  const found = new Map<string, { stuck: Stuck; failures: number; ways: number; readonly isStill: boolean; readonly isLossy: boolean }>();
  // States in which nothing moves at all show best who waits for whom; the others come after them.
  const order = [...vertices.keys()].sort((a, b) => Number((vertices[a]?.edges.length ?? 0) > 0) - Number((vertices[b]?.edges.length ?? 0) > 0) || a - b);
  for (const at of order) {
    const vertex = vertices[at];
    if (!vertex) continue;
    for (const [index, proc] of vertex.state.procs.entries()) {
      if (progress[at]?.[index] !== false) continue;
      const step = nextStep(proc);
      if (!step) continue;
      const key = `${step.frame.code.id}:${step.kind === 'instr' ? step.frame.pc : `d${step.deferred.pos}`}:${proc.spawn?.code.id ?? ''}:${proc.spawn?.pos ?? ''}`;
      const known = found.get(key);
      const isStill = vertex.edges.length === 0;
      if (known && (known.failures === 0 || known.ways >= mostWays || known.isStill !== isStill)) continue;
      const events = history(vertices, at);
      const failures = events.filter(isFailure).length;
      const isLossy = events.some(({ guessed }) => guessed === 'lossy');
      if (known) known.ways += 1;
      if (known && (failures >= known.failures || isLossy !== known.isLossy)) continue;
      const root = vertex.state.procs.findIndex((one) => one.uid === 0);
      const stuck: Stuck = { state: vertex.state, proc: index, step, withRoot: root >= 0 && progress[at][root] === false, waiting: [...vertex.state.procs.keys()].filter((one) => progress[at]?.[one] === false), events };
      if (known) Object.assign(known, { stuck, failures });
      else found.set(key, { stuck, failures, ways: 1, isStill, isLossy });
    }
  }
  return Array.from(found.values(), ({ stuck }) => stuck);
}

/** Of so many ways to one wait, equal otherwise, that is told which takes the fewest failures: they may be such as never come. */
const mostWays = 24;

/** `err != nil`, taken on a guess. */
function isFailure({ kind, code, pos, taken, guessed }: Event): boolean {
  if (kind !== 'branch' || guessed === undefined) return false;
  const branch = code.instrs.find((instr) => instr.op === 'branch' && instr.pos === pos);
  const nil = branch?.op === 'branch' ? comparedWithNil(branch.expr) : undefined;
  return nil !== undefined && (nil.op === '!=') === (taken === true) && /err/iu.test(textOf(code.file, nil.x));
}

/** All that happened on the shortest way to a state. */
function history(vertices: readonly Vertex[], at: number): Event[] {
  const parts: (readonly Event[])[] = [];
  for (let vertex = vertices[at]; vertex; vertex = vertex.from < 0 ? undefined : vertices[vertex.from]) parts.unshift(vertex.events);
  return parts.flat();
}
