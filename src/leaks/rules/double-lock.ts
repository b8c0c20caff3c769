import { relocksOf, type Relock } from '../locks/relocks.ts';
import { accessText, callSteps, functionName, isGuessedLock, isTest, locksHere, lockText, parkedAt, placeOf, shortened } from '../locks/words.ts';
import { rule } from '../rule.ts';
import { name, normal, startsAsSteps } from '../witness.ts';
import type { Text } from '../../words.ts';

export const doubleLock = rule<Relock>(
  {
    id: 'double-lock',
    case: 'S46',
    title: { en: 'locked twice', 'zh-CN': '重复加锁' },
    why: {
      en: 'The goroutine waits for itself, and everyone who needs the lock waits behind it until the process ends.',
      'zh-CN': '这个 goroutine 在等待自己，而所有需要这把锁的 goroutine 都排在它后面，直到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Whether two variables hold one lock, where the code does not say so, and calls into other packages: the rule is then silent.',
      'zh-CN': '如果代码没有表明两个变量是同一把锁，或者加锁发生在其他包中，规则无法判断，因此保持沉默。',
    },
  },
  {
    *find(analysis) {
      for (const relock of relocksOf(analysis.locks())) {
        const { held, event } = relock;
        if ((held.mode === 'write' || event.what.mode === 'write') && analysis.concerns(held.site, event.site)) yield relock;
      }
    },
    explain({ held, event, isSure }, analysis) {
      const { site } = event;
      // What one helper locks twice is told of its second caller: the helper is right.
      const helped = held.origin !== held.site && held.origin.file === site.file && held.origin.span.pos === site.span.pos ? event.calls.at(-1) : undefined;
      const at = helped ?? site;
      const lock = name(helped ? accessText(event.what.lock) : lockText(site));
      const first = functionName(held.site);
      return {
        anchor: placeOf(at),
        decl: at.decl,
        confidence: isSure && !isTest(site, held.site) && !isGuessedLock(held.lock) ? 'certain' : 'likely',
        message: messageOf({ held, event, isSure }, lock, first),
        steps: [
          ...startsAsSteps(analysis.pkg, held.site.func),
          locksHere(held.origin, held.mode),
          ...shortened(callSteps(event.calls), 4),
          { at: placeOf(site), says: { en: `${lock} is locked again here, and the goroutine waits for ever`, 'zh-CN': `在这里再次对 ${lock} 加锁，goroutine 将永远等待` } },
        ],
        repairs: [],
        parked: parkedAt(analysis, site, event.what.lock, event.what.mode),
        roots: [...new Set([held.site.decl, site.decl, at.decl])],
        foundBy: 'reading',
        operation: `${normal(at.file, { kind: 'BadExpr', ...at.span })} under ${held.mode}`,
      };
    },
  },
);

function messageOf({ held, event }: Relock, lock: string, first: string): Text {
  const [call] = event.calls;
  const through: Text = call
    ? { en: `, through its call in ${first}`, 'zh-CN': `（经由 ${first} 中的调用）` }
    : { en: '', 'zh-CN': '' };
  if (!call && held.site.span.pos === event.site.span.pos && held.site.file === event.site.file) {
    return {
      en: `This locks ${lock} again when the code comes here a second time: on one way round it has not been unlocked. The goroutine then waits for itself, for ever.`,
      'zh-CN': `代码第二次走到这里时会再次对 ${lock} 加锁：其中一条路径没有解锁。这个 goroutine 会永远等待自己。`,
    };
  }
  if (held.mode === 'read') {
    return {
      en: `${lock} is locked for writing here${through.en}, while the same goroutine holds it for reading. A read lock cannot become a write lock: the goroutine waits for itself, for ever.`,
      'zh-CN': `这里${through['zh-CN']}对 ${lock} 加写锁，而同一个 goroutine 正持有它的读锁。读锁不能升级为写锁：这个 goroutine 会永远等待自己。`,
    };
  }
  return {
    en: `${lock} is locked again here${through.en}, while the same goroutine holds it since ${first}. Go's locks are not reentrant: the goroutine waits for itself, for ever.`,
    'zh-CN': `这里${through['zh-CN']}再次对 ${lock} 加锁，而同一个 goroutine 自 ${first} 起一直持有它。Go 的锁不可重入：这个 goroutine 会永远等待自己。`,
  };
}
