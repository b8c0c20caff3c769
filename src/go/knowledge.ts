import { basic, imported, pointerTo, type Type } from './type.ts';

/**
 * What the standard library and well-known modules do, as data.
 * Sources: the packages' documentation on pkg.go.dev; timers: go1.23 release notes.
 */

const context = imported('context', 'Context');
const cancelFunc = imported('context', 'CancelFunc');
const cancelCauseFunc = imported('context', 'CancelCauseFunc');
const time = imported('time', 'Time');
const error = basic('error');
const recvChan = (elem: Type): Type => ({ kind: 'chan', dir: 'recv', elem });
const emptyStruct: Type = { kind: 'struct', fields: [] };
const tuple = (...elems: Type[]): Type => ({ kind: 'tuple', elems });

/** Results of functions that matter to waiting, by `import path.Function`. */
export const functionResults: ReadonlyMap<string, Type> = new Map<string, Type>([
  ['context.Background', context],
  ['context.TODO', context],
  ['context.WithValue', context],
  ['context.WithoutCancel', context],
  ['context.WithCancel', tuple(context, cancelFunc)],
  ['context.WithTimeout', tuple(context, cancelFunc)],
  ['context.WithDeadline', tuple(context, cancelFunc)],
  ['context.WithTimeoutCause', tuple(context, cancelFunc)],
  ['context.WithDeadlineCause', tuple(context, cancelFunc)],
  ['context.WithCancelCause', tuple(context, cancelCauseFunc)],
  ['context.AfterFunc', { kind: 'func', params: [], results: [{ name: '', type: basic('bool') }], variadic: false }],
  ['signal.NotifyContext', tuple(context, cancelFunc)],
  ['os/signal.NotifyContext', tuple(context, cancelFunc)],
  ['time.NewTimer', pointerTo(imported('time', 'Timer'))],
  ['time.AfterFunc', pointerTo(imported('time', 'Timer'))],
  ['time.NewTicker', pointerTo(imported('time', 'Ticker'))],
  ['time.After', recvChan(time)],
  ['time.Tick', recvChan(time)],
  ['time.Now', time],
  ['time.Since', imported('time', 'Duration')],
  ['sync.NewCond', pointerTo(imported('sync', 'Cond'))],
  ['golang.org/x/sync/errgroup.WithContext', tuple(pointerTo(imported('golang.org/x/sync/errgroup', 'Group')), context)],
  ['golang.org/x/sync/semaphore.NewWeighted', pointerTo(imported('golang.org/x/sync/semaphore', 'Weighted'))],
  ['errors.New', error],
  ['fmt.Errorf', error],
  ['fmt.Sprintf', basic('string')],
  ['net/http.Get', tuple(pointerTo(imported('net/http', 'Response')), error)],
  ['net/http.NewRequest', tuple(pointerTo(imported('net/http', 'Request')), error)],
  ['net/http.NewRequestWithContext', tuple(pointerTo(imported('net/http', 'Request')), error)],
  ['io.Pipe', tuple(pointerTo(imported('io', 'PipeReader')), pointerTo(imported('io', 'PipeWriter')))],
  ['net.Listen', tuple(imported('net', 'Listener'), error)],
  ['net.Dial', tuple(imported('net', 'Conn'), error)],
]);

/** Results of methods, by `import path.Type.Method`. */
export const methodResults: ReadonlyMap<string, Type> = new Map<string, Type>([
  ['context.Context.Done', recvChan(emptyStruct)],
  ['context.Context.Err', error],
  ['time.Timer.Stop', basic('bool')],
  ['time.Timer.Reset', basic('bool')],
  ['sync.RWMutex.RLocker', imported('sync', 'Locker')],
  ['net/http.Request.Context', context],
  ['net/http.Request.WithContext', pointerTo(imported('net/http', 'Request'))],
  ['testing.T.Context', context],
  ['testing.B.Context', context],
  ['golang.org/x/sync/errgroup.Group.Wait', error],
]);

/** Fields, by `import path.Type.Field`. */
export const fieldTypes: ReadonlyMap<string, Type> = new Map<string, Type>([
  ['time.Timer.C', recvChan(time)],
  ['time.Ticker.C', recvChan(time)],
  ['sync.Cond.L', imported('sync', 'Locker')],
  ['net/http.Response.Body', imported('io', 'ReadCloser')],
]);

/** Calls that end the whole process. Sources: os, log, syscall. */
export const processExits: ReadonlySet<string> = new Set([
  'os.Exit', 'syscall.Exit', 'log.Fatal', 'log.Fatalf', 'log.Fatalln', 'log.Panic', 'log.Panicf', 'log.Panicln',
  'github.com/golang/glog.Fatal', 'github.com/golang/glog.Fatalf', 'github.com/golang/glog.Exit', 'k8s.io/klog/v2.Fatal', 'k8s.io/klog/v2.Fatalf', 'k8s.io/klog/v2.Exit',
  'k8s.io/klog.Fatal', 'k8s.io/klog.Fatalf', 'github.com/sirupsen/logrus.Fatal', 'github.com/sirupsen/logrus.Fatalf',
]);

/** Calls that end the calling goroutine after its deferred calls. */
export const goroutineExits: ReadonlySet<string> = new Set(['runtime.Goexit']);

/** Methods of testing.T, B, F and TB that end the calling goroutine. */
export const testExits: ReadonlySet<string> = new Set(['Fatal', 'Fatalf', 'FailNow', 'Skip', 'Skipf', 'SkipNow']);

/** Methods that, whatever the receiver, end the process by the custom of loggers. */
export const fatalMethods: ReadonlySet<string> = new Set(['Fatal', 'Fatalf', 'Fatalln', 'Fatalw']);
