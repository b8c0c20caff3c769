import type { Obligation } from './obligation.ts';

/**
 * What must be given back, as data. Sources: the packages' documentation on pkg.go.dev, and their code where a goroutine is
 * started: context (propagateCancel), net/http (persistConn.readLoop), database/sql (DB.connectionOpener, Tx.awaitDone), sqlx, pgxpool (poolRows), iter
 * (newcoro), fsnotify (readEvents), grpc (NewClient, Dial), clientv3 (NewSession), k8s.io/apimachinery (StreamWatcher.receive).
 *
 * Left out because no goroutine waits: time.Timer, time.Ticker, time.Tick (memory, and since Go 1.23 not even that), sql.Stmt,
 * os.File. `context.With…` of a parent that is never cancelled holds nobody by itself: the rule asks who waits on it.
 */
const nothing: Pick<Obligation, 'drained' | 'borrowed' | 'since'> = { drained: { calls: [], methods: [] }, borrowed: { calls: [], names: null }, since: null };

/** Readers that stop where the caller does, and so may leave something unread. */
const readers = [
  'encoding/json.NewDecoder', 'encoding/xml.NewDecoder', 'encoding/gob.NewDecoder', 'encoding/csv.NewReader', 'bufio.NewReader', 'bufio.NewReaderSize', 'bufio.NewScanner',
  'io.LimitReader', 'io.TeeReader', 'io.ReadFull', 'io.ReadAtLeast', 'io.CopyN', 'compress/gzip.NewReader', 'golang.org/x/net/html.Parse',
];

/** Readers that go on to the end. */
const drains = ['io.ReadAll', 'io/ioutil.ReadAll', 'io.Copy', 'io.CopyBuffer'];

const close = { kind: 'method', path: null, names: ['Close'] } as const;

/** What most owners of goroutines have in common. */
export const resource: Pick<Obligation, 'rule' | 'result' | 'error' | 'released' | 'until' | 'drained' | 'borrowed' | 'since'> = {
  ...nothing,
  rule: 'unclosed-resource',
  result: 0,
  error: 1,
  released: close,
  until: 'ever',
};

/** What queries and transactions have in common. */
const database: Pick<Obligation, 'rule' | 'result' | 'error' | 'until' | 'drained' | 'borrowed' | 'since'> = { ...nothing, rule: 'unclosed-rows', result: 0, error: 1, until: 'ever' };

/** What a response of net/http owes. */
export const response: Obligation = {
  rule: 'unclosed-body',
  // Not Head: such a response has no body.
  obtained: ['net/http.Get', 'net/http.Post', 'net/http.PostForm', 'net/http.Client.Do', 'net/http.Client.Get', 'net/http.Client.Post', 'net/http.Client.PostForm', 'net/http.Transport.RoundTrip', 'net/http.RoundTripper.RoundTrip', ...['Do', 'Get', 'Post', 'PostForm'].map((name) => `golang.org/x/net/context/ctxhttp.${name}`)],
  result: 0,
  error: 1,
  carrier: 'net/http.Response',
  boundedBy: 'Timeout',
  orMade: { key: 'net/http.RoundTripper.RoundTrip', type: 'net/http.Response' },
  released: { kind: 'method', path: 'Body', names: ['Close'] },
  until: 'ever',
  drained: { calls: [...drains, 'net/http/httputil.DumpResponse'], methods: [] },
  // Decoders of whatever package read what they need, and close nothing.
  borrowed: { calls: readers, names: /^(?:New(?:\w*Decoder|Scanner)|(?:Decode|Unmarshal)(?:JSON|XML|YAML)?)$/u },
  since: null,
  parked: { function: 'net/http.(*persistConn).readLoop', waitReason: 'select' },
};

/** What an object out of a store owes, whose body is that of a response. */
const stored: Omit<Obligation, 'obtained' | 'carrier'> = {
  rule: 'unclosed-body',
  result: 0,
  error: 1,
  isLeftToTests: true,
  released: response.released,
  until: 'ever',
  drained: { calls: drains, methods: [] },
  borrowed: { calls: readers, names: null },
  since: null,
  parked: response.parked,
};

export const obligations: readonly Obligation[] = [
  {
    ...nothing,
    rule: 'lost-cancel',
    obtained: ['context.WithCancel'],
    result: 1,
    error: null,
    carrier: 'context.CancelFunc',
    released: { kind: 'call' },
    until: 'ever',
    parked: { function: 'context.(*cancelCtx).propagateCancel.func2', waitReason: 'select' },
  },
  {
    ...nothing,
    rule: 'lost-cancel',
    obtained: ['github.com/LK4D4/joincontext.Join'],
    result: 1,
    error: null,
    carrier: 'context.CancelFunc',
    released: { kind: 'call' },
    until: 'ever',
    parked: { function: 'github.com/LK4D4/joincontext.(*joinContext).run', waitReason: 'select' },
  },
  {
    ...nothing,
    rule: 'lost-cancel',
    obtained: ['context.WithCancelCause'],
    result: 1,
    error: null,
    carrier: 'context.CancelCauseFunc',
    released: { kind: 'call' },
    until: 'ever',
    since: [1, 20],
    parked: { function: 'context.(*cancelCtx).propagateCancel.func2', waitReason: 'select' },
  },
  {
    ...nothing,
    rule: 'lost-cancel',
    obtained: ['context.WithTimeout', 'context.WithDeadline', 'context.WithTimeoutCause', 'context.WithDeadlineCause'],
    result: 1,
    error: null,
    carrier: 'context.CancelFunc',
    released: { kind: 'call' },
    until: 'deadline',
    parked: { function: 'context.(*cancelCtx).propagateCancel.func2', waitReason: 'select' },
  },
  {
    ...nothing,
    rule: 'lost-cancel',
    obtained: ['os/signal.NotifyContext'],
    result: 1,
    error: null,
    carrier: 'context.CancelFunc',
    released: { kind: 'call' },
    until: 'ever',
    since: [1, 16],
    parked: { function: 'os/signal.NotifyContext.func1', waitReason: 'select' },
  },
  response,
  {
    ...stored,
    obtained: ['github.com/aws/aws-sdk-go/service/s3.S3', 'github.com/aws/aws-sdk-go/service/s3/s3iface.S3API'].flatMap((path) => [`${path}.GetObject`, `${path}.GetObjectWithContext`]).concat('github.com/aws/aws-sdk-go-v2/service/s3.Client.GetObject'),
    carrier: 'github.com/aws/aws-sdk-go/service/s3.GetObjectOutput',
  },
  {
    ...stored,
    obtained: ['azblob.Client', 'azblob/blob.Client', 'azblob/blockblob.Client'].map((client) => `github.com/Azure/azure-sdk-for-go/sdk/storage/${client}.DownloadStream`),
    carrier: 'github.com/Azure/azure-sdk-for-go/sdk/storage/azblob.DownloadStreamResponse',
  },
  {
    ...database,
    // Not a transaction's: its end closes them (`Rows.initContextClose` of database/sql).
    obtained: ['database/sql.DB.Query', 'database/sql.DB.QueryContext', 'database/sql.Stmt.Query', 'database/sql.Stmt.QueryContext', 'database/sql.Conn.QueryContext'],
    carrier: 'database/sql.Rows',
    released: close,
    drained: { calls: [], methods: ['Next'] },
    parked: { function: 'database/sql.(*DB).conn', waitReason: 'select' },
  },
  {
    ...database,
    obtained: ['database/sql.DB.Begin', 'database/sql.DB.BeginTx', 'database/sql.Conn.BeginTx'],
    carrier: 'database/sql.Tx',
    released: { kind: 'method', path: null, names: ['Rollback', 'Commit'] },
    parked: { function: 'database/sql.(*Tx).awaitDone', waitReason: 'chan receive' },
  },
  {
    ...database,
    obtained: ['database/sql.DB.Conn'],
    carrier: 'database/sql.Conn',
    released: close,
    parked: { function: 'database/sql.(*DB).conn', waitReason: 'select' },
  },
  {
    ...database,
    // They wrap those of database/sql: no more of them than that is known here.
    obtained: ['Query', 'QueryContext', 'Queryx', 'QueryxContext', 'NamedQuery', 'NamedQueryContext'].map((name) => `github.com/jmoiron/sqlx.DB.${name}`),
    carrier: 'github.com/jmoiron/sqlx.Rows',
    released: close,
    drained: { calls: [], methods: ['Next'] },
    parked: { function: 'database/sql.(*DB).conn', waitReason: 'select' },
  },
  {
    ...database,
    obtained: ['Begin', 'BeginTx', 'Beginx', 'BeginTxx'].map((name) => `github.com/jmoiron/sqlx.DB.${name}`),
    carrier: 'github.com/jmoiron/sqlx.Tx',
    released: { kind: 'method', path: null, names: ['Rollback', 'Commit'] },
    parked: { function: 'database/sql.(*Tx).awaitDone', waitReason: 'chan receive' },
  },
  {
    ...database,
    obtained: ['github.com/jackc/pgx/v4/pgxpool.Pool.Query', 'github.com/jackc/pgx/v5/pgxpool.Pool.Query', 'github.com/jackc/pgtype/pgxtype.Querier.Query'],
    carrier: 'github.com/jackc/pgx/v5.Rows',
    released: close,
    drained: { calls: ['github.com/jackc/pgx/v5.CollectRows', 'github.com/jackc/pgx/v5.CollectOneRow', 'github.com/jackc/pgx/v5.CollectExactlyOneRow', 'github.com/jackc/pgx/v5.AppendRows', 'github.com/jackc/pgx/v5.ForEachRow', 'github.com/jackc/pgx/v5.RowTo'], methods: ['Next'] },
    parked: null,
  },
  {
    ...database,
    obtained: [...['go.etcd.io/bbolt', 'github.com/boltdb/bolt', 'github.com/coreos/bbolt', 'github.com/btcsuite/bolt'].map((path) => `${path}.DB.Begin`), ...['BeginReadTx', 'BeginReadWriteTx'].map((name) => `github.com/btcsuite/btcwallet/walletdb.DB.${name}`)],
    carrier: 'go.etcd.io/bbolt.Tx',
    released: { kind: 'method', path: null, names: ['Rollback', 'Commit'] },
    parked: { function: 'go.etcd.io/bbolt.(*DB).beginRWTx', waitReason: 'sync.Mutex.Lock' },
  },
  {
    ...nothing,
    rule: 'unclosed-pipe',
    obtained: ['io.Pipe'],
    result: 0,
    error: null,
    carrier: 'io.PipeReader',
    released: { kind: 'method', path: null, names: ['Close', 'CloseWithError'] },
    until: 'ever',
    drained: { calls: drains, methods: [] },
    borrowed: { calls: readers, names: null },
    parked: { function: 'io.(*pipe).write', waitReason: 'select' },
  },
  {
    ...nothing,
    rule: 'unclosed-pipe',
    obtained: ['io.Pipe'],
    result: 1,
    error: null,
    carrier: 'io.PipeWriter',
    released: { kind: 'method', path: null, names: ['Close', 'CloseWithError'] },
    until: 'ever',
    borrowed: { calls: ['fmt.Fprint', 'fmt.Fprintf', 'fmt.Fprintln', 'io.WriteString', 'io.Copy', 'encoding/json.NewEncoder', 'bufio.NewWriter'], names: null },
    parked: { function: 'io.(*pipe).read', waitReason: 'select' },
  },
  {
    ...nothing,
    rule: 'unstopped-iterator',
    obtained: ['iter.Pull', 'iter.Pull2'],
    result: 1,
    error: null,
    carrier: '',
    released: { kind: 'call' },
    until: 'ever',
    since: [1, 23],
    parked: { function: 'iter.Pull', waitReason: 'coroutine' },
  },
  { ...resource, obtained: ['net/http/httptest.NewServer', 'net/http/httptest.NewTLSServer'], error: null, carrier: 'net/http/httptest.Server', parked: { function: 'net/http.(*Server).Serve', waitReason: 'IO wait' } },
  { ...resource, obtained: ['database/sql.Open'], carrier: 'database/sql.DB', parked: { function: 'database/sql.(*DB).connectionOpener', waitReason: 'select' } },
  { ...resource, obtained: ['github.com/fsnotify/fsnotify.NewWatcher', 'github.com/fsnotify/fsnotify.NewBufferedWatcher', 'gopkg.in/fsnotify.v1.NewWatcher'], carrier: 'github.com/fsnotify/fsnotify.Watcher', parked: { function: 'github.com/fsnotify/fsnotify.(*inotify).readEvents', waitReason: 'IO wait' } },
  {
    ...resource,
    obtained: ['google.golang.org/grpc.Dial', 'google.golang.org/grpc.DialContext', 'google.golang.org/grpc.NewClient'],
    carrier: 'google.golang.org/grpc.ClientConn',
    // Generated constructors of clients keep the connection, and do not close it.
    borrowed: { calls: [], names: /^New\w*Client$/u },
    parked: { function: 'google.golang.org/grpc/internal/transport.(*http2Client).reader', waitReason: 'IO wait' },
  },
  {
    ...resource,
    obtained: ['go.etcd.io/etcd/client/v3.New', 'go.etcd.io/etcd/clientv3.New', 'github.com/coreos/etcd/clientv3.New'],
    carrier: 'go.etcd.io/etcd/client/v3.Client',
    borrowed: { calls: [], names: /^New(?:KV|Lease|Watcher|Cluster|Maintenance|Auth)$/u },
    parked: { function: 'google.golang.org/grpc/internal/transport.(*http2Client).reader', waitReason: 'IO wait' },
  },
  {
    ...resource,
    obtained: ['go.etcd.io/etcd/client/v3/concurrency.NewSession', 'go.etcd.io/etcd/clientv3/concurrency.NewSession', 'github.com/coreos/etcd/clientv3/concurrency.NewSession'],
    carrier: 'go.etcd.io/etcd/client/v3/concurrency.Session',
    released: { kind: 'method', path: null, names: ['Close', 'Orphan'] },
    endedBy: /\bWithContext\(/u,
    borrowed: { calls: [], names: /^New(?:Mutex|Election|Locker)$/u },
    parked: { function: 'go.etcd.io/etcd/client/v3/concurrency.NewSession.func1', waitReason: 'chan receive' },
  },
  {
    ...resource,
    obtained: [],
    obtainedWith: { method: 'Watch', argument: 'k8s.io/apimachinery/pkg/apis/meta/v1.ListOptions' },
    carrier: 'k8s.io/apimachinery/pkg/watch.Interface',
    released: { kind: 'method', path: null, names: ['Stop'] },
    drained: { calls: [], methods: ['ResultChan'] },
    parked: { function: 'k8s.io/apimachinery/pkg/watch.(*StreamWatcher).receive', waitReason: 'select' },
  },
  { ...resource, obtained: ['github.com/nxadm/tail.TailFile', 'github.com/hpcloud/tail.TailFile'], carrier: 'github.com/nxadm/tail.Tail', released: { kind: 'method', path: null, names: ['Stop', 'Cleanup', 'StopAtEOF', 'Kill'] }, parked: { function: 'github.com/nxadm/tail.(*Tail).tailFileSync', waitReason: 'select' } },
];
