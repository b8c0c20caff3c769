import { displayName } from '../../go/package.ts';
import { unsignalledOf, type Unsignalled } from '../locks/conds.ts';
import { isTest, parkedAtOp, placeOf } from '../locks/words.ts';
import { rule, type Explained } from '../rule.ts';
import { name, normal, place, quoted, startsAsSteps } from '../witness.ts';

export const condWithoutSignal = rule<Unsignalled>(
  {
    id: 'cond-without-signal',
    case: 'S49',
    title: { en: 'condition never signalled', 'zh-CN': '条件变量从未被通知' },
    why: {
      en: 'Only Signal or Broadcast ends a Wait; without them the goroutine stays until the process ends.',
      'zh-CN': '只有 Signal 或 Broadcast 才能结束 Wait；没有它们，goroutine 会一直保留到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Whether a signal comes in time, and condition variables that other packages can reach: the rule is then silent.',
      'zh-CN': '规则不判断通知是否及时；对于其他包可以访问的条件变量，规则保持沉默。',
    },
  },
  {
    *find(analysis) {
      for (const one of unsignalledOf(analysis.locks())) if (analysis.concerns(one.event.site, ...(one.why.kind === 'unended' ? [one.why.by] : []))) yield one;
    },
    explain({ event, on, why }, analysis) {
      const { site } = event;
      const cond = quoted(site.file, on);
      const asks: Explained[] = [];
      if (why.kind === 'unchanging' && why.loop.cond) {
        const asked = quoted(site.file, why.loop.cond);
        asks.push({ at: { file: site.file, span: { pos: why.loop.pos, end: why.loop.cond.end } }, says: { en: `the loop asks ${asked}, which nothing changes`, 'zh-CN': `循环检查 ${asked}，而没有任何代码改变它` } });
      }
      if (why.kind === 'unended') asks.push({ at: place(why.by.file, why.by.node), says: { en: `${name(why.by.field)} is set here, and nobody is signalled`, 'zh-CN': `这里设置了 ${name(why.by.field)}，却没有通知任何人` } });
      return {
        anchor: placeOf(site),
        decl: site.decl,
        confidence: isTest(site) || why.kind === 'unended' ? 'likely' : 'certain',
        message:
          why.kind === 'unended'
            ? {
                en: `This waits on ${cond} until ${name(why.by.field)} says that it is over, but ${name(displayName(why.by.decl))}, which sets that, signals nobody: the goroutine goes on waiting.`,
                'zh-CN': `这里等待 ${cond}，直到 ${name(why.by.field)} 表明一切结束；但设置它的 ${name(displayName(why.by.decl))} 没有通知任何人：这个 goroutine 会继续等待。`,
              }
            : why.kind === 'nobody'
            ? { en: `This waits on ${cond}, and no code of the package calls its Signal or Broadcast: the goroutine waits for ever.`, 'zh-CN': `这里等待 ${cond}，而包内没有任何代码调用它的 Signal 或 Broadcast：这个 goroutine 会永远等待。` }
            : { en: `This waits on ${cond} in a loop whose condition nothing changes: whatever signals come, the goroutine waits again, for ever.`, 'zh-CN': `这里在循环中等待 ${cond}，而循环条件永远不会改变：无论收到什么通知，这个 goroutine 都会再次等待，永不结束。` },
        steps: [
          ...startsAsSteps(analysis.pkg, site.func),
          ...asks,
          { at: placeOf(site), says: { en: `the goroutine waits here on ${cond}`, 'zh-CN': `goroutine 在这里等待 ${cond}` } },
        ],
        repairs: [],
        parked: parkedAtOp(analysis, site, event.what.op),
        roots: why.kind === 'unended' ? [...new Set([site.decl, why.by.decl])] : [site.decl],
        foundBy: 'reading',
        operation: normal(site.file, { kind: 'BadExpr', ...site.span }),
      };
    },
  },
);
