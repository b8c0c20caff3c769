import { displayName } from '../../go/package.ts';
import type { Confidence } from '../../finding.ts';
import type { Text } from '../../words.ts';
import { insertAfter, replaceText } from '../edit.ts';
import type { EndlessGoroutine, Evidence } from '../exits/exits.ts';
import type { Op } from '../exits/loops.ts';
import { spanOf, waitReason, waitsOf } from '../exits/wait-reason.ts';
import { waysOut } from '../exits/way-out.ts';
import type { Place } from '../place.ts';
import { rule, type Explained, type Repair } from '../rule.ts';
import { endlessConfidence, name, normal, place, quoted, startSteps } from '../witness.ts';

/** A loop without a way out, in a goroutine that is meant to end. */
interface LoopWithoutExit {
  readonly endless: EndlessGoroutine;
  readonly evidence: Exclude<Evidence, { kind: 'closed' }>;
  readonly confidence: Confidence;
}

export const loopWithoutExit = rule<LoopWithoutExit>(
  {
    id: 'loop-without-exit',
    case: 'S24',
    title: { en: 'loop without a way out', 'zh-CN': '没有出口的循环' },
    why: {
      en: 'Each time, one goroutine and everything it holds go on until the process ends.',
      'zh-CN': '每发生一次，就会有一个 goroutine 及其持有的一切一直运行到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Whether a goroutine is meant to live as long as its process, where nothing in the package says that it should end: the rule is then silent.',
      'zh-CN': '如果包内没有任何迹象表明 goroutine 应当结束，规则无法判断它是否本就与进程同寿，因此保持沉默。',
    },
  },
  {
    *find(analysis) {
      for (const endless of analysis.endless()) {
        const [evidence] = endless.evidence;
        if (evidence.kind === 'closed' || (evidence.kind === 'ended' && evidence.isTicker)) continue;
        const confidence = endlessConfidence(endless, certainty(evidence));
        if (confidence) yield { endless, evidence, confidence };
      }
    },
    explain({ endless, evidence, confidence }, analysis) {
      const { body, loop } = endless;
      const op = opOf(endless, evidence);
      const span = evidence.kind === 'told' ? { pos: evidence.clause.pos, end: evidence.clause.comm?.end ?? evidence.clause.pos } : spanOf(loop, op);
      const anchor = place(body.file, span);
      return {
        anchor,
        decl: body.decl,
        confidence,
        message: message(endless, evidence),
        steps: [...startSteps(endless), ...shown(endless, evidence), { at: place(body.file, { pos: loop.loop.pos, end: loop.loop.pos + 3 }), says: { en: 'this loop goes on: nothing in it leaves it', 'zh-CN': '这个循环继续运行：其中没有任何语句能离开它' } }],
        repairs: evidence.kind === 'told' ? returns(endless, evidence) : waysOut(analysis.pkg, endless),
        // What is closed or cancelled is ready at each turn: the loop does not wait any more.
        parked: { function: analysis.runtimeName(endless.body.decl, endless.body.func), waitReason: evidence.kind === 'ended' || (evidence.kind === 'told' && (evidence.isContext || evidence.closed)) ? 'runnable' : waitReason(op) },
        roots: [body.decl],
        foundBy: 'reading',
        covers: saysMore(evidence, confidence) ? waitsOf(endless) : [],
        operation: `for ${op ? normal(body.file, op.kind === 'select' ? op.node.clauses[0]?.comm ?? op.node : op.kind === 'range' ? op.node.x : op.node) : ''}`,
      };
    },
  },
);

/** Whether a walk that comes to the wait would say less. */
function saysMore(evidence: LoopWithoutExit['evidence'], confidence: Confidence): boolean {
  return confidence === 'certain' || evidence.kind === 'deaf' || (evidence.kind === 'mute' && evidence.isOwned);
}

/** What ends this very loop, and what only ends its owner, which most programs do as they end themselves. */
function certainty(evidence: LoopWithoutExit['evidence']): Confidence {
  switch (evidence.kind) {
    case 'told':
      return evidence.isContext || evidence.closed ? 'certain' : 'likely';
    case 'ended':
    case 'request':
      return 'certain';
    default:
      return 'likely';
  }
}

function opOf({ loop }: EndlessGoroutine, evidence: LoopWithoutExit['evidence']): Op | undefined {
  if (evidence.kind === 'told') return loop.ops.find((op) => op.kind === 'select' && op.node.clauses.includes(evidence.clause));
  return evidence.kind === 'ended' || evidence.kind === 'mute' ? evidence.op : loop.ops[0];
}

function message({ body }: EndlessGoroutine, evidence: LoopWithoutExit['evidence']): Text {
  switch (evidence.kind) {
    case 'told': {
      const comm = quoted(body.file, evidence.clause.comm ?? evidence.clause);
      return {
        en: `${comm} tells this goroutine to end, and it does not: after that case the loop goes on, and nothing in it leaves it.`,
        'zh-CN': `${comm} 通知这个 goroutine 结束，它却没有结束：该分支之后循环继续，其中没有任何语句能离开它。`,
      };
    }
    case 'ended': {
      const source = quoted(body.file, evidence.op.node);
      const by = quoted(evidence.by.file, evidence.by.node);
      return {
        en: `This goroutine never ends: ${by} ends what the loop works on, but when ${source} then fails, the loop goes on all the same.`,
        'zh-CN': `这个 goroutine 永远不会结束：${by} 终止了循环所依赖的对象，但 ${source} 随后失败时，循环仍然继续。`,
      };
    }
    case 'mute': {
      const channel = quoted(body.file, evidence.channel);
      return {
        en: `This goroutine never ends: the only way out of the loop is by ${channel}, and no code of the package sends on it or closes it.`,
        'zh-CN': `这个 goroutine 永远不会结束：循环唯一的出口是 ${channel}，而包内没有任何代码向它发送或将其关闭。`,
      };
    }
    case 'deaf': {
      const ends = name(displayName(evidence.ending.decl));
      const sibling = name(displayName(evidence.sibling.decl));
      const listens = quoted(evidence.sibling.file, evidence.sibling.expr);
      return {
        en: `This goroutine outlives its owner: ${ends} tells goroutines to end, and ${sibling} listens to it by ${listens}, but this loop does not, and nothing in it leaves it.`,
        'zh-CN': `这个 goroutine 比其所有者活得更久：${ends} 会通知 goroutine 结束，${sibling} 通过 ${listens} 监听了该通知，而这个循环没有监听，也没有任何语句能离开它。`,
      };
    }
    case 'request':
      return {
        en: `This handler never returns: nothing in the loop leaves it, so each request leaves a goroutine behind, even when its client is long gone.`,
        'zh-CN': `这个处理函数永远不会返回：循环中没有任何语句能离开它，因此每个请求都会留下一个 goroutine，即使客户端早已断开。`,
      };
    case 'owner': {
      const ends = name(displayName(evidence.ending.decl));
      return {
        en: `This goroutine outlives its owner: nothing in the loop leaves it, so it goes on after ${ends}.`,
        'zh-CN': `这个 goroutine 比其所有者活得更久：循环中没有任何语句能离开它，因此 ${ends} 之后它仍在运行。`,
      };
    }
    case 'context': {
      const signal = name(evidence.obj.name);
      return {
        en: `This goroutine cannot be stopped: it has ${signal} within reach, but nothing in the loop leaves it, whether ${signal} ${evidence.isContext ? 'is cancelled' : 'says so'} or not.`,
        'zh-CN': `这个 goroutine 无法停止：${signal} 近在手边，但无论它是否${evidence.isContext ? '已取消' : '发出通知'}，循环中都没有任何语句能离开它。`,
      };
    }
    case 'dropped': {
      const drops = name(displayName(evidence.teardown.decl));
      return {
        en: `This goroutine outlives its owner: ${drops} drops it, and nothing in the loop leaves it.`,
        'zh-CN': `这个 goroutine 比其所有者活得更久：${drops} 丢弃了所有者，而循环中没有任何语句能离开它。`,
      };
    }
  }
}

/** The code that shows that the goroutine should end. */
function shown({ body }: EndlessGoroutine, evidence: LoopWithoutExit['evidence']): Explained[] {
  const step = (at: Place, en: string, zh: string): Explained[] => [{ at, says: { en, 'zh-CN': zh } }];
  switch (evidence.kind) {
    case 'told': {
      const clause = step(place(body.file, { pos: evidence.clause.pos, end: evidence.clause.pos }), `${quoted(body.file, evidence.clause.comm ?? evidence.clause)} tells the loop to end`, `${quoted(body.file, evidence.clause.comm ?? evidence.clause)} 通知循环结束`);
      return evidence.closed ? [...step(place(evidence.closed.file, evidence.closed.node), 'the channel is closed here', 'channel 在这里被关闭'), ...clause] : clause;
    }
    case 'ended':
      return step(place(evidence.by.file, evidence.by.node), `${quoted(evidence.by.file, evidence.by.node)} ends it here`, `${quoted(evidence.by.file, evidence.by.node)} 在这里将其终止`);
    case 'deaf':
      return [
        ...step(place(evidence.signal.file, evidence.signal.node), `${name(displayName(evidence.ending.decl))} tells its goroutines to end`, `${name(displayName(evidence.ending.decl))} 通知其 goroutine 结束`),
        ...step(place(evidence.sibling.file, evidence.sibling.expr), `${name(displayName(evidence.sibling.decl))} listens`, `${name(displayName(evidence.sibling.decl))} 监听了该通知`),
      ];
    case 'owner':
      return step(place(evidence.ending.file, evidence.ending.decl.name), `${name(displayName(evidence.ending.decl))} ends its owner`, `${name(displayName(evidence.ending.decl))} 终止其所有者`);
    case 'dropped':
      return step({ file: evidence.teardown.file, span: { pos: evidence.teardown.pos, end: evidence.teardown.pos } }, `${name(displayName(evidence.teardown.decl))} drops its owner`, `${name(displayName(evidence.teardown.decl))} 丢弃其所有者`);
    default:
      return [];
  }
}

/** A return as the last thing of the case that tells the loop to end. */
function returns({ body }: EndlessGoroutine, { clause }: Extract<Evidence, { kind: 'told' }>): Repair[] {
  const last = clause.body.at(-1);
  if (body.func.type.results.length > 0) return [];
  const title: Text = { en: 'return from the goroutine', 'zh-CN': '从 goroutine 返回' };
  if (last?.kind === 'BranchStmt') return [{ title, edits: [replaceText(body.file, last.pos, last.end, 'return')] }];
  if (last && last.kind !== 'ExprStmt' && last.kind !== 'AssignStmt') return [];
  if (last) return [{ title, edits: [insertAfter(body.file, last.end - 1, ['return'])] }];
  return [{ title, edits: [insertAfter(body.file, clause.pos, ['\treturn'])] }];
}
