import { lossReport } from '../obligations/loss-report.ts';
import type { Loss } from '../obligations/loss.ts';
import { rule } from '../rule.ts';

export const unstoppedIterator = rule<Loss>(
  {
    id: 'unstopped-iterator',
    case: 'S40',
    title: { en: 'pulled iterator not stopped', 'zh-CN': 'iter.Pull 未调用 stop' },
    why: {
      en: 'iter.Pull runs the sequence on a goroutine of its own, which stays with all that it holds until the process ends.',
      'zh-CN': 'iter.Pull 在单独的 goroutine 上运行序列，它及其持有的一切会一直保留到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'A stop that is handed to code outside of the package: the rule is then silent.',
      'zh-CN': '如果 stop 被交给包外的代码，规则看不到，因此保持沉默。',
    },
  },
  {
    *find(analysis) {
      for (const loss of analysis.obligations()) if (loss.obligation.rule === 'unstopped-iterator') yield loss;
    },
    explain: (loss, analysis) =>
      lossReport(
        loss,
        {
          confidence: 'certain',
          holds: {
            en: 'The goroutine that runs the sequence then stays suspended, unless the sequence was read to its end.',
            'zh-CN': '除非序列已被读完，否则运行该序列的 goroutine 会一直挂起。',
          },
          waiters: [],
          withRepairs: true,
        },
        analysis,
      ),
  },
);
