import { contains, textOf } from '../../go/ast.ts';
import { displayName } from '../../go/package.ts';
import type { Confidence } from '../../finding.ts';
import type { Text } from '../../words.ts';
import { indentOf, insertBefore, replaceText } from '../edit.ts';
import { isOfCommands } from '../of-commands.ts';
import { startsItsLine } from '../or-return.ts';
import { rule, type Explained, type Repair } from '../rule.ts';
import type { Outliving } from '../watchers/outliving.ts';
import { name, normal, place, quoted } from '../witness.ts';

/** A goroutine that is there to end something of a job, and waits for the end of what outlives the job. Sources: argo-cd#1314, istio#60844, go-micro b806e7bd. */
export const watcherOutlivesJob = rule<Outliving>(
  {
    id: 'watcher-outlives-job',
    case: 'S19',
    title: { en: 'watcher that outlives its job', 'zh-CN': '比任务活得更久的监视 goroutine' },
    why: {
      en: 'Each job leaves one goroutine behind, with what it is there to end, until what it waits for ends too.',
      'zh-CN': '每个任务都会留下一个 goroutine 以及它要结束的对象，直到它所等待的信号到来。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'How long what code outside of the package passes in lives, and what other functions do with what the job hands on: where nothing in the package shows that jobs end without the signal and come again, the rule is silent.',
      'zh-CN': '包外代码传入的对象寿命多长，以及任务交出的对象在其他函数中如何使用：如果包内没有代码表明任务会在没有信号时结束并再次到来，规则保持沉默。',
    },
  },
  {
    find: (analysis) => analysis.outliving(),
    explain(fact, analysis) {
      const { watcher, ending, own, repeat } = fact;
      const { file, decl, body, home, wait, start } = watcher;
      const signal = signalText(fact);
      const ends = quoted(home.file, ending.node);
      return {
        anchor: place(home.file, wait.kind === 'SelectStmt' ? { pos: wait.pos, end: wait.pos + 'select'.length } : wait),
        decl: home.decl,
        confidence: isOfCommands(file, analysis.pkg) ? 'likely' : confidence(fact),
        message: {
          en: `This goroutine is there to run ${ends}, but waits only for ${signal}: when the job ends in another way it stays, one more each time, until ${signal} comes.`,
          'zh-CN': `这个 goroutine 的作用是执行 ${ends}，却只等待 ${signal}：任务以其他方式结束时它仍然留着，每次多一个，直到 ${signal} 到来。`,
        },
        steps: [
          { at: place(repeat.at.file, repeat.kind === 'loop' ? { pos: repeat.loop.pos, end: repeat.loop.pos + 'for'.length } : repeat.at.decl.name), says: again(fact) },
          { at: place(file, start), says: { en: 'the goroutine is started here', 'zh-CN': '在这里启动 goroutine' } },
          { at: place(home.file, wait), says: { en: `it waits for nothing but ${signal}`, 'zh-CN': `它只等待 ${signal}` } },
          ...(own ? [{ at: place(file, own.call), says: { en: 'the job ends it here by itself', 'zh-CN': '任务在这里自行将其结束' } }] : []),
        ] satisfies Explained[],
        repairs: repairs(fact),
        parked: { function: analysis.runtimeName(home.decl, body), waitReason: wait.kind === 'SelectStmt' && wait.clauses.length > 1 ? 'select' : 'chan receive' },
        roots: [...new Set([home.decl, decl])],
        foundBy: 'reading',
        operation: `<-${normal(home.file, wait)}`,
      };
    },
  },
);

function signalText({ watcher: { home, channels } }: Outliving): string {
  return channels.map((channel) => quoted(home.file, channel)).join(', ');
}

/** What makes the job come again. */
function again({ repeat }: Outliving): Text {
  const job = name(displayName(repeat.at.decl));
  switch (repeat.kind) {
    case 'loop':
      return { en: 'this loop comes round again and again', 'zh-CN': '这个循环会反复执行' };
    case 'handler':
      return { en: `${job} runs for each request`, 'zh-CN': `${job} 会为每个请求运行一次` };
    case 'exported':
      return { en: `${job} may be called again and again`, 'zh-CN': `${job} 可能被反复调用` };
  }
}

function confidence({ watcher: { signals }, own, repeat }: Outliving): Confidence {
  return repeat.kind === 'loop' && own && signals.every(({ isContext }) => !isContext) ? 'certain' : 'likely';
}

/** A second case: that the job's context is done, or that a channel is closed as the job ends. */
function repairs({ watcher, ending, context, own, isUsedUp, repeat }: Outliving): Repair[] {
  const { file, wait, start, func, body } = watcher;
  // Another function does not see what the job has.
  if (body.kind === 'FuncDecl') return [];
  const isInLoop = repeat.kind === 'loop' && repeat.at.node === start;
  if (context) {
    const done = `${context.name}.Done()`;
    const edit = listen(watcher, done);
    if (!edit) return [];
    if (!isUsedUp) return [{ title: { en: `watch ${name(done)} too`, 'zh-CN': `同时关注 ${name(done)}` }, edits: [edit] }];
    if (isInLoop || !startsItsLine(file.text, start.pos) || ending.kind !== 'call' || ending.node.args.length > 0) return [];
    const cancel = `defer ${ending.obj.name}()`;
    return [{ title: { en: `${name(cancel)}, and watch ${name(done)} too`, 'zh-CN': `添加 ${name(cancel)}，并同时关注 ${name(done)}` }, edits: [insertBefore(file, start.pos, [cancel]), edit] }];
  }
  const ended = ['ended', 'finished', 'over'].find((one) => func.body !== null && !contains(func.body, (node) => node.kind === 'Ident' && node.name === one));
  if (!own?.isDeferred || isInLoop || ended === undefined || wait.kind === 'SelectStmt') return [];
  const edit = listen(watcher, ended);
  if (!edit || !startsItsLine(file.text, start.pos)) return [];
  return [{ title: { en: 'end the goroutine with the job', 'zh-CN': '让 goroutine 随任务一起结束' }, edits: [insertBefore(file, start.pos, [`${ended} := make(chan struct{})`, `defer close(${ended})`]), edit] }];
}

/** An edit that adds a case to the wait. */
function listen({ file, wait }: Outliving['watcher'], channel: string): ReturnType<typeof replaceText> | undefined {
  if (wait.kind === 'SelectStmt') return startsItsLine(file.text, wait.end - 1) ? insertBefore(file, wait.end - 1, [`case <-${channel}:`]) : undefined;
  if (!startsItsLine(file.text, wait.pos)) return undefined;
  return replaceText(file, wait.pos, wait.end, ['select {', `case ${textOf(file, wait)}:`, `case <-${channel}:`, '}'].join(`\n${indentOf(file, wait.pos)}`));
}
