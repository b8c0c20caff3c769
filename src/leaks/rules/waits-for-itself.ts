import type { Text } from '../../words.ts';
import type { Analysis } from '../analysis.ts';
import { isOfLifecycle } from '../lifecycle.ts';
import type { SelfWait } from '../locks/self-waits.ts';
import { callSteps, functionName, parkedAtOp, placeOf, shortened } from '../locks/words.ts';
import { isOfCommands } from '../of-commands.ts';
import { rule } from '../rule.ts';
import { isWalkedAt, normal, quoted, startsAsSteps } from '../witness.ts';

export const waitsForItself = rule<SelfWait>(
  {
    id: 'waits-for-itself',
    case: 'S11',
    title: { en: 'goroutine that waits for itself', 'zh-CN': '等待自身的 goroutine' },
    why: {
      en: 'Nobody else can end the wait: the goroutine stays until the process ends, and so does everyone who waits for it.',
      'zh-CN': '没有别人能结束这次等待：这个 goroutine 会一直等到进程结束，所有等待它的 goroutine 也一样。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Whether a condition keeps the goroutine from ever coming to its own wait, and channels that other packages can reach: of these the rule is silent.',
      'zh-CN': '是否有条件使 goroutine 永远走不到这次等待；以及其他包可以访问的 channel，对后者规则保持沉默。',
    },
  },
  {
    find: (analysis) => analysis.selfWaits(),
    explain(fact, analysis) {
      const { event, root, own } = fact;
      const { site, what } = event;
      const wait = quoted(site.file, site.span);
      return {
        anchor: placeOf(site),
        decl: site.decl,
        // Where the machine has come to it no condition keeps the goroutine from it.
        confidence: isWalkedAt(analysis, site.file, site.span.pos) || isSure(analysis, fact) ? 'certain' : 'likely',
        message: messageOf(fact, wait),
        steps: [
          ...startsAsSteps(analysis.pkg, root.func),
          ...shortened(callSteps(event.calls), 3),
          { at: placeOf(own), says: says(fact, quoted(own.file, own.span)) },
          { at: placeOf(site), says: { en: `${wait} waits here, in the same goroutine, for ever`, 'zh-CN': `${wait} 在同一个 goroutine 中等待，永远不会结束` } },
        ],
        repairs: [],
        parked: what.kind === 'sync' ? parkedAtOp(analysis, site, what.op) : null,
        roots: [...new Set([root.home.decl, site.decl])],
        foundBy: 'reading',
        // What the machine has found of this very wait says the same with less of the reason.
        covers: [placeOf(site)],
        operation: normal(site.file, { kind: 'BadExpr', ...site.span }),
      };
    },
  },
);

/** Whether it is known what code runs, and that its process goes on. Who waits for a channel that is closed at its own end may know why it is closed by then. */
function isSure({ pkg }: Analysis, { kind, event, root, isBuffered }: SelfWait): boolean {
  return kind !== 'close' && !isBuffered && !event.isDynamic && !isOfCommands(root.home.file, pkg) && !isOfLifecycle(pkg, root.home.decl);
}

function messageOf({ kind, isBuffered, own }: SelfWait, wait: string): Text {
  const other = quoted(own.file, own.span);
  const fn = functionName(own);
  switch (kind) {
    case 'group':
      return {
        en: `${fn} waits for itself: ${wait} comes back once all goroutines it counts have ended, and this one, which is counted until its ${other}, is what comes here.`,
        'zh-CN': `${fn} 在等待自己：${wait} 要等所计数的 goroutine 全部结束才返回，而走到这里的正是其中之一，它要到 ${other} 才会被减去。`,
      };
    case 'close':
      return {
        en: `${fn} waits for itself: ${wait} comes back once the channel is closed, and this goroutine, which closes it as it ends (${other}), is what comes here.`,
        'zh-CN': `${fn} 在等待自己：${wait} 要等 channel 关闭才返回，而走到这里的正是在结束时才关闭它（${other}）的 goroutine。`,
      };
    case 'send':
      return {
        en: `${fn} waits for itself: only this goroutine receives what ${wait} sends (${other}), and while it sends it does not receive.${isBuffered ? ' Once others have filled the buffer, that is for ever.' : ''}`,
        'zh-CN': `${fn} 在等待自己：${wait} 发送的值只有这个 goroutine 自己接收（${other}），而发送时它无法接收。${isBuffered ? '一旦缓冲区被其他发送方填满，就会永远等待。' : ''}`,
      };
    case 'once':
      return {
        en: `${fn} waits for itself: ${wait} comes back once ${other} has, and that is what runs it.`,
        'zh-CN': `${fn} 在等待自己：${wait} 要等 ${other} 返回才返回，而运行它的正是后者。`,
      };
  }
}

function says({ kind }: SelfWait, own: string): Text {
  switch (kind) {
    case 'group':
      return { en: `${own}: the goroutine is counted until it ends`, 'zh-CN': `${own}：goroutine 直到结束才被减去` };
    case 'close':
      return { en: `${own}: the goroutine closes the channel as it ends`, 'zh-CN': `${own}：goroutine 在结束时关闭 channel` };
    case 'send':
      return { en: `${own}: nobody but this goroutine receives`, 'zh-CN': `${own}：只有这个 goroutine 接收` };
    case 'once':
      return { en: `${own} runs what comes here`, 'zh-CN': `${own} 运行的代码会走到这里` };
  }
}
