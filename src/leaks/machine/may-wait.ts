import type { FuncNode } from '../../go/scope.ts';
import type { Code, Instr, Intrinsic } from './code.ts';
import type { Compiler } from './compile.ts';

/** Calls that may hold a goroutine up, or that panic on a channel. */
const waiting: ReadonlySet<Intrinsic> = new Set(['WaitGroup.Wait', 'Cond.Wait', 'errgroup.Wait', 'Once.Do', 'close', 'Mutex.Lock', 'RWMutex.RLock']);

/**
 * Says of code, without walking it, that no run of it can come to an operation that waits, whatever it calls: there is nothing to find then.
 * Function values are run by whoever gets them, so those that the code makes count as called.
 */
export class MayWait {
  readonly #compiler: Compiler;
  readonly #known = new Map<Code, boolean>();

  constructor(compiler: Compiler) {
    this.#compiler = compiler;
  }

  /** Whether some run of the code may wait. */
  of(code: Code): boolean {
    const seen = new Set([code]);
    for (const one of seen) {
      const known = this.#known.get(one);
      if (known === false) continue;
      if (known === true || one.instrs.some(waits)) {
        this.#known.set(one, true);
        this.#known.set(code, true);
        return true;
      }
      for (const func of one.instrs.flatMap((instr) => this.#leadsTo(instr))) seen.add(this.#compiler.codeOf(func));
    }
    for (const one of seen) this.#known.set(one, false);
    return false;
  }

  /** The functions that an instruction may run, or hand to what runs them. */
  #leadsTo(instr: Instr): readonly FuncNode[] {
    switch (instr.op) {
      case 'closure':
        return [instr.func];
      case 'funcValue':
      case 'methodValue':
        return instr.func.kind === 'FuncDecl' && !instr.func.body ? [] : [instr.func];
      case 'call':
      case 'go':
      case 'defer': {
        const { callee } = instr.call;
        return callee.kind === 'static' ? [callee.func] : callee.kind === 'method' ? this.#compiler.relevance.methodsNamed(callee.name) : [];
      }
      default:
        return [];
    }
  }
}

function waits(instr: Instr): boolean {
  switch (instr.op) {
    case 'send':
    case 'recv':
    case 'close':
    case 'select':
      return true;
    case 'call':
    case 'go':
    case 'defer': {
      const { callee } = instr.call;
      return callee.kind === 'intrinsic' ? waiting.has(callee.op) : callee.kind === 'method' && callee.name === 'Lock';
    }
    default:
      return false;
  }
}
