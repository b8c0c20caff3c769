import { textOf, walk, type Expr } from '../../go/ast.ts';
import type { Confidence } from '../../finding.ts';
import type { GoPackage } from '../../go/package.ts';
import type { Analysis } from '../analysis.ts';
import { isOfTests } from '../of-tests.ts';
import { calleeOf } from '../obligations/callee.ts';
import { lossReport } from '../obligations/loss-report.ts';
import type { Loss } from '../obligations/loss.ts';
import { rule } from '../rule.ts';

export const unclosedBody = rule<Loss>(
  {
    id: 'unclosed-body',
    case: 'S31',
    title: { en: 'response body not closed', 'zh-CN': '响应体未关闭' },
    why: {
      en: 'Each such response keeps a connection and the two goroutines of net/http that serve it, until the other side hangs up.',
      'zh-CN': '每个这样的响应都会占住一个连接以及 net/http 为它服务的两个 goroutine，直到对端断开。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Clients of other packages, bodies that are handed to code outside of the package, and responses that have no body: the rule is then silent.',
      'zh-CN': '其他包的客户端、交给包外代码的响应体、以及没有响应体的响应：规则看不到，因此保持沉默。',
    },
  },
  {
    *find(analysis) {
      for (const loss of analysis.obligations()) if (loss.obligation.rule === 'unclosed-body' && !hasNoBody(loss) && !(loss.obligation.isLeftToTests && isOfTests(loss.file, loss.decl, analysis.pkg))) yield loss;
    },
    explain: (loss, analysis) =>
      lossReport(
        loss,
        {
          confidence: confidenceOfBody(loss, analysis),
          holds: {
            en: `While the body is neither closed nor read to its end, two goroutines of net/http wait for that, and the connection cannot be used again.`,
            'zh-CN': `只要响应体既没有关闭也没有读完，net/http 的两个 goroutine 就会一直等待，连接也无法复用。`,
          },
          waiters: [],
          withRepairs: true,
        },
        analysis,
      ),
  },
);

/** Responses to HEAD have no body, nor those with status 204 or 304. */
function hasNoBody({ file, decl, lost }: Loss): boolean {
  if (/"HEAD"|\bMethodHead\b|"CONNECT"|\bMethodConnect\b|StatusSwitchingProtocols/u.test(textOf(file, decl))) return true;
  return lost?.decisions.some(({ span, taken }) => {
    const cond = textOf(file, span);
    return typeof taken === 'boolean' && taken !== cond.includes('!=') && /StatusNoContent|StatusNotModified|\b(?:204|304)\b/u.test(cond);
  }) ?? false;
}

/** A time-out of the client or a context of the request ends the wait in the end. */
function confidenceOfBody({ file, decl, call, through, obligation }: Loss, { pkg }: Analysis): Confidence {
  if (obligation.isByType) return 'likely';
  // A decoder that stopped early may still have read all there was.
  if (/\.Body\)/u.test(textOf(file, decl))) return 'likely';
  if (through) return hasTimeOut(pkg) || takesContext(pkg, through) || takesContext(pkg, decl) ? 'likely' : 'certain';
  const callee = calleeOf(pkg, call);
  if (callee?.kind === 'imported' && callee.path.endsWith('/ctxhttp')) return 'likely';
  const isDo = callee?.kind === 'imported' && (callee.name === 'Do' || callee.name === 'RoundTrip');
  if (isDo && (takesContext(pkg, decl) || /\bWithContext\(|WithContext\(/u.test(textOf(file, decl)))) return 'likely';
  const isDefault = call.fun.kind === 'SelectorExpr' && (callee?.kind === 'imported' && !callee.isMethod || isDefaultClient(call.fun.x));
  return isDefault || !(hasTimeOut(pkg) || isGiven(pkg, call.fun)) ? 'certain' : 'likely';
}

/** Whether a client comes from the caller, who may have set its time-out. */
function isGiven(pkg: GoPackage, fun: Expr): boolean {
  const client = fun.kind === 'SelectorExpr' && fun.x.kind === 'Ident' ? pkg.objectOf(fun.x) : undefined;
  return client?.kind === 'var' && client.role === 'param';
}

function isDefaultClient(expr: Expr): boolean {
  return expr.kind === 'SelectorExpr' && expr.sel.name === 'DefaultClient';
}

/** Whether the package sets a time-out of an http.Client anywhere. */
function hasTimeOut(pkg: GoPackage): boolean {
  return pkg.files.some((file) => /\bTimeout\s*[:=]/u.test(file.text));
}

function takesContext(pkg: GoPackage, decl: Loss['decl']): boolean {
  let found = false;
  walk(decl.type, (node) => {
    found ||= node.kind === 'SelectorExpr' && node.sel.name === 'Context' && pkg.infer.typeExpr(node).kind === 'named';
    return !found;
  });
  return found;
}
