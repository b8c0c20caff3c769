import { textOf } from '../../go/ast.ts';
import { displayName } from '../../go/package.ts';
import type { Confidence } from '../../finding.ts';
import type { Text } from '../../words.ts';
import type { Analysis } from '../analysis.ts';
import { isTestFile } from '../of-tests.ts';
import { rule, type Explained } from '../rule.ts';
import { giveUp } from '../unguarded/give-up.ts';
import { isAt } from '../unguarded/is-at.ts';
import type { Unguarded } from '../unguarded/unguarded.ts';
import { confidenceOf, name, normal, place, quoted, startsAsSteps } from '../witness.ts';

/** A send that does not watch for what makes its receivers go. Sources: etcd#6857, openfga#1962, moby#28462. */
export const unguardedSend = rule<Unguarded>(
  {
    id: 'unguarded-send',
    case: 'S7',
    title: { en: 'send that does not watch for the end', 'zh-CN': '不关注结束信号的发送' },
    why: {
      en: 'A send that comes while the other side ends waits until the process ends, with everything its goroutine holds.',
      'zh-CN': '若发送恰逢对方结束，它就会一直等到进程结束，其 goroutine 持有的一切也无法释放。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Channels that other packages can reach, and agreements that the sender ends first: where nothing in the code shows that it may not, the rule is silent.',
      'zh-CN': '其他包可以访问的 channel，以及“发送方先结束”的约定：如果代码没有表明发送方可能后结束，规则保持沉默。',
    },
  },
  {
    find: (analysis) => analysis.unguarded(),
    explain(fact, analysis) {
      const { send, receive, leaves, evidence } = fact;
      const { file } = send;
      const channel = quoted(file, send.channel);
      const anchor = place(file, send.node);
      const receiver = name(displayName(receive.decl));
      const goes = leaves.comm ? quoted(receive.file, leaves.comm) : name('default');
      return {
        anchor,
        decl: send.decl,
        confidence: confidence(analysis, fact),
        message: {
          en: `This send on ${channel} can wait for ever: once ${receiver} has taken the case ${goes}, nobody receives from it any more, and the send watches for nothing else.`,
          'zh-CN': `对 ${channel} 的这次发送可能永远等待：一旦 ${receiver} 走了分支 ${goes}，就再也没有人从中接收，而这次发送不关注任何其他信号。`,
        },
        steps: [
          ...startsAsSteps(analysis.pkg, send.func).slice(0, 1),
          { at: place(receive.file, receive.node), says: { en: `${receiver} receives here, in a select`, 'zh-CN': `${receiver} 在这里的 select 中接收` } },
          { at: place(receive.file, leaves), says: { en: 'this case leads away from it', 'zh-CN': '这个分支会离开该 select' } },
          { at: place(evidence.at.file, evidence.at.node), says: shows(fact) },
        ] satisfies Explained[],
        repairs: giveUp(send, named(send, evidence)),
        parked: { function: analysis.runtimeName(send.decl, send.func), waitReason: 'chan send' },
        roots: [send.decl],
        foundBy: 'reading',
        // What the machine has found of this very send says the same with less of the reason.
        covers: [place(file, send.node)],
        operation: `${normal(file, send.channel)}<-`,
        // Answers of one function to one question are one matter.
        ...(evidence.kind === 'reply' && { cause: `send ${normal(file, send.channel)}` }),
      };
    },
  },
);

/** What the evidence says, in a step of the witness. */
function shows({ evidence: { kind, at, signal } }: Unguarded): Text {
  const watched = quoted(at.file, signal);
  switch (kind) {
    case 'same':
      return { en: `another send on the channel watches ${watched} for this`, 'zh-CN': `该 channel 上的另一次发送为此关注了 ${watched}` };
    case 'sibling':
      return { en: `a send to another case of the same select watches ${watched} for this`, 'zh-CN': `向同一 select 另一分支的发送为此关注了 ${watched}` };
    case 'own':
    case 'end':
      return { en: `here the sender does watch ${watched}; at the send it does not`, 'zh-CN': `发送方在这里关注了 ${watched}，但在发送处没有` };
    case 'starter':
      return { en: 'who receives has started the sender here, and does not wait for it to end', 'zh-CN': '接收方在这里启动了发送方，且不等待它结束' };
    case 'group':
      return { en: 'the sender is started here, in one group with who receives, which ends once the sender has', 'zh-CN': '发送方在这里与接收方在同一个 group 中启动，而该 group 要等发送方结束才结束' };
    case 'timer':
      return { en: 'a timer runs the sender, whenever its time has come', 'zh-CN': '发送方由定时器运行，时间一到就执行' };
    case 'reply':
      return { en: 'the channel is made here for one answer, which its function does not wait for in every case', 'zh-CN': '该 channel 在这里为一次应答而创建，而其函数并非在所有情况下都会等待应答' };
    case 'stop':
      return { en: 'what is received here ends the loop too: of two such sends, or one that comes too late, nobody takes the last', 'zh-CN': '在这里接收到值也会结束循环：若发送两次，或发送得太晚，最后一次就没有人接收' };
    case 'late':
      return { en: 'each receiver waits once, and not for ever: before it is called, and after it has given up, nobody listens', 'zh-CN': '每个接收方只等待一次，且不会一直等：在它被调用之前和放弃之后，都没有人接收' };
  }
}

function confidence(analysis: Analysis, { send, receive, evidence, isDoubtful }: Unguarded): Confidence {
  const proven = analysis.waits().filter((wait) => isAt(wait, send)).map((wait) => confidenceOf(analysis, wait));
  if (proven.includes('certain')) return 'certain';
  const isTest = [send, receive].some(({ file }) => isTestFile(file));
  // That others watch says that somebody thought of it, not that this sender comes as late: of those that were read, few were right (docs/accuracy.md).
  return isTest || isDoubtful || evidence.kind !== 'own' ? 'likely' : 'certain';
}

/** What the evidence listens to, as the sender's function writes it: of a method of the same type, with the sender's own receiver. */
function named(send: Unguarded['send'], { kind, at, signal }: Unguarded['evidence']): string | null {
  // Of another context nobody knows whether it ends.
  if (kind === 'stop' || kind === 'end' || kind === 'starter' || kind === 'group' || kind === 'timer' || kind === 'reply' || kind === 'late') return null;
  const text = textOf(at.file, signal);
  const root = /^[\p{L}_][\p{L}\p{N}_]*/u.exec(text)?.[0];
  const theirs = at.decl.recv?.names[0];
  if (root !== undefined && theirs?.name === root) {
    const own = send.decl.recv?.names[0];
    const isSameType = send.decl.owner !== null && send.decl.owner === at.decl.owner;
    return isSameType && own && own.name !== '_' ? own.name + text.slice(root.length) : null;
  }
  const isGiven = at.decl === send.decl && send.decl.type.params.some((field) => field.names.some((one) => one.name === root));
  return isGiven ? text : null;
}
