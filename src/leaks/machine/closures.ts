import type { Call, Code, Instr } from './code.ts';
import type { Compiler } from './compile.ts';

/**
 * What code may come to, without walking it. Function values are run by whoever gets them, so those that the code makes count as called.
 */
export class Closures {
  readonly compiler: Compiler;
  readonly #next = new Map<Code, ReadonlySet<Code>>();

  constructor(compiler: Compiler) {
    this.compiler = compiler;
  }

  /** The code itself, and all that it may run or hand to what runs it. */
  of(...codes: readonly Code[]): ReadonlySet<Code> {
    const reached = new Set(codes);
    for (const code of reached) for (const next of this.#nextOf(code)) reached.add(next);
    return reached;
  }

  /** The functions of the package that a call may run at once. */
  calledBy({ callee }: Call): readonly Code[] {
    const funcs = callee.kind === 'static' ? [callee.func] : callee.kind === 'method' ? this.compiler.relevance.methodsNamed(callee.name) : [];
    return funcs.map((func) => this.compiler.codeOf(func));
  }

  #nextOf(code: Code): ReadonlySet<Code> {
    let next = this.#next.get(code);
    if (next === undefined) this.#next.set(code, (next = new Set(code.instrs.flatMap((instr) => this.#leadsTo(instr)))));
    return next;
  }

  #leadsTo(instr: Instr): readonly Code[] {
    switch (instr.op) {
      case 'closure':
        return [this.compiler.codeOf(instr.func)];
      case 'funcValue':
      case 'methodValue':
        return instr.func.kind === 'FuncDecl' && !instr.func.body ? [] : [this.compiler.codeOf(instr.func)];
      case 'call':
      case 'go':
      case 'defer':
        return this.calledBy(instr.call);
      default:
        return [];
    }
  }
}

/** The call an instruction makes, now or later. */
export function callIn(instr: Instr): Call | undefined {
  return instr.op === 'call' || instr.op === 'go' || instr.op === 'defer' ? instr.call : undefined;
}
