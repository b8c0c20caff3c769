import type { CallExpr, FuncDecl, Node, RangeStmt } from '../../go/ast.ts';
import { displayName, type GoPackage } from '../../go/package.ts';
import { unknown } from '../../go/type.ts';
import { madeHere, type Analysis, type Wait } from '../analysis.ts';
import { isSelf, witnessOf } from '../blocked.ts';
import { deferredClose, waitsForClose } from '../closing.ts';
import { endsItself, startsOf, type ChannelField, type FieldUse, type Start } from '../field-uses.ts';
import { isHidden } from '../is-hidden.ts';
import { isTestFile } from '../of-tests.ts';
import type { Code, Instr } from '../machine/code.ts';
import type { Site } from '../machine/value.ts';
import { emptyPromises, type EmptyPromise, type OpenChannel, type SilentChannel } from '../open-channels.ts';
import { rule, type Report } from '../rule.ts';
import type { Text } from '../../words.ts';
import { endsIn } from '../unguarded/ends.ts';
import { asksForError, endsWhole, runsOnce, teardownsOf, usersOf, type Teardown } from '../teardown.ts';
import { confidenceOf, isElsewhere, name, normal, place, quoted } from '../witness.ts';

/** A loop over a local channel that some run leaves open. */
interface LocalChannel {
  readonly kind: 'local';
  readonly wait: Wait;
  readonly code: Code;
  readonly recv: Extract<Instr, { op: 'recv' }>;
  readonly site: Site & { readonly expr: CallExpr };
}

/** A loop over a field that no code of the package closes, in a goroutine whose owner goes away. */
interface FieldChannel {
  readonly kind: 'field';
  readonly field: ChannelField;
  readonly loop: FieldUse & { readonly parent: RangeStmt };
  readonly start: Start;
  readonly teardown: Teardown;
}

/** A method that waits on a field which no code of the package closes, although its owner can be ended: whoever is in it then stays. */
interface WaitedChannel {
  readonly kind: 'waited';
  readonly field: ChannelField;
  readonly receive: FieldUse;
  readonly teardown: Teardown;
}

/** A loop over a local channel that nothing can close, which was not walked. */
interface ReadChannel {
  readonly kind: 'read';
  readonly open: OpenChannel;
}

/** A local channel that somebody waits for, and that never says anything. */
interface Silent {
  readonly kind: 'silent';
  readonly silent: SilentChannel;
}

/** A channel that is handed out to say that something is over, and never says so. */
interface PromisedChannel {
  readonly kind: 'promised';
  readonly promise: EmptyPromise;
}

export const missingClose = rule<LocalChannel | FieldChannel | WaitedChannel | ReadChannel | Silent | PromisedChannel>(
  {
    id: 'missing-close',
    case: 'Case 2',
    title: { en: 'channel never closed', 'zh-CN': 'channel 从未关闭' },
    why: {
      en: 'Each time, one goroutine and everything it holds stay behind until the process ends.',
      'zh-CN': '每发生一次，就会有一个 goroutine 及其持有的一切一直保留到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'A close in another package, through an exported field or a copy of the channel: the rule is then silent.',
      'zh-CN': '如果在其他包中通过导出字段或 channel 的副本关闭，规则看不到，因此保持沉默。',
    },
  },
  {
    *find(analysis) {
      for (const wait of analysis.waits()) {
        const { step } = wait.stuck;
        if (step.kind !== 'instr' || step.instr.op !== 'recv' || !madeHere(wait.on) || !waitsForClose(step.frame.code, step.instr)) continue;
        const { site } = wait.on;
        if (site.expr?.kind === 'CallExpr') yield { kind: 'local', wait, code: step.frame.code, recv: step.instr, site: { ...site, expr: site.expr } };
      }
      yield* fields(analysis);
      for (const open of analysis.openChannels()) if (!analysis.waits().some((wait) => wait.stuck.step.frame.code.file === open.file && isWithin(wait.pos, open.loop))) yield { kind: 'read', open };
      for (const silent of analysis.silentChannels()) if (!analysis.waits().some((wait) => wait.stuck.step.frame.code.file === silent.waits.file && silent.waits.node.pos <= wait.pos && wait.pos < silent.waits.node.end)) yield { kind: 'silent', silent };
      for (const promise of emptyPromises(analysis.pkg, analysis.channelFields())) if (analysis.concerns(promise.made, promise.getter)) yield { kind: 'promised', promise };
    },
    explain(fact, analysis) {
      switch (fact.kind) {
        case 'local':
          return explainLocal(fact, analysis);
        case 'field':
          return explainField(fact, analysis);
        case 'waited':
          return explainWaited(fact, analysis);
        case 'read':
          return explainRead(fact.open, analysis);
        case 'silent':
          return explainSilent(fact.silent);
        case 'promised':
          return explainPromised(fact.promise);
      }
    },
  },
);

function* fields(analysis: Analysis): Generator<FieldChannel | WaitedChannel> {
  const { pkg } = analysis;
  for (const field of analysis.channelFields()) {
    // Seen whole: other packages cannot reach it, and here it is only made, sent on, received from, measured.
    if (!isHidden(field.owner.name, field.name) || field.uses.some((use) => use.kind === 'other' || use.kind === 'close')) continue;
    const teardowns = teardownsOf(pkg, field.owner.name);
    const ends = teardowns.find(({ kind, decl }) => kind === 'ends' && endsWhole(decl.name.name) && !field.uses.some((use) => use.decl === decl));
    const receive = ends && waitedIn(pkg, field);
    if (receive && analysis.concerns(receive, ends)) yield { kind: 'waited', field, receive, teardown: ends };
    for (const use of field.uses) {
      // What fails may end it, but only once there is something that fails.
      if (use.kind !== 'range' || use.parent.kind !== 'RangeStmt' || endsItself(use.parent, (node) => node.kind === 'IfStmt' && asksForError(pkg, node.cond))) continue;
      const others = teardowns.filter(({ decl }) => !isOfLoop(pkg, decl, field, use.decl));
      const teardown = others.find(({ isOfFailure }) => !isOfFailure) ?? others[0];
      if (!teardown) continue;
      const start = startsOf(pkg, use.func).find((one) => !runsOnce(pkg, one.decl));
      if (start) yield { kind: 'field', field, loop: { ...use, parent: use.parent }, start, teardown };
    }
  }
}

/**
 * The one place that takes from a field, where it is an exported method that waits for nothing else and gives what it took to its caller. What carries
 * nothing may be a place that is given back.
 */
function waitedIn(pkg: GoPackage, { owner, uses }: ChannelField): FieldUse | undefined {
  const [receive, ...more] = uses.filter(({ kind, file }) => (kind === 'receive' || kind === 'range') && !isTestFile(file));
  if (receive?.kind !== 'receive' || more.length > 0 || receive.decl !== receive.func || receive.decl.owner !== owner.name || !/^\p{Lu}/u.test(receive.decl.name.name) || receive.decl.type.results.length === 0) return undefined;
  if (uses.some(({ kind, decl }) => kind === 'send' && decl === receive.decl) || !uses.some(({ kind, file }) => kind === 'send' && !isTestFile(file))) return undefined;
  const type = pkg.infer.underlying(pkg.typeOf(receive.node));
  const elem = type.kind === 'chan' ? pkg.infer.underlying(type.elem) : unknown;
  if (elem.kind === 'struct' && elem.fields.length === 0) return undefined;
  const choice = endsIn(receive).find(({ node }) => node === receive.parent)?.choice;
  return choice === null || choice?.select.clauses.length === 1 ? receive : undefined;
}

/**
 * Whether what is called like an end of the owner is none: it is the loop, called `flush` or `finish`; it tells the loop through its channel what to do, so
 * that the loop can be told to start again; or only the loop calls it.
 */
function isOfLoop(pkg: GoPackage, teardown: FuncDecl, field: ChannelField, loop: FuncDecl): boolean {
  if (teardown === loop || field.uses.some(({ kind, decl }) => kind === 'send' && decl === teardown)) return true;
  const users = usersOf(pkg, teardown);
  return users.length > 0 && users.every(({ node }) => node === loop);
}

/** Whether what ends a type's object can be undone by its `Start`, which does not start this goroutine: then it goes on with the object. */
function isBegunAgain({ infer, mentions }: GoPackage, owner: string, { decl }: Start): boolean {
  const start = infer.methodsOf(owner).get('Start');
  return start !== undefined && start.decl !== decl && !mentions.isIn(decl.name.name, start.decl, start.file);
}

function explainLocal({ wait, code, recv, site }: LocalChannel, analysis: Analysis): Report {
  const { file } = code;
  const channel = quoted(file, recv.expr);
  const at = place(file, { pos: recv.pos, end: recv.expr.end });
  const { way, steps } = witnessOf(analysis, wait, at, { en: `the receive from ${channel} then waits for ever`, 'zh-CN': `此后从 ${channel} 的接收将永远等待` });
  // Where no code closes it, that is to be said, and not which way was walked.
  const isOpen = !isSelf(wait) && analysis.openChannels().some((open) => open.file === file && isWithin(recv.pos, open.loop));
  return {
    anchor: at,
    decl: code.decl,
    confidence: confidenceOf(analysis, wait),
    message: isOpen
      ? {
          en: `This goroutine waits for ever for ${channel} to be closed: nobody ever closes it.`,
          'zh-CN': `这个 goroutine 会永远等待 ${channel} 被关闭：从来没有人关闭它。`,
        }
      : isSelf(wait)
      ? {
          en: `This loop over ${channel} never ends: nobody closes the channel, and no goroutine that could send on it is left.`,
          'zh-CN': `对 ${channel} 的循环永远不会结束：没有人关闭该 channel，也已没有能向它发送的 goroutine。`,
        }
      : {
          en: `This goroutine waits for ever for ${channel} to be closed: ${way ? `once ${way.short.en} nobody ${isElsewhere(wait) ? '' : 'sends on it or '}closes it any more` : `no goroutine that could ${isElsewhere(wait) ? '' : 'send on it or '}close it is left`}.`,
          'zh-CN': `这个 goroutine 会永远等待 ${channel} 被关闭：${way ? `一旦${way.short['zh-CN']}，就再也没有人${isElsewhere(wait) ? '' : '向它发送或'}将其关闭` : `已没有能${isElsewhere(wait) ? '' : '向它发送或'}将其关闭的 goroutine`}。`,
        },
    steps: isOpen && way ? steps.toSpliced(-2, 1) : steps,
    repairs: isSelf(wait) ? [] : deferredClose(wait, site),
    parked: { function: code.name, waitReason: 'chan receive' },
    roots: wait.roots,
    foundBy: 'walk',
    operation: `range ${normal(file, recv.expr)}`,
    cause: `receive ${site.code.file.path}:${site.pos}`,
  };
}

function explainWaited({ field, receive, teardown }: WaitedChannel, analysis: Analysis): Report {
  const { file, decl, parent } = receive;
  const channel = quoted(file, receive.node);
  const [method, ends] = [name(displayName(decl)), name(displayName(teardown.decl))];
  return {
    anchor: place(file, parent),
    decl,
    confidence: 'likely',
    message: {
      en: `Whoever waits in ${method} waits for ever once ${ends} has ended its ${name(field.owner.name)}: nobody sends on ${channel} any more, and no code of the package ever closes it.`,
      'zh-CN': `${ends} 结束 ${name(field.owner.name)} 之后，停在 ${method} 中的调用者会永远等待：不再有人向 ${channel} 发送，包内也没有任何代码关闭它。`,
    },
    steps: [
      { at: { file: teardown.file, span: { pos: teardown.pos, end: teardown.pos } }, says: { en: `${ends} ends without closing ${channel}`, 'zh-CN': `${ends} 结束时没有关闭 ${channel}` } },
      { at: place(file, parent), says: { en: `the receive from ${channel} then waits for ever`, 'zh-CN': `此后从 ${channel} 的接收将永远等待` } },
    ],
    repairs: [],
    parked: { function: analysis.runtimeName(decl, decl), waitReason: 'chan receive' },
    roots: [...new Set([decl, teardown.decl])],
    foundBy: 'reading',
    operation: `<-${normal(file, receive.node)}`,
  };
}

function isWithin(pos: number, { pos: from, x }: RangeStmt): boolean {
  return from <= pos && pos <= x.end;
}

function explainRead({ file, decl, func, made, loop }: OpenChannel, analysis: Analysis): Report {
  const channel = quoted(file, loop.x);
  const header = { pos: loop.pos, end: loop.x.end };
  return {
    anchor: place(file, header),
    decl,
    confidence: 'likely',
    message: {
      en: `This loop over ${channel} never ends: the channel is only sent on, received from and looped over, and nobody closes it.`,
      'zh-CN': `对 ${channel} 的循环永远不会结束：该 channel 只被发送、接收和遍历，没有人关闭它。`,
    },
    steps: [
      { at: place(made.file, made.call), says: { en: 'the channel is made here', 'zh-CN': 'channel 在这里创建' } },
      { at: place(file, header), says: { en: `the loop over ${channel} waits for ever once nobody sends any more`, 'zh-CN': `不再有人发送之后，对 ${channel} 的循环将永远等待` } },
    ],
    repairs: [],
    parked: { function: analysis.runtimeName(decl, func), waitReason: 'chan receive' },
    roots: [...new Set([made.decl, decl])],
    foundBy: 'reading',
    operation: `range ${normal(file, loop.x)}`,
  };
}

function explainSilent({ made, channel, waits }: SilentChannel): Report {
  const waited = quoted(made.file, channel);
  return neverTold({ ...made, node: made.call }, waits, {
    message: {
      en: `Whoever waits for ${waited} waits for ever: no code sends on it or closes it.`,
      'zh-CN': `等待 ${waited} 的一方会永远等待：没有任何代码向它发送或将其关闭。`,
    },
    then: waits.node.kind === 'ReturnStmt' ? { en: 'it is handed out here, to be received from', 'zh-CN': '它在这里被交出去，供他人接收' } : { en: `the receive from ${waited} then waits for ever`, 'zh-CN': `此后从 ${waited} 的接收将永远等待` },
    operation: `never closed ${normal(made.file, channel)}`,
  });
}

function explainPromised({ field, made, getter }: EmptyPromise): Report {
  const method = name(displayName(getter.decl));
  const channel = name(`${field.owner.name}.${field.name}`);
  return neverTold(made, { ...getter, node: getter.parent }, {
    message: {
      en: `Whoever waits for ${method} waits for ever: no code of the package closes ${channel} or sends on it, and no other can.`,
      'zh-CN': `等待 ${method} 的一方会永远等待：包内没有代码关闭 ${channel} 或向它发送，其他包也无法这样做。`,
    },
    then: { en: `${method} hands it out`, 'zh-CN': `${method} 把它交出去` },
    operation: `never closed ${field.owner.name}.${field.name}`,
  });
}

type At = Pick<FieldUse, 'file' | 'decl'> & { readonly node: Node };

/** A channel that is made at one place, and waited for, or given to be waited for, at another. */
function neverTold(made: At, waited: At, { message, then, operation }: { readonly message: Text; readonly then: Text; readonly operation: string }): Report {
  const at = place(made.file, made.node);
  return {
    anchor: at,
    decl: made.decl,
    confidence: 'likely',
    message,
    steps: [
      { at, says: { en: 'the channel is made here', 'zh-CN': 'channel 在这里创建' } },
      { at: place(waited.file, waited.node), says: then },
    ],
    repairs: [],
    parked: null,
    roots: [...new Set([made.decl, waited.decl])],
    foundBy: 'reading',
    operation,
  };
}

function explainField({ field, loop, start, teardown }: FieldChannel, analysis: Analysis): Report {
  const { file, parent } = loop;
  const channel = quoted(file, parent.x);
  const ends = name(displayName(teardown.decl));
  const owner = name(field.owner.name);
  const header = { pos: parent.pos, end: parent.x.end };
  return {
    anchor: place(file, header),
    decl: loop.decl,
    confidence: teardown.isOfFailure || endsItself(parent) || (teardown.kind === 'ends' && (!endsWhole(teardown.decl.name.name) || isBegunAgain(analysis.pkg, field.owner.name, start))) ? 'likely' : 'certain',
    message: {
      en: `This goroutine loops over ${channel} until the channel is closed, and no code of the package ever closes it: after ${ends} has ${teardown.kind === 'drops' ? 'dropped' : 'ended'} a ${owner}, its goroutine waits here for ever. ${ends} should close the channel once nobody sends on it any more (a send on a closed channel panics).`,
      'zh-CN': `这个 goroutine 一直循环读取 ${channel} 直到它被关闭，而包内没有任何代码关闭它：${ends} ${teardown.kind === 'drops' ? '丢弃' : '结束'} ${owner} 之后，它的 goroutine 会永远等在这里。应由 ${ends} 在不再有人发送之后关闭该 channel（向已关闭的 channel 发送会 panic）。`,
    },
    steps: [
      { at: place(start.file, start.stmt), says: { en: 'the goroutine is started here', 'zh-CN': '在这里启动 goroutine' } },
      {
        at: { file: teardown.file, span: { pos: teardown.pos, end: teardown.pos } },
        says: teardown.kind === 'drops' ? { en: `${ends} drops its owner without closing ${channel}`, 'zh-CN': `${ends} 丢弃其所有者，却没有关闭 ${channel}` } : { en: `${ends} ends without closing ${channel}`, 'zh-CN': `${ends} 结束时没有关闭 ${channel}` },
      },
      { at: place(file, header), says: { en: `the loop over ${channel} then waits for ever`, 'zh-CN': `此后对 ${channel} 的循环将永远等待` } },
    ],
    repairs: [],
    parked: { function: analysis.runtimeName(loop.decl, loop.func), waitReason: 'chan receive' },
    roots: [loop.decl],
    foundBy: 'reading',
    operation: `range ${normal(file, parent.x)}`,
  };
}
