import { contains, type Node } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import { lossReport, type LossWords } from '../obligations/loss-report.ts';
import type { Loss } from '../obligations/loss.ts';
import { rule } from '../rule.ts';
import { name, place } from '../witness.ts';

export const unclosedPipe = rule<Loss>(
  {
    id: 'unclosed-pipe',
    case: 'S52',
    title: { en: 'end of a pipe not closed', 'zh-CN': '管道的一端未关闭' },
    why: {
      en: 'A pipe has no buffer: whoever is at its other end waits until the process ends.',
      'zh-CN': '管道没有缓冲：另一端的 goroutine 会一直等到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Ends that are handed to code outside of the package, such as a request body: the rule is then silent.',
      'zh-CN': '交给包外代码的一端（例如作为请求体）：规则看不到，因此保持沉默。',
    },
  },
  {
    *find(analysis) {
      for (const loss of analysis.obligations()) if (loss.obligation.rule === 'unclosed-pipe') yield loss;
    },
    explain: (loss, analysis) => lossReport(loss, words(loss, analysis.pkg), analysis),
  },
);

/** Whether another goroutine reads from it through what may well read on until the end: `go logLines(r)`, `bufio.NewReader(r)`. */
function isReadOn({ func, variable, user }: Loss, pkg: GoPackage): boolean {
  const isGiven = (node: Node): boolean => node.kind === 'CallExpr' && node.args.some((arg) => arg.kind === 'Ident' && pkg.objectOf(arg) === variable);
  return func.body !== null && contains(func.body, (node) => node.kind === 'GoStmt' && node !== user?.stmt && contains(node, isGiven));
}

function words(loss: Loss, pkg: GoPackage): LossWords {
  const { user, file } = loss;
  const end = name(user?.variable.name ?? '');
  const isReader = loss.obligation.result === 0;
  return {
    confidence: (isReader && isReadOn(loss, pkg)) || user?.onlyCloses ? 'likely' : 'certain',
    holds: isReader
      ? { en: `The goroutine that writes to ${end} then waits for ever for a reader.`, 'zh-CN': `此后向 ${end} 写入的 goroutine 将永远等待读取者。` }
      : { en: `The goroutine that reads from ${end} then waits for ever for the end of the data.`, 'zh-CN': `此后从 ${end} 读取的 goroutine 将永远等不到数据结束。` },
    waiters: user ? [{ at: place(file, user.stmt), says: isReader ? { en: `this goroutine writes to ${end}`, 'zh-CN': `这个 goroutine 向 ${end} 写入` } : { en: `this goroutine reads from ${end}`, 'zh-CN': `这个 goroutine 从 ${end} 读取` } }] : [],
    withRepairs: true,
  };
}
