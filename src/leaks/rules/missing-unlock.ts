import { lineAt, type Expr, type ReturnStmt } from '../../go/ast.ts';
import type { Edit } from '../../finding.ts';
import type { Analysis } from '../analysis.ts';
import { insertBefore } from '../edit.ts';
import type { Exit } from '../locks/summary.ts';
import { isOfLifecycle } from '../lifecycle.ts';
import { isBehindRareFailure } from '../rare-failure.ts';
import { unreleasedOf, type Unreleased } from '../locks/unreleased.ts';
import { functionName, isGuessedLock, isTest, locksHere, lockText, parkedAt, placeOf } from '../locks/words.ts';
import { rule, type Explained, type Repair } from '../rule.ts';
import { name, normal, place, startsAsSteps } from '../witness.ts';

export const missingUnlock = rule<Unreleased>(
  {
    id: 'missing-unlock',
    case: 'S45',
    title: { en: 'lock never released', 'zh-CN': '锁未释放' },
    why: {
      en: 'Whoever locks it next waits until the process ends, and so does everyone after.',
      'zh-CN': '下一个加锁者会一直等到进程结束，其后的所有人也一样。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Who unlocks what a function leaves locked on purpose in another package, or through a copy of the lock: the rule is then silent.',
      'zh-CN': '如果函数有意保持加锁，由其他包或通过锁的副本解锁，规则看不到，因此保持沉默。',
    },
  },
  {
    *find(analysis) {
      for (const one of unreleasedOf(analysis.locks())) if (analysis.concerns(one.held.site)) yield one;
    },
    explain(fact, analysis) {
      const { held, exits, isMixed, isSure } = fact;
      const { site } = held;
      const lock = name(lockText(held.origin));
      const fn = functionName(site);
      const waits = waiter(analysis, fact);
      return {
        anchor: placeOf(site),
        decl: site.decl,
        // What fails to bring something up mostly ends the program.
        confidence: isSure && !isTest(site) && !isGuessedLock(held.lock) && !(isMixed && isOfLifecycle(analysis.pkg, site.decl)) && !exits.every(({ at }) => isBehindRareFailure(analysis.pkg, fact.func, at)) ? 'certain' : 'likely',
        message: isMixed
          ? {
              en: `${fn} can return with ${lock} still locked: other ways through it unlock, ${exits.length === 1 ? 'one does not' : `${exits.length} do not`}. Whoever locks it next waits for ever.`,
              'zh-CN': `${fn} 可能在 ${lock} 仍被锁住时返回：其他路径会解锁，而有 ${exits.length} 条路径没有。下一个加锁者会永远等待。`,
            }
          : {
              en: `${fn} returns with ${lock} still locked, and no code of the package unlocks it afterwards. Whoever locks it next waits for ever.`,
              'zh-CN': `${fn} 返回时 ${lock} 仍被锁住，此后包内没有任何代码解锁它。下一个加锁者会永远等待。`,
            },
        steps: [
          ...startsAsSteps(analysis.pkg, fact.func),
          locksHere(held.origin, held.mode),
          ...exits.slice(0, 3).map((exit) => exitStep(fact, exit, lock)),
          ...(waits ? [waits.step] : []),
        ],
        repairs: repairs(fact),
        parked: waits?.parked ?? parkedAt(analysis, site, held.lock, held.mode),
        roots: [site.decl],
        foundBy: 'reading',
        operation: `${normal(site.file, { kind: 'BadExpr', ...site.span })} not released`,
      };
    },
  },
);

function exitStep({ held }: Unreleased, exit: Exit, lock: string): Explained {
  const at = place(held.site.file, exit.at);
  return exit.stmt ? { at, says: { en: `it returns here with ${lock} locked`, 'zh-CN': `在这里返回时 ${lock} 仍被锁住` } } : { at, says: { en: `it ends here with ${lock} locked`, 'zh-CN': `在这里结束时 ${lock} 仍被锁住` } };
}

/** Some code that takes the same lock: where a goroutine would wait. */
function waiter(analysis: Analysis, { held }: Unreleased): { step: Explained; parked: ReturnType<typeof parkedAt> } | undefined {
  for (const { summary } of analysis.locks().functions()) {
    for (const { what, site, calls } of summary.events) {
      if (what.kind !== 'acquire' || calls.length > 0 || what.lock.key !== held.lock.key || site.func === held.site.func || site.decl.name.name === 'init' || (held.mode === 'read' && what.mode === 'read')) continue;
      const lock = name(lockText(site));
      return {
        step: { at: placeOf(site), says: { en: `${functionName(site)} then waits here for ${lock}, for ever`, 'zh-CN': `此后 ${functionName(site)} 会在这里永远等待 ${lock}` } },
        parked: parkedAt(analysis, site, what.lock, what.mode),
      };
    }
  }
  return undefined;
}

/** An unlock before each return that lacks one; not where what is returned is read under the lock, nor where ways with and without it meet. */
function repairs({ held, exits, shared, isMixed }: Unreleased): Repair[] {
  const { site, origin } = held;
  if (!isMixed || site !== origin) return [];
  const unlock = `${lockText(site)}.${held.mode === 'read' ? 'RUnlock' : 'Unlock'}()`;
  const edits: Edit[] = [];
  for (const { stmt } of exits) {
    if (!stmt || shared.has(stmt.pos) || !stmt.results.every(isPlain) || !standsAlone(site.file.text, site.file.lineStarts[lineAt(site.file, stmt.pos) - 1] ?? 0, stmt)) return [];
    edits.push(insertBefore(site.file, stmt.pos, [unlock]));
  }
  return [{ title: { en: `unlock ${name(lockText(site))} before returning`, 'zh-CN': `返回前解锁 ${name(lockText(site))}` }, edits }];
}

function standsAlone(text: string, lineStart: number, stmt: ReturnStmt): boolean {
  return text.slice(lineStart, stmt.pos).trim() === '';
}

/** Whether reading a value needs no lock: constants, variables, new errors. */
function isPlain(expr: Expr): boolean {
  switch (expr.kind) {
    case 'Ident':
    case 'BasicLit':
      return true;
    case 'SelectorExpr':
      return expr.x.kind === 'Ident' && /^\p{Lu}/u.test(expr.sel.name);
    case 'CompositeLit':
      return expr.elts.length === 0;
    case 'CallExpr':
      return expr.fun.kind === 'SelectorExpr' && /^(?:New|Errorf|Error|Wrapf?)$/u.test(expr.fun.sel.name) && expr.args.every(isPlain);
    case 'UnaryExpr':
      return expr.op !== '<-' && isPlain(expr.x);
    default:
      return false;
  }
}

