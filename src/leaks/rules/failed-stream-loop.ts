import { walk, type BranchStmt, type ForStmt } from '../../go/ast.ts';
import { replaceText } from '../edit.ts';
import type { FailingLoop } from '../exits/failing.ts';
import { isTestFile } from '../of-tests.ts';
import { rule, type Explained, type Repair } from '../rule.ts';
import { name, normal, place, quoted, startsAsSteps } from '../witness.ts';

export const failedStreamLoop = rule<FailingLoop>(
  {
    id: 'failed-stream-loop',
    case: 'S37',
    title: { en: 'loop over a stream that has failed', 'zh-CN': '对已失败的流继续循环' },
    why: {
      en: 'From the first error on, the goroutine goes round and round and keeps a processor busy until the process ends.',
      'zh-CN': '自第一个错误起，goroutine 会不停空转，占用一个处理器直到进程结束。',
    },
    confidence: 'likely',
    cannotSee: {
      en: 'Whether a stream of another package recovers from an error by itself; most do not.',
      'zh-CN': '其他包的流是否会自行从错误中恢复；大多数不会。',
    },
  },
  {
    *find(analysis) {
      for (const one of analysis.failing()) if (!isTestFile(one.file)) yield one;
    },
    explain(fact, analysis) {
      const { file, decl, func, loop, call } = fact;
      const anchor = place(file, call);
      const again = continuesIn(loop).filter(({ pos }) => pos > call.end);
      return {
        anchor,
        decl,
        confidence: 'likely',
        message: {
          en: `This loop ends with \`io.EOF\` and with no other error: once ${quoted(file, call)} has failed, as when the connection breaks or its context is cancelled, it fails again at once each time, and the loop goes round for ever.`,
          'zh-CN': `这个循环只会因 \`io.EOF\` 结束，不会因其他错误结束：一旦 ${quoted(file, call)} 失败（例如连接中断或 context 被取消），此后每次都会立即再次失败，循环将永远空转。`,
        },
        steps: [
          ...startsAsSteps(analysis.pkg, func),
          { at: anchor, says: { en: `the stream fails here, with an error other than ${name('io.EOF')}`, 'zh-CN': `流在这里失败，错误不是 ${name('io.EOF')}` } },
          ...again.slice(0, 1).map((stmt): Explained => ({ at: place(file, stmt), says: { en: 'it goes round again here', 'zh-CN': '在这里进入下一轮循环' } })),
          { at: place(file, { pos: loop.pos, end: loop.pos + 'for'.length }), says: { en: 'the loop goes on: nothing leaves it for such an error', 'zh-CN': '循环继续：对这样的错误没有任何语句能离开它' } },
        ],
        repairs: leaves(fact, again),
        parked: { function: analysis.runtimeName(decl, func), waitReason: 'runnable' },
        roots: [decl],
        foundBy: 'reading',
        operation: `for ${normal(file, call)}`,
      };
    },
  },
);

function continuesIn(loop: ForStmt): readonly BranchStmt[] {
  const found: BranchStmt[] = [];
  walk(loop.body, (node) => {
    if (node.kind === 'BranchStmt' && node.token === 'continue') found.push(node);
    return node.kind !== 'FuncLit';
  });
  return found;
}

/** A return in place of the only `continue` of the loop, where the function answers with nothing. */
function leaves({ file, func }: FailingLoop, [only, ...others]: readonly BranchStmt[]): Repair[] {
  if (!only || others.length > 0 || func.type.results.length > 0) return [];
  return [{ title: { en: 'return when the stream fails', 'zh-CN': '流失败时返回' }, edits: [replaceText(file, only.pos, only.end, 'return')] }];
}
