import { lineAt, textOf } from '../../go/ast.ts';
import { displayName } from '../../go/package.ts';
import { insertBefore } from '../edit.ts';
import { decisionSteps } from '../obligations/loss-report.ts';
import { isOfTests } from '../of-tests.ts';
import type { LostToken } from '../obligations/tokens.ts';
import { rule, type Repair } from '../rule.ts';
import { name, normal, place, quoted } from '../witness.ts';

export const unreleasedSemaphore = rule<LostToken>(
  {
    id: 'unreleased-semaphore',
    case: 'S50',
    title: { en: 'semaphore not released', 'zh-CN': '信号量未释放' },
    why: {
      en: 'Each time, there is room for one goroutine less; once there is none, every further one waits for ever.',
      'zh-CN': '每发生一次，就少一个 goroutine 的名额；名额用尽后，之后的每个 goroutine 都会永远等待。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'A token that one function takes and another puts back: the rule is then silent.',
      'zh-CN': '由一个函数获取、另一个函数归还的令牌：规则看不到，因此保持沉默。',
    },
  },
  {
    find: (analysis) => analysis.lostTokens(),
    explain(fact, analysis) {
      const { pkg } = analysis;
      const { file, decl, func, stmt, semaphore, lost, release } = fact;
      const fn = name(displayName(decl));
      const taken = place(file, stmt);
      const gone = name(release);
      const end = place(file, lost.at ?? { pos: func.end - 1, end: func.end });
      const isReturn = lost.at !== null;
      return {
        anchor: taken,
        decl,
        confidence: fact.isHandedOn || isOfTests(file, decl, pkg) ? 'likely' : 'certain',
        message: {
          en: `${fn} takes a place of ${quoted(file, semaphore)} here and gives it back by ${gone} on other ways, but not where it ${isReturn ? 'returns early' : 'ends'}. When no place is left, whoever wants one waits for ever.`,
          'zh-CN': `${fn} 在这里占用 ${quoted(file, semaphore)} 的一个名额，在其他路径上用 ${gone} 归还，但${isReturn ? '提前返回' : '结束'}时没有。名额用尽后，之后的等待者将永远等待。`,
        },
        steps: [
          { at: taken, says: { en: 'a place is taken here', 'zh-CN': '在这里占用一个名额' } },
          ...decisionSteps(file, lost),
          { at: end, says: isReturn ? { en: `${fn} returns here without ${gone}`, 'zh-CN': `${fn} 在这里返回，没有执行 ${gone}` } : { en: `${fn} ends here without ${gone}`, 'zh-CN': `${fn} 在这里结束，没有执行 ${gone}` } },
        ],
        repairs: givingBackFirst(fact),
        roots: [decl],
        parked: { function: analysis.runtimeName(decl, func), waitReason: fact.kind === 'channel' ? 'chan send' : 'select' },
        foundBy: 'reading',
        operation: normal(file, stmt),
      };
    },
  },
);

/** The place is given back before the return that forgets it. */
function givingBackFirst({ file, lost, release }: LostToken): Repair[] {
  const { at } = lost;
  if (at?.kind !== 'ReturnStmt' || file.text.slice(file.lineStarts[lineAt(file, at.pos) - 1] ?? 0, at.pos).trim() !== '') return [];
  // What the return still computes would run without the place.
  if (at.results.some((result) => /\(/u.test(textOf(file, result)) && !/^(?:fmt|errors)\./u.test(textOf(file, result)))) return [];
  return [{ title: { en: `give the place back by ${name(release)} before this return`, 'zh-CN': `在返回之前用 ${name(release)} 归还名额` }, edits: [insertBefore(file, at.pos, [release])] }];
}
