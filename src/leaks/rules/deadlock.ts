import { lineAt } from '../../go/ast.ts';
import { operationOf, type Analysis } from '../analysis.ts';
import { deadlocksOf, placeOf, type Deadlock } from '../deadlocks.ts';
import { callOf } from '../machine/machine.ts';
import type { Place } from '../place.ts';
import { rule, type Explained, type Report } from '../rule.ts';
import { confidenceOf, name, normal, place, quoted, spawnSteps } from '../witness.ts';

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
      // What two functions of the package make of locks whoever calls them is told there, as a whole.
      const told = toldLines(analysis);
      for (const fact of deadlocksOf(analysis)) if (![fact.by, fact.wait.stuck.step].some((step) => told.has(lineOf(placeOf(step))))) yield fact;
    },
    explain,
  },
);

/** The lines of the waits that `lock-order` and `blocked-under-lock` report. */
function toldLines(analysis: Analysis): ReadonlySet<string> {
  const sites = [...analysis.inversions().flatMap(({ one, other }) => [one.second.site, other.second.site]), ...analysis.blocked().map(({ event }) => event.site)];
  return new Set(sites.map(lineOf));
}

function lineOf({ file, span }: Place): string {
  return `${file.path}:${lineAt(file, span.pos)}`;
}

function explain(fact: Deadlock, analysis: Analysis): Report {
  const { wait, held, by } = fact;
  const { step } = wait.stuck;
  const { code } = step.frame;
  const anchor = placeOf(step);
  const call = callOf(step)?.node;
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
    foundBy: 'lock-walk',
    operation: `lock ${operation}`,
  };
}
