import type { Edge, Inversion } from '../locks/order.ts';
import { callSteps, functionName, isGuessedLock, isProven, isTest, locksHere, lockText, parkedAt, placeOf, shortened } from '../locks/words.ts';
import { rule, type Explained } from '../rule.ts';
import { name, startsAsSteps } from '../witness.ts';

export const lockOrder = rule<Inversion>(
  {
    id: 'lock-order',
    case: 'S48',
    title: { en: 'locks taken in opposite orders', 'zh-CN': '加锁顺序相反' },
    why: {
      en: 'Two goroutines that each hold what the other wants wait until the process ends, and so does everyone behind them.',
      'zh-CN': '两个 goroutine 各自持有对方想要的锁，会一直等到进程结束，排在它们后面的所有人也一样。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Whether two goroutines do come to these places at once; and, where the locks belong to different objects, whether they are the same ones on both ways: the finding is then only likely.',
      'zh-CN': '规则不判断两个 goroutine 是否真的会同时走到这里；如果锁属于不同的对象，也不判断两条路径上是否为同一对锁：此时结论仅为 likely。',
    },
  },
  {
    find: (analysis) => analysis.inversions(),
    explain({ one, other, family, isSure }, analysis) {
      const { site } = one.second;
      const [a, b] = [name(one.first.lock.key.replace(/^[#~]/u, '')), name(one.second.what.lock.key.replace(/^[#~]/u, ''))];
      return {
        anchor: placeOf(site),
        decl: site.decl,
        confidence: (isSure || isProven(analysis, one.second.site, other.second.site)) && !isTest(site, one.first.site, other.first.site, other.second.site) && !isGuessedLock(one.first.lock, other.first.lock) ? 'certain' : 'likely',
        message: family
          ? {
              en: `${functionName(one.first.site)} takes ${a} and then that of its ${name(family.up)}; ${functionName(other.first.site)} takes ${a} and then those of its ${name(family.down)}. Two goroutines that come here at once, one on its way up and one on its way down, wait for each other for ever.`,
              'zh-CN': `${functionName(one.first.site)} 先锁 ${a}，再锁其 ${name(family.up)} 的锁；${functionName(other.first.site)} 先锁 ${a}，再锁其 ${name(family.down)} 的锁。两个 goroutine 一个向上、一个向下同时走到这里，就会永远互相等待。`,
            }
          : {
              en: `${functionName(one.first.site)} takes ${a} and then ${b}; ${functionName(other.first.site)} takes ${b} and then ${a}. Two goroutines that come here at once wait for each other for ever.`,
              'zh-CN': `${functionName(one.first.site)} 先锁 ${a} 再锁 ${b}，而 ${functionName(other.first.site)} 先锁 ${b} 再锁 ${a}。两个 goroutine 同时走到这里就会永远互相等待。`,
            },
        steps: [...[...new Set([one.first.site.func, other.first.site.func])].flatMap((func) => startsAsSteps(analysis.pkg, func)), ...edgeSteps(one), ...edgeSteps(other)],
        repairs: [],
        parked: parkedAt(analysis, site, one.second.what.lock, one.second.what.mode),
        roots: [...new Set([one.first.site.decl, site.decl, other.first.site.decl, other.second.site.decl])],
        foundBy: 'reading',
        operation: `${one.first.lock.key} > ${one.second.what.lock.key}`,
      };
    },
  },
);

function edgeSteps({ first, second }: Edge): Explained[] {
  const lock = name(lockText(second.site));
  return [
    locksHere(first.origin, first.mode),
    ...shortened(callSteps(second.calls), 2),
    { at: placeOf(second.site), says: { en: `${functionName(second.site)} then wants ${lock}`, 'zh-CN': `此后 ${functionName(second.site)} 想要 ${lock}` } },
  ];
}
