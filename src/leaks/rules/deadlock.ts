import type { CallExpr } from '../../go/ast.ts';
import { operationOf, positionOf, type Analysis, type Wait } from '../analysis.ts';
import type { Step } from '../machine/machine.ts';
import type { Event } from '../machine/value.ts';
import { rule, type Explained, type Place, type Report } from '../rule.ts';
import { confidenceOf, name, normal, place, quoted, spawnSteps } from '../witness.ts';

/** A goroutine that waits for a lock whose holder waits for it, in a way. */
interface Deadlock extends Held {
  readonly by: Step;
}

/** A goroutine that waits for a lock which is never released, and who holds it. */
interface Held {
  readonly wait: Wait;
  /** Where the lock that is waited for was taken. */
  readonly held: Event;
  /** `self`: by the waiting goroutine; `ended`: by one that is gone; otherwise by one that waits at this step. */
  readonly by: 'self' | 'ended' | Step;
}

export const deadlock = rule<Deadlock>(
  {
    id: 'deadlock',
    case: 'S48',
    title: { en: 'goroutines that wait for one another', 'zh-CN': '相互等待的 goroutine' },
    why: {
      en: 'Whoever needs the lock waits until the process ends, and so does whoever waits for them.',
      'zh-CN': '所有需要该锁的 goroutine 都会一直等到进程结束，等待它们的也一样。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Locks that code outside of the package takes or releases: the rule is then silent.',
      'zh-CN': '如果锁由包外的代码获取或释放，规则看不到，因此保持沉默。',
    },
  },
  {
    *find(analysis) {
      const facts = analysis.lockWaits().flatMap((wait) => holderOf(wait) ?? []);
      // Whoever waits for one that waits as well is held up by the same cause: it is told once, where it is simplest to see.
      const rank = ({ by }: Held): number => (by === 'self' ? 0 : by === 'ended' ? 1 : 2);
      const told = new Set<number>();
      for (const fact of facts.sort((a, b) => rank(a) - rank(b))) {
        if (typeof fact.by !== 'string' && told.has(positionOf(fact.by))) continue;
        told.add(positionOf(fact.wait.stuck.step));
        // One goroutine by itself, or one that is gone, is what double-lock, recursive-rlock and missing-unlock are about.
        if (typeof fact.by !== 'string') yield { ...fact, by: fact.by };
      }
    },
    explain,
  },
);

function holderOf(wait: Wait): Held | undefined {
  const { stuck } = wait;
  const self = stuck.state.procs[stuck.proc];
  const id = mutexOf(stuck.step);
  if (!self || id === undefined) return undefined;
  const open: Event[] = [];
  for (const event of stuck.events) {
    if (event.on !== id) continue;
    if (event.kind === 'lock') open.push(event);
    else {
      // Any goroutine may unlock: its own lock first, else the oldest.
      const own = open.findLastIndex((one) => one.proc === event.proc);
      open.splice(own === -1 ? 0 : own, 1);
    }
  }
  const held = open.findLast((one) => one.proc === self.uid) ?? open.at(-1);
  if (!held) return undefined;
  if (held.proc === self.uid) return { wait, held, by: 'self' };
  const holder = stuck.state.procs.find((proc) => proc.uid === held.proc);
  const frame = holder?.frames.at(-1);
  if (!holder || !frame) return { wait, held, by: 'ended' };
  const deferred = frame.returned === null ? undefined : frame.defers.at(-1);
  const instr = frame.code.instrs[frame.pc];
  const step: Step | undefined = deferred ? { kind: 'deferred', deferred, frame } : instr ? { kind: 'instr', instr, frame } : undefined;
  return step ? { wait, held, by: step } : undefined;
}

/** The lock a step waits for, as the number of its object. */
function mutexOf(step: Step): number | undefined {
  const value = step.kind === 'deferred' ? step.deferred.args[0] : step.instr.op === 'call' ? step.frame.regs[step.instr.call.args[0] ?? 0] : undefined;
  return value?.t === 'ref' ? value.id : undefined;
}

function callOf(step: Step): CallExpr | undefined {
  return step.kind === 'deferred' ? step.deferred.call.node : step.instr.op === 'call' ? step.instr.call.node : undefined;
}

function placeOf(step: Step): Place {
  const { file } = step.frame.code;
  const call = callOf(step);
  if (call) return place(file, call);
  const pos = positionOf(step);
  return place(file, { pos, end: step.kind === 'instr' && (step.instr.op === 'send' || step.instr.op === 'recv') ? step.instr.expr.end : pos });
}

function explain(fact: Deadlock, analysis: Analysis): Report {
  const { wait, held, by } = fact;
  const { step } = wait.stuck;
  const { code } = step.frame;
  const anchor = placeOf(step);
  const call = callOf(step);
  const lock = call?.fun.kind === 'SelectorExpr' ? quoted(code.file, call.fun.x) : name('Lock');
  const operation = call ? normal(code.file, call) : '';
  const reads = operationOf(step) === 'RWMutex.RLock';
  const first: Explained = { at: place(held.code.file, { pos: held.pos, end: held.pos }), says: { en: 'the lock is taken here, and not released', 'zh-CN': '锁在这里被获取，之后没有释放' } };
  const last: Explained = { at: anchor, says: { en: `${lock} is waited for here, for ever`, 'zh-CN': `在这里永远等待 ${lock}` } };
  const holder = placeOf(by);
  const waits: Explained = { at: holder, says: { en: 'its holder waits here', 'zh-CN': '锁的持有者在这里等待' } };
  const message = {
    en: `This waits for ${lock} for ever: its holder waits at ${quoted(by.frame.code.file, holder.span)} for something that needs this goroutine to go on.`,
    'zh-CN': `这里会永远等待 ${lock}：其持有者正在 ${quoted(by.frame.code.file, holder.span)} 处等待，而那需要本 goroutine 继续执行。`,
  };
  return {
    anchor,
    decl: code.decl,
    confidence: confidenceOf(analysis, wait),
    message,
    steps: [...spawnSteps(analysis, wait), first, waits, last],
    repairs: [],
    parked: { function: code.name, waitReason: reads ? 'sync.RWMutex.RLock' : 'sync.Mutex.Lock' },
    roots: wait.roots,
    operation: `lock ${operation}`,
  };
}
