import { relocksOf, writtenKeys, type Relock } from '../locks/relocks.ts';
import { callSteps, functionName, locksHere, lockText, parkedAt, placeOf, shortened } from '../locks/words.ts';
import { rule } from '../rule.ts';
import { name, normal, startsAsSteps } from '../witness.ts';

export const recursiveRlock = rule<Relock>(
  {
    id: 'recursive-rlock',
    case: 'S47',
    title: { en: 'read lock taken twice', 'zh-CN': '重复加读锁' },
    why: {
      en: 'A writer that asks for the lock between the two blocks the second reader, which holds up the writer: both wait until the process ends.',
      'zh-CN': '如果写者在两次加读锁之间请求这把锁，它会挡住第二次加读锁，而自己又在等第一次的读锁：双方一直等到进程结束。',
    },
    confidence: 'likely',
    cannotSee: {
      en: 'Whether a writer can come in between: it is enough that some code of the package locks for writing. Without a writer in the package the rule is silent.',
      'zh-CN': '规则不判断写者是否真的会在中间到来：只要包内有代码加写锁即可。包内没有写者时保持沉默。',
    },
  },
  {
    *find(analysis) {
      const locks = analysis.locks();
      const written = writtenKeys(locks);
      for (const relock of relocksOf(locks)) {
        const { held, event } = relock;
        if (held.mode === 'read' && event.what.mode === 'read' && written.has(event.what.lock.key) && analysis.concerns(held.site, event.site)) yield relock;
      }
    },
    explain({ held, event }, analysis) {
      const { site } = event;
      const lock = name(lockText(site));
      const first = functionName(held.site);
      return {
        anchor: placeOf(site),
        decl: site.decl,
        confidence: 'likely',
        message: {
          en: `${lock} is read-locked again here, while the same goroutine holds it for reading since ${first}. If another goroutine calls Lock in between, it waits for the first reader, this second one waits behind it, and neither goes on.`,
          'zh-CN': `这里再次对 ${lock} 加读锁，而同一个 goroutine 自 ${first} 起已持有读锁。如果另一个 goroutine 在中间调用 Lock，它会等待第一个读锁，而这里的第二个读锁排在它后面，双方都无法继续。`,
        },
        steps: [
          ...startsAsSteps(analysis.pkg, held.site.func),
          locksHere(held.origin, 'read'),
          ...shortened(callSteps(event.calls), 4),
          { at: placeOf(site), says: { en: `${lock} is read-locked again here, behind any writer that waits`, 'zh-CN': `在这里再次对 ${lock} 加读锁，会排在等待的写者之后` } },
        ],
        repairs: [],
        parked: parkedAt(analysis, site, event.what.lock, 'read'),
        roots: [...new Set([held.site.decl, site.decl])],
        foundBy: 'reading',
        operation: normal(site.file, { kind: 'BadExpr', ...site.span }),
      };
    },
  },
);
