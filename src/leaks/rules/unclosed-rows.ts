import type { Confidence } from '../../finding.ts';
import type { GoPackage } from '../../go/package.ts';
import type { Text } from '../../words.ts';
import { isBackground } from '../is-background.ts';
import { calleeOf } from '../obligations/callee.ts';
import { lossReport } from '../obligations/loss-report.ts';
import type { Loss } from '../obligations/loss.ts';
import type { Obligation } from '../obligations/obligation.ts';
import { rule } from '../rule.ts';

export const unclosedRows = rule<Loss>(
  {
    id: 'unclosed-rows',
    case: 'S32',
    title: { en: 'query result or transaction left open', 'zh-CN': '查询结果或事务未关闭' },
    why: {
      en: 'The connection stays taken; once the pool is empty, every goroutine that asks the database for one waits for ever.',
      'zh-CN': '连接会一直被占用；一旦连接池耗尽，所有向数据库要连接的 goroutine 都会永远等待。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Other database packages, and rows that are handed to code outside of the package: the rule is then silent.',
      'zh-CN': '其他数据库包，以及交给包外代码的 rows：规则看不到，因此保持沉默。',
    },
  },
  {
    *find(analysis) {
      for (const loss of analysis.obligations()) if (loss.obligation.rule === 'unclosed-rows') yield loss;
    },
    explain: (loss, analysis) => lossReport(loss, { confidence: confidenceOfRows(loss, analysis.pkg), holds: holds(loss), waiters: [], withRepairs: true }, analysis),
  },
);

function holds({ obligation }: Loss): Text {
  if (isBolts(obligation)) {
    return {
      en: 'Until then it keeps the locks of its database: the next transaction that writes, and `DB.Close`, wait for ever.',
      'zh-CN': '在此之前它会一直持有数据库的锁：下一个写事务以及 `DB.Close` 会永远等待。',
    };
  }
  if (obligation.carrier.startsWith('github.com/jackc/')) {
    return {
      en: 'Until then its connection is not given back, and goroutines that need one from a full pool wait in `Pool.Acquire`.',
      'zh-CN': '在此之前它的连接不会归还，连接池满时需要连接的 goroutine 会一直等在 `Pool.Acquire`。',
    };
  }
  return obligation.carrier.endsWith('.Tx')
    ? {
        en: 'A transaction that is neither committed nor rolled back keeps its connection and a goroutine (`awaitDone`) that waits for its end.',
        'zh-CN': '既未提交也未回滚的事务会占住它的连接，以及一个等待它结束的 goroutine（`awaitDone`）。',
      }
    : {
        en: 'Until then its connection is not given back, and goroutines that need one from a full pool wait in `DB.conn`.',
        'zh-CN': '在此之前它的连接不会归还，连接池满时需要连接的 goroutine 会一直等在 `DB.conn`。',
      };
}

/** Transactions of bolt know no context. */
function isBolts({ carrier }: Obligation): boolean {
  return carrier === 'go.etcd.io/bbolt.Tx';
}

/** Calls whose result no context ends. */
const withoutContext: ReadonlySet<string> = new Set([
  ...['DB.Query', 'DB.Begin', 'Stmt.Query'].map((name) => `database/sql.${name}`),
  ...['Query', 'Queryx', 'NamedQuery', 'Begin', 'Beginx'].map((name) => `github.com/jmoiron/sqlx.DB.${name}`),
]);

/** A context that ends gives everything back. */
function confidenceOfRows({ call, obligation }: Loss, pkg: GoPackage): Confidence {
  const callee = calleeOf(pkg, call);
  if (callee?.kind !== 'imported') return 'likely';
  return isBolts(obligation) || withoutContext.has(callee.key) || isBackground(pkg, call.args[0]) ? 'certain' : 'likely';
}
