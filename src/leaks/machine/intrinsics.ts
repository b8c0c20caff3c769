import type { CallExpr } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import type { Intrinsic } from './code.ts';

/** Functions of other packages that the machine carries out itself, by `import path.Function`. */
const functions: ReadonlyMap<string, Intrinsic> = new Map<string, Intrinsic>([
  ['context.Background', 'Background'],
  ['context.TODO', 'Background'],
  ['context.WithoutCancel', 'WithoutCancel'],
  ['context.WithValue', 'WithValue'],
  ['context.WithCancel', 'WithCancel'],
  ['context.WithCancelCause', 'WithCancel'],
  ['context.WithTimeout', 'WithTimeout'],
  ['context.WithDeadline', 'WithTimeout'],
  ['context.WithTimeoutCause', 'WithTimeout'],
  ['context.WithDeadlineCause', 'WithTimeout'],
  ['os/signal.NotifyContext', 'WithTimeout'],
  ['time.NewTimer', 'NewTimer'],
  ['time.After', 'After'],
  ['time.AfterFunc', 'AfterFunc'],
  ['time.NewTicker', 'NewTicker'],
  ['time.Tick', 'Tick'],
  ['sync.NewCond', 'NewCond'],
  ['runtime.Goexit', 'Goexit'],
  ['golang.org/x/sync/errgroup.WithContext', 'errgroup.WithContext'],
]);

/** Methods likewise, by `import path.Type.Method`. */
const methods: ReadonlyMap<string, Intrinsic> = new Map<string, Intrinsic>([
  ['sync.Mutex.Lock', 'Mutex.Lock'],
  ['sync.Mutex.Unlock', 'Mutex.Unlock'],
  ['sync.Mutex.TryLock', 'Mutex.TryLock'],
  ['sync.Locker.Lock', 'Mutex.Lock'],
  ['sync.Locker.Unlock', 'Mutex.Unlock'],
  ['sync.RWMutex.Lock', 'Mutex.Lock'],
  ['sync.RWMutex.Unlock', 'Mutex.Unlock'],
  ['sync.RWMutex.TryLock', 'Mutex.TryLock'],
  ['sync.RWMutex.RLock', 'RWMutex.RLock'],
  ['sync.RWMutex.RUnlock', 'RWMutex.RUnlock'],
  ['sync.WaitGroup.Add', 'WaitGroup.Add'],
  ['sync.WaitGroup.Done', 'WaitGroup.Done'],
  ['sync.WaitGroup.Wait', 'WaitGroup.Wait'],
  ['sync.WaitGroup.Go', 'WaitGroup.Go'],
  ['sync.Once.Do', 'Once.Do'],
  ['sync.Cond.Wait', 'Cond.Wait'],
  ['sync.Cond.Signal', 'Cond.Signal'],
  ['sync.Cond.Broadcast', 'Cond.Broadcast'],
  ['context.Context.Done', 'Context.Done'],
  ['context.Context.Err', 'Context.Err'],
  ['time.Timer.Stop', 'Timer.Stop'],
  ['time.Timer.Reset', 'Timer.Reset'],
  ['time.Ticker.Stop', 'Ticker.Stop'],
  ['time.Ticker.Reset', 'Ticker.Reset'],
  ['golang.org/x/sync/errgroup.Group.Go', 'errgroup.Go'],
  ['golang.org/x/sync/errgroup.Group.Wait', 'errgroup.Wait'],
  ['testing.T.Run', 'testing.Run'],
  ['testing.B.Run', 'testing.Run'],
  ['testing.T.Context', 'testing.Context'],
  ['testing.B.Context', 'testing.Context'],
  ['testing.F.Context', 'testing.Context'],
  ['testing.TB.Context', 'testing.Context'],
]);

/** What only matters where locks are followed. */
export const locking: ReadonlySet<Intrinsic> = new Set(['Mutex.Lock', 'Mutex.Unlock', 'Mutex.TryLock', 'RWMutex.RLock', 'RWMutex.RUnlock']);

/** Packages most of whose functions neither keep a channel they are given nor act on it: they format, compare, count, log. */
const inertPackages: ReadonlySet<string> = new Set([
  'fmt', 'log', 'log/slog', 'errors', 'strings', 'strconv', 'bytes', 'math', 'math/rand', 'math/rand/v2', 'sort', 'unicode', 'unicode/utf8', 'path', 'path/filepath', 'os', 'time',
  'sync/atomic', 'runtime', 'runtime/debug', 'testing', 'encoding/json', 'encoding/binary', 'encoding/hex', 'encoding/base64', 'hash', 'crypto/rand', 'regexp', 'net/url', 'sync', 'context',
  'github.com/stretchr/testify/assert', 'github.com/stretchr/testify/require', 'github.com/sirupsen/logrus', 'go.uber.org/zap', 'github.com/pkg/errors',
  'k8s.io/klog', 'k8s.io/klog/v2', 'github.com/golang/glog', 'github.com/google/uuid',
]);

/** Functions of those packages, which do keep what they are given or call it later. */
const keeps: ReadonlySet<string> = new Set(['Cleanup', 'SetFinalizer', 'AddCleanup', 'AfterFunc', 'WithValue', 'Run', 'Do', 'Store', 'Put', 'LoadOrStore', 'Swap', 'CompareAndSwap', 'OnceFunc', 'OnceValue']);

/** Whether a function of another package neither keeps what it is given nor acts on it. */
export function isInert(path: string, name: string): boolean {
  return inertPackages.has(path) && !keeps.has(name);
}

/** The intrinsic a call of another package's function or method is, if it is one. */
export function intrinsicOf(pkg: GoPackage, call: CallExpr): Intrinsic | undefined {
  const fun = call.fun.kind === 'IndexExpr' ? call.fun.x : call.fun;
  if (fun.kind !== 'SelectorExpr') return undefined;
  const selection = pkg.infer.select(fun);
  if (selection?.kind === 'imported') return functions.get(`${selection.path}.${selection.name}`);
  if (selection?.kind === 'importedMethod') return methods.get(`${selection.recv.path}.${selection.recv.name}.${selection.name}`);
  return undefined;
}
