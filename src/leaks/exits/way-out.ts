import { textOf, type CallExpr, type Expr, type SelectorExpr, type Stmt } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import type { Edit } from '../../finding.ts';
import { indentOf, insertBefore, replaceText } from '../edit.ts';
import { orReturn, selectLines, startsItsLine } from '../or-return.ts';
import type { Repair } from '../rule.ts';
import { name } from '../witness.ts';
import type { EndlessGoroutine, Evidence } from './exits.ts';

/** Repairs that let a goroutine end where it is told to: by what the evidence shows to be within its reach. */
export function waysOut(pkg: GoPackage, endless: EndlessGoroutine): Repair[] {
  const found: Repair[] = [];
  for (const evidence of endless.evidence) {
    const signal = reach(pkg, endless, evidence);
    const edit = signal === undefined ? undefined : listen(endless, signal);
    if (signal !== undefined && edit) found.push({ title: { en: `return once ${name(signal)} says so`, 'zh-CN': `收到 ${name(signal)} 的通知后返回` }, edits: [edit] });
  }
  return found;
}

/** The receive that tells the goroutine to end, as it writes it. */
function reach(pkg: GoPackage, { body }: EndlessGoroutine, evidence: Evidence): string | undefined {
  switch (evidence.kind) {
    case 'context':
      return evidence.isContext ? `<-${evidence.obj.name}.Done()` : `<-${evidence.obj.name}`;
    case 'request':
      return `<-${evidence.request.name}.Context().Done()`;
    case 'deaf':
    case 'owner': {
      const own = receiverOf(pkg, body.decl, evidence.ending.typeName);
      if (own === undefined) return undefined;
      const closed = evidence.kind === 'deaf' ? evidence.signal : evidence.ending.signals.find(({ how }) => how === 'close');
      if (closed?.how === 'close' && typeof closed.thing === 'string') {
        const [owner, field] = closed.thing.split('.');
        return owner === evidence.ending.typeName ? `<-${own}.${field ?? ''}` : undefined;
      }
      if (evidence.kind === 'owner' || evidence.sibling.expr.kind !== 'CallExpr') return undefined;
      return renamed(pkg, evidence.sibling.expr, evidence.sibling, evidence.ending.typeName, own);
    }
    default:
      return undefined;
  }
}

/** The receiver's name of a method of a type. */
function receiverOf(pkg: GoPackage, decl: EndlessGoroutine['body']['decl'], typeName: string): string | undefined {
  const ident = decl.recv?.names[0];
  return decl.recv && ident && ident.name !== '_' && decl.owner === typeName && pkg.objectOf(ident) ? ident.name : undefined;
}

/** `x.ctx.Done()` of a sibling method, with this method's receiver. */
function renamed(pkg: GoPackage, expr: CallExpr, sibling: { readonly file: EndlessGoroutine['body']['file']; readonly decl: EndlessGoroutine['body']['decl'] }, typeName: string, own: string): string | undefined {
  const theirs = receiverOf(pkg, sibling.decl, typeName);
  const context = expr.fun.kind === 'SelectorExpr' ? expr.fun.x : undefined;
  if (theirs === undefined || context?.kind !== 'SelectorExpr' || context.x.kind !== 'Ident' || context.x.name !== theirs) return undefined;
  return `<-${own}${textOf(sibling.file, expr).slice(theirs.length)}`;
}

/** The one edit that makes the loop listen to a receive, where its shape allows one. */
function listen({ body, loop: { loop } }: EndlessGoroutine, receive: string): Edit | undefined {
  const { file, func } = body;
  if (func.type.results.length > 0) return undefined;
  if (loop.kind === 'RangeStmt') {
    if (loop.key !== null && !(loop.key.kind === 'Ident' && loop.key.name === '_')) return undefined;
    const indent = `${indentOf(file, loop.pos)}\t`;
    return replaceText(file, loop.pos, loop.body.pos + 1, ['for {', ...selectLines(`<-${textOf(file, loop.x)}`, receive).map((line) => indent + line)].join('\n'));
  }
  for (const stmt of loop.body.list) {
    if (stmt.kind === 'SelectStmt') return startsItsLine(file.text, stmt.end - 1) ? insertBefore(file, stmt.end - 1, [`case ${receive}:`, '\treturn']) : undefined;
    const waits = waitOf(stmt, file.text);
    const edit = waits === undefined ? undefined : orReturn(file, stmt, waits, receive);
    if (edit) return edit;
  }
  return undefined;
}

/** What a statement that only waits waits for, as a receive. */
function waitOf(stmt: Stmt, text: string): string | undefined {
  if (stmt.kind !== 'ExprStmt') return undefined;
  const { x } = stmt;
  if (x.kind === 'UnaryExpr' && x.op === '<-') return text.slice(x.pos, x.end);
  if (x.kind !== 'CallExpr' || !isSleep(x.fun) || !x.args[0]) return undefined;
  return `<-time.After(${text.slice(x.args[0].pos, x.args[0].end)})`;
}

function isSleep(fun: Expr): fun is SelectorExpr {
  return fun.kind === 'SelectorExpr' && fun.sel.name === 'Sleep' && fun.x.kind === 'Ident' && fun.x.name === 'time';
}
