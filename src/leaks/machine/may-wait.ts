import { childrenOf, elementValue, type Expr, type FuncLit, type Node } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import { imported, type Type } from '../../go/type.ts';
import { anyChan, chanKind } from './chan-kind.ts';
import { callIn, type Closures } from './closures.ts';
import type { Call, Callee, Code, Instr, Intrinsic } from './code.ts';

/** What a goroutine can wait on, by kind: `chan` with the type of its elements, `*` where that is not known; what is always there; or a type of `sync`. */
type Kind = string;

const always: Kind = 'always';
/** What comes out of a context's channel, which holds somebody up for good only where the context comes of one that nobody ends. */
const done: Type = { kind: 'struct', fields: [] };

/** Calls that may hold a goroutine up, by what they wait on. */
const waiting: ReadonlyMap<Intrinsic, Kind> = new Map<Intrinsic, Kind>([
  ['WaitGroup.Wait', 'sync.WaitGroup'], ['Once.Do', 'sync.Once'], ['errgroup.Wait', 'golang.org/x/sync/errgroup.Group'], ['Cond.Wait', always],
]);

/** Calls that make something to wait on. */
const making: ReadonlyMap<Intrinsic, Kind> = new Map<Intrinsic, Kind>([
  ['NewTimer', chanKind(imported('time', 'Time'))], ['NewTicker', chanKind(imported('time', 'Time'))], ['AfterFunc', chanKind(imported('time', 'Time'))],
  ['errgroup.WithContext', 'golang.org/x/sync/errgroup.Group'],
  ['Background', 'context'], ['WithoutCancel', 'context'], ['testing.Context', 'context'],
]);

/** What one function waits on and makes, those it leads to apart. */
interface Ends {
  /** For each place where it may wait all that must be there for that. */
  readonly waits: readonly (readonly Kind[])[];
  readonly makes: readonly Kind[];
  readonly asksForDone: boolean;
}

/**
 * Says of code, without walking it, that no run of it can come to wait on something that the run itself made, whatever it calls: what
 * comes from elsewhere is in unseen hands, so there is nothing to find then.
 */
export class MayWait {
  readonly #closures: Closures;
  readonly #pkg: GoPackage;
  readonly #withLocks: boolean;
  readonly #ends = new Map<Code, Ends>();

  constructor(closures: Closures) {
    this.#closures = closures;
    this.#pkg = closures.compiler.pkg;
    this.#withLocks = closures.compiler.withLocks;
  }

  /** Whether some run of the code may wait. */
  of(code: Code): boolean {
    const all = [...this.#closures.of(code)];
    const makes = new Set<Kind>([always]);
    for (const one of all) for (const kind of this.#endsOf(one).makes) makes.add(kind);
    if (makes.has('context') && all.some((one) => this.#endsOf(one).asksForDone)) makes.add(chanKind(done));
    const isMade = (kind: Kind): boolean => makes.has(kind) || (kind.startsWith('chan ') && (makes.has(anyChan) || (kind === anyChan && [...makes].some((made) => made.startsWith('chan ')))));
    return all.some((one) => this.#endsOf(one).waits.some((wait) => wait.every(isMade)));
  }

  #endsOf(code: Code): Ends {
    let ends = this.#ends.get(code);
    if (ends === undefined) {
      ends = { waits: code.instrs.flatMap((instr) => this.#waits(instr)), makes: [...code.instrs.flatMap((instr) => this.#makes(instr)), ...this.#nilsIn(code)], asksForDone: code.instrs.some(asksForDone) };
      this.#ends.set(code, ends);
    }
    return ends;
  }

  #chan(expr: Expr): Kind {
    const type = this.#pkg.infer.underlying(this.#pkg.typeOf(expr));
    return type.kind === 'chan' ? chanKind(type.elem) : anyChan;
  }

  #waits(instr: Instr): readonly (readonly Kind[])[] {
    switch (instr.op) {
      case 'send':
      case 'recv':
      case 'close':
        return [[this.#chan(instr.expr)]];
      case 'select':
        // A send in a select panics where the channel is closed.
        return [...(instr.otherwise === null ? [instr.arms.map((arm) => this.#chan(arm.expr))] : []), ...instr.arms.flatMap((arm) => (arm.dir === 'send' ? [[this.#chan(arm.expr)]] : []))];
      case 'call':
      case 'go':
      case 'defer':
        return this.#callWaits(instr.call);
      default:
        return [];
    }
  }

  #callWaits({ callee, node }: Call): readonly (readonly Kind[])[] {
    // Who holds a lock that came from elsewhere is followed too.
    if (this.#withLocks && takesLock(callee)) return [[always]];
    if (callee.kind !== 'intrinsic') return [];
    const [first] = node.args;
    // Whoever runs it is held up by something else, unless it asks for itself.
    if (callee.op === 'Once.Do' && first?.kind === 'FuncLit' && !this.#asksOnce(first)) return [];
    if (callee.op === 'close' && first) return [[this.#chan(first)]];
    const kind = waiting.get(callee.op);
    return kind === undefined ? [] : [[kind]];
  }

  #asksOnce(body: FuncLit): boolean {
    return [...this.#closures.of(this.#closures.compiler.codeOf(body))].some(({ instrs }) => instrs.some((instr) => {
      const callee = callIn(instr)?.callee;
      return callee?.kind === 'intrinsic' && callee.op === 'Once.Do';
    }));
  }

  #makes(instr: Instr): readonly Kind[] {
    switch (instr.op) {
      case 'makeChan':
        return [chanKind(instr.elem)];
      case 'zero':
        return this.#zero(instr.type);
      case 'makeList':
        return this.#zero(instr.elem);
      case 'struct':
        return this.#zero(instr.type, new Set(instr.fields.map(([name]) => name)));
      case 'call':
      case 'go':
      case 'defer': {
        const kind = instr.call.callee.kind === 'intrinsic' ? making.get(instr.call.callee.op) : undefined;
        return kind === undefined ? [] : [kind];
      }
      default:
        return [];
    }
  }

  /** What is there to wait on in the zero value of a type: a nil channel too. `given`: fields that have a value. */
  #zero(type: Type, given: ReadonlySet<string> = new Set()): readonly Kind[] {
    if (type.kind === 'named' && type.path !== '') return [`${type.path}.${type.name}`];
    const under = this.#pkg.infer.underlying(type);
    if (under.kind === 'chan') return [chanKind(under.elem)];
    if (under.kind === 'named') return this.#zero(under);
    return under.kind === 'struct' ? under.fields.flatMap((field) => (given.has(field.name) ? [] : this.#zero(field.type))) : [];
  }

  /** Nil channels that are written out as such. */
  #nilsIn({ func, resultTypes }: Code): readonly Kind[] {
    const found: Kind[] = [];
    const add = (value: Expr | undefined, type: Type | undefined): void => {
      if (value?.kind !== 'Ident' || value.name !== 'nil' || type === undefined) return;
      const under = this.#pkg.infer.underlying(type);
      if (under.kind === 'chan') found.push(chanKind(under.elem));
    };
    const visit = (node: Node): void => {
      if (node.kind === 'FuncLit') return;
      if (node.kind === 'AssignStmt') for (const [at, target] of node.lhs.entries()) add(node.rhs[at], this.#pkg.typeOf(target));
      if (node.kind === 'ValueSpec' && node.type) for (const value of node.values) add(value, this.#pkg.infer.typeExpr(node.type));
      if (node.kind === 'ReturnStmt') for (const [at, value] of node.results.entries()) add(value, resultTypes[at]);
      if (node.kind === 'SendStmt') {
        const chan = this.#pkg.infer.underlying(this.#pkg.typeOf(node.chan));
        if (chan.kind === 'chan') add(node.value, chan.elem);
      }
      if (node.kind === 'CallExpr') {
        const signature = this.#pkg.infer.underlying(this.#pkg.typeOf(node.fun));
        if (signature.kind === 'func') for (const [at, arg] of node.args.entries()) add(arg, signature.params[Math.min(at, signature.params.length - 1)]?.type);
        else if (this.#pkg.infer.isType(node.fun)) add(node.args[0], this.#pkg.typeOf(node));
      }
      if (node.kind === 'CompositeLit') {
        const type = this.#pkg.infer.underlying(this.#pkg.typeOf(node));
        for (const [at, elt] of node.elts.entries()) {
          const value = elementValue(elt);
          const name = elt.kind === 'KeyValueExpr' && elt.key.kind === 'Ident' ? elt.key.name : null;
          if (type.kind === 'struct') add(value, (name === null ? type.fields[at] : type.fields.find((field) => field.name === name))?.type);
          else if (type.kind === 'slice' || type.kind === 'array' || type.kind === 'map') add(value, type.elem);
        }
      }
      for (const child of childrenOf(node)) visit(child);
    };
    if (func.body) visit(func.body);
    return found;
  }
}

function takesLock(callee: Callee): boolean {
  return callee.kind === 'method' ? callee.name === 'Lock' : callee.kind === 'intrinsic' && (callee.op === 'Mutex.Lock' || callee.op === 'RWMutex.RLock');
}

function asksForDone(instr: Instr): boolean {
  const callee = callIn(instr)?.callee;
  return (callee?.kind === 'intrinsic' && callee.op === 'Context.Done') || (callee?.kind === 'method' && callee.name === 'Done');
}
