import { readDeclaration, type Declared } from './type-notation.ts';

/**
 * What the standard library and well-known modules do, as data.
 * Sources: the packages' documentation on pkg.go.dev; timers: go1.23 release notes.
 * Of the standard library these are all functions and members that give a goroutine something to wait on or hand on what they are
 * given, constraints on type parameters written out (`[]E` for `S ~[]E`).
 */
function declarations(lines: string): ReadonlyMap<string, Declared> {
  return new Map(lines.trim().split('\n').map((line) => {
    const declared = readDeclaration(line);
    return [declared.name, declared];
  }));
}

/** Functions and variables, by `import path.Name`. */
export const packageMembers = declarations(`
  cmp.Or[T](...T) T
  context.AfterFunc(context.Context, func()) func() bool
  context.Background() context.Context
  context.TODO() context.Context
  context.WithCancel(context.Context) (context.Context, context.CancelFunc)
  context.WithCancelCause(context.Context) (context.Context, context.CancelCauseFunc)
  context.WithDeadline(context.Context, time.Time) (context.Context, context.CancelFunc)
  context.WithDeadlineCause(context.Context, time.Time, error) (context.Context, context.CancelFunc)
  context.WithTimeout(context.Context, time.Duration) (context.Context, context.CancelFunc)
  context.WithTimeoutCause(context.Context, time.Duration, error) (context.Context, context.CancelFunc)
  context.WithValue(context.Context, any, any) context.Context
  context.WithoutCancel(context.Context) context.Context
  database/sql.Open(string, string) (*database/sql.DB, error)
  database/sql.OpenDB(database/sql/driver.Connector) *database/sql.DB
  errors.AsType[E](error) (E, bool)
  errors.New(string) error
  fmt.Errorf(string, ...any) error
  fmt.Sprintf(string, ...any) string
  io.Pipe() (*io.PipeReader, *io.PipeWriter)
  iter.Pull[V](iter.Seq[V]) (func() (V, bool), func())
  iter.Pull2[K, V](iter.Seq2[K, V]) (func() (K, V, bool), func())
  maps.All[K, V](map[K]V) iter.Seq2[K, V]
  maps.Clone[M](M) M
  maps.Collect[K, V](iter.Seq2[K, V]) map[K]V
  maps.Keys[K, V](map[K]V) iter.Seq[K]
  maps.Values[K, V](map[K]V) iter.Seq[V]
  net.Dial(string, string) (net.Conn, error)
  net.Listen(string, string) (net.Listener, error)
  net/http.DefaultClient *net/http.Client
  net/http.DefaultTransport net/http.RoundTripper
  net/http.Get(string) (*net/http.Response, error)
  net/http.NewRequest(string, string, io.Reader) (*net/http.Request, error)
  net/http.NewRequestWithContext(context.Context, string, string, io.Reader) (*net/http.Request, error)
  net/http/httptest.NewRequest(string, string, io.Reader) *net/http.Request
  net/http/httptest.NewServer(net/http.Handler) *net/http/httptest.Server
  net/http/httptest.NewTLSServer(net/http.Handler) *net/http/httptest.Server
  net/http/httptrace.WithClientTrace(context.Context, *net/http/httptrace.ClientTrace) context.Context
  os/signal.NotifyContext(context.Context, ...os.Signal) (context.Context, context.CancelFunc)
  reflect.TypeAssert[T](reflect.Value) (T, bool)
  runtime/pprof.WithLabels(context.Context, runtime/pprof.LabelSet) context.Context
  runtime/trace.NewTask(context.Context, string) (context.Context, *runtime/trace.Task)
  slices.All[E]([]E) iter.Seq2[int, E]
  slices.AppendSeq[S, E](S, iter.Seq[E]) S
  slices.Backward[E]([]E) iter.Seq2[int, E]
  slices.Chunk[S](S, int) iter.Seq[S]
  slices.Clip[S](S) S
  slices.Clone[S](S) S
  slices.Collect[E](iter.Seq[E]) []E
  slices.Compact[S](S) S
  slices.CompactFunc[S, E](S, func(E, E) bool) S
  slices.Concat[S](...S) S
  slices.Delete[S](S, int, int) S
  slices.DeleteFunc[S, E](S, func(E) bool) S
  slices.Grow[S](S, int) S
  slices.Insert[S, E](S, int, ...E) S
  slices.Max[E]([]E) E
  slices.MaxFunc[E]([]E, func(E, E) int) E
  slices.Min[E]([]E) E
  slices.MinFunc[E]([]E, func(E, E) int) E
  slices.Repeat[S](S, int) S
  slices.Replace[S, E](S, int, int, ...E) S
  slices.Sorted[E](iter.Seq[E]) []E
  slices.SortedFunc[E](iter.Seq[E], func(E, E) int) []E
  slices.SortedStableFunc[E](iter.Seq[E], func(E, E) int) []E
  slices.Values[E]([]E) iter.Seq[E]
  sync.NewCond(sync.Locker) *sync.Cond
  sync.OnceFunc(func()) func()
  sync.OnceValue[T](func() T) func() T
  sync.OnceValues[T1, T2](func() (T1, T2)) func() (T1, T2)
  time.After(time.Duration) <-chan time.Time
  time.AfterFunc(time.Duration, func()) *time.Timer
  time.NewTicker(time.Duration) *time.Ticker
  time.NewTimer(time.Duration) *time.Timer
  time.Now() time.Time
  time.Since(time.Time) time.Duration
  time.Tick(time.Duration) <-chan time.Time
  unique.Make[T](T) unique.Handle[T]
  github.com/containerd/containerd/v2/pkg/namespaces.WithNamespace(context.Context, string) context.Context
  github.com/grpc-ecosystem/grpc-gateway/v2/runtime.AnnotateContext(context.Context, any, any, string) (context.Context, error)
  github.com/grpc-ecosystem/grpc-gateway/v2/runtime.AnnotateIncomingContext(context.Context, any, any, string) (context.Context, error)
  github.com/grpc-ecosystem/grpc-gateway/v2/runtime.NewServerMetadataContext(context.Context, any) context.Context
  go.opentelemetry.io/otel/baggage.ContextWithBaggage(context.Context, any) context.Context
  go.opentelemetry.io/otel/trace.ContextWithSpan(context.Context, any) context.Context
  go.opentelemetry.io/otel/trace.ContextWithSpanContext(context.Context, any) context.Context
  google.golang.org/grpc.NewContextWithServerTransportStream(context.Context, any) context.Context
  google.golang.org/grpc/metadata.AppendToOutgoingContext(context.Context, ...string) context.Context
  google.golang.org/grpc/metadata.NewIncomingContext(context.Context, any) context.Context
  google.golang.org/grpc/metadata.NewOutgoingContext(context.Context, any) context.Context
  google.golang.org/grpc/peer.NewContext(context.Context, any) context.Context
  golang.org/x/sync/errgroup.WithContext(context.Context) (*golang.org/x/sync/errgroup.Group, context.Context)
  golang.org/x/sync/semaphore.NewWeighted(int64) *golang.org/x/sync/semaphore.Weighted
  syscall.ForkLock sync.RWMutex
`);

/** Methods, by `import path.Type.Method`. */
export const methods = declarations(`
  context.Context.Done() <-chan struct{}
  context.Context.Err() error
  crypto/tls.CertificateRequestInfo.Context() context.Context
  crypto/tls.ClientHelloInfo.Context() context.Context
  database/sql.Conn.BeginTx(context.Context, *database/sql.TxOptions) (*database/sql.Tx, error)
  database/sql.Conn.PrepareContext(context.Context, string) (*database/sql.Stmt, error)
  database/sql.DB.Begin() (*database/sql.Tx, error)
  database/sql.DB.BeginTx(context.Context, *database/sql.TxOptions) (*database/sql.Tx, error)
  database/sql.DB.Conn(context.Context) (*database/sql.Conn, error)
  database/sql.DB.Prepare(string) (*database/sql.Stmt, error)
  database/sql.DB.PrepareContext(context.Context, string) (*database/sql.Stmt, error)
  database/sql.Tx.Prepare(string) (*database/sql.Stmt, error)
  database/sql.Tx.PrepareContext(context.Context, string) (*database/sql.Stmt, error)
  net/http.CloseNotifier.CloseNotify() <-chan bool
  net/http.Request.Context() context.Context
  net/http.Request.WithContext(context.Context) *net/http.Request
  net/http.Request.Clone(context.Context) *net/http.Request
  net/http/httptest.Server.Client() *net/http.Client
  sync.RWMutex.RLocker() sync.Locker
  sync/atomic.Pointer[T].Load() *T
  sync/atomic.Pointer[T].Swap(*T) *T
  testing.B.Context() context.Context
  testing.F.Context() context.Context
  testing.T.Context() context.Context
  testing.TB.Context() context.Context
  time.Timer.Reset(time.Duration) bool
  time.Timer.Stop() bool
  unique.Handle[T].Value() T
  github.com/spf13/cobra.Command.Context() context.Context
  go.opentelemetry.io/otel/trace.Tracer.Start(context.Context, string, ...any) (context.Context, go.opentelemetry.io/otel/trace.Span)
  google.golang.org/grpc.ClientStream.Context() context.Context
  google.golang.org/grpc.ServerStream.Context() context.Context
  google.golang.org/grpc.Stream.Context() context.Context
  k8s.io/apimachinery/pkg/watch.Interface.ResultChan() <-chan k8s.io/apimachinery/pkg/watch.Event
  golang.org/x/sync/errgroup.Group.Wait() error
  golang.org/x/sync/singleflight.Group.DoChan(string, func() (any, error)) <-chan golang.org/x/sync/singleflight.Result
`);

/** Fields, by `import path.Type.Field`. */
export const fields = declarations(`
  github.com/fsnotify/fsnotify.Watcher.Errors chan error
  github.com/fsnotify/fsnotify.Watcher.Events chan github.com/fsnotify/fsnotify.Event
  net.Dialer.Cancel <-chan struct{}
  net/http.Request.Cancel <-chan struct{}
  net/http.Response.Body io.ReadCloser
  net/http.Response.Request *net/http.Request
  net/http.Server.BaseContext func(net.Listener) context.Context
  net/http.Server.ConnContext func(context.Context, net.Conn) context.Context
  net/rpc.Call.Done chan *net/rpc.Call
  sync.Cond.L sync.Locker
  time.Ticker.C <-chan time.Time
  time.Timer.C <-chan time.Time
`);

/** Underlying types of types that are called or ranged over. */
export const underlyingTypes = declarations(`
  context.CancelCauseFunc func(error)
  context.CancelFunc func()
  iter.Seq[V] func(func(V) bool)
  iter.Seq2[K, V] func(func(K, V) bool)
  net/http.HandlerFunc func(net/http.ResponseWriter, *net/http.Request)
`);

/** All exported fields and methods of types that are often embedded, so that what they do not have is looked for elsewhere. */
export const allMembers: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    'context.Context': 'Deadline Done Err Value',
    'fmt.Stringer': 'String',
    'io.Closer': 'Close',
    'io.ReadCloser': 'Close Read',
    'io.ReadWriteCloser': 'Close Read Write',
    'io.ReadWriter': 'Read Write',
    'io.Reader': 'Read',
    'io.WriteCloser': 'Close Write',
    'io.Writer': 'Write',
    'net.Conn': 'Close LocalAddr Read RemoteAddr SetDeadline SetReadDeadline SetWriteDeadline Write',
    'net.Listener': 'Accept Addr Close',
    'net/http.Handler': 'ServeHTTP',
    'net/http.ResponseWriter': 'Header Write WriteHeader',
    'net/http.RoundTripper': 'RoundTrip',
    'sync.Cond': 'Broadcast L Signal Wait',
    'sync.Locker': 'Lock Unlock',
    'sync.Map': 'Clear CompareAndDelete CompareAndSwap Delete Load LoadAndDelete LoadOrStore Range Store Swap',
    'sync.Mutex': 'Lock TryLock Unlock',
    'sync.Once': 'Do',
    'sync.RWMutex': 'Lock RLock RLocker RUnlock TryLock TryRLock Unlock',
    'sync.WaitGroup': 'Add Done Go Wait',
    'time.Ticker': 'C Reset Stop',
    'time.Timer': 'C Reset Stop',
  }).map(([type, names]) => [type, new Set(names.split(' '))]),
);

/** Types that are another name for one of another package. */
export const synonyms = declarations(`
  google.golang.org/protobuf/proto.Message google.golang.org/protobuf/reflect/protoreflect.ProtoMessage
`);

/** Calls that end the whole process. Sources: os, log, syscall. */
export const processExits: ReadonlySet<string> = new Set([
  'os.Exit', 'syscall.Exit', 'log.Fatal', 'log.Fatalf', 'log.Fatalln', 'log.Panic', 'log.Panicf', 'log.Panicln',
  'github.com/golang/glog.Fatal', 'github.com/golang/glog.Fatalf', 'github.com/golang/glog.Exit', 'k8s.io/klog/v2.Fatal', 'k8s.io/klog/v2.Fatalf', 'k8s.io/klog/v2.Exit',
  'k8s.io/klog.Fatal', 'k8s.io/klog.Fatalf', 'github.com/sirupsen/logrus.Fatal', 'github.com/sirupsen/logrus.Fatalf',
]);

/** Functions of a package for logs that end the process by the custom of such packages. */
export function isFatal(path: string, name: string): boolean {
  return /^Fatal(?:f|ln|w)?$/u.test(name) && /(?:^|\/)[a-z]*log(?:ger|ging|rus|s)?(?:\/v\d+)?$/u.test(path);
}

/** Calls that end the calling goroutine after its deferred calls. Sources: runtime, testify. */
export const goroutineExits: ReadonlySet<string> = new Set([
  'runtime.Goexit', 'github.com/stretchr/testify/require.FailNow', 'github.com/stretchr/testify/require.FailNowf', 'github.com/stretchr/testify/require.Fail',
  'github.com/stretchr/testify/require.Failf', 'github.com/stretchr/testify/assert.FailNow', 'github.com/stretchr/testify/assert.FailNowf',
]);

/** Methods of testing.T, B, F and TB that end the calling goroutine. */
export const testExits: ReadonlySet<string> = new Set(['Fatal', 'Fatalf', 'FailNow', 'Skip', 'Skipf', 'SkipNow']);

/** Methods that, whatever the receiver, end the process by the custom of loggers. */
export const fatalMethods: ReadonlySet<string> = new Set(['Fatal', 'Fatalf', 'Fatalln', 'Fatalw', 'Panic', 'Panicf', 'Panicln', 'Panicw']);
