import type { Text } from '../../words.ts';
import type { Analysis } from '../analysis.ts';
import type { Blocked, Counterpart } from '../locks/blocked.ts';
import type { SyncOp } from '../locks/summary.ts';
import { callSteps, functionName, isGuessedLock, isProven, isTest, locksHere, lockText, parkedAtOp, placeOf, shortened } from '../locks/words.ts';
import { rule, type Explained } from '../rule.ts';
import { name, normal, quoted, startsAsSteps } from '../witness.ts';

export const blockedUnderLock = rule<Blocked>(
  {
    id: 'blocked-under-lock',
    case: 'S14',
    title: { en: 'waits with a lock that the other side needs', 'zh-CN': '持锁等待，而对方需要这把锁' },
    why: {
      en: 'The goroutine waits for one that waits for its lock; both stay until the process ends, and with them everyone who needs the lock.',
      'zh-CN': '这个 goroutine 在等待另一个 goroutine，而后者在等待它的锁；双方以及所有需要这把锁的 goroutine 都会一直等到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Channels, counters and condition variables that other packages can reach, and sends into a buffer, which wait only once it is full: the rule is then silent. Which of several objects of a type is meant: the finding is then only likely.',
      'zh-CN': '其他包可以访问的 channel、计数器和条件变量，以及向缓冲区的发送（缓冲区满了才会等待）：规则保持沉默。若无法判断是同类型中的哪一个对象，结论仅为 likely。',
    },
  },
  {
    find: (analysis) => analysis.blocked(),
    explain(fact, analysis) {
      const { held, event, counterparts, isSure } = fact;
      const { site } = event;
      const lock = name(lockText(held.origin));
      const wait = quoted(site.file, site.span);
      return {
        anchor: placeOf(site),
        decl: site.decl,
        confidence: (isSure || isProven(analysis, site)) && !isTest(site, held.site) && !isGuessedLock(held.lock) ? 'certain' : 'likely',
        message: messageOf(fact, lock),
        steps: [
          ...startsAsSteps(analysis.pkg, held.site.func).slice(0, 1),
          locksHere(held.origin, held.mode),
          ...shortened(callSteps(event.calls), 2),
          { at: placeOf(site), says: { en: `${wait} waits here with ${lock} locked`, 'zh-CN': `${wait} 在这里等待，同时持有 ${lock}` } },
          ...counterparts.slice(0, 2).flatMap((one) => counterpartSteps(analysis, one, lock)),
        ],
        repairs: [],
        parked: parkedAtOp(analysis, site, event.what.op),
        roots: [...new Set([held.site.decl, site.decl])],
        foundBy: 'reading',
        operation: `${normal(site.file, { kind: 'BadExpr', ...site.span })} under ${held.lock.key}`.slice(0, 200),
      };
    },
  },
);

function messageOf({ event, on, held, counterparts, hasRoom }: Blocked, lock: string): Text {
  const { site } = event;
  const what = quoted(site.file, on);
  const fn = functionName(held.site);
  const [first] = counterparts;
  if (!first) {
    const nobody = nobodyDoes(event.what.op);
    return {
      en: `This waits for ${what} with ${lock} locked, and ${nobody.en}: the goroutine stays here for ever, and so does everyone who needs ${lock}.`,
      'zh-CN': `这里持有 ${lock} 等待 ${what}，而${nobody['zh-CN']}：这个 goroutine 会永远停在这里，所有需要 ${lock} 的 goroutine 也一样。`,
    };
  }
  const other = functionName(first.event.site);
  const full: Text = hasRoom ? { en: ', once its buffer is full,', 'zh-CN': '缓冲已满时，' } : { en: '', 'zh-CN': '' };
  return {
    en: `This waits for ${what}${full.en} while ${fn} holds ${lock}, and ${other}, which would end the wait, may itself be waiting for ${lock}: then neither goes on, for ever.`,
    'zh-CN': `${full['zh-CN']}这里在 ${fn} 持有 ${lock} 时等待 ${what}，而能结束等待的 ${other} 自己可能正在等待 ${lock}：此时双方都永远无法继续。`,
  };
}

function nobodyDoes(op: SyncOp): Text {
  switch (op.kind) {
    case 'send':
      return { en: 'no code of the package receives from it', 'zh-CN': '包内没有任何代码从中接收' };
    case 'groupWait':
      return { en: 'no code of the package calls its Done', 'zh-CN': '包内没有任何代码调用它的 Done' };
    case 'select':
      return { en: 'no code of the package meets any of its cases', 'zh-CN': '包内没有任何代码与它的任何分支对应' };
    default:
      return { en: 'no code of the package sends on it or closes it', 'zh-CN': '包内没有任何代码向其发送或将其关闭' };
  }
}

function counterpartSteps(analysis: Analysis, { event, root }: Counterpart, lock: string): Explained[] {
  const { site } = event;
  return [
    ...startsAsSteps(analysis.pkg, root).slice(0, 1),
    { at: placeOf(site), says: { en: `${functionName(site)} would end the wait here, but needs ${lock} first`, 'zh-CN': `${functionName(site)} 本可在这里结束等待，但要先得到 ${lock}` } },
  ];
}
