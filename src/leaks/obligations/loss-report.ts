import type { Confidence } from '../../finding.ts';
import { textOf, type File } from '../../go/ast.ts';
import { displayName, type GoPackage } from '../../go/package.ts';
import type { Text } from '../../words.ts';
import type { Analysis } from '../analysis.ts';
import { isOfLifecycle } from '../lifecycle.ts';
import { isOfCommands } from '../of-commands.ts';
import { isOfTests } from '../of-tests.ts';
import { isBehindRareFailure } from '../rare-failure.ts';
import type { Explained, Report } from '../rule.ts';
import { name, normal, place, quoted } from '../witness.ts';
import { givingBack, givingBackIn, repairsOf } from './give-back.ts';
import type { Loss } from './loss.ts';
import type { Lost } from './walk.ts';

/** What is particular to one rule in the report of a loss. */
export interface LossWords {
  readonly confidence: Confidence;
  /** What then waits, as a sentence. */
  readonly holds: Text;
  /** Steps that show who waits, where that is in the package. */
  readonly waiters: readonly Explained[];
  readonly withRepairs: boolean;
}

/** A loss in words: obtained here, this way out, not given back. */
export function lossReport(loss: Loss, words: LossWords, { pkg }: Analysis): Report {
  const { file, decl, stmt, call, obligation } = loss;
  const obtained = quoted(file, call, 50);
  const kept = loss.kept ? quoted(file, loss.kept) : '';
  const release = loss.kept ? name(givingBack(loss)) : '';
  const called = loss.kept ? name(givingBackIn(loss)) : '';
  const fn = name(displayName(decl));
  const says = missing(loss, fn, kept, release, called);
  const anchor = place(file, { pos: stmt.pos, end: call.end });
  return {
    anchor,
    decl,
    confidence: words.confidence === 'certain' && (loss.how === 'putOff' || loss.lost?.isRefused === true || isOfCommands(file, pkg) || isOfTests(file, decl, pkg) || isOfLifecycle(pkg, decl) || isLostByRareFailure(loss, pkg)) ? 'likely' : words.confidence,
    message: { en: `${says.en} ${words.holds.en}`, 'zh-CN': `${says['zh-CN']}${words.holds['zh-CN']}` },
    steps: [
      { at: anchor, says: { en: `${obtained} is called here`, 'zh-CN': `在这里调用 ${obtained}` } },
      ...words.waiters,
      ...wayOut(loss, kept, release),
    ],
    repairs: words.withRepairs ? repairsOf(loss, pkg) : [],
    roots: [decl],
    parked: obligation.parked,
    foundBy: 'reading',
    operation: `${normal(file, call.fun)} ${loss.kept ? normal(file, loss.kept) : '_'} ${obligation.result}`,
  };
}

function isLostByRareFailure({ func, lost }: Loss, pkg: GoPackage): boolean {
  return lost?.at ? isBehindRareFailure(pkg, func, lost.at) : false;
}

function missing({ file, func, how, obligation, lost, ending, releasedElsewhere }: Loss, fn: string, kept: string, release: string, called: string): Text {
  // It is given back on other ways by being read to its end.
  const isOnlyRead = obligation.drained.calls.length > 0 && !/Body\.Close\b|close[a-z]\w*\(/iu.test(textOf(file, func));
  switch (how) {
    case 'dropped':
      return obligation.released.kind === 'call'
        ? { en: `The function that this call returns to release what it started is dropped, so nobody can call it.`, 'zh-CN': `这个调用返回的用于释放资源的函数被丢弃，谁也无法再调用它。` }
        : { en: `The result of this call is dropped, so nobody can close it.`, 'zh-CN': `这个调用的结果被丢弃，谁也无法再关闭它。` };
    case 'field':
      return { en: `${kept} is assigned here, and no code of the package ever looks at it again, so nobody calls it.`, 'zh-CN': `${kept} 在这里被赋值，而包内没有任何代码再读取它，因此没有人会调用它。` };
    case 'forgotten': {
      const ends = ending ? name(displayName(ending.decl)) : '';
      return { en: `${kept} is kept in a field, and no code of the package ever calls ${release}, not even ${ends}.`, 'zh-CN': `${kept} 保存在字段中，而包内没有任何代码调用 ${release}，${ends} 也没有。` };
    }
    case 'again':
      return { en: `The next turn of the loop obtains another ${kept} before ${release} was called for this one.`, 'zh-CN': `循环的下一轮在为本次的 ${kept} 调用 ${release} 之前又获取了新的一个。` };
    case 'putOff':
      return { en: `A deferred call runs only once ${fn} returns, and this loop goes on: the next turn obtains another ${kept} before ${release} is called for this one.`, 'zh-CN': `deferred 调用要等 ${fn} 返回才执行，而这个循环一直继续：下一轮在为本次的 ${kept} 调用 ${release} 之前又获取了新的一个。` };
    case 'overwritten':
      return { en: `${kept} is given another value before ${release} was called for this one.`, 'zh-CN': `在调用 ${release} 之前，${kept} 就被赋了新的值。` };
    case 'returned':
      if (!releasedElsewhere || isOnlyRead) return { en: `${fn} can return without ever calling ${release}.`, 'zh-CN': `${fn} 返回时可能从未调用 ${release}。` };
      return lost?.at ? { en: `${fn} calls ${called} on other ways, but not where it returns early.`, 'zh-CN': `${fn} 在其他路径上调用了 ${called}，但提前返回时没有。` } : { en: `${fn} calls ${called} on other ways, but can also end without it.`, 'zh-CN': `${fn} 在其他路径上调用了 ${called}，但也可能不调用就结束。` };
  }
}

function wayOut({ lost, ending, file, decl, kept: expr, func }: Loss, kept: string, release: string): Explained[] {
  if (ending) {
    const ends = name(displayName(ending.decl));
    return [{ at: place(ending.file, ending.decl.name), says: { en: `${ends} ends its owner without ${release}`, 'zh-CN': `${ends} 结束其所有者，却没有调用 ${release}` } }];
  }
  if (!lost || !expr) return [];
  const steps = decisionSteps(file, lost);
  const fn = name(displayName(decl));
  const at = place(file, lost.at ?? { pos: func.end - 1, end: func.end });
  const ends: Text = func === decl ? { en: fn, 'zh-CN': fn } : { en: `the function literal in ${fn}`, 'zh-CN': `${fn} 中的函数字面量` };
  switch (lost.kind) {
    case 'returned':
      steps.push({ at, says: { en: `${ends.en} ${lost.at ? 'returns' : 'ends'} here without ${release}`, 'zh-CN': `${ends['zh-CN']} 在这里${lost.at ? '返回' : '结束'}，没有调用 ${release}` } });
      break;
    case 'overwritten':
      steps.push({ at, says: { en: `${kept} is given another value here`, 'zh-CN': `${kept} 在这里被赋了新的值` } });
      break;
    case 'again':
    case 'putOff':
      steps.push({ at, says: { en: `the next turn obtains another one here`, 'zh-CN': `下一轮在这里获取了新的一个` } });
  }
  return steps;
}

/** The last decision on the way on which a thing is lost. */
export function decisionSteps(file: File, lost: Lost): Explained[] {
  const last = lost.decisions.at(-1);
  if (!last) return [];
  if (typeof last.taken === 'boolean') {
    const cond = quoted(file, last.span);
    return [{ at: place(file, last.span), says: last.taken ? { en: `${cond} holds here`, 'zh-CN': `此处 ${cond} 成立` } : { en: `${cond} does not hold here`, 'zh-CN': `此处 ${cond} 不成立` } }];
  }
  const comm = last.taken.comm ? quoted(file, last.taken.comm) : '`default`';
  return [{ at: place(file, { pos: last.span.pos, end: last.span.pos }), says: { en: `the case ${comm} is taken`, 'zh-CN': `走了分支 ${comm}` } }];
}
