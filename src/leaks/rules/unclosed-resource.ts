import { childrenOf, contains, isNil, nameOf, walk, type Node } from '../../go/ast.ts';
import type { Confidence } from '../../finding.ts';
import type { GoPackage } from '../../go/package.ts';
import type { VarObj } from '../../go/scope.ts';
import type { Analysis } from '../analysis.ts';
import { bringsUp } from '../lifecycle.ts';
import { lossReport } from '../obligations/loss-report.ts';
import type { Loss } from '../obligations/loss.ts';
import type { Obligation } from '../obligations/obligation.ts';
import { rule, type Explained } from '../rule.ts';
import { name } from '../witness.ts';

export const unclosedResource = rule<Loss>(
  {
    id: 'unclosed-resource',
    case: 'S29',
    title: { en: 'owner of goroutines not closed', 'zh-CN': '持有 goroutine 的对象未关闭' },
    why: {
      en: 'Its goroutines run on behind it, and stay with all that they hold until the process ends.',
      'zh-CN': '它背后的 goroutine 会继续运行，连同其持有的一切一直保留到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Constructors of other packages that are not in the table, unless the package itself ends such an object elsewhere, and objects that are handed to code outside of the package: the rule is then silent.',
      'zh-CN': '不在表中的其他包的构造函数（除非包内在别处会结束这样的对象），以及交给包外代码的对象：规则看不到，因此保持沉默。',
    },
  },
  {
    *find(analysis) {
      for (const loss of analysis.obligations()) if (loss.obligation.rule === 'unclosed-resource' && !isSeenToWait(loss, analysis)) yield loss;
    },
    explain(loss, analysis) {
      const { obligation } = loss;
      const owner = obligation.parked ? name(obligation.parked.function) : null;
      const confidence = confidenceOfResource(loss, analysis.pkg);
      return lossReport(
        loss,
        {
          confidence,
          holds: obligation.guessed === 'lock'
            ? { en: 'Whoever wants that lock next waits for ever.', 'zh-CN': '下一个想要这把锁的一方会永远等待。' }
            : obligation.guessed === 'transaction'
            ? { en: 'Until then it may keep the locks of its database, or one of its connections, for which others wait.', 'zh-CN': '在此之前它可能一直占着数据库的锁或连接，让其他人等待。' }
            : owner === null
            ? { en: 'On other ways the package ends it; goroutines that it may have in the background go on here.', 'zh-CN': '包内在其他路径上会结束它；在这里，它可能在后台持有的 goroutine 会继续运行。' }
            : { en: `It owns goroutines, such as ${owner}, which only that ends.`, 'zh-CN': `它持有 goroutine（如 ${owner}），只有这样才能结束它们。` },
          waiters: waitersOf(obligation),
          // Who got it may go on with it.
          withRepairs: confidence === 'certain' || (obligation.behind !== undefined && !loss.ending && !isKeptAlive(loss, analysis.pkg)),
        },
        analysis,
      );
    },
  },
);

/** Where the goroutine of one of the package's own things is started, and waits. */
function waitersOf({ behind }: Obligation): Explained[] {
  if (!behind) return [];
  return [
    { at: behind.starts, says: { en: 'its goroutine is started here', 'zh-CN': '它的 goroutine 在这里启动' } },
    { at: behind.waits, says: { en: 'and goes on waiting here', 'zh-CN': '并一直等在这里' } },
  ];
}

/** Whether a walk has seen the goroutine behind it wait for good, which says more. */
function isSeenToWait({ obligation: { behind }, decl }: Loss, analysis: Analysis): boolean {
  return behind !== undefined && analysis.waits().some(({ pos, roots, stuck }) => stuck.step.frame.code.file === behind.waits.file && behind.waits.span.pos <= pos && pos < behind.waits.span.end && roots.includes(decl));
}

/** What outlives the function in the hands of a goroutine, a callback or a client, and nothing ever closes, may be meant to live as long as the process. */
function confidenceOfResource(loss: Loss, pkg: GoPackage): Confidence {
  // What of the package's own things is meant to live as long as the process, nothing says.
  if (loss.obligation.behind || loss.obligation.guessed || loss.ending || isFailedStart(loss)) return 'likely';
  return loss.releasedElsewhere || loss.escapesElsewhere || !isKeptAlive(loss, pkg) ? 'certain' : 'likely';
}

/** Whether something that the function leaves behind may go on with the thing. */
function isKeptAlive(loss: Loss, pkg: GoPackage): boolean {
  return isCaptured(loss, pkg) || isLentOn(loss, pkg);
}

/** `NewServer` or `OpenDB` returns an error: whoever cannot make what it needs mostly does not start at all, and what was left open ends with the process. */
function isFailedStart({ decl, func, lost, releasedElsewhere }: Loss): boolean {
  if (func !== decl || releasedElsewhere || !bringsUp.test(decl.name.name) || lost?.at?.kind !== 'ReturnStmt') return false;
  const { results } = lost.at;
  return results.length > 1 && !isNil(results.at(-1));
}

/**
 * `return pb.NewEventsClient(conn), nil`, or `client = &Client{events: pb.NewEventsClient(conn)}`: what uses the thing is handed on, though it
 * cannot close it. A way that ends without handing it on has lost the thing all the same.
 */
function isLentOn({ func, variable, lost, obligation: { borrowed } }: Loss, pkg: GoPackage): boolean {
  const { body } = func;
  if (body === null) return false;
  const varOf = (node: Node): VarObj | undefined => {
    const obj = node.kind === 'Ident' ? pkg.objectOf(node) : undefined;
    return obj?.kind === 'var' ? obj : undefined;
  };
  const borrows = (node: Node): boolean => node.kind === 'CallExpr' && (borrowed.names?.test(nameOf(node.fun) ?? '') ?? false) && node.args.some((arg) => variable !== null && varOf(arg) === variable);
  const borrowers = new Set<VarObj>();
  // Not where a method is called on it: `return pb.NewEventsClient(conn).List()`.
  const isGiven = (node: Node): boolean => {
    const obj = varOf(node);
    if (borrows(node) || (obj && borrowers.has(obj))) return true;
    if (node.kind === 'CallExpr') return node.args.some(isGiven);
    return (node.kind === 'UnaryExpr' || node.kind === 'CompositeLit' || node.kind === 'KeyValueExpr') && childrenOf(node).some(isGiven);
  };
  // `client := pb.NewEventsClient(conn)`, and then `events := &Events{client: client}`.
  walk(body, (node) => {
    const [target] = node.kind === 'AssignStmt' && node.rhs.some((value) => isGiven(value) && isMade(value)) ? node.lhs : [];
    const obj = target && varOf(target);
    if (obj) borrowers.add(obj);
    return undefined;
  });
  const isLasting = (target: Node): boolean => target.kind !== 'Ident' || varOf(target)?.role === 'package';
  if (lost?.at?.kind === 'ReturnStmt' && lost.at.results.some(isGiven)) return true;
  return contains(body, (node) => node.kind === 'AssignStmt' && node.lhs.some(isLasting) && node.rhs.some(isGiven));
}

/** Whether an expression makes an object, so that what it is given lives on in that. */
function isMade(expr: Node): boolean {
  return expr.kind !== 'CallExpr' || /^(?:New|new|Make|make|Wrap|wrap)(?!\p{Ll})/u.test(nameOf(expr.fun) ?? '');
}

function isCaptured({ func, variable }: Loss, pkg: GoPackage): boolean {
  const look = (node: Node, inside: boolean): boolean => {
    if (inside && node.kind === 'Ident' && pkg.objectOf(node) === variable) return true;
    return childrenOf(node).some((child) => look(child, inside || node.kind === 'FuncLit' || node.kind === 'GoStmt'));
  };
  return func.body !== null && look(func.body, false);
}
