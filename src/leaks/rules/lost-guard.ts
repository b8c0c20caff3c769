import type { Parked } from '../../finding.ts';
import { displayName } from '../../go/package.ts';
import type { Text } from '../../words.ts';
import type { Analysis } from '../analysis.ts';
import { waitReason } from '../exits/wait-reason.ts';
import { outermost } from '../locks/summary.ts';
import { locksHere, lockText, parkedAtOp, placeOf } from '../locks/words.ts';
import type { LostGuard } from '../lost-guards/lost-guard.ts';
import type { Place } from '../place.ts';
import { rule, type Explained } from '../rule.ts';
import { isAt } from '../unguarded/is-at.ts';
import { name, normal, place, quoted, startsAsSteps } from '../witness.ts';

/** What kept a goroutine from waiting for good, and is taken away by the change under review. Sources: moby#30223, tailscale af0a1ec7, grpc-go#2625. */
export const lostGuard = rule<LostGuard>(
  {
    id: 'lost-guard',
    case: 'S7',
    title: { en: 'guard that this change takes away', 'zh-CN': '被此次更改移除的防护' },
    why: {
      en: 'Without it a goroutine whose other side has gone waits until the process ends, with everything it holds.',
      'zh-CN': '没有它，对方离开后 goroutine 会一直等到进程结束，其持有的一切也无法释放。',
    },
    confidence: 'likely',
    cannotSee: {
      en: 'Whether the change makes the guard needless: hence likely at most. Only a review can find it, since only there is something to compare with.',
      'zh-CN': '此次更改是否使该防护不再必要，因此最多只报告“可能”。只有审查更改时才能发现，因为需要与之前的代码比较。',
    },
  },
  {
    find: (analysis) => analysis.lostGuards().filter((fact) => !isSaid(analysis, fact)),
    explain(fact, analysis) {
      const anchor = anchorOf(fact);
      return {
        anchor,
        decl: fact.home.decl,
        confidence: 'likely',
        message: messageOf(fact),
        steps: stepsOf(fact, analysis),
        repairs: [],
        yields: fact.kind === 'end' ? 'package' : 'line',
        parked: parkedAt(fact, analysis),
        roots: [fact.home.decl],
        foundBy: 'reading',
        operation: `${fact.kind} ${normal(anchor.file, { kind: 'BadExpr', ...anchor.span })}`.slice(0, 200),
      };
    },
  },
);

/** Whether another rule says more of it at another place. */
function isSaid(analysis: Analysis, fact: LostGuard): boolean {
  switch (fact.kind) {
    case 'room':
      return fact.sends.some((send) => analysis.waits().some((wait) => isAt(wait, send)) || analysis.unguarded().some((one) => one.send.node === send.node));
    case 'exit':
    case 'spin':
    case 'way':
      return analysis.endless().some(({ body }) => body.func === fact.func);
    case 'lock':
      return [...analysis.blocked(), ...analysis.selfWaits()].some(({ event }) => event.site.span.pos === fact.event.site.span.pos && event.site.file === fact.event.site.file);
    case 'choice':
    case 'wake':
    case 'release':
    case 'call':
    case 'drain':
    case 'goroutine':
    case 'end':
    case 'unlock':
      return false;
  }
}

function anchorOf(fact: LostGuard): Place {
  const { file } = fact.home;
  switch (fact.kind) {
    case 'choice':
      return place(file, fact.end.node);
    case 'room':
      return place(file, fact.made);
    case 'exit':
    case 'way':
      return place(file, { pos: fact.select.pos, end: fact.select.pos + 'select'.length });
    case 'spin':
      return place(file, { pos: fact.clause.pos, end: fact.clause.pos + 'case'.length });
    case 'wake':
      return fact.node.kind === 'RangeStmt' ? place(file, { pos: fact.node.pos, end: fact.node.x.end }) : place(file, fact.node);
    case 'release':
      return place(file, fact.obtains);
    case 'lock':
      return placeOf(outermost(fact.event));
    case 'call':
    case 'goroutine':
      return place(file, fact.call);
    case 'drain':
      return place(file, fact.send.node);
    case 'end':
      return place(file, fact.ident);
    case 'unlock':
      return place(file, fact.takes);
  }
}

function messageOf(fact: LostGuard): Text {
  switch (fact.kind) {
    case 'choice': {
      const channel = quoted(fact.end.file, fact.end.channel);
      const isSend = fact.end.kind === 'send';
      return {
        en: `This ${isSend ? 'send' : 'receive'} on ${channel} can wait for ever once the other side has gone: it had ${name(fact.guard)} beside it, which this change takes away.`,
        'zh-CN': `对方离开后，对 ${channel} 的这次${isSend ? '发送' : '接收'}可能永远等待：它原本旁边有 ${name(fact.guard)}，被此次更改移除了。`,
      };
    }
    case 'room': {
      const channel = name(fact.channel);
      return {
        en: `A send on ${channel} can wait for ever: its receiver does not wait in every case, and this change takes away the room that ${channel} had for what comes late.`,
        'zh-CN': `对 ${channel} 的发送可能永远等待：其接收方并非在所有情况下都会等待，而此次更改移除了 ${channel} 为迟到的值预留的缓冲。`,
      };
    }
    case 'exit':
      return {
        en: `Nothing leads out of this loop any more: ${name(fact.guard)} did, and this change takes that away.`,
        'zh-CN': `这个循环再也没有出口：原本的出口 ${name(fact.guard)} 被此次更改移除了。`,
      };
    case 'way':
      return {
        en: `This loop does not end any more where it did: ${name(fact.guard)} led away from it, and this change takes that away.`,
        'zh-CN': `这个循环在原本会结束的情况下不再结束：原本的出口 ${name(fact.guard)} 被此次更改移除了。`,
      };
    case 'spin':
      return {
        en: `Once ${name(fact.guard)} is ready, this loop goes round without a pause: the way out that it had there is taken away by this change.`,
        'zh-CN': `一旦 ${name(fact.guard)} 就绪，这个循环就会不停空转：此处原有的出口被此次更改移除了。`,
      };
    case 'wake': {
      const on = quoted(fact.home.file, fact.on);
      if (fact.misses) {
        const by = name(displayName(fact.misses.decl));
        return {
          en: `This can wait for ever for ${on}: ${name(fact.call)} let it go on, and with this change ${by} can end without it.`,
          'zh-CN': `这里可能永远等待 ${on}：原本由 ${name(fact.call)} 放行，而此次更改之后，${by} 可能不经过它就结束。`,
        };
      }
      return {
        en: `This can wait for ever for ${on}: ${name(fact.call)} let it go on, and with this change no code of the package does that any more.`,
        'zh-CN': `这里可能永远等待 ${on}：原本由 ${name(fact.call)} 放行，而此次更改之后，包内再也没有代码这样做。`,
      };
    }
    case 'unlock': {
      const lock = name(fact.lock);
      return {
        en: `${lock} can stay locked: ${name(fact.call)} let go of it on every way, and with this change the function can end without that. Whoever locks it next then waits for ever.`,
        'zh-CN': `${lock} 可能一直处于锁定状态：原本每条路径都由 ${name(fact.call)} 释放，而此次更改之后函数可能不经过它就结束。之后加锁的一方将永远等待。`,
      };
    }
    case 'end': {
      const thing = name(fact.ident.name);
      return {
        en: `Whoever waits for the end of ${thing} can wait for ever: ${name(fact.call)} told it, and with this change no code of the package does that any more.`,
        'zh-CN': `等待 ${thing} 结束的一方可能永远等待：原本由 ${name(fact.call)} 告知，而此次更改之后，包内再也没有代码这样做。`,
      };
    }
    case 'drain': {
      const channel = quoted(fact.send.file, fact.send.channel);
      return {
        en: `This send on ${channel} can wait for ever once nobody takes from it: ${name(fact.drain)} took all that came, and with this change it does not any more.`,
        'zh-CN': `一旦没有人再从 ${channel} 接收，这次发送就可能永远等待：原本由 ${name(fact.drain)} 接走所有到来的值，而此次更改之后不再如此。`,
      };
    }
    case 'release':
      if (fact.isLeft) {
        return {
          en: `${name(fact.what)} is not let go of on every way any more: ${name(fact.call)} did that, and with this change the function can end without it. What it holds, such as a goroutine or a connection, then stays.`,
          'zh-CN': `${name(fact.what)} 不再在每条路径上被释放：原本由 ${name(fact.call)} 完成，而此次更改之后函数可能不经过它就结束。它持有的 goroutine 或连接等会一直保留。`,
        };
      }
      return {
        en: `${name(fact.what)} is not let go of any more: ${name(fact.call)} did that, and this change takes it away. What it holds, such as a goroutine or a connection, then stays.`,
        'zh-CN': `${name(fact.what)} 不再被释放：原本由 ${name(fact.call)} 完成，而此次更改将其移除。它持有的 goroutine 或连接等会一直保留。`,
      };
    case 'lock': {
      const { event, held } = fact;
      const { file, span } = outermost(event);
      const wait = quoted(file, span);
      const lock = name(lockText(held.origin));
      return {
        en: `${wait} can wait for another goroutine, and with this change it does so with ${lock} held: if the other side needs ${lock} first, both wait for ever.`,
        'zh-CN': `${wait} 可能等待另一个 goroutine，而此次更改使它在持有 ${lock} 时等待：如果对方需要先取得 ${lock}，双方将永远等待。`,
      };
    }
    case 'goroutine': {
      const call = quoted(fact.home.file, fact.call.fun);
      const caller = name(displayName(fact.home.decl));
      return {
        en: `With this change ${caller} waits for ${call}, which ran in a goroutine of its own, and leads to code that may wait, or be the caller's own: if that waits for what ${caller} has yet to do, or for a lock that is held here, both wait for ever.`,
        'zh-CN': `此次更改使 ${caller} 等待 ${call}；它此前在自己的 goroutine 中运行，并会进入可能等待、或由调用方提供的代码：如果那段代码在等 ${caller} 尚未完成的事，或等这里持有的锁，双方将永远等待。`,
      };
    }
    case 'call': {
      const call = quoted(fact.home.file, fact.call.fun);
      const lock = name(typeof fact.under === 'string' ? fact.under : lockText(fact.under.origin));
      return {
        en: `With this change ${call} is called with ${lock} held, and it leads to code that may wait, or be the caller's own: if that comes to need ${lock}, or waits for who does, both wait for ever.`,
        'zh-CN': `此次更改使 ${call} 在持有 ${lock} 时被调用，而它会进入可能等待、或由调用方提供的代码：如果那段代码需要 ${lock}，或在等待需要它的一方，双方将永远等待。`,
      };
    }
  }
}

function stepsOf(fact: LostGuard, { pkg }: Analysis): Explained[] {
  const anchor = anchorOf(fact);
  switch (fact.kind) {
    case 'choice':
      return [...startsAsSteps(pkg, fact.end.func).slice(0, 1), { at: anchor, says: { en: `here ${name(fact.guard)} was the other way out`, 'zh-CN': `这里原本的另一条出路是 ${name(fact.guard)}` } }];
    case 'room':
      return [
        { at: anchor, says: { en: 'the channel is made without the room it had', 'zh-CN': 'channel 在创建时不再有原来的缓冲' } },
        { at: place(fact.leaves.file, fact.leaves.node), says: { en: `${name(displayName(fact.leaves.decl))} receives here, in a select that it may leave otherwise`, 'zh-CN': `${name(displayName(fact.leaves.decl))} 在这里的 select 中接收，也可能从其他分支离开` } },
        ...fact.sends.slice(0, 3).map((send): Explained => ({ at: place(send.file, send.node), says: { en: 'this send then waits for good', 'zh-CN': '此后这次发送会永远等待' } })),
      ];
    case 'exit':
      return [...startsAsSteps(pkg, fact.func).slice(0, 1), { at: anchor, says: { en: 'none of the cases leads away from here', 'zh-CN': '没有任何分支会离开这里' } }];
    case 'way':
      return [...startsAsSteps(pkg, fact.func).slice(0, 1), { at: anchor, says: { en: `${name(fact.guard)} led away from here`, 'zh-CN': `原本 ${name(fact.guard)} 会离开这里` } }];
    case 'spin':
      return [...startsAsSteps(pkg, fact.func).slice(0, 1), { at: anchor, says: { en: 'this case led away from the loop before', 'zh-CN': '此前这个分支会离开循环' } }];
    case 'wake':
      return [...startsAsSteps(pkg, fact.func).slice(0, 1), { at: anchor, says: { en: `${name(fact.call)} let this go on`, 'zh-CN': `原本由 ${name(fact.call)} 放行` } }];
    case 'unlock':
      return [{ at: anchor, says: { en: `${name(fact.lock)} is locked here, as before`, 'zh-CN': `${name(fact.lock)} 仍在这里加锁` } }];
    case 'end':
      return [{ at: anchor, says: { en: `${name(fact.ident.name)} is not ended by ${name(displayName(fact.home.decl))} any more`, 'zh-CN': `${name(displayName(fact.home.decl))} 不再结束 ${name(fact.ident.name)}` } }];
    case 'drain':
      return [...startsAsSteps(pkg, fact.send.func).slice(0, 1), { at: anchor, says: { en: 'this send then waits for good', 'zh-CN': '此后这次发送会永远等待' } }];
    case 'release':
      return [
        { at: anchor, says: { en: `${name(fact.what)} is obtained here, as before`, 'zh-CN': `${name(fact.what)} 仍在这里获得` } },
        ...fact.ways.slice(0, 3).map((way): Explained => ({ at: place(fact.home.file, way), says: { en: `this way ends without ${name(fact.call)}`, 'zh-CN': `这条路径结束时没有 ${name(fact.call)}` } })),
      ];
    case 'lock':
      return [
        ...startsAsSteps(pkg, outermost(fact.event).func).slice(0, 1),
        locksHere(fact.held.origin, fact.held.mode),
        { at: anchor, says: { en: 'this was done without it before', 'zh-CN': '此前这一步不持有该锁' } },
        ...fact.event.calls.slice(0, 1).map((): Explained => ({ at: placeOf(fact.event.site), says: { en: 'and comes to wait here', 'zh-CN': '并会在这里等待' } })),
      ];
    case 'goroutine':
      return [{ at: anchor, says: { en: 'this was started as a goroutine before', 'zh-CN': '此前这里启动的是一个 goroutine' } }];
    case 'call':
      return [...(typeof fact.under === 'string' ? [] : [locksHere(fact.under.origin, fact.under.mode)]), { at: anchor, says: { en: 'this was called without it before', 'zh-CN': '此前调用它时不持有该锁' } }];
  }
}

/** The runtime's words for those whom such a call wakes. */
const wakeReasons: Readonly<Record<Extract<LostGuard, { kind: 'wake' }>['how'], string>> = { close: 'chan receive', Done: 'sync.WaitGroup.Wait', Signal: 'sync.Cond.Wait' };

function parkedAt(fact: LostGuard, analysis: Analysis): Parked | null {
  switch (fact.kind) {
    case 'choice':
      return { function: analysis.runtimeName(fact.end.decl, fact.end.func), waitReason: fact.end.kind === 'send' ? 'chan send' : 'chan receive' };
    case 'room': {
      const send = fact.sends[0] ?? { decl: fact.home.decl, func: fact.home.decl };
      return { function: analysis.runtimeName(send.decl, send.func), waitReason: 'chan send' };
    }
    case 'exit':
    case 'way':
      return { function: analysis.runtimeName(fact.home.decl, fact.func), waitReason: waitReason({ kind: 'select', node: fact.select }) };
    case 'drain':
      return { function: analysis.runtimeName(fact.send.decl, fact.send.func), waitReason: 'chan send' };
    case 'wake':
      return { function: analysis.runtimeName(fact.home.decl, fact.func), waitReason: wakeReasons[fact.how] };
    case 'spin':
    case 'release':
    case 'call':
    case 'goroutine':
    case 'end':
    case 'unlock':
      return null;
    case 'lock':
      return parkedAtOp(analysis, fact.event.site, fact.event.what.op);
  }
}
