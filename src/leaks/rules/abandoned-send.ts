import { walk, type CallExpr, type FuncDecl, type Node } from '../../go/ast.ts';
import { madeHere, type Analysis, type Wait } from '../analysis.ts';
import { isSelf, witnessOf } from '../blocked.ts';
import { replaceText } from '../edit.ts';
import type { Code, Instr } from '../machine/code.ts';
import type { Site } from '../machine/value.ts';
import { rule, type Repair } from '../rule.ts';
import { confidenceOfLeft, normal, place, quoted } from '../witness.ts';

/** A send that waits for good on a channel of this package. */
interface AbandonedSend {
  readonly wait: Wait;
  readonly code: Code;
  readonly send: Extract<Instr, { op: 'send' }>;
  readonly site: Site & { readonly expr: CallExpr };
  readonly capacity: number;
}

export const abandonedSend = rule<AbandonedSend>(
  {
    id: 'abandoned-send',
    case: 'Case 1',
    title: { en: 'abandoned send', 'zh-CN': '被遗弃的发送' },
    why: {
      en: 'The goroutine, and everything it holds, stays until the process ends.',
      'zh-CN': '该 goroutine 及其持有的一切会一直保留到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Receivers in code the channel is handed to outside of the package: the rule is then silent.',
      'zh-CN': '如果 channel 被交给包外的代码，规则看不到那里的接收方，因此保持沉默。',
    },
  },
  {
    *find(analysis) {
      for (const wait of analysis.waits()) {
        const { step } = wait.stuck;
        if (step.kind !== 'instr' || step.instr.op !== 'send' || !madeHere(wait.on)) continue;
        const { site } = wait.on;
        if (site.expr?.kind !== 'CallExpr') continue;
        yield { wait, code: step.frame.code, send: step.instr, site: { ...site, expr: site.expr }, capacity: wait.on.cap };
      }
    },
    explain({ wait, code, send, site, capacity }, analysis) {
      const { file } = code;
      const channel = quoted(file, send.expr);
      const at = place(file, { pos: send.pos, end: send.expr.end });
      const { way, steps } = witnessOf(analysis, wait, at, { en: `the send on ${channel} then waits for ever`, 'zh-CN': `此后对 ${channel} 的发送将永远等待` });
      const room = capacity === 0 ? { en: `${channel} is unbuffered`, 'zh-CN': `${channel} 没有缓冲` } : { en: `the buffer of ${channel} is full`, 'zh-CN': `${channel} 的缓冲已满` };
      return {
        anchor: at,
        decl: code.decl,
        confidence: confidenceOfLeft(analysis, wait),
        message: isSelf(wait)
          ? {
              en: `This send on ${channel} waits for ever: ${room.en}, and no goroutine that could receive from it is left.`,
              'zh-CN': `对 ${channel} 的这次发送会永远等待：${room['zh-CN']}，而且已没有能从中接收的 goroutine。`,
            }
          : {
              en: `This goroutine can block for ever sending on ${channel}: ${room.en}, and ${way ? `once ${way.short.en} nobody receives from it any more` : 'no goroutine that could receive from it is left'}.`,
              'zh-CN': `这个 goroutine 可能永远阻塞在向 ${channel} 发送上：${room['zh-CN']}，${way ? `一旦${way.short['zh-CN']}，就再也没有人从中接收` : '而且已没有能从中接收的 goroutine'}。`,
            },
        steps,
        repairs: isSelf(wait) ? [] : buffers(analysis, { wait, code, send, site, capacity }),
        parked: { function: code.name, waitReason: 'chan send' },
        roots: wait.roots,
        foundBy: 'walk',
        operation: `${normal(file, send.expr)}<-`,
        cause: `send ${site.code.file.path}:${site.pos}`,
      };
    },
  },
);

/**
 * More room in the channel, where the goroutine has nothing left to do after its send: then nobody can tell the difference.
 * Conditions after GFix's strategy I (ASPLOS 2021, section 4.2).
 */
function buffers(analysis: Analysis, { code, send, site, capacity }: AbandonedSend): Repair[] {
  if (!endsWithSend(code, send) || measuresRoom(site.code.decl)) return [];
  const { file } = site.code;
  const [type] = site.expr.args;
  if (!type) return [];
  const to = (size: string): Repair => ({
    title: {
      en: `give the channel room for ${size === '1' ? 'the value' : `all of them: ${size}`}, so that the send never waits`,
      'zh-CN': `为 channel 预留${size === '1' ? '一个值' : `全部（${size}）`}的缓冲，使发送不再等待`,
    },
    edits: [replaceText(file, site.expr.pos, site.expr.end, `make(${file.text.slice(type.pos, type.end)}, ${size})`)],
  });
  const bound = spawnLoopBound(analysis, code, send);
  return [...(bound === null ? [] : [to(bound)]), ...[1, 2, 3].filter((n) => n > capacity).map((n) => to(String(n)))];
}

/** Nothing but returns and releases of a WaitGroup follow the send. */
function endsWithSend(code: Code, send: Instr): boolean {
  const seen = new Set<number>();
  const work = [code.instrs.indexOf(send) + 1];
  for (let at = work.pop(); at !== undefined; at = work.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const instr = code.instrs[at];
    if (!instr) continue;
    if (instr.op === 'jump') work.push(instr.to);
    else if (instr.op === 'branch') work.push(instr.then, instr.else);
    else if (instr.op === 'fork') work.push(...instr.to);
    else if (instr.op === 'move' || instr.op === 'nil' || instr.op === 'loadCell' || instr.op === 'unknown' || instr.op === 'bool' || instr.op === 'int') work.push(at + 1);
    else if (instr.op !== 'return') return false;
  }
  return true;
}

/** `len(ch)` and `cap(ch)` would tell the difference. */
function measuresRoom(decl: FuncDecl): boolean {
  let found = false;
  walk(decl, (node) => {
    if (node.kind === 'CallExpr' && node.fun.kind === 'Ident' && node.fun.name === 'cap') found = true;
    return !found;
  });
  return found;
}

/** Where the sender is started once per turn of a loop over something with a length: that length, as text. */
function spawnLoopBound(analysis: Analysis, code: Code, send: Instr): string | null {
  const { file } = code;
  let bound: string | null = null;
  const isAround = (node: Node): boolean => node.pos <= send.pos && node.end >= send.pos;
  walk(code.decl, (node) => {
    if (!isAround(node)) return false;
    if (node.kind === 'RangeStmt') {
      const type = analysis.pkg.infer.underlying(analysis.pkg.typeOf(node.x));
      const text = file.text.slice(node.x.pos, node.x.end);
      if (/^[\w.]+$/u.test(text)) bound = type.kind === 'slice' || type.kind === 'array' || type.kind === 'map' ? `len(${text})` : type.kind === 'basic' && type.name.includes('int') ? text : null;
    }
    if (node.kind === 'ForStmt') bound = node.cond?.kind === 'BinaryExpr' && node.cond.op === '<' && /^[\w.]+$|^len\([\w.]+\)$/u.test(file.text.slice(node.cond.y.pos, node.cond.y.end)) ? file.text.slice(node.cond.y.pos, node.cond.y.end) : null;
    return undefined;
  });
  return bound;
}
